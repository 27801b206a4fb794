//! The enrolment itself, and the one way to move it: row, seat, timeline, audit line and outbox in one transaction.

use super::states::{self, Event, State};
use super::{Level, RefundRules, StudyForm, store};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{Fen, Refusal, Time, code, text};
use crate::outbox;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The outbox job that follows each event: `{"event": enrolment_events.id}`.
pub const EVENT_JOB: &str = "enrolment_event";

/// The basic data of an enrolment, sealed in its row.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Basics {
    /// Name.
    pub name: String,
    /// ID number.
    pub id_number: String,
    /// Phone.
    pub phone: String,
    /// Employer.
    pub employer: String,
    /// 联系地址, where books are sent.
    pub address: String,
    /// 现有学历, one of [`crate::account::profile::EDUCATIONS`].
    pub education: String,
}

/// No personal data in a log.
impl std::fmt::Debug for Basics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Basics(****)")
    }
}

/// An enrolment as it was when read.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// Id.
    pub id: String,
    /// 报读编号.
    pub number: String,
    /// Whose.
    pub worker_id: String,
    /// The program.
    pub program_id: String,
    /// The entry date's seats.
    pub intake_id: String,
    /// The provider.
    pub provider_id: String,
    /// Where it stands.
    pub state: State,
    /// Since when.
    pub since: Time,
    /// The worker's name.
    pub applicant: String,
    /// Opened by [`Enrolment::basics`].
    pub basics_sealed: String,
    /// 院校, as agreed.
    pub institution: String,
    /// 专业, as agreed.
    pub major: String,
    /// 学历层次, as agreed.
    pub level: Level,
    /// 学习形式, as agreed.
    pub form: StudyForm,
    /// 入学时间, as agreed.
    pub entry: NaiveDate,
    /// The whole tuition, as agreed.
    pub fee: Fen,
    /// The rules of refund, as agreed.
    pub refunds: RefundRules,
    /// Until when the seat is held for paying.
    pub held_until: Time,
    /// When the first instalment was paid.
    pub paid_at: Option<Time>,
    /// When it was begun.
    pub created_at: Time,
    /// Counts its changes.
    pub version: i64,
}

impl Enrolment {
    /// The basic data.
    pub fn basics(&self, app: &App) -> Result<Basics> {
        open_basics(app, &self.basics_sealed)
    }

    /// "机电一体化技术（大专）".
    pub fn title(&self) -> String {
        format!("{}（{}）", self.major, self.level)
    }
}

/// One instalment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// From 1.
    pub no: i64,
    /// How much.
    pub fen: Fen,
    /// When it is due.
    pub due: NaiveDate,
    /// The payment order that is to pay it, or did.
    pub order_id: Option<String>,
    /// When it was paid.
    pub paid_at: Option<Time>,
    /// What was asked back of it.
    pub refund: Fen,
    /// When that was back.
    pub refunded_at: Option<Time>,
}

const PLACE: &str = "enrolments.basics";

/// Seals basic data for a row.
pub fn seal_basics(app: &App, basics: &Basics) -> String {
    // Six texts always become JSON.
    app.seal(PLACE, &serde_json::to_string(basics).unwrap_or_default())
}

/// Opens them again.
pub fn open_basics(app: &App, sealed: &str) -> Result<Basics> {
    let json = app.sealer.open_text(PLACE, sealed)?;
    Ok(serde_json::from_str(&json).map_err(anyhow::Error::from)?)
}

/// Moves the enrolment within the caller's transaction; a seat it does not hold any more is free at once. The row comes
/// before the seats' row: whoever takes a new seat takes it before its own row is there, so nobody waits in a circle.
///
/// Errors: what [`states::next`] refuses; [`Refusal::EnrolmentNotThere`] when it is no longer the one that was seen.
pub async fn apply(
    app: &App,
    tx: &mut Tx,
    seen: &Enrolment,
    by: &Actor,
    event: Event,
    note: &str,
) -> Result<State> {
    apply_for(app, tx, seen, by, event, (note, None)).await
}

