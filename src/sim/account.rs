//! Users: `GET /cgi-bin/user/info`, `POST /cgi-bin/user/info/batchget`, `GET /cgi-bin/user/get`.

use poem::web::{Data, Json, Query};
use poem::{Body, handler};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Sim;
use super::api::{self, ControlResult, WxResult};
use super::error::{ControlError, WxError};
use super::state::{State, User, unionid_of};
use super::token::TokenQuery;

/// Users in one `batchget`.
const MAX_BATCH: usize = 100;
/// Openids in one answer of `user/get`, unless `POST /sim/limits` makes it fewer.
pub(super) const USER_PAGE: usize = 10_000;

/// Nickname and portrait have not been among the answers since the end of 2021.
fn info(state: &State, user: &User) -> Value {
    if !user.following {
        return json!({ "subscribe": 0, "openid": user.openid });
    }
    let scene = user.scene.clone();
    let number = scene.as_deref().and_then(|s| s.parse::<u32>().ok());
    let mut answer = json!({
        "subscribe": 1,
        "openid": user.openid,
        "language": user.language,
        "subscribe_time": user.subscribed_at,
        "remark": "",
        "groupid": user.tags.first().unwrap_or(&0),
        "tagid_list": user.tags,
        "subscribe_scene": if scene.is_some() { "ADD_SCENE_QR_CODE" } else { "ADD_SCENE_SEARCH" },
        "qr_scene": number.unwrap_or(0),
        "qr_scene_str": if number.is_some() { String::new() } else { scene.unwrap_or_default() },
    });
    if state.oauth.open_platform {
        answer["unionid"] = json!(unionid_of(&user.user));
    }
    answer
}

fn info_of(state: &State, openid: &str) -> Result<Value, WxError> {
    let user = state.by_openid(openid);
    let user = user.ok_or_else(|| WxError::new(40003, "invalid openid"))?;
    Ok(info(state, user))
}

#[derive(Deserialize)]
struct Ask {
    access_token: Option<String>,
    openid: Option<String>,
}

#[handler]
pub(super) fn user_info(sim: Data<&Sim>, Query(ask): Query<Ask>) -> WxResult {
    sim.check_token(ask.access_token.as_deref())?;
    let openid = ask.openid.filter(|o| !o.is_empty());
    let openid = openid.ok_or_else(|| WxError::new(41009, "missing openid"))?;
    info_of(&sim.state(), &openid).map(Json)
}

#[derive(Deserialize)]
struct Batch {
    #[serde(default)]
    user_list: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    openid: String,
}

/// None or more than a hundred → 40032; one unknown openid refuses all (40003).
#[handler]
pub(super) async fn batch_get(sim: Data<&Sim>, Query(query): Query<TokenQuery>, body: Body) -> WxResult {
    sim.check_token(query.access_token.as_deref())?;
    let batch: Batch = api::parse(&api::body(body).await?)?;
    if batch.user_list.is_empty() || batch.user_list.len() > MAX_BATCH {
        return Err(WxError::new(40032, "invalid openid list size"));
    }
    let state = sim.state();
    let infos = batch.user_list.iter().map(|e| info_of(&state, &e.openid));
    let infos = infos.collect::<Result<Vec<_>, _>>()?;
    Ok(Json(json!({ "user_info_list": infos })))
}

#[derive(Deserialize)]
struct Page {
    access_token: Option<String>,
    #[serde(default)]
    next_openid: String,
}

/// The followers after `next_openid`; the answer's `next_openid` is its last, and empty in an empty answer.
#[handler]
pub(super) fn get(sim: Data<&Sim>, Query(ask): Query<Page>) -> WxResult {
    sim.check_token(ask.access_token.as_deref())?;
    let state = sim.state();
    let all: Vec<&str> = state
        .users
        .iter()
        .filter(|u| u.following)
        .map(|u| u.openid.as_str())
        .collect();
    let from = match ask.next_openid.as_str() {
        "" => 0,
        last => {
            let at = all.iter().position(|openid| *openid == last);
            at.ok_or_else(|| WxError::new(40003, "invalid openid"))? + 1
        }
    };
    let page: Vec<&str> = all.iter().skip(from).take(state.user_page).copied().collect();
    let mut answer = json!({
        "total": all.len(),
        "count": page.len(),
        "next_openid": page.last().copied().unwrap_or_default(),
    });
    if !page.is_empty() {
        answer["data"] = json!({ "openid": page });
    }
    Ok(Json(answer))
}

#[derive(Deserialize)]
struct Limits {
    user_page: usize,
}

/// Smaller pages, so that paging can be tried with few users.
#[handler]
pub(super) async fn limits(sim: Data<&Sim>, body: Body) -> ControlResult {
    let limits: Limits = api::control_body(body).await?;
    if !(1..=USER_PAGE).contains(&limits.user_page) {
        return Err(ControlError::bad("bad_limit", "user_page 须在 1 到 10000 之间"));
    }
    sim.state().user_page = limits.user_page;
    Ok(Json(json!({ "ok": true })))
}
