//! `/office/applications/:id`: form and papers side by side, what happened before, and the decision
//!

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, page, page_again, page_with, see_other};
use super::Who;
use super::view::{self, CheckLines, Group, PHRASES, Paper, Phrase, Tag};
use crate::application::form::FIELDS;
use crate::application::progress::{Progress, StepState};
use crate::application::{DocumentKind, State, form};
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Refusal};
use crate::review::decide::{self, Decision, REASON_MAX};
use crate::review::desk::{self, Desk};
use crate::review::{Verdict, inbox};
use crate::union::Officer;
use askama::Template;
use poem::error::ResponseError as _;
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "office/desk.html")]
pub struct DeskPage {
    pub base: Base,
    pub who: Option<Who>,
    pub head: Head,
    pub checks: CheckLines,
    pub groups: Vec<Group>,
    pub papers: Vec<Paper>,
    pub events: Vec<EventLine>,
    pub opinions: Vec<Opinion>,
    pub obstacle: Option<String>,
    pub form: Option<DecideForm>,
    pub told: super::told::ToldLines,
}

/// Whose application it is and where it stands.
pub struct Head {
    pub id: String,
    pub number: String,
    pub applicant: String,
    pub intake: String,
    pub state: Tag,
    pub holder: Option<String>,
    pub waiting: Option<i64>,
    pub submitted: String,
    pub until: String,
    pub left: Option<Tag>,
    pub steps: Vec<StepLine>,
}

/// A step of the review.
pub struct StepLine {
    pub union: String,
    pub class: &'static str,
    pub words: &'static str,
}

/// A line of the timeline.
pub struct EventLine {
    pub at: String,
    pub what: &'static str,
    pub by: String,
}

/// What an officer decided.
pub struct Opinion {
    pub at: String,
    pub who: String,
    pub verdict: Tag,
    pub reason: String,
}

/// The decision's form with what was typed.
#[derive(Default)]
pub struct DecideForm {
    pub version: i64,
    pub verdict: String,
    pub reason: String,
    pub reason_max: usize,
    pub confirm: bool,
    pub papers: Vec<Tick>,
    pub fields: Vec<Tick>,
    pub phrases: &'static [Phrase],
    pub errors: Errors,
}

/// A box for something to be mended.
pub struct Tick {
    pub name: &'static str,
    pub label: &'static str,
    pub ticked: bool,
}

/// What is typed.
#[derive(Deserialize, Default)]
pub struct Typed {
    #[serde(default)]
    version: String,
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    confirm: String,
    /// `fix-<name>` for each ticked box.
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

impl Typed {
    fn verdict(&self) -> Option<Verdict> {
        Verdict::parse(&self.verdict)
    }

    fn fixes(&self) -> Vec<String> {
        let names = self.rest.keys().filter_map(|key| key.strip_prefix("fix-"));
        names.map(str::to_owned).collect()
    }
}

/// `GET /office/applications/:id`
#[handler]
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let desk = desk::open(&ctx.app, &officer, &id).await?;
    let mut shown = filled(&ctx, &officer, desk, &Typed::default(), Errors::default());
    shown.told = super::told::lines(&ctx.app, &id).await?;
    page(&shown)
}

/// `POST /office/applications/:id`
#[handler]
pub async fn submit(posted: Posted<Typed>, Path(id): Path<String>) -> Result<Response> {
    let Posted { ctx, form: typed } = posted;
    let officer = super::signed_in(&ctx).await?;
    let Some(verdict) = typed.verdict() else {
        return again(
            &ctx,
            &officer,
            &id,
            &typed,
            FieldErrors::one("verdict", Refusal::VerdictMissing),
        )
        .await;
    };
    let fixes = typed.fixes();
    let decision = Decision {
        application_id: &id,
        version_seen: typed.version.parse().unwrap_or(0),
        verdict,
        reason: &typed.reason,
        corrections: &fixes,
    };
    if verdict == Verdict::Reject && typed.confirm.is_empty() {
        let mut errors = decide::check(&decision).err().unwrap_or_default();
        errors.0.push(("confirm", Refusal::RejectNotConfirmed));
        return again(&ctx, &officer, &id, &typed, errors).await;
    }
    match decide::decide(&ctx.app, &officer, &decision).await {
        Ok(state) => done(&ctx, &officer, &id, verdict, state).await,
        Err(Error::Invalid(errors)) => again(&ctx, &officer, &id, &typed, errors).await,
        Err(Error::Refused(refusal)) => refused(&ctx, &officer, &id, &typed, refusal).await,
        Err(error) => Err(error),
    }
}

