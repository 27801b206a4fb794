//! The ledger of a unit's total: every change, with its reason. Whether the books add up: `supervision::invariants`.

use super::{QuotaCause, store};
use crate::app::App;
use crate::error::Result;
use crate::kernel::Time;

/// A change of a unit's total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// By how many.
    pub delta: i64,
    /// The total afterwards.
    pub total: i64,
    /// What kind of act it was.
    pub cause: QuotaCause,
    /// In words.
    pub reason: String,
    /// When.
    pub at: Time,
    /// Who, by name.
    pub by: String,
}

/// A unit's newest changes, the last one first.
pub async fn changes(app: &App, campaign_id: &str, unit_id: &str, limit: i64) -> Result<Vec<Entry>> {
    store::quota_entries(app, campaign_id, unit_id, limit).await
}
