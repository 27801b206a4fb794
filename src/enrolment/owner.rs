//! Whose an enrolment is when accounts are joined or closed (R-11, R-34, docs/privacy.md). Within the transaction of
//! `application::joining` and `application::leaving`, after the account's row was closed: [`super::enrol`] locks the open
//! account's row, so nothing new is begun under it.

use super::moves::{self, Basics, Enrolment};
use super::store;
use crate::app::App;
use crate::db::Tx;
use crate::error::{Result, is_unique_violation};
use crate::kernel::Refusal;

/// Whether an enrolment stands in the way of leaving, for the page that asks.
pub async fn is_bound(app: &App, worker_id: &str) -> Result<bool> {
    let all = moves::of_worker(app, worker_id).await?;
    Ok(all.iter().any(|enrolment| enrolment.state.is_unsettled()))
}

/// Errors: [`Refusal::LeaveEnrolmentFirst`] while a seat is held, money is under way, or the worker studies.
pub async fn may_leave(tx: &mut Tx, worker_id: &str) -> Result<()> {
    let all = store::of_worker_in(tx, worker_id).await?;
    match all.into_iter().find(|enrolment| enrolment.state.is_unsettled()) {
        Some(Enrolment { number, .. }) => Err(Refusal::LeaveEnrolmentFirst { number }.into()),
        None => Ok(()),
    }
}

/// Gives all of one account's to another. Errors: [`Refusal::JoinBothEnrolled`] when both hold what one may hold once.
pub async fn hand_over(app: &App, tx: &mut Tx, from: &str, into: &str) -> Result<()> {
    if let Some(number) = store::in_the_way(tx, from, into).await? {
        return Err(Refusal::JoinBothEnrolled { number }.into());
    }
    match store::hand_over(tx, from, into, app.now()).await {
        Err(error) if is_unique_violation(&error) => Err(Refusal::ChangedMeanwhile.into()),
        other => Ok(other?),
    }
}

/// Blanks what names the person. Where money moved, name and ID number stay with the voucher.
pub async fn erase(app: &App, tx: &mut Tx, worker_id: &str) -> Result<()> {
    for enrolment in store::of_worker_in(tx, worker_id).await? {
        let (applicant, kept) = kept(app, &enrolment)?;
        let sealed = moves::seal_basics(app, &kept);
        store::blank(tx, &enrolment.id, &applicant, &sealed, app.now()).await?;
    }
    Ok(store::forget_typed(tx, worker_id).await?)
}

fn kept(app: &App, enrolment: &Enrolment) -> Result<(String, Basics)> {
    if enrolment.paid_at.is_none() {
        return Ok((String::new(), Basics::default()));
    }
    let Basics { name, id_number, .. } = enrolment.basics(app)?;
    let basics = Basics {
        name,
        id_number,
        ..Basics::default()
    };
    Ok((enrolment.applicant.clone(), basics))
}
