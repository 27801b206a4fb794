//! A simulator on a port of its own, an account's server on another, and everything spoken over HTTP.

mod acts;
mod callbacks;
mod callbacks_whole;
mod chaos;
mod client;
mod client_whole;
mod control;
mod custom;
mod media;
mod menu;
mod mini;
mod oauth;
mod pages;
mod quota;
mod recorder;
mod subscribe;
mod template;
mod token;
mod users;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use poem::http::StatusCode;
use poem::listener::TcpAcceptor;
use poem::middleware::AddData;
use poem::web::Data;
use poem::{EndpointExt, IntoResponse, Request, Response, Route, Server, handler, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::wechat::callback::{Callback, CallbackConfig, CallbackQuery, Mode};
use crate::wechat::envelope::AesKey;
use crate::wechat::message::{Inbound, Kind};
use crate::wechat::reply::Reply;

use super::{Sim, SimConfig, SimTemplate, openid_of};

const APP_ID: &str = "wx0000000000000001";
const SECRET: &str = "sim-secret";
const TOKEN: &str = "sim-token";
const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// How the account's server treats one callback.
#[derive(Clone)]
enum Act {
    Answer(Reply),
    Status(u16),
    Slow(Duration),
    /// Any bytes, signed or not.
    Raw(String),
    /// A reply sealed with another account's AppID.
    OtherApp,
    /// A sealed reply with one letter of its signature changed.
    BadSignature,
}

struct Account {
    callback: Callback,
    other: Callback,
    script: Mutex<VecDeque<Act>>,
    seen: Mutex<Vec<Seen>>,
}

#[derive(Clone)]
struct Seen {
    query: String,
    body: String,
    inbound: Inbound,
}

fn callback_of(app_id: &str, mode: Mode) -> Callback {
    let keys = vec![AesKey::parse(AES_KEY).unwrap()];
    let config = CallbackConfig {
        app_id: app_id.to_owned(),
        token: TOKEN.to_owned(),
        keys,
        mode,
        tolerance_s: 600,
    };
    Callback::new(config).unwrap()
}

#[handler]
async fn receive(account: Data<&Arc<Account>>, request: &Request, body: Vec<u8>) -> Response {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let now = chrono::Utc::now().timestamp();
    let parsed = CallbackQuery::parse(&query);
    if request.method() == poem::http::Method::GET {
        return account
            .callback
            .verify_url(&parsed, now)
            .unwrap()
            .to_owned()
            .into_response();
    }
    let opened = account.callback.open(&parsed, &body, now).unwrap();
    let seen = Seen {
        query: query.clone(),
        body: String::from_utf8(body).unwrap(),
        inbound: opened.message.clone(),
    };
    account.seen.lock().unwrap().push(seen);
    let act = account.script.lock().unwrap().pop_front();
    let seal = |callback: &Callback, text: &str| {
        callback.answer(&opened, &Reply::text(text), now, "nonce", &[7; 16])
    };
    match act {
        Some(Act::Answer(reply)) => account
            .callback
            .answer(&opened, &reply, now, "nonce", &[7; 16])
            .into_response(),
        Some(Act::Status(status)) => StatusCode::from_u16(status).unwrap().into_response(),
        Some(Act::Slow(wait)) => {
            tokio::time::sleep(wait).await;
            "success".into_response()
        }
        Some(Act::Raw(text)) => text.into_response(),
        Some(Act::OtherApp) => seal(&account.other, "伪造").into_response(),
        Some(Act::BadSignature) => {
            let sealed = seal(&account.callback, "改过");
            let (head, tail) = sealed.split_once("<MsgSignature><![CDATA[").unwrap();
            let flipped = if tail.starts_with('0') { "1" } else { "0" };
            format!("{head}<MsgSignature><![CDATA[{flipped}{}", &tail[1..]).into_response()
        }
        None => match &opened.message.kind {
            Kind::Text { content } => seal(&account.callback, &format!("收到：{content}")).into_response(),
            _ => "success".into_response(),
        },
    }
}

struct World {
    sim: Sim,
    base: String,
    http: reqwest::Client,
    account: Arc<Account>,
    _stop: DropGuard,
}

async fn world() -> World {
    world_in(Mode::Secure).await
}

fn templates() -> Vec<SimTemplate> {
    let field = |key: &str, label: &str| (key.to_owned(), label.to_owned());
    vec![SimTemplate {
        id: "TPL-PROGRESS".to_owned(),
        title: "审核进度通知".to_owned(),
        fields: vec![
            field("thing1", "项目"),
            field("phrase2", "结果"),
            field("time3", "时间"),
        ],
    }]
}

async fn world_in(mode: Mode) -> World {
    let stop = CancellationToken::new();
    let account = Arc::new(Account {
        callback: callback_of(APP_ID, mode),
        other: callback_of("wxOTHER", mode),
        script: Mutex::default(),
        seen: Mutex::default(),
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let callback_url = format!("http://{}/wechat/callback", listener.local_addr().unwrap());
    let app = Route::new()
        .at("/wechat/callback", post(receive).get(receive))
        .with(AddData::new(account.clone()));
    let (acceptor, ended) = (TcpAcceptor::from_tokio(listener).unwrap(), stop.clone());
    tokio::spawn(async move {
        let signal = async move { ended.cancelled().await };
        Server::new_with_acceptor(acceptor)
            .run_with_graceful_shutdown(app, signal, Some(Duration::ZERO))
            .await
    });
    let sim = Sim::new(SimConfig {
        app_id: APP_ID.to_owned(),
        app_secret: SECRET.to_owned(),
        token: TOKEN.to_owned(),
        encoding_aes_key: AES_KEY.to_owned(),
        mode,
        callback_url,
        templates: templates(),
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(sim.clone().serve(listener, stop.clone()));
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    World {
        sim,
        base,
        http,
        account,
        _stop: stop.drop_guard(),
    }
}

impl World {
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    async fn get(&self, path: &str) -> Value {
        self.http
            .get(self.url(path))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.http
            .post(self.url(path))
            .json(&body)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    async fn post_raw(&self, path: &str, body: &str) -> Value {
        let sent = self
            .http
            .post(self.url(path))
            .body(body.to_owned())
            .send()
            .await
            .unwrap();
        sent.json().await.unwrap()
    }

    async fn token(&self) -> String {
        let ask = json!({ "grant_type": "client_credential", "appid": APP_ID, "secret": SECRET });
        let answer = self.post("/cgi-bin/stable_token", ask).await;
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// Posts to an interface of WeChat's with a good token.
    async fn call(&self, path: &str, body: Value) -> Value {
        let token = self.token().await;
        self.post(&format!("{path}?access_token={token}"), body).await
    }

    async fn read(&self, path: &str) -> Value {
        let token = self.token().await;
        self.get(&format!("{path}?access_token={token}")).await
    }

    async fn follow(&self, user: &str) -> Value {
        self.post("/sim/follow", json!({ "user": user })).await
    }

    async fn inbox(&self, user: &str) -> Vec<Value> {
        let inbox = self.get(&format!("/sim/inbox?user={user}")).await;
        inbox["items"].as_array().unwrap().clone()
    }

    /// The kinds of what `user`'s phone shows, WeChat's grey lines left out.
    async fn kinds(&self, user: &str) -> Vec<String> {
        let items = self.inbox(user).await;
        let kinds = items.iter().map(|i| i["kind"].as_str().unwrap().to_owned());
        kinds.filter(|k| k != "notice").collect()
    }

    fn next(&self, act: Act) {
        self.account.script.lock().unwrap().push_back(act);
    }

    fn seen(&self) -> Vec<Seen> {
        self.account.seen.lock().unwrap().clone()
    }

    /// Waits (at most 3 s) until the account has seen `n` callbacks.
    async fn seen_at_least(&self, n: usize) -> Vec<Seen> {
        for _ in 0..300 {
            if self.seen().len() >= n {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let seen = self.seen();
        assert!(seen.len() >= n, "only {} callbacks", seen.len());
        seen
    }

    async fn advance(&self, ms: u32) {
        self.post("/sim/clock", json!({ "advance_ms": ms })).await;
    }
}

#[track_caller]
fn assert_code(answer: &Value, code: i64) {
    assert_eq!(answer["errcode"], code, "{answer}");
}
