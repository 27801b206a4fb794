//! In by the 齐鲁工惠 APP: a known user is their worker; a new one is linked to the worker whose phone or ID number it
//! proves, or becomes one. Where the APP does not vouch for the phone, an SMS code proves it first.

use super::app_ticket::Person;
use super::workers::{self, at_field};
use super::{Profile, Worker, profile, sms_code, store};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::db::Tx;
use crate::error::{Error, Result, is_unique_violation};
use crate::kernel::{FieldErrors, IdNumber, Phone, Refusal, text};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// Who came in.
#[derive(Debug)]
pub enum Arrival {
    /// This worker; whether the account is new.
    In(Box<Worker>, bool),
    /// A phone has to be proven first: the key of what is kept until then.
    Prove(String),
}

/// What is kept while the phone is proven.
#[derive(Serialize, Deserialize)]
pub struct Pending {
    /// The ticket's word.
    pub person: Person,
    /// The worker who has the same verified ID number: their phone is the one to be proven.
    pub worker_id: Option<String>,
}

/// A phone is proven within this time.
const PENDING_TTL: Duration = Duration::from_secs(600);
const PLACE: &str = "app-pending";
/// How often two tickets of one new person at the same moment are sorted out.
const TRIES: u32 = 4;

/// Lets in who brings a ticket that held.
///
/// Errors: [`Refusal::OtherPerson`] when phone or APP user belong to an account whose verified ID number is another.
pub async fn enter(app: &App, person: Person) -> Result<Arrival> {
    for _ in 0..TRIES {
        match enter_once(app, &person).await {
            // The same person came in twice at this moment: seen again, the other one is there.
            Err(Error::Refused(Refusal::ChangedMeanwhile)) => {}
            other => return other,
        }
    }
    Err(Refusal::ChangedMeanwhile.into())
}

async fn enter_once(app: &App, person: &Person) -> Result<Arrival> {
    if let Some(worker) = store::worker_by_app(app, &app_index(app, person)).await? {
        let worker = link(app, worker, person, false).await?;
        return Ok(Arrival::In(Box::new(worker), false));
    }
    let phone = Phone::parse(&person.phone, &app.config.virtual_segments).ok();
    let Some(phone) = phone.filter(|_| person.verified) else {
        return Ok(Arrival::Prove(keep(app, person, None).await?));
    };
    let index = app.phone_index(&phone);
    if let Some(worker) = store::worker_by_phone(app, &index).await? {
        let worker = link(app, worker, person, true).await?;
        return Ok(Arrival::In(Box::new(worker), false));
    }
    if let Some(worker) = same_person(app, person).await? {
        return Ok(Arrival::Prove(keep(app, person, Some(worker.id)).await?));
    }
    let worker = create(app, phone, person).await?;
    Ok(Arrival::In(Box::new(worker), true))
}

fn app_index(app: &App, person: &Person) -> String {
    app.sealer.index("app_subject", &person.sub)
}

fn id_number(app: &App, person: &Person) -> Option<IdNumber> {
    IdNumber::parse(&person.id_number, app.now()).ok()
}

/// Who is known to be this person, under another phone.
async fn same_person(app: &App, person: &Person) -> Result<Option<Worker>> {
    match id_number(app, person).filter(|_| person.verified) {
        Some(number) => store::verified_by_id(app, &profile::id_index(app, &number)).await,
        None => Ok(None),
    }
}

/// Links the APP's user to a worker (`anew`: for the first time) and takes over what it has verified.
async fn link(app: &App, worker: Worker, person: &Person, anew: bool) -> Result<Worker> {
    let told = with_identity(app, &worker, person)?;
    if !anew && told.verified_at == worker.verified_at && told.name == worker.name {
        return Ok(worker);
    }
    let mut tx = app.db.write().await?;
    write_link(app, &mut tx, (&worker, &told), person, anew).await?;
    tx.commit().await?;
    workers::find(app, &worker.id).await
}

async fn write_link(
    app: &App,
    tx: &mut Tx,
    (seen, worker): (&Worker, &Worker),
    person: &Person,
    anew: bool,
) -> Result<()> {
    if anew {
        let index = app_index(app, person);
        unless_taken(store::set_app(tx, &worker.id, &index, app.now()).await)?;
    }
    if !store::set_person(tx, app, seen, worker).await? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    let actor = Actor::Worker(worker.id.clone());
    let line = Line {
        actor: &actor,
        act: if anew {
            "worker.link_app"
        } else {
            "worker.verified"
        },
        subject: ("worker", &worker.id),
        detail: json!({ "verified": person.verified }),
    };
    Ok(audit::record(tx, &app.entropy, app.now(), line).await?)
}

