//! WeChat Pay's notifications: the raw body to `payment`, which verifies it. No session, no CSRF token: the signature is what
//! counts.
//!
//! 204 when it is taken; 4xx or 5xx with `{"code":"FAIL","message"}` makes WeChat Pay come again (15 s, 15 s, 30 s, 3 min …).

use crate::app::App;
use crate::payment::{self, Answer};
use crate::wechat::pay::notification::failure;
use poem::http::StatusCode;
use poem::web::Data;
use poem::{Body, Request, Response, handler};
use std::time::Duration;

/// WeChat Pay's bodies have a few kilobytes.
const BODY_MAX: usize = 64 * 1024;
/// WeChat Pay waits five seconds.
const IN_TIME: Duration = Duration::from_millis(4500);

/// `POST /wechat/pay/notify`.
#[handler]
pub async fn notify(app: Data<&App>, request: &Request, body: Body) -> Response {
    let Ok(body) = body.into_bytes_limit(BODY_MAX).await else {
        return refuse(413, "内容过长");
    };
    let taken = payment::notified(&app, |name| request.header(name), &body);
    match tokio::time::timeout(IN_TIME, taken).await {
        Ok(Ok(Answer::Handled)) => Response::builder().status(StatusCode::NO_CONTENT).finish(),
        Ok(Ok(Answer::Refused(status, message))) => refuse(status, &message),
        Ok(Err(error)) => {
            tracing::error!(%error, "a payment notification could not be kept");
            refuse(500, "系统繁忙")
        }
        Err(_) => {
            tracing::warn!("a payment notification takes too long; WeChat Pay sends it again");
            refuse(500, "系统繁忙")
        }
    }
}

fn refuse(status: u16, message: &str) -> Response {
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .content_type("application/json; charset=utf-8")
        .body(failure(message))
}
