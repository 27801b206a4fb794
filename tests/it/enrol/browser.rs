//! In a real browser: from the simulator's menu to a paid enrolment and its subsidy application on the phone; the code on a PC.

use super::*;
use crate::app::Pair;
use crate::browser::Browser;
use anyhow::Result;

fn id(testid: &str) -> String {
    format!("[data-testid=\"{testid}\"]")
}

/// A picture of the page, which must not be wider than the screen.
async fn shot(page: &Browser, name: &str) -> Result<()> {
    let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    let wider = page.script(wide, vec![]).await?;
    anyhow::ensure!(
        wider.as_i64() <= Some(0),
        "{name}: {wider} px wider than the screen"
    );
    page.screenshot(name).await?;
    Ok(())
}

const PHONE: &str = "13800138001";

/// From the menu to the page of the basic data; OAuth has signed the bound worker in, and the session knows the openid.
async fn by_the_menu(test: &TestApp, phone: &Browser) -> Result<()> {
    phone.goto(&format!("{}/phone/wang", test.sim_url)).await?;
    phone.click(&id("follow-button")).await?;
    phone.wait_for_text(&id("message-list"), "职工选学报读").await?;
    phone.click(&id("menu-0")).await?;
    phone.click(&id("menu-0-1")).await?;
    phone.enter_frame(&id("webview-frame")).await?;
    phone.wait_for(&id("search")).await?;
    shot(phone, "enrol-01-list").await?;
    phone.fill("#f-words", "jdyth").await?;
    phone.click(&id("search")).await?;
    phone.wait_for_text("main", "共 1 个专业").await?;
    shot(phone, "enrol-02-found").await?;
    phone.click(&format!("{} a", id("program"))).await?;
    phone.wait_for(&id("refund-rules")).await?;
    shot(phone, "enrol-03-program").await?;
    let program = program(&test.app, "机电一体化").await;
    phone
        .click(&id(&format!("enrol-{}", program.intakes[0].entry)))
        .await?;
    phone.wait_for("#f-address").await
}

/// The worker of the phone, known to the account, verified, bound to the simulator's person.
async fn known(test: &TestApp) -> Worker {
    let app = &test.app;
    let phone = yuanmeng::kernel::Phone::stored(PHONE.to_owned());
    let (worker, _) = workers::join_proven(
        app,
        &phone,
        "王小梅".to_owned(),
        "济南示范机械有限公司".to_owned(),
        true,
    )
    .await
    .unwrap();
    let by = keeper(app).await.actor();
    identity::ask(app, &worker, "王小梅", &builders::id_number(1))
        .await
        .unwrap();
    let check = identity::of(app, &worker.id).await.unwrap().unwrap();
    identity::decide(app, &by, &check.id, None).await.unwrap();
    workers::bind(app, &worker.id, &yuanmeng::sim::openid_of("wang"), None)
        .await
        .unwrap();
    workers::find(app, &worker.id).await.unwrap()
}

async fn fill_basics(page: &Browser) -> Result<()> {
    page.fill("#f-address", "济南市历下区文化东路 1 号").await?;
    page.choose("#f-education", "高中").await?;
    page.click("#f-agree").await
}

/// Issue 6: from the simulator's menu to a paid enrolment (JSAPI bridge in the phone) and its application's first page.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_menu_to_a_paid_enrolment() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let phone = Browser::phone().await.unwrap();
    walk(&test, &phone).await.unwrap();
    test.stop().await;
}

