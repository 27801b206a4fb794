//! The doors in a real browser: 齐鲁工惠 on the simulated phone at 375 px, 免费注册 on a PC at 1200 px, and the account's
//! pages. The pictures are kept.

use crate::app::{Pair, TestApp};
use crate::browser::Browser;
use crate::builders::{self, phone};
use anyhow::Result;
use serde_json::json;
use yuanmeng::account::sign_ins;
use yuanmeng::account::workers;
use yuanmeng::application::{FormText, drafts};
use yuanmeng::kernel::Phone;

fn id(testid: &str) -> String {
    format!("[data-testid=\"{testid}\"]")
}

/// Nothing is wider than the screen, and a picture of it.
async fn shot(page: &Browser, name: &str) -> Result<()> {
    let wider = page
        .script(
            "const d = document.documentElement; return d.scrollWidth > d.clientWidth ? d.scrollWidth : 0",
            vec![],
        )
        .await?;
    anyhow::ensure!(wider == json!(0), "{name}: wider than the screen: {wider}");
    page.screenshot(name).await?;
    Ok(())
}

/// Slider and code of the page; the number is typed where there is a field for it.
async fn prove(test: &TestApp, page: &Browser, number: &str) -> Result<()> {
    let index = test.app.phone_index(&Phone::stored(number.to_owned()));
    test.app.cache.delete(&format!("sms-gap:{index}")).await?;
    if page.has("#f-phone").await? {
        page.fill("#f-phone", number).await?;
    }
    let before = test.sms(number).await.len();
    // As a person would: a slider that jumped back is drawn again, a button that did nothing is tapped again.
    for _ in 0..3 {
        ask_for_code(page).await?;
        for _ in 0..100 {
            if test.sms(number).await.len() > before {
                return page.fill("#f-code", &builders::code_of(test, number).await).await;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
    anyhow::bail!("no code came; the page reads {}", page.text("main").await?)
}

async fn ask_for_code(page: &Browser) -> Result<()> {
    let done = format!("{}.done", id("slider"));
    if page.has(&done).await? {
        return page.click(&id("send-code")).await;
    }
    let room = "const s = document.querySelector('[data-slider]'); return s.clientWidth - s.querySelector('.knob').offsetWidth";
    let room = page.script(room, vec![]).await?.as_u64().unwrap_or(285);
    page.drag_slider(&id("slider-knob"), room as u32).await?;
    page.wait_for(&done).await?;
    page.click(&id("send-code")).await
}

/// one tap in the APP and one is in, with what the APP has verified; a second account of the same person is
/// joined after its phone is proven.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_tap_in_the_app_leads_in() -> Result<()> {
    const WANG: &str = "13800138001";
    let test = TestApp::start(Pair::SqliteMemory).await;
    let page = Browser::phone().await?;
    page.goto(&format!("{}/phone/wang", test.sim_url)).await?;
    page.screenshot("app-01-phone").await?;
    page.click(&id("app-open")).await?;
    page.enter_frame(&id("webview-frame")).await?;
    page.wait_for_text("main", "申请").await?;
    page.screenshot("app-02-apply").await?;
    anyhow::ensure!(!page.path().await?.contains("ticket"), "a clean address");
    page.leave_frame().await?;
    let worker = workers::by_phone(&test.app, &Phone::stored(WANG.to_owned()))
        .await
        .unwrap();
    let worker = worker.expect("the APP's user is registered");
    anyhow::ensure!(worker.verified_at.is_some() && worker.app_linked);

    // The account's pages, on the whole screen.
    page.goto(&format!("{}/me", test.url)).await?;
    page.wait_for_text(&id("name"), "已实名").await?;
    shot(&page, "app-03-me").await?;
    page.click(&id("change-phone")).await?;
    page.wait_for_text("h1", "验证是您本人").await?;
    shot(&page, "app-04-prove").await?;
    prove(&test, &page, WANG).await?;
    page.click(&id("submit")).await?;
    page.wait_for_text("h1", "更换手机号").await?;
    shot(&page, "app-05-change-phone").await?;
    prove(&test, &page, &phone(7)).await?;
    page.click(&id("submit")).await?;
    page.wait_for_text(&id("phone"), "136****0007").await?;
    page.goto(&format!("{}/me/join", test.url)).await?;
    shot(&page, "app-06-join").await?;
    page.goto(&format!("{}/me/leave", test.url)).await?;
    shot(&page, "app-07-leave").await?;
    page.goto(&format!("{}/privacy", test.url)).await?;
    shot(&page, "app-08-privacy").await?;
    page.goto(&format!("{}/app/enter?ticket=forged", test.url))
        .await?;
    page.wait_for(&id("app-refused")).await?;
    shot(&page, "app-09-refused").await?;

    // Not vouched for: the phone first.
    let claims = json!({ "user": "wang", "verified": false, "sub": "another", "phone": phone(8) });
    let given = test.sim_post("/sim/app/ticket", claims).await;
    let ticket = given["ticket"].as_str().unwrap_or_default();
    page.goto(&format!("{}/sign-in", test.url)).await?;
    page.goto(&format!("{}/app/enter?ticket={ticket}&next=/me", test.url))
        .await?;
    page.wait_for_text("h1", "验证手机号").await?;
    shot(&page, "app-10-phone").await?;
    prove(&test, &page, &phone(8)).await?;
    page.click(&id("submit")).await?;
    page.wait_for_text(&id("phone"), "136****0008").await?;
    drop(page);
    test.stop().await;
    Ok(())
}

/// at 1200 px the PC's form with its advantages; at phone width the short one with a link to it; then in by
/// password, and a form that outlives its sign-in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pc_registers_and_signs_in_by_password() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let pc = Browser::pc().await?;
    pc.resize(600, 900).await?;
    pc.goto(&format!("{}/sign-up", test.url)).await?;
    pc.wait_for(&id("full-form")).await?;
    anyhow::ensure!(
        pc.script("return document.querySelector('[data-wide]').disabled", vec![])
            .await?
            == json!(true)
    );
    pc.resize(1200, 900).await?;
    pc.wait_for("#f-password").await?;
    shot(&pc, "pc-01-register").await?;
    pc.click(&id("submit")).await?;
    pc.wait_for(&id("errors")).await?;
    shot(&pc, "pc-02-errors").await?;
    prove(&test, &pc, &phone(1)).await?;
    for (field, text) in [
        ("name", "王小梅"),
        ("employer", "济南示范机械有限公司"),
        ("password", "泉城 2026 圆梦"),
        ("password_again", "泉城 2026 圆梦"),
        ("id_number", &builders::id_number(1)),
        ("email", "wang@example.cn"),
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
    pc.script(
        "document.querySelector('#f-email').scrollIntoView({block: 'center'})",
        vec![],
    )
    .await?;
    shot(&pc, "pc-03-filled").await?;
    pc.click(&id("submit")).await?;
    pc.wait_for_text(&id("flash"), "注册成功").await?;
    pc.goto(&format!("{}/me", test.url)).await?;
    shot(&pc, "pc-04-me").await?;
    pc.click(&id("sign-out")).await?;
    pc.wait_for_text(&id("flash"), "已退出登录").await?;
    pc.goto(&format!("{}/sign-in/password?next=/me", test.url))
        .await?;
    shot(&pc, "pc-05-password").await?;
    pc.fill("#f-phone", &phone(1)).await?;
    pc.fill("#f-password", "泉城 2026 圆梦").await?;
    pc.click(&id("submit")).await?;
    pc.wait_for_text(&id("sign-ins"), "密码登录").await?;

    // The sign-in ends while the form is typed, and its script too: the browser sends the form itself.
    let number = Phone::stored(phone(1));
    let who = workers::by_phone(&test.app, &number)
        .await
        .unwrap()
        .expect("registered");
    drafts::begin(&test.app, &who.id, &FormText::default())
        .await
        .unwrap();
    pc.goto(&format!("{}/apply/form", test.url)).await?;
    sign_ins::end_others(&test.app, &who.id, "").await.unwrap();
    pc.script(
        "document.querySelector('#f-major').value = '会计'; document.querySelector('form[action=\"/apply/form\"]').submit()",
        vec![],
    )
    .await?;
    pc.wait_for_text("h1", "济南市总工会教育补助").await?;
    pc.click(&id("by-password")).await?;
    pc.fill("#f-phone", &phone(1)).await?;
    pc.fill("#f-password", "泉城 2026 圆梦").await?;
    pc.click(&id("submit")).await?;
    pc.wait_for_text("h1", "接着刚才的办").await?;
    shot(&pc, "pc-06-kept").await?;
    pc.click(&id("submit")).await?;
    pc.wait_for("#f-major").await?;
    let major = pc
        .script("return document.querySelector('#f-major').value", vec![])
        .await?;
    anyhow::ensure!(major == json!("会计"), "{major}");
    drop(pc);
    test.stop().await;
    Ok(())
}
