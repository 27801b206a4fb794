//! `/office/bulk`: passing up to 500 at once: chosen in the list, confirmed with numbers, worked on with a progress bar,
//! each with its result (R-22, ux.md).

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, page, see_other};
use super::Who;
use super::queue_asked::Asked;
use crate::campaign;
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::review::bulk::{self, MOST, Outcome, Run};
use crate::review::inbox::{self, Tab};
use crate::supervision::trail;
use crate::union::Kind;
use askama::Template;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Template, Default)]
#[template(path = "office/bulk.html")]
pub struct BulkPage {
    pub base: Base,
    pub who: Option<Who>,
    pub id: String,
    /// `proposed`, `working`, `stopped` or `done`.
    pub state: &'static str,
    /// Whether passing here is the last word.
    pub last: bool,
    pub total: usize,
    pub done: usize,
    pub passed: usize,
    pub refused: usize,
    pub lines: Vec<ResultLine>,
}

/// One application and what came of it.
pub struct ResultLine {
    pub href: String,
    pub applicant: String,
    pub number: String,
    pub tone: &'static str,
    pub text: String,
}

/// What is chosen.
#[derive(Deserialize)]
pub struct Chosen {
    #[serde(default)]
    what: String,
    #[serde(default)]
    query: String,
    /// `pick-<id>` = the version that was seen.
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

/// `POST /office/bulk`: what was chosen is kept and shown for confirmation.
#[handler]
pub async fn propose(posted: Posted<Chosen>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let chosen = if form.what == "everything" {
        let intakes = campaign::intakes(&ctx.app).await?;
        let mut filter = Asked::parse(&form.query).filter(&officer, &intakes);
        filter.tab = Tab::Mine;
        inbox::chosen(&ctx.app, &officer, &filter, MOST as i64).await?
    } else {
        picked(&form.rest)
    };
    if chosen.is_empty() {
        return back(
            &ctx,
            &form.query,
            "还没有选中申请。请先在要通过的申请前面打勾，再点批量通过",
        );
    }
    match bulk::propose(&ctx.app, &officer, &chosen).await {
        Ok(run) => Ok(see_other(&format!("/office/bulk/{run}"))),
        Err(Error::Refused(refusal @ Refusal::TooManyChosen { .. })) => {
            back(&ctx, &form.query, &refusal.text())
        }
        Err(error) => Err(error),
    }
}

fn picked(fields: &BTreeMap<String, String>) -> Vec<(String, i64)> {
    let picks = fields.iter().filter_map(|(name, version)| {
        let id = name.strip_prefix("pick-")?;
        Some((id.to_owned(), version.parse().ok()?))
    });
    picks.collect()
}

fn back(ctx: &Ctx, query: &str, words: &str) -> Result<Response> {
    ctx.flash(words);
    // Parsed and written anew: an address of ours whatever was sent.
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    Ok(see_other(&format!("/office?{query}")))
}

/// `GET /office/bulk/:run`
#[handler]
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let run = bulk::find(&ctx.app, &officer, &id).await?;
    // While it is under way the page opens itself again and again.
    if !run.working {
        trail::note(&ctx.app, &officer, "application.list", json!({ "bulk": id })).await?;
    }
    page(&BulkPage {
        base: ctx.base("批量通过"),
        who: Who::of(&officer, "mine"),
        last: matches!(officer.union.kind, Kind::City | Kind::Centre),
        ..shown(&run)
    })
}

fn shown(run: &Run) -> BulkPage {
    let state = match (run.started_at, run.finished_at) {
        (_, Some(_)) => "done",
        (None, None) => "proposed",
        _ if run.working => "working",
        _ => "stopped",
    };
    let lines = run.items.iter().map(|item| {
        let (tone, text) = match &item.outcome {
            Outcome::Waiting if state == "proposed" => ("", "待确认".to_owned()),
            Outcome::Waiting => ("", "还没有办".to_owned()),
            Outcome::Passed => ("ok", "已通过".to_owned()),
            Outcome::Refused(words) => ("bad", format!("没有办成：{words}")),
        };
        ResultLine {
            href: format!("/office/applications/{}", item.application_id),
            applicant: item.applicant.clone(),
            number: item.number.clone(),
            tone,
            text,
        }
    });
    let mut lines: Vec<ResultLine> = lines.collect();
    // What needs somebody stands first.
    lines.sort_by_key(|line| ["bad", "", "ok"].iter().position(|tone| *tone == line.tone));
    BulkPage {
        id: run.id.clone(),
        state,
        total: run.items.len(),
        done: run.done(),
        passed: run.passed(),
        refused: run.done() - run.passed(),
        lines,
        ..BulkPage::default()
    }
}

/// How long the answer waits for the end; what takes longer is shown with a progress bar.
const PATIENCE: Duration = Duration::from_secs(2);

/// Nothing is typed: the button alone.
#[derive(Deserialize)]
pub struct Go {}

/// `POST /office/bulk/:run`: begins, or goes on after an interruption. Posted again it does nothing twice.
#[handler]
pub async fn go(posted: Posted<Go>, Path(id): Path<String>) -> Result<Response> {
    let Posted { ctx, .. } = posted;
    let officer = super::signed_in(&ctx).await?;
    let run = bulk::find(&ctx.app, &officer, &id).await?;
    let app = ctx.app.clone();
    // It goes on though the browser does not wait.
    let work = tokio::spawn(async move {
        if let Err(error) = bulk::work(&app, &officer, &run.id).await {
            tracing::error!(run = run.id, error = format!("{error:#}"), "a bulk pass stopped");
        }
    });
    // Whether it ended in time or not, the page says where it stands.
    let _ = tokio::time::timeout(PATIENCE, work).await;
    Ok(see_other(&format!("/office/bulk/{id}")))
}
