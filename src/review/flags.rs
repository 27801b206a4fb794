//! Whether a machine's check failed, kept with the application so that the inbox can be filtered by it and a bulk pass
//! leaves such ones to a person (R-16, ADR 0016, ADR 0021). Made anew whenever something is submitted, a paper was read,
//! or an officer opens it.

use super::store;
use crate::app::App;
use crate::application::documents;
use crate::application::moves;
use crate::application::states::Event;
use crate::application::{self, State};
use crate::campaign;
use crate::error::Result;
use crate::papers::{self, Check, Outcome, Viewer};

/// Whether one of the checks failed.
pub fn failed(checks: &[Check]) -> bool {
    checks
        .iter()
        .any(|check| matches!(check.outcome, Outcome::Failed(_)))
}

/// Checks an application again and keeps how it came out.
pub async fn refresh(app: &App, id: &str) -> Result<()> {
    let application = application::find(app, id).await?;
    if application.state == State::Draft || application.state.is_over() {
        return Ok(());
    }
    let form = application.form(app)?;
    let papers = documents::of(app, id).await?;
    let intake = campaign::intake(app, &application.intake_id).await?;
    let checks = papers::of(app, &application, &form, &papers, &intake, Viewer::Worker).await?;
    let mut tx = app.db.write().await?;
    store::set_flag(&mut tx, id, failed(&checks)).await?;
    tx.commit().await?;
    Ok(())
}

/// After a submission: what was submitted is checked.
pub async fn after_event(app: &App, event_id: &str) -> Result<()> {
    match moves::event(app, event_id).await? {
        Some(happened)
            if matches!(
                happened.event,
                Event::Submitted | Event::Waitlisted | Event::Resubmitted
            ) =>
        {
            refresh(app, &happened.application_id).await
        }
        _ => Ok(()),
    }
}

/// After a paper was read: its own application, and those where the same paper was found.
pub async fn after_reading(app: &App, document_id: &str) -> Result<()> {
    for id in store::touched_by(app, document_id).await? {
        refresh(app, &id).await?;
    }
    Ok(())
}
