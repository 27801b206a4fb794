//! From a fact to the messages that it causes.

use super::catalogue::{self, Content, Message, Moved};
use super::store;
use crate::app::App;
use crate::application::moves::Happened;
use crate::application::progress::{self, Progress};
use crate::application::states::{Event, State};
use crate::application::{self, moves};
use crate::db::Tx;
use crate::error::Result;
use crate::outbox;
use crate::review::inbox;
use crate::union::{Role, officers};
use serde_json::json;

/// A message to be sent.
pub struct Planned {
    /// One message for one cause and recipient.
    pub(super) dedup: String,
    pub(super) event: String,
    pub(super) recipient: Recipient,
    pub(super) application_id: String,
    pub(super) content: Content,
}

/// Who gets a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// A worker, by id.
    Worker(String),
    /// An officer, by id.
    Officer(String),
    /// Who registered a union, by the registration's id.
    Registration(String),
}

impl Recipient {
    /// Kind and id as stored.
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            Recipient::Worker(id) => ("worker", id),
            Recipient::Officer(id) => ("officer", id),
            Recipient::Registration(id) => ("registration", id),
        }
    }

    /// From the stored parts.
    pub fn of(kind: &str, id: &str) -> Option<Self> {
        match kind {
            "worker" => Some(Recipient::Worker(id.to_owned())),
            "officer" => Some(Recipient::Officer(id.to_owned())),
            "registration" => Some(Recipient::Registration(id.to_owned())),
            _ => None,
        }
    }
}

/// Reads what an event means for people: the worker at each move, the officers of the union where it now waits
/// . Reading comes before the writing transaction.
pub async fn plan(app: &App, event_id: &str) -> Result<Vec<Planned>> {
    let Some(happened) = moves::event(app, event_id).await? else {
        return Ok(Vec::new());
    };
    let application = application::find(app, &happened.application_id).await?;
    let progress = progress::of(app, application).await?;
    let mut planned = vec![worker(&happened, &progress)];
    let arrives = matches!(
        happened.event,
        Event::Submitted
            | Event::Promoted
            | Event::CarriedOver
            | Event::Passed
            | Event::Resubmitted
            | Event::SentBack
            | Event::HandedUp
    );
    // Promoted while it is being corrected, or sent back to the waiting list: nobody's work yet.
    let arrives = arrives && progress.application.state == State::InReview;
    // Carried over in summer: the officers hear of it when its window opens, in the digests.
    let arrives =
        arrives && (happened.event != Event::CarriedOver || progress.intake.may_review(app.now()).is_ok());
    if let (true, Some(union_id)) = (arrives, progress.application.holder_id.clone()) {
        planned.extend(officers_of(app, &happened, &progress, &union_id).await?);
    }
    Ok(planned)
}

fn worker(happened: &Happened, progress: &Progress) -> Planned {
    let moved = Moved {
        event: happened.event,
        state: progress.application.state,
        number: progress.application.number.as_deref().unwrap_or("-"),
        intake: &progress.intake,
        holder: progress.holder.as_deref(),
        waiting_position: progress.waiting_position,
        note: &happened.note,
        at: happened.at,
    };
    Planned {
        dedup: format!("{}:{}", happened.id, progress.application.worker_id),
        event: Message::of_event(happened.event).to_string(),
        recipient: Recipient::Worker(progress.application.worker_id.clone()),
        application_id: happened.application_id.clone(),
        content: catalogue::to_worker(&moved),
    }
}

/// At once for the first that waits, so long as it does; the next ones are told in the digests (`plan`): two hundred
/// applications are not two hundred messages.
async fn officers_of(
    app: &App,
    happened: &Happened,
    progress: &Progress,
    union_id: &str,
) -> Result<Vec<Planned>> {
    let application = &progress.application;
    if store::waits_before(app, union_id, application.since, &application.id).await? {
        return Ok(Vec::new());
    }
    let waiting = inbox::waiting_at(app, union_id).await?;
    if waiting == 0 {
        return Ok(Vec::new());
    }
    let holder = progress.holder.as_deref().unwrap_or_default();
    let content = catalogue::to_officer(holder, waiting, progress.intake.review.until);
    let officers = officers::of_union(app, union_id, Role::Reviewer).await?;
    let planned = officers.into_iter().map(|officer| Planned {
        dedup: format!("work:{union_id}:{}:{}", happened.id, officer.id),
        event: Message::WorkWaits.to_string(),
        recipient: Recipient::Officer(officer.id),
        application_id: happened.application_id.clone(),
        content: content.clone(),
    });
    Ok(planned.collect())
}

/// Writes the messages and their outbox jobs within the caller's transaction. What was planned before is not
/// planned again.
pub async fn enqueue(app: &App, tx: &mut Tx, planned: &[Planned]) -> Result<()> {
    for notice in planned {
        let id = app.id();
        let (kind, recipient) = notice.recipient.parts();
        let row = store::NewNotice {
            id: &id,
            event: &notice.event,
            recipient: (kind, recipient),
            application_id: &notice.application_id,
            dedup: &notice.dedup,
            content: serde_json::to_string(&notice.content).map_err(anyhow::Error::from)?,
            now: app.now(),
        };
        if store::insert(tx, &row).await? {
            outbox::enqueue(
                tx,
                &app.id(),
                super::NOTICE_JOB,
                &json!({ "notice": id }),
                app.now(),
                None,
            )
            .await?;
        }
    }
    Ok(())
}
