//! 订阅通知 asked for on the progress page inside WeChat: the element, the popup on the phone, WeChat's event, the message
//! (facts: 订阅通知, JS-SDK; ADR 0033).

use crate::acts::{bound_worker, calls, decide_now, eventually, texts};
use crate::app::{Pair, TestApp};
use crate::browser::Browser;
use crate::builders::{self, demo_officers, ready, street};
use crate::steps::id;
use anyhow::Result;
use serde_json::json;
use std::time::Duration;
use yuanmeng::account::Worker;
use yuanmeng::application::submit;
use yuanmeng::kernel::{Time, code};
use yuanmeng::review::Verdict;
use yuanmeng::sim::openid_of;

const BIZSEND: &str = "/cgi-bin/message/subscribe/bizsend";
const PROGRESS: &str = "demo-subscribe-progress";

async fn started(settings: &[(&str, &str)]) -> TestApp {
    let now = Time(chrono::Utc::now().timestamp_millis());
    TestApp::start_with(Pair::SqliteMemory, now, settings).await
}

/// A bound worker with a submitted application: worker, simulator's user, application.
async fn applied(test: &TestApp) -> (Worker, String, String) {
    let (worker, user) = bound_worker(test, 1).await;
    let id = ready(test, &worker, 1, &street(&test.app).await).await;
    submit::submit(&test.app, &worker.id, &id, &worker.phone)
        .await
        .unwrap();
    test.settle().await;
    (worker, user, id)
}

/// A session of the worker that came through WeChat as this openid.
async fn came_by_wechat(test: &TestApp, worker: &Worker, openid: &str) -> String {
    let cookie = builders::session(&test.app, "worker", &worker.id).await;
    let key = format!(
        "session:{}",
        code::sha256_hex(cookie.split_once('=').unwrap().1.as_bytes())
    );
    let entries = test.app.cache.get(&key).await.unwrap().unwrap();
    let mut entries: serde_json::Value = serde_json::from_str(&entries).unwrap();
    entries["openid"] = json!(openid);
    let hour = Duration::from_secs(3600);
    test.app
        .cache
        .set(&key, &entries.to_string(), hour)
        .await
        .unwrap();
    cookie
}

/// The progress page: what may run on it, and its text.
async fn progress(test: &TestApp, cookie: &str) -> (String, String) {
    let request = test.http.get(format!("{}/progress", test.url));
    let answer = request.header("cookie", cookie).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let csp = answer.headers()["content-security-policy"].to_str().unwrap();
    (csp.to_owned(), answer.text().await.unwrap())
}

/// What the page says is granted already; `None` where it does not ask.
fn granted(page: &str) -> Option<i64> {
    let after = page.split("data-granted=\"").nth(1)?;
    after.split('"').next()?.parse().ok()
}

async fn answer(test: &TestApp, user: &str, choice: &str) {
    // Events of one second with the same content are one event.
    tokio::time::sleep(Duration::from_millis(1010)).await;
    let popup = json!({ "user": user, "templates": { PROGRESS: choice } });
    assert_eq!(test.sim_post("/sim/subscribe", popup).await["outcome"], "none");
}

async fn states(test: &TestApp, user: &str) -> Vec<String> {
    let sql = "SELECT state FROM grants WHERE openid = $1 ORDER BY granted_at, id";
    texts(&test.app, sql, &openid_of(user)).await
}

/// facts: 订阅通知. Asked is only who came through WeChat as the one whom the messages go to, and only until enough is
/// allowed; a refusal is noted, grants nothing, and the message goes by SMS.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_asked_for_where_it_helps() {
    let test = started(&[("WECHAT_TEMPLATES", "")]).await;
    let (worker, user, application) = applied(&test).await;
    let here = came_by_wechat(&test, &worker, &openid_of(&user)).await;
    let (csp, page) = progress(&test, &here).await;
    assert_eq!(granted(&page), Some(0));
    assert!(
        page.contains(&format!("data-template=\"{PROGRESS}\"")) && page.contains("<strong>3</strong> 次进展")
    );
    let sdk = format!("{}/assets/jweixin.js", test.sim_url);
    assert!(page.contains(&sdk), "the simulated phone's JS-SDK");
    assert!(
        csp.contains("frame-src 'self' https://*.qq.com webcompt:"),
        "{csp}"
    );
    for elsewhere in [
        builders::session(&test.app, "worker", &worker.id).await,
        came_by_wechat(&test, &worker, "somebody-else").await,
    ] {
        let (csp, page) = progress(&test, &elsewhere).await;
        assert_eq!(granted(&page), None);
        assert!(!page.contains("jweixin") && !csp.contains("qq.com"), "{csp}");
    }

    answer(&test, &user, "reject").await;
    assert_eq!(states(&test, &user).await, ["rejected"]);
    assert_eq!(granted(&progress(&test, &here).await.1), Some(0));
    let [at_street, at_unit, _] = demo_officers(&test.app).await;
    decide_now(&test.app, &at_street, &application, Verdict::Pass, &[])
        .await
        .unwrap();
    test.settle().await;
    assert_eq!(calls(&test, BIZSEND).await, 0, "no grant, no call");
    assert!(
        test.sms(&builders::phone(1))
            .await
            .iter()
            .any(|text| text.contains("审核中"))
    );

    // Two steps are left: two messages are enough.
    answer(&test, &user, "accept").await;
    assert_eq!(granted(&progress(&test, &here).await.1), Some(1));
    answer(&test, &user, "accept").await;
    assert_eq!(granted(&progress(&test, &here).await.1), None);
    decide_now(&test.app, &at_unit, &application, Verdict::Reject, &[])
        .await
        .unwrap();
    test.settle().await;
    assert_eq!(calls(&test, BIZSEND).await, 1);
    assert_eq!(states(&test, &user).await, ["rejected", "used", "open"]);
    assert_eq!(
        granted(&progress(&test, &here).await.1),
        None,
        "nothing is to come"
    );
    test.stop().await;
}

