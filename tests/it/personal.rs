//! Personal data: after a whole journey with the real binary, neither the database's file nor the documents nor the
//! log hold a phone, an ID number, a card, a password or a key in clear (issue 2, points 1 and 8).

use crate::acts::eventually;
use crate::app::{Pair, TestApp};
use crate::builders::{self, picture};
use crate::process::{self, only_processes_from_here, production};
use crate::visitor::Visitor;
use serde_json::json;
use std::path::{Path, PathBuf};
use yuanmeng::application::{self, State};
use yuanmeng::cli::seed;
use yuanmeng::config::DEMO_AES_KEY;
use yuanmeng::sim::openid_of;

const CARD: &str = "6222021602001234568";

/// Sign-up by phone, then everything up to 提交申请, with one mistake on the way: mistakes are what gets logged.
async fn applies(test: &TestApp, me: &mut Visitor<'_>, phone: &str) {
    let start = me.get("/wechat/oauth/start?next=/apply").await.to;
    let request = test.http.get(start).header("cookie", "sim_user=wang");
    let back = request.send().await.unwrap().headers()["location"]
        .to_str()
        .unwrap()
        .to_owned();
    me.get(back.strip_prefix(&test.url).unwrap())
        .await
        .leads("/apply");
    me.get("/sign-up").await;
    let code = me.code(phone).await;
    let typed = [
        ("phone", phone),
        ("code", "1"),
        ("name", "王小梅"),
        ("employer", "济南示范机械有限公司"),
    ];
    me.post("/sign-up", &typed).await.shows("验证码不正确");
    let mut typed = typed;
    typed[1] = ("code", &code);
    me.post("/sign-up", &typed).await.leads("/");

    me.get("/apply").await;
    me.post("/apply", &[]).await;
    let list = me.get("/apply/union").await;
    let unit = list.radio(&format!("union-{}", seed::UNIT));
    let below = me.post("/apply/union", &[("union", &unit)]).await.to;
    let street = me.get(&below).await.radio(&format!("union-{}", seed::STREET));
    me.post("/apply/union", &[("union", &street), ("within", &unit)])
        .await
        .leads("/apply/form");
    me.post(
        "/apply/form",
        &[("id_number", "370102199003070021"), ("card", CARD)],
    )
    .await
    .shows("身份证号校验不通过");
    let mut form = builders::form(&test.app, 1);
    form.set("phone", phone);
    let fields: Vec<_> = application::form::FIELDS
        .iter()
        .map(|(name, _)| (*name, form.get(name)))
        .collect();
    me.post("/apply/form", &fields).await.leads("/apply/print");
    me.post("/apply/print", &[]).await;
    let checks = ["check_1", "check_2", "check_3", "check_4"].map(|check| (check, "yes"));
    me.post("/apply/documents/checks", &checks).await;
    for kind in [
        "stamped_form",
        "receipt",
        "chsi_report",
        "id_front",
        "id_back",
        "bank_card",
    ] {
        me.upload(kind, picture(), "text/html").await;
    }
    me.post("/apply/confirm", &[]).await.leads("/progress");
}

/// The three officers pass it, signed in by password.
async fn is_approved(test: &TestApp, id: &str) {
    for officer in &seed::OFFICERS {
        let mut desk = Visitor::new(test);
        let page = desk.get("/office/sign-in").await;
        let token = |html: &str| {
            let after = html.split("name=\"csrf\" value=\"").nth(1).expect("a token");
            after.split('"').next().unwrap_or_default().to_owned()
        };
        desk.csrf = token(&page.html);
        let wrong = [("phone", officer.phone), ("password", "secret-of-another")];
        desk.post("/office/sign-in", &wrong).await;
        let right = [("phone", officer.phone), ("password", seed::PASSWORD)];
        assert_eq!(desk.post("/office/sign-in", &right).await.status, 303);
        let path = format!("/office/applications/{id}");
        let page = desk.get(&path).await;
        desk.csrf = token(&page.html);
        let version = page
            .html
            .split("name=\"version\" value=\"")
            .nth(1)
            .expect("a version");
        let version = version.split('"').next().unwrap_or_default().to_owned();
        let pass = [("version", version.as_str()), ("verdict", "pass")];
        assert_eq!(desk.post(&path, &pass).await.status, 303);
    }
}

