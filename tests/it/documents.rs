//! Documents over HTTP: what is refused and in which words, what is kept of a good one, and the phone that uploads for
//! a PC (R-15 … R-17, issue 4).

use crate::acts::number;
use crate::app::TestApp;
use crate::builders::{self, demo_officers, ready, street, submitted, worker};
use crate::made;
use crate::on_both_stores;
use crate::visitor::Visitor;
use image::{GenericImageView as _, ImageFormat};
use lopdf::{Object, dictionary};
use reqwest::header::{ACCEPT, HeaderMap};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use yuanmeng::account::Worker;
use yuanmeng::application::documents::{self, Document};
use yuanmeng::application::{self, DocumentKind, drafts, handoff, submit};
use yuanmeng::audit::Actor;
use yuanmeng::kernel::time::MINUTE;
use yuanmeng::review::Verdict;
use yuanmeng::review::decide::{Decision, decide};

const JSON: &str = "application/json";

/// A worker's draft whose papers may be uploaded; gives its id.
async fn draft(test: &TestApp, n: usize) -> (Worker, String) {
    let worker = worker(test, n).await;
    let form = builders::form(&test.app, n);
    let draft = drafts::begin(&test.app, &worker.id, &form).await.unwrap();
    drafts::tick_checks(&test.app, &worker.id, &draft.id, [true; 4])
        .await
        .unwrap();
    (worker, draft.id)
}

async fn standing(test: &TestApp, id: &str, kind: DocumentKind) -> Option<Document> {
    let all = documents::of(&test.app, id).await.unwrap();
    all.into_iter().find(|document| document.kind == kind)
}

/// Posts a file, as a page's script does it; the status and the error's code.
async fn send(me: &Visitor<'_>, path: &str, bytes: Vec<u8>) -> (StatusCode, String) {
    let form = Form::new()
        .text("csrf", me.csrf.clone())
        .part("file", Part::bytes(bytes).file_name("照片.jpg"));
    let request = me
        .request(Method::POST, path)
        .header(ACCEPT, JSON)
        .multipart(form);
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let body: Value = answer.json().await.unwrap();
    (
        status,
        body["error"]["code"].as_str().unwrap_or_default().to_owned(),
    )
}

/// A file of each wrong kind, the code and the beginning of its words.
fn wrong_files() -> Vec<(&'static str, Vec<u8>, &'static str, &'static str)> {
    let script = dictionary! { "S" => "JavaScript", "JS" => Object::string_literal("app.alert(1)") };
    let jpeg = made::picture(64, 48, ImageFormat::Jpeg);
    let paper = made::pdf(1, None);
    vec![
        ("0 bytes", vec![], "file_empty", "文件是空的"),
        (
            "3 MB + 1",
            vec![0xFF; 3 * 1024 * 1024 + 1],
            "file_too_large",
            "文件有 3.0 MB",
        ),
        (
            "no file of ours",
            b"no picture".to_vec(),
            "file_wrong_type",
            "只能上传 jpg",
        ),
        (
            "HTML named .jpg",
            b"<!doctype html><script>alert(1)</script>".to_vec(),
            "file_web_page",
            "这是一个网页文件",
        ),
        (
            "HEIC",
            b"\0\0\0\x18ftypheic".to_vec(),
            "file_heic",
            "这是 HEIC 格式的照片",
        ),
        ("a docx", b"PK\x03\x04 word/".to_vec(), "file_office", "这是 Word"),
        (
            "a cut JPEG",
            jpeg[..jpeg.len() / 2].to_vec(),
            "file_truncated",
            "文件不完整",
        ),
        (
            "a cut PDF",
            paper[..paper.len() / 2].to_vec(),
            "file_truncated",
            "文件不完整",
        ),
        ("a zip bomb PNG", made::png_bomb(), "file_pixels", "图片尺寸过大"),
        (
            "JPEG and ZIP",
            made::picture_and_zip(),
            "file_mixed",
            "文件里夹带了别的文件",
        ),
        (
            "JPEG and HTML",
            [&jpeg[..], b"<html><body>"].concat(),
            "file_mixed",
            "文件里夹带了别的文件",
        ),
        (
            "PDF and HTML",
            [&paper[..], b"<script>alert(1)</script>"].concat(),
            "file_mixed",
            "文件里夹带了别的文件",
        ),
        (
            "PDF with password",
            made::locked_pdf(),
            "file_locked",
            "这个 PDF 设置了密码",
        ),
        (
            "PDF with a script",
            made::pdf(1, Some(("OpenAction", script.into()))),
            "file_scripts",
            "这个 PDF 里带有脚本",
        ),
        (
            "PDF of 21 pages",
            made::pdf(21, None),
            "file_pages",
            "这个 PDF 超过了 20 页",
        ),
        (
            "PDF of no page",
            made::pdf(0, None),
            "file_no_pages",
            "这个 PDF 里没有页面",
        ),
    ]
}

