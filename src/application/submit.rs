//! Submitting: the time, the claim on the year's only subsidy, and a place or the waiting list
//! (R-5, R-8, R-18 … R-20); and submitting again after a correction.

use super::moves::{self, Move};
use super::states::{Event, State};
use super::store::Scope;
use super::{Application, DocumentKind, Form, documents, drafts, form, store};
use crate::app::App;
use crate::audit::Actor;
use crate::campaign::{self, Intake, PlaceCause, places};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Phone, Refusal};
use crate::union::tree;
use sqlx::AnyConnection;

/// What came of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The application's number.
    pub number: String,
    /// Whether it holds a place; else it waits.
    pub holds_place: bool,
}

/// Submits a draft. A second tap gets the first one's answer, also when both come at the same moment.
///
/// `proven_phone` is the phone of the worker's account.
/// Errors: the window's dates, what is missing (R-12 … R-17), the application that stands.
pub async fn submit(app: &App, worker_id: &str, id: &str, proven_phone: &Phone) -> Result<Submitted> {
    let application = super::own(app, worker_id, id).await?;
    if let Some(done) = done(&application)? {
        return Ok(done);
    }
    let submitted = if application.state.is_recalled() {
        again(app, &application, proven_phone).await
    } else {
        first(app, &application, proven_phone).await
    };
    match submitted {
        Err(Error::Refused(Refusal::ChangedMeanwhile)) => {
            let now = super::own(app, worker_id, id).await?;
            done(&now)?.ok_or_else(|| Refusal::ChangedMeanwhile.into())
        }
        other => other,
    }
}

/// What came of the submission of an application that the worker no longer fills in.
fn done(application: &Application) -> Result<Option<Submitted>> {
    let number = application.number.clone();
    let number = number.ok_or_else(|| anyhow::anyhow!("application {} has no number", application.id))?;
    let submitted = application.submitted_at.is_some() && !application.state.is_recalled();
    Ok(submitted.then(|| Submitted {
        number,
        holds_place: application.state.holds_place(),
    }))
}

async fn first(app: &App, application: &Application, proven_phone: &Phone) -> Result<Submitted> {
    // One connection for all that is read: thousands come in the same minute. It is given back before the writing begins, which
    // would wait for one of the same pool.
    let mut read = app.db.read().acquire().await?;
    let intake = campaign::intake_on(&mut *read, &application.intake_id).await?;
    intake.may_apply(app.now())?;
    let form = complete_on(app, &mut read, application, &intake, proven_phone).await?;
    let (Some(union_id), Some(unit_id)) = (&application.union_id, &application.unit_id) else {
        return Err(Refusal::UnionMissing.into());
    };
    let (step, first) = tree::first_step(&mut read, union_id).await?;
    drop(read);
    let actor = Actor::Worker(application.worker_id.clone());

    let mut tx = app.db.write().await?;
    let (mut places, seq) = places::lock_in_line(app, &mut tx, &application.campaign_id, unit_id).await?;
    claim(app, &mut tx, application, &form, intake.year).await?;
    let holds_place = places
        .take(&mut tx, &application.id, PlaceCause::Submitted, &actor)
        .await?;
    let event = if holds_place {
        Event::Submitted
    } else {
        Event::Waitlisted
    };
    // One that waits remembers where its review will begin: whoever promotes it has nothing to look up.
    let holder_id = Some(first.id.as_str());
    let to = Move {
        actor: &actor,
        event,
        step,
        holder_id,
        union_id: None,
        note: "",
        corrections: &[],
    };
    moves::submit(app, &mut tx, application, to, seq).await?;
    if !holds_place {
        store::note_wait(&mut tx, &application.id, &application.campaign_id, unit_id, seq).await?;
    }
    tx.commit().await?;
    Ok(Submitted {
        number: application.number.clone().unwrap_or_default(),
        holds_place,
    })
}

/// The position on the waiting list that a submission got; none when it got a place at once.
pub async fn waited_as(app: &App, id: &str) -> Result<Option<i64>> {
    Ok(store::waited_as(app, id).await?)
}

/// Everything an application needs to be submitted: form, checks, documents (R-13 … R-17).
pub async fn complete(
    app: &App,
    application: &Application,
    intake: &Intake,
    proven_phone: &Phone,
) -> Result<Form> {
    let mut read = app.db.read().acquire().await?;
    complete_on(app, &mut read, application, intake, proven_phone).await
}

