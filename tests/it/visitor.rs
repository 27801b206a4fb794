//! A visitor of the pages: a browser without script, and what the page's script sends.

use crate::app::TestApp;
use crate::builders::{self, CSRF};
use reqwest::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

/// A browser: keeps its cookie and the token of the last page.
pub struct Visitor<'a> {
    test: &'a TestApp,
    cookie: String,
    /// The token that posts carry.
    pub csrf: String,
}

/// A page: its status, where it leads, its text.
pub struct Page {
    pub status: StatusCode,
    pub to: String,
    pub html: String,
}

impl Page {
    #[track_caller]
    pub fn shows(&self, text: &str) -> &Self {
        assert!(
            self.html.contains(text),
            "{text} is not on the page ({}, to {}):\n{}",
            self.status,
            self.to,
            self.html
        );
        self
    }

    #[track_caller]
    pub fn hides(&self, text: &str) -> &Self {
        assert!(!self.html.contains(text), "{text} is on the page");
        self
    }

    #[track_caller]
    pub fn leads(&self, to: &str) -> &Self {
        assert_eq!(
            (self.status, self.to.as_str()),
            (StatusCode::SEE_OTHER, to),
            "{}",
            self.html
        );
        self
    }

    /// The value of a link, `href="…` up to `until`, that begins so.
    pub fn link(&self, begins: &str) -> String {
        let at = self
            .html
            .find(&format!("href=\"{begins}"))
            .unwrap_or_else(|| panic!("no link {begins}"));
        self.html[at + 6..].split('"').next().unwrap().to_owned()
    }

    /// The values of the hidden fields of this name, in their order.
    pub fn hidden(&self, name: &str) -> Vec<String> {
        let begins = format!("name=\"{name}\" value=\"");
        let rests = self.html.split(&begins).skip(1);
        rests
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    }

    /// The value of the radio button that stands with this `data-testid`.
    pub fn radio(&self, testid: &str) -> String {
        let at = self
            .html
            .find(&format!("data-testid=\"{testid}\""))
            .unwrap_or_else(|| panic!("no {testid}"));
        let before = &self.html[..at];
        before[before.rfind("value=\"").unwrap() + 7..]
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    }
}

impl<'a> Visitor<'a> {
    pub fn new(test: &'a TestApp) -> Self {
        Visitor {
            test,
            cookie: String::new(),
            csrf: String::new(),
        }
    }

    /// A browser in which a worker is signed in.
    pub async fn signed_in(test: &'a TestApp, worker_id: &str) -> Self {
        let cookie = builders::session(&test.app, "worker", worker_id).await;
        Visitor {
            test,
            cookie,
            csrf: CSRF.to_owned(),
        }
    }

    /// A browser in which an officer is signed in.
    pub async fn officer(test: &'a TestApp, officer_id: &str) -> Self {
        let cookie = builders::session(&test.app, "officer", officer_id).await;
        Visitor {
            test,
            cookie,
            csrf: CSRF.to_owned(),
        }
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.test
            .http
            .request(method, format!("{}{path}", self.test.url))
            .header(COOKIE, &self.cookie)
    }

    pub async fn take(&mut self, answer: Response) -> Page {
        for cookie in answer.headers().get_all(SET_COOKIE) {
            self.cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
        let status = answer.status();
        let to = answer
            .headers()
            .get(LOCATION)
            .map_or("", |l| l.to_str().unwrap())
            .to_owned();
        let html = answer.text().await.unwrap();
        if let Some(at) = html.find("name=\"csrf\" content=\"") {
            self.csrf = html[at + 21..].split('"').next().unwrap().to_owned();
        }
        Page { status, to, html }
    }

    pub async fn get(&mut self, path: &str) -> Page {
        let answer = self.request(Method::GET, path).send().await.unwrap();
        self.take(answer).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut fields = fields.to_vec();
        let csrf = self.csrf.clone();
        fields.push(("csrf", &csrf));
        let answer = self
            .request(Method::POST, path)
            .form(&fields)
            .send()
            .await
            .unwrap();
        self.take(answer).await
    }

    /// As the page's script asks.
    pub async fn json(&mut self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, Value) {
        let request = self
            .request(Method::POST, path)
            .header(ACCEPT, "application/json");
        let answer = request
            .header("x-csrf-token", &self.csrf)
            .form(fields)
            .send()
            .await
            .unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    pub async fn upload(&mut self, kind: &str, bytes: Vec<u8>, accept: &str) -> Page {
        let form = Form::new()
            .text("csrf", self.csrf.clone())
            .part("file", Part::bytes(bytes).file_name("x"));
        let request = self
            .request(Method::POST, &format!("/apply/documents/{kind}"))
            .header(ACCEPT, accept);
        let answer = request.multipart(form).send().await.unwrap();
        self.take(answer).await
    }

    /// Slider and code, as the page's script does it; gives the code.
    pub async fn code(&mut self, phone: &str) -> String {
        let (_, answer) = self
            .json(
                "/slider",
                &[("challenge", &self.challenge().await), ("track", &drag())],
            )
            .await;
        let pass = answer["pass"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned();
        let (status, answer) = self.json("/sms/code", &[("phone", phone), ("pass", &pass)]).await;
        assert_eq!((status, answer), (StatusCode::OK, json!({ "wait_s": 60 })));
        builders::code_of(self.test, phone).await
    }

    pub async fn challenge(&self) -> String {
        let answer = self.request(Method::GET, "/slider").send().await.unwrap();
        answer.json::<Value>().await.unwrap()["challenge"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

/// A drag of the slider to the right end, as the page's script sends it.
pub fn drag() -> String {
    serde_json::to_string(&builders::drag()).unwrap()
}
