//! Conditional menus: `/cgi-bin/menu/addconditional`, `/delconditional`, `/trymatch`.
//!
//! Source: WeChat, 个性化菜单接口. A phone shows the newest menu whose rule it fits, else the default one.

use poem::web::{Data, Json, Query};
use poem::{Body, handler};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Sim;
use super::api::{self, WxResult};
use super::error::WxError;
use super::menu;
use super::state::{State, User};
use super::token::TokenQuery;

/// Languages a rule may name.
const LANGUAGES: [&str; 18] = [
    "zh_CN", "zh_TW", "zh_HK", "en", "id", "ms", "es", "ko", "it", "ja", "pl", "pt", "ru", "th", "vi", "ar",
    "hi", "he",
];
/// What the simulator's phones are: 1 is iOS, 2 Android, 3 others.
const PLATFORM: &str = "2";

pub(super) struct Conditional {
    pub id: String,
    pub menu: Value,
    pub rule: Map<String, Value>,
}

impl Conditional {
    fn fits(&self, user: &User) -> bool {
        self.rule.iter().all(|(name, wanted)| {
            let wanted = wanted.as_str().unwrap_or_default();
            match name.as_str() {
                "tag_id" => user.tags.iter().any(|tag| tag.to_string() == wanted),
                "language" => user.language == wanted,
                "client_platform_type" => PLATFORM == wanted,
                _ => false,
            }
        })
    }

    /// As `menu/get` lists it.
    pub fn view(&self) -> Value {
        json!({ "button": self.menu["button"], "matchrule": self.rule, "menuid": self.id })
    }
}

impl State {
    /// The menu on a user's phone, and its id if it is a conditional one.
    pub fn menu_of(&self, user: &User) -> (Option<&Value>, Option<&str>) {
        match self.conditional.iter().rev().find(|c| c.fits(user)) {
            Some(found) => (Some(&found.menu), Some(&found.id)),
            None => (self.menu.as_ref(), None),
        }
    }
}

/// The conditions that say something. 65304 none, 45159 a tag there is not, 40035 anything else.
fn check_rule(state: &State, body: &Value) -> Result<Map<String, Value>, WxError> {
    let mut rule = Map::new();
    let asked = body.get("matchrule").and_then(Value::as_object);
    for (name, value) in asked.into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if value.is_empty() || value == "null" {
            continue;
        }
        let known = match name.as_str() {
            "tag_id" if value.parse().is_ok_and(|id| state.tags.exists(id)) => true,
            "tag_id" => return Err(WxError::new(45159, "invalid tag")),
            "language" => LANGUAGES.contains(&value.as_str()),
            "client_platform_type" => matches!(value.as_str(), "1" | "2" | "3"),
            // Sex and places have not been conditions since 2021.
            _ => false,
        };
        if !known {
            return Err(WxError::new(40035, "invalid parameter"));
        }
        rule.insert(name.clone(), json!(value));
    }
    if rule.is_empty() {
        return Err(WxError::new(65304, "match rule empty"));
    }
    Ok(rule)
}

/// 65303 without a default menu.
#[handler]
pub(super) async fn add(sim: Data<&Sim>, Query(query): Query<TokenQuery>, body: Body) -> WxResult {
    sim.check_token(query.access_token.as_deref())?;
    let body: Value = menu::read(&api::body(body).await?)?;
    let menu = menu::check(&body)?;
    let mut state = sim.state();
    if state.menu.is_none() {
        return Err(WxError::new(
            65303,
            "there is no selfmenu, please create selfmenu first",
        ));
    }
    let rule = check_rule(&state, &body)?;
    let id = (state.next_id() % 1_000_000_000).to_string();
    state.conditional.push(Conditional {
        id: id.clone(),
        menu,
        rule,
    });
    Ok(Json(json!({ "menuid": id })))
}

#[derive(Deserialize)]
struct Delete {
    #[serde(default)]
    menuid: Value,
}

/// 65301 for a menu there is not.
#[handler]
pub(super) async fn delete(sim: Data<&Sim>, Query(query): Query<TokenQuery>, body: Body) -> WxResult {
    sim.check_token(query.access_token.as_deref())?;
    let ask: Delete = api::parse(&api::body(body).await?)?;
    let id = ask
        .menuid
        .as_str()
        .map_or_else(|| ask.menuid.to_string(), str::to_owned);
    let mut state = sim.state();
    let at = state.conditional.iter().position(|c| c.id == id);
    let at = at.ok_or_else(|| WxError::new(65301, "not exist this menuid"))?;
    state.conditional.remove(at);
    Ok(api::ok())
}

#[derive(Deserialize)]
struct Try {
    #[serde(default)]
    user_id: String,
}

/// 65302 for somebody who is not a follower; 46003 when there is no menu at all.
#[handler]
pub(super) async fn try_match(sim: Data<&Sim>, Query(query): Query<TokenQuery>, body: Body) -> WxResult {
    sim.check_token(query.access_token.as_deref())?;
    let ask: Try = api::parse(&api::body(body).await?)?;
    let state = sim.state();
    let user = state.by_openid(&ask.user_id).filter(|u| u.following);
    let user = user.ok_or_else(|| WxError::new(65302, "there is no this user"))?;
    match state.menu_of(user).0 {
        Some(menu) => Ok(Json(json!({ "button": menu["button"] }))),
        None => Err(WxError::new(46003, "menu no exist")),
    }
}