fn files_below(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        match entry.path() {
            path if path.is_dir() => files_below(&path, found),
            path => found.push(path),
        }
    }
}

/// Point 8: "ID number, card, phone sealed at rest"; point 1: logs "with a request id and no personal data".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_personal_is_kept_or_logged_in_clear() {
    let now = yuanmeng::kernel::Time(chrono::Utc::now().timestamp_millis());
    let test = TestApp::start_with(Pair::SqliteMemory, now, &[]).await;
    let look = only_processes_from_here(&test).await;
    let mut env = production(&test.env);
    env.push(("RUST_LOG".to_owned(), "debug,yuanmeng=trace".to_owned()));
    let process = process::start("serve", &env);
    eventually("it serves", async || {
        let healthy = test.http.get(format!("{}/readyz", test.url)).send().await;
        healthy.is_ok_and(|answer| answer.status() == 200)
    })
    .await;

    // The simulator's preset worker; not followed at first, so that SMS and template messages both are sent.
    let phone = "13800138001";
    let mut me = Visitor::new(&test);
    applies(&test, &mut me, phone).await;
    let worker = yuanmeng::account::workers::by_openid(&look, &openid_of("wang"))
        .await
        .unwrap()
        .expect("bound");
    let application = application::latest_of(&look, &worker.id).await.unwrap().unwrap();
    test.follow("wang").await;
    is_approved(&test, &application.id).await;
    let said = test
        .sim_post("/sim/say", json!({ "user": "wang", "text": "进度" }))
        .await;
    assert_eq!(said["outcome"], "reply", "{said}");
    me.get("/progress").await.shows("审核通过");
    eventually("everybody is told", async || {
        yuanmeng::outbox::waiting(&look.db).await.unwrap() == 0
    })
    .await;
    let done = application::find(&look, &application.id).await.unwrap();
    assert_eq!(done.state, State::Approved);

    process::signal(&process, "TERM");
    process::wait_for_end(&process);
    let id_number = builders::id_number(1);
    let mut secrets = vec![
        phone.to_owned(),
        id_number.clone(),
        "370102199003070021".to_owned(),
        CARD.to_owned(),
    ];
    secrets.extend(seed::OFFICERS.iter().map(|officer| officer.phone.to_owned()));
    secrets.extend(
        [
            seed::PASSWORD,
            "secret-of-another",
            DEMO_AES_KEY,
            "demo-app-secret",
        ]
        .map(str::to_owned),
    );
    let mut stored = Vec::new();
    files_below(&test.app.config.stores.data_dir, &mut stored);
    let has = |name: &str| stored.iter().any(|path| path.ends_with(name));
    assert!(
        has("yuanmeng.db") && has("yuanmeng.db-wal") && stored.len() > 8,
        "{stored:?}"
    );
    for path in &stored {
        let bytes = std::fs::read(path).unwrap();
        for secret in &secrets {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} is in clear in {}", path.display());
        }
        let pictures = bytes.windows(4).any(|window| window == b"\x89PNG");
        assert!(!pictures, "a paper is in clear in {}", path.display());
    }

    let log = process::log(&process);
    assert!(log.contains("request{id="), "a log with a request id:\n{log}");
    let codes: Vec<String> = vec![builders::code_of(&test, phone).await];
    let unlogged = secrets.iter().chain(&codes).cloned().chain([
        openid_of("wang"),
        openid_of("zhang"),
        "王小梅".to_owned(),
        "demotoken".to_owned(),
    ]);
    for secret in unlogged {
        let line = log.lines().find(|line| line.contains(&secret));
        assert!(line.is_none(), "{secret} is logged: {line:?}");
    }
    let token = log.lines().find(|line| line.contains("access_token="));
    assert!(token.is_none(), "an access token is logged: {token:?}");
    drop(process);
    test.stop().await;
}
