//! `/office/unions`: the unions below the officer's, level by level or by name.

use super::super::ctx::Ctx;
use super::super::page::{Base, page};
use super::Who;
use crate::app::App;
use crate::error::Result;
use crate::union::overview::{self, FOUND_MAX};
use crate::union::registrations::State;
use crate::union::rights::Act;
use crate::union::{Officer, approval};
use askama::Template;
use poem::web::Query;
use poem::{Response, handler};
use serde::Deserialize;

/// The tabs of the pages about unions; only administrators have more than one.
#[derive(Debug, Clone, Default)]
pub struct Tabs {
    pub at: &'static str,
    pub manages: bool,
    /// Registrations that wait.
    pub waiting: i64,
}

/// The tabs for an officer, with what waits.
pub async fn tabs(app: &App, officer: &Officer, at: &'static str) -> Result<Tabs> {
    let manages = officer.can(Act::ManageUnions);
    let mut waiting = 0;
    if manages {
        let counts = approval::counts(app, officer).await?;
        waiting = counts
            .into_iter()
            .find(|(state, _)| *state == State::Pending)
            .map_or(0, |(_, n)| n);
    }
    Ok(Tabs { at, manages, waiting })
}

#[derive(Template)]
#[template(path = "office/unions.html")]
pub struct UnionsPage {
    pub base: Base,
    pub who: Option<Who>,
    pub tabs: Tabs,
    pub crumbs: Vec<Crumb>,
    pub at: Option<Line>,
    pub words: String,
    pub lines: Vec<Line>,
    /// A search found more than is shown.
    pub cut: bool,
    pub empty: &'static str,
}

/// A union above the level.
pub struct Crumb {
    pub href: String,
    pub name: String,
}

/// A line of the list.
pub struct Line {
    pub href: String,
    pub level: Option<String>,
    pub name: String,
    pub kind: &'static str,
    pub above: String,
    pub officers: i64,
    pub below: i64,
    pub open_work: i64,
}

fn line(found: overview::Line, above: String) -> Line {
    Line {
        href: format!("/office/unions/{}", found.id),
        level: (found.below > 0).then(|| format!("/office/unions?at={}", found.id)),
        name: found.name,
        kind: found.kind.label(),
        above,
        officers: found.officers,
        below: found.below,
        open_work: found.open_work,
    }
}

/// What the address asks for.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    at: String,
    #[serde(default)]
    words: String,
}

/// `GET /office/unions?at=&words=`
#[handler]
pub async fn show(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let words: String = asked.words.trim().chars().take(60).collect();
    let mut shown = UnionsPage {
        base: ctx.base("工会组织"),
        who: Who::of(&officer, "unions"),
        tabs: tabs(&ctx.app, &officer, "unions").await?,
        crumbs: Vec::new(),
        at: None,
        words,
        lines: Vec::new(),
        cut: false,
        empty: "还没有下级工会。",
    };
    if shown.words.is_empty() {
        let at = Some(asked.at.as_str()).filter(|at| !at.is_empty());
        let level = overview::level(&ctx.app, &officer, at).await?;
        let crumb = |union: crate::union::Union| Crumb {
            href: format!("/office/unions?at={}", union.id),
            name: union.name,
        };
        shown.crumbs = level.above.into_iter().map(crumb).collect();
        shown.at = Some(line(level.at, String::new()));
        shown.lines = level
            .below
            .into_iter()
            .map(|found| line(found, String::new()))
            .collect();
    } else {
        let found = overview::search(&ctx.app, &officer, &shown.words).await?;
        shown.cut = found.len() as i64 >= FOUND_MAX;
        shown.lines = found
            .into_iter()
            .map(|(found, above)| line(found, above))
            .collect();
        shown.empty = "没有找到这个名称的工会。请换个说法，或清除查找。";
    }
    page(&shown)
}
