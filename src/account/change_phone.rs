//! Change of phone: the new number is proven by its code, the old one or the password by the door before; sign-ins
//! elsewhere end, and the old number is told.

use super::messages::{self, Message};
use super::workers::{self, at_field};
use super::{Worker, note, sign_ins, sms_code, store};
use crate::app::App;
use crate::error::{Result, is_unique_violation};
use crate::kernel::{FieldErrors, Phone, Refusal};

/// Changes the phone; `keep` is the sign-in that goes on. The caller answers for it that the person has just proven to
/// be the worker.
///
/// Errors: [`Refusal::PhoneIsYours`], the phone's and the code's own, [`Refusal::PhoneOfAnother`] at `phone` (told only to
/// who has that phone's code).
pub async fn change(app: &App, worker: &Worker, typed: &str, code: &str, keep: &str) -> Result<Worker> {
    let mut errors = FieldErrors::default();
    let phone = errors.take("phone", Phone::parse(typed, &app.config.virtual_segments));
    if phone.as_ref() == Some(&worker.phone) {
        errors.0.push(("phone", Refusal::PhoneIsYours));
    }
    if code.trim().is_empty() {
        errors.0.push(("code", Refusal::Empty));
    }
    let (Some(phone), true) = (phone, errors.is_empty()) else {
        return Err(errors.into());
    };
    at_field("code", sms_code::check(app, &phone, code).await)?;
    if store::worker_by_phone(app, &app.phone_index(&phone))
        .await?
        .is_some()
    {
        return Err(FieldErrors::one("phone", Refusal::PhoneOfAnother).into());
    }
    let mut tx = app.db.write().await?;
    match store::set_phone(&mut tx, app, worker, &phone).await {
        Err(error) if is_unique_violation(&error) => {
            return Err(FieldErrors::one("phone", Refusal::PhoneOfAnother).into());
        }
        Ok(false) => return Err(Refusal::ChangedMeanwhile.into()),
        other => other?,
    };
    sign_ins::end_within(&mut tx, &worker.id, keep).await?;
    note(app, &mut tx, &worker.id, "worker.change_phone").await?;
    messages::enqueue(app, &mut tx, &worker.phone, Message::PhoneChanged).await?;
    tx.commit().await?;
    workers::find(app, &worker.id).await
}