/// The worker as the APP knows them: a verified name and ID number replace what was typed.
fn with_identity(app: &App, worker: &Worker, person: &Person) -> Result<Worker> {
    let mut told = worker.clone();
    let Some(number) = id_number(app, person) else {
        return Ok(told);
    };
    let index = profile::id_index(app, &number);
    if person.verified {
        if worker.verified_at.is_some() && worker.id_index.as_ref() != Some(&index) {
            return Err(Refusal::OtherPerson.into());
        }
        told.name = text::line(&person.name, 1, 60)?;
        told.verified_at = worker.verified_at.or_else(|| Some(app.now()));
    } else if worker.id_index.is_some() {
        return Ok(told);
    }
    told.profile.id_number = number.as_str().to_owned();
    told.id_index = Some(index);
    Ok(told)
}

/// A new worker, known by what the APP tells; the employer is asked for in the form.
async fn create(app: &App, phone: Phone, person: &Person) -> Result<Worker> {
    let name = text::clean(&person.name).chars().take(60).collect();
    let fresh = Worker {
        profile: Profile::default(),
        ..Worker::new(app, phone, name, String::new())
    };
    let worker = with_identity(app, &fresh, person)?;
    let mut tx = app.db.write().await?;
    unless_taken(store::insert_worker(&mut tx, app, &worker).await)?;
    super::note(app, &mut tx, &worker.id, "worker.sign_up").await?;
    // Written a line above, without what the APP has verified.
    let written = Worker {
        verified_at: None,
        ..worker.clone()
    };
    write_link(app, &mut tx, (&written, &worker), person, true).await?;
    tx.commit().await?;
    workers::find(app, &worker.id).await
}

/// The phone or the APP's user became somebody's a moment ago.
fn unless_taken(written: Result<(), sqlx::Error>) -> Result<()> {
    match written {
        Err(error) if is_unique_violation(&error) => Err(Refusal::ChangedMeanwhile.into()),
        other => Ok(other?),
    }
}

async fn keep(app: &App, person: &Person, worker_id: Option<String>) -> Result<String> {
    let token = app.entropy.token();
    let pending = Pending {
        person: person.clone(),
        worker_id,
    };
    let json = serde_json::to_string(&pending).map_err(anyhow::Error::from)?;
    let sealed = app.seal(PLACE, &json);
    app.cache
        .set(&format!("app-pending:{token}"), &sealed, PENDING_TTL)
        .await?;
    Ok(token)
}

/// What waits for its phone's proof, while it does; and the phone that has to be proven, masked, when it is a certain one.
pub async fn pending(app: &App, token: &str) -> Result<Option<(Pending, Option<String>)>> {
    let Some(sealed) = app.cache.get(&format!("app-pending:{token}")).await? else {
        return Ok(None);
    };
    let json = app.sealer.open_text(PLACE, &sealed)?;
    let pending: Pending = serde_json::from_str(&json).map_err(anyhow::Error::from)?;
    let masked = match &pending.worker_id {
        Some(id) => Some(workers::find(app, id).await?.phone.masked()),
        None => None,
    };
    Ok(Some((pending, masked)))
}

/// Proves the phone by its code, then links or makes the worker; says whether they are new.
///
/// Errors: the fields' own; [`Refusal::PhoneNotOfAccount`] when another phone has to be proven;
/// [`Refusal::AppTicketExpired`] when it took too long; [`Refusal::OtherPerson`].
pub async fn prove(app: &App, token: &str, typed: &str, code: &str) -> Result<(Worker, bool)> {
    let Some((pending, _)) = pending(app, token).await? else {
        return Err(Refusal::AppTicketExpired.into());
    };
    let mut errors = FieldErrors::default();
    let phone = errors.take("phone", Phone::parse(typed, &app.config.virtual_segments));
    if code.trim().is_empty() {
        errors.0.push(("code", Refusal::Empty));
    }
    let (Some(phone), true) = (phone, errors.is_empty()) else {
        return Err(errors.into());
    };
    let of_account = match &pending.worker_id {
        Some(id) => Some(workers::find(app, id).await?),
        None => None,
    };
    if of_account.as_ref().is_some_and(|worker| worker.phone != phone) {
        return Err(FieldErrors::one("phone", Refusal::PhoneNotOfAccount).into());
    }
    at_field("code", sms_code::check(app, &phone, code).await)?;
    let known = match of_account {
        Some(worker) => Some(worker),
        None => store::worker_by_phone(app, &app.phone_index(&phone)).await?,
    };
    let done = match known {
        Some(worker) => (link(app, worker, &pending.person, true).await?, false),
        None if pending.person.name.trim().is_empty() => {
            return Err(FieldErrors::one("phone", Refusal::PhoneUnknown).into());
        }
        None => (create(app, phone, &pending.person).await?, true),
    };
    app.cache.delete(&format!("app-pending:{token}")).await?;
    Ok(done)
}
