//! Orders: JSAPI inside WeChat, Native as a QR code, query, close, and what a page needs to call the cashier.
//!
//! Source: pay.weixin.qq.com/doc/v3/merchant, JSAPI/小程序下单, Native 下单, 查询订单, 关闭订单, JSAPI 调起支付.

use std::fmt;

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::{PayClient, rfc3339, unix_ms};
use super::error::PayError;

/// The only currency a mainland merchant settles in.
pub const CNY: &str = "CNY";

/// What is to be paid.
#[derive(Debug, Clone, Copy)]
pub struct NewOrder<'a> {
    /// Shown to the payer, up to 127 characters.
    pub description: &'a str,
    /// Ours: 6 to 32 of letters, digits, `_-|*`. Never used for another order.
    pub out_trade_no: &'a str,
    /// Fen, at least 1.
    pub total_fen: i64,
    /// HTTPS without a query.
    pub notify_url: &'a str,
    /// Unix milliseconds; at least a minute ahead.
    pub expires_at_ms: i64,
}

impl NewOrder<'_> {
    /// What WeChat would refuse, said before it is asked.
    fn check(&self) -> Result<(), PayError> {
        let invalid = |text: &str| Err(PayError::Invalid(text.to_owned()));
        let word = |c: char| c.is_ascii_alphanumeric() || "_-|*".contains(c);
        if !(6..=32).contains(&self.out_trade_no.len()) || !self.out_trade_no.chars().all(word) {
            return invalid("商户订单号须为 6 到 32 位字母、数字或 _-|*");
        }
        if !(1..=127).contains(&self.description.chars().count()) {
            return invalid("商品描述须为 1 到 127 个字");
        }
        if self.total_fen < 1 {
            return invalid("金额至少为 1 分");
        }
        Ok(())
    }
}

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TradeState {
    /// Paid.
    Success,
    /// Paid, and refunded in part or in whole.
    Refund,
    /// Not paid yet.
    #[serde(rename = "NOTPAY")]
    NotPay,
    /// Cannot be paid any more.
    Closed,
    /// Revoked (only for payment codes).
    Revoked,
    /// The payer is typing the password.
    #[serde(rename = "USERPAYING")]
    UserPaying,
    /// Failed; can be paid again.
    #[serde(rename = "PAYERROR")]
    PayError,
}

impl TradeState {
    /// Whether money came.
    pub fn is_paid(self) -> bool {
        matches!(self, TradeState::Success | TradeState::Refund)
    }
}

/// What was to be paid and what was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// The order's fen.
    pub total: i64,
    /// What the payer paid, in fen: less than `total` with a coupon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer_total: Option<i64>,
    /// Of `total`.
    #[serde(default = "cny")]
    pub currency: String,
}

fn cny() -> String {
    CNY.to_owned()
}

/// An order as WeChat Pay knows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// The official account in whose name it is.
    pub appid: String,
    /// The merchant.
    pub mchid: String,
    /// Ours.
    pub out_trade_no: String,
    /// WeChat's, once it is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// `JSAPI`, `NATIVE` …; there once it is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trade_type: Option<String>,
    /// Where it stands.
    pub trade_state: TradeState,
    /// RFC 3339, once it is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_time: Option<String>,
    /// Missing while it is not paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
}

impl Transaction {
    /// When it was paid, in Unix milliseconds.
    pub fn success_ms(&self) -> Option<i64> {
        self.success_time.as_deref().and_then(unix_ms)
    }
}

/// Without what names a person: the payer's openid is not kept at all.
impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("out_trade_no", &self.out_trade_no)
            .field("trade_state", &self.trade_state)
            .field("amount", &self.amount)
            .finish_non_exhaustive()
    }
}

/// What a page hands to `WeixinJSBridge.invoke('getBrandWCPayRequest', …)` or `wx.chooseWXPay` (there `timestamp`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PayParams {
    /// The official account.
    pub app_id: String,
    /// Unix seconds as text.
    pub time_stamp: String,
    /// Random.
    pub nonce_str: String,
    /// `prepay_id=…`.
    pub package: String,
    /// `RSA`.
    pub sign_type: String,
    /// The merchant's signature over the four before `sign_type`.
    pub pay_sign: String,
}

/// The text that `paySign` covers.
pub fn pay_message(app_id: &str, time_stamp: &str, nonce_str: &str, package: &str) -> String {
    format!("{app_id}\n{time_stamp}\n{nonce_str}\n{package}\n")
}

#[derive(Deserialize)]
struct Prepaid {
    prepay_id: String,
}

#[derive(Deserialize)]
struct Coded {
    code_url: String,
}

impl PayClient {
    /// Orders for the payer `openid` (of our official account); the `prepay_id` holds for two hours. Asked again with the
    /// same content it gives the same order.
    pub async fn jsapi(&self, order: &NewOrder<'_>, openid: &str) -> Result<String, PayError> {
        let mut body = self.order_body(order)?;
        body["payer"] = json!({ "openid": openid });
        let prepaid: Prepaid = self
            .call("jsapi", Method::POST, "/v3/pay/transactions/jsapi", Some(&body))
            .await?;
        Ok(prepaid.prepay_id)
    }

    /// Orders for whoever scans; gives the content of the QR code (`weixin://wxpay/bizpayurl?pr=…`), good for two hours.
    pub async fn native(&self, order: &NewOrder<'_>) -> Result<String, PayError> {
        let body = self.order_body(order)?;
        let coded: Coded = self
            .call("native", Method::POST, "/v3/pay/transactions/native", Some(&body))
            .await?;
        Ok(coded.code_url)
    }

    fn order_body(&self, order: &NewOrder<'_>) -> Result<serde_json::Value, PayError> {
        order.check()?;
        Ok(json!({
            "appid": self.app_id(),
            "mchid": self.mch_id(),
            "description": order.description,
            "out_trade_no": order.out_trade_no,
            "time_expire": rfc3339(order.expires_at_ms),
            "notify_url": order.notify_url,
            "amount": { "total": order.total_fen, "currency": CNY },
        }))
    }

    /// How an order stands. [`PayClass::NotExist`](super::PayClass::NotExist) when WeChat has none of this number.
    pub async fn query(&self, out_trade_no: &str) -> Result<Transaction, PayError> {
        let path = format!(
            "/v3/pay/transactions/out-trade-no/{out_trade_no}?mchid={}",
            self.mch_id()
        );
        self.call::<Transaction>("query", Method::GET, &path, None).await
    }

    /// Closes an unpaid order: it cannot be paid any more. [`PayClass::Paid`](super::PayClass::Paid) when it was, just now.
    pub async fn close(&self, out_trade_no: &str) -> Result<(), PayError> {
        let path = format!("/v3/pay/transactions/out-trade-no/{out_trade_no}/close");
        let body = json!({ "mchid": self.mch_id() });
        self.send("close", Method::POST, &path, Some(&body))
            .await
            .map(|_| ())
    }

    /// What a page needs to open the cashier for a `prepay_id`.
    pub fn pay_params(&self, prepay_id: &str) -> Result<PayParams, PayError> {
        let (time_stamp, nonce_str) = (self.now_s().to_string(), self.nonce());
        let package = format!("prepay_id={prepay_id}");
        let message = pay_message(self.app_id(), &time_stamp, &nonce_str, &package);
        Ok(PayParams {
            app_id: self.app_id().to_owned(),
            pay_sign: self.sign(message.as_bytes())?,
            time_stamp,
            nonce_str,
            package,
            sign_type: "RSA".to_owned(),
        })
    }
}
