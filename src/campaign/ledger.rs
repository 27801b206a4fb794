//! Both ledgers of a unit's places: every change of its total, every place taken or given back.

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

/// A unit whose counters are not the sums of its ledgers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differs {
    /// The campaign's year.
    pub year: i64,
    /// The unit.
    pub unit_id: String,
    /// Its name.
    pub unit: String,
    /// Its total by the counter.
    pub total: i64,
    /// What is taken by the counter.
    pub taken: i64,
    /// The sum of the ledger of quotas.
    pub total_ledger: i64,
    /// The sum of the ledger of places.
    pub taken_ledger: i64,
}

impl std::fmt::Display for Differs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {}: total {} (ledger {}), taken {} (ledger {})",
            self.year, self.unit, self.total, self.total_ledger, self.taken, self.taken_ledger
        )
    }
}

/// Every unit of every campaign whose counters differ from their ledgers: none, unless somebody wrote past the rules.
pub async fn audit(app: &App) -> Result<Vec<Differs>> {
    store::differing(app).await
}
