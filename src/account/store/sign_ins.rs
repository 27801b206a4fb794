//! SQL of sign-ins.

use crate::account::sign_ins::{SignIn, Way};
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Time;

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    way: String,
    device: String,
    at: i64,
    seen_at: i64,
}

pub async fn insert_sign_in(tx: &mut Tx, worker_id: &str, new: &SignIn) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO sign_ins (id, worker_id, way, device, at, seen_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&new.id)
    .bind(worker_id)
    .bind(new.way.as_str())
    .bind(&new.device)
    .bind(new.at.0)
    .bind(new.seen_at.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// When a sign-in of this worker was last seen; `None` when it was ended.
pub async fn seen_at(app: &App, id: &str, worker_id: &str) -> sqlx::Result<Option<Time>> {
    let sql = "SELECT seen_at FROM sign_ins WHERE id = $1 AND worker_id = $2";
    let at: Option<i64> = sqlx::query_scalar(sql)
        .bind(id)
        .bind(worker_id)
        .fetch_optional(app.db.read())
        .await?;
    Ok(at.map(Time))
}

pub async fn touch_sign_in(tx: &mut Tx, id: &str, now: Time) -> sqlx::Result<()> {
    sqlx::query("UPDATE sign_ins SET seen_at = $1 WHERE id = $2")
        .bind(now.0)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn delete_sign_in(tx: &mut Tx, id: &str, worker_id: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM sign_ins WHERE id = $1 AND worker_id = $2")
        .bind(id)
        .bind(worker_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// All of a worker's but one (`keep`); all of them for an empty `keep`. Gives how many.
pub async fn delete_sign_ins(tx: &mut Tx, worker_id: &str, keep: &str) -> sqlx::Result<u64> {
    let done = sqlx::query("DELETE FROM sign_ins WHERE worker_id = $1 AND id <> $2")
        .bind(worker_id)
        .bind(keep)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

/// Those whose session has run out by itself.
pub async fn delete_old_sign_ins(tx: &mut Tx, worker_id: &str, before: Time) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM sign_ins WHERE worker_id = $1 AND seen_at < $2")
        .bind(worker_id)
        .bind(before.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn sign_ins_of(app: &App, worker_id: &str, since: Time) -> Result<Vec<SignIn>> {
    let sql = "SELECT id, way, device, at, seen_at FROM sign_ins WHERE worker_id = $1 AND seen_at >= $2 \
               ORDER BY seen_at DESC, id DESC";
    let rows: Vec<Row> = sqlx::query_as(sql)
        .bind(worker_id)
        .bind(since.0)
        .fetch_all(app.db.read())
        .await?;
    let sign_in = |row: Row| {
        let way = Way::parse(&row.way).ok_or_else(|| anyhow::anyhow!("a sign-in by an unknown way"))?;
        Ok(SignIn {
            id: row.id,
            way,
            device: row.device,
            at: Time(row.at),
            seen_at: Time(row.seen_at),
        })
    };
    rows.into_iter().map(sign_in).collect()
}
