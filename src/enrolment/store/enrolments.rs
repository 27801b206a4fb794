//! SQL of enrolments, their seats, events and the basic data typed last.

use crate::app::App;
use crate::db::Tx;
use crate::enrolment::moves::{Enrolment, Happened};
use crate::enrolment::states::{Event, State};
use crate::enrolment::{Level, StudyForm};
use crate::error::Result;
use crate::kernel::{Fen, Time};

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: String,
    number: String,
    worker_id: String,
    program_id: String,
    intake_id: String,
    provider_id: String,
    state: String,
    since: i64,
    applicant: String,
    basics_sealed: String,
    institution: String,
    major: String,
    level: String,
    form: String,
    entry_date: String,
    fee_fen: i64,
    refunds: String,
    held_until: i64,
    paid_at: Option<i64>,
    created_at: i64,
    version: i64,
}

macro_rules! select_enrolment {
    ($rest:literal) => {
        concat!(
            "SELECT id, number, worker_id, program_id, intake_id, provider_id, state, since, applicant, basics_sealed, institution, ",
            "major, level, form, entry_date, fee_fen, refunds, held_until, paid_at, created_at, version FROM enrolments ",
            $rest
        )
    };
}
pub(super) use select_enrolment;

pub(super) fn enrolment_of(row: Row) -> Result<Enrolment> {
    let unknown = || anyhow::anyhow!("enrolment {} is malformed", row.id);
    Ok(Enrolment {
        state: State::parse(&row.state).ok_or_else(unknown)?,
        level: Level::parse(&row.level).ok_or_else(unknown)?,
        form: StudyForm::parse(&row.form).ok_or_else(unknown)?,
        entry: row.entry_date.parse().map_err(|_| unknown())?,
        refunds: serde_json::from_str(&row.refunds).map_err(|_| unknown())?,
        id: row.id,
        number: row.number,
        worker_id: row.worker_id,
        program_id: row.program_id,
        intake_id: row.intake_id,
        provider_id: row.provider_id,
        since: Time(row.since),
        applicant: row.applicant,
        basics_sealed: row.basics_sealed,
        institution: row.institution,
        major: row.major,
        fee: Fen(row.fee_fen),
        held_until: Time(row.held_until),
        paid_at: row.paid_at.map(Time),
        created_at: Time(row.created_at),
        version: row.version,
    })
}

