//! `/office/reset`: a new password by SMS code; who was added by phone sets the first one here.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, page, page_again, see_other};
use crate::account::slider;
use crate::error::Result;
use crate::union::passwords::{self, Reset};
use askama::Template;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template, Default)]
#[template(path = "office/reset.html")]
pub struct ResetPage {
    pub base: Base,
    pub errors: Errors,
    pub phone: String,
    pub challenge: String,
}

async fn filled(ctx: &Ctx, phone: String) -> Result<ResetPage> {
    Ok(ResetPage {
        base: ctx.base("设置密码"),
        errors: Errors::default(),
        phone,
        challenge: slider::challenge(&ctx.app).await?,
    })
}

/// `GET /office/reset`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    page(&filled(&ctx, String::new()).await?)
}

/// What is typed.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

/// `POST /office/reset`
#[handler]
pub async fn enter(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let typed = Reset {
        phone: &form.phone,
        code: &form.code,
        password: &form.password,
        again: &form.again,
    };
    if let Err(error) = passwords::reset(&ctx.app, &typed).await {
        let mut again = filled(&ctx, form.phone).await?;
        again.errors = super::wrong(error)?;
        return page_again(&again);
    }
    ctx.flash("密码已设置，请用新密码登录");
    Ok(see_other("/office/sign-in"))
}
