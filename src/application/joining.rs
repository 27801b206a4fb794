//! Two accounts become one: one person is one worker whatever the door. Only after the other account's phone is
//! proven, and only when one of the two at most has applied: whose application would go on is for people to decide.

use super::store;
use crate::account::workers::at_field;
use crate::account::{Worker, merging, sms_code, workers};
use crate::app::App;
use crate::enrolment::owner;
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Phone, Refusal};

/// Joins the account with this phone, proven by its code, into `into`; gives what is left: one worker.
///
/// Errors: the phone's and the code's own, [`Refusal::JoinItself`], [`Refusal::PhoneUnknown`] (told only to who has the
/// code) at `phone`; [`Refusal::OtherPerson`], [`Refusal::JoinBothApplied`], [`Refusal::JoinBothEnrolled`].
pub async fn join(app: &App, into: &Worker, typed: &str, code: &str) -> Result<Worker> {
    let mut errors = FieldErrors::default();
    let phone = errors.take("phone", Phone::parse(typed, &app.config.virtual_segments));
    if phone.as_ref() == Some(&into.phone) {
        errors.0.push(("phone", Refusal::JoinItself));
    }
    if code.trim().is_empty() {
        errors.0.push(("code", Refusal::Empty));
    }
    let (Some(phone), true) = (phone, errors.is_empty()) else {
        return Err(errors.into());
    };
    at_field("code", sms_code::check(app, &phone, code).await)?;
    let from = workers::by_phone(app, &phone).await?;
    let from = from.ok_or_else(|| Error::from(FieldErrors::one("phone", Refusal::PhoneUnknown)))?;
    one_person(app, into, &from).await?;
    let mut tx = app.db.write().await?;
    merging::absorb(app, &mut tx, into, &from).await?;
    // Counted within: an application begun at this moment is not lost between the two.
    let (mine, theirs) = store::counts_of_both(&mut tx, &into.id, &from.id).await?;
    if mine > 0 && theirs > 0 {
        return Err(Refusal::JoinBothApplied.into());
    }
    owner::hand_over(app, &mut tx, &from.id, &into.id).await?;
    store::hand_over(&mut tx, &from.id, &into.id, app.now()).await?;
    tx.commit().await?;
    workers::find(app, &into.id).await
}

/// Neither the verified ID numbers nor those on the forms may say that these are two.
async fn one_person(app: &App, into: &Worker, from: &Worker) -> Result<()> {
    if !merging::may_be_one(into, from) {
        return Err(Refusal::OtherPerson.into());
    }
    for (verified, other) in [(into, from), (from, into)] {
        let Some(index) = verified.verified_at.and(verified.id_index.as_ref()) else {
            continue;
        };
        for application in store::of_worker(app, &other.id).await? {
            let number = application.form(app)?.get("id_number").to_owned();
            let number = crate::kernel::IdNumber::parse(&number, app.now());
            if number.is_ok_and(|number| crate::account::profile::id_index(app, &number) != *index) {
                return Err(Refusal::OtherPerson.into());
            }
        }
    }
    Ok(())
}
