//! SQL of the tally: a whole campaign at once.

use crate::app::App;
use crate::application::states::{Event, State};
use crate::application::tally::{Line, Standing};
use crate::error::Result;

type StandingRow = (String, Option<String>, String, Option<i64>);

pub async fn standings(app: &App, campaign_id: &str) -> Result<Vec<Standing>> {
    let sql = "SELECT id, unit_id, state, seq FROM applications WHERE campaign_id = $1 ORDER BY id";
    let rows: Vec<StandingRow> = sqlx::query_as(sql)
        .bind(campaign_id)
        .fetch_all(app.db.read())
        .await?;
    let standing = |(id, unit_id, state, seq): StandingRow| {
        let state =
            State::parse(&state).ok_or_else(|| anyhow::anyhow!("application {id} is in no known state"))?;
        Ok(Standing {
            id,
            unit_id,
            state,
            seq,
        })
    };
    rows.into_iter().map(standing).collect()
}

pub async fn lines_of(app: &App, campaign_id: &str) -> Result<Vec<Line>> {
    let sql = "SELECT e.id, e.application_id, e.event, e.state FROM events e \
               JOIN applications a ON a.id = e.application_id WHERE a.campaign_id = $1 ORDER BY e.id";
    let rows: Vec<(String, String, String, String)> = sqlx::query_as(sql)
        .bind(campaign_id)
        .fetch_all(app.db.read())
        .await?;
    let line = |(id, application_id, event, state): (String, String, String, String)| {
        let known = Event::parse(&event).zip(State::parse(&state));
        let (event, state) = known.ok_or_else(|| anyhow::anyhow!("event {id} is of an unknown kind"))?;
        Ok(Line {
            id,
            application_id,
            event,
            state,
        })
    };
    rows.into_iter().map(line).collect()
}
