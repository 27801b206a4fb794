//! Places that one unit gives to another (R-19, R-20 [ours], ADR 0020): the unit proposes, the other accepts, the city
//! approves. Nothing is set aside meanwhile: whether the places are still free is asked under the locks at the approval
//! (`application::transfers`). What is not approved ends with the application window.

use super::{Intake, places, quotas, store};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Refusal, Time, text};
use crate::outbox;
use crate::union::rights::{self, Act};
use crate::union::{Kind, Officer, Union};
use serde_json::json;

/// The outbox job of what became of a transfer; its payload is `{"transfer", "state"}`.
pub const TRANSFER_JOB: &str = "transfer_event";

crate::text_enum! {
    /// Where a transfer stands.
    pub enum State {
        /// The other unit is to answer.
        Proposed = "proposed",
        /// The city is to decide.
        Accepted = "accepted",
        /// The other unit said no.
        Refused = "refused",
        /// The places have moved.
        Approved = "approved",
        /// The city said no.
        Rejected = "rejected",
        /// Taken back by the unit that proposed it.
        Withdrawn = "withdrawn",
        /// The application window ended first.
        Expired = "expired",
    }
}

impl State {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            State::Proposed => "待对方确认",
            State::Accepted => "待市总批准",
            State::Refused => "对方未接受",
            State::Approved => "已调剂",
            State::Rejected => "市总未批准",
            State::Withdrawn => "已撤回",
            State::Expired => "已过期",
        }
    }

    /// Whether somebody still has to act.
    pub fn is_open(self) -> bool {
        matches!(self, State::Proposed | State::Accepted)
    }
}

crate::text_enum! {
    /// What is done with a transfer.
    pub enum Step {
        /// By the unit that receives.
        Accept = "accept",
        /// By the unit that receives.
        Refuse = "refuse",
        /// By the city.
        Approve = "approve",
        /// By the city.
        Reject = "reject",
        /// By the unit that gives.
        Withdraw = "withdraw",
        /// By time.
        Expire = "expire",
    }
}

/// Where a step leads. Error: [`Refusal::TransferMoved`] when it is not this step's turn.
pub fn next(state: State, step: Step) -> Result<State, Refusal> {
    match (state, step) {
        (State::Proposed, Step::Accept) => Ok(State::Accepted),
        (State::Proposed, Step::Refuse) => Ok(State::Refused),
        (State::Accepted, Step::Approve) => Ok(State::Approved),
        (State::Accepted, Step::Reject) => Ok(State::Rejected),
        (State::Proposed | State::Accepted, Step::Withdraw) => Ok(State::Withdrawn),
        (State::Proposed | State::Accepted, Step::Expire) => Ok(State::Expired),
        _ => Err(Refusal::TransferMoved { state: state.label() }),
    }
}

/// A transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Id.
    pub id: String,
    /// Its campaign.
    pub campaign_id: String,
    /// The unit that gives, by id.
    pub from_id: String,
    /// Its name.
    pub from: String,
    /// The unit that receives, by id.
    pub to_id: String,
    /// Its name.
    pub to: String,
    /// How many places.
    pub places: i64,
    /// Why, by the unit that gives.
    pub reason: String,
    /// Where it stands.
    pub state: State,
    /// Why it was refused or rejected; empty else.
    pub answer: String,
    /// The end of the application window that it depends on.
    pub until: Time,
    /// When it was proposed.
    pub created_at: Time,
    /// Since when in this state.
    pub changed_at: Time,
}

/// The sides of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The unit that gives.
    Gives,
    /// The unit that receives.
    Receives,
    /// The city.
    City,
}

impl Step {
    fn side(self) -> Option<Side> {
        match self {
            Step::Withdraw => Some(Side::Gives),
            Step::Accept | Step::Refuse => Some(Side::Receives),
            Step::Approve | Step::Reject => Some(Side::City),
            Step::Expire => None,
        }
    }
}

/// On which side of a transfer the officer's union stands; [`Error::NotFound`] for anybody else.
pub async fn side(app: &App, officer: &Officer, transfer: &Transfer) -> Result<Side> {
    let seat = rights::seat(app, officer).await?;
    match seat.kind {
        Kind::City => Ok(Side::City),
        Kind::Unit if seat.id == transfer.from_id => Ok(Side::Gives),
        Kind::Unit if seat.id == transfer.to_id => Ok(Side::Receives),
        _ => Err(Error::NotFound),
    }
}

/// A transfer, whoever asks; for messages.
pub async fn find(app: &App, id: &str) -> Result<Transfer> {
    store::transfer(app, id).await?.ok_or(Error::NotFound)
}

