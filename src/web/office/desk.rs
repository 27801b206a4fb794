//! `/office/applications/:id`: form and papers side by side, what happened before, and the decision
//!

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, page, page_again, page_with, see_other};
use super::Who;
use super::desk_view::{claim, decide_form, events, head, obstacle_words, opinions, relations};
use super::queue_form::Choice;
use super::view::{self, CheckLines, Group, Paper, Tag};
use crate::application::{DocumentKind, State, form};
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Refusal};
use crate::review::claims::{self, Claim};
use crate::review::decide::{self, Decision};
use crate::review::desk::{self, Desk};
use crate::review::phrases::{self, Phrase};
use crate::review::{ReasonCode, Verdict, inbox};
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
    pub claim: ClaimLine,
    /// The version, where this officer's pass can be taken back.
    pub recallable: Option<i64>,
    /// What the applicant may be to the officer, where 回避 can be declared.
    pub relations: Vec<Choice>,
    pub prev: Option<String>,
    pub next: Option<String>,
    /// The one that was just passed.
    pub done: Option<String>,
}

/// Who has it open.
#[derive(Default)]
pub struct ClaimLine {
    /// Whether it is this officer, so that the page renews it.
    pub mine: bool,
    /// In words, when it is a colleague.
    pub colleague: String,
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
    pub code: &'static str,
    pub reason: String,
    /// When it was taken back.
    pub recalled: Option<String>,
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
    pub phrases: Vec<Phrase>,
    pub codes: Vec<Choice>,
    /// The union that it can be sent back to.
    pub before: Option<String>,
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
    pub version: String,
    #[serde(default)]
    pub verdict: String,
    #[serde(default)]
    pub code: String,
    #[serde(default)]
    pub reason: String,
    #[serde(default)]
    pub confirm: String,
    /// `fix-<name>` for each ticked box.
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

impl Typed {
    fn verdict(&self) -> Option<Verdict> {
        Verdict::parse(&self.verdict)
    }

    /// The version that the form was made for; 0 for none.
    fn version(&self) -> i64 {
        self.version.parse().unwrap_or(0)
    }

    /// The ticked boxes.
    pub fn fixes(&self) -> Vec<String> {
        let names = self.rest.keys().filter_map(|key| key.strip_prefix("fix-"));
        names.map(str::to_owned).collect()
    }
}

/// `GET /office/applications/:id`
#[handler]
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let desk = desk::open(&ctx.app, &officer, &id).await?;
    page(&filled(&ctx, &officer, desk, &Typed::default(), Errors::default()).await?)
}

/// `POST /office/applications/:id`
#[handler]
pub async fn submit(posted: Posted<Typed>, Path(id): Path<String>) -> Result<Response> {
    let Posted { ctx, form: typed } = posted;
    let officer = super::signed_in(&ctx).await?;
    let Some(verdict) = typed.verdict() else {
        let errors = FieldErrors::one("verdict", Refusal::VerdictMissing);
        return incomplete(&ctx, &officer, &id, &typed, errors).await;
    };
    let fixes = typed.fixes();
    let decision = Decision {
        application_id: &id,
        version_seen: typed.version(),
        verdict,
        reason: &typed.reason,
        corrections: &fixes,
    };
    if verdict == Verdict::Reject && typed.confirm.is_empty() {
        let mut errors = decide::check(&decision).err().unwrap_or_default();
        errors.0.push(("confirm", Refusal::RejectNotConfirmed));
        return incomplete(&ctx, &officer, &id, &typed, errors).await;
    }
    let code = ReasonCode::parse(&typed.code).unwrap_or(ReasonCode::Other);
    let claim = claims::state(&ctx.app, &officer, &id).await?;
    match decide::decide_for(&ctx.app, &officer, &decision, code).await {
        Ok(state) => done(&ctx, &officer, &id, verdict, state, &claim).await,
        Err(Error::Invalid(errors)) => again(&ctx, &officer, &id, &typed, errors).await,
        Err(Error::Refused(refusal)) => refused(&ctx, &officer, &id, &typed, refusal).await,
        Err(error) => Err(error),
    }
}

/// What was done is said on the next one's page, which opens by itself.
async fn done(
    ctx: &Ctx,
    officer: &Officer,
    id: &str,
    verdict: Verdict,
    state: State,
    claim: &Claim,
) -> Result<Response> {
    let application = decide::after(&ctx.app, id).await?;
    let number = application.number.as_deref().unwrap_or_default();
    let did = match verdict {
        Verdict::Pass => "已通过",
        Verdict::Return => "已退回补正",
        Verdict::SendBack => "已退回下级工会复核",
        Verdict::Reject => "已办理不予通过",
    };
    let mut flash = format!("{did}：{}（编号 {number}）", application.applicant);
    if state == State::Approved {
        flash.push_str("，各级审核全部完成");
    }
    // Whoever was taken over learns it with what they do next; the decision counts.
    if let Claim::TakenOver(name, at) = claim {
        flash.push_str(&format!(
            "（{name} 已于 {} 接手，以您先办的为准）",
            at.short_text()
        ));
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

/// Nobody completes a form for what has changed meanwhile, or is not theirs to decide any more: that is said first.
async fn incomplete(
    ctx: &Ctx,
    officer: &Officer,
    id: &str,
    typed: &Typed,
    errors: FieldErrors,
) -> Result<Response> {
    match decide::may_still(&ctx.app, officer, id, typed.version()).await {
        Ok(()) => again(ctx, officer, id, typed, errors).await,
        Err(Error::Refused(refusal)) => refused(ctx, officer, id, typed, refusal).await,
        Err(error) => Err(error),
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
        None => page_again(&filled(ctx, officer, desk, typed, Errors::from(&errors)).await?),
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

/// What a field or document is called.
pub(super) fn label(name: &str) -> Option<&'static str> {
    form::label(name).or_else(|| DocumentKind::parse(name).map(DocumentKind::label))
}

async fn filled(ctx: &Ctx, officer: &Officer, desk: Desk, typed: &Typed, errors: Errors) -> Result<DeskPage> {
    let head = head(ctx, &desk.progress);
    let application = &desk.progress.application;
    let told = super::told::lines(&ctx.app, &application.id).await?;
    let form = match desk.obstacle {
        Some(_) => None,
        None => {
            let phrases = phrases::for_desk(&ctx.app, officer).await?;
            Some(decide_form(&desk, typed, phrases, errors))
        }
    };
    let link = |id: &Option<String>| id.as_ref().map(|id| format!("/office/applications/{id}"));
    Ok(DeskPage {
        base: ctx.base(&format!("审核：{}", application.applicant)),
        who: Who::of(officer, ""),
        checks: view::checks(&desk.checks),
        groups: view::groups(&desk.form),
        papers: view::papers(application, &desk.form, &desk.documents, &desk.checks),
        events: events(&desk.progress),
        opinions: opinions(&desk),
        obstacle: desk.obstacle.as_ref().map(obstacle_words),
        claim: claim(&desk.claim),
        recallable: desk.recallable.then_some(application.version),
        relations: relations(&desk),
        prev: link(&desk.neighbours.0),
        next: link(&desk.neighbours.1),
        done: link(&desk.just_passed),
        form,
        head,
        told,
    })
}
