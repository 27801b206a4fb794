//! What stands before sign-in and sign-up: the slider and the SMS code; and the way out.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{ErrorLine, Errors, see_other};
use super::json;
use crate::account::{Worker, slider, sms_code, workers};
use crate::error::{Door, Result};
use crate::kernel::{FieldErrors, Phone, Refusal, time};
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

/// The doors' errors for their pages: what does not tell its field by itself gets the field's name before it.
pub fn named(wrong: &FieldErrors) -> Errors {
    let line = |(field, refusal): &(&'static str, Refusal)| ErrorLine {
        field,
        text: match (label(field), refusal) {
            (Some(name), Refusal::Empty | Refusal::TooShort { .. } | Refusal::TooLong { .. }) => {
                format!("{name}：{}", refusal.text())
            }
            _ => refusal.text(),
        },
    };
    Errors(wrong.0.iter().map(line).collect())
}

/// What the pages call the field.
fn label(field: &str) -> Option<&'static str> {
    match field {
        "phone" => Some("手机号"),
        "code" => Some("短信验证码"),
        "name" => Some("姓名"),
        "employer" => Some("企业/单位"),
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// ux.md: the summary's lines are understood without their fields.
    #[test]
    fn every_error_names_its_field() {
        let wrong = FieldErrors(vec![
            ("name", Refusal::Empty),
            ("employer", Refusal::TooShort { min: 2 }),
            ("phone", Refusal::PhoneMalformed),
        ]);
        let texts: Vec<_> = named(&wrong).0.into_iter().map(|line| line.text).collect();
        assert_eq!(texts[0], "姓名：请填写此项");
        assert!(texts[1].starts_with("企业/单位：太短了"));
        assert_eq!(texts[2], Refusal::PhoneMalformed.text());
    }
}
