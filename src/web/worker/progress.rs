//! `/progress`: where the application stands, who holds it and since when, what happens next;
//! what to mend when it was returned; taking it back; 订阅通知 asked for inside WeChat (ADR 0033).

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, attachment, page, page_again, see_other};
use super::gate::Nothing;
use super::{home, json, view};
use crate::account::Worker;
use crate::application::documents::{self, Document};
use crate::application::form::label;
use crate::application::progress::{self, Correction, Progress, StepState, TimelineLine};
use crate::application::states::{self, Event};
use crate::application::{Application, DocumentKind, State, recall as taking_back, submit};
use crate::error::{Error, Result};
use crate::notice::asking::{self, Asking};
use crate::print;
use crate::web::jssdk;
use askama::Template;
use poem::{Response, handler};

#[derive(Template, Default)]
#[template(path = "worker/progress.html")]
pub struct ProgressPage {
    pub base: Base,
    pub title: String,
    /// Changes whenever the page would.
    pub stamp: String,
    pub state: &'static str,
    pub tone: &'static str,
    pub headline: String,
    pub number: String,
    /// 已占用 or 候补第 N 位.
    pub place: String,
    pub holder: Option<Holder>,
    /// What happens next, and by when.
    pub next: String,
    pub correction: Option<CorrectionView>,
    /// Why submitting again was refused.
    pub problem: String,
    pub steps: Vec<StepView>,
    pub timeline: Vec<Line>,
    pub can_withdraw: bool,
    pub can_begin: bool,
    /// Whether it can be taken back for correction, and until when it must be submitted again.
    pub can_recall: bool,
    pub recall_until: String,
    /// Whether it was taken back and is to be submitted again.
    pub go_on: bool,
    /// 订阅通知 to be asked for.
    pub ask: Option<Ask>,
}

/// 订阅通知 to be asked for inside WeChat.
pub struct Ask {
    /// The JS-SDK's script.
    pub sdk: String,
    pub asking: Asking,
    /// How many messages are still to come.
    pub ahead: usize,
}

/// Who holds it, and since when.
pub struct Holder {
    pub union: String,
    pub since: String,
}

/// What to mend.
#[derive(Default)]
pub struct CorrectionView {
    /// The officer's words.
    pub reason: String,
    pub until: String,
    pub items: Vec<Item>,
}

/// A field or paper to mend.
pub struct Item {
    pub name: String,
    pub label: &'static str,
    pub link: String,
    pub state: &'static str,
    pub tone: &'static str,
}

/// A step of the review.
pub struct StepView {
    pub union: String,
    pub state: &'static str,
    pub tone: &'static str,
}

/// A line of the timeline.
pub struct Line {
    pub at: String,
    pub what: &'static str,
    pub by: String,
    pub note: String,
    pub tone: &'static str,
}

/// Nothing submitted yet.
#[derive(Template, Default)]
#[template(path = "worker/progress_none.html")]
pub struct NonePage {
    pub base: Base,
    /// Whether a draft waits to be submitted.
    pub draft: bool,
}

/// The worker, and the application if one was submitted.
pub async fn submitted(ctx: &Ctx) -> Result<(Worker, Option<Application>)> {
    let (worker, application) = super::mine(ctx).await?;
    Ok((worker, application.filter(|a| a.submitted_at.is_some())))
}

/// `GET /progress`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    let (worker, application) = super::mine(&ctx).await?;
    match application {
        Some(application) if application.submitted_at.is_some() => {
            let progress = progress::of(&ctx.app, application).await?;
            let ask = ask(&ctx, &worker, &progress).await?;
            let asks = ask.is_some();
            let shown = all(&ctx, progress, String::new()).await?;
            let response = page(&ProgressPage { ask, ..shown })?;
            Ok(jssdk::allow(&ctx.app, asks, response))
        }
        other => page(&NonePage {
            base: ctx.base("申请进度"),
            draft: other.is_some(),
        }),
    }
}

