//! The application itself, and the one way to move it: row, timeline, audit line and outbox in one transaction.

use super::states::{Event, State};
use super::{Level, store};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::{Refusal, Time};
use crate::outbox;
use serde_json::json;
use std::collections::{HashMap, HashSet};

/// An application as it was when read; [`Application::version`] tells whether it still is.
#[derive(Debug, Clone)]
pub struct Application {
    /// Id.
    pub id: String,
    /// Whose it is.
    pub worker_id: String,
    /// The intake it belongs to.
    pub intake_id: String,
    /// The intake's campaign.
    pub campaign_id: String,
    /// The worker's union, once chosen.
    pub union_id: Option<String>,
    /// The unit whose places it counts on.
    pub unit_id: Option<String>,
    /// Where it stands.
    pub state: State,
    /// Which step of the review, from 0.
    pub step: usize,
    /// The union that holds it now.
    pub holder_id: Option<String>,
    /// Since when.
    pub since: Time,
    /// Its number, from the draft's beginning on, since the form is printed before it is submitted (ADR 0014).
    /// Whether it was submitted tells `submitted_at`.
    pub number: Option<String>,
    /// Its place in the unit's order of submission.
    pub seq: Option<i64>,
    /// When it was submitted.
    pub submitted_at: Option<Time>,
    /// The applicant's name.
    pub applicant: String,
    /// 学历层次, once known.
    pub level: Option<Level>,
    /// 报读院校.
    pub institution: String,
    /// The sealed form; opened by [`Application::form`].
    pub form_sealed: String,
    /// Counts the form's versions that were printed or stamped.
    pub form_version: i64,
    /// The version last printed; 0 for never.
    pub printed_version: i64,
    /// The version for which the four checks were ticked; 0 for never.
    pub checked_version: i64,
    /// Counts every change of the row.
    pub version: i64,
    /// When the row last changed.
    pub updated_at: Time,
}

impl Application {
    /// The form as typed.
    pub fn form(&self, app: &App) -> Result<super::FormText> {
        let json = app.sealer.open_text("applications.form", &self.form_sealed)?;
        Ok(serde_json::from_str(&json).map_err(anyhow::Error::from)?)
    }
}

/// A move from what was seen to what follows.
pub struct Move<'a> {
    /// Who moves it.
    pub actor: &'a Actor,
    /// What happens.
    pub event: Event,
    /// The step afterwards.
    pub step: usize,
    /// The union that holds it afterwards.
    pub holder_id: Option<&'a str>,
    /// The union that acted, for the timeline.
    pub union_id: Option<&'a str>,
    /// Words for the worker; empty for none.
    pub note: &'a str,
    /// What is to be mended: names of fields and documents, with [`Event::Returned`].
    pub corrections: &'a [String],
}

impl Move<'_> {
    /// Whether it makes the same of a row as the other.
    fn writes_as(&self, other: &Self) -> bool {
        (self.event, self.step, self.holder_id) == (other.event, other.step, other.holder_id)
    }
}

/// Seals a form for its row.
pub fn seal_form(app: &App, form: &super::FormText) -> Result<String> {
    let json = serde_json::to_string(form).map_err(anyhow::Error::from)?;
    Ok(app.seal("applications.form", &json))
}

/// Moves the application within the caller's transaction; gives its new state.
///
/// Errors: what [`super::states::next`] refuses, and [`Refusal::ChangedMeanwhile`] when the row is no longer
/// the one that was seen.
pub async fn apply(app: &App, tx: &mut Tx, seen: &Application, to: Move<'_>) -> Result<State> {
    moved(app, tx, seen, to, None).await
}

/// [`apply`] for a submission, which gets its time and its place in the unit's order: `seq`, drawn under the
/// unit's lock.
pub async fn submit(app: &App, tx: &mut Tx, seen: &Application, to: Move<'_>, seq: i64) -> Result<State> {
    moved(app, tx, seen, to, Some(seq)).await
}

