//! `/enrol/mine`: the worker's enrolments, one of them with its terms and what can be done, and leaving.

use super::{signed_in, tone};
use crate::application::from_enrolment;
use crate::enrolment::moves::{self, Happened};
use crate::enrolment::states::Event;
use crate::enrolment::{Enrolment, State, Term, catalogue, paying, refunds};
use crate::error::{Error, Result};
use crate::kernel::{Fen, Refusal, Time, text};
use crate::web::ctx::Ctx;
use crate::web::form::Posted;
use crate::web::page::{Base, page, see_other};
use crate::web::worker::gate::Nothing;
use askama::Template;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

/// A line of the list.
pub struct Line {
    pub id: String,
    pub title: String,
    pub institution: String,
    pub number: String,
    pub state: &'static str,
    pub tone: &'static str,
}

#[derive(Template)]
#[template(path = "worker/enrol_mine.html")]
struct MinePage {
    base: Base,
    lines: Vec<Line>,
}

/// `GET /enrol/mine`
#[handler]
pub async fn list(ctx: Ctx) -> Result<Response> {
    let worker = signed_in(&ctx).await?;
    let line = |e: Enrolment| Line {
        title: e.title(),
        state: e.state.label(),
        tone: tone(e.state),
        id: e.id,
        institution: e.institution,
        number: e.number,
    };
    let lines = moves::of_worker(&ctx.app, &worker.id)
        .await?
        .into_iter()
        .map(line)
        .collect();
    page(&MinePage {
        base: ctx.base("我的报读"),
        lines,
    })
}

/// An instalment in words.
pub struct TermView {
    pub label: String,
    pub amount: String,
    pub state: String,
    pub tone: &'static str,
}

fn term(term: &Term, now: Time) -> TermView {
    let (state, tone) = match (term.paid_at, term.refund.0, term.refunded_at) {
        (_, 1.., Some(_)) => (format!("已退 {}", term.refund), ""),
        (_, 1.., None) => (format!("退款中 {}", term.refund), "on"),
        (Some(at), ..) => (format!("{} 已缴", at.short_text()), "ok"),
        (None, ..) if term.no == 1 => ("待缴".to_owned(), "warn"),
        (None, ..) => {
            let due = Time::start_of(term.due);
            (
                format!("{} 起缴纳", due.day_text()),
                if due <= now { "warn" } else { "" },
            )
        }
    };
    TermView {
        label: format!("第 {} 期", term.no),
        amount: term.fen.to_string(),
        state,
        tone,
    }
}

/// A line of the timeline.
pub struct Entry {
    pub at: String,
    pub what: &'static str,
    pub note: String,
    pub tone: &'static str,
}

fn entry(happened: Happened) -> Entry {
    let tone = match happened.event {
        Event::Paid | Event::Admitted | Event::Completed | Event::TermPaid | Event::Refunded => "ok",
        Event::Expired | Event::Declined | Event::RefundStuck | Event::MoneyReturns => "warn",
        _ => "",
    };
    Entry {
        at: happened.at.minute_text(),
        what: happened.event.label(),
        note: happened.note,
        tone,
    }
}

#[derive(Template)]
#[template(path = "worker/enrol_one.html")]
struct OnePage {
    base: Base,
    e: Enrolment,
    entry: String,
    provider: String,
    state: &'static str,
    tone: &'static str,
    next: String,
    terms: Vec<TermView>,
    timeline: Vec<Entry>,
    can_pay: Option<String>,
    can_cancel: bool,
    can_leave: bool,
    can_apply: bool,
    again: bool,
}

/// What happens next, in a sentence.
fn next_words(e: &Enrolment) -> String {
    match e.state {
        State::Held => format!("名额为您保留到 {}，请在此之前缴费。", e.held_until.minute_text()),
        State::Paid => "服务机构会核对您的信息并确认录取，结果会发消息通知您。".to_owned(),
        State::Admitted => format!(
            "请于 {} 按服务机构通知入学。入学后可申请学历提升补助。",
            Time::start_of(e.entry).day_text()
        ),
        State::Expired => "没有产生费用。如仍需报读，请重新办理。".to_owned(),
        State::Cancelled => "没有产生费用。".to_owned(),
        State::Refunding => "退款原路退回您的微信支付账户，一般 1 至 3 个工作日到账。".to_owned(),
        State::Refunded => "款项已原路退回。".to_owned(),
        State::Completed => "祝贺您完成学业！".to_owned(),
        State::Left => "您已退学。".to_owned(),
    }
}

