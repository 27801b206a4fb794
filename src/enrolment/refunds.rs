//! Giving up: before paying by cancelling, afterwards by leaving, with what the agreed rules give back. The rule
//! decides at once; nobody has to be asked for what was agreed.

use super::moves::{self, Enrolment};
use super::states::{Event, State};
use super::{Term, paying, store};
use crate::app::App;
use crate::audit::Actor;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{Fen, Refusal};
use crate::payment::{self, Order, RefundCause, RefundRequest, RefundState};

/// Gives up a seat that is not paid: the order is closed at WeChat Pay first.
///
/// Errors: [`Refusal::PaymentPaid`] when it was paid a moment ago; [`Refusal::EnrolmentNotThere`]; [`Refusal::PaymentAway`].
pub async fn cancel(app: &App, worker_id: &str, id: &str) -> Result<()> {
    let enrolment = moves::own(app, worker_id, id).await?;
    if enrolment.state != State::Held {
        return Err(Refusal::EnrolmentNotThere.into());
    }
    let by = Actor::Worker(worker_id.to_owned());
    let first = store::terms(app, id).await?.into_iter().next();
    if let Some(order) = first.and_then(|term| term.order_id) {
        match payment::cancel(app, &order, &by).await {
            Err(Error::Refused(Refusal::PaymentPaid)) => {
                paying::settled(app, &order).await?;
                return Err(Refusal::PaymentPaid.into());
            }
            other => drop(other?),
        }
    }
    let mut tx = app.db.write().await?;
    // The word that the order is closed may have come first: the seat is free either way.
    match moves::apply(app, &mut tx, &enrolment, &by, Event::Cancelled, "").await {
        Err(Error::Refused(Refusal::EnrolmentNotThere)) => Ok(()),
        other => {
            other?;
            tx.commit().await?;
            Ok(())
        }
    }
}

/// What leaving now would bring: the paid instalments and what of each is given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prospect {
    /// In percent of what was paid.
    pub percent: i64,
    /// What was paid.
    pub paid: Fen,
    /// What comes back.
    pub back: Fen,
}

/// Whether one can leave now.
pub fn may_leave(enrolment: &Enrolment) -> bool {
    matches!(enrolment.state, State::Paid | State::Admitted)
}

/// What leaving would bring at this moment.
pub async fn prospect(app: &App, enrolment: &Enrolment) -> Result<Prospect> {
    let terms = store::terms(app, &enrolment.id).await?;
    let paid: Vec<&Term> = terms.iter().filter(|term| term.paid_at.is_some()).collect();
    let back = |term: &&Term| enrolment.refunds.of(term.fen, enrolment.entry, app.now()).0;
    Ok(Prospect {
        percent: enrolment.refunds.percent(enrolment.entry, app.now()),
        paid: Fen(paid.iter().map(|term| term.fen.0).sum()),
        back: Fen(paid.iter().map(back).sum()),
    })
}

/// Leaves: the seat is free, and what the rules give back is on its way. `seen_back` is what the worker was shown.
///
/// Errors: [`Refusal::RefundNotNow`]; [`Refusal::EnrolmentNotThere`] when the sum is another one by now.
pub async fn leave(app: &App, worker_id: &str, id: &str, seen_back: Fen, reason: &str) -> Result<State> {
    let enrolment = moves::own(app, worker_id, id).await?;
    if !may_leave(&enrolment) {
        return Err(Refusal::RefundNotNow.into());
    }
    let prospect = prospect(app, &enrolment).await?;
    if prospect.back != seen_back {
        return Err(Refusal::EnrolmentNotThere.into());
    }
    let by = Actor::Worker(worker_id.to_owned());
    let mut tx = app.db.write().await?;
    let state = end(app, &mut tx, &enrolment, &by, reason).await?;
    tx.commit().await?;
    Ok(state)
}

