//! The places of a unit in a campaign: a counter that never leaves 0..=total, and a line for every change.
//!
//! Whoever may take or release a place locks the unit's row first, before any application's row: one order for
//! all, so PostgreSQL sees no deadlock, and between the lock and the commit nobody else counts.

use super::{PlaceCause, QuotaCause, store};
use crate::app::App;
use crate::audit::Actor;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use std::collections::BTreeSet;

/// The places of one unit in one campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// What Annex 1 gives.
    pub total: i64,
    /// What is taken.
    pub taken: i64,
}

impl Places {
    /// What is left.
    pub fn left(&self) -> i64 {
        (self.total - self.taken).max(0)
    }
}

/// A unit's places, locked until the transaction ends.
pub struct Locked<'a> {
    app: &'a App,
    campaign_id: String,
    unit_id: String,
    places: Places,
}

/// Locks a unit's places. [`Error::NotFound`] when the unit has none in this campaign.
pub async fn lock<'a>(app: &'a App, tx: &mut Tx, campaign_id: &str, unit_id: &str) -> Result<Locked<'a>> {
    let places = store::lock_quota(tx, campaign_id, unit_id)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(locked(app, campaign_id, unit_id, places))
}

/// Locks a unit's places and draws the next number in its order of submission: drawn under the lock, the
/// numbers' order is that of the commits.
pub async fn lock_in_line<'a>(
    app: &'a App,
    tx: &mut Tx,
    campaign_id: &str,
    unit_id: &str,
) -> Result<(Locked<'a>, i64)> {
    let (places, seq) = store::lock_quota_in_line(tx, campaign_id, unit_id)
        .await?
        .ok_or(Error::NotFound)?;
    Ok((locked(app, campaign_id, unit_id, places), seq))
}

/// Locks the places of several units, in the order of their ids whatever order they are named in: one order for all, so
/// that two who lock the same units wait for each other and never in a circle. A unit without places gets a row of none.
pub async fn lock_all<'a>(
    app: &'a App,
    tx: &mut Tx,
    campaign_id: &str,
    unit_ids: &BTreeSet<String>,
) -> Result<Vec<Locked<'a>>> {
    let mut all = Vec::with_capacity(unit_ids.len());
    for unit_id in unit_ids {
        all.push(match store::lock_quota(tx, campaign_id, unit_id).await? {
            Some(places) => locked(app, campaign_id, unit_id, places),
            None => {
                store::open_quota(tx, campaign_id, unit_id).await?;
                lock(app, tx, campaign_id, unit_id).await?
            }
        });
    }
    Ok(all)
}

/// Locks a unit's places in every campaign: nothing is submitted to it or leaves it until the transaction ends.
pub async fn lock_unit(tx: &mut Tx, unit_id: &str) -> Result<()> {
    Ok(store::lock_quotas_of(tx, unit_id).await?)
}

fn locked<'a>(app: &'a App, campaign_id: &str, unit_id: &str, places: Places) -> Locked<'a> {
    Locked {
        app,
        campaign_id: campaign_id.to_owned(),
        unit_id: unit_id.to_owned(),
        places,
    }
}

/// Why a unit's total changes, and by whom.
pub struct Change<'a> {
    /// What kind of act.
    pub cause: QuotaCause,
    /// An import's SHA-256 or a transfer's id; empty for none.
    pub reference: &'a str,
    /// In words.
    pub reason: &'a str,
    /// Who.
    pub by: &'a Actor,
}

impl Locked<'_> {
    /// Whose places these are.
    pub fn unit_id(&self) -> &str {
        &self.unit_id
    }

    /// Gives the unit another total, with its line in the ledger of quotas. The caller gives what became free to
    /// those who wait, in the same transaction.
    ///
    /// Errors: [`Refusal::BelowTaken`] with the numbers.
    pub async fn set_total(&mut self, tx: &mut Tx, total: i64, why: &Change<'_>) -> Result<()> {
        if total < self.places.taken {
            return Err(Refusal::BelowTaken {
                wanted: total,
                taken: self.places.taken,
            }
            .into());
        }
        if total == self.places.total {
            return Ok(());
        }
        let entry = store::QuotaEntry {
            id: self.app.id(),
            campaign_id: &self.campaign_id,
            unit_id: &self.unit_id,
            delta: total - self.places.total,
            total,
            cause: why.cause,
            reference: why.reference,
            reason: why.reason,
            at: self.app.now(),
            actor: format!("{}:{}", why.by.kind(), why.by.id()),
        };
        store::apply_quota_entry(tx, &entry).await?;
        self.places.total = total;
        Ok(())
    }

    /// The counts as they stand under the lock.
    pub fn places(&self) -> Places {
        self.places
    }

    /// Takes a place if one is free; whether it was.
    pub async fn take(
        &mut self,
        tx: &mut Tx,
        application_id: &str,
        cause: PlaceCause,
        by: &Actor,
    ) -> Result<bool> {
        if self.places.left() == 0 {
            return Ok(false);
        }
        self.change(tx, application_id, 1, cause, by).await?;
        Ok(true)
    }

    /// Gives a place back. The caller passes it on within the same transaction while somebody waits.
    pub async fn release(
        &mut self,
        tx: &mut Tx,
        application_id: &str,
        cause: PlaceCause,
        by: &Actor,
    ) -> Result<()> {
        self.change(tx, application_id, -1, cause, by).await
    }

    async fn change(
        &mut self,
        tx: &mut Tx,
        application_id: &str,
        delta: i64,
        cause: PlaceCause,
        by: &Actor,
    ) -> Result<()> {
        let entry = store::Entry {
            id: self.app.id(),
            campaign_id: &self.campaign_id,
            unit_id: &self.unit_id,
            application_id,
            delta,
            cause,
            at: self.app.now(),
            actor: format!("{}:{}", by.kind(), by.id()),
        };
        store::apply_entry(tx, &entry).await?;
        self.places.taken += delta;
        Ok(())
    }
}

/// The places of one unit.
pub async fn of_unit(app: &App, campaign_id: &str, unit_id: &str) -> Result<Option<Places>> {
    Ok(store::quota(app, campaign_id, unit_id).await?)
}

/// The places of the whole campaign.
pub async fn of_campaign(app: &App, campaign_id: &str) -> Result<Places> {
    Ok(store::campaign_places(app, campaign_id).await?)
}

/// The ledger's sum for a unit: always equal to [`Places::taken`].
pub async fn ledger_sum(app: &App, campaign_id: &str, unit_id: &str) -> Result<i64> {
    Ok(store::ledger_sum(app, campaign_id, unit_id).await?)
}
