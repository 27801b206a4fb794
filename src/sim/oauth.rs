//! Web authorisation: `/connect/oauth2/authorize`, `/sns/oauth2/access_token`, `/sns/userinfo` (facts: OAuth).

use askama::Template;
use poem::http::{HeaderMap, StatusCode, header};
use poem::web::{Data, Json, Query};
use poem::{Body, Request, Response, handler};
use serde::Deserialize;
use serde_json::json;

use super::Sim;
use super::api::{self, ControlResult, WxResult};
use super::callback::random_word;
use super::error::{ControlError, WxError};
use super::phone::page;
use super::state::{UserView, unionid_of, virtual_openid_of};
use super::token::random_token;

const CODE_MS: i64 = 300_000;
const TOKEN_MS: i64 = 7_200_000;
/// How long what has ended is remembered, so that it is called used or expired rather than unknown.
const REMEMBER_MS: i64 = 86_400_000;
/// The order WeChat asks for; the page refuses another one.
const ORDER: [&str; 5] = ["appid", "redirect_uri", "response_type", "scope", "state"];
/// The cookie a phone's webview carries.
pub(super) const USER_COOKIE: &str = "sim_user";

/// Codes and tokens given out.
#[derive(Default)]
pub(super) struct OAuth {
    codes: Vec<Code>,
    tokens: Vec<UserToken>,
    /// Bound to an open platform: there are unionids.
    pub open_platform: bool,
}

impl OAuth {
    /// A user took back the authorisation: what was given out stops working.
    pub fn forget(&mut self, openid: &str) {
        self.codes.retain(|c| c.openid != openid);
        self.tokens.retain(|t| t.openid != openid);
    }
}

struct Code {
    value: String,
    user: String,
    openid: String,
    snapshot: bool,
    scope: Scope,
    until: i64,
    used: bool,
}

struct UserToken {
    value: String,
    user: String,
    openid: String,
    snapshot: bool,
    scope: Scope,
    until: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Base,
    UserInfo,
}

impl Scope {
    fn name(self) -> &'static str {
        match self {
            Scope::Base => "snsapi_base",
            Scope::UserInfo => "snsapi_userinfo",
        }
    }
}

/// A request for authorisation that is in order.
struct Ask {
    redirect: url::Url,
    scope: Scope,
    state: Option<String>,
    /// `?sim_user=`: who, for a test without the cookie.
    user: Option<String>,
}

impl Ask {
    /// Checks presence, order, appid, response_type, scope and state. Errors: words for the error page.
    fn parse(query: &str, app_id: &str) -> Result<Ask, &'static str> {
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let get = |key: &str| {
            pairs
                .iter()
                .find(|(k, v)| k == key && !v.is_empty())
                .map(|(_, v)| v.as_str())
        };
        let known = || {
            pairs
                .iter()
                .filter_map(|(k, _)| ORDER.iter().position(|o| o == k))
        };
        if known().zip(known().skip(1)).any(|(a, b)| a >= b) {
            return Err("参数顺序须为 appid、redirect_uri、response_type、scope、state，各一次");
        }
        if get("appid").ok_or("缺少参数 appid")? != app_id {
            return Err("appid 参数错误");
        }
        let redirect = get("redirect_uri").ok_or("缺少参数 redirect_uri")?;
        let redirect = url::Url::parse(redirect).map_err(|_| "redirect_uri 参数错误")?;
        if !matches!(redirect.scheme(), "http" | "https") {
            return Err("redirect_uri 参数错误");
        }
        if get("response_type").ok_or("缺少参数 response_type")? != "code" {
            return Err("response_type 参数错误");
        }
        let scope = match get("scope").ok_or("缺少参数 scope")? {
            "snsapi_base" => Scope::Base,
            "snsapi_userinfo" => Scope::UserInfo,
            _ => return Err("scope 参数错误或没有 scope 权限"),
        };
        let state = get("state");
        if state.is_some_and(|s| s.len() > 128 || !s.chars().all(|c| c.is_ascii_alphanumeric())) {
            return Err("state 参数只能是 128 位以内的 a-z、A-Z、0-9");
        }
        let (state, user) = (state.map(str::to_owned), get("sim_user").map(str::to_owned));
        Ok(Ask {
            redirect,
            scope,
            state,
            user,
        })
    }

    /// Back to the account's page: with the code, or without it after a refusal.
    fn back(&self, code: Option<&str>) -> Response {
        let mut to = self.redirect.clone();
        if let Some(code) = code {
            to.query_pairs_mut().append_pair("code", code);
        }
        to.query_pairs_mut()
            .append_pair("state", self.state.as_deref().unwrap_or_default());
        Response::builder()
            .status(StatusCode::FOUND)
            .header(header::LOCATION, to.as_str())
            .header(header::CACHE_CONTROL, "no-store")
            .finish()
    }
}

