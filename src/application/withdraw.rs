//! Leaving the queue: withdrawal, rejection and a missed deadline free the place, and the first who waits gets it
//! in the same transaction.

use super::moves::{self, Move};
use super::promote::promote;
use super::states::{Event, State};
use super::{Application, store};
use crate::app::App;
use crate::audit::Actor;
use crate::campaign::PlaceCause;
use crate::campaign::places;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Refusal;

/// The worker takes the application back. A second tap finds it done.
pub async fn withdraw(app: &App, worker_id: &str, id: &str) -> Result<()> {
    let application = super::own(app, worker_id, id).await?;
    if application.state == State::Withdrawn {
        return Ok(());
    }
    let actor = Actor::Worker(worker_id.to_owned());
    let mut tx = app.db.write().await?;
    end(
        app,
        &mut tx,
        &application,
        Ending {
            actor: &actor,
            event: Event::Withdrawn,
            union_id: None,
            note: "",
        },
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// How an application ends without a grant.
pub struct Ending<'a> {
    /// Who ends it.
    pub actor: &'a Actor,
    /// [`Event::Withdrawn`], [`Event::Rejected`] or [`Event::Expired`].
    pub event: Event,
    /// The union that decided.
    pub union_id: Option<&'a str>,
    /// Words for the worker.
    pub note: &'a str,
}

/// Ends an application within the caller's transaction: its claims fall, its place goes to the first who waits.
pub async fn end(app: &App, tx: &mut Tx, application: &Application, ending: Ending<'_>) -> Result<()> {
    let Some(unit_id) = &application.unit_id else {
        return Err(Refusal::NotEditable.into());
    };
    let cause = match ending.event {
        Event::Withdrawn => PlaceCause::Withdrawn,
        Event::Rejected => PlaceCause::Rejected,
        _ => PlaceCause::Expired,
    };
    let mut places = places::lock(app, tx, &application.campaign_id, unit_id).await?;
    leave(app, tx, application, &ending).await?;
    if application.state.holds_place() {
        places.release(tx, &application.id, cause, ending.actor).await?;
        promote(app, tx, &mut places, &application.campaign_id, unit_id).await?;
    }
    Ok(())
}

/// The application's own part of its end: the move, and its claims fall.
pub(super) async fn leave(
    app: &App,
    tx: &mut Tx,
    application: &Application,
    ending: &Ending<'_>,
) -> Result<()> {
    let to = Move {
        actor: ending.actor,
        event: ending.event,
        step: application.step,
        holder_id: None,
        union_id: ending.union_id,
        note: ending.note,
        corrections: &[],
    };
    moves::apply(app, tx, application, to).await?;
    Ok(store::drop_claims(tx, &application.id).await?)
}
