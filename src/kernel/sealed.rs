//! Personal data at rest: AES-256-GCM with the key's id beside it, and a keyed hash to find it again.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// What can be wrong with a sealed value. Never carries the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not of the form `v1.<key id>.<data>`.
    #[error("a sealed value is malformed")]
    Malformed,
    /// Sealed with a key that is not configured (any more).
    #[error("a sealed value names a key that is not configured")]
    UnknownKey,
    /// The tag does not hold: altered, or moved from another place.
    #[error("a sealed value does not open: altered or moved")]
    Altered,
}

/// Random bytes for one sealing; never used twice with one key.
pub type Nonce = [u8; 12];

struct Key {
    id: String,
    cipher: Aes256Gcm,
}

/// Seals and opens; cheap to clone. The first key seals, all of them open, so that a key can be changed.
#[derive(Clone)]
pub struct Sealer(Arc<Inner>);

struct Inner {
    keys: Vec<Key>,
    index_key: [u8; 32],
}

impl Sealer {
    /// `current` seals; `previous` (newest first) only open. The blind index follows the oldest key, so it
    /// stays the same when a key is added.
    pub fn new(current: [u8; 32], previous: &[[u8; 32]]) -> Self {
        let keys = std::iter::once(&current).chain(previous).map(key).collect();
        let oldest = previous.last().unwrap_or(&current);
        Sealer(Arc::new(Inner {
            keys,
            index_key: derive(oldest, b"yuanmeng blind index v1"),
        }))
    }

    /// Seals `plain` for one `place` (such as `worker.phone`): it does not open anywhere else.
    pub fn seal(&self, place: &str, plain: &[u8], nonce: Nonce) -> String {
        let key = &self.0.keys[0];
        format!(
            "v1.{}.{}",
            key.id,
            URL_SAFE_NO_PAD.encode(self.seal_bytes(place, plain, nonce))
        )
    }

    /// Opens what [`Sealer::seal`] made for the same place.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Vec<u8>, SealError> {
        let mut parts = sealed.splitn(3, '.');
        let (Some("v1"), Some(id), Some(data)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(SealError::Malformed);
        };
        let key = self
            .0
            .keys
            .iter()
            .find(|k| k.id == id)
            .ok_or(SealError::UnknownKey)?;
        let data = URL_SAFE_NO_PAD.decode(data).map_err(|_| SealError::Malformed)?;
        open_with(key, place, &data)
    }

    /// Opens a sealed text.
    pub fn open_text(&self, place: &str, sealed: &str) -> Result<String, SealError> {
        String::from_utf8(self.open(place, sealed)?).map_err(|_| SealError::Malformed)
    }

    /// Files: nonce, ciphertext and tag as bytes with the current key; [`Sealer::open_file`] tries each key.
    pub fn seal_bytes(&self, place: &str, plain: &[u8], nonce: Nonce) -> Vec<u8> {
        let payload = Payload {
            msg: plain,
            aad: place.as_bytes(),
        };
        let sealed = self.0.keys[0].cipher.encrypt(&nonce.into(), payload);
        // AES-GCM refuses only messages over 64 GiB; a request body is limited to a few MiB long before.
        let sealed = sealed.unwrap_or_else(|_| unreachable!("message over 64 GiB"));
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens what [`Sealer::seal_bytes`] made.
    pub fn open_file(&self, place: &str, data: &[u8]) -> Result<Vec<u8>, SealError> {
        self.0
            .keys
            .iter()
            .find_map(|key| open_with(key, place, data).ok())
            .ok_or(SealError::Altered)
    }

    /// A keyed hash of a normalised value, to find equal ones without opening any (hex, 64 characters).
    pub fn index(&self, place: &str, plain: &str) -> String {
        let mut mac = hmac(&self.0.index_key);
        mac.update(place.as_bytes());
        mac.update(&[0]);
        mac.update(plain.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }
}

fn open_with(key: &Key, place: &str, data: &[u8]) -> Result<Vec<u8>, SealError> {
    let (nonce, sealed) = data.split_first_chunk::<12>().ok_or(SealError::Malformed)?;
    let payload = Payload {
        msg: sealed,
        aad: place.as_bytes(),
    };
    key.cipher
        .decrypt(&(*nonce).into(), payload)
        .map_err(|_| SealError::Altered)
}

fn key(secret: &[u8; 32]) -> Key {
    let cipher = Aes256Gcm::new(&derive(secret, b"yuanmeng sealing v1").into());
    Key {
        id: hex::encode(&Sha256::digest(secret)[..4]),
        cipher,
    }
}

fn derive(secret: &[u8; 32], purpose: &[u8]) -> [u8; 32] {
    let mut mac = hmac(secret);
    mac.update(purpose);
    mac.finalize().into_bytes().into()
}

fn hmac(key: &[u8]) -> Hmac<Sha256> {
    <Hmac<Sha256> as KeyInit>::new_from_slice(key)
        .unwrap_or_else(|_| unreachable!("HMAC takes any key length"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_sealed_opens_and_nothing_else_does(plain: Vec<u8>, nonce: Nonce, flip in 0usize..1000) {
            let sealer = Sealer::new([7; 32], &[]);
            let sealed = sealer.seal_bytes("worker.phone", &plain, nonce);
            prop_assert_eq!(sealer.open_file("worker.phone", &sealed), Ok(plain));
            prop_assert_eq!(sealer.open_file("worker.name", &sealed), Err(SealError::Altered));
            let mut altered = sealed.clone();
            let at = flip % altered.len();
            altered[at] ^= 1;
            prop_assert!(sealer.open_file("worker.phone", &altered).is_err());
        }
    }

    #[test]
    fn a_key_can_be_changed_without_losing_anything() {
        let old = Sealer::new([1; 32], &[]);
        let sealed = old.seal("p", b"13800138001", [0; 12]);
        let new = Sealer::new([2; 32], &[[1; 32]]);
        assert_eq!(new.open_text("p", &sealed).as_deref(), Ok("13800138001"));
        assert_ne!(
            new.seal("p", b"13800138001", [0; 12])[..12],
            sealed[..12],
            "the key id differs"
        );
        assert_eq!(new.index("p", "x"), old.index("p", "x"), "the index stays");
        assert_eq!(
            Sealer::new([2; 32], &[]).open("p", &sealed),
            Err(SealError::UnknownKey)
        );
        assert_eq!(new.open("p", "v1.x"), Err(SealError::Malformed));
    }
}
