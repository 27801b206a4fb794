//! The callback from end to end, without a network: verify, decrypt, parse; build, encrypt, sign.
//!
//! The mode comes from configuration and never from the request: two well-known SDKs take a body without
//! `Encrypt`, or a query without `msg_signature`, for plaintext and so accept forgeries.

use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::envelope::{self, AesKey, OpenError, Random16};
use super::json::Format;
use super::message::Inbound;
use super::reply::{Reply, SUCCESS};
use super::signature::Signature;
use super::xml::Fields;

mod refused;
pub use refused::{Forbidden, Malformed, Refused};

/// Larger bodies are refused, in bytes. WeChat's own are below 10 KB.
pub const MAX_BODY: usize = 64 * 1024;

/// 消息加解密方式, as chosen in WeChat's console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// 明文模式: nothing is encrypted, and the signature does not cover the body.
    Plain,
    /// 兼容模式: both; only the encrypted part is used here, since only it is signed.
    Compatible,
    /// 安全模式: everything is encrypted.
    Secure,
}

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(s: &str) -> Result<Self, UnknownMode> {
        match s {
            "plain" => Ok(Mode::Plain),
            "compatible" => Ok(Mode::Compatible),
            "secure" => Ok(Mode::Secure),
            _ => Err(UnknownMode),
        }
    }
}

/// The text is not `plain`, `compatible` or `secure`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the mode is one of secure, compatible, plain")]
pub struct UnknownMode;

/// The query WeChat puts on the callback's URL, borrowed where nothing was percent-encoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallbackQuery<'a> {
    /// Signature over token, timestamp and nonce.
    pub signature: Option<Cow<'a, str>>,
    /// Unix time in seconds, as text since signatures are over the text.
    pub timestamp: Option<Cow<'a, str>>,
    /// Random text.
    pub nonce: Option<Cow<'a, str>>,
    /// Signature which covers `Encrypt` too.
    pub msg_signature: Option<Cow<'a, str>>,
    /// `aes` or `raw`.
    pub encrypt_type: Option<Cow<'a, str>>,
    /// Only on the GET which checks the URL.
    pub echostr: Option<Cow<'a, str>>,
}

impl<'a> CallbackQuery<'a> {
    /// Reads a raw query string (without `?`). Unknown parameters are ignored; of a repeated one the first counts.
    pub fn parse(raw: &'a str) -> Self {
        let mut query = CallbackQuery::default();
        if raw.bytes().any(|b| matches!(b, b'%' | b'+')) {
            url::form_urlencoded::parse(raw.as_bytes()).for_each(|(name, value)| query.take(&name, value));
        } else {
            // The usual case, at a tenth of the cost.
            let pairs = raw
                .split('&')
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
            pairs.for_each(|(name, value)| query.take(name, Cow::Borrowed(value)));
        }
        query
    }

    fn take(&mut self, name: &str, value: Cow<'a, str>) {
        let slot = match name {
            "signature" => &mut self.signature,
            "timestamp" => &mut self.timestamp,
            "nonce" => &mut self.nonce,
            "msg_signature" => &mut self.msg_signature,
            "encrypt_type" => &mut self.encrypt_type,
            "echostr" => &mut self.echostr,
            _ => return,
        };
        slot.get_or_insert(value);
    }
}

/// What the console shows, as configured.
pub struct CallbackConfig {
    /// AppID of the official account.
    pub app_id: String,
    /// 令牌(Token).
    pub token: String,
    /// 消息加解密密钥: the current key first, then the previous one as long as WeChat may still use it.
    pub keys: Vec<AesKey>,
    /// 消息加解密方式.
    pub mode: Mode,
    /// How far a timestamp may be from now, in seconds, both ways; 0 turns the check off.
    pub tolerance_s: u32,
}

/// The configuration contradicts itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Without a token anybody can sign.
    #[error("the callback token is empty")]
    Token,
    /// Secure and compatible mode need a key.
    #[error("this mode needs an EncodingAESKey")]
    Key,
    /// The app id is part of every encrypted message.
    #[error("the app id is empty")]
    AppId,
}

