//! `/office/sign-in/wechat`: after the password, a code is scanned with the officer's bound WeChat.

use super::super::ctx::Ctx;
use super::super::page::{Base, page, qr_picture, see_other};
use super::Who;
use super::sign_in::{Next, office_path};
use crate::error::Result;
use crate::kernel::Refusal;
use crate::union::binding::{self, Entering};
use crate::wechat::qrcode::Scene;
use anyhow::Context as _;
use askama::Template;
use poem::http::header;
use poem::web::{Json, Query};
use poem::{IntoResponse as _, Response, handler};
use serde_json::json;

#[derive(Template)]
#[template(path = "office/sign_in_wechat.html")]
pub struct ScanPage {
    pub base: Base,
    pub who: Option<Who>,
    pub next: String,
}

/// `GET /office/sign-in/wechat?next=`
#[handler]
pub async fn show(ctx: Ctx, Query(Next { next }): Query<Next>) -> Result<Response> {
    let Some(token) = ctx.officer_scan() else {
        return Ok(see_other("/office/sign-in"));
    };
    match binding::entering(&ctx.app, &token).await? {
        Entering::Entered(officer) => {
            super::let_in(&ctx, &officer).await?;
            Ok(see_other(office_path(&next)))
        }
        Entering::Over => {
            ctx.flash("扫码超时了，请重新登录");
            Ok(see_other("/office/sign-in"))
        }
        Entering::Waiting => page(&ScanPage {
            base: ctx.base("微信扫码验证"),
            who: None,
            next: office_path(&next).to_owned(),
        }),
    }
}

/// `GET /office/sign-in/wechat.json`: `{"state": "waiting" | "scanned" | "over"}` for the page's script.
#[handler]
pub async fn state(ctx: Ctx) -> Result<Response> {
    let scanned = match ctx.officer_scan() {
        Some(token) => binding::was_scanned(&ctx.app, &token).await?,
        None => None,
    };
    let state = match scanned {
        Some(true) => "scanned",
        Some(false) => "waiting",
        None => "over",
    };
    Ok(Json(json!({ "state": state }))
        .with_header(header::CACHE_CONTROL, "no-store")
        .into_response())
}

/// `GET /office/sign-in/wechat-qr`: WeChat's code for this sign-in.
#[handler]
pub async fn qr(ctx: Ctx) -> Result<Response> {
    let token = ctx.officer_scan().ok_or(Refusal::SignInAgain)?;
    let scene = Scene::Text(binding::enter_scene(&token));
    let code = ctx
        .app
        .wechat
        .temporary_qr(&scene, binding::VALID.as_secs() as u32)
        .await;
    qr_picture(&code.context("asking WeChat for a QR code")?.url)
}
