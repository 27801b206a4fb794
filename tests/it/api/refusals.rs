//! What bad input gets, always in one shape.

use super::{Client, answer, refused};
use crate::app::TestApp;
use crate::builders::{self, CSRF, street};
use crate::on_both_stores;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

on_both_stores! {
    /// No cookie signs anybody in here, and what is not one's own is as absent as what is not there.
    nobody_gets_in_by_cookie_or_at_anothers
}
async fn nobody_gets_in_by_cookie_or_at_anothers(test: &TestApp) {
    let worker = builders::worker(test, 1).await;
    let id = builders::ready(test, &worker, 1, &street(&test.app).await).await;
    let cookie = builders::session(&test.app, "worker", &worker.id).await;
    let nobody = Client::new(test);
    let request = nobody
        .request(Method::GET, "/me")
        .header("cookie", &cookie)
        .header("x-csrf-token", CSRF);
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    refused(&answer(response).await, 401, "sign_in");
    for token in ["nonsense", "", "a b", &"x".repeat(5000)] {
        let forged = Client {
            token: token.to_owned(),
            ..nobody.clone()
        };
        refused(&forged.get("/me").await, 401, "sign_in");
    }

    builders::worker(test, 2).await;
    let other = Client::signed_in(test, &builders::phone(2)).await;
    let none = "0".repeat(32);
    for id in [
        id.as_str(),
        none.as_str(),
        "x",
        "%00",
        "..%2f..",
        "%27%20or%201=1",
    ] {
        for path in ["", "/documents", "/progress", "/readiness"] {
            refused(
                &other.get(&format!("/applications/{id}{path}")).await,
                404,
                "not_found",
            );
        }
        for path in ["submission", "withdrawal", "resubmission", "printed"] {
            let answer = other
                .once(&format!("/applications/{id}/{path}"), "stranger-1")
                .await;
            refused(&answer, 404, "not_found");
        }
        let saved = other
            .put(
                &format!("/applications/{id}/form"),
                json!({ "version": 1, "form": {} }),
            )
            .await;
        refused(&saved, 404, "not_found");
        refused(
            &other.upload(id, "receipt", builders::picture(), None).await,
            404,
            "not_found",
        );
    }
}

on_both_stores! {
    /// Malformed requests are told in Chinese and in the shape of every other error.
    malformed_requests_have_the_shape_too
}
async fn malformed_requests_have_the_shape_too(test: &TestApp) {
    builders::worker(test, 1).await;
    let client = Client::signed_in(test, &builders::phone(1)).await;
    let raw = async |method: Method, path: &str, kind: &str, body: Vec<u8>| {
        let request = client
            .request(method, path)
            .header("content-type", kind)
            .body(body);
        answer(request.send().await.unwrap()).await
    };
    let json_type = "application/json";
    for body in ["", "{", "[]", "null", "{\"phone\":{}}", "\u{feff}{}"] {
        let answer = raw(Method::POST, "/sessions", json_type, body.into()).await;
        refused(&answer, 400, "malformed_request");
    }
    refused(
        &raw(Method::POST, "/sessions", "text/plain", b"{}".to_vec()).await,
        415,
        "unsupported_media_type",
    );
    refused(
        &raw(Method::POST, "/sessions", json_type, vec![b' '; 70_000]).await,
        413,
        "body_too_large",
    );
    refused(
        &raw(Method::PATCH, "/sessions", json_type, b"{}".to_vec()).await,
        405,
        "method_not_allowed",
    );
    refused(&client.get("/nothing/here").await, 404, "not_found");
    for (method, path, allowed) in [
        (Method::PATCH, "/sessions", "DELETE, POST"),
        (Method::POST, "/applications/current", "GET"),
        (Method::PUT, "/applications/x/documents", "GET, POST"),
    ] {
        let response = client.request(method, path).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["allow"]),
            (405, &allowed.parse().unwrap())
        );
    }
    let huge = json!({ "version": u64::MAX, "form": {} });
    let (_, draft) = client.once("/applications", "begin-0001").await;
    let form = format!("/applications/{}/form", draft["id"].as_str().unwrap());
    refused(&client.put(&form, huge).await, 400, "malformed_request");

    let empty = client.post("/sessions", json!({})).await;
    refused(&empty, 422, "invalid");
    let fields: Vec<_> = empty.1["error"]["fields"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(fields, ["code", "phone"]);
    let sms = client
        .post("/sms-codes", json!({ "phone": "17012345678", "pass": "x" }))
        .await;
    refused(&sms, 422, "invalid");
    refused(
        &client
            .post("/slider/passes", json!({ "challenge": "x", "track": [] }))
            .await,
        422,
        "slider_failed",
    );
    refused(
        &client.post("/eligibility", json!({ "work": "moon" })).await,
        422,
        "invalid",
    );
    let path = format!("/applications/{}/union", draft["id"].as_str().unwrap());
    let union = client.put(&path, json!({ "union_id": "'" }));
    refused(&union.await, 422, "invalid");
}

