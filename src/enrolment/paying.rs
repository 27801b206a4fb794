//! Tuition and the enrolment: the order decides, the enrolment follows. A seat whose time is over is free only once
//! its order is closed at WeChat Pay, so nobody can pay for a seat that is gone; what comes later goes back by itself.

use super::enrol::{HOLD, PURPOSE, description, purpose, purpose_id};
use super::moves::{self, Enrolment};
use super::states::{Event, State};
use super::{Term, store};
use crate::app::App;
use crate::audit::Actor;
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::payment::{self, Happened, NewPayment, Order};

/// So often a move is tried when another one was quicker.
const TRIES: usize = 5;

/// What is to be paid of an enrolment now: the first unpaid instalment, with its order. Later ones get an order when
/// they are asked for, good for [`HOLD`]; a new one after that.
///
/// Errors: [`Refusal::NothingToPay`], [`Refusal::HoldOver`].
pub async fn due(app: &App, enrolment: &Enrolment) -> Result<(Term, Order)> {
    let terms = store::terms(app, &enrolment.id).await?;
    let count = terms.len();
    let term = terms
        .into_iter()
        .find(|term| term.paid_at.is_none())
        .ok_or(Refusal::NothingToPay)?;
    match enrolment.state {
        State::Held => {
            let id = term.order_id.clone().ok_or(Refusal::NothingToPay)?;
            let order = payment::order(app, &id).await?;
            if enrolment.held_until <= app.now() && order.is_open() {
                return Err(Refusal::HoldOver.into());
            }
            Ok((term, order))
        }
        State::Paid | State::Admitted if term.no > 1 => {
            let order = later(app, enrolment, &term, count).await?;
            Ok((term, order))
        }
        State::Expired => Err(Refusal::HoldOver.into()),
        _ => Err(Refusal::NothingToPay.into()),
    }
}

async fn later(app: &App, enrolment: &Enrolment, term: &Term, terms: usize) -> Result<Order> {
    let id = purpose_id(&enrolment.id, term.no);
    // One whose time is over is closed first, else it would stand in the new one's way.
    if let Some(standing) = payment::of_purpose(app, PURPOSE, &id).await?
        && standing.is_open()
        && standing.expires_at <= app.now()
    {
        payment::settle(app, &standing.id).await?;
    }
    let new = NewPayment {
        purpose_kind: PURPOSE,
        purpose_id: &id,
        description: &description(enrolment, term.no, terms),
        amount: term.fen,
        expires_at: app.now().plus(HOLD),
    };
    let mut tx = app.db.write().await?;
    let order = payment::create_in(app, &mut tx, &new).await?;
    store::set_order(&mut tx, &enrolment.id, term.no, &order.id).await?;
    tx.commit().await?;
    Ok(order)
}

/// Whether an order pays for this enrolment.
pub fn is_of(order: &Order, enrolment: &Enrolment) -> bool {
    order.purpose_kind == PURPOSE && purpose(&order.purpose_id).is_some_and(|(id, _)| id == enrolment.id)
}

/// Asks WeChat Pay how the order stands and lets the enrolment follow at once: for the page that waits.
pub async fn settled(app: &App, order_id: &str) -> Result<Order> {
    let order = payment::settle(app, order_id).await?;
    let what = match order.state {
        payment::State::Paid => Some(Happened::Paid),
        payment::State::Closed => Some(Happened::Closed),
        _ => None,
    };
    if let Some(what) = what {
        follow(app, &order, what, None).await?;
    }
    Ok(order)
}

/// The outbox job [`payment::EVENT_JOB`] of our orders, by its id. May run twice.
pub async fn happened(app: &App, order_id: &str, what: Happened, job: &str) -> Result<()> {
    let order = payment::order(app, order_id).await?;
    if order.purpose_kind != PURPOSE {
        return Ok(());
    }
    follow(app, &order, what, Some(job)).await
}

