//! Issue 5, "Done when", in a real browser: the city invites a unit by QR, the unit a street, both are approved, places are
//! imported, an application goes through all levels with a return and a recall, a digest arrives in the simulator.

use super::joining_browser::{Newcomer, PASSWORD, approve, invite, register, sign_in};
use super::{path, state};
use crate::app::{Pair, TestApp};
use crate::browser::Browser;
use crate::builders::{self, submitted, union};
use crate::steps::{self, Walk, id};
use anyhow::Result;
use yuanmeng::account::Worker;
use yuanmeng::application::State;
use yuanmeng::cli::seed;
use yuanmeng::kernel::Time;
use yuanmeng::notice::plan;

const UNIT: Newcomer = Newcomer {
    user: "sun",
    phone: "13700137101",
    officer: "孙立",
    union: "济南新材料集团工会",
};
const STREET: Newcomer = Newcomer {
    user: "qian",
    phone: "13700137102",
    officer: "钱进",
    union: "高新新材料园区街道总工会",
};

/// A Tuesday in the autumn intake: whoever applies may be reviewed at once.
fn tuesday() -> Time {
    Time::shanghai(2026, 11, 24, 10, 0, 0)
}

async fn sign_out(pc: &Browser) -> Result<()> {
    pc.click(&id("sign-out")).await?;
    // Until it is done: what is opened meanwhile would be forgotten.
    pc.wait_for("#f-phone").await
}

/// the invitations of two levels, by QR code.
async fn join(test: &TestApp, phone: &Browser, pc: &Browser) -> Result<()> {
    let city = &seed::OFFICERS[2];
    sign_in(test, pc, city.phone, seed::PASSWORD, city.name).await?;
    invite(pc, "unit", "season-01-city").await?;
    register(test, phone, &UNIT, "season-02-unit").await?;
    approve(pc, "season-03-city").await?;
    sign_out(pc).await?;
    sign_in(test, pc, UNIT.phone, PASSWORD, UNIT.officer).await?;
    invite(pc, "street", "season-04-unit").await?;
    register(test, phone, &STREET, "season-05-street").await?;
    approve(pc, "season-06-unit").await?;
    sign_out(pc).await
}

/// the new unit's places by a table: first what would change, then the change.
async fn places(test: &TestApp, pc: &Browser) -> Result<()> {
    let city = &seed::OFFICERS[2];
    let table = test.app.config.stores.data_dir.join("places.csv");
    std::fs::write(&table, format!("单位,名额\n{},五\n", UNIT.union))?;
    sign_in(test, pc, city.phone, seed::PASSWORD, city.name).await?;
    pc.goto(&format!("{}/office/campaigns", test.url)).await?;
    pc.click(&id("open")).await?;
    pc.wait_for_text(&id("sum-total"), "3245").await?;
    pc.click(&id("import")).await?;
    pc.attach("#f-file", &table).await?;
    pc.click(&id("upload")).await?;
    pc.wait_for_text(&id("wrong"), "第 2 行").await?;
    pc.screenshot("season-10-import-wrong").await?;
    std::fs::write(&table, format!("单位,名额\n{},5\n", UNIT.union))?;
    pc.attach("#f-file", &table).await?;
    pc.click(&id("upload")).await?;
    pc.wait_for_text(&id("sums"), "3245 → 3250").await?;
    pc.wait_for_text(&id("changed"), UNIT.union).await?;
    pc.screenshot("season-11-import-preview").await?;
    pc.click(&id("apply")).await?;
    pc.wait_for(&id("flash")).await?;
    pc.wait_for_text(&id("sum-total"), "3250").await?;
    pc.screenshot("season-12-imported").await?;
    sign_out(pc).await
}

/// Opens the first of the list.
async fn open_first(pc: &Browser) -> Result<()> {
    pc.click(&id("open")).await?;
    pc.wait_for(&id("decide")).await
}

async fn pass(pc: &Browser) -> Result<()> {
    pc.click("#f-verdict-pass").await?;
    pc.click(&id("decide")).await?;
    pc.wait_for_text(&id("flash"), "通过").await
}

