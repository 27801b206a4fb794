//! `/office/campaigns`: the city's years; making one by copying the last, title and amount.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, page, page_again, see_other};
use super::Who;
use super::view::Tag;
use crate::application::standing;
use crate::campaign::plan::{self, Campaign, Typed};
use crate::campaign::{Intake, transfers};
use crate::error::Result;
use crate::kernel::{Fen, Time};
use crate::union::Officer;
use crate::union::rights::{self, Act};
use askama::Template;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template, Default)]
#[template(path = "office/campaigns.html")]
pub struct CampaignsPage {
    pub base: Base,
    pub who: Option<Who>,
    pub errors: Errors,
    pub waiting: usize,
    pub lines: Vec<Line>,
    pub year: String,
    pub title: String,
    pub grant: String,
    /// The year that is copied; none before there is any.
    pub copied: Option<i32>,
}

/// A year.
pub struct Line {
    pub id: String,
    pub year: i32,
    pub title: String,
    pub grant: String,
    pub intakes: Vec<String>,
    pub places: i64,
    pub taken: i64,
    pub waiting: i64,
}

/// The officer, if the city's years are theirs to plan.
pub async fn planner(ctx: &Ctx) -> Result<Officer> {
    let officer = super::signed_in(ctx).await?;
    rights::city(&ctx.app, &officer, Act::ManagePlaces).await?;
    Ok(officer)
}

/// An amount as it is typed again: "1000", "500.50".
pub fn yuan(fen: Fen) -> String {
    match fen.0 % 100 {
        0 => (fen.0 / 100).to_string(),
        rest => format!("{}.{rest:02}", fen.0 / 100),
    }
}

async fn filled(ctx: &Ctx, officer: &Officer) -> Result<CampaignsPage> {
    let mut lines = Vec::new();
    for campaign in plan::all(&ctx.app).await? {
        let units = standing::units(&ctx.app, &campaign.id).await?;
        lines.push(Line {
            intakes: campaign.intakes.iter().map(dates).collect(),
            places: units.iter().map(|unit| unit.total).sum(),
            taken: units.iter().map(|unit| unit.taken).sum(),
            waiting: units.iter().map(|unit| unit.waiting).sum(),
            grant: campaign.city_grant.to_string(),
            id: campaign.id,
            year: campaign.year,
            title: campaign.title,
        });
    }
    Ok(CampaignsPage {
        base: ctx.base("年度和批次"),
        who: Who::of(officer, "places"),
        waiting: transfers::waiting(&ctx.app, officer).await?,
        copied: lines.first().map(|line| line.year),
        lines,
        ..CampaignsPage::default()
    })
}

fn dates(intake: &Intake) -> String {
    format!(
        "{} 申请 {} 至 {}",
        intake.season.label(),
        intake.apply.from.day_text(),
        intake.apply.until.deadline_text()
    )
}

/// `GET /office/campaigns`
#[handler]
pub async fn list(ctx: Ctx) -> Result<Response> {
    let officer = planner(&ctx).await?;
    let mut shown = filled(&ctx, &officer).await?;
    if shown.copied.is_some() {
        let (year, next) = plan::suggested(&ctx.app).await?;
        shown.year = year.to_string();
        shown.title = next.title;
        shown.grant = yuan(next.city_grant);
    }
    page(&shown)
}

/// A year's title and amount.
#[derive(Deserialize)]
pub struct Posting {
    #[serde(default)]
    year: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    grant: String,
    #[serde(default)]
    seen: String,
}

/// `POST /office/campaigns`: makes a year by copying the last one.
#[handler]
pub async fn copy(posted: Posted<Posting>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let typed = Typed {
        title: &form.title,
        grant: &form.grant,
    };
    match plan::copy(&ctx.app, &officer, &form.year, &typed).await {
        Ok(id) => {
            ctx.flash("已建立。请核对每个批次的日期，再按新的分配调整名额");
            Ok(see_other(&format!("/office/campaigns/{id}")))
        }
        Err(error) => {
            let errors = super::wrong(error)?;
            let mut again = filled(&ctx, &officer).await?;
            again.errors = errors;
            (again.year, again.title, again.grant) = (form.year, form.title, form.grant);
            page_again(&again)
        }
    }
}

#[derive(Template)]
#[template(path = "office/campaign.html")]
pub struct CampaignPage {
    pub base: Base,
    pub who: Option<Who>,
    pub id: String,
    pub year: i32,
    pub title: String,
    pub grant: String,
    pub funders: usize,
    pub intakes: Vec<IntakeLine>,
    pub units: Vec<UnitLine>,
    pub total: i64,
    pub taken: i64,
    pub waiting: i64,
    pub left: i64,
}

