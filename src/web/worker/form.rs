//! `/apply/form`: the form in three groups, saved while it is typed.

mod fields;

pub use fields::{GROUPS, Group, groups};

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, ErrorLine, Errors, page, page_again, see_other};
use super::view;
use super::{Open, json};
use crate::application::choices as named;
use crate::application::drafts::{self, Edit, Pending, SavedSeen};
use crate::application::form::{FIELDS, label, tidy};
use crate::application::merge::{Conflict, Marks};
use crate::application::{FormText, Level, documents, early};
use crate::campaign;
use crate::error::Result;
use crate::kernel::{Refusal, Time};
use askama::Template;
use fields::{Two, field, not_listed};
use poem::web::{Path, Query};
use poem::{Response, handler};
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Template, Default)]
#[template(path = "worker/form.html")]
pub struct FormPage {
    pub base: Base,
    pub errors: Errors,
    pub title: String,
    pub back: &'static str,
    /// For the script: whose unsaved words it may put back.
    pub owner: String,
    /// The fields as this page shows them, and a name for the page: what a save is merged by.
    pub seen: String,
    pub editor: String,
    /// The fields' names in the order of `seen`.
    pub order: String,
    /// "已保存 11月24日 10:32（尚未提交）".
    pub saved: String,
    /// Whether only what an officer named is shown.
    pub returned: bool,
    /// Whether this version was printed or stamped already.
    pub on_paper: bool,
    /// Fields for which both values are shown: without script what comes back is the choice.
    pub settled: String,
    pub groups: Vec<Group>,
}

async fn filled(ctx: &Ctx, open: &Open, form: &FormText, errors: Errors) -> Result<FormPage> {
    let application = &open.application;
    let mut groups = groups(form, |name| open.editable.allows(name));
    let mut settled = String::new();
    for two in drafts::pending(&ctx.app, application, form).await? {
        let fields = groups.iter_mut().flat_map(|group| &mut group.fields);
        if let Some(field) = fields.into_iter().find(|field| field.name == two.field) {
            field.two.push(two_view(&two));
            settled.push_str(two.field);
            settled.push(' ');
        }
    }
    let intake = campaign::intake(&ctx.app, &application.intake_id).await?;
    let saved = if form.is_blank() {
        String::new()
    } else {
        saved_words(application.updated_at.short_text(), open)
    };
    Ok(FormPage {
        base: open.base(ctx, "填写申请表").await?,
        errors,
        title: view::title(&intake),
        back: open.home(),
        owner: application.id.clone(),
        seen: Marks::new(&ctx.app.sealer, &application.id)
            .seen(form)
            .to_string(),
        editor: ctx.app.entropy.token(),
        order: FIELDS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" "),
        saved,
        settled,
        returned: open.returned(),
        on_paper: application.printed_version == application.form_version,
        groups,
    })
}

fn two_view(two: &Pending) -> Two {
    let mut said = FormText::default();
    said.set(two.field, &two.value);
    Two {
        key: format!("{} {}", two.field, two.editor),
        value: view::spoken(&said, two.field),
        at: two.at.short_text(),
    }
}

/// Saved is not submitted, and never looks like it.
fn saved_words(when: String, open: &Open) -> String {
    let not_yet = if open.returned() || open.application.state.is_recalled() {
        "尚未重新提交"
    } else {
        "尚未提交"
    };
    format!("已保存 {when}（{not_yet}）")
}

/// `GET /apply/form`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    let Some(open) = Open::of(&ctx).await? else {
        return Ok(see_other("/apply"));
    };
    let form = open.application.form(&ctx.app)?;
    page(&filled(&ctx, &open, &form, Errors::default()).await?)
}

type Typed = HashMap<String, String>;

