//! SQL of the review: decisions here, the rest beside.

mod bulk;
mod claims;
mod inbox;
mod late;
mod phrases;
mod rows;

pub use bulk::*;
pub use claims::*;
pub use inbox::*;
pub use late::*;
pub use phrases::*;
pub use rows::*;

use super::desk::DecisionLine;
use super::{ReasonCode, Relation, Verdict};
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Time;

/// A decision as it is kept for ever.
pub struct Fact<'a> {
    pub id: String,
    pub application_id: &'a str,
    pub application_version: i64,
    pub step: i64,
    pub union_id: &'a str,
    pub officer_id: &'a str,
    pub verdict: Verdict,
    pub code: Option<ReasonCode>,
    pub reason: &'a str,
    pub corrections: &'a [String],
    pub at: Time,
}

pub async fn insert_decision(tx: &mut Tx, fact: &Fact<'_>) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO decisions (id, application_id, application_version, step, union_id, officer_id, verdict, reason, corrections, at, code) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(&fact.id)
    .bind(fact.application_id)
    .bind(fact.application_version)
    .bind(fact.step)
    .bind(fact.union_id)
    .bind(fact.officer_id)
    .bind(fact.verdict.as_str())
    .bind(fact.reason)
    .bind(serde_json::json!(fact.corrections).to_string())
    .bind(fact.at.0)
    .bind(fact.code.map_or("", ReasonCode::as_str))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A decision as it is read back.
#[derive(sqlx::FromRow)]
struct Line {
    at: i64,
    union_name: String,
    officer: String,
    verdict: String,
    code: String,
    reason: String,
    recalled_at: Option<i64>,
}

pub async fn decisions(app: &App, application_id: &str) -> Result<Vec<DecisionLine>> {
    let rows: Vec<Line> = sqlx::query_as(
        "SELECT d.at, u.name AS union_name, o.name AS officer, d.verdict, d.code, d.reason, r.at AS recalled_at \
         FROM decisions d JOIN unions u ON u.id = d.union_id JOIN officers o ON o.id = d.officer_id \
         LEFT JOIN decision_recalls r ON r.decision_id = d.id WHERE d.application_id = $1 ORDER BY d.application_version",
    )
    .bind(application_id)
    .fetch_all(app.db.read())
    .await?;
    let lines = rows.into_iter().filter_map(|row| {
        Some(DecisionLine {
            at: Time(row.at),
            union: row.union_name,
            officer: row.officer,
            verdict: Verdict::parse(&row.verdict)?,
            code: ReasonCode::parse(&row.code),
            reason: row.reason,
            recalled_at: row.recalled_at.map(Time),
        })
    });
    Ok(lines.collect())
}

/// The last decision on an application, as far as taking it back needs it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Last {
    pub id: String,
    pub application_version: i64,
    pub step: i64,
    pub union_id: String,
    pub officer_id: String,
    pub verdict: String,
}

pub async fn last_decision(app: &App, application_id: &str) -> sqlx::Result<Option<Last>> {
    let sql = "SELECT id, application_version, step, union_id, officer_id, verdict FROM decisions \
               WHERE application_id = $1 ORDER BY application_version DESC LIMIT 1";
    sqlx::query_as(sql)
        .bind(application_id)
        .fetch_optional(app.db.read())
        .await
}

/// The application that an officer passed last, if that was after a moment and is the last thing that happened to it.
pub async fn just_passed(app: &App, officer_id: &str, after: Time) -> sqlx::Result<Option<String>> {
    let sql = "SELECT a.id FROM (SELECT application_id, application_version, verdict, union_id, at FROM decisions \
               WHERE officer_id = $1 ORDER BY id DESC LIMIT 1) d JOIN applications a ON a.id = d.application_id \
               WHERE d.verdict = 'pass' AND d.at > $2 AND a.state = 'in_review' AND a.version = d.application_version + 1";
    sqlx::query_scalar(sql)
        .bind(officer_id)
        .bind(after.0)
        .fetch_optional(app.db.read())
        .await
}

