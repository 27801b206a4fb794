//! A browser without script: keeps cookies and the page's token, follows no redirect, counts bytes.

use crate::demo::Demo;
use anyhow::{Context as _, Result, ensure};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, LOCATION};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Response, redirect};
use serde_json::Value;
use std::collections::BTreeSet;

pub struct Browser {
    http: Client,
    url: String,
    csrf: String,
}

/// A page's text and where it leads.
pub struct Page {
    pub html: String,
    pub to: String,
}

impl Page {
    /// The first value that stands between the two texts.
    pub fn between(&self, before: &str, after: &str) -> Result<String> {
        let (_, rest) = self
            .html
            .split_once(before)
            .with_context(|| format!("no {before} on the page:\n{}", self.html))?;
        Ok(rest.split(after).next().unwrap_or_default().to_owned())
    }

    /// The value of the radio button with this test id.
    pub fn radio(&self, testid: &str) -> Result<String> {
        let (before, _) = self
            .html
            .split_once(&format!("data-testid=\"{testid}\""))
            .with_context(|| format!("no {testid}"))?;
        let (_, value) = before
            .rsplit_once("value=\"")
            .context("a radio button has a value")?;
        Ok(value.split('"').next().unwrap_or_default().to_owned())
    }
}

impl Browser {
    pub fn new(demo: &Demo) -> Result<Self> {
        let http = Client::builder()
            .no_proxy()
            .cookie_store(true)
            .redirect(redirect::Policy::none())
            .build()?;
        Ok(Browser {
            http,
            url: demo.url.clone(),
            csrf: String::new(),
        })
    }

    pub async fn get(&mut self, path: &str) -> Result<Page> {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await?;
        self.take(path, answer).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Page> {
        let mut fields = fields.to_vec();
        let csrf = self.csrf.clone();
        fields.push(("csrf", &csrf));
        let answer = self
            .http
            .post(format!("{}{path}", self.url))
            .form(&fields)
            .send()
            .await?;
        self.take(path, answer).await
    }

    pub async fn upload(&mut self, path: &str, bytes: Vec<u8>) -> Result<Page> {
        let form = Form::new()
            .text("csrf", self.csrf.clone())
            .part("file", Part::bytes(bytes).file_name("x.png"));
        let answer = self
            .http
            .post(format!("{}{path}", self.url))
            .multipart(form)
            .send()
            .await?;
        self.take(path, answer).await
    }

    /// As the page's script asks.
    pub async fn json(&self, path: &str, fields: &[(&str, &str)]) -> Result<Value> {
        let request = self
            .http
            .post(format!("{}{path}", self.url))
            .header(ACCEPT, "application/json");
        Ok(request
            .header("x-csrf-token", &self.csrf)
            .form(fields)
            .send()
            .await?
            .json()
            .await?)
    }

    async fn take(&mut self, path: &str, answer: Response) -> Result<Page> {
        let (status, to) = (answer.status(), answer.headers().get(LOCATION).cloned());
        let html = answer.text().await?;
        ensure!(
            status.is_success() || status.is_redirection(),
            "{path}: {status}\n{html}"
        );
        // Workers' pages have it in the head, officers' in their forms.
        let token =
            ["name=\"csrf\" content=\"", "name=\"csrf\" value=\""].map(|before| html.split_once(before));
        if let Some((_, rest)) = token.into_iter().flatten().next() {
            self.csrf = rest.split('"').next().unwrap_or_default().to_owned();
        }
        let to = to
            .and_then(|to| to.to_str().map(str::to_owned).ok())
            .unwrap_or_default();
        Ok(Page { html, to })
    }

    /// The bytes of a page with all that it refers to, and in how many answers.
    pub async fn weigh(&mut self, path: &str) -> Result<(usize, usize)> {
        let page = self.get(path).await?;
        ensure!(page.to.is_empty(), "{path} leads to {}", page.to);
        let assets: BTreeSet<&str> = page
            .html
            .split('"')
            .filter(|text| text.starts_with("/assets/"))
            .collect();
        let mut bytes = self.wire(path).await?;
        for asset in &assets {
            bytes += self.wire(asset).await?;
        }
        Ok((bytes, assets.len() + 1))
    }

    /// Head and body of one answer. reqwest decodes nothing here, so the body is as it was sent.
    async fn wire(&self, path: &str) -> Result<usize> {
        let request = self.http.get(format!("{}{path}", self.url));
        let answer = request
            .header(ACCEPT_ENCODING, "gzip, deflate, br")
            .send()
            .await?;
        ensure!(answer.status() == 200, "{path}: {}", answer.status());
        let head = head(answer.headers());
        Ok(head + answer.bytes().await?.len())
    }
}

/// `HTTP/1.1 200 OK`, then `name: value`, each line with two bytes at its end, and the empty line.
fn head(headers: &HeaderMap) -> usize {
    17 + headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum::<usize>()
        + 2
}
