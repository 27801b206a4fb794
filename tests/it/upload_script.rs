//! Uploads in a real browser, on a phone and on a PC: progress, stop and retry, replacing, a picture that is too large,
//! and the hand-off by the code on the PC's screen (issue 4).

use crate::app::{Pair, TestApp};
use crate::browser::Browser;
use crate::builders::{self, worker};
use crate::made;
use anyhow::{Context as _, Result};
use image::ImageFormat;
use serde_json::json;
use std::path::PathBuf;
use yuanmeng::application::content::{MAX_BYTES, MediaType};
use yuanmeng::application::documents::{self, Document};
use yuanmeng::application::{DocumentKind, drafts};

fn id(testid: &str) -> String {
    format!("[data-testid=\"{testid}\"]")
}

/// A worker at the documents page, signed in without the doors; gives the application's id.
async fn at_documents(test: &TestApp, browser: &Browser) -> Result<String> {
    let who = worker(test, 1).await;
    let form = builders::form(&test.app, 1);
    let draft = drafts::begin(&test.app, &who.id, &form).await.unwrap();
    drafts::tick_checks(&test.app, &who.id, &draft.id, [true; 4])
        .await
        .unwrap();
    let cookie = builders::session(&test.app, "worker", &who.id).await;
    browser.goto(&format!("{}/healthz", test.url)).await?;
    browser
        .script("document.cookie = arguments[0] + '; path=/'", vec![json!(cookie)])
        .await?;
    browser.goto(&format!("{}/apply/documents", test.url)).await?;
    Ok(draft.id)
}

fn file(test: &TestApp, name: &str, bytes: &[u8]) -> PathBuf {
    let path = test.app.config.stores.data_dir.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

async fn standing(test: &TestApp, id: &str, kind: DocumentKind) -> Document {
    let all = documents::of(&test.app, id).await.unwrap();
    all.into_iter().find(|document| document.kind == kind).unwrap()
}

/// Nothing is wider than the screen.
async fn shot(page: &Browser, name: &str) -> Result<()> {
    let wider = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
    anyhow::ensure!(
        page.script(wider, vec![]).await? == json!(false),
        "{name} is wider than the screen"
    );
    page.screenshot(name).await?;
    Ok(())
}

/// progress and preview while it is sent, stop and retry, replace; a picture of 10 MB is scaled down first; a bad
/// one is told at its place.
async fn uploads(test: &TestApp, page: &Browser, device: &str) -> Result<()> {
    // What a person sees passing by.
    const WATCH: &str = "window.seen = ''; new MutationObserver(function () {
        var e = document.querySelector('[data-testid=sending]'); if (e) window.seen += e.textContent + '|';
    }).observe(document.body, { subtree: true, childList: true, characterData: true })";
    let application = at_documents(test, page).await?;
    let small = file(test, "small.jpg", &made::photo(6));
    let large = file(test, "large.png", &made::noise(2100, 1600));
    let paper = file(test, "paper.pdf", &made::pdf(2, None));
    let bad = file(test, "bad.jpg", b"<html>");
    shot(page, &format!("upload-{device}-1-begin")).await?;

    page.script(WATCH, vec![]).await?;
    page.attach(&id("photo-receipt"), &large).await?;
    page.wait_for_text(&id("state-receipt"), "已上传").await?;
    let seen = page.script("return window.seen", vec![]).await?;
    let seen = seen.as_str().unwrap_or_default();
    for words in ["照片较大，正在压缩", "正在上传"] {
        anyhow::ensure!(seen.contains(words), "{words} was not seen: {seen}");
    }
    let first = standing(test, &application, DocumentKind::Receipt).await;
    assert_eq!(first.media, MediaType::Jpeg);
    assert!(
        first.bytes > 500_000 && first.bytes <= MAX_BYTES as u64,
        "{}",
        first.bytes
    );

    page.attach(&id("pdf-receipt"), &paper).await?;
    page.wait_for("#doc-receipt .pdf").await?;
    let second = standing(test, &application, DocumentKind::Receipt).await;
    assert_eq!(second.media, MediaType::Pdf, "replaced");

    page.attach(&id("photo-id_front"), &bad).await?;
    page.wait_for_text("#doc-id_front .err", "这是一个网页文件")
        .await?;
    stop_and_retry(page, &small, device).await?;
    page.wait_for_text(&id("state-id_back"), "已上传").await?;
    page.wait_for_text(&id("left"), "还有 4 份").await?;
    page.script("scrollTo(0, 0)", vec![]).await?;
    shot(page, &format!("upload-{device}-3-done")).await
}

