//! R-23 in a real browser: a digest arrives in the simulator; an officer chooses how to be told; what became of the messages of an
//! application; the catalogue, and a lost message sent again.

use super::path;
use crate::acts::{TEMPLATE_SEND, bound_submitted, fault};
use crate::app::{Pair, TestApp};
use crate::browser::Browser;
use crate::builders::{demo_officers, street, submitted};
use anyhow::Result;
use serde_json::json;
use yuanmeng::cli::seed;
use yuanmeng::kernel::Time;
use yuanmeng::notice::plan;
use yuanmeng::union::preferences;

fn id(testid: &str) -> String {
    format!("[data-testid=\"{testid}\"]")
}

async fn sign_in(test: &TestApp, pc: &Browser, at: usize, next: &str) -> Result<()> {
    let officer = &seed::OFFICERS[at];
    pc.goto(&format!("{}{next}", test.url)).await?;
    pc.fill("#f-phone", officer.phone).await?;
    pc.fill("#f-password", seed::PASSWORD).await?;
    pc.click(&id("sign-in")).await?;
    pc.wait_for_text(&id("who"), officer.name).await
}

async fn journey(test: &TestApp, phone: &Browser, pc: &Browser, application: &str) -> Result<()> {
    phone.goto(&format!("{}/phone/zhang", test.sim_url)).await?;
    phone
        .wait_for_text(&id("message-list"), "待审核，最早今天收到")
        .await?;
    phone.screenshot("60-digest").await?;

    sign_in(test, pc, 0, "/office/me").await?;
    pc.fill("#f-from", "20:00").await?;
    pc.click(&id("save-notices")).await?;
    pc.wait_for_text("#errors", "请写全开始和结束时间").await?;
    pc.screenshot("61-me-wrong").await?;
    pc.click("#f-way-sms_wechat").await?;
    pc.fill("#f-until", "08:00").await?;
    pc.click(&id("save-notices")).await?;
    pc.wait_for_text(&id("flash"), "已保存接收方式").await?;
    pc.script("document.querySelector('#f-way').scrollIntoView()", vec![])
        .await?;
    pc.screenshot("62-me").await?;

    pc.goto(&format!("{}{}", test.url, path(application))).await?;
    pc.wait_for_text(&id("told"), "提交成功 → 职工本人").await?;
    pc.script(
        "document.querySelector('[data-testid=told]').scrollIntoView({block: 'end'})",
        vec![],
    )
    .await?;
    pc.screenshot("63-told").await?;

    pc.click(&id("tab-messages")).await?;
    pc.wait_for_text(&id("lost"), "没有关注").await?;
    pc.screenshot("64-lost").await?;
    pc.resize(500, 900).await?;
    pc.screenshot("65-lost-narrow").await?;
    pc.resize(1366, 900).await?;
    pc.click(&id("again")).await?;
    pc.wait_for_text(&id("flash"), "已再发一次").await?;
    pc.wait_for(&id("empty")).await?;
    pc.click(&id("sign-out")).await?;
    // Until it is done: what is opened meanwhile would be forgotten.
    pc.wait_for("#f-phone").await?;

    sign_in(test, pc, 2, "/office/messages").await?;
    pc.wait_for(&id("sample")).await?;
    pc.screenshot("66-catalogue").await?;
    pc.script("document.querySelector('#work_waits').scrollIntoView()", vec![])
        .await?;
    pc.screenshot("67-catalogue-officers").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn officers_are_told() {
    let start = Time::shanghai(2026, 11, 24, 10, 0, 0);
    let test = TestApp::start_with(Pair::SqliteMemory, start, &[]).await;
    plan::run(&test.app).await.unwrap();
    let [zhang, ..] = demo_officers(&test.app).await;
    let quiet = ("", "");
    preferences::set(&test.app, &zhang, "wechat", quiet)
        .await
        .unwrap();
    fault(&test, json!({ "path": TEMPLATE_SEND, "errcode": 43004 })).await;
    let street = street(&test.app).await;
    // The first message is the officer's, who is told by WeChat alone: it is lost.
    submitted(&test, 1, &street).await;
    test.settle().await;
    let (_, _, application) = bound_submitted(&test, 2, &street).await;
    test.settle().await;
    test.app
        .clock
        .advance(Time::shanghai(2026, 11, 24, 15, 0, 0).0 - test.app.now().0);
    plan::run(&test.app).await.unwrap();
    test.settle().await;
    let (phone, pc) = Browser::phone_and_pc().await.unwrap();
    let result = journey(&test, &phone, &pc, &application).await;
    if result.is_err() {
        pc.screenshot("69-failed").await.unwrap();
    }
    result.unwrap();
    test.stop().await;
}
