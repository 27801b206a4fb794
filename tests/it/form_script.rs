//! The form and the submission in a real browser: names from a list, mistakes told while typing, phone and PC at once,
//! a double tap, a refusal.

use crate::app::{Pair, TestApp};
use crate::browser::Browser;
use crate::builders::{self, ready, street, submitted, worker};
use anyhow::Result;
use serde_json::json;
use yuanmeng::application::{self, DocumentKind, State, documents, drafts};
use yuanmeng::kernel::Refusal;

fn id(testid: &str) -> String {
    format!("[data-testid=\"{testid}\"]")
}

async fn sign_in(test: &TestApp, browser: &Browser, worker_id: &str) -> Result<()> {
    let cookie = builders::session(&test.app, "worker", worker_id).await;
    browser.goto(&format!("{}/healthz", test.url)).await?;
    browser
        .script("document.cookie = arguments[0] + '; path=/'", vec![json!(cookie)])
        .await?;
    Ok(())
}

async fn stored(test: &TestApp, id: &str, field: &str) -> String {
    let application = application::find(&test.app, id).await.unwrap();
    application.form(&test.app).unwrap().get(field).to_owned()
}

async fn eventually(what: &str, holds: impl AsyncFn() -> bool) {
    crate::acts::eventually(what, holds).await;
}

/// on the phone, while typing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_form_helps_while_typing() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let who = worker(&test, 1).await;
    let draft = drafts::begin(&test.app, &who.id, &Default::default())
        .await
        .unwrap();
    let phone = Browser::phone().await?;
    sign_in(&test, &phone, &who.id).await?;
    phone.goto(&format!("{}/apply/form", test.url)).await?;
    phone.wait_for(&id("standing")).await?;
    phone.screenshot("form-top").await?;
    // The whole number: told though the field still has the focus; mended: gone.
    phone.fill("#f-id_number", "370102199003070021").await?;
    phone
        .wait_for_text(".wrong .err", &Refusal::IdNumberChecksum.text())
        .await?;
    phone.screenshot("form-wrong-while-typing").await?;
    phone.fill("#f-id_number", "370102199003070024").await?;
    eventually("the mistake is gone", async || {
        !phone.has(".wrong").await.unwrap()
    })
    .await;
    // Half a card is no mistake while it is typed; left, it is.
    phone.fill("#f-card", "6222 0216").await?;
    phone.wait_for_text(&id("draft-state"), "已保存").await?;
    assert!(!phone.has(".wrong").await?);
    phone.fill("#f-employer_phone", "0531—８６１２３４５６").await?;
    phone
        .wait_for_text(".wrong .err", &Refusal::CardMalformed.text())
        .await?;
    phone.fill("#f-card", "6222021602001234568").await?;
    phone.fill("#f-address", "济南市长清区大学路 1 号").await?;
    eventually("all is right", async || !phone.has(".wrong").await.unwrap()).await;
    eventually("and plain", async || {
        stored(&test, &draft.id, "employer_phone").await == "0531-86123456"
    })
    .await;
    // By initials, chosen with a finger.
    phone.fill("#f-institution", "sdkf").await?;
    phone.wait_for_text("#list-institution", "山东开放大学").await?;
    phone
        .script(
            "document.querySelector('#f-institution').scrollIntoView({block:'start'})",
            vec![],
        )
        .await?;
    phone.screenshot("form-institutions").await?;
    phone.click("#list-institution li").await?;
    // Not in the list: kept as typed, and said so.
    phone.fill("#f-major", "城市轨道某某").await?;
    phone
        .wait_for_text("#list-major", "不在列表中，就用“城市轨道某某”")
        .await?;
    phone.click(&id("not-listed")).await?;
    phone.fill("#f-address", "济南市长清区大学路 2 号").await?;
    phone.wait_for_text(&id("note-major"), "不在列表中").await?;
    phone.screenshot("form-not-listed").await?;
    eventually("both are saved", async || {
        stored(&test, &draft.id, "institution").await == "山东开放大学"
            && stored(&test, &draft.id, "major").await == "城市轨道某某"
    })
    .await;
    drop(phone);
    test.stop().await;
    Ok(())
}

