//! Both sides' keys: the merchant's, which its configuration gets, and WeChat Pay's own.

use std::sync::OnceLock;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::wechat::pay::{ApiV3Key, MerchantKey, PlatformKey};

use super::certificate;

/// A merchant and WeChat Pay's keys for it.
pub struct SimMerchant {
    /// 商户号.
    pub mch_id: String,
    /// Serial of the merchant's certificate.
    pub serial: String,
    /// The APIv3 key, as the console shows it.
    pub api_v3_key: String,
    private_pem: String,
    merchant: PlatformKey,
    sealer: ApiV3Key,
    platform: Platform,
    /// A certificate of an older kind, with a key of its own; made when it is first needed.
    certificate: OnceLock<Platform>,
}

/// One of WeChat Pay's keys.
pub(super) struct Platform {
    /// `PUB_KEY_ID_…`, or a certificate's serial.
    pub serial: String,
    pub key: MerchantKey,
    /// The public key, or the certificate, in PEM.
    pub pem: String,
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// A key pair: private key in PKCS#8, public key as SubjectPublicKeyInfo.
fn pair() -> (Vec<u8>, Vec<u8>) {
    let made = KeyPair::generate(KeySize::Rsa2048).and_then(|pair| {
        let private = pair.as_der()?.as_ref().to_vec();
        let public = pair.public_key().as_der()?.as_ref().to_vec();
        Ok((private, public))
    });
    // Fails only without memory or randomness: nothing of this process could go on then.
    made.unwrap_or_else(|_| unreachable!("an RSA key can be made"))
}

fn signer(private: &[u8]) -> MerchantKey {
    MerchantKey::from_pem(&pem("PRIVATE KEY", private)).unwrap_or_else(|_| unreachable!("made just now"))
}

impl SimMerchant {
    /// Makes all keys anew. Takes a moment: once a process is enough.
    pub fn generate() -> SimMerchant {
        let (private, public) = pair();
        let (platform, platform_public) = pair();
        let api_v3_key = hex::encode(rand::random::<[u8; 16]>());
        SimMerchant {
            mch_id: "1900000109".to_owned(),
            serial: hex::encode_upper(rand::random::<[u8; 20]>()),
            sealer: ApiV3Key::parse(&api_v3_key).unwrap_or_else(|_| unreachable!("32 characters")),
            api_v3_key,
            private_pem: pem("PRIVATE KEY", &private),
            merchant: PlatformKey::from_der(&public).unwrap_or_else(|_| unreachable!("made just now")),
            platform: Platform {
                serial: format!("PUB_KEY_ID_01{}", hex::encode(rand::random::<[u8; 15]>())),
                key: signer(&platform),
                pem: pem("PUBLIC KEY", &platform_public),
            },
            certificate: OnceLock::new(),
        }
    }

    /// What the merchant's server is configured with.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("WECHAT_PAY_MCH_ID", self.mch_id.clone()),
            ("WECHAT_PAY_API_V3_KEY", self.api_v3_key.clone()),
            ("WECHAT_PAY_PRIVATE_KEY", self.private_pem.replace('\n', "\\n")),
            ("WECHAT_PAY_SERIAL", self.serial.clone()),
            ("WECHAT_PAY_PUBLIC_KEY", self.platform.pem.replace('\n', "\\n")),
            ("WECHAT_PAY_PUBLIC_KEY_ID", self.platform.serial.clone()),
        ]
    }

    /// WeChat Pay's certificate in PEM, for a merchant that is configured with one.
    pub fn certificate_pem(&self) -> String {
        self.certificate().pem.clone()
    }

    pub(super) fn certificate(&self) -> &Platform {
        self.certificate.get_or_init(|| {
            let (private, public) = pair();
            let key = signer(&private);
            let (der, serial) = certificate::self_signed(&key, &public);
            Platform {
                serial,
                key,
                pem: pem("CERTIFICATE", &der),
            }
        })
    }

    /// Whether the merchant signed this.
    pub(super) fn signed(&self, message: &[u8], signature: &str) -> bool {
        self.merchant.verifies(message, signature)
    }

    pub(super) fn sealer(&self) -> &ApiV3Key {
        &self.sealer
    }

    /// WeChat Pay's key of a serial; the public key's for any other.
    pub(super) fn platform(&self, serial: Option<&str>) -> &Platform {
        match self.certificate.get() {
            Some(certificate) if serial == Some(certificate.serial.as_str()) => certificate,
            _ => &self.platform,
        }
    }
}
