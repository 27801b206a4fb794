//! `/office/board/applications/:id`: everything that happened to one application: timeline, decisions, messages, and who
//! looked at it. The look is a line itself.

use super::super::ctx::Ctx;
use super::super::page::{Base, page};
use super::Who;
use super::audit::{Line, line};
use super::view::{self, Tag};
use crate::error::Result;
use crate::notice::{Channel, Delivery};
use crate::supervision::history::{self, History};
use crate::union::rights::Act;
use askama::Template;
use poem::web::Path;
use poem::{Response, handler};

#[derive(Template)]
#[template(path = "office/board_history.html")]
pub struct HistoryPage {
    pub base: Base,
    pub who: Option<Who>,
    pub number: String,
    pub applicant: String,
    pub union: String,
    pub intake: String,
    pub state: Tag,
    /// The desk.
    pub href: String,
    pub events: Vec<EventLine>,
    pub decisions: Vec<DecisionLine>,
    pub notices: Vec<NoticeLine>,
    /// Only for who may read the trail.
    pub trail: Option<Vec<Line>>,
}

/// A line of the timeline.
pub struct EventLine {
    pub at: String,
    pub what: &'static str,
    pub by: String,
    pub note: String,
}

/// A decision.
pub struct DecisionLine {
    pub at: String,
    pub who: String,
    pub verdict: &'static str,
    pub reason: String,
}

/// A message.
pub struct NoticeLine {
    pub at: String,
    pub to: &'static str,
    pub channel: &'static str,
    pub state: &'static str,
}

/// `GET /office/board/applications/:id`
#[handler]
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let history = history::open(&ctx.app, &officer, &id).await?;
    let reads_trail = officer.can(Act::ReadAudit);
    page(&shown(
        ctx.base("全部记录"),
        Who::of(&officer, "board"),
        history,
        reads_trail,
    ))
}

fn shown(base: Base, who: Option<Who>, history: History, reads_trail: bool) -> HistoryPage {
    let progress = history.progress;
    let application = progress.application;
    let event = |line: crate::application::progress::TimelineLine| EventLine {
        at: line.at.second_text(),
        what: line.event.label(),
        by: line.by.unwrap_or_default(),
        note: line.note,
    };
    let decision = |decision: history::Decision| DecisionLine {
        at: decision.at.second_text(),
        who: format!("{} {}", decision.union, decision.officer),
        verdict: decision.verdict.label(),
        reason: decision.reason,
    };
    let notice = |notice: history::Notice| NoticeLine {
        at: notice.at.second_text(),
        to: if notice.to_worker {
            "职工"
        } else {
            "审核人员"
        },
        channel: channel(&notice.channel),
        state: delivery(&notice.state),
    };
    HistoryPage {
        base,
        who,
        number: application.number.unwrap_or_default(),
        applicant: application.applicant,
        union: progress.unit.unwrap_or_default(),
        intake: progress.intake.label(),
        state: view::state(application.state),
        href: format!("/office/applications/{}", application.id),
        events: progress.timeline.into_iter().map(event).collect(),
        decisions: history.decisions.into_iter().map(decision).collect(),
        notices: history.notices.into_iter().map(notice).collect(),
        trail: reads_trail.then(|| history.trail.into_iter().map(line).collect()),
    }
}

/// How a message went out; it is not decided while it waits.
fn channel(channel: &str) -> &'static str {
    Channel::parse(channel).map_or("未定", Channel::label)
}

/// What became of it.
fn delivery(state: &str) -> &'static str {
    Delivery::parse(state).map_or("不明", Delivery::label)
}
