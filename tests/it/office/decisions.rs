//! What is decided besides passing: back to the level before, taking back one's pass, 回避, coded reasons; and what is
//! refused leaves its line (R-21, R-22, R-24, ADR 0021).

use super::{Desk, officer, path, state};
use crate::acts::{decide_now, number, refused, texts};
use crate::app::TestApp;
use crate::builders::{CSRF, demo_officers, id_number, phone, street, submitted, worker};
use crate::on_both_stores;
use yuanmeng::application::progress::{self, StepState};
use yuanmeng::application::states::Event;
use yuanmeng::application::withdraw::withdraw;
use yuanmeng::application::{self, Application, State};
use yuanmeng::cli::seed;
use yuanmeng::kernel::Refusal;
use yuanmeng::kernel::time::DAY;
use yuanmeng::review::decide::{Decision, decide_for};
use yuanmeng::review::relatives::{self, Declared};
use yuanmeng::review::{ReasonCode, Relation, Verdict, desk, recall};
use yuanmeng::union::{Role, officers};

async fn find(test: &TestApp, id: &str) -> Application {
    application::find(&test.app, id).await.unwrap()
}

on_both_stores! {
    /// an upper union sends it back to the one before with a reason that only unions read; the first cannot,
    /// the centre can; what stood above has to pass it again.
    it_goes_back_to_the_level_before
}
async fn it_goes_back_to_the_level_before(test: &TestApp) {
    let app = &test.app;
    let officers = demo_officers(app).await;
    let (_, id) = submitted(test, 1, &street(app).await).await;
    let first = decide_now(app, &officers[0], &id, Verdict::SendBack, &[]).await;
    assert_eq!(refused(first), Refusal::FirstStep);
    for officer in &officers[..2] {
        decide_now(app, officer, &id, Verdict::Pass, &[]).await.unwrap();
    }
    let centre = Desk::of(test, &officers[2].id).await;
    let page = centre.get(&path(&id)).await;
    assert!(
        page.text.contains("f-verdict-send_back")
            && page.text.contains(&format!("退回给{}重新核对", seed::UNIT))
    );
    let wordless = centre.decide(&id, &[("verdict", "send_back")]).await;
    assert!(wordless.status == 422 && wordless.text.contains(&Refusal::ReasonMissing.text()));
    let fields = [
        ("verdict", "send_back"),
        ("code", "doubtful"),
        ("reason", "公章存疑，请核实"),
    ];
    assert_eq!(centre.decide(&id, &fields).await.status, 303);

    let there = find(test, &id).await;
    assert_eq!(
        (there.state, there.step, there.holder_id.as_ref()),
        (State::InReview, 1, Some(&officers[1].union.id))
    );
    let told = progress::of(app, there).await.unwrap();
    let states: Vec<StepState> = told.steps.iter().map(|step| step.state).collect();
    assert_eq!(states, [StepState::Done, StepState::Current, StepState::Ahead]);
    let last = told.timeline.last().unwrap();
    assert_eq!(
        (last.event, last.note.as_str()),
        (Event::SentBack, ""),
        "not for the worker"
    );
    let seen = Desk::of(test, &officers[1].id).await.get(&path(&id)).await;
    assert!(seen.text.contains("公章存疑，请核实") && seen.text.contains("材料存疑"));

    // And from there further down, and all the way up again.
    decide_now(app, &officers[1], &id, Verdict::SendBack, &[])
        .await
        .unwrap();
    assert_eq!(find(test, &id).await.step, 0);
    for officer in &officers {
        decide_now(app, officer, &id, Verdict::Pass, &[]).await.unwrap();
    }
    assert_eq!(state(test, &id).await, State::Approved);
    assert_eq!(
        number(
            app,
            "SELECT COUNT(*) FROM decisions WHERE application_id = $1",
            &id
        )
        .await,
        7
    );
}

