//! The queue, the desk and the decision.

use super::{Desk, officer, path, state};
use crate::app::TestApp;
use crate::builders::{demo_officers, street, submitted};
use crate::on_both_stores;
use yuanmeng::application::{self, State};
use yuanmeng::cli::seed;
use yuanmeng::kernel::Refusal;
use yuanmeng::kernel::time::DAY;
use yuanmeng::union::Role;

on_both_stores! {
    /// three levels pass it, each when it is there; the next one opens by itself; the city's is the last.
    three_levels_pass_an_application
}
async fn three_levels_pass_an_application(test: &TestApp) {
    let street = street(&test.app).await;
    let (_, id) = submitted(test, 1, &street).await;
    let (_, second) = submitted(test, 2, &street).await;
    let officers = demo_officers(&test.app).await;
    let unit = Desk::of(test, &officers[1].id).await;
    let early = unit.get(&path(&id)).await;
    assert!(early.text.contains("不在您的审核环节") && !early.text.contains("name=\"verdict\""));
    assert!(
        early.text.contains("3701****") || early.text.contains("********"),
        "masked for who cannot decide"
    );

    let first = Desk::of(test, &officers[0].id).await;
    let open = first.get(&path(&id)).await;
    assert_eq!(open.status, 200);
    assert!(open.text.contains("data-testid=\"paper-id_front\"") && !open.text.contains("********"));
    let passed = first.decide(&id, &[("verdict", "pass")]).await;
    assert_eq!((passed.status, passed.location()), (303, path(&second).as_str()));
    let next = first.get(passed.location()).await;
    assert!(
        next.text.contains("已通过：王小梅"),
        "the flash says what was done"
    );
    assert!(first.decide(&second, &[("verdict", "pass")]).await.location() == "/office");
    assert!(first.get("/office").await.text.contains("待办已全部办完"));

    assert_eq!(
        unit.decide(&id, &[("verdict", "pass"), ("reason", "材料齐全")])
            .await
            .status,
        303
    );
    let centre = Desk::of(test, &officers[2].id).await;
    assert_eq!(centre.decide(&id, &[("verdict", "pass")]).await.status, 303);
    assert_eq!(state(test, &id).await, State::Approved);
    let over = centre.get(&path(&id)).await;
    assert!(over.text.contains("审核全部通过") && over.text.contains("材料齐全"));
    assert!(
        over.text.contains(&format!("{} 李强", seed::UNIT)),
        "who said what"
    );
}

on_both_stores! {
    /// two officers cannot decide the same step; the second is told who was first and loses nothing.
    the_second_decision_is_told_who_was_first
}
async fn the_second_decision_is_told_who_was_first(test: &TestApp) {
    let street = street(&test.app).await;
    let (_, id) = submitted(test, 1, &street).await;
    let colleague = officer(test, &street, "13900139009", &[Role::Reviewer]).await;
    let (one, two) = (
        Desk::of(test, &demo_officers(&test.app).await[0].id).await,
        Desk::of(test, &colleague).await,
    );
    let version = two.get(&path(&id)).await.field("version");
    assert_eq!(one.decide(&id, &[("verdict", "pass")]).await.status, 303);
    let fields = [
        ("verdict", "return"),
        ("fix-receipt", "on"),
        ("reason", "凭证看不清"),
    ];
    let late = two.decide_on(&id, &version, &fields).await;
    assert_eq!(late.status, 409);
    assert!(late.text.contains(&format!("{} 张敏", seed::STREET)));
    assert!(
        late.text.contains("凭证看不清") && late.text.contains("学费缴费凭证"),
        "nothing is lost"
    );
    assert!(late.text.contains(&format!("href=\"{}\"", path(&id))));
    assert_eq!(state(test, &id).await, State::InReview);
    let again = one.decide_on(&id, &version, &[("verdict", "pass")]).await;
    assert_eq!(
        again.status, 409,
        "the same officer's second tap decides nothing either"
    );
}

on_both_stores! {
    /// a decision names the version that was seen.
    a_stale_version_decides_nothing
}
async fn a_stale_version_decides_nothing(test: &TestApp) {
    let (_, id) = submitted(test, 1, &street(&test.app).await).await;
    let desk = Desk::of(test, &demo_officers(&test.app).await[0].id).await;
    let version: i64 = desk.get(&path(&id)).await.field("version").parse().unwrap();
    for stale in [(version - 1).to_string(), String::new(), "x".to_owned()] {
        let fields = [
            ("verdict", "reject"),
            ("confirm", "on"),
            ("reason", "写了很久的理由"),
        ];
        let answer = desk.decide_on(&id, &stale, &fields).await;
        assert_eq!(answer.status, 409);
        assert!(answer.text.contains(&Refusal::ChangedMeanwhile.text()));
        assert!(answer.text.contains("写了很久的理由"));
    }
    assert_eq!(state(test, &id).await, State::InReview);
}