/// Verifies and opens callbacks, and seals the replies. Cheap to share behind an `Arc`.
pub struct Callback {
    app_id: Arc<str>,
    token: Zeroizing<String>,
    keys: Vec<AesKey>,
    mode: Mode,
    tolerance_s: u32,
}

/// Token and keys are secret.
impl std::fmt::Debug for Callback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Callback")
            .field("app_id", &self.app_id)
            .field("mode", &self.mode)
            .field("keys", &self.keys.len())
            .field("tolerance_s", &self.tolerance_s)
            .finish_non_exhaustive()
    }
}

/// A genuine message, and what answering it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The message.
    pub message: Inbound,
    /// Index of the key that opened it (0 = current), which also seals the reply; `None` in plain mode.
    pub key: Option<usize>,
    /// How the body was written; the answer is written alike.
    pub format: Format,
    app_id: Arc<str>,
}

impl Opened {
    /// See [`Inbound::dedup_key`]; keep it for at least 60 s, together with the reply.
    pub fn dedup_key(&self) -> String {
        self.message.dedup_key(&self.app_id)
    }
}

impl Callback {
    /// Errors: [`ConfigError`].
    pub fn new(config: CallbackConfig) -> Result<Self, ConfigError> {
        let CallbackConfig {
            app_id,
            token,
            keys,
            mode,
            tolerance_s,
        } = config;
        if token.is_empty() {
            return Err(ConfigError::Token);
        }
        if app_id.is_empty() {
            return Err(ConfigError::AppId);
        }
        if mode != Mode::Plain && keys.is_empty() {
            return Err(ConfigError::Key);
        }
        Ok(Callback {
            app_id: app_id.into(),
            token: Zeroizing::new(token),
            keys,
            mode,
            tolerance_s,
        })
    }

    /// The configured mode.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The GET with which WeChat's console checks the URL: gives the echostr to answer with, as text/plain.
    /// It is plain in every mode.
    pub fn verify_url<'q>(&self, query: &'q CallbackQuery<'_>, now_s: i64) -> Result<&'q str, Refused> {
        self.verify_plain(query, now_s)?;
        match query.echostr.as_deref() {
            Some(echo) if !echo.is_empty() => Ok(echo),
            _ => Err(Malformed::Echo.into()),
        }
    }

    /// The POST: verifies, decrypts and parses one message. `now_s` is Unix time in seconds.
    pub fn open(&self, query: &CallbackQuery<'_>, body: &[u8], now_s: i64) -> Result<Opened, Refused> {
        if body.len() > MAX_BODY {
            return Err(Malformed::TooLarge.into());
        }
        let body = std::str::from_utf8(body).map_err(|_| Malformed::Utf8)?;
        match self.mode {
            Mode::Plain => self.open_plain(query, body, now_s),
            Mode::Compatible | Mode::Secure => self.open_encrypted(query, body, now_s),
        }
    }

    fn open_plain(&self, query: &CallbackQuery<'_>, body: &str, now_s: i64) -> Result<Opened, Refused> {
        self.verify_plain(query, now_s)?;
        let fields = Fields::parse_body(body)?;
        let says_encrypted = query.encrypt_type.as_deref().is_some_and(|t| t != "raw");
        if says_encrypted || envelope::encrypt_of(&fields)?.is_some() {
            return Err(Forbidden::Mode.into());
        }
        Ok(self.opened(Inbound::from_fields(&fields)?, None, Format::of(body)))
    }