/// A new enrolment, in state held.
pub async fn insert_enrolment(tx: &mut Tx, new: &Enrolment) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO enrolments (id, number, worker_id, program_id, intake_id, provider_id, state, since, applicant, basics_sealed, \
               institution, major, level, form, entry_date, fee_fen, refunds, held_until, version, created_at, updated_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 1, $8, $8)";
    let refunds = serde_json::to_string(&new.refunds).unwrap_or_default();
    let query = sqlx::query(sql)
        .bind(&new.id)
        .bind(&new.number)
        .bind(&new.worker_id)
        .bind(&new.program_id);
    let query = query
        .bind(&new.intake_id)
        .bind(&new.provider_id)
        .bind(new.state.as_str())
        .bind(new.since.0);
    let query = query
        .bind(&new.applicant)
        .bind(&new.basics_sealed)
        .bind(&new.institution)
        .bind(&new.major);
    let query = query
        .bind(new.level.as_str())
        .bind(new.form.as_str())
        .bind(new.entry.to_string());
    query
        .bind(new.fee.0)
        .bind(refunds)
        .bind(new.held_until.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Takes a seat if one is free and the intake open; whether it did.
pub async fn take_seat(tx: &mut Tx, intake_id: &str, now: Time) -> sqlx::Result<bool> {
    let sql =
        "UPDATE program_intakes SET taken = taken + 1 WHERE id = $1 AND taken < seats AND enrol_until >= $2";
    Ok(sqlx::query(sql)
        .bind(intake_id)
        .bind(now.0)
        .execute(&mut **tx)
        .await?
        .rows_affected()
        == 1)
}

pub async fn release_seat(tx: &mut Tx, intake_id: &str) -> sqlx::Result<()> {
    let sql = "UPDATE program_intakes SET taken = taken - 1 WHERE id = $1";
    sqlx::query(sql).bind(intake_id).execute(&mut **tx).await?;
    Ok(())
}

/// Whether the row was still the one that was seen.
pub async fn move_row(
    tx: &mut Tx,
    seen: &Enrolment,
    state: State,
    event: Event,
    now: Time,
) -> sqlx::Result<bool> {
    let sql = "UPDATE enrolments SET state = $1, since = CASE WHEN state = $1 THEN since ELSE $2 END, \
               paid_at = CASE WHEN $3 = 1 THEN $2 ELSE paid_at END, version = version + 1, updated_at = $2 \
               WHERE id = $4 AND version = $5 AND state = $6";
    let query = sqlx::query(sql)
        .bind(state.as_str())
        .bind(now.0)
        .bind(i64::from(event == Event::Paid));
    let query = query.bind(&seen.id).bind(seen.version).bind(seen.state.as_str());
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Whether the row is still the one that was seen; it stays so until the transaction ends.
pub async fn lock_row(tx: &mut Tx, seen: &Enrolment) -> sqlx::Result<bool> {
    let query = sqlx::query("UPDATE enrolments SET version = version WHERE id = $1 AND version = $2")
        .bind(&seen.id)
        .bind(seen.version);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// `number` as it is written for people.
pub async fn enrolment_by_number(app: &App, number: &str) -> Result<Option<Enrolment>> {
    let row: Option<Row> = sqlx::query_as(select_enrolment!("WHERE number = $1"))
        .bind(number)
        .fetch_optional(app.db.read())
        .await?;
    row.map(enrolment_of).transpose()
}

pub async fn enrolment(app: &App, id: &str) -> Result<Option<Enrolment>> {
    let row: Option<Row> = sqlx::query_as(select_enrolment!("WHERE id = $1"))
        .bind(id)
        .fetch_optional(app.db.read())
        .await?;
    row.map(enrolment_of).transpose()
}

pub async fn of_worker(app: &App, worker_id: &str) -> Result<Vec<Enrolment>> {
    let sql = select_enrolment!("WHERE worker_id = $1 ORDER BY id DESC");
    let rows: Vec<Row> = sqlx::query_as(sql)
        .bind(worker_id)
        .fetch_all(app.db.read())
        .await?;
    rows.into_iter().map(enrolment_of).collect()
}

/// The worker's enrolment in an intake that holds a seat.
pub async fn standing(app: &App, worker_id: &str, intake_id: &str) -> Result<Option<Enrolment>> {
    let sql = select_enrolment!(
        "WHERE worker_id = $1 AND intake_id = $2 AND state IN ('held', 'paid', 'admitted', 'completed')"
    );
    let row: Option<Row> = sqlx::query_as(sql)
        .bind(worker_id)
        .bind(intake_id)
        .fetch_optional(app.db.read())
        .await?;
    row.map(enrolment_of).transpose()
}

/// The worker's enrolment that waits for money.
pub async fn held(app: &App, worker_id: &str) -> Result<Option<Enrolment>> {
    let sql = select_enrolment!("WHERE worker_id = $1 AND state = 'held'");
    let row: Option<Row> = sqlx::query_as(sql)
        .bind(worker_id)
        .fetch_optional(app.db.read())
        .await?;
    row.map(enrolment_of).transpose()
}

/// Held ones whose time is over.
pub async fn overdue(app: &App, now: Time, limit: i64) -> Result<Vec<Enrolment>> {
    let sql = select_enrolment!("WHERE state = 'held' AND held_until < $1 ORDER BY held_until LIMIT $2");
    let rows: Vec<Row> = sqlx::query_as(sql)
        .bind(now.0)
        .bind(limit)
        .fetch_all(app.db.read())
        .await?;
    rows.into_iter().map(enrolment_of).collect()
}

/// How many of a program are not settled, as the caller's transaction sees it.
pub async fn unsettled(tx: &mut Tx, program_id: &str) -> sqlx::Result<i64> {
    let sql = "SELECT COUNT(*) FROM enrolments WHERE program_id = $1 AND state IN ('held', 'paid', 'admitted', 'refunding')";
    sqlx::query_scalar(sql)
        .bind(program_id)
        .fetch_one(&mut **tx)
        .await
}

/// `cause`: the job that made it, when it may run twice.
pub async fn insert_event(
    tx: &mut Tx,
    id: &str,
    enrolment_id: &str,
    (event, state): (Event, State),
    (note, cause): (&str, Option<&str>),
    at: Time,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO enrolment_events (id, enrolment_id, event, state, note, at, cause) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let query = sqlx::query(sql)
        .bind(id)
        .bind(enrolment_id)
        .bind(event.as_str())
        .bind(state.as_str());
    query.bind(note).bind(at.0).bind(cause).execute(&mut **tx).await?;
    Ok(())
}

/// Whether a job has made its line already.
pub async fn has_caused(tx: &mut Tx, cause: &str) -> sqlx::Result<bool> {
    let lines: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM enrolment_events WHERE cause = $1")
        .bind(cause)
        .fetch_one(&mut **tx)
        .await?;
    Ok(lines > 0)
}

type EventRow = (String, String, String, String, i64);

fn happened((id, enrolment_id, event, note, at): EventRow) -> Result<Happened> {
    let event = Event::parse(&event).ok_or_else(|| anyhow::anyhow!("enrolment event {id} is malformed"))?;
    Ok(Happened {
        id,
        enrolment_id,
        event,
        note,
        at: Time(at),
    })
}

pub async fn event(app: &App, id: &str) -> Result<Option<Happened>> {
    let sql = "SELECT id, enrolment_id, event, note, at FROM enrolment_events WHERE id = $1";
    let row: Option<EventRow> = sqlx::query_as(sql).bind(id).fetch_optional(app.db.read()).await?;
    row.map(happened).transpose()
}

pub async fn events(app: &App, enrolment_id: &str) -> Result<Vec<Happened>> {
    let sql =
        "SELECT id, enrolment_id, event, note, at FROM enrolment_events WHERE enrolment_id = $1 ORDER BY id";
    let rows: Vec<EventRow> = sqlx::query_as(sql)
        .bind(enrolment_id)
        .fetch_all(app.db.read())
        .await?;
    rows.into_iter().map(happened).collect()
}

pub async fn basics(app: &App, worker_id: &str) -> sqlx::Result<Option<String>> {
    let sql = "SELECT basics_sealed FROM enrolment_basics WHERE worker_id = $1";
    sqlx::query_scalar(sql)
        .bind(worker_id)
        .fetch_optional(app.db.read())
        .await
}

pub async fn keep_basics(tx: &mut Tx, worker_id: &str, sealed: &str, now: Time) -> sqlx::Result<()> {
    let sql = "INSERT INTO enrolment_basics (worker_id, basics_sealed, updated_at) VALUES ($1, $2, $3) \
               ON CONFLICT (worker_id) DO UPDATE SET basics_sealed = excluded.basics_sealed, updated_at = excluded.updated_at";
    sqlx::query(sql)
        .bind(worker_id)
        .bind(sealed)
        .bind(now.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
