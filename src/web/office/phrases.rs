//! `/office/phrases`: the union's ready-made sentences, and what it inherits (R-22, ux.md).

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, page, page_again, see_other};
use super::Who;
use super::queue_form::Choice;
use crate::application::DocumentKind;
use crate::application::form::FIELDS;
use crate::error::Result;
use crate::kernel::Refusal;
use crate::review::phrases::{self, Change, LONGEST, NewPhrase, Phrase};
use crate::review::{ReasonCode, Verdict};
use crate::union::Officer;
use askama::Template;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template, Default)]
#[template(path = "office/phrases.html")]
pub struct PhrasesPage {
    pub base: Base,
    pub who: Option<Who>,
    pub own: Vec<PhraseLine>,
    pub inherited: Vec<PhraseLine>,
    pub may_edit: bool,
    pub verdicts: Vec<Choice>,
    pub codes: Vec<Choice>,
    pub fixes: Vec<Choice>,
    pub text: String,
    pub longest: usize,
    pub errors: Errors,
}

/// A sentence on the page.
pub struct PhraseLine {
    pub id: String,
    pub whose: String,
    pub verdict: &'static str,
    pub code: &'static str,
    pub fix: &'static str,
    pub text: String,
    pub on: bool,
    pub off_here: bool,
}

/// What is typed.
#[derive(Deserialize, Default)]
pub struct Typed {
    #[serde(default)]
    act: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    fix: String,
    #[serde(default)]
    text: String,
}

/// `GET /office/phrases`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    page(&filled(&ctx, &officer, &Typed::default(), Errors::default()).await?)
}

/// `POST /office/phrases` with `act` = `add` (and `verdict`, `why`, `fix`, `text`), or `remove`, `up`, `down`, `off`, `on`
/// with `id`.
#[handler]
pub async fn change(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form: typed } = posted;
    let officer = super::signed_in(&ctx).await?;
    if typed.act.as_str() == "add" {
        let new = NewPhrase {
            verdict: &typed.verdict,
            code: &typed.why,
            fix: &typed.fix,
            text: &typed.text,
        };
        if let Err(error) = phrases::add(&ctx.app, &officer, &new).await {
            let errors = super::wrong(error)?;
            return page_again(&filled(&ctx, &officer, &typed, errors).await?);
        }
        ctx.flash("已增加");
    } else {
        let change = Change::parse(&typed.act).ok_or(Refusal::MalformedRequest)?;
        phrases::change(&ctx.app, &officer, &typed.id, change).await?;
        ctx.flash(match change {
            Change::Remove => "已删除",
            Change::Up | Change::Down => "顺序已调整",
            Change::Off => "已停用，本工会和下级工会不再显示",
            Change::On => "已启用",
        });
    }
    Ok(see_other("/office/phrases"))
}

async fn filled(ctx: &Ctx, officer: &Officer, typed: &Typed, errors: Errors) -> Result<PhrasesPage> {
    let (own, inherited): (Vec<_>, Vec<_>) = phrases::all(&ctx.app, officer)
        .await?
        .into_iter()
        .partition(|phrase| phrase.own);
    let choice = |value: &str, label: &str, chosen: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        on: value == chosen,
    };
    let verdicts = Verdict::ALL.iter().filter(|verdict| verdict.needs_reason());
    let papers = DocumentKind::ALL.iter().map(|kind| (kind.as_str(), kind.label()));
    let fixes = papers.chain(FIELDS.iter().map(|(name, label)| (*name, *label)));
    Ok(PhrasesPage {
        base: ctx.base("常用语"),
        who: Who::of(officer, "phrases"),
        own: own.into_iter().map(line).collect(),
        inherited: inherited.into_iter().map(line).collect(),
        may_edit: phrases::may_edit(officer).is_ok(),
        verdicts: verdicts
            .map(|one| choice(one.as_str(), one.label(), &typed.verdict))
            .collect(),
        codes: ReasonCode::ALL
            .iter()
            .map(|one| choice(one.as_str(), one.label(), &typed.why))
            .collect(),
        fixes: fixes
            .map(|(name, label)| choice(name, label, &typed.fix))
            .collect(),
        text: typed.text.clone(),
        longest: LONGEST,
        errors,
    })
}

fn line(phrase: Phrase) -> PhraseLine {
    PhraseLine {
        verdict: phrase.verdict.label(),
        code: phrase.code.label(),
        fix: super::desk::label(&phrase.fix).unwrap_or_default(),
        whose: phrase.union.unwrap_or_else(|| "系统自带".to_owned()),
        id: phrase.id,
        text: phrase.text,
        on: phrase.on,
        off_here: phrase.off_here,
    }
}
