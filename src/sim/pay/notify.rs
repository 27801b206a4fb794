//! Notifications: sealed, signed, sent until they are answered, and now and then with a wrong signature.

use std::time::Duration;

use poem::web::{Data, Json};
use poem::{Body, handler};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::sim::Sim;
use crate::sim::api::{self, ControlResult};
use crate::sim::error::ControlError;
use crate::wechat::pay::client::rfc3339;
use crate::wechat::pay::headers::{PROBE_PREFIX, answer_message};

use super::chaos::takes;
use super::orders;

const HELD_MS: u64 = 3000;
/// How long an answer may take (facts, Pay v3).
const WITHIN: Duration = Duration::from_secs(5);

/// What is told.
#[derive(Clone)]
pub(super) enum Telling {
    /// By out_trade_no.
    Payment(String),
    /// By out_refund_no.
    Refund(String),
}

/// How one delivery differs from a good one: what a test asks for.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Tweak {
    /// out_trade_no or out_refund_no of what is told.
    number: String,
    /// The notification's id; else a new one.
    id: Option<String>,
    /// Signed so many seconds ago; negative: in the future.
    age_s: i64,
    serial: Option<String>,
    /// `wrong` or `probe`.
    signature: Option<String>,
    fen: Option<i64>,
    currency: Option<String>,
    mchid: Option<String>,
    appid: Option<String>,
    out_trade_no: Option<String>,
    /// The byte of the body that is flipped after signing.
    flip: Option<usize>,
}

/// A body ready to be sent, with where to.
struct Prepared {
    url: String,
    body: Vec<u8>,
}

impl Sim {
    /// Tells the merchant, as often as it takes.
    pub(super) fn tell(&self, telling: Telling) {
        let sim = self.clone();
        self.in_background(async move { sim.deliver_payment(telling).await });
    }

    async fn deliver_payment(&self, telling: Telling) {
        let (wait, copies, retries) = {
            let mut state = self.state();
            let chaos = &mut state.pay.chaos;
            if takes(&mut chaos.lose) {
                return;
            }
            let held = if takes(&mut chaos.hold) { HELD_MS } else { 0 };
            (
                Duration::from_millis(chaos.delay_ms + held),
                chaos.duplicate,
                chaos.retry_ms.clone(),
            )
        };
        tokio::time::sleep(wait).await;
        let Some(prepared) = self.prepared(&telling, &Tweak::default()) else {
            return;
        };
        self.probe(&prepared).await;
        for _ in 0..copies {
            self.send_signed(&prepared, &Tweak::default()).await;
        }
        for pause in std::iter::once(0).chain(retries) {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            let status = self.send_signed(&prepared, &Tweak::default()).await;
            let lost = takes(&mut self.state().pay.chaos.drop_answer);
            if matches!(status, Some(200 | 204)) && !lost {
                self.state().pay.counts.acknowledged += 1;
                return;
            }
        }
    }

    /// From time to time WeChat Pay sends a wrong signature first, and expects a refusal.
    async fn probe(&self, prepared: &Prepared) {
        let kind = {
            let mut state = self.state();
            let every = state.pay.chaos.probe_every;
            state.pay.counts.sent += 1;
            if every == 0 || !state.pay.counts.sent.is_multiple_of(every) {
                return;
            }
            state.pay.counts.probes += 1;
            if state.pay.counts.probes.is_multiple_of(2) {
                "wrong"
            } else {
                "probe"
            }
        };
        let tweak = Tweak {
            signature: Some(kind.to_owned()),
            ..Tweak::default()
        };
        if matches!(self.send_signed(prepared, &tweak).await, Some(200..=299)) {
            self.state().pay.counts.probes_accepted += 1;
        }
    }

