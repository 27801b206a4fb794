//! Calls to WeChat Pay: each request signed, each answer verified, errors typed.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, USER_AGENT};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::crypt::ApiV3Key;
use super::error::{PayApiError, PayError};
use super::headers::{Signed, Signer};
use super::keys::{MerchantKey, PlatformKeys};
use super::notification::{self, Notification, Refused};
use crate::wechat::http;
use crate::wechat::token::Clock;

/// Answers beyond this size are refused, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;
/// WeChat Pay itself gives up after five to ten seconds.
const TIMEOUT: Duration = Duration::from_secs(12);
const BEIJING_S: i32 = 8 * 3600;

/// Gives random texts of up to 32 letters and digits, a new one each time.
pub type Nonces = Arc<dyn Fn() -> String + Send + Sync>;

/// The merchant, as in its console.
#[derive(Clone, Debug)]
pub struct PayConfig {
    /// `https://api.mch.weixin.qq.com`, or a stand-in.
    pub api_base: String,
    /// 商户号.
    pub mch_id: String,
    /// The official account that is linked to the merchant.
    pub app_id: String,
    /// Serial of the merchant's API certificate.
    pub serial: String,
    /// The key of that certificate.
    pub key: MerchantKey,
    /// The APIv3 key.
    pub api_v3_key: ApiV3Key,
    /// WeChat Pay's public key, its certificates, or both.
    pub platform: PlatformKeys,
}

/// Told how each call ended, to count them. Must be quick.
pub trait PayHook: Send + Sync {
    /// `api` is a short name (`jsapi`, `query` …).
    fn done(&self, api: &'static str, outcome: Result<(), &PayError>);
}

/// A client for one merchant. Cheap to clone.
#[derive(Clone)]
pub struct PayClient(Arc<Inner>);

struct Inner {
    config: PayConfig,
    base: String,
    http: reqwest::Client,
    clock: Clock,
    nonces: Nonces,
    hook: Option<Arc<dyn PayHook>>,
}

impl std::fmt::Debug for PayClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PayClient")
            .field("mch_id", &self.0.config.mch_id)
            .finish_non_exhaustive()
    }
}

/// An answer that is not an error, with its headers.
pub(super) struct Raw {
    headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Raw {
    fn signed(&self) -> Option<Signed<'_>> {
        Signed::from_headers(|name| self.headers.get(name).and_then(|value| value.to_str().ok()))
    }

    /// Whether it is WeChat Pay's.
    pub fn verify(&self, keys: &PlatformKeys, now_s: i64) -> Result<(), PayError> {
        let signed = self.signed().ok_or(PayError::Unverified)?;
        signed
            .verify(keys, &self.body, now_s)
            .map_err(|refused| match refused {
                Refused::Time => PayError::Clock,
                _ => PayError::Unverified,
            })
    }
}

impl PayClient {
    /// `clock` gives Unix milliseconds. Errors: an address that is none, TLS that cannot be set up.
    pub fn new(
        config: PayConfig,
        clock: Clock,
        nonces: Nonces,
        hook: Option<Arc<dyn PayHook>>,
    ) -> Result<Self, PayError> {
        let base = config.api_base.trim_end_matches('/').to_owned();
        let http = http::client(&base, TIMEOUT).map_err(PayError::Invalid)?;
        Ok(PayClient(Arc::new(Inner {
            config,
            base,
            http,
            clock,
            nonces,
            hook,
        })))
    }

    /// 商户号.
    pub fn mch_id(&self) -> &str {
        &self.0.config.mch_id
    }

    /// AppID of the official account in whose name orders are made.
    pub fn app_id(&self) -> &str {
        &self.0.config.app_id
    }

    /// WeChat Pay's keys.
    pub fn keys(&self) -> &PlatformKeys {
        &self.0.config.platform
    }

    pub(super) fn api_v3_key(&self) -> &ApiV3Key {
        &self.0.config.api_v3_key
    }

    pub(super) fn base(&self) -> &str {
        &self.0.base
    }

    pub(super) fn now_s(&self) -> i64 {
        (self.0.clock)().div_euclid(1000)
    }

