//! What is refused because something happened meanwhile, or its days are over: a plain sentence, nothing changed, one line in
//! the trail (issue 5). Unions that join and move, passes that are taken back; places: `refused_places`.

use super::joining::{PASSWORD, door, invite, joined, register, trail, typed};
use super::{Answer, Desk};
use crate::acts::{decide_now, number, officer};
use crate::app::TestApp;
use crate::builders::{CSRF, demo_officers, submitted, union};
use crate::on_both_stores;
use crate::visitor::Visitor;
use serde_json::json;
use yuanmeng::application;
use yuanmeng::kernel::Refusal;
use yuanmeng::kernel::time::DAY;
use yuanmeng::review::Verdict;
use yuanmeng::union::invitations::Invitation;
use yuanmeng::union::registrations::{State, Typed};
use yuanmeng::union::tree::{self, NewUnion};
use yuanmeng::union::{Kind, Officer, Role, approval};

/// The answer has this status, and these words stand on its page.
#[track_caller]
pub(super) fn says(answer: &Answer, status: u16, words: &str) {
    assert!(
        answer.status == status && answer.text.contains(words),
        "{} instead of {status}, or without {words}:\n{}",
        answer.status,
        answer.text
    );
}

/// The refused acts in the trail about a subject, oldest first: what and why.
pub(super) async fn refusals(test: &TestApp, subject: &str) -> Vec<String> {
    let lines = trail(test, subject).await.into_iter();
    lines
        .filter_map(|line| line.strip_prefix("refused ").map(str::to_owned))
        .collect()
}

/// What the registration page sends.
fn posted<'a>(typed: &Typed<'a>) -> [(&'static str, &'a str); 9] {
    [
        ("name", typed.name),
        ("contact", typed.contact),
        ("address", typed.address),
        ("office_phone", typed.office_phone),
        ("officer_name", typed.officer_name),
        ("phone", typed.phone),
        ("code", typed.code),
        ("password", typed.password),
        ("again", typed.again),
    ]
}

/// How often an invitation was used, and how many registrations came by it.
async fn used(test: &TestApp, invitation: &Invitation) -> (i64, i64) {
    let uses = "SELECT uses FROM invitations WHERE id = $1";
    let filed = "SELECT COUNT(*) FROM registrations WHERE invitation_id = $1";
    let (app, id) = (&test.app, &invitation.id);
    (number(app, uses, id).await, number(app, filed, id).await)
}

on_both_stores! {
    /// R-25, bad input: an invitation's days end while its page is open: page and form are told so, with whom to ask, and a
    /// registration that is right in everything is not stored.
    an_invitation_expires
}
async fn an_invitation_expires(test: &TestApp) {
    let [_, unit, _] = demo_officers(&test.app).await;
    let old = invite(test, &unit, Kind::Street, "1").await.invitation;
    let path = old.path(&test.app).unwrap();
    let mut visitor = Visitor::new(test);
    visitor.get(&path).await.shows("data-testid=\"submit\"");
    let phone = "13700137081";
    let code = visitor.code(phone).await;
    assert_eq!(trail(test, &old.id).await, ["invitation.create"]);

    test.app.clock.advance(14 * DAY);
    let filled = typed("双泉街道总工会", phone, &code);
    let opened = visitor.get(&path).await;
    let sent = visitor.post(&path, &posted(&filled)).await;
    for page in [opened, sent] {
        assert_eq!(page.status, 410);
        page.shows("data-testid=\"closed\"")
            .shows(&Refusal::InvitationExpired.text())
            .shows("请联系长清区总工会的李强重新邀请")
            .hides(PASSWORD);
    }
    assert_eq!(used(test, &old).await, (0, 0), "nothing is stored");
    assert_eq!(
        trail(test, &old.id).await,
        [
            "invitation.create",
            "refused registration.file invitation_expired",
            "refused registration.file invitation_expired",
        ],
        "a line for the page, a line for the form"
    );
}

/// Scans an invitation's code as a user of the simulator; what the account answers, in words.
async fn scan(test: &TestApp, user: &str, invitation: &Invitation) -> String {
    let scan = json!({ "user": user, "scene": invitation.scene() });
    let answer = test.sim_post("/sim/scan", scan).await;
    let text = answer["reply"]["text"].as_str();
    text.unwrap_or_else(|| panic!("no words: {answer}")).to_owned()
}

