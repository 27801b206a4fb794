//! An officer signs in with phone and password, so often and no oftener.

use super::{Officer, officers, passwords};
use crate::account::throttle::{self, Limit, PASSWORDS_PER_ADDRESS};
use crate::app::App;
use crate::error::Result;
use crate::kernel::{FieldErrors, Refusal};
use std::time::Duration;

/// Password attempts for one phone from one address in a quarter of an hour: counted by both, so that a stranger's
/// attempts do not lock the officer out.
pub const PER_PHONE_AND_ADDRESS: Limit = Limit {
    name: "office-password",
    most: 5,
    window: Duration::from_secs(900),
};
/// Attempts for one phone from all addresses together that the officer never signed in from.
pub const PER_PHONE_FROM_STRANGERS: Limit = Limit {
    name: "office-password-strangers",
    most: 30,
    window: Duration::from_secs(900),
};
/// An address that an officer signed in from is known so long.
const KNOWN: Duration = Duration::from_secs(90 * 24 * 3600);

/// What is typed at the officers' door.
pub struct SignIn<'a> {
    /// Phone.
    pub phone: &'a str,
    /// Password in clear.
    pub password: &'a str,
}

/// What the right password leads to.
#[derive(Debug)]
pub enum Opened {
    /// In; [`super::sessions::begin`] comes next.
    In(Box<Officer>),
    /// They still have to scan a code with their bound WeChat: [`super::binding::ask_scan`].
    Scan(Box<Officer>),
}

/// Checks phone and password.
///
/// Errors: the fields' own at `phone` and `password`; [`Refusal::PasswordWrong`] for an unknown phone and a wrong
/// password alike; [`Refusal::RegistrationWaits`] and [`Refusal::RegistrationRejected`] for who registered;
/// [`Refusal::SignInTooMany`] after too many attempts, before the password is looked at.
pub async fn sign_in(app: &App, typed: &SignIn<'_>, address: &str) -> Result<Opened> {
    let mut errors = FieldErrors::default();
    let phone = errors.take("phone", passwords::parse_phone(typed.phone));
    if typed.password.is_empty() {
        errors.0.push(("password", Refusal::Empty));
    }
    let (Some(phone), true) = (phone, errors.is_empty()) else {
        return Err(errors.into());
    };
    let index = app.phone_index(&phone);
    let here = format!("{index}:{address}");
    let known = format!("office-known:{here}");
    throttle::check(app, &PASSWORDS_PER_ADDRESS, address, Refusal::SignInTooMany).await?;
    throttle::check(app, &PER_PHONE_AND_ADDRESS, &here, Refusal::SignInTooMany).await?;
    if app.cache.get(&known).await?.is_none() {
        throttle::check(app, &PER_PHONE_FROM_STRANGERS, &index, Refusal::SignInTooMany).await?;
    }
    let officer = Box::new(officers::check_password(app, &phone, typed.password).await?);
    throttle::clear(app, &PER_PHONE_AND_ADDRESS, &here).await?;
    app.cache.set(&known, "", KNOWN).await?;
    Ok(if officer.second_factor && officer.openid.is_some() {
        Opened::Scan(officer)
    } else {
        Opened::In(officer)
    })
}
