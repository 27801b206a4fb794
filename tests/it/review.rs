//! Review level by level: whose step it is, who sees what, one decision a step, facts that stay.

use crate::acts::{decide_now, officer, refused, texts, wrong_field};
use crate::app::TestApp;
use crate::builders::{self, demo_officers, picture, street, submitted, union};
use crate::on_both_stores;
use yuanmeng::application::{self, DocumentKind, State, documents, drafts, submit, withdraw};
use yuanmeng::campaign;
use yuanmeng::cli::seed::{STREET, UNIT};
use yuanmeng::cli::setup::CENTRE;
use yuanmeng::error::Error;
use yuanmeng::kernel::Refusal;
use yuanmeng::review::decide::{Decision, decide};
use yuanmeng::review::inbox::{self, Filter, Tab};
use yuanmeng::review::{Verdict, desk};
use yuanmeng::union::{Officer, Role};

async fn listed(test: &TestApp, officer: &Officer, tab: Tab) -> Vec<String> {
    let page = inbox::list(&test.app, officer, &Filter::new(tab)).await.unwrap();
    page.items.into_iter().map(|item| item.id).collect()
}

on_both_stores! {
    /// street, unit, centre decide in this order; whose step it is not may look, and not decide.
    three_levels_decide_in_order
}
async fn three_levels_decide_in_order(test: &TestApp) {
    let officers = demo_officers(&test.app).await;
    let (_, id) = submitted(test, 1, &street(&test.app).await).await;
    for step in 0..3 {
        for (level, officer) in officers.iter().enumerate() {
            let mine = listed(test, officer, Tab::Mine).await;
            assert_eq!(mine.contains(&id), level == step, "step {step}, level {level}");
            assert_eq!(listed(test, officer, Tab::All).await, [id.as_str()]);
            let desk = desk::open(&test.app, officer, &id).await.unwrap();
            let whole = desk.form.get("id_number") == builders::id_number(1);
            assert_eq!(
                (desk.obstacle.is_none(), whole),
                (level == step, level == step),
                "ID numbers in full only for who decides"
            );
            if level > step {
                let early = decide_now(&test.app, officer, &id, Verdict::Pass, &[]).await;
                assert_eq!(refused(early), Refusal::NotYourStep);
            } else if level < step {
                let again = decide_now(&test.app, officer, &id, Verdict::Reject, &[]).await;
                let by = format!("{} {}", officer.union.name, officer.name);
                assert_eq!(refused(again), Refusal::AlreadyDecided { by });
            }
        }
        let state = decide_now(&test.app, &officers[step], &id, Verdict::Pass, &[])
            .await
            .unwrap();
        let expected = if step == 2 {
            State::Approved
        } else {
            State::InReview
        };
        assert_eq!(state, expected);
    }
    let desk = desk::open(&test.app, &officers[2], &id).await.unwrap();
    let decided: Vec<_> = desk
        .decisions
        .iter()
        .map(|line| (line.union.as_str(), line.officer.as_str(), line.verdict))
        .collect();
    let pass = Verdict::Pass;
    assert_eq!(
        decided,
        [
            (STREET, "张敏", pass),
            (UNIT, "李强", pass),
            (CENTRE, "陈静", pass)
        ]
    );
}

on_both_stores! {
    /// "An officer of another branch → 404": neither listed, nor opened, nor a paper of it, nor decided.
    another_branch_does_not_exist
}
async fn another_branch_does_not_exist(test: &TestApp) {
    let app = &test.app;
    let (worker, id) = submitted(test, 1, &street(app).await).await;
    let paper = documents::of(app, &id).await.unwrap().remove(0);
    let sibling = union(app, &[UNIT, "文昌街道总工会"]).await;
    let elsewhere = union(app, &["历下区总工会"]).await;
    for (union, phone) in [(sibling, "13700000001"), (elsewhere, "13700000002")] {
        let stranger = officer(app, &union, "孙立", phone, Role::Reviewer).await;
        assert!(listed(test, &stranger, Tab::All).await.is_empty());
        assert!(listed(test, &stranger, Tab::Mine).await.is_empty());
        let opened = desk::open(app, &stranger, &id).await.map(|_| ());
        assert!(matches!(opened, Err(Error::NotFound)), "{opened:?}");
        let read = desk::document(app, &stranger, &id, &paper.id).await;
        assert!(matches!(read, Err(Error::NotFound)));
        let decided = decide_now(app, &stranger, &id, Verdict::Pass, &[]).await;
        assert!(matches!(decided, Err(Error::NotFound)), "{decided:?}");
    }

    // A draft is the worker's alone, and so is a paper asked for under another application's id.
    let [street_officer, ..] = demo_officers(app).await;
    let other = builders::worker(test, 2).await;
    let draft = builders::ready(test, &other, 2, &street(app).await).await;
    let opened = desk::open(app, &street_officer, &draft).await.map(|_| ());
    assert!(matches!(opened, Err(Error::NotFound)), "{opened:?}");
    let crossed = desk::document(
        app,
        &street_officer,
        &id,
        &documents::of(app, &draft).await.unwrap()[0].id,
    )
    .await;
    assert!(matches!(crossed, Err(Error::NotFound)));
    let foreign = withdraw::withdraw(app, &other.id, &id).await;
    assert!(matches!(foreign, Err(Error::NotFound)), "{foreign:?}");
    assert!(application::own(app, &worker.id, &id).await.is_ok());
}

