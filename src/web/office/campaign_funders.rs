//! `/office/campaigns/:id/funders`: who gives how much to each person.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, page, page_again, see_other};
use super::Who;
use super::campaigns::{planner, yuan};
use crate::campaign::funders::{self, Funder, Kind, Typed};
use crate::campaign::plan;
use crate::error::Result;
use crate::union::{Officer, tree};
use askama::Template;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "office/funders.html")]
pub struct FundersPage {
    pub base: Base,
    pub who: Option<Who>,
    pub errors: Errors,
    pub id: String,
    pub year: i32,
    pub lines: Vec<Line>,
    pub kinds: Vec<(String, String)>,
    pub units: Vec<(String, String)>,
    pub typed: Posting,
    pub city_grant: String,
    /// Units without a line of their own.
    pub unmatched: usize,
}

/// A funder.
pub struct Line {
    pub id: String,
    pub kind: &'static str,
    pub name: String,
    pub whom: String,
    pub amount: String,
}

/// What is typed to add one.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Posting {
    #[serde(default)]
    pub kind: String,
    #[serde(default)]
    pub unit: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub amount: String,
}

fn line(funder: Funder) -> Line {
    let whom = match funder.kind {
        Kind::City | Kind::Upper => "全市职工".to_owned(),
        Kind::Unit | Kind::Lower => format!("{}的职工", funder.union),
        Kind::Employer => format!("{}下，单位名称相同的职工", funder.union),
    };
    Line {
        id: funder.id,
        kind: funder.kind.label(),
        name: funder.name,
        whom,
        amount: yuan(funder.amount),
    }
}

async fn filled(ctx: &Ctx, officer: &Officer, id: &str, typed: Posting) -> Result<FundersPage> {
    let campaign = plan::find(&ctx.app, id).await?;
    let funders = funders::of_campaign(&ctx.app, id).await?;
    let units = tree::choices(&ctx.app, None).await?;
    let matched = funders.iter().filter(|funder| funder.kind == Kind::Unit).count();
    let kinds = Kind::ALL.iter().filter(|kind| **kind != Kind::City);
    Ok(FundersPage {
        base: ctx.base("资金来源"),
        who: Who::of(officer, "places"),
        errors: Errors::default(),
        id: id.to_owned(),
        year: campaign.year,
        unmatched: units.len().saturating_sub(matched),
        lines: funders.into_iter().map(line).collect(),
        kinds: kinds
            .map(|kind| (kind.to_string(), kind.label().to_owned()))
            .collect(),
        units: units.into_iter().map(|unit| (unit.id, unit.name)).collect(),
        typed,
        city_grant: campaign.city_grant.to_string(),
    })
}

fn path(id: &str) -> String {
    format!("/office/campaigns/{id}/funders")
}

/// `GET /office/campaigns/:id/funders`
#[handler]
pub async fn list(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = planner(&ctx).await?;
    page(&filled(&ctx, &officer, &id, Posting::default()).await?)
}

/// `POST /office/campaigns/:id/funders`
#[handler]
pub async fn add(Path(id): Path<String>, posted: Posted<Posting>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let typed = Typed {
        kind: &form.kind,
        unit: &form.unit,
        name: &form.name,
        amount: &form.amount,
    };
    if let Err(error) = funders::add(&ctx.app, &officer, &id, &typed).await {
        let errors = super::wrong(error)?;
        let mut again = filled(&ctx, &officer, &id, form).await?;
        again.errors = errors;
        return page_again(&again);
    }
    ctx.flash("已增加");
    Ok(see_other(&path(&id)))
}

/// Nothing but the press of a button.
#[derive(Deserialize)]
pub struct Pressed {}

/// `POST /office/campaigns/:id/funders/match`
#[handler]
pub async fn match_all(Path(id): Path<String>, posted: Posted<Pressed>) -> Result<Response> {
    let Posted { ctx, .. } = posted;
    let officer = super::signed_in(&ctx).await?;
    let added = funders::match_all(&ctx.app, &officer, &id).await?;
    ctx.flash(&format!("已为 {added} 个单位按市级标准设置配套"));
    Ok(see_other(&path(&id)))
}

/// Another amount, or none at all.
#[derive(Deserialize)]
pub struct Amount {
    #[serde(default)]
    amount: String,
    remove: Option<String>,
}

/// `POST /office/campaigns/:id/funders/:funder`
#[handler]
pub async fn set(Path((id, funder)): Path<(String, String)>, posted: Posted<Amount>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let amount = form.remove.is_none().then_some(form.amount.as_str());
    if let Err(error) = funders::set(&ctx.app, &officer, &id, &funder, amount).await {
        let errors = super::wrong(error)?;
        let mut again = filled(&ctx, &officer, &id, Posting::default()).await?;
        again.errors = errors;
        return page_again(&again);
    }
    ctx.flash(if form.remove.is_some() {
        "已删除"
    } else {
        "已保存"
    });
    Ok(see_other(&path(&id)))
}
