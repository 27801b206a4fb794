//! A campaign's notices, for who holds them against what happened: a rehearsal.

use super::store;
use crate::app::App;
use crate::error::Result;

/// A notice about an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// One for one cause and recipient; for a worker it begins with the event's id.
    pub dedup: String,
    /// About which application.
    pub application_id: String,
    /// `worker`, `officer` …
    pub recipient: String,
    /// [`super::Delivery`] as stored.
    pub state: String,
}

/// Every notice about a campaign's applications.
pub async fn notes(app: &App, campaign_id: &str) -> Result<Vec<Note>> {
    let rows = store::of_campaign(app, campaign_id).await?;
    let note = |(dedup, application_id, recipient, state)| Note {
        dedup,
        application_id,
        recipient,
        state,
    };
    Ok(rows.into_iter().map(note).collect())
}