on_both_stores! {
    /// who passed it can take that back until the next level acts, though that one has it open; the decision stays
    /// as it was, that it was taken back is a fact of its own.
    a_pass_is_taken_back_until_the_next_level_acts
}
async fn a_pass_is_taken_back_until_the_next_level_acts(test: &TestApp) {
    let app = &test.app;
    let officers = demo_officers(app).await;
    let street = street(app).await;
    let (_, id) = submitted(test, 1, &street).await;
    let (_, next) = submitted(test, 2, &street).await;
    let one = Desk::of(test, &officers[0].id).await;
    let passed = one.decide(&id, &[("verdict", "pass")]).await;
    assert_eq!(passed.location(), path(&next));
    assert!(
        one.get(passed.location())
            .await
            .text
            .contains("data-testid=\"just-passed\"")
    );
    desk::open(app, &officers[1], &id).await.unwrap();
    let before = texts(
        app,
        "SELECT verdict || reason || at FROM decisions WHERE application_id = $1",
        &id,
    )
    .await;

    let page = one.get(&path(&id)).await;
    assert!(page.text.contains("data-testid=\"take-back\""));
    let take_back = format!("{}/recall", path(&id));
    let version = page.field("version");
    let stale = one.post(&take_back, &[("csrf", CSRF), ("version", "1")]).await;
    assert_eq!(stale.status, 409);
    let colleague = officer(test, &street, "13900139009", &[Role::Reviewer]).await;
    let not_theirs = Desk::of(test, &colleague)
        .await
        .post(&take_back, &[("csrf", CSRF), ("version", &version)])
        .await;
    assert!(not_theirs.status == 409 && not_theirs.text.contains("不能再撤回"));
    let done = one
        .post(&take_back, &[("csrf", CSRF), ("version", &version)])
        .await;
    assert_eq!(done.status, 303);
    let there = find(test, &id).await;
    assert_eq!(
        (there.step, there.holder_id.as_ref()),
        (0, Some(&officers[0].union.id))
    );
    let after = texts(
        app,
        "SELECT verdict || reason || at FROM decisions WHERE application_id = $1",
        &id,
    )
    .await;
    assert_eq!(before, after, "R-22: a fact is never changed");
    assert!(one.get(&path(&id)).await.text.contains("撤回了这次通过"));
    let twice = one
        .post(&take_back, &[("csrf", CSRF), ("version", &version)])
        .await;
    assert_eq!(twice.status, 409);

    // Once the next level has decided, or the last has approved, it is too late.
    for officer in &officers {
        decide_now(app, officer, &id, Verdict::Pass, &[]).await.unwrap();
        let version = find(test, &id).await.version;
        let possible = recall::possible(app, officer, &find(test, &id).await)
            .await
            .unwrap();
        assert_eq!(possible, officer.union.id != officers[2].union.id);
        if officer.id != officers[0].id {
            let late = recall::recall(app, &officers[0], &id, version).await;
            assert_eq!(refused(late), Refusal::RecallTooLate);
        }
    }
    let (_, third) = submitted(test, 3, &street).await;
    decide_now(app, &officers[0], &third, Verdict::Pass, &[])
        .await
        .unwrap();
    let version = find(test, &third).await.version;
    app.clock.advance(200 * DAY);
    let closed = recall::recall(app, &officers[0], &third, version).await;
    assert!(matches!(refused(closed), Refusal::ReviewWindowClosed { .. }));
}

on_both_stores! {
    /// a declared relative's application is a colleague's; with no colleague the union above takes it over by itself.
    relatives_are_decided_by_others
}
async fn relatives_are_decided_by_others(test: &TestApp) {
    let app = &test.app;
    let officers = demo_officers(app).await;
    let street = street(app).await;
    let (_, id) = submitted(test, 1, &street).await;
    let colleague = officer(test, &street, "13900139009", &[Role::Reviewer]).await;
    let colleague = officers::find(app, &colleague).await.unwrap();
    let declared = relatives::declare(app, &officers[0], &id, Relation::Spouse)
        .await
        .unwrap();
    assert_eq!(declared, Declared::Colleague);
    let again = decide_now(app, &officers[0], &id, Verdict::Pass, &[]).await;
    assert_eq!(refused(again), Refusal::DeclaredRelative);
    let one = Desk::of(test, &officers[0].id).await;
    let page = one.get(&path(&id)).await;
    assert!(page.text.contains("您已对这份申请申报回避") && !page.text.contains("name=\"verdict\""));
    assert!(
        page.text.contains("********"),
        "masked like for everybody who cannot decide"
    );
    decide_now(app, &colleague, &id, Verdict::Pass, &[])
        .await
        .unwrap();

    // Both declared: nobody is left, so the unit has it.
    let (_, second) = submitted(test, 2, &street).await;
    relatives::declare(app, &colleague, &second, Relation::Other)
        .await
        .unwrap();
    let field = [("csrf", CSRF), ("relation", "sibling")];
    let done = one.post(&format!("{}/relative", path(&second)), &field).await;
    assert_eq!(done.status, 303);
    let there = find(test, &second).await;
    assert_eq!(
        (there.state, there.step, there.holder_id.as_ref()),
        (State::InReview, 1, Some(&officers[1].union.id))
    );
    // Back to those who may not decide it leads nowhere.
    let back = decide_now(app, &officers[1], &second, Verdict::SendBack, &[]).await;
    assert_eq!(refused(back), Refusal::FirstStep);
    decide_now(app, &officers[1], &second, Verdict::Pass, &[])
        .await
        .unwrap();
    // At the last level there is nobody above: said, and nothing else.
    let stuck = relatives::declare(app, &officers[2], &second, Relation::Parent)
        .await
        .unwrap();
    assert_eq!(stuck, Declared::Nobody);
    assert!(relatives::words(&stuck).contains("请先由管理员增加一位审核员"));
    assert_eq!(find(test, &second).await.step, 2);
    let wrong = one
        .post(
            &format!("{}/relative", path(&second)),
            &[("csrf", CSRF), ("relation", "x")],
        )
        .await;
    assert_eq!(wrong.status, 422);
}

