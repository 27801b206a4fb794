//! Phone and PC at once: nothing typed is lost; checked as typed by the rules of submission (R-4 … R-7);
//! names from a list.

use crate::acts::wrong_field;
use crate::app::TestApp;
use crate::builders::{self, ready, street, submitted, worker};
use crate::on_both_stores;
use crate::visitor::Visitor;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use yuanmeng::application::{self, drafts, submit};
use yuanmeng::kernel::Refusal;

/// An open page of the form: what it has seen, and its name.
struct Open<'a> {
    me: Visitor<'a>,
    seen: String,
    editor: String,
}

fn hidden(html: &str, name: &str) -> String {
    let at = html
        .find(&format!("name=\"{name}\" value=\""))
        .unwrap_or_else(|| panic!("no {name}"));
    html[at + name.len() + 15..].split('"').next().unwrap().to_owned()
}

impl<'a> Open<'a> {
    async fn new(test: &'a TestApp, worker_id: &str) -> Self {
        let mut me = Visitor::signed_in(test, worker_id).await;
        let page = me.get("/apply/form").await;
        Open {
            seen: hidden(&page.html, "seen"),
            editor: hidden(&page.html, "editor"),
            me,
        }
    }

    /// What the page's script sends while typing, and takes from the answer.
    async fn save(&mut self, fields: &[(&str, &str)]) -> Value {
        let mut sent = fields.to_vec();
        let (seen, editor) = (self.seen.clone(), self.editor.clone());
        sent.extend([("seen", seen.as_str()), ("editor", editor.as_str())]);
        let (status, answer) = self.me.json("/apply/form/draft", &sent).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        self.seen = answer["seen"].as_str().unwrap().to_owned();
        answer
    }
}

/// Two devices that saw the same form type different majors: one of them waits for the worker's choice.
pub async fn differ(test: &TestApp, worker_id: &str) {
    let (mut phone, mut pc) = (Open::new(test, worker_id).await, Open::new(test, worker_id).await);
    phone.save(&[("major", "会计")]).await;
    pc.save(&[("major", "软件技术")]).await;
}

async fn stored(test: &TestApp, id: &str, field: &str) -> String {
    let application = application::find(&test.app, id).await.unwrap();
    application.form(&test.app).unwrap().get(field).to_owned()
}

on_both_stores! {
    /// what only one device changed is merged; what both changed is the worker's choice, and waits for it.
    two_devices_lose_nothing
}
async fn two_devices_lose_nothing(test: &TestApp) {
    let who = worker(test, 1).await;
    let id = ready(test, &who, 1, &street(&test.app).await).await;
    let (mut phone, mut pc) = (Open::new(test, &who.id).await, Open::new(test, &who.id).await);
    let form = builders::form(&test.app, 1);
    let (address, major) = (form.get("address").to_owned(), form.get("major").to_owned());

    // Each page sends all of its fields, the untouched ones as it saw them.
    let answer = phone
        .save(&[("address", "长清区大学路 1 号"), ("major", &major)])
        .await;
    assert_eq!(answer["conflicts"].as_array().unwrap().len(), 0, "{answer}");
    let answer = pc.save(&[("address", &address), ("major", "软件技术")]).await;
    assert_eq!(
        answer["fields"]["address"], "长清区大学路 1 号",
        "the PC is told: {answer}"
    );
    assert_eq!(stored(test, &id, "address").await, "长清区大学路 1 号");
    assert_eq!(stored(test, &id, "major").await, "软件技术");

    // The same field in both places: the phone has not seen the PC's.
    for _ in 0..2 {
        let answer = phone.save(&[("major", "会计信息管理")]).await;
        let told = &answer["conflicts"][0];
        assert_eq!(
            (&told["mine"], &told["theirs"]),
            (&Value::from("会计信息管理"), &Value::from("软件技术"))
        );
    }
    assert_eq!(
        stored(test, &id, "major").await,
        "软件技术",
        "nobody's is overwritten"
    );
    // However the pages are closed: both values are there, and submitting waits for the choice.
    let page = phone.me.get("/apply/form").await;
    page.shows("没有采用")
        .shows("改用“会计信息管理”")
        .shows("value=\"软件技术\"");
    phone
        .me
        .get("/apply/confirm")
        .await
        .shows("您在两处填写的内容不同");
    let refused = submit::submit(&test.app, &who.id, &id, &who.phone).await;
    assert_eq!(wrong_field(refused), ("major", Refusal::TwoAnswers));
    let key = format!("major {}", phone.editor);
    phone
        .me
        .post("/apply/form/choose", &[("use", &key)])
        .await
        .leads("/apply/form#f-major");
    assert_eq!(stored(test, &id, "major").await, "会计信息管理");
    phone
        .me
        .get("/apply/form")
        .await
        .hides("没有采用")
        .shows("已按您的选择保存报考专业");

    // The other choice: what stands, stands.
    let answer = pc.save(&[("major", "护理")]).await;
    assert_eq!(answer["conflicts"][0]["theirs"], "会计信息管理", "{answer}");
    let key = format!("major {}", pc.editor);
    pc.me
        .post("/apply/form/choose", &[("drop", &key)])
        .await
        .leads("/apply/form#f-major");
    assert_eq!(stored(test, &id, "major").await, "会计信息管理");
    let application = application::find(&test.app, &id).await.unwrap();
    let form = application.form(&test.app).unwrap();
    assert!(
        drafts::pending(&test.app, &application, &form)
            .await
            .unwrap()
            .is_empty()
    );
}

