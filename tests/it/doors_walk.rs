//! Two of the three doors walked from the first page to the second submission (issue 4, "Done when"): a PC with a
//! password and papers photographed by a phone that reads its code; the 齐鲁工惠 APP's webview. The third, WeChat on a
//! phone, is `journey`.

use crate::acts::texts;
use crate::app::{Pair, TestApp};
use crate::browser::Browser;
use crate::builders::{self, demo_officers, phone};
use crate::office;
use crate::steps::{Walk, id};
use crate::upload_script::read_code;
use anyhow::{Context as _, Result};
use serde_json::json;
use yuanmeng::account::workers;
use yuanmeng::application::{DocumentKind, FormText};
use yuanmeng::kernel::Phone;
use yuanmeng::sim::openid_of;

const PASSWORD: &str = "泉城 2026 圆梦";

/// 免费注册 on a PC, then in by password; a sign-in that fails is told at its field.
async fn in_by_password(walk: &mut Walk<'_>) -> Result<()> {
    let (test, pc) = (walk.test, walk.page);
    pc.goto(&test.url).await?;
    walk.shot("home").await?;
    pc.click(&id("menu-apply")).await?;
    pc.wait_for(&id("check")).await?;
    walk.shot("apply-intro").await?;
    walk.check_eligibility().await?;
    pc.click(&id("sign-up")).await?;
    pc.wait_for("#f-password").await?;
    pc.click(&id("submit")).await?;
    pc.wait_for(&id("errors")).await?;
    walk.shot("sign-up-errors").await?;
    let code = walk.asked_for_code(&phone(1)).await?;
    for (field, text) in [
        ("code", code.as_str()),
        ("name", "王小梅"),
        ("employer", "济南示范机械有限公司"),
        ("password", PASSWORD),
        ("password_again", PASSWORD),
        ("id_number", &builders::id_number(1)),
    ] {
        pc.fill(&format!("#f-{field}"), text).await?;
    }
    for (field, value) in [
        ("district", "长清区"),
        ("education", "高中"),
        ("skill", "技师（二级）"),
    ] {
        pc.choose(&format!("#f-{field}"), value).await?;
    }
    walk.shot("sign-up").await?;
    pc.click(&id("submit")).await?;
    pc.wait_for_text(&id("flash"), "注册成功").await?;
    pc.goto(&format!("{}/me", test.url)).await?;
    walk.shot("me").await?;
    pc.click(&id("sign-out")).await?;
    pc.wait_for_text(&id("flash"), "已退出登录").await?;

    pc.goto(&format!("{}/apply", test.url)).await?;
    pc.click(&id("sign-in-apply")).await?;
    pc.wait_for(&id("by-password")).await?;
    walk.shot("sign-in").await?;
    pc.click(&id("by-password")).await?;
    pc.fill("#f-phone", &phone(1)).await?;
    pc.fill("#f-password", "圆梦 2026 泉城").await?;
    pc.click(&id("submit")).await?;
    pc.wait_for(&id("errors")).await?;
    walk.shot("password-wrong").await?;
    pc.fill("#f-password", PASSWORD).await?;
    pc.click(&id("submit")).await?;
    pc.wait_for(&id("begin")).await
}

/// The PC's code is read by a phone, which uploads one paper and ends it.
async fn one_by_phone(walk: &mut Walk<'_>, phone: &Browser) -> Result<()> {
    let (test, pc) = (walk.test, walk.page);
    pc.click(&id("handoff-begin")).await?;
    pc.wait_for_text(&id("phone"), "等待手机扫码").await?;
    pc.script("scrollTo(0, 0)", vec![]).await?;
    walk.shot("handoff-code").await?;
    let link = read_code(&pc.screenshot("pc-handoff-read").await?)?;
    let path = link.split_once("/apply/").context("a link of ours")?.1;

    let mut other = Walk::new(test, phone, "pc-phone", FormText::default());
    phone.goto(&format!("{}/apply/{path}", test.url)).await?;
    other.shot("join").await?;
    phone.click(&id("submit")).await?;
    phone.wait_for_text(&id("left"), "还有 6 份").await?;
    other.upload([DocumentKind::StampedForm].into_iter()).await?;
    pc.wait_for_text(&id("phone"), "手机已连接").await?;
    pc.wait_for_text(&id("state-stamped_form"), "已上传").await?;
    pc.wait_for("#doc-stamped_form .thumb img").await?;
    walk.shot("handoff-arrived").await?;
    phone.click(&id("finish")).await?;
    phone.wait_for(&id("ended")).await?;
    other.shot("ended").await?;
    pc.wait_for_text(&id("phone"), "手机上传已结束").await?;
    walk.shot("handoff-over").await?;
    other.accessible()
}

