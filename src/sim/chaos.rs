//! Callbacks that misbehave: `POST /sim/callbacks`, `POST /sim/format`.

use std::time::Duration;

use poem::web::{Data, Json};
use poem::{Body, handler};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Sim;
use super::api::{self, ControlResult};
use super::callback::Prepared;
use super::incoming::Format;

/// A held callback goes out after this even if nothing overtakes it.
pub(super) const HELD_AT_MOST: Duration = Duration::from_secs(3);

/// What goes wrong with callbacks from now on, until `DELETE /sim/callbacks`.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Misbehaviour {
    /// Each message is sent this many times more, at once, whatever is answered.
    #[serde(default)]
    pub duplicate: u32,
    /// Each message waits so long before it is sent.
    #[serde(default)]
    pub delay_ms: u64,
    /// So many messages are held back until one that came later has been delivered.
    #[serde(default)]
    pub hold: u32,
    /// So many answers get lost on the way back: WeChat then tries again.
    #[serde(default)]
    pub drop_answer: u32,
}

#[derive(Default)]
pub(super) struct Chaos {
    pub does: Misbehaviour,
    pub held: Vec<(u64, Prepared)>,
}

impl Chaos {
    /// Whether the next message is to be held.
    pub fn takes_hold(&mut self) -> bool {
        let holds = self.does.hold > 0;
        self.does.hold = self.does.hold.saturating_sub(1);
        holds
    }

    /// Whether the next answer gets lost.
    pub fn takes_drop(&mut self) -> bool {
        let drops = self.does.drop_answer > 0;
        self.does.drop_answer = self.does.drop_answer.saturating_sub(1);
        drops
    }
}

#[handler]
pub(super) async fn misbehave(sim: Data<&Sim>, body: Body) -> ControlResult {
    let does: Misbehaviour = api::control_body(body).await?;
    sim.state().chaos.does = does;
    Ok(Json(json!({ "ok": true })))
}

#[handler]
pub(super) fn show(sim: Data<&Sim>) -> ControlResult {
    Ok(Json(json!(sim.state().chaos.does)))
}

#[handler]
pub(super) fn clear(sim: Data<&Sim>) -> ControlResult {
    sim.state().chaos.does = Misbehaviour::default();
    Ok(Json(json!({ "ok": true })))
}

#[derive(Deserialize)]
struct SetFormat {
    format: Format,
}

#[handler]
pub(super) async fn set_format(sim: Data<&Sim>, body: Body) -> ControlResult {
    let set: SetFormat = api::control_body(body).await?;
    sim.state().format = set.format;
    Ok(Json(json!({ "ok": true })))
}
