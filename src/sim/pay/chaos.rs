//! `POST /sim/pay/callbacks`, `/sim/pay/set`, `/sim/pay/bill`: what goes wrong, and `GET /sim/pay/orders`: what there is.

use std::collections::BTreeMap;

use poem::web::{Data, Json};
use poem::{Body, handler};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::sim::Sim;
use crate::sim::api::{self, ControlResult};
use crate::wechat::pay::RefundState;

/// WeChat Pay's own pauses, the first of them (facts, Pay v3).
const RETRY_MS: [u64; 6] = [15_000, 15_000, 30_000, 180_000, 600_000, 1_200_000];

/// How notifications misbehave, until `DELETE /sim/pay/callbacks`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sim) struct PayChaos {
    /// So many are never sent at all.
    #[serde(default)]
    pub lose: u32,
    /// Each is sent so many times more, at once.
    #[serde(default)]
    pub duplicate: u32,
    /// Each waits so long before.
    #[serde(default)]
    pub delay_ms: u64,
    /// So many wait until one that came later has overtaken them (or 3 s).
    #[serde(default)]
    pub hold: u32,
    /// So many answers get lost: it is then sent again.
    #[serde(default)]
    pub drop_answer: u32,
    /// Before each n-th goes one with a wrong signature, as WeChat Pay does from time to time; 0: never.
    #[serde(default = "probe_every")]
    pub probe_every: u64,
    /// The pauses between repeats.
    #[serde(default = "retry_ms")]
    pub retry_ms: Vec<u64>,
}

fn probe_every() -> u64 {
    4
}

fn retry_ms() -> Vec<u64> {
    RETRY_MS.to_vec()
}

impl Default for PayChaos {
    fn default() -> Self {
        PayChaos {
            lose: 0,
            duplicate: 0,
            delay_ms: 0,
            hold: 0,
            drop_answer: 0,
            probe_every: probe_every(),
            retry_ms: retry_ms(),
        }
    }
}

/// Whether one of `left` is taken.
pub(super) fn takes(left: &mut u32) -> bool {
    let some = *left > 0;
    *left = left.saturating_sub(1);
    some
}

/// What is wrong with the bill.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sim) struct Planted {
    /// References (transaction_id, out_refund_no) that are left out.
    #[serde(default)]
    pub drop: Vec<String>,
    /// References with another amount.
    #[serde(default)]
    pub change: BTreeMap<String, i64>,
    /// Payments that nobody made.
    #[serde(default)]
    pub add: Vec<Added>,
    /// The announced hash is another.
    #[serde(default)]
    pub bad_hash: bool,
}

/// A payment that nobody made.
#[derive(Clone, Deserialize)]
pub(in crate::sim) struct Added {
    pub reference: String,
    pub out_trade_no: String,
    pub fen: i64,
}

#[handler]
pub(in crate::sim) async fn misbehave(sim: Data<&Sim>, body: Body) -> ControlResult {
    let chaos: PayChaos = api::control_body(body).await?;
    sim.state().pay.chaos = chaos;
    Ok(Json(json!({ "ok": true })))
}

#[handler]
pub(in crate::sim) fn show(sim: Data<&Sim>) -> Json<Value> {
    Json(json!(sim.state().pay.chaos))
}

#[handler]
pub(in crate::sim) fn clear(sim: Data<&Sim>) -> Json<Value> {
    sim.state().pay.chaos = PayChaos::default();
    Json(json!({ "ok": true }))
}

#[handler]
pub(in crate::sim) async fn plant(sim: Data<&Sim>, body: Body) -> ControlResult {
    let planted: Planted = api::control_body(body).await?;
    sim.state().pay.planted = planted;
    Ok(Json(json!({ "ok": true })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    balance_fen: Option<i64>,
    refund_ms: Option<u64>,
    refund_outcome: Option<RefundState>,
    per_second: Option<u32>,
    certificates: Option<bool>,
}

#[handler]
pub(in crate::sim) async fn set(sim: Data<&Sim>, body: Body) -> ControlResult {
    let set: Set = api::control_body(body).await?;
    let mut state = sim.state();
    let pay = &mut state.pay;
    pay.balance = set.balance_fen.or(pay.balance);
    pay.refund_ms = set.refund_ms.unwrap_or(pay.refund_ms);
    pay.refund_outcome = set.refund_outcome.unwrap_or(pay.refund_outcome);
    pay.per_second = set.per_second.unwrap_or(pay.per_second);
    pay.certificates = set.certificates.unwrap_or(pay.certificates);
    Ok(Json(json!({ "ok": true })))
}

#[handler]
pub(in crate::sim) fn list(sim: Data<&Sim>) -> Json<Value> {
    let state = sim.state();
    let orders: Vec<_> = state.pay.orders.values().collect();
    let refunds: Vec<_> = state.pay.refunds.values().collect();
    Json(json!({ "orders": orders, "refunds": refunds, "notifications": state.pay.counts }))
}
