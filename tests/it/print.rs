//! The printed form and the receipt over HTTP (R-14, R-17, R-18), looked at as a printer and a phone's camera see them.

use crate::acts::eventually;
use crate::app::{Pair, TestApp};
use crate::browser::Browser;
use crate::builders::{self, demo_officers, session, street, submitted, union, worker};
use crate::on_both_stores;
use crate::visitor::Visitor;
use reqwest::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, COOKIE};
use reqwest::{Method, Response, StatusCode};
use std::path::{Path, PathBuf};
use std::process::Command;
use yuanmeng::application::form_code::FormCode;
use yuanmeng::application::{self, Application, FormText, documents, drafts, submit, withdraw};
use yuanmeng::campaign::Season;
use yuanmeng::error::Error;
use yuanmeng::kernel::{Refusal, Sealer, Time};
use yuanmeng::print::{self, Code, Paper};

/// Where pictures of this run are kept: `target/test-output/print/`.
fn kept(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .unwrap()
        .join("test-output/print");
    std::fs::create_dir_all(&dir).unwrap();
    dir.join(name)
}

/// The pages of a PDF as poppler draws them, 150 dots an inch: one picture a page.
fn rasterised(pdf: &[u8], name: &str) -> Vec<image::DynamicImage> {
    // A directory of its own: the same test runs on both stores at once.
    let out = tempfile::tempdir().unwrap();
    let paper = tempfile::NamedTempFile::new().unwrap();
    let file = paper.path();
    std::fs::write(file, pdf).unwrap();
    std::fs::write(kept(&format!("{name}.pdf")), pdf).unwrap();
    let done = Command::new("pdftoppm")
        .args(["-png", "-r", "150"])
        .arg(file)
        .arg(out.path().join("page"))
        .status()
        .expect("pdftoppm (run `make packages`)");
    assert!(done.success());
    let mut files: Vec<_> = std::fs::read_dir(out.path())
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    files.sort();
    std::fs::copy(&files[0], kept(&format!("{name}.png"))).unwrap();
    files.iter().map(|f| image::open(f).unwrap()).collect()
}

/// What a camera reads in the QR code of a picture.
fn code_in(picture: &image::DynamicImage) -> String {
    let mut prepared = rqrr::PreparedImage::prepare(picture.to_luma8());
    let grids = prepared.detect_grids();
    assert_eq!(grids.len(), 1, "one code on the page");
    grids[0].decode().unwrap().1
}