on_both_stores! {
    /// Issue 4: a file of each wrong kind is refused with its own words; what is typed is text, NUL and all.
    wrong_files_and_odd_text
}
async fn wrong_files_and_odd_text(test: &TestApp) {
    let worker = builders::worker(test, 1).await;
    let id = builders::ready(test, &worker, 1, &street(&test.app).await).await;
    let client = Client::signed_in(test, &builders::phone(1)).await;
    for (bytes, status, code) in [
        (Vec::new(), 422, "file_empty"),
        (b"<html><script>".to_vec(), 422, "file_web_page"),
        (b"MZ not a picture".to_vec(), 422, "file_wrong_type"),
        (builders::picture()[..40].to_vec(), 422, "file_truncated"),
        (vec![0xFF; 3 * 1024 * 1024 + 1], 413, "file_too_large"),
        (vec![0xFF; 13 * 1024 * 1024], 413, "file_too_large"),
    ] {
        refused(&client.upload(&id, "receipt", bytes, None).await, status, code);
    }
    refused(
        &client.upload(&id, "passport", builders::picture(), None).await,
        422,
        "invalid",
    );
    let visitor = Client::new(test);
    let big = visitor.upload(&id, "receipt", vec![0; 100_000], None).await;
    refused(&big, 413, "body_too_large");
    let (_, papers) = client.get(&format!("/applications/{id}/documents")).await;
    let all = papers
        .as_array()
        .unwrap()
        .iter()
        .all(|paper| paper["document"].is_object());
    assert!(all, "the good ones stay: {papers}");

    let (_, view) = client.get(&format!("/applications/{id}")).await;
    let odd = "<script>alert(1)</script>'; DROP TABLE workers; --\u{202e}😀";
    for text in [odd, "a\u{0}b", &"长".repeat(5000)] {
        let (_, seen) = client.get(&format!("/applications/{id}")).await;
        let typed =
            json!({ "version": seen["version"], "form": { "name": text, "institution": text, "role": "x" } });
        let (status, saved) = client.put(&format!("/applications/{id}/form"), typed).await;
        assert_eq!(status, StatusCode::OK, "{saved}");
    }
    assert_eq!(view["form"].as_object().unwrap().get("role"), None::<&Value>);
}

on_both_stores! {
    /// Rate limits are the pages': by address for the mini-program, by phone for codes.
    sign_in_is_throttled
}
async fn sign_in_is_throttled(test: &TestApp) {
    let client = Client::new(test);
    let tries = (0..121).map(|_| client.post("/mini/sessions", json!({ "code": "" })));
    let answers = futures_util::future::join_all(tries).await;
    let throttled = answers
        .iter()
        .filter(|answer| answer.0 == StatusCode::TOO_MANY_REQUESTS)
        .count();
    assert_eq!(throttled, 1, "{answers:?}");
    let phone = "13800138009";
    client.code(phone).await;
    let (_, challenge) = client.post("/slider/challenges", json!({})).await;
    let track: Vec<Value> = builders::drag()
        .iter()
        .map(|(x, t)| json!({ "x": x, "t": t }))
        .collect();
    let drag = json!({ "challenge": challenge["challenge"], "track": track });
    let (_, pass) = client.post("/slider/passes", drag).await;
    let again = client
        .post("/sms-codes", json!({ "phone": phone, "pass": pass["pass"] }))
        .await;
    refused(&again, 429, "sms_too_soon");
}

/// `/api/docs` loads nothing from elsewhere, `/api/openapi.json` is the document that the command prints.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_document_is_served() {
    let test = TestApp::start(crate::app::Pair::SqliteMemory).await;
    let page = test
        .http
        .get(format!("{}/api/docs", test.url))
        .send()
        .await
        .unwrap();
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("script-src 'sha256-") && policy.contains("connect-src 'self'"),
        "{policy}"
    );
    let html = page.text().await.unwrap();
    assert!(html.contains("SwaggerUIBundle") && html.contains("求学圆梦 API"));
    let served = test
        .http
        .get(format!("{}/api/openapi.json", test.url))
        .send()
        .await
        .unwrap();
    let served: Value = served.json().await.unwrap();
    assert_eq!(served, yuanmeng::api::document());
    test.stop().await;
}
