//! Orders: made, looked up, closed.

use serde_json::{Value, json};

use crate::sim::state::State;
use crate::wechat::pay::TradeState;
use crate::wechat::pay::client::{rfc3339, unix_ms};

use super::gate::{Answer, Call, V3Error, V3Result};
use super::state::PayOrder;

const TWO_HOURS_MS: i64 = 7_200_000;
const MINUTE_MS: i64 = 60_000;

fn text<'v>(body: &'v Value, field: &str) -> Result<&'v str, V3Error> {
    let value = body[field].as_str().filter(|text| !text.is_empty());
    value.ok_or_else(|| V3Error::param(&format!("输入源“/body/{field}”映射到值字段失败")))
}

pub(super) fn create(call: &Call<'_>, trade_type: &'static str) -> V3Result {
    let body = call.json()?;
    let mut order = read(call, &body, trade_type)?;
    let mut state = call.sim.state();
    order.made_at = state.now_ms();
    check(&order, &state)?;
    if let Some(standing) = state.pay.orders.get(&order.out_trade_no) {
        return again(standing, &order);
    }
    let answer = prepaid(&order);
    state.pay.orders.insert(order.out_trade_no.clone(), order);
    Ok(Answer::Json(answer))
}

fn read(call: &Call<'_>, body: &Value, trade_type: &'static str) -> Result<PayOrder, V3Error> {
    if text(body, "mchid")? != call.merchant.mch_id {
        return Err(V3Error::new(400, "MCH_NOT_EXISTS", "商户号不存在"));
    }
    if text(body, "appid")? != call.sim.cfg().app_id {
        return Err(V3Error::new(
            400,
            "APPID_MCHID_NOT_MATCH",
            "appid 和 mch_id 不匹配",
        ));
    }
    let fen = body["amount"]["total"].as_i64().filter(|fen| *fen > 0);
    let payer = match trade_type {
        "JSAPI" => text(&body["payer"], "openid")?.to_owned(),
        _ => String::new(),
    };
    let expires = body["time_expire"]
        .as_str()
        .map(|t| unix_ms(t).ok_or_else(|| V3Error::param("time_expire 格式不正确")));
    let pay_id = hex::encode(rand::random::<[u8; 12]>());
    Ok(PayOrder {
        out_trade_no: text(body, "out_trade_no")?.to_owned(),
        trade_type,
        description: text(body, "description")?.to_owned(),
        fen: fen.ok_or_else(|| V3Error::param("订单总金额须为大于 0 的整数"))?,
        notify_url: text(body, "notify_url")?.to_owned(),
        payer,
        prepay_id: format!("wx{pay_id}"),
        code_url: if trade_type == "NATIVE" {
            format!("weixin://wxpay/bizpayurl?pr={pay_id}")
        } else {
            String::new()
        },
        state: TradeState::NotPay,
        made_at: 0,
        expires_at: expires.transpose()?.unwrap_or(i64::MAX),
        transaction_id: None,
        paid_by: None,
        paid_at: None,
        asked: call.body.to_owned(),
    })
}

fn check(order: &PayOrder, state: &State) -> Result<(), V3Error> {
    let word = |c: char| c.is_ascii_alphanumeric() || "_-|*".contains(c);
    if !(6..=32).contains(&order.out_trade_no.len()) || !order.out_trade_no.chars().all(word) {
        return Err(V3Error::param("商户订单号格式不正确"));
    }
    if order.description.chars().count() > 127 {
        return Err(V3Error::param("商品描述过长"));
    }
    let url = url::Url::parse(&order.notify_url).map_err(|_| V3Error::param("notify_url 不正确"))?;
    // Plain http only on this machine, where there is no certificate.
    let here = url
        .host_str()
        .is_some_and(|host| host == "localhost" || host == "127.0.0.1");
    if url.query().is_some() || (url.scheme() != "https" && !here) {
        return Err(V3Error::param("notify_url 须为 https 且不带参数"));
    }
    if order.expires_at - order.made_at < MINUTE_MS {
        return Err(V3Error::param("time_expire 距离下单须大于 1 分钟"));
    }
    if !order.payer.is_empty() && state.by_openid(&order.payer).is_none() {
        return Err(V3Error::param("无效的 openid"));
    }
    Ok(())
}