/// phone and PC at once lose nothing, and a broken line neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn phone_and_pc_at_once() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let who = worker(&test, 1).await;
    let draft = drafts::begin(&test.app, &who.id, &builders::form(&test.app, 1))
        .await
        .unwrap();
    let (phone, pc) = Browser::phone_and_pc().await?;
    for browser in [&phone, &pc] {
        sign_in(&test, browser, &who.id).await?;
        browser.goto(&format!("{}/apply/form", test.url)).await?;
    }
    phone.fill("#f-address", "手机上改的地址").await?;
    eventually("saved", async || {
        stored(&test, &draft.id, "address").await == "手机上改的地址"
    })
    .await;
    pc.fill("#f-employer", "电脑上改的单位").await?;
    eventually("merged", async || {
        stored(&test, &draft.id, "employer").await == "电脑上改的单位"
    })
    .await;
    assert_eq!(stored(&test, &draft.id, "address").await, "手机上改的地址");
    let shown = async |browser: &Browser, css: &str| {
        let code = "return document.querySelector(arguments[0]).value";
        browser
            .script(code, vec![json!(css)])
            .await
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    };
    eventually("the PC shows the phone's", async || {
        shown(&pc, "#f-address").await == "手机上改的地址"
    })
    .await;
    pc.screenshot("form-pc").await?;

    // The same field: the phone has not seen the PC's, and is asked.
    phone.fill("#f-employer", "手机上改的单位").await?;
    phone.wait_for_text(&id("two-employer"), "电脑上改的单位").await?;
    phone
        .script(
            "document.querySelector('.both').scrollIntoView({block:'center'})",
            vec![],
        )
        .await?;
    phone.screenshot("form-two-answers").await?;
    assert_eq!(stored(&test, &draft.id, "employer").await, "电脑上改的单位");
    phone.click(&id("use-employer")).await?;
    phone
        .wait_for_text(&id("flash"), "已按您的选择保存工作单位名称")
        .await?;
    assert_eq!(stored(&test, &draft.id, "employer").await, "手机上改的单位");

    // The line breaks: said so, kept in the page, saved once it is back.
    pc.script("window.fetch0 = window.fetch; window.fetch = function () { return Promise.reject(new TypeError('offline')); }", vec![]).await?;
    pc.fill("#f-major", "断网时填的专业").await?;
    pc.wait_for_text(&id("draft-state"), "内容已留在本页，会自动重试")
        .await?;
    pc.screenshot("form-offline-pc").await?;
    pc.script(
        "window.fetch = window.fetch0; window.dispatchEvent(new Event('online'))",
        vec![],
    )
    .await?;
    eventually("saved at last", async || {
        stored(&test, &draft.id, "major").await == "断网时填的专业"
    })
    .await;
    drop((phone, pc));
    test.stop().await;
    Ok(())
}

/// a double tap is one application; after a refusal the button works again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn submitting_in_the_browser() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let street = street(&test.app).await;
    let who = worker(&test, 1).await;
    let draft = ready(&test, &who, 1, &street).await;
    let phone = Browser::phone().await?;
    sign_in(&test, &phone, &who.id).await?;
    phone.goto(&format!("{}/apply/confirm", test.url)).await?;
    phone.screenshot("confirm").await?;
    phone
        .script(
            "const b = document.querySelector('[data-testid=submit]'); b.click(); b.click(); b.click();",
            vec![],
        )
        .await?;
    phone.wait_for_text(&id("flash"), "提交成功").await?;
    assert_eq!(
        application::find(&test.app, &draft).await.unwrap().state,
        State::InReview
    );
    phone.wait_for(&id("recall")).await?;
    phone
        .script(
            "document.querySelector('[data-testid=recall]').scrollIntoView({block:'center'})",
            vec![],
        )
        .await?;
    phone.screenshot("progress-recall").await?;
    phone.click(&id("recall")).await?;
    phone.wait_for_text(&id("recalled"), "取回").await?;
    phone.screenshot("tasks-recalled").await?;

    // The same ID number under another phone: told before, refused when pressed, and the button works again.
    submitted(&test, 2, &street).await;
    let late = worker(&test, 3).await;
    let draft = ready(&test, &late, 3, &street).await;
    let mut form = builders::form(&test.app, 3);
    form.set("id_number", &builders::id_number(2));
    drafts::save(&test.app, &late.id, &draft, &form).await.unwrap();
    documents::upload(
        &test.app,
        &late.id,
        &draft,
        DocumentKind::StampedForm,
        builders::picture(),
    )
    .await
    .unwrap();
    sign_in(&test, &phone, &late.id).await?;
    phone.goto(&format!("{}/apply/confirm", test.url)).await?;
    phone.wait_for_text(&id("errors"), "今年已有一份申请").await?;
    for _ in 0..2 {
        let enabled = format!("{}:not([disabled])", id("submit"));
        phone.click(&enabled).await?;
        phone.wait_for_text(&id("errors"), "没有提交成功").await?;
        phone.wait_for(&enabled).await?;
    }
    phone.screenshot("confirm-refused").await?;
    assert_eq!(
        application::find(&test.app, &draft).await.unwrap().state,
        State::Draft
    );
    drop(phone);
    test.stop().await;
    Ok(())
}
