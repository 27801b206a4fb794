//! A campaign's applications with all that must agree with them, for who holds the books against each other: a rehearsal.

use super::states::{Event, State};
use super::store;
use crate::app::App;
use crate::error::Result;

/// Where an application stands, drafts included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The application.
    pub id: String,
    /// Whose places.
    pub unit_id: Option<String>,
    /// Where it stands.
    pub state: State,
    /// Order of submission in the unit.
    pub seq: Option<i64>,
}

/// A line of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The event's id.
    pub id: String,
    /// Whose.
    pub application_id: String,
    /// What happened.
    pub event: Event,
    /// Where it led.
    pub state: State,
}

/// All applications of a campaign, by id.
pub async fn standings(app: &App, campaign_id: &str) -> Result<Vec<Standing>> {
    store::standings(app, campaign_id).await
}

/// The timelines of a campaign's applications, oldest line first.
pub async fn lines(app: &App, campaign_id: &str) -> Result<Vec<Line>> {
    store::lines_of(app, campaign_id).await
}

/// Whether [`super::deadlines`] has something left to end.
pub async fn any_overdue(app: &App) -> Result<bool> {
    Ok(!store::overdue(app, app.now(), 1).await?.is_empty())
}