/// [`apply`] once for each `cause`, a job that may run twice.
pub(super) async fn apply_once(
    app: &App,
    tx: &mut Tx,
    seen: &Enrolment,
    event: Event,
    note: &str,
    cause: &str,
) -> Result<()> {
    if store::has_caused(tx, cause).await? {
        return Ok(());
    }
    let line = (note, Some(cause));
    apply_for(app, tx, seen, &Actor::System, event, line)
        .await
        .map(drop)
}

async fn apply_for(
    app: &App,
    tx: &mut Tx,
    seen: &Enrolment,
    by: &Actor,
    event: Event,
    line: (&str, Option<&str>),
) -> Result<State> {
    let state = states::next(seen.state, event)?;
    let now = app.now();
    if !store::move_row(tx, seen, state, event, now).await? {
        return Err(Refusal::EnrolmentNotThere.into());
    }
    if seen.state.holds_seat() && !state.holds_seat() {
        store::release_seat(tx, &seen.intake_id).await?;
    }
    follow(app, tx, &seen.id, by, (event, state), line).await?;
    Ok(state)
}

/// What follows every move: a line of the timeline, one of the trail, and the job that tells people.
pub(super) async fn follow(
    app: &App,
    tx: &mut Tx,
    id: &str,
    by: &Actor,
    (event, state): (Event, State),
    line: (&str, Option<&str>),
) -> Result<()> {
    let (now, event_id) = (app.now(), app.id());
    store::insert_event(tx, &event_id, id, (event, state), line, now).await?;
    let act = format!("enrolment.{event}");
    let line = Line {
        actor: by,
        act: &act,
        subject: ("enrolment", id),
        detail: json!({ "state": state }),
    };
    audit::record(tx, &app.entropy, now, line).await?;
    outbox::enqueue(tx, &app.id(), EVENT_JOB, &json!({ "event": event_id }), now, None).await?;
    Ok(())
}

/// A line of the timeline.
#[derive(Debug, Clone)]
pub struct Happened {
    /// Its id.
    pub id: String,
    /// Of which enrolment.
    pub enrolment_id: String,
    /// What.
    pub event: Event,
    /// Words for the worker; may be empty.
    pub note: String,
    /// When.
    pub at: Time,
}

/// An event by id, for the reaction to it.
pub async fn event(app: &App, id: &str) -> Result<Option<Happened>> {
    store::event(app, id).await
}

/// The timeline, the oldest first.
pub async fn timeline(app: &App, enrolment_id: &str) -> Result<Vec<Happened>> {
    store::events(app, enrolment_id).await
}

/// An enrolment by id, whoever it belongs to; the caller answers for the right to see it.
pub async fn find(app: &App, id: &str) -> Result<Enrolment> {
    store::enrolment(app, id).await?.ok_or(Error::NotFound)
}

/// An enrolment by its number, however it is typed; the caller answers for the right to see it.
pub async fn by_number(app: &App, number: &str) -> Result<Option<Enrolment>> {
    let plain = text::plain(number).trim().to_uppercase().replace('-', "");
    match code::grouped(&plain) {
        Some(number) => store::enrolment_by_number(app, &number).await,
        None => Ok(None),
    }
}

/// The worker's own, or [`Error::NotFound`].
pub async fn own(app: &App, worker_id: &str, id: &str) -> Result<Enrolment> {
    store::enrolment(app, id)
        .await?
        .filter(|e| e.worker_id == worker_id)
        .ok_or(Error::NotFound)
}

/// The worker's, the newest first.
pub async fn of_worker(app: &App, worker_id: &str) -> Result<Vec<Enrolment>> {
    store::of_worker(app, worker_id).await
}

/// The instalments in order.
pub async fn terms(app: &App, enrolment_id: &str) -> Result<Vec<Term>> {
    store::terms(app, enrolment_id).await
}
