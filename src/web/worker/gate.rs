//! What stands before sign-in and sign-up: the slider and the SMS code; and the way out.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::see_other;
use super::json;
use crate::account::{Worker, slider, sms_code, workers};
use crate::error::{Door, Result};
use crate::kernel::{Phone, Refusal, time};
use poem::{Response, handler};
use serde::Deserialize;

/// `GET /slider`: another challenge, `{"challenge"}`.
#[handler]
pub async fn challenge(ctx: Ctx) -> Result<Response> {
    Ok(json(
        serde_json::json!({ "challenge": slider::challenge(&ctx.app).await? }),
    ))
}

/// The slider's answer. `track` is JSON: a list of [x in permille, milliseconds since the press].
#[derive(Deserialize)]
pub struct Solved {
    challenge: String,
    track: String,
}

/// `POST /slider`: gives `{"pass"}`, good for one code.
#[handler]
pub async fn solve(posted: Posted<Solved>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let track: Vec<slider::Point> = serde_json::from_str(&form.track).map_err(|_| Refusal::SliderFailed)?;
    let pass = slider::solve(&ctx.app, ctx.address(), &form.challenge, &track).await?;
    Ok(json(serde_json::json!({ "pass": pass })))
}

/// The request for a code.
#[derive(Deserialize)]
pub struct Wanted {
    phone: String,
    #[serde(default)]
    pass: String,
}

/// `POST /sms/code`: sends a code, gives `{"wait_s"}` until the next may be asked for.
#[handler]
pub async fn send_code(posted: Posted<Wanted>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    // The phone first: a slip in it does not use the slider's pass up.
    let phone = Phone::parse(&form.phone, &ctx.app.config.virtual_segments)?;
    sms_code::send(&ctx.app, &phone, ctx.address(), &form.pass).await?;
    Ok(json(
        serde_json::json!({ "wait_s": sms_code::GAP / time::SECOND }),
    ))
}

/// No field of the form is needed.
#[derive(Deserialize)]
pub struct Nothing {}

/// `POST /sign-out`.
#[handler]
pub async fn sign_out(posted: Posted<Nothing>) -> Result<Response> {
    posted.ctx.sign_out(Door::Worker);
    posted.ctx.flash("已退出登录");
    Ok(see_other("/"))
}

/// Signs in whoever has proven the phone, and binds the WeChat they came with.
pub async fn let_in(ctx: &Ctx, worker: &Worker) -> Result<()> {
    if let Some(openid) = ctx.openid()
        && worker.openid.as_deref() != Some(&openid)
    {
        workers::bind(&ctx.app, &worker.id, &openid, None).await?;
    }
    ctx.sign_in_worker(&worker.id);
    Ok(())
}
