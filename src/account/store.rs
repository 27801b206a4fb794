//! SQL of workers and followers.

pub mod mini;

use super::Worker;
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
}

fn worker_of(app: &App, row: Row) -> Result<Worker> {
    let phone = Phone::stored(app.sealer.open_text("workers.phone", &row.phone_sealed)?);
    Ok(Worker {
        id: row.id,
        name: row.name,
        employer: row.employer,
        phone,
        phone_index: row.phone_index,
        openid: row.openid,
        study_plan: row.study_plan == 1,
    })
}

pub async fn insert_worker(tx: &mut Tx, worker: &Worker, phone_sealed: &str, now: Time) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO workers (id, name, employer, phone_sealed, phone_index, study_plan, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
    )
    .bind(&worker.id)
    .bind(&worker.name)
    .bind(&worker.employer)
    .bind(phone_sealed)
    .bind(&worker.phone_index)
    .bind(i64::from(worker.study_plan))
    .bind(now.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn worker(app: &App, id: &str) -> Result<Option<Worker>> {
    let sql =
        "SELECT id, name, employer, phone_sealed, phone_index, openid, study_plan FROM workers WHERE id = $1";
    one(app, sql, id).await
}

pub async fn worker_by_phone(app: &App, index: &str) -> Result<Option<Worker>> {
    let sql = "SELECT id, name, employer, phone_sealed, phone_index, openid, study_plan FROM workers WHERE phone_index = $1";
    one(app, sql, index).await
}

pub async fn worker_by_openid(app: &App, openid: &str) -> Result<Option<Worker>> {
    let sql = "SELECT id, name, employer, phone_sealed, phone_index, openid, study_plan FROM workers WHERE openid = $1";
    one(app, sql, openid).await
}

async fn one(app: &App, sql: &'static str, key: &str) -> Result<Option<Worker>> {
    let row: Option<Row> = sqlx::query_as(sql)
        .bind(key)
        .fetch_optional(app.db.read())
        .await?;
    row.map(|row| worker_of(app, row)).transpose()
}

pub async fn unbind_openid(tx: &mut Tx, openid: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE workers SET openid = NULL WHERE openid = $1")
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
    let sql = "UPDATE workers SET openid = $1, unionid = $2, updated_at = $3 WHERE id = $4";
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
    now: Time,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO followers (openid, following, scene, changed_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (openid) DO UPDATE SET following = excluded.following, changed_at = excluded.changed_at, \
         scene = COALESCE(excluded.scene, followers.scene)",
    )
    .bind(openid)
    .bind(i64::from(following))
    .bind(scene)
    .bind(now.0)
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
