//! `Idempotency-Key` (ADR 0013).

use super::{Client, answer, refused};
use crate::app::TestApp;
use crate::builders::{self, street};
use crate::on_both_stores;
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;
use yuanmeng::application::{DocumentKind, documents};

async fn ready<'a>(test: &'a TestApp, n: usize) -> (Client<'a>, String) {
    let worker = builders::worker(test, n).await;
    let id = builders::ready(test, &worker, n, &street(&test.app).await).await;
    (Client::signed_in(test, &builders::phone(n)).await, id)
}

on_both_stores! {
    /// The same key and content: the kept answer, marked as such; another content: refused; another worker's key: another key.
    a_key_is_good_for_one_content_of_one_worker
}
async fn a_key_is_good_for_one_content_of_one_worker(test: &TestApp) {
    let (client, id) = ready(test, 1).await;
    let upload = async |kind: &str, bytes: Vec<u8>| client.upload(&id, kind, bytes, Some("paper-0001")).await;
    let first = upload("receipt", builders::picture()).await;
    assert_eq!(first.0, 200, "{}", first.1);
    assert_eq!(
        upload("receipt", builders::picture()).await,
        first,
        "the same paper, not a second one"
    );
    refused(&upload("id_front", builders::picture()).await, 422, "key_reused");
    let mut other = builders::picture();
    other.extend([0; 4]);
    refused(&upload("receipt", other).await, 422, "key_reused");

    let (second, other_id) = ready(test, 2).await;
    let own = second
        .upload(&other_id, "receipt", builders::picture(), Some("paper-0001"))
        .await;
    assert_eq!(own.0, 200, "{}", own.1);
    assert_ne!(own.1["id"], first.1["id"]);

    let path = format!("/applications/{id}/submission");
    let submitted = client.once(&path, "submit-0001").await;
    let again = client
        .request(Method::POST, &path)
        .header("Idempotency-Key", "submit-0001");
    let again = again.send().await.unwrap();
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(answer(again).await, submitted);
    refused(
        &client
            .once(&format!("/applications/{id}/withdrawal"), "submit-0001")
            .await,
        422,
        "key_reused",
    );
    for bad in ["short", &"x".repeat(65), "has blank", "引号引号引号"] {
        let request = client
            .request(Method::POST, &path)
            .header("Idempotency-Key", bad.as_bytes());
        let answer = answer(request.send().await.unwrap()).await;
        refused(&answer, 422, "key_malformed");
    }
}

on_both_stores! {
    /// A refusal is not kept: the same key may try again once what was missing is there.
    a_refusal_does_not_use_the_key_up
}
async fn a_refusal_does_not_use_the_key_up(test: &TestApp) {
    let (client, id) = ready(test, 1).await;
    let receipt = documents::of(&test.app, &id).await.unwrap();
    let receipt = receipt
        .into_iter()
        .find(|d| d.kind == DocumentKind::Receipt)
        .unwrap();
    let path = format!("/applications/{id}/documents/{}", receipt.id);
    client.send(Method::DELETE, &path, json!({})).await;
    let submit = format!("/applications/{id}/submission");
    refused(
        &client.once(&submit, "submit-0001").await,
        422,
        "document_missing",
    );
    client.upload(&id, "receipt", builders::picture(), None).await;
    let (status, done) = client.once(&submit, "submit-0001").await;
    assert_eq!(status, 200, "{done}");
}

on_both_stores! {
    /// Many at the same moment: one acts, the others get its answer.
    concurrent_requests_act_once
}
async fn concurrent_requests_act_once(test: &TestApp) {
    let (client, id) = ready(test, 1).await;
    let one = || async {
        client
            .upload(&id, "receipt", builders::picture(), Some("paper-0001"))
            .await
    };
    let answers = futures_util::future::join_all((0..8).map(|_| one())).await;
    let ids: BTreeSet<String> = answers.iter().map(|(_, body)| body["id"].to_string()).collect();
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
    assert_eq!(ids.len(), 1, "{ids:?}");

    let submit = || async {
        client
            .once(&format!("/applications/{id}/submission"), "submit-0001")
            .await
    };
    let answers = futures_util::future::join_all((0..8).map(|_| submit())).await;
    assert!(
        answers
            .iter()
            .all(|answer| *answer == answers[0] && answer.0 == 200),
        "{answers:?}"
    );
    // Without a key submitting is idempotent by itself.
    let (status, again) = client
        .post(&format!("/applications/{id}/submission"), json!({}))
        .await;
    assert_eq!(
        (status.as_u16(), again["number"].clone()),
        (200, answers[0].1["number"].clone())
    );
}

on_both_stores! {
    /// A mark left behind by a process that died ends; until then the key is busy, and what was kept is sealed.
    a_crash_leaves_no_key_behind
}
async fn a_crash_leaves_no_key_behind(test: &TestApp) {
    let (client, id) = ready(test, 1).await;
    let path = format!("/applications/{id}/submission");
    client.once(&path, "submit-0001").await;
    let worker = yuanmeng::application::find(&test.app, &id)
        .await
        .unwrap()
        .worker_id;
    let key = test.app.sealer.index("idempotency_key", "submit-0001");
    let slot = format!("api-once:{worker}:{key}");
    let kept = test.app.cache.get(&slot).await.unwrap().unwrap();
    let number = client.post(&path, json!({})).await.1["number"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(!kept.contains(&number), "{kept}");
    assert!(test.app.cache.remaining(&slot).await.unwrap().unwrap().as_secs() > 23 * 3600);

    // As if the process had died before the answer was kept: the use case gives the first one's answer.
    test.app.cache.delete(&slot).await.unwrap();
    let (status, again) = client.once(&path, "submit-0001").await;
    assert_eq!(
        (status.as_u16(), again["number"].as_str()),
        (200, Some(number.as_str()))
    );
}
