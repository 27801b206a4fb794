//! `POST /wxa/msg_sec_check`: content security of free text, both versions.

use poem::web::{Data, Json, Query};
use poem::{Body, handler};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Sim;
use super::api::{self, ControlResult, WxResult};
use super::error::WxError;
use super::token::TokenQuery;

/// Longest text, in characters.
const MAX_CHARS: usize = 2500;
/// The user must have been in the mini program this recently.
const VISIT_MS: i64 = 7_200_000;

/// Words by which texts are judged here.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    #[serde(default)]
    risky: Vec<String>,
    #[serde(default)]
    review: Vec<String>,
}

impl Default for Words {
    fn default() -> Words {
        Words {
            risky: vec!["赌博".to_owned()],
            review: vec!["刷单".to_owned()],
        }
    }
}

impl Words {
    /// `suggest`, `label` of the finding, and the word.
    fn judge(&self, text: &str) -> (&'static str, u32, Option<&str>) {
        let found = |words: &'_ [String]| {
            words
                .iter()
                .position(|w| !w.is_empty() && text.contains(w.as_str()))
        };
        match (found(&self.risky), found(&self.review)) {
            (Some(at), _) => ("risky", 20006, Some(&self.risky[at])),
            (None, Some(at)) => ("review", 21000, Some(&self.review[at])),
            (None, None) => ("pass", 100, None),
        }
    }
}

#[handler]
pub(super) async fn set_words(sim: Data<&Sim>, body: Body) -> ControlResult {
    let words: Words = api::control_body(body).await?;
    sim.state().mini.words = words;
    Ok(Json(json!({ "ok": true })))
}

#[derive(Deserialize)]
struct Ask {
    #[serde(default)]
    content: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    nickname: String,
    #[serde(default)]
    version: Value,
    #[serde(default)]
    scene: i64,
    #[serde(default)]
    openid: String,
}

/// Version 2 asks for whom and where (40003, 61010, 40129) and answers a suggestion; version 1 answers 87014.
#[handler]
pub(super) async fn check(sim: Data<&Sim>, Query(query): Query<TokenQuery>, body: Body) -> WxResult {
    sim.check_mini_token(query.access_token.as_deref())?;
    let ask: Ask = api::parse(&api::body(body).await?)?;
    if ask.content.is_empty() {
        return Err(WxError::new(44004, "empty content"));
    }
    if ask.content.chars().count() > MAX_CHARS {
        return Err(WxError::new(45002, "content size out of limit"));
    }
    let state = sim.state();
    let text = format!("{}\n{}\n{}", ask.content, ask.title, ask.nickname);
    let (suggest, label, word) = state.mini.words.judge(&text);
    // Documented as a number, sent as a string by some.
    if ask.version != json!(2) && ask.version != json!("2") {
        return match suggest {
            "risky" => Err(WxError::new(87014, "risky content")),
            _ => Ok(api::ok()),
        };
    }
    let user = state
        .by_mini_openid(&ask.openid)
        .ok_or_else(|| WxError::new(40003, "invalid openid"))?;
    if !(1..=4).contains(&ask.scene) {
        return Err(WxError::new(40129, "invalid scene"));
    }
    let visit = state.mini.visits.get(&user.user);
    if visit.is_none_or(|at| state.now_ms() - at > VISIT_MS) {
        return Err(WxError::new(61010, "code is expired"));
    }
    let detail = json!([
        { "strategy": "content_model", "errcode": 0, "suggest": suggest, "label": label, "prob": 90 },
        { "strategy": "keyword", "errcode": 0, "suggest": suggest, "label": label, "level": 20, "keyword": word },
    ]);
    Ok(Json(json!({
        "errcode": 0,
        "errmsg": "ok",
        "detail": detail,
        "trace_id": super::callback::random_word(),
        "result": { "suggest": suggest, "label": label },
    })))
}