/// What was done is said on the next one's page, which opens by itself.
async fn done(ctx: &Ctx, officer: &Officer, id: &str, verdict: Verdict, state: State) -> Result<Response> {
    let application = decide::after(&ctx.app, id).await?;
    let number = application.number.as_deref().unwrap_or_default();
    let did = match verdict {
        Verdict::Pass => "已通过",
        Verdict::Return => "已退回补正",
        Verdict::Reject => "已办理不予通过",
    };
    let mut flash = format!("{did}：{}（编号 {number}）", application.applicant);
    if state == State::Approved {
        flash.push_str("，各级审核全部完成");
    }
    match inbox::next(&ctx.app, officer).await? {
        Some(next) => {
            ctx.flash(&format!("{flash}。下面是下一件"));
            Ok(see_other(&format!("/office/applications/{next}")))
        }
        None => {
            ctx.flash(&format!("{flash}。待办已全部办完"));
            Ok(see_other("/office"))
        }
    }
}

/// The form again, with its errors and all that was typed.
async fn again(
    ctx: &Ctx,
    officer: &Officer,
    id: &str,
    typed: &Typed,
    errors: FieldErrors,
) -> Result<Response> {
    let desk = desk::open(&ctx.app, officer, id).await?;
    match desk.obstacle.clone() {
        Some(refusal) => page_refused(ctx, officer, desk, typed, refusal),
        None => {
            let mut shown = filled(ctx, officer, desk, typed, Errors::from(&errors));
            shown.told = super::told::lines(&ctx.app, id).await?;
            page_again(&shown)
        }
    }
}

#[derive(Template)]
#[template(path = "office/refused.html")]
pub struct RefusedPage {
    pub base: Base,
    pub who: Option<Who>,
    pub text: String,
    pub head: Head,
    pub last: Option<Opinion>,
    pub verdict: &'static str,
    pub reason: String,
    pub fixes: Vec<&'static str>,
}

/// Somebody was faster, or a rule says no: what happened, where it stands now, and what was typed.
async fn refused(
    ctx: &Ctx,
    officer: &Officer,
    id: &str,
    typed: &Typed,
    refusal: Refusal,
) -> Result<Response> {
    let desk = desk::open(&ctx.app, officer, id).await?;
    page_refused(ctx, officer, desk, typed, refusal)
}

fn page_refused(
    ctx: &Ctx,
    officer: &Officer,
    desk: Desk,
    typed: &Typed,
    refusal: Refusal,
) -> Result<Response> {
    // Its form was open, so it was this officer's step a moment ago: a conflict, not a lack of rights.
    let status = match &refusal {
        Refusal::NotYourStep => StatusCode::CONFLICT,
        _ => Error::Refused(refusal.clone()).status(),
    };
    let fixes = typed.fixes();
    let template = RefusedPage {
        base: ctx.base("没有办成"),
        who: Who::of(officer, ""),
        text: refusal.text(),
        last: opinions(&desk).pop().filter(|_| status == StatusCode::CONFLICT),
        head: head(ctx, &desk.progress),
        verdict: typed.verdict().map_or("", Verdict::label),
        reason: typed.reason.clone(),
        fixes: fixes.iter().filter_map(|name| label(name)).collect(),
    };
    page_with(status, &template)
}

fn label(name: &str) -> Option<&'static str> {
    form::label(name).or_else(|| DocumentKind::parse(name).map(DocumentKind::label))
}

