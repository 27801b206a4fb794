//! Work that must follow a fact: enqueued in the transaction that makes the fact true, done afterwards at
//! least once. Claims are leases: a process that dies loses them when they end, one that stops hands them back.

use crate::db::{self, Db, Kind, Tx};
use crate::kernel::Time;
use crate::kernel::time::{HOUR, MINUTE, SECOND};
use sqlx::AssertSqlSafe;

crate::text_enum! {
    /// Where a job stands.
    pub enum State { Ready = "ready", Claimed = "claimed", Done = "done", Dead = "dead" }
}

/// How long a claim holds before another process may take the job over.
pub const LEASE: i64 = 60 * SECOND;

/// A job is given up after so many attempts (about a day by [`backoff`]).
pub const MAX_ATTEMPTS: i64 = 20;

/// A claimed job.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Job {
    /// Stays the same over all attempts: what a receiver can deduplicate by.
    pub id: String,
    /// Names the reaction, such as `notice`.
    pub kind: String,
    /// JSON; ids only, never personal data.
    pub payload: String,
    /// This attempt's number, from 1.
    pub attempts: i64,
}

/// Puts a job in line within the caller's transaction. With a `dedup` text that stands already, nothing is added.
pub async fn enqueue(
    tx: &mut Tx,
    job: &str,
    kind: &str,
    payload: &serde_json::Value,
    due: Time,
    dedup: Option<&str>,
) -> sqlx::Result<()> {
    insert(tx, kind, &[(job, payload, dedup)], due).await
}

/// [`enqueue`] for many jobs of one kind, by id and payload, as one statement.
pub async fn enqueue_all(
    tx: &mut Tx,
    kind: &str,
    jobs: &[(String, serde_json::Value)],
    due: Time,
) -> sqlx::Result<()> {
    let jobs: Vec<_> = jobs
        .iter()
        .map(|(id, payload)| (id.as_str(), payload, None))
        .collect();
    insert(tx, kind, &jobs, due).await
}

async fn insert(
    tx: &mut Tx,
    kind: &str,
    jobs: &[(&str, &serde_json::Value, Option<&str>)],
    due: Time,
) -> sqlx::Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO outbox (id, kind, payload, dedup, state, attempts, due_at, error, created_at) VALUES {} \
         ON CONFLICT (dedup) DO NOTHING",
        db::rows(1, jobs.len(), 9)
    );
    // Safe: only marks are put in.
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for (job, payload, dedup) in jobs {
        query = query
            .bind(*job)
            .bind(kind)
            .bind(payload.to_string())
            .bind(*dedup)
            .bind(State::Ready.as_str())
            .bind(0_i64)
            .bind(due.0)
            .bind("")
            .bind(due.0);
    }
    query.execute(&mut **tx).await?;
    Ok(())
}

/// The outbox job by which any capability says that something happened which people are told of: `notice::facts` has the
/// list. Its payload is `{"fact": …, "id": …}`.
pub const FACT_JOB: &str = "fact";

/// Says within the caller's transaction that `fact` happened to the thing with this id; `job` is the job's new id. How to add
/// a fact: docs/architecture.md, "From an event to a message".
pub async fn tell(tx: &mut Tx, job: &str, fact: &str, id: &str, now: Time) -> sqlx::Result<()> {
    let payload = serde_json::json!({ "fact": fact, "id": id });
    enqueue(tx, job, FACT_JOB, &payload, now, None).await
}

/// Claims up to `limit` jobs that are due, or whose claim has run out, oldest first.
pub async fn claim(db: &Db, claimant: &str, now: Time, limit: i64) -> sqlx::Result<Vec<Job>> {
    // The condition stands again outside the sub-select: on PostgreSQL two claimants would else both get a row
    // that the first has just changed. While claimed, `due_at` is the end of the lease.
    let sql = match db.kind() {
        Kind::Sqlite => {
            "UPDATE outbox SET state = 'claimed', claimed_by = $1, due_at = $2, attempts = attempts + 1 \
             WHERE id IN (SELECT id FROM outbox WHERE state IN ('ready', 'claimed') AND due_at <= $3 ORDER BY due_at, id LIMIT $4) \
             AND state IN ('ready', 'claimed') AND due_at <= $3 RETURNING id, kind, payload, attempts"
        }
        // Materialized: as a sub-select the planner may run it once a row, and LIMIT then bounds nothing.
        Kind::Postgres => {
            "WITH due AS MATERIALIZED (SELECT id FROM outbox WHERE state IN ('ready', 'claimed') AND due_at <= $3 \
             ORDER BY due_at, id LIMIT $4 FOR UPDATE SKIP LOCKED) \
             UPDATE outbox SET state = 'claimed', claimed_by = $1, due_at = $2, attempts = attempts + 1 FROM due \
             WHERE outbox.id = due.id AND state IN ('ready', 'claimed') AND due_at <= $3 \
             RETURNING outbox.id, kind, payload, attempts"
        }
    };
    let mut tx = db.write().await?;
    let query = sqlx::query_as(sql)
        .bind(claimant)
        .bind(now.0 + LEASE)
        .bind(now.0)
        .bind(limit);
    let mut jobs: Vec<Job> = query.fetch_all(&mut *tx).await?;
    tx.commit().await?;
    // RETURNING gives no order; ids follow the time of making.
    jobs.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(jobs)
}

