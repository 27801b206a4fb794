//! `/office/catalogue/providers`, `/institutions` and `/checks`: who teaches, where, and the real-name checks of R-3.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, page, page_again, see_other};
use super::Who;
use super::catalogue::keeper;
use crate::account::identity;
use crate::enrolment::catalogue::{self, Institution};
use crate::error::{Error, Result};
use crate::kernel::FieldErrors;
use crate::union::providers::{self, NewProvider};
use crate::union::{Officer, staff};
use askama::Template;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

/// A provider with its officers.
pub struct Line {
    pub id: String,
    pub name: String,
    pub officers: String,
}

#[derive(Template)]
#[template(path = "office/catalogue_providers.html")]
struct ProvidersPage {
    base: Base,
    who: Option<Who>,
    errors: Errors,
    lines: Vec<Line>,
    provider_name: String,
    officer_name: String,
    phone: String,
}

async fn providers_page(ctx: &Ctx, officer: &Officer) -> Result<ProvidersPage> {
    let mut lines = Vec::new();
    for provider in providers::list(&ctx.app).await? {
        let officers = staff::list(&ctx.app, officer, &provider.id).await?;
        let names: Vec<String> = officers.into_iter().map(|o| o.name).collect();
        lines.push(Line {
            id: provider.id,
            name: provider.name,
            officers: names.join("、"),
        });
    }
    Ok(ProvidersPage {
        base: ctx.base("服务机构"),
        who: Who::of(officer, "catalogue"),
        errors: Errors::default(),
        lines,
        provider_name: String::new(),
        officer_name: String::new(),
        phone: String::new(),
    })
}

/// `GET /office/catalogue/providers`
#[handler]
pub async fn list(ctx: Ctx) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    page(&providers_page(&ctx, &officer).await?)
}

/// What is typed.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    name: String,
    #[serde(default)]
    officer_name: String,
    #[serde(default)]
    phone: String,
}

/// `POST /office/catalogue/providers`
#[handler]
pub async fn add(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = keeper(&ctx).await?;
    let new = NewProvider {
        name: &form.name,
        officer: &form.officer_name,
        phone: &form.phone,
    };
    if let Err(error) = providers::add(&ctx.app, &officer, &new).await {
        let errors = super::wrong(error)?;
        let mut again = providers_page(&ctx, &officer).await?;
        again.errors = errors;
        (again.provider_name, again.officer_name, again.phone) = (form.name, form.officer_name, form.phone);
        return page_again(&again);
    }
    ctx.flash("已增加，并通知对方设置密码");
    Ok(see_other("/office/catalogue/providers"))
}

#[derive(Template)]
#[template(path = "office/catalogue_institutions.html")]
struct InstitutionsPage {
    base: Base,
    who: Option<Who>,
    all: Vec<Institution>,
}

/// `GET /office/catalogue/institutions`
#[handler]
pub async fn institutions(ctx: Ctx) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    let all = catalogue::institutions(&ctx.app, &officer).await?;
    page(&InstitutionsPage {
        base: ctx.base("院校"),
        who: Who::of(&officer, "catalogue"),
        all,
    })
}

/// Where it is and what is said of it.
#[derive(Deserialize)]
pub struct Described {
    #[serde(default)]
    place: String,
    #[serde(default)]
    about: String,
}

/// `POST /office/catalogue/institutions/:id`
#[handler]
pub async fn describe(Path(id): Path<String>, posted: Posted<Described>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = keeper(&ctx).await?;
    catalogue::describe(&ctx.app, &officer, &id, &form.place, &form.about).await?;
    ctx.flash("已保存");
    Ok(see_other("/office/catalogue/institutions"))
}

/// A check that waits.
pub struct CheckLine {
    pub id: String,
    pub name: String,
    pub id_number: String,
    pub phone: String,
    pub employer: String,
    pub at: String,
}

#[derive(Template)]
#[template(path = "office/catalogue_checks.html")]
struct ChecksPage {
    base: Base,
    who: Option<Who>,
    errors: Errors,
    lines: Vec<CheckLine>,
}

async fn checks_page(ctx: &Ctx, officer: &Officer) -> Result<ChecksPage> {
    let waiting = identity::waiting(&ctx.app, &officer.actor()).await?;
    let line = |(check, worker): (identity::Check, crate::account::Worker)| {
        let told = check.told?;
        Some(CheckLine {
            id: check.id,
            name: told.name,
            id_number: told.id_number,
            // In clear: it is called.
            phone: worker.phone.digits().to_owned(),
            employer: worker.employer,
            at: check.asked_at.minute_text(),
        })
    };
    Ok(ChecksPage {
        base: ctx.base("实名核对"),
        who: Who::of(officer, "catalogue"),
        errors: Errors::default(),
        lines: waiting.into_iter().filter_map(line).collect(),
    })
}

/// `GET /office/catalogue/checks`
#[handler]
pub async fn checks(ctx: Ctx) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    page(&checks_page(&ctx, &officer).await?)
}

/// The decision.
#[derive(Deserialize)]
pub struct Decided {
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    reason: String,
}

/// `POST /office/catalogue/checks/:id`
#[handler]
pub async fn decide(Path(id): Path<String>, posted: Posted<Decided>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = keeper(&ctx).await?;
    let refuse = (form.verdict != "pass").then_some(form.reason.as_str());
    let errors = match identity::decide(&ctx.app, &officer.actor(), &id, refuse).await {
        Ok(()) => {
            ctx.flash(if refuse.is_none() {
                "已通过，已通知职工"
            } else {
                "已退回，已通知职工"
            });
            return Ok(see_other("/office/catalogue/checks"));
        }
        Err(Error::NotFound) => {
            ctx.flash("这一份已办理过，请看其他的");
            return Ok(see_other("/office/catalogue/checks"));
        }
        Err(Error::Refused(refusal)) => Errors::from(&FieldErrors::one("reason", refusal)),
        Err(other) => super::wrong(other)?,
    };
    let mut again = checks_page(&ctx, &officer).await?;
    again.errors = errors;
    page_again(&again)
}
