//! What is signed and where the signature stands: `Authorization` of requests, four headers of answers and notifications.

use super::keys::{KeyError, MerchantKey, PlatformKeys};
use super::notification::Refused;

/// The scheme of `Authorization`, and the name WeChat gives the algorithm.
pub const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";
/// WeChat sends such signatures on purpose, to see that they are refused (unverified in the documentation, seen in practice).
pub const PROBE_PREFIX: &str = "WECHATPAY/SIGNTEST/";
/// A signature counts for less than so many seconds, in either direction: clocks may be late or early.
pub const TOLERANCE_S: u64 = 300;

/// The text a request's signature covers. `url` is the path with its query, as sent.
pub fn request_message(method: &str, url: &str, timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("{method}\n{url}\n{timestamp}\n{nonce}\n");
    [head.as_bytes(), body, b"\n"].concat()
}

/// The text an answer's or a notification's signature covers: over the body's raw bytes.
pub fn answer_message(timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("{timestamp}\n{nonce}\n");
    [head.as_bytes(), body, b"\n"].concat()
}

/// Who signs a request.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'a> {
    /// 商户号.
    pub mch_id: &'a str,
    /// Serial of the merchant's certificate.
    pub serial: &'a str,
    /// The merchant's key.
    pub key: &'a MerchantKey,
}

impl Signer<'_> {
    /// The value of `Authorization`.
    pub fn authorization(
        &self,
        method: &str,
        url: &str,
        now_s: i64,
        nonce: &str,
        body: &[u8],
    ) -> Result<String, KeyError> {
        let timestamp = now_s.to_string();
        let signature = self
            .key
            .sign(&request_message(method, url, &timestamp, nonce, body))?;
        Ok(format!(
            "{SCHEME} mchid=\"{}\",nonce_str=\"{nonce}\",signature=\"{signature}\",timestamp=\"{timestamp}\",serial_no=\"{}\"",
            self.mch_id, self.serial
        ))
    }
}

/// The four headers of an answer or a notification.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    serial: &'a str,
    timestamp: &'a str,
    nonce: &'a str,
    signature: &'a str,
}

impl<'a> Signed<'a> {
    /// Takes them from wherever headers are; `None` when one is missing.
    pub fn from_headers(header: impl Fn(&'static str) -> Option<&'a str>) -> Option<Self> {
        Some(Signed {
            serial: header("Wechatpay-Serial")?,
            timestamp: header("Wechatpay-Timestamp")?,
            nonce: header("Wechatpay-Nonce")?,
            signature: header("Wechatpay-Signature")?,
        })
    }

    /// The serial of the key that is said to have signed.
    pub fn serial(&self) -> &'a str {
        self.serial
    }

    /// Whether `body` is WeChat Pay's and of now.
    pub fn verify(&self, keys: &PlatformKeys, body: &[u8], now_s: i64) -> Result<(), Refused> {
        let at: i64 = self.timestamp.parse().map_err(|_| Refused::Headers)?;
        if now_s.abs_diff(at) >= TOLERANCE_S {
            return Err(Refused::Time);
        }
        if self.signature.starts_with(PROBE_PREFIX) {
            return Err(Refused::Probe);
        }
        let key = keys.get(self.serial).ok_or(Refused::Serial)?;
        let message = answer_message(self.timestamp, self.nonce, body);
        if key.verifies(&message, self.signature) {
            Ok(())
        } else {
            Err(Refused::Signature)
        }
    }
}