pub async fn insert_recall(
    tx: &mut Tx,
    decision_id: &str,
    application_id: &str,
    officer_id: &str,
    now: Time,
) -> sqlx::Result<()> {
    let sql =
        "INSERT INTO decision_recalls (decision_id, application_id, officer_id, at) VALUES ($1, $2, $3, $4)";
    sqlx::query(sql)
        .bind(decision_id)
        .bind(application_id)
        .bind(officer_id)
        .bind(now.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether an application is the person's own who has this phone: by the worker's phone, by the ID number that their
/// worker account registered, or by the one in another application of theirs (R-5: the ID number is the person).
pub async fn is_own(app: &App, application_id: &str, phone_index: &str) -> sqlx::Result<bool> {
    let sql = "SELECT COUNT(*) FROM applications a JOIN workers w ON w.id = a.worker_id WHERE a.id = $1 AND w.phone_index = $2";
    let by_id = "SELECT COUNT(*) FROM claims c JOIN workers w ON w.id_index = c.id_index \
                 WHERE c.application_id = $1 AND w.phone_index = $2";
    let by_other = "SELECT COUNT(*) FROM claims c JOIN claims o ON o.id_index = c.id_index \
                    JOIN applications a ON a.id = o.application_id JOIN workers w ON w.id = a.worker_id \
                    WHERE c.application_id = $1 AND w.phone_index = $2";
    for sql in [sql, by_id, by_other] {
        let n: i64 = sqlx::query_scalar(sql)
            .bind(application_id)
            .bind(phone_index)
            .fetch_one(app.db.read())
            .await?;
        if n > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether an officer declared the applicant a relative.
pub async fn is_relative(app: &App, application_id: &str, officer_id: &str) -> sqlx::Result<bool> {
    let sql = "SELECT COUNT(*) FROM relatives WHERE application_id = $1 AND officer_id = $2";
    let n: i64 = sqlx::query_scalar(sql)
        .bind(application_id)
        .bind(officer_id)
        .fetch_one(app.db.read())
        .await?;
    Ok(n > 0)
}

/// Notes a relative; a second time changes nothing.
pub async fn insert_relative(
    tx: &mut Tx,
    application_id: &str,
    officer_id: &str,
    relation: Relation,
    now: Time,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO relatives (application_id, officer_id, relation, at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (application_id, officer_id) DO NOTHING";
    sqlx::query(sql)
        .bind(application_id)
        .bind(officer_id)
        .bind(relation.as_str())
        .bind(now.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// How many reviewers of a union may decide an application: active, not the applicant (as [`is_own`] knows them), not a
/// declared relative.
pub async fn free_reviewers(
    db: impl sqlx::Executor<'_, Database = sqlx::Any>,
    application_id: &str,
    union_id: &str,
) -> sqlx::Result<i64> {
    let sql = "SELECT COUNT(*) FROM officers o WHERE o.union_id = $2 AND o.active = 1 \
               AND (',' || o.roles || ',') LIKE '%,reviewer,%' \
               AND NOT EXISTS (SELECT 1 FROM relatives r WHERE r.application_id = $1 AND r.officer_id = o.id) \
               AND NOT EXISTS (SELECT 1 FROM applications a JOIN workers w ON w.id = a.worker_id \
               WHERE a.id = $1 AND w.phone_index = o.phone_index) \
               AND NOT EXISTS (SELECT 1 FROM claims c JOIN workers w ON w.id_index = c.id_index \
               WHERE c.application_id = $1 AND w.phone_index = o.phone_index) \
               AND NOT EXISTS (SELECT 1 FROM claims c JOIN claims x ON x.id_index = c.id_index \
               JOIN applications a ON a.id = x.application_id JOIN workers w ON w.id = a.worker_id \
               WHERE c.application_id = $1 AND w.phone_index = o.phone_index)";
    sqlx::query_scalar(sql)
        .bind(application_id)
        .bind(union_id)
        .fetch_one(db)
        .await
}

/// "union officer" of the decision made on a version of an application.
pub async fn decided_on_version(
    app: &App,
    application_id: &str,
    version: i64,
) -> sqlx::Result<Option<String>> {
    let sql = "SELECT u.name || ' ' || o.name FROM decisions d JOIN unions u ON u.id = d.union_id JOIN officers o ON o.id = d.officer_id \
               WHERE d.application_id = $1 AND d.application_version = $2";
    sqlx::query_scalar(sql)
        .bind(application_id)
        .bind(version)
        .fetch_optional(app.db.read())
        .await
}

/// "union officer" of the last decision made at a union.
pub async fn decided_at_union(
    app: &App,
    application_id: &str,
    union_id: &str,
) -> sqlx::Result<Option<String>> {
    let sql = "SELECT u.name || ' ' || o.name FROM decisions d JOIN unions u ON u.id = d.union_id JOIN officers o ON o.id = d.officer_id \
               WHERE d.application_id = $1 AND d.union_id = $2 ORDER BY d.application_version DESC LIMIT 1";
    sqlx::query_scalar(sql)
        .bind(application_id)
        .bind(union_id)
        .fetch_optional(app.db.read())
        .await
}

/// Whether a check of the machine failed when last made.
pub async fn is_flagged(app: &App, application_id: &str) -> sqlx::Result<bool> {
    let sql = "SELECT flagged FROM applications WHERE id = $1";
    let flagged: Option<i64> = sqlx::query_scalar(sql)
        .bind(application_id)
        .fetch_optional(app.db.read())
        .await?;
    Ok(flagged == Some(1))
}

/// Notes how the machine's checks came out; the row's version stays, for nothing that is decided on changed.
pub async fn set_flag(tx: &mut Tx, application_id: &str, flagged: bool) -> sqlx::Result<()> {
    sqlx::query("UPDATE applications SET flagged = $1 WHERE id = $2 AND flagged <> $1")
        .bind(i64::from(flagged))
        .bind(application_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The submitted applications that the reading of a paper concerns: its own, and those where the same paper was found and
/// nothing was found fault with before.
pub async fn touched_by(app: &App, document_id: &str) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT a.id FROM documents d JOIN applications a ON a.id = d.application_id \
               WHERE d.id = $1 AND a.state <> 'draft' \
               UNION SELECT a.id FROM paper_twins t JOIN documents d ON d.id = t.twin_id JOIN applications a ON a.id = d.application_id \
               WHERE t.document_id = $1 AND a.state <> 'draft' AND a.flagged = 0";
    sqlx::query_scalar(sql)
        .bind(document_id)
        .fetch_all(app.db.read())
        .await
}