on_both_stores!(
    /// R-16, issue 4: a file of each wrong kind is refused with its own words and leaves the rest as it was.
    each_wrong_file_has_its_words
);

async fn each_wrong_file_has_its_words(test: &TestApp) {
    let (worker, id) = draft(test, 1).await;
    let mut me = Visitor::signed_in(test, &worker.id).await;
    me.upload("receipt", made::pdf(2, None), JSON).await;
    me.upload("id_front", made::photo(1), JSON).await;
    let before = documents::of(&test.app, &id).await.unwrap();
    assert_eq!(before.len(), 2);
    for (what, file, code, words) in wrong_files() {
        let (status, got) = send(&me, "/apply/documents/receipt", file.clone()).await;
        assert_eq!(got, code, "{what}");
        assert!(status.is_client_error(), "{what}: {status}");
        let page = me.upload("receipt", file, "text/html").await;
        page.shows(words).shows("还有 <strong>4</strong> 份");
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
    }
    assert_eq!(documents::of(&test.app, &id).await.unwrap(), before);
    assert_eq!(
        me.upload("passport", vec![], JSON).await.status,
        StatusCode::NOT_FOUND
    );
    // not before the four checks.
    let second = builders::worker(test, 2).await;
    drafts::begin(&test.app, &second.id, &builders::form(&test.app, 2))
        .await
        .unwrap();
    let other = Visitor::signed_in(test, &second.id).await;
    let (_, code) = send(&other, "/apply/documents/receipt", builders::picture()).await;
    assert_eq!(code, "checks_not_ticked");
}

on_both_stores!(
    /// Issue 4: place and camera are gone from what is kept, the picture stands upright, the answer can only be shown;
    /// the same file is found in another's application.
    a_photo_is_kept_without_its_place
);

async fn a_photo_is_kept_without_its_place(test: &TestApp) {
    let (worker, id) = draft(test, 1).await;
    let mut me = Visitor::signed_in(test, &worker.id).await;
    let photo = made::photo(6);
    me.upload("receipt", photo.clone(), JSON).await;
    let document = standing(test, &id, DocumentKind::Receipt).await.unwrap();
    let path = format!("/apply/documents/{}", document.id);
    let answer = me.request(Method::GET, &path).send().await.unwrap();
    only_shown(answer.headers(), "image/jpeg", "receipt.jpg");
    let kept = answer.bytes().await.unwrap().to_vec();
    for words in [&b"36.6512N"[..], b"HuaweiP40", b"Exif", b"taken at home"] {
        assert!(photo.windows(words.len()).any(|w| w == words));
        assert!(!kept.windows(words.len()).any(|w| w == words));
    }
    assert_eq!(image::load_from_memory(&kept).unwrap().dimensions(), (48, 64));
    assert_eq!(documents::bytes_of(&test.app, &document).await.unwrap(), kept);

    me.upload("chsi_report", made::pdf(1, None), JSON).await;
    let report = standing(test, &id, DocumentKind::ChsiReport).await.unwrap();
    let path = format!("/apply/documents/{}", report.id);
    let answer = me.request(Method::GET, &path).send().await.unwrap();
    only_shown(answer.headers(), "application/pdf", "chsi_report.pdf");

    // What papers::twins finds the same file by: what came once more, and what was kept and comes as an upload, are kept
    // as the same bytes.
    let street = street(&test.app).await;
    let second = builders::worker(test, 2).await;
    let other = ready(test, &second, 2, &street).await;
    for (kind, bytes) in [(DocumentKind::Receipt, photo), (DocumentKind::IdBack, kept)] {
        documents::upload(&test.app, &second.id, &other, kind, bytes)
            .await
            .unwrap();
    }
    let same =
        "SELECT COUNT(*) FROM documents d JOIN documents mine ON mine.sha256 = d.sha256 WHERE mine.id = $1";
    assert_eq!(number(&test.app, same, &document.id).await, 3);
}

