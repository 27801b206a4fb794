//! The cashier on a phone: what a page hands to `getBrandWCPayRequest`, what a scanned code stands for, 确认支付.

use poem::web::{Data, Json};
use poem::{Body, handler};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::sim::Sim;
use crate::sim::api::{self, ControlResult};
use crate::sim::control::known;
use crate::sim::error::ControlError;
use crate::sim::state::State;
use crate::wechat::pay::TradeState;
use crate::wechat::pay::order::{PayParams, pay_message};

use super::notify::Telling;
use super::orders::payable;
use super::state::PayOrder;

/// `wx.chooseWXPay` and the bridge refuse parameters that are too old, in seconds.
const PARAMS_S: u64 = 7200;
/// Native codes that 扫一扫 offers.
const CODES: usize = 5;

#[derive(Deserialize)]
struct Ask {
    user: String,
    params: Option<PayParams>,
    code_url: Option<String>,
}

fn refused(message: &str) -> ControlError {
    ControlError::conflict("cashier", message)
}

/// Opens the cashier: verifies the page's signature and who may pay.
#[handler]
pub(in crate::sim) async fn open_cashier(sim: Data<&Sim>, body: Body) -> ControlResult {
    let ask: Ask = api::control_body(body).await?;
    let prepay_id = match (&ask.params, &ask.code_url) {
        (Some(params), _) => Some(signed(&sim, params)?),
        (None, Some(_)) => None,
        (None, None) => return Err(ControlError::bad("no_order", "须说明 params 或 code_url")),
    };
    let state = sim.state();
    let (openid, _) = known(&state, &ask.user)?;
    let order = match (&prepay_id, &ask.code_url) {
        (Some(id), _) => state.pay.by_prepay(id),
        (None, code) => state.pay.by_code(code.as_deref().unwrap_or_default()),
    };
    let order = order.ok_or_else(|| refused("订单不存在"))?;
    may_pay(&state, order, &openid)?;
    Ok(Json(json!({
        "prepay_id": order.prepay_id,
        "out_trade_no": order.out_trade_no,
        "amount_fen": order.fen,
        "amount": format!("{}.{:02}", order.fen / 100, order.fen % 100),
        "description": order.description,
        "merchant": "济南市职工文化事业发展中心",
    })))
}

/// The prepay_id, if the merchant signed these parameters for our account.
fn signed(sim: &Sim, params: &PayParams) -> Result<String, ControlError> {
    let merchant = sim.merchant().ok_or_else(|| refused("没有设置商户"))?;
    if params.sign_type != "RSA" || params.app_id != sim.cfg().app_id {
        return Err(refused("支付验证签名失败"));
    }
    let message = pay_message(
        &params.app_id,
        &params.time_stamp,
        &params.nonce_str,
        &params.package,
    );
    if !merchant.signed(message.as_bytes(), &params.pay_sign) {
        return Err(refused("支付验证签名失败"));
    }
    let at: i64 = params.time_stamp.parse().map_err(|_| refused("时间戳不正确"))?;
    if (sim.state().now_ms() / 1000).abs_diff(at) > PARAMS_S {
        return Err(refused("支付参数已过期"));
    }
    let id = params.package.strip_prefix("prepay_id=");
    id.map(str::to_owned).ok_or_else(|| refused("缺少 prepay_id"))
}

fn may_pay(state: &State, order: &PayOrder, openid: &str) -> Result<(), ControlError> {
    if !order.payer.is_empty() && order.payer != openid {
        return Err(refused("支付者与下单的微信用户不一致"));
    }
    payable(order, state.now_ms()).map_err(refused)
}

#[derive(Deserialize)]
struct Confirm {
    user: String,
    prepay_id: String,
}

/// 确认支付, with the password typed.
#[handler]
pub(in crate::sim) async fn confirm(sim: Data<&Sim>, body: Body) -> ControlResult {
    let confirm: Confirm = api::control_body(body).await?;
    let number = {
        let state = sim.state();
        let (openid, _) = known(&state, &confirm.user)?;
        let order = state
            .pay
            .by_prepay(&confirm.prepay_id)
            .ok_or_else(|| refused("订单不存在"))?;
        may_pay(&state, order, &openid)?;
        order.out_trade_no.clone()
    };
    pay(&sim, &confirm.user, &number)
}

#[derive(Deserialize)]
struct Force {
    user: String,
    out_trade_no: String,
}

/// Paid whatever its state is.
#[handler]
pub(in crate::sim) async fn force(sim: Data<&Sim>, body: Body) -> ControlResult {
    let force: Force = api::control_body(body).await?;
    pay(&sim, &force.user, &force.out_trade_no)
}

fn pay(sim: &Sim, user: &str, number: &str) -> ControlResult {
    let answer = {
        let mut state = sim.state();
        let (openid, _) = known(&state, user)?;
        let now = state.now_ms();
        let id = format!("42000{}", rand::random_range(10_u64.pow(18)..10_u64.pow(19)));
        let order = state
            .pay
            .orders
            .get_mut(number)
            .ok_or_else(|| refused("订单不存在"))?;
        if order.state.is_paid() {
            return Err(refused("该订单已支付"));
        }
        order.state = TradeState::Success;
        order.transaction_id = Some(id.clone());
        order.paid_by = Some(openid);
        order.paid_at = Some(now);
        let fen = order.fen;
        if let Some(balance) = &mut state.pay.balance {
            *balance += fen;
        }
        json!({ "ok": true, "out_trade_no": number, "transaction_id": id })
    };
    sim.tell(Telling::Payment(number.to_owned()));
    Ok(Json(answer))
}

/// Native codes that wait to be scanned, the newest first.
pub(in crate::sim) fn codes(state: &State) -> Vec<Value> {
    let now = state.now_ms();
    let mut open: Vec<&PayOrder> = state
        .pay
        .orders
        .values()
        .filter(|o| !o.code_url.is_empty() && payable(o, now).is_ok())
        .collect();
    open.sort_by_key(|order| std::cmp::Reverse(order.made_at));
    let view = |order: &&PayOrder| json!({ "code_url": order.code_url, "description": order.description, "amount": format!("{}.{:02}", order.fen / 100, order.fen % 100) });
    open.iter().take(CODES).map(view).collect()
}
