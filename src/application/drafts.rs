//! Before submission: begin, choose the union, fill in, print, tick the checks.

mod conflicts;

pub(super) use conflicts::pending_on;
pub use conflicts::{Pending, choose, pending};

use super::merge::{self, Conflict, Marks, Seen};
use super::states::State;
use super::{Application, FormText, moves, store};
use crate::account::workers;
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::campaign;
use crate::db::Tx;
use crate::error::{Error, Result, is_unique_violation};
use crate::kernel::{Refusal, Time, code};
use crate::union::{Union, tree};
use serde_json::json;

/// The worker's open application of the current intake; a new draft when there is none. A draft may be begun
/// outside the window too: only submitting is bound to it. Form and union of an application that ended are
/// carried over; `first` fills what the account knows.
///
/// Errors: [`Refusal::AlreadyThisYear`] while an application of an earlier intake of the year stands.
pub async fn begin(app: &App, worker_id: &str, first: &FormText) -> Result<Application> {
    let current = campaign::current(app).await?.ok_or(Refusal::NoIntake)?;
    if let Some(open) = store::open_of(app, worker_id, &current.intake.id).await? {
        return Ok(open);
    }
    let before = store::of_worker(app, worker_id).await?.into_iter().next();
    if let Some(number) = before
        .as_ref()
        .and_then(|before| stands(before, &current.campaign_id))
    {
        return Err(Refusal::AlreadyThisYear { number }.into());
    }
    let form = match &before {
        Some(before) => first.merged(&before.form(app)?, |field| field != "phone"),
        None => first.clone(),
    };
    let (union, unit_id) = carried_over(app, before.as_ref()).await?;
    let draft = store::NewDraft {
        id: app.id(),
        // It stands on the printed form already, and submitting keeps it (R-14, R-18, ADR 0014).
        number: code::application_number(app.entropy.bytes()),
        worker_id,
        intake_id: &current.intake.id,
        campaign_id: &current.campaign_id,
        union_id: union.as_ref().map(|union| union.id.as_str()),
        unit_id: unit_id.as_deref(),
        applicant: form.get("name"),
        level: form.get("level"),
        institution: form.get("institution"),
        form_sealed: moves::seal_form(app, &form)?,
        now: app.now(),
    };
    let mut tx = app.db.write().await?;
    workers::hold_open(&mut tx, worker_id).await?;
    if let Some(union) = &union {
        tree::hold(&mut tx, union).await?;
    }
    match store::insert_draft(&mut tx, &draft).await {
        Ok(()) => {
            let actor = Actor::Worker(worker_id.to_owned());
            note(app, &mut tx, &actor, "application.begin", &draft.id, json!({})).await?;
            tx.commit().await?;
        }
        // Two taps at once: the other one made it.
        Err(error) if is_unique_violation(&error) => drop(tx),
        Err(error) => return Err(error.into()),
    }
    store::open_of(app, worker_id, &current.intake.id)
        .await?
        .ok_or(Error::NotFound)
}

/// The number of an application of this year's campaign that holds a place or waits: there is no second one.
fn stands(before: &Application, campaign_id: &str) -> Option<String> {
    let stands = before.campaign_id == campaign_id && (before.state.holds_place() || before.state.waits());
    before.number.clone().filter(|_| stands)
}

/// The union of an earlier application, with the unit that it is under now: the tree may have changed since.
async fn carried_over(app: &App, before: Option<&Application>) -> Result<(Option<Union>, Option<String>)> {
    let Some(union_id) = before.and_then(|before| before.union_id.as_deref()) else {
        return Ok((None, None));
    };
    let Ok(union) = tree::chosen(app, union_id).await else {
        return Ok((None, None));
    };
    let unit = tree::unit_of(app, &union).await?;
    Ok((Some(union), Some(unit.id)))
}

async fn note(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    act: &str,
    id: &str,
    detail: serde_json::Value,
) -> Result<()> {
    let line = Line {
        actor,
        act,
        subject: ("application", id),
        detail,
    };
    Ok(audit::record(tx, &app.entropy, app.now(), line).await?)
}

/// What of an application the worker may change now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Editable {
    /// A draft, or taken back for correction: everything.
    All,
    /// Returned: the named fields and documents.
    Only(Vec<String>),
    /// Anything else: nothing.
    Nothing,
}

impl Editable {
    /// Whether a field or document may be changed.
    pub fn allows(&self, name: &str) -> bool {
        match self {
            Editable::All => true,
            Editable::Only(names) => names.iter().any(|n| n == name),
            Editable::Nothing => false,
        }
    }
}