async fn walk(test: &TestApp, phone: &Browser) -> Result<()> {
    let worker = known(test).await;
    by_the_menu(test, phone).await?;
    fill_basics(phone).await?;
    shot(phone, "enrol-04-begin").await?;
    phone.click(&id("submit")).await?;
    phone.wait_for(&id("pay-now")).await?;
    shot(phone, "enrol-05-pay").await?;
    phone.click(&id("pay-now")).await?;
    phone.leave_frame().await?;
    phone.wait_for_text(&id("pay-amount"), "2000.00").await?;
    phone.screenshot("enrol-06-cashier").await?;
    phone.click(&id("pay-confirm")).await?;
    phone.enter_frame(&id("webview-frame")).await?;
    phone.wait_for_text(&id("state"), "已缴费").await?;
    shot(phone, "enrol-07-paid").await?;
    phone.click(&id("apply")).await?;
    phone.wait_for(&id("tasks")).await?;
    shot(phone, "enrol-08-application").await?;
    let applied = yuanmeng::application::latest_of(&test.app, &worker.id)
        .await
        .unwrap()
        .unwrap();
    anyhow::ensure!(applied.institution == "山东开放大学");
    submit(test, phone, &worker, &applied.id).await
}

/// The rest of the form and the papers, as builders know them; then the page's own 提交.
async fn submit(test: &TestApp, phone: &Browser, worker: &Worker, id_of: &str) -> Result<()> {
    use yuanmeng::application::{DocumentKind, documents, drafts};
    let app = &test.app;
    let street = builders::street(app).await;
    drafts::choose_union(app, &worker.id, id_of, &street.id)
        .await
        .unwrap();
    let before = yuanmeng::application::find(app, id_of)
        .await
        .unwrap()
        .form(app)
        .unwrap();
    let mut rest = builders::form(app, 1);
    for field in ["institution", "major", "level", "entry_date", "phone"] {
        rest.set(field, before.get(field));
    }
    drafts::save(app, &worker.id, id_of, &rest).await.unwrap();
    drafts::mark_printed(app, &worker.id, id_of).await.unwrap();
    phone.script("location.href = '/apply/documents'", vec![]).await?;
    for n in 1..=4 {
        phone.click(&id(&format!("check_{n}"))).await?;
    }
    phone.click(&id("submit")).await?;
    phone.wait_for_text(&id("state-receipt"), "已上传").await?;
    shot(phone, "enrol-09-receipt").await?;
    for kind in DocumentKind::needed(true).filter(|kind| *kind != DocumentKind::Receipt) {
        documents::upload(app, &worker.id, id_of, kind, builders::picture())
            .await
            .unwrap();
    }
    phone.script("location.href = '/apply/confirm'", vec![]).await?;
    phone.wait_for_text("main", "提交前核对").await?;
    phone.click(&id("submit")).await?;
    phone.wait_for_text(&id("state"), "审核中").await?;
    shot(phone, "enrol-10-submitted").await
}

/// Issue 6: on a PC the code is scanned with the phone, and the page notices by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_pc_by_the_code() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let pc = Browser::pc().await.unwrap();
    walk_pc(&test, &pc).await.unwrap();
    test.stop().await;
}

async fn signed_in(test: &TestApp, page: &Browser, who: &str, id: &str) -> Result<()> {
    let cookie = builders::session(&test.app, who, id).await;
    page.goto(&format!("{}/healthz", test.url)).await?;
    page.script(&format!("document.cookie = '{cookie}; path=/'"), vec![])
        .await?;
    Ok(())
}

