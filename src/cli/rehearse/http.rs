//! The way to the server and to the simulated WeChat: loopback only, everybody from an address of their own.

use anyhow::Context as _;
use reqwest::multipart::{Form, Part};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// A request without an answer for so long counts as lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the requests go, and how long each kind of them took.
pub struct Http {
    client: reqwest::Client,
    server: String,
    sim: String,
    /// Ends everything when it is cancelled.
    pub stop: CancellationToken,
    took: Mutex<BTreeMap<&'static str, Vec<u32>>>,
}

/// Who sends: an address, and a token once signed in.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// As the proxy in front would name it.
    pub address: String,
    /// The API's token; empty before.
    pub token: String,
}

/// An answer of the API.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON, `null` when it was none.
    pub body: Value,
}

impl Answer {
    /// Whether it was done.
    pub fn ok(&self) -> bool {
        self.status == 200
    }

    /// The error's code; empty without one.
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// A text of the body; empty when it is not there.
    pub fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }

    /// The body of what had to be done.
    pub fn done(self, what: &str) -> anyhow::Result<Value> {
        anyhow::ensure!(self.ok(), "{what}：{} {}", self.status, self.body);
        Ok(self.body)
    }
}

/// How long a kind of request took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Took {
    /// Which.
    pub what: &'static str,
    /// How many there were.
    pub count: usize,
    /// In the middle, at the 95th percentile and at most, in microseconds.
    pub micros: [u32; 3],
    /// All together, in milliseconds.
    pub total_ms: u64,
}

impl Http {
    /// To a server and a simulator on this machine.
    pub fn new(server: String, sim: String, stop: CancellationToken) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .timeout(PATIENCE)
            .no_proxy()
            .build()
            .context("setting up the client")?;
        Ok(Http {
            client,
            server,
            sim,
            stop,
            took: Mutex::default(),
        })
    }

    /// A request to the server; pages and API alike.
    pub fn request(&self, who: &Caller, method: Method, path: &str) -> RequestBuilder {
        let request = self
            .client
            .request(method, format!("{}{path}", self.server))
            .header("x-forwarded-for", &who.address);
        match who.token.as_str() {
            "" => request,
            token => request.bearer_auth(token),
        }
    }

    /// Sends; an answer that does not come is an error, as is a rehearsal that was stopped.
    pub async fn send(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> anyhow::Result<reqwest::Response> {
        anyhow::ensure!(!self.stop.is_cancelled(), "演练已中止");
        let begun = Instant::now();
        let answer = request.send().await.map_err(reqwest::Error::without_url);
        let micros = u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX);
        let mut took = self
            .took
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        took.entry(what).or_default().push(micros);
        drop(took);
        answer.with_context(|| format!("{what}：没有应答"))
    }

    async fn json(&self, what: &'static str, request: RequestBuilder) -> anyhow::Result<Answer> {
        let answer = self.send(what, request).await?;
        let status = answer.status().as_u16();
        let text = answer.text().await.map_err(reqwest::Error::without_url);
        let text = text.with_context(|| format!("{what}：应答不完整"))?;
        Ok(Answer {
            status,
            body: serde_json::from_str(&text).unwrap_or_default(),
        })
    }

    /// `GET /api/v1…`
    pub async fn get(&self, what: &'static str, who: &Caller, path: &str) -> anyhow::Result<Answer> {
        self.json(what, self.request(who, Method::GET, &format!("/api/v1{path}")))
            .await
    }

    /// `POST` or `PUT /api/v1…` with a JSON body.
    pub async fn put(
        &self,
        what: &'static str,
        who: &Caller,
        (method, path): (Method, &str),
        body: &Value,
    ) -> anyhow::Result<Answer> {
        let request = self.request(who, method, &format!("/api/v1{path}")).json(body);
        self.json(what, request).await
    }

    /// `POST /api/v1…` with a JSON body.
    pub async fn post(
        &self,
        what: &'static str,
        who: &Caller,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<Answer> {
        self.put(what, who, (Method::POST, path), body).await
    }

    /// `POST /api/v1…` without a body, once for a key.
    pub async fn once(
        &self,
        what: &'static str,
        who: &Caller,
        path: &str,
        key: &str,
    ) -> anyhow::Result<Answer> {
        let request = self.request(who, Method::POST, &format!("/api/v1{path}"));
        self.json(what, request.header("Idempotency-Key", key)).await
    }

    /// Uploads a paper.
    pub async fn upload(
        &self,
        who: &Caller,
        application: &str,
        kind: &str,
        bytes: Vec<u8>,
    ) -> anyhow::Result<Answer> {
        let form = Form::new()
            .text("kind", kind.to_owned())
            .part("file", Part::bytes(bytes).file_name("paper.png"));
        let path = format!("/api/v1/applications/{application}/documents");
        self.json("上传材料", self.request(who, Method::POST, &path).multipart(form))
            .await
    }

    /// A look at the simulator.
    pub async fn sim_get(&self, path: &str) -> anyhow::Result<Value> {
        let request = self.client.get(format!("{}{path}", self.sim));
        self.json("模拟微信", request).await?.done("模拟微信")
    }

    /// A call of the simulator's control API.
    pub async fn sim_post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.client.post(format!("{}{path}", self.sim)).json(body);
        self.json("模拟微信", request).await?.done("模拟微信")
    }

    /// How long each kind of request took so far, the dearest first.
    pub fn took(&self) -> Vec<Took> {
        let mut took = self
            .took
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut all: Vec<Took> = took
            .iter_mut()
            .map(|(what, micros)| summed(what, micros))
            .collect();
        all.sort_by_key(|took| std::cmp::Reverse(took.total_ms));
        all
    }

    /// How many requests were sent so far.
    pub fn requests(&self) -> usize {
        let took = self
            .took
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        took.values().map(Vec::len).sum()
    }
}

fn summed(what: &'static str, micros: &mut [u32]) -> Took {
    micros.sort_unstable();
    let at = |permille: usize| {
        let index = (micros.len() * permille / 1000).min(micros.len().saturating_sub(1));
        micros.get(index).copied().unwrap_or_default()
    };
    Took {
        what,
        count: micros.len(),
        micros: [at(500), at(950), at(1000)],
        total_ms: micros.iter().map(|m| u64::from(*m)).sum::<u64>() / 1000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let mut micros: Vec<u32> = (1..=100).map(|n| n * 1000).collect();
        let took = summed("x", &mut micros);
        assert_eq!(
            (took.count, took.micros, took.total_ms),
            (100, [51_000, 96_000, 100_000], 5_050)
        );
        assert_eq!(summed("x", &mut []).micros, [0; 3]);
    }
}
