//! `GET /cgi-bin/ticket/getticket`, and the check a phone makes of a page's JS-SDK configuration.

use poem::web::{Data, Json, Query};
use poem::{Body, handler};
use serde::Deserialize;
use serde_json::json;
use sha1::{Digest, Sha1};

use super::Sim;
use super::api::{self, ControlResult, WxResult};
use super::error::WxError;
use super::token::random_token;

const LIFETIME_MS: i64 = 7_200_000;
/// Renewed this long before the end, as access tokens are; the old one works to its end.
const RENEW_BEFORE_MS: i64 = 300_000;

struct Ticket {
    kind: String,
    value: String,
    until: i64,
}

#[derive(Default)]
pub(super) struct Tickets(Vec<Ticket>);

impl Tickets {
    fn take(&mut self, kind: &str, now: i64) -> (String, i64) {
        self.0.retain(|t| t.until > now);
        let live = self
            .0
            .iter()
            .rfind(|t| t.kind == kind && t.until - now > RENEW_BEFORE_MS);
        if let Some(ticket) = live {
            return (ticket.value.clone(), (ticket.until - now) / 1000);
        }
        let value = random_token().chars().take(86).collect::<String>();
        self.0.push(Ticket {
            kind: kind.to_owned(),
            value: value.clone(),
            until: now + LIFETIME_MS,
        });
        (value, LIFETIME_MS / 1000)
    }
}

#[derive(Deserialize)]
struct Ask {
    access_token: Option<String>,
    #[serde(default, rename = "type")]
    kind: String,
}

/// Any type but `jsapi` and `wx_card` → 40097.
#[handler]
pub(super) fn get(sim: Data<&Sim>, Query(ask): Query<Ask>) -> WxResult {
    sim.check_token(ask.access_token.as_deref())?;
    if !matches!(ask.kind.as_str(), "jsapi" | "wx_card") {
        return Err(WxError::new(40097, "invalid args"));
    }
    let mut state = sim.state();
    let now = state.now_ms();
    let (ticket, expires_in) = state.tickets.take(&ask.kind, now);
    Ok(Json(
        json!({ "errcode": 0, "errmsg": "ok", "ticket": ticket, "expires_in": expires_in }),
    ))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    url: String,
    app_id: String,
    timestamp: serde_json::Value,
    nonce_str: String,
    signature: String,
}

/// What `wx.config` does in a phone: the signature must be of a live ticket and the page's address without `#`.
#[handler]
pub(super) async fn check(sim: Data<&Sim>, body: Body) -> ControlResult {
    let config: Config = api::control_body(body).await?;
    let timestamp = match &config.timestamp {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let url = config.url.split('#').next().unwrap_or_default();
    let signed_by = |ticket: &str| {
        let text = format!(
            "jsapi_ticket={ticket}&noncestr={}&timestamp={timestamp}&url={url}",
            config.nonce_str
        );
        hex::encode(Sha1::digest(text.as_bytes())) == config.signature
    };
    let state = sim.state();
    let now = state.now_ms();
    let mut live = state
        .tickets
        .0
        .iter()
        .filter(|t| t.kind == "jsapi" && t.until > now);
    let error = if config.app_id != sim.cfg().app_id {
        Some("config:invalid appid")
    } else if !live.any(|t| signed_by(&t.value)) {
        Some("config:invalid signature")
    } else {
        None
    };
    Ok(Json(json!({ "ok": error.is_none(), "error": error })))
}
