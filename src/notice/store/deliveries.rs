//! SQL of what became of messages, as officers see it.

use crate::app::App;
use crate::db::Tx;
use crate::kernel::Time;

/// A message with its recipient in words.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct DeliveryRow {
    pub id: String,
    pub event: String,
    pub recipient_kind: String,
    pub officer: String,
    pub union_name: String,
    pub application_id: Option<String>,
    pub number: String,
    pub applicant: String,
    pub channel: String,
    pub state: String,
    pub error: String,
    pub updated_at: i64,
    pub resent_as: Option<String>,
}

/// The messages of an application, oldest first.
pub async fn deliveries_of(app: &App, application_id: &str) -> sqlx::Result<Vec<DeliveryRow>> {
    let sql = "SELECT n.id, n.event, n.recipient_kind, COALESCE(o.name, '') AS officer, COALESCE(u.name, '') AS union_name, \
               n.application_id, '' AS number, '' AS applicant, n.channel, n.state, n.error, n.updated_at, n.resent_as \
               FROM notices n LEFT JOIN officers o ON n.recipient_kind = 'officer' AND o.id = n.recipient_id \
               LEFT JOIN unions u ON u.id = o.union_id WHERE n.application_id = $1 ORDER BY n.id";
    sqlx::query_as(sql)
        .bind(application_id)
        .fetch_all(app.db.read())
        .await
}

/// Messages that did not arrive, of people in the unions whose paths begin with `scope`, newest first; those that belong to no
/// union too when `all`. With an id that one alone, though it may have been sent again or arrived.
///
/// A message belongs to the union of the worker's application, of the officer, or of who decides a registration. A draft is
/// nobody's to see yet.
pub async fn lost(
    app: &App,
    (scope, all): (&str, bool),
    id: &str,
    limit: i64,
) -> sqlx::Result<Vec<DeliveryRow>> {
    let sql = "SELECT n.id, n.event, n.recipient_kind, COALESCE(o.name, r.officer_name, '') AS officer, \
               COALESCE(u.name, '') AS union_name, CASE WHEN a.submitted_at IS NULL THEN NULL ELSE n.application_id END AS application_id, \
               CASE WHEN a.submitted_at IS NULL THEN '' ELSE COALESCE(a.number, '') END AS number, \
               CASE WHEN a.submitted_at IS NULL THEN '' ELSE COALESCE(a.applicant, '') END AS applicant, \
               n.channel, n.state, n.error, n.updated_at, n.resent_as \
               FROM notices n LEFT JOIN applications a ON n.recipient_kind = 'worker' AND a.id = n.application_id \
               LEFT JOIN officers o ON n.recipient_kind = 'officer' AND o.id = n.recipient_id \
               LEFT JOIN registrations r ON n.recipient_kind = 'registration' AND r.id = n.recipient_id \
               LEFT JOIN unions u ON u.id = COALESCE(a.union_id, o.union_id, r.parent_id) \
               WHERE ((u.path >= $1 AND u.path < $2) OR ($3 = 1 AND u.id IS NULL)) \
               AND (n.id = $4 OR ($4 = '' AND n.state IN ('failed', 'refused', 'unknown') AND n.resent_as IS NULL)) \
               ORDER BY n.id DESC LIMIT $5";
    sqlx::query_as(sql)
        .bind(scope)
        .bind(format!("{}0", scope.trim_end_matches('/')))
        .bind(i64::from(all))
        .bind(id)
        .bind(limit)
        .fetch_all(app.db.read())
        .await
}

/// Notes that a lost message is sent again as `new`; whether it was lost and not sent again before.
pub async fn mark_resent(tx: &mut Tx, id: &str, new: &str) -> sqlx::Result<bool> {
    let sql = "UPDATE notices SET resent_as = $1 WHERE id = $2 AND resent_as IS NULL AND state IN ('failed', 'refused', 'unknown')";
    let query = sqlx::query(sql).bind(new).bind(id);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// The same message once more, to be sent; its `dedup` is the old one's with `:again`.
pub async fn insert_again(tx: &mut Tx, id: &str, new: &str, now: Time) -> sqlx::Result<()> {
    let sql = "INSERT INTO notices (id, event, recipient_kind, recipient_id, application_id, dedup, content, channel, state, error, \
               created_at, updated_at) SELECT $1, event, recipient_kind, recipient_id, application_id, dedup || ':again', content, \
               '', 'queued', '', $2, $2 FROM notices WHERE id = $3";
    sqlx::query(sql)
        .bind(new)
        .bind(now.0)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
