//! Workers: found by phone or by WeChat, one person one worker whichever door.

use super::messages::{self, Message};
use super::{Profile, note, sms_code, store};
use crate::app::App;
use crate::db::Tx;
use crate::error::{Error, Result, is_deadlock, is_unique_violation};
use crate::kernel::{FieldErrors, Phone, Refusal, Time, text};

/// A worker.
#[derive(Debug, Clone)]
pub struct Worker {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Employer, as written at sign-up.
    pub employer: String,
    /// The phone proven by SMS code.
    pub phone: Phone,
    /// Keyed hash of the phone.
    pub phone_index: String,
    /// The bound WeChat.
    pub openid: Option<String>,
    /// 为我定制个性化的学习计划.
    pub study_plan: bool,
    /// What registration on the PC asked, or the APP told.
    pub profile: Profile,
    /// Keyed hash of the profile's ID number.
    pub id_index: Option<String>,
    /// Whether the APP's user is linked.
    pub app_linked: bool,
    /// since when name and ID number are known to be true.
    pub verified_at: Option<Time>,
    /// Whether a password is set.
    pub has_password: bool,
}

impl Worker {
    /// A new one, nothing known but phone, name and employer.
    pub(super) fn new(app: &App, phone: Phone, name: String, employer: String) -> Self {
        Worker {
            id: app.id(),
            name,
            employer,
            phone_index: app.phone_index(&phone),
            phone,
            openid: None,
            study_plan: false,
            profile: Profile::default(),
            id_index: None,
            app_linked: false,
            verified_at: None,
            has_password: false,
        }
    }
}

/// What is typed at sign-up.
pub struct SignUp<'a> {
    /// Phone.
    pub phone: &'a str,
    /// The code sent to it.
    pub code: &'a str,
    /// Name.
    pub name: &'a str,
    /// Employer.
    pub employer: &'a str,
    /// The optional box.
    pub study_plan: bool,
}

/// Signs a worker up and says whether they are new: who proves a phone that is registered already is its
/// worker, and nobody else learns that it is. The code is looked at last, so that a typing error elsewhere
/// does not use it up.
///
/// Errors: every wrong field at once.
pub async fn sign_up(app: &App, typed: &SignUp<'_>) -> Result<(Worker, bool)> {
    let mut errors = FieldErrors::default();
    let phone = errors.take("phone", Phone::parse(typed.phone, &app.config.virtual_segments));
    if typed.code.trim().is_empty() {
        errors.0.push(("code", Refusal::Empty));
    }
    let name = errors.take("name", text::line(typed.name, 2, 30));
    let employer = errors.take("employer", text::line(typed.employer, 2, 60));
    let (Some(phone), Some(name), Some(employer), true) = (phone, name, employer, errors.is_empty()) else {
        return Err(errors.into());
    };
    at_field("code", sms_code::check(app, &phone, typed.code).await)?;
    join_proven(app, &phone, name, employer, typed.study_plan).await
}

/// The worker of a phone that was proven just now, or a new one with these checked lines; whether they are new.
pub async fn join_proven(
    app: &App,
    phone: &Phone,
    name: String,
    employer: String,
    study_plan: bool,
) -> Result<(Worker, bool)> {
    if let Some(known) = by_phone(app, phone).await? {
        return Ok((known, false));
    }
    let mut worker = Worker::new(app, phone.clone(), name, employer);
    worker.study_plan = study_plan;
    let mut tx = app.db.write().await?;
    match store::insert_worker(&mut tx, app, &worker).await {
        Err(error) if is_unique_violation(&error) => {
            return Err(FieldErrors::one("phone", Refusal::PhoneTaken).into());
        }
        other => other?,
    }
    note(app, &mut tx, &worker.id, "worker.sign_up").await?;
    tx.commit().await?;
    Ok((worker, true))
}

/// Signs in by phone and code.
///
/// Errors: [`Refusal::PhoneUnknown`] at `phone` — told only to who has the code, so nobody learns by it who is
/// registered; the code's own errors at `code`.
pub async fn sign_in(app: &App, phone: &str, code: &str) -> Result<Worker> {
    let mut errors = FieldErrors::default();
    let parsed = errors.take("phone", Phone::parse(phone, &app.config.virtual_segments));
    if code.trim().is_empty() {
        errors.0.push(("code", Refusal::Empty));
    }
    let (Some(phone), true) = (parsed, errors.is_empty()) else {
        return Err(errors.into());
    };
    at_field("code", sms_code::check(app, &phone, code).await)?;
    match store::worker_by_phone(app, &app.phone_index(&phone)).await? {
        Some(worker) => Ok(worker),
        None => Err(FieldErrors::one("phone", Refusal::PhoneUnknown).into()),
    }
}

