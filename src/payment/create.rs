//! Making an order, and looking at it.

use super::{Order, State, note, store};
use crate::app::App;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{Fen, Refusal, Time};
use crate::wechat::pay::order::CNY;
use serde_json::json;

/// What is to be paid.
#[derive(Debug, Clone, Copy)]
pub struct NewPayment<'a> {
    /// Whose it is, such as `enrolment`.
    pub purpose_kind: &'a str,
    /// The owner's own id; instalments have ids of their own.
    pub purpose_id: &'a str,
    /// What the payer reads in WeChat, up to 127 characters, nothing personal.
    pub description: &'a str,
    /// More than nothing.
    pub amount: Fen,
    /// Until when it can be paid.
    pub expires_at: Time,
}

/// Makes an order, or gives the one that stands already: one purpose has at most one that is not closed or refunded.
/// Errors: [`Refusal::PaymentDiffers`] when that one is of another amount.
pub async fn create(app: &App, new: &NewPayment<'_>) -> Result<Order> {
    let mut tx = app.db.write().await?;
    let order = create_in(app, &mut tx, new).await?;
    tx.commit().await?;
    Ok(order)
}

/// [`create`] within the owner's transaction, so that a seat is held and its order made together.
pub async fn create_in(app: &App, tx: &mut Tx, new: &NewPayment<'_>) -> Result<Order> {
    if new.amount.0 <= 0 || new.description.is_empty() {
        return Err(anyhow::anyhow!("a payment needs an amount and a description").into());
    }
    for _ in 0..ATTEMPTS {
        let order = fresh(app, new);
        if store::insert(tx, &order).await? {
            let detail =
                json!({ "purpose": new.purpose_kind, "purpose_id": new.purpose_id, "fen": new.amount.0 });
            note(app, tx, "payment.create", &order.id, detail).await?;
            return Ok(order);
        }
        match store::active_in(tx, new.purpose_kind, new.purpose_id).await? {
            Some(standing) if standing.amount == new.amount => return Ok(standing),
            Some(_) => return Err(Refusal::PaymentDiffers.into()),
            // On PostgreSQL the one that stood in the way can be closed between the two statements.
            None => {}
        }
    }
    Err(anyhow::anyhow!("orders of one purpose come and go").into())
}

/// So often an order is made where another one stood a moment ago.
const ATTEMPTS: usize = 3;

fn fresh(app: &App, new: &NewPayment<'_>) -> Order {
    Order {
        id: app.id(),
        purpose_kind: new.purpose_kind.to_owned(),
        purpose_id: new.purpose_id.to_owned(),
        description: new.description.chars().take(127).collect(),
        amount: new.amount,
        currency: CNY.to_owned(),
        state: State::Created,
        channel: None,
        expires_at: new.expires_at,
        transaction_id: None,
        out_trade_no: None,
        paid_at: None,
        refunding: Fen(0),
        refunded: Fen(0),
        version: 1,
        created_at: app.now(),
    }
}

/// An order. Errors: [`Error::NotFound`].
pub async fn order(app: &App, id: &str) -> Result<Order> {
    store::by_id(app, id).await?.ok_or(Error::NotFound)
}

/// The order of a purpose that counts: not closed, not refunded.
pub async fn of_purpose(app: &App, kind: &str, id: &str) -> Result<Option<Order>> {
    store::active(app, kind, id).await
}

/// Every order of a purpose, the newest first.
pub async fn orders_of_purpose(app: &App, kind: &str, id: &str) -> Result<Vec<Order>> {
    store::of_purpose(app, kind, id).await
}
