//! The owner's APP beside WeChat: a phone opens the account's pages by a signed one-time ticket, as the 齐鲁工惠 APP does.
//!
//! `GET /phone/:user/app?next=` sends the webview on with a fresh ticket; `POST /sim/app/ticket` gives one,
//! `{user, verified?, phone?, id_number?, …claims}` → `{"ticket"}`, with any claim replaced (`null` drops it).

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use poem::http::{StatusCode, header};
use poem::web::{Data, Json, Path, Query};
use poem::{Body, IntoResponse, Response, handler};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Sim;
use super::api::{self, ControlResult};
use super::error::ControlError;
use super::state::{User, UserView};

/// The APP, as its account with us is set up: HS256 with a shared secret.
#[derive(Clone)]
pub struct SimApp {
    /// Where tickets are taken: `https://…/app/enter`.
    pub enter_url: String,
    /// The shared secret.
    pub key: String,
    /// `iss`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
}

/// How long a ticket holds, in seconds.
const LIFETIME_S: i64 = 120;

impl Sim {
    /// Installs the APP on every phone.
    pub fn set_app(&self, app: SimApp) {
        *super::unpoisoned(&self.inner.app) = Some(app);
    }

    fn app(&self) -> Option<SimApp> {
        super::unpoisoned(&self.inner.app).clone()
    }

    /// A ticket for a user, claims replaced by those of `changes`.
    fn ticket(&self, app: &SimApp, user: &UserView, changes: &Value) -> Result<String, ControlError> {
        let now = self.state().now_ms() / 1000;
        let mut claims = json!({
            "iss": app.issuer,
            "aud": app.audience,
            "sub": format!("qlgh-{}", user.user),
            "jti": hex::encode(rand::random::<[u8; 16]>()),
            "iat": now,
            "exp": now + LIFETIME_S,
            "name": user.nickname,
            "phone": user.phone,
            "id_number": id_number_of(&user.phone),
            "verified": true,
        });
        if let (Some(claims), Some(changes)) = (claims.as_object_mut(), changes.as_object()) {
            for (name, value) in changes.iter().filter(|(name, _)| *name != "user") {
                if value.is_null() {
                    claims.remove(name);
                } else {
                    claims.insert(name.clone(), value.clone());
                }
            }
        }
        let key = EncodingKey::from_secret(app.key.as_bytes());
        encode(&Header::new(Algorithm::HS256), &claims, &key)
            .map_err(|_| ControlError::bad("bad_ticket", "the ticket cannot be signed"))
    }
}

/// A well-formed ID number of Jinan that always goes with this phone.
pub(super) fn id_number_of(phone: &str) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits: Vec<u32> = phone.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum: u32 = digits.iter().zip(1..).map(|(digit, place)| digit * place).sum();
    let tail: String = digits.iter().rev().take(3).map(u32::to_string).collect();
    let body = format!(
        "370102{}{:02}{:02}{tail:0>3}",
        1970 + sum % 30,
        sum % 12 + 1,
        sum % 28 + 1
    );
    let weighted: u32 = body
        .chars()
        .filter_map(|c| c.to_digit(10))
        .zip(WEIGHTS)
        .map(|(digit, weight)| digit * weight)
        .sum();
    let check = b"10X98765432"[(weighted % 11) as usize];
    format!("{body}{}", char::from(check))
}

/// A ticket, not yet used.
#[handler]
pub(super) async fn give_ticket(sim: Data<&Sim>, body: Body) -> ControlResult {
    let changes: Value = api::control_body(body).await?;
    let name = changes["user"].as_str().unwrap_or_default();
    let app = sim
        .app()
        .ok_or_else(|| ControlError::bad("no_app", "没有设置齐鲁工惠 APP"))?;
    let user = sim.state().user(name).map(User::view);
    let user = user.ok_or_else(|| ControlError::unknown_user(name))?;
    Ok(Json(json!({ "ticket": sim.ticket(&app, &user, &changes)? })))
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

/// The APP's entry 求学圆梦, tapped on this phone.
#[handler]
pub(super) fn open(sim: Data<&Sim>, Path(name): Path<String>, Query(to): Query<Next>) -> Response {
    let Some(app) = sim.app() else {
        return "这部手机上没有齐鲁工惠 APP"
            .with_status(StatusCode::NOT_FOUND)
            .into_response();
    };
    let Some(user) = sim.state().user(&name).map(User::view) else {
        return "没有这个用户".with_status(StatusCode::NOT_FOUND).into_response();
    };
    let Ok(ticket) = sim.ticket(&app, &user, &Value::Null) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("ticket", &ticket);
    if !to.next.is_empty() {
        query.append_pair("next", &to.next);
    }
    Response::builder()
        .status(StatusCode::FOUND)
        .header(header::LOCATION, format!("{}?{}", app.enter_url, query.finish()))
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::REFERRER_POLICY, "no-referrer")
        .finish()
}
