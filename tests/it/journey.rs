//! The whole main road in a real browser: from the menu of the simulated phone to 审核通过 through three officers,
//! every template message on the phone (issue "From the menu to an approved subsidy", first line of "Done when").

use crate::app::{Pair, TestApp};
use crate::browser::Browser;
use crate::builders;
use anyhow::Result;
use std::path::PathBuf;
use yuanmeng::application::DocumentKind;
use yuanmeng::cli::seed;

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
    phone.fill("#f-code", &builders::code_of(test, PHONE).await).await
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
    phone.screenshot("03-home").await?;
    phone.click(&id("menu-apply")).await?;
    phone.screenshot("04-apply-intro").await?;
    check_eligibility(phone).await?;
    phone.click(&id("sign-up")).await?;
    phone.screenshot("06-sign-up").await?;
    prove_phone(test, phone).await?;
    phone.fill("#f-name", "王小梅").await?;
    phone.fill("#f-employer", "济南示范机械有限公司").await?;
    phone.click(&id("submit")).await?;
    phone.wait_for(&id("begin")).await?;
    phone.click(&id("begin")).await?;
    phone.wait_for(&id("tasks")).await?;
    phone.screenshot("07-tasks").await?;
    choose_union(phone).await?;
    write_and_print(test, phone).await?;
    upload(test, phone).await?;
    phone.click(&id("next")).await?;
    phone.wait_for_text("main", "提交前核对").await?;
    phone.screenshot("15-confirm").await?;
    phone.click(&id("submit")).await?;
    phone.wait_for_text(&id("state"), "审核中").await?;
    phone.screenshot("16-submitted").await?;
    Ok(())
}

async fn choose_union(phone: &Browser) -> Result<()> {
    phone.click(&id("task-union")).await?;
    phone.screenshot("08-union").await?;
    phone.click(&id(&format!("union-{}", seed::UNIT))).await?;
    phone.click(&id("submit")).await?;
    phone.wait_for(&id(&format!("union-{}", seed::STREET))).await?;
    phone.screenshot("09-street").await?;
    phone.click(&id(&format!("union-{}", seed::STREET))).await?;
    phone.click(&id("submit")).await
}

async fn write_and_print(test: &TestApp, phone: &Browser) -> Result<()> {
    phone.wait_for("#f-id_number").await?;
    // First with a slip, to see it told and the rest kept.
    fill_form(test, phone).await?;
    phone.fill("#f-card", "6217001234567890123").await?;
    phone.wait_for_text(&id("draft-state"), "已保存").await?;
    phone.screenshot("10-form").await?;
    phone.click(&id("submit")).await?;
    phone.wait_for(&id("errors")).await?;
    phone.screenshot("11-form-error").await?;
    phone
        .fill("#f-card", builders::form(&test.app, 1).get("card"))
        .await?;
    phone.click(&id("submit")).await?;
    phone.wait_for(&id("sheet")).await?;
    phone.screenshot("12-print").await?;
    phone.click(&id("next")).await
}

async fn upload(test: &TestApp, phone: &Browser) -> Result<()> {
    for n in 1..=4 {
        phone.click(&id(&format!("check_{n}"))).await?;
    }
    phone.screenshot("13-checks").await?;
    phone.click(&id("submit")).await?;
    let photo = picture(test);
    for kind in DocumentKind::needed(true) {
        phone.attach(&id(&format!("photo-{kind}")), &photo).await?;
        phone
            .wait_for_text(&id(&format!("state-{kind}")), "已上传")
            .await?;
    }
    phone.screenshot("14-documents").await?;
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
    phone.screenshot("05-eligibility-questions").await?;
    phone.click(&id("submit")).await?;
    phone.wait_for(&id("eligible")).await?;
    phone.screenshot("05-eligible").await?;
    Ok(())
}

/// Issue 2, "Done when": from the menu to the submitted application on a phone of 375 px.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_menu_to_approved() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let phone = Browser::phone().await.unwrap();
    apply(&test, &phone).await.unwrap();
    test.stop().await;
}
