//! `/enrol/verify`: how one is verified: by the APP, or by our own check.

use super::signed_in;
use crate::account::identity::{self, State};
use crate::enrolment::enrol;
use crate::error::{Error, Result};
use crate::kernel::FieldErrors;
use crate::web::ctx::Ctx;
use crate::web::form::Posted;
use crate::web::page::{Base, Errors, local_path, page, page_again, see_other};
use askama::Template;
use poem::web::Query;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "worker/enrol_verify.html")]
struct VerifyPage {
    base: Base,
    errors: Errors,
    next: String,
    verified: bool,
    waiting: Option<String>,
    refused: Option<String>,
    phone: String,
    full_name: String,
    id_number: String,
}

/// Where to go on.
#[derive(Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

async fn shown(ctx: &Ctx, next: &str) -> Result<VerifyPage> {
    let worker = signed_in(ctx).await?;
    let check = identity::of(&ctx.app, &worker.id).await?;
    let known = enrol::prefilled(&ctx.app, &worker).await?;
    let waits = check
        .as_ref()
        .filter(|c| c.state == State::Waiting)
        .map(|c| c.asked_at.minute_text());
    let refused = check
        .as_ref()
        .filter(|c| c.state == State::Refused)
        .map(|c| c.reason.clone());
    Ok(VerifyPage {
        base: ctx.base("实名认证"),
        errors: Errors::default(),
        next: local_path(next).to_owned(),
        verified: worker.verified_at.is_some(),
        waiting: waits,
        refused,
        phone: worker.phone.masked(),
        full_name: known.name,
        id_number: known.id_number,
    })
}

/// `GET /enrol/verify?next=`
#[handler]
pub async fn show(ctx: Ctx, Query(Next { next }): Query<Next>) -> Result<Response> {
    page(&shown(&ctx, &next).await?)
}

/// What is typed.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    name: String,
    #[serde(default)]
    id_number: String,
    #[serde(default)]
    next: String,
}

/// `POST /enrol/verify`
#[handler]
pub async fn ask(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let worker = signed_in(&ctx).await?;
    let fields = match identity::ask(&ctx.app, &worker, &form.name, &form.id_number).await {
        Ok(()) => {
            let next: String =
                url::form_urlencoded::byte_serialize(local_path(&form.next).as_bytes()).collect();
            return Ok(see_other(&format!("/enrol/verify?next={next}")));
        }
        Err(Error::Invalid(fields)) => fields,
        Err(Error::Refused(refusal)) => FieldErrors::one("id_number", refusal),
        Err(other) => return Err(other),
    };
    let mut again = shown(&ctx, &form.next).await?;
    again.errors = Errors::from(&fields);
    (again.full_name, again.id_number) = (form.name, form.id_number);
    page_again(&again)
}
