//! The keys of both sides: the merchant signs with its own, WeChat Pay's are chosen by serial.
//!
//! New merchants have a platform public key (微信支付公钥, id `PUB_KEY_ID_…`), older ones platform certificates, and while
//! one is exchanged for the other both are in use (facts row 12).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::PublicKey;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::parse_x509_certificate;
use zeroize::Zeroizing;

/// Ids of platform public keys begin so; what does not is a certificate's serial.
pub const PUBLIC_KEY_PREFIX: &str = "PUB_KEY_ID_";

/// What is wrong with a key; never the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No block of the expected kind between BEGIN and END.
    #[error("没有找到 PEM 格式的密钥或证书")]
    NoPem,
    /// Not an RSA key of at least 2048 bits.
    #[error("不是 2048 位以上的 RSA 密钥")]
    NotRsa,
    /// Not a certificate.
    #[error("不是 X.509 证书")]
    NotCertificate,
    /// The id of a platform public key does not begin with `PUB_KEY_ID_`.
    #[error("微信支付公钥 ID 须以 PUB_KEY_ID_ 开头")]
    NotPublicKeyId,
    /// The key cannot sign.
    #[error("无法签名")]
    Unusable,
}

/// The blocks of a PEM text: what stands after BEGIN, and the bytes.
fn pem(text: &str) -> Vec<(String, Zeroizing<Vec<u8>>)> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let Some((label, after)) = after.split_once("-----") else {
            break;
        };
        let Some((body, after)) = after.split_once("-----END ") else {
            break;
        };
        rest = after;
        let body: Zeroizing<String> = Zeroizing::new(body.split_whitespace().collect());
        if let Ok(bytes) = STANDARD.decode(body.as_bytes()) {
            blocks.push((label.to_owned(), Zeroizing::new(bytes)));
        }
    }
    blocks
}

/// The merchant's private key (apiclient_key.pem).
#[derive(Clone)]
pub struct MerchantKey(Arc<RsaKeyPair>);

impl MerchantKey {
    /// PKCS#8 (`PRIVATE KEY`, as WeChat's tool makes it) or PKCS#1 (`RSA PRIVATE KEY`).
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let blocks = pem(text);
        let key = blocks.iter().find_map(|(label, bytes)| match label.as_str() {
            "PRIVATE KEY" => Some(RsaKeyPair::from_pkcs8(bytes)),
            "RSA PRIVATE KEY" => Some(RsaKeyPair::from_der(bytes)),
            _ => None,
        });
        let key = key.ok_or(KeyError::NoPem)?.map_err(|_| KeyError::NotRsa)?;
        Ok(MerchantKey(Arc::new(key)))
    }

    /// SHA256 with RSA (PKCS#1 v1.5) of a message, in base64.
    pub fn sign(&self, message: &[u8]) -> Result<String, KeyError> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        let signed = self
            .0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
        signed.map_err(|_| KeyError::Unusable)?;
        Ok(STANDARD.encode(signature))
    }
}

impl fmt::Debug for MerchantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MerchantKey(…)")
    }
}

/// One of WeChat Pay's public keys (for a stand-in: the merchant's).
#[derive(Clone, PartialEq, Eq)]
pub struct PlatformKey(Vec<u8>);

impl PlatformKey {
    /// A public key in PEM (`PUBLIC KEY`).
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let blocks = pem(text);
        let (_, bytes) = blocks
            .iter()
            .find(|(label, _)| label.ends_with("PUBLIC KEY"))
            .ok_or(KeyError::NoPem)?;
        Self::from_der(bytes)
    }

    /// A SubjectPublicKeyInfo (RFC 5280) or an RSAPublicKey (RFC 8017).
    pub fn from_der(bytes: &[u8]) -> Result<Self, KeyError> {
        PublicKey::from_der(bytes).map_err(|_| KeyError::NotRsa)?;
        Ok(PlatformKey(bytes.to_vec()))
    }

    /// Whether `signature` (base64) is this key's over `message`.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else {
            return false;
        };
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0)
            .verify(message, &signature)
            .is_ok()
    }
}

