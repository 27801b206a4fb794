//! What the script adds to the worker's pages, in a real browser: nothing typed is lost, uploads go one by one,
//! the progress moves by itself, the slider takes keys (ux.md).

use crate::app::{Pair, TestApp};
use crate::browser::Browser;
use crate::builders::{self, demo_officers, street, submitted, worker};
use anyhow::Result;
use serde_json::json;
use std::time::Duration;
use yuanmeng::account::Worker;
use yuanmeng::account::sign_ins::{self, Way};
use yuanmeng::application::{self, drafts};
use yuanmeng::kernel::code;
use yuanmeng::review::Verdict;
use yuanmeng::review::decide::{Decision, decide};

fn id(testid: &str) -> String {
    format!("[data-testid=\"{testid}\"]")
}

/// Signs a worker in without the doors; gives the cookie, so that its session can be ended.
async fn sign_in(test: &TestApp, phone: &Browser, worker: &Worker) -> Result<String> {
    let cookie = builders::session(&test.app, "worker", &worker.id).await;
    // A page that has no session: the browser has no cookie yet that a script could not replace.
    phone.goto(&format!("{}/healthz", test.url)).await?;
    phone
        .script("document.cookie = arguments[0] + '; path=/'", vec![json!(cookie)])
        .await?;
    Ok(cookie)
}

async fn end_session(test: &TestApp, cookie: &str) {
    let secret = cookie.split_once('=').unwrap().1;
    let key = format!("session:{}", code::sha256_hex(secret.as_bytes()));
    test.app.cache.delete(&key).await.unwrap();
}

/// saved while typing and never looking like submitted; what is typed after the sign-in ended is kept
/// in the tab and put back once one is signed in again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_typed_is_lost() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let who = worker(&test, 1).await;
    let draft = drafts::begin(&test.app, &who.id, &Default::default())
        .await
        .unwrap();
    let phone = Browser::phone().await?;
    let cookie = sign_in(&test, &phone, &who).await?;
    let page = format!("{}/apply/form", test.url);
    phone.goto(&page).await?;
    phone.fill("#f-address", "济南市长清区大学路 1 号").await?;
    phone.wait_for_text(&id("draft-state"), "（尚未提交）").await?;
    let saved = application::find(&test.app, &draft.id).await.unwrap();
    assert_eq!(
        saved.form(&test.app).unwrap().get("address"),
        "济南市长清区大学路 1 号"
    );

    end_session(&test, &cookie).await;
    phone.fill("#f-institution", "山东开放大学").await?;
    phone.wait_for_text(&id("draft-state"), "登录已过期").await?;
    phone.fill("#f-major", "会计").await?;
    phone.screenshot("draft-kept-after-the-sign-in-ended").await?;
    // Signed in again, here with the same cookie.
    let secret = cookie.split_once('=').unwrap().1;
    let key = format!("session:{}", code::sha256_hex(secret.as_bytes()));
    let sign_in = sign_ins::begin(&test.app, &who.id, Way::Sms, "浏览器", None)
        .await
        .unwrap();
    let entries = json!({ "worker": who.id, "sign_in": sign_in, "csrf": "again" }).to_string();
    let hour = Duration::from_secs(3600);
    test.app.cache.set(&key, &entries, hour).await.unwrap();
    phone.goto(&page).await?;
    phone.wait_for_text(&id("draft-state"), "已保存").await?;
    let form = application::find(&test.app, &draft.id)
        .await
        .unwrap()
        .form(&test.app)
        .unwrap();
    assert_eq!(
        (form.get("institution"), form.get("major")),
        ("山东开放大学", "会计")
    );
    let kept = phone
        .script("return sessionStorage.getItem('unsaved')", vec![])
        .await?;
    assert!(kept.is_null(), "nothing stays in the browser once it is saved");
    drop(phone);
    test.stop().await;
    Ok(())
}

/// the slider for those who cannot drag; half the way does not pass.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_slider_takes_keys() -> Result<()> {
    const KEY: &str =
        "document.querySelector('.knob').dispatchEvent(new KeyboardEvent('keydown',{key:arguments[0]}))";
    let test = TestApp::start(Pair::SqliteMemory).await;
    let phone = Browser::phone().await?;
    phone.goto(&format!("{}/sign-in", test.url)).await?;
    // A hand takes its time: twenty keys within 120 ms are a machine's, and the slider refuses them.
    let right = async || {
        tokio::time::sleep(Duration::from_millis(15)).await;
        phone.script(KEY, vec![json!("ArrowRight")]).await
    };
    for _ in 0..10 {
        right().await?;
    }
    assert!(!phone.has(".slider.done").await?, "half way");
    for _ in 0..10 {
        right().await?;
    }
    phone.wait_for(".slider.done").await?;
    drop(phone);
    test.stop().await;
    Ok(())
}

/// chosen together, uploaded one after the other; a bad one is told at its place and the good ones stay.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_go_by_themselves() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let who = worker(&test, 1).await;
    let draft = drafts::begin(&test.app, &who.id, &builders::form(&test.app, 1))
        .await
        .unwrap();
    drafts::tick_checks(&test.app, &who.id, &draft.id, [true; 4])
        .await
        .unwrap();
    let (good, bad) = (
        test.app.config.stores.data_dir.join("good.png"),
        test.app.config.stores.data_dir.join("bad.png"),
    );
    std::fs::write(&good, builders::picture())?;
    std::fs::write(&bad, b"no picture")?;
    let phone = Browser::phone().await?;
    sign_in(&test, &phone, &who).await?;
    phone.goto(&format!("{}/apply/documents", test.url)).await?;
    phone.attach(&id("photo-receipt"), &bad).await?;
    for kind in ["stamped_form", "chsi_report", "id_front"] {
        phone.attach(&id(&format!("photo-{kind}")), &good).await?;
    }
    for kind in ["stamped_form", "chsi_report", "id_front"] {
        phone
            .wait_for_text(&id(&format!("state-{kind}")), "已上传")
            .await?;
    }
    phone
        .wait_for_text(
            "#doc-receipt .err",
            "只能上传 jpg、jpeg、png、gif 图片或 pdf 文件",
        )
        .await?;
    phone.wait_for_text(&id("left"), "还有 3 份").await?;
    phone.attach(&id("photo-receipt"), &good).await?;
    phone.wait_for_text(&id("state-receipt"), "已上传").await?;
    drop(phone);
    test.stop().await;
    Ok(())
}

/// the open page follows a decision without being touched.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_progress_moves_by_itself() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let street = street(&test.app).await;
    let (who, id_of) = submitted(&test, 1, &street).await;
    let phone = Browser::phone().await?;
    sign_in(&test, &phone, &who).await?;
    phone.goto(&format!("{}/progress", test.url)).await?;
    phone.wait_for_text(&id("holder"), &street.name).await?;
    let seen = application::find(&test.app, &id_of).await.unwrap();
    let decision = Decision {
        application_id: &id_of,
        version_seen: seen.version,
        verdict: Verdict::Pass,
        reason: "",
        corrections: &[],
    };
    decide(&test.app, &demo_officers(&test.app).await[0], &decision)
        .await
        .unwrap();
    phone
        .wait_for_text(&id("holder"), yuanmeng::cli::seed::UNIT)
        .await?;
    phone.wait_for_text(&id("timeline"), "审核通过").await?;
    drop(phone);
    test.stop().await;
    Ok(())
}
