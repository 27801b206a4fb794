//! Money that comes in through WeChat Pay, whatever for: orders, the facts of payment and refund, the day's comparison
//! with WeChat Pay's bill. Whose order it is stands in `purpose_kind` and `purpose_id`, which mean nothing here.
//!
//! What happens to an order is told to its owner by the outbox job [`EVENT_JOB`], enqueued in the transaction that makes it
//! true: `{"order": id, "what": Happened}`. The owner must bear being told twice, and reads the order.
//!
//! Nothing is believed but what WeChat Pay signed: a notification, or the answer to a query. A payment counts once, whoever
//! told of it; money for an order that is closed, or paid already, goes back by itself (ADR 0025).

mod create;
pub mod desk;
mod due;
mod notified;
mod paid;
mod prepay;
mod reconcile;
mod refund;
mod result;
mod settle;
mod store;

pub use create::{NewPayment, create, create_in, of_purpose, order, orders_of_purpose};
pub use due::tick;
pub use notified::{Answer, notified};
pub use prepay::{jsapi, native};
pub use reconcile::{BILL_DIFFERS, Differing, Reconciliation, reconcile, reconciliation, reconciliations};
pub use refund::{
    REFUND_STUCK, Refund, RefundRequest, ask_again, find_refund, refund, refund_in, refunds, replace,
    send as send_refund,
};
pub use settle::{cancel, settle};

use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::{Fen, Refusal, Time};
use crate::outbox;
use crate::wechat::pay::PayClient;
use serde_json::json;

/// The outbox job that tells an order's owner what happened: `{"order": payment_orders.id, "what": Happened}`.
pub const EVENT_JOB: &str = "payment_event";
/// The outbox job that sends a refund: `{"refund": payment_refunds.id}`.
pub const REFUND_JOB: &str = "payment_refund";
/// Where WeChat Pay's notifications come in.
pub const NOTIFY_PATH: &str = "/wechat/pay/notify";

crate::text_enum! {
    /// Where an order stands.
    pub enum State {
        /// WeChat Pay does not know of it yet.
        Created = "created",
        /// WeChat Pay was asked for it: it can be paid.
        Paying = "paying",
        /// Paid; part of it may have gone back.
        Paid = "paid",
        /// A refund is under way.
        Refunding = "refunding",
        /// All of it went back.
        Refunded = "refunded",
        /// Not paid in time, or cancelled: it does not count any more.
        Closed = "closed",
    }
}

crate::text_enum! {
    /// How it is paid.
    pub enum Channel {
        /// In a page inside WeChat.
        Jsapi = "jsapi",
        /// By a QR code on a PC.
        Native = "native",
    }
}

crate::text_enum! {
    /// Where a number at WeChat Pay stands.
    pub enum TryState { Open = "open", Paid = "paid", Closed = "closed" }
}

crate::text_enum! {
    /// A fact.
    pub enum EntryKind { Paid = "paid", Refunded = "refunded" }
}

crate::text_enum! {
    /// Why money goes back.
    pub enum RefundCause {
        /// The owner asked.
        Requested = "requested",
        /// It came when the order was closed already.
        PaidLate = "paid_late",
        /// The order was paid already, another way.
        PaidTwice = "paid_twice",
    }
}

crate::text_enum! {
    /// Where a refund stands.
    pub enum RefundState {
        /// To be sent to WeChat Pay.
        Created = "created",
        /// WeChat Pay works on it.
        Processing = "processing",
        /// The money is back.
        Succeeded = "succeeded",
        /// It cannot be given back as it came: the merchant's console is to be used.
        Abnormal = "abnormal",
        /// It does not take place.
        Closed = "closed",
    }
}

crate::text_enum! {
    /// What an order's owner is told.
    pub enum Happened {
        /// It is paid.
        Paid = "paid",
        /// It was closed unpaid.
        Closed = "closed",
        /// Money came for a closed order and goes back by itself: tell the payer.
        PaidLate = "paid_late",
        /// It was paid a second time; the second payment goes back by itself: tell the payer.
        PaidTwice = "paid_twice",
        /// A refund that was asked for is back with the payer.
        Refunded = "refunded",
        /// What went back by itself is back with the payer.
        Returned = "returned",
        /// A refund does not go on: the operator has to act.
        RefundFailed = "refund_failed",
    }
}

