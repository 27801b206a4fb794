//! `/office/catalogue/providers/:id`: one provider, its name, its officers, its end; for the city's administrators.
//!
//! # What tests hold on to
//! `provider-name`, `add-officer`, one `officer` a line with `open-officer`, `f-name`, `rename`, `f-confirm`, `close`.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, page, page_again, see_other};
use super::Who;
use super::catalogue::keeper;
use super::union_page::{MemberLine, member};
use crate::enrolment;
use crate::error::Result;
use crate::kernel::{FieldErrors, Refusal};
use crate::union::{Officer, providers, staff};
use askama::Template;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "office/catalogue_provider.html")]
pub struct ProviderPage {
    pub base: Base,
    pub who: Option<Who>,
    pub errors: Errors,
    pub id: String,
    pub name: String,
    pub typed: String,
    pub members: Vec<MemberLine>,
}

async fn shown(ctx: &Ctx, officer: &Officer, id: &str) -> Result<ProviderPage> {
    let provider = providers::find(&ctx.app, officer, id).await?;
    let members = staff::list(&ctx.app, officer, id).await?;
    Ok(ProviderPage {
        base: ctx.base(&provider.name),
        who: Who::of(officer, "catalogue"),
        errors: Errors::default(),
        id: provider.id,
        typed: provider.name.clone(),
        name: provider.name,
        members: members.into_iter().map(|one| member(one, true)).collect(),
    })
}

/// `GET /office/catalogue/providers/:id`
#[handler]
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    page(&shown(&ctx, &officer, &id).await?)
}

/// The new name.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    name: String,
}

/// `POST /office/catalogue/providers/:id`: another name.
#[handler]
pub async fn rename(Path(id): Path<String>, posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = keeper(&ctx).await?;
    if let Err(error) = providers::rename(&ctx.app, &officer, &id, &form.name).await {
        let errors = super::wrong(error)?;
        let mut again = shown(&ctx, &officer, &id).await?;
        (again.errors, again.typed) = (errors, form.name);
        return page_again(&again);
    }
    ctx.flash("已改名");
    Ok(see_other(&format!("/office/catalogue/providers/{id}")))
}

/// That it is meant.
#[derive(Deserialize)]
pub struct Confirmed {
    confirm: Option<String>,
}

/// `POST /office/catalogue/providers/:id/close`
#[handler]
pub async fn close(Path(id): Path<String>, posted: Posted<Confirmed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = keeper(&ctx).await?;
    let result = match form.confirm {
        Some(_) => enrolment::close_provider(&ctx.app, &officer, &id).await,
        None => Err(FieldErrors::one("confirm", Refusal::NotConfirmed).into()),
    };
    if let Err(error) = result {
        let errors = super::wrong(error)?;
        let mut again = shown(&ctx, &officer, &id).await?;
        again.errors = errors;
        return page_again(&again);
    }
    ctx.flash("服务机构已停用，它的账号不能再登录");
    Ok(see_other("/office/catalogue/providers"))
}
