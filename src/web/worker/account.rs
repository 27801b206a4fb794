//! `/me/…`: what changes or ends the account. Before each the worker proves to be themselves, by the code sent to the
//! account's phone or by the password.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, local_path, page, page_again, see_other};
use super::sign_in::Next;
use super::{gate, json};
use crate::account::workers::at_field;
use crate::account::{Worker, change_phone as phones, passwords, slider, sms_code, workers};
use crate::application::joining;
use crate::application::leaving::{self, Prospect};
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Refusal, time};
use askama::Template;
use poem::web::Query;
use poem::{Response, handler};
use serde::Deserialize;

async fn signed_in(ctx: &Ctx) -> Result<Worker> {
    workers::find(&ctx.app, &ctx.worker()?).await
}

/// The way to the proof, when none was given a short while ago.
pub fn proven(ctx: &Ctx, next: &str) -> Option<Response> {
    (!ctx.has_proved()).then(|| see_other(&format!("/me/prove?next={next}")))
}

/// What is typed, here and below.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    pass: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
    agree: Option<String>,
    withdraw: Option<String>,
}

#[derive(Template, Default)]
#[template(path = "worker/me_prove.html")]
pub struct ProvePage {
    pub base: Base,
    pub errors: Errors,
    /// Masked.
    pub phone: String,
    pub has_password: bool,
    pub challenge: String,
    pub next: String,
}

async fn prove_page(ctx: &Ctx, worker: &Worker, next: &str) -> Result<ProvePage> {
    Ok(ProvePage {
        base: ctx.base("验证本人"),
        errors: Errors::default(),
        phone: worker.phone.masked(),
        has_password: worker.has_password,
        challenge: slider::challenge(&ctx.app).await?,
        next: next.to_owned(),
    })
}

/// `GET /me/prove?next=`
#[handler]
pub async fn ask_proof(ctx: Ctx, Query(query): Query<Next>) -> Result<Response> {
    let worker = signed_in(&ctx).await?;
    page(&prove_page(&ctx, &worker, local_path(&query.next)).await?)
}

/// `POST /me/code`: sends a code to the account's own phone, gives `{"wait_s"}`.
#[handler]
pub async fn send_code(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let worker = signed_in(&ctx).await?;
    sms_code::send(&ctx.app, &worker.phone, ctx.address(), &form.pass).await?;
    Ok(json(
        serde_json::json!({ "wait_s": sms_code::GAP / time::SECOND }),
    ))
}

/// `POST /me/prove`
#[handler]
pub async fn prove(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let worker = signed_in(&ctx).await?;
    let next = local_path(&form.next);
    let proof = if !form.password.is_empty() {
        passwords::confirm(&ctx.app, &worker, &form.password, ctx.address()).await
    } else if form.code.trim().is_empty() {
        Err(FieldErrors::one("code", Refusal::Empty).into())
    } else {
        at_field("code", sms_code::check(&ctx.app, &worker.phone, &form.code).await)
    };
    match proof {
        Ok(()) => {
            ctx.set_proved();
            Ok(see_other(next))
        }
        Err(Error::Invalid(wrong)) => {
            let mut again = prove_page(&ctx, &worker, next).await?;
            again.errors = gate::named(&wrong);
            page_again(&again)
        }
        Err(other) => Err(other),
    }
}

/// A page that asks for a phone and its code.
#[derive(Template, Default)]
#[template(path = "worker/me_phone.html")]
pub struct PhonePage {
    pub base: Base,
    pub errors: Errors,
    /// Masked.
    pub now: String,
    pub phone: String,
    pub challenge: String,
    /// A refusal that is about no field.
    pub problem: String,
    /// Whether two accounts are joined rather than the phone changed.
    pub join: bool,
}

async fn phone_page(ctx: &Ctx, worker: &Worker, phone: String, join: bool) -> Result<PhonePage> {
    Ok(PhonePage {
        base: ctx.base(if join { "合并账户" } else { "更换手机号" }),
        now: worker.phone.masked(),
        phone,
        challenge: slider::challenge(&ctx.app).await?,
        join,
        ..PhonePage::default()
    })
}