#[derive(Template)]
#[template(path = "sim/refused.html")]
struct Refused<'a> {
    reason: &'a str,
}

#[derive(Template)]
#[template(path = "sim/who.html")]
struct Who {
    users: Vec<UserView>,
    query: String,
}

#[derive(Template)]
#[template(path = "sim/consent.html")]
struct Consent {
    nickname: String,
    query: String,
    user: String,
}

/// The user whose webview asks.
pub(super) fn user_cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok());
    let mut pairs = cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == USER_COOKIE)
        .map(|(_, value)| value.to_owned())
}

/// `snsapi_base` goes straight back with a code; `snsapi_userinfo` asks the user first.
#[handler]
pub(super) fn authorize(sim: Data<&Sim>, request: &Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let ask = match Ask::parse(query, &sim.cfg().app_id) {
        Ok(ask) => ask,
        Err(reason) => return page(&Refused { reason }),
    };
    let who = ask.user.clone().or_else(|| user_cookie(request.headers()));
    let user = who.and_then(|name| {
        sim.state()
            .user(&name)
            .map(|u| (u.user.clone(), u.nickname.clone()))
    });
    let Some((user, nickname)) = user else {
        let users = sim.state().users.iter().map(super::state::User::view).collect();
        return page(&Who {
            users,
            query: query.to_owned(),
        });
    };
    match ask.scope {
        Scope::Base => give_code(&sim, &ask, &user),
        Scope::UserInfo => page(&Consent {
            nickname,
            query: query.to_owned(),
            user,
        }),
    }
}

#[derive(Deserialize)]
struct Answer {
    user: String,
    allow: u8,
}

/// The buttons of the consent page; refused → back without a code.
#[handler]
pub(super) fn consent(sim: Data<&Sim>, request: &Request, Query(answer): Query<Answer>) -> Response {
    let ask = match Ask::parse(request.uri().query().unwrap_or_default(), &sim.cfg().app_id) {
        Ok(ask) => ask,
        Err(reason) => return page(&Refused { reason }),
    };
    if answer.allow == 1 {
        give_code(&sim, &ask, &answer.user)
    } else {
        ask.back(None)
    }
}

fn give_code(sim: &Sim, ask: &Ask, user: &str) -> Response {
    let mut state = sim.state();
    let known = state.user(user).map(|u| (u.openid.clone(), u.snapshot));
    let Some((openid, snapshot)) = known else {
        return page(&Refused {
            reason: "没有这个用户",
        });
    };
    let now = state.now_ms();
    let code = Code {
        value: random_word(),
        user: user.to_owned(),
        openid: if snapshot { virtual_openid_of(user) } else { openid },
        snapshot,
        scope: ask.scope,
        until: now + CODE_MS,
        used: false,
    };
    state.oauth.codes.retain(|c| now - c.until < REMEMBER_MS);
    state.oauth.tokens.retain(|t| now - t.until < REMEMBER_MS);
    let answer = ask.back(Some(&code.value));
    state.oauth.codes.push(code);
    answer
}

#[derive(Deserialize)]
struct Exchange {
    #[serde(default)]
    appid: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    grant_type: String,
}

