//! The encrypted envelope: AES-256-CBC around `random16 + length + message + appid`, padded to 32 bytes.
//!
//! Source: WeChat, 消息加解密说明. Traps (facts rows 5, 6): the padding block is 32, not AES's 16; the last base64
//! digit of a genuine EncodingAESKey may carry bits a strict decoder rejects.

use aes::cipher::{Array, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit};
use aes::{Aes256Dec, Aes256Enc};
use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::{Zeroize, Zeroizing};

use super::callback::Malformed;
use super::json::Format;
use super::signature::Signature;
use super::xml::{self, Fields};

/// Sixteen bytes from a cryptographic random source, fresh for every envelope.
pub type Random16 = [u8; 16];

const PAD_BLOCK: usize = 32;
const AES_BLOCK: usize = 16;
/// random16 + big-endian length, before the message.
const HEADER: usize = 20;

/// EncodingAESKey: 43 characters standing for 32 bytes and two bits too many.
const KEY_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Why a configured EncodingAESKey is no key. Never contains the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It has another number of characters than 43.
    #[error("EncodingAESKey must have 43 characters, this one has {0}")]
    Length(usize),
    /// It has a character outside A-Z a-z 0-9 + /.
    #[error("EncodingAESKey may only contain A-Z, a-z, 0-9, + and /")]
    Alphabet,
}

/// Why an `Encrypt` text could not be opened with one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not standard base64.
    #[error("Encrypt is not base64")]
    Base64,
    /// No whole number of cipher blocks, or the inner length does not fit: usually the wrong key.
    #[error("length does not fit")]
    Length,
    /// The last bytes are no PKCS#7 padding of 1 to 32: usually the wrong key.
    #[error("padding is wrong")]
    Padding,
    /// The message is for another official account.
    #[error("appid differs")]
    AppId,
    /// The message is not UTF-8.
    #[error("message is not UTF-8")]
    Utf8,
}

/// One EncodingAESKey, expanded once. The secret is wiped on drop and never printed.
#[derive(Clone)]
pub struct AesKey {
    enc: Aes256Enc,
    dec: Aes256Dec,
    iv: [u8; AES_BLOCK],
}

impl AesKey {
    /// Reads the 43 characters shown in WeChat's console (and allows trailing bits, facts row 6).
    pub fn parse(encoding_aes_key: &str) -> Result<Self, KeyError> {
        let chars = encoding_aes_key.chars().count();
        if chars != 43 {
            return Err(KeyError::Length(chars));
        }
        let key = Zeroizing::new(
            KEY_BASE64
                .decode(encoding_aes_key)
                .map_err(|_| KeyError::Alphabet)?,
        );
        let key: &[u8; 32] = key.as_slice().try_into().map_err(|_| KeyError::Alphabet)?;
        // The IV is the key's first half: WeChat's choice, the random16 before each message makes up for it.
        let mut iv = [0; AES_BLOCK];
        iv.copy_from_slice(&key[..AES_BLOCK]);
        Ok(AesKey {
            enc: Aes256Enc::new(key.into()),
            dec: Aes256Dec::new(key.into()),
            iv,
        })
    }

    /// Opens the text of an `Encrypt` element and checks that it is for `app_id`. Gives the message.
    ///
    /// Verify `msg_signature` before: CBC alone does not notice a changed message.
    pub fn decrypt(&self, encrypt: &str, app_id: &str) -> Result<String, OpenError> {
        let mut buf = STANDARD.decode(encrypt).map_err(|_| OpenError::Base64)?;
        self.decrypt_blocks(&mut buf)?;
        let pad = padding(&buf)?;
        let content = buf.len() - pad;
        let length = buf
            .get(HEADER - 4..HEADER)
            .and_then(|b| b.try_into().ok())
            .map(u32::from_be_bytes);
        let end = length
            .and_then(|l| usize::try_from(l).ok())
            .and_then(|l| l.checked_add(HEADER))
            .filter(|end| *end <= content)
            .ok_or(OpenError::Length)?;
        if &buf[end..content] != app_id.as_bytes() {
            return Err(OpenError::AppId);
        }
        buf.truncate(end);
        buf.drain(..HEADER);
        String::from_utf8(buf).map_err(|_| OpenError::Utf8)
    }

    fn decrypt_blocks(&self, buf: &mut [u8]) -> Result<(), OpenError> {
        let (blocks, rest) = Array::slice_as_chunks_mut(buf);
        if blocks.is_empty() || !rest.is_empty() {
            return Err(OpenError::Length);
        }
        cbc::Decryptor::inner_iv_init(&self.dec, (&self.iv).into()).decrypt_blocks(blocks);
        Ok(())
    }

    /// Seals `message` for `app_id`; gives the base64 text of an `Encrypt` element.
    pub fn encrypt(&self, message: &[u8], app_id: &str, random: &Random16) -> String {
        self.encrypt_with(app_id, random, message.len(), |buf| {
            buf.extend_from_slice(message)
        })
    }

