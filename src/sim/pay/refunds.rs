//! Refunds: taken, done a moment later, told.

use std::time::Duration;

use serde_json::{Value, json};

use crate::sim::Sim;
use crate::wechat::pay::client::rfc3339;
use crate::wechat::pay::{RefundState, TradeState};

use super::gate::{Answer, Call, V3Error, V3Result};
use super::notify::Telling;
use super::state::PayRefund;

/// Refunds of one order.
const MOST: usize = 50;

pub(super) fn create(call: &Call<'_>) -> V3Result {
    let body = call.json()?;
    let refund = read(call, &body)?;
    let (answer, delay) = {
        let mut state = call.sim.state();
        let now = state.now_ms();
        if let Some(standing) = state.pay.refunds.get(&refund.out_refund_no) {
            return if standing.asked == refund.asked {
                Ok(Answer::Json(told(standing)))
            } else {
                Err(V3Error::new(400, "INVALID_REQUEST", "退款单号已用于另一笔退款"))
            };
        }
        let order = state
            .pay
            .orders
            .get(&refund.out_trade_no)
            .filter(|order| order.state.is_paid());
        let order = order.ok_or_else(|| V3Error::new(404, "RESOURCE_NOT_EXISTS", "订单不存在"))?;
        let total = order.fen;
        if refund.total != total {
            return Err(V3Error::new(400, "INVALID_REQUEST", "订单金额与原订单不一致"));
        }
        if state.pay.refunded(&refund.out_trade_no) + refund.fen > total {
            return Err(V3Error::new(400, "INVALID_REQUEST", "申请退款金额超过可退金额"));
        }
        let times = state
            .pay
            .refunds
            .values()
            .filter(|r| r.out_trade_no == refund.out_trade_no)
            .count();
        if times >= MOST {
            return Err(V3Error::new(403, "RULE_LIMIT", "一笔订单最多退款 50 次"));
        }
        if let Some(balance) = &mut state.pay.balance {
            if *balance < refund.fen {
                return Err(V3Error::new(
                    403,
                    "NOT_ENOUGH",
                    "基本账户余额不足，请充值后重新发起",
                ));
            }
            *balance -= refund.fen;
        }
        if let Some(order) = state.pay.orders.get_mut(&refund.out_trade_no) {
            order.state = TradeState::Refund;
        }
        let refund = PayRefund {
            made_at: now,
            ..refund.clone()
        };
        let answer = told(&refund);
        state.pay.refunds.insert(refund.out_refund_no.clone(), refund);
        (answer, Duration::from_millis(state.pay.refund_ms))
    };
    let (sim, number) = (call.sim.clone(), refund.out_refund_no);
    call.sim.in_background(async move {
        tokio::time::sleep(delay).await;
        finish(&sim, &number);
    });
    Ok(Answer::Json(answer))
}

/// The money is back, or not.
fn finish(sim: &Sim, number: &str) {
    {
        let mut state = sim.state();
        let (now, outcome) = (state.now_ms(), state.pay.refund_outcome);
        let Some(refund) = state.pay.refunds.get_mut(number) else {
            return;
        };
        if outcome == RefundState::Processing {
            return;
        }
        refund.state = outcome;
        refund.done_at = (outcome == RefundState::Success).then_some(now);
    }
    sim.tell(Telling::Refund(number.to_owned()));
}

fn read(call: &Call<'_>, body: &Value) -> Result<PayRefund, V3Error> {
    let text = |field: &str| {
        let value = body[field].as_str().filter(|text| !text.is_empty());
        value
            .map(str::to_owned)
            .ok_or_else(|| V3Error::param(&format!("缺少 {field}")))
    };
    let fen = |field: &str| {
        let value = body["amount"][field].as_i64().filter(|fen| *fen > 0);
        value.ok_or_else(|| V3Error::param(&format!("金额 {field} 须为大于 0 的整数")))
    };
    if body["amount"]["currency"] != "CNY" {
        return Err(V3Error::param("退款币种须为 CNY"));
    }
    if body["reason"].as_str().is_some_and(|reason| reason.len() > 80) {
        return Err(V3Error::param("退款原因过长"));
    }
    Ok(PayRefund {
        out_refund_no: text("out_refund_no")?,
        out_trade_no: text("out_trade_no")?,
        refund_id: format!("5030{}", rand::random_range(10_u64.pow(15)..10_u64.pow(16))),
        fen: fen("refund")?,
        total: fen("total")?,
        notify_url: body["notify_url"].as_str().unwrap_or_default().to_owned(),
        state: RefundState::Processing,
        made_at: 0,
        done_at: None,
        asked: call.body.to_owned(),
    })
}

/// A refund as queries tell it.
fn told(refund: &PayRefund) -> Value {
    let mut told = json!({
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "out_trade_no": refund.out_trade_no,
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": rfc3339(refund.made_at),
        "status": refund.state,
        "amount": { "total": refund.total, "refund": refund.fen, "currency": "CNY" },
    });
    if let Some(at) = refund.done_at {
        told["success_time"] = json!(rfc3339(at));
    }
    told
}

pub(super) fn query(call: &Call<'_>, number: &str) -> V3Result {
    let state = call.sim.state();
    let refund = state.pay.refunds.get(number);
    let refund = refund.ok_or_else(|| V3Error::new(404, "RESOURCE_NOT_EXISTS", "退款单不存在"))?;
    Ok(Answer::Json(told(refund)))
}
