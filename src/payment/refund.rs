//! Giving money back: noted first, then sent to WeChat Pay as often as it takes, always under the same number.

use super::{Order, REFUND_JOB, RefundCause, RefundState, State, client, note_as, result, store};
use crate::app::App;
use crate::audit::Actor;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::time::MINUTE;
use crate::kernel::{Fen, Refusal, Time};
use crate::outbox;
use crate::wechat::pay::{NewRefund, PayClass, PayError};
use serde_json::json;

/// How long WeChat Pay is given before it is asked how a refund stands.
pub(super) const FIRST_CHECK: i64 = 5 * MINUTE;
/// Another process does not take the same refund up within this time.
pub(super) const LEASE: i64 = MINUTE;

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Ours.
    pub id: String,
    /// Its order.
    pub order_id: String,
    /// The number under which the money came.
    pub out_trade_no: String,
    /// Our number towards WeChat Pay (商户退款单号).
    pub out_refund_no: String,
    /// Why.
    pub cause: RefundCause,
    /// What the payer reads.
    pub reason: String,
    /// What goes back.
    pub amount: Fen,
    /// The whole payment.
    pub total: Fen,
    /// Where it stands.
    pub state: RefundState,
    /// WeChat's code while it does not go on; empty when nothing is wrong.
    pub problem: String,
    /// When it was asked for.
    pub created_at: Time,
    /// When it is next looked after.
    pub check_at: Time,
    /// How often it was.
    pub checks: i64,
}

/// What is to go back.
#[derive(Debug, Clone, Copy)]
pub struct RefundRequest<'a> {
    /// The order.
    pub order: &'a str,
    /// The caller's key, such as `term-2`: asked for again it is the same refund.
    pub key: &'a str,
    /// Fen, no more than [`Order::left`].
    pub amount: Fen,
    /// What the payer reads, up to 80 bytes.
    pub reason: &'a str,
    /// Who asks.
    pub actor: &'a Actor,
}

/// Asks for a refund, in whole or in part.
/// Errors: [`Refusal::PaymentNotPaid`], [`Refusal::RefundTooMuch`]; [`Refusal::PaymentDiffers`] when `key` was used for
/// another amount.
pub async fn refund(app: &App, request: &RefundRequest<'_>) -> Result<Refund> {
    let mut tx = app.db.write().await?;
    let refund = refund_in(app, &mut tx, request).await?;
    tx.commit().await?;
    Ok(refund)
}

/// [`refund`] within the owner's transaction.
pub async fn refund_in(app: &App, tx: &mut Tx, request: &RefundRequest<'_>) -> Result<Refund> {
    let order = store::lock(tx, request.order).await?;
    if let Some(standing) = store::refund_by_request(tx, request.order, request.key).await? {
        return if standing.amount == request.amount {
            Ok(standing)
        } else {
            Err(Refusal::PaymentDiffers.into())
        };
    }
    let number = order
        .out_trade_no
        .clone()
        .filter(|_| matches!(order.state, State::Paid | State::Refunding));
    let number = number.ok_or(Refusal::PaymentNotPaid)?;
    if request.amount.0 < 1 || request.amount > order.left() {
        return Err(Refusal::RefundTooMuch.into());
    }
    let back = Back {
        order: &order.id,
        out_trade_no: &number,
        total: order.amount,
        amount: request.amount,
        cause: RefundCause::Requested,
        request: request.key,
        reason: request.reason,
    };
    let refund = insert_as(app, tx, &back, request.actor).await?;
    let refunding = Fen(order.refunding.0 + request.amount.0);
    let order = Order {
        refunding,
        state: State::Refunding,
        ..order
    };
    store::update(tx, &order, app.now()).await?;
    Ok(refund)
}

/// The refunds of an order, the oldest first.
pub async fn refunds(app: &App, order: &str) -> Result<Vec<Refund>> {
    store::refunds_of(app, order).await
}