/// What may be changed now. A corrected form needs a new stamp, so the stamped form may then be replaced too.
pub async fn editable(app: &App, application: &Application) -> Result<Editable> {
    Ok(match application.state {
        state if state.is_being_filled() => Editable::All,
        State::Returned => {
            let mut names = store::last_corrections(app, &application.id).await?;
            let stamped = super::DocumentKind::StampedForm.as_str();
            let form_too = names.iter().any(|name| super::form::label(name).is_some());
            if form_too && !names.iter().any(|name| name == stamped) {
                names.push(stamped.to_owned());
            }
            Editable::Only(names)
        }
        _ => Editable::Nothing,
    })
}

/// Chooses the union of the employer's registered area; it can be corrected until submission. Taken back for
/// correction it stays within its unit: there its place or its position is.
pub async fn choose_union(app: &App, worker_id: &str, id: &str, union_id: &str) -> Result<()> {
    let application = super::own(app, worker_id, id).await?;
    if !application.state.is_being_filled() {
        return Err(Refusal::NotEditable.into());
    }
    let union = tree::chosen(app, union_id).await?;
    let unit = tree::unit_of(app, &union).await?;
    if application.state.is_recalled() && application.unit_id.as_ref() != Some(&unit.id) {
        return Err(Refusal::UnionOfOtherUnit.into());
    }
    // the paper names the unions that review it.
    let other = application.union_id.as_deref() != Some(&union.id);
    let version = application.form_version + i64::from(other && is_on_paper(app, &application).await?);
    let chosen = (union.id.as_str(), unit.id.as_str());
    let mut tx = app.db.write().await?;
    if !store::set_union(&mut tx, &application, chosen, version, app.now()).await? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    // Its unit was found by where it stood in the tree.
    tree::hold(&mut tx, &union).await?;
    let actor = Actor::Worker(worker_id.to_owned());
    note(
        app,
        &mut tx,
        &actor,
        "application.choose_union",
        id,
        json!({ "union": union.id }),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// What became of a save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved {
    /// When it was saved: "已保存 10:32".
    pub at: Time,
    /// Whether a stamped or printed form is out of date now.
    pub print_again: bool,
}

/// Saves what was typed, right or wrong; of a returned form only what may be changed. Whoever calls
/// this names the fields that are to change: they are taken whatever stands there. A page saves by [`save_seen`].
///
/// Errors: [`Refusal::NotEditable`] after submission.
pub async fn save(app: &App, worker_id: &str, id: &str, typed: &FormText) -> Result<Saved> {
    Ok(save_seen(app, worker_id, id, typed, &Edit::default())
        .await?
        .saved)
}

/// Where typed text comes from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Edit<'a> {
    /// The fields as this editor last saw them ([`Seen`] as text). Without one nothing can be in conflict.
    pub seen: Option<&'a str>,
    /// The open page, by a random text of ours: what it typed in vain is kept under this name.
    pub editor: &'a str,
    /// Fields for which the worker, shown both values, has chosen.
    pub settled: &'a [&'a str],
}

/// What became of a page's save.
#[derive(Debug, Clone)]
pub struct SavedSeen {
    /// When, and whether to print again.
    pub saved: Saved,
    /// The form as it stands now, what other devices saved included.
    pub form: FormText,
    /// What the page is to send as seen with its next save.
    pub seen: String,
    /// What was typed but not taken, for the worker to choose; kept meanwhile ([`pending`]).
    pub conflicts: Vec<Conflict>,
}

/// Saves what was typed on an open page, merged field by field with what other devices saved meanwhile.
///
/// Errors: [`Refusal::NotEditable`] after submission.
pub async fn save_seen(
    app: &App,
    worker_id: &str,
    id: &str,
    typed: &FormText,
    edit: &Edit<'_>,
) -> Result<SavedSeen> {
    // Phone and PC may save at the same moment: the later one takes the row as it is then and tries again.
    for _ in 0..5 {
        let application = super::own(app, worker_id, id).await?;
        if let Some(saved) = save_once(app, &application, typed, edit).await? {
            return Ok(saved);
        }
    }
    Err(Refusal::ChangedMeanwhile.into())
}