fn only_shown(headers: &HeaderMap, media: &str, name: &str) {
    let of = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap());
    assert_eq!(of("content-type"), media);
    assert_eq!(of("content-disposition"), format!("inline; filename=\"{name}\""));
    assert_eq!(of("x-content-type-options"), "nosniff");
    assert_eq!(of("cache-control"), "private, no-store");
    let csp = of("content-security-policy");
    assert!(csp.starts_with("default-src 'none'"), "{csp}");
    assert!(csp.contains("sandbox") || media == "application/pdf", "{csp}");
}

async fn returned(test: &TestApp, id: &str, corrections: &[&str]) {
    let officer = &demo_officers(&test.app).await[0];
    let seen = application::find(&test.app, id).await.unwrap();
    let corrections: Vec<String> = corrections.iter().map(|c| (*c).to_owned()).collect();
    let decision = Decision {
        application_id: id,
        version_seen: seen.version,
        verdict: Verdict::Return,
        reason: "缴费凭证看不清",
        corrections: &corrections,
    };
    decide(&test.app, officer, &decision).await.unwrap();
}

on_both_stores!(
    /// ADR 0015: a replaced file that nobody has judged is deleted; one that a decision rests on stays.
    replaced_files_go_when_nobody_saw_them
);

async fn replaced_files_go_when_nobody_saw_them(test: &TestApp) {
    let (app, kind) = (&test.app, DocumentKind::Receipt);
    let street = street(app).await;
    let worker = worker(test, 1).await;
    let id = ready(test, &worker, 1, &street).await;
    let upload = async || {
        documents::upload(app, &worker.id, &id, kind, builders::picture())
            .await
            .unwrap()
    };
    let kept = async |document: &Document| app.files.get(&format!("documents/{}", document.id)).await.is_ok();
    let first = standing(test, &id, kind).await.unwrap();
    let second = upload().await;
    test.settle().await;
    assert!(
        !kept(&first).await && kept(&second).await,
        "replaced in the draft"
    );
    let application = application::find(app, &id).await.unwrap();
    let actor = Actor::Worker(worker.id.clone());
    let gone = documents::read(app, &application, &first.id, &actor).await;
    assert!(matches!(gone, Err(yuanmeng::error::Error::NotFound)));
    documents::erase(app, &second.id).await.unwrap();
    assert!(kept(&second).await, "what stands is not erased");

    submit::submit(app, &worker.id, &id, &worker.phone).await.unwrap();
    returned(test, &id, &["receipt"]).await;
    let third = upload().await;
    let fourth = upload().await;
    test.settle().await;
    assert!(kept(&second).await, "the officer's decision rests on it");
    assert!(!kept(&third).await && kept(&fourth).await);
}

on_both_stores!(
    /// Issue 4: the phone uploads to this application and can do nothing else.
    a_phone_uploads_for_the_pc
);

