//! R-3, our own check for who does not come by the APP: the worker tells name and ID number as on the card, an officer of
//! the city's centre checks them by telephone (the account's phone is proven) or against the card, and says so. Until
//! then nothing is believed: an ID number that anybody could claim would shut its true owner out (ADR 0026).

use super::{Worker, note, profile, store, workers};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::error::{Error, Result, is_unique_violation};
use crate::kernel::{FieldErrors, IdNumber, Refusal, Time, text};
use crate::outbox;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{Any, Executor};

/// Tells the worker how the check ended: `{"check": identity_checks.id}`.
pub const IDENTITY_JOB: &str = "identity_checked";

crate::text_enum! {
    /// Where a check stands.
    pub enum State { Waiting = "waiting", Passed = "passed", Refused = "refused" }
}

/// What the worker told; nothing of it in a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Name as on the ID card.
    pub name: String,
    /// ID number.
    pub id_number: String,
}

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Told(****)")
    }
}

/// A check.
#[derive(Debug, Clone)]
pub struct Check {
    /// Id.
    pub id: String,
    /// Whose.
    pub worker_id: String,
    /// What was told; none once it is decided.
    pub told: Option<Told>,
    /// Where it stands.
    pub state: State,
    /// Why it was refused.
    pub reason: String,
    /// When it was asked for.
    pub asked_at: Time,
}

pub(super) const PLACE: &str = "identity_checks.told";

/// Asks for the check; a second request replaces what waits.
///
/// Errors: at `name`, `id_number`; [`Refusal::IdentityOfAnother`] when another account is verified with the number.
pub async fn ask(app: &App, worker: &Worker, name: &str, id_number: &str) -> Result<()> {
    let mut errors = FieldErrors::default();
    let name = errors.take("name", text::line(name, 2, 30));
    let number = errors.take(
        "id_number",
        match text::clean(id_number) {
            none if none.is_empty() => Err(Refusal::Empty),
            typed => IdNumber::parse(&typed, app.now()),
        },
    );
    let (Some(name), Some(number)) = (name, number) else {
        return Err(errors.into());
    };
    let index = profile::id_index(app, &number);
    free(app.db.read(), worker, &index).await?;
    let told = Told {
        name,
        id_number: number.as_str().to_owned(),
    };
    let json = serde_json::to_string(&told).map_err(anyhow::Error::from)?;
    let row = store::NewCheck {
        id: &app.id(),
        worker_id: &worker.id,
        told_sealed: &app.seal(PLACE, &json),
        id_index: &index,
        at: app.now(),
    };
    let mut tx = app.db.write().await?;
    workers::hold_open(&mut tx, &worker.id).await?;
    store::drop_waiting_check(&mut tx, &worker.id).await?;
    match store::insert_check(&mut tx, &row).await {
        // Two taps at once: the other one stands.
        Err(error) if is_unique_violation(&error) => return Ok(()),
        other => other?,
    }
    note(app, &mut tx, &worker.id, "worker.identity_asked").await?;
    tx.commit().await?;
    Ok(())
}

async fn free(db: impl Executor<'_, Database = Any>, worker: &Worker, index: &str) -> Result<()> {
    match store::is_anothers(db, index, &worker.id).await? {
        true => Err(Refusal::IdentityOfAnother.into()),
        false => Ok(()),
    }
}

/// The worker's newest check.
pub async fn of(app: &App, worker_id: &str) -> Result<Option<Check>> {
    store::check_of(app, worker_id).await
}

/// Those that wait, the oldest first, with their workers. Who may see them the caller has checked; the look is recorded.
pub async fn waiting(app: &App, by: &Actor) -> Result<Vec<(Check, Worker)>> {
    let mut list = Vec::new();
    for check in store::waiting_checks(app).await? {
        match workers::find(app, &check.worker_id).await {
            Ok(worker) => list.push((check, worker)),
            Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    let mut tx = app.db.write().await?;
    for (check, _) in &list {
        let line = Line {
            actor: by,
            act: "identity.read",
            subject: ("worker", &check.worker_id),
            detail: json!({}),
        };
        audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    }
    tx.commit().await?;
    Ok(list)
}

/// Passes a check, or refuses it with a reason that the worker reads; the worker is told.
///
/// Errors: [`Error::NotFound`] for one that does not wait; at `reason` [`Refusal::ReasonMissing`];
/// [`Refusal::IdentityOfAnother`].
pub async fn decide(app: &App, by: &Actor, id: &str, refuse: Option<&str>) -> Result<()> {
    let check = store::check(app, id)
        .await?
        .filter(|c| c.state == State::Waiting)
        .ok_or(Error::NotFound)?;
    let told = check.told.as_ref().ok_or(Error::NotFound)?;
    let worker = workers::find(app, &check.worker_id).await?;
    let reason = match refuse {
        None => String::new(),
        Some(typed) => {
            text::line(typed, 2, 100).map_err(|_| FieldErrors::one("reason", Refusal::ReasonMissing))?
        }
    };
    let state = if refuse.is_none() {
        State::Passed
    } else {
        State::Refused
    };
    let verified = verified(app, &worker, told)?;
    let mut tx = app.db.write().await?;
    // The account first, as whoever closes or joins it has it.
    if !store::lock_open(&mut tx, &worker.id).await? {
        return Err(Error::NotFound);
    }
    if let (State::Passed, Some(index)) = (state, &verified.id_index) {
        // One number is one person's: of two accounts that wait with it, one is decided after the other.
        store::lock_checks(&mut tx, index).await?;
        free(&mut *tx, &worker, index).await?;
    }
    if !store::decide_check(&mut tx, id, state, &reason, by.id(), app.now()).await? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    if state == State::Passed && !store::set_person(&mut tx, app, &worker, &verified).await? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    let act = if state == State::Passed {
        "worker.verified"
    } else {
        "worker.not_verified"
    };
    let line = Line {
        actor: by,
        act,
        subject: ("worker", &worker.id),
        detail: json!({ "check": id }),
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    outbox::enqueue(
        &mut tx,
        &app.id(),
        IDENTITY_JOB,
        &json!({ "check": id }),
        app.now(),
        None,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// A check by its id, for the message about it.
pub async fn find(app: &App, id: &str) -> Result<Option<Check>> {
    store::check(app, id).await
}

fn verified(app: &App, worker: &Worker, told: &Told) -> Result<Worker> {
    let number = IdNumber::parse(&told.id_number, app.now())?;
    let mut person = worker.clone();
    person.name.clone_from(&told.name);
    person.id_index = Some(profile::id_index(app, &number));
    person.profile.id_number.clone_from(&told.id_number);
    person.verified_at = worker.verified_at.or_else(|| Some(app.now()));
    Ok(person)
}
