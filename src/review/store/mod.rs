//! SQL of the review: decisions here, the rest beside.

mod bulk;
mod claims;
mod flags;
mod inbox;
mod late;
mod phrases;
mod rows;
mod rule;

pub use bulk::*;
pub use claims::*;
pub use flags::*;
pub use inbox::*;
pub use late::*;
pub use phrases::*;
pub use rows::*;
pub use rule::*;

use super::desk::DecisionLine;
use super::{ReasonCode, Relation, Verdict};
use crate::app::App;
use crate::db::{Tx, rows};
use crate::error::Result;
use crate::kernel::Time;
use sqlx::AssertSqlSafe;

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

pub async fn insert_decisions(tx: &mut Tx, facts: &[Fact<'_>]) -> sqlx::Result<()> {
    if facts.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO decisions (id, application_id, application_version, step, union_id, officer_id, verdict, reason, corrections, \
         at, code) VALUES {}",
        rows(1, facts.len(), 11)
    );
    // Safe: only marks are put in.
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for fact in facts {
        query = query
            .bind(fact.id.as_str())
            .bind(fact.application_id)
            .bind(fact.application_version)
            .bind(fact.step)
            .bind(fact.union_id)
            .bind(fact.officer_id)
            .bind(fact.verdict.as_str())
            .bind(fact.reason)
            .bind(serde_json::json!(fact.corrections).to_string())
            .bind(fact.at.0)
            .bind(fact.code.map_or("", ReasonCode::as_str));
    }
    query.execute(&mut **tx).await?;
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
