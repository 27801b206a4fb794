//! The JSON API over HTTP, as mini-program and APP use it.

mod doors;
mod journey;
mod once;
mod refusals;
mod requests;

use crate::app::TestApp;
use crate::builders;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

/// A client of the API with its token.
#[derive(Clone)]
pub struct Client<'a> {
    test: &'a TestApp,
    pub token: String,
}

impl<'a> Client<'a> {
    pub fn new(test: &'a TestApp) -> Self {
        Client {
            test,
            token: String::new(),
        }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self
            .test
            .http
            .request(method, format!("{}/api/v1{path}", self.test.url));
        if self.token.is_empty() {
            request
        } else {
            request.bearer_auth(&self.token)
        }
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.request(Method::GET, path).send().await.unwrap()).await
    }

    pub async fn send(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        answer(self.request(method, path).json(&body).send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.send(Method::POST, path, body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.send(Method::PUT, path, body).await
    }

    /// A POST without a body, with a key.
    pub async fn once(&self, path: &str, key: &str) -> (StatusCode, Value) {
        let request = self.request(Method::POST, path).header("Idempotency-Key", key);
        answer(request.send().await.unwrap()).await
    }

    pub async fn upload(
        &self,
        id: &str,
        kind: &str,
        bytes: Vec<u8>,
        key: Option<&str>,
    ) -> (StatusCode, Value) {
        let form = Form::new()
            .text("kind", kind.to_owned())
            .part("file", Part::bytes(bytes).file_name("x.jpg"));
        let mut request = self.request(Method::POST, &format!("/applications/{id}/documents"));
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        answer(request.multipart(form).send().await.unwrap()).await
    }

    /// Opens the mini-program as a user of the simulator.
    pub async fn mini(test: &'a TestApp, user: &str) -> (Self, Value) {
        let code = mini_code(test, user).await;
        let client = Client::new(test);
        let (status, opened) = client.post("/mini/sessions", json!({ "code": code })).await;
        assert_eq!(status, 200, "{opened}");
        let token = opened["token"].as_str().unwrap().to_owned();
        (Client { test, token }, opened)
    }

    /// A worker of the builders, signed in by phone and SMS code.
    pub async fn signed_in(test: &'a TestApp, phone: &str) -> Self {
        let mut client = Client::new(test);
        // The gap between two codes to one phone has to pass first.
        let who = test
            .app
            .phone_index(&yuanmeng::kernel::Phone::stored(phone.to_owned()));
        test.app.cache.delete(&format!("sms-gap:{who}")).await.unwrap();
        let code = client.code(phone).await;
        let (status, opened) = client
            .post("/sessions", json!({ "phone": phone, "code": code }))
            .await;
        assert_eq!(status, 200, "{opened}");
        client.token = opened["token"].as_str().unwrap().to_owned();
        client
    }

    /// Slider and SMS; gives the code.
    pub async fn code(&self, phone: &str) -> String {
        let (_, challenge) = self.post("/slider/challenges", json!({})).await;
        let track: Vec<Value> = builders::drag()
            .iter()
            .map(|(x, t)| json!({ "x": x, "t": t }))
            .collect();
        let drag = json!({ "challenge": challenge["challenge"], "track": track });
        let (status, pass) = self.post("/slider/passes", drag).await;
        assert_eq!(status, 200, "{pass}");
        let wanted = json!({ "phone": phone, "pass": pass["pass"] });
        let (status, sent) = self.post("/sms-codes", wanted).await;
        assert_eq!((status, sent), (StatusCode::OK, json!({ "wait_s": 60 })));
        builders::code_of(self.test, phone).await
    }
}

/// A code of wx.login.
pub async fn mini_code(test: &TestApp, user: &str) -> String {
    let given = test.sim_post("/sim/mini/login", json!({ "user": user })).await;
    given["code"]
        .as_str()
        .unwrap_or_else(|| panic!("{given}"))
        .to_owned()
}

/// A code of the phone number's button.
pub async fn phone_code(test: &TestApp, user: &str) -> String {
    let given = test.sim_post("/sim/mini/phone", json!({ "user": user })).await;
    given["code"]
        .as_str()
        .unwrap_or_else(|| panic!("{given}"))
        .to_owned()
}

/// Status and JSON of an answer, whose head must be as every answer's.
pub async fn answer(response: Response) -> (StatusCode, Value) {
    let (status, headers) = (response.status(), response.headers().clone());
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert!(headers.get("set-cookie").is_none(), "no cookie is ever set");
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}: {text}"));
    (status, body)
}

/// The error's code, and the names of its wrong fields.
#[track_caller]
pub fn refused(answer: &(StatusCode, Value), status: u16, code: &str) {
    let shape = answer.1["error"].as_object();
    let shape = shape.unwrap_or_else(|| panic!("{} {}", answer.0, answer.1));
    assert_eq!(
        (answer.0.as_u16(), shape["code"].as_str()),
        (status, Some(code)),
        "{}",
        answer.1
    );
    assert!(
        !shape["message"].as_str().unwrap().is_ascii(),
        "in Chinese: {}",
        answer.1
    );
    assert!(shape["fields"].is_object(), "{}", answer.1);
}