/// `GET /enrol/mine/:id`
#[handler]
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let worker = signed_in(&ctx).await?;
    let e = moves::own(&ctx.app, &worker.id, &id).await?;
    let now = ctx.app.now();
    let terms = moves::terms(&ctx.app, &id).await?;
    let unpaid = terms.iter().find(|term| term.paid_at.is_none());
    let payable = match e.state {
        State::Held => e.held_until > now,
        State::Paid | State::Admitted => true,
        _ => false,
    };
    let mut timeline = moves::timeline(&ctx.app, &id).await?;
    timeline.reverse();
    page(&OnePage {
        base: ctx.base("我的报读"),
        entry: Time::start_of(e.entry).day_text(),
        provider: catalogue::find(&ctx.app, &e.program_id).await?.provider.1,
        state: e.state.label(),
        tone: tone(e.state),
        next: next_words(&e),
        can_pay: unpaid
            .filter(|_| payable)
            .map(|term| format!("缴纳第 {} 期学费 {}", term.no, term.fen)),
        can_cancel: e.state == State::Held,
        can_leave: refunds::may_leave(&e),
        can_apply: from_enrolment::may(&e),
        again: matches!(e.state, State::Expired | State::Cancelled),
        terms: terms.iter().map(|one| term(one, now)).collect(),
        timeline: timeline.into_iter().map(entry).collect(),
        e,
    })
}

/// `POST /enrol/mine/:id/cancel`
#[handler]
pub async fn cancel(Path(id): Path<String>, posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let worker = signed_in(&ctx).await?;
    match refunds::cancel(&ctx.app, &worker.id, &id).await {
        Ok(()) => ctx.flash("已取消，名额已释放，没有产生费用"),
        Err(Error::Refused(refusal @ (Refusal::PaymentPaid | Refusal::EnrolmentNotThere))) => {
            ctx.flash(&refusal.text())
        }
        Err(error) => return Err(error),
    }
    Ok(see_other(&format!("/enrol/mine/{id}")))
}

#[derive(Template)]
#[template(path = "worker/enrol_leave.html")]
struct LeavePage {
    base: Base,
    e: Enrolment,
    paid: String,
    back: String,
    back_fen: i64,
    percent: i64,
    rules: Vec<String>,
}

/// `GET /enrol/mine/:id/leave`
#[handler]
pub async fn ask_leave(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let worker = signed_in(&ctx).await?;
    let e = moves::own(&ctx.app, &worker.id, &id).await?;
    if !refunds::may_leave(&e) {
        return Ok(see_other(&format!("/enrol/mine/{id}")));
    }
    let prospect = refunds::prospect(&ctx.app, &e).await?;
    page(&LeavePage {
        base: ctx.base("退学退费"),
        rules: e.refunds.words(e.entry),
        e,
        paid: prospect.paid.to_string(),
        back: prospect.back.to_string(),
        back_fen: prospect.back.0,
        percent: prospect.percent,
    })
}

/// What was seen, and why.
#[derive(Deserialize)]
pub struct Leaving {
    /// Fen, as text: a flattened form gives no numbers.
    #[serde(default)]
    back: String,
    #[serde(default)]
    reason: String,
}

/// `POST /enrol/mine/:id/leave`
#[handler]
pub async fn leave(Path(id): Path<String>, posted: Posted<Leaving>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let worker = signed_in(&ctx).await?;
    let reason: String = text::clean(&form.reason).chars().take(100).collect();
    match refunds::leave(
        &ctx.app,
        &worker.id,
        &id,
        Fen(form.back.parse().unwrap_or(-1)),
        &reason,
    )
    .await
    {
        Ok(State::Refunding) => ctx.flash("已办理退学，退款正在原路退回"),
        Ok(_) => ctx.flash("已办理退学"),
        Err(Error::Refused(refusal @ Refusal::EnrolmentNotThere)) => {
            ctx.flash(&refusal.text());
            return Ok(see_other(&format!("/enrol/mine/{id}/leave")));
        }
        Err(error) => return Err(error),
    }
    Ok(see_other(&format!("/enrol/mine/{id}")))
}

/// `POST /enrol/mine/:id/apply`: one tap fills the subsidy's application.
#[handler]
pub async fn apply(Path(id): Path<String>, posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let worker = signed_in(&ctx).await?;
    let enrolment = moves::own(&ctx.app, &worker.id, &id).await?;
    // What was paid a moment ago counts already.
    if let Some(order) = moves::terms(&ctx.app, &id)
        .await?
        .into_iter()
        .find_map(|t| t.order_id.filter(|_| t.paid_at.is_none()))
    {
        drop(paying::settled(&ctx.app, &order).await);
    }
    let draft = from_enrolment::begin(&ctx.app, &worker, &enrolment).await?;
    crate::print::tuition::attach(&ctx.app, &worker, &draft.id).await?;
    ctx.flash("已带入院校、专业、层次、入学时间，缴费凭证会在上传材料时自动放好。请补充其余内容");
    Ok(see_other("/apply"))
}
