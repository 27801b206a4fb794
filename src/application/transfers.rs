//! The city approves a transfer of places (R-19, R-20 [ours], ADR 0020): both units' places are locked in the order of
//! their ids, whether they are still free is asked again, both totals and the transfer change in one transaction, and
//! whoever waits at the unit that receives gets them at once.

use super::allot::give;
use crate::app::App;
use crate::campaign::QuotaCause;
use crate::campaign::places::{self, Change};
use crate::campaign::transfers::{self, Step};
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::union::Officer;
use crate::union::rights;
use std::collections::BTreeSet;

/// Approves a transfer that was accepted; gives how many came off the receiver's waiting list.
///
/// Errors: those of [`transfers::begin`]; [`Refusal::TransferNotFree`] with what is left.
pub async fn approve(app: &App, officer: &Officer, id: &str) -> Result<i64> {
    let result = approve_checked(app, officer, id).await;
    rights::noted(
        app,
        &officer.actor(),
        "transfer.approve",
        ("transfer", id),
        result,
    )
    .await
}

async fn approve_checked(app: &App, officer: &Officer, id: &str) -> Result<i64> {
    let transfer = transfers::begin(app, officer, id, Step::Approve).await?;
    let actor = officer.actor();
    let mut tx = app.db.write().await?;
    let both = BTreeSet::from([transfer.from_id.clone(), transfer.to_id.clone()]);
    let mut locked = places::lock_all(app, &mut tx, &transfer.campaign_id, &both).await?;
    transfers::settle(app, &mut tx, &actor, &transfer, (Step::Approve, "")).await?;
    let why = Change {
        cause: QuotaCause::Transferred,
        reference: &transfer.id,
        reason: &transfer.reason,
        by: &actor,
    };
    let mut promoted = 0;
    // The giver first: what it has not got is not given.
    for (unit_id, delta) in [
        (&transfer.from_id, -transfer.places),
        (&transfer.to_id, transfer.places),
    ] {
        let unit = locked.iter_mut().find(|unit| unit.unit_id() == unit_id);
        let unit = unit.ok_or(Error::NotFound)?;
        let left = unit.places().left();
        if left + delta < 0 {
            return Err(Refusal::TransferNotFree { left }.into());
        }
        let total = unit.places().total + delta;
        promoted += give(app, &mut tx, unit, &transfer.campaign_id, (total, &why)).await?;
    }
    tx.commit().await?;
    Ok(promoted)
}
