//! What became of messages, as officers see it, and sending a lost one once more.

use super::catalogue::Message;
use super::store::{self, DeliveryRow};
use super::{Channel, Delivery, NOTICE_JOB, reason};
use crate::app::App;
use crate::audit::{self, Line};
use crate::error::{Error, Result};
use crate::kernel::{Refusal, Time};
use crate::outbox;
use crate::union::rights::{self, Act};
use crate::union::{Kind, Officer};
use serde_json::json;

/// So many lost messages are listed.
pub const LISTED: i64 = 200;

/// A message and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Id.
    pub id: String,
    /// What it is about, by the catalogue.
    pub title: &'static str,
    /// Whether it went to the worker.
    pub to_worker: bool,
    /// An officer's name; empty for a worker.
    pub officer: String,
    /// The union of the officer, or of the worker's application.
    pub union: String,
    /// The application, when it is about one that was submitted.
    pub application: Option<(String, String, String)>,
    /// By which way; none before the first attempt.
    pub channel: Option<Channel>,
    /// Where it stands.
    pub state: Delivery,
    /// When that was noted.
    pub at: Time,
    /// Why it did not arrive, or why it went by SMS; empty for none.
    pub reason: String,
    /// Whether it was sent again.
    pub resent: bool,
}

fn told(row: DeliveryRow) -> Option<Told> {
    let message = Message::parse(&row.event);
    let (number, applicant) = (row.number, row.applicant);
    Some(Told {
        title: message.map_or("其他通知", |message| message.about().title),
        to_worker: row.recipient_kind == "worker",
        officer: row.officer,
        union: row.union_name,
        application: row.application_id.map(|id| (id, number, applicant)),
        channel: Channel::parse(&row.channel),
        state: Delivery::parse(&row.state)?,
        at: Time(row.updated_at),
        reason: reason::words(&row.error),
        resent: row.resent_as.is_some(),
        id: row.id,
    })
}

/// The messages about an application, oldest first; the caller answers for the right to see it.
pub async fn of_application(app: &App, id: &str) -> Result<Vec<Told>> {
    let rows = store::deliveries_of(app, id).await?;
    Ok(rows.into_iter().filter_map(told).collect())
}

/// Whether nothing that was sent to the worker arrived: somebody has to call. What is on its way may still arrive.
pub fn worker_unreached(told: &[Told]) -> bool {
    let to_worker = || told.iter().filter(|one| one.to_worker);
    to_worker().next().is_some() && to_worker().all(|one| one.state.is_lost())
}

/// The subtree that an officer sees, and whether that is everything.
fn scope(officer: &Officer) -> (&str, bool) {
    let city = matches!(officer.union.kind, Kind::City | Kind::Centre);
    (officer.union.scope(), city)
}

/// The messages that did not arrive in an administrator's subtree, newest first, at most [`LISTED`].
///
/// Errors: [`Refusal::NotAllowed`].
pub async fn lost(app: &App, officer: &Officer) -> Result<Vec<Told>> {
    rights::check(officer, Act::ManageUnions)?;
    let rows = store::lost(app, scope(officer), "", LISTED).await?;
    Ok(rows.into_iter().filter_map(told).collect())
}

/// Sends a lost message once more: the same content, by the ways that are open now. Asked twice, it is sent once.
///
/// Errors: [`Error::NotFound`] outside the subtree; [`Refusal::NotAllowed`]; [`Refusal::NoticeNotLost`].
pub async fn resend(app: &App, officer: &Officer, id: &str) -> Result<()> {
    let result = resend_checked(app, officer, id).await;
    let actor = officer.actor();
    rights::noted(app, &actor, "notice.resend", ("notice", id), result).await
}

async fn resend_checked(app: &App, officer: &Officer, id: &str) -> Result<()> {
    let found = match id {
        "" => Vec::new(),
        id => store::lost(app, scope(officer), id, 1).await?,
    };
    let row = found.into_iter().next().ok_or(Error::NotFound)?;
    rights::check(officer, Act::ManageUnions)?;
    let message = told(row).ok_or(Error::NotFound)?;
    if message.resent {
        return Ok(());
    }
    if !message.state.is_lost() {
        return Err(Refusal::NoticeNotLost.into());
    }
    let (new, now) = (app.id(), app.now());
    let mut tx = app.db.write().await?;
    if !store::mark_resent(&mut tx, id, &new).await? {
        // Somebody was faster; what they did is what was wanted.
        return Ok(());
    }
    store::insert_again(&mut tx, id, &new, now).await?;
    let payload = json!({ "notice": new });
    outbox::enqueue(&mut tx, &app.id(), NOTICE_JOB, &payload, now, None).await?;
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act: "notice.resend",
        subject: ("notice", id),
        detail: json!({ "as": new }),
    };
    audit::record(&mut tx, &app.entropy, now, line).await?;
    tx.commit().await?;
    Ok(())
}
