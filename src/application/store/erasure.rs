//! SQL of joining, leaving and erasing.

use super::Row;
use crate::app::App;
use crate::application::Application;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Time;

/// How many applications each of two workers has.
pub async fn counts_of_both(tx: &mut Tx, one: &str, other: &str) -> sqlx::Result<(i64, i64)> {
    Ok((count_of(tx, one).await?, count_of(tx, other).await?))
}

pub async fn count_of(tx: &mut Tx, worker_id: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM applications WHERE worker_id = $1")
        .bind(worker_id)
        .fetch_one(&mut **tx)
        .await
}

/// Gives all applications of one worker to another.
pub async fn hand_over(tx: &mut Tx, from: &str, into: &str, now: Time) -> sqlx::Result<()> {
    let sql =
        "UPDATE applications SET worker_id = $1, version = version + 1, updated_at = $2 WHERE worker_id = $3";
    sqlx::query(sql)
        .bind(into)
        .bind(now.0)
        .bind(from)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Blanks what names the person. A draft becomes a withdrawn one: it can be opened by nobody any more.
pub async fn erase(tx: &mut Tx, id: &str, blank: &str, now: Time) -> sqlx::Result<()> {
    let sql = "UPDATE applications SET applicant = '', level = '', institution = '', form_sealed = $1, \
               state = CASE WHEN state = 'draft' THEN 'withdrawn' ELSE state END, \
               erased_at = $2, erase_after = NULL, updated_at = $2, version = version + 1 WHERE id = $3";
    sqlx::query(sql)
        .bind(blank)
        .bind(now.0)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What was typed on two devices and not chosen between.
pub async fn forget_conflicts(tx: &mut Tx, application_id: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM form_conflicts WHERE application_id = $1")
        .bind(application_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Keeps the form's needed part until `until`.
pub async fn limit(tx: &mut Tx, id: &str, form_sealed: &str, until: Time, now: Time) -> sqlx::Result<()> {
    let sql = "UPDATE applications SET form_sealed = $1, erase_after = $2, updated_at = $3, version = version + 1 \
               WHERE id = $4";
    sqlx::query(sql)
        .bind(form_sealed)
        .bind(until.0)
        .bind(now.0)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The documents whose bytes are still kept.
pub async fn documents_with_bytes(tx: &mut Tx, application_id: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT id FROM documents WHERE application_id = $1 AND bytes > 0 ORDER BY id")
        .bind(application_id)
        .fetch_all(&mut **tx)
        .await
}

/// Those that another one replaced.
pub async fn replaced_documents(tx: &mut Tx, application_id: &str) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT id FROM documents WHERE application_id = $1 AND current = 0 AND bytes > 0 ORDER BY id";
    sqlx::query_scalar(sql)
        .bind(application_id)
        .fetch_all(&mut **tx)
        .await
}

/// A paper without its bytes is nobody's: kind and time stay, its fingerprint goes.
pub async fn forget_documents(tx: &mut Tx, application_id: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE documents SET sha256 = '', upload_sha256 = '', bytes = 0, current = 0 WHERE application_id = $1")
        .bind(application_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn forget_document(tx: &mut Tx, id: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE documents SET sha256 = '', upload_sha256 = '', bytes = 0 WHERE id = $1")
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What has reached its term, and drafts untouched since `drafts_before`.
pub async fn due_for_erasure(
    app: &App,
    now: Time,
    drafts_before: Time,
    limit: i64,
) -> Result<Vec<Application>> {
    let sql = super::select_application!(
        "WHERE erased_at IS NULL AND (erase_after < $1 OR (state = 'draft' AND updated_at < $2)) ORDER BY id LIMIT $3"
    );
    let rows: Vec<Row> = sqlx::query_as(sql)
        .bind(now.0)
        .bind(drafts_before.0)
        .bind(limit)
        .fetch_all(app.db.read())
        .await?;
    rows.into_iter().map(Row::into_application).collect()
}