    fn prepared(&self, telling: &Telling, tweak: &Tweak) -> Option<Prepared> {
        let merchant = self.merchant()?;
        let state = self.state();
        let (url, event, kind, mut plain) = match telling {
            Telling::Payment(number) => {
                let order = state.pay.orders.get(number)?;
                let told = orders::told(order, &self.cfg().app_id, &merchant.mch_id);
                (
                    order.notify_url.clone(),
                    "TRANSACTION.SUCCESS".to_owned(),
                    "transaction",
                    told,
                )
            }
            Telling::Refund(number) => {
                let refund = state.pay.refunds.get(number)?;
                let order = state.pay.orders.get(&refund.out_trade_no)?;
                let status = json!(refund.state).as_str().unwrap_or_default().to_owned();
                let mut told = json!({
                    "mchid": merchant.mch_id,
                    "out_trade_no": refund.out_trade_no,
                    "transaction_id": order.transaction_id,
                    "out_refund_no": refund.out_refund_no,
                    "refund_id": refund.refund_id,
                    "refund_status": refund.state,
                    "user_received_account": "支付用户零钱",
                    "amount": { "total": refund.total, "refund": refund.fen, "payer_total": refund.total, "payer_refund": refund.fen },
                });
                if let Some(at) = refund.done_at {
                    told["success_time"] = json!(rfc3339(at));
                }
                (
                    refund.notify_url.clone(),
                    format!("REFUND.{status}"),
                    "refund",
                    told,
                )
            }
        };
        let now = state.now_ms();
        drop(state);
        tweak.change(&mut plain);
        let nonce = hex::encode(rand::random::<[u8; 6]>());
        let resource = merchant
            .sealer()
            .seal(plain.to_string().as_bytes(), kind, &nonce)
            .ok()?;
        let mut resource = json!(resource);
        resource["original_type"] = json!(kind);
        let id = tweak
            .id
            .clone()
            .unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
        let body = json!({
            "id": id,
            "create_time": rfc3339(now),
            "resource_type": "encrypt-resource",
            "event_type": event,
            "summary": "支付成功",
            "resource": resource,
        });
        Some(Prepared {
            url,
            body: body.to_string().into_bytes(),
        })
    }

    /// One delivery; the status of the answer, none when there was none in time.
    async fn send_signed(&self, prepared: &Prepared, tweak: &Tweak) -> Option<u16> {
        let merchant = self.merchant()?;
        let platform = merchant.platform(tweak.serial.as_deref());
        let timestamp = (self.state().now_ms() / 1000 - tweak.age_s).to_string();
        let nonce = hex::encode(rand::random::<[u8; 16]>());
        let signed = platform
            .key
            .sign(&answer_message(&timestamp, &nonce, &prepared.body))
            .ok()?;
        let signature = match tweak.signature.as_deref() {
            Some("probe") => format!("{PROBE_PREFIX}{signed}"),
            Some(_) => platform.key.sign(b"something else").ok()?,
            None => signed,
        };
        let mut body = prepared.body.clone();
        if let Some(at) = tweak.flip {
            let at = at % body.len();
            body[at] ^= 1;
        }
        let request = self
            .inner
            .http
            .post(&prepared.url)
            .timeout(WITHIN)
            .header("content-type", "application/json")
            .header(
                "wechatpay-serial",
                tweak.serial.clone().unwrap_or_else(|| platform.serial.clone()),
            )
            .header("wechatpay-timestamp", timestamp)
            .header("wechatpay-nonce", nonce)
            .header("wechatpay-signature", signature)
            .header("wechatpay-signature-type", "WECHATPAY2-SHA256-RSA2048")
            .body(body);
        request.send().await.ok().map(|answer| answer.status().as_u16())
    }
}

impl Tweak {
    fn change(&self, plain: &mut Value) {
        let texts = [
            ("mchid", &self.mchid),
            ("appid", &self.appid),
            ("out_trade_no", &self.out_trade_no),
        ];
        for (field, value) in texts {
            if let Some(value) = value {
                plain[field] = json!(value);
            }
        }
        if let Some(fen) = self.fen {
            let field = if plain.get("refund_id").is_some() {
                "refund"
            } else {
                "total"
            };
            plain["amount"][field] = json!(fen);
        }
        if let Some(currency) = &self.currency {
            plain["amount"]["currency"] = json!(currency);
        }
    }
}

/// `POST /sim/pay/notify`: one notification, as good or bad as asked for.
#[handler]
pub(in crate::sim) async fn send_now(sim: Data<&Sim>, body: Body) -> ControlResult {
    let tweak: Tweak = api::control_body(body).await?;
    let refund = sim.state().pay.refunds.contains_key(&tweak.number);
    let telling = if refund {
        Telling::Refund(tweak.number.clone())
    } else {
        Telling::Payment(tweak.number.clone())
    };
    let prepared = sim.prepared(&telling, &tweak);
    let prepared = prepared.ok_or_else(|| ControlError::bad("unknown_number", "没有这个单号"))?;
    let status = sim.send_signed(&prepared, &tweak).await;
    Ok(Json(json!({ "status": status })))
}
