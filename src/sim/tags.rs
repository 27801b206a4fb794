//! User tags: `/cgi-bin/tags/create`, `/get`, `/delete`, `/members/batchtagging`, `/members/batchuntagging`.
//!
//! Source: WeChat, 用户标签管理. 100 tags, names of at most 30 bytes, 20 tags on a user, 50 users in a call.

use poem::web::{Data, Json, Query};
use poem::{Body, handler};
use serde::Deserialize;
use serde_json::json;

use super::Sim;
use super::api::{self, WxResult};
use super::error::WxError;
use super::state::State;
use super::token::TokenQuery;

const MAX_TAGS: usize = 100;
const MAX_NAME_BYTES: usize = 30;
const MAX_PER_USER: usize = 20;
const MAX_USERS: usize = 50;
/// Ids below are WeChat's own (2 is 星标组).
const FIRST_ID: u32 = 100;

#[derive(Default)]
pub(super) struct Tags {
    made: Vec<(u32, String)>,
    last: u32,
}

impl Tags {
    pub fn exists(&self, id: u32) -> bool {
        self.made.iter().any(|(made, _)| *made == id)
    }

    fn must_exist(&self, id: u32) -> Result<(), WxError> {
        if self.exists(id) {
            Ok(())
        } else {
            Err(WxError::new(45159, "invalid tag"))
        }
    }
}

#[derive(Deserialize)]
struct Named {
    tag: Tag,
}

#[derive(Deserialize)]
struct Tag {
    #[serde(default)]
    name: String,
    #[serde(default)]
    id: u32,
}

/// 45157 a name there is already, 45158 too long, 45056 too many tags.
#[handler]
pub(super) async fn create(sim: Data<&Sim>, Query(query): Query<TokenQuery>, body: Body) -> WxResult {
    sim.check_token(query.access_token.as_deref())?;
    let Named { tag } = api::parse(&api::body(body).await?)?;
    let mut state = sim.state();
    let tags = &mut state.tags;
    if tag.name.is_empty() || tags.made.iter().any(|(_, name)| *name == tag.name) {
        return Err(WxError::new(45157, "invalid tag name"));
    }
    if tag.name.len() > MAX_NAME_BYTES {
        return Err(WxError::new(45158, "tag name too long"));
    }
    if tags.made.len() >= MAX_TAGS {
        return Err(WxError::new(45056, "too many tag now, please delete unuse tag"));
    }
    tags.last = tags.last.max(FIRST_ID - 1) + 1;
    let id = tags.last;
    tags.made.push((id, tag.name.clone()));
    Ok(Json(json!({ "tag": { "id": id, "name": tag.name } })))
}

#[handler]
pub(super) fn list(sim: Data<&Sim>, Query(query): Query<TokenQuery>) -> WxResult {
    sim.check_token(query.access_token.as_deref())?;
    let state = sim.state();
    let count = |id: u32| state.users.iter().filter(|u| u.tags.contains(&id)).count();
    let tags = state.tags.made.iter();
    let tags: Vec<_> = tags
        .map(|(id, name)| json!({ "id": id, "name": name, "count": count(*id) }))
        .collect();
    Ok(Json(json!({ "tags": tags })))
}

#[handler]
pub(super) async fn delete(sim: Data<&Sim>, Query(query): Query<TokenQuery>, body: Body) -> WxResult {
    sim.check_token(query.access_token.as_deref())?;
    let Named { tag } = api::parse(&api::body(body).await?)?;
    let mut state = sim.state();
    state.tags.must_exist(tag.id)?;
    state.tags.made.retain(|(id, _)| *id != tag.id);
    for user in &mut state.users {
        user.tags.retain(|id| *id != tag.id);
    }
    Ok(api::ok())
}

#[derive(Deserialize)]
struct Members {
    #[serde(default)]
    openid_list: Vec<String>,
    #[serde(default)]
    tagid: u32,
}

impl Members {
    /// 40032 too many or none, 45159 no such tag, 40003 no such follower, 45059 too many tags on one.
    fn check(&self, state: &State, adds: bool) -> Result<(), WxError> {
        if self.openid_list.is_empty() || self.openid_list.len() > MAX_USERS {
            return Err(WxError::new(40032, "invalid openid list size"));
        }
        state.tags.must_exist(self.tagid)?;
        for openid in &self.openid_list {
            let user = state.by_openid(openid).filter(|u| u.following);
            let user = user.ok_or_else(|| WxError::new(40003, "invalid openid"))?;
            if adds && !user.tags.contains(&self.tagid) && user.tags.len() >= MAX_PER_USER {
                return Err(WxError::new(45059, "user already has too many tags"));
            }
        }
        Ok(())
    }
}

async fn change(sim: &Sim, query: TokenQuery, body: Body, adds: bool) -> WxResult {
    sim.check_token(query.access_token.as_deref())?;
    let members: Members = api::parse(&api::body(body).await?)?;
    let mut state = sim.state();
    members.check(&state, adds)?;
    let named = |openid: &String| members.openid_list.contains(openid);
    for user in state.users.iter_mut().filter(|u| named(&u.openid)) {
        user.tags.retain(|id| *id != members.tagid);
        if adds {
            user.tags.push(members.tagid);
        }
    }
    Ok(api::ok())
}

#[handler]
pub(super) async fn add_to(sim: Data<&Sim>, Query(query): Query<TokenQuery>, body: Body) -> WxResult {
    change(&sim, query, body, true).await
}

#[handler]
pub(super) async fn take_from(sim: Data<&Sim>, Query(query): Query<TokenQuery>, body: Body) -> WxResult {
    change(&sim, query, body, false).await
}
