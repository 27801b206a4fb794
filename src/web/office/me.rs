//! `/office/me`: who one is here, and the WeChat that new work is told to.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, page, see_other};
use super::Who;
use super::sign_in::Nothing;
use crate::error::Result;
use crate::union::{binding, officers};
use crate::wechat::qrcode::Scene;
use anyhow::Context as _;
use askama::Template;
use poem::http::header;
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

/// `GET /office/me/wechat-qr`: WeChat's code for this officer, drawn here. Every look makes a new one-time code.
#[handler]
pub async fn wechat_qr(ctx: Ctx) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let scene = Scene::Text(binding::offer(&ctx.app, &officer.id).await?);
    let code = ctx
        .app
        .wechat
        .temporary_qr(&scene, binding::VALID.as_secs() as u32)
        .await;
    let code = code.context("asking WeChat for a QR code")?;
    let svg = qrcode::QrCode::new(code.url.as_bytes()).context("drawing a QR code")?;
    let svg = svg
        .render::<qrcode::render::svg::Color>()
        .min_dimensions(220, 220)
        .build();
    Ok(Response::builder()
        .header(header::CONTENT_TYPE, "image/svg+xml")
        .header(header::CACHE_CONTROL, "no-store")
        .body(svg))
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