fn filled(ctx: &Ctx, officer: &Officer, desk: Desk, typed: &Typed, errors: Errors) -> DeskPage {
    let head = head(ctx, &desk.progress);
    let application = &desk.progress.application;
    let form = desk.obstacle.is_none().then(|| decide_form(&desk, typed, errors));
    DeskPage {
        base: ctx.base(&format!("审核：{}", application.applicant)),
        who: Who::of(officer, ""),
        checks: view::checks(&desk.checks),
        groups: view::groups(&desk.form),
        papers: view::papers(application, &desk.form, &desk.documents, &desk.checks),
        events: events(&desk.progress),
        opinions: opinions(&desk),
        obstacle: desk.obstacle.as_ref().map(obstacle_words),
        form,
        head,
        told: super::told::ToldLines::default(),
    }
}

/// Why there is no form; a refusal's words are said to someone who acted, so where they do not fit others stand here.
fn obstacle_words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::AlreadyDecided { by } => format!("这一步已由 {by} 办理，您可以查看，不能再办理。"),
        Refusal::NotAllowed => "您的账号没有审核权限，可以查看，不能办理。".to_owned(),
        Refusal::NotYourStep => "这份申请现在不在您的审核环节，您可以查看，不能办理。".to_owned(),
        other => format!("{}。", other.text()),
    }
}

fn head(ctx: &Ctx, progress: &Progress) -> Head {
    let application = &progress.application;
    let until = progress.intake.review.until;
    Head {
        id: application.id.clone(),
        number: application.number.clone().unwrap_or_default(),
        applicant: application.applicant.clone(),
        intake: progress.intake.label(),
        state: view::state(application.state),
        holder: progress.holder.clone(),
        waiting: progress.waiting_position,
        submitted: application
            .submitted_at
            .map_or(String::new(), |at| at.minute_text()),
        until: until.deadline_text(),
        left: (!application.state.is_over()).then(|| view::days_left(until, ctx.app.now())),
        steps: steps(progress),
    }
}

fn steps(progress: &Progress) -> Vec<StepLine> {
    let lines = progress.steps.iter().map(|step| {
        let (class, words) = match step.state {
            StepState::Done => ("done", "已通过"),
            StepState::Current if progress.application.state == State::Returned => ("now", "待补正"),
            StepState::Current => ("now", "审核中"),
            StepState::Ahead => ("ahead", "未到"),
            StepState::Skipped => ("ahead", "由上级审核"),
            StepState::Rejected => ("now", "未通过"),
        };
        StepLine {
            union: step.union.clone(),
            class,
            words,
        }
    });
    lines.collect()
}

fn events(progress: &Progress) -> Vec<EventLine> {
    let lines = progress.timeline.iter().map(|line| EventLine {
        at: line.at.minute_text(),
        what: line.event.label(),
        by: line.by.clone().unwrap_or_default(),
    });
    lines.collect()
}

fn opinions(desk: &Desk) -> Vec<Opinion> {
    let lines = desk.decisions.iter().map(|line| {
        let tone = match line.verdict {
            Verdict::Pass => "ok",
            Verdict::Return => "warn",
            Verdict::Reject => "bad",
        };
        Opinion {
            at: line.at.minute_text(),
            who: format!("{} {}", line.union, line.officer),
            verdict: Tag {
                text: line.verdict.label().to_owned(),
                tone,
            },
            reason: line.reason.clone(),
        }
    });
    lines.collect()
}

fn decide_form(desk: &Desk, typed: &Typed, errors: Errors) -> DecideForm {
    let fixes = typed.fixes();
    let ticked = |name: &str| fixes.iter().any(|fix| fix == name);
    let papers = DocumentKind::ALL
        .iter()
        .filter(|kind| desk.documents.iter().any(|d| d.kind == **kind));
    DecideForm {
        version: desk.progress.application.version,
        verdict: typed.verdict.clone(),
        reason: typed.reason.clone(),
        reason_max: REASON_MAX,
        confirm: !typed.confirm.is_empty(),
        papers: papers
            .map(|kind| Tick {
                name: kind.as_str(),
                label: kind.label(),
                ticked: ticked(kind.as_str()),
            })
            .collect(),
        fields: FIELDS
            .iter()
            .map(|(name, label)| Tick {
                name,
                label,
                ticked: ticked(name),
            })
            .collect(),
        phrases: PHRASES,
        errors,
    }
}
