//! SQL of claims while looking.

use crate::app::App;
use crate::db::{Tx, list};
use crate::kernel::Time;
use sqlx::AssertSqlSafe;

/// A claim that holds.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Held {
    pub officer_id: String,
    pub officer: String,
    pub since: i64,
    pub before_id: Option<String>,
}

pub async fn claim_of(app: &App, application_id: &str, now: Time) -> sqlx::Result<Option<Held>> {
    let sql = "SELECT c.officer_id, o.name AS officer, c.since, c.before_id FROM review_claims c \
               JOIN officers o ON o.id = c.officer_id WHERE c.application_id = $1 AND c.ends_at > $2";
    sqlx::query_as(sql)
        .bind(application_id)
        .bind(now.0)
        .fetch_optional(app.db.read())
        .await
}

/// Claims what nobody has, or renews one's own.
pub async fn claim(
    tx: &mut Tx,
    application_id: &str,
    officer_id: &str,
    now: Time,
    ends: Time,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO review_claims (application_id, officer_id, since, ends_at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (application_id) DO UPDATE SET officer_id = excluded.officer_id, ends_at = excluded.ends_at, \
               since = CASE WHEN review_claims.officer_id = excluded.officer_id THEN review_claims.since ELSE excluded.since END, \
               before_id = CASE WHEN review_claims.officer_id = excluded.officer_id THEN review_claims.before_id ELSE NULL END \
               WHERE review_claims.officer_id = excluded.officer_id OR review_claims.ends_at <= excluded.since";
    sqlx::query(sql)
        .bind(application_id)
        .bind(officer_id)
        .bind(now.0)
        .bind(ends.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Takes it over; gives from whom, if somebody else had it.
pub async fn take_claim(
    tx: &mut Tx,
    application_id: &str,
    officer_id: &str,
    now: Time,
    ends: Time,
) -> sqlx::Result<Option<String>> {
    let sql = "SELECT officer_id FROM review_claims WHERE application_id = $1 AND officer_id <> $2 AND ends_at > $3";
    let from: Option<String> = sqlx::query_scalar(sql)
        .bind(application_id)
        .bind(officer_id)
        .bind(now.0)
        .fetch_optional(&mut **tx)
        .await?;
    let sql = "INSERT INTO review_claims (application_id, officer_id, since, ends_at, before_id) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (application_id) DO UPDATE SET officer_id = excluded.officer_id, since = excluded.since, \
               ends_at = excluded.ends_at, before_id = excluded.before_id";
    sqlx::query(sql)
        .bind(application_id)
        .bind(officer_id)
        .bind(now.0)
        .bind(ends.0)
        .bind(&from)
        .execute(&mut **tx)
        .await?;
    Ok(from)
}

pub async fn release_claim(tx: &mut Tx, application_id: &str, officer_id: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM review_claims WHERE application_id = $1 AND officer_id = $2")
        .bind(application_id)
        .bind(officer_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Decided applications are nobody's to look at.
pub async fn end_claims(tx: &mut Tx, ids: &[&str]) -> sqlx::Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "DELETE FROM review_claims WHERE application_id IN ({})",
        list(1, ids.len())
    );
    // Safe: only marks are put in.
    let query = sqlx::query(AssertSqlSafe(sql));
    let query = ids.iter().fold(query, |query, id| query.bind((*id).to_owned()));
    query.execute(&mut **tx).await?;
    Ok(())
}
