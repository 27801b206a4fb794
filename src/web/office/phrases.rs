//! `/office/phrases`: the union's ready-made sentences, and what it inherits (R-22, ux.md).
//!
//! # What tests hold on to
//! Beside what stands in `super`: in the n-th `own-phrase` `edit` opens its form with `f-verdict-n`,
//! `f-why-n`, `f-fix-n`, `f-text-n` and `save-phrase`; `not-own` when there was nothing of one's own to change.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, page, page_again, see_other};
use super::Who;
use super::queue_form::Choice;
use crate::application::DocumentKind;
use crate::application::form::FIELDS;
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::review::phrases::{self, Change, LONGEST, NewPhrase, Phrase};
use crate::review::{ReasonCode, Verdict};
use crate::union::Officer;
use askama::Template;
use poem::{Response, handler};
use serde::Deserialize;

const PATH: &str = "/office/phrases";

#[derive(Template, Default)]
#[template(path = "office/phrases.html")]
pub struct PhrasesPage {
    pub base: Base,
    pub who: Option<Who>,
    pub own: Vec<OwnLine>,
    pub inherited: Vec<PhraseLine>,
    pub may_edit: bool,
    pub adding: PhraseForm,
    /// What was to be changed is not one's own, or is no longer there.
    pub not_own: bool,
    pub longest: usize,
}

/// The fields of a sentence as they stand in a form, and what is wrong with them.
#[derive(Default)]
pub struct PhraseForm {
    /// What the fields' ids end with: there are many forms on the page.
    pub end: String,
    pub verdicts: Vec<Choice>,
    pub codes: Vec<Choice>,
    pub fixes: Vec<Choice>,
    pub text: String,
    pub errors: Errors,
}

/// One's own sentence, and the form that changes it.
pub struct OwnLine {
    pub line: PhraseLine,
    /// What the form was made for, [`phrases::mark`].
    pub seen: String,
    pub open: bool,
    pub form: PhraseForm,
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

/// What the form of a sentence that is there sends as its `act`.
const EDIT: &str = "edit";

/// What is typed.
#[derive(Deserialize, Default)]
pub struct Typed {
    #[serde(default)]
    act: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    seen: String,
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    fix: String,
    #[serde(default)]
    text: String,
}

impl Typed {
    fn sentence(&self) -> NewPhrase<'_> {
        NewPhrase {
            verdict: &self.verdict,
            code: &self.why,
            fix: &self.fix,
            text: &self.text,
        }
    }
}

/// `GET /office/phrases`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    page(&filled(&ctx, &officer, &Typed::default(), Errors::default()).await?)
}

/// `POST /office/phrases` with `act` = `add` (and `verdict`, `why`, `fix`, `text`), `edit` (and the same, with
/// `id` and `seen`), or `remove`, `up`, `down`, `off`, `on` with `id`.
#[handler]
pub async fn change(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form: typed } = posted;
    let officer = super::signed_in(&ctx).await?;
    let new = typed.sentence();
    let done = match typed.act.as_str() {
        "add" => phrases::add(&ctx.app, &officer, &new).await.map(|()| "已增加"),
        EDIT => phrases::edit(&ctx.app, &officer, &typed.id, &typed.seen, &new)
            .await
            .map(|()| "已修改，已经写下的审核意见不变"),
        _ => Ok(press(&ctx, &officer, &typed).await?),
    };
    match done {
        Ok(words) => {
            ctx.flash(words);
            Ok(see_other(PATH))
        }
        Err(error) => again(&ctx, &officer, &typed, error).await,
    }
}

/// What a button beside a sentence does; what to say of it.
async fn press(ctx: &Ctx, officer: &Officer, typed: &Typed) -> Result<&'static str> {
    let pressed = Change::parse(&typed.act).ok_or(Refusal::MalformedRequest)?;
    phrases::change(&ctx.app, officer, &typed.id, pressed).await?;
    Ok(match pressed {
        Change::Remove => "已删除",
        Change::Up | Change::Down => "顺序已调整",
        Change::Off => "已停用，本工会和下级工会不再显示",
        Change::On => "已启用",
    })
}

/// The page again, with all that was typed.
async fn again(ctx: &Ctx, officer: &Officer, typed: &Typed, error: Error) -> Result<Response> {
    let errors = match error {
        // Built in, inherited, another union's or deleted meanwhile: the page says so of all alike.
        Error::NotFound if typed.act == EDIT => Errors::default(),
        error => super::wrong(error)?,
    };
    page_again(&filled(ctx, officer, typed, errors).await?)
}

async fn filled(ctx: &Ctx, officer: &Officer, typed: &Typed, errors: Errors) -> Result<PhrasesPage> {
    let all = phrases::all(&ctx.app, officer).await?;
    let (own, inherited): (Vec<_>, Vec<_>) = all.into_iter().partition(|phrase| phrase.own);
    let edits = typed.act == EDIT;
    let edited = own.iter().position(|phrase| edits && phrase.id == typed.id);
    let nothing = Typed::default();
    // What was typed for a sentence that is not there can be added instead.
    let adding = if edited.is_some() { &nothing } else { typed };
    let (of_own, of_new) = if edits {
        (errors, Errors::default())
    } else {
        (Errors::default(), errors)
    };
    let own = own.into_iter().enumerate().map(|(n, phrase)| {
        let again = (edited == Some(n)).then_some((typed, &of_own));
        own_line(n, phrase, again)
    });
    Ok(PhrasesPage {
        base: ctx.base("常用语"),
        who: Who::of(officer, "phrases"),
        own: own.collect(),
        inherited: inherited.into_iter().map(line).collect(),
        may_edit: phrases::may_edit(officer).is_ok(),
        adding: form(String::new(), &adding.sentence(), of_new),
        not_own: edits && edited.is_none(),
        longest: LONGEST,
    })
}

/// The n-th of one's own; `again` is what was typed in its form, and what is wrong with it.
fn own_line(n: usize, phrase: Phrase, again: Option<(&Typed, &Errors)>) -> OwnLine {
    let standing = NewPhrase {
        verdict: phrase.verdict.as_str(),
        code: phrase.code.as_str(),
        fix: &phrase.fix,
        text: &phrase.text,
    };
    let (shown, errors) = match again {
        Some((typed, errors)) => (typed.sentence(), errors.clone()),
        None => (standing, Errors::default()),
    };
    OwnLine {
        seen: phrases::mark(&phrase),
        open: again.is_some(),
        form: form(format!("-{}", n + 1), &shown, errors),
        line: line(phrase),
    }
}

fn form(end: String, shown: &NewPhrase<'_>, errors: Errors) -> PhraseForm {
    let choice = |value: &str, label: &str, chosen: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        on: value == chosen,
    };
    let verdicts = Verdict::ALL.iter().filter(|verdict| verdict.needs_reason());
    let papers = DocumentKind::ALL.iter().map(|kind| (kind.as_str(), kind.label()));
    let fixes = papers.chain(FIELDS.iter().map(|(name, label)| (*name, *label)));
    PhraseForm {
        end,
        verdicts: verdicts
            .map(|one| choice(one.as_str(), one.label(), shown.verdict))
            .collect(),
        codes: ReasonCode::ALL
            .iter()
            .map(|one| choice(one.as_str(), one.label(), shown.code))
            .collect(),
        fixes: fixes
            .map(|(name, label)| choice(name, label, shown.fix))
            .collect(),
        text: shown.text.to_owned(),
        errors,
    }
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
