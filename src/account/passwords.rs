//! Workers' passwords: argon2id, tried so often and no oftener, reset by who proves the phone. The hashing
//! serves officers too.

use super::messages::{self, Message};
use super::workers::{self, at_field};
use super::{Worker, note, sign_ins, sms_code, store};
use crate::app::App;
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Phone, Refusal};
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

use super::throttle::{self, WORKER_PASSWORDS_PER_ADDRESS, WORKER_PASSWORDS_PER_PHONE};

/// The shortest password.
pub const MIN: usize = 8;
/// The longest: argon2 would take more, a field does not.
pub const MAX: usize = 64;

/// A new password, typed twice.
pub struct New<'a> {
    /// Once.
    pub password: &'a str,
    /// And again.
    pub again: &'a str,
}

impl New<'_> {
    /// What is wrong with it, at `password` and `password_again`. `phone`: a password is not the phone's number.
    pub fn check(&self, phone: Option<&Phone>, errors: &mut FieldErrors) {
        let length = self.password.chars().count();
        let problem = match length {
            0 => Some(Refusal::Empty),
            n if n < MIN => Some(Refusal::TooShort { min: MIN }),
            n if n > MAX => Some(Refusal::TooLong { max: MAX }),
            _ if is_weak(self.password, phone) => Some(Refusal::PasswordWeak),
            _ => None,
        };
        if let Some(refusal) = problem {
            errors.0.push(("password", refusal));
        } else if self.again.is_empty() {
            errors.0.push(("password_again", Refusal::Empty));
        } else if self.password != self.again {
            errors.0.push(("password_again", Refusal::PasswordsDiffer));
        }
    }
}

/// What is tried first: one character repeated, a run such as 12345678 or abcdefgh, the phone, the commonest words.
fn is_weak(password: &str, phone: Option<&Phone>) -> bool {
    const COMMON: &[&str] = &["password", "qwertyui", "iloveyou", "woaini", "admin", "yuanmeng"];
    let lower = password.to_lowercase();
    let codes: Vec<i64> = lower.chars().map(|c| i64::from(u32::from(c))).collect();
    let steps: std::collections::BTreeSet<i64> = codes.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let run = steps.len() == 1 && steps.iter().all(|step| step.abs() <= 1);
    let common = COMMON.iter().any(|word| {
        lower
            .strip_prefix(word)
            .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
    });
    let few = codes.iter().collect::<std::collections::BTreeSet<_>>().len() < 3;
    run || few || common || phone.is_some_and(|phone| lower.contains(phone.digits()))
}

/// argon2id, as a PHC string; takes some tens of milliseconds, so not on the threads that serve.
pub async fn hash(app: &App, password: &str) -> Result<String> {
    let (password, salt) = (password.to_owned(), app.entropy.bytes::<16>());
    let work = move || hash_with(&password, &salt);
    Ok(tokio::task::spawn_blocking(work)
        .await
        .map_err(anyhow::Error::from)??)
}

fn hash_with(password: &str, salt: &[u8; 16]) -> anyhow::Result<String> {
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), salt);
    Ok(hash
        .map_err(|e| anyhow::anyhow!("hashing a password: {e}"))?
        .to_string())
}

/// Whether a password is the one of a hash ([`hash`]); where there is none it takes as long and is not.
pub async fn verify(password: &str, stored: Option<String>) -> Result<bool> {
    let known = stored.is_some();
    let password = password.to_owned();
    let work = move || {
        let stored = stored.as_deref().unwrap_or(&DECOY);
        Argon2::default()
            .verify_password(password.as_bytes(), stored)
            .is_ok()
    };
    let holds = tokio::task::spawn_blocking(work)
        .await
        .map_err(anyhow::Error::from)?;
    Ok(known && holds)
}

/// A hash that no password is known for: an unknown phone costs as much time as a known one.
static DECOY: std::sync::LazyLock<String> =
    std::sync::LazyLock::new(|| hash_with("nobody has this password", &[9; 16]).unwrap_or_default());

/// Signs in by phone and password.
///
/// Errors: the fields' own; [`Refusal::PasswordWrong`] at `password` for an unknown phone, an account without a
/// password and a wrong password alike; [`Refusal::SignInTooMany`] before the password is looked at.
pub async fn sign_in(app: &App, phone: &str, password: &str, address: &str) -> Result<Worker> {
    let mut errors = FieldErrors::default();
    let phone = errors.take("phone", Phone::parse(phone, &app.config.virtual_segments));
    if password.is_empty() {
        errors.0.push(("password", Refusal::Empty));
    }
    let (Some(phone), true) = (phone, errors.is_empty()) else {
        return Err(errors.into());
    };
    let index = app.phone_index(&phone);
    at_field("password", attempt(app, &index, address).await)?;
    let known = store::password_by_phone(app, &index).await?;
    let (id, stored) = known.map_or((None, None), |(id, hash)| (Some(id), hash));
    match id {
        Some(id) if verify(password, stored.clone()).await? => {
            throttle::clear(app, &WORKER_PASSWORDS_PER_PHONE, &index).await?;
            workers::find(app, &id).await
        }
        Some(_) => Err(FieldErrors::one("password", Refusal::PasswordWrong).into()),
        None => {
            verify(password, None).await?;
            Err(FieldErrors::one("password", Refusal::PasswordWrong).into())
        }
    }
}

