//! A payment counts once, whoever tells of it; what an order does not want goes back.

use super::refund::{self, Back};
use super::store::{self, Entry, Try};
use super::{EntryKind, Happened, Order, RefundCause, State, TryState, note, tell};
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::{Fen, Time};
use crate::wechat::pay::{PayClient, Transaction};
use serde_json::json;

/// A payment as WeChat Pay signed it, held against the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Payment {
    pub out_trade_no: String,
    pub transaction_id: String,
    pub at: Time,
    pub amount: Fen,
}

/// What does not agree with the order; a stable word.
pub(super) type Mismatch = &'static str;

/// Compares amount, currency, merchant and account with the order's (issue 6).
pub(super) fn compare(
    client: &PayClient,
    order: &Order,
    told: &Transaction,
    now: Time,
) -> Result<Payment, Mismatch> {
    if told.mchid != client.mch_id() {
        return Err("merchant");
    }
    if told.appid != client.app_id() {
        return Err("account");
    }
    let amount = told.amount.as_ref().ok_or("amount")?;
    if amount.currency != order.currency {
        return Err("currency");
    }
    if amount.total != order.amount.0 {
        return Err("amount");
    }
    Ok(Payment {
        out_trade_no: told.out_trade_no.clone(),
        transaction_id: told
            .transaction_id
            .clone()
            .filter(|id| !id.is_empty())
            .ok_or("transaction")?,
        at: told.success_ms().map_or(now, Time),
        amount: Fen(amount.total),
    })
}

/// Records a payment under the order's lock; whether it was news. What a closed or already paid order gets goes back.
pub(super) async fn record(app: &App, tx: &mut Tx, order: Order, payment: &Payment) -> Result<bool> {
    let entry = Entry {
        id: app.id(),
        order_id: order.id.clone(),
        kind: EntryKind::Paid,
        amount: payment.amount,
        at: payment.at,
        out_trade_no: payment.out_trade_no.clone(),
        reference: payment.transaction_id.clone(),
    };
    if !store::insert_entry(tx, &entry, app.now()).await? {
        return Ok(false);
    }
    store::set_try(tx, &payment.out_trade_no, TryState::Paid).await?;
    let detail = json!({ "fen": payment.amount.0, "transaction": payment.transaction_id, "state": order.state.as_str() });
    note(app, tx, "payment.paid", &order.id, detail).await?;
    let reference = payment.transaction_id.clone();
    let what = match order.state {
        State::Created | State::Paying => {
            let paid = Order {
                state: State::Paid,
                transaction_id: Some(reference.clone()),
                out_trade_no: Some(payment.out_trade_no.clone()),
                paid_at: Some(payment.at),
                ..order.clone()
            };
            store::update(tx, &paid, app.now()).await?;
            Happened::Paid
        }
        State::Closed => give_back(app, tx, &order, payment, RefundCause::PaidLate).await?,
        State::Paid | State::Refunding | State::Refunded => {
            give_back(app, tx, &order, payment, RefundCause::PaidTwice).await?
        }
    };
    tell(app, tx, &order.id, what, &reference).await?;
    Ok(true)
}

async fn give_back(
    app: &App,
    tx: &mut Tx,
    order: &Order,
    payment: &Payment,
    cause: RefundCause,
) -> Result<Happened> {
    let (reason, what) = match cause {
        RefundCause::PaidLate => ("订单已关闭，款项原路退回", Happened::PaidLate),
        _ => ("重复支付，款项原路退回", Happened::PaidTwice),
    };
    let back = Back {
        order: &order.id,
        out_trade_no: &payment.out_trade_no,
        total: payment.amount,
        amount: payment.amount,
        cause,
        request: &format!("{cause}:{}", payment.transaction_id),
        reason,
    };
    refund::insert(app, tx, &back).await?;
    Ok(what)
}

/// A payment that WeChat Pay tells of in answer to our question, for the number of a try.
pub(super) async fn told(app: &App, client: &PayClient, tried: &Try, told: &Transaction) -> Result<bool> {
    let mut tx = app.db.write().await?;
    let order = store::lock(&mut tx, &tried.order_id).await?;
    match compare(client, &order, told, app.now()) {
        Ok(payment) => {
            let news = record(app, &mut tx, order, &payment).await?;
            tx.commit().await?;
            Ok(news)
        }
        Err(what) => {
            drop(tx);
            Err(anyhow::anyhow!(
                "WeChat Pay's answer for {} has another {what} than the order",
                tried.out_trade_no
            )
            .into())
        }
    }
}
