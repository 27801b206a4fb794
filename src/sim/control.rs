//! The control API: what a person does with a phone, and what a test wants to know.

use poem::web::{Data, Json, Query};
use poem::{Body, handler};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Sim;
use super::acts::outcome;
use super::api::{self, ControlResult};
use super::error::ControlError;
use super::incoming::Incoming;
use super::state::{Body as Shown, State, User};

#[handler]
pub(super) fn users(sim: Data<&Sim>) -> Json<Value> {
    let users: Vec<_> = sim.state().users.iter().map(User::view).collect();
    Json(json!({ "users": users }))
}

#[derive(Deserialize)]
struct NewUser {
    user: String,
    nickname: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    role: String,
    /// `zh_CN`, `en` …; conditional menus match it.
    language: Option<String>,
}

impl NewUser {
    fn check(&self) -> Result<(), ControlError> {
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        if !(1..=32).contains(&self.user.len()) || !self.user.chars().all(word) {
            return Err(ControlError::bad(
                "bad_user",
                "用户名须为 1 到 32 个小写字母、数字、_ 或 -",
            ));
        }
        if !(1..=32).contains(&self.nickname.trim().chars().count()) {
            return Err(ControlError::bad("bad_nickname", "昵称须为 1 到 32 个字"));
        }
        let phone = &self.phone;
        if !phone.is_empty() && (phone.len() != 11 || !phone.chars().all(|c| c.is_ascii_digit())) {
            return Err(ControlError::bad("bad_phone", "手机号须为 11 位数字"));
        }
        Ok(())
    }
}

/// Makes a user, or changes nickname and phone of one; SMS kept for the number arrive.
#[handler]
pub(super) async fn add_user(sim: Data<&Sim>, body: Body) -> ControlResult {
    let new: NewUser = api::control_body(body).await?;
    new.check()?;
    let mut state = sim.state();
    let holder = state
        .users
        .iter()
        .find(|u| !u.phone.is_empty() && u.phone == new.phone && u.user != new.user);
    if let Some(holder) = holder {
        return Err(ControlError::conflict(
            "phone_taken",
            format!("这个号码是 {} 的", holder.nickname),
        ));
    }
    let mine = state.stray_sms.remove(&new.phone).unwrap_or_default();
    if state.user(&new.user).is_none() {
        state
            .users
            .push(User::new(&new.user, &new.nickname, &new.phone, &new.role));
    }
    let user = state
        .user_mut(&new.user)
        .ok_or_else(|| ControlError::unknown_user(&new.user))?;
    user.nickname = new.nickname.trim().to_owned();
    user.phone = new.phone;
    if let Some(language) = new.language {
        user.language = language;
    }
    user.items.extend(mine);
    user.items.sort_by_key(|item| item.seq);
    Ok(Json(json!(user.view())))
}

#[derive(Deserialize)]
struct Act {
    user: String,
    scene: Option<String>,
    ticket: Option<String>,
}

/// The user's openid and whether the user follows.
pub(super) fn known(state: &State, user: &str) -> Result<(String, bool), ControlError> {
    let user = state.user(user).ok_or_else(|| ControlError::unknown_user(user))?;
    Ok((user.openid.clone(), user.following))
}

pub(super) fn must_follow(state: &State, user: &str) -> Result<String, ControlError> {
    match known(state, user)? {
        (openid, true) => Ok(openid),
        (_, false) => Err(ControlError::conflict("not_following", "还没有关注公众号")),
    }
}

/// Following again is no event: WeChat has no button for it.
fn set_following(state: &mut State, user: &str, scene: Option<&str>) -> Result<String, ControlError> {
    let (openid, following) = known(state, user)?;
    if following {
        return Err(ControlError::conflict("already_following", "已经关注了"));
    }
    let now = state.now_ms() / 1000;
    if let Some(user) = state.user_mut(user) {
        user.following = true;
        user.subscribed_at = now;
        user.scene = scene.map(str::to_owned);
    }
    state.show(
        &openid,
        Shown::Notice {
            text: "您已关注该公众号".to_owned(),
        },
    );
    Ok(openid)
}

#[handler]
pub(super) async fn follow(sim: Data<&Sim>, body: Body) -> ControlResult {
    let act: Act = api::control_body(body).await?;
    let openid = set_following(&mut sim.state(), &act.user, act.scene.as_deref())?;
    let ticket = act
        .scene
        .as_deref()
        .and_then(|s| sim.state().qrcodes.by_scene(s).map(|c| c.ticket.clone()));
    outcome(&sim, &openid, &Incoming::subscribe(act.scene, ticket)).await
}