/// A code works once (then 40163) and for five minutes (then, and when unknown, 40029).
#[handler]
pub(super) fn access_token(sim: Data<&Sim>, Query(ask): Query<Exchange>) -> WxResult {
    sim.check_app(&ask.appid, &ask.secret)?;
    if ask.grant_type != "authorization_code" {
        return Err(WxError::new(40002, "invalid grant_type"));
    }
    if ask.code.is_empty() {
        return Err(WxError::new(41008, "missing code"));
    }
    let mut state = sim.state();
    let now = state.now_ms();
    let found = state.oauth.codes.iter_mut().find(|c| c.value == ask.code);
    let code = found.ok_or_else(|| WxError::new(40029, "invalid code"))?;
    if code.used {
        return Err(WxError::new(40163, "code been used"));
    }
    if code.until <= now {
        return Err(WxError::new(40029, "invalid code"));
    }
    code.used = true;
    let (user, openid) = (code.user.clone(), code.openid.clone());
    let (scope, snapshot) = (code.scope, code.snapshot);
    let value = random_token();
    state.oauth.tokens.push(UserToken {
        value: value.clone(),
        user: user.clone(),
        openid: openid.clone(),
        snapshot,
        scope,
        until: now + TOKEN_MS,
    });
    let mut answer = json!({
        "access_token": value,
        "expires_in": TOKEN_MS / 1000,
        "refresh_token": random_token(),
        "openid": openid,
        "scope": scope.name(),
    });
    if snapshot {
        answer["is_snapshotuser"] = json!(1);
    }
    if scope == Scope::UserInfo && state.oauth.open_platform {
        answer["unionid"] = json!(unionid_of(&user));
    }
    Ok(Json(answer))
}

#[derive(Deserialize)]
struct InfoAsk {
    #[serde(default)]
    access_token: String,
    #[serde(default)]
    openid: String,
}

/// Nickname and portrait, if the token is of scope `snsapi_userinfo` (else 48001).
#[handler]
pub(super) fn userinfo(sim: Data<&Sim>, Query(ask): Query<InfoAsk>) -> WxResult {
    let state = sim.state();
    let token = state.oauth.tokens.iter().find(|t| t.value == ask.access_token);
    let token = token.ok_or_else(|| WxError::new(40001, "invalid credential"))?;
    if token.until <= state.now_ms() {
        return Err(WxError::new(42001, "access_token expired"));
    }
    if token.openid != ask.openid {
        return Err(WxError::new(40003, "invalid openid"));
    }
    if token.scope != Scope::UserInfo {
        return Err(WxError::new(48001, "api unauthorized"));
    }
    let user = state
        .user(&token.user)
        .ok_or_else(|| WxError::new(40003, "invalid openid"))?;
    // A snapshot's person is nobody.
    let nickname = if token.snapshot {
        "微信用户"
    } else {
        &user.nickname
    };
    let mut answer = json!({
        "openid": token.openid,
        "nickname": nickname,
        "sex": 0,
        "province": "",
        "city": "",
        "country": "",
        "headimgurl": "",
        "privilege": [],
    });
    if state.oauth.open_platform {
        answer["unionid"] = json!(unionid_of(&token.user));
    }
    Ok(Json(answer))
}

#[derive(Deserialize)]
struct Control {
    user: Option<String>,
    snapshot: Option<bool>,
    unionid: Option<bool>,
}

/// `snapshot` of a user; `unionid` for all.
#[handler]
pub(super) async fn control(sim: Data<&Sim>, body: Body) -> ControlResult {
    let control: Control = api::control_body(body).await?;
    let mut state = sim.state();
    if let Some(bound) = control.unionid {
        state.oauth.open_platform = bound;
    }
    if let Some(snapshot) = control.snapshot {
        let name = control.user.unwrap_or_default();
        let user = state
            .user_mut(&name)
            .ok_or_else(|| ControlError::unknown_user(&name))?;
        user.snapshot = snapshot;
    }
    Ok(Json(json!({ "ok": true })))
}
