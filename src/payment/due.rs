//! What time brings: numbers without a notification are asked after, orders past their time closed, refunds looked after,
//! yesterday compared with the bill. In every process; a conditional update lets one of them take each up.

use super::store::{self, Try};
use super::{reconcile, refund, settle};
use crate::app::App;
use crate::audit::Actor;
use crate::error::Result;
use crate::kernel::Time;
use crate::kernel::time::{DAY, HOUR, MINUTE};
use crate::outbox;

/// Taken up in one go.
const BATCH: i64 = 20;
/// Numbers are asked after at least so often.
const LONGEST: i64 = 10 * MINUTE;
/// Bills are there from ten o'clock on.
const BILL_HOUR: i64 = 10 * HOUR + 30 * MINUTE;
/// Bills of so many days back are made up for.
const DAYS_BACK: i64 = 3;

/// One round; how much was taken up. What fails is logged and comes again.
pub async fn tick(app: &App) -> Result<usize> {
    if app.pay.is_none() {
        return Ok(0);
    }
    let taken = tries(app).await? + expired(app).await? + refunds(app).await?;
    bills(app).await;
    Ok(taken)
}

async fn tries(app: &App) -> Result<usize> {
    let due = store::due_tries(app, app.now(), BATCH).await?;
    let mut taken = 0;
    for tried in due {
        if app.stop.is_cancelled() {
            break;
        }
        let mut tx = app.db.write().await?;
        let ours = store::take_try(&mut tx, &tried, next_check(app, &tried)).await?;
        tx.commit().await?;
        if !ours {
            continue;
        }
        taken += 1;
        if let Err(error) = settle::check_try(app, &tried).await {
            tracing::warn!(%error, number = tried.out_trade_no, "a payment could not be asked after; it will be again");
        }
    }
    Ok(taken)
}

/// A minute, two, four … ten: a lost notification is found before WeChat Pay repeats it for the fourth time.
fn next_check(app: &App, tried: &Try) -> Time {
    let pause = MINUTE.saturating_mul(1 << tried.checks.clamp(0, 10)).min(LONGEST);
    app.now().plus(pause)
}

async fn expired(app: &App) -> Result<usize> {
    let due = store::expired(app, app.now(), BATCH).await?;
    let mut closed = 0;
    for id in due {
        if app.stop.is_cancelled() {
            break;
        }
        match settle::close(app, &id, &Actor::System).await {
            Ok(_) => closed += 1,
            Err(error) => {
                tracing::warn!(%error, order = id, "an order past its time could not be closed; it will be")
            }
        }
    }
    Ok(closed)
}

async fn refunds(app: &App) -> Result<usize> {
    let due = store::due_refunds(app, app.now(), BATCH).await?;
    let mut taken = 0;
    for refund in due {
        if app.stop.is_cancelled() {
            break;
        }
        let until = app
            .now()
            .plus(refund::LEASE.max(outbox::backoff(refund.checks + 1)));
        let mut tx = app.db.write().await?;
        let ours = store::take_refund(&mut tx, &refund, until).await?;
        tx.commit().await?;
        if !ours {
            continue;
        }
        taken += 1;
        if let Err(error) = refund::send(app, &refund.id).await {
            tracing::warn!(%error, refund = refund.id, "a refund could not be looked after; it will be again");
        }
    }
    Ok(taken)
}

/// Yesterday's bill, and those before that could not be had.
async fn bills(app: &App) {
    let now = app.now();
    let today = Time::start_of(now.date());
    for back in 1..=DAYS_BACK {
        let day = today.plus(-back * DAY);
        if now.0 - today.0 < BILL_HOUR && back == 1 {
            continue;
        }
        match reconcile::is_due(app, day).await {
            Ok(true) => {
                if let Err(error) = reconcile(app, day.date()).await {
                    tracing::warn!(%error, day = %day.date(), "the bill could not be compared; it will be");
                    return;
                }
            }
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "it could not be looked up which bills are to be compared"),
        }
    }
}