async fn attempt(app: &App, phone_index: &str, address: &str) -> Result<()> {
    throttle::check(
        app,
        &WORKER_PASSWORDS_PER_ADDRESS,
        address,
        Refusal::SignInTooMany,
    )
    .await?;
    throttle::check(
        app,
        &WORKER_PASSWORDS_PER_PHONE,
        phone_index,
        Refusal::SignInTooMany,
    )
    .await
}

/// Checks the password of who is signed in, before something that cannot be undone. Counted like a sign-in.
///
/// Errors: [`Refusal::PasswordWrong`] and [`Refusal::SignInTooMany`] at `password`.
pub async fn confirm(app: &App, worker: &Worker, password: &str, address: &str) -> Result<()> {
    at_field("password", attempt(app, &worker.phone_index, address).await)?;
    let known = store::password_by_phone(app, &worker.phone_index).await?;
    if verify(password, known.and_then(|(_, hash)| hash)).await? {
        throttle::clear(app, &WORKER_PASSWORDS_PER_PHONE, &worker.phone_index).await
    } else {
        Err(FieldErrors::one("password", Refusal::PasswordWrong).into())
    }
}

/// Sets or changes the password of who has just proven to be the worker; other sign-ins (all but `keep`) end.
pub async fn set(app: &App, worker: &Worker, new: &New<'_>, keep: &str) -> Result<()> {
    let mut errors = FieldErrors::default();
    new.check(Some(&worker.phone), &mut errors);
    if !errors.is_empty() {
        return Err(errors.into());
    }
    let hash = hash(app, new.password).await?;
    let mut tx = app.db.write().await?;
    store::set_password(&mut tx, &worker.id, &hash, app.now()).await?;
    sign_ins::end_within(&mut tx, &worker.id, keep).await?;
    note(app, &mut tx, &worker.id, "worker.set_password").await?;
    if worker.has_password {
        messages::enqueue(app, &mut tx, &worker.phone, Message::PasswordChanged).await?;
    }
    tx.commit().await?;
    throttle::clear(app, &WORKER_PASSWORDS_PER_PHONE, &worker.phone_index).await
}

/// Sets a new password for who proves the phone by its code; all sign-ins end. The code is looked at last.
///
/// Errors: the fields' own; [`Refusal::PhoneUnknown`], told only to who has the code.
pub async fn reset(app: &App, phone: &str, code: &str, new: &New<'_>) -> Result<Worker> {
    let mut errors = FieldErrors::default();
    let phone = errors.take("phone", Phone::parse(phone, &app.config.virtual_segments));
    if code.trim().is_empty() {
        errors.0.push(("code", Refusal::Empty));
    }
    new.check(phone.as_ref(), &mut errors);
    let (Some(phone), true) = (phone, errors.is_empty()) else {
        return Err(errors.into());
    };
    at_field("code", sms_code::check(app, &phone, code).await)?;
    let worker = store::worker_by_phone(app, &app.phone_index(&phone)).await?;
    let worker = worker.ok_or_else(|| Error::from(FieldErrors::one("phone", Refusal::PhoneUnknown)))?;
    set(app, &worker, new, "").await?;
    Ok(worker)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(password: &str, again: &str) -> Vec<(&'static str, Refusal)> {
        let mut errors = FieldErrors::default();
        let phone = Phone::stored("13812345678".to_owned());
        New { password, again }.check(Some(&phone), &mut errors);
        errors.0
    }

    /// "adds password (twice)".
    #[test]
    fn a_password_is_typed_twice_and_not_guessed_at_once() {
        assert!(problems("梦想学堂2026", "梦想学堂2026").is_empty());
        assert!(problems("correct horse", "correct horse").is_empty());
        assert_eq!(problems("", ""), [("password", Refusal::Empty)]);
        assert_eq!(problems("short1", "short1")[0].1, Refusal::TooShort { min: 8 });
        assert_eq!(problems(&"长a".repeat(40), "")[0].1, Refusal::TooLong { max: 64 });
        assert_eq!(problems("long enough", ""), [("password_again", Refusal::Empty)]);
        assert_eq!(
            problems("long enough", "long enougH"),
            [("password_again", Refusal::PasswordsDiffer)]
        );
        for weak in [
            "12345678",
            "87654321",
            "abcdefgh",
            "11111111",
            "12121212",
            "13812345678",
            "a13812345678",
            "Password123",
            "yuanmeng2026",
        ] {
            assert_eq!(
                problems(weak, weak),
                [("password", Refusal::PasswordWeak)],
                "{weak}"
            );
        }
    }

    #[tokio::test]
    async fn nothing_is_the_password_where_there_is_none() {
        assert!(!verify("nobody has this password", None).await.unwrap());
        let stored = hash_with("long enough", &[1; 16]).unwrap();
        assert!(stored.starts_with("$argon2id$"), "{stored}");
        assert!(verify("long enough", Some(stored.clone())).await.unwrap());
        assert!(!verify("Long enough", Some(stored)).await.unwrap());
    }
}
