//! SQL of workers and followers; sign-ins and messages beside it.

pub mod grants;
mod identity;
mod messages;
pub mod mini;
mod sign_ins;
pub mod watched;

pub use identity::*;
pub use messages::*;
pub use sign_ins::*;

use super::{Profile, Worker};
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::{Phone, Time};

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    employer: String,
    phone_sealed: String,
    phone_index: String,
    openid: Option<String>,
    study_plan: i64,
    profile_sealed: Option<String>,
    id_index: Option<String>,
    app_index: Option<String>,
    verified_at: Option<i64>,
    has_password: i64,
}

/// The one list of a worker's columns, of those whose account is open; SQL text must be one literal, hence a macro.
macro_rules! select_worker {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, employer, phone_sealed, phone_index, openid, study_plan, profile_sealed, id_index, app_index, ",
            "verified_at, CASE WHEN password_hash IS NULL THEN 0 ELSE 1 END AS has_password ",
            "FROM workers WHERE closed_at IS NULL AND ",
            $rest
        )
    };
}

fn worker_of(app: &App, row: Row) -> Result<Worker> {
    let phone = Phone::stored(app.sealer.open_text("workers.phone", &row.phone_sealed)?);
    let profile = match &row.profile_sealed {
        Some(sealed) => Profile::open(app, sealed)?,
        None => Profile::default(),
    };
    Ok(Worker {
        id: row.id,
        name: row.name,
        employer: row.employer,
        phone,
        phone_index: row.phone_index,
        openid: row.openid,
        study_plan: row.study_plan == 1,
        profile,
        id_index: row.id_index,
        app_linked: row.app_index.is_some(),
        verified_at: row.verified_at.map(Time),
        has_password: row.has_password == 1,
    })
}

