//! What a first tester stumbled over, kept mended.

use crate::app::TestApp;
use crate::builders::{self, demo_officers, submitted, union};
use crate::on_both_stores;
use yuanmeng::application::progress::{self, StepState};
use yuanmeng::application::{self, DocumentKind, FormText, State, documents, drafts, submit, withdraw};
use yuanmeng::cli::seed;
use yuanmeng::error::Error;
use yuanmeng::kernel::Refusal;
use yuanmeng::review::Verdict;
use yuanmeng::review::decide::{Decision, decide};
use yuanmeng::union::Officer;

/// A street of the demo that nobody reviews for.
const EMPTY_STREET: &str = "文昌街道总工会";

async fn decided(test: &TestApp, officer: &Officer, id: &str, verdict: Verdict, corrections: &[String]) {
    let version_seen = application::find(&test.app, id).await.unwrap().version;
    let decision = Decision {
        application_id: id,
        version_seen,
        verdict,
        reason: "请看清楚再传",
        corrections,
    };
    decide(&test.app, officer, &decision).await.unwrap();
}

on_both_stores! {
    /// a paper that was asked for again has to be uploaded again before it is submitted again.
    a_returned_paper_has_to_be_replaced
}
async fn a_returned_paper_has_to_be_replaced(test: &TestApp) {
    let app = &test.app;
    let (worker, id) = submitted(test, 1, &builders::street(app).await).await;
    let [street, ..] = demo_officers(app).await;
    decided(
        test,
        &street,
        &id,
        Verdict::Return,
        &["receipt".to_owned(), "address".to_owned()],
    )
    .await;
    let again = submit::resubmit(app, &worker.id, &id, &worker.phone).await;
    let kind = DocumentKind::Receipt.label();
    assert!(
        matches!(again, Err(Error::Refused(Refusal::DocumentNotReplaced { kind: k })) if k == kind),
        "{again:?}"
    );
    documents::upload(app, &worker.id, &id, DocumentKind::Receipt, builders::picture())
        .await
        .unwrap();
    submit::resubmit(app, &worker.id, &id, &worker.phone)
        .await
        .unwrap();
    assert_eq!(application::find(app, &id).await.unwrap().state, State::InReview);
}

on_both_stores! {
    /// who begins again after a withdrawal does not type it all again.
    an_application_that_ended_is_carried_over
}
async fn an_application_that_ended_is_carried_over(test: &TestApp) {
    let app = &test.app;
    let (worker, id) = submitted(test, 1, &builders::street(app).await).await;
    withdraw::withdraw(app, &worker.id, &id).await.unwrap();
    let first = FormText::from_posted([("name", "王小梅")]);
    let anew = drafts::begin(app, &worker.id, &first).await.unwrap();
    let before = application::find(app, &id).await.unwrap();
    assert_ne!(anew.id, before.id);
    assert_eq!(
        (anew.union_id.clone(), anew.unit_id.clone()),
        (before.union_id.clone(), before.unit_id.clone())
    );
    let form = anew.form(app).unwrap();
    assert_eq!(
        (form.get("card"), form.get("major")),
        ("6222021602001234568", "机电一体化技术")
    );
    assert!(
        documents::of(app, &anew.id).await.unwrap().is_empty(),
        "the papers are stamped anew"
    );
}

on_both_stores! {
    /// R-21 [ours]: a step whose union has no reviewer is passed over, and the worker sees it.
    a_step_without_a_reviewer_is_passed_over
}
async fn a_step_without_a_reviewer_is_passed_over(test: &TestApp) {
    let app = &test.app;
    let (_, id) = submitted(test, 1, &union(app, &[seed::UNIT, EMPTY_STREET]).await).await;
    let [_, unit, centre] = demo_officers(app).await;
    let seen = async || {
        let progress = progress::of(app, application::find(app, &id).await.unwrap())
            .await
            .unwrap();
        progress.steps.iter().map(|step| step.state).collect::<Vec<_>>()
    };
    assert_eq!(
        seen().await,
        [StepState::Skipped, StepState::Current, StepState::Ahead]
    );
    decided(test, &unit, &id, Verdict::Pass, &[]).await;
    assert_eq!(
        seen().await,
        [StepState::Skipped, StepState::Done, StepState::Current]
    );
    decided(test, &centre, &id, Verdict::Reject, &[]).await;
    assert_eq!(
        seen().await,
        [StepState::Skipped, StepState::Done, StepState::Rejected]
    );
}
