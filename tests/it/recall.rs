//! Taking an application back for correction before the review begins (R-20 [ours], ADR 0018).

use crate::acts::{bound_submitted, bound_worker, decide_now, refused};
use crate::app::TestApp;
use crate::builders::{self, demo_officers, ready, street, submitted, union, worker};
use crate::on_both_stores;
use crate::visitor::Visitor;
use serde_json::json;
use yuanmeng::account::Worker;
use yuanmeng::application::{
    self, DocumentKind, State, deadlines, documents, drafts, progress, recall, submit, withdraw,
};
use yuanmeng::campaign::{self, places};
use yuanmeng::kernel::Refusal;
use yuanmeng::review::Verdict;
use yuanmeng::union::Union;

/// A unit of Annex 1 with two places.
const TWO: &str = "国际医学中心总工会";

async fn state(test: &TestApp, id: &str) -> State {
    application::find(&test.app, id).await.unwrap().state
}

async fn position(test: &TestApp, id: &str) -> Option<i64> {
    let application = application::find(&test.app, id).await.unwrap();
    progress::of(&test.app, application)
        .await
        .unwrap()
        .waiting_position
}

/// The counter is the ledger's sum, whatever was done.
async fn taken(test: &TestApp, unit: &Union) -> i64 {
    let current = campaign::current(&test.app).await.unwrap().unwrap();
    let places = places::of_unit(&test.app, &current.campaign_id, &unit.id)
        .await
        .unwrap()
        .unwrap();
    let sum = places::ledger_sum(&test.app, &current.campaign_id, &unit.id)
        .await
        .unwrap();
    assert_eq!(places.taken, sum);
    places.taken
}

async fn send(test: &TestApp, worker: &Worker, id: &str) -> submit::Submitted {
    submit::submit(&test.app, &worker.id, id, &worker.phone)
        .await
        .unwrap()
}

on_both_stores! {
    /// R-20 [ours], R-17: the place stays, everything can be corrected, number and order stay; a changed form wants a new
    /// stamp.
    a_recall_keeps_the_place
}
async fn a_recall_keeps_the_place(test: &TestApp) {
    let app = &test.app;
    let unit = union(app, &[TWO]).await;
    let (first, a) = submitted(test, 1, &unit).await;
    submitted(test, 2, &unit).await;
    let (_, c) = submitted(test, 3, &unit).await;
    let before = application::find(app, &a).await.unwrap();
    recall::recall(app, &first.id, &a).await.unwrap();
    recall::recall(app, &first.id, &a).await.unwrap();
    assert_eq!(
        (state(test, &a).await, state(test, &c).await),
        (State::Recalled, State::Waitlisted)
    );
    assert_eq!(taken(test, &unit).await, 2);

    let mut typed = builders::form(app, 1);
    typed.set("address", "济南市历下区 9 号");
    drafts::save(app, &first.id, &a, &typed).await.unwrap();
    assert_eq!(
        refused(submit::submit(app, &first.id, &a, &first.phone).await),
        Refusal::StampedFormOutOfDate
    );
    documents::upload(app, &first.id, &a, DocumentKind::StampedForm, builders::picture())
        .await
        .unwrap();
    // Within its unit only: there the place is.
    let other = street(app).await;
    assert_eq!(
        refused(drafts::choose_union(app, &first.id, &a, &other.id).await),
        Refusal::UnionOfOtherUnit
    );
    let sent = send(test, &first, &a).await;
    let after = application::find(app, &a).await.unwrap();
    assert_eq!(
        (sent.number.as_str(), sent.holds_place),
        (before.number.as_deref().unwrap(), true)
    );
    assert_eq!(
        (after.seq, after.submitted_at, after.state),
        (before.seq, before.submitted_at, State::InReview)
    );
    assert_eq!(after.holder_id, before.holder_id);
    assert_eq!(taken(test, &unit).await, 2);
    // A second tap.
    assert_eq!(send(test, &first, &a).await, sent);
}

