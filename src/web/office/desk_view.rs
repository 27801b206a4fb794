//! How the desk's page says what it shows.

use super::super::ctx::Ctx;
use super::super::page::Errors;
use super::desk::{ClaimLine, DecideForm, EventLine, Head, Opinion, StepLine, Tick, Typed};
use super::queue_form::Choice;
use super::view::{self, Tag};
use crate::application::form::FIELDS;
use crate::application::progress::{Progress, StepState};
use crate::application::{DocumentKind, State};
use crate::kernel::{Refusal, Time};
use crate::review::claims::Claim;
use crate::review::decide::REASON_MAX;
use crate::review::desk::Desk;
use crate::review::phrases::Phrase;
use crate::review::{ReasonCode, Relation, Verdict};

pub(super) fn claim(claim: &Claim) -> ClaimLine {
    let colleague = match claim {
        Claim::Mine | Claim::Nobody => String::new(),
        Claim::Colleague(name, since) => format!("{name} 从 {} 起正在看这份申请", since.short_text()),
        Claim::TakenOver(name, at) => format!("{name} 已于 {} 接手这份申请", at.short_text()),
    };
    ClaimLine {
        mine: *claim == Claim::Mine,
        colleague,
    }
}

pub(super) fn relations(desk: &Desk) -> Vec<Choice> {
    let all = Relation::ALL.iter().filter(|_| desk.declarable);
    all.map(|relation| Choice {
        value: relation.to_string(),
        label: relation.label().to_owned(),
        on: false,
    })
    .collect()
}

/// Why there is no form; a refusal's words are said to someone who acted, so where they do not fit others stand here.
pub(super) fn obstacle_words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::AlreadyDecided { by } => format!("这一步已由 {by} 办理，您可以查看，不能再办理。"),
        Refusal::DeclaredRelative => "您已对这份申请申报回避，可以查看，不能办理。".to_owned(),
        Refusal::NotAllowed => "您的账号没有审核权限，可以查看，不能办理。".to_owned(),
        Refusal::NotYourStep => "这份申请现在不在您的审核环节，您可以查看，不能办理。".to_owned(),
        other => format!("{}。", other.text()),
    }
}

pub(super) fn head(ctx: &Ctx, progress: &Progress) -> Head {
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

pub(super) fn events(progress: &Progress) -> Vec<EventLine> {
    let lines = progress.timeline.iter().map(|line| EventLine {
        at: line.at.minute_text(),
        what: line.event.label(),
        by: line.by.clone().unwrap_or_default(),
    });
    lines.collect()
}

pub(super) fn opinions(desk: &Desk) -> Vec<Opinion> {
    let lines = desk.decisions.iter().map(|line| {
        let tone = match line.verdict {
            Verdict::Pass => "ok",
            Verdict::Return | Verdict::SendBack => "warn",
            Verdict::Reject => "bad",
        };
        Opinion {
            at: line.at.minute_text(),
            who: format!("{} {}", line.union, line.officer),
            verdict: Tag {
                text: line.verdict.label().to_owned(),
                tone,
            },
            code: line.code.map_or("", ReasonCode::label),
            reason: line.reason.clone(),
            recalled: line.recalled_at.map(Time::minute_text),
        }
    });
    lines.collect()
}

pub(super) fn decide_form(desk: &Desk, typed: &Typed, phrases: Vec<Phrase>, errors: Errors) -> DecideForm {
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
        phrases,
        codes: codes(&typed.code),
        before: desk.before.clone(),
        errors,
    }
}

/// The coded reasons; without a choice it is "other".
fn codes(typed: &str) -> Vec<Choice> {
    let chosen = ReasonCode::parse(typed).unwrap_or(ReasonCode::Other);
    let all = ReasonCode::ALL.iter();
    all.map(|code| Choice {
        value: code.to_string(),
        label: code.label().to_owned(),
        on: *code == chosen,
    })
    .collect()
}
