//! Issue 5, "Done when": in a real browser the city invites a unit by QR, the unit a street, both are approved, and the
//! street's officer signs in.

use crate::app::{Pair, TestApp};
use crate::browser::Browser;
use crate::builders;
use anyhow::Result;
use serde_json::json;
use yuanmeng::cli::seed;

/// The password of who registers here.
pub const PASSWORD: &str = "quiet-river-7";

fn id(testid: &str) -> String {
    format!("[data-testid=\"{testid}\"]")
}

/// Signs an officer in, and waits for their name.
pub async fn sign_in(test: &TestApp, pc: &Browser, phone: &str, password: &str, name: &str) -> Result<()> {
    pc.goto(&format!("{}/office", test.url)).await?;
    pc.fill("#f-phone", phone).await?;
    pc.fill("#f-password", password).await?;
    pc.click(&id("sign-in")).await?;
    pc.wait_for_text(&id("who"), name).await
}

/// The signed-in officer makes an invitation; its code is on the screen.
pub async fn invite(pc: &Browser, kind: &str, shot: &str) -> Result<()> {
    pc.click(&id("tab-unions")).await?;
    pc.wait_for(&id("this-union")).await?;
    pc.screenshot(&format!("{shot}-1-unions")).await?;
    pc.click(&id("tab-invitations")).await?;
    pc.choose("#f-kind", kind).await?;
    pc.screenshot(&format!("{shot}-2-invitations")).await?;
    pc.click(&id("invite")).await?;
    pc.wait_for(&id("invitation-qr")).await?;
    for _ in 0..100 {
        let drawn = "return document.querySelector('[data-testid=invitation-qr]').naturalWidth > 0";
        if pc.script(drawn, vec![]).await? == true {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    pc.screenshot(&format!("{shot}-3-invitation")).await?;
    Ok(())
}

/// Who registers.
pub struct Newcomer {
    /// The simulator's user.
    pub user: &'static str,
    /// Their phone.
    pub phone: &'static str,
    /// Their name.
    pub officer: &'static str,
    /// The union.
    pub union: &'static str,
}

/// On the phone: scans the newest invitation, opens the page, fills it in.
pub async fn register(test: &TestApp, phone: &Browser, who: &Newcomer, shot: &str) -> Result<()> {
    let user = json!({ "user": who.user, "nickname": who.officer, "phone": who.phone });
    test.sim_post("/sim/users", user).await;
    phone
        .goto(&format!("{}/phone/{}", test.sim_url, who.user))
        .await?;
    phone.click(&id("tab-scan")).await?;
    phone
        .click("[data-testid=scan-item][data-scene^=join-] [data-testid=scan-button]")
        .await?;
    phone.wait_for_text(&id("message-list"), "工会入网注册").await?;
    phone.screenshot(&format!("{shot}-1-scanned")).await?;
    phone.click(&id("news-open")).await?;
    phone.enter_frame(&id("webview-frame")).await?;
    phone.wait_for_text("main", "邀请您注册").await?;
    phone.screenshot(&format!("{shot}-2-page")).await?;
    phone.fill("#f-name", who.union).await?;
    phone.fill("#f-contact", who.officer).await?;
    phone.fill("#f-office_phone", "0531-85826289").await?;
    phone.fill("#f-address", "济南市历下区解放路 1 号").await?;
    phone.fill("#f-officer_name", who.officer).await?;
    phone.fill("#f-phone", who.phone).await?;
    phone.drag_slider(&id("slider-knob"), 285).await?;
    phone.wait_for(&format!("{}.done", id("slider"))).await?;
    phone.click(&id("send-code")).await?;
    crate::acts::eventually("an SMS comes", async || !test.sms(who.phone).await.is_empty()).await;
    phone
        .fill("#f-code", &builders::code_of(test, who.phone).await)
        .await?;
    phone.fill("#f-password", PASSWORD).await?;
    phone.fill("#f-again", "another").await?;
    phone.click(&id("submit")).await?;
    phone.wait_for_text("#errors", "两次输入的密码不一致").await?;
    phone.screenshot(&format!("{shot}-3-wrong")).await?;
    phone
        .fill("#f-code", &builders::code_of(test, who.phone).await)
        .await?;
    phone.fill("#f-password", PASSWORD).await?;
    phone.fill("#f-again", PASSWORD).await?;
    phone.click(&id("submit")).await?;
    phone.wait_for(&id("filed")).await?;
    phone.screenshot(&format!("{shot}-4-filed")).await?;
    phone.leave_frame().await
}

/// The upper union's officer approves the only one that waits.
pub async fn approve(pc: &Browser, shot: &str) -> Result<()> {
    pc.click(&id("tab-unions")).await?;
    pc.click(&id("tab-registrations")).await?;
    pc.wait_for(&id("registration")).await?;
    pc.screenshot(&format!("{shot}-1-registrations")).await?;
    pc.click(&id("open")).await?;
    pc.wait_for(&id("approve")).await?;
    pc.screenshot(&format!("{shot}-2-registration")).await?;
    pc.click(&id("approve")).await?;
    pc.wait_for_text(&id("flash"), "已通过").await
}

async fn journey(test: &TestApp, phone: &Browser, pc: &Browser) -> Result<()> {
    let city = &seed::OFFICERS[2];
    sign_in(test, pc, city.phone, seed::PASSWORD, city.name).await?;
    invite(pc, "unit", "50-city").await?;
    let unit = Newcomer {
        user: "sun",
        phone: "13700137101",
        officer: "孙立",
        union: "济南新材料集团工会",
    };
    register(test, phone, &unit, "51-unit").await?;
    approve(pc, "52-city").await?;
    pc.click(&id("sign-out")).await?;

    sign_in(test, pc, unit.phone, PASSWORD, unit.officer).await?;
    invite(pc, "street", "53-unit").await?;
    let street = Newcomer {
        user: "qian",
        phone: "13700137102",
        officer: "钱进",
        union: "高新新材料园区街道总工会",
    };
    register(test, phone, &street, "54-street").await?;
    approve(pc, "55-unit").await?;
    pc.goto(&format!("{}/office/unions", test.url)).await?;
    pc.wait_for_text(&id("union"), street.union).await?;
    pc.screenshot("56-unions").await?;
    pc.click(&id("open")).await?;
    pc.wait_for_text(&id("officer"), street.officer).await?;
    pc.screenshot("57-union").await?;
    pc.click(&id("open-officer")).await?;
    pc.wait_for(&id("save-roles")).await?;
    pc.screenshot("58-officer").await?;
    pc.goto(&format!("{}/office/unions", test.url)).await?;
    pc.click(&id("open")).await?;
    pc.click(&id("close")).await?;
    pc.wait_for("#f-confirm").await?;
    pc.screenshot("59-close").await?;
    pc.click(&id("sign-out")).await?;

    test.settle().await;
    phone
        .goto(&format!("{}/phone/{}", test.sim_url, street.user))
        .await?;
    phone.wait_for_text(&id("message-list"), "工会入网已通过").await?;
    phone.screenshot("60-told").await?;
    sign_in(test, pc, street.phone, PASSWORD, street.officer).await?;
    pc.click(&id("me")).await?;
    pc.wait_for(&id("bound")).await?;
    pc.screenshot("61-me").await?;
    pc.click(&id("factor-on")).await?;
    pc.wait_for(&id("factor-is-on")).await?;
    pc.click(&id("sign-out")).await?;
    pc.fill("#f-phone", street.phone).await?;
    pc.fill("#f-password", PASSWORD).await?;
    pc.click(&id("sign-in")).await?;
    pc.wait_for(&id("scan-qr")).await?;
    pc.screenshot("62-scan").await?;
    phone.click(&id("tab-scan")).await?;
    phone
        .click("[data-testid=scan-item][data-scene^=enter-] [data-testid=scan-button]")
        .await?;
    phone.wait_for_text(&id("message-list"), "验证通过").await?;
    pc.wait_for_text(&id("who"), street.officer).await?;
    Ok(())
}

///
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_and_its_street_join() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let (phone, pc) = Browser::phone_and_pc().await.unwrap();
    journey(&test, &phone, &pc).await.unwrap();
    drop((phone, pc));
    test.stop().await;
}
