//! SQL of the mini-program's bindings.

use crate::app::App;
use crate::db::Tx;
use crate::kernel::Time;

pub async fn worker_id(app: &App, openid: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT worker_id FROM mini_bindings WHERE openid = $1")
        .bind(openid)
        .fetch_optional(app.db.read())
        .await
}

pub async fn openid_of(app: &App, worker_id: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT openid FROM mini_bindings WHERE worker_id = $1")
        .bind(worker_id)
        .fetch_optional(app.db.read())
        .await
}

/// Binds the two; what either was bound to before gives way.
pub async fn bind(
    tx: &mut Tx,
    worker_id: &str,
    openid: &str,
    unionid: Option<&str>,
    now: Time,
) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM mini_bindings WHERE openid = $1 OR worker_id = $2")
        .bind(openid)
        .bind(worker_id)
        .execute(&mut **tx)
        .await?;
    sqlx::query("INSERT INTO mini_bindings (openid, worker_id, unionid, bound_at) VALUES ($1, $2, $3, $4)")
        .bind(openid)
        .bind(worker_id)
        .bind(unionid)
        .bind(now.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Unbinds whatever is bound to a worker.
pub async fn release(tx: &mut Tx, worker_id: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM mini_bindings WHERE worker_id = $1")
        .bind(worker_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Forgets what the person behind a worker's mini-program answered about messages.
pub async fn forget_grants(tx: &mut Tx, worker_id: &str) -> sqlx::Result<()> {
    let sql = "DELETE FROM grants WHERE openid IN (SELECT openid FROM mini_bindings WHERE worker_id = $1)";
    sqlx::query(sql).bind(worker_id).execute(&mut **tx).await?;
    Ok(())
}

/// Gives a worker the binding of another, unless they have one themselves.
pub async fn hand_on(tx: &mut Tx, from: &str, into: &str) -> sqlx::Result<()> {
    let sql = "UPDATE mini_bindings SET worker_id = $1 WHERE worker_id = $2 \
               AND NOT EXISTS (SELECT 1 FROM mini_bindings WHERE worker_id = $1)";
    sqlx::query(sql).bind(into).bind(from).execute(&mut **tx).await?;
    release(tx, from).await
}
