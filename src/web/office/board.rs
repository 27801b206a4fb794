//! `/office/board`: the figures of a campaign for the officer's subtree, with charts, tables and the way down to one
//! application.
//!
//! # What tests hold on to
//! `?period=&at=`: `as-of`, `f-period`, `funnel`, `unions` (one `union` a line), `places`, `late`, `days`, `export`, `export-list`;
//! `/office/board/applications/:id`: `timeline`, `decisions`, `trail`, `notices`.

mod rows;

use super::super::ctx::Ctx;
use super::super::page::{Base, page, table as xlsx};
use super::Who;
use super::chart;
use crate::app::App;
use crate::application::State;
use crate::campaign::{self, Intake};
use crate::error::{Error, Result};
use crate::review::late::NEAR_END;
use crate::supervision::board::{self, Snapshot, Union};
use crate::supervision::exports;
use crate::supervision::figures::{self, Counts, Figures};
use crate::union::rights::Act;
use crate::union::{Officer, covers};
use askama::Template;
use poem::web::Query;
use poem::{Response, handler};
use serde::Deserialize;

/// Lines of the table of waiting unions.
const LATE_SHOWN: usize = 30;

#[derive(Template)]
#[template(path = "office/board.html")]
pub struct BoardPage {
    pub base: Base,
    pub who: Option<Who>,
    /// The union that is looked at.
    pub name: String,
    /// It and all above it within the officer's subtree.
    pub crumbs: Vec<Crumb>,
    /// Its id, for the form.
    pub at: String,
    pub periods: Vec<Period>,
    pub as_of: String,
    pub counts: Counts,
    pub drafts: i64,
    pub granted: Option<String>,
    pub funnel: Drawn,
    pub unions: Vec<UnionLine>,
    pub places: Vec<PlacesLine>,
    pub places_chart: Option<String>,
    pub ages: Drawn,
    pub late: Vec<LateLine>,
    pub late_more: usize,
    pub days_chart: String,
    pub days: Vec<[String; 4]>,
    pub verdicts: Drawn,
    pub reasons: Option<Drawn>,
    pub returned: Option<Drawn>,
    /// Working days after which what waits is late, and before the end of its window.
    pub late_after: i64,
    pub near_end: i64,
    /// Of `/office/board.xlsx` and `/office/board/applications.xlsx`.
    pub query: String,
    /// The list of everything here.
    pub list: String,
}

/// A union above.
pub struct Crumb {
    pub href: String,
    pub name: String,
}

/// What the chooser offers.
pub struct Period {
    pub value: String,
    pub label: String,
    pub on: bool,
}

/// A chart and its table.
pub struct Drawn {
    pub svg: String,
    pub rows: Vec<(String, i64)>,
}

/// A union one level below.
pub struct UnionLine {
    pub name: String,
    pub href: String,
    pub list: String,
    pub counts: Counts,
}

/// The places of a unit.
pub struct PlacesLine {
    pub name: String,
    pub href: String,
    pub total: i64,
    pub taken: i64,
    pub waiting: i64,
    pub left: i64,
}

/// What waits at a union.
pub struct LateLine {
    pub name: String,
    pub list: Option<String>,
    pub waiting: i64,
    pub late: i64,
    pub oldest: String,
}

/// What the address asks for.
#[derive(Deserialize, Default)]
pub struct Asked {
    /// `2021` or `2021-autumn`.
    #[serde(default)]
    period: String,
    /// A union's id.
    #[serde(default)]
    at: String,
    /// For the list: one state.
    #[serde(default)]
    state: String,
}

/// What was found for it.
struct Found {
    figures: Figures,
    snapshot: Snapshot,
    intakes: Vec<Intake>,
    chosen: Vec<Intake>,
    period: String,
    at: Union,
}

/// The period's stable text.
fn period_of(intake: &Intake) -> String {
    format!("{}-{}", intake.year, intake.season)
}

/// The intakes of a period; of none that is there the one that matters now.
async fn chosen(app: &App, intakes: &[Intake], period: &str) -> Result<(String, Vec<Intake>)> {
    let of = |period: &str| -> Vec<Intake> {
        let matches = |intake: &&Intake| intake.year.to_string() == period || period_of(intake) == period;
        intakes.iter().filter(matches).cloned().collect()
    };
    let asked = of(period);
    if !asked.is_empty() {
        return Ok((period.to_owned(), asked));
    }
    let current = campaign::current(app).await?.ok_or(Error::NotFound)?;
    Ok((period_of(&current.intake), vec![current.intake]))
}

