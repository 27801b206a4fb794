//! `/sign-up`: phone, slider, SMS code, name, employer, and the box 为我定制个性化的学习计划.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, local_path, page, page_again, see_other};
use super::gate;
use super::sign_in::Next;
use crate::account::{slider, workers};
use crate::error::{Error, Result};
use askama::Template;
use poem::web::Query;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template, Default)]
#[template(path = "worker/sign_up.html")]
pub struct SignUpPage {
    pub base: Base,
    pub errors: Errors,
    pub phone: String,
    pub full_name: String,
    pub employer: String,
    pub study_plan: bool,
    pub challenge: String,
    pub next: String,
}

/// What is typed.
#[derive(Deserialize, Default)]
pub struct Typed {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    employer: String,
    study_plan: Option<String>,
    #[serde(default)]
    next: String,
}

/// `GET /sign-up?next=`
#[handler]
pub async fn show(ctx: Ctx, Query(query): Query<Next>) -> Result<Response> {
    if ctx.worker().is_ok() {
        return Ok(see_other(local_path(&query.next)));
    }
    let typed = Typed {
        next: query.next,
        ..Typed::default()
    };
    page(&filled(&ctx, typed).await?)
}

async fn filled(ctx: &Ctx, typed: Typed) -> Result<SignUpPage> {
    Ok(SignUpPage {
        base: ctx.base("注册"),
        errors: Errors::default(),
        phone: typed.phone,
        full_name: typed.name,
        employer: typed.employer,
        study_plan: typed.study_plan.is_some(),
        challenge: slider::challenge(&ctx.app).await?,
        next: local_path(&typed.next).to_owned(),
    })
}

/// `POST /sign-up`
#[handler]
pub async fn enter(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let typed = workers::SignUp {
        phone: &form.phone,
        code: &form.code,
        name: &form.name,
        employer: &form.employer,
        study_plan: form.study_plan.is_some(),
    };
    match workers::sign_up(&ctx.app, &typed).await {
        Ok((worker, new)) => {
            gate::let_in(&ctx, &worker).await?;
            ctx.flash(if new {
                "注册成功"
            } else {
                "这个手机号已经注册过，已为您登录"
            });
            Ok(see_other(local_path(&form.next)))
        }
        Err(Error::Invalid(wrong)) => {
            let mut again = filled(&ctx, form).await?;
            again.errors = gate::named(&wrong);
            page_again(&again)
        }
        Err(other) => Err(other),
    }
}