on_both_stores! {
    /// the ID number is the person: an officer's own application under another phone is their own.
    the_id_number_is_the_person
}
async fn the_id_number_is_the_person(test: &TestApp) {
    let app = &test.app;
    let street = street(app).await;
    let (_, id) = submitted(test, 1, &street).await;
    worker(test, 2).await;
    let own = officer(test, &street, &phone(2), &[Role::Reviewer]).await;
    let own = officers::find(app, &own).await.unwrap();
    assert!(desk::open(app, &own, &id).await.unwrap().obstacle.is_none());
    let index = app.sealer.index("id_number", &id_number(1));
    let mut tx = app.db.write().await.unwrap();
    sqlx::query("UPDATE workers SET id_index = $1 WHERE phone_index = $2")
        .bind(index)
        .bind(&own.phone_index)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let decided = decide_now(app, &own, &id, Verdict::Pass, &[]).await;
    assert_eq!(refused(decided), Refusal::OwnApplication);
}

on_both_stores! {
    /// the reason's code is kept with the decision, and never with a pass.
    reasons_are_coded
}
async fn reasons_are_coded(test: &TestApp) {
    let app = &test.app;
    let [officer, ..] = demo_officers(app).await;
    let street = street(app).await;
    for (n, (verdict, code)) in [
        (Verdict::Pass, ""),
        (Verdict::Return, "no_seal"),
        (Verdict::Reject, "no_seal"),
    ]
    .into_iter()
    .enumerate()
    {
        let (_, id) = submitted(test, n, &street).await;
        let decision = Decision {
            application_id: &id,
            version_seen: find(test, &id).await.version,
            verdict,
            reason: "公章不清楚",
            corrections: &["stamped_form".to_owned()],
        };
        decide_for(app, &officer, &decision, ReasonCode::NoSeal)
            .await
            .unwrap();
        assert_eq!(
            texts(app, "SELECT code FROM decisions WHERE application_id = $1", &id).await,
            [code]
        );
    }
}

/// How many lines of refused acts there are about an application.
const REFUSED: &str = "SELECT COUNT(*) FROM audit WHERE act = 'refused' AND subject_id = $1";

