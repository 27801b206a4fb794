//! The provider's side: its own paid enrolments, admission, how each term goes, a table to keep.

use super::moves::{self, Basics, Enrolment};
use super::states::{Event, State};
use super::{StudyStatus, refunds, store};
use crate::app::App;
use crate::audit::{self, Line};
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Refusal, Time, text};
use crate::union::rights::{self, Act};
use crate::union::{Kind, Officer};
use crate::xlsx::{self, Cell, Sheet};
use serde_json::json;

/// Enrolments a page.
pub const PAGE: i64 = 30;
/// The most rows of a table.
const EXPORT_MAX: i64 = 20_000;

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// One state; none for all.
    pub state: Option<State>,
    /// Part of a number or a name.
    pub words: String,
    /// From 0.
    pub page: i64,
}

/// The provider of an officer, or [`Error::NotFound`] for a union's officer: there is nothing of theirs here.
pub fn of(officer: &Officer) -> Result<&str> {
    if officer.union.kind == Kind::Provider {
        Ok(&officer.union.id)
    } else {
        Err(Error::NotFound)
    }
}

/// A page of the provider's enrolments, what waits for it first; how many there are; and how many of each state.
pub async fn list(
    app: &App,
    officer: &Officer,
    filter: &Filter,
) -> Result<(Vec<Enrolment>, i64, Vec<(State, i64)>)> {
    let provider = of(officer)?;
    let (list, total) = store::of_provider(app, provider, filter, PAGE).await?;
    Ok((list, total, store::provider_counts(app, provider).await?))
}

/// One of the provider's own that was paid; anything else is [`Error::NotFound`].
pub async fn find(app: &App, officer: &Officer, id: &str) -> Result<Enrolment> {
    let provider = of(officer)?;
    let enrolment = moves::find(app, id).await?;
    if enrolment.provider_id == provider && enrolment.state.is_providers() {
        Ok(enrolment)
    } else {
        Err(Error::NotFound)
    }
}

/// [`find`] with the worker's data in clear; the look is recorded.
pub async fn look(app: &App, officer: &Officer, id: &str) -> Result<(Enrolment, Basics)> {
    let enrolment = find(app, officer, id).await?;
    let basics = enrolment.basics(app)?;
    note(app, officer, "enrolment.read", id, json!({})).await?;
    Ok((enrolment, basics))
}

async fn note(app: &App, officer: &Officer, act: &str, id: &str, detail: serde_json::Value) -> Result<()> {
    let actor = officer.actor();
    let mut tx = app.db.write().await?;
    let line = Line {
        actor: &actor,
        act,
        subject: ("enrolment", id),
        detail,
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    tx.commit().await?;
    Ok(())
}

/// The provider's own in the version that was seen, for who may decide.
async fn seen(app: &App, officer: &Officer, id: &str, version: i64) -> Result<Enrolment> {
    let enrolment = find(app, officer, id).await?;
    rights::check(officer, Act::Decide)?;
    if enrolment.version == version {
        Ok(enrolment)
    } else {
        Err(Refusal::EnrolmentNotThere.into())
    }
}

/// Confirms the admission.
///
/// Errors: [`Error::NotFound`], [`Refusal::NotAllowed`], [`Refusal::EnrolmentNotThere`].
pub async fn admit(app: &App, officer: &Officer, id: &str, version: i64) -> Result<()> {
    let enrolment = seen(app, officer, id, version).await?;
    let mut tx = app.db.write().await?;
    moves::apply(app, &mut tx, &enrolment, &officer.actor(), Event::Admitted, "").await?;
    tx.commit().await?;
    Ok(())
}

/// Does not admit, with a reason the worker reads: all money goes back, the seat is free.
///
/// Errors: at `reason` [`Refusal::ReasonMissing`]; those of [`admit`].
pub async fn decline(app: &App, officer: &Officer, id: &str, version: i64, reason: &str) -> Result<()> {
    let enrolment = seen(app, officer, id, version).await?;
    let reason =
        text::line(reason, 2, 100).map_err(|_| FieldErrors::one("reason", Refusal::ReasonMissing))?;
    let mut tx = app.db.write().await?;
    refunds::decline(app, &mut tx, &enrolment, &officer.actor(), &reason).await?;
    tx.commit().await?;
    Ok(())
}

/// A report of one term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its id.
    pub id: String,
    /// From 1.
    pub term: i64,
    /// How it goes.
    pub status: StudyStatus,
    /// More words.
    pub note: String,
    /// When it was reported.
    pub at: Time,
}