/// the street returns it, the worker mends it, the street passes it, takes the pass back and passes again; the
/// unit and the centre pass it.
async fn review(
    test: &TestApp,
    (phone, pc): (&Browser, &Browser),
    (worker, application): (&Worker, &str),
) -> Result<()> {
    sign_in(test, pc, STREET.phone, PASSWORD, STREET.officer).await?;
    pc.wait_for_text(&id("row"), "王小梅").await?;
    pc.screenshot("season-20-list").await?;
    open_first(pc).await?;
    pc.click("#f-verdict-return").await?;
    pc.click("#f-fix-receipt").await?;
    pc.fill("#f-reason", "缴费凭证看不清金额，请重新拍摄").await?;
    pc.screenshot("season-21-return").await?;
    pc.click(&id("decide")).await?;
    pc.wait_for_text(&id("flash"), "退回").await?;
    anyhow::ensure!(state(test, application).await == State::Returned);

    steps::signed_in(test, phone, "worker", &worker.id).await?;
    phone.goto(&format!("{}/progress", test.url)).await?;
    let mut walk = Walk::new(test, phone, "season-22", builders::form(&test.app, 1));
    walk.mend_receipt().await?;
    walk.accessible()?;

    pc.goto(&format!("{}/office", test.url)).await?;
    open_first(pc).await?;
    pass(pc).await?;
    pc.goto(&format!("{}{}", test.url, path(application))).await?;
    pc.wait_for(&id("take-back")).await?;
    pc.screenshot("season-23-passed").await?;
    pc.click(&id("take-back")).await?;
    pc.wait_for_text(&id("flash"), "已撤回通过").await?;
    pc.wait_for_text(&id("opinions"), "撤回了这次通过").await?;
    pc.screenshot("season-24-recalled").await?;
    pc.wait_for(&id("decide")).await?;
    pass(pc).await?;
    sign_out(pc).await?;

    let city = &seed::OFFICERS[2];
    for (officer, password, name, shot) in [
        (UNIT.phone, PASSWORD, UNIT.officer, "season-25-unit"),
        (city.phone, seed::PASSWORD, city.name, "season-26-centre"),
    ] {
        sign_in(test, pc, officer, password, name).await?;
        open_first(pc).await?;
        pc.screenshot(shot).await?;
        pass(pc).await?;
        sign_out(pc).await?;
    }
    // The page that stayed open on the phone shows it by itself.
    phone.wait_for_text(&id("state"), "审核通过").await?;
    phone.screenshot("season-27-approved").await?;
    anyhow::ensure!(state(test, application).await == State::Approved);
    Ok(())
}

/// what waits at the street is told again at nine on the next working day.
async fn digest(test: &TestApp, phone: &Browser) -> Result<()> {
    test.settle().await;
    let nine = Time::shanghai(2026, 11, 25, 9, 0, 0);
    test.app.clock.advance(nine.0 - test.app.now().0);
    plan::run(&test.app).await?;
    test.settle().await;
    phone
        .goto(&format!("{}/phone/{}", test.sim_url, STREET.user))
        .await?;
    phone
        .wait_for_text(&id("message-list"), "待审核，最早已等1天")
        .await?;
    phone.screenshot("season-30-digest").await?;
    Ok(())
}

async fn journey(test: &TestApp, phone: &Browser, pc: &Browser) -> Result<()> {
    join(test, phone, pc).await?;
    places(test, pc).await?;
    let street = union(&test.app, &[UNIT.union, STREET.union]).await;
    let (worker, application) = submitted(test, 1, &street).await;
    review(test, (phone, pc), (&worker, &application)).await?;
    submitted(test, 2, &street).await;
    digest(test, phone).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_season_from_the_invitation_to_the_digest() {
    let test = TestApp::start_with(Pair::SqliteMemory, tuesday(), &[]).await;
    // The first look at a database only notes the slot.
    plan::run(&test.app).await.unwrap();
    let (phone, pc) = Browser::phone_and_pc().await.unwrap();
    let result = journey(&test, &phone, &pc).await;
    if result.is_err() {
        pc.screenshot("season-failed-pc").await.unwrap();
        phone.screenshot("season-failed-phone").await.unwrap();
    }
    result.unwrap();
    drop((phone, pc));
    test.stop().await;
}
