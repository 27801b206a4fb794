//! `/app/enter?ticket=`: from the 齐鲁工惠 APP's webview; `/app/phone` where a phone has to be proven first.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::kept;
use super::super::page::{Base, Errors, local_path, page, page_again, page_with, see_other};
use super::gate;
use crate::account::app_door::{self, Arrival, Pending};
use crate::account::sign_ins::Way;
use crate::account::{app_ticket, slider};
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use askama::Template;
use poem::error::ResponseError as _;
use poem::http::{HeaderValue, header};
use poem::web::Query;
use poem::{Response, handler};
use serde::Deserialize;

/// What the APP opens.
#[derive(Deserialize)]
pub struct Entrance {
    #[serde(default)]
    ticket: String,
    #[serde(default)]
    next: String,
}

#[derive(Template)]
#[template(path = "worker/app_refused.html")]
pub struct RefusedPage {
    pub base: Base,
    pub text: String,
}

/// `GET /app/enter?ticket=&next=`: signs in and goes on to a clean address.
#[handler]
pub async fn enter(ctx: Ctx, Query(entrance): Query<Entrance>) -> Result<Response> {
    let next = local_path(&entrance.next);
    let arrived = match app_ticket::open(&ctx.app, &entrance.ticket).await {
        Ok(person) => app_door::enter(&ctx.app, person).await,
        Err(error) => Err(error),
    };
    match arrived {
        Ok(Arrival::In(worker, new)) => {
            // The APP's own browser: whoever came by WeChat before is not bound to this person by that.
            ctx.leave_worker().await?;
            ctx.sign_in_worker(&worker.id, Way::App).await?;
            if new {
                ctx.flash("已用齐鲁工惠 APP 的实名信息为您注册并登录");
            }
            Ok(see_other(kept::onward(&ctx, next)))
        }
        Ok(Arrival::Prove(key)) => {
            ctx.leave_worker().await?;
            ctx.set_app_pending(Some(&key));
            let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
            Ok(see_other(&format!("/app/phone?next={next}")))
        }
        Err(Error::Refused(refusal)) => refused(&ctx, refusal),
        Err(other) => Err(other),
    }
}

/// A page of its own, from which no address leads on: the ticket stands in this one.
fn refused(ctx: &Ctx, refusal: Refusal) -> Result<Response> {
    let count = &ctx.app.metrics.refusals;
    count.with_label_values(&[refusal.code()]).inc();
    let text = refusal.text();
    let mut response = page_with(
        Error::Refused(refusal).status(),
        &RefusedPage {
            base: ctx.base("没有登录成功"),
            text,
        },
    )?;
    let none = HeaderValue::from_static("no-referrer");
    response.headers_mut().insert(header::REFERRER_POLICY, none);
    Ok(response)
}

#[derive(Template, Default)]
#[template(path = "worker/app_phone.html")]
pub struct PhonePage {
    pub base: Base,
    pub errors: Errors,
    /// From the ticket.
    pub who: String,
    /// The phone of the account that has the same ID number, masked: that one has to be proven.
    pub of_account: Option<String>,
    pub phone: String,
    pub challenge: String,
    pub next: String,
}

/// Where to go on.
#[derive(Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

/// `GET /app/phone?next=`
#[handler]
pub async fn ask(ctx: Ctx, Query(Next { next }): Query<Next>) -> Result<Response> {
    let next = local_path(&next);
    if ctx.worker().is_ok() {
        return Ok(see_other(next));
    }
    match filled(&ctx, None, next).await? {
        Some(form) => page(&form),
        None => refused(&ctx, Refusal::AppTicketExpired),
    }
}

async fn filled(ctx: &Ctx, typed: Option<String>, next: &str) -> Result<Option<PhonePage>> {
    let Some(key) = ctx.app_pending() else {
        return Ok(None);
    };
    let Some((Pending { person, worker_id }, of_account)) = app_door::pending(&ctx.app, &key).await? else {
        return Ok(None);
    };
    let told = if worker_id.is_some() {
        String::new()
    } else {
        person.phone
    };
    Ok(Some(PhonePage {
        base: ctx.base("验证手机号"),
        errors: Errors::default(),
        who: person.name,
        of_account,
        phone: typed.unwrap_or(told),
        challenge: slider::challenge(&ctx.app).await?,
        next: next.to_owned(),
    }))
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

/// `POST /app/phone`
#[handler]
pub async fn prove(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let next = local_path(&form.next);
    let key = ctx.app_pending().unwrap_or_default();
    match app_door::prove(&ctx.app, &key, &form.phone, &form.code).await {
        Ok((worker, new)) => {
            ctx.set_app_pending(None);
            ctx.sign_in_worker(&worker.id, Way::App).await?;
            ctx.set_proved();
            ctx.flash(if new {
                "注册成功"
            } else {
                "已关联您的账户，以后从齐鲁工惠 APP 可以直接进入"
            });
            Ok(see_other(kept::onward(&ctx, next)))
        }
        Err(Error::Invalid(wrong)) => match filled(&ctx, Some(form.phone), next).await? {
            Some(mut again) => {
                again.errors = gate::named(&wrong);
                page_again(&again)
            }
            None => refused(&ctx, Refusal::AppTicketExpired),
        },
        Err(Error::Refused(refusal)) => refused(&ctx, refusal),
        Err(other) => Err(other),
    }
}
