//! Every state, every act, every kind of actor, over HTTP: allowed is what one table says, everything else is refused with
//! nothing changed (R-21, R-22, R-26, issue 5). Here the decisions; what stands around them in `pairs_around`. Every (state,
//! event, role) without HTTP stands in `review::rule::pairs`, the table of states and events alone in `application::states`.

use super::{Answer, Desk, officer, path};
use crate::acts::texts;
use crate::app::TestApp;
use crate::builders::{CSRF, demo_officers, street, submitted, union};
use crate::on_both_stores;
use std::fmt;
use yuanmeng::app::App;
use yuanmeng::application::states::Event;
use yuanmeng::application::{self, State};
use yuanmeng::cli::seed::UNIT;
use yuanmeng::union::{Role, Union};

/// An act at the desk: what follows the application's address, and what is posted there.
pub(super) type Posted = (&'static str, &'static [(&'static str, &'static str)]);

/// The decisions.
pub(super) const DECISIONS: [Posted; 4] = [
    ("", &[("verdict", "pass")]),
    (
        "",
        &[("verdict", "return"), ("reason", "看不清"), ("fix-receipt", "on")],
    ),
    ("", &[("verdict", "send_back"), ("reason", "请核实")]),
    (
        "",
        &[("verdict", "reject"), ("reason", "不符合"), ("confirm", "on")],
    ),
];
/// Which of them sends back.
const SEND_BACK: usize = 2;

/// How an application stands: its state and its step.
pub(super) type Standing = (State, usize);

/// Every state; in review at each step.
pub(super) fn standings() -> Vec<Standing> {
    let steps = |state: State| if state == State::InReview { 0..3 } else { 0..1 };
    let standings = State::ALL
        .iter()
        .flat_map(|state| steps(*state).map(move |step| (*state, step)));
    standings.collect()
}

/// Somebody at the officers' side.
pub(super) struct Seat<'a> {
    pub(super) id: String,
    pub(super) role: Role,
    /// Which step of the review is their union's; none in another branch.
    level: Option<usize>,
    pub(super) desk: Desk<'a>,
}

impl fmt::Display for Seat<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:?}", self.role, self.level)
    }
}

impl Seat<'_> {
    /// whether they see it at all.
    pub(super) fn sees(&self, (state, _): Standing) -> bool {
        state != State::Draft && self.level.is_some()
    }

    /// whether it is theirs to decide.
    pub(super) fn decides(&self, (state, step): Standing) -> bool {
        self.role == Role::Reviewer && state == State::InReview && self.level == Some(step)
    }

    /// Posts an act on a version of an application.
    pub(super) async fn does(&self, id: &str, posted: &Posted, version: i64) -> Answer {
        let (suffix, fields) = *posted;
        let version = version.to_string();
        let mut all = vec![("csrf", CSRF), ("version", version.as_str())];
        all.extend_from_slice(fields);
        self.desk.post(&format!("{}{suffix}", path(id)), &all).await
    }
}

/// The branch in which the application stands, and who sits around it.
pub(super) struct Branch<'a> {
    pub(super) street: Union,
    /// The unions of its steps: street, unit, centre.
    pub(super) steps: Vec<String>,
    /// First the reviewers of the steps.
    pub(super) seats: Vec<Seat<'a>>,
}

/// A reviewer at each step; finance, supervisor and administrator at the first; a reviewer of another street.
pub(super) async fn branch(test: &TestApp) -> Branch<'_> {
    let app = &test.app;
    let street = street(app).await;
    let elsewhere = union(app, &[UNIT, "文昌街道总工会"]).await;
    let (mut steps, mut seats) = (Vec::new(), Vec::new());
    for (level, one) in demo_officers(app).await.into_iter().enumerate() {
        seats.push(Seat {
            desk: Desk::of(test, &one.id).await,
            id: one.id,
            role: Role::Reviewer,
            level: Some(level),
        });
        steps.push(one.union.id);
    }
    for (union, phone, role) in [
        (&street, "13900139011", Role::Finance),
        (&street, "13900139012", Role::Supervisor),
        (&street, "13900139013", Role::Administrator),
        (&elsewhere, "13900139014", Role::Reviewer),
    ] {
        let id = officer(test, union, phone, &[role]).await;
        seats.push(Seat {
            desk: Desk::of(test, &id).await,
            id,
            role,
            level: (union.id == street.id).then_some(0),
        });
    }
    Branch { street, steps, seats }
}