/// An intake's dates.
pub struct IntakeLine {
    pub id: String,
    pub label: String,
    pub apply: String,
    pub review: String,
    pub state: Tag,
}

/// A unit's places.
pub struct UnitLine {
    pub id: String,
    pub name: String,
    pub total: i64,
    pub taken: i64,
    pub waiting: i64,
    pub left: i64,
    /// It has no line in this campaign yet.
    pub none: bool,
}

/// Where an intake stands today.
pub fn standing_of(intake: &Intake, now: Time) -> Tag {
    let (tone, text) = match () {
        () if intake.apply.contains(now) => ("ok", "正在申请"),
        () if intake.review.contains(now) => ("on", "正在审核"),
        () if now < intake.apply.from => ("", "还没有开始"),
        () => ("", "已结束"),
    };
    Tag {
        tone,
        text: text.to_owned(),
    }
}

/// A window in words.
pub fn window(window: &crate::campaign::Window) -> String {
    format!("{} 至 {}", window.from.day_text(), window.until.deadline_text())
}

async fn units(ctx: &Ctx, campaign: &Campaign) -> Result<Vec<UnitLine>> {
    let lines = standing::units(&ctx.app, &campaign.id).await?;
    let all = crate::campaign::quotas::units(&ctx.app, &campaign.id).await?;
    let line = |unit: crate::campaign::quotas::Unit| {
        let known = lines.iter().find(|line| line.unit_id == unit.id);
        UnitLine {
            none: known.is_none(),
            total: known.map_or(0, |line| line.total),
            taken: known.map_or(0, |line| line.taken),
            waiting: known.map_or(0, |line| line.waiting),
            left: known.map_or(0, standing::UnitLine::left),
            id: unit.id,
            name: unit.name,
        }
    };
    Ok(all.into_iter().map(line).collect())
}

/// `GET /office/campaigns/:id`
#[handler]
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = planner(&ctx).await?;
    let campaign = plan::find(&ctx.app, &id).await?;
    let units = units(&ctx, &campaign).await?;
    let sum = |of: fn(&UnitLine) -> i64| units.iter().map(of).sum();
    let now = ctx.app.now();
    let intake = |intake: &Intake| IntakeLine {
        id: intake.id.clone(),
        label: intake.label(),
        apply: window(&intake.apply),
        review: window(&intake.review),
        state: standing_of(intake, now),
    };
    page(&CampaignPage {
        base: ctx.base(&format!("{} 年度", campaign.year)),
        who: Who::of(&officer, "places"),
        year: campaign.year,
        grant: campaign.city_grant.to_string(),
        funders: crate::campaign::funders::of_campaign(&ctx.app, &id).await?.len(),
        intakes: campaign.intakes.iter().map(intake).collect(),
        total: sum(|unit| unit.total),
        taken: sum(|unit| unit.taken),
        waiting: sum(|unit| unit.waiting),
        left: sum(|unit| unit.left),
        title: campaign.title,
        units,
        id,
    })
}

#[derive(Template)]
#[template(path = "office/campaign_edit.html")]
pub struct EditPage {
    pub base: Base,
    pub who: Option<Who>,
    pub errors: Errors,
    pub id: String,
    pub year: i32,
    pub title: String,
    pub grant: String,
    pub seen: String,
}

async fn edit_page(ctx: &Ctx, officer: &Officer, id: &str) -> Result<EditPage> {
    let campaign = plan::find(&ctx.app, id).await?;
    Ok(EditPage {
        base: ctx.base("修改年度"),
        who: Who::of(officer, "places"),
        errors: Errors::default(),
        id: id.to_owned(),
        year: campaign.year,
        grant: yuan(campaign.city_grant),
        seen: plan::mark(&campaign),
        title: campaign.title,
    })
}

/// `GET /office/campaigns/:id/edit`
#[handler]
pub async fn ask(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = planner(&ctx).await?;
    page(&edit_page(&ctx, &officer, &id).await?)
}

/// `POST /office/campaigns/:id/edit`
#[handler]
pub async fn edit(Path(id): Path<String>, posted: Posted<Posting>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let typed = Typed {
        title: &form.title,
        grant: &form.grant,
    };
    match plan::edit(&ctx.app, &officer, &id, &form.seen, &typed).await {
        Ok(()) => {
            ctx.flash("已保存");
            Ok(see_other(&format!("/office/campaigns/{id}")))
        }
        Err(error) => {
            let errors = super::wrong(error)?;
            let mut again = edit_page(&ctx, &officer, &id).await?;
            again.errors = errors;
            (again.title, again.grant) = (form.title, form.grant);
            page_again(&again)
        }
    }
}
