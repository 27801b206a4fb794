//! From wx.login to the last union's decision, over the API alone.

use super::{Client, mini_code, phone_code, refused};
use crate::app::TestApp;
use crate::builders::{self, demo_officers, street, union};
use crate::on_both_stores;
use reqwest::Method;
use serde_json::{Value, json};
use yuanmeng::account::grants;
use yuanmeng::application::{self, DocumentKind, State};
use yuanmeng::cli::seed;
use yuanmeng::review::Verdict;
use yuanmeng::review::decide::{Decision, decide};
use yuanmeng::union::Officer;

async fn decided(test: &TestApp, officer: &Officer, id: &str, verdict: Verdict, corrections: &[String]) {
    let version_seen = application::find(&test.app, id).await.unwrap().version;
    let decision = Decision {
        application_id: id,
        version_seen,
        verdict,
        reason: "看不清金额",
        corrections,
    };
    decide(&test.app, officer, &decision).await.unwrap();
}

/// The right form of the builders with this phone.
fn form(test: &TestApp, phone: &str) -> Value {
    let mut form = builders::form(&test.app, 1);
    form.set("phone", phone);
    serde_json::to_value(form).unwrap()
}

/// Wx.login, the phone's button, sign-up.
async fn joins<'a>(test: &'a TestApp, user: &str) -> Client<'a> {
    let (mut client, opened) = Client::mini(test, user).await;
    assert_eq!(opened["worker"], Value::Null, "nobody is bound yet: {opened}");
    refused(&client.get("/me").await, 401, "sign_in");
    let typed = json!({ "name": "王小梅", "employer": "济南示范机械有限公司" });
    refused(
        &client.post("/mini/workers", typed.clone()).await,
        422,
        "phone_first",
    );
    let code = phone_code(test, user).await;
    let (status, proven) = client.post("/mini/phone", json!({ "code": code })).await;
    assert_eq!(status, 200, "{proven}");
    assert_eq!(
        (&proven["phone"], &proven["session"]),
        (&json!("138****8001"), &Value::Null)
    );
    let (status, opened) = client.post("/mini/workers", typed).await;
    assert_eq!(
        (status.as_u16(), &opened["worker"]["name"]),
        (200, &json!("王小梅")),
        "{opened}"
    );
    refused(&client.get("/me").await, 401, "sign_in");
    client.token = opened["token"].as_str().unwrap().to_owned();
    client
}