on_both_stores! {
    /// Issue 5, bad input: outside the window or the branch, twice, stale, on a withdrawn one: a plain sentence, nothing
    /// changed, one line in the trail.
    what_is_refused_leaves_one_line
}
async fn what_is_refused_leaves_one_line(test: &TestApp) {
    let app = &test.app;
    let officers = demo_officers(app).await;
    let street = street(app).await;
    let stranger = crate::builders::union(app, &["历下区总工会"]).await;
    let stranger = officer(test, &stranger, "13900139007", &[Role::Reviewer]).await;
    let (one, other) = (
        Desk::of(test, &officers[0].id).await,
        Desk::of(test, &stranger).await,
    );
    let (first, id) = submitted(test, 1, &street).await;
    let version = find(test, &id).await.version;
    let mut lines = 0;
    let mut check = async |answer: super::Answer, status: u16, words: &str| {
        lines += 1;
        assert_eq!(answer.status, status, "{words}");
        assert!(answer.text.contains(words), "{words}: {}", answer.text);
        assert_eq!(number(app, REFUSED, &id).await, lines, "{words}");
    };
    let pass = [("verdict", "pass"), ("reason", "写好的话")];
    let text = version.to_string();
    check(other.decide_on(&id, &text, &pass).await, 404, "没有找到").await;
    let stale = (version - 1).to_string();
    check(
        one.decide_on(&id, &stale, &pass).await,
        409,
        "您看到的不是最新内容",
    )
    .await;
    assert_eq!(find(test, &id).await.version, version);
    decide_now(app, &officers[0], &id, Verdict::Pass, &[])
        .await
        .unwrap();
    check(one.decide_on(&id, &text, &pass).await, 409, "这一步已由").await;
    withdraw(app, &first.id, &id).await.unwrap();
    let withdrawn = find(test, &id).await.version;
    let unit = Desk::of(test, &officers[1].id).await;
    check(
        unit.decide_on(&id, &withdrawn.to_string(), &pass).await,
        409,
        "写好的话",
    )
    .await;
    assert_eq!(
        (find(test, &id).await.version, state(test, &id).await),
        (withdrawn, State::Withdrawn)
    );

    let (_, open) = submitted(test, 2, &street).await;
    let version = find(test, &open).await.version;
    app.clock.advance(200 * DAY);
    let late = one.decide_on(&open, &version.to_string(), &pass).await;
    assert!(late.status == 422 && late.text.contains("现在不在审核时间内") && late.text.contains("写好的话"));
    assert_eq!(
        (find(test, &open).await.version, number(app, REFUSED, &open).await),
        (version, 1)
    );
}

on_both_stores! {
    /// nobody is asked to complete a form for what changed meanwhile, or when the window is over: that is said first,
    /// and leaves its line; a form that only lacks something leaves none.
    an_incomplete_form_is_told_first_what_changed
}
async fn an_incomplete_form_is_told_first_what_changed(test: &TestApp) {
    let app = &test.app;
    let officers = demo_officers(app).await;
    let (_, id) = submitted(test, 1, &street(app).await).await;
    let desk = Desk::of(test, &officers[0].id).await;
    let version = find(test, &id).await.version;
    let (now, stale) = (version.to_string(), (version - 1).to_string());
    let without_verdict = [("reason", "写好的话")];
    let without_tick = [("verdict", "reject"), ("code", "other"), ("reason", "写好的话")];
    for fields in [&without_verdict[..], &without_tick[..]] {
        let before = number(app, REFUSED, &id).await;
        let lacking = desk.decide_on(&id, &now, fields).await;
        assert!(lacking.status == 422 && lacking.text.contains("写好的话"));
        assert_eq!(number(app, REFUSED, &id).await, before, "it only lacks something");
        let answer = desk.decide_on(&id, &stale, fields).await;
        assert!(answer.status == 409 && answer.text.contains("您看到的不是最新内容"));
        assert_eq!(number(app, REFUSED, &id).await, before + 1);
    }
    app.clock.advance(200 * DAY);
    let late = desk.decide_on(&id, &now, &without_verdict).await;
    assert!(
        late.status == 422 && late.text.contains("现在不在审核时间内"),
        "{}",
        late.text
    );
    assert_eq!(number(app, REFUSED, &id).await, 3);
}

on_both_stores! {
    /// Issue 5, bad input: a form without the session's token is a plain sentence, changes nothing, and leaves one line.
    a_form_without_its_token_leaves_one_line
}
async fn a_form_without_its_token_leaves_one_line(test: &TestApp) {
    let app = &test.app;
    let officers = demo_officers(app).await;
    let (_, id) = submitted(test, 1, &street(app).await).await;
    let desk = Desk::of(test, &officers[0].id).await;
    let version = find(test, &id).await.version;
    let count = "SELECT COUNT(*) FROM audit WHERE act = 'refused' AND actor_id = $1";
    for (n, token) in ["", "somebody-elses"].into_iter().enumerate() {
        let fields = [
            ("csrf", token),
            ("version", &version.to_string()),
            ("verdict", "pass"),
        ];
        let answer = desk.post(&path(&id), &fields).await;
        assert!(answer.status == 403 && answer.text.contains(&Refusal::CsrfFailed.text()));
        assert_eq!(number(app, count, &officers[0].id).await, n as i64 + 1);
    }
    assert_eq!(find(test, &id).await.version, version);
}
