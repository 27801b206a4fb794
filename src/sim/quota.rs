//! Daily quotas by path: `POST /sim/quota`, 45009 when one is used up, `POST /cgi-bin/clear_quota`.

use std::collections::HashMap;

use poem::web::{Data, Json, Query};
use poem::{Body, handler};
use serde::Deserialize;
use serde_json::json;

use super::Sim;
use super::api::{self, ControlResult, WxResult};
use super::error::{ControlError, WxError};
use super::faults;
use super::token::TokenQuery;

const DAY_MS: i64 = 86_400_000;
/// Quotas begin anew at midnight in China.
const CHINA_MS: i64 = 8 * 3_600_000;
/// `clear_quota` per account and month.
const CLEARS_PER_MONTH: usize = 10;

/// What is left of the quotas that were set; other paths have no limit here.
#[derive(Default)]
pub(super) struct Quotas {
    day: i64,
    left: HashMap<String, u64>,
    /// When quotas were cleared, in the last thirty days.
    cleared: Vec<i64>,
}

impl Quotas {
    fn set(&mut self, path: String, left: u64, now: i64) {
        self.roll(now);
        self.left.insert(path, left);
    }

    fn roll(&mut self, now: i64) {
        let day = (now + CHINA_MS).div_euclid(DAY_MS);
        if day != self.day {
            self.day = day;
            self.left.clear();
        }
    }

    /// Counts a call; 45009 when none is left.
    pub fn take(&mut self, path: &str, now: i64) -> Result<(), WxError> {
        self.roll(now);
        match self.left.get_mut(path) {
            Some(0) => Err(WxError::new(45009, "reach max api daily quota limit")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn clear(&mut self, now: i64) -> Result<(), WxError> {
        self.cleared.retain(|at| now - at < 30 * DAY_MS);
        if self.cleared.len() >= CLEARS_PER_MONTH {
            let text = "forbid to clear quota because of reaching the limit";
            return Err(WxError::new(48006, text));
        }
        self.cleared.push(now);
        self.left.clear();
        Ok(())
    }
}

#[derive(Deserialize)]
struct Set {
    path: String,
    left: u64,
}

#[handler]
pub(super) async fn set(sim: Data<&Sim>, body: Body) -> ControlResult {
    let set: Set = api::control_body(body).await?;
    if !faults::is_wechat(&set.path) {
        return Err(ControlError::bad("bad_path", "path 须是微信接口的路径"));
    }
    let mut state = sim.state();
    let now = state.now_ms();
    state.quotas.set(set.path, set.left, now);
    Ok(Json(json!({ "ok": true })))
}

#[derive(Deserialize)]
struct Clear {
    #[serde(default)]
    appid: String,
}

/// 40013 for another AppID, 48006 after ten in a month.
#[handler]
pub(super) async fn clear(sim: Data<&Sim>, Query(query): Query<TokenQuery>, body: Body) -> WxResult {
    sim.check_token(query.access_token.as_deref())?;
    let ask: Clear = api::parse(&api::body(body).await?)?;
    if ask.appid != sim.cfg().app_id {
        return Err(WxError::new(40013, "invalid appid"));
    }
    let mut state = sim.state();
    let now = state.now_ms();
    state.quotas.clear(now)?;
    Ok(api::ok())
}
