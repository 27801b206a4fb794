//! The mini program: `/sns/jscode2session`, `/wxa/business/getuserphonenumber`, and how a phone gets its codes.

use poem::web::{Data, Json, Query};
use poem::{Body, IntoResponse, Response, handler};
use serde::Deserialize;
use serde_json::json;

use super::api::{self, ControlResult, WxResult};
use super::callback::random_word;
use super::error::{ControlError, WxError};
use super::sec_check::Words;
use super::state::{State, mini_openid_of, unionid_of};
use super::token::{TokenQuery, Tokens};
use super::{MiniApp, Sim, unpoisoned};

/// `wx.login`: five minutes, once.
const CODE_MS: i64 = 300_000;
/// How long what has ended is remembered, so that a used code is called used rather than unknown.
const REMEMBER_MS: i64 = 86_400_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Login,
    Phone,
}

struct Code {
    value: String,
    user: String,
    purpose: Purpose,
    until: i64,
    used: bool,
    /// The user is one whom WeChat blocks (40226).
    blocked: bool,
}

/// What WeChat knows of the mini program.
#[derive(Default)]
pub(super) struct Mini {
    pub tokens: Tokens,
    codes: Vec<Code>,
    /// user → when last in the mini program, in milliseconds.
    pub visits: std::collections::HashMap<String, i64>,
    pub words: Words,
}

impl Sim {
    /// The mini program's credentials; before this there is none and its AppID is unknown (40013).
    pub fn set_mini(&self, app_id: impl Into<String>, secret: impl Into<String>) {
        *unpoisoned(&self.inner.mini) = Some(MiniApp {
            app_id: app_id.into(),
            secret: secret.into(),
        });
    }

    pub(super) fn mini(&self) -> Option<MiniApp> {
        unpoisoned(&self.inner.mini).clone()
    }

    /// The mini program's own token; a good one of the official account → 48001.
    pub(super) fn check_mini_token(&self, value: Option<&str>) -> Result<(), WxError> {
        let state = self.state();
        let now = state.now_ms();
        match state.mini.tokens.check(now, value) {
            Err(_) if state.tokens.check(now, value).is_ok() => Err(WxError::new(48001, "api unauthorized")),
            checked => checked,
        }
    }

    /// A token of either: media, content and quotas are there for both.
    pub(super) fn check_any_token(&self, value: Option<&str>) -> Result<(), WxError> {
        match self.check_mini_token(value) {
            Ok(()) => Ok(()),
            Err(_) => self.check_token(value),
        }
    }
}

impl State {
    fn mini_code(&mut self, user: &str, purpose: Purpose, blocked: bool) -> Result<String, ControlError> {
        if self.user(user).is_none() {
            return Err(ControlError::unknown_user(user));
        }
        let now = self.now_ms();
        let value = random_word();
        self.mini.codes.retain(|c| now - c.until < REMEMBER_MS);
        self.mini.codes.push(Code {
            value: value.clone(),
            user: user.to_owned(),
            purpose,
            until: now + CODE_MS,
            used: false,
            blocked,
        });
        self.mini.visits.insert(user.to_owned(), now);
        Ok(value)
    }

    /// The user of a code, which is used up. `used` is what a second use is called.
    fn take_code(&mut self, value: &str, purpose: Purpose, used: WxError) -> Result<String, WxError> {
        let now = self.now_ms();
        let invalid = || WxError::new(40029, "invalid code");
        let mut codes = self.mini.codes.iter_mut();
        let code = codes
            .find(|c| c.value == value && c.purpose == purpose)
            .ok_or_else(invalid)?;
        if code.used {
            return Err(used);
        }
        if code.until <= now {
            return Err(invalid());
        }
        if code.blocked {
            return Err(WxError::new(40226, "code blocked"));
        }
        code.used = true;
        Ok(code.user.clone())
    }
}

#[derive(Deserialize)]
struct Act {
    user: String,
    #[serde(default)]
    blocked: bool,
}

/// `wx.login` in the user's mini program.
#[handler]
pub(super) async fn give_login(sim: Data<&Sim>, body: Body) -> ControlResult {
    let act: Act = api::control_body(body).await?;
    let code = sim.state().mini_code(&act.user, Purpose::Login, act.blocked)?;
    Ok(Json(json!({ "code": code })))
}

/// The user taps the button that shows the phone number.
#[handler]
pub(super) async fn give_phone(sim: Data<&Sim>, body: Body) -> ControlResult {
    let act: Act = api::control_body(body).await?;
    let mut state = sim.state();
    if state.user(&act.user).is_some_and(|u| u.phone.is_empty()) {
        return Err(ControlError::conflict("no_phone", "这个用户没有手机号"));
    }
    let code = state.mini_code(&act.user, Purpose::Phone, false)?;
    Ok(Json(json!({ "code": code })))
}

#[derive(Deserialize)]
struct Exchange {
    #[serde(default)]
    appid: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    js_code: String,
    #[serde(default)]
    grant_type: String,
}

/// Unknown or late code 40029, used 40163, a blocked user 40226. The answer is JSON called `text/plain`, as WeChat's.
#[handler]
pub(super) fn jscode2session(sim: Data<&Sim>, Query(ask): Query<Exchange>) -> Result<Response, WxError> {
    sim.check_mini_app(&ask.appid, &ask.secret)?;
    if ask.grant_type != "authorization_code" {
        return Err(WxError::new(40002, "invalid grant_type"));
    }
    if ask.js_code.is_empty() {
        return Err(WxError::new(41008, "missing code"));
    }
    let mut state = sim.state();
    let used = WxError::new(40163, "code been used");
    let user = state.take_code(&ask.js_code, Purpose::Login, used)?;
    let key = api::base64(&rand::random::<[u8; 16]>());
    let mut answer = json!({ "session_key": key, "openid": mini_openid_of(&user) });
    if state.oauth.open_platform {
        answer["unionid"] = json!(unionid_of(&user));
    }
    Ok(answer.to_string().with_content_type("text/plain").into_response())
}

#[derive(Deserialize)]
struct PhoneAsk {
    #[serde(default)]
    code: String,
}

/// Any code that is not good → 40029, a used one too.
#[handler]
pub(super) async fn phone_number(sim: Data<&Sim>, Query(query): Query<TokenQuery>, body: Body) -> WxResult {
    sim.check_mini_token(query.access_token.as_deref())?;
    let ask: PhoneAsk = api::parse(&api::body(body).await?)?;
    let mut state = sim.state();
    let used = WxError::new(40029, "invalid code");
    let user = state.take_code(&ask.code, Purpose::Phone, used)?;
    let phone = state.user(&user).map(|u| u.phone.clone()).unwrap_or_default();
    let app_id = sim.mini().map(|m| m.app_id);
    Ok(Json(json!({
        "errcode": 0,
        "errmsg": "ok",
        "phone_info": {
            "phoneNumber": phone,
            "purePhoneNumber": phone,
            "countryCode": "86",
            "watermark": { "timestamp": state.now_ms() / 1000, "appid": app_id },
        },
    })))
}
