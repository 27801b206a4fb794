//! `/apply/confirm`: 提交前核对, all answers and pictures, then 提交申请.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, page, page_again, see_other};
use super::apply::{Stand, places_words};
use super::gate::Nothing;
use super::papers::{self, Found};
use super::view::{self, DocView};
use super::{Open, form, union};
use crate::application::form::label;
use crate::application::{documents, early, submit};
use crate::campaign;
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use askama::Template;
use poem::{Response, handler};

#[derive(Template, Default)]
#[template(path = "worker/confirm.html")]
pub struct ConfirmPage {
    pub base: Base,
    pub title: String,
    pub union: String,
    pub groups: Vec<Group>,
    pub documents: Vec<DocView>,
    /// What the machine found: it warns, and stops nobody.
    pub checks: Found,
    /// What stands in the way of submitting.
    pub problems: Vec<Problem>,
    /// Whether nothing is left to be completed, and submitting was refused all the same.
    pub refused: bool,
    /// Whether the button can be pressed: nothing is missing and it is time. A refusal does not take it away.
    pub ready: bool,
    /// Whether it was taken back for correction and is submitted again.
    pub again: bool,
    /// Whether the refusal speaks of an application that may be the worker's own, under another phone.
    pub elsewhere: bool,
    /// How many places are left, a sentence.
    pub places: String,
    /// Why one cannot submit now.
    pub closed: Option<String>,
}

/// A group of answers.
pub struct Group {
    pub label: &'static str,
    /// The group's first field, where 修改 leads.
    pub first: &'static str,
    pub answers: Vec<Answer>,
}

/// An answer in words.
pub struct Answer {
    pub label: &'static str,
    pub value: String,
}

/// What stands in the way, and where it is mended.
pub struct Problem {
    pub text: String,
    pub link: String,
}

/// `GET /apply/confirm`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    match draft(&ctx).await? {
        Some(open) => page(&all(&ctx, &open).await?),
        None => Ok(see_other("/apply")),
    }
}

async fn draft(ctx: &Ctx) -> Result<Option<Open>> {
    Ok(Open::of(ctx)
        .await?
        .filter(|open| open.application.state.is_being_filled()))
}

async fn all(ctx: &Ctx, open: &Open) -> Result<ConfirmPage> {
    let application = &open.application;
    let intake = campaign::intake(&ctx.app, &application.intake_id).await?;
    let stand = Stand::of(&ctx.app, &open.worker, application, &intake).await?;
    let text = application.form(&ctx.app)?;
    let groups = form::GROUPS.iter().map(|(name, fields)| Group {
        label: name,
        first: fields.first().copied().unwrap_or_default(),
        answers: fields
            .iter()
            .map(|field| Answer {
                label: label(field).unwrap_or_default(),
                value: view::spoken(&text, field),
            })
            .collect(),
    });
    let views = stand
        .needed
        .iter()
        .map(|kind| view::doc(*kind, &stand.documents, application, None));
    let (mut problems, closed) = (problems(&stand, open), view::closed(&intake, ctx.app.now()));
    let ready = problems.is_empty() && closed.is_none();
    // Told, but no reason to take the button away: the other application may be withdrawn at any moment.
    let claimed = stand
        .wrong
        .0
        .iter()
        .map(|(_, refusal)| refusal)
        .filter(|r| is_claimed(r));
    problems.extend(claimed.map(|refusal| Problem {
        text: refusal.text(),
        link: link(refusal).to_owned(),
    }));
    Ok(ConfirmPage {
        ready,
        elsewhere: stand.wrong.0.iter().any(|(_, refusal)| is_claimed(refusal)),
        again: application.state.is_recalled(),
        base: open.base(ctx, "提交前核对").await?,
        title: view::title(&intake),
        union: union::chosen_words(&ctx.app, application)
            .await?
            .unwrap_or_else(|| "尚未选择".to_owned()),
        groups: groups.collect(),
        documents: views.collect(),
        checks: papers::all(&papers::checks(ctx, application).await?),
        problems,
        places: format!("{}。", places_words(&ctx.app, application).await?),
        closed,
        refused: false,
    })
}

fn problems(stand: &Stand, open: &Open) -> Vec<Problem> {
    let of_jinan = !stand
        .needed
        .contains(&crate::application::DocumentKind::ResidencePermit);
    let missing = documents::missing(&open.application, &stand.documents, of_jinan);
    let obstacles = early::obstacles(&open.application, &stand.wrong, missing);
    let told = obstacles.into_iter().filter(|o| !is_claimed(&o.refusal));
    told.map(|obstacle| match obstacle.field {
        Some(field) => Problem {
            text: format!(
                "{}：{}",
                label(field).unwrap_or_default(),
                obstacle.refusal.text()
            ),
            link: format!("/apply/form#f-{field}"),
        },
        None => Problem {
            text: obstacle.refusal.text(),
            link: link(&obstacle.refusal).to_owned(),
        },
    })
    .collect()
}

/// `POST /apply/confirm`: submits. A second tap, or one in another window, gets the same answer.
#[handler]
pub async fn send(posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let (worker, application) = super::mine(&ctx).await?;
    let Some(application) = application else {
        return Ok(see_other("/apply"));
    };
    match submit::submit(&ctx.app, &worker.id, &application.id, &worker.phone).await {
        Ok(submitted) => {
            let what = if application.state.is_recalled() {
                "已重新提交"
            } else {
                "提交成功"
            };
            ctx.flash(&format!("{what}，申请编号 {}", submitted.number));
            Ok(see_other("/progress"))
        }
        Err(Error::Invalid(_)) => again(&ctx, None).await,
        Err(Error::Refused(refusal)) => again(&ctx, Some(refusal)).await,
        Err(other) => Err(other),
    }
}

async fn again(ctx: &Ctx, refusal: Option<Refusal>) -> Result<Response> {
    let Some(open) = draft(ctx).await? else {
        return Ok(see_other("/apply"));
    };
    let mut page = all(ctx, &open).await?;
    if let Some(refusal) = refusal {
        let text = refusal.text();
        page.refused = page.ready;
        page.elsewhere |= is_claimed(&refusal);
        if page.closed.as_ref() != Some(&text) && page.problems.iter().all(|p| p.text != text) {
            let link = link(&refusal).to_owned();
            page.problems.insert(0, Problem { text, link });
        }
    }
    page_again(&page)
}

/// Whether it speaks of another application of the same person.
fn is_claimed(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::AlreadyThisYear { .. } | Refusal::AlreadyThisLevel { .. }
    )
}

/// Where a refusal that is not about one field is looked into.
fn link(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::AlreadyThisYear { .. } => "/apply/form#f-id_number",
        Refusal::AlreadyThisLevel { .. } => "/apply/form#f-level",
        Refusal::UnionMissing => "/apply/union",
        Refusal::ChecksNotTicked | Refusal::DocumentMissing { .. } | Refusal::StampedFormOutOfDate => {
            "/apply/documents"
        }
        _ => "/apply",
    }
}