impl fmt::Debug for PlatformKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlatformKey(…)")
    }
}

/// A platform certificate: its serial as WeChat writes it, its key, from when to when it holds.
#[derive(Debug, Clone)]
pub struct PlatformCertificate {
    /// Upper-case hex without leading zero bytes.
    pub serial: String,
    /// The key in it.
    pub key: PlatformKey,
    /// Unix seconds.
    pub from_s: i64,
    /// Unix seconds.
    pub until_s: i64,
}

/// Every certificate of a PEM text.
pub fn certificates(text: &str) -> Result<Vec<PlatformCertificate>, KeyError> {
    let blocks = pem(text);
    let found: Vec<_> = blocks
        .iter()
        .filter(|(label, _)| label == "CERTIFICATE")
        .collect();
    if found.is_empty() {
        return Err(KeyError::NoPem);
    }
    found.into_iter().map(|(_, bytes)| certificate(bytes)).collect()
}

fn certificate(der: &[u8]) -> Result<PlatformCertificate, KeyError> {
    let (_, parsed) = parse_x509_certificate(der).map_err(|_| KeyError::NotCertificate)?;
    let serial: Vec<u8> = parsed
        .raw_serial()
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect();
    Ok(PlatformCertificate {
        serial: hex::encode_upper(serial),
        key: PlatformKey::from_der(parsed.public_key().raw)?,
        from_s: parsed.validity().not_before.timestamp(),
        until_s: parsed.validity().not_after.timestamp(),
    })
}

/// WeChat Pay's keys by the serial that answers and notifications name. Clones share them, so that certificates which
/// are fetched later serve all.
#[derive(Clone, Default)]
pub struct PlatformKeys(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    keys: BTreeMap<String, PlatformKey>,
    /// What requests ask to be answered with.
    preferred: Option<String>,
    /// End of the preferred certificate, to prefer a newer one; the greatest for a public key.
    until_s: i64,
}

impl PlatformKeys {
    /// None yet: certificates are to be fetched.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the platform public key `id`; requests then ask for it.
    pub fn add_public_key(&self, id: &str, key: PlatformKey) -> Result<(), KeyError> {
        if !id.starts_with(PUBLIC_KEY_PREFIX) {
            return Err(KeyError::NotPublicKeyId);
        }
        self.write(|known| {
            known.keys.insert(id.to_owned(), key);
            (known.preferred, known.until_s) = (Some(id.to_owned()), i64::MAX);
        });
        Ok(())
    }

    /// Adds a certificate; without a public key requests ask for the one that holds longest.
    pub fn add_certificate(&self, certificate: PlatformCertificate) {
        self.write(|known| {
            if certificate.until_s > known.until_s {
                (known.preferred, known.until_s) = (Some(certificate.serial.clone()), certificate.until_s);
            }
            known.keys.insert(certificate.serial, certificate.key);
        });
    }

    fn write(&self, change: impl FnOnce(&mut Known)) {
        // Each change is whole or did not happen: a panic elsewhere leaves nothing half-done.
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn read<T>(&self, look: impl FnOnce(&Known) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The key of a serial.
    pub fn get(&self, serial: &str) -> Option<PlatformKey> {
        self.read(|known| known.keys.get(serial).cloned())
    }

    /// What requests ask to be answered with (`Wechatpay-Serial`).
    pub fn preferred(&self) -> Option<String> {
        self.read(|known| known.preferred.clone())
    }

    /// Whether WeChat's public key is known: certificates are then not asked for, some merchants have none.
    pub fn is_key_mode(&self) -> bool {
        self.preferred()
            .is_some_and(|serial| serial.starts_with(PUBLIC_KEY_PREFIX))
    }

    /// Whether nothing could be verified.
    pub fn is_empty(&self) -> bool {
        self.read(|known| known.keys.is_empty())
    }
}

impl fmt::Debug for PlatformKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let serials: Vec<String> = self.read(|known| known.keys.keys().cloned().collect());
        f.debug_tuple("PlatformKeys").field(&serials).finish()
    }
}
