//! A campaign's places with the whole ledger, for who holds the books against each other: a rehearsal.

use super::places::Places;
use super::store;
use crate::app::App;
use crate::error::Result;
use crate::kernel::Time;

/// A line of the ledger: one place taken or given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The unit.
    pub unit_id: String,
    /// For which application.
    pub application_id: String,
    /// +1 or -1.
    pub delta: i64,
    /// When.
    pub at: Time,
}

/// The whole ledger of a campaign, oldest first.
pub async fn ledger(app: &App, campaign_id: &str) -> Result<Vec<Entry>> {
    Ok(store::ledger(app, campaign_id).await?)
}

/// Every unit's places in a campaign, by the unit's id.
pub async fn by_unit(app: &App, campaign_id: &str) -> Result<Vec<(String, Places)>> {
    Ok(store::places_by_unit(app, campaign_id).await?)
}