on_both_stores! {
    /// R-25, bad input: who scans an invitation that was used, or whose days are over, is told so and whom to ask.
    closed_invitations_are_scanned
}
async fn closed_invitations_are_scanned(test: &TestApp) {
    let [_, unit, _] = demo_officers(&test.app).await;
    let guest = invite(test, &unit, Kind::Street, "1").await;
    register(test, &guest, "双泉街道总工会", "13700137082").await;
    let old = invite(test, &unit, Kind::Street, "1").await.invitation;
    let new = json!({ "user": "sun", "nickname": "孙立", "phone": "13700137083" });
    test.sim_post("/sim/users", new).await;

    let told = |refusal: Refusal| format!("{}。请联系长清区总工会的李强重新邀请。", refusal.text());
    let answer = scan(test, "wang", &guest.invitation).await;
    assert!(answer.contains(&told(Refusal::InvitationUsedUp)), "{answer}");
    test.app.clock.advance(14 * DAY);
    let answer = scan(test, "sun", &old).await;
    assert!(answer.contains(&told(Refusal::InvitationExpired)), "{answer}");
    for (invitation, uses, code) in [
        (&guest.invitation, 1, "invitation_used_up"),
        (&old, 0, "invitation_expired"),
    ] {
        assert_eq!(used(test, invitation).await, (uses, uses));
        let line = format!("registration.file {code}");
        assert_eq!(refusals(test, &invitation.id).await, [line], "one line");
    }
}

on_both_stores! {
    /// R-25, bad input: a union is not moved under one that has a union of its name, or a registration that waits under it:
    /// it stays where it is, and the page keeps what was chosen.
    a_name_that_exists_keeps_a_union_out
}
async fn a_name_that_exists_keeps_a_union_out(test: &TestApp) {
    let app = &test.app;
    let [street, unit, _] = demo_officers(app).await;
    let name = "崮云湖机械厂工会";
    let (company, _) = joined(test, &street, Kind::Enterprise, name, "13700137084").await;
    let guest = invite(test, &unit, Kind::Enterprise, "1").await;
    let waits = register(test, &guest, name, "13700137085").await;
    let desk = Desk::of(test, &unit.id).await;
    let path = format!("/office/unions/{}/move", company.id);
    let to = unit.union.id.as_str();
    let fields = [("csrf", CSRF), ("to", to), ("confirm", "on")];
    let kept = format!("value=\"{to}\" selected");

    let beside_one_that_waits = desk.post(&path, &fields).await;
    approval::approve(app, &unit, &waits).await.unwrap();
    let beside_a_union = desk.post(&path, &fields).await;
    for answer in [beside_one_that_waits, beside_a_union] {
        says(&answer, 422, &Refusal::UnionNameTaken.text());
        assert!(answer.text.contains(&kept), "{}", answer.text);
    }
    assert_eq!(tree::find(app, &company.id).await.unwrap(), company);
    assert_eq!(
        refusals(test, &company.id).await,
        ["union.move union_name_taken", "union.move union_name_taken"]
    );
}

on_both_stores! {
    /// R-25, bad input: a registration whose name came to exist meanwhile (`yuanmeng union add`) is not approved: it waits as
    /// before, there is one union of the name, and no new officer.
    a_name_that_came_meanwhile
}
async fn a_name_that_came_meanwhile(test: &TestApp) {
    let app = &test.app;
    let [_, unit, _] = demo_officers(app).await;
    let (name, phone) = ("归德街道总工会", "13700137086");
    let guest = invite(test, &unit, Kind::Street, "1").await;
    let id = register(test, &guest, name, phone).await;
    let mut tx = app.db.write().await.unwrap();
    let new = NewUnion {
        parent: Some(&unit.union),
        kind: Kind::Street,
        name,
        no: 9,
    };
    let there = tree::add(&mut tx, app.id(), app.now(), new).await.unwrap();
    tx.commit().await.unwrap();
    officer(app, &there, "周平", "13900139086", Role::Administrator).await;

    let desk = Desk::of(test, &unit.id).await;
    let path = format!("/office/registrations/{id}");
    let answer = desk.post(&path, &[("csrf", CSRF), ("verdict", "approve")]).await;
    says(&answer, 422, &Refusal::UnionNameTaken.text());
    says(&answer, 422, "data-testid=\"approve\"");
    assert_eq!(
        refusals(test, &id).await,
        ["registration.approve union_name_taken"]
    );
    let waiting = approval::list(app, &unit, State::Pending).await.unwrap();
    assert_eq!(waiting.len(), 1, "it can still be rejected");
    let below = tree::choices(app, Some(&unit.union.id)).await.unwrap();
    assert_eq!(below.iter().filter(|union| union.name == name).count(), 1);
    let officers = "SELECT COUNT(*) FROM officers WHERE union_id = $1";
    assert_eq!(number(app, officers, &there.id).await, 1);
    let told = door(test, phone, PASSWORD).await;
    assert!(told.text.contains("正在等待“长清区总工会”审核"), "{}", told.text);
}

