//! The whole main road in a real browser: from the menu of the simulated phone to 审核通过 through three officers,
//! every template message on the phone (issue "From the menu to an approved subsidy", first line of "Done when").

use crate::app::{Pair, TestApp};
use crate::browser::Browser;
use crate::builders;
use crate::steps::{Walk, id};
use anyhow::Result;
use yuanmeng::application::DocumentKind;
use yuanmeng::cli::seed::{self, DemoOfficer};

/// The worker of the simulator's first phone.
const WORKER: &str = "wang";
const PHONE: &str = "13800138001";

/// Opens an entry of the official account's menu in the phone's webview and goes into it.
async fn open_menu(phone: &Browser, button: &str) -> Result<()> {
    phone.click(&id("menu-0")).await?;
    phone.click(&id(button)).await?;
    phone.enter_frame(&id("webview-frame")).await
}

/// Slider, code, and what the page asks beside them.
async fn prove_phone(walk: &mut Walk<'_>) -> Result<()> {
    let phone = walk.page;
    let code = walk.asked_for_code(PHONE).await?;
    phone.leave_frame().await?;
    phone.wait_for_text(&id("sms-banner"), &code).await?;
    walk.picture("sms").await?;
    phone.click(&id("sms-banner-close")).await?;
    phone.enter_frame(&id("webview-frame")).await?;
    phone.fill("#f-code", &code).await
}

/// From following the account to the submitted application; the phone is left inside the webview's progress page.
async fn apply(walk: &mut Walk<'_>) -> Result<()> {
    let phone = walk.page;
    phone
        .goto(&format!("{}/phone/{WORKER}", walk.test.sim_url))
        .await?;
    walk.picture("phone-before-following").await?;
    phone.click(&id("follow-button")).await?;
    phone
        .wait_for_text(&id("message-list"), "欢迎来到求学圆梦行动")
        .await?;
    phone.click(&id("menu-0")).await?;
    walk.picture("menu").await?;
    phone.click(&id("menu-0")).await?;
    open_menu(phone, "menu-0-0").await?;
    phone.wait_for(&id("menu-apply")).await?;
    walk.shot("home").await?;
    phone.click(&id("menu-apply")).await?;
    phone.wait_for(&id("check")).await?;
    walk.shot("apply-intro").await?;
    walk.check_eligibility().await?;
    phone.click(&id("sign-up")).await?;
    phone.wait_for("#f-code").await?;
    walk.shot("sign-up").await?;
    prove_phone(walk).await?;
    phone.fill("#f-name", "王小梅").await?;
    phone.fill("#f-employer", "济南示范机械有限公司").await?;
    phone.click(&id("submit")).await?;
    phone.wait_for(&id("begin")).await?;
    phone.click(&id("begin")).await?;
    walk.fill_in().await?;
    walk.upload(DocumentKind::needed(true)).await?;
    walk.submit().await
}

/// Signs an officer in on a PC, lands on the queue.
async fn sign_in(test: &TestApp, pc: &Browser, officer: &DemoOfficer) -> Result<()> {
    pc.goto(&format!("{}/office", test.url)).await?;
    pc.fill("#f-phone", officer.phone).await?;
    pc.fill("#f-password", seed::PASSWORD).await?;
    if officer.user == "zhang" {
        pc.screenshot("20-office-sign-in").await?;
    }
    pc.click(&id("sign-in")).await?;
    pc.wait_for_text(&id("who"), officer.name).await
}

/// Opens the first of the queue and passes it.
async fn pass(test: &TestApp, pc: &Browser, officer: &DemoOfficer) -> Result<()> {
    sign_in(test, pc, officer).await?;
    pc.screenshot(&format!("21-queue-{}", officer.user)).await?;
    pc.click(&id("open")).await?;
    pc.wait_for(&id("decide")).await?;
    pc.screenshot(&format!("22-desk-{}", officer.user)).await?;
    pc.click("#f-verdict-pass").await?;
    pc.click(&id("decide")).await?;
    pc.wait_for_text(&id("flash"), "通过").await?;
    pc.screenshot(&format!("23-decided-{}", officer.user)).await?;
    pc.click(&id("sign-out")).await
}

/// The street's officer returns it first: a paper cannot be read.
async fn give_back(test: &TestApp, pc: &Browser, officer: &DemoOfficer) -> Result<()> {
    sign_in(test, pc, officer).await?;
    pc.click(&id("open")).await?;
    pc.click("#f-verdict-return").await?;
    pc.click("#f-fix-receipt").await?;
    pc.fill("#f-reason", "缴费凭证看不清金额，请重新拍摄").await?;
    pc.screenshot("24-return").await?;
    pc.click(&id("decide")).await?;
    pc.wait_for_text(&id("flash"), "退回").await?;
    pc.click(&id("sign-out")).await
}

/// The worker opens the newest template message and mends what it asks for.
async fn mend(walk: &mut Walk<'_>) -> Result<()> {
    told(walk, "退回补正", "told-returned").await?;
    walk.page.click(&last_card()).await?;
    walk.page.enter_frame(&id("webview-frame")).await?;
    walk.mend_receipt().await
}

fn last_card() -> String {
    // The list shows the newest at its end.
    format!("{}:last-child {}", id("message"), id("template-open"))
}

/// Waits for a template message with these words in the phone's chat.
async fn told(walk: &mut Walk<'_>, words: &str, picture: &str) -> Result<()> {
    walk.test.settle().await;
    walk.page.leave_frame().await?;
    walk.page.click(&id("webview-close")).await?;
    walk.page.wait_for_text(&id("message-list"), words).await?;
    walk.picture(picture).await
}

/// Issue 2, "Done when": from the menu through three officers to 审核通过, every template message on the phones. Issue 4,
/// "Done when": the phone's door at 375 px.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_menu_to_approved() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let (phone, pc) = Browser::phone_and_pc().await.unwrap();
    walk(&test, &phone, &pc).await.unwrap();
    test.stop().await;
}

async fn walk(test: &TestApp, phone: &Browser, pc: &Browser) -> Result<()> {
    let [street, unit, centre] = &seed::OFFICERS;
    let mut walk = Walk::new(test, phone, "phone", builders::form(&test.app, 1)).in_frame();
    apply(&mut walk).await?;
    told(&mut walk, "提交成功", "told-submitted").await?;
    phone.click(&last_card()).await?;
    phone.enter_frame(&id("webview-frame")).await?;
    phone.wait_for(&id("timeline")).await?;
    give_back(test, pc, street).await?;
    mend(&mut walk).await?;
    pass(test, pc, street).await?;
    pass(test, pc, unit).await?;
    pass(test, pc, centre).await?;
    // The page that was open all the time shows it by itself.
    phone.wait_for_text(&id("state"), "审核通过").await?;
    walk.shot("approved").await?;
    told(&mut walk, "审核通过", "told-approved").await?;
    let told: Vec<String> = test
        .templates(WORKER)
        .await
        .iter()
        .map(|t| t.split('|').nth(2).unwrap_or("").to_owned())
        .collect();
    assert_eq!(
        told,
        ["提交成功", "退回补正", "重新提交", "审核中", "审核中", "审核通过"]
    );
    for officer in &seed::OFFICERS {
        assert!(
            !test.templates(officer.user).await.is_empty(),
            "{} was told of work",
            officer.name
        );
    }
    phone
        .goto(&format!("{}/phone/{}", test.sim_url, centre.user))
        .await?;
    phone.wait_for_text(&id("message-list"), "待审核").await?;
    walk.picture("officer-told").await?;
    walk.accessible()
}
