//! SQL of values that two editors typed into one field, until the worker chooses.

use crate::db::Tx;
use crate::kernel::Time;
use sqlx::{Any, Executor};

/// Keeps what an editor typed; what the same editor typed before is replaced.
pub async fn keep_conflict(
    tx: &mut Tx,
    application_id: &str,
    field: &str,
    editor: &str,
    value_sealed: &str,
    now: Time,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO form_conflicts (application_id, field, editor, value_sealed, at) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (application_id, field, editor) DO UPDATE SET value_sealed = excluded.value_sealed, at = excluded.at";
    sqlx::query(sql)
        .bind(application_id)
        .bind(field)
        .bind(editor)
        .bind(value_sealed)
        .bind(now.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Forgets the values of a field: the worker has chosen.
pub async fn settle_conflict(tx: &mut Tx, application_id: &str, field: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM form_conflicts WHERE application_id = $1 AND field = $2")
        .bind(application_id)
        .bind(field)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Field, editor and sealed value of what waits for a choice, oldest first.
pub async fn conflicts(
    db: impl Executor<'_, Database = Any>,
    application_id: &str,
) -> sqlx::Result<Vec<(String, String, String, i64)>> {
    let sql = "SELECT field, editor, value_sealed, at FROM form_conflicts WHERE application_id = $1 ORDER BY at, editor";
    sqlx::query_as(sql).bind(application_id).fetch_all(db).await
}
