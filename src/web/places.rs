//! `/places`: the places of every unit, the order at each, and the chain of daily digests, for anybody.
//! No name, no reason, and of a number only its last four.

use super::ctx::Ctx;
use super::page::{Base, page};
use crate::application::standing::{self, InLine, PAGE, Standing, UnitLine};
use crate::campaign;
use crate::campaign::digest::{self, Digest};
use crate::campaign::plan::{self, Campaign};
use crate::error::{Error, Result};
use askama::Template;
use chrono::NaiveDate;
use poem::http::header;
use poem::web::{Path, Query};
use poem::{Response, Route, get, handler};
use serde::Deserialize;

/// The public pages, to be mounted beside the worker's.
pub fn routes(routes: Route) -> Route {
    routes
        .at("/places", get(list))
        .at("/places/digests", get(digests))
        .at("/places/digests/:year/:file", get(download))
        .at("/places/:unit", get(show_unit))
}

/// What the addresses ask for.
#[derive(Deserialize)]
pub struct Asked {
    year: Option<i32>,
    #[serde(default)]
    words: String,
    #[serde(default)]
    page: i64,
}

/// The year asked for, else that of the intake that matters now.
async fn chosen(ctx: &Ctx, year: Option<i32>) -> Result<Campaign> {
    match year {
        Some(year) => plan::of_year(&ctx.app, year).await,
        None => {
            let current = campaign::current(&ctx.app).await?.ok_or(Error::NotFound)?;
            plan::find(&ctx.app, &current.campaign_id).await
        }
    }
}

async fn years(ctx: &Ctx) -> Result<Vec<i32>> {
    let all = plan::all(&ctx.app).await?;
    Ok(all.into_iter().map(|campaign| campaign.year).collect())
}

#[derive(Template)]
#[template(path = "worker/places.html")]
pub struct PlacesPage {
    pub base: Base,
    pub year: i32,
    pub years: Vec<i32>,
    pub words: String,
    pub units: Vec<UnitLine>,
    pub total: i64,
    pub taken: i64,
    pub waiting: i64,
    pub left: i64,
    pub at: String,
    /// The newest published day and its hash.
    pub newest: Option<(NaiveDate, String)>,
}

/// `GET /places?year=&words=`
#[handler]
pub async fn list(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let campaign = chosen(&ctx, asked.year).await?;
    let words: String = asked.words.trim().chars().take(60).collect();
    let mut units = standing::units(&ctx.app, &campaign.id).await?;
    let sum = |of: fn(&UnitLine) -> i64| units.iter().map(of).sum::<i64>();
    let (total, taken, waiting) = (sum(|u| u.total), sum(|u| u.taken), sum(|u| u.waiting));
    let left = sum(UnitLine::left);
    units.retain(|unit| unit.name.contains(&words));
    page(&PlacesPage {
        base: ctx.base("名额公示"),
        year: campaign.year,
        years: years(&ctx).await?,
        words,
        units,
        total,
        taken,
        waiting,
        left,
        at: ctx.app.now().minute_text(),
        newest: digest::list(&ctx.app, &campaign.id).await?.into_iter().next(),
    })
}

#[derive(Template)]
#[template(path = "worker/places_unit.html")]
pub struct UnitPage {
    pub base: Base,
    pub year: i32,
    pub unit: UnitLine,
    pub lines: Vec<Line>,
    pub length: i64,
    pub at: String,
    pub pages: i64,
    pub shown: i64,
}

/// One application in the line.
pub struct Line {
    pub seq: i64,
    pub tail: String,
    pub at: String,
    pub tone: &'static str,
    pub standing: String,
}

fn line(one: InLine) -> Line {
    let (tone, standing) = match one.standing {
        Standing::Holds => ("ok", "占用名额".to_owned()),
        Standing::Waits(position) => ("warn", format!("候补第 {position} 位")),
        Standing::Left(at) => ("", format!("已退出，{}", at.short_text())),
    };
    Line {
        seq: one.seq,
        tail: digest::tail(&one.number).to_owned(),
        at: one.at.short_second_text(),
        tone,
        standing,
    }
}

/// `GET /places/:unit?year=&page=`
#[handler]
pub async fn show_unit(
    ctx: Ctx,
    Path(unit_id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let campaign = chosen(&ctx, asked.year).await?;
    let units = standing::units(&ctx.app, &campaign.id).await?;
    let unit = units
        .into_iter()
        .find(|unit| unit.unit_id == unit_id)
        .ok_or(Error::NotFound)?;
    let length = standing::length(&ctx.app, &campaign.id, &unit_id).await?;
    let pages = ((length + PAGE - 1) / PAGE).max(1);
    let shown = asked.page.clamp(1, pages);
    let lines = standing::line(&ctx.app, &campaign.id, &unit_id, shown - 1).await?;
    page(&UnitPage {
        base: ctx.base(&format!("{}的名额", unit.name)),
        year: campaign.year,
        lines: lines.into_iter().map(line).collect(),
        unit,
        length,
        at: ctx.app.now().minute_text(),
        pages,
        shown,
    })
}

#[derive(Template)]
#[template(path = "worker/places_digests.html")]
pub struct DigestsPage {
    pub base: Base,
    pub year: i32,
    pub days: Vec<(NaiveDate, String)>,
}

/// `GET /places/digests?year=`
#[handler]
pub async fn digests(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let campaign = chosen(&ctx, asked.year).await?;
    page(&DigestsPage {
        base: ctx.base("每日校验"),
        year: campaign.year,
        days: digest::list(&ctx.app, &campaign.id).await?,
    })
}

/// `GET /places/digests/2026/2026-11-05.txt`: the very bytes that were hashed. They never change.
#[handler]
pub async fn download(ctx: Ctx, Path((year, file)): Path<(i32, String)>) -> Result<Response> {
    let day = file
        .strip_suffix(".txt")
        .and_then(|day| day.parse().ok())
        .ok_or(Error::NotFound)?;
    let campaign = plan::of_year(&ctx.app, year).await?;
    let digest: Digest = digest::find(&ctx.app, &campaign.id, day)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(Response::builder()
        .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
        .header(
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{day}.txt\""),
        )
        .header(header::CACHE_CONTROL, "public, max-age=86400")
        .body(digest.body))
}