/// Ends by the agreed rules, whoever says so: the worker who leaves, or the provider who reports it.
pub(super) async fn end(
    app: &App,
    tx: &mut Tx,
    enrolment: &Enrolment,
    by: &Actor,
    reason: &str,
) -> Result<State> {
    let now = app.now();
    let back = |term: &Term| enrolment.refunds.of(term.fen, enrolment.entry, now);
    let terms = store::terms_in(tx, &enrolment.id).await?;
    let mut paid = terms.iter().filter(|term| term.paid_at.is_some());
    if paid.all(|term| back(term).0 == 0) {
        return moves::apply(app, tx, enrolment, by, Event::Left, reason).await;
    }
    let state = moves::apply(app, tx, enrolment, by, Event::RefundAsked, reason).await?;
    give_back(app, tx, enrolment, by, back).await?;
    Ok(state)
}

/// The provider does not admit: all of it goes back, within the caller's transaction.
pub(super) async fn decline(
    app: &App,
    tx: &mut Tx,
    enrolment: &Enrolment,
    by: &Actor,
    reason: &str,
) -> Result<()> {
    moves::apply(app, tx, enrolment, by, Event::Declined, reason).await?;
    give_back(app, tx, enrolment, by, |term| term.fen).await
}

async fn give_back(
    app: &App,
    tx: &mut Tx,
    enrolment: &Enrolment,
    by: &Actor,
    amount: impl Fn(&Term) -> Fen,
) -> Result<()> {
    for term in store::terms_in(tx, &enrolment.id).await? {
        let (Some(order), Some(_)) = (&term.order_id, term.paid_at) else {
            continue;
        };
        let fen = amount(&term);
        if fen.0 > 0 {
            ask(app, tx, enrolment, term.no, (order, fen), by).await?;
        }
    }
    Ok(())
}

fn request<'a>(order: &'a str, key: &'a str, amount: Fen, actor: &'a Actor) -> RefundRequest<'a> {
    RefundRequest {
        order,
        key,
        amount,
        reason: "退学退费",
        actor,
    }
}

/// A refund that WeChat Pay closed is asked for again by itself so often; then it is for people.
const ASKED_AGAIN: usize = 3;

/// Asks again for a refund that WeChat Pay closed. Bears being told twice: one that is under way stops it.
pub(super) async fn ask_again(app: &App, enrolment: &Enrolment, term: i64, order: &Order) -> Result<()> {
    let asked = payment::refunds(app, &order.id).await?;
    let asked = asked
        .iter()
        .filter(|refund| refund.cause == RefundCause::Requested);
    let closed: Vec<_> = asked.clone().filter(|r| r.state == RefundState::Closed).collect();
    let terms = store::terms(app, &enrolment.id).await?;
    let owed = terms.iter().any(|one| one.no == term && one.refund.0 > 0);
    match closed.last() {
        Some(last) if owed && closed.len() == asked.count() && closed.len() <= ASKED_AGAIN => {
            payment::replace(app, &last.id, &Actor::System).await.map(drop)
        }
        _ => Ok(()),
    }
}

async fn ask(
    app: &App,
    tx: &mut Tx,
    enrolment: &Enrolment,
    term: i64,
    (order, amount): (&str, Fen),
    actor: &Actor,
) -> Result<()> {
    let key = format!("term-{term}");
    payment::refund_in(app, tx, &request(order, &key, amount, actor)).await?;
    Ok(store::ask_back(tx, &enrolment.id, term, amount).await?)
}

/// An instalment that was paid when the enrolment had ended already goes back whole.
pub(super) async fn stray(
    app: &App,
    tx: &mut Tx,
    enrolment: &Enrolment,
    term: i64,
    order: &Order,
) -> Result<()> {
    let by = Actor::System;
    moves::apply(
        app,
        tx,
        enrolment,
        &by,
        Event::MoneyReturns,
        "这份报读已经结束，这一期学费原路退回",
    )
    .await?;
    ask(app, tx, enrolment, term, (&order.id, order.amount), &by).await
}
