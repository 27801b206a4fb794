//! SQL of our own real-name check.

use crate::account::identity::{Check, PLACE, State};
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Time;
use sqlx::{Any, Executor};

/// A check to be written.
pub struct NewCheck<'a> {
    pub id: &'a str,
    pub worker_id: &'a str,
    pub told_sealed: &'a str,
    pub id_index: &'a str,
    pub at: Time,
}

type Row = (String, String, String, String, String, i64);

fn check_of_row(app: &App, (id, worker_id, sealed, state, reason, at): Row) -> Result<Check> {
    let told = match sealed.as_str() {
        "" => None,
        sealed => {
            let json = app.sealer.open_text(PLACE, sealed)?;
            Some(serde_json::from_str(&json).map_err(anyhow::Error::from)?)
        }
    };
    let state = State::parse(&state).ok_or_else(|| anyhow::anyhow!("check {id} is malformed"))?;
    Ok(Check {
        id,
        worker_id,
        told,
        state,
        reason,
        asked_at: Time(at),
    })
}

pub async fn insert_check(tx: &mut Tx, new: &NewCheck<'_>) -> sqlx::Result<()> {
    let sql = "INSERT INTO identity_checks (id, worker_id, told_sealed, id_index, state, reason, asked_at) \
               VALUES ($1, $2, $3, $4, 'waiting', '', $5)";
    let query = sqlx::query(sql)
        .bind(new.id)
        .bind(new.worker_id)
        .bind(new.told_sealed);
    query.bind(new.id_index).bind(new.at.0).execute(&mut **tx).await?;
    Ok(())
}

pub async fn drop_waiting_check(tx: &mut Tx, worker_id: &str) -> sqlx::Result<()> {
    let sql = "DELETE FROM identity_checks WHERE worker_id = $1 AND state = 'waiting'";
    sqlx::query(sql).bind(worker_id).execute(&mut **tx).await?;
    Ok(())
}

pub async fn check(app: &App, id: &str) -> Result<Option<Check>> {
    let sql = "SELECT id, worker_id, told_sealed, state, reason, asked_at FROM identity_checks WHERE id = $1";
    let row: Option<Row> = sqlx::query_as(sql).bind(id).fetch_optional(app.db.read()).await?;
    row.map(|row| check_of_row(app, row)).transpose()
}

pub async fn check_of(app: &App, worker_id: &str) -> Result<Option<Check>> {
    let sql = "SELECT id, worker_id, told_sealed, state, reason, asked_at FROM identity_checks WHERE worker_id = $1 ORDER BY id DESC LIMIT 1";
    let row: Option<Row> = sqlx::query_as(sql)
        .bind(worker_id)
        .fetch_optional(app.db.read())
        .await?;
    row.map(|row| check_of_row(app, row)).transpose()
}

pub async fn waiting_checks(app: &App) -> Result<Vec<Check>> {
    let sql = "SELECT id, worker_id, told_sealed, state, reason, asked_at FROM identity_checks WHERE state = 'waiting' ORDER BY asked_at LIMIT 50";
    let rows: Vec<Row> = sqlx::query_as(sql).fetch_all(app.db.read()).await?;
    rows.into_iter().map(|row| check_of_row(app, row)).collect()
}

/// Holds all that wait with a number until the transaction ends.
pub async fn lock_checks(tx: &mut Tx, index: &str) -> sqlx::Result<()> {
    let sql = "UPDATE identity_checks SET state = state WHERE id_index = $1 AND state = 'waiting'";
    sqlx::query(sql).bind(index).execute(&mut **tx).await?;
    Ok(())
}

/// Whether another open account is verified with a number.
pub async fn is_anothers(
    db: impl Executor<'_, Database = Any>,
    index: &str,
    worker_id: &str,
) -> sqlx::Result<bool> {
    let sql = "SELECT COUNT(*) FROM workers WHERE id_index = $1 AND verified_at IS NOT NULL AND closed_at IS NULL AND id <> $2";
    let others: i64 = sqlx::query_scalar(sql)
        .bind(index)
        .bind(worker_id)
        .fetch_one(db)
        .await?;
    Ok(others > 0)
}

/// Ends a check that waits; what was told is erased. Whether it waited.
pub async fn decide_check(
    tx: &mut Tx,
    id: &str,
    state: State,
    reason: &str,
    officer_id: &str,
    now: Time,
) -> sqlx::Result<bool> {
    let sql = "UPDATE identity_checks SET state = $1, reason = $2, officer_id = $3, decided_at = $4, told_sealed = '' \
               WHERE id = $5 AND state = 'waiting'";
    let query = sqlx::query(sql)
        .bind(state.as_str())
        .bind(reason)
        .bind(officer_id)
        .bind(now.0)
        .bind(id);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}