    fn open_encrypted(&self, query: &CallbackQuery<'_>, body: &str, now_s: i64) -> Result<Opened, Refused> {
        let fields = Fields::parse_body(body)?;
        let encrypt = envelope::encrypt_of(&fields)?.ok_or(Forbidden::Mode)?;
        let (timestamp, nonce) = stamp(query)?;
        let claimed = query
            .msg_signature
            .as_deref()
            .ok_or(Forbidden::SignatureMissing)?;
        if !Signature::message(&self.token, timestamp, nonce, encrypt).matches(claimed) {
            return Err(Forbidden::SignatureWrong.into());
        }
        self.check_age(timestamp, now_s)?;
        let (message, key) = self.decrypt(encrypt)?;
        Ok(self.opened(Inbound::parse(&message)?, Some(key), Format::of(body)))
    }

    fn opened(&self, message: Inbound, key: Option<usize>, format: Format) -> Opened {
        Opened {
            message,
            key,
            format,
            app_id: self.app_id.clone(),
        }
    }

    fn verify_plain(&self, query: &CallbackQuery<'_>, now_s: i64) -> Result<(), Forbidden> {
        let (timestamp, nonce) = stamp(query)?;
        let claimed = query.signature.as_deref().ok_or(Forbidden::SignatureMissing)?;
        if !Signature::plain(&self.token, timestamp, nonce).matches(claimed) {
            return Err(Forbidden::SignatureWrong);
        }
        self.check_age(timestamp, now_s)
    }

    fn check_age(&self, timestamp: &str, now_s: i64) -> Result<(), Forbidden> {
        if self.tolerance_s == 0 {
            return Ok(());
        }
        let sent: i64 = timestamp.parse().map_err(|_| Forbidden::Stale)?;
        if now_s.abs_diff(sent) > u64::from(self.tolerance_s) {
            Err(Forbidden::Stale)
        } else {
            Ok(())
        }
    }

    /// Tries the keys in their order. Only a key that gets as far as the appid can be the right one, so its word
    /// counts for the reason of the refusal.
    fn decrypt(&self, encrypt: &str) -> Result<(String, usize), Refused> {
        let mut refused = Refused::Forbidden(Forbidden::Key);
        for (index, key) in self.keys.iter().enumerate() {
            match key.decrypt(encrypt, &self.app_id) {
                Ok(message) => return Ok((message, index)),
                Err(OpenError::Base64) => return Err(Malformed::Encrypt.into()),
                Err(OpenError::Utf8) => refused = Malformed::Utf8.into(),
                Err(OpenError::AppId) => refused = Forbidden::AppId.into(),
                Err(OpenError::Length | OpenError::Padding) => {}
            }
        }
        Err(refused)
    }

    /// The body of the answer: [`SUCCESS`] for a silent reply, else the reply in the message's format, sealed and signed with the key
    /// that opened the message. `nonce` is any random text, `random` must be fresh from a secure source.
    pub fn answer(
        &self,
        opened: &Opened,
        reply: &Reply,
        now_s: i64,
        nonce: &str,
        random: &Random16,
    ) -> String {
        if reply.is_silent() {
            return SUCCESS.to_owned();
        }
        let Some(key) = opened.key.and_then(|index| self.keys.get(index)) else {
            return match opened.format {
                Format::Xml => reply.to_xml(&opened.message, now_s),
                Format::Json => reply.to_json(&opened.message, now_s),
            };
        };
        let encrypt = match opened.format {
            Format::Xml => {
                let size = reply.size_hint(&opened.message);
                key.encrypt_with(&self.app_id, random, size, |buf| {
                    reply.write(buf, &opened.message, now_s)
                })
            }
            Format::Json => {
                let json = reply.to_json(&opened.message, now_s);
                key.encrypt(json.as_bytes(), &self.app_id, random)
            }
        };
        envelope::write_reply_as(opened.format, &self.token, &encrypt, now_s, nonce)
    }
}

fn stamp<'q>(query: &'q CallbackQuery<'_>) -> Result<(&'q str, &'q str), Forbidden> {
    match (query.timestamp.as_deref(), query.nonce.as_deref()) {
        (Some(timestamp), Some(nonce)) => Ok((timestamp, nonce)),
        _ => Err(Forbidden::SignatureMissing),
    }
}

#[cfg(test)]
mod tests;