#[handler]
pub(super) async fn unfollow(sim: Data<&Sim>, body: Body) -> ControlResult {
    let act: Act = api::control_body(body).await?;
    let openid = {
        let mut state = sim.state();
        let openid = must_follow(&state, &act.user)?;
        if let Some(user) = state.user_mut(&act.user) {
            user.following = false;
            user.scene = None;
        }
        state.show(
            &openid,
            Shown::Notice {
                text: "您已取消关注".to_owned(),
            },
        );
        openid
    };
    outcome(&sim, &openid, &Incoming::unsubscribe()).await
}

/// The scene and ticket of what is scanned; a ticket must be one that was made and still holds.
fn scanned(state: &State, act: &Act) -> Result<(String, Option<String>), ControlError> {
    let code = match (&act.ticket, &act.scene) {
        (Some(ticket), _) => state.qrcodes.by_ticket(ticket),
        (None, Some(scene)) => match state.qrcodes.by_scene(scene) {
            None => return Ok((scene.clone(), None)),
            code => code,
        },
        (None, None) => return Err(ControlError::bad("no_scene", "须说明 scene 或 ticket")),
    };
    let code = code.ok_or_else(|| ControlError::bad("unknown_ticket", "没有这个二维码"))?;
    if code.until.is_some_and(|until| until <= state.now_ms()) {
        return Err(ControlError::bad("expired_ticket", "二维码已过期"));
    }
    Ok((code.scene.clone(), Some(code.ticket.clone())))
}

#[handler]
pub(super) async fn scan(sim: Data<&Sim>, body: Body) -> ControlResult {
    let act: Act = api::control_body(body).await?;
    let (openid, incoming) = {
        let mut state = sim.state();
        let (openid, following) = known(&state, &act.user)?;
        let (scene, ticket) = scanned(&state, &act)?;
        if following {
            (openid, Incoming::scan(scene, ticket))
        } else {
            set_following(&mut state, &act.user, Some(&scene))?;
            (openid, Incoming::subscribe(Some(scene), ticket))
        }
    };
    outcome(&sim, &openid, &incoming).await
}

#[derive(Deserialize)]
struct Inbox {
    user: Option<String>,
    phone: Option<String>,
    #[serde(default)]
    after: u64,
}

#[handler]
pub(super) fn inbox(sim: Data<&Sim>, Query(ask): Query<Inbox>) -> ControlResult {
    let state = sim.state();
    let items: Vec<_> = match (&ask.user, &ask.phone) {
        (Some(user), _) => {
            let user = state.user(user).ok_or_else(|| ControlError::unknown_user(user))?;
            user.items.iter().collect()
        }
        (None, Some(phone)) => {
            let owned = state
                .users
                .iter()
                .filter(|u| u.phone == *phone)
                .flat_map(|u| &u.items);
            let stray = state.stray_sms.get(phone).into_iter().flatten();
            owned
                .filter(|item| matches!(item.body, Shown::Sms { .. }))
                .chain(stray)
                .collect()
        }
        (None, None) => return Err(ControlError::bad("no_user", "须说明 user 或 phone")),
    };
    let items: Vec<_> = items.into_iter().filter(|item| item.seq > ask.after).collect();
    Ok(Json(
        json!({ "items": items, "last": items.last().map_or(ask.after, |i| i.seq) }),
    ))
}

#[derive(Deserialize)]
struct Expire {
    #[serde(default)]
    kind: ExpireKind,
}

#[derive(Deserialize, Default, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum ExpireKind {
    #[default]
    Expired,
    Invalid,
}

#[handler]
pub(super) async fn expire_tokens(sim: Data<&Sim>, body: Body) -> ControlResult {
    let expire: Expire = api::control_body(body).await?;
    let mut state = sim.state();
    let now = state.now_ms();
    let invalid = expire.kind == ExpireKind::Invalid;
    state.tokens.end_all(now, invalid);
    state.mini.tokens.end_all(now, invalid);
    Ok(Json(json!({ "ok": true })))
}

#[derive(Deserialize)]
struct Advance {
    advance_ms: u32,
}

#[handler]
pub(super) async fn clock(sim: Data<&Sim>, body: Body) -> ControlResult {
    let advance: Advance = api::control_body(body).await?;
    let mut state = sim.state();
    state.skew_ms = state.skew_ms.saturating_add(i64::from(advance.advance_ms));
    Ok(Json(json!({ "now": state.now_ms() })))
}

#[handler]
pub(super) async fn verify_callback(sim: Data<&Sim>) -> Json<Value> {
    Json(sim.verify_callback().await)
}

#[handler]
pub(super) fn stats(sim: Data<&Sim>) -> Json<Value> {
    Json(json!(sim.state().stats))
}

#[handler]
pub(super) fn reset(sim: Data<&Sim>) -> Json<Value> {
    let mut state = sim.state();
    let epoch = state.epoch + 1;
    *state = State::fresh(epoch);
    Json(json!({ "ok": true }))
}
