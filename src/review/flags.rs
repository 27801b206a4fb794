//! Whether a machine's check failed, kept with the application so that the inbox can be filtered by it and a bulk pass
//! leaves such ones to a person (R-16, ADR 0016, ADR 0021). Made anew whenever something is submitted, a paper was read,
//! or an officer opens it.

use super::store::{self, Checked};
use crate::app::App;
use crate::application::documents;
use crate::application::moves;
use crate::application::{self, Application, State};
use crate::campaign;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::{Refusal, Time};
use crate::papers::{self, Check, Outcome, Reason, Viewer};

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

/// Keeps how the checks of an application came out, within the caller's transaction; whether it still was as seen.
pub(super) async fn keep(tx: &mut Tx, seen: &Application, checks: &[Check], now: Time) -> Result<bool> {
    let at = complete(checks).then_some(now);
    Ok(store::set_flag(tx, (&seen.id, seen.version), failed(checks), at).await?)
}

/// So often an application is checked anew when it changes meanwhile.
const ATTEMPTS: usize = 3;

/// Checks an application again and keeps how it came out.
pub async fn refresh(app: &App, id: &str) -> Result<()> {
    for _ in 0..ATTEMPTS {
        let application = application::find(app, id).await?;
        if application.state == State::Draft || application.state.is_over() {
            return Ok(());
        }
        let form = application.form(app)?;
        let papers = documents::of(app, id).await?;
        let intake = campaign::intake(app, &application.intake_id).await?;
        // Before it is noted how much has been read.
        papers::read_now(app, &application, &papers).await?;
        let seen = papers::stamp(app.db.read(), id).await?;
        let checks = papers::of(app, &application, &form, &papers, &intake, Viewer::Worker).await?;
        let mut tx = app.db.write().await?;
        let kept = keep(&mut tx, &application, &checks, app.now()).await?;
        // Looked at while the row is held. What was found since, the application's version does not tell: nothing is kept then,
        // for whoever reads a paper has its application checked afterwards.
        if papers::stamp(&mut *tx, id).await? != seen {
            return Ok(());
        }
        tx.commit().await?;
        if kept {
            return Ok(());
        }
    }
    Err(anyhow::anyhow!("application {id} changed each time it was checked").into())
}

/// After a submission: what was submitted is checked.
pub async fn after_event(app: &App, event_id: &str) -> Result<()> {
    match moves::event(app, event_id).await? {
        Some(happened) if happened.event.submits() => refresh(app, &happened.application_id).await,
        _ => Ok(()),
    }
}

/// After a paper was read: its own application, and those where the same paper was found. One whose other papers nobody has
/// read yet is checked when the last of them was.
pub async fn after_reading(app: &App, document_id: &str) -> Result<()> {
    for id in store::touched_by(app, document_id).await? {
        if papers::all_read(app, &id).await? {
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
