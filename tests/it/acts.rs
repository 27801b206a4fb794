//! What several journeys do: decide, bind a WeChat, let the simulator fail, look into a table.

use crate::app::TestApp;
use crate::builders;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use yuanmeng::account::{Worker, workers};
use yuanmeng::app::App;
use yuanmeng::application::{self, State};
use yuanmeng::error::{Error, Result};
use yuanmeng::kernel::{Phone, Refusal};
use yuanmeng::review::Verdict;
use yuanmeng::review::decide::{Decision, decide};
use yuanmeng::sim::openid_of;
use yuanmeng::union::officers::{self, NewOfficer};
use yuanmeng::union::{Officer, Role, Union};

/// Where WeChat takes template messages.
pub const TEMPLATE_SEND: &str = "/cgi-bin/message/template/send";

/// Decides on the version that stands, with a reason where one is needed.
pub async fn decide_now(
    app: &App,
    officer: &Officer,
    id: &str,
    verdict: Verdict,
    corrections: &[&str],
) -> Result<State> {
    let version = application::find(app, id).await?.version;
    let corrections: Vec<String> = corrections.iter().map(|name| name.to_string()).collect();
    let decision = Decision {
        application_id: id,
        version_seen: version,
        verdict,
        reason: if verdict == Verdict::Pass {
            ""
        } else {
            "请核对材料"
        },
        corrections: &corrections,
    };
    decide(app, officer, &decision).await
}

/// The rule's words of a result that must be a refusal.
pub fn refused<T: std::fmt::Debug>(result: Result<T>) -> Refusal {
    match result {
        Err(Error::Refused(refusal)) => refusal,
        other => panic!("no refusal: {other:?}"),
    }
}

/// Field and refusal of a result that must be one wrong field.
pub fn wrong_field<T: std::fmt::Debug>(result: Result<T>) -> (&'static str, Refusal) {
    match result {
        Err(Error::Invalid(errors)) => errors.0.into_iter().next().expect("a field"),
        other => panic!("no wrong field: {other:?}"),
    }
}

/// Another officer of a union.
pub async fn officer(app: &App, union: &Union, name: &str, phone: &str, role: Role) -> Officer {
    let new = NewOfficer {
        union_id: &union.id,
        name,
        phone: &Phone::stored(phone.to_owned()),
        password: "a-long-password",
        roles: &[role],
        openid: None,
    };
    let mut tx = app.db.write().await.unwrap();
    let id = officers::add(app, &mut tx, &yuanmeng::audit::Actor::System, new)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    officers::find(app, &id).await.unwrap()
}

/// The simulator's user of the n-th worker, with their phone.
pub async fn person(test: &TestApp, n: usize) -> String {
    let user = format!("worker{n}");
    let new = json!({ "user": user, "nickname": "王小梅", "phone": builders::phone(n) });
    test.sim_post("/sim/users", new).await;
    user
}

/// The n-th worker, signed up, whose WeChat is bound and follows the account.
pub async fn bound_worker(test: &TestApp, n: usize) -> (Worker, String) {
    let user = person(test, n).await;
    let worker = builders::worker(test, n).await;
    test.follow(&user).await;
    workers::bind(&test.app, &worker.id, &openid_of(&user), None)
        .await
        .unwrap();
    (worker, user)
}

/// A bound worker's submitted application at a union: worker, simulator's user, application.
pub async fn bound_submitted(test: &TestApp, n: usize, union: &Union) -> (Worker, String, String) {
    let (worker, user) = bound_worker(test, n).await;
    let id = builders::ready(test, &worker, n, union).await;
    application::submit::submit(&test.app, &worker.id, &id, &worker.phone)
        .await
        .unwrap();
    (worker, user, id)
}

/// Something goes wrong at the simulated WeChat.
pub async fn fault(test: &TestApp, fault: Value) {
    let answer = test.sim_post("/sim/faults", fault).await;
    assert_eq!(answer["ok"], true, "{answer}");
}

/// How often a path of the simulated WeChat was called.
pub async fn calls(test: &TestApp, path: &str) -> u64 {
    test.sim_get("/sim/stats").await["calls"][path]
        .as_u64()
        .unwrap_or(0)
}

/// So long a test waits for what has to come: a slow machine with other tests beside it is no failure.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// Waits for what has to come, generously.
pub async fn eventually(what: &str, holds: impl AsyncFn() -> bool) {
    let end = Instant::now() + LONGEST_WAIT;
    while !holds().await {
        assert!(
            Instant::now() < end,
            "within {LONGEST_WAIT:?} it did not come about that {what}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A whole number from the database.
pub async fn number(app: &App, sql: &'static str, key: &str) -> i64 {
    let query = sqlx::query_scalar(sql).bind(key);
    query.fetch_one(app.db.read()).await.unwrap()
}

/// Texts from the database, in the order of the query.
pub async fn texts(app: &App, sql: &'static str, key: &str) -> Vec<String> {
    let query = sqlx::query_scalar(sql).bind(key);
    query.fetch_all(app.db.read()).await.unwrap()
}

/// A page, as somebody signed in by [`builders::session`]; without a cookie for a stranger.
pub async fn page(test: &TestApp, path: &str, cookie: Option<&str>) -> reqwest::Response {
    let mut request = test.http.get(format!("{}{path}", test.url));
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    request.send().await.expect("an answer")
}
