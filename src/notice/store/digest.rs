//! SQL of what waits at the unions, and which digests were planned.

use crate::app::App;
use crate::db::Tx;
use crate::kernel::Time;

/// What waits at a union's step inside its review window.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OpenRow {
    pub union_id: String,
    pub name: String,
    pub kind: String,
    pub parent_id: Option<String>,
    pub waiting: i64,
    pub oldest: i64,
    pub until: i64,
}

pub async fn open_work(app: &App, now: Time) -> sqlx::Result<Vec<OpenRow>> {
    let sql = "SELECT u.id AS union_id, u.name, u.kind, u.parent_id, COUNT(*) AS waiting, MIN(a.since) AS oldest, \
               MIN(i.review_until) AS until \
               FROM applications a JOIN intakes i ON i.id = a.intake_id JOIN unions u ON u.id = a.holder_id \
               WHERE a.state = 'in_review' AND i.review_from <= $1 AND i.review_until >= $1 AND u.active = 1 \
               GROUP BY u.id, u.name, u.kind, u.parent_id ORDER BY u.id";
    sqlx::query_as(sql).bind(now.0).fetch_all(app.db.read()).await
}

/// Whether another application stood at the union before this one and still does.
pub async fn waits_before(app: &App, union_id: &str, since: Time, id: &str) -> sqlx::Result<bool> {
    let sql = "SELECT CASE WHEN EXISTS (SELECT 1 FROM applications WHERE holder_id = $1 AND state = 'in_review' \
               AND (since < $2 OR (since = $2 AND id < $3))) THEN 1 ELSE 0 END";
    let found: i64 = sqlx::query_scalar(sql)
        .bind(union_id)
        .bind(since.0)
        .bind(id)
        .fetch_one(app.db.read())
        .await?;
    Ok(found == 1)
}

/// The latest slot that was planned, as its text.
pub async fn last_slot(app: &App) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT slot FROM digest_slots ORDER BY slot DESC LIMIT 1")
        .fetch_optional(app.db.read())
        .await
}

/// Takes a slot; whether nobody had it. On PostgreSQL a second process waits here for the first one's commit.
pub async fn take_slot(tx: &mut Tx, slot: &str, now: Time) -> sqlx::Result<bool> {
    let sql = "INSERT INTO digest_slots (slot, planned_at) VALUES ($1, $2) ON CONFLICT (slot) DO NOTHING";
    let query = sqlx::query(sql).bind(slot).bind(now.0);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}