fn text(typed: &Typed) -> FormText {
    FormText::from_posted(typed.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// Saves a page's fields, merged with what other devices saved since it was drawn.
async fn keep(ctx: &Ctx, open: &Open, typed: &Typed) -> Result<SavedSeen> {
    let said = |name: &str| typed.get(name).map(String::as_str);
    // A page without script shows both values, so what comes back from it is the choice: "settled=major card".
    let settled: Vec<&str> = said("settled").unwrap_or_default().split_whitespace().collect();
    let edit = Edit {
        seen: said("seen"),
        editor: said("editor").unwrap_or_default(),
        settled: &settled,
    };
    drafts::save_seen(
        &ctx.app,
        &open.worker.id,
        &open.application.id,
        &text(typed),
        &edit,
    )
    .await
}

/// `POST /apply/form/draft`: saves what is there, right or wrong, and tells the page's script what came of it:
/// `{"text", "print_again", "seen", "fields": {changed elsewhere}, "tidied": {the same}, "conflicts": [{field, mine, theirs}],
/// "errors": {field: words}, "notes": {field: words}}`.
#[handler]
pub async fn draft(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form: typed } = posted;
    ctx.worker()?;
    let Some(open) = Open::of(&ctx).await? else {
        return Err(Refusal::NotEditable.into());
    };
    let kept = keep(&ctx, &open, &typed).await?;
    let intake = campaign::intake(&ctx.app, &open.application.intake_id).await?;
    let wrong = early::wrong(
        &ctx.app,
        &open.application,
        &kept.form,
        &intake,
        &open.worker.phone,
    )
    .await?;
    let shown = |field: &&str| open.editable.allows(field);
    let errors = wrong.0.iter().filter(|(field, refusal)| {
        // A field that is still empty is no mistake yet, and one in conflict is told below it.
        shown(field) && !matches!(refusal, Refusal::Empty | Refusal::TwoAnswers)
    });
    let errors: HashMap<_, _> = errors
        .map(|(field, refusal)| (*field, line(field, refusal).text))
        .collect();
    let in_conflict = |field: &str| kept.conflicts.iter().any(|c| c.field == field);
    let elsewhere = FIELDS.iter().map(|(field, _)| *field).filter(|field| {
        let theirs = kept.form.get(field);
        let mine = typed.get(*field).map_or("", String::as_str);
        shown(field) && !in_conflict(field) && mine != theirs
    });
    // The page's own words in plain characters are no news; what another device wrote is.
    let (tidied, fields): (HashMap<_, _>, HashMap<_, _>) = elsewhere
        .map(|field| (field, kept.form.get(field)))
        .partition(|(field, theirs)| typed.get(*field).is_some_and(|mine| tidy(field, mine) == *theirs));
    let conflicts: Vec<_> = kept.conflicts.iter().map(conflict).collect();
    let notes: HashMap<_, _> = ["institution", "major"]
        .map(|field| (field, not_listed(field, kept.form.get(field))))
        .into();
    Ok(json(serde_json::json!({
        "text": saved_words(view::clock(kept.saved.at), &open),
        "print_again": kept.saved.print_again,
        "seen": kept.seen,
        "fields": fields,
        "tidied": tidied,
        "conflicts": conflicts,
        "errors": errors,
        "notes": notes,
    })))
}

fn conflict(conflict: &Conflict) -> serde_json::Value {
    let said = |value: &str| {
        let mut form = FormText::default();
        form.set(conflict.field, value);
        view::spoken(&form, conflict.field)
    };
    serde_json::json!({
        "field": conflict.field,
        "mine": said(&conflict.mine),
        "theirs": said(&conflict.theirs),
    })
}

/// `POST /apply/form/later`: saves and goes back, without a word about what is missing.
#[handler]
pub async fn later(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form: typed } = posted;
    let Some(open) = Open::of(&ctx).await? else {
        return Ok(see_other("/apply"));
    };
    let kept = keep(&ctx, &open, &typed).await?;
    if let Some(two) = kept.conflicts.first() {
        ctx.flash(&Refusal::TwoAnswers.text());
        return Ok(see_other(&format!("/apply/form#f-{}", two.field)));
    }
    ctx.flash(&saved_words(view::clock(kept.saved.at), &open));
    Ok(see_other(open.home()))
}

/// `POST /apply/form/choose`: saves, then takes the worker's choice between two values: `use` or `drop` is
/// "field editor".
#[handler]
pub async fn choose(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form: mut typed } = posted;
    let Some(open) = Open::of(&ctx).await? else {
        return Ok(see_other("/apply"));
    };
    let (key, taken) = match (typed.remove("use"), typed.remove("drop")) {
        (Some(key), _) => (key, true),
        (None, Some(key)) => (key, false),
        (None, None) => return Err(Refusal::MalformedRequest.into()),
    };
    let (field, editor) = key.split_once(' ').unwrap_or((&key, ""));
    let field = label(field).map(|_| field).ok_or(Refusal::MalformedRequest)?;
    // The choice speaks for this field, the page for the others.
    typed.remove("settled");
    keep(&ctx, &open, &typed).await?;
    let editor = taken.then_some(editor);
    drafts::choose(&ctx.app, &open.worker.id, &open.application.id, field, editor).await?;
    ctx.flash(&format!("已按您的选择保存{}", label(field).unwrap_or_default()));
    Ok(see_other(&format!("/apply/form#f-{field}")))
}

