//! WeChat's callback signatures: lower-case hex SHA-1 over the sorted parts, joined without a separator.
//!
//! Source: WeChat, 消息推送 / 消息加解密说明 (developers.weixin.qq.com/doc/oplatform/developers/dev/push/encryption).

use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A computed signature: 40 lower-case hex digits, kept on the stack.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 40]);

impl Signature {
    /// `signature` of the query: over token, timestamp and nonce. It does not cover the body.
    pub fn plain(token: &str, timestamp: &str, nonce: &str) -> Self {
        Self::over([token, timestamp, nonce])
    }

    /// `msg_signature` of the query and `MsgSignature` of a reply: over the encrypted text as well.
    pub fn message(token: &str, timestamp: &str, nonce: &str, encrypt: &str) -> Self {
        Self::over([token, timestamp, nonce, encrypt])
    }

    fn over<const N: usize>(mut parts: [&str; N]) -> Self {
        // Byte order, as every WeChat sample sorts; `str` compares by bytes.
        parts.sort_unstable();
        let mut sha = Sha1::new();
        for part in parts {
            sha.update(part.as_bytes());
        }
        Self::from_digest(&sha.finalize())
    }

    fn from_digest(digest: &[u8]) -> Self {
        let mut hex = [b'0'; 40];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(digest) {
            pair[0] = HEX[usize::from(byte >> 4)];
            pair[1] = HEX[usize::from(byte & 15)];
        }
        Signature(hex)
    }

    /// Whether `claimed` is this signature; takes the same time wherever the first difference is.
    #[must_use]
    pub fn matches(&self, claimed: &str) -> bool {
        // Slices of different length compare unequal at once; the length of a signature is no secret.
        self.0.as_slice().ct_eq(claimed.as_bytes()).into()
    }

    /// The 40 hex digits.
    pub fn as_str(&self) -> &str {
        // Only bytes of HEX are ever stored, so this cannot fail.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What was computed is what an attacker wants to know, so it is not printed.
impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signature(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::testing::vectors;

    /// facts: Signature of plain mode and of GET: sorted token, timestamp, nonce.
    #[test]
    fn official_plain_signature() {
        let v = &vectors()["plain_signature"][0];
        let computed = Signature::plain(
            v["token"].as_str().unwrap(),
            v["timestamp"].as_str().unwrap(),
            v["nonce"].as_str().unwrap(),
        );
        assert_eq!(computed.as_str(), v["signature"].as_str().unwrap());
        assert!(computed.matches(v["signature"].as_str().unwrap()));
    }

    /// facts: Signature, msg_signature adds Encrypt.
    #[test]
    fn official_message_signature() {
        let v = &vectors()["encrypted_inbound"][0];
        let s = |k: &str| v[k].as_str().unwrap();
        assert!(
            Signature::message(s("token"), s("timestamp"), s("nonce"), s("encrypt"))
                .matches(s("msg_signature"))
        );
    }

    /// facts: Signature: nothing but the whole of it matches, in lower case.
    #[test]
    fn anything_else_does_not_match() {
        let good = Signature::plain("t", "1", "2");
        let text = good.as_str().to_owned();
        for at in 0..40 {
            let mut bad = text.clone().into_bytes();
            bad[at] ^= 1;
            assert!(!good.matches(&String::from_utf8(bad).unwrap()));
        }
        assert!(!good.matches(""));
        assert!(!good.matches(&text[..39]));
        assert!(!good.matches(&format!("{text}0")));
        assert!(!good.matches(&text.to_uppercase()));
        assert!(!format!("{good:?}").contains(&text));
    }
}