async fn a_phone_uploads_for_the_pc(test: &TestApp) {
    let (worker, id) = draft(test, 1).await;
    let mut pc = Visitor::signed_in(test, &worker.id).await;
    pc.get("/apply/documents").await.shows("用手机拍照上传");
    let page = pc.post("/apply/documents/handoff", &[]).await;
    page.shows("<svg").shows("data-arrivals").hides("/apply/handoff/");
    assert_eq!(page.status, StatusCode::OK);

    let begun = handoff::begin(&test.app, &worker.id, &id).await.unwrap();
    let link = format!("/apply/handoff/{}", begun.token);
    let mut phone = Visitor::new(test);
    // Whatever fetches the link first does not use it up.
    Visitor::new(test).get(&link).await.shows("开始上传");
    phone.get(&link).await.shows("开始上传").hides("王小梅");
    assert_eq!(arrivals(&pc).await["phone"], "waiting");
    let pass = phone.csrf.clone();
    phone.csrf = "forged".to_owned();
    assert!(phone.post(&link, &[]).await.status.is_client_error());
    phone.csrf = pass;
    phone.post(&link, &[]).await.leads("/apply/handoff");
    phone.get(&link).await.leads("/apply/handoff");
    let page = phone.get("/apply/handoff").await;
    page.shows("还有 <strong>6</strong> 份").hides(&begun.token);
    for own in ["王小梅", &worker.id, &id, "370102", "6222", "解放路", "/me"] {
        page.hides(own);
    }
    let (status, _) = send(&phone, "/apply/handoff/files/receipt", made::photo(6)).await;
    assert_eq!(status, StatusCode::OK);
    phone
        .get("/apply/handoff")
        .await
        .shows("还有 <strong>5</strong> 份");
    let news = arrivals(&pc).await;
    let receipt = standing(test, &id, DocumentKind::Receipt).await.unwrap();
    assert_eq!(news["phone"], "joined");
    assert_eq!(news["papers"]["receipt"], receipt.id.as_str());
    pc.get("/apply/documents").await.shows(&receipt.id);
    let (_, code) = send(&phone, "/apply/handoff/files/receipt", b"<html>".to_vec()).await;
    assert_eq!(code, "file_web_page");

    // No other page, and no look at what was uploaded.
    for path in [
        "/me",
        "/apply/form",
        "/apply/documents",
        "/apply/confirm",
        "/progress",
    ] {
        let there = phone.get(path).await;
        assert!(there.to.starts_with("/sign-in"), "{path}: {}", there.to);
    }
    let own = phone.get(&format!("/apply/documents/{}", receipt.id)).await;
    assert!(own.to.starts_with("/sign-in"));
    let other = phone.upload("receipt", builders::picture(), JSON).await;
    assert_eq!(other.status, StatusCode::UNAUTHORIZED);

    phone
        .post("/apply/handoff/end", &[])
        .await
        .shows("手机上传已结束");
    assert_eq!(arrivals(&pc).await["phone"], "over");
    phone.get("/apply/handoff").await.shows("重新扫码");
}

async fn arrivals(pc: &Visitor<'_>) -> Value {
    let request = pc.request(Method::GET, "/apply/documents/arrivals");
    request
        .header(ACCEPT, JSON)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap()
}

/// A phone that has joined.
async fn joined<'a>(test: &'a TestApp, token: &str) -> Visitor<'a> {
    let link = format!("/apply/handoff/{token}");
    let mut phone = Visitor::new(test);
    phone.get(&link).await;
    phone.post(&link, &[]).await.leads("/apply/handoff");
    phone.get("/apply/handoff").await.shows("手机上传材料");
    phone
}

async fn is_over(phone: &mut Visitor<'_>) {
    // First with the token of the page that is still open.
    let upload = send(phone, "/apply/handoff/files/receipt", builders::picture()).await;
    assert_eq!(upload, (StatusCode::GONE, "handoff_over".to_owned()));
    let page = phone.get("/apply/handoff").await;
    page.shows("重新扫码");
    assert_eq!(page.status, StatusCode::GONE);
}