/// The same number once more.
fn again(standing: &PayOrder, order: &PayOrder) -> V3Result {
    match standing.state {
        TradeState::Success | TradeState::Refund => Err(V3Error::new(400, "ORDERPAID", "该订单已支付")),
        TradeState::Closed | TradeState::Revoked => Err(V3Error::new(400, "ORDER_CLOSED", "该订单已关闭")),
        _ if standing.asked == order.asked && standing.trade_type == order.trade_type => {
            Ok(Answer::Json(prepaid(standing)))
        }
        _ => Err(V3Error::new(403, "OUT_TRADE_NO_USED", "商户订单号重复")),
    }
}

fn prepaid(order: &PayOrder) -> Value {
    if order.trade_type == "NATIVE" {
        json!({ "code_url": order.code_url })
    } else {
        json!({ "prepay_id": order.prepay_id })
    }
}

/// Whether somebody may pay it now.
pub(super) fn payable(order: &PayOrder, now: i64) -> Result<(), &'static str> {
    match order.state {
        TradeState::Success | TradeState::Refund => Err("该订单已支付"),
        TradeState::Closed | TradeState::Revoked => Err("该订单已关闭"),
        _ if now >= order.expires_at || now - order.made_at >= TWO_HOURS_MS => Err("该订单已过期"),
        _ => Ok(()),
    }
}

/// An order as queries and notifications tell it.
pub(super) fn told(order: &PayOrder, app_id: &str, mch_id: &str) -> Value {
    let mut told = json!({
        "appid": app_id,
        "mchid": mch_id,
        "out_trade_no": order.out_trade_no,
        "trade_state": order.state,
        "trade_state_desc": if order.state.is_paid() { "支付成功" } else { "订单未支付" },
    });
    if let (Some(id), Some(at)) = (&order.transaction_id, order.paid_at) {
        told["transaction_id"] = json!(id);
        told["trade_type"] = json!(order.trade_type);
        told["bank_type"] = json!("OTHERS");
        told["success_time"] = json!(rfc3339(at));
        told["payer"] = json!({ "openid": order.paid_by });
        told["amount"] = json!({ "total": order.fen, "payer_total": order.fen, "currency": "CNY", "payer_currency": "CNY" });
    }
    told
}

fn not_exist() -> V3Error {
    V3Error::new(404, "ORDER_NOT_EXIST", "订单不存在")
}

fn own(call: &Call<'_>, mch_id: Option<&str>) -> Result<(), V3Error> {
    if mch_id == Some(call.merchant.mch_id.as_str()) {
        Ok(())
    } else {
        Err(V3Error::param("缺少 mchid 或与签名的商户号不一致"))
    }
}

pub(super) fn query(call: &Call<'_>, number: &str) -> V3Result {
    own(call, call.query.get("mchid").map(String::as_str))?;
    let state = call.sim.state();
    let order = state.pay.orders.get(number).ok_or_else(not_exist)?;
    Ok(Answer::Json(told(
        order,
        &call.sim.cfg().app_id,
        &call.merchant.mch_id,
    )))
}

pub(super) fn query_by_id(call: &Call<'_>, id: &str) -> V3Result {
    own(call, call.query.get("mchid").map(String::as_str))?;
    let state = call.sim.state();
    let order = state
        .pay
        .orders
        .values()
        .find(|order| order.transaction_id.as_deref() == Some(id));
    Ok(Answer::Json(told(
        order.ok_or_else(not_exist)?,
        &call.sim.cfg().app_id,
        &call.merchant.mch_id,
    )))
}

pub(super) fn close(call: &Call<'_>, number: &str) -> V3Result {
    let body = call.json()?;
    own(call, body["mchid"].as_str())?;
    let mut state = call.sim.state();
    let order = state.pay.orders.get_mut(number).ok_or_else(not_exist)?;
    match order.state {
        TradeState::Success | TradeState::Refund => Err(V3Error::new(400, "ORDERPAID", "该订单已支付")),
        _ => {
            order.state = TradeState::Closed;
            Ok(Answer::Nothing)
        }
    }
}