async fn walk_pc(test: &TestApp, pc: &Browser) -> Result<()> {
    let app = &test.app;
    let worker = verified(test, 1).await;
    let program = program(app, "电气工程").await;
    signed_in(test, pc, "worker", &worker.id).await?;
    pc.goto(&format!("{}/enrol", test.url)).await?;
    shot(pc, "enrol-20-list-pc").await?;
    pc.goto(&format!("{}/enrol/plan?education=%E9%AB%98%E4%B8%AD", test.url))
        .await?;
    shot(pc, "enrol-21-plan-pc").await?;
    pc.goto(&format!("{}/enrol/programs/{}", test.url, program.id))
        .await?;
    shot(pc, "enrol-22-program-pc").await?;
    pc.click(&id(&format!("enrol-{}", program.intakes[0].entry)))
        .await?;
    fill_basics(pc).await?;
    pc.click(&id("submit")).await?;
    pc.wait_for(&id("pay-qr")).await?;
    shot(pc, "enrol-23-code-pc").await?;
    let enrolment = moves::of_worker(app, &worker.id).await.unwrap().remove(0);
    scan(test, &order(app, &enrolment).await).await;
    pc.wait_for_text(&id("state"), "已缴费").await?;
    shot(pc, "enrol-24-paid-pc").await?;
    let other = self::program(app, "机电一体化").await;
    pc.goto(&format!(
        "{}/enrol/compare?a={}&b={}",
        test.url, program.id, other.id
    ))
    .await?;
    shot(pc, "enrol-25-compare-pc").await?;
    offices(test, pc, &enrolment).await
}

/// The centre's and the provider's pages.
async fn offices(test: &TestApp, pc: &Browser, enrolment: &Enrolment) -> Result<()> {
    let app = &test.app;
    let waits = builders::worker(test, 9).await;
    identity::ask(app, &waits, "王小梅", &builders::id_number(9))
        .await
        .unwrap();
    signed_in(test, pc, "officer", &keeper(app).await.id).await?;
    for (path, name) in [
        ("/office/catalogue", "enrol-30-catalogue"),
        ("/office/catalogue/programs/new", "enrol-31-new"),
        ("/office/catalogue/import", "enrol-32-import"),
        ("/office/catalogue/providers", "enrol-33-providers"),
        ("/office/catalogue/checks", "enrol-34-checks"),
    ] {
        pc.goto(&format!("{}{path}", test.url)).await?;
        shot(pc, name).await?;
    }
    let file = app.config.stores.data_dir.join("programs.csv");
    let head = "项目编号,院校,服务机构,学历层次,学习形式,专业,学制（月）,学费（元）,分期（元）,上课地点,是否远程,入学时间,名额,退费规则,说明";
    let good = "N-1,济南大学,示例服务机构（乙）,本科,函授,新专业,30,5000,,济南,否,2031-03-01,10,30:100,";
    std::fs::write(&file, format!("{head}\n{}", good.replace("5000", "五千"))).unwrap();
    pc.goto(&format!("{}/office/catalogue/import", test.url)).await?;
    pc.attach("#f-file", &file).await?;
    pc.click(&id("upload")).await?;
    pc.wait_for_text(&id("wrong"), "学费").await?;
    shot(pc, "enrol-35-wrong").await?;
    std::fs::write(&file, format!("{head}\n{good}")).unwrap();
    pc.attach("#f-file", &file).await?;
    pc.click(&id("upload")).await?;
    pc.wait_for_text(&id("preview"), "新增 1 个").await?;
    shot(pc, "enrol-36-preview").await?;
    pc.click(&id("apply")).await?;
    pc.wait_for_text(&id("flash"), "新增 1 个专业").await?;
    // The provider (乙) gets an officer and confirms.
    let provider = yuanmeng::union::tree::find(app, &enrolment.provider_id)
        .await
        .unwrap();
    let officer = crate::acts::officer(
        app,
        &provider,
        "钱明",
        "13900139099",
        yuanmeng::union::Role::Reviewer,
    )
    .await;
    signed_in(test, pc, "officer", &officer.id).await?;
    pc.goto(&format!("{}/office", test.url)).await?;
    pc.wait_for(&id("row")).await?;
    shot(pc, "enrol-40-provider").await?;
    pc.click(&id("open")).await?;
    pc.click(&id("admit")).await?;
    pc.wait_for_text(&id("state"), "已录取").await?;
    pc.choose("#f-status", "studying").await?;
    pc.click(&id("report")).await?;
    pc.wait_for_text("main", "第 1 学期：在读").await?;
    shot(pc, "enrol-41-admitted").await
}