/// Draft, union, form, checks, papers; gives the application's id.
async fn fills_in(test: &TestApp, client: &Client<'_>) -> String {
    let (status, draft) = client.once("/applications", "begin-0001").await;
    assert_eq!(
        (status.as_u16(), &draft["state"]),
        (200, &json!("draft")),
        "{draft}"
    );
    assert_eq!(draft["form"]["name"], "王小梅", "what the account knows is there");
    let id = draft["id"].as_str().unwrap().to_owned();
    let at = |path: &str| format!("/applications/{id}/{path}");

    let (_, units) = client.get("/unions").await;
    let unit = units
        .as_array()
        .unwrap()
        .iter()
        .find(|unit| unit["name"] == seed::UNIT);
    let unit = unit.unwrap()["id"].as_str().unwrap();
    let (_, detail) = client.get(&format!("/unions/{unit}")).await;
    assert!(detail["places"]["total"].as_i64().unwrap() > 0, "{detail}");
    let (_, streets) = client.get(&format!("/unions?parent={unit}")).await;
    assert_eq!(streets, detail["below"]);
    let street = street(&test.app).await.id;
    let (status, view) = client.put(&at("union"), json!({ "union_id": street })).await;
    assert_eq!(
        (status.as_u16(), &view["union"][1]["name"]),
        (200, &json!(seed::STREET)),
        "{view}"
    );

    let save = json!({ "version": view["version"], "form": form(test, "13800138001") });
    let (status, saved) = client.put(&at("form"), save.clone()).await;
    assert_eq!(status, 200, "{saved}");
    refused(&client.put(&at("form"), save).await, 409, "changed_meanwhile");

    refused(
        &client.upload(&id, "receipt", builders::picture(), None).await,
        422,
        "checks_not_ticked",
    );
    let three = json!({ "filled": true, "printed": true, "stamped": true });
    refused(&client.put(&at("checks"), three).await, 422, "checks_not_ticked");
    let (status, _) = client.post(&at("printed"), json!({})).await;
    assert_eq!(status, 200);
    let four = json!({ "filled": true, "printed": true, "stamped": true, "photographed": true });
    let (status, view) = client.put(&at("checks"), four).await;
    assert_eq!(
        (status.as_u16(), &view["checked"], &view["printed"]),
        (200, &json!(true), &json!(true))
    );

    let (_, before) = client.get(&at("readiness")).await;
    let codes: Vec<_> = before["obstacles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| &o["code"])
        .collect();
    assert_eq!(
        codes,
        vec!["document_missing"; DocumentKind::needed(true).count()],
        "{before}"
    );
    for kind in DocumentKind::needed(true) {
        let (status, paper) = client.upload(&id, kind.as_str(), builders::picture(), None).await;
        assert_eq!(
            (status.as_u16(), &paper["media_type"]),
            (200, &json!("image/png")),
            "{paper}"
        );
    }
    id
}

/// a paper is seen, taken away and put back.
async fn handles_papers(client: &Client<'_>, id: &str) {
    let (_, needed) = client.get(&format!("/applications/{id}/documents")).await;
    let receipt = needed
        .as_array()
        .unwrap()
        .iter()
        .find(|n| n["kind"] == "receipt")
        .unwrap();
    let path = format!(
        "/applications/{id}/documents/{}",
        receipt["document"]["id"].as_str().unwrap()
    );
    let file = client.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(
        (file.status().as_u16(), &file.headers()["content-type"]),
        (200, &"image/png".parse().unwrap())
    );
    assert_eq!(file.bytes().await.unwrap(), builders::picture());
    let (status, done) = client.send(Method::DELETE, &path, json!({})).await;
    assert_eq!((status.as_u16(), done), (200, json!({ "done": true })));
    refused(
        &client.send(Method::DELETE, &path, json!({})).await,
        404,
        "not_found",
    );
    let submitted = client
        .post(&format!("/applications/{id}/submission"), json!({}))
        .await;
    refused(&submitted, 422, "document_missing");
    let (status, _) = client.upload(id, "receipt", builders::picture(), None).await;
    assert_eq!(status, 200);
}

on_both_stores! {
    /// Issue 3, item 6 and issue 4, item 8: the whole way, by the mini-program (R-11 … R-22).
    a_worker_applies_in_the_mini_program
}
async fn a_worker_applies_in_the_mini_program(test: &TestApp) {
    let client = joins(test, "wang").await;
    let id = fills_in(test, &client).await;
    handles_papers(&client, &id).await;
    let at = |path: &str| format!("/applications/{id}/{path}");
    let (_, ready) = client.get(&at("readiness")).await;
    assert_eq!(ready, json!({ "ready": true, "obstacles": [] }));
    let (status, submitted) = client.once(&at("submission"), "submit-0001").await;
    assert_eq!(
        (status.as_u16(), &submitted["holds_place"]),
        (200, &json!(true)),
        "{submitted}"
    );
    let (_, progress) = client.get(&at("progress")).await;
    assert_eq!(
        (&progress["state"], &progress["holder"]),
        (&json!("in_review"), &json!(seed::STREET))
    );
    assert_eq!(progress["number"], submitted["number"]);
    let saved = client
        .put(&at("form"), json!({ "version": 99, "form": {} }))
        .await;
    refused(&saved, 409, "changed_meanwhile");

    for (path, begins) in [("form.pdf", "%PDF-"), ("receipt.pdf", "%PDF-")] {
        let file = client.request(Method::GET, &at(path)).send().await.unwrap();
        assert_eq!(file.headers()["content-type"], "application/pdf", "{path}");
        assert!(
            file.bytes().await.unwrap().starts_with(begins.as_bytes()),
            "{path}"
        );
    }

    let officers = demo_officers(&test.app).await;
    decided(test, &officers[0], &id, Verdict::Return, &["receipt".to_owned()]).await;
    let (_, progress) = client.get(&at("progress")).await;
    assert_eq!(progress["correction"]["items"], json!(["receipt"]), "{progress}");
    let (_, view) = client.get("/applications/current").await;
    assert_eq!(
        (&view["state"], &view["editable"]),
        (&json!("returned"), &json!(["receipt"]))
    );
    refused(
        &client.once(&at("resubmission"), "again-0001").await,
        422,
        "document_not_replaced",
    );
    refused(
        &client.upload(&id, "id_front", builders::picture(), None).await,
        409,
        "not_editable",
    );
    let (status, _) = client
        .upload(&id, "receipt", builders::picture(), Some("paper-0001"))
        .await;
    assert_eq!(status, 200);
    let (status, state) = client.once(&at("resubmission"), "again-0001").await;
    assert_eq!(
        (status.as_u16(), &state["state"]),
        (200, &json!("in_review")),
        "{state}"
    );
    for officer in &officers {
        decided(test, officer, &id, Verdict::Pass, &[]).await;
    }
    let (_, progress) = client.get(&at("progress")).await;
    let steps: Vec<_> = progress["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["state"])
        .collect();
    assert_eq!(
        (&progress["state"], steps),
        (&json!("approved"), vec![&json!("done"); 3]),
        "{progress}"
    );
    assert_eq!(
        application::find(&test.app, &id).await.unwrap().state,
        State::Approved
    );
}

on_both_stores! {
    /// whichever door, one worker; the next wx.login needs nothing more, and a used code opens nothing.
    both_doors_lead_to_the_same_worker
}
async fn both_doors_lead_to_the_same_worker(test: &TestApp) {
    let by_phone = Client::new(test);
    let code = by_phone.code("13800138001").await;
    let typed = json!({ "phone": "13800138001", "code": code, "name": "王小梅", "employer": "示范公司" });
    let (status, opened) = by_phone.post("/workers", typed).await;
    assert_eq!(status, 200, "{opened}");
    let worker = opened["worker"]["id"].clone();

    let (visitor, _) = Client::mini(test, "wang").await;
    let code = phone_code(test, "wang").await;
    let (_, proven) = visitor.post("/mini/phone", json!({ "code": code })).await;
    assert_eq!(proven["session"]["worker"]["id"], worker, "{proven}");
    refused(
        &visitor.post("/mini/phone", json!({ "code": code })).await,
        401,
        "sign_in",
    );
    let (again, opened) = Client::mini(test, "wang").await;
    assert_eq!(opened["worker"]["id"], worker);
    refused(
        &again.post("/mini/phone", json!({ "code": code })).await,
        422,
        "invalid",
    );

    let used = mini_code(test, "wang").await;
    let (status, _) = by_phone.post("/mini/sessions", json!({ "code": used })).await;
    assert_eq!(status, 200);
    refused(
        &by_phone.post("/mini/sessions", json!({ "code": used })).await,
        422,
        "invalid",
    );
    let blocked = test
        .sim_post("/sim/mini/login", json!({ "user": "wang", "blocked": true }))
        .await;
    let blocked = by_phone
        .post("/mini/sessions", json!({ "code": blocked["code"] }))
        .await;
    refused(&blocked, 422, "mini_blocked");
}

on_both_stores! {
    /// Signing out ends one token, signing out everywhere all of them; seven days without use end it too.
    sessions_end
}
async fn sessions_end(test: &TestApp) {
    builders::worker(test, 1).await;
    let phone = builders::phone(1);
    let one = Client::signed_in(test, &phone).await;
    let (two, three) = (
        Client::signed_in(test, &phone).await,
        Client::signed_in(test, &phone).await,
    );
    let (status, me) = one.get("/me").await;
    assert_eq!((status.as_u16(), &me["name"]), (200, &json!("王小梅")));
    assert!(!me.to_string().contains(&phone), "the phone is masked: {me}");
    let (status, _) = one.send(Method::DELETE, "/sessions/current", json!({})).await;
    assert_eq!(status, 200);
    refused(&one.get("/me").await, 401, "sign_in");
    assert_eq!(two.get("/me").await.0, 200);
    let (status, _) = two.send(Method::DELETE, "/sessions", json!({})).await;
    assert_eq!(status, 200);
    refused(&two.get("/me").await, 401, "sign_in");
    refused(&three.get("/me").await, 401, "sign_in");
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let new = Client::signed_in(test, &phone).await;
    assert_eq!(new.get("/me").await.0, 200, "a later one is not ended");
    let worker = yuanmeng::account::workers::sign_in(&test.app, &phone, "").await;
    assert!(worker.is_err());
}

on_both_stores! {
    /// Facts, "Mini": free text is checked by WeChat, a risky one is refused at its field; WeChat away stops nobody.
    risky_text_is_refused_at_its_field
}
async fn risky_text_is_refused_at_its_field(test: &TestApp) {
    let client = joins(test, "wang").await;
    let (_, draft) = client.once("/applications", "begin-0001").await;
    let path = format!("/applications/{}/form", draft["id"].as_str().unwrap());
    let save =
        |text: &str| json!({ "version": draft["version"], "form": { "address": text, "major": "会计" } });
    let answer = client.put(&path, save("赌博一条街 1 号")).await;
    refused(&answer, 422, "invalid");
    let fields = answer.1["error"]["fields"].as_object().unwrap();
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["address"], "{}", answer.1);
    // Doubtful words are an officer's to judge.
    assert_eq!(client.put(&path, save("刷单路 1 号")).await.0, 200);

    // By phone the same text is nobody's but the form's.
    builders::worker(test, 1).await;
    let by_phone = Client::signed_in(test, &builders::phone(1)).await;
    let (_, draft) = by_phone.once("/applications", "begin-0001").await;
    let save = json!({ "version": draft["version"], "form": { "address": "赌博一条街 1 号" } });
    let path = format!("/applications/{}/form", draft["id"].as_str().unwrap());
    assert_eq!(by_phone.put(&path, save).await.0, 200);
}

on_both_stores! {
    /// Each acceptance is good for one message; what a person refused is not counted.
    grants_are_recorded
}
async fn grants_are_recorded(test: &TestApp) {
    let (client, _) = Client::mini(test, "wang").await;
    let openid = yuanmeng::sim::mini_openid_of("wang");
    for outcome in ["accept", "reject", "accept", "ban"] {
        let answer = json!({ "template_id": "tm-1", "outcome": outcome });
        assert_eq!(client.post("/mini/subscriptions", answer).await.0, 200);
    }
    for (notice, granted) in [("n1", true), ("n2", true), ("n3", false)] {
        let taken = grants::take(&test.app, &openid, "tm-1", notice).await.unwrap();
        assert_eq!(taken.is_some(), granted, "{notice}");
    }
    let bad = client
        .post(
            "/mini/subscriptions",
            json!({ "template_id": "<b>", "outcome": "accept" }),
        )
        .await;
    refused(&bad, 422, "invalid");
    builders::worker(test, 1).await;
    let by_phone = Client::signed_in(test, &builders::phone(1)).await;
    let answer = json!({ "template_id": "tm-1", "outcome": "accept" });
    refused(
        &by_phone.post("/mini/subscriptions", answer).await,
        403,
        "mini_only",
    );
}

on_both_stores! {
    /// taking it back, twice with the same answer, gives the place on.
    an_application_is_taken_back
}
async fn an_application_is_taken_back(test: &TestApp) {
    let unit = union(&test.app, &[seed::UNIT, seed::STREET]).await;
    let (_, id) = builders::submitted(test, 1, &unit).await;
    let client = Client::signed_in(test, &builders::phone(1)).await;
    let path = format!("/applications/{id}/withdrawal");
    for key in ["leave-0001", "leave-0001", "leave-0002"] {
        let (status, state) = client.once(&path, key).await;
        assert_eq!(
            (status.as_u16(), &state["state"]),
            (200, &json!("withdrawn")),
            "{key}: {state}"
        );
    }
}
