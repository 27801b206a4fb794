//! What WeChat Pay tells by itself: verified, decrypted, compared, recorded once; anything else changes nothing.

use super::store::{self, Notified};
use super::{Outcome, note, paid, result};
use crate::app::App;
use crate::error::Result;
use crate::wechat::pay::refund::RefundNotice;
use crate::wechat::pay::{Event, Notification, Refused, Transaction};
use serde_json::json;

/// What WeChat Pay is to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 204: it need not come again.
    Handled,
    /// Not WeChat Pay's, or not of an order of ours: this status with these words.
    Refused(u16, String),
}

/// Takes a notification. `header` gives a header by name, `body` is the body as it came.
/// Errors: a store that fails; WeChat Pay is then to be told to come again (500).
pub async fn notified<'a>(
    app: &App,
    header: impl Fn(&'static str) -> Option<&'a str>,
    body: &[u8],
) -> Result<Answer> {
    let Some(client) = &app.pay else {
        return Ok(Answer::Refused(404, "未开通微信支付".to_owned()));
    };
    let notification = match client.open(header, body) {
        Ok(notification) => notification,
        Err(refused) => return Ok(refuse(app, refused)),
    };
    let (outcome, repeated) = take(app, &notification).await?;
    let label = if repeated { "repeated" } else { outcome.as_str() };
    app.metrics.pay_notifications.with_label_values(&[label]).inc();
    Ok(match outcome {
        Outcome::Handled | Outcome::Ignored => Answer::Handled,
        Outcome::Mismatch => Answer::Refused(400, "与订单不一致".to_owned()),
        Outcome::Unknown => Answer::Refused(404, "没有这个单号".to_owned()),
    })
}

fn refuse(app: &App, refused: Refused) -> Answer {
    // A probe is WeChat's own test and nothing to worry about.
    if refused == Refused::Probe {
        tracing::info!(%refused, "a payment notification is refused");
    } else {
        tracing::warn!(%refused, "a payment notification is refused");
    }
    app.metrics
        .pay_notifications
        .with_label_values(&[refused.label()])
        .inc();
    Answer::Refused(refused.status(), refused.to_string())
}

/// What became of it, and whether it was known before.
async fn take(app: &App, notification: &Notification) -> Result<(Outcome, bool)> {
    let known = store::notification(app, &notification.id).await?;
    if let Some(outcome @ (Outcome::Handled | Outcome::Ignored)) = known {
        return Ok((outcome, true));
    }
    let outcome = match &notification.event {
        Event::Transaction(told) => transaction(app, notification, told).await?,
        Event::Refund(told) => refund(app, notification, told).await?,
        Event::Other(kind) => {
            tracing::info!(kind, "a payment notification of another kind");
            keep(app, notification, "", Outcome::Ignored, None).await?
        }
    };
    Ok((outcome, false))
}

/// Keeps what changes nothing; the first of its kind leaves a line in the trail when it is `wrong`.
async fn keep(
    app: &App,
    notification: &Notification,
    number: &str,
    outcome: Outcome,
    wrong: Option<(&str, &str)>,
) -> Result<Outcome> {
    let mut tx = app.db.write().await?;
    let kept = Notified {
        id: &notification.id,
        event_type: &notification.event_type,
        number,
        outcome,
    };
    let first = store::insert_notification(&mut tx, &kept, app.now()).await?;
    if let Some((order, what)) = wrong {
        tracing::error!(
            outcome = outcome.as_str(),
            what,
            number,
            "a payment notification does not fit and changes nothing"
        );
        if first {
            let detail = json!({ "what": what, "number": number, "outcome": outcome.as_str() });
            note(app, &mut tx, "payment.refused", order, detail).await?;
        }
    }
    tx.commit().await?;
    Ok(outcome)
}

async fn transaction(app: &App, notification: &Notification, told: &Transaction) -> Result<Outcome> {
    let number = &told.out_trade_no;
    if !told.trade_state.is_paid() {
        return keep(app, notification, number, Outcome::Ignored, None).await;
    }
    let Some(tried) = store::tried(app, number).await? else {
        return keep(app, notification, number, Outcome::Unknown, Some(("", "order"))).await;
    };
    let client = super::client(app)?;
    let mut tx = app.db.write().await?;
    let order = store::lock(&mut tx, &tried.order_id).await?;
    let payment = match paid::compare(client, &order, told, app.now()) {
        Ok(payment) => payment,
        Err(what) => {
            drop(tx);
            return keep(
                app,
                notification,
                number,
                Outcome::Mismatch,
                Some((&order.id, what)),
            )
            .await;
        }
    };
    paid::record(app, &mut tx, order, &payment).await?;
    let kept = Notified {
        id: &notification.id,
        event_type: &notification.event_type,
        number,
        outcome: Outcome::Handled,
    };
    store::insert_notification(&mut tx, &kept, app.now()).await?;
    tx.commit().await?;
    Ok(Outcome::Handled)
}

async fn refund(app: &App, notification: &Notification, told: &RefundNotice) -> Result<Outcome> {
    let number = &told.out_refund_no;
    let Some(refund) = store::refund_by_number(app, number).await? else {
        return keep(app, notification, number, Outcome::Unknown, Some(("", "refund"))).await;
    };
    let client = super::client(app)?;
    if told.mchid != client.mch_id()
        || told.refund_fen() != refund.amount.0
        || told.out_trade_no != refund.out_trade_no
    {
        let wrong = Some((refund.order_id.as_str(), "amount"));
        return keep(app, notification, number, Outcome::Mismatch, wrong).await;
    }
    let mut tx = app.db.write().await?;
    result::apply(app, &mut tx, &refund, told.refund_status, told.success_ms()).await?;
    let kept = Notified {
        id: &notification.id,
        event_type: &notification.event_type,
        number,
        outcome: Outcome::Handled,
    };
    store::insert_notification(&mut tx, &kept, app.now()).await?;
    tx.commit().await?;
    Ok(Outcome::Handled)
}
