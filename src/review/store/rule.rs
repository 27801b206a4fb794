//! SQL of what the rule of deciding asks: own, relatives, who was faster, who is free. Always of several applications.

use crate::app::App;
use crate::db::list;
use sqlx::{Any, AssertSqlSafe, Executor};
use std::collections::{HashMap, HashSet};

/// Binds a list of ids after what is bound already.
macro_rules! bind_ids {
    ($query:expr, $ids:expr) => {
        $ids.iter().fold($query, |query, id| query.bind((*id).to_owned()))
    };
}

/// Which of these applications are the person's own who has this phone: by the worker's phone, by the ID number that their
/// worker account registered, or by the one in another application of theirs (R-5: the ID number is the person).
pub async fn own(app: &App, ids: &[&str], phone_index: &str) -> sqlx::Result<HashSet<String>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let list = list(2, ids.len());
    let sql = format!(
        "SELECT a.id FROM applications a JOIN workers w ON w.id = a.worker_id \
         WHERE a.id IN ({list}) AND w.phone_index = $1 \
         UNION SELECT c.application_id FROM claims c JOIN workers w ON w.id_index = c.id_index \
         WHERE c.application_id IN ({list}) AND w.phone_index = $1 \
         UNION SELECT c.application_id FROM claims c JOIN claims o ON o.id_index = c.id_index \
         JOIN applications a ON a.id = o.application_id JOIN workers w ON w.id = a.worker_id \
         WHERE c.application_id IN ({list}) AND w.phone_index = $1"
    );
    // Safe: only marks are put in.
    let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(phone_index.to_owned());
    Ok(bind_ids!(query, ids)
        .fetch_all(app.db.read())
        .await?
        .into_iter()
        .collect())
}

/// Of which of these applications an officer declared the applicant a relative.
pub async fn relatives(app: &App, ids: &[&str], officer_id: &str) -> sqlx::Result<HashSet<String>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let list = list(2, ids.len());
    let sql =
        format!("SELECT application_id FROM relatives WHERE officer_id = $1 AND application_id IN ({list})");
    // Safe: only marks are put in.
    let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(officer_id.to_owned());
    Ok(bind_ids!(query, ids)
        .fetch_all(app.db.read())
        .await?
        .into_iter()
        .collect())
}

/// Which of these applications a union has somebody to decide: an active reviewer, not the applicant (as [`own`] knows
/// them), not a declared relative.
pub async fn free_at(
    db: impl Executor<'_, Database = Any>,
    ids: &[&str],
    union_id: &str,
) -> sqlx::Result<HashSet<String>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let list = list(2, ids.len());
    let sql = format!(
        "SELECT a.id FROM applications a WHERE a.id IN ({list}) AND EXISTS (SELECT 1 FROM officers o \
         WHERE o.union_id = $1 AND o.active = 1 AND (',' || o.roles || ',') LIKE '%,reviewer,%' \
         AND NOT EXISTS (SELECT 1 FROM relatives r WHERE r.application_id = a.id AND r.officer_id = o.id) \
         AND NOT EXISTS (SELECT 1 FROM workers w WHERE w.id = a.worker_id AND w.phone_index = o.phone_index) \
         AND NOT EXISTS (SELECT 1 FROM claims c JOIN workers w ON w.id_index = c.id_index \
         WHERE c.application_id = a.id AND w.phone_index = o.phone_index) \
         AND NOT EXISTS (SELECT 1 FROM claims c JOIN claims x ON x.id_index = c.id_index \
         JOIN applications b ON b.id = x.application_id JOIN workers w ON w.id = b.worker_id \
         WHERE c.application_id = a.id AND w.phone_index = o.phone_index))"
    );
    // Safe: only marks are put in.
    let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(union_id.to_owned());
    Ok(bind_ids!(query, ids).fetch_all(db).await?.into_iter().collect())
}

/// "union officer" of the decision made on a version of an application.
pub async fn decided_on_version(
    db: impl Executor<'_, Database = Any>,
    application_id: &str,
    version: i64,
) -> sqlx::Result<Option<String>> {
    let sql = "SELECT u.name || ' ' || o.name FROM decisions d JOIN unions u ON u.id = d.union_id JOIN officers o ON o.id = d.officer_id \
               WHERE d.application_id = $1 AND d.application_version = $2";
    sqlx::query_scalar(sql)
        .bind(application_id)
        .bind(version)
        .fetch_optional(db)
        .await
}

/// "union officer" of the last decision made at a union on each of these applications that it decided.
pub async fn decided_at_union(
    app: &App,
    ids: &[&str],
    union_id: &str,
) -> sqlx::Result<HashMap<String, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let list = list(2, ids.len());
    let sql = format!(
        "SELECT d.application_id, u.name || ' ' || o.name FROM decisions d JOIN unions u ON u.id = d.union_id \
         JOIN officers o ON o.id = d.officer_id WHERE d.union_id = $1 AND d.application_id IN ({list}) \
         ORDER BY d.application_version"
    );
    // Safe: only marks are put in. The last one stays.
    let query = sqlx::query_as(AssertSqlSafe(sql)).bind(union_id.to_owned());
    let rows: Vec<(String, String)> = bind_ids!(query, ids).fetch_all(app.db.read()).await?;
    Ok(rows.into_iter().collect())
}