/// Asks for a pass to be taken back, for the version that was seen.
async fn take_back(test: &TestApp, by: &Officer, id: &str, version: i64) -> Answer {
    let desk = Desk::of(test, &by.id).await;
    let (path, version) = (format!("/office/applications/{id}/recall"), version.to_string());
    desk.post(&path, &[("csrf", CSRF), ("version", version.as_str())])
        .await
}

/// Version, step and holder of an application, and how often a pass of it was taken back.
async fn stands(test: &TestApp, id: &str) -> (i64, usize, Option<String>, i64) {
    let there = application::find(&test.app, id).await.unwrap();
    let taken_back = "SELECT COUNT(*) FROM decision_recalls WHERE application_id = $1";
    let taken_back = number(&test.app, taken_back, id).await;
    (there.version, there.step, there.holder_id, taken_back)
}

on_both_stores! {
    /// a pass is not taken back on an old page, nor by a colleague, the next level, who may not decide or another
    /// branch, nor once the next level has acted.
    a_pass_is_not_taken_back
}
async fn a_pass_is_not_taken_back(test: &TestApp) {
    let app = &test.app;
    let [first, next, _] = demo_officers(app).await;
    let (_, id) = submitted(test, 1, &first.union).await;
    decide_now(app, &first, &id, Verdict::Pass, &[]).await.unwrap();
    let colleague = officer(app, &first.union, "周平", "13900139087", Role::Reviewer).await;
    let keeper = officer(app, &first.union, "吴芳", "13900139088", Role::Supervisor).await;
    let elsewhere = union(app, &["历下区总工会"]).await;
    let stranger = officer(app, &elsewhere, "郑华", "13900139089", Role::Reviewer).await;
    let passed = stands(test, &id).await;
    let version = passed.0;
    let (late, not_allowed) = (Refusal::RecallTooLate.text(), Refusal::NotAllowed.text());
    for (by, version, status, words) in [
        (&first, version - 1, 409, late.as_str()),
        (&colleague, version, 409, &late),
        (&next, version, 409, &late),
        (&keeper, version, 403, &not_allowed),
        (&stranger, version, 404, "没有找到"),
    ] {
        says(&take_back(test, by, &id, version).await, status, words);
        assert_eq!(stands(test, &id).await, passed, "{words}");
    }
    decide_now(app, &next, &id, Verdict::Pass, &[]).await.unwrap();
    let acted = stands(test, &id).await;
    says(&take_back(test, &first, &id, acted.0).await, 409, &late);
    assert_eq!(stands(test, &id).await, acted);
    let codes = [
        "recall_too_late",
        "recall_too_late",
        "recall_too_late",
        "not_allowed",
        "not_found",
        "recall_too_late",
    ];
    assert_eq!(
        refusals(test, &id).await,
        codes.map(|code| format!("application.pass_recalled {code}"))
    );
}

on_both_stores! {
    /// after the review window nothing is taken back: the dates are told.
    a_pass_stays_after_the_window
}
async fn a_pass_stays_after_the_window(test: &TestApp) {
    let app = &test.app;
    let [first, ..] = demo_officers(app).await;
    let (_, id) = submitted(test, 1, &first.union).await;
    decide_now(app, &first, &id, Verdict::Pass, &[]).await.unwrap();
    let passed = stands(test, &id).await;
    app.clock.advance(200 * DAY);
    let answer = take_back(test, &first, &id, passed.0).await;
    says(&answer, 422, "现在不在审核时间内");
    assert_eq!(stands(test, &id).await, passed);
    assert_eq!(
        refusals(test, &id).await,
        ["application.pass_recalled review_window_closed"]
    );
}
