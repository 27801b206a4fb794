//! What happened beside the moves of an application, and who is told: the other end of `outbox::tell`.
//!
//! Adding a fact: its text in [`Fact`], an arm in [`plan`] that reads what the message needs, a message in
//! `catalogue::Message`. Whoever makes the fact true calls `outbox::tell(tx, &app.id(), "<text>", id, now)` in the same
//! transaction; capabilities know only the text, since nobody waits for `notice`.

use super::catalogue::{self, Message};
use super::payments;
use super::react::{Planned, Recipient};
use crate::app::App;
use crate::application::progress;
use crate::application::{self, HANDED_OVER};
use crate::error::{Error, Result};
use crate::payment::{BILL_DIFFERS, REFUND_STUCK};

crate::text_enum! {
    /// A fact, by the text that `outbox::tell` was given.
    pub enum Fact {
        /// An application's union changed, or who reviews it, because the tree did; the id is the application's.
        HandedOver = "handed_over",
        /// A day's bill differs from our entries; the id is the day.
        BillDiffers = "bill_differs",
        /// A refund needs somebody; the id is the refund's.
        RefundStuck = "refund_stuck",
    }
}

const _: () = assert!(matches!(HANDED_OVER.as_bytes(), b"handed_over"));
const _: () = assert!(matches!(BILL_DIFFERS.as_bytes(), b"bill_differs"));
const _: () = assert!(matches!(REFUND_STUCK.as_bytes(), b"refund_stuck"));

/// Reads what a fact means for people. `job` is the outbox job's id: one message for it and a recipient. What is gone
/// meanwhile tells nobody anything.
pub async fn plan(app: &App, fact: &str, id: &str, job: &str) -> Result<Vec<Planned>> {
    let planned = match Fact::parse(fact) {
        Some(Fact::HandedOver) => handed_over(app, id, job).await,
        Some(Fact::BillDiffers) => payments::bill_differs(app, id, job).await,
        Some(Fact::RefundStuck) => payments::refund_stuck(app, id, job).await,
        None => return Err(anyhow::anyhow!("no message for the fact {fact}").into()),
    };
    match planned {
        Err(Error::NotFound) => Ok(Vec::new()),
        other => other,
    }
}

async fn handed_over(app: &App, id: &str, job: &str) -> Result<Vec<Planned>> {
    let application = application::find(app, id).await?;
    if application.state.is_over() {
        return Ok(Vec::new());
    }
    let progress = progress::of(app, application).await?;
    let application = &progress.application;
    let content = catalogue::handed_over(
        application.number.as_deref().unwrap_or("-"),
        &progress.intake,
        progress.holder.as_deref(),
        app.now(),
    );
    Ok(vec![Planned {
        dedup: format!("{job}:{}", application.worker_id),
        event: Message::HandedOver.to_string(),
        recipient: Recipient::Worker(application.worker_id.clone()),
        application_id: application.id.clone(),
        content,
    }])
}