/// Sets how an application stands, checked by the machine and without fault; everything else of it stays, its version too. The
/// step's union holds it in every state but a draft, so that the state alone has to refuse.
pub(super) async fn put(app: &App, branch: &Branch<'_>, id: &str, (state, step): Standing) {
    let submitted = state != State::Draft;
    let holder = submitted.then(|| branch.steps[step].as_str());
    let sql = "UPDATE applications SET state = $1, step = $2, holder_id = $3, flagged = 0, checked_at = 1, \
               submitted_at = CASE WHEN $4 = 1 THEN COALESCE(submitted_at, since) ELSE NULL END WHERE id = $5";
    let mut tx = app.db.write().await.unwrap();
    sqlx::query(sql)
        .bind(state.as_str())
        .bind(step as i64)
        .bind(holder)
        .bind(i64::from(submitted))
        .bind(id)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// What every move changes.
#[derive(Debug, PartialEq)]
pub(super) struct Stands {
    pub(super) state: State,
    pub(super) step: usize,
    pub(super) holder: Option<String>,
    pub(super) version: i64,
}

pub(super) async fn stands(app: &App, id: &str) -> Stands {
    let of = application::find(app, id).await.unwrap();
    Stands {
        state: of.state,
        step: of.step,
        holder: of.holder_id,
        version: of.version,
    }
}

/// Which events happened to an application, each with the kind of actor that brought it about, by the trail.
pub(super) async fn brought_about(app: &App, id: &str) -> Vec<String> {
    let sql = "SELECT DISTINCT actor_kind || ' ' || act FROM audit WHERE subject_id = $1 AND act LIKE 'application.%'";
    let lines = texts(app, sql, id).await;
    let events = lines.iter().filter_map(|line| {
        let (kind, event) = line.split_once(" application.")?;
        Event::parse(event).map(|event| format!("{kind} {event}"))
    });
    let mut events: Vec<String> = events.collect();
    events.sort();
    events
}

on_both_stores! {
    /// at each state and step, by the reviewer below, at and above it, by finance and supervisor at it, by an
    /// officer of another branch. Caught: `may_decide` without the role, `at_step_of` without the state or the union,
    /// `visible` without the branch, a verdict that becomes another event, a pass that skips a step.
    every_pair_over_http
}
async fn every_pair_over_http(test: &TestApp) {
    let (app, branch) = (&test.app, branch(test).await);
    let (_, id) = submitted(test, 1, &branch.street).await;
    let mut allowed = Vec::new();
    for standing in standings() {
        put(app, &branch, &id, standing).await;
        let before = stands(app, &id).await;
        for (act, posted) in DECISIONS.iter().enumerate() {
            for (who, seat) in branch.seats.iter().enumerate() {
                // The one table: whose it is to decide; nothing to send back to at the first step.
                if seat.decides(standing) && (act != SEND_BACK || standing.1 > 0) {
                    allowed.push((standing.1, act, who));
                    continue;
                }
                let answer = seat.does(&id, posted, before.version).await;
                let tried = format!("{standing:?}, act {act}, {seat}");
                let refused = matches!(answer.status, 403 | 404 | 409 | 422);
                assert!(refused, "{tried}: {}", answer.status);
                assert_eq!(stands(app, &id).await, before, "{tried}");
            }
        }
    }
    assert_eq!(brought_about(app, &id).await, ["worker submitted"]);
    // What the table allows happens, once each.
    assert_eq!(allowed.len(), 3 + 3 + 2 + 3);
    for (n, (step, act, who)) in allowed.into_iter().enumerate() {
        let (_, id) = submitted(test, n + 2, &branch.street).await;
        put(app, &branch, &id, (State::InReview, step)).await;
        let version = stands(app, &id).await.version;
        let answer = branch.seats[who].does(&id, &DECISIONS[act], version).await;
        assert_eq!(answer.status, 303, "step {step}, act {act}");
        let there = stands(app, &id).await;
        let expected = match act {
            0 if step == 2 => (State::Approved, 2),
            0 => (State::InReview, step + 1),
            1 => (State::Returned, step),
            2 => (State::InReview, step - 1),
            _ => (State::Rejected, step),
        };
        assert_eq!((there.state, there.step), expected, "step {step}, act {act}");
    }
}