async fn complete_on(
    app: &App,
    read: &mut AnyConnection,
    application: &Application,
    intake: &Intake,
    proven_phone: &Phone,
) -> Result<Form> {
    let against = form::Against {
        now: app.now(),
        year: intake.year,
        proven_phone,
    };
    let typed = application.form(app)?;
    let form = Form::check(&typed, &against)?;
    if let Some(two) = drafts::pending_on(app, &mut *read, application, &typed)
        .await?
        .first()
    {
        return Err(Error::Invalid(FieldErrors::one(two.field, Refusal::TwoAnswers)));
    }
    if application.checked_version == 0 {
        return Err(Refusal::ChecksNotTicked.into());
    }
    let documents = store::documents(&mut *read, &application.id).await?;
    match documents::missing(application, &documents, form.id_number.is_of_jinan())
        .into_iter()
        .next()
    {
        Some(refusal) => Err(refusal.into()),
        None => Ok(form),
    }
}

/// one subsidy per person and year, and one per level for life. The rows' primary key decides between two
/// submissions at the same moment, whichever accounts they come from.
async fn claim(app: &App, tx: &mut Tx, application: &Application, form: &Form, year: i32) -> Result<()> {
    let index = app.sealer.index("id_number", form.id_number.as_str());
    let (year, level) = (year.to_string(), form.level.as_str());
    let values = [(Scope::Year, year.as_str()), (Scope::Level, level)];
    match store::claim(tx, &index, &values, &application.id).await? {
        Some((Scope::Year, number)) => return Err(Refusal::AlreadyThisYear { number }.into()),
        Some((Scope::Level, number)) => return Err(Refusal::AlreadyThisLevel { level, number }.into()),
        None => {}
    }
    // Not unique like the claims: the same card in two applications is found by the checks, and decided by people.
    store::put_card(tx, &application.id, &super::card_index(app, &form.card)).await?;
    Ok(())
}

/// each paper that was asked for again has been uploaded since. (A field may prove to be right as it is.)
async fn mended(app: &App, application: &Application) -> Result<()> {
    let asked = store::last_corrections(app, &application.id).await?;
    let documents = documents::of(app, &application.id).await?;
    for kind in asked.iter().filter_map(|name| DocumentKind::parse(name)) {
        let document = documents.iter().find(|document| document.kind == kind);
        if document.is_none_or(|document| document.uploaded_at < application.since) {
            return Err(Refusal::DocumentNotReplaced { kind: kind.label() }.into());
        }
    }
    Ok(())
}

/// Submits a returned application again: it goes back to the step that returned it.
pub async fn resubmit(app: &App, worker_id: &str, id: &str, proven_phone: &Phone) -> Result<()> {
    let application = super::own(app, worker_id, id).await?;
    if application.state != State::Returned {
        return Err(Refusal::NotEditable.into());
    }
    let intake = campaign::intake(app, &application.intake_id).await?;
    intake.may_correct(app.now())?;
    let form = complete(app, &application, &intake, proven_phone).await?;
    mended(app, &application).await?;
    let union_id = application.union_id.as_deref().ok_or(Refusal::UnionMissing)?;
    let chain = tree::review_chain(app, union_id).await?;
    let holder = chain.get(application.step).ok_or(Error::NotFound)?;
    send_again(
        app,
        &application,
        &form,
        intake.year,
        (application.step, &holder.id),
    )
    .await?;
    Ok(())
}

/// Submits again what was taken back for correction: number, time and order of submission stay, its place or its
/// position too. The review begins at its first step, for the union may have been corrected.
async fn again(app: &App, application: &Application, proven_phone: &Phone) -> Result<Submitted> {
    let intake = campaign::intake(app, &application.intake_id).await?;
    intake.may_apply(app.now())?;
    let mut read = app.db.read().acquire().await?;
    let form = complete_on(app, &mut read, application, &intake, proven_phone).await?;
    let union_id = application.union_id.as_deref().ok_or(Refusal::UnionMissing)?;
    let (step, first) = tree::first_step(&mut read, union_id).await?;
    drop(read);
    let state = send_again(app, application, &form, intake.year, (step, &first.id)).await?;
    Ok(Submitted {
        number: application.number.clone().unwrap_or_default(),
        holds_place: state.holds_place(),
    })
}

async fn send_again(
    app: &App,
    application: &Application,
    form: &Form,
    year: i32,
    (step, holder_id): (usize, &str),
) -> Result<State> {
    let actor = Actor::Worker(application.worker_id.clone());
    let mut tx = app.db.write().await?;
    let to = Move {
        actor: &actor,
        event: Event::Resubmitted,
        step,
        holder_id: Some(holder_id),
        union_id: None,
        note: "",
        corrections: &[],
    };
    let state = moves::apply(app, &mut tx, application, to).await?;
    // A corrected ID number or level claims anew.
    store::drop_claims(&mut tx, &application.id).await?;
    claim(app, &mut tx, application, form, year).await?;
    tx.commit().await?;
    Ok(state)
}