on_both_stores!(
    /// Issue 4: a forged, used, ended or expired link is refused with what to do, and so is a pass after it.
    a_link_is_good_once_and_for_ten_minutes
);

async fn a_link_is_good_once_and_for_ten_minutes(test: &TestApp) {
    let (worker, id) = draft(test, 1).await;
    let begin = async || handoff::begin(&test.app, &worker.id, &id).await.unwrap().token;
    let mut stranger = Visitor::new(test);
    let forged = stranger
        .get("/apply/handoff/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
        .await;
    forged.shows("重新扫码").shows("4000123318");
    assert_eq!(forged.status, StatusCode::GONE);
    stranger.get("/apply/handoff").await.shows("重新扫码");

    let first = begin().await;
    let mut phone = joined(test, &first).await;
    let link = format!("/apply/handoff/{first}");
    let taken = stranger.get(&link).await;
    taken.shows("已在另一部手机或浏览器上打开");
    assert_eq!(taken.status, StatusCode::FORBIDDEN);
    stranger.get("/sign-in").await;
    stranger
        .post(&link, &[])
        .await
        .shows("已在另一部手机或浏览器上打开");
    let (status, _) = send(&phone, "/apply/handoff/files/receipt", builders::picture()).await;
    assert_eq!(status, StatusCode::OK, "the first one's goes on");

    // A new code ends the old one; the PC ends it; time ends it.
    let second = begin().await;
    is_over(&mut phone).await;
    stranger.get(&link).await.shows("重新扫码");
    let mut phone = joined(test, &second).await;
    let mut pc = Visitor::signed_in(test, &worker.id).await;
    pc.post("/apply/documents/handoff/end", &[])
        .await
        .leads("/apply/documents");
    is_over(&mut phone).await;
    let third = begin().await;
    let mut phone = joined(test, &third).await;
    test.app.clock.advance(10 * MINUTE - 5_000);
    phone.get("/apply/handoff").await.shows("手机上传材料");
    test.app.clock.advance(6_000);
    is_over(&mut phone).await;
    stranger
        .get(&format!("/apply/handoff/{third}"))
        .await
        .shows("重新扫码");
    // Somebody else's application cannot be handed off, nor one whose checks are not ticked.
    let (other, _) = draft(test, 2).await;
    assert!(handoff::begin(&test.app, &other.id, &id).await.is_err());
}

on_both_stores!(
    /// submitting ends it; for a returned application it opens only what is asked for.
    submitting_ends_the_hand_off
);

async fn submitting_ends_the_hand_off(test: &TestApp) {
    let street = street(&test.app).await;
    let first = worker(test, 1).await;
    let id = ready(test, &first, 1, &street).await;
    let token = handoff::begin(&test.app, &first.id, &id).await.unwrap().token;
    let mut phone = joined(test, &token).await;
    submit::submit(&test.app, &first.id, &id, &first.phone)
        .await
        .unwrap();
    is_over(&mut phone).await;
    assert!(handoff::begin(&test.app, &first.id, &id).await.is_err());

    let (second, id) = submitted(test, 2, &street).await;
    returned(test, &id, &["receipt"]).await;
    let token = handoff::begin(&test.app, &second.id, &id).await.unwrap().token;
    let mut phone = joined(test, &token).await;
    phone
        .get("/apply/handoff")
        .await
        .shows("doc-receipt")
        .hides("doc-bank_card");
    let refused = send(&phone, "/apply/handoff/files/bank_card", builders::picture()).await;
    assert_eq!(refused, (StatusCode::CONFLICT, "not_editable".to_owned()));
    let (status, _) = send(&phone, "/apply/handoff/files/receipt", builders::picture()).await;
    assert_eq!(status, StatusCode::OK);
    phone.get("/apply/handoff").await.shows("材料都传好了");
}