async fn phone_again(ctx: &Ctx, worker: &Worker, typed: Typed, join: bool, error: Error) -> Result<Response> {
    let mut again = phone_page(ctx, worker, typed.phone, join).await?;
    match error {
        Error::Invalid(wrong) => again.errors = gate::named(&wrong),
        Error::Refused(refusal) => again.problem = refusal.text(),
        other => return Err(other),
    }
    page_again(&again)
}

/// `GET /me/phone`
#[handler]
pub async fn ask_phone(ctx: Ctx) -> Result<Response> {
    let worker = signed_in(&ctx).await?;
    if let Some(elsewhere) = proven(&ctx, "/me/phone") {
        return Ok(elsewhere);
    }
    page(&phone_page(&ctx, &worker, String::new(), false).await?)
}

/// `POST /me/phone`
#[handler]
pub async fn change_phone(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let worker = signed_in(&ctx).await?;
    if let Some(elsewhere) = proven(&ctx, "/me/phone") {
        return Ok(elsewhere);
    }
    match phones::change(&ctx.app, &worker, &form.phone, &form.code, &ctx.sign_in_id()).await {
        Ok(_) => {
            ctx.flash("手机号已更换，其他地方的登录已退出。没有提交的申请表，请把手机号也改成新的");
            Ok(see_other("/me"))
        }
        Err(error) => phone_again(&ctx, &worker, form, false, error).await,
    }
}

/// `GET /me/join`
#[handler]
pub async fn ask_join(ctx: Ctx) -> Result<Response> {
    let worker = signed_in(&ctx).await?;
    if let Some(elsewhere) = proven(&ctx, "/me/join") {
        return Ok(elsewhere);
    }
    page(&phone_page(&ctx, &worker, String::new(), true).await?)
}

/// `POST /me/join`
#[handler]
pub async fn join_accounts(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let worker = signed_in(&ctx).await?;
    if let Some(elsewhere) = proven(&ctx, "/me/join") {
        return Ok(elsewhere);
    }
    match joining::join(&ctx.app, &worker, &form.phone, &form.code).await {
        Ok(_) => {
            ctx.flash("两个账户已合并，以后用现在这个手机号登录");
            Ok(see_other("/me"))
        }
        Err(error) => phone_again(&ctx, &worker, form, true, error).await,
    }
}

#[derive(Template, Default)]
#[template(path = "worker/me_leave.html")]
pub struct LeavePage {
    pub base: Base,
    pub errors: Errors,
    pub will: Prospect,
}

/// `GET /me/leave`
#[handler]
pub async fn ask_leave(ctx: Ctx) -> Result<Response> {
    let worker = signed_in(&ctx).await?;
    if let Some(elsewhere) = proven(&ctx, "/me/leave") {
        return Ok(elsewhere);
    }
    page(&leave_page(&ctx, &worker, &FieldErrors::default()).await?)
}

async fn leave_page(ctx: &Ctx, worker: &Worker, wrong: &FieldErrors) -> Result<LeavePage> {
    Ok(LeavePage {
        base: ctx.base("注销账户"),
        errors: gate::named(wrong),
        will: leaving::prospect(&ctx.app, &worker.id).await?,
    })
}

/// `POST /me/leave`
#[handler]
pub async fn leave(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let worker = signed_in(&ctx).await?;
    if let Some(elsewhere) = proven(&ctx, "/me/leave") {
        return Ok(elsewhere);
    }
    if form.agree.is_none() {
        let wrong = FieldErrors::one("agree", Refusal::LeaveNotAgreed);
        return page_again(&leave_page(&ctx, &worker, &wrong).await?);
    }
    match leaving::leave(&ctx.app, &worker.id, form.withdraw.is_some()).await {
        Ok(()) => {
            ctx.sign_out_worker().await?;
            ctx.flash("账户已注销，个人信息已按规定删除。谢谢您使用求学圆梦");
            Ok(see_other("/"))
        }
        Err(Error::Refused(refusal)) => {
            let wrong = FieldErrors::one("withdraw", refusal);
            page_again(&leave_page(&ctx, &worker, &wrong).await?)
        }
        Err(other) => Err(other),
    }
}
