//! Whether a machine's check failed, kept with the application so that the inbox can be filtered by it and a bulk pass
//! leaves such ones to a person (R-16, ADR 0016, ADR 0021). Made anew when it is submitted, its papers were read, the same
//! paper or card was submitted by somebody else, or an officer opens it.

use super::store::{self, Checked};
use crate::app::App;
use crate::application::documents;
use crate::application::moves;
use crate::application::{self, Application, State};
use crate::campaign;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{Refusal, Time};
use crate::outbox;
use crate::papers::{self, Check, Looked, Outcome, Reason, Viewer};
use serde_json::json;

/// Whether one of the checks failed.
pub fn failed(checks: &[Check]) -> bool {
    checks
        .iter()
        .any(|check| matches!(check.outcome, Outcome::Failed(_)))
}

/// Whether every paper was read: else what could not be told may still fail.
fn complete(checks: &[Check]) -> bool {
    let unread = Outcome::Unclear(Reason::NotReadYet);
    checks.iter().all(|check| check.outcome != unread)
}

/// What a bulk pass leaves to a person: what a check found fault with, and what was not checked yet.
pub(super) fn needs_a_look(checked: Option<&Checked>) -> Result<(), Refusal> {
    match checked {
        Some(Checked { flagged: true, .. }) => Err(Refusal::NeedsALook),
        Some(Checked { made: true, .. }) => Ok(()),
        _ => Err(Refusal::NotCheckedYet),
    }
}

/// Whether the checks' outcome was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It was.
    Yes,
    /// The application is another by now.
    Changed,
    /// Something was found since.
    Overtaken,
}

/// Keeps how the checks of an application came out, within the caller's transaction, unless they are no longer true.
pub async fn keep(tx: &mut Tx, seen: &Application, looked: &Looked, now: Time) -> Result<Kept> {
    // The row is held first (ADR 0034): what is found from here on is kept after this, by whoever finds it.
    match moves::lock(tx, seen).await {
        Ok(()) => {}
        Err(Error::Refused(Refusal::ChangedMeanwhile)) => return Ok(Kept::Changed),
        Err(error) => return Err(error),
    }
    if papers::stamp(&mut **tx, &seen.id).await? != looked.stamp {
        return Ok(Kept::Overtaken);
    }
    let at = complete(&looked.checks).then_some(now);
    store::set_flag(tx, &seen.id, failed(&looked.checks), at).await?;
    Ok(Kept::Yes)
}

/// So often an application is checked anew when it changes meanwhile.
const ATTEMPTS: usize = 3;

/// Checks an application again and keeps how it came out.
pub async fn refresh(app: &App, id: &str) -> Result<()> {
    let mut kept = Kept::Yes;
    for _ in 0..ATTEMPTS {
        let application = application::find(app, id).await?;
        if application.state == State::Draft || application.state.is_over() {
            return Ok(());
        }
        let form = application.form(app)?;
        let papers = documents::of(app, id).await?;
        let intake = campaign::intake(app, &application.intake_id).await?;
        let looked = papers::of(app, &application, &form, &papers, &intake, Viewer::Worker).await?;
        let mut tx = app.db.write().await?;
        kept = keep(&mut tx, &application, &looked, app.now()).await?;
        if kept == Kept::Yes {
            return Ok(tx.commit().await?);
        }
    }
    match kept {
        Kept::Changed => Err(anyhow::anyhow!("application {id} changed each time it was checked").into()),
        // Its papers are being read, here or by another process, and each reading has it checked afterwards.
        Kept::Yes | Kept::Overtaken => Ok(()),
    }
}

/// The outbox job that checks an application later; its payload is `{"application": applications.id}`.
pub const CHECK_JOB: &str = "check_application";

/// After a submission: what was submitted is checked now, who was there with one of its papers or its card by a job. Messages
/// do not wait for a check that cannot be made now: it gets a job, too.
pub async fn after_event(app: &App, event_id: &str) -> Result<()> {
    let Some(happened) = moves::event(app, event_id).await? else {
        return Ok(());
    };
    if !happened.event.submits() {
        return Ok(());
    }
    let id = happened.application_id;
    let mut later = store::sharing_with(app, &id).await?;
    if let Err(error) = refresh(app, &id).await {
        tracing::warn!(application = id, %error, "the machine's checks could not be kept");
        later.push(id);
    }
    if later.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.write().await?;
    for id in later {
        let (payload, dedup) = (json!({ "application": id }), format!("check:{event_id}:{id}"));
        outbox::enqueue(
            &mut tx,
            &app.id(),
            CHECK_JOB,
            &payload,
            app.now(),
            Some(dedup.as_str()),
        )
        .await?;
    }
    Ok(tx.commit().await?)
}

/// After a paper was read: its own application, and those where the same paper was found. One that still awaits the reading of
/// other papers is checked when the last of them was read.
pub async fn after_reading(app: &App, document_id: &str) -> Result<()> {
    for id in store::touched_by(app, document_id).await? {
        if !papers::awaited(app, &id).await? {
            refresh(app, &id).await?;
        }
    }
    Ok(())
}

/// After a paper could not be read now: what is found fault with in the others is seen all the same.
pub async fn without_reading(app: &App, document_id: &str) -> Result<()> {
    for id in store::touched_by(app, document_id).await? {
        refresh(app, &id).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::papers::Kind;

    fn check(outcome: Outcome) -> Check {
        Check {
            kind: Kind::Quality,
            paper: None,
            outcome,
        }
    }

    /// R-16, ADR 0029: a paper that nobody has read yet is no paper without fault.
    #[test]
    fn checks_are_complete_when_every_paper_was_read() {
        let blurred = || check(Outcome::Failed(Reason::Blurred));
        let by_eye = check(Outcome::Unclear(Reason::HolderByEye));
        let unread = check(Outcome::Unclear(Reason::NotReadYet));
        assert!(complete(&[check(Outcome::Passed), by_eye, blurred()]));
        assert!(!complete(&[blurred(), unread]));
        assert!(failed(&[check(Outcome::Passed), blurred()]) && !failed(&[check(Outcome::Passed)]));
    }

    #[test]
    fn a_bulk_pass_takes_what_was_checked_and_found_right() {
        for (flagged, made, result) in [
            (false, true, Ok(())),
            (true, true, Err(Refusal::NeedsALook)),
            (true, false, Err(Refusal::NeedsALook)),
            (false, false, Err(Refusal::NotCheckedYet)),
        ] {
            assert_eq!(needs_a_look(Some(&Checked { flagged, made })), result);
        }
        assert_eq!(needs_a_look(None), Err(Refusal::NotCheckedYet));
    }
}
