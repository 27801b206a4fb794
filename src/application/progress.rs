//! Where an application stands, for whoever may see it: the dated timeline, the steps, the place.

use super::states::{Event, State};
use super::{Application, drafts, store};
use crate::app::App;
use crate::campaign::{self, Intake};
use crate::error::Result;
use crate::kernel::Time;
use crate::union::tree;

/// A line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineLine {
    /// When.
    pub at: Time,
    /// What happened.
    pub event: Event,
    /// The union that acted, by name.
    pub by: Option<String>,
    /// Its words.
    pub note: String,
}

/// A step of the review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The union.
    pub union: String,
    /// Passed, here, or yet to come.
    pub state: StepState,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// Passed.
    Done,
    /// It is here now.
    Current,
    /// Yet to come.
    Ahead,
    /// Passed over: nobody reviews there.
    Skipped,
    /// It ended the application.
    Rejected,
}

/// What a worker has to mend (R-22, ux.md).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The officer's words.
    pub reason: String,
    /// Names of the fields and documents, by the officer's choice.
    pub items: Vec<String>,
    /// Until when; the place is kept that long.
    pub until: Time,
}

/// Everything about the state of one application.
#[derive(Debug, Clone)]
pub struct Progress {
    /// The application.
    pub application: Application,
    /// Its intake, for the dates.
    pub intake: Intake,
    /// Who reviews, in order; empty before a union is chosen.
    pub steps: Vec<Step>,
    /// What happened, oldest first.
    pub timeline: Vec<TimelineLine>,
    /// Position on the waiting list, from 1.
    pub waiting_position: Option<i64>,
    /// When the waiting ends, for who waits: with the campaign's last review window (ADR 0028).
    pub waiting_ends: Option<Time>,
    /// The unit's name.
    pub unit: Option<String>,
    /// Who holds it now, by name.
    pub holder: Option<String>,
    /// What is to be mended, while returned.
    pub correction: Option<Correction>,
}

impl Progress {
    /// How many times the worker will still be told of a move, if all goes well: a step each, the promotion from the
    /// waiting list, the correction that is submitted again.
    pub fn moves_ahead(&self) -> usize {
        let state = self.application.state;
        if state.is_over() {
            return 0;
        }
        let steps = self.steps.iter();
        let steps = steps.filter(|step| matches!(step.state, StepState::Current | StepState::Ahead));
        let again = state == State::Returned || state.is_recalled();
        steps.count() + usize::from(state.waits()) + usize::from(again)
    }
}

/// The progress of an application; the caller answers for the right to see it.
pub async fn of(app: &App, application: Application) -> Result<Progress> {
    let intake = campaign::intake(app, &application.intake_id).await?;
    let chain = match &application.union_id {
        Some(id) => tree::review_chain(app, id).await?,
        None => Vec::new(),
    };
    let timeline = store::timeline(app, &application.id).await?;
    let steps = chain.iter().enumerate().map(|(i, union)| Step {
        union: union.name.clone(),
        state: step_state(&application, i, &timeline, &union.name),
    });
    let steps = steps.collect();
    let waiting_position = waiting_position(app, &application).await?;
    let waiting_ends = match application.state.waits() {
        true => campaign::intakes::waiting_ends(app, &application.campaign_id).await?,
        false => None,
    };
    let unit = match &application.unit_id {
        Some(id) => Some(tree::find(app, id).await?.name),
        None => None,
    };
    let holder = chain
        .iter()
        .find(|union| {
            application.state == State::InReview && Some(&union.id) == application.holder_id.as_ref()
        })
        .map(|union| union.name.clone());
    let correction = correction(app, &application, &intake).await?;
    Ok(Progress {
        application,
        intake,
        steps,
        timeline,
        waiting_position,
        waiting_ends,
        unit,
        holder,
        correction,
    })
}

impl Progress {
    /// Whether its turn came after its own review window, and nobody has acted since (ADR 0028).
    pub fn is_carried_over(&self) -> bool {
        self.timeline
            .last()
            .is_some_and(|line| line.event == Event::CarriedOver)
    }

    /// How the waiting goes on and when it ends, in words (R-20, ADR 0028).
    pub fn waits_for(&self) -> String {
        let ends = self.waiting_ends.map_or_else(String::new, |ends| {
            let until = ends.deadline_text();
            format!("本批次审核结束后空出的名额，转入当年下一批次审核；{until} 当年审核结束，候补随之结束。")
        });
        format!("有名额空出时，按提交先后自动递补，不用重新提交。{ends}")
    }