/// `GET /progress.json`: `{"stamp"}`; when it differs from the page's, the page has news. For where
/// [`super::live`] does not work.
#[handler]
pub async fn stamp(ctx: Ctx) -> Result<Response> {
    let stamp = progress::stamp(&ctx.app, &ctx.worker()?).await?;
    Ok(json(serde_json::json!({ "stamp": stamp.text })))
}

/// `GET /progress/receipt.pdf`: the receipt of the submission.
#[handler]
pub async fn receipt(ctx: Ctx) -> Result<Response> {
    match submitted(&ctx).await? {
        (_, Some(application)) => Ok(attachment(print::receipt_pdf(&ctx.app, application).await?)),
        _ => Ok(see_other("/progress")),
    }
}

/// Only of who came through WeChat as the one whom the messages will go to.
async fn ask(ctx: &Ctx, worker: &Worker, progress: &Progress) -> Result<Option<Ask>> {
    let openid = ctx
        .openid()
        .filter(|openid| worker.openid.as_ref() == Some(openid));
    let Some(openid) = openid else {
        return Ok(None);
    };
    let ahead = progress.moves_ahead();
    let asking = asking::of(&ctx.app, &openid, "progress", ahead).await?;
    Ok(asking.map(|asking| Ask {
        sdk: jssdk::script(&ctx.app),
        asking,
        ahead,
    }))
}

async fn all(ctx: &Ctx, progress: Progress, problem: String) -> Result<ProgressPage> {
    let application = &progress.application;
    let documents = documents::of(&ctx.app, &application.id).await?;
    let correction = progress
        .correction
        .as_ref()
        .map(|c| mend(c, application, &documents));
    let may_apply = progress.intake.may_apply(ctx.app.now()).is_ok();
    let lost = matches!(
        application.state,
        State::Rejected | State::Withdrawn | State::Expired
    );
    Ok(ProgressPage {
        base: ctx.base("申请进度"),
        title: view::title(&progress.intake),
        stamp: progress::stamp_of(&progress),
        state: application.state.label(),
        tone: home::tone(application.state),
        headline: headline(&progress),
        number: application.number.clone().unwrap_or_default(),
        place: place(&progress),
        holder: holder(&progress),
        next: next(&progress),
        correction,
        problem,
        steps: progress
            .steps
            .iter()
            .map(|s| step(&s.union, s.state, application.state))
            .collect(),
        timeline: timeline(&progress.timeline),
        can_withdraw: states::next(application.state, Event::Withdrawn).is_ok(),
        can_begin: lost && may_apply,
        can_recall: taking_back::possible(&ctx.app, application, &progress.intake).await?,
        recall_until: progress.intake.apply.until.deadline_text(),
        go_on: application.state.is_recalled(),
        ask: None,
    })
}

fn headline(progress: &Progress) -> String {
    let unit = progress.unit.as_deref().unwrap_or_default();
    let holder = progress.holder.as_deref().unwrap_or("工会");
    match progress.application.state {
        State::InReview if progress.is_carried_over() => {
            format!("有名额空出，您已占用名额，{}。", progress.carried_over())
        }
        State::InReview => format!("您的申请正在{holder}审核。"),
        State::Waitlisted => match progress.waiting_position {
            Some(n) => format!("{unit}的名额已满，您排在候补第 {n} 位。"),
            None => format!("{unit}的名额已满，您在候补中。"),
        },
        State::Returned => "有内容需要您补正，名额为您保留。".to_owned(),
        State::Approved => "各级工会都已审核通过，恭喜您！".to_owned(),
        State::Rejected => "您的申请没有通过审核，原因见下方办理记录。".to_owned(),
        State::Withdrawn => "您已撤回这份申请。".to_owned(),
        State::Expired => format!("这份申请已失效：{}。", progress.expired_for()),
        State::Draft => "申请尚未提交。".to_owned(),
        State::Recalled => "您已取回这份申请进行修改，名额为您保留。".to_owned(),
        State::RecalledWaiting => match progress.waiting_position {
            Some(n) => format!("您已取回这份申请进行修改，候补第 {n} 位为您保留。"),
            None => "您已取回这份申请进行修改，候补顺序为您保留。".to_owned(),
        },
    }
}