/// A transfer that the officer's union has to do with, and its side.
pub async fn open(app: &App, officer: &Officer, id: &str) -> Result<(Transfer, Side)> {
    rights::check(officer, Act::ManagePlaces)?;
    let transfer = find(app, id).await?;
    let side = side(app, officer, &transfer).await?;
    Ok((transfer, side))
}

/// The transfers of the officer's unit, or for the city all, the newest first.
pub async fn list(app: &App, officer: &Officer) -> Result<Vec<Transfer>> {
    rights::check(officer, Act::ManagePlaces)?;
    let seat = rights::seat(app, officer).await?;
    match seat.kind {
        Kind::City => store::transfers(app, None).await,
        Kind::Unit => store::transfers(app, Some(&seat.id)).await,
        _ => Err(Error::NotFound),
    }
}

/// How many transfers wait for the officer's union to act.
pub async fn waiting(app: &App, officer: &Officer) -> Result<usize> {
    let seat = rights::seat(app, officer).await?;
    let waits = |transfer: &&Transfer| match seat.kind {
        Kind::City => transfer.state == State::Accepted,
        _ => transfer.state == State::Proposed && transfer.to_id == seat.id,
    };
    Ok(list(app, officer).await?.iter().filter(waits).count())
}

/// What is typed to propose a transfer.
#[derive(Debug, Clone, Default)]
pub struct Typed<'a> {
    /// The unit that receives, by id.
    pub to: &'a str,
    /// How many places.
    pub places: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// The officer's own unit, for one who may act for its places.
pub fn giver(officer: &Officer) -> Result<&Union> {
    rights::check(officer, Act::ManagePlaces)?;
    match officer.union.kind {
        Kind::Unit => Ok(&officer.union),
        _ => Err(Refusal::NotAllowed.into()),
    }
}

/// The intake with whose application window a transfer of today ends: of the campaign that matters now, the first that
/// is not over.
pub async fn intake(app: &App) -> Result<Intake> {
    let current = super::current(app).await?.ok_or(Refusal::NoIntake)?;
    let all = store::intakes(app).await?.into_iter().map(|one| one.intake);
    let mut ours =
        all.filter(|intake| intake.campaign_id == current.campaign_id && app.now() <= intake.apply.until);
    ours.next().ok_or_else(|| Refusal::TransferTooLate.into())
}

/// Proposes to give places of the officer's unit to another one; gives the transfer's id. The other unit is told.
///
/// Errors: [`Refusal::NotAllowed`]; [`Refusal::TransferTooLate`]; at `to`, `places` ([`Refusal::TransferNotFree`] with
/// what is left), `reason`.
pub async fn propose(app: &App, officer: &Officer, typed: &Typed<'_>) -> Result<String> {
    let result = propose_checked(app, officer, typed).await;
    let subject = ("union", officer.union.id.as_str());
    rights::noted(app, &officer.actor(), "transfer.propose", subject, result).await
}

async fn propose_checked(app: &App, officer: &Officer, typed: &Typed<'_>) -> Result<String> {
    let giver = giver(officer)?;
    let intake = intake(app).await?;
    let units = quotas::units(app, &intake.campaign_id).await?;
    let mut errors = FieldErrors::default();
    let to = match typed.to {
        to if to == giver.id => Err(Refusal::TransferItself),
        to => units.iter().find(|unit| unit.id == to).ok_or(Refusal::NotAChoice),
    };
    let to = errors.take("to", to);
    let left = places::of_unit(app, &intake.campaign_id, &giver.id).await?;
    let left = left.map_or(0, |places| places.left());
    let count = match text::plain(typed.places).parse::<i64>() {
        Ok(count) if (1..=quotas::MOST).contains(&count) && count <= left => Ok(count),
        Ok(count) if (1..=quotas::MOST).contains(&count) => Err(Refusal::TransferNotFree { left }),
        _ => Err(Refusal::PlacesMalformed),
    };
    let count = errors.take("places", count);
    let reason = errors.take("reason", text::line(typed.reason, 2, 200));
    let (Some(to), Some(count), Some(reason)) = (to, count, reason) else {
        return Err(errors.into());
    };
    let id = app.id();
    let row = store::NewTransfer {
        id: &id,
        campaign_id: &intake.campaign_id,
        intake_id: &intake.id,
        from_id: &giver.id,
        to_id: &to.id,
        places: count,
        reason: &reason,
        officer_id: &officer.id,
        now: app.now(),
    };
    let mut tx = app.db.write().await?;
    store::insert_transfer(&mut tx, &row).await?;
    let detail = json!({ "from": giver.id, "to": to.id, "places": count });
    follow(app, &mut tx, &officer.actor(), (&id, State::Proposed), detail).await?;
    tx.commit().await?;
    Ok(id)
}

