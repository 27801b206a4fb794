//! SQL of the timeline.

use crate::app::App;
use crate::application::moves::{Application, Happened, Move};
use crate::application::progress::TimelineLine;
use crate::application::states::{Event, State};
use crate::db::{self, Kind, Tx};
use crate::error::Result;
use crate::kernel::Time;
use sqlx::AssertSqlSafe;

/// Whether the row is still the one that was seen; it stays so until the transaction ends.
pub async fn lock_row(tx: &mut Tx, seen: &Application) -> sqlx::Result<bool> {
    let query = sqlx::query("UPDATE applications SET version = version WHERE id = $1 AND version = $2")
        .bind(&seen.id)
        .bind(seen.version);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Id and version of these rows, which stay so until the transaction ends.
pub async fn lock_rows(tx: &mut Tx, kind: Kind, ids: &[&str]) -> sqlx::Result<Vec<(String, i64)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // On SQLite a writing transaction is alone anyway.
    let lock = match kind {
        Kind::Sqlite => "",
        Kind::Postgres => " FOR UPDATE",
    };
    let list = db::list(1, ids.len());
    let sql = format!("SELECT id, version FROM applications WHERE id IN ({list}) ORDER BY id{lock}");
    // Safe: only marks and a constant are put in.
    let query = sqlx::query_as(AssertSqlSafe(sql));
    let query = ids.iter().fold(query, |query, id| query.bind((*id).to_owned()));
    query.fetch_all(&mut **tx).await
}

/// An event's id, its application, what happened, and the state afterwards.
pub type NewEvent<'a> = (String, &'a str, &'a Move<'a>, State);

pub async fn insert_events(tx: &mut Tx, events: &[NewEvent<'_>], now: Time) -> sqlx::Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO events (id, application_id, event, state, union_id, note, corrections, at) VALUES {}",
        db::rows(1, events.len(), 8)
    );
    // Safe: only marks are put in.
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for (id, application_id, to, state) in events {
        query = query
            .bind(id.as_str())
            .bind(*application_id)
            .bind(to.event.as_str())
            .bind(state.as_str())
            .bind(to.union_id)
            .bind(to.note)
            .bind(serde_json::json!(to.corrections).to_string())
            .bind(now.0);
    }
    query.execute(&mut **tx).await?;
    Ok(())
}

pub async fn event(app: &App, id: &str) -> Result<Option<Happened>> {
    let sql = "SELECT event, application_id, union_id, note, at FROM events WHERE id = $1";
    let row: Option<(String, String, Option<String>, String, i64)> =
        sqlx::query_as(sql).bind(id).fetch_optional(app.db.read()).await?;
    row.map(|(event, application_id, union_id, note, at)| {
        let event =
            Event::parse(&event).ok_or_else(|| anyhow::anyhow!("event {id} is of an unknown kind"))?;
        Ok(Happened {
            id: id.to_owned(),
            event,
            application_id,
            union_id,
            note,
            at: Time(at),
        })
    })
    .transpose()
}

pub async fn timeline(app: &App, application_id: &str) -> Result<Vec<TimelineLine>> {
    let sql = "SELECT e.event, e.note, e.at, u.name FROM events e LEFT JOIN unions u ON u.id = e.union_id \
               WHERE e.application_id = $1 ORDER BY e.id";
    let rows: Vec<(String, String, i64, Option<String>)> = sqlx::query_as(sql)
        .bind(application_id)
        .fetch_all(app.db.read())
        .await?;
    let lines = rows.into_iter().filter_map(|(event, note, at, by)| {
        Event::parse(&event).map(|event| TimelineLine {
            at: Time(at),
            event,
            by,
            note,
        })
    });
    Ok(lines.collect())
}

/// What the last return asked for, as names of fields and documents.
pub async fn last_corrections(app: &App, application_id: &str) -> Result<Vec<String>> {
    let sql = "SELECT corrections FROM events WHERE application_id = $1 AND event = 'returned' ORDER BY id DESC LIMIT 1";
    let json: Option<String> = sqlx::query_scalar(sql)
        .bind(application_id)
        .fetch_optional(app.db.read())
        .await?;
    Ok(json
        .map_or(Ok(Vec::new()), |json| serde_json::from_str(&json))
        .map_err(anyhow::Error::from)?)
}

pub async fn last_reason(app: &App, application_id: &str) -> sqlx::Result<String> {
    let sql =
        "SELECT note FROM events WHERE application_id = $1 AND event = 'returned' ORDER BY id DESC LIMIT 1";
    Ok(sqlx::query_scalar(sql)
        .bind(application_id)
        .fetch_optional(app.db.read())
        .await?
        .unwrap_or_default())
}
