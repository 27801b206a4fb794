//! Ready-made sentences: a union's own, inherited, in order, switched off, changed (R-22, ux.md).

use super::{Answer, Desk, officer, path, state};
use crate::acts::texts;
use crate::app::TestApp;
use crate::builders::{CSRF, demo_officers, street, submitted};
use crate::on_both_stores;
use serde_json::{Value, json};
use yuanmeng::app::App;
use yuanmeng::application::State;
use yuanmeng::kernel::Refusal;
use yuanmeng::review::phrases::{self, Phrase};
use yuanmeng::review::{ReasonCode, Verdict};
use yuanmeng::union::{Officer, Role, tree};

const PAGE: &str = "/office/phrases";
const FIRST: &str = "请补盖区总工会要求的骑缝章。";
const SECOND: &str = "请到区总工会窗口核对原件。";

/// The street's officer and the unit's, their desks, and an application at the street; the unit has two sentences of its own.
async fn two_sentences(test: &TestApp) -> ([Officer; 2], [Desk<'_>; 2], String) {
    let app = &test.app;
    let [at_street, at_unit, _] = demo_officers(app).await;
    let (_, id) = submitted(test, 1, &street(app).await).await;
    let (unit, below) = (
        Desk::of(test, &at_unit.id).await,
        Desk::of(test, &at_street.id).await,
    );
    for text in [FIRST, SECOND] {
        add(&unit, text).await;
    }
    ([at_street, at_unit], [below, unit], id)
}

on_both_stores! {
    /// A union adds, orders and deletes its own; those below it have them too, and switch off what they do not want.
    sentences_are_inherited
}
async fn sentences_are_inherited(test: &TestApp) {
    let app = &test.app;
    let ([at_street, at_unit], [below, unit], id) = two_sentences(test).await;
    let wrong = [
        ("csrf", CSRF),
        ("act", "add"),
        ("verdict", "pass"),
        ("why", "x"),
        ("fix", "y"),
        ("text", ""),
    ];
    let again = unit.post(PAGE, &wrong).await;
    assert!(
        again.status == 422 && again.text.contains("原因分类：请从列表中选择一项"),
        "{}",
        again.text
    );

    let two = own(app, &at_unit).await;
    assert_eq!(
        unit.post(PAGE, &[("csrf", CSRF), ("act", "down"), ("id", &two[0].id)])
            .await
            .status,
        303
    );
    let turned = own(app, &at_unit).await;
    assert_eq!((&turned[0].id, &turned[1].id), (&two[1].id, &two[0].id));

    // On the desk of the street: inherited; what it switches off is gone there alone.
    assert!(below.get(&path(&id)).await.text.contains("骑缝章"));
    for off in [two[0].id.as_str(), "seal"] {
        assert_eq!(
            below
                .post(PAGE, &[("csrf", CSRF), ("act", "off"), ("id", off)])
                .await
                .status,
            303
        );
    }
    let desk = below.get(&path(&id)).await.text;
    assert!(!desk.contains("骑缝章") && !desk.contains("公章不清楚") && desk.contains("窗口核对原件"));
    let on = |all: Vec<Phrase>, id: &str| all.iter().find(|p| p.id == id).unwrap().on;
    assert!(on(phrases::all(app, &at_unit).await.unwrap(), "seal"));
    assert_eq!(
        below
            .post(PAGE, &[("csrf", CSRF), ("act", "on"), ("id", "seal")])
            .await
            .status,
        303
    );
    assert!(on(phrases::all(app, &at_street).await.unwrap(), "seal"));
    // What the unit switches off is off below, and only the unit switches it on.
    assert_eq!(
        unit.post(PAGE, &[("csrf", CSRF), ("act", "off"), ("id", "seal")])
            .await
            .status,
        303
    );
    assert!(!on(phrases::all(app, &at_street).await.unwrap(), "seal"));

    // Not one's own, not there, without the right.
    assert_eq!(
        below
            .post(PAGE, &[("csrf", CSRF), ("act", "remove"), ("id", &two[0].id)])
            .await
            .status,
        404
    );
    assert_eq!(
        below
            .post(PAGE, &[("csrf", CSRF), ("act", "off"), ("id", "no")])
            .await
            .status,
        404
    );
    assert_eq!(
        below
            .post(PAGE, &[("csrf", CSRF), ("act", "burn"), ("id", "seal")])
            .await
            .status,
        400
    );
    let finance = officer(test, &at_street.union, "13900139008", &[Role::Finance]).await;
    let finance = Desk::of(test, &finance).await;
    assert_eq!(
        finance
            .post(PAGE, &[("csrf", CSRF), ("act", "off"), ("id", "seal")])
            .await
            .status,
        403
    );
    assert_eq!(
        unit.post(PAGE, &[("csrf", CSRF), ("act", "remove"), ("id", &two[0].id)])
            .await
            .status,
        303
    );
    assert_eq!(own(app, &at_unit).await.len(), 1);
}

/// Adds a sentence that asks for a seal.
async fn add(desk: &Desk<'_>, text: &str) {
    let fields = [
        ("csrf", CSRF),
        ("act", "add"),
        ("verdict", "return"),
        ("why", "no_seal"),
        ("fix", "stamped_form"),
        ("text", text),
    ];
    assert_eq!(desk.post(PAGE, &fields).await.status, 303);
}

/// Sends the form that changes the sentence `id`, made for what `seen` marks.
async fn edit(
    desk: &Desk<'_>,
    (id, seen): (&str, &str),
    (verdict, why, fix, text): (&str, &str, &str, &str),
) -> Answer {
    let fields = [
        ("csrf", CSRF),
        ("act", "edit"),
        ("id", id),
        ("seen", seen),
        ("verdict", verdict),
        ("why", why),
        ("fix", fix),
        ("text", text),
    ];
    desk.post(PAGE, &fields).await
}

/// The own sentences of an officer's union, in order.
async fn own(app: &App, officer: &Officer) -> Vec<Phrase> {
    let mut all = phrases::all(app, officer).await.unwrap();
    all.retain(|phrase| phrase.own);
    all
}

/// What the trail keeps of an officer's changes of sentences.
async fn changes(app: &App, officer_id: &str) -> Vec<Value> {
    let sql = "SELECT detail FROM audit WHERE act = 'phrase.edit' AND actor_id = $1 ORDER BY at, id";
    let lines = texts(app, sql, officer_id).await;
    lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

on_both_stores! {
    /// one's own is changed where it stands; the desk below has it at once; the trail keeps both.
    one_s_own_is_changed
}
async fn one_s_own_is_changed(test: &TestApp) {
    let app = &test.app;
    let ([_, at_unit], [below, unit], id) = two_sentences(test).await;
    let before = own(app, &at_unit).await;
    // The form has what stands, and what it was made for; no script is needed to send it.
    let page = unit.get(PAGE).await;
    let seen = page.field("seen");
    assert_eq!(seen, phrases::mark(&before[0]));
    let field = format!("id=\"f-text-1\" name=\"text\" value=\"{FIRST}\"");
    assert!(page.text.contains(&field), "{}", page.text);
    assert_eq!(page.text.matches("data-testid=\"edit\"").count(), 2);

    const NEW: &str = "申请表骑缝章处缺少本人签名，请补签后重新上传。";
    let answer = edit(
        &unit,
        (&before[0].id, &seen),
        ("return", "not_signed", "stamped_form", NEW),
    )
    .await;
    assert_eq!((answer.status, answer.location()), (303, PAGE));
    let changed = Phrase {
        code: ReasonCode::NotSigned,
        text: NEW.to_owned(),
        ..before[0].clone()
    };
    assert_eq!(own(app, &at_unit).await, [changed, before[1].clone()]);

    // Used at the street's desk, with the code and the tick that it has now.
    let desk = below.get(&path(&id)).await.text;
    let button = format!("data-phrase=\"{NEW}\" data-fix=\"stamped_form\" data-code=\"not_signed\"");
    assert!(desk.contains(&button) && !desk.contains(FIRST), "{desk}");
    let fields = [
        ("verdict", "return"),
        ("code", "not_signed"),
        ("fix-stamped_form", "on"),
        ("reason", NEW),
    ];
    assert_eq!(below.decide(&id, &fields).await.status, 303);
    assert_eq!(state(test, &id).await, State::Returned);

    // A rejection ticks nothing, whatever is sent.
    let seen = phrases::mark(&before[1]);
    let fields = ("reject", "no_seal", "stamped_form", SECOND);
    assert_eq!(edit(&unit, (&before[1].id, &seen), fields).await.status, 303);
    let rejects = own(app, &at_unit).await.remove(1);
    assert_eq!((rejects.verdict, rejects.fix.as_str()), (Verdict::Reject, ""));

    let lines = changes(app, &at_unit.id).await;
    assert_eq!(lines.len(), 2);
    let kept = json!({
        "phrase": before[0].id, "from": FIRST, "to": NEW,
        "verdict": null, "code": ["no_seal", "not_signed"], "fix": null,
    });
    assert_eq!(lines[0], kept);
    assert_eq!(lines[1]["verdict"], json!(["return", "reject"]));
    assert_eq!(lines[1]["fix"], json!(["stamped_form", ""]));
    let supervisor = officer(test, &at_unit.union, "13900139008", &[Role::Supervisor]).await;
    let supervisor = Desk::of(test, &supervisor).await;
    let trail = supervisor.get("/office/audit?act=phrase.edit").await.text;
    assert_eq!(trail.matches("data-testid=\"entry\"").count(), 2, "{trail}");
    assert!(trail.contains("<td data-th=\"操作\">修改常用语</td>") && trail.contains(NEW));
}

on_both_stores! {
    /// what is built in, inherited, another union's or deleted is not changed; that is said, and
    /// what was typed can be added.
    what_is_not_one_s_own_is_not_changed
}
async fn what_is_not_one_s_own_is_not_changed(test: &TestApp) {
    let app = &test.app;
    let [at_street, at_unit, _] = demo_officers(app).await;
    let units = tree::choices(app, None).await.unwrap();
    let elsewhere = units.iter().find(|one| one.id != at_unit.union.id).unwrap();
    let elsewhere = officer(test, elsewhere, "13900139007", &[Role::Reviewer]).await;
    let (unit, below, elsewhere) = (
        Desk::of(test, &at_unit.id).await,
        Desk::of(test, &at_street.id).await,
        Desk::of(test, &elsewhere).await,
    );
    add(&unit, FIRST).await;
    let standing = own(app, &at_unit).await.remove(0);
    let mark = phrases::mark(&standing);
    let page = below.get(PAGE).await.text;
    assert!(page.contains("这里的句子不能修改或删除") && !page.contains("data-testid=\"edit\""));

    const TYPED: &str = "请补盖街道总工会的公章。";
    let fields = ("return", "no_seal", "stamped_form", TYPED);
    for (desk, id) in [
        (&below, standing.id.as_str()),
        (&below, "seal"),
        (&below, "no"),
        (&elsewhere, standing.id.as_str()),
    ] {
        let answer = edit(desk, (id, &mark), fields).await;
        assert_eq!(answer.status, 422, "{id}");
        assert!(answer.text.contains("data-testid=\"not-own\""), "{}", answer.text);
        let kept = format!("id=\"f-text\" name=\"text\" value=\"{TYPED}\"");
        assert!(answer.text.contains(&kept), "{}", answer.text);
        let option = "<option value=\"no_seal\" selected>";
        assert!(answer.text.contains(option), "{}", answer.text);
    }
    let finance = officer(test, &at_unit.union, "13900139008", &[Role::Finance]).await;
    let finance = Desk::of(test, &finance).await;
    assert_eq!(edit(&finance, (&standing.id, &mark), fields).await.status, 403);
    assert_eq!(own(app, &at_unit).await, std::slice::from_ref(&standing));

    let remove = [("csrf", CSRF), ("act", "remove"), ("id", standing.id.as_str())];
    assert_eq!(unit.post(PAGE, &remove).await.status, 303);
    let answer = edit(&unit, (&standing.id, &mark), fields).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.contains("data-testid=\"not-own\"") && answer.text.contains(TYPED));
    assert!(own(app, &at_unit).await.is_empty());
    let edits = changes(app, &at_unit.id).await.len() + changes(app, &at_street.id).await.len();
    assert_eq!(edits, 0);
}

on_both_stores! {
    /// the bounds of adding; what was typed stays in its form; a colleague's change is not passed over.
    what_is_typed_stays_in_its_form
}
async fn what_is_typed_stays_in_its_form(test: &TestApp) {
    let app = &test.app;
    let [_, at_unit, _] = demo_officers(app).await;
    let unit = Desk::of(test, &at_unit.id).await;
    add(&unit, FIRST).await;
    add(&unit, SECOND).await;
    let before = own(app, &at_unit).await;
    let (id, mark) = (before[1].id.as_str(), phrases::mark(&before[1]));
    let long = "长".repeat(phrases::LONGEST + 1);
    for (fields, says) in [
        (("return", "unclear", "receipt", " "), "这句话：请填写此项"),
        (("return", "unclear", "receipt", "短"), "这句话：太短了"),
        (("return", "unclear", "receipt", long.as_str()), "这句话：太长了"),
        (("pass", "unclear", "receipt", SECOND), "用于：请从列表中选择一项"),
        (("return", "x", "receipt", SECOND), "原因分类：请从列表中选择一项"),
        (("return", "unclear", "x", SECOND), "同时勾选：请从列表中选择一项"),
    ] {
        let answer = edit(&unit, (id, &mark), fields).await;
        assert_eq!(answer.status, 422, "{says}");
        let typed = format!("id=\"f-text-2\" name=\"text\" value=\"{}\"", fields.3);
        for part in [says, &typed, "<details open>"] {
            assert!(answer.text.contains(part), "{part}: {}", answer.text);
        }
        assert_eq!(answer.text.matches("<details open>").count(), 1);
        // Only its own form has what was typed.
        assert!(answer.text.contains("id=\"f-text\" name=\"text\" value=\"\""));
    }
    assert_eq!(own(app, &at_unit).await, before);

    // Two colleagues open the form; the second sees what the first made of it before it is overwritten.
    const MINE: &str = "请本人到区总工会窗口核对。";
    const THEIRS: &str = "请带原件到区总工会三楼窗口。";
    let sent = |text| ("return", "unclear", "receipt", text);
    assert_eq!(edit(&unit, (id, &mark), sent(THEIRS)).await.status, 303);
    let answer = edit(&unit, (id, &mark), sent(MINE)).await;
    assert_eq!(answer.status, 422);
    let typed = format!("id=\"f-text-2\" name=\"text\" value=\"{MINE}\"");
    for part in [&Refusal::SeenChanged.text(), &format!("<b>{THEIRS}</b>"), &typed] {
        assert!(answer.text.contains(part), "{part}: {}", answer.text);
    }
    let standing = own(app, &at_unit).await.remove(1);
    assert_eq!(standing.text, THEIRS);
    let mark = phrases::mark(&standing);
    assert!(answer.text.contains(&format!("name=\"seen\" value=\"{mark}\"")));
    assert_eq!(edit(&unit, (id, &mark), sent(MINE)).await.status, 303);
    assert_eq!(own(app, &at_unit).await[1].text, MINE);
    assert_eq!(changes(app, &at_unit.id).await.len(), 2);
}
