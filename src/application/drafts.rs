//! Before submission: begin, choose the union, fill in, print, tick the checks.

use super::states::State;
use super::{Application, FormText, moves, store};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::campaign;
use crate::db::Tx;
use crate::error::{Error, Result, is_unique_violation};
use crate::kernel::{Refusal, Time};
use crate::union::tree;
use serde_json::json;

/// The worker's open application of the current intake; a new draft when there is none. A draft may be begun
/// outside the window too: only submitting is bound to it. Form and union of an application that ended are
/// carried over; `first` fills what the account knows.
pub async fn begin(app: &App, worker_id: &str, first: &FormText) -> Result<Application> {
    let current = campaign::current(app).await?.ok_or(Refusal::NoIntake)?;
    if let Some(open) = store::open_of(app, worker_id, &current.intake.id).await? {
        return Ok(open);
    }
    let before = store::of_worker(app, worker_id).await?.into_iter().next();
    let form = match &before {
        Some(before) => first.merged(&before.form(app)?, |field| field != "phone"),
        None => first.clone(),
    };
    let draft = store::NewDraft {
        id: app.id(),
        worker_id,
        intake_id: &current.intake.id,
        campaign_id: &current.campaign_id,
        union_id: before.as_ref().and_then(|before| before.union_id.as_deref()),
        unit_id: before.as_ref().and_then(|before| before.unit_id.as_deref()),
        applicant: form.get("name"),
        level: form.get("level"),
        institution: form.get("institution"),
        form_sealed: moves::seal_form(app, &form)?,
        now: app.now(),
    };
    let mut tx = app.db.write().await?;
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
    /// A draft: everything.
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
        State::Draft => Editable::All,
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

/// Chooses the union of the employer's registered area; it can be corrected until submission.
pub async fn choose_union(app: &App, worker_id: &str, id: &str, union_id: &str) -> Result<()> {
    let application = super::own(app, worker_id, id).await?;
    if application.state != State::Draft {
        return Err(Refusal::NotEditable.into());
    }
    let union = tree::chosen(app, union_id).await?;
    let unit = tree::unit_of(app, &union).await?;
    let mut tx = app.db.write().await?;
    if !store::set_union(&mut tx, &application, &union.id, &unit.id, app.now()).await? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
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

/// Saves what was typed, right or wrong; of a returned form only what may be changed.
///
/// Errors: [`Refusal::NotEditable`] after submission.
pub async fn save(app: &App, worker_id: &str, id: &str, typed: &FormText) -> Result<Saved> {
    // Phone and PC may save at the same moment: the later one takes the row as it is then and tries again.
    for _ in 0..3 {
        let application = super::own(app, worker_id, id).await?;
        if let Some(saved) = save_once(app, &application, typed).await? {
            return Ok(saved);
        }
    }
    Err(Refusal::ChangedMeanwhile.into())
}

/// [`save`] for who names the row's version they saw: nothing is written over what came from elsewhere since.
///
/// Errors: also [`Refusal::ChangedMeanwhile`].
pub async fn save_seen(
    app: &App,
    worker_id: &str,
    id: &str,
    typed: &FormText,
    version: i64,
) -> Result<Saved> {
    let application = super::own(app, worker_id, id).await?;
    if application.version != version {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    let saved = save_once(app, &application, typed).await?;
    Ok(saved.ok_or(Refusal::ChangedMeanwhile)?)
}

async fn save_once(app: &App, application: &Application, typed: &FormText) -> Result<Option<Saved>> {
    let editable = editable(app, application).await?;
    if editable == Editable::Nothing {
        return Err(Refusal::NotEditable.into());
    }
    let before = application.form(app)?;
    let form = before.merged(typed, |field| editable.allows(field));
    let now = app.now();
    if form == before {
        return Ok(Some(Saved {
            at: now,
            print_again: false,
        }));
    }
    // what is on paper has this version; a change makes the paper out of date.
    let on_paper = application.printed_version == application.form_version
        || store::stamped_version(app, &application.id).await? == Some(application.form_version);
    let row = store::SavedForm {
        applicant: form.get("name").trim(),
        level: form.get("level"),
        institution: form.get("institution").trim(),
        form_sealed: moves::seal_form(app, &form)?,
        form_version: application.form_version + i64::from(on_paper),
    };
    let mut tx = app.db.write().await?;
    if !store::save_form(&mut tx, application, &row, now).await? {
        return Ok(None);
    }
    if application.state == State::Returned {
        let actor = Actor::Worker(application.worker_id.clone());
        note(
            app,
            &mut tx,
            &actor,
            "application.correct_form",
            &application.id,
            json!({}),
        )
        .await?;
    }
    tx.commit().await?;
    Ok(Some(Saved {
        at: now,
        print_again: on_paper,
    }))
}

/// Remembers that this version of the form went to the printer.
pub async fn mark_printed(app: &App, worker_id: &str, id: &str) -> Result<()> {
    let application = super::own(app, worker_id, id).await?;
    if editable(app, &application).await? != Editable::Nothing {
        let mut tx = app.db.write().await?;
        store::mark_printed(&mut tx, &application).await?;
        tx.commit().await?;
    }
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