fn place(progress: &Progress) -> String {
    match (progress.application.state, progress.waiting_position) {
        (state, Some(n)) if state.waits() => format!("候补第 {n} 位"),
        (state, _) if state.holds_place() => "已占用 1 个名额".to_owned(),
        _ => "未占用".to_owned(),
    }
}

fn holder(progress: &Progress) -> Option<Holder> {
    let since = format!("自 {} 起", progress.application.since.short_text());
    match (progress.application.state, &progress.holder) {
        (state, _) if state.is_recalled() => Some(Holder {
            union: "您本人（修改中）".to_owned(),
            since,
        }),
        (State::Returned, _) => Some(Holder {
            union: "您本人（待补正）".to_owned(),
            since,
        }),
        (State::InReview, Some(union)) => Some(Holder {
            union: union.clone(),
            since,
        }),
        _ => None,
    }
}

/// What happens next, by when, and who is to be asked (ux.md).
fn next(progress: &Progress) -> String {
    let review_end = progress.intake.review.until.deadline_text();
    let told = "有变化时会发消息通知您，也可以随时打开本页查看。";
    match progress.application.state {
        State::InReview => format!("接下来由各级工会逐级审核，{review_end} 前审完。{told}"),
        State::Waitlisted => format!("{}{told}", progress.waits_for()),
        State::Returned => format!("请在 {review_end} 前补正并重新提交，逾期名额不再保留。"),
        State::Approved => {
            "补助款会结合学费缴纳进度，发放到您填写的工商银行卡。请保持手机畅通，不要注销这张卡。".to_owned()
        }
        State::Rejected | State::Withdrawn | State::Expired => format!(
            "在申请时间内（{}）可以重新申请，重新排队。有疑问请拨打 4000123318 转 0。",
            view::window(&progress.intake)
        ),
        State::Draft => "请回到申请事项，核对后提交。".to_owned(),
        State::Recalled | State::RecalledWaiting => format!(
            "请在 {} 前改好并重新提交，逾期申请失效。不需要修改，也要重新提交。",
            progress.intake.apply.until.deadline_text()
        ),
    }
}

fn step(union: &str, state: StepState, of_all: State) -> StepView {
    let (state, tone) = match (state, of_all) {
        (StepState::Done, _) => ("已通过", "ok"),
        (StepState::Current, State::Returned) => ("退回补正", "warn"),
        (StepState::Current, _) => ("审核中", "on"),
        (StepState::Ahead, _) => ("未开始", ""),
        (StepState::Skipped, _) => ("由上级审核", ""),
        (StepState::Rejected, _) => ("未通过", "bad"),
    };
    StepView {
        union: union.to_owned(),
        state,
        tone,
    }
}

/// Newest first: what is new is seen without scrolling.
fn timeline(lines: &[TimelineLine]) -> Vec<Line> {
    let newest = lines.len().saturating_sub(1);
    let line = |(i, line): (usize, &TimelineLine)| Line {
        at: line.at.minute_text(),
        what: line.event.label(),
        by: line.by.clone().unwrap_or_default(),
        note: line.note.clone(),
        tone: match line.event {
            Event::Approved => "ok",
            Event::Returned | Event::Waitlisted => "warn",
            Event::Rejected | Event::Expired => "bad",
            _ if i == newest => "now",
            _ => "",
        },
    };
    lines.iter().enumerate().map(line).rev().collect()
}

