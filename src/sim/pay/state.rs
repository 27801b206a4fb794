//! What WeChat Pay knows: orders, refunds, the merchant's money, and how it is told to misbehave.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use crate::wechat::pay::{RefundState, TradeState};

use super::chaos::{PayChaos, Planted};

/// An order.
#[derive(Clone, Serialize)]
pub(in crate::sim) struct PayOrder {
    pub out_trade_no: String,
    /// `JSAPI` or `NATIVE`.
    pub trade_type: &'static str,
    pub description: String,
    pub fen: i64,
    pub notify_url: String,
    /// Openid of the only one who may pay; empty: whoever scans.
    pub payer: String,
    pub prepay_id: String,
    /// `weixin://wxpay/bizpayurl?pr=…` of a Native order.
    pub code_url: String,
    pub state: TradeState,
    pub made_at: i64,
    pub expires_at: i64,
    pub transaction_id: Option<String>,
    /// Who paid.
    pub paid_by: Option<String>,
    pub paid_at: Option<i64>,
    /// The body of the order, to tell the same order from another of the same number.
    #[serde(skip)]
    pub asked: String,
}

/// A refund.
#[derive(Clone, Serialize)]
pub(in crate::sim) struct PayRefund {
    pub out_refund_no: String,
    pub out_trade_no: String,
    pub refund_id: String,
    pub fen: i64,
    pub total: i64,
    pub notify_url: String,
    pub state: RefundState,
    pub made_at: i64,
    pub done_at: Option<i64>,
    #[serde(skip)]
    pub asked: String,
}

/// Counted since the last reset.
#[derive(Default, Clone, Serialize)]
pub(in crate::sim) struct Counts {
    /// Notifications sent, repeated ones included.
    pub sent: u64,
    /// Answered with 200 or 204.
    pub acknowledged: u64,
    /// Wrong signatures sent on purpose.
    pub probes: u64,
    /// … that were answered as if they were good.
    pub probes_accepted: u64,
}

/// All of it.
pub(in crate::sim) struct Pay {
    pub orders: BTreeMap<String, PayOrder>,
    pub refunds: BTreeMap<String, PayRefund>,
    /// What can be refunded from; none: as much as one likes.
    pub balance: Option<i64>,
    /// How long a refund takes.
    pub refund_ms: u64,
    /// How it ends.
    pub refund_outcome: RefundState,
    /// Calls a second.
    pub per_second: u32,
    /// Whether the merchant may fetch certificates.
    pub certificates: bool,
    pub chaos: PayChaos,
    pub planted: Planted,
    pub counts: Counts,
    /// Bills by the token of their download.
    pub bills: HashMap<String, String>,
    /// Nonces of the requests of this and the last minutes.
    pub nonces: BTreeSet<String>,
    /// The second, and how many calls it has seen.
    pub rate: (i64, u32),
}

impl Default for Pay {
    fn default() -> Self {
        Pay {
            orders: BTreeMap::new(),
            refunds: BTreeMap::new(),
            balance: None,
            refund_ms: 300,
            refund_outcome: RefundState::Success,
            per_second: 600,
            certificates: false,
            chaos: PayChaos::default(),
            planted: Planted::default(),
            counts: Counts::default(),
            bills: HashMap::new(),
            nonces: BTreeSet::new(),
            rate: (0, 0),
        }
    }
}

impl Pay {
    pub fn by_prepay(&self, prepay_id: &str) -> Option<&PayOrder> {
        self.orders.values().find(|order| order.prepay_id == prepay_id)
    }

    pub fn by_code(&self, code_url: &str) -> Option<&PayOrder> {
        self.orders
            .values()
            .find(|order| !code_url.is_empty() && order.code_url == code_url)
    }

    pub fn refunded(&self, out_trade_no: &str) -> i64 {
        let of = self.refunds.values().filter(|r| r.out_trade_no == out_trade_no);
        of.filter(|r| r.state != RefundState::Closed).map(|r| r.fen).sum()
    }

    /// Counts a call; whether there are too many in this second.
    pub fn too_many(&mut self, now_ms: i64) -> bool {
        let second = now_ms / 1000;
        if self.rate.0 != second {
            self.rate = (second, 0);
        }
        self.rate.1 += 1;
        self.rate.1 > self.per_second
    }
}