/// The street's officer wants another receipt; gives the application.
async fn returned(test: &TestApp, number: &str) -> Result<String> {
    let number = Phone::stored(number.to_owned());
    let owner = workers::by_phone(&test.app, &number).await.unwrap();
    let owner = owner.context("registered")?;
    let sql = "SELECT id FROM applications WHERE worker_id = $1";
    let application = texts(&test.app, sql, &owner.id).await.remove(0);
    let [street, ..] = demo_officers(&test.app).await;
    let reason = "缴费凭证看不清金额，请重新拍摄";
    office::returns(test, &street.id, &application, "receipt", reason).await;
    test.settle().await;
    Ok(application)
}

/// R-10 …: at 1200 px (and each page at 375 px too), with a password; the message's link leads to what is
/// to be mended, on the phone and on the PC.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pc_from_registration_to_the_second_submission() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let (mobile, pc) = Browser::phone_and_pc().await?;
    pc.resize(1200, 900).await?;
    let mut walk = Walk::new(&test, &pc, "pc", builders::form(&test.app, 1));
    in_by_password(&mut walk).await?;
    pc.click(&id("begin")).await?;
    walk.fill_in().await?;
    one_by_phone(&mut walk, &mobile).await?;
    let rest = DocumentKind::needed(true).filter(|kind| *kind != DocumentKind::StampedForm);
    walk.upload(rest).await?;

    // Whose WeChat is bound is told there.
    let user = crate::acts::person(&test, 1).await;
    test.follow(&user).await;
    let owner = workers::by_phone(&test.app, &Phone::stored(phone(1)))
        .await
        .unwrap();
    let owner = owner.context("registered")?;
    workers::bind(&test.app, &owner.id, &openid_of(&user), None)
        .await
        .unwrap();
    walk.submit().await?;
    returned(&test, &phone(1)).await?;
    // The message's link signs in by WeChat's word, on the phone; the page that is open on the PC has moved by itself.
    mobile.goto(&format!("{}/phone/{user}", test.sim_url)).await?;
    mobile.wait_for_text(&id("message-list"), "退回补正").await?;
    mobile
        .click(&format!("{}:last-child {}", id("message"), id("template-open")))
        .await?;
    mobile.enter_frame(&id("webview-frame")).await?;
    let mut told = Walk::new(&test, &mobile, "pc-told", FormText::default()).in_frame();
    mobile.wait_for(&id("mend-receipt")).await?;
    told.shot("by-the-link").await?;
    told.accessible()?;
    walk.mend_receipt().await?;
    walk.accessible()?;
    drop((mobile, pc));
    test.stop().await;
    Ok(())
}

/// …: by the APP's button on the simulated phone, at its width; the text message is on the same
/// phone, and the APP leads to what is to be mended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_app_from_its_button_to_the_second_submission() -> Result<()> {
    const WANG: &str = "13800138001";
    let test = TestApp::start(Pair::SqliteMemory).await;
    let page = Browser::phone().await?;
    let id_number = test.sim_post("/sim/app/ticket", json!({ "user": "wang" })).await;
    let id_number = claim(&id_number, "id_number")?;
    let mut form = builders::form(&test.app, 1);
    form.set("id_number", &id_number);
    let sex = id_number.as_bytes()[16] % 2;
    form.set("sex", if sex == 1 { "男" } else { "女" });
    let mut walk = Walk::new(&test, &page, "app", form).in_frame();

    page.goto(&format!("{}/phone/wang", test.sim_url)).await?;
    walk.picture("phone").await?;
    page.click(&id("app-open")).await?;
    page.enter_frame(&id("webview-frame")).await?;
    page.wait_for(&id("check")).await?;
    walk.shot("apply-intro").await?;
    walk.check_eligibility().await?;
    page.click(&id("begin")).await?;
    walk.fill_in().await?;
    walk.upload(DocumentKind::needed(true)).await?;
    walk.submit().await?;
    returned(&test, WANG).await?;

    page.leave_frame().await?;
    // Back in the APP's page the banner of another text message may lie over the APP's button.
    page.click("#sms-banner-open").await?;
    page.wait_for_text("#sms-list", "退回补正").await?;
    walk.picture("told").await?;
    page.script("document.getElementById('app-open').click()", vec![])
        .await?;
    page.enter_frame(&id("webview-frame")).await?;
    walk.mend_receipt().await?;
    walk.accessible()?;
    drop(page);
    test.stop().await;
    Ok(())
}

/// What a ticket says.
fn claim(given: &serde_json::Value, name: &str) -> Result<String> {
    use base64::Engine as _;
    let ticket = given["ticket"].as_str().context("a ticket")?;
    let claims = ticket.split('.').nth(1).context("three parts")?;
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims)?;
    let claims: serde_json::Value = serde_json::from_slice(&claims)?;
    Ok(claims[name].as_str().context("the claim")?.to_owned())
}
