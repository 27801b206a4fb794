//! `/sign-in`: phone, slider, SMS code; WeChat inside WeChat.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::kept;
use super::super::page::{Base, Errors, local_path, page, page_again, see_other};
use super::gate;
use crate::account::sign_ins::Way;
use crate::account::{slider, workers};
use crate::error::{Error, Result};
use askama::Template;
use poem::web::Query;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template, Default)]
#[template(path = "worker/sign_in.html")]
pub struct SignInPage {
    pub base: Base,
    pub errors: Errors,
    pub phone: String,
    pub challenge: String,
    pub next: String,
    /// Whether signing in by WeChat is offered.
    pub in_wechat: bool,
}

/// Where to go on afterwards.
#[derive(Deserialize)]
pub struct Next {
    #[serde(default)]
    pub next: String,
}

/// `GET /sign-in?next=`
#[handler]
pub async fn show(ctx: Ctx, Query(query): Query<Next>) -> Result<Response> {
    let next = local_path(&query.next);
    if ctx.worker().is_ok() {
        return Ok(see_other(next));
    }
    page(&filled(&ctx, String::new(), next).await?)
}

async fn filled(ctx: &Ctx, phone: String, next: &str) -> Result<SignInPage> {
    Ok(SignInPage {
        base: ctx.base("登录"),
        errors: Errors::default(),
        phone,
        challenge: slider::challenge(&ctx.app).await?,
        next: next.to_owned(),
        // Who came through WeChat already and is not bound proves the phone first.
        in_wechat: ctx.in_wechat() && ctx.openid().is_none(),
    })
}

/// What is typed.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

/// `POST /sign-in`
#[handler]
pub async fn enter(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let next = local_path(&form.next);
    match workers::sign_in(&ctx.app, &form.phone, &form.code).await {
        Ok(worker) => {
            gate::let_in(&ctx, &worker, Way::Sms).await?;
            Ok(see_other(kept::onward(&ctx, next)))
        }
        Err(Error::Invalid(wrong)) => {
            let mut again = filled(&ctx, form.phone, next).await?;
            again.errors = gate::named(&wrong);
            page_again(&again)
        }
        Err(other) => Err(other),
    }
}
