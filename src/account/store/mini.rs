//! SQL of the mini-program's bindings and grants.

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

/// Adds what a person answered for one template.
pub async fn answered(
    tx: &mut Tx,
    openid: &str,
    template_id: &str,
    accepted: bool,
    now: Time,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO mini_grants (openid, template_id, granted, refused, changed_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (openid, template_id) DO UPDATE SET granted = mini_grants.granted + excluded.granted, \
         refused = excluded.refused, changed_at = excluded.changed_at",
    )
    .bind(openid)
    .bind(template_id)
    .bind(i64::from(accepted))
    .bind(i64::from(!accepted))
    .bind(now.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How many messages by this template may still be sent.
pub async fn granted(app: &App, openid: &str, template_id: &str) -> sqlx::Result<i64> {
    let sql = "SELECT granted FROM mini_grants WHERE openid = $1 AND template_id = $2";
    let granted: Option<i64> = sqlx::query_scalar(sql)
        .bind(openid)
        .bind(template_id)
        .fetch_optional(app.db.read())
        .await?;
    Ok(granted.unwrap_or(0))
}
