//! Finding out how an order stands when no notification came, and closing it: WeChat Pay is asked before, and again when
//! it says that it was paid just now.

use super::store::{self, Try};
use super::{Happened, Order, State, client, note, note_as, order as look, paid, tell};
use crate::app::App;
use crate::audit::Actor;
use crate::error::Result;
use crate::kernel::Refusal;
use crate::wechat::pay::{PayClass, PayError, TradeState};
use serde_json::json;

/// Asks WeChat Pay about every open number of an order; the order afterwards. For a page that comes back from the cashier,
/// which must not believe what the browser says.
/// Errors: WeChat Pay not answering ([`Refusal::PaymentAway`]).
pub async fn settle(app: &App, id: &str) -> Result<Order> {
    for tried in store::open_tries(app, id).await? {
        check_try(app, &tried).await?;
    }
    let order = look(app, id).await?;
    if order.is_open() && order.expires_at <= app.now() {
        return close(app, id, &Actor::System).await;
    }
    Ok(order)
}

/// Closes an order before its time: it cannot be paid any more.
/// Errors: [`Refusal::PaymentPaid`] when it is paid; [`Refusal::PaymentAway`].
pub async fn cancel(app: &App, id: &str, actor: &Actor) -> Result<Order> {
    let order = close(app, id, actor).await?;
    if order.state == State::Closed {
        Ok(order)
    } else {
        Err(Refusal::PaymentPaid.into())
    }
}

/// Closes at WeChat Pay, then here; whoever paid meanwhile has paid.
pub(super) async fn close(app: &App, id: &str, actor: &Actor) -> Result<Order> {
    // A try may be made while the others are being closed: it is then closed too.
    for _ in 0..5 {
        for tried in store::open_tries(app, id).await? {
            end_try(app, &tried).await?;
        }
        let now = app.now();
        let mut tx = app.db.write().await?;
        let order = store::lock(&mut tx, id).await?;
        if !order.is_open() {
            tx.commit().await?;
            return Ok(order);
        }
        if !store::open_tries_in(&mut tx, id).await?.is_empty() {
            continue;
        }
        let mut order = Order {
            state: State::Closed,
            ..order
        };
        store::update(&mut tx, &order, now).await?;
        note_as(
            app,
            &mut tx,
            actor,
            "payment.close",
            id,
            json!({ "fen": order.amount.0 }),
        )
        .await?;
        tell(app, &mut tx, id, Happened::Closed, "").await?;
        tx.commit().await?;
        order.version += 1;
        return Ok(order);
    }
    Err(anyhow::anyhow!("an order is asked for again and again while it is closed").into())
}

/// How a number stands at WeChat Pay; none: it knows no such order.
async fn ask(app: &App, tried: &Try) -> Result<Option<TradeState>> {
    let client = client(app)?;
    match client.query(&tried.out_trade_no).await {
        Ok(told) if told.trade_state.is_paid() => {
            paid::told(app, client, tried, &told).await?;
            Ok(Some(told.trade_state))
        }
        Ok(told) => Ok(Some(told.trade_state)),
        Err(error) => match error.class() {
            PayClass::NotExist => Ok(None),
            _ => Err(failed(&error)),
        },
    }
}

fn failed(error: &PayError) -> crate::error::Error {
    tracing::warn!(%error, advice = error.advice(), "WeChat Pay does not say how an order stands");
    Refusal::PaymentAway.into()
}

/// Asks about one number and keeps what it says.
pub(super) async fn check_try(app: &App, tried: &Try) -> Result<()> {
    match ask(app, tried).await? {
        Some(TradeState::Closed | TradeState::Revoked) => closed(app, tried).await,
        _ => Ok(()),
    }
}

/// Ends one number: paid is recorded, else it is closed at WeChat Pay and here.
pub(super) async fn end_try(app: &App, tried: &Try) -> Result<()> {
    let client = client(app)?;
    let mut stands = ask(app, tried).await?;
    if stands.is_none() {
        // WeChat Pay may be making it at this moment. Whoever asked for it looks here once it is made; if it is made already,
        // it is seen now.
        closed(app, tried).await?;
        stands = ask(app, tried).await?;
    }
    match stands {
        Some(TradeState::Success | TradeState::Refund) | None => return Ok(()),
        Some(TradeState::Closed | TradeState::Revoked) => return closed(app, tried).await,
        Some(TradeState::NotPay | TradeState::UserPaying | TradeState::PayError) => {}
    }
    match client.close(&tried.out_trade_no).await {
        Ok(()) => closed(app, tried).await,
        Err(error) => match error.class() {
            PayClass::Closed | PayClass::NotExist => closed(app, tried).await,
            // Paid between question and close.
            PayClass::Paid => check_try(app, tried).await,
            _ => Err(failed(&error)),
        },
    }
}

async fn closed(app: &App, tried: &Try) -> Result<()> {
    let mut tx = app.db.write().await?;
    store::lock(&mut tx, &tried.order_id).await?;
    if store::close_try(&mut tx, &tried.out_trade_no).await? {
        let detail = json!({ "number": tried.out_trade_no, "channel": tried.channel.as_str() });
        note(app, &mut tx, "payment.try_closed", &tried.order_id, detail).await?;
    }
    tx.commit().await?;
    Ok(())
}