on_both_stores! {
    /// "Two officers deciding at once → one wins, the other sees what happened", whatever each decides.
    two_officers_at_once_make_one_decision
}
async fn two_officers_at_once_make_one_decision(test: &TestApp) {
    use Verdict::{Pass, Reject, Return};
    let street = street(&test.app).await;
    let [first, ..] = demo_officers(&test.app).await;
    let second = officer(&test.app, &street, "周平", "13700000001", Role::Reviewer).await;
    let pairs = [
        (Pass, Pass),
        (Pass, Return),
        (Return, Reject),
        (Reject, Pass),
        (Reject, Reject),
        (Return, Pass),
    ];
    for (n, verdicts) in pairs.into_iter().enumerate() {
        let (_, id) = submitted(test, n, &street).await;
        let mut at_once = tokio::task::JoinSet::new();
        for (officer, verdict) in [(&first, verdicts.0), (&second, verdicts.1)] {
            let (app, officer, id) = (test.app.clone(), officer.clone(), id.clone());
            at_once.spawn(async move {
                let result = decide_now(&app, &officer, &id, verdict, &["receipt"]).await;
                (officer, verdict, result)
            });
        }
        let (won, lost): (Vec<_>, Vec<_>) = at_once
            .join_all()
            .await
            .into_iter()
            .partition(|(_, _, result)| result.is_ok());
        assert_eq!((won.len(), lost.len()), (1, 1), "{won:?} {lost:?}");
        let by = format!("{} {}", street.name, won[0].0.name);
        for (_, _, result) in lost {
            assert_eq!(refused(result), Refusal::AlreadyDecided { by: by.clone() });
        }
        let sql = "SELECT verdict FROM decisions WHERE application_id = $1";
        assert_eq!(texts(&test.app, sql, &id).await, [won[0].1.as_str()]);
    }
}

on_both_stores! {
    /// a stale page, a missing reason, the wrong role, one's own application, the closed window.
    what_is_not_a_decision
}
async fn what_is_not_a_decision(test: &TestApp) {
    let app = &test.app;
    let street = street(app).await;
    let [reviewer, ..] = demo_officers(app).await;
    let (worker, id) = submitted(test, 1, &street).await;
    let version = application::find(app, &id).await.unwrap().version;
    let right = Decision {
        application_id: &id,
        version_seen: version,
        verdict: Verdict::Return,
        reason: "缴费凭证看不清",
        corrections: &["receipt".to_owned()],
    };

    let stale = Decision {
        version_seen: version - 1,
        ..right
    };
    assert_eq!(
        refused(decide(app, &reviewer, &stale).await),
        Refusal::ChangedMeanwhile
    );
    for verdict in [Verdict::Return, Verdict::Reject] {
        let wordless = Decision {
            verdict,
            reason: "  ",
            ..right
        };
        assert_eq!(
            wrong_field(decide(app, &reviewer, &wordless).await),
            ("reason", Refusal::ReasonMissing)
        );
    }
    let nothing = Decision {
        corrections: &[],
        ..right
    };
    assert_eq!(
        wrong_field(decide(app, &reviewer, &nothing).await),
        ("corrections", Refusal::NothingToCorrect)
    );

    let finance = officer(app, &street, "孙立", "13700000001", Role::Finance).await;
    assert_eq!(refused(decide(app, &finance, &right).await), Refusal::NotAllowed);
    // the applicant is an officer of the very union.
    let own = officer(app, &street, "王小梅", &builders::phone(1), Role::Reviewer).await;
    assert_eq!(refused(decide(app, &own, &right).await), Refusal::OwnApplication);
    let seen = desk::open(app, &own, &id).await.unwrap();
    assert_eq!(seen.obstacle, Some(Refusal::OwnApplication));

    let intake = campaign::current(app).await.unwrap().unwrap().intake;
    app.clock.advance(intake.review.until.0 - app.now().0 + 1000);
    let (from, until) = (intake.review.from, intake.review.until);
    assert_eq!(
        refused(decide(app, &reviewer, &right).await),
        Refusal::ReviewWindowClosed { from, until }
    );
    let untouched = application::find(app, &id).await.unwrap();
    assert_eq!((untouched.version, untouched.state), (version, State::InReview));
    assert!(application::own(app, &worker.id, &id).await.is_ok());
}

