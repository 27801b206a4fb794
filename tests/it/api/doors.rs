//! The doors beside SMS, the hand-off to a phone, the machine's checks and the events.

use super::{Client, answer, refused};
use crate::app::TestApp;
use crate::builders::{self, street, worker};
use crate::on_both_stores;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::json;
use yuanmeng::account::passwords::{self, New};

on_both_stores! {
    /// by password and by the APP's ticket one comes to the same worker; a ticket holds once.
    password_and_ticket_lead_in
}
async fn password_and_ticket_lead_in(test: &TestApp) {
    const PASSWORD: &str = "泉城 2026 圆梦";
    let who = worker(test, 1).await;
    let new = New {
        password: PASSWORD,
        again: PASSWORD,
    };
    passwords::set(&test.app, &who, &new, "").await.unwrap();
    let nobody = Client::new(test);
    let typed = json!({ "phone": builders::phone(1), "password": "圆梦 2026 泉城" });
    let wrong = nobody.post("/sessions/password", typed).await;
    refused(&wrong, 422, "invalid");
    assert!(wrong.1["error"]["fields"]["password"].is_string(), "{}", wrong.1);
    let typed = json!({ "phone": builders::phone(1), "password": PASSWORD });
    let (status, opened) = nobody.post("/sessions/password", typed).await;
    assert_eq!(
        (status.as_u16(), &opened["worker"]["id"]),
        (200, &json!(who.id)),
        "{opened}"
    );

    let user = crate::acts::person(test, 1).await;
    let ticket = test.sim_post("/sim/app/ticket", json!({ "user": user })).await;
    let (status, arrived) = nobody.post("/sessions/app", ticket.clone()).await;
    assert_eq!(status, 200, "{arrived}");
    assert_eq!(arrived["session"]["worker"]["id"], json!(who.id));
    refused(
        &nobody.post("/sessions/app", ticket).await,
        403,
        "app_ticket_used",
    );
    let forged = json!({ "ticket": "forged" });
    refused(
        &nobody.post("/sessions/app", forged).await,
        403,
        "app_ticket_invalid",
    );

    // Not vouched for: the phone first.
    let claims = json!({ "user": user, "verified": false, "sub": "another", "phone": builders::phone(2) });
    let ticket = test.sim_post("/sim/app/ticket", claims).await;
    let (_, arrived) = nobody.post("/sessions/app", ticket).await;
    assert!(arrived.get("session").is_none(), "{arrived}");
    let code = nobody.code(&builders::phone(2)).await;
    let proof = json!({ "key": arrived["proof"]["key"], "phone": builders::phone(2), "code": code });
    let (status, opened) = nobody.post("/sessions/app/proof", proof).await;
    assert_eq!(status, 200, "{opened}");
    assert_ne!(opened["worker"]["id"], json!(who.id));
}

on_both_stores! {
    /// one phone uploads by the token of a hand-off and can do nothing else; R-18: the checks and the events are read.
    a_phone_uploads_for_another_device
}
async fn a_phone_uploads_for_another_device(test: &TestApp) {
    let who = worker(test, 1).await;
    let id = builders::ready(test, &who, 1, &street(&test.app).await).await;
    let me = Client::signed_in(test, &builders::phone(1)).await;
    let path = format!("/applications/{id}/handoff");
    let (status, begun) = me.once(&path, "handoff-key-1").await;
    assert_eq!(status, 200, "{begun}");
    assert_eq!(me.once(&path, "handoff-key-1").await.1, begun, "once for a key");
    assert_eq!(me.get(&path).await.1, json!({ "phone": "waiting" }));

    let nobody = Client::new(test);
    let link = json!({ "token": begun["token"] });
    let (status, opened) = nobody.post("/handoff-sessions", link.clone()).await;
    assert_eq!(status, 200, "{opened}");
    refused(
        &nobody.post("/handoff-sessions", link).await,
        403,
        "handoff_taken",
    );
    let forged = json!({ "token": "forged" });
    refused(
        &nobody.post("/handoff-sessions", forged).await,
        410,
        "handoff_over",
    );
    let phone = Client {
        token: opened["token"].as_str().unwrap().to_owned(),
        ..nobody
    };
    let (status, papers) = phone.get("/handoff").await;
    assert_eq!(
        (status.as_u16(), papers.as_array().unwrap().len()),
        (200, 6),
        "{papers}"
    );
    assert!(!papers.to_string().contains("王小梅"), "nothing of the person");
    refused(&phone.get("/me").await, 401, "sign_in");
    refused(&phone.get(&format!("/applications/{id}")).await, 401, "sign_in");
    refused(&me.get("/handoff").await, 401, "sign_in");

    let upload = |kind: &'static str, bytes: Vec<u8>| {
        let form = Form::new()
            .text("kind", kind)
            .part("file", Part::bytes(bytes).file_name("x"));
        phone.request(Method::POST, "/handoff/documents").multipart(form)
    };
    let bad = upload("receipt", b"<html>".to_vec()).send().await.unwrap();
    refused(&answer(bad).await, 422, "file_web_page");
    let good = upload("receipt", builders::picture()).send().await.unwrap();
    assert_eq!(answer(good).await.0, 200);
    assert_eq!(me.get(&path).await.1, json!({ "phone": "joined" }));
    assert_eq!(phone.send(Method::DELETE, "/handoff", json!({})).await.0, 200);
    refused(&phone.get("/handoff").await, 401, "sign_in");
    assert_eq!(me.get(&path).await.1, json!({ "phone": "over" }));

    let (status, checks) = me.get(&format!("/applications/{id}/checks")).await;
    let checks = checks.as_array().unwrap();
    assert_eq!(status, 200);
    assert!(
        checks.iter().any(|check| check["paper"] == "stamped_form"),
        "{checks:?}"
    );

    let (_, progress) = me.get(&format!("/applications/{id}/progress")).await;
    let request = me.request(Method::GET, &format!("/applications/{id}/events"));
    let mut events = request.header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let first = events.chunk().await.unwrap().unwrap();
    let first = String::from_utf8_lossy(&first).into_owned();
    let stamp = progress["stamp"].as_str().unwrap();
    assert!(first.contains(&format!("\"stamp\":\"{stamp}\"")), "{first}");
}