async fn follow(app: &App, order: &Order, what: Happened, job: Option<&str>) -> Result<()> {
    for _ in 0..TRIES {
        match follow_once(app, order, what, job).await {
            // Moved meanwhile: seen again.
            Err(Error::Refused(Refusal::EnrolmentNotThere)) => {}
            other => return other,
        }
    }
    Err(anyhow::anyhow!("enrolment of order {} moves again and again", order.id).into())
}

async fn follow_once(app: &App, order: &Order, what: Happened, job: Option<&str>) -> Result<()> {
    let Some((id, term)) = purpose(&order.purpose_id) else {
        return Err(anyhow::anyhow!("order {} has no enrolment's purpose", order.id).into());
    };
    let enrolment = moves::find(app, id).await?;
    match what {
        Happened::Paid => paid(app, &enrolment, term, order).await,
        Happened::Closed if term == 1 && enrolment.state == State::Held => {
            step(app, &enrolment, Event::Expired, "", job).await
        }
        // A later instalment's order that was not used: another one can be had.
        Happened::Closed => Ok(()),
        Happened::PaidLate => step(app, &enrolment, Event::MoneyReturns, "付款时名额已释放", job).await,
        Happened::PaidTwice => step(app, &enrolment, Event::MoneyReturns, "这一期学费已经缴过", job).await,
        Happened::Returned => step(app, &enrolment, Event::MoneyReturned, "", job).await,
        Happened::Refunded => back(app, &enrolment, term).await,
        Happened::RefundFailed => {
            super::refunds::ask_again(app, &enrolment, term, order).await?;
            match enrolment.state {
                State::Refunding => step(app, &enrolment, Event::RefundStuck, "", job).await,
                _ => Ok(()),
            }
        }
    }
}

async fn step(app: &App, enrolment: &Enrolment, event: Event, note: &str, job: Option<&str>) -> Result<()> {
    let mut tx = app.db.write().await?;
    match job {
        None => drop(moves::apply(app, &mut tx, enrolment, &Actor::System, event, note).await?),
        Some(job) => moves::apply_once(app, &mut tx, enrolment, event, note, job).await?,
    }
    tx.commit().await?;
    Ok(())
}

async fn paid(app: &App, enrolment: &Enrolment, term: i64, order: &Order) -> Result<()> {
    let mut tx = app.db.write().await?;
    let at = order.paid_at.unwrap_or_else(|| app.now());
    if !store::mark_paid(&mut tx, &enrolment.id, term, &order.id, at).await? {
        return Ok(()); // told before
    }
    let event = if term == 1 { Event::Paid } else { Event::TermPaid };
    let note = format!("第 {term} 期 {}", order.amount);
    match moves::apply(app, &mut tx, enrolment, &Actor::System, event, &note).await {
        // A later instalment paid while the study ended: it goes back whole.
        Err(Error::Refused(Refusal::EnrolmentNotThere))
            if term > 1 && !matches!(enrolment.state, State::Paid | State::Admitted) =>
        {
            super::refunds::stray(app, &mut tx, enrolment, term, order).await?;
        }
        other => drop(other?),
    }
    tx.commit().await?;
    Ok(())
}

/// A refund is with the worker; with the last of them the enrolment is settled.
async fn back(app: &App, enrolment: &Enrolment, term: i64) -> Result<()> {
    let mut tx = app.db.write().await?;
    // One refund after the other: two at once would each see the other's as still on its way, and neither be the last.
    if !store::lock_row(&mut tx, enrolment).await? {
        return Err(Refusal::EnrolmentNotThere.into());
    }
    if !store::mark_back(&mut tx, &enrolment.id, term, app.now()).await? {
        return Ok(());
    }
    let terms = store::terms_in(&mut tx, &enrolment.id).await?;
    let all_back = terms
        .iter()
        .all(|term| term.refund.0 == 0 || term.refunded_at.is_some());
    if all_back && enrolment.state == State::Refunding {
        let sum: i64 = terms.iter().map(|term| term.refund.0).sum();
        let note = format!("共退 {}", crate::kernel::Fen(sum));
        moves::apply(app, &mut tx, enrolment, &Actor::System, Event::Refunded, &note).await?;
    }
    tx.commit().await?;
    Ok(())
}