/// A template message needs no grant and goes first: who follows is not asked. Without an id nobody is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_not_asked_for_in_vain() {
    let test = started(&[]).await;
    let (worker, user, _) = applied(&test).await;
    let here = came_by_wechat(&test, &worker, &openid_of(&user)).await;
    assert_eq!(granted(&progress(&test, &here).await.1), None);
    test.sim_post("/sim/unfollow", json!({ "user": user })).await;
    assert_eq!(granted(&progress(&test, &here).await.1), Some(0));
    test.stop().await;

    let test = started(&[("WECHAT_TEMPLATES", ""), ("WECHAT_SUBSCRIBE_TEMPLATES", "")]).await;
    let (worker, user, _) = applied(&test).await;
    let here = came_by_wechat(&test, &worker, &openid_of(&user)).await;
    assert_eq!(granted(&progress(&test, &here).await.1), None);
    test.stop().await;
}

/// Taps the page's element, and answers the popup on the phone.
async fn tap(phone: &Browser, choice: &str) -> Result<()> {
    phone.click(&id("ask-tag")).await?;
    phone.leave_frame().await?;
    phone.wait_for_text(&id("subscribe"), "申请发送以下通知").await?;
    phone.screenshot("subscribe-02-popup").await?;
    phone.click(&id(choice)).await?;
    phone.enter_frame(&id("webview-frame")).await
}

async fn walk(test: &TestApp, phone: &Browser, user: &str, application: &str) -> Result<()> {
    phone.goto(&format!("{}/phone/{user}", test.sim_url)).await?;
    phone.wait_for_text(&id("message-list"), "欢迎").await?;
    phone.click(&id("menu-1")).await?;
    phone.enter_frame(&id("webview-frame")).await?;
    phone.wait_for(&id("ask-tag")).await?;
    let show = "document.querySelector('#ask').scrollIntoView({block: 'center'})";
    phone.script(show, vec![]).await?;
    phone.screenshot("subscribe-01-asked").await?;
    tap(phone, "subscribe-allow").await?;
    phone.wait_for_text(&id("ask-state"), "可以再点一次").await?;
    phone.wait_for_text(&id("ask-granted"), "您已允许 1 条").await?;
    phone.screenshot("subscribe-03-allowed").await?;
    tap(phone, "subscribe-deny").await?;
    phone.wait_for_text(&id("ask-state"), "没有允许").await?;
    phone.screenshot("subscribe-04-denied").await?;
    tap(phone, "subscribe-allow").await?;
    phone.wait_for_text(&id("ask-granted"), "您已允许 2 条").await?;
    tap(phone, "subscribe-allow").await?;
    phone.wait_for_text(&id("ask-state"), "已全部允许").await?;
    phone.screenshot("subscribe-05-all").await?;
    anyhow::ensure!(states(test, user).await == ["open", "rejected", "open", "open"]);

    // The next move of the application is told by one of them.
    let [at_street, ..] = demo_officers(&test.app).await;
    decide_now(&test.app, &at_street, application, Verdict::Pass, &[]).await?;
    eventually("the message was sent", async || {
        calls(test, BIZSEND).await == 1 && states(test, user).await == ["used", "rejected", "open", "open"]
    })
    .await;
    phone.leave_frame().await?;
    phone.click(&id("webview-close")).await?;
    phone.wait_for_text(&id("message-list"), "审核中").await?;
    phone.screenshot("subscribe-06-told").await?;
    Ok(())
}

/// facts: 订阅通知, JS-SDK. The whole way: tap, popup, event, grant, message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_tap_to_the_message() {
    let test = started(&[("WECHAT_TEMPLATES", "")]).await;
    let (_, user, application) = applied(&test).await;
    let phone = Browser::phone().await.unwrap();
    walk(&test, &phone, &user, &application).await.unwrap();
    drop(phone);
    test.stop().await;
}
