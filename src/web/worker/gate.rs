//! What stands before sign-in and sign-up: the slider and the SMS code; and the way out.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{ErrorLine, Errors, see_other};
use super::json;
use crate::account::sign_ins::Way;
use crate::account::{Worker, slider, sms_code, workers};
use crate::error::Result;
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
            (
                Some(name),
                Refusal::Empty | Refusal::TooShort { .. } | Refusal::TooLong { .. } | Refusal::NotAChoice,
            ) => {
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
        "password" => Some("密码"),
        "password_again" => Some("确认密码"),
        "district" => Some("所在地"),
        "education" => Some("学历情况"),
        "skill" => Some("技能情况"),
        "email" => Some("联系邮箱"),
        _ => None,
    }
}

/// No field of the form is needed.
#[derive(Deserialize)]
pub struct Nothing {}

/// `POST /sign-out`.
#[handler]
pub async fn sign_out(posted: Posted<Nothing>) -> Result<Response> {
    posted.ctx.sign_out_worker().await?;
    posted.ctx.flash("已退出登录");
    Ok(see_other("/"))
}

/// Signs in whoever has proven to be the worker, and binds the WeChat they came with. An account that this
/// WeChat was bound to before is told by SMS, and the person how to make one of two.
pub async fn let_in(ctx: &Ctx, worker: &Worker, way: Way) -> Result<()> {
    if let Some(openid) = ctx.openid()
        && worker.openid.as_deref() != Some(&openid)
    {
        let moved = workers::bind(&ctx.app, &worker.id, &openid, None).await?;
        if moved {
            ctx.flash(
                "您的微信原来绑定在另一个账户，现已改为绑定这个账户。如果两个账户都是您的，可以在“我的”中合并",
            );
        }
    }
    ctx.sign_in_worker(&worker.id, way).await
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
            ("district", Refusal::NotAChoice),
        ]);
        let texts: Vec<_> = named(&wrong).0.into_iter().map(|line| line.text).collect();
        assert_eq!(texts[0], "姓名：请填写此项");
        assert!(texts[1].starts_with("企业/单位：太短了"));
        assert_eq!(texts[2], Refusal::PhoneMalformed.text());
        assert!(texts[3].starts_with("所在地："));
    }
}
