//! Asking WeChat Pay for an order: in the page inside WeChat, or as a QR code.
//!
//! WeChat Pay takes one of our numbers for one way of paying and one payer. A change of either closes the number before,
//! and gets another; the row is committed before WeChat Pay is asked, so that no payment can come unknown.

use super::store::{self, Try};
use super::{Channel, NOTIFY_PATH, Order, State, TryState, client, settle};
use crate::app::App;
use crate::error::{Error, Result};
use crate::kernel::time::{HOUR, MINUTE};
use crate::kernel::{Refusal, Time};
use crate::wechat::pay::{NewOrder, PayClass, PayError, PayParams};

/// WeChat Pay wants an order to be payable for at least a minute.
const SHORTEST: i64 = MINUTE;
/// A QR code is good for two hours; an old one is asked for again before that.
const CODE_FRESH: i64 = HOUR;
/// When a payment is first asked after, if no notification came.
const FIRST_CHECK: i64 = MINUTE;

/// What the page inside WeChat hands to the cashier (`WeixinJSBridge`, `wx.chooseWXPay`) for the payer with this openid.
/// May be called again and again.
/// Errors: [`Refusal::PaymentOff`], [`Refusal::PaymentPaid`], [`Refusal::PaymentClosed`], [`Refusal::PaymentAway`].
pub async fn jsapi(app: &App, order: &str, openid: &str) -> Result<PayParams> {
    let payer = app.sealer.index("payer", openid);
    let client = client(app)?;
    // Once more with a new number when WeChat Pay has closed the first.
    for _ in 0..2 {
        let (order, tried) = open_try(app, order, Channel::Jsapi, &payer).await?;
        let asked = new_order(app, &order, &tried);
        let prepaid = client.jsapi(&asked.as_order(), openid).await;
        if let Some(prepay_id) = asked_for(app, &tried, prepaid).await?
            && still_open(app, &tried, None).await?
        {
            return client.pay_params(&prepay_id).map_err(|error| away(&error));
        }
    }
    Err(Refusal::PaymentAway.into())
}

/// The content of the QR code that any WeChat can scan (`weixin://wxpay/bizpayurl?pr=…`). May be called again and again.
/// Errors: as [`jsapi`].
pub async fn native(app: &App, order: &str) -> Result<String> {
    let client = client(app)?;
    for _ in 0..2 {
        let (order, tried) = open_try(app, order, Channel::Native, "").await?;
        let fresh = app.now().0 - tried.created_at.0 < CODE_FRESH;
        if let Some(code) = tried.code_url.as_ref().filter(|_| fresh) {
            return Ok(code.clone());
        }
        let asked = new_order(app, &order, &tried);
        let coded = client.native(&asked.as_order()).await;
        if let Some(code) = asked_for(app, &tried, coded).await?
            && still_open(app, &tried, Some(&code)).await?
        {
            return Ok(code);
        }
    }
    Err(Refusal::PaymentAway.into())
}

/// Whether the number is still open now that WeChat Pay made it; then its code is kept. One that was closed here while it was
/// being made is closed there too, and nobody gets its code. Whoever closes a number that WeChat Pay does not know yet notes
/// that first and asks once more (`settle::end_try`): one of the two sees the other.
async fn still_open(app: &App, tried: &Try, code: Option<&str>) -> Result<bool> {
    let mut tx = app.db.write().await?;
    store::lock(&mut tx, &tried.order_id).await?;
    let open = store::open_tries_in(&mut tx, &tried.order_id).await?;
    let open = open.iter().any(|one| one.out_trade_no == tried.out_trade_no);
    if let (true, Some(code)) = (open, code) {
        store::set_code(&mut tx, &tried.out_trade_no, code).await?;
    }
    tx.commit().await?;
    if !open {
        tracing::info!(
            number = tried.out_trade_no,
            "closed here while WeChat Pay made it: closed there"
        );
        settle::end_try(app, tried).await?;
    }
    Ok(open)
}