crate::text_enum! {
    /// What became of a notification.
    pub enum Outcome {
        Handled = "handled",
        /// Not of a kind that matters here.
        Ignored = "ignored",
        /// Amount, currency, merchant or account differ from the order's.
        Mismatch = "mismatch",
        /// No order or refund of that number.
        Unknown = "unknown",
    }
}

crate::text_enum! {
    /// How the day's bill and our entries differ.
    pub enum Difference {
        /// On the bill, not in our entries.
        MissingHere = "missing_here",
        /// In our entries, not on the bill.
        MissingThere = "missing_there",
        /// On both, with other amounts.
        AmountsDiffer = "amounts_differ",
    }
}

impl Difference {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Difference::MissingHere => "账单有、本系统无",
            Difference::MissingThere => "本系统有、账单无",
            Difference::AmountsDiffer => "金额不一致",
        }
    }
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Ours.
    pub id: String,
    /// Whose it is, such as `enrolment`.
    pub purpose_kind: String,
    /// The owner's own id.
    pub purpose_id: String,
    /// What the payer reads.
    pub description: String,
    /// The whole of it.
    pub amount: Fen,
    /// `CNY`.
    pub currency: String,
    /// Where it stands.
    pub state: State,
    /// How it was last tried to be paid.
    pub channel: Option<Channel>,
    /// Until when it can be paid.
    pub expires_at: Time,
    /// WeChat's number (微信支付订单号) once it is paid.
    pub transaction_id: Option<String>,
    /// Our number towards WeChat Pay (商户单号) under which it was paid.
    pub out_trade_no: Option<String>,
    /// When it was paid, as WeChat Pay says.
    pub paid_at: Option<Time>,
    /// Asked back and under way.
    pub refunding: Fen,
    /// Back with the payer.
    pub refunded: Fen,
    /// Goes up with each change.
    pub version: i64,
    /// When it was made.
    pub created_at: Time,
}

impl Order {
    /// Whether it can still be paid.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Created | State::Paying)
    }

    /// What has not been asked back.
    pub fn left(&self) -> Fen {
        Fen(self.amount.0 - self.refunding.0 - self.refunded.0)
    }

    /// The state that follows from what went back and what is on its way.
    fn after_refunds(&self) -> State {
        if self.refunded == self.amount {
            State::Refunded
        } else if self.refunding.0 > 0 {
            State::Refunding
        } else {
            State::Paid
        }
    }
}

/// WeChat Pay, or [`Refusal::PaymentOff`] without a merchant.
fn client(app: &App) -> Result<&PayClient> {
    Ok(app.pay.as_ref().ok_or(Refusal::PaymentOff)?)
}

/// Tells the order's owner, once for each `reference` (a transaction, a refund).
async fn tell(app: &App, tx: &mut Tx, order: &str, what: Happened, reference: &str) -> Result<()> {
    let dedup = format!("payment:{order}:{what}:{reference}");
    let payload = json!({ "order": order, "what": what.as_str() });
    outbox::enqueue(tx, &app.id(), EVENT_JOB, &payload, app.now(), Some(&dedup)).await?;
    Ok(())
}

/// A line of the trail; the system acts.
async fn note(app: &App, tx: &mut Tx, act: &str, order: &str, detail: serde_json::Value) -> Result<()> {
    note_as(app, tx, &crate::audit::Actor::System, act, order, detail).await
}

async fn note_as(
    app: &App,
    tx: &mut Tx,
    actor: &crate::audit::Actor,
    act: &str,
    order: &str,
    detail: serde_json::Value,
) -> Result<()> {
    let line = crate::audit::Line {
        actor,
        act,
        subject: ("payment", order),
        detail,
    };
    crate::audit::record(tx, &app.entropy, app.now(), line).await?;
    Ok(())
}