    pub(super) fn nonce(&self) -> String {
        (self.0.nonces)()
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<String, PayError> {
        self.0
            .config
            .key
            .sign(message)
            .map_err(|e| PayError::Invalid(e.to_string()))
    }

    /// Verifies and opens what came to the notify_url; `header` gives a header by name, `body` the bytes as they came.
    pub fn open<'a>(
        &self,
        header: impl Fn(&'static str) -> Option<&'a str>,
        body: &[u8],
    ) -> Result<Notification, Refused> {
        let signed = Signed::from_headers(header);
        notification::open(signed, body, self.keys(), self.api_v3_key(), self.now_s())
    }

    /// A call whose answer is JSON. `path` has its query.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        api: &'static str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, PayError> {
        let raw = self.send(api, method, path, body).await?;
        serde_json::from_slice(&raw).map_err(|e| PayError::decode(&e))
    }

    /// A call, verified; gives the bytes.
    pub(super) async fn send(
        &self,
        api: &'static str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Vec<u8>, PayError> {
        let sent = self.attempt(method, path, body).await;
        let verified = sent.and_then(|(status, raw)| self.verified(status, raw));
        self.tell(api, &verified);
        verified
    }

    fn verified(&self, status: StatusCode, raw: Raw) -> Result<Vec<u8>, PayError> {
        // What says no is WeChat Pay's word too: where it is signed, the signature must hold.
        if status.is_success() || raw.signed().is_some() {
            raw.verify(self.keys(), self.now_s())?;
        }
        accepted(status, raw).map(|raw| raw.body)
    }

    /// A call whose answer the caller verifies.
    pub(super) async fn send_unverified(
        &self,
        api: &'static str,
        method: Method,
        path: &str,
    ) -> Result<Raw, PayError> {
        let sent = self.attempt(method, path, None).await;
        let accepted = sent.and_then(|(status, raw)| accepted(status, raw));
        self.tell(api, &accepted);
        accepted
    }

    fn tell<T>(&self, api: &'static str, outcome: &Result<T, PayError>) {
        if let Some(hook) = &self.0.hook {
            hook.done(api, outcome.as_ref().map(|_| ()));
        }
    }

    async fn attempt(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Raw), PayError> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let response = self
            .request(method, &format!("{}{path}", self.0.base), path, body)
            .await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read(response).await?;
        Ok((status, Raw { headers, body }))
    }

    /// Signs and sends; `path` is the URL from its path on.
    pub(super) async fn request(
        &self,
        method: Method,
        url: &str,
        path: &str,
        body: String,
    ) -> Result<reqwest::Response, PayError> {
        let config = &self.0.config;
        let signer = Signer {
            mch_id: &config.mch_id,
            serial: &config.serial,
            key: &config.key,
        };
        let authorization = signer.authorization(
            method.as_str(),
            path,
            self.now_s(),
            &self.nonce(),
            body.as_bytes(),
        );
        let authorization = authorization.map_err(|e| PayError::Invalid(e.to_string()))?;
        let mut request = self
            .0
            .http
            .request(method, url)
            .header(AUTHORIZATION, authorization)
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, concat!("yuanmeng/", env!("CARGO_PKG_VERSION")));
        if let Some(serial) = config.platform.preferred() {
            // Answers follow the serial that is sent: the switch from certificates to the public key (facts, Pay v3).
            request = request.header("Wechatpay-Serial", serial);
        }
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        Ok(request.send().await?)
    }
}

fn accepted(status: StatusCode, raw: Raw) -> Result<Raw, PayError> {
    if status.is_success() {
        Ok(raw)
    } else {
        Err(PayApiError::read(status.as_u16(), &raw.body))
    }
}

async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, PayError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(PayError::Decode("内容过长".into()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn beijing() -> FixedOffset {
    FixedOffset::east_opt(BEIJING_S).unwrap_or_else(|| unreachable!("+08:00 is a valid offset"))
}

/// A moment as WeChat Pay writes it, with +08:00 (facts, "Also": send it explicitly).
pub fn rfc3339(at_ms: i64) -> String {
    let at = DateTime::<Utc>::from_timestamp_millis(at_ms).unwrap_or_default();
    at.with_timezone(&beijing())
        .to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// The moment of such a text, in Unix milliseconds.
pub fn unix_ms(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|at| at.timestamp_millis())
}