/// [`save`] for who names the row's version they saw: nothing is written over what came from elsewhere since, and what
/// they typed is their choice where two devices differed.
///
/// Errors: also [`Refusal::ChangedMeanwhile`].
pub async fn save_at(app: &App, worker_id: &str, id: &str, typed: &FormText, version: i64) -> Result<Saved> {
    let application = super::own(app, worker_id, id).await?;
    if application.version != version {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    let fields = super::form::FIELDS.iter().map(|(name, _)| *name);
    let settled: Vec<&str> = fields.filter(|name| !typed.get(name).is_empty()).collect();
    let edit = Edit {
        settled: &settled,
        ..Edit::default()
    };
    let saved = save_once(app, &application, typed, &edit).await?;
    Ok(saved.ok_or(Refusal::ChangedMeanwhile)?.saved)
}

async fn save_once(
    app: &App,
    application: &Application,
    typed: &FormText,
    edit: &Edit<'_>,
) -> Result<Option<SavedSeen>> {
    let editable = editable(app, application).await?;
    if editable == Editable::Nothing {
        return Err(Refusal::NotEditable.into());
    }
    let before = application.form(app)?;
    let marks = Marks::new(&app.sealer, &application.id);
    let seen = edit.seen.and_then(Seen::parse);
    let allowed = |field: &str| editable.allows(field);
    let merged = match &seen {
        Some(seen) => merge::merge(&marks, &before, typed, seen, edit.settled, allowed),
        None => merge::Merged {
            form: before.merged(typed, allowed),
            conflicts: Vec::new(),
        },
    };
    let now = app.now();
    let changed = merged.form != before;
    let on_paper = changed && is_on_paper(app, application).await?;
    if changed || !merged.conflicts.is_empty() || !edit.settled.is_empty() {
        let mut tx = app.db.write().await?;
        if changed && !write_form(app, &mut tx, application, &merged.form, on_paper).await? {
            return Ok(None);
        }
        conflicts::keep(app, &mut tx, application, &merged.conflicts, edit).await?;
        tx.commit().await?;
    }
    let now_seen = marks.seen(&merged.form);
    Ok(Some(SavedSeen {
        saved: Saved {
            at: now,
            print_again: on_paper,
        },
        seen: match &seen {
            Some(seen) => seen.after(now_seen, &merged.conflicts),
            None => now_seen,
        }
        .to_string(),
        form: merged.form,
        conflicts: merged.conflicts,
    }))
}

/// what is on paper has this version; a change makes the paper out of date.
async fn is_on_paper(app: &App, application: &Application) -> Result<bool> {
    Ok(application.printed_version == application.form_version
        || store::stamped_version(app, &application.id).await? == Some(application.form_version))
}

async fn write_form(
    app: &App,
    tx: &mut Tx,
    application: &Application,
    form: &FormText,
    on_paper: bool,
) -> Result<bool> {
    let row = store::SavedForm {
        applicant: form.get("name").trim(),
        level: form.get("level"),
        institution: form.get("institution").trim(),
        form_sealed: moves::seal_form(app, form)?,
        form_version: application.form_version + i64::from(on_paper),
    };
    if !store::save_form(tx, application, &row, app.now()).await? {
        return Ok(false);
    }
    // A draft is nobody else's business; what was submitted once has a trail.
    if application.state != State::Draft {
        let actor = Actor::Worker(application.worker_id.clone());
        note(
            app,
            tx,
            &actor,
            "application.correct_form",
            &application.id,
            json!({}),
        )
        .await?;
    }
    Ok(true)
}

/// Remembers that this version of the form went to the printer.
pub async fn mark_printed(app: &App, worker_id: &str, id: &str) -> Result<()> {
    let application = super::own(app, worker_id, id).await?;
    mark_printed_as_seen(app, &application).await
}

/// [`mark_printed`] for a form that was shown as it was read here.
///
/// Errors: [`Refusal::ChangedMeanwhile`] when the row changed since: what would be printed is not what was looked at.
pub async fn mark_printed_as_seen(app: &App, seen: &Application) -> Result<()> {
    if editable(app, seen).await? == Editable::Nothing {
        return Ok(());
    }
    let mut tx = app.db.write().await?;
    if !store::mark_printed(&mut tx, seen).await? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    tx.commit().await?;
    Ok(())
}

/// the four checks, each ticked, before anything is uploaded.
pub async fn tick_checks(app: &App, worker_id: &str, id: &str, ticked: [bool; 4]) -> Result<()> {
    if ticked.contains(&false) {
        return Err(Refusal::ChecksNotTicked.into());
    }
    let application = super::own(app, worker_id, id).await?;
    if editable(app, &application).await? == Editable::Nothing {
        return Err(Refusal::NotEditable.into());
    }
    let mut tx = app.db.write().await?;
    store::tick_checks(&mut tx, &application).await?;
    let actor = Actor::Worker(worker_id.to_owned());
    note(
        app,
        &mut tx,
        &actor,
        "application.tick_checks",
        id,
        json!({ "form_version": application.form_version }),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}