on_both_stores! {
    /// a return names what to mend: only that can be changed, and it comes back to who returned it.
    a_correction_changes_only_what_was_named
}
async fn a_correction_changes_only_what_was_named(test: &TestApp) {
    let app = &test.app;
    let [at_street, at_unit, _] = demo_officers(app).await;
    let (worker, id) = submitted(test, 1, &street(app).await).await;
    let before = application::find(app, &id).await.unwrap().form(app).unwrap();
    assert_eq!(
        refused(drafts::choose_union(app, &worker.id, &id, &street(app).await.id).await),
        Refusal::NotEditable
    );
    assert_eq!(
        refused(drafts::save(app, &worker.id, &id, &before).await),
        Refusal::NotEditable
    );
    decide_now(app, &at_street, &id, Verdict::Pass, &[])
        .await
        .unwrap();
    decide_now(app, &at_unit, &id, Verdict::Return, &["card", "receipt"])
        .await
        .unwrap();

    let mut typed = before.clone();
    typed.set("card", "6222021602001234576");
    typed.set("name", "别的名字");
    let upload = async |kind| documents::upload(app, &worker.id, &id, kind, picture()).await;
    let saved = drafts::save(app, &worker.id, &id, &typed).await.unwrap();
    assert!(saved.print_again, "R-17: the stamped form is of the old card");
    let after = application::find(app, &id).await.unwrap().form(app).unwrap();
    assert_eq!(
        (after.get("card"), after.get("name")),
        ("6222021602001234576", "王小梅")
    );
    assert_eq!(refused(upload(DocumentKind::IdFront).await), Refusal::NotEditable);
    upload(DocumentKind::Receipt).await.unwrap();

    let resubmit = async || submit::resubmit(app, &worker.id, &id, &worker.phone).await;
    assert_eq!(refused(resubmit().await), Refusal::StampedFormOutOfDate);
    upload(DocumentKind::StampedForm).await.unwrap();
    resubmit().await.unwrap();
    let back = application::find(app, &id).await.unwrap();
    assert_eq!(
        (back.state, back.step, back.holder_id.as_deref()),
        (State::InReview, 1, Some(at_unit.union.id.as_str()))
    );
    assert_eq!(refused(resubmit().await), Refusal::NotEditable);
    assert_eq!(
        decide_now(app, &at_unit, &id, Verdict::Pass, &[]).await.unwrap(),
        State::InReview
    );
}

on_both_stores! {
    /// decisions stay as they were made, and every act and every look has its line in the audit trail.
    acts_and_looks_are_in_the_trail
}
async fn acts_and_looks_are_in_the_trail(test: &TestApp) {
    let app = &test.app;
    let [at_street, at_unit, _] = demo_officers(app).await;
    let (worker, id) = submitted(test, 1, &street(app).await).await;
    let paper = documents::of(app, &id).await.unwrap().remove(0);
    // Each act in a millisecond of its own: the order of the lines is then the order of the acts.
    let next = || app.clock.advance(1);
    next();
    desk::open(app, &at_street, &id).await.unwrap();
    next();
    desk::document(app, &at_street, &id, &paper.id).await.unwrap();
    next();
    decide_now(app, &at_street, &id, Verdict::Return, &["receipt"])
        .await
        .unwrap();
    documents::upload(app, &worker.id, &id, DocumentKind::Receipt, picture())
        .await
        .unwrap();
    next();
    submit::resubmit(app, &worker.id, &id, &worker.phone)
        .await
        .unwrap();
    next();
    decide_now(app, &at_street, &id, Verdict::Pass, &[])
        .await
        .unwrap();
    next();
    decide_now(app, &at_unit, &id, Verdict::Reject, &[])
        .await
        .unwrap();

    let facts = "SELECT verdict FROM decisions WHERE application_id = $1 ORDER BY at, id";
    assert_eq!(texts(app, facts, &id).await, ["return", "pass", "reject"]);
    let sql = "SELECT act || ' ' || actor_kind || ' ' || actor_id FROM audit \
               WHERE subject_id = $1 AND act NOT LIKE 'document.upload' ORDER BY at, id";
    let trail = texts(app, sql, &id).await;
    let by_worker = |act: &str| format!("{act} worker {}", worker.id);
    let by = |act: &str, officer: &Officer| format!("{act} officer {}", officer.id);
    let submitted_at = trail
        .iter()
        .position(|line| *line == by_worker("application.submitted"))
        .expect("the submission");
    assert_eq!(
        trail[submitted_at..],
        [
            by_worker("application.submitted"),
            by("application.read", &at_street),
            by("document.read", &at_street),
            by("application.returned", &at_street),
            by_worker("application.resubmitted"),
            by("application.passed", &at_street),
            by("application.rejected", &at_unit),
        ]
    );
    // No personal data in the trail.
    let details = texts(app, "SELECT detail FROM audit WHERE subject_id = $1", &id).await;
    for secret in [
        builders::id_number(1),
        builders::phone(1),
        "6222021602001234568".to_owned(),
    ] {
        assert!(details.iter().all(|detail| !detail.contains(&secret)));
    }
}
