//! The WeChat Official Account protocol, and nothing of ours: usable alone, imports nothing of this crate.
//!
//! Time and randomness are passed in; secrets are never printed; no web framework is needed. `docs/wechat.md` shows
//! the use in twenty lines.

pub mod callback;
pub mod client;
pub mod custom;
pub mod envelope;
pub mod error;
pub mod hook;
mod http;
pub mod json;
pub mod jssdk;
pub mod media;
pub mod menu;
pub mod message;
pub mod mini;
pub mod oauth;
pub mod pay;
pub mod qrcode;
pub mod reply;
pub mod signature;
pub mod subscribe;
pub mod tag;
pub mod template;
pub mod token;
pub mod user;
pub mod xml;

pub use callback::{Callback, CallbackConfig, CallbackQuery, Forbidden, Malformed, Mode, Opened, Refused};
pub use client::{Client, ClientConfig};
pub use envelope::AesKey;
pub use error::{ApiError, CallError, ErrorClass};
pub use hook::{CallHook, NoHook};
pub use json::Format;
pub use message::{Inbound, Kind};
pub use reply::{Article, Music, Reply};
pub use token::{Clock, MemoryTokenStore, StoreError, StoredToken, TokenStore};

/// The examples of the handbook are compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/wechat.md")]
mod handbook {}

#[cfg(test)]
pub(crate) mod testing {
    /// The published vectors in `tests/data/wechat-vectors.json`.
    pub fn vectors() -> serde_json::Value {
        serde_json::from_str(include_str!("../../tests/data/wechat-vectors.json")).unwrap()
    }
}
