//! WeChat's callback: verified, opened, deduplicated, answered within the five seconds it waits.
//!
//! Kept clear of routing, session and other middleware (see [`super::routes`]): it counts by itself, and logs what went
//! wrong. A message is handled once: its key is taken in the cache before
//! the handling and holds the answer afterwards, so a repeated delivery gets the same answer again. The mark
//! of an unfinished handling lives shorter than WeChat's first repeat, so one that died is taken up again.

use crate::account::{followers, workers};
use crate::app::App;
use crate::application::{self, progress};
use crate::error::Result;
use crate::kernel::refusal::HOTLINE;
use crate::notice::deliver;
use crate::union::binding::{self, Scanned};
use crate::wechat::callback::Malformed;
use crate::wechat::{CallbackQuery, Inbound, Kind, Opened, Refused, Reply};
use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::{Body, Endpoint, Request, Response};
use std::time::{Duration, Instant};

/// Where WeChat calls back, as the console is told.
pub const PATH: &str = "/wechat/callback";

/// WeChat's own limit for what it sends is far below; more is refused unread.
const BODY_MAX: usize = 64 * 1024;
/// How long a message is known after it was answered. WeChat repeats within 15 seconds; a late one costs nothing.
const KNOWN: Duration = Duration::from_secs(300);
/// How long an unfinished handling is believed to be going on: shorter than WeChat's five seconds.
const UNDER_WAY: Duration = Duration::from_secs(4);
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
        Ok(opened) => plain(StatusCode::OK, answer(app, &opened).await),
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

async fn answer(app: &App, opened: &Opened) -> String {
    let key = format!("wechat-message:{}", opened.dedup_key());
    let reply = match once(app, &key, &opened.message).await {
        Ok(reply) => reply,
        // A person would only see that the service is out of order; what can be repeated is repeated by WeChat.
        Err(error) => {
            tracing::error!(%error, kind = opened.message.kind.name(), "a message could not be handled");
            app.metrics.callbacks.failed.inc();
            Reply::Success
        }
    };
    let random = app.entropy.bytes();
    let nonce = u64::from_le_bytes(app.entropy.bytes()).to_string();
    app.callback
        .answer(opened, &reply, app.now().seconds(), &nonce, &random)
}

/// Handles a message unless it was handled; a repeated one gets the first one's answer.
async fn once(app: &App, key: &str, message: &Inbound) -> Result<Reply> {
    if !app.cache.set_new(key, IN_HAND, UNDER_WAY).await? {
        app.metrics.callbacks.repeated.inc();
        let known = app.cache.get(key).await?.filter(|text| text != IN_HAND);
        return Ok(known
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or(Reply::Success));
    }
    tracing::debug!(kind = message.kind.name(), "a message came in");
    let reply = match handle(app, message).await {
        Ok(reply) => reply,
        Err(error) => {
            app.cache.delete(key).await?;
            return Err(error);
        }
    };
    let text = serde_json::to_string(&reply).map_err(anyhow::Error::from)?;
    app.cache.set(key, &text, KNOWN).await?;
    app.metrics.callbacks.handled.inc();
    Ok(reply)
}

async fn handle(app: &App, message: &Inbound) -> Result<Reply> {
    let openid = &message.from;
    match &message.kind {
        Kind::Text { content } => text(app, openid, content).await,
        Kind::Subscribe { scene, .. } => {
            followers::set_following(app, openid, true, scene.as_deref()).await?;
            match scene {
                Some(scene) => scanned(app, openid, scene).await,
                None => Ok(Reply::text(welcome(app))),
            }
        }
        Kind::Unsubscribe => {
            followers::set_following(app, openid, false, None).await?;
            Ok(Reply::Success)
        }
        Kind::Scan { scene, .. } => scanned(app, openid, scene).await,
        Kind::Click { key } if key == "HOTLINE" => Ok(Reply::text(hotline())),
        Kind::Click { .. } => Ok(Reply::text(welcome(app))),
        Kind::TemplateSent { msg_id, status } => {
            deliver::outcome(app, msg_id, status).await?;
            Ok(Reply::Success)
        }
        Kind::View { .. } | Kind::Other { .. } => Ok(Reply::Success),
    }
}

/// What is typed: "进度" tells the state, everything else the ways in.
async fn text(app: &App, openid: &str, content: &str) -> Result<Reply> {
    if !content.contains("进度") {
        return Ok(Reply::text(welcome(app)));
    }
    let link = entrance(app, "/progress");
    let Some(worker) = workers::by_openid(app, openid).await? else {
        return Ok(Reply::text(format!(
            "您还没有绑定账号，<a href=\"{link}\">点这里登录后查看进度</a>。\n咨询热线 {HOTLINE}"
        )));
    };
    let Some(application) = application::latest_of(app, &worker.id).await? else {
        let apply = entrance(app, "/apply");
        return Ok(Reply::text(format!(
            "您还没有申请。<a href=\"{apply}\">职工补助申请</a>"
        )));
    };
    let progress = progress::of(app, application).await?;
    let mut line = format!("您的申请：{}", progress.application.state.label());
    if let Some(holder) = &progress.holder {
        line.push_str(&format!(
            "\n现在由{holder}办理，自{}起",
            progress.application.since.short_text()
        ));
    }
    if let Some(position) = progress.waiting_position {
        line.push_str(&format!("\n候补第 {position} 位"));
    }
    Ok(Reply::text(format!("{line}\n<a href=\"{link}\">查看详情</a>")))
}

/// A QR code was scanned: an officer's binds their WeChat, any other only greets.
async fn scanned(app: &App, openid: &str, scene: &str) -> Result<Reply> {
    Ok(Reply::text(match binding::scanned(app, scene, openid).await? {
        Scanned::Other => welcome(app),
        Scanned::Stale => "二维码已过期或已使用，请在电脑上刷新“我的账号”页面后重新扫描。".to_owned(),
        Scanned::Bound(officer) => {
            format!(
                "{}（{}），微信已绑定。有新的待审核申请时会在这里通知您。",
                officer.name, officer.union.name
            )
        }
    }))
}

fn entrance(app: &App, path: &str) -> String {
    app.link(&format!("/wechat/oauth/start?next={path}"))
}

fn welcome(app: &App) -> String {
    format!(
        "欢迎来到求学圆梦行动！\n<a href=\"{}\">职工补助申请</a>\n<a href=\"{}\">进度查询</a>\n回复“进度”也可查看申请进度。\n咨询热线 {HOTLINE}",
        entrance(app, "/apply"),
        entrance(app, "/progress"),
    )
}

fn hotline() -> String {
    format!("职工咨询服务热线：{HOTLINE}\n济南市“求学圆梦”职工教育运营中心为您解答报读、申请和审核中的问题。")
}
