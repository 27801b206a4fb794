//! AEAD_AES_256_GCM with the APIv3 key: how notifications and certificates carry what they carry.

use std::fmt;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The only algorithm there is.
pub const ALGORITHM: &str = "AEAD_AES_256_GCM";
const NONCE: usize = 12;

/// The APIv3 key: 32 bytes, set in the merchant's console.
#[derive(Clone)]
pub struct ApiV3Key(Zeroizing<[u8; 32]>);

/// What is wrong with a key or a resource; never its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CryptError {
    /// The key does not have 32 bytes.
    #[error("APIv3 密钥须为 32 个字符")]
    KeyLength,
    /// Another algorithm, another nonce's length, no base64.
    #[error("密文格式不正确")]
    Malformed,
    /// The tag does not hold: altered, or of another key.
    #[error("密文无法解开")]
    Altered,
}

/// Something encrypted, as it stands in JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Resource {
    /// [`ALGORITHM`].
    pub algorithm: String,
    /// Base64 of the encrypted bytes with the tag at the end.
    pub ciphertext: String,
    /// Authenticated beside it; may be missing or empty.
    #[serde(default)]
    pub associated_data: Option<String>,
    /// 12 bytes.
    pub nonce: String,
}

impl ApiV3Key {
    /// The 32 characters of the console.
    pub fn parse(text: &str) -> Result<Self, CryptError> {
        let bytes: [u8; 32] = text.as_bytes().try_into().map_err(|_| CryptError::KeyLength)?;
        Ok(ApiV3Key(Zeroizing::new(bytes)))
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&(*self.0).into())
    }

    /// Opens a resource.
    pub fn open(&self, resource: &Resource) -> Result<Zeroizing<Vec<u8>>, CryptError> {
        if resource.algorithm != ALGORITHM {
            return Err(CryptError::Malformed);
        }
        let nonce: [u8; NONCE] = resource
            .nonce
            .as_bytes()
            .try_into()
            .map_err(|_| CryptError::Malformed)?;
        let sealed = STANDARD
            .decode(&resource.ciphertext)
            .map_err(|_| CryptError::Malformed)?;
        let aad = resource.associated_data.as_deref().unwrap_or_default().as_bytes();
        let opened = self
            .cipher()
            .decrypt(&nonce.into(), Payload { msg: &sealed, aad });
        opened.map(Zeroizing::new).map_err(|_| CryptError::Altered)
    }

    /// Makes a resource, as WeChat does: for stand-ins and tests. `nonce` is 12 bytes of text, never used twice.
    pub fn seal(&self, plain: &[u8], associated_data: &str, nonce: &str) -> Result<Resource, CryptError> {
        let bytes: [u8; NONCE] = nonce.as_bytes().try_into().map_err(|_| CryptError::Malformed)?;
        let payload = Payload {
            msg: plain,
            aad: associated_data.as_bytes(),
        };
        let sealed = self
            .cipher()
            .encrypt(&bytes.into(), payload)
            .map_err(|_| CryptError::Malformed)?;
        Ok(Resource {
            algorithm: ALGORITHM.to_owned(),
            ciphertext: STANDARD.encode(sealed),
            associated_data: Some(associated_data.to_owned()),
            nonce: nonce.to_owned(),
        })
    }
}

impl fmt::Debug for ApiV3Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiV3Key(…)")
    }
}
