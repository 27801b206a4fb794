//! WeChat's callback: verified, opened, deduplicated, answered within the five seconds it waits.
//!
//! Kept clear of session and other middleware. A message is handled once: its key is taken in the cache before
//! the handling and holds the answer afterwards, so a repeated delivery gets the same answer again. The mark
//! of an unfinished handling lives shorter than WeChat's first repeat, so one that died is taken up again.

use crate::app::App;
use crate::chat;
use crate::error::Result;
use crate::wechat::{CallbackQuery, Inbound, Opened, Refused, Reply};
use poem::http::{StatusCode, header};
use poem::web::Data;
use poem::{Body, Request, Response, handler};
use std::time::Duration;

/// WeChat's own limit for what it sends is far below; more is refused unread.
const BODY_MAX: usize = 64 * 1024;
/// How long a message is known after it was answered. WeChat repeats within 15 seconds; a late one costs nothing.
const KNOWN: Duration = Duration::from_secs(300);
/// How long an unfinished handling is believed to be going on: shorter than WeChat's five seconds.
const UNDER_WAY: Duration = Duration::from_secs(4);
/// How long an answer may take; the rest of WeChat's five seconds is for keeping the message and the way back.
const IN_TIME: Duration = Duration::from_millis(3500);
const IN_HAND: &str = "";

fn plain(status: StatusCode, text: impl Into<Body>) -> Response {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
        .body(text)
}

fn refuse(app: &App, refused: Refused) -> Response {
    tracing::warn!(%refused, "a callback is refused");
    app.metrics.callbacks.with_label_values(&["refused"]).inc();
    plain(
        StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::FORBIDDEN),
        "",
    )
}

/// `GET /wechat/callback`: the console asks whether this is us.
#[handler]
pub fn verify(Data(app): Data<&App>, req: &Request) -> Response {
    let query = CallbackQuery::parse(req.uri().query().unwrap_or_default());
    match app.callback.verify_url(&query, app.now().seconds()) {
        Ok(echo) => plain(StatusCode::OK, echo.to_owned()),
        Err(refused) => refuse(app, refused),
    }
}

/// `POST /wechat/callback`: a message or an event.
#[handler]
pub async fn receive(Data(app): Data<&App>, req: &Request, body: Body) -> Response {
    let Ok(body) = body.into_bytes_limit(BODY_MAX + 1).await else {
        app.metrics.callbacks.with_label_values(&["refused"]).inc();
        return plain(StatusCode::BAD_REQUEST, "");
    };
    let query = CallbackQuery::parse(req.uri().query().unwrap_or_default());
    match app.callback.open(&query, &body, app.now().seconds()) {
        Ok(opened) => answer(app, &opened).await,
        Err(refused) => refuse(app, refused),
    }
}

async fn answer(app: &App, opened: &Opened) -> Response {
    let key = format!("wechat-message:{}", opened.dedup_key());
    let reply = match once(app, &key, &opened.message).await {
        Ok(reply) => reply,
        // Neither handled nor kept: WeChat sends it again.
        Err(error) => {
            tracing::error!(%error, kind = opened.message.kind.name(), "a message could not be kept");
            app.metrics.callbacks.with_label_values(&["failed"]).inc();
            return plain(StatusCode::INTERNAL_SERVER_ERROR, "");
        }
    };
    let random = app.entropy.bytes();
    let nonce = u64::from_le_bytes(app.entropy.bytes()).to_string();
    let now_s = app.now().seconds();
    plain(
        StatusCode::OK,
        app.callback.answer(opened, &reply, now_s, &nonce, &random),
    )
}

/// Handles a message unless it was handled; a repeated one gets the first one's answer.
async fn once(app: &App, key: &str, message: &Inbound) -> Result<Reply> {
    if !app.cache.set_new(key, IN_HAND, UNDER_WAY).await? {
        app.metrics.callbacks.with_label_values(&["repeated"]).inc();
        let known = app.cache.get(key).await?.filter(|text| text != IN_HAND);
        return Ok(known
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or(Reply::Success));
    }
    let reply = match in_time(app, message).await {
        Ok(reply) => reply,
        Err(error) => {
            app.cache.delete(key).await?;
            return Err(error);
        }
    };
    let text = serde_json::to_string(&reply).map_err(anyhow::Error::from)?;
    app.cache.set(key, &text, KNOWN).await?;
    app.metrics.callbacks.with_label_values(&["handled"]).inc();
    Ok(reply)
}

/// The answer if it is there in time; else the message is kept and answered later, in its own message (facts row 4).
async fn in_time(app: &App, message: &Inbound) -> Result<Reply> {
    match tokio::time::timeout(IN_TIME, chat::handle(app, message)).await {
        Ok(Ok(reply)) => return Ok(reply),
        Ok(Err(error)) => {
            tracing::error!(%error, kind = message.kind.name(), "a message will be handled again");
        }
        Err(_) => tracing::warn!(
            kind = message.kind.name(),
            "a message takes too long and is answered later"
        ),
    }
    chat::defer(app, message).await?;
    app.metrics.callbacks.with_label_values(&["deferred"]).inc();
    Ok(Reply::Success)
}
