//! What WeChat's JSON interfaces have in common: reading the body, the `ok` answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use poem::Body;
use poem::web::Json;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::error::{ControlError, WxError};

/// The largest JSON body taken.
const MAX_BODY: usize = 256 * 1024;

pub(super) type WxResult = Result<Json<Value>, WxError>;
pub(super) type ControlResult = Result<Json<Value>, ControlError>;

pub(super) fn ok() -> Json<Value> {
    Json(json!({ "errcode": 0, "errmsg": "ok" }))
}

/// The raw body of a call to WeChat; empty → 44002.
pub(super) async fn body(body: Body) -> Result<Vec<u8>, WxError> {
    let bytes = body
        .into_bytes_limit(MAX_BODY)
        .await
        .map_err(|_| WxError::new(45002, "content size out of limit"))?;
    if bytes.is_empty() {
        return Err(WxError::new(44002, "empty post data"));
    }
    Ok(bytes.to_vec())
}

/// The body of a call to WeChat, as JSON; anything else → 47001.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WxError> {
    serde_json::from_slice(bytes).map_err(|_| WxError::new(47001, "data format error"))
}

/// The body of a call to the control API; an empty one counts as `{}`.
pub(super) async fn control_body<T: DeserializeOwned>(body: Body) -> Result<T, ControlError> {
    let bytes = body
        .into_bytes_limit(MAX_BODY)
        .await
        .map_err(|e| ControlError::bad("bad_body", e.to_string()))?;
    let bytes = if bytes.is_empty() {
        b"{}".as_slice()
    } else {
        &bytes
    };
    serde_json::from_slice(bytes).map_err(|e| ControlError::bad("bad_json", e.to_string()))
}

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
