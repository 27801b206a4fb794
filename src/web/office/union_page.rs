//! `/office/unions/:id`: one union, how it is reached, its officers, and what an administrator may do with it.

use super::super::ctx::Ctx;
use super::super::page::{Base, page, see_other};
use super::Who;
use super::union_list::{Tabs, tabs};
use crate::error::Result;
use crate::kernel::Time;
use crate::supervision::trail;
use crate::union::registrations::Details;
use crate::union::rights::{self, Act};
use crate::union::staff::Member;
use crate::union::{Kind, Officer, Union, changes, overview, staff, tree};
use askama::Template;
use poem::web::Path;
use poem::{Response, handler};
use serde_json::json;

#[derive(Template, Default)]
#[template(path = "office/union.html")]
pub struct UnionPage {
    pub base: Base,
    pub who: Option<Who>,
    pub tabs: Tabs,
    pub id: String,
    pub name: String,
    pub kind: &'static str,
    pub above: Option<(String, String)>,
    pub below: i64,
    pub open_work: i64,
    pub details: Option<Details>,
    pub members: Vec<MemberLine>,
    pub may_add: bool,
    pub may_rename: bool,
    pub may_move: bool,
}

/// A line of the officers.
pub struct MemberLine {
    pub href: Option<String>,
    pub name: String,
    pub roles: String,
    pub phone: String,
    pub bound: bool,
    pub has_password: bool,
    pub seen: String,
}

pub fn member(one: Member, manages: bool) -> MemberLine {
    let roles: Vec<&str> = one.roles.iter().map(|role| role.label()).collect();
    MemberLine {
        href: manages.then(|| format!("/office/officers/{}", one.id)),
        name: one.name,
        roles: roles.join("、"),
        phone: one.phone,
        bound: one.bound,
        has_password: one.has_password,
        seen: one
            .seen_at
            .map_or_else(|| "还没有登录".to_owned(), Time::short_text),
    }
}

/// The union above, when the officer sees it.
async fn above(ctx: &Ctx, officer: &Officer, union: &Union) -> Result<Option<(String, String)>> {
    let Some(parent) = &union.parent_id else {
        return Ok(None);
    };
    let parent = tree::find(&ctx.app, parent).await?;
    Ok(Some(if rights::sees(officer, &parent) {
        (format!("/office/unions/{}", parent.id), parent.name)
    } else {
        (String::new(), parent.name)
    }))
}

/// `GET /office/unions/:id`
#[handler]
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let union = rights::within(&ctx.app, &officer, &id).await?;
    if union.kind == Kind::Provider {
        return Ok(see_other(&super::union_officers::home(&officer, &union)));
    }
    trail::note(&ctx.app, &officer, "union.read", json!({ "union": id })).await?;
    let counts = overview::line(&ctx.app, &officer, &id).await?;
    let members = staff::list(&ctx.app, &officer, &id).await?;
    let manages = officer.can(Act::ManageUnions);
    let staffs = officer.can(Act::ManageOfficers);
    page(&UnionPage {
        base: ctx.base(&union.name),
        who: Who::of(&officer, "unions"),
        tabs: tabs(&ctx.app, &officer, "unions").await?,
        above: above(&ctx, &officer, &union).await?,
        details: overview::details(&ctx.app, &officer, &id).await?,
        members: members.into_iter().map(|one| member(one, staffs)).collect(),
        may_add: staffs,
        may_rename: manages && !matches!(union.kind, Kind::City | Kind::Centre | Kind::Provider),
        may_move: manages && changes::may_move(&officer, &union),
        kind: union.kind.label(),
        name: union.name,
        below: counts.below,
        open_work: counts.open_work,
        id,
    })
}