    /// [`AesKey::encrypt`] for a message that is written straight into the buffer being encrypted.
    /// `size_hint` is its expected length in bytes.
    pub(super) fn encrypt_with(
        &self,
        app_id: &str,
        random: &Random16,
        size_hint: usize,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> String {
        let mut buf = Vec::with_capacity(HEADER + size_hint + app_id.len() + PAD_BLOCK);
        buf.extend_from_slice(random);
        buf.extend_from_slice(&[0; 4]);
        write(&mut buf);
        // A reply is far below 4 GB.
        let length = u32::try_from(buf.len() - HEADER).unwrap_or(u32::MAX);
        buf[HEADER - 4..HEADER].copy_from_slice(&length.to_be_bytes());
        buf.extend_from_slice(app_id.as_bytes());
        let pad = PAD_BLOCK - buf.len() % PAD_BLOCK;
        buf.resize(buf.len() + pad, pad as u8);
        let (blocks, _) = Array::slice_as_chunks_mut(&mut buf);
        cbc::Encryptor::inner_iv_init(&self.enc, (&self.iv).into()).encrypt_blocks(blocks);
        STANDARD.encode(&buf)
    }
}

impl Drop for AesKey {
    fn drop(&mut self) {
        // The expanded keys wipe themselves (feature `zeroize` of aes).
        self.iv.zeroize();
    }
}

impl std::fmt::Debug for AesKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AesKey(…)")
    }
}

/// Length of the PKCS#7 padding, every byte of which is looked at (facts row 5).
fn padding(buf: &[u8]) -> Result<usize, OpenError> {
    let pad = usize::from(*buf.last().ok_or(OpenError::Padding)?);
    if !(1..=PAD_BLOCK).contains(&pad) || pad > buf.len() {
        return Err(OpenError::Padding);
    }
    let all_same = buf[buf.len() - pad..].iter().all(|b| usize::from(*b) == pad);
    if all_same {
        Ok(pad)
    } else {
        Err(OpenError::Padding)
    }
}

/// The text of the `Encrypt` element of a callback's body, `None` if there is none.
/// Everything else in the body is unsigned and must not be used.
pub(super) fn encrypt_of<'a>(fields: &'a Fields<'_>) -> Result<Option<&'a str>, Malformed> {
    Ok(fields.get("Encrypt")?.map(|v| v.trim()).filter(|v| !v.is_empty()))
}

/// A signed envelope as it stands in a reply: `Encrypt`, `MsgSignature`, `TimeStamp`, `Nonce`.
///
/// [`ReplyEnvelope::parse`] is for the other side (a simulator, a test).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyEnvelope {
    /// Base64 of the encrypted reply.
    pub encrypt: String,
    /// What the sender claims [`Signature::message`] to be.
    pub msg_signature: String,
    /// Unix time in seconds, as text since the signature is over the text.
    pub timestamp: String,
    /// Random text of the sender.
    pub nonce: String,
}

impl ReplyEnvelope {
    /// Reads a reply's body. Errors: [`Malformed`] when it is no such envelope.
    pub fn parse(body: &str) -> Result<Self, Malformed> {
        let fields = Fields::parse_body(body)?;
        let get = |name| fields.require(name).map(str::to_owned);
        Ok(ReplyEnvelope {
            encrypt: get("Encrypt")?,
            msg_signature: get("MsgSignature")?,
            timestamp: get("TimeStamp")?,
            nonce: get("Nonce")?,
        })
    }

    /// Whether the claimed signature is right for `token`.
    #[must_use]
    pub fn verify(&self, token: &str) -> bool {
        Signature::message(token, &self.timestamp, &self.nonce, &self.encrypt).matches(&self.msg_signature)
    }
}

/// Writes the reply envelope around an already encrypted text; `now_s` is Unix time in seconds (not milliseconds,
/// which one SDK sends).
pub fn write_reply(token: &str, encrypt: &str, now_s: i64, nonce: &str) -> String {
    write_reply_as(Format::Xml, token, encrypt, now_s, nonce)
}

/// [`write_reply`] in the format of the message it answers.
pub fn write_reply_as(format: Format, token: &str, encrypt: &str, now_s: i64, nonce: &str) -> String {
    let nonce = xml::strip_illegal(nonce);
    let mut timestamp = Vec::with_capacity(20);
    xml::push_decimal(&mut timestamp, now_s);
    let timestamp = std::str::from_utf8(&timestamp).unwrap_or_default();
    let signature = Signature::message(token, timestamp, &nonce, encrypt);
    if format == Format::Json {
        let envelope = serde_json::json!({
            "Encrypt": encrypt, "MsgSignature": signature.as_str(), "TimeStamp": now_s, "Nonce": nonce,
        });
        return envelope.to_string();
    }
    let mut out = Vec::with_capacity(encrypt.len() + nonce.len() + 230);
    out.extend_from_slice(b"<xml>");
    xml::push_plain(&mut out, "Encrypt", encrypt);
    xml::push_plain(&mut out, "MsgSignature", signature.as_str());
    xml::push_number(&mut out, "TimeStamp", now_s);
    xml::push_cdata(&mut out, "Nonce", &nonce);
    out.extend_from_slice(b"</xml>");
    xml::into_text(out)
}

/// Writes the body WeChat pushes in secure mode: `ToUserName` and `Encrypt`. For the other side.
pub fn write_push(to_user_name: &str, encrypt: &str) -> String {
    let mut out = Vec::with_capacity(encrypt.len() + to_user_name.len() + 100);
    out.extend_from_slice(b"<xml>");
    xml::push_cdata(&mut out, "ToUserName", to_user_name);
    xml::push_plain(&mut out, "Encrypt", encrypt);
    out.extend_from_slice(b"</xml>");
    xml::into_text(out)
}

#[cfg(test)]
mod tests;
