//! `POST /cgi-bin/qrcode/create` and `GET /cgi-bin/showqrcode` (facts: QR).

use ::qrcode::QrCode;
use ::qrcode::render::svg;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem::http::StatusCode;
use poem::web::{Data, Json, Query};
use poem::{Body, IntoResponse, Response, handler};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Sim;
use super::api::{self, WxResult};
use super::error::WxError;
use super::token::TokenQuery;

const MAX_EXPIRE_S: i64 = 2_592_000;
const DEFAULT_EXPIRE_S: i64 = 60;
const MAX_PERMANENT_ID: u64 = 100_000;

/// A QR code with a scene.
#[derive(Clone, Serialize)]
pub(super) struct SceneCode {
    pub ticket: String,
    pub scene: String,
    /// What is drawn.
    pub url: String,
    /// Milliseconds since the epoch.
    pub made_at: i64,
    /// Milliseconds since the epoch; none for a permanent code.
    pub until: Option<i64>,
}

#[derive(Default)]
pub(super) struct QrCodes {
    made: Vec<SceneCode>,
}

impl QrCodes {
    pub fn by_ticket(&self, ticket: &str) -> Option<&SceneCode> {
        self.made.iter().find(|c| c.ticket == ticket)
    }

    pub fn by_scene(&self, scene: &str) -> Option<&SceneCode> {
        self.made.iter().rev().find(|c| c.scene == scene)
    }

    /// The newest first, at most `n`.
    pub fn latest(&self, n: usize) -> Vec<SceneCode> {
        self.made.iter().rev().take(n).cloned().collect()
    }
}

#[derive(Deserialize)]
struct Ask {
    #[serde(default)]
    action_name: String,
    expire_seconds: Option<i64>,
    #[serde(default)]
    action_info: Value,
}

/// The scene and the lifetime in seconds; 40052 for the action, 40053 for what belongs to it.
fn check(ask: &Ask) -> Result<(String, Option<i64>), WxError> {
    let info = || WxError::new(40053, "invalid action info");
    let scene = ask.action_info.get("scene").unwrap_or(&Value::Null);
    let id = || scene.get("scene_id").and_then(Value::as_u64).ok_or_else(info);
    let string = || scene.get("scene_str").and_then(Value::as_str).ok_or_else(info);
    let lifetime = ask.expire_seconds.unwrap_or(DEFAULT_EXPIRE_S);
    let (scene, lifetime) = match ask.action_name.as_str() {
        "QR_SCENE" => (number(id()?, u64::from(u32::MAX))?, Some(lifetime)),
        "QR_STR_SCENE" => (word(string()?)?, Some(lifetime)),
        "QR_LIMIT_SCENE" => (number(id()?, MAX_PERMANENT_ID)?, None),
        "QR_LIMIT_STR_SCENE" => (word(string()?)?, None),
        _ => return Err(WxError::new(40052, "invalid action name")),
    };
    // The code WeChat gives for a lifetime out of range was not found: the nearest one is used.
    if lifetime.is_some_and(|s| !(1..=MAX_EXPIRE_S).contains(&s)) {
        return Err(info());
    }
    Ok((scene, lifetime))
}

fn number(id: u64, max: u64) -> Result<String, WxError> {
    if (1..=max).contains(&id) {
        Ok(id.to_string())
    } else {
        Err(WxError::new(40053, "invalid action info"))
    }
}

fn word(scene: &str) -> Result<String, WxError> {
    let fits = (1..=64).contains(&scene.len());
    if fits {
        Ok(scene.to_owned())
    } else {
        Err(WxError::new(40053, "invalid action info"))
    }
}

#[handler]
pub(super) async fn create(sim: Data<&Sim>, Query(query): Query<TokenQuery>, body: Body) -> WxResult {
    sim.check_token(query.access_token.as_deref())?;
    let ask: Ask = api::parse(&api::body(body).await?)?;
    let (scene, lifetime) = check(&ask)?;
    let mut state = sim.state();
    let made_at = state.now_ms();
    // Tickets of WeChat have characters that must be escaped in a query.
    let ticket = format!(
        "gQ{}==",
        URL_SAFE_NO_PAD.encode(rand::random::<[[u8; 15]; 4]>().concat())
    );
    let url = format!(
        "http://weixin.qq.com/q/02{}",
        URL_SAFE_NO_PAD.encode(rand::random::<[u8; 18]>())
    );
    let until = lifetime.map(|s| made_at + s * 1000);
    let code = SceneCode {
        ticket: ticket.clone(),
        scene,
        url: url.clone(),
        made_at,
        until,
    };
    state.qrcodes.made.push(code);
    let mut answer = json!({ "ticket": ticket, "url": url });
    if let Some(seconds) = lifetime {
        answer["expire_seconds"] = json!(seconds);
    }
    Ok(Json(answer))
}

#[derive(Deserialize)]
struct Show {
    #[serde(default)]
    ticket: String,
}

/// The picture: SVG here, JPEG at WeChat's. Unknown ticket → 404.
#[handler]
pub(super) fn show(sim: Data<&Sim>, Query(show): Query<Show>) -> Response {
    let url = sim.state().qrcodes.by_ticket(&show.ticket).map(|c| c.url.clone());
    match url.and_then(|url| QrCode::new(url).ok()) {
        Some(code) => {
            let picture = code.render::<svg::Color>().min_dimensions(240, 240).build();
            picture.with_content_type("image/svg+xml").into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
