//! SQL that follows all applications at once: the moves, and those that a deadline concerns.

use crate::app::App;
use crate::application::moves::Application;
use crate::application::progress::Moved;
use crate::application::states::{Event, State};
use crate::error::Result;
use crate::kernel::Time;

pub async fn moved_since(app: &App, since: Time, limit: i64) -> Result<Vec<Moved>> {
    let sql = "SELECT e.id, e.event, e.application_id, a.unit_id FROM events e JOIN applications a ON a.id = e.application_id \
               WHERE e.id >= $1 ORDER BY e.id LIMIT $2";
    let rows: Vec<(String, String, String, Option<String>)> = sqlx::query_as(sql)
        // A UUID v7 begins with its milliseconds.
        .bind(format!("{:012x}", since.0.max(0)))
        .bind(limit)
        .fetch_all(app.db.read())
        .await?;
    let moves = rows
        .into_iter()
        .filter_map(|(event_id, event, application_id, unit_id)| {
            Event::parse(&event).map(|event| Moved {
                event_id,
                event,
                application_id,
                unit_id,
            })
        });
    Ok(moves.collect())
}

/// What a reminder needs to know of an application.
pub struct Due {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub worker_id: String,
    /// Its number; a draft has one too.
    pub number: Option<String>,
    /// Where it stands.
    pub state: State,
    /// Since when.
    pub since: Time,
}

/// The applications of an intake in these states, by id, after `after`.
pub async fn in_states(
    app: &App,
    intake_id: &str,
    states: (State, State, State),
    after: &str,
    limit: i64,
) -> Result<Vec<Due>> {
    type Row = (String, String, Option<String>, String, i64);
    let sql = "SELECT id, worker_id, number, state, since FROM applications \
               WHERE intake_id = $1 AND state IN ($2, $3, $4) AND id > $5 ORDER BY id LIMIT $6";
    let rows: Vec<Row> = sqlx::query_as(sql)
        .bind(intake_id)
        .bind(states.0.as_str())
        .bind(states.1.as_str())
        .bind(states.2.as_str())
        .bind(after)
        .bind(limit)
        .fetch_all(app.db.read())
        .await?;
    let due = rows
        .into_iter()
        .filter_map(|(id, worker_id, number, state, since)| {
            State::parse(&state).map(|state| Due {
                id,
                worker_id,
                number,
                state,
                since: Time(since),
            })
        });
    Ok(due.collect())
}

/// whether any step has decided on it.
pub async fn decided(app: &App, application: &Application) -> sqlx::Result<bool> {
    let sql = "SELECT CASE WHEN EXISTS (SELECT 1 FROM events WHERE application_id = $1 \
               AND event IN ('passed', 'approved', 'returned', 'rejected')) THEN 1 ELSE 0 END";
    let query = sqlx::query_scalar::<_, i64>(sql).bind(&application.id);
    Ok(query.fetch_one(app.db.read()).await? == 1)
}
