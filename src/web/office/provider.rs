//! `/office/provider`: the provider's own paid enrolments: admission, how each term goes, a table to keep.
//!
//! # What tests hold on to
//! One `row` with `open`, `export`; an enrolment's page: `state`, `admit`, `f-reason`, `decline`, `f-term`, `f-status`, `report`.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, page, page_again, see_other, table};
use super::Who;
use super::view::Tag;
use crate::enrolment::moves;
use crate::enrolment::provider::{self, Filter, PAGE, Report};
use crate::enrolment::{Basics, Enrolment, State, StudyStatus, Term};
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Refusal, Time};
use crate::union::Officer;
use askama::Template;
use poem::web::{Path, Query};
use poem::{Response, handler};
use serde::Deserialize;

/// What the address asks for.
#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    words: String,
    #[serde(default)]
    page: String,
}

impl Asked {
    fn filter(&self) -> Filter {
        Filter {
            state: State::parse(&self.state).filter(|state| state.is_providers()),
            words: self.words.chars().take(40).collect(),
            page: self.page.parse::<i64>().unwrap_or(1).clamp(1, 10_000) - 1,
        }
    }
}

fn href(path: &str, state: Option<State>, words: &str, page: i64) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if let Some(state) = state {
        query.append_pair("state", state.as_str());
    }
    if !words.is_empty() {
        query.append_pair("words", words);
    }
    if page > 0 {
        query.append_pair("page", &(page + 1).to_string());
    }
    format!("{path}?{}", query.finish())
}

/// A line of the list.
pub struct Line {
    pub id: String,
    pub number: String,
    pub applicant: String,
    pub study: String,
    pub entry: String,
    pub paid: String,
    pub state: Tag,
}

fn tag(state: State) -> Tag {
    let tone = match state {
        State::Paid => "warn",
        State::Admitted | State::Completed => "ok",
        _ => "",
    };
    Tag {
        text: state.label().to_owned(),
        tone,
    }
}

/// A state's link above the list.
pub struct Chip {
    pub label: &'static str,
    pub count: i64,
    pub href: String,
    pub on: bool,
}

#[derive(Template)]
#[template(path = "office/provider.html")]
struct ListPage {
    base: Base,
    who: Option<Who>,
    chips: Vec<Chip>,
    words: String,
    state: String,
    total: i64,
    lines: Vec<Line>,
    export: String,
    prev: Option<String>,
    next: Option<String>,
}

/// `GET /office/provider?state=&words=&page=`
#[handler]
pub async fn list(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let filter = asked.filter();
    let (found, total, counts) = provider::list(&ctx.app, &officer, &filter).await?;
    let to = |state| href("/office/provider", state, &filter.words, 0);
    let all = Chip {
        label: "全部",
        count: counts.iter().map(|c| c.1).sum(),
        href: to(None),
        on: filter.state.is_none(),
    };
    let chip = |(state, count): &(State, i64)| Chip {
        label: state.label(),
        count: *count,
        href: to(Some(*state)),
        on: filter.state == Some(*state),
    };
    let line = |e: Enrolment| Line {
        study: format!("{} {}", e.institution, e.title()),
        entry: Time::start_of(e.entry).day_text(),
        paid: e.paid_at.map_or_else(String::new, Time::short_text),
        state: tag(e.state),
        id: e.id,
        number: e.number,
        applicant: e.applicant,
    };
    let at = |page| href("/office/provider", filter.state, &filter.words, page);
    page(&ListPage {
        base: ctx.base("报读学员"),
        who: Who::of(&officer, "provider"),
        chips: std::iter::once(all).chain(counts.iter().map(chip)).collect(),
        state: filter.state.map_or_else(String::new, |s| s.to_string()),
        export: href("/office/provider/export.xlsx", filter.state, &filter.words, 0),
        prev: (filter.page > 0).then(|| at(filter.page - 1)),
        next: ((filter.page + 1) * PAGE < total).then(|| at(filter.page + 1)),
        lines: found.into_iter().map(line).collect(),
        words: filter.words,
        total,
    })
}