    /// Into which intake it was carried over and when it is decided there, in words.
    pub fn carried_over(&self) -> String {
        let from = self.intake.review.from.day_text();
        format!("转入{}，{from}起审核，不用重新提交", self.intake.label())
    }

    /// Why it ended by time alone, in words.
    pub fn expired_for(&self) -> &str {
        let last = self.timeline.last().filter(|line| line.event == Event::Expired);
        last.map(|line| line.note.as_str())
            .filter(|why| !why.is_empty())
            .unwrap_or("超过期限")
    }
}

/// Position on the unit's waiting list, from 1; `None` for who does not wait.
async fn waiting_position(app: &App, application: &Application) -> Result<Option<i64>> {
    let waits = application.state.waits();
    Ok(match (application.seq, &application.unit_id) {
        (Some(seq), Some(unit)) if waits => {
            Some(store::waiting_position(app, &application.campaign_id, unit, seq).await?)
        }
        _ => None,
    })
}

fn step_state(application: &Application, step: usize, timeline: &[TimelineLine], union: &str) -> StepState {
    let acted = |events: &[Event]| {
        timeline
            .iter()
            .any(|line| line.by.as_deref() == Some(union) && events.contains(&line.event))
    };
    match application.state {
        State::Draft | State::Waitlisted | State::Recalled | State::RecalledWaiting => StepState::Ahead,
        State::InReview | State::Returned if step == application.step => StepState::Current,
        // Sent back or recalled: what stood above has to pass it again.
        State::InReview | State::Returned if step > application.step => StepState::Ahead,
        State::Rejected if acted(&[Event::Rejected]) => StepState::Rejected,
        _ if acted(&[Event::Passed, Event::Approved]) => StepState::Done,
        _ if step < application.step => StepState::Skipped,
        _ => StepState::Ahead,
    }
}

async fn correction(app: &App, application: &Application, intake: &Intake) -> Result<Option<Correction>> {
    if application.state != State::Returned {
        return Ok(None);
    }
    let reason = store::last_reason(app, &application.id).await?;
    let items = match drafts::editable(app, application).await? {
        drafts::Editable::Only(items) => items,
        _ => Vec::new(),
    };
    Ok(Some(Correction {
        reason,
        items,
        until: intake.review.until,
    }))
}

/// What a live page follows: changes whenever the page of this worker's application would. Holds nothing personal.
pub async fn stamp(app: &App, worker_id: &str) -> Result<Stamp> {
    match super::latest_of(app, worker_id).await? {
        Some(application) => stamp_now(app, application).await,
        None => Ok(Stamp::default()),
    }
}

/// The stamp of one of the worker's applications.
///
/// Errors: [`Error::NotFound`](crate::error::Error::NotFound) for another's.
pub async fn stamp_by_id(app: &App, worker_id: &str, id: &str) -> Result<Stamp> {
    stamp_now(app, super::own(app, worker_id, id).await?).await
}

async fn stamp_now(app: &App, application: Application) -> Result<Stamp> {
    Ok(Stamp {
        text: stamp_text(&application, waiting_position(app, &application).await?),
        application_id: Some(application.id.clone()),
        unit_id: application.unit_id.filter(|_| application.state.waits()),
    })
}

/// The stamp of a progress that is at hand.
pub fn stamp_of(progress: &Progress) -> String {
    stamp_text(&progress.application, progress.waiting_position)
}

/// The row's version, and the place in the waiting list, which others move.
fn stamp_text(application: &Application, waiting_position: Option<i64>) -> String {
    format!("{}-{}", application.version, waiting_position.unwrap_or(0))
}

/// A stamp, and what may change it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamp {
    /// "7-0"; empty before anything is begun.
    pub text: String,
    /// The application it speaks of.
    pub application_id: Option<String>,
    /// The unit in whose waiting list it stands, if it waits: others' moves there change its position.
    pub unit_id: Option<String>,
}

/// A move of any application, as live pages follow them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The event's id: sorts by time of making.
    pub event_id: String,
    /// What happened.
    pub event: Event,
    /// The application.
    pub application_id: String,
    /// Its unit.
    pub unit_id: Option<String>,
}

impl Moved {
    /// Whether it can shift those who wait behind it.
    pub fn shifts_the_line(&self) -> bool {
        matches!(
            self.event,
            Event::Promoted | Event::CarriedOver | Event::Withdrawn | Event::Expired
        )
    }
}

/// The moves whose events were made at or after `since`, oldest first, at most `limit`. Every process sees all of
/// them; an event becomes visible a little after the time in its id, so callers look back a while and skip what they
/// have seen.
pub async fn moved_since(app: &App, since: Time, limit: i64) -> Result<Vec<Moved>> {
    store::moved_since(app, since, limit).await
}
