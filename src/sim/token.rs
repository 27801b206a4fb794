//! `POST /cgi-bin/stable_token`, and the check of `access_token` that every other interface does first.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem::web::{Data, Json};
use poem::{Body, handler};
use serde::Deserialize;
use serde_json::json;

use super::Sim;
use super::api::{self, WxResult};
use super::error::WxError;

/// `expires_in`, 7200 s.
const LIFETIME_MS: i64 = 7_200_000;
/// WeChat renews this long before the end, while the old token still works.
const RENEW_BEFORE_MS: i64 = 300_000;
/// Forced renewals closer together than this do not renew.
const FORCE_APART_MS: i64 = 30_000;
const FORCE_PER_DAY: usize = 20;
const DAY_MS: i64 = 86_400_000;

/// Tokens given out, newest last.
#[derive(Default)]
pub(super) struct Tokens {
    given: Vec<Token>,
    /// When renewals were forced, in the last day.
    forced: Vec<i64>,
}

struct Token {
    value: String,
    /// Milliseconds; the simulator's clock.
    until: i64,
    /// Replaced by force: WeChat then calls it invalid rather than expired.
    revoked: bool,
}

impl Tokens {
    /// The token for a caller at `now`, and the seconds it still lasts.
    fn take(&mut self, now: i64, force: bool) -> Result<(String, i64), WxError> {
        self.forced.retain(|at| now - at < DAY_MS);
        if force && self.forced.len() >= FORCE_PER_DAY {
            return Err(WxError::new(45009, "reach max api daily quota limit"));
        }
        let renews = force && self.forced.last().is_none_or(|at| now - at >= FORCE_APART_MS);
        if renews {
            self.forced.push(now);
            self.given.iter_mut().for_each(|t| t.revoked = true);
        }
        let live = self
            .given
            .last()
            .filter(|t| !t.revoked && t.until - now > RENEW_BEFORE_MS);
        if let Some(token) = live {
            return Ok((token.value.clone(), (token.until - now) / 1000));
        }
        let value = random_token();
        self.given.push(Token {
            value: value.clone(),
            until: now + LIFETIME_MS,
            revoked: false,
        });
        Ok((value, LIFETIME_MS / 1000))
    }

    /// Facts, Errors: missing 41001; unknown or replaced 40001; past its time 42001.
    pub fn check(&self, now: i64, value: Option<&str>) -> Result<(), WxError> {
        let value = value.filter(|v| !v.is_empty());
        let value = value.ok_or_else(|| WxError::new(41001, "access_token missing"))?;
        let invalid = "invalid credential, access_token is invalid or not latest";
        match self.given.iter().find(|t| t.value == value) {
            Some(token) if token.revoked => Err(WxError::new(40001, invalid)),
            Some(token) if token.until <= now => Err(WxError::new(42001, "access_token expired")),
            Some(_) => Ok(()),
            None => Err(WxError::new(40001, invalid)),
        }
    }

    /// Every token given so far stops working: by age (42001), or as replaced elsewhere (40001).
    pub fn end_all(&mut self, now: i64, as_invalid: bool) {
        for token in &mut self.given {
            token.until = token.until.min(now);
            token.revoked |= as_invalid;
        }
    }
}

/// WeChat asks for room for 512 characters; tokens here take all of it.
pub(super) fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[[u8; 16]; 24]>().concat())
}

/// `?access_token=`, present on every interface of `/cgi-bin`.
#[derive(Deserialize)]
pub(super) struct TokenQuery {
    pub access_token: Option<String>,
}

impl Sim {
    pub(super) fn check_token(&self, value: Option<&str>) -> Result<(), WxError> {
        let state = self.state();
        state.tokens.check(state.now_ms(), value)
    }

    /// AppID 41002 / 40013, AppSecret 41004 / 40125 (the newer name of a bad secret).
    pub(super) fn check_app(&self, app_id: &str, secret: &str) -> Result<(), WxError> {
        let cfg = self.cfg();
        credentials((app_id, secret), Some((&cfg.app_id, &cfg.app_secret)))
    }

    /// The same for the mini program.
    pub(super) fn check_mini_app(&self, app_id: &str, secret: &str) -> Result<(), WxError> {
        let mini = self.mini();
        let known = mini.as_ref().map(|m| (m.app_id.as_str(), m.secret.as_str()));
        credentials((app_id, secret), known)
    }
}

fn credentials((app_id, secret): (&str, &str), known: Option<(&str, &str)>) -> Result<(), WxError> {
    let (known_id, known_secret) = known.unzip();
    match (app_id, secret) {
        ("", _) => Err(WxError::new(41002, "appid missing")),
        (id, _) if Some(id) != known_id => Err(WxError::new(40013, "invalid appid")),
        (_, "") => Err(WxError::new(41004, "appsecret missing")),
        (_, s) if Some(s) != known_secret => Err(WxError::new(40125, "invalid appsecret")),
        _ => Ok(()),
    }
}

#[derive(Deserialize)]
struct Ask {
    #[serde(default)]
    grant_type: String,
    #[serde(default)]
    appid: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    force_refresh: bool,
}

#[handler]
pub(super) async fn stable_token(sim: Data<&Sim>, body: Body) -> WxResult {
    let ask: Ask = api::parse(&api::body(body).await?)?;
    if ask.grant_type != "client_credential" {
        return Err(WxError::new(40002, "invalid grant_type"));
    }
    let of_mini = sim.mini().is_some_and(|m| m.app_id == ask.appid);
    if of_mini {
        sim.check_mini_app(&ask.appid, &ask.secret)?;
    } else {
        sim.check_app(&ask.appid, &ask.secret)?;
    }
    let mut state = sim.state();
    let now = state.now_ms();
    let tokens = if of_mini {
        &mut state.mini.tokens
    } else {
        &mut state.tokens
    };
    let (token, expires_in) = tokens.take(now, ask.force_refresh)?;
    Ok(Json(json!({ "access_token": token, "expires_in": expires_in })))
}