/// `GET /office/provider/export.xlsx?state=&words=`
#[handler]
pub async fn export(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let bytes = provider::export(&ctx.app, &officer, &asked.filter()).await?;
    let name = format!("报读学员 {}.xlsx", ctx.app.now().date());
    Ok(table(&name, bytes))
}

/// An instalment.
pub struct TermLine {
    pub label: String,
    pub amount: String,
    pub state: String,
}

fn term(term: Term) -> TermLine {
    TermLine {
        label: format!("第 {} 期", term.no),
        amount: term.fen.to_string(),
        state: term
            .paid_at
            .map_or_else(|| "未缴".to_owned(), |at| format!("{} 已缴", at.short_text())),
    }
}

/// A report.
pub struct ReportLine {
    pub term: i64,
    pub status: &'static str,
    pub note: String,
    pub at: String,
}

fn report_line(report: Report) -> ReportLine {
    ReportLine {
        term: report.term,
        status: report.status.label(),
        note: report.note,
        at: report.at.minute_text(),
    }
}

#[derive(Template)]
#[template(path = "office/provider_one.html")]
struct OnePage {
    base: Base,
    who: Option<Who>,
    errors: Errors,
    e: Enrolment,
    basics: Basics,
    entry: String,
    state: Tag,
    terms: Vec<TermLine>,
    reports: Vec<ReportLine>,
    statuses: Vec<(&'static str, &'static str)>,
    can_admit: bool,
    can_report: bool,
    next_term: i64,
}

async fn one(ctx: &Ctx, officer: &Officer, id: &str) -> Result<OnePage> {
    let (e, basics) = provider::look(&ctx.app, officer, id).await?;
    let reports = provider::reports(&ctx.app, id).await?;
    Ok(OnePage {
        base: ctx.base(&e.applicant),
        who: Who::of(officer, "provider"),
        errors: Errors::default(),
        entry: Time::start_of(e.entry).day_text(),
        state: tag(e.state),
        terms: moves::terms(&ctx.app, id).await?.into_iter().map(term).collect(),
        next_term: reports.iter().map(|r| r.term).max().unwrap_or(0) + 1,
        reports: reports.into_iter().map(report_line).collect(),
        statuses: StudyStatus::ALL.iter().map(|s| (s.as_str(), s.label())).collect(),
        can_admit: e.state == State::Paid,
        can_report: e.state == State::Admitted,
        e,
        basics,
    })
}

/// `GET /office/provider/enrolments/:id`
#[handler]
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    page(&one(&ctx, &officer, &id).await?)
}

/// What is decided or reported, on the version that was seen.
#[derive(Deserialize)]
pub struct Posting {
    #[serde(default)]
    act: String,
    /// As text: a flattened form gives no numbers.
    #[serde(default)]
    version: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    term: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    note: String,
}

/// `POST /office/provider/enrolments/:id`: `act` is admit, decline or report.
#[handler]
pub async fn act(Path(id): Path<String>, posted: Posted<Posting>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let version = form.version.parse().unwrap_or(0);
    let (result, done) = match form.act.as_str() {
        "admit" => (
            provider::admit(&ctx.app, &officer, &id, version).await,
            "已确认录取，已通知职工",
        ),
        "decline" => (
            provider::decline(&ctx.app, &officer, &id, version, &form.reason).await,
            "已登记不予录取，学费全额退还，已通知职工",
        ),
        _ => {
            let typed = (form.term.as_str(), form.status.as_str(), form.note.as_str());
            (
                provider::report(&ctx.app, &officer, (&id, version), typed).await,
                "已登记学习情况",
            )
        }
    };
    let errors = match result {
        Ok(()) => {
            ctx.flash(done);
            return Ok(see_other(&format!("/office/provider/enrolments/{id}")));
        }
        Err(Error::Refused(refusal @ Refusal::EnrolmentNotThere)) => {
            Errors::from(&FieldErrors::one("form", refusal))
        }
        Err(error) => super::wrong(error)?,
    };
    let mut again = one(&ctx, &officer, &id).await?;
    again.errors = errors;
    page_again(&again)
}