/// Accepts, refuses, rejects or takes back; [`Step::Approve`] is `application::transfers::approve`. `answer` says why,
/// where one says no.
///
/// Errors: [`Error::NotFound`] for who has nothing to do with it; [`Refusal::NotAllowed`] on the wrong side;
/// [`Refusal::TransferMoved`]; [`Refusal::TransferTooLate`]; at `answer`.
pub async fn take(app: &App, officer: &Officer, id: &str, step: Step, answer: &str) -> Result<()> {
    let result = take_checked(app, officer, id, step, answer).await;
    let act = format!("transfer.{step}");
    rights::noted(app, &officer.actor(), &act, ("transfer", id), result).await
}

async fn take_checked(app: &App, officer: &Officer, id: &str, step: Step, answer: &str) -> Result<()> {
    let transfer = begin(app, officer, id, step).await?;
    if step == Step::Approve {
        return Err(Refusal::MalformedRequest.into());
    }
    let answer = match step {
        Step::Refuse | Step::Reject => {
            let answer = text::line(answer, 2, 200);
            answer.map_err(|refusal| Error::from(FieldErrors::one("answer", refusal)))?
        }
        _ => String::new(),
    };
    let mut tx = app.db.write().await?;
    settle(app, &mut tx, &officer.actor(), &transfer, (step, &answer)).await?;
    tx.commit().await?;
    Ok(())
}

/// What an officer is about to take a step with, the step being theirs and possible as far as can be seen.
pub async fn begin(app: &App, officer: &Officer, id: &str, step: Step) -> Result<Transfer> {
    let (transfer, side) = open(app, officer, id).await?;
    if step.side() != Some(side) {
        return Err(Refusal::NotAllowed.into());
    }
    next(transfer.state, step)?;
    if app.now() > transfer.until {
        return Err(Refusal::TransferTooLate.into());
    }
    Ok(transfer)
}

/// Takes the step within the caller's transaction; of two at the same moment one finds that it has moved.
pub async fn settle(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    seen: &Transfer,
    (step, answer): (Step, &str),
) -> Result<()> {
    let state = next(seen.state, step)?;
    let officer_id = match actor {
        Actor::Officer(id) => Some(id.as_str()),
        _ => None,
    };
    let moved = store::Moved {
        id: &seen.id,
        from: seen.state,
        to: state,
        answer,
        officer_id,
        now: app.now(),
    };
    if !store::move_transfer(tx, &moved).await? {
        let now = store::transfer_state(tx, &seen.id).await?;
        let state = now.and_then(|state| State::parse(&state)).unwrap_or(seen.state);
        return Err(Refusal::TransferMoved { state: state.label() }.into());
    }
    let detail = json!({ "from": seen.from_id, "to": seen.to_id, "places": seen.places });
    follow(app, tx, actor, (&seen.id, state), detail).await
}

/// A line of the trail, and the job that tells people.
async fn follow(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    (id, state): (&str, State),
    detail: serde_json::Value,
) -> Result<()> {
    let act = format!("transfer.{state}");
    let line = Line {
        actor,
        act: &act,
        subject: ("transfer", id),
        detail,
    };
    audit::record(tx, &app.entropy, app.now(), line).await?;
    let payload = json!({ "transfer": id, "state": state });
    outbox::enqueue(tx, &app.id(), TRANSFER_JOB, &payload, app.now(), None).await?;
    Ok(())
}

/// Ends what was not approved before its application window ended; gives how many.
pub async fn expire_due(app: &App) -> Result<usize> {
    let mut ended = 0;
    for transfer in store::overdue_transfers(app, app.now()).await? {
        let mut tx = app.db.write().await?;
        match settle(app, &mut tx, &Actor::System, &transfer, (Step::Expire, "")).await {
            Ok(()) => {
                tx.commit().await?;
                ended += 1;
            }
            // Another process, or the officer in the last moment: nothing to do any more.
            Err(Error::Refused(Refusal::TransferMoved { .. })) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every (state, step) pair: what is over stays over, the city decides only what was accepted.
    #[test]
    fn each_step_has_its_turn() {
        use State as S;
        for state in State::ALL {
            for step in Step::ALL {
                let to = match (state, step) {
                    (S::Proposed, Step::Accept) => Some(S::Accepted),
                    (S::Proposed, Step::Refuse) => Some(S::Refused),
                    (S::Accepted, Step::Approve) => Some(S::Approved),
                    (S::Accepted, Step::Reject) => Some(S::Rejected),
                    (S::Proposed | S::Accepted, Step::Withdraw) => Some(S::Withdrawn),
                    (S::Proposed | S::Accepted, Step::Expire) => Some(S::Expired),
                    _ => None,
                };
                assert_eq!(next(*state, *step).ok(), to, "{state} {step}");
                assert!(state.is_open() || to.is_none());
            }
        }
    }
}