/// What WeChat Pay is asked for, with its texts.
struct Asked {
    description: String,
    out_trade_no: String,
    notify_url: String,
    total_fen: i64,
    expires_at_ms: i64,
}

impl Asked {
    fn as_order(&self) -> NewOrder<'_> {
        NewOrder {
            description: &self.description,
            out_trade_no: &self.out_trade_no,
            total_fen: self.total_fen,
            notify_url: &self.notify_url,
            expires_at_ms: self.expires_at_ms,
        }
    }
}

fn new_order(app: &App, order: &Order, tried: &Try) -> Asked {
    Asked {
        description: order.description.clone(),
        out_trade_no: tried.out_trade_no.clone(),
        notify_url: app.link(NOTIFY_PATH),
        total_fen: order.amount.0,
        expires_at_ms: order.expires_at.0,
    }
}

/// The open try of this way and payer, or a new one; every other is closed first, so that nobody pays twice.
async fn open_try(app: &App, id: &str, channel: Channel, payer: &str) -> Result<(Order, Try)> {
    for other in store::open_tries(app, id).await? {
        if other.channel != channel || other.payer != payer {
            settle::end_try(app, &other)
                .await
                .map_err(|error| no_answer(error, &other))?;
        }
    }
    let now = app.now();
    let mut tx = app.db.write().await?;
    let order = store::lock(&mut tx, id).await?;
    payable(&order, now)?;
    let standing = store::open_tries_in(&mut tx, id).await?;
    if let Some(tried) = standing
        .into_iter()
        .find(|t| t.channel == channel && t.payer == payer)
    {
        tx.commit().await?;
        return Ok((order, tried));
    }
    let tried = Try {
        out_trade_no: app.id(),
        order_id: id.to_owned(),
        channel,
        payer: payer.to_owned(),
        state: TryState::Open,
        code_url: None,
        created_at: now,
        check_at: now.plus(FIRST_CHECK),
        checks: 0,
    };
    store::insert_try(&mut tx, &tried).await?;
    let order = Order {
        state: State::Paying,
        channel: Some(channel),
        ..order
    };
    store::update(&mut tx, &order, now).await?;
    tx.commit().await?;
    Ok((order, tried))
}

fn payable(order: &Order, now: Time) -> Result<()> {
    match order.state {
        State::Created | State::Paying if order.expires_at.0 - now.0 > SHORTEST => Ok(()),
        State::Created | State::Paying | State::Closed => Err(Refusal::PaymentClosed.into()),
        State::Paid | State::Refunding | State::Refunded => Err(Refusal::PaymentPaid.into()),
    }
}

/// What WeChat Pay gave; none when a new number is to be tried.
async fn asked_for(app: &App, tried: &Try, answer: Result<String, PayError>) -> Result<Option<String>> {
    let error = match answer {
        Ok(given) => return Ok(Some(given)),
        Err(error) => error,
    };
    let used = matches!(&error, PayError::Api(e) if e.code == "OUT_TRADE_NO_USED");
    match error.class() {
        PayClass::Paid => {
            settle::end_try(app, tried).await?;
            Err(Refusal::PaymentPaid.into())
        }
        _ if used || error.class() == PayClass::Closed => {
            settle::end_try(app, tried).await?;
            Ok(None)
        }
        _ => Err(away(&error)),
    }
}

/// The person is told that it does not work now; the operator reads why.
fn away(error: &PayError) -> Error {
    tracing::error!(%error, advice = error.advice(), "WeChat Pay does not take an order");
    Refusal::PaymentAway.into()
}

fn no_answer(error: Error, tried: &Try) -> Error {
    if matches!(error, Error::Internal(_)) {
        tracing::error!(%error, number = tried.out_trade_no, "an earlier way of paying could not be closed");
        return Refusal::PaymentAway.into();
    }
    error
}