/// A refusal told beside the field that it is about.
pub fn at_field<T>(field: &'static str, result: Result<T>) -> Result<T> {
    result.map_err(|error| match error {
        Error::Refused(refusal) => FieldErrors::one(field, refusal).into(),
        other => other,
    })
}

/// A worker by id; [`Error::NotFound`] for one who left.
pub async fn find(app: &App, id: &str) -> Result<Worker> {
    store::worker(app, id).await?.ok_or(Error::NotFound)
}

/// The worker who has a phone.
pub async fn by_phone(app: &App, phone: &Phone) -> Result<Option<Worker>> {
    store::worker_by_phone(app, &app.phone_index(phone)).await
}

/// Whether a worker's account was closed: nobody is there to be told anything.
pub async fn is_closed(app: &App, id: &str) -> Result<bool> {
    Ok(store::is_closed(app, id).await?)
}

/// Holds an account open for the rest of the caller's transaction: what is begun under it cannot cross its closing. To be
/// taken before any other row's lock.
///
/// Errors: [`Refusal::ChangedMeanwhile`] when it was closed or joined.
pub async fn hold_open(tx: &mut Tx, id: &str) -> Result<()> {
    match store::lock_open(tx, id).await? {
        true => Ok(()),
        false => Err(Refusal::ChangedMeanwhile.into()),
    }
}

/// The worker bound to a WeChat user.
pub async fn by_openid(app: &App, openid: &str) -> Result<Option<Worker>> {
    store::worker_by_openid(app, openid).await
}

/// How often a binding is tried when the same WeChat is bound elsewhere at the same moment.
const BIND_TRIES: u32 = 5;

/// Binds a WeChat user to the worker who has just proven the phone; an earlier binding of either gives way. The
/// account that the WeChat was bound to is told by SMS; gives whether there was one.
pub async fn bind(app: &App, worker_id: &str, openid: &str, unionid: Option<&str>) -> Result<bool> {
    for _ in 0..BIND_TRIES {
        let former = by_openid(app, openid)
            .await?
            .filter(|former| former.id != worker_id);
        match bind_once(app, worker_id, openid, unionid, former.as_ref()).await {
            // PostgreSQL: bound elsewhere between two statements. Seen again, that binding gives way.
            Err(Bind::Sql(error)) if is_unique_violation(&error) || is_deadlock(&error) => {}
            Err(Bind::Sql(error)) => return Err(error.into()),
            Err(Bind::Other(error)) => return Err(error),
            Ok(()) => return Ok(former.is_some()),
        }
    }
    Err(Refusal::ChangedMeanwhile.into())
}

/// Why a binding did not come about: the database's word decides whether it is tried again.
enum Bind {
    Sql(sqlx::Error),
    Other(Error),
}

impl From<sqlx::Error> for Bind {
    fn from(error: sqlx::Error) -> Self {
        Bind::Sql(error)
    }
}

async fn bind_once(
    app: &App,
    worker_id: &str,
    openid: &str,
    unionid: Option<&str>,
    former: Option<&Worker>,
) -> Result<(), Bind> {
    let mut tx = app.db.write().await?;
    store::unbind_openid(&mut tx, openid).await?;
    store::bind_worker(&mut tx, worker_id, openid, unionid, app.now()).await?;
    note(app, &mut tx, worker_id, "worker.bind_wechat").await?;
    if let Some(former) = former {
        note(app, &mut tx, &former.id, "worker.lose_wechat").await?;
        let told = messages::enqueue(app, &mut tx, &former.phone, Message::WechatMoved).await;
        told.map_err(Bind::Other)?;
    }
    Ok(tx.commit().await?)
}

/// Unbinds the worker's WeChat on their own wish; messages go by SMS from then on.
pub async fn unbind(app: &App, worker: &Worker) -> Result<()> {
    match &worker.openid {
        Some(openid) => forget_openid(app, openid).await,
        None => Ok(()),
    }
}

/// Unbinds a WeChat user who took back the permission to use their data, or closed their account. The worker keeps
/// the account and signs in by phone.
pub async fn forget_openid(app: &App, openid: &str) -> Result<()> {
    let Some(worker) = by_openid(app, openid).await? else {
        return Ok(());
    };
    let mut tx = app.db.write().await?;
    store::unbind_openid(&mut tx, openid).await?;
    note(app, &mut tx, &worker.id, "worker.forget_wechat").await?;
    tx.commit().await?;
    Ok(())
}

/// Remembers the union a worker chose, for the next application.
pub async fn remember_union(app: &App, worker_id: &str, union_id: &str) -> Result<()> {
    let mut tx = app.db.write().await?;
    store::set_union(&mut tx, worker_id, union_id, app.now()).await?;
    tx.commit().await?;
    Ok(())
}
