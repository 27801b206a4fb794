//! The pages: one phone, two phones side by side, and the step by which a phone opens a page.

use askama::Template;
use poem::http::{StatusCode, header};
use poem::web::{Data, Html, Json, Path, Query};
use poem::{IntoResponse, Request, Response, handler};
use serde::Deserialize;
use serde_json::json;

use super::Sim;
use super::api::ControlResult;
use super::error::ControlError;
use super::oauth::USER_COOKIE;
use super::state::{User, UserView};

/// How many QR codes 扫一扫 offers.
const CODES_SHOWN: usize = 20;

/// Name, type and content of every file the pages load.
const ASSETS: [(&str, &str, &str); 6] = [
    (
        "bridge.js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/sim/bridge.js"),
    ),
    (
        "jweixin.js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/sim/jweixin.js"),
    ),
    (
        "phone.css",
        "text/css; charset=utf-8",
        include_str!("../../assets/sim/phone.css"),
    ),
    (
        "phone.js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/sim/phone.js"),
    ),
    (
        "desk.css",
        "text/css; charset=utf-8",
        include_str!("../../assets/sim/desk.css"),
    ),
    (
        "desk.js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/sim/desk.js"),
    ),
];

#[derive(Template)]
#[template(path = "sim/phone.html")]
struct PhonePage {
    user: UserView,
}

#[derive(Template)]
#[template(path = "sim/desk.html")]
struct DeskPage {
    users: Vec<UserView>,
    /// `left` and `right`, with the user who holds that phone.
    holders: Vec<(&'static str, String)>,
}

pub(super) fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html)
            .with_header("cache-control", "no-store")
            .into_response(),
        Err(e) => e
            .to_string()
            .with_status(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response(),
    }
}

/// Pages opened in a phone lie in a frame, where a browser keeps their cookies only if phone and page are of one
/// site: a phone opened as `localhost` is therefore sent to the loopback name the account's pages use.
fn better_host(sim: &Sim, request: &Request) -> Option<Response> {
    let loopback = |host: &str| matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    let theirs = url::Url::parse(&sim.callback_url()).ok()?.host_str()?.to_owned();
    let host = request.header(header::HOST)?;
    let (ours, port) = host.rsplit_once(':').unwrap_or((host, "80"));
    if ours == theirs || !loopback(ours) || !loopback(&theirs) || theirs == "[::1]" {
        return None;
    }
    let to = format!("http://{theirs}:{port}{}", request.uri());
    Some(
        Response::builder()
            .status(StatusCode::FOUND)
            .header(header::LOCATION, to)
            .finish(),
    )
}

#[derive(Deserialize)]
struct Holders {
    left: Option<String>,
    right: Option<String>,
}

/// Two phones: the first user's and the second's, unless `?left=` and `?right=` say who holds them.
#[handler]
pub(super) fn desk(sim: Data<&Sim>, request: &Request, Query(holders): Query<Holders>) -> Response {
    if let Some(elsewhere) = better_host(&sim, request) {
        return elsewhere;
    }
    let state = sim.state();
    let users: Vec<UserView> = state.users.iter().map(User::view).collect();
    let holder = |asked: Option<String>, place: usize| {
        asked
            .filter(|name| state.user(name).is_some())
            .or_else(|| users.get(place).map(|u| u.user.clone()))
            .unwrap_or_default()
    };
    let holders = vec![
        ("left", holder(holders.left, 0)),
        ("right", holder(holders.right, 1)),
    ];
    page(&DeskPage { users, holders })
}

#[handler]
pub(super) fn phone(sim: Data<&Sim>, request: &Request, Path(user): Path<String>) -> Response {
    if let Some(elsewhere) = better_host(&sim, request) {
        return elsewhere;
    }
    match sim.state().user(&user) {
        Some(user) => page(&PhonePage { user: user.view() }),
        None => "没有这个用户".with_status(StatusCode::NOT_FOUND).into_response(),
    }
}

#[derive(Deserialize)]
struct Open {
    url: String,
}

/// Opens a page as this user: the browser's cookie jar has one `sim_user`, that of the webview opened last.
#[handler]
pub(super) fn open(sim: Data<&Sim>, Path(user): Path<String>, Query(open): Query<Open>) -> Response {
    if sim.state().user(&user).is_none() {
        return "没有这个用户".with_status(StatusCode::NOT_FOUND).into_response();
    }
    // Nothing but a web page: `javascript:` would run in the phone.
    let url = url::Url::parse(&open.url)
        .ok()
        .filter(|u| matches!(u.scheme(), "http" | "https"));
    let Some(url) = url else {
        return "网页地址不正确"
            .with_status(StatusCode::BAD_REQUEST)
            .into_response();
    };
    Response::builder()
        .status(StatusCode::FOUND)
        .header(
            header::SET_COOKIE,
            format!("{USER_COOKIE}={user}; Path=/; HttpOnly; SameSite=Lax"),
        )
        .header(header::LOCATION, url.as_str())
        .header(header::CACHE_CONTROL, "no-store")
        .finish()
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

/// What the phone page asks for every second. Polling, not a stream: a browser allows six connections to a
/// host, and each open phone would hold one for good.
#[handler]
pub(super) fn poll(sim: Data<&Sim>, Path(name): Path<String>, Query(ask): Query<After>) -> ControlResult {
    let state = sim.state();
    let user = state
        .user(&name)
        .ok_or_else(|| ControlError::unknown_user(&name))?;
    let items: Vec<_> = user.items.iter().filter(|item| item.seq > ask.after).collect();
    Ok(Json(json!({
        "epoch": state.epoch,
        "user": user.view(),
        "menu": state.menu_of(user).0,
        "typing": state.windows.get(&user.openid).is_some_and(|w| w.is_typing(state.now_ms())),
        "asked": state.asked(&user.user, &sim.cfg().templates),
        "items": items,
        "codes": state.qrcodes.latest(CODES_SHOWN),
        "pay_codes": super::pay::codes(&state),
        "now": state.now_ms(),
    })))
}

#[handler]
pub(super) fn asset(Path(file): Path<String>) -> Response {
    match ASSETS.iter().find(|(name, ..)| *name == file) {
        Some((_, kind, text)) => text
            .with_content_type(*kind)
            .with_header("cache-control", "no-cache")
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
