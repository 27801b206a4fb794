//! Giving money back: noted first, then sent to WeChat Pay as often as it takes, always under the same number.

use super::{Order, REFUND_JOB, RefundCause, RefundState, State, client, note_as, result, store};
use crate::app::App;
use crate::audit::Actor;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::time::MINUTE;
use crate::kernel::{Fen, Refusal, Time};
use crate::outbox;
use crate::union::Officer;
use crate::union::rights::{self, Act};
use crate::wechat::pay::{NewRefund, PayClass, PayError};
use serde_json::json;

/// How long WeChat Pay is given before it is asked how a refund stands.
pub(super) const FIRST_CHECK: i64 = 5 * MINUTE;
/// The fact that a refund needs somebody; its id is the refund's.
pub const REFUND_STUCK: &str = "refund_stuck";
/// Looked after so often without going on, it needs somebody.
const MANY: i64 = 8;
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
    /// Closed, and another one stands in its place.
    pub replaced: bool,
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
        replaced: false,
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
    if refund.checks + 1 >= MANY {
        needs_somebody(app, &mut tx, &refund.id).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Says once that a refund needs somebody.
pub(super) async fn needs_somebody(app: &App, tx: &mut Tx, refund: &str) -> Result<()> {
    let payload = json!({ "fact": REFUND_STUCK, "id": refund });
    let dedup = format!("{REFUND_STUCK}:{refund}");
    outbox::enqueue(tx, &app.id(), outbox::FACT_JOB, &payload, app.now(), Some(&dedup)).await?;
    Ok(())
}

/// A refund by id, for the message about it. Errors: [`Error::NotFound`].
pub async fn find_refund(app: &App, id: &str) -> Result<Refund> {
    store::refund_by_id(app, id).await?.ok_or(Error::NotFound)
}

/// An officer asks once more for a refund that does not go on, at once. One that WeChat Pay closed gets another number; one
/// that is abnormal and unknown there is sent again. Gives it as it then stands.
///
/// Errors: [`Error::NotFound`] for who is not of the city; [`Refusal::NotAllowed`]; [`Refusal::RefundGoesOn`] when nothing is
/// wrong with it; [`Refusal::RefundTooMuch`].
pub async fn ask_again(app: &App, by: &Officer, id: &str) -> Result<Refund> {
    let result = ask_again_checked(app, by, id).await;
    rights::noted(app, &by.actor(), "payment.ask_again", ("payment", id), result).await
}

async fn ask_again_checked(app: &App, by: &Officer, id: &str) -> Result<Refund> {
    rights::city(app, by, Act::Pay).await?;
    let seen = find_refund(app, id).await?;
    let mut tx = app.db.write().await?;
    let order = store::lock(&mut tx, &seen.order_id).await?;
    let refund = store::refund_in(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let actor = by.actor();
    let detail = json!({ "refund": refund.id, "state": refund.state.as_str(), "problem": refund.problem });
    note_as(app, &mut tx, &actor, "payment.ask_again", &order.id, detail).await?;
    let asked = match refund.state {
        RefundState::Succeeded => return Err(Refusal::RefundGoesOn.into()),
        RefundState::Closed => anew(app, &mut tx, order, &refund, &actor).await?,
        RefundState::Created | RefundState::Processing | RefundState::Abnormal => refund,
    };
    store::look_now(&mut tx, &asked.id, app.now()).await?;
    tx.commit().await?;
    if asked.state == RefundState::Abnormal {
        let there = client(app)?.query_refund(&asked.out_refund_no).await;
        if there.is_err_and(|error| error.class() == PayClass::NotExist) {
            result::again(app, &asked).await?;
        }
    }
    send(app, &asked.id).await?;
    find_refund(app, &asked.id).await
}

/// The owner asks once more for a refund that WeChat Pay closed. Gives the one in its place: one, whoever asks meanwhile.
///
/// Errors: [`Error::NotFound`]; [`Refusal::RefundGoesOn`] when the money went back another way.
pub async fn replace(app: &App, id: &str, actor: &Actor) -> Result<Refund> {
    let seen = find_refund(app, id).await?;
    let mut tx = app.db.write().await?;
    let order = store::lock(&mut tx, &seen.order_id).await?;
    let refund = anew(app, &mut tx, order, &seen, actor).await?;
    tx.commit().await?;
    Ok(refund)
}

/// Under the order's lock: what stands in the place of a refund that WeChat Pay closed, made when nothing does yet.
async fn anew(app: &App, tx: &mut Tx, order: Order, closed: &Refund, actor: &Actor) -> Result<Refund> {
    let mut closed = closed.clone();
    while let Some(next) = store::replacement(tx, &closed).await? {
        if next.state != RefundState::Closed {
            return Ok(next);
        }
        closed = next;
    }
    let requested = closed.cause == RefundCause::Requested;
    if requested && closed.amount > order.left() {
        // What was closed went back another way meanwhile.
        return Err(Refusal::RefundGoesOn.into());
    }
    let back = Back {
        order: &order.id,
        out_trade_no: &closed.out_trade_no,
        total: closed.total,
        amount: closed.amount,
        cause: closed.cause,
        request: &store::replacing(&closed),
        reason: &closed.reason,
    };
    let refund = insert_as(app, tx, &back, actor).await?;
    if requested {
        let order = Order {
            refunding: Fen(order.refunding.0 + closed.amount.0),
            state: State::Refunding,
            ..order
        };
        store::update(tx, &order, app.now()).await?;
    }
    Ok(refund)
}
