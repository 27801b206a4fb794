//! Where an officer is signed in: each sign-in is a row that the officer sees and can end, and that ends with what makes
//! the officer another one: new roles, a new password, leaving.

use super::{Officer, officers, store};
use crate::app::App;
use crate::audit::{self, Line};
use crate::db::Tx;
use crate::error::{Door, Error, Result};
use crate::kernel::Time;
use crate::kernel::time::{DAY, MINUTE};
use serde_json::json;

/// Sessions unused for so long are not listed: the browser's own (web::session) has ended then.
const IDLE: i64 = 7 * DAY;
/// Use is noted no oftener than this.
const SEEN_EVERY: i64 = 10 * MINUTE;

/// A session that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Id.
    pub id: String,
    /// System and browser in words.
    pub device: String,
    /// When they signed in.
    pub created_at: Time,
    /// When it was last used, to within ten minutes.
    pub seen_at: Time,
}

/// Begins a session after a sign-in that the caller has checked; gives its id.
///
/// Errors: [`Error::SignIn`] when all sessions were ended since the officer was looked up: a password that was taken back
/// while it was being checked lets nobody in.
pub async fn begin(app: &App, officer: &Officer, device: &str) -> Result<String> {
    let (id, now) = (app.id(), app.now());
    let mut tx = app.db.write().await?;
    if !store::hold_signed_out(&mut tx, &officer.id, officer.signed_out).await? {
        return Err(Error::SignIn(Door::Officer));
    }
    store::insert_session(&mut tx, &id, &officer.id, device, now).await?;
    note(app, &mut tx, officer, "officer.sign_in", json!({})).await?;
    tx.commit().await?;
    Ok(id)
}

async fn note(app: &App, tx: &mut Tx, officer: &Officer, act: &str, detail: serde_json::Value) -> Result<()> {
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act,
        subject: ("officer", &officer.id),
        detail,
    };
    Ok(audit::record(tx, &app.entropy, app.now(), line).await?)
}

/// The active officer of a session; [`Error::NotFound`] once it has ended or the officer left.
pub async fn officer(app: &App, session: &str) -> Result<Officer> {
    let now = app.now();
    let (officer_id, seen_at) = store::session(app, session).await?.ok_or(Error::NotFound)?;
    let officer = officers::find(app, &officer_id).await?;
    if seen_at.plus(SEEN_EVERY) <= now {
        let mut tx = app.db.write().await?;
        store::touch_session(&mut tx, session, now).await?;
        tx.commit().await?;
    }
    Ok(officer)
}

/// The officer's sessions, last used first.
pub async fn list(app: &App, officer: &Officer) -> Result<Vec<Session>> {
    Ok(store::sessions_of(app, &officer.id, app.now().plus(-IDLE)).await?)
}

/// Ends one of the officer's own sessions; [`Error::NotFound`] for anybody else's.
pub async fn end(app: &App, officer: &Officer, session: &str) -> Result<()> {
    let mut tx = app.db.write().await?;
    if !store::end_session(&mut tx, &officer.id, session, app.now()).await? {
        return Err(Error::NotFound);
    }
    note(app, &mut tx, officer, "officer.end_session", json!({})).await?;
    tx.commit().await?;
    Ok(())
}

/// Signs out everywhere but here.
pub async fn sign_out_others(app: &App, officer: &Officer, session: &str) -> Result<()> {
    let mut tx = app.db.write().await?;
    end_others(app, &mut tx, &officer.id, session).await?;
    note(app, &mut tx, officer, "officer.end_other_sessions", json!({})).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends all of an officer's sessions but one, within the caller's transaction.
pub(super) async fn end_others(app: &App, tx: &mut Tx, officer_id: &str, session: &str) -> Result<()> {
    Ok(store::end_sessions(tx, officer_id, session, app.now()).await?)
}

/// Ends all of an officer's sessions within the caller's transaction.
pub(super) async fn end_all(app: &App, tx: &mut Tx, officer_id: &str) -> Result<()> {
    Ok(store::end_sessions(tx, officer_id, "", app.now()).await?)
}