on_both_stores! {
    /// who waits keeps the position while correcting, and gets the place if it is their turn then.
    a_recall_keeps_the_position
}
async fn a_recall_keeps_the_position(test: &TestApp) {
    let app = &test.app;
    let unit = union(app, &[TWO]).await;
    let mut people = Vec::new();
    for n in 1..=5 {
        people.push(submitted(test, n, &unit).await);
    }
    let [(first, a), (second, b), (third, c), (fourth, d), (_, e)] = &people[..] else {
        panic!()
    };
    recall::recall(app, &fourth.id, d).await.unwrap();
    assert_eq!(
        (state(test, d).await, position(test, d).await),
        (State::RecalledWaiting, Some(2))
    );
    assert_eq!(
        position(test, e).await,
        Some(3),
        "it still stands before who came later"
    );
    assert!(!send(test, fourth, d).await.holds_place);
    assert_eq!(
        (state(test, d).await, position(test, d).await),
        (State::Waitlisted, Some(2))
    );

    recall::recall(app, &third.id, c).await.unwrap();
    withdraw::withdraw(app, &first.id, a).await.unwrap();
    assert_eq!(
        state(test, c).await,
        State::Recalled,
        "its turn came while it was being corrected"
    );
    assert_eq!(taken(test, &unit).await, 2);
    assert!(send(test, third, c).await.holds_place);
    assert_eq!(state(test, c).await, State::InReview);
    // Withdrawn while taken back: the next one gets the place.
    recall::recall(app, &second.id, b).await.unwrap();
    withdraw::withdraw(app, &second.id, b).await.unwrap();
    assert_eq!(
        (state(test, b).await, state(test, d).await),
        (State::Withdrawn, State::InReview)
    );
    assert_eq!(taken(test, &unit).await, 2);
}

on_both_stores! {
    /// once a step has decided, nothing is taken back; an officer and the worker at the same moment: one of them.
    not_once_the_review_began
}
async fn not_once_the_review_began(test: &TestApp) {
    let app = &test.app;
    let street = street(app).await;
    let [officer, ..] = demo_officers(app).await;
    let (first, a) = submitted(test, 1, &street).await;
    decide_now(app, &officer, &a, Verdict::Pass, &[]).await.unwrap();
    assert_eq!(
        refused(recall::recall(app, &first.id, &a).await),
        Refusal::ReviewBegun
    );
    let mut me = Visitor::signed_in(test, &first.id).await;
    me.get("/progress").await.hides("data-testid=\"recall\"");
    me.post("/progress/recall", &[]).await.leads("/progress");
    me.get("/progress")
        .await
        .shows("工会已经开始审核，现在不能取回修改");

    let draft_owner = worker(test, 2).await;
    let draft = drafts::begin(app, &draft_owner.id, &Default::default())
        .await
        .unwrap();
    assert_eq!(
        refused(recall::recall(app, &draft_owner.id, &draft.id).await),
        Refusal::ReviewBegun
    );

    for n in 3..9 {
        let (who, id) = submitted(test, n, &street).await;
        let (pass, back) = tokio::join!(
            decide_now(app, &officer, &id, Verdict::Pass, &[]),
            recall::recall(app, &who.id, &id)
        );
        assert!(pass.is_ok() != back.is_ok(), "{pass:?} {back:?}");
        let expected = if back.is_ok() {
            State::Recalled
        } else {
            State::InReview
        };
        assert_eq!(state(test, &id).await, expected);
        if back.is_ok() {
            assert!(
                decide_now(app, &officer, &id, Verdict::Pass, &[]).await.is_err(),
                "R-21: it is not there"
            );
        }
    }
}

on_both_stores! {
    /// not submitted again before the window's end: it ends, and the place goes to the first who waits.
    a_recall_has_a_deadline
}
async fn a_recall_has_a_deadline(test: &TestApp) {
    let app = &test.app;
    let unit = union(app, &[TWO]).await;
    let (first, a) = submitted(test, 1, &unit).await;
    submitted(test, 2, &unit).await;
    let (third, c) = submitted(test, 3, &unit).await;
    let (fourth, d) = submitted(test, 4, &unit).await;
    recall::recall(app, &first.id, &a).await.unwrap();
    recall::recall(app, &fourth.id, &d).await.unwrap();
    let until = campaign::current(app).await.unwrap().unwrap().intake.apply.until;
    app.clock.advance(until.0 - app.now().0 + 1000);
    let late = refused(submit::submit(app, &first.id, &a, &first.phone).await);
    assert!(matches!(late, Refusal::ApplyWindowClosed { .. }), "{late:?}");
    // The background loop may be quicker.
    deadlines::expire_overdue(app).await.unwrap();
    crate::acts::eventually("both ended", async || state(test, &d).await == State::Expired).await;
    assert_eq!(
        (state(test, &a).await, state(test, &c).await),
        (State::Expired, State::InReview)
    );
    assert_eq!(taken(test, &unit).await, 2);
    // Both are told.
    test.settle().await;
    let told = test.sms(third.phone.digits()).await.pop().unwrap();
    assert!(told.contains("候补转正"), "{told}");
    let told = test.sms(first.phone.digits()).await.pop().unwrap();
    assert!(told.contains("已失效") && told.contains("名额已释放"), "{told}");
}

