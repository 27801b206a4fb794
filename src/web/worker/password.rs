//! `/sign-in/password`, `/sign-in/forgot`, `/me/password`: by password, without it, and setting it.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::kept;
use super::super::page::{Base, Errors, local_path, page, page_again, see_other};
use super::account::proven;
use super::gate;
use super::sign_in::Next;
use crate::account::passwords::{self, New};
use crate::account::sign_ins::Way;
use crate::account::{slider, workers};
use crate::error::{Error, Result};
use askama::Template;
use poem::web::Query;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template, Default)]
#[template(path = "worker/sign_in_password.html")]
pub struct PasswordPage {
    pub base: Base,
    pub errors: Errors,
    pub phone: String,
    pub next: String,
}

/// `GET /sign-in/password?next=`
#[handler]
pub async fn show(ctx: Ctx, Query(query): Query<Next>) -> Result<Response> {
    let next = local_path(&query.next);
    if ctx.worker().is_ok() {
        return Ok(see_other(next));
    }
    page(&PasswordPage {
        base: ctx.base("密码登录"),
        next: next.to_owned(),
        ..PasswordPage::default()
    })
}

/// What is typed, here and below.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    password_again: String,
    #[serde(default)]
    next: String,
}

impl Typed {
    fn new_password(&self) -> New<'_> {
        New {
            password: &self.password,
            again: &self.password_again,
        }
    }
}

/// `POST /sign-in/password`
#[handler]
pub async fn enter(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let next = local_path(&form.next);
    match passwords::sign_in(&ctx.app, &form.phone, &form.password, ctx.address()).await {
        Ok(worker) => {
            gate::let_in(&ctx, &worker, Way::Password).await?;
            Ok(see_other(kept::onward(&ctx, next)))
        }
        Err(Error::Invalid(wrong)) => page_again(&PasswordPage {
            base: ctx.base("密码登录"),
            errors: gate::named(&wrong),
            next: next.to_owned(),
            phone: form.phone,
        }),
        Err(other) => Err(other),
    }
}

#[derive(Template, Default)]
#[template(path = "worker/forgot.html")]
pub struct ForgotPage {
    pub base: Base,
    pub errors: Errors,
    pub phone: String,
    pub challenge: String,
    pub next: String,
}

async fn forgot_page(ctx: &Ctx, phone: String, next: &str) -> Result<ForgotPage> {
    Ok(ForgotPage {
        base: ctx.base("重设密码"),
        errors: Errors::default(),
        phone,
        challenge: slider::challenge(&ctx.app).await?,
        next: next.to_owned(),
    })
}

/// `GET /sign-in/forgot?next=`
#[handler]
pub async fn forgot(ctx: Ctx, Query(query): Query<Next>) -> Result<Response> {
    page(&forgot_page(&ctx, String::new(), local_path(&query.next)).await?)
}

/// `POST /sign-in/forgot`
#[handler]
pub async fn reset(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let next = local_path(&form.next);
    match passwords::reset(&ctx.app, &form.phone, &form.code, &form.new_password()).await {
        Ok(worker) => {
            gate::let_in(&ctx, &worker, Way::Sms).await?;
            ctx.flash("密码已重设，其他地方的登录已退出");
            Ok(see_other(kept::onward(&ctx, next)))
        }
        Err(Error::Invalid(wrong)) => {
            let mut again = forgot_page(&ctx, form.phone, next).await?;
            again.errors = gate::named(&wrong);
            page_again(&again)
        }
        Err(other) => Err(other),
    }
}

#[derive(Template, Default)]
#[template(path = "worker/me_password.html")]
pub struct NewPage {
    pub base: Base,
    pub errors: Errors,
    pub change: bool,
}

/// `GET /me/password`
#[handler]
pub async fn ask_new(ctx: Ctx) -> Result<Response> {
    let worker = workers::find(&ctx.app, &ctx.worker()?).await?;
    if let Some(elsewhere) = proven(&ctx, "/me/password") {
        return Ok(elsewhere);
    }
    page(&NewPage {
        base: ctx.base("登录密码"),
        errors: Errors::default(),
        change: worker.has_password,
    })
}

/// `POST /me/password`
#[handler]
pub async fn set_new(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let worker = workers::find(&ctx.app, &ctx.worker()?).await?;
    if let Some(elsewhere) = proven(&ctx, "/me/password") {
        return Ok(elsewhere);
    }
    match passwords::set(&ctx.app, &worker, &form.new_password(), &ctx.sign_in_id()).await {
        Ok(()) => {
            ctx.flash("密码已设置，其他地方的登录已退出");
            Ok(see_other("/me"))
        }
        Err(Error::Invalid(wrong)) => page_again(&NewPage {
            base: ctx.base("登录密码"),
            errors: gate::named(&wrong),
            change: worker.has_password,
        }),
        Err(other) => Err(other),
    }
}