/// A worker with phone, name, employer and profile; what else they have is set by its own statement.
pub async fn insert_worker(tx: &mut Tx, app: &App, worker: &Worker) -> Result<(), sqlx::Error> {
    let profile = worker.profile.sealed(app);
    sqlx::query(
        "INSERT INTO workers (id, name, employer, phone_sealed, phone_index, study_plan, profile_sealed, id_index, \
         created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
    )
    .bind(&worker.id)
    .bind(&worker.name)
    .bind(&worker.employer)
    .bind(app.seal("workers.phone", worker.phone.digits()))
    .bind(&worker.phone_index)
    .bind(i64::from(worker.study_plan))
    .bind(profile)
    .bind(&worker.id_index)
    .bind(app.now().0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn worker(app: &App, id: &str) -> Result<Option<Worker>> {
    one(app, select_worker!("id = $1"), id).await
}

pub async fn worker_by_phone(app: &App, index: &str) -> Result<Option<Worker>> {
    one(app, select_worker!("phone_index = $1"), index).await
}

pub async fn worker_by_openid(app: &App, openid: &str) -> Result<Option<Worker>> {
    one(app, select_worker!("openid = $1"), openid).await
}

pub async fn worker_by_app(app: &App, index: &str) -> Result<Option<Worker>> {
    one(app, select_worker!("app_index = $1"), index).await
}

/// The first who is known to be the person of this ID number.
pub async fn verified_by_id(app: &App, index: &str) -> Result<Option<Worker>> {
    let sql = select_worker!("id_index = $1 AND verified_at IS NOT NULL ORDER BY verified_at LIMIT 1");
    one(app, sql, index).await
}

async fn one(app: &App, sql: &'static str, key: &str) -> Result<Option<Worker>> {
    let row: Option<Row> = sqlx::query_as(sql)
        .bind(key)
        .fetch_optional(app.db.read())
        .await?;
    row.map(|row| worker_of(app, row)).transpose()
}

/// Whether a worker left, or was joined into another.
pub async fn is_closed(app: &App, id: &str) -> sqlx::Result<bool> {
    let sql = "SELECT COUNT(*) FROM workers WHERE id = $1 AND closed_at IS NOT NULL";
    let closed: i64 = sqlx::query_scalar(sql).bind(id).fetch_one(app.db.read()).await?;
    Ok(closed > 0)
}

pub async fn lock_open(tx: &mut Tx, id: &str) -> sqlx::Result<bool> {
    let sql = "UPDATE workers SET updated_at = updated_at WHERE id = $1 AND closed_at IS NULL";
    Ok(sqlx::query(sql)
        .bind(id)
        .execute(&mut **tx)
        .await?
        .rows_affected()
        == 1)
}

/// The password's hash of the open account with this phone: its worker's id, and the hash when one is set.
pub async fn password_by_phone(app: &App, index: &str) -> sqlx::Result<Option<(String, Option<String>)>> {
    let sql = "SELECT id, password_hash FROM workers WHERE phone_index = $1 AND closed_at IS NULL";
    sqlx::query_as(sql)
        .bind(index)
        .fetch_optional(app.db.read())
        .await
}

pub async fn set_password(tx: &mut Tx, id: &str, hash: &str, now: Time) -> sqlx::Result<()> {
    let sql = "UPDATE workers SET password_hash = $1, updated_at = $2 WHERE id = $3 AND closed_at IS NULL";
    sqlx::query(sql)
        .bind(hash)
        .bind(now.0)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Changes the phone of an account whose phone is still the one that was seen; whether it was.
pub async fn set_phone(tx: &mut Tx, app: &App, seen: &Worker, phone: &Phone) -> sqlx::Result<bool> {
    let sql = "UPDATE workers SET phone_sealed = $1, phone_index = $2, updated_at = $3 \
               WHERE id = $4 AND phone_index = $5 AND closed_at IS NULL";
    let done = sqlx::query(sql)
        .bind(app.seal("workers.phone", phone.digits()))
        .bind(app.phone_index(phone))
        .bind(app.now().0)
        .bind(&seen.id)
        .bind(&seen.phone_index)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Links the APP's subject.
pub async fn set_app(tx: &mut Tx, id: &str, app_index: &str, now: Time) -> sqlx::Result<()> {
    let sql = "UPDATE workers SET app_index = $1, updated_at = $2 WHERE id = $3 AND closed_at IS NULL";
    sqlx::query(sql)
        .bind(app_index)
        .bind(now.0)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Name, profile and, with `verified_at`, that both are true, over what was `seen`; whether that stood: the account is
/// open, and was not verified meanwhile.
pub async fn set_person(tx: &mut Tx, app: &App, seen: &Worker, worker: &Worker) -> sqlx::Result<bool> {
    let sql = "UPDATE workers SET name = $1, profile_sealed = $2, id_index = $3, verified_at = $4, updated_at = $5 \
               WHERE id = $6 AND closed_at IS NULL AND COALESCE(verified_at, 0) = $7 AND COALESCE(id_index, '') = $8";
    let query = sqlx::query(sql)
        .bind(&worker.name)
        .bind(worker.profile.sealed(app))
        .bind(&worker.id_index)
        .bind(worker.verified_at.map(|at| at.0))
        .bind(app.now().0)
        .bind(&worker.id)
        .bind(seen.verified_at.map_or(0, |at| at.0))
        .bind(seen.id_index.as_deref().unwrap_or_default());
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Closes an account and erases what it holds of the person; the row stays for what refers to it. Whether it was open.
pub async fn close(tx: &mut Tx, id: &str, joined_into: Option<&str>, now: Time) -> sqlx::Result<bool> {
    let sql = "UPDATE workers SET closed_at = $1, joined_into = $2, updated_at = $1, name = '', employer = '', \
               phone_sealed = '', phone_index = 'closed:' || id, union_id = NULL, openid = NULL, unionid = NULL, \
               study_plan = 0, password_hash = NULL, profile_sealed = NULL, id_index = NULL, app_index = NULL, \
               verified_at = NULL WHERE id = $3 AND closed_at IS NULL";
    let done = sqlx::query(sql)
        .bind(now.0)
        .bind(joined_into)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// WeChat's, the APP's and the union's links of an account, to hand them on to the one it is joined into.
#[derive(sqlx::FromRow)]
pub struct Links {
    pub openid: Option<String>,
    pub unionid: Option<String>,
    pub app_index: Option<String>,
    pub union_id: Option<String>,
    pub password_hash: Option<String>,
}

pub async fn links(tx: &mut Tx, id: &str) -> sqlx::Result<Links> {
    sqlx::query_as("SELECT openid, unionid, app_index, union_id, password_hash FROM workers WHERE id = $1")
        .bind(id)
        .fetch_one(&mut **tx)
        .await
}

/// Gives an account the links that it does not have itself.
pub async fn take_links(tx: &mut Tx, id: &str, links: &Links) -> sqlx::Result<()> {
    let sql = "UPDATE workers SET unionid = CASE WHEN openid IS NULL THEN $2 ELSE unionid END, \
               openid = COALESCE(openid, $1), app_index = COALESCE(app_index, $3), \
               union_id = COALESCE(union_id, $4), password_hash = COALESCE(password_hash, $5) WHERE id = $6";
    sqlx::query(sql)
        .bind(&links.openid)
        .bind(&links.unionid)
        .bind(&links.app_index)
        .bind(&links.union_id)
        .bind(&links.password_hash)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn unbind_openid(tx: &mut Tx, openid: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE workers SET openid = NULL, unionid = NULL WHERE openid = $1")
        .bind(openid)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn bind_worker(
    tx: &mut Tx,
    id: &str,
    openid: &str,
    unionid: Option<&str>,
    now: Time,
) -> sqlx::Result<()> {
    let sql =
        "UPDATE workers SET openid = $1, unionid = $2, updated_at = $3 WHERE id = $4 AND closed_at IS NULL";
    sqlx::query(sql)
        .bind(openid)
        .bind(unionid)
        .bind(now.0)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn set_union(tx: &mut Tx, id: &str, union_id: &str, now: Time) -> sqlx::Result<()> {
    let sql = "UPDATE workers SET union_id = $1, updated_at = $2 WHERE id = $3";
    sqlx::query(sql)
        .bind(union_id)
        .bind(now.0)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn set_following(
    tx: &mut Tx,
    openid: &str,
    following: bool,
    scene: Option<&str>,
    at: Time,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO followers (openid, following, scene, changed_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (openid) DO UPDATE SET following = excluded.following, changed_at = excluded.changed_at, \
         scene = COALESCE(excluded.scene, followers.scene) WHERE followers.changed_at <= excluded.changed_at",
    )
    .bind(openid)
    .bind(i64::from(following))
    .bind(scene)
    .bind(at.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn delete_follower(tx: &mut Tx, openid: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM followers WHERE openid = $1")
        .bind(openid)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn is_following(app: &App, openid: &str) -> sqlx::Result<Option<bool>> {
    let sql = "SELECT following FROM followers WHERE openid = $1";
    let following: Option<i64> = sqlx::query_scalar(sql)
        .bind(openid)
        .fetch_optional(app.db.read())
        .await?;
    Ok(following.map(|f| f == 1))
}