on_both_stores! {
    /// a return names what and why, a rejection why, and is confirmed; errors keep what was typed.
    returns_and_rejections_say_why
}
async fn returns_and_rejections_say_why(test: &TestApp) {
    let street = street(&test.app).await;
    let (_, first) = submitted(test, 1, &street).await;
    let (_, second) = submitted(test, 2, &street).await;
    let desk = Desk::of(test, &demo_officers(&test.app).await[0].id).await;
    assert!(
        desk.decide(&first, &[])
            .await
            .text
            .contains(&Refusal::VerdictMissing.text())
    );

    let nothing = desk
        .decide(&first, &[("verdict", "return"), ("reason", "看不清")])
        .await;
    assert_eq!(nothing.status, 422);
    assert!(
        nothing.text.contains(&Refusal::NothingToCorrect.text())
            && nothing.text.contains(">看不清</textarea>")
    );
    let no_reason = desk
        .decide(&first, &[("verdict", "return"), ("fix-card", "on")])
        .await;
    assert!(no_reason.text.contains(&Refusal::ReasonMissing.text()));
    assert!(no_reason.text.contains("name=\"fix-card\" checked"));
    let fields = [
        ("verdict", "return"),
        ("fix-card", "on"),
        ("fix-bank_card", "on"),
        ("reason", "卡号不符"),
    ];
    assert_eq!(desk.decide(&first, &fields).await.status, 303);
    assert_eq!(state(test, &first).await, State::Returned);

    let unconfirmed = desk.decide(&second, &[("verdict", "reject")]).await;
    assert_eq!(unconfirmed.status, 422);
    assert!(unconfirmed.text.contains(&Refusal::RejectNotConfirmed.text()));
    assert!(
        unconfirmed.text.contains(&Refusal::ReasonMissing.text()),
        "all that is wrong at once"
    );
    assert_eq!(state(test, &second).await, State::InReview);
    let fields = [
        ("verdict", "reject"),
        ("confirm", "on"),
        ("reason", "不是本年度入学"),
    ];
    assert_eq!(desk.decide(&second, &fields).await.status, 303);
    assert_eq!(state(test, &second).await, State::Rejected);
}

on_both_stores! {
    /// outside the review window the dates are said, and what was typed is shown again.
    outside_the_window_the_dates_are_said
}
async fn outside_the_window_the_dates_are_said(test: &TestApp) {
    let (_, id) = submitted(test, 1, &street(&test.app).await).await;
    let desk = Desk::of(test, &demo_officers(&test.app).await[0].id).await;
    let version = desk.get(&path(&id)).await.field("version");
    test.app.clock.advance(200 * DAY);
    let page = desk.get(&path(&id)).await;
    assert!(page.text.contains("现在不在审核时间内") && page.text.contains("24:00"));
    assert!(!page.text.contains("name=\"verdict\""));
    let late = desk
        .decide_on(&id, &version, &[("verdict", "pass"), ("reason", "来晚了")])
        .await;
    assert_eq!(late.status, 422);
    assert!(late.text.contains("现在不在审核时间内") && late.text.contains("来晚了"));
}

on_both_stores! {
    /// nobody decides their own application, nor without the reviewer's role; both may read.
    own_applications_and_other_roles_only_read
}
async fn own_applications_and_other_roles_only_read(test: &TestApp) {
    let street = street(&test.app).await;
    let (worker, id) = submitted(test, 1, &street).await;
    let own = officer(test, &street, worker.phone.digits(), &[Role::Reviewer]).await;
    let supervisor = officer(test, &street, "13900139008", &[Role::Supervisor]).await;
    for (officer, words) in [(&own, "不能审核本人的申请"), (&supervisor, "没有审核权限")] {
        let desk = Desk::of(test, officer).await;
        let page = desk.get(&path(&id)).await;
        assert_eq!(page.status, 200);
        assert!(
            page.text.contains(words) && !page.text.contains("name=\"verdict\""),
            "{words}"
        );
        let version = application::find(&test.app, &id)
            .await
            .unwrap()
            .version
            .to_string();
        assert_eq!(
            desk.decide_on(&id, &version, &[("verdict", "pass")]).await.status,
            403
        );
    }
    assert_eq!(state(test, &id).await, State::InReview);

    let (_, second) = submitted(test, 2, &street).await;
    let (_, third) = submitted(test, 3, &street).await;
    let desk = Desk::of(test, &own).await;
    let done = desk.decide(&second, &[("verdict", "pass")]).await;
    assert_eq!(
        done.location(),
        path(&third),
        "one's own, though older, is passed over"
    );
}

on_both_stores! {
    /// ux.md: the queue is oldest first; filters combine; what they find nothing for is said.
    the_queue_is_filtered
}
async fn the_queue_is_filtered(test: &TestApp) {
    let street = street(&test.app).await;
    let (_, first) = submitted(test, 1, &street).await;
    let (_, second) = submitted(test, 2, &street).await;
    let desk = Desk::of(test, &demo_officers(&test.app).await[0].id).await;
    let queue = desk.get("/office").await.text;
    assert!(queue.find(&first) < queue.find(&second), "oldest first");
    assert!(queue.contains("待我审核 <b>2</b>") && queue.contains("24:00 截止"));

    let number = application::find(&test.app, &second)
        .await
        .unwrap()
        .number
        .unwrap();
    let found = desk
        .get(&format!("/office?tab=all&state=in_review&words={number}"))
        .await
        .text;
    assert!(found.contains(&second) && !found.contains(&first));
    assert!(
        found.contains(&format!("words={number}")),
        "the words stay in the states' links"
    );
    let none = desk.get("/office?tab=all&state=approved&words=%25").await.text;
    assert!(none.contains("没有符合条件的申请") && none.contains("data-testid=\"clear\""));
    let past = desk.get("/office?tab=mine&page=9").await;
    assert!(
        past.text.contains(&first),
        "a page past the end shows the last one"
    );
    assert_eq!(desk.get("/office?tab=x&state=draft&page=-1").await.status, 200);
    let unit = Desk::of(test, &demo_officers(&test.app).await[1].id).await;
    assert!(unit.get("/office").await.text.contains("现在没有等您审核的申请"));
    assert!(
        unit.get("/office?tab=all").await.text.contains(&first),
        "what is below is seen"
    );
}