async fn find(app: &App, officer: &Officer, asked: &Asked) -> Result<Found> {
    let intakes = board::intakes(app).await?;
    let (period, chosen) = chosen(app, &intakes, &asked.period).await?;
    let mut snapshot: Option<Snapshot> = None;
    for intake in &chosen {
        let one = board::snapshot(app, intake).await?;
        snapshot = Some(match snapshot {
            Some(other) => board::together(other, one),
            None => one,
        });
    }
    let snapshot = snapshot.ok_or(Error::NotFound)?;
    let scope = officer.union.scope();
    let here = |union: &&Union| match asked.at.as_str() {
        "" => union.path == scope,
        at => union.id == at && covers(scope, &union.path),
    };
    let at = snapshot
        .unions
        .iter()
        .find(here)
        .cloned()
        .ok_or(Error::NotFound)?;
    let of: Vec<&Intake> = chosen.iter().collect();
    Ok(Found {
        figures: figures::of(&snapshot, &at.path, &of),
        snapshot,
        intakes,
        period,
        at,
        chosen,
    })
}

/// `GET /office/board?period=&at=`
#[handler]
pub async fn show(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let found = match find(&ctx.app, &officer, &asked).await {
        // No campaign was made yet: there is nothing to count, and that is no error.
        Err(Error::NotFound) if asked.at.is_empty() => {
            ctx.flash("还没有年度行动，暂时没有可以统计的数据。");
            return Ok(super::super::page::see_other("/office"));
        }
        other => other?,
    };
    page(&shown(&ctx, &officer, found))
}

/// `GET /office/board.xlsx?period=&at=`
#[handler]
pub async fn table(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let found = find(&ctx.app, &officer, &asked).await?;
    let bytes = exports::figures(&ctx.app, &officer, &found.at.id, &found.figures).await?;
    Ok(xlsx(
        &format!("督查 {} {}.xlsx", found.at.name, found.period),
        bytes,
    ))
}

/// `GET /office/board/applications.xlsx?period=&at=&state=`
#[handler]
pub async fn export_list(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let found = find(&ctx.app, &officer, &asked).await?;
    let intakes: Vec<&Intake> = found.chosen.iter().collect();
    let state = State::parse(&asked.state);
    let bytes = exports::applications(&ctx.app, &officer, &intakes, &found.at.path, state).await?;
    Ok(xlsx(
        &format!("申请 {} {}.xlsx", found.at.name, found.period),
        bytes,
    ))
}

fn shown(ctx: &Ctx, officer: &Officer, found: Found) -> BoardPage {
    let Found {
        figures, period, at, ..
    } = &found;
    let money = officer.can(Act::ReadMoney);
    let late_more = figures.late.len().saturating_sub(LATE_SHOWN);
    BoardPage {
        base: ctx.base("督查"),
        who: Who::of(officer, "board"),
        name: at.name.clone(),
        crumbs: crumbs(officer, &found),
        at: at.id.clone(),
        periods: periods(&found),
        as_of: figures.at.clock_text(),
        counts: figures.counts,
        drafts: figures.drafts,
        granted: money.then(|| figures.granted.to_string()),
        funnel: drawn("c-funnel", "按环节", rows::funnel(figures)),
        unions: rows::unions(&found),
        places: rows::places(&found),
        places_chart: rows::places_chart(figures),
        ages: drawn("c-ages", "审核中的申请已等待多久", rows::ages(figures)),
        late: rows::late(officer, &found),
        late_more,
        days_chart: rows::days_chart(figures),
        days: rows::days(figures),
        verdicts: drawn("c-verdicts", "审核结论", rows::verdicts(figures)),
        reasons: rows::reasons(figures),
        returned: rows::returned(figures),
        late_after: ctx.app.config.told.late_after,
        near_end: NEAR_END,
        query: query(period, &at.id),
        list: list_href(&at.id, None),
    }
}

fn drawn(id: &str, title: &str, rows: Vec<(String, i64)>) -> Drawn {
    Drawn {
        svg: chart::bars(id, title, &rows),
        rows,
    }
}

fn query(period: &str, at: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("period", period).append_pair("at", at);
    query.finish()
}

fn href(period: &str, at: &str) -> String {
    format!("/office/board?{}", query(period, at))
}

/// The list of applications with filters; its own page knows what each means.
fn list_href(union: &str, state: Option<State>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("tab", "all").append_pair("union", union);
    if let Some(state) = state {
        query.append_pair("state", state.as_str());
    }
    format!("/office?{}", query.finish())
}

fn crumbs(officer: &Officer, found: &Found) -> Vec<Crumb> {
    let scope = officer.union.scope();
    let mut above: Vec<&Union> = found
        .snapshot
        .unions
        .iter()
        .filter(|union| covers(scope, &union.path) && covers(&union.path, &found.at.path))
        .collect();
    above.sort_by_key(|union| union.path.len());
    let crumb = |union: &Union| Crumb {
        href: href(&found.period, &union.id),
        name: union.name.clone(),
    };
    above.into_iter().map(crumb).collect()
}

fn periods(found: &Found) -> Vec<Period> {
    let mut periods: Vec<Period> = Vec::new();
    let mut offer = |value: String, label: String| {
        if periods.iter().all(|period| period.value != value) {
            let on = found.period == value;
            periods.push(Period { value, label, on });
        }
    };
    for intake in &found.intakes {
        let year = intake.year;
        offer(year.to_string(), format!("{year}年全年"));
        for one in found.intakes.iter().filter(|one| one.year == year) {
            offer(period_of(one), one.label());
        }
    }
    periods
}
