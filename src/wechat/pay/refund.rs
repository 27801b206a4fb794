//! Refunds, in whole or in part, up to 50 for one order within a year.
//!
//! Source: pay.weixin.qq.com/doc/v3/merchant, 退款申请, 查询单笔退款, 退款结果通知.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::{PayClient, unix_ms};
use super::error::PayError;
use super::order::CNY;

/// What goes back.
#[derive(Debug, Clone, Copy)]
pub struct NewRefund<'a> {
    /// The order's number.
    pub out_trade_no: &'a str,
    /// Ours, up to 64 characters; asked again with the same number it is the same refund.
    pub out_refund_no: &'a str,
    /// Shown to the payer, up to 80 bytes.
    pub reason: &'a str,
    /// HTTPS without a query.
    pub notify_url: &'a str,
    /// Fen that go back.
    pub refund_fen: i64,
    /// Fen of the whole order.
    pub total_fen: i64,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RefundState {
    /// The money is back.
    Success,
    /// Under way.
    Processing,
    /// It could not be given back (the card is gone, say): the merchant's console is to be used.
    Abnormal,
    /// Closed: it does not take place.
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct RefundAmount {
    total: i64,
    refund: i64,
}

/// A refund as WeChat Pay knows it.
#[derive(Debug, Clone, Deserialize)]
pub struct Refund {
    /// WeChat's number.
    pub refund_id: String,
    /// Ours.
    pub out_refund_no: String,
    /// The order's number.
    pub out_trade_no: String,
    /// Where it stands.
    pub status: RefundState,
    amount: RefundAmount,
    #[serde(default)]
    success_time: Option<String>,
}

impl Refund {
    /// Fen that go back.
    pub fn refund_fen(&self) -> i64 {
        self.amount.refund
    }

    /// When the money was back, in Unix milliseconds.
    pub fn success_ms(&self) -> Option<i64> {
        self.success_time.as_deref().and_then(unix_ms)
    }
}

/// What a notification tells of a refund: the same under other names.
#[derive(Debug, Clone, Deserialize)]
pub struct RefundNotice {
    /// The merchant.
    pub mchid: String,
    /// WeChat's number.
    pub refund_id: String,
    /// Ours.
    pub out_refund_no: String,
    /// The order's number.
    pub out_trade_no: String,
    /// Where it stands.
    pub refund_status: RefundState,
    amount: RefundAmount,
    #[serde(default)]
    success_time: Option<String>,
}

impl RefundNotice {
    /// Fen that go back.
    pub fn refund_fen(&self) -> i64 {
        self.amount.refund
    }

    /// When the money was back, in Unix milliseconds.
    pub fn success_ms(&self) -> Option<i64> {
        self.success_time.as_deref().and_then(unix_ms)
    }
}

impl PayClient {
    /// Asks for a refund; the answer says that it is under way, or done.
    pub async fn refund(&self, refund: &NewRefund<'_>) -> Result<Refund, PayError> {
        if refund.refund_fen < 1 || refund.refund_fen > refund.total_fen {
            return Err(PayError::Invalid("退款金额须在 1 分与订单金额之间".to_owned()));
        }
        let body = json!({
            "out_trade_no": refund.out_trade_no,
            "out_refund_no": refund.out_refund_no,
            "reason": refund.reason,
            "notify_url": refund.notify_url,
            "amount": { "refund": refund.refund_fen, "total": refund.total_fen, "currency": CNY },
        });
        self.call("refund", Method::POST, "/v3/refund/domestic/refunds", Some(&body))
            .await
    }

    /// How a refund stands.
    pub async fn query_refund(&self, out_refund_no: &str) -> Result<Refund, PayError> {
        let path = format!("/v3/refund/domestic/refunds/{out_refund_no}");
        self.call("query_refund", Method::GET, &path, None).await
    }
}
