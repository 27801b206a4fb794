//! The whole main road in a real browser: from the menu of the simulated phone to 审核通过 through three officers,
//! every template message on the phone (issue "From the menu to an approved subsidy", first line of "Done when").

use crate::app::{Pair, TestApp};
use crate::browser::Browser;
use crate::builders;
use anyhow::Result;
use std::path::PathBuf;
use yuanmeng::application::DocumentKind;
use yuanmeng::cli::seed::{self, DemoOfficer};

/// The worker of the simulator's first phone.
const WORKER: &str = "wang";
const PHONE: &str = "13800138001";

fn id(testid: &str) -> String {
    format!("[data-testid=\"{testid}\"]")
}

/// Opens an entry of the official account's menu in the phone's webview and goes into it.
async fn open_menu(phone: &Browser, button: &str) -> Result<()> {
    phone.click(&id("menu-0")).await?;
    phone.click(&id(button)).await?;
    phone.enter_frame(&id("webview-frame")).await
}

/// Slider, code, and what the page asks beside them.
async fn prove_phone(test: &TestApp, phone: &Browser) -> Result<()> {
    phone.fill("#f-phone", PHONE).await?;
    phone.drag_slider(&id("slider-knob"), 285).await?;
    phone.wait_for(&format!("{}.done", id("slider"))).await?;
    let before = test.sms(PHONE).await.len();
    phone.click(&id("send-code")).await?;
    for _ in 0..100 {
        if test.sms(PHONE).await.len() > before {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let code = builders::code_of(test, PHONE).await;
    phone.leave_frame().await?;
    phone.wait_for_text(&id("sms-banner"), &code).await?;
    phone.screenshot("06-sms").await?;
    phone.click(&id("sms-banner-close")).await?;
    phone.enter_frame(&id("webview-frame")).await?;
    phone.fill("#f-code", &code).await
}

/// A picture of the page inside the phone's webview, which must not be wider than the phone.
async fn shot(page: &Browser, name: &str) -> Result<()> {
    const WIDER: &str = "const width = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= width) return [];
        return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > width + 1)
            .map(e => e.tagName + '.' + e.className)";
    let wider = page.script(WIDER, vec![]).await?;
    anyhow::ensure!(
        wider.as_array().is_none_or(Vec::is_empty),
        "{name}: wider than the screen: {wider}"
    );
    page.screenshot(name).await?;
    Ok(())
}

async fn fill_form(test: &TestApp, phone: &Browser) -> Result<()> {
    let form = builders::form(&test.app, 1);
    for field in [
        "name",
        "id_number",
        "address",
        "card",
        "employer",
        "employer_contact",
        "employer_address",
        "employer_phone",
        "entry_date",
        "institution",
        "major",
    ] {
        phone.fill(&format!("#f-{field}"), form.get(field)).await?;
    }
    for field in ["sex", "post", "migrant", "level", "degree"] {
        pick(phone, field, form.get(field)).await?;
    }
    Ok(())
}

/// A choice, whether the page shows it as a list or as buttons.
async fn pick(page: &Browser, field: &str, value: &str) -> Result<()> {
    if page.has(&format!("select#f-{field}")).await? {
        return page.choose(&format!("#f-{field}"), value).await;
    }
    page.click(&format!("input[name={field}][value=\"{value}\"]"))
        .await
}

fn picture(test: &TestApp) -> PathBuf {
    let path = test.app.config.stores.data_dir.join("photo.png");
    std::fs::write(&path, builders::picture()).unwrap();
    path
}

/// From following the account to the submitted application; the phone is left inside the webview's progress page.
async fn apply(test: &TestApp, phone: &Browser) -> Result<()> {
    phone.goto(&format!("{}/phone/{WORKER}", test.sim_url)).await?;
    phone.screenshot("01-phone-before-following").await?;
    phone.click(&id("follow-button")).await?;
    phone
        .wait_for_text(&id("message-list"), "欢迎来到求学圆梦行动")
        .await?;
    phone.click(&id("menu-0")).await?;
    phone.screenshot("02-menu").await?;
    phone.click(&id("menu-0")).await?;
    open_menu(phone, "menu-0-0").await?;
    phone.wait_for(&id("menu-apply")).await?;
    shot(phone, "03-home").await?;
    phone.click(&id("menu-apply")).await?;
    shot(phone, "04-apply-intro").await?;
    check_eligibility(phone).await?;
    phone.click(&id("sign-up")).await?;
    shot(phone, "06-sign-up").await?;
    prove_phone(test, phone).await?;
    phone.fill("#f-name", "王小梅").await?;
    phone.fill("#f-employer", "济南示范机械有限公司").await?;
    phone.click(&id("submit")).await?;
    phone.wait_for(&id("begin")).await?;
    phone.click(&id("begin")).await?;
    phone.wait_for(&id("tasks")).await?;
    shot(phone, "07-tasks").await?;
    choose_union(phone).await?;
    write_and_print(test, phone).await?;
    upload(test, phone).await?;
    phone.click(&id("next")).await?;
    phone.wait_for_text("main", "提交前核对").await?;
    shot(phone, "15-confirm").await?;
    phone.click(&id("submit")).await?;
    phone.wait_for_text(&id("state"), "审核中").await?;
    shot(phone, "16-submitted").await?;
    Ok(())
}

async fn choose_union(phone: &Browser) -> Result<()> {
    phone.click(&id("task-union")).await?;
    shot(phone, "08-union").await?;
    phone.click(&id(&format!("union-{}", seed::UNIT))).await?;
    phone.click(&id("submit")).await?;
    phone.wait_for(&id(&format!("union-{}", seed::STREET))).await?;
    shot(phone, "09-street").await?;
    phone.click(&id(&format!("union-{}", seed::STREET))).await?;
    phone.click(&id("submit")).await
}

async fn write_and_print(test: &TestApp, phone: &Browser) -> Result<()> {
    phone.wait_for("#f-id_number").await?;
    // First with a slip, to see it told and the rest kept.
    fill_form(test, phone).await?;
    phone.fill("#f-card", "6217001234567890123").await?;
    phone.wait_for_text(&id("draft-state"), "已保存").await?;
    shot(phone, "10-form").await?;
    phone.click(&id("submit")).await?;
    phone.wait_for(&id("errors")).await?;
    shot(phone, "11-form-error").await?;
    phone
        .fill("#f-card", builders::form(&test.app, 1).get("card"))
        .await?;
    phone.click(&id("submit")).await?;
    phone.wait_for(&id("sheet")).await?;
    shot(phone, "12-print").await?;
    phone.click(&id("next")).await
}

async fn upload(test: &TestApp, phone: &Browser) -> Result<()> {
    for n in 1..=4 {
        phone.click(&id(&format!("check_{n}"))).await?;
    }
    shot(phone, "13-checks").await?;
    phone.click(&id("submit")).await?;
    let photo = picture(test);
    for kind in DocumentKind::needed(true) {
        phone.attach(&id(&format!("photo-{kind}")), &photo).await?;
        phone
            .wait_for_text(&id(&format!("state-{kind}")), "已上传")
            .await?;
    }
    shot(phone, "14-documents").await?;
    Ok(())
}

async fn check_eligibility(phone: &Browser) -> Result<()> {
    phone.click(&id("check")).await?;
    for (name, value) in [
        ("work", "jinan"),
        ("post", "worker"),
        ("level", "大专"),
        ("entry", "yes"),
        ("agreed", "yes"),
    ] {
        phone
            .click(&format!("input[name={name}][value=\"{value}\"]"))
            .await?;
    }
    shot(phone, "05-eligibility-questions").await?;
    phone.click(&id("submit")).await?;
    phone.wait_for(&id("eligible")).await?;
    shot(phone, "05-eligible").await?;
    Ok(())
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
async fn mend(test: &TestApp, phone: &Browser) -> Result<()> {
    told(test, phone, "退回补正", "30-told-returned").await?;
    phone.click(&last_card()).await?;
    phone.enter_frame(&id("webview-frame")).await?;
    phone.wait_for(&id("correction")).await?;
    shot(phone, "31-correction").await?;
    phone.click(&id("mend-receipt")).await?;
    phone.attach(&id("photo-receipt"), &picture(test)).await?;
    phone.wait_for_text("#papers-left", "重新提交").await?;
    shot(phone, "32-mended").await?;
    phone.click(&id("next")).await?;
    phone.click(&id("resubmit")).await?;
    phone.wait_for_text(&id("state"), "审核中").await?;
    shot(phone, "33-resubmitted").await
}

fn last_card() -> String {
    // The list shows the newest at its end.
    format!("{}:last-child {}", id("message"), id("template-open"))
}

/// Waits for a template message with these words in the phone's chat.
async fn told(test: &TestApp, phone: &Browser, words: &str, picture: &str) -> Result<()> {
    test.settle().await;
    phone.leave_frame().await?;
    phone.click(&id("webview-close")).await?;
    phone.wait_for_text(&id("message-list"), words).await?;
    phone.screenshot(picture).await?;
    Ok(())
}

/// Issue 2, "Done when": from the menu through three officers to 审核通过, every template message on the phones.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_menu_to_approved() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let (phone, pc) = Browser::phone_and_pc().await.unwrap();
    walk(&test, &phone, &pc).await.unwrap();
    test.stop().await;
}

async fn walk(test: &TestApp, phone: &Browser, pc: &Browser) -> Result<()> {
    let [street, unit, centre] = &seed::OFFICERS;
    apply(test, phone).await?;
    told(test, phone, "提交成功", "29-told-submitted").await?;
    phone.click(&last_card()).await?;
    phone.enter_frame(&id("webview-frame")).await?;
    phone.wait_for(&id("timeline")).await?;
    give_back(test, pc, street).await?;
    mend(test, phone).await?;
    pass(test, pc, street).await?;
    pass(test, pc, unit).await?;
    pass(test, pc, centre).await?;
    // The page that was open all the time shows it by itself.
    phone.wait_for_text(&id("state"), "审核通过").await?;
    shot(phone, "40-approved").await?;
    told(test, phone, "审核通过", "41-told-approved").await?;
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
    phone.screenshot("42-officer-told").await?;
    Ok(())
}
