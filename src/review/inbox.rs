//! What waits for an officer, oldest first, and everything below their union (R-21, ux.md).

use super::store;
use crate::app::App;
use crate::application::State;
use crate::error::Result;
use crate::kernel::Time;
use crate::union::Officer;

/// So many lines on a page.
pub const PAGE: i64 = 50;

crate::text_enum! {
    /// Which applications are listed.
    pub enum Tab {
        /// Those that stand at the officer's own step.
        Mine = "mine",
        /// Everything submitted in the officer's subtree.
        All = "all",
    }
}

/// What to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Mine or all.
    pub tab: Tab,
    /// One state only; with [`Tab::All`].
    pub state: Option<State>,
    /// Part of the applicant's name, or of the number.
    pub words: String,
    /// From 0.
    pub page: i64,
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Application id.
    pub id: String,
    /// Number.
    pub number: String,
    /// Name of the applicant.
    pub applicant: String,
    /// Their union.
    pub union: String,
    /// 学历层次.
    pub level: String,
    /// 报读院校.
    pub institution: String,
    /// State.
    pub state: State,
    /// Who holds it.
    pub holder: Option<String>,
    /// Since when in this state and step.
    pub since: Time,
    /// When submitted.
    pub submitted_at: Time,
    /// When the review window of its intake ends.
    pub review_until: Time,
}

/// A page of the list.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its lines.
    pub items: Vec<Item>,
    /// How many there are in all.
    pub total: i64,
}

/// The list.
pub async fn list(app: &App, officer: &Officer, filter: &Filter) -> Result<Page> {
    store::inbox(app, officer, filter).await
}

/// How many in each state in the officer's subtree, and how many wait for their own union.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// At the officer's own step.
    pub mine: i64,
    /// By state, drafts left out.
    pub by_state: Vec<(State, i64)>,
}

/// The counts above the list.
pub async fn counts(app: &App, officer: &Officer) -> Result<Counts> {
    store::counts(app, officer).await
}

/// The next one that waits for the officer's union, oldest first: opens by itself after a decision. Their own
/// application, which a colleague decides, is passed over.
pub async fn next(app: &App, officer: &Officer) -> Result<Option<String>> {
    Ok(store::next(app, officer).await?)
}

/// How many wait at a union's step, for the message that work waits.
pub async fn waiting_at(app: &App, union_id: &str) -> Result<i64> {
    Ok(store::waiting_at(app, union_id).await?)
}