/// What is typed into a field with a list, and the level that majors are sorted by.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    level: String,
}

/// `GET /apply/form/choices/:field?q=&level=`: `{"items":[{"name","note"}]}`, the best eight.
#[handler]
pub async fn choices(Path(field): Path<String>, Query(asked): Query<Asked>) -> Result<Response> {
    let q: String = asked.q.chars().take(60).collect();
    let found = named::search(&field, &q, Level::parse(&asked.level), 8);
    let items: Vec<_> = found
        .iter()
        .map(|choice| serde_json::json!({ "name": choice.name, "note": choice.note }))
        .collect();
    Ok(json(serde_json::json!({ "items": items })))
}

/// `POST /apply/form`: saves, then tells what is wrong or goes on.
#[handler]
pub async fn save(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form: typed } = posted;
    let Some(open) = Open::of(&ctx).await? else {
        return Ok(see_other("/apply"));
    };
    let saved = keep(&ctx, &open, &typed).await?.saved;
    // Read again: it holds the fields that were not on the page as well.
    let Some(open) = Open::of(&ctx).await? else {
        return Ok(see_other("/apply"));
    };
    let form = open.application.form(&ctx.app)?;
    let errors = wrong(&ctx, &open, &form).await?;
    if errors.any() {
        return page_again(&filled(&ctx, &open, &form, errors).await?);
    }
    // Asked of the paper, not of this save: what was typed was saved before the button was pressed.
    let documents = documents::of(&ctx.app, &open.application.id).await?;
    let print_again = saved.print_again || view::stamp_out_of_date(&documents, &open.application);
    ctx.flash(&done_words(saved.at, print_again, &open));
    Ok(see_other(if open.returned() && !print_again {
        "/progress"
    } else {
        "/apply/print"
    }))
}

fn done_words(at: Time, print_again: bool, open: &Open) -> String {
    let words = saved_words(view::clock(at), open);
    if print_again {
        format!("{words}。申请表有修改，请重新打印、盖章")
    } else {
        words
    }
}

/// What is wrong with the fields that can be changed here.
async fn wrong(ctx: &Ctx, open: &Open, form: &FormText) -> Result<Errors> {
    let intake = campaign::intake(&ctx.app, &open.application.intake_id).await?;
    let wrong = early::wrong(&ctx.app, &open.application, form, &intake, &open.worker.phone).await?;
    let lines = wrong.0.iter().filter(|(field, _)| open.editable.allows(field));
    Ok(Errors(
        lines.map(|(field, refusal)| line(field, refusal)).collect(),
    ))
}

/// "请填写此项" says little in the summary on top: what has no name in it gets the field's.
fn line(field: &'static str, refusal: &Refusal) -> ErrorLine {
    let name = label(field).unwrap_or_default();
    let text = match refusal {
        Refusal::Empty if field_is_chosen(field) => format!("请选择{name}"),
        Refusal::Empty => format!("请填写{name}"),
        Refusal::NotAChoice => format!("请从列表中选择{name}"),
        Refusal::TooShort { .. } | Refusal::TooLong { .. } | Refusal::DateMalformed => {
            format!("{name}：{}", refusal.text())
        }
        Refusal::TwoAnswers => format!("{name}：{}", refusal.text()),
        other => other.text(),
    };
    ErrorLine { field, text }
}

fn field_is_chosen(name: &'static str) -> bool {
    let field = field(name, &FormText::default());
    !field.options.is_empty() || field.kind == "date"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_names_its_field() {
        assert_eq!(line("major", &Refusal::Empty).text, "请填写报考专业");
        assert_eq!(line("migrant", &Refusal::Empty).text, "请选择是否为农民工");
        assert_eq!(
            line("entry_date", &Refusal::DateMalformed).text,
            "入学时间：请选择正确的日期"
        );
        assert_eq!(
            line("id_number", &Refusal::IdNumberChecksum).text,
            Refusal::IdNumberChecksum.text()
        );
    }
}
