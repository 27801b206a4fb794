//! What tests need to have in the store, made by the real use cases.

use crate::app::TestApp;
use image::{DynamicImage, ImageFormat, RgbImage};
use std::io::Cursor;
use std::time::Duration;
use yuanmeng::account::sign_ins::{self, Way};
use yuanmeng::account::{Worker, slider, sms_code, workers};
use yuanmeng::app::App;
use yuanmeng::application::{DocumentKind, FormText, documents, drafts, submit};
use yuanmeng::cli::seed;
use yuanmeng::kernel::{Phone, code, id_number};
use yuanmeng::union::{Officer, Union, officers, sessions, tree};

/// A drag to the right end.
pub fn drag() -> Vec<slider::Point> {
    (0..=20).map(|i| (i * 50, i64::from(i) * 20)).collect()
}

/// The phone of the n-th test worker.
pub fn phone(n: usize) -> String {
    format!("136{n:08}")
}

/// An identity number of Jinan, female, different for every n below 100,000.
pub fn id_number(n: usize) -> String {
    let body = format!(
        "370102{:04}{:02}{:02}{:02}2",
        1960 + n / 12 / 28 / 100 % 40,
        n / 28 / 100 % 12 + 1,
        n / 100 % 28 + 1,
        n % 100
    );
    format!("{body}{}", id_number::check_digit(body.as_bytes()) as char)
}

/// A right form for the n-th test worker.
pub fn form(app: &App, n: usize) -> FormText {
    FormText::from_posted([
        ("name", "王小梅"),
        ("id_number", &id_number(n)),
        ("sex", "女"),
        ("phone", &phone(n)),
        ("address", "济南市长清区崮云湖街道 1 号"),
        ("card", "6222021602001234568"),
        ("employer", "济南示范机械有限公司"),
        ("employer_contact", "刘主任"),
        ("employer_address", "济南市长清区工业南路 9 号"),
        ("employer_phone", "0531-85826289"),
        ("post", "worker"),
        ("migrant", "no"),
        ("entry_date", &format!("{}-09-01", app.now().year())),
        ("level", "大专"),
        ("degree", "no"),
        ("institution", "山东开放大学"),
        ("major", "机电一体化技术"),
    ])
}

/// A small picture that passes the checks.
pub fn picture() -> Vec<u8> {
    let image = RgbImage::from_fn(32, 20, |x, y| image::Rgb([(x * 8) as u8, (y * 12) as u8, 99]));
    let mut out = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(image)
        .write_to(&mut out, ImageFormat::Png)
        .expect("a picture");
    out.into_inner()
}

async fn first_code(app: &TestApp, phone: &str) -> String {
    for _ in 0..1000 {
        let mut newest = app.sms(phone).await.into_iter().rev();
        if let Some(text) = newest.find(|text| text.contains("验证码")) {
            return text;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no code came within 10 s");
}

/// The code in the newest text message to a number; waits for the first one, which a browser's tap may have only asked for.
pub async fn code_of(app: &TestApp, phone: &str) -> String {
    let text = first_code(app, phone).await;
    text.chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect()
}

/// A worker who signed up with slider and SMS code.
pub async fn worker(test: &TestApp, n: usize) -> Worker {
    let (app, phone) = (&test.app, phone(n));
    let address = format!("10.{}.{}.{}", n / 65536 % 256, n / 256 % 256, n % 256);
    let challenge = slider::challenge(app).await.unwrap();
    let pass = slider::solve(app, &address, &challenge, &drag()).await.unwrap();
    sms_code::send(app, &Phone::stored(phone.clone()), &address, &pass)
        .await
        .unwrap();
    let code = code_of(test, &phone).await;
    let typed = workers::SignUp {
        phone: &phone,
        code: &code,
        name: "王小梅",
        employer: "济南示范机械有限公司",
        study_plan: false,
    };
    workers::sign_up(app, &typed).await.unwrap().0
}

/// A union of the demo by the names from the unit down.
pub async fn union(app: &App, path: &[&str]) -> Union {
    let mut at: Option<Union> = None;
    for name in path {
        let below = tree::choices(app, at.as_ref().map(|u| u.id.as_str()))
            .await
            .unwrap();
        at = Some(
            below
                .into_iter()
                .find(|u| u.name == *name)
                .unwrap_or_else(|| panic!("no union {name}")),
        );
    }
    at.expect("a path")
}

/// The demo's street with an officer at each of its three levels.
pub async fn street(app: &App) -> Union {
    union(app, &[seed::UNIT, seed::STREET]).await
}

/// The demo's officers: street, unit, centre.
pub async fn demo_officers(app: &App) -> [Officer; 3] {
    let mut found = Vec::new();
    for officer in &seed::OFFICERS {
        let phone = Phone::stored(officer.phone.to_owned());
        found.push(
            officers::check_password(app, &phone, seed::PASSWORD)
                .await
                .unwrap(),
        );
    }
    found.try_into().unwrap_or_else(|_| panic!("three officers"))
}

/// A draft of the n-th worker with everything that is needed to submit it; gives its id.
pub async fn ready(test: &TestApp, worker: &Worker, n: usize, union: &Union) -> String {
    let app = &test.app;
    let draft = drafts::begin(app, &worker.id, &FormText::default())
        .await
        .unwrap();
    drafts::choose_union(app, &worker.id, &draft.id, &union.id)
        .await
        .unwrap();
    drafts::save(app, &worker.id, &draft.id, &form(app, n))
        .await
        .unwrap();
    drafts::mark_printed(app, &worker.id, &draft.id).await.unwrap();
    drafts::tick_checks(app, &worker.id, &draft.id, [true; 4])
        .await
        .unwrap();
    for kind in DocumentKind::needed(true) {
        documents::upload(app, &worker.id, &draft.id, kind, picture())
            .await
            .unwrap();
    }
    draft.id
}

/// A submitted application of a new worker; gives worker and application id.
pub async fn submitted(test: &TestApp, n: usize, union: &Union) -> (Worker, String) {
    let worker = worker(test, n).await;
    let id = ready(test, &worker, n, union).await;
    submit::submit(&test.app, &worker.id, &id, &worker.phone)
        .await
        .unwrap();
    (worker, id)
}

/// The CSRF token of sessions made here.
pub const CSRF: &str = "token-of-the-test";

/// A signed-in session, as the `Cookie` header's value. `who` is `worker` or `officer`.
pub async fn session(app: &App, who: &str, id: &str) -> String {
    let secret = app.entropy.token();
    let mut entries = serde_json::json!({ who: id, "csrf": CSRF });
    if who == "worker" {
        let sign_in = sign_ins::begin(app, id, Way::Sms, "浏览器", None).await.unwrap();
        entries["sign_in"] = sign_in.into();
    }
    if who == "officer" {
        let officer = officers::find(app, id).await.unwrap();
        entries["officer_session"] = sessions::begin(app, &officer, "测试").await.unwrap().into();
    }
    let key = format!("session:{}", code::sha256_hex(secret.as_bytes()));
    app.cache
        .set(&key, &entries.to_string(), Duration::from_secs(3600))
        .await
        .unwrap();
    format!("yuanmeng={secret}")
}
