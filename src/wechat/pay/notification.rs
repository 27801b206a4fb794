//! What WeChat Pay tells by itself: verified over the raw bytes, then decrypted.
//!
//! To be answered within 5 s: 200 or 204 without a body when it is handled, else a 4xx or 5xx with [`failure`]; WeChat Pay
//! then repeats it after 15 s, 15 s, 30 s, 3 min … for 24 hours (facts, Pay v3).

use serde::Deserialize;

use super::crypt::{ApiV3Key, Resource};
use super::headers::Signed;
use super::keys::PlatformKeys;
use super::order::Transaction;
use super::refund::RefundNotice;

/// Why a notification does not count. Nothing may be done; the answer is [`Refused::status`] with [`failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// One of the four headers is missing or malformed.
    #[error("缺少微信支付的签名头")]
    Headers,
    /// Signed more than 300 s ago, or in the future.
    #[error("时间戳超出 300 秒")]
    Time,
    /// Signed with a key that is not known.
    #[error("Wechatpay-Serial 不是已配置的公钥或证书")]
    Serial,
    /// WeChat's own test of whether wrong signatures are refused.
    #[error("微信支付的签名探测")]
    Probe,
    /// The signature is not that of the body.
    #[error("签名不正确")]
    Signature,
    /// Signed, but it does not open: another APIv3 key.
    #[error("回调内容无法解密，请核对 APIv3 密钥")]
    Sealed,
    /// Signed and opened, but not of the expected form.
    #[error("回调内容无法识别")]
    Malformed,
}

impl Refused {
    /// The status to answer with.
    pub fn status(&self) -> u16 {
        match self {
            Refused::Headers | Refused::Malformed => 400,
            Refused::Time | Refused::Serial | Refused::Probe | Refused::Signature => 401,
            // Ours to mend: WeChat Pay shall come again.
            Refused::Sealed => 500,
        }
    }

    /// A stable word for counters.
    pub fn label(&self) -> &'static str {
        match self {
            Refused::Headers => "headers",
            Refused::Time => "time",
            Refused::Serial => "serial",
            Refused::Probe => "probe",
            Refused::Signature => "signature",
            Refused::Sealed => "sealed",
            Refused::Malformed => "malformed",
        }
    }
}

/// The body of an answer that says no.
pub fn failure(message: &str) -> String {
    serde_json::json!({ "code": "FAIL", "message": message }).to_string()
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// `TRANSACTION.SUCCESS` and its kin: a payment, with its state.
    Transaction(Transaction),
    /// `REFUND.SUCCESS`, `REFUND.ABNORMAL`, `REFUND.CLOSED`.
    Refund(RefundNotice),
    /// Anything else, by its event type.
    Other(String),
}

/// A notification that is WeChat Pay's.
#[derive(Debug, Clone)]
pub struct Notification {
    /// Stays the same when it is repeated.
    pub id: String,
    /// Such as `TRANSACTION.SUCCESS`.
    pub event_type: String,
    /// What it tells.
    pub event: Event,
}

#[derive(Deserialize)]
struct Envelope {
    id: String,
    event_type: String,
    resource: Resource,
}

/// Verifies and opens a notification. `body` are the bytes as they came.
pub fn open(
    signed: Option<Signed<'_>>,
    body: &[u8],
    keys: &PlatformKeys,
    api_v3_key: &ApiV3Key,
    now_s: i64,
) -> Result<Notification, Refused> {
    signed.ok_or(Refused::Headers)?.verify(keys, body, now_s)?;
    let envelope: Envelope = serde_json::from_slice(body).map_err(|_| Refused::Malformed)?;
    let plain = api_v3_key.open(&envelope.resource).map_err(|_| Refused::Sealed)?;
    let event = match envelope.event_type.split_once('.').map(|(kind, _)| kind) {
        Some("TRANSACTION") => {
            Event::Transaction(serde_json::from_slice(&plain).map_err(|_| Refused::Malformed)?)
        }
        Some("REFUND") => Event::Refund(serde_json::from_slice(&plain).map_err(|_| Refused::Malformed)?),
        _ => Event::Other(envelope.event_type.clone()),
    };
    Ok(Notification {
        id: envelope.id,
        event_type: envelope.event_type,
        event,
    })
}