/// What goes back, and what for.
pub(super) struct Back<'a> {
    pub order: &'a str,
    pub out_trade_no: &'a str,
    pub total: Fen,
    pub amount: Fen,
    pub cause: RefundCause,
    pub request: &'a str,
    pub reason: &'a str,
}

/// Notes a refund that the system makes by itself, with the job that sends it.
pub(super) async fn insert(app: &App, tx: &mut Tx, back: &Back<'_>) -> Result<Refund> {
    insert_as(app, tx, back, &Actor::System).await
}

async fn insert_as(app: &App, tx: &mut Tx, back: &Back<'_>, actor: &Actor) -> Result<Refund> {
    let now = app.now();
    let refund = Refund {
        id: app.id(),
        order_id: back.order.to_owned(),
        out_trade_no: back.out_trade_no.to_owned(),
        out_refund_no: format!("R{}", app.id()),
        cause: back.cause,
        reason: back.reason.to_owned(),
        amount: back.amount,
        total: back.total,
        state: RefundState::Created,
        problem: String::new(),
        created_at: now,
        // The job sends it at once; the loop looks after it when the job did not.
        check_at: now.plus(LEASE),
        checks: 0,
    };
    store::insert_refund(tx, &refund, back.request).await?;
    let detail = json!({ "refund": refund.id, "fen": back.amount.0, "cause": back.cause.as_str() });
    note_as(app, tx, actor, "payment.refund", back.order, detail).await?;
    outbox::enqueue(
        tx,
        &app.id(),
        REFUND_JOB,
        &json!({ "refund": refund.id }),
        now,
        None,
    )
    .await?;
    Ok(refund)
}

/// Sends a refund to WeChat Pay, or asks how it stands; what fails is taken up again by [`super::tick`].
pub async fn send(app: &App, id: &str) -> Result<()> {
    let Some(refund) = store::refund_by_id(app, id).await? else {
        return Ok(());
    };
    match refund.state {
        RefundState::Created => ask_for(app, &refund).await,
        RefundState::Processing | RefundState::Abnormal => look_after(app, &refund).await,
        RefundState::Succeeded | RefundState::Closed => Ok(()),
    }
}

async fn ask_for(app: &App, refund: &Refund) -> Result<()> {
    let notify_url = app.link(super::NOTIFY_PATH);
    let asked = NewRefund {
        out_trade_no: &refund.out_trade_no,
        out_refund_no: &refund.out_refund_no,
        reason: &refund.reason,
        notify_url: &notify_url,
        refund_fen: refund.amount.0,
        total_fen: refund.total.0,
    };
    match client(app)?.refund(&asked).await {
        Ok(told) => result::told(app, refund, &told).await,
        Err(error) => stuck(app, refund, &error).await,
    }
}

async fn look_after(app: &App, refund: &Refund) -> Result<()> {
    match client(app)?.query_refund(&refund.out_refund_no).await {
        Ok(told) => result::told(app, refund, &told).await,
        // WeChat Pay has forgotten it, or never took it.
        Err(error) if error.class() == PayClass::NotExist && refund.state == RefundState::Processing => {
            result::again(app, refund).await
        }
        Err(error) => stuck(app, refund, &error).await,
    }
}

/// It does not go on now: why is kept for the operator, and it is tried again later unless WeChat Pay says never.
async fn stuck(app: &App, refund: &Refund, error: &PayError) -> Result<()> {
    tracing::error!(%error, advice = error.advice(), refund = refund.id, "a refund does not go on");
    if error.class() == PayClass::Final && refund.state == RefundState::Created {
        return result::abnormal(app, refund, &error.label()).await;
    }
    let mut tx = app.db.write().await?;
    let later = app.now().plus(outbox::backoff(refund.checks + 1));
    store::postpone_refund(&mut tx, &refund.id, &error.label(), later).await?;
    tx.commit().await?;
    Ok(())
}
