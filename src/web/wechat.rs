//! WeChat's callback: verified, opened, deduplicated, answered within the five seconds it waits.
//!
//! Kept clear of routing, session and other middleware (see [`super::routes`]): it counts by itself, and logs what went
//! wrong. A message is handled once: its key is taken in the cache before
//! the handling and holds the answer afterwards, so a repeated delivery gets the same answer again. The mark
//! of an unfinished handling lives shorter than WeChat's first repeat, so one that died is taken up again.

use crate::app::App;
use crate::chat;
use crate::error::Result;
use crate::wechat::callback::Malformed;
use crate::wechat::{CallbackQuery, Inbound, Opened, Refused, Reply};
use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::{Body, Endpoint, Request, Response};
use std::future::{Future as _, poll_fn};
use std::task::Poll;
use std::time::{Duration, Instant};

/// Where WeChat calls back, as the console is told.
pub const PATH: &str = "/wechat/callback";

/// WeChat's own limit for what it sends is far below; more is refused unread.
const BODY_MAX: usize = 64 * 1024;
/// How long a message is known after it was answered. WeChat repeats within 15 seconds; a late one costs nothing.
const KNOWN: Duration = Duration::from_secs(300);
/// How long an unfinished handling is believed to be going on: shorter than WeChat's five seconds.
const UNDER_WAY: Duration = Duration::from_secs(4);
/// How long an answer may take; the rest of WeChat's five seconds is for keeping the message and the way back.
const IN_TIME: Duration = Duration::from_millis(3500);
const IN_HAND: &str = "";

/// What answers at [`PATH`].
pub struct Callback(pub App);

impl Endpoint for Callback {
    type Output = Response;

    async fn call(&self, mut req: Request) -> poem::Result<Response> {
        let (app, started) = (&self.0, Instant::now());
        let body = req.take_body();
        let response = match *req.method() {
            Method::GET => verify(app, &req),
            Method::POST => receive(app, &req, body).await,
            _ => plain(StatusCode::METHOD_NOT_ALLOWED, ""),
        };
        app.metrics
            .callbacks
            .seconds
            .observe(started.elapsed().as_secs_f64());
        Ok(response)
    }
}

fn plain(status: StatusCode, text: impl Into<Body>) -> Response {
    Response::builder()
        .status(status)
        .header(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        )
        .body(text)
}

fn refuse(app: &App, refused: Refused) -> Response {
    tracing::warn!(%refused, "a callback is refused");
    app.metrics.callbacks.refused.inc();
    plain(
        StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::FORBIDDEN),
        "",
    )
}

fn query(req: &Request) -> CallbackQuery<'_> {
    CallbackQuery::parse(req.uri().query().unwrap_or_default())
}

/// `GET /wechat/callback`: the console asks whether this is us.
fn verify(app: &App, req: &Request) -> Response {
    match app.callback.verify_url(&query(req), app.now().seconds()) {
        Ok(echo) => plain(StatusCode::OK, echo.to_owned()),
        Err(refused) => refuse(app, refused),
    }
}

/// `POST /wechat/callback`: a message or an event.
async fn receive(app: &App, req: &Request, body: Body) -> Response {
    let Some(body) = read(req, body).await else {
        return refuse(app, Malformed::TooLarge.into());
    };
    match app.callback.open(&query(req), body.as_ref(), app.now().seconds()) {
        Ok(opened) => answer(app, &opened).await,
        Err(refused) => refuse(app, refused),
    }
}

/// The body; `None` when it is too large or breaks off. A length that is told beforehand saves a copy.
async fn read(req: &Request, body: Body) -> Option<impl AsRef<[u8]>> {
    let told = match req.header(header::TRANSFER_ENCODING) {
        None => req
            .header(header::CONTENT_LENGTH)
            .and_then(|n| n.parse::<usize>().ok()),
        Some(_) => None,
    };
    match told {
        Some(length) if length > BODY_MAX => None,
        Some(_) => body.into_bytes().await.ok(),
        None => body.into_bytes_limit(BODY_MAX).await.ok(),
    }
}

async fn answer(app: &App, opened: &Opened) -> Response {
    let key = format!("wechat-message:{}", opened.dedup_key());
    let reply = match once(app, &key, &opened.message).await {
        Ok(reply) => reply,
        // Neither handled nor kept: WeChat sends it again.
        Err(error) => {
            tracing::error!(%error, kind = opened.message.kind.name(), "a message could not be kept");
            app.metrics.callbacks.failed.inc();
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
        app.metrics.callbacks.repeated.inc();
        let known = app.cache.get(key).await?;
        return Ok(known.map_or(Reply::Success, |text| recalled(&text)));
    }
    tracing::debug!(kind = message.kind.name(), "a message came in");
    let reply = match in_time(app, message).await {
        Ok(reply) => reply,
        Err(error) => {
            app.cache.delete(key).await?;
            return Err(error);
        }
    };
    app.cache.set(key, &kept(&reply)?, KNOWN).await?;
    app.metrics.callbacks.handled.inc();
    Ok(reply)
}

/// Before a text reply in the cache, which is kept as it is; everything else is JSON.
const TEXT: char = 't';

/// A reply as it is kept for a repeated delivery.
fn kept(reply: &Reply) -> Result<String> {
    match reply {
        Reply::Text { content } => {
            let mut text = String::with_capacity(content.len() + 1);
            text.push(TEXT);
            text.push_str(content);
            Ok(text)
        }
        other => Ok(serde_json::to_string(other).map_err(anyhow::Error::from)?),
    }
}

/// What [`kept`] kept; [`IN_HAND`], which is no reply yet, gives the silent one.
fn recalled(text: &str) -> Reply {
    match text.strip_prefix(TEXT) {
        Some(content) => Reply::text(content),
        None => serde_json::from_str(text).unwrap_or(Reply::Success),
    }
}

/// The answer if it is there in time; else the message is kept and answered later, in its own message (facts row 4).
async fn in_time(app: &App, message: &Inbound) -> Result<Reply> {
    let handled = {
        let mut handling = std::pin::pin!(chat::handle(app, message));
        // Most answers are there at once: only one that has to wait for something gets a timer.
        match poll_fn(|context| Poll::Ready(handling.as_mut().poll(context))).await {
            Poll::Ready(result) => Ok(result),
            Poll::Pending => tokio::time::timeout(IN_TIME, handling).await,
        }
        // Given up here, not at the end of the function: it may stand in line for the very connection that keeping the
        // message needs, and would be handed it without ever using it.
    };
    match handled {
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
    app.metrics.callbacks.deferred.inc();
    Ok(Reply::Success)
}
