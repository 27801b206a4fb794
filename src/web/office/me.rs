//! `/office/me`: who one is here, and the WeChat that new work is told to.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, page, see_other};
use super::Who;
use super::sign_in::Nothing;
use crate::error::Result;
use crate::union::officers;
use askama::Template;
use poem::{Response, handler};

#[derive(Template)]
#[template(path = "office/me.html")]
pub struct MePage {
    pub base: Base,
    pub who: Option<Who>,
    pub name: String,
    pub union: String,
    pub roles: String,
    pub phone: String,
    pub bound: bool,
}

/// `GET /office/me`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    page(&MePage {
        base: ctx.base("我的账号"),
        who: Who::of(&officer, "me"),
        name: officer.name.clone(),
        union: officer.union.name.clone(),
        roles: super::view::roles(&officer),
        phone: officers::phone(&ctx.app, &officer.id).await?.masked(),
        bound: officer.openid.is_some(),
    })
}

/// `POST /office/me/unbind`
#[handler]
pub async fn unbind(posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let officer = super::signed_in(&ctx).await?;
    officers::bind(&ctx.app, &officer.id, None).await?;
    ctx.flash("已解除微信绑定，新的待办不再发到您的微信");
    Ok(see_other("/office/me"))
}