on_both_stores! {
    /// twenty saves of different fields at the same moment all arrive.
    saves_at_the_same_moment_all_arrive
}
async fn saves_at_the_same_moment_all_arrive(test: &TestApp) {
    let who = worker(test, 1).await;
    let draft = drafts::begin(&test.app, &who.id, &Default::default())
        .await
        .unwrap();
    let open = Open::new(test, &who.id).await;
    let fields = ["name", "address", "employer", "major"];
    let mut at_once = tokio::task::JoinSet::new();
    for field in fields {
        let (app, worker_id, id, seen) = (
            test.app.clone(),
            who.id.clone(),
            draft.id.clone(),
            open.seen.clone(),
        );
        at_once.spawn(async move {
            let typed = application::FormText::from_posted([(field, "同时填写")]);
            let edit = drafts::Edit {
                seen: Some(&seen),
                editor: field,
                settled: &[],
            };
            drafts::save_seen(&app, &worker_id, &id, &typed, &edit)
                .await
                .unwrap()
        });
    }
    assert!(
        at_once
            .join_all()
            .await
            .iter()
            .all(|saved| saved.conflicts.is_empty())
    );
    for field in fields {
        assert_eq!(stored(test, &draft.id, field).await, "同时填写", "{field}");
    }
}

on_both_stores! {
    /// told while typing, in the words of the refusal at submission; the level rule as soon as it can
    /// be known, and on every page.
    what_is_wrong_is_told_while_typing
}
async fn what_is_wrong_is_told_while_typing(test: &TestApp) {
    let street = street(&test.app).await;
    let (_, other) = submitted(test, 1, &street).await;
    let number = application::find(&test.app, &other)
        .await
        .unwrap()
        .number
        .unwrap();
    let who = worker(test, 2).await;
    drafts::begin(&test.app, &who.id, &Default::default())
        .await
        .unwrap();
    let mut page = Open::new(test, &who.id).await;
    let errors = page
        .save(&[
            ("id_number", "370102199003070021"),
            ("card", "6217001234567890120"),
            ("phone", "13800138009"),
            ("entry_date", "2019-09-01"),
            ("name", ""),
        ])
        .await["errors"]
        .clone();
    for (field, refusal) in [
        ("id_number", Refusal::IdNumberChecksum),
        ("phone", Refusal::PhoneNotProven),
        (
            "entry_date",
            Refusal::NotEnrolledThisYear {
                year: test.app.now().year(),
            },
        ),
    ] {
        assert_eq!(errors[field], refusal.text(), "{errors}");
    }
    assert!(errors["card"].as_str().unwrap().contains("银行卡"), "{errors}");
    assert!(errors.get("name").is_none(), "empty is no mistake yet: {errors}");

    // The same person under another phone: R-5 at once.
    let answer = page
        .save(&[
            ("id_number", &builders::id_number(1)),
            ("level", "大专"),
            ("card", "６２２２０２１６０２００１２３４５６８"),
        ])
        .await;
    let year = Refusal::AlreadyThisYear {
        number: number.clone(),
    };
    let level = Refusal::AlreadyThisLevel {
        level: "大专",
        number,
    };
    assert_eq!(answer["errors"]["id_number"], year.text(), "{answer}");
    assert_eq!(answer["errors"]["level"], level.text());
    assert!(
        answer["errors"].get("card").is_none(),
        "full-width digits are digits"
    );
    assert_eq!(answer["tidied"]["card"], "6222021602001234568");
    for path in ["/apply", "/apply/form", "/apply/union", "/apply/confirm"] {
        page.me.get(path).await.shows("此身份证号今年已有一份申请");
    }
    // Other people's numbers cannot be tried out.
    for n in 10..30 {
        page.save(&[("id_number", &builders::id_number(n))]).await;
    }
    let answer = page.save(&[("id_number", &builders::id_number(1))]).await;
    assert_eq!(
        answer["errors"]["id_number"],
        year.text(),
        "one's own was seen before"
    );
    let (_, unseen) = submitted(test, 31, &street).await;
    assert!(
        application::find(&test.app, &unseen)
            .await
            .unwrap()
            .number
            .is_some()
    );
    let answer = page.save(&[("id_number", &builders::id_number(31))]).await;
    assert!(answer["errors"].get("id_number").is_none(), "{answer}");
}

on_both_stores! {
    /// until when and how many places, on every page; names from a list, and "not in the list".
    the_standing_and_the_lists
}
async fn the_standing_and_the_lists(test: &TestApp) {
    let who = worker(test, 1).await;
    let street = street(&test.app).await;
    let id = ready(test, &who, 1, &street).await;
    let mut me = Visitor::signed_in(test, &who.id).await;
    for path in [
        "/apply/union",
        "/apply/form",
        "/apply/print",
        "/apply/documents",
        "/apply/confirm",
    ] {
        me.get(path)
            .await
            .shows("data-testid=\"standing\"")
            .shows("24:00 截止")
            .shows("个名额")
            .shows("每人每年、每个学历层次只能申请一次");
    }
    let items = async |me: &Visitor<'_>, path: &str| {
        let answer = me.request(Method::GET, path).send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let found = items(&me, "/apply/form/choices/institution?q=sdkf").await;
    assert_eq!(found[0], "山东开放大学");
    assert!(
        items(&me, "/apply/form/choices/id_number?q=3701")
            .await
            .is_empty()
    );
    // Without script: the list stands in the page; a name of one's own is kept and accepted.
    me.get("/apply/form")
        .await
        .shows("<option>山东财经大学</option>")
        .shows("data-choices");
    let mut typed = builders::form(&test.app, 1);
    typed.set("institution", "某某境外大学");
    drafts::save(&test.app, &who.id, &id, &typed).await.unwrap();
    me.get("/apply/form")
        .await
        .shows("不在列表中，将按您填写的名称提交")
        .shows("value=\"某某境外大学\"");
    me.get("/apply/print").await.shows("某某境外大学");
}
