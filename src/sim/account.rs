//! `GET /cgi-bin/user/info`.

use poem::handler;
use poem::web::{Data, Json, Query};
use serde::Deserialize;
use serde_json::json;

use super::Sim;
use super::api::WxResult;
use super::error::WxError;

#[derive(Deserialize)]
struct Ask {
    access_token: Option<String>,
    openid: Option<String>,
}

/// Nickname and portrait have not been among the answers since the end of 2021.
#[handler]
pub(super) fn user_info(sim: Data<&Sim>, Query(ask): Query<Ask>) -> WxResult {
    sim.check_token(ask.access_token.as_deref())?;
    let openid = ask.openid.filter(|o| !o.is_empty());
    let openid = openid.ok_or_else(|| WxError::new(41009, "missing openid"))?;
    let state = sim.state();
    let user = state
        .by_openid(&openid)
        .ok_or_else(|| WxError::new(40003, "invalid openid"))?;
    if !user.following {
        return Ok(Json(json!({ "subscribe": 0, "openid": openid })));
    }
    let scene = user.scene.clone();
    let number = scene.as_deref().and_then(|s| s.parse::<u32>().ok());
    Ok(Json(json!({
        "subscribe": 1,
        "openid": openid,
        "language": "zh_CN",
        "subscribe_time": user.subscribed_at,
        "remark": "",
        "groupid": 0,
        "tagid_list": [],
        "subscribe_scene": if scene.is_some() { "ADD_SCENE_QR_CODE" } else { "ADD_SCENE_SEARCH" },
        "qr_scene": number.unwrap_or(0),
        "qr_scene_str": if number.is_some() { String::new() } else { scene.unwrap_or_default() },
    })))
}
