//! How a refund ended, whoever tells of it: a notification, the answer to the refund, or to a question.

use super::refund::{FIRST_CHECK, Refund, needs_somebody};
use super::store::{self, Entry};
use super::{EntryKind, Happened, Order, RefundCause, RefundState, note, tell};
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::time::DAY;
use crate::kernel::{Fen, Time};
use crate::outbox;
use crate::wechat::pay;
use serde_json::json;

/// What WeChat Pay answered about a refund.
pub(super) async fn told(app: &App, refund: &Refund, told: &pay::Refund) -> Result<()> {
    if told.out_refund_no != refund.out_refund_no || told.refund_fen() != refund.amount.0 {
        return Err(anyhow::anyhow!(
            "WeChat Pay answers for {} with another refund",
            refund.out_refund_no
        )
        .into());
    }
    let mut tx = app.db.write().await?;
    apply(app, &mut tx, refund, told.status, told.success_ms()).await?;
    tx.commit().await?;
    Ok(())
}

/// Keeps where a refund stands, once, under the order's lock.
pub(super) async fn apply(
    app: &App,
    tx: &mut Tx,
    refund: &Refund,
    status: pay::RefundState,
    at_ms: Option<i64>,
) -> Result<()> {
    let order = store::lock(tx, &refund.order_id).await?;
    // Looked at again under the lock: another may have told meanwhile.
    let Some(refund) = store::refund_in(tx, &refund.id).await? else {
        return Ok(());
    };
    match (refund.state, status) {
        (RefundState::Succeeded | RefundState::Closed, _) => Ok(()),
        (_, pay::RefundState::Success) => {
            succeeded(app, tx, order, &refund, at_ms.map_or(app.now(), Time)).await
        }
        (_, pay::RefundState::Closed) => ended(app, tx, order, &refund).await,
        (RefundState::Abnormal, pay::RefundState::Abnormal) => Ok(()),
        (_, pay::RefundState::Abnormal) => stopped(app, tx, &refund, "ABNORMAL").await,
        (_, pay::RefundState::Processing) => {
            let pause = FIRST_CHECK.max(outbox::backoff(refund.checks));
            Ok(store::set_refund(tx, &refund.id, RefundState::Processing, "", app.now().plus(pause)).await?)
        }
    }
}

async fn succeeded(app: &App, tx: &mut Tx, order: Order, refund: &Refund, at: Time) -> Result<()> {
    let entry = Entry {
        id: app.id(),
        order_id: order.id.clone(),
        kind: EntryKind::Refunded,
        amount: refund.amount,
        at,
        out_trade_no: refund.out_trade_no.clone(),
        reference: refund.out_refund_no.clone(),
    };
    if !store::insert_entry(tx, &entry, app.now()).await? {
        return Ok(());
    }
    store::set_refund(tx, &refund.id, RefundState::Succeeded, "", app.now()).await?;
    let detail = json!({ "refund": refund.id, "fen": refund.amount.0, "cause": refund.cause.as_str() });
    note(app, tx, "payment.refunded", &order.id, detail).await?;
    let what = if refund.cause == RefundCause::Requested {
        let refunding = Fen(order.refunding.0 - refund.amount.0);
        let refunded = Fen(order.refunded.0 + refund.amount.0);
        let moved = Order {
            refunding,
            refunded,
            ..order.clone()
        };
        let moved = Order {
            state: moved.after_refunds(),
            ..moved
        };
        store::update(tx, &moved, app.now()).await?;
        Happened::Refunded
    } else {
        Happened::Returned
    };
    tell(app, tx, &order.id, what, &refund.id).await
}

/// It does not take place: what was asked back counts as paid again.
async fn ended(app: &App, tx: &mut Tx, order: Order, refund: &Refund) -> Result<()> {
    store::set_refund(tx, &refund.id, RefundState::Closed, "CLOSED", app.now()).await?;
    note(
        app,
        tx,
        "payment.refund_closed",
        &order.id,
        json!({ "refund": refund.id }),
    )
    .await?;
    if refund.cause == RefundCause::Requested {
        let moved = Order {
            refunding: Fen(order.refunding.0 - refund.amount.0),
            ..order.clone()
        };
        let moved = Order {
            state: moved.after_refunds(),
            ..moved
        };
        store::update(tx, &moved, app.now()).await?;
    }
    needs_somebody(app, tx, &refund.id).await?;
    // It may have been abnormal before, which was told as well.
    let reference = format!("closed-{}", refund.id);
    tell(app, tx, &order.id, Happened::RefundFailed, &reference).await
}

/// The operator has to act in the merchant's console; it is looked after once a day.
async fn stopped(app: &App, tx: &mut Tx, refund: &Refund, problem: &str) -> Result<()> {
    store::set_refund(
        tx,
        &refund.id,
        RefundState::Abnormal,
        problem,
        app.now().plus(DAY),
    )
    .await?;
    let detail = json!({ "refund": refund.id, "problem": problem });
    note(app, tx, "payment.refund_abnormal", &refund.order_id, detail).await?;
    needs_somebody(app, tx, &refund.id).await?;
    tell(app, tx, &refund.order_id, Happened::RefundFailed, &refund.id).await
}

/// WeChat Pay refused for good.
pub(super) async fn abnormal(app: &App, refund: &Refund, problem: &str) -> Result<()> {
    let mut tx = app.db.write().await?;
    store::lock(&mut tx, &refund.order_id).await?;
    let state = store::refund_in(&mut tx, &refund.id)
        .await?
        .map(|refund| refund.state);
    if state == Some(RefundState::Created) {
        stopped(app, &mut tx, refund, problem).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// To be sent again under the same number, unless it moved meanwhile.
pub(super) async fn again(app: &App, refund: &Refund) -> Result<()> {
    let mut tx = app.db.write().await?;
    store::lock(&mut tx, &refund.order_id).await?;
    if store::refund_in(&mut tx, &refund.id)
        .await?
        .is_some_and(|r| r.state == refund.state && r.state != RefundState::Succeeded)
    {
        store::set_refund(&mut tx, &refund.id, RefundState::Created, "", app.now()).await?;
        tx.commit().await?;
    }
    Ok(())
}