/// The most terms a study has.
pub const TERMS_MAX: i64 = 20;

/// Reports how a term goes; graduation and leaving end the enrolment.
///
/// Errors: at `term` (1 to [`TERMS_MAX`]), `status`, `note`; those of [`admit`].
pub async fn report(
    app: &App,
    officer: &Officer,
    (id, version): (&str, i64),
    typed: (&str, &str, &str),
) -> Result<()> {
    let enrolment = seen(app, officer, id, version).await?;
    let mut errors = FieldErrors::default();
    let term = text::plain(typed.0)
        .parse()
        .ok()
        .filter(|term| (1..=TERMS_MAX).contains(term));
    let term: Option<i64> = errors.take("term", term.ok_or(Refusal::NotAChoice));
    let status = errors.take("status", StudyStatus::parse(typed.1).ok_or(Refusal::NotAChoice));
    let note = errors.take(
        "note",
        match typed.2.trim() {
            "" => Ok(String::new()),
            note => text::line(note, 1, 100),
        },
    );
    let (Some(term), Some(status), Some(note)) = (term, status, note) else {
        return Err(errors.into());
    };
    let report = Report {
        id: app.id(),
        term,
        status,
        note,
        at: app.now(),
    };
    let words = format!(
        "第 {term} 学期：{}{}",
        status.label(),
        if report.note.is_empty() {
            String::new()
        } else {
            format!("，{}", report.note)
        }
    );
    let mut tx = app.db.write().await?;
    store::insert_report(&mut tx, id, &report, &officer.id).await?;
    let by = officer.actor();
    let event = match status {
        StudyStatus::Graduated => Event::Completed,
        StudyStatus::Left => {
            // What the agreed rules give back is the worker's, whoever says that the study ended.
            refunds::end(app, &mut tx, &enrolment, &by, &words).await?;
            tx.commit().await?;
            return Ok(());
        }
        _ => Event::Reported,
    };
    moves::apply(app, &mut tx, &enrolment, &by, event, &words).await?;
    tx.commit().await?;
    Ok(())
}

/// The reports of an enrolment, the newest first: what follow-up of study goes by.
pub async fn reports(app: &App, enrolment_id: &str) -> Result<Vec<Report>> {
    store::reports(app, enrolment_id).await
}

/// The provider's enrolments as XLSX, ID numbers masked; that it was taken is recorded.
pub async fn export(app: &App, officer: &Officer, filter: &Filter) -> Result<Vec<u8>> {
    let provider = of(officer)?;
    let all = Filter {
        page: 0,
        ..filter.clone()
    };
    let (list, _) = store::of_provider(app, provider, &all, EXPORT_MAX).await?;
    let mut rows = Vec::with_capacity(list.len());
    for enrolment in list {
        let basics = enrolment.basics(app)?;
        rows.push((enrolment, basics));
    }
    let detail = json!({ "rows": rows.len(), "state": filter.state.map_or("", State::as_str) });
    note(app, officer, "enrolment.export", provider, detail).await?;
    let sheet = Sheet {
        name: "报读学员",
        head: HEADINGS.to_vec(),
        widths: vec![12, 10, 22, 14, 30, 34, 24, 24, 10, 12, 12, 22, 18],
        rows: rows.iter().map(cells).collect(),
    };
    xlsx::write(vec![sheet]).await
}

const HEADINGS: [&str; 13] = [
    "报读编号",
    "姓名",
    "身份证号",
    "手机号",
    "工作单位",
    "联系地址",
    "院校",
    "专业",
    "学历层次",
    "入学时间",
    "学费（元）",
    "状态",
    "缴费时间",
];

fn cells((enrolment, basics): &(Enrolment, Basics)) -> Vec<Cell> {
    vec![
        Cell::text(&enrolment.number),
        Cell::text(&enrolment.applicant),
        Cell::text(text::masked(&basics.id_number, 6, 4)),
        Cell::text(&basics.phone),
        Cell::text(&basics.employer),
        Cell::text(&basics.address),
        Cell::text(&enrolment.institution),
        Cell::text(&enrolment.major),
        Cell::text(enrolment.level.to_string()),
        Cell::text(enrolment.entry.to_string()),
        Cell::Money(enrolment.fee.0),
        Cell::text(enrolment.state.label()),
        Cell::text(enrolment.paid_at.map_or_else(String::new, Time::minute_text)),
    ]
}