fn mend(correction: &Correction, application: &Application, documents: &[Document]) -> CorrectionView {
    let mut items: Vec<Item> = Vec::new();
    for name in &correction.items {
        if items.iter().any(|item| item.name == *name) {
            continue;
        }
        match DocumentKind::parse(name) {
            Some(kind) => {
                if kind == DocumentKind::StampedForm && view::stamp_out_of_date(documents, application) {
                    items.push(print_again(application));
                }
                items.push(paper(kind, application, documents));
            }
            None => items.push(answer(name, application, documents)),
        }
    }
    CorrectionView {
        reason: correction.reason.clone(),
        until: correction.until.deadline_text(),
        items,
    }
}

fn paper(kind: DocumentKind, application: &Application, documents: &[Document]) -> Item {
    let doc = view::doc(kind, documents, application, Some(application.since));
    Item {
        name: kind.to_string(),
        label: kind.label(),
        link: format!("/apply/documents#doc-{kind}"),
        state: doc.state,
        tone: doc.tone,
    }
}

/// between the mended form and its new stamp stands the printer.
fn print_again(application: &Application) -> Item {
    let printed = application.printed_version == application.form_version;
    Item {
        name: "print".to_owned(),
        label: "打印新的申请表",
        link: "/apply/print".to_owned(),
        state: if printed { "已打印" } else { "去打印" },
        tone: if printed { "ok" } else { "on" },
    }
}

fn answer(name: &str, application: &Application, documents: &[Document]) -> Item {
    let changed = changed_since_returned(application, documents);
    Item {
        name: name.to_owned(),
        label: label(name).unwrap_or("申请表"),
        link: format!("/apply/form#f-{name}"),
        state: if changed { "已修改" } else { "去修改" },
        tone: if changed { "ok" } else { "on" },
    }
}

/// The form is kept as one: its stamp, older than the form or newer than the return, tells that it was changed.
fn changed_since_returned(application: &Application, documents: &[Document]) -> bool {
    documents
        .iter()
        .filter(|d| d.kind == DocumentKind::StampedForm)
        .any(|d| d.out_of_date(application) || d.uploaded_at > application.since)
}

/// `POST /progress/resubmit`
#[handler]
pub async fn resubmit(posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let (worker, Some(application)) = submitted(&ctx).await? else {
        return Ok(see_other("/progress"));
    };
    if application.state == State::InReview {
        // A second tap: it is there already.
        return Ok(see_other("/progress"));
    }
    let problem = match submit::resubmit(&ctx.app, &worker.id, &application.id, &worker.phone).await {
        Ok(()) => {
            ctx.flash("已重新提交，名额为您保留");
            return Ok(see_other("/progress"));
        }
        Err(Error::Invalid(wrong)) => wrong
            .0
            .iter()
            .map(|(field, refusal)| format!("{}：{}", label(field).unwrap_or("申请表"), refusal.text()))
            .collect::<Vec<_>>()
            .join("；"),
        Err(Error::Refused(refusal)) => refusal.text(),
        Err(other) => return Err(other),
    };
    let (_, Some(application)) = submitted(&ctx).await? else {
        return Ok(see_other("/progress"));
    };
    let progress = progress::of(&ctx.app, application).await?;
    page_again(&all(&ctx, progress, problem).await?)
}

/// `POST /progress/recall`: takes it back for correction, as long as nobody has decided on it (R-20 \[ours\]).
#[handler]
pub async fn recall(posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let (worker, Some(application)) = submitted(&ctx).await? else {
        return Ok(see_other("/progress"));
    };
    match taking_back::recall(&ctx.app, &worker.id, &application.id).await {
        Ok(()) => {
            ctx.flash("已取回申请，现在可以修改。改好后请重新提交");
            Ok(see_other("/apply"))
        }
        Err(Error::Refused(refusal)) => {
            ctx.flash(&format!("没有取回：{}", refusal.text()));
            Ok(see_other("/progress"))
        }
        Err(other) => Err(other),
    }
}