fn text_of(pdf: &[u8]) -> String {
    let text = lopdf::Document::load_mem(pdf)
        .unwrap()
        .extract_text(&[1])
        .unwrap();
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

async fn get(me: &Visitor<'_>, path: &str) -> Response {
    me.request(Method::GET, path).send().await.unwrap()
}

async fn pdf(me: &Visitor<'_>, path: &str) -> Vec<u8> {
    let answer = get(me, path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/pdf");
    assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
    answer.bytes().await.unwrap().to_vec()
}

/// A worker with a complete form at the demo's street; nothing printed, ticked or uploaded yet.
async fn filled(test: &TestApp, n: usize) -> (yuanmeng::account::Worker, Application) {
    let worker = worker(test, n).await;
    let app = &test.app;
    let draft = drafts::begin(app, &worker.id, &FormText::default())
        .await
        .unwrap();
    let street = street(app).await;
    drafts::choose_union(app, &worker.id, &draft.id, &street.id)
        .await
        .unwrap();
    let mut form = builders::form(app, n);
    form.set("name", "䶮喆犇");
    drafts::save(app, &worker.id, &draft.id, &form).await.unwrap();
    (worker, application::find(app, &draft.id).await.unwrap())
}

on_both_stores!(
    /// R-14, R-17: the file comes once the version is marked as printed; its code names number and version; a change
    /// makes the next version, which has to be printed anew.
    the_form_is_downloaded_and_its_code_read
);
async fn the_form_is_downloaded_and_its_code_read(test: &TestApp) {
    let app = &test.app;
    let (worker, draft) = filled(test, 1).await;
    let number = draft.number.clone().expect("a draft has its number");
    let mut me = Visitor::signed_in(test, &worker.id).await;
    // A GET changes nothing: what was not marked is not there to be had.
    me.get("/apply/print.pdf").await.leads("/apply/print");
    let page = me.get("/apply/print").await;
    page.shows(&number)
        .shows("第 1 版")
        .shows("sheet preview")
        .shows("秋季批次·预览");
    assert_eq!(
        application::find(app, &draft.id).await.unwrap().printed_version,
        0
    );

    me.post("/apply/print", &[("how", "pdf")])
        .await
        .leads("/apply/print.pdf");
    let answer = get(&me, "/apply/print.pdf").await;
    let name = answer.headers()[CONTENT_DISPOSITION].to_str().unwrap().to_owned();
    assert!(
        name.starts_with(&format!(
            "attachment; filename=\"form-{number}-v1.pdf\"; filename*=UTF-8''%E7%94%B3%E8%AF%B7%E8%A1%A8-"
        )),
        "{name}"
    );
    let bytes = pdf(&me, "/apply/print.pdf").await;
    assert!(bytes.len() < 150_000, "{}", bytes.len());
    let text = text_of(&bytes);
    for words in [
        "䶮喆犇",
        &number,
        "第1版",
        "崮云湖街道总工会审核意见：",
        builders::id_number(1).as_str(),
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let pages = rasterised(&bytes, "form");
    assert_eq!(pages.len(), 1);
    let code = FormCode::parse(&code_in(&pages[0]), &app.sealer).unwrap();
    assert_eq!(
        code,
        FormCode {
            number: number.clone(),
            version: 1
        }
    );
    me.get("/apply/print").await.hides("sheet preview");

    // R-17
    me.post("/apply/form/later", &[("major", "会计")])
        .await
        .leads("/apply");
    me.get("/apply/print.pdf").await.leads("/apply/print");
    me.post("/apply/print", &[]).await.leads("/apply/print");
    let again = rasterised(&pdf(&me, "/apply/print.pdf").await, "form-2");
    let code = FormCode::parse(&code_in(&again[0]), &app.sealer).unwrap();
    assert_eq!(code, FormCode { number, version: 2 });
}

on_both_stores!(
    /// R-17: what is printed is what was looked at; and another union needs another paper, which names its reviewers.
    only_what_was_seen_is_printed
);
async fn only_what_was_seen_is_printed(test: &TestApp) {
    let app = &test.app;
    let (worker, seen) = filled(test, 2).await;
    let mut me = Visitor::signed_in(test, &worker.id).await;
    me.post("/apply/form/later", &[("major", "会计")]).await;
    let version = seen.version.to_string();
    let (status, answer) = me.json("/apply/print", &[("seen", &version)]).await;
    assert_eq!(
        (status, answer["error"]["code"].as_str()),
        (StatusCode::CONFLICT, Some("changed_meanwhile"))
    );
    me.post("/apply/print", &[("seen", &version)])
        .await
        .leads("/apply/print");
    me.get("/apply/print").await.shows("刚刚有修改").shows("会计");
    assert!(matches!(
        drafts::mark_printed_as_seen(app, &seen).await,
        Err(Error::Refused(Refusal::ChangedMeanwhile))
    ));
    me.post("/apply/print", &[]).await;
    let printed = application::find(app, &seen.id).await.unwrap();
    assert_eq!((printed.form_version, printed.printed_version), (1, 1));
    let other = union(app, &["济南市医务工会"]).await;
    drafts::choose_union(app, &worker.id, &seen.id, &other.id)
        .await
        .unwrap();
    let moved = application::find(app, &seen.id).await.unwrap();
    assert_eq!((moved.form_version, moved.printed_version), (2, 1));
    me.get("/apply/print.pdf").await.leads("/apply/print");
}

on_both_stores!(
    /// R-18, ADR 0014: the number on the paper is the application's after submission, whose time is another; a draft with
    /// a number is not taken for submitted; who begins again gets another number.
    the_number_on_the_paper_stays
);
async fn the_number_on_the_paper_stays(test: &TestApp) {
    let app = &test.app;
    let (worker, draft) = filled(test, 3).await;
    let mut me = Visitor::signed_in(test, &worker.id).await;
    me.get("/progress").await.shows("data-testid=\"none\"");
    me.get("/progress/receipt.pdf").await.leads("/progress");
    me.get("/progress/withdraw").await.leads("/progress");
    me.get("/").await.shows("尚未提交");
    let street = street(app).await;
    let id = builders::ready(test, &worker, 3, &street).await;
    assert_eq!(id, draft.id);
    let done = submit::submit(app, &worker.id, &id, &worker.phone).await.unwrap();
    assert_eq!(Some(done.number.clone()), draft.number);
    assert_eq!(
        submit::submit(app, &worker.id, &id, &worker.phone).await.unwrap(),
        done
    );
    let now = application::find(app, &id).await.unwrap();
    assert_eq!(now.number, draft.number);
    assert!(now.submitted_at.is_some() && draft.submitted_at.is_none());
    withdraw::withdraw(app, &worker.id, &id).await.unwrap();
    let anew = drafts::begin(app, &worker.id, &FormText::default())
        .await
        .unwrap();
    assert!(anew.number.is_some() && anew.number != draft.number);
}

on_both_stores!(
    /// R-18, R-20: the receipt: number, time, union, unit, the place or the position at submission, papers, what is next.
    the_receipt_says_what_was_submitted
);
async fn the_receipt_says_what_was_submitted(test: &TestApp) {
    let app = &test.app;
    let small = union(app, &["国际医学中心总工会"]).await;
    let (first, first_id) = submitted(test, 1, &small).await;
    submitted(test, 2, &small).await;
    submitted(test, 3, &small).await;
    let (fourth, id) = submitted(test, 4, &small).await;
    let mut me = Visitor::signed_in(test, &fourth.id).await;
    me.get("/progress").await.shows("/progress/receipt.pdf");
    let bytes = pdf(&me, "/progress/receipt.pdf").await;
    rasterised(&bytes, "receipt-waiting");
    let application = application::find(app, &id).await.unwrap();
    let text = text_of(&bytes);
    for words in [
        application.number.as_deref().unwrap(),
        "国际医学中心总工会",
        "名额已满，候补第2位",
        "4000123318转0",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    for document in documents::of(app, &id).await.unwrap() {
        assert!(text.contains(document.kind.label()));
    }
    // Others left: the position then is still the one of then.
    withdraw::withdraw(app, &first.id, &first_id).await.unwrap();
    let text = text_of(&pdf(&me, "/progress/receipt.pdf").await);
    assert!(
        text.contains("名额已满，候补第2位") && text.contains("（候补第1位）"),
        "{text}"
    );
    let (holder, _) = submitted(test, 5, &street(app).await).await;
    let me = Visitor::signed_in(test, &holder.id).await;
    let bytes = pdf(&me, "/progress/receipt.pdf").await;
    rasterised(&bytes, "receipt");
    let text = text_of(&bytes);
    assert!(
        text.contains("已占用1个名额") && text.contains("前审完"),
        "{text}"
    );
}

on_both_stores!(
    /// R-21, R-31: an officer's copy is in clear for who decides now, masked for who looks; each look is recorded.
    an_officers_copy_is_masked_and_recorded
);
async fn an_officers_copy_is_masked_and_recorded(test: &TestApp) {
    let app = &test.app;
    let (worker, id) = submitted(test, 6, &street(app).await).await;
    let [street, unit, _] = demo_officers(app).await;
    let path = format!("/office/applications/{id}/form.pdf");
    let open = async |officer: &str| {
        let cookie = session(app, "officer", officer).await;
        let answer = test
            .http
            .get(format!("{}{path}", test.url))
            .header(COOKIE, cookie)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        text_of(&answer.bytes().await.unwrap())
    };
    let number = builders::id_number(6);
    let (clear, masked) = (open(&street.id).await, open(&unit.id).await);
    assert!(clear.contains(&number) && clear.contains("工会查阅件"));
    assert!(!masked.contains(&number) && masked.contains(&number[..6]));
    let looks: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM audit WHERE act = 'application.print' AND subject_id = $1")
            .bind(&id)
            .fetch_one(app.db.read())
            .await
            .unwrap();
    assert_eq!(looks, 2);
    let cookie = session(app, "worker", &worker.id).await;
    let answer = test
        .http
        .get(format!("{}{path}", test.url))
        .header(COOKIE, cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "an officer's door");
}

/// R-14: a character that cannot be printed is told before printing; in WeChat, what to do instead of downloading.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_tells_what_cannot_be_done() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let (worker, _) = filled(&test, 8).await;
    let mut me = Visitor::signed_in(&test, &worker.id).await;
    me.get("/apply/print")
        .await
        .hides("data-testid=\"missing\"")
        .hides("在浏览器打开");
    me.post("/apply/form/later", &[("name", "王𠮷")]).await;
    me.get("/apply/print")
        .await
        .shows("data-testid=\"missing\"")
        .shows("“姓名”中的“𠮷”");
    let request = me.request(Method::GET, "/apply/print");
    let inside = request
        .header("user-agent", "Mozilla/5.0 MicroMessenger/8.0")
        .send()
        .await
        .unwrap();
    assert!(inside.text().await.unwrap().contains("在浏览器打开"));
    test.stop().await;
}

/// R-14: a form with every field at its longest, of a 农民工, before five unions: all of it on the page, its code readable.
#[tokio::test]
async fn the_fullest_form_is_still_one_page() {
    let sealer = Sealer::new([7; 32], &[]);
    let code = FormCode {
        number: "7K3M-9PXW".to_owned(),
        version: 12345,
    };
    let mut form = FormText::default();
    let long = |n: usize| {
        "济南市长清区崮云湖街道䶮喆犇社区 12 号楼（北区）Block-A"
            .chars()
            .cycle()
            .take(n)
            .collect::<String>()
    };
    for (field, n) in [
        ("name", 30),
        ("address", 100),
        ("employer", 60),
        ("employer_contact", 30),
        ("employer_address", 100),
        ("institution", 60),
        ("major", 60),
        ("employer_phone", 24),
    ] {
        form.set(field, &long(n));
    }
    for (field, value) in [
        ("id_number", "370102199003070024"),
        ("sex", "女"),
        ("phone", "13800138001"),
        ("card", "6222021602001234568"),
        ("post", "workshop_head"),
        ("migrant", "yes"),
        ("entry_date", "2026-11-30"),
        ("level", "本科"),
        ("degree", "yes"),
    ] {
        form.set(field, value);
    }
    let paper = Paper {
        year: 2026,
        season: Season::Autumn,
        number: code.number.clone(),
        version: code.version,
        code: Code::Text(code.text(&sealer)),
        union: long(40),
        form: form.clone(),
        reviewers: (1..=5).map(|n| format!("{}第{n}工会", long(30))).collect(),
        at: Time::shanghai(2026, 11, 24, 9, 30, 0),
    };
    let bytes = print::form_pdf(paper).await.unwrap().bytes;
    assert!(bytes.len() < 150_000, "{}", bytes.len());
    let pages = rasterised(&bytes, "form-full");
    assert_eq!(pages.len(), 1);
    assert_eq!(FormCode::parse(&code_in(&pages[0]), &sealer), Ok(code));
    let text = text_of(&bytes);
    for (field, label) in application::form::FIELDS {
        let said: String = form
            .spoken(field)
            .chars()
            .filter(|c| !c.is_whitespace())
            .collect();
        assert!(text.contains(&said), "{label} {said}: {text}");
    }
}

/// R-14: the on-line page printed from a browser is one A4 page whose code can be read; without the button nothing of it
/// is printed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_prints_on_one_a4_page() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let (worker, draft) = filled(&test, 9).await;
    let cookie = session(&test.app, "worker", &worker.id).await;
    let pc = Browser::pc().await.unwrap();
    // A page without a session: a script may set the cookie there.
    let bare = format!("{}/healthz", test.url);
    pc.goto(&bare).await.unwrap();
    let set = format!("document.cookie = '{cookie}; path=/'");
    pc.script(&set, vec![]).await.unwrap();
    pc.without_printer().await.unwrap();
    pc.goto(&format!("{}/apply/print", test.url)).await.unwrap();
    pc.screenshot("print-pc").await.unwrap();
    let preview = pc.printed().await.unwrap();
    assert!(
        !text_of(&preview).contains("申请人签名"),
        "a preview is not for the printer"
    );
    pc.click("[data-testid=\"print\"]").await.unwrap();
    pc.wait_for(".sheet:not(.preview)").await.unwrap();
    eventually("the button asks for the printer once", async || {
        pc.script("return sessionStorage.asked", vec![]).await.unwrap() == "1"
    })
    .await;
    let bytes = pc.printed().await.unwrap();
    let pages = rasterised(&bytes, "online");
    assert_eq!(pages.len(), 1);
    let code = FormCode::parse(&code_in(&pages[0]), &test.app.sealer).unwrap();
    assert_eq!((Some(code.number), code.version), (draft.number, 1));
    let phone = {
        drop(pc);
        Browser::phone().await.unwrap()
    };
    phone.goto(&bare).await.unwrap();
    phone.script(&set, vec![]).await.unwrap();
    phone.goto(&format!("{}/apply/print", test.url)).await.unwrap();
    phone.screenshot("print-phone").await.unwrap();
    drop(phone);
    test.stop().await;
}
