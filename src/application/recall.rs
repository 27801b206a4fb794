//! Taking an application back for correction before its review begins (R-20 [ours], ADR 0018): the place, or the
//! position on the waiting list, stays; it has to be submitted again before the application window ends.

use super::moves::{self, Move};
use super::states::{Event, State};
use super::{Application, store};
use crate::app::App;
use crate::audit::Actor;
use crate::campaign::{self, Intake};
use crate::error::Result;
use crate::kernel::Refusal;

/// Takes the worker's application back.
///
/// Errors: [`Refusal::ReviewBegun`] once a step has decided, the window's dates, [`Refusal::ChangedMeanwhile`]
/// when an officer was quicker.
pub async fn recall(app: &App, worker_id: &str, id: &str) -> Result<()> {
    let application = super::own(app, worker_id, id).await?;
    if application.state.is_recalled() {
        return Ok(());
    }
    let intake = campaign::intake(app, &application.intake_id).await?;
    intake.may_apply(app.now())?;
    super::states::next(application.state, Event::Recalled)?;
    if store::decided(app, &application).await? {
        return Err(Refusal::ReviewBegun.into());
    }
    let actor = Actor::Worker(worker_id.to_owned());
    let mut tx = app.db.write().await?;
    let to = Move {
        actor: &actor,
        event: Event::Recalled,
        // Kept for whoever promotes it meanwhile; submitting again sets both anew.
        step: application.step,
        holder_id: application.holder_id.as_deref(),
        union_id: None,
        note: "",
        corrections: &[],
    };
    moves::apply(app, &mut tx, &application, to).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether [`recall`] would do it now: for pages.
pub async fn possible(app: &App, application: &Application, intake: &Intake) -> Result<bool> {
    let open = matches!(application.state, State::InReview | State::Waitlisted);
    Ok(open && intake.may_apply(app.now()).is_ok() && !store::decided(app, application).await?)
}
