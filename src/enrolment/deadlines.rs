//! What time itself does: a seat that was not paid in time is free again. Payment closes its order; this looks after
//! those whose word got lost.

use super::{paying, store};
use crate::app::App;
use crate::error::Result;

/// How many are looked at in one round.
const BATCH: i64 = 50;

/// Ends holds whose time is over: the order is settled at WeChat Pay, then the seat is free. Gives how many ended.
pub async fn release_overdue(app: &App) -> Result<usize> {
    let mut ended = 0;
    for enrolment in store::overdue(app, app.now(), BATCH).await? {
        let first = store::terms(app, &enrolment.id).await?.into_iter().next();
        let Some(order) = first.and_then(|term| term.order_id) else {
            continue;
        };
        match paying::settled(app, &order).await {
            Ok(order) => ended += usize::from(!order.is_open()),
            // One that cannot be settled now must not keep the others.
            Err(error) => {
                tracing::warn!(enrolment = enrolment.id, %error, "a hold could not be ended; it will be")
            }
        }
    }
    Ok(ended)
}
