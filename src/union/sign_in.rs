//! An officer signs in with phone and password, so often and no oftener.

use super::{Officer, officers};
use crate::account::throttle::{self, PASSWORDS_PER_ADDRESS, PASSWORDS_PER_PHONE};
use crate::app::App;
use crate::audit::{self, Line};
use crate::error::Result;
use crate::kernel::{FieldErrors, Phone, Refusal};
use serde_json::json;

/// What is typed at the officers' door.
pub struct SignIn<'a> {
    /// Phone.
    pub phone: &'a str,
    /// Password in clear.
    pub password: &'a str,
}

/// Signs an officer in; the audit trail keeps that.
///
/// Errors: the fields' own at `phone` and `password`; [`Refusal::PasswordWrong`] for an unknown phone and a wrong
/// password alike; [`Refusal::SignInTooMany`] after [`PASSWORDS_PER_PHONE`] or [`PASSWORDS_PER_ADDRESS`] attempts,
/// before the password is looked at.
pub async fn sign_in(app: &App, typed: &SignIn<'_>, address: &str) -> Result<Officer> {
    let mut errors = FieldErrors::default();
    let phone = match typed.phone.trim() {
        "" => Err(Refusal::Empty),
        phone => Phone::parse(phone, &[]),
    };
    let phone = errors.take("phone", phone);
    if typed.password.is_empty() {
        errors.0.push(("password", Refusal::Empty));
    }
    let (Some(phone), true) = (phone, errors.is_empty()) else {
        return Err(errors.into());
    };
    let index = app.phone_index(&phone);
    throttle::check(app, &PASSWORDS_PER_ADDRESS, address, Refusal::SignInTooMany).await?;
    throttle::check(app, &PASSWORDS_PER_PHONE, &index, Refusal::SignInTooMany).await?;
    let officer = officers::check_password(app, &phone, typed.password).await?;
    throttle::clear(app, &PASSWORDS_PER_PHONE, &index).await?;
    let actor = officer.actor();
    let mut tx = app.db.write().await?;
    let line = Line {
        actor: &actor,
        act: "officer.sign_in",
        subject: ("officer", &officer.id),
        detail: json!({}),
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    tx.commit().await?;
    Ok(officer)
}