on_both_stores! {
    /// the pages lead there and back.
    the_pages_of_a_recall
}
async fn the_pages_of_a_recall(test: &TestApp) {
    let street = street(&test.app).await;
    let who = worker(test, 1).await;
    let id = ready(test, &who, 1, &street).await;
    let mut me = Visitor::signed_in(test, &who.id).await;
    me.post("/apply/confirm", &[]).await.leads("/progress");
    me.get("/progress")
        .await
        .shows("data-testid=\"recall\"")
        .shows("名额和先后顺序为您保留");
    me.post("/progress/recall", &[]).await.leads("/apply");
    me.get("/apply")
        .await
        .shows("已取回申请")
        .shows("data-testid=\"recalled\"")
        .shows("名额为您保留");
    me.get("/progress")
        .await
        .shows("data-testid=\"go-on\"")
        .shows("您本人（修改中）")
        .hides("data-testid=\"recall\"");
    me.get("/apply/form")
        .await
        .shows("data-testid=\"standing\"")
        .shows("名额为您保留");
    me.get("/apply/confirm").await.shows("重新提交申请");
    me.post("/apply/confirm", &[]).await.leads("/progress");
    me.get("/progress")
        .await
        .shows("已重新提交")
        .shows("修改后重新提交")
        .shows("本人取回修改");
    assert_eq!(state(test, &id).await, State::InReview);
}

on_both_stores! {
    /// "进度" in the chat, in people's own words: state, number, place or position, until when.
    the_chat_tells_where_it_stands
}
async fn the_chat_tells_where_it_stands(test: &TestApp) {
    let app = &test.app;
    let unit = union(app, &[TWO]).await;
    submitted(test, 1, &unit).await;
    let (holder, user, id) = bound_submitted(test, 2, &unit).await;
    let (_, waiting, _) = bound_submitted(test, 3, &unit).await;
    let (drafter, typing) = bound_worker(test, 4).await;
    drafts::begin(app, &drafter.id, &Default::default())
        .await
        .unwrap();
    let ask = async |user: &str, text: &str| {
        let said = test
            .sim_post("/sim/say", json!({ "user": user, "text": text }))
            .await;
        said["reply"]["text"].as_str().unwrap_or_default().to_owned()
    };
    let number = application::find(app, &id).await.unwrap().number.unwrap();
    let answer = ask(&user, "查进度").await;
    for part in [
        "审核中",
        number.as_str(),
        "已占用 1 个名额",
        "现在由",
        "next=/progress",
    ] {
        assert!(answer.contains(part), "{part}: {answer}");
    }
    let answer = ask(&waiting, "查询").await;
    assert!(
        answer.contains("候补中") && answer.contains("候补第 1 位"),
        "{answer}"
    );
    recall::recall(app, &holder.id, &id).await.unwrap();
    let answer = ask(&user, "进度").await;
    assert!(
        answer.contains("已取回修改")
            && answer.contains("前改好并重新提交")
            && answer.contains("next=/apply"),
        "{answer}"
    );
    let answer = ask(&typing, "审核结果").await;
    assert!(
        answer.contains("尚未提交") && answer.contains("24:00 前提交"),
        "{answer}"
    );
    test.follow("wang").await;
    let answer = ask("wang", "进度").await;
    assert!(
        answer.contains("还没有绑定账号") && answer.contains("登录后自动绑定"),
        "{answer}"
    );
    assert!(ask(&user, "你好").await.contains("职工补助申请"));
}