/// [`apply`] for many, all or none: rows that [`lock_all`] found as they were seen.
pub async fn apply_all(app: &App, tx: &mut Tx, moves: &[(&Application, Move<'_>)]) -> Result<Vec<State>> {
    moved_all(app, tx, moves, None).await
}

/// Locks the row that was seen until the transaction ends; [`Refusal::ChangedMeanwhile`] when it is another by now.
pub async fn lock(tx: &mut Tx, seen: &Application) -> Result<()> {
    if store::lock_row(tx, seen).await? {
        Ok(())
    } else {
        Err(Refusal::ChangedMeanwhile.into())
    }
}

/// Locks many rows until the transaction ends, in the order of their ids as everybody does who moves several; gives the
/// ids of those that still are as they were seen.
pub async fn lock_all(app: &App, tx: &mut Tx, seen: &[&Application]) -> Result<HashSet<String>> {
    let ids: Vec<&str> = seen.iter().map(|seen| seen.id.as_str()).collect();
    let now: HashMap<String, i64> = store::lock_rows(tx, app.db.kind(), &ids)
        .await?
        .into_iter()
        .collect();
    let same = seen
        .iter()
        .filter(|seen| now.get(&seen.id) == Some(&seen.version));
    Ok(same.map(|seen| seen.id.clone()).collect())
}

async fn moved(app: &App, tx: &mut Tx, seen: &Application, to: Move<'_>, seq: Option<i64>) -> Result<State> {
    let states = moved_all(app, tx, &[(seen, to)], seq).await?;
    Ok(states.into_iter().next().unwrap_or(seen.state))
}

async fn moved_all(
    app: &App,
    tx: &mut Tx,
    moves: &[(&Application, Move<'_>)],
    seq: Option<i64>,
) -> Result<Vec<State>> {
    let now = app.now();
    let mut states = Vec::with_capacity(moves.len());
    // Rows that become the same are written by one statement.
    let mut alike: Vec<(State, &Move<'_>, Vec<&Application>)> = Vec::new();
    for (seen, to) in moves {
        let state = super::states::next(seen.state, to.event)?;
        states.push(state);
        match alike
            .iter_mut()
            .find(|(then, other, _)| *then == state && other.writes_as(to))
        {
            Some((_, _, rows)) => rows.push(*seen),
            None => alike.push((state, to, vec![*seen])),
        }
    }
    for (state, to, rows) in &alike {
        if store::move_rows(tx, rows, *state, to, seq, now).await? != rows.len() as u64 {
            return Err(Refusal::ChangedMeanwhile.into());
        }
    }
    for (seen, to) in moves {
        if to.event.submits() {
            store::put_keys(tx, seen).await?;
        }
    }
    follow(app, tx, moves, &states, now).await?;
    Ok(states)
}

/// What follows every move: a line of the timeline, one of the audit trail, and the outbox's job that tells people.
async fn follow(
    app: &App,
    tx: &mut Tx,
    moves: &[(&Application, Move<'_>)],
    states: &[State],
    now: Time,
) -> Result<()> {
    let acts: Vec<String> = moves
        .iter()
        .map(|(_, to)| format!("application.{}", to.event))
        .collect();
    let (mut events, mut lines, mut jobs) = (Vec::new(), Vec::new(), Vec::new());
    for (((seen, to), state), act) in moves.iter().zip(states).zip(&acts) {
        let event_id = app.id();
        jobs.push((app.id(), json!({ "event": event_id })));
        events.push((event_id, seen.id.as_str(), to, *state));
        lines.push(Line {
            actor: to.actor,
            act,
            subject: ("application", &seen.id),
            detail: json!({ "state": state, "step": to.step, "version": seen.version + 1 }),
        });
    }
    store::insert_events(tx, &events, now).await?;
    audit::record_all(tx, &app.entropy, now, lines).await?;
    outbox::enqueue_all(tx, EVENT_JOB, &jobs, now).await?;
    Ok(())
}

/// The outbox job that follows each event; its payload is `{"event": events.id}`.
pub const EVENT_JOB: &str = "application_event";

/// An event, as the reaction to it needs it.
#[derive(Debug, Clone)]
pub struct Happened {
    /// The event's id.
    pub id: String,
    /// What happened.
    pub event: Event,
    /// To which application.
    pub application_id: String,
    /// The union that acted.
    pub union_id: Option<String>,
    /// Words for the worker.
    pub note: String,
    /// When.
    pub at: Time,
}

/// An event by id.
pub async fn event(app: &App, id: &str) -> Result<Option<Happened>> {
    store::event(app, id).await
}
