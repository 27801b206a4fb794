//! In a real browser: a video plays and goes on where it was; a station opens on the simulated phone's map; the pages at both
//! widths; an officer uploads a video.

use super::*;
use crate::app::Pair;
use crate::browser::Browser;
use crate::builders::worker;
use crate::steps::{id, signed_in};
use anyhow::Result;
use std::path::Path;

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

/// the player really plays; where one was is kept and gone on with after the page is loaded anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lesson_plays_and_goes_on() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let (course, lessons) = sample(&test).await;
    let who = worker(&test, 1).await;
    let page = Browser::phone().await?;
    signed_in(&test, &page, "worker", &who.id).await?;
    page.goto(&format!("{}/courses", test.url)).await?;
    shot(&page, "courses-01-list").await?;
    page.click(&id("course")).await?;
    page.wait_for(&id("lesson")).await?;
    shot(&page, "courses-02-course").await?;
    page.click(&id("lesson")).await?;
    page.wait_for(&id("player")).await?;
    let moved = "const v = document.querySelector('video'); v.muted = true; v.play(); return true";
    page.script(moved, vec![]).await?;
    until(&page, "document.querySelector('video').currentTime > 1.5").await?;
    page.script("document.querySelector('video').pause()", vec![])
        .await?;
    page.wait_for_text(&id("kept"), "已记录").await?;
    shot(&page, "courses-03-lesson").await?;
    let kept = yuanmeng::account::watched::of_worker(&test.app, &who.id).await?;
    anyhow::ensure!(
        kept.len() == 1 && kept[0].position_s >= 1 && kept[0].duration_s == 12,
        "{kept:?}"
    );

    let path = format!("/courses/{}/lessons/{}", course.id, lessons[0].id);
    page.goto(&format!("{}{path}", test.url)).await?;
    page.wait_for(&id("resume")).await?;
    let at = format!(
        "document.querySelector('video').currentTime >= {}",
        kept[0].position_s
    );
    until(&page, &at).await?;
    // A part in the middle is asked for by itself.
    page.script(
        "const v = document.querySelector('video'); v.muted = true; v.currentTime = 11; v.play()",
        vec![],
    )
    .await?;
    page.wait_for_text(&id("watched"), "已看完").await?;
    page.goto(&format!("{}/courses/{}", test.url, course.id)).await?;
    page.wait_for_text("main", "已看完 1 节").await?;
    drop(page);
    test.stop().await;
    Ok(())
}

/// Waits until a condition of the page holds.
async fn until(page: &Browser, holds: &str) -> Result<()> {
    for _ in 0..1200 {
        if page.script(&format!("return Boolean({holds})"), vec![]).await? == serde_json::json!(true) {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    page.screenshot("courses-not-yet").await?;
    anyhow::bail!("it did not become true: {holds}")
}

/// a tap on a station opens WeChat's map by the JS-SDK, with a signature that the phone has checked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_station_opens_on_the_phones_map() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let phone = Browser::phone().await?;
    phone.goto(&format!("{}/phone/wang", test.sim_url)).await?;
    phone.click(&id("follow-button")).await?;
    test.sim_post(
        "/sim/say",
        serde_json::json!({ "user": "wang", "text": "服务站" }),
    )
    .await;
    phone
        .click("[data-testid=\"text-link\"][href$=\"/stations\"]")
        .await?;
    phone.enter_frame(&id("webview-frame")).await?;
    phone.wait_for("[data-testid=\"map\"][data-ready]").await?;
    shot(&phone, "stations-01-phone").await?;
    phone.click("[data-testid=\"map\"][data-ready]").await?;
    phone.leave_frame().await?;
    phone
        .wait_for_text(&id("place-name"), "历下区工会职工服务中心（示例）")
        .await?;
    phone
        .wait_for_text(&id("place-point"), "纬度 36.666000　经度 117.076000")
        .await?;
    phone.screenshot("stations-02-map").await?;
    phone.click(&id("place-close")).await?;
    phone.enter_frame(&id("webview-frame")).await?;
    phone.click(&id("station-open")).await?;
    phone.wait_for_text("main", "服务内容").await?;
    shot(&phone, "stations-03-one").await?;
    drop(phone);
    test.stop().await;
    Ok(())
}

/// The pages on a PC: filter without script, and an officer's way from a new course to an uploaded video.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_pc() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let pc = Browser::pc().await?;
    pc.resize(1200, 900).await?;
    pc.goto(&format!("{}/stations", test.url)).await?;
    shot(&pc, "stations-04-pc").await?;
    pc.choose("#f-district", "长清区").await?;
    pc.click(&id("filter")).await?;
    pc.wait_for_text("main", "长清区示例路 6 号").await?;
    anyhow::ensure!(pc.path().await?.contains("district="));
    // Outside WeChat the link of a map's page stays.
    anyhow::ensure!(!pc.has("[data-ready]").await?);
    let (course, lessons) = sample(&test).await;
    for (path, name) in [
        ("/courses".to_owned(), "courses-04-pc-list"),
        (format!("/courses/{}", course.id), "courses-05-pc-course"),
        (
            format!("/courses/{}/lessons/{}", course.id, lessons[0].id),
            "courses-06-pc-lesson",
        ),
    ] {
        pc.goto(&format!("{}{path}", test.url)).await?;
        shot(&pc, name).await?;
    }
    let [_, _, centre] = builders::demo_officers(&test.app).await;
    signed_in(&test, &pc, "officer", &centre.id).await?;
    for (path, name) in [
        ("/office/stations", "office-stations-list"),
        ("/office/stations/new", "office-stations-new"),
        ("/office/stations/import", "office-stations-import"),
        ("/office/courses", "office-courses-list"),
    ] {
        pc.goto(&format!("{}{path}", test.url)).await?;
        shot(&pc, name).await?;
    }
    pc.click(&id("add")).await?;
    pc.fill("#f-title", "办公软件入门").await?;
    pc.fill("#f-summary", "从认识界面讲起").await?;
    pc.click(&id("submit")).await?;
    pc.click(&id("add-lesson")).await?;
    pc.fill("#f-title", "第一课").await?;
    pc.click(&id("submit")).await?;
    pc.wait_for(&id("upload")).await?;
    let video = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/data/course-sample.mp4");
    pc.attach("#f-file", &video).await?;
    pc.click(&id("upload")).await?;
    pc.wait_for(&id("preview")).await?;
    until(&pc, "document.querySelector('video').readyState > 0").await?;
    shot(&pc, "office-courses-lesson").await?;
    pc.goto(&format!("{}/office/courses", test.url)).await?;
    pc.wait_for_text("main", "办公软件入门").await?;
    pc.goto(&format!("{}/office/courses/{}", test.url, course.id))
        .await?;
    shot(&pc, "office-courses-one").await?;
    drop(pc);
    test.stop().await;
    Ok(())
}