/// A line that sends nothing: stopped by the person, retried once it works again.
async fn stop_and_retry(page: &Browser, small: &std::path::Path, device: &str) -> Result<()> {
    const HANG: &str = "var x = XMLHttpRequest.prototype; window.real = x.send; x.send = function () {
        var me = this; this.upload.onprogress({ lengthComputable: true, loaded: 37, total: 100 });
        this.abort = function () { me.onabort(); me.onloadend(); } }";
    page.script(HANG, vec![]).await?;
    page.attach(&id("photo-id_back"), small).await?;
    page.wait_for_text("#doc-id_back .live", "正在上传 37%").await?;
    page.script(
        "document.querySelector('#doc-id_back').scrollIntoView({block: 'center'})",
        vec![],
    )
    .await?;
    shot(page, &format!("upload-{device}-2-sending")).await?;
    page.click("#doc-id_back .live button").await?;
    page.wait_for_text("#doc-id_back .err", "已停止上传").await?;
    page.wait_for_text(&id("state-id_back"), "未上传").await?;
    page.script("XMLHttpRequest.prototype.send = window.real", vec![])
        .await?;
    page.click(&id("again")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_on_a_phone() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let phone = Browser::phone().await?;
    uploads(&test, &phone, "phone").await?;
    phone.click(&id("example-stamped_form")).await?;
    phone
        .goto(&format!("{}/apply/examples/stamped_form", test.url))
        .await?;
    phone.wait_for(&id("example")).await?;
    shot(&phone, "upload-phone-4-example").await?;
    drop(phone);
    test.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_on_a_pc() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let pc = Browser::pc().await?;
    uploads(&test, &pc, "pc").await?;
    drop(pc);
    test.stop().await;
    Ok(())
}

/// What the phone's camera reads from the PC's screen.
pub fn read_code(screenshot: &std::path::Path) -> Result<String> {
    let picture = image::open(screenshot)?.into_luma8();
    let (width, height) = picture.dimensions();
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width as usize, height as usize, |x, y| {
        picture.get_pixel(x as u32, y as u32)[0]
    });
    let grids = image.detect_grids();
    let grid = grids.first().context("no code on the screen")?;
    Ok(grid.decode()?.1)
}

/// Issue 4: the phone reads the code on the PC's screen and uploads; the PC shows what arrives by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_reads_the_code_and_uploads() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let (phone, pc) = Browser::phone_and_pc().await?;
    let application = at_documents(&test, &pc).await?;
    pc.click(&id("handoff-begin")).await?;
    pc.wait_for_text(&id("phone"), "等待手机扫码").await?;
    pc.script("scrollTo(0, 0)", vec![]).await?;
    shot(&pc, "handoff-1-pc-code").await?;
    let link = read_code(&pc.screenshot("handoff-1-pc-code").await?)?;
    anyhow::ensure!(link.contains("/apply/handoff/"), "{link}");

    // The public address of a test names another port than the one it listens on.
    let path = link.split_once("/apply/").context("a path")?.1;
    phone.goto(&format!("{}/apply/{path}", test.url)).await?;
    shot(&phone, "handoff-2-phone-join").await?;
    phone.click(&id("submit")).await?;
    phone.wait_for_text(&id("left"), "还有 6 份").await?;
    assert_eq!(phone.path().await?, "/apply/handoff");
    shot(&phone, "handoff-3-phone-papers").await?;
    pc.wait_for_text(&id("phone"), "手机已连接").await?;
    let photo = file(&test, "photo.jpg", &made::picture(600, 400, ImageFormat::Jpeg));
    phone.attach(&id("photo-receipt"), &photo).await?;
    phone.wait_for_text(&id("state-receipt"), "已上传").await?;
    pc.wait_for_text(&id("state-receipt"), "已上传").await?;
    pc.wait_for("#doc-receipt .thumb img").await?;
    shot(&pc, "handoff-4-pc-arrived").await?;
    for kind in DocumentKind::needed(true).filter(|kind| *kind != DocumentKind::Receipt) {
        phone.attach(&id(&format!("photo-{kind}")), &photo).await?;
    }
    phone.wait_for(&id("done")).await?;
    shot(&phone, "handoff-5-phone-done").await?;
    phone.click(&id("finish")).await?;
    phone.wait_for(&id("ended")).await?;
    shot(&phone, "handoff-6-phone-ended").await?;
    pc.wait_for_text(&id("phone"), "手机上传已结束").await?;
    pc.wait_for(&id("next")).await?;
    assert_eq!(documents::of(&test.app, &application).await.unwrap().len(), 6);
    drop((phone, pc));
    test.stop().await;
    Ok(())
}