/// Marks a job done, if the claim still is `claimant`'s; whether it was.
pub async fn done(tx: &mut Tx, job: &str, claimant: &str) -> sqlx::Result<bool> {
    let query =
        sqlx::query("UPDATE outbox SET state = 'done', claimed_by = NULL WHERE id = $1 AND claimed_by = $2");
    Ok(query
        .bind(job)
        .bind(claimant)
        .execute(&mut **tx)
        .await?
        .rows_affected()
        == 1)
}

/// Puts a failed job back in line for later, or gives it up after [`MAX_ATTEMPTS`]. `error` holds no personal data.
pub async fn failed(tx: &mut Tx, job: &Job, claimant: &str, now: Time, error: &str) -> sqlx::Result<()> {
    let state = if job.attempts >= MAX_ATTEMPTS {
        State::Dead
    } else {
        State::Ready
    };
    sqlx::query("UPDATE outbox SET state = $1, claimed_by = NULL, due_at = $2, error = $3 WHERE id = $4 AND claimed_by = $5")
        .bind(state.as_str())
        .bind(now.plus(backoff(job.attempts)).0)
        .bind(error)
        .bind(&job.id)
        .bind(claimant)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Puts a job back for `due` without counting the attempt (a channel that is paused is not the job's failure).
pub async fn postpone(tx: &mut Tx, job: &str, claimant: &str, due: Time) -> sqlx::Result<()> {
    let sql = "UPDATE outbox SET state = 'ready', claimed_by = NULL, attempts = attempts - 1, due_at = $1 WHERE id = $2 AND claimed_by = $3";
    sqlx::query(sql)
        .bind(due.0)
        .bind(job)
        .bind(claimant)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Hands back what a stopping process has claimed, due at once.
pub async fn hand_back(db: &Db, claimant: &str, now: Time) -> sqlx::Result<u64> {
    let mut tx = db.write().await?;
    let sql = "UPDATE outbox SET state = 'ready', claimed_by = NULL, attempts = attempts - 1, due_at = $1 WHERE state = 'claimed' AND claimed_by = $2";
    let handed = sqlx::query(sql)
        .bind(now.0)
        .bind(claimant)
        .execute(&mut *tx)
        .await?
        .rows_affected();
    tx.commit().await?;
    Ok(handed)
}

/// Deletes jobs that were done before `before`; gives how many. Dead ones stay for the operator.
pub async fn sweep(db: &Db, before: Time) -> sqlx::Result<u64> {
    let mut tx = db.write().await?;
    let query = sqlx::query("DELETE FROM outbox WHERE state = 'done' AND created_at < $1").bind(before.0);
    let swept = query.execute(&mut *tx).await?.rows_affected();
    tx.commit().await?;
    Ok(swept)
}

/// How many jobs wait (ready or claimed), for `/metrics`.
pub async fn waiting(db: &Db) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM outbox WHERE state IN ('ready', 'claimed')")
        .fetch_one(db.read())
        .await
}

/// How many jobs are due until a moment, or claimed.
pub async fn due(db: &Db, until: Time) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM outbox WHERE state IN ('ready', 'claimed') AND due_at <= $1")
        .bind(until.0)
        .fetch_one(db.read())
        .await
}

/// The jobs that were given up: kind and last error.
pub async fn dead(db: &Db) -> sqlx::Result<Vec<(String, String)>> {
    sqlx::query_as("SELECT kind, error FROM outbox WHERE state = 'dead' ORDER BY id")
        .fetch_all(db.read())
        .await
}

/// The pause after the n-th failed attempt: 5 s, doubling, up to 2 hours.
pub fn backoff(attempts: i64) -> i64 {
    let doubled = (5 * SECOND).saturating_mul(1 << attempts.clamp(1, 20).saturating_sub(1));
    doubled.min(2 * HOUR)
}

const _: () = assert!(LEASE >= MINUTE, "a lease outlives the slowest call to WeChat");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_and_stays_bounded() {
        assert_eq!(backoff(1), 5 * SECOND);
        assert_eq!(backoff(2), 10 * SECOND);
        assert_eq!(backoff(20), 2 * HOUR);
        assert_eq!(backoff(i64::MAX), 2 * HOUR);
    }
}
