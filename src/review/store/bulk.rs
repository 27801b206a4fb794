//! SQL of passing many at once.

use super::super::bulk::{Item, Outcome, Run};
use crate::app::App;
use crate::db::{Tx, list, rows};
use crate::kernel::{Refusal, Time};
use sqlx::AssertSqlSafe;
use std::collections::BTreeMap;

pub async fn insert_run(tx: &mut Tx, id: &str, officer_id: &str, now: Time) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO bulk_runs (id, officer_id, made_at, worked_until) VALUES ($1, $2, $3, 0)")
        .bind(id)
        .bind(officer_id)
        .bind(now.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// So many rows in one statement.
const AT_ONCE: usize = 500;

pub async fn insert_items(tx: &mut Tx, run: &str, chosen: &[&(String, i64)]) -> sqlx::Result<()> {
    for (part, items) in chosen.chunks(AT_ONCE).enumerate() {
        let sql = format!(
            "INSERT INTO bulk_items (run_id, place, application_id, version, outcome, words) VALUES {}",
            rows(1, items.len(), 6)
        );
        // Safe: only marks are put in.
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (n, (id, version)) in items.iter().enumerate() {
            query = query
                .bind(run)
                .bind((part * AT_ONCE + n) as i64)
                .bind(id.as_str())
                .bind(*version)
                .bind("")
                .bind("");
        }
        query.execute(&mut **tx).await?;
    }
    Ok(())
}

pub async fn run(app: &App, officer_id: &str, id: &str, now: Time) -> sqlx::Result<Option<Run>> {
    let sql = "SELECT started_at, worked_until, finished_at FROM bulk_runs WHERE id = $1 AND officer_id = $2";
    let row: Option<(Option<i64>, i64, Option<i64>)> = sqlx::query_as(sql)
        .bind(id)
        .bind(officer_id)
        .fetch_optional(app.db.read())
        .await?;
    let Some((started_at, worked_until, finished_at)) = row else {
        return Ok(None);
    };
    let sql = "SELECT i.application_id, i.version, COALESCE(a.number, '') AS number, a.applicant, i.outcome, i.words \
               FROM bulk_items i JOIN applications a ON a.id = i.application_id WHERE i.run_id = $1 ORDER BY i.place";
    let rows: Vec<(String, i64, String, String, String, String)> =
        sqlx::query_as(sql).bind(id).fetch_all(app.db.read()).await?;
    let items = rows.into_iter().map(
        |(application_id, version, number, applicant, outcome, words)| Item {
            application_id,
            version,
            number,
            applicant,
            outcome: match outcome.as_str() {
                "" => Outcome::Waiting,
                "passed" => Outcome::Passed,
                _ => Outcome::Refused(words),
            },
        },
    );
    Ok(Some(Run {
        id: id.to_owned(),
        started_at: started_at.map(Time),
        finished_at: finished_at.map(Time),
        working: finished_at.is_none() && worked_until > now.0,
        items: items.collect(),
    }))
}

/// Whether the run is this worker's to work on.
pub async fn take_run(tx: &mut Tx, id: &str, now: Time, until: Time) -> sqlx::Result<bool> {
    let sql = "UPDATE bulk_runs SET worked_until = $1, started_at = COALESCE(started_at, $2) \
               WHERE id = $3 AND finished_at IS NULL AND worked_until < $2";
    let query = sqlx::query(sql).bind(until.0).bind(now.0).bind(id);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// A new lease in place of `held`; whether that was still this worker's.
pub async fn renew_run(tx: &mut Tx, id: &str, held: Time, until: Time) -> sqlx::Result<bool> {
    let sql = "UPDATE bulk_runs SET worked_until = $1 WHERE id = $2 AND worked_until = $3";
    let query = sqlx::query(sql).bind(until.0).bind(id).bind(held.0);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

pub async fn finish_run(tx: &mut Tx, id: &str, now: Time) -> sqlx::Result<()> {
    sqlx::query("UPDATE bulk_runs SET finished_at = $1, worked_until = 0 WHERE id = $2")
        .bind(now.0)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Keeps what came of some, those with the same result together.
pub async fn keep_outcomes(
    tx: &mut Tx,
    run: &str,
    outcomes: &[(&str, Result<(), Refusal>)],
) -> sqlx::Result<()> {
    let mut alike: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for (id, result) in outcomes {
        let kept = match result {
            Ok(()) => ("passed", String::new()),
            Err(refusal) => (refusal.code(), refusal.text()),
        };
        alike.entry(kept).or_default().push(id);
    }
    for ((outcome, words), ids) in alike {
        let sql = format!(
            "UPDATE bulk_items SET outcome = $1, words = $2 WHERE run_id = $3 AND outcome = '' AND application_id IN ({})",
            list(4, ids.len())
        );
        // Safe: only marks are put in.
        let query = sqlx::query(AssertSqlSafe(sql))
            .bind(outcome)
            .bind(words)
            .bind(run);
        let query = ids.iter().fold(query, |query, id| query.bind(*id));
        query.execute(&mut **tx).await?;
    }
    Ok(())
}
