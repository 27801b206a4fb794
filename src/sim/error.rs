//! The two shapes of a refusal: WeChat's `errcode`, and the control API's.

use poem::error::ResponseError;
use poem::http::StatusCode;
use poem::{IntoResponse, Response, web::Json};
use serde_json::json;

/// WeChat's way to refuse: HTTP 200 with `errcode` and `errmsg`.
#[derive(Debug, thiserror::Error)]
#[error("{errcode} {errmsg}")]
pub(super) struct WxError {
    pub errcode: i64,
    pub errmsg: String,
}

impl WxError {
    pub fn new(errcode: i64, errmsg: impl Into<String>) -> WxError {
        WxError {
            errcode,
            errmsg: errmsg.into(),
        }
    }
}

impl ResponseError for WxError {
    fn status(&self) -> StatusCode {
        StatusCode::OK
    }

    fn as_response(&self) -> Response {
        // WeChat ends every message with a request id; clients must not compare the text.
        let (a, b, c): (u32, u32, u32) = rand::random();
        let errmsg = format!("{} rid: {a:08x}-{b:08x}-{c:08x}", self.errmsg);
        Json(json!({ "errcode": self.errcode, "errmsg": errmsg })).into_response()
    }
}

/// A refusal of the control API.
#[derive(Debug, thiserror::Error)]
#[error("{error}: {message}")]
pub(super) struct ControlError {
    status: StatusCode,
    error: &'static str,
    message: String,
}

impl ControlError {
    pub fn bad(error: &'static str, message: impl Into<String>) -> ControlError {
        ControlError {
            status: StatusCode::BAD_REQUEST,
            error,
            message: message.into(),
        }
    }

    pub fn unknown_user(user: &str) -> ControlError {
        ControlError {
            status: StatusCode::NOT_FOUND,
            error: "unknown_user",
            message: format!("没有这个用户：{user}"),
        }
    }

    pub fn conflict(error: &'static str, message: impl Into<String>) -> ControlError {
        ControlError {
            status: StatusCode::CONFLICT,
            error,
            message: message.into(),
        }
    }
}

impl ResponseError for ControlError {
    fn status(&self) -> StatusCode {
        self.status
    }

    fn as_response(&self) -> Response {
        Json(json!({ "error": self.error, "message": self.message }))
            .with_status(self.status)
            .into_response()
    }
}
