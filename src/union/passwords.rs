//! Officers' passwords: what is accepted, changing one, and a new one by SMS code.

use super::{Officer, officers, sessions, store};
use crate::account::throttle::{self, Limit};
use crate::account::{self, sms_code};
use crate::app::App;
use crate::audit::{self, Line};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Phone, Refusal};
use serde_json::json;
use std::time::Duration;

/// The shortest password that is accepted for an officer.
pub const MIN: usize = 8;
/// The longest.
pub const MAX: usize = 64;
/// So many equal or neighbouring characters in a row are too many: 111111, abcdef, 654321.
const RUN: usize = 6;
/// What is tried first by who guesses.
const COMMON: &[&str] = &[
    "password1",
    "password123",
    "admin123",
    "admin888",
    "qwer1234",
    "1qaz2wsx",
    "abc12345",
    "abcd1234",
    "a1234567",
    "aa123456",
    "asd12345",
    "woaini1314",
    "5201314a",
    "jngh2021",
    "yuanmeng1",
];

/// What officers may have as a password: [`MIN`] to [`MAX`] characters of two kinds (letters, digits, others), neither the
/// phone nor one that everybody tries.
///
/// Errors: [`Refusal::Empty`], [`Refusal::TooShort`], [`Refusal::TooLong`], [`Refusal::PasswordIsPhone`],
/// [`Refusal::PasswordSimple`].
pub fn check(password: &str, phone: Option<&Phone>) -> Result<(), Refusal> {
    let chars: Vec<char> = password.to_lowercase().chars().collect();
    let kinds = [
        chars.iter().any(|c| c.is_alphabetic()),
        chars.iter().any(char::is_ascii_digit),
        chars.iter().any(|c| !c.is_alphabetic() && !c.is_ascii_digit()),
    ];
    let simple = kinds.iter().filter(|there| **there).count() < 2
        || longest_run(&chars) >= RUN
        || COMMON.contains(&password.to_lowercase().as_str());
    match chars.len() {
        0 => Err(Refusal::Empty),
        n if n < MIN => Err(Refusal::TooShort { min: MIN }),
        n if n > MAX => Err(Refusal::TooLong { max: MAX }),
        _ if phone.is_some_and(|phone| password.contains(phone.digits())) => Err(Refusal::PasswordIsPhone),
        _ if simple => Err(Refusal::PasswordSimple),
        _ => Ok(()),
    }
}

/// The longest stretch of equal, of rising or of falling characters.
fn longest_run(chars: &[char]) -> usize {
    let longest = |by: i64| {
        let (mut best, mut run) = (1, 1);
        for pair in chars.windows(2) {
            run = if i64::from(pair[1] as u32) - i64::from(pair[0] as u32) == by {
                run + 1
            } else {
                1
            };
            best = best.max(run);
        }
        best
    };
    longest(0).max(longest(1)).max(longest(-1))
}

/// [`check`], and that it was typed twice alike; errors stand at `password` and `again`.
pub fn check_twice(errors: &mut FieldErrors, password: &str, again: &str, phone: Option<&Phone>) {
    let good = errors.take("password", check(password, phone)).is_some();
    match again {
        "" => errors.0.push(("again", Refusal::Empty)),
        again if good && again != password => errors.0.push(("again", Refusal::PasswordsDiffer)),
        _ => {}
    }
}

/// What is typed to change one's password.
pub struct Change<'a> {
    /// The present one.
    pub old: &'a str,
    /// The new one.
    pub password: &'a str,
    /// Once more.
    pub again: &'a str,
}

/// Attempts at the present password from within a session in a quarter of an hour.
const OLD_TRIES: Limit = Limit {
    name: "office-old-password",
    most: 5,
    window: Duration::from_secs(900),
};

/// Changes the officer's own password; all their other sessions end.
///
/// Errors: at `old` [`Refusal::PasswordNotOld`], at `password` and `again` those of [`check_twice`];
/// [`Refusal::SignInTooMany`] after five wrong tries.
pub async fn change(app: &App, officer: &Officer, session: &str, typed: &Change<'_>) -> Result<()> {
    let phone = officers::phone(app, &officer.id).await?;
    let mut errors = FieldErrors::default();
    if typed.old.is_empty() {
        errors.0.push(("old", Refusal::Empty));
    }
    check_twice(&mut errors, typed.password, typed.again, Some(&phone));
    if !errors.is_empty() {
        return Err(errors.into());
    }
    throttle::check(app, &OLD_TRIES, &officer.id, Refusal::SignInTooMany).await?;
    match officers::check_password(app, &phone, typed.old).await {
        Ok(_) => throttle::clear(app, &OLD_TRIES, &officer.id).await?,
        Err(Error::Refused(_)) => return Err(FieldErrors::one("old", Refusal::PasswordNotOld).into()),
        Err(error) => return Err(error),
    }
    let hash = account::passwords::hash(app, typed.password).await?;
    let mut tx = app.db.write().await?;
    set(app, &mut tx, officer, &hash, "officer.change_password").await?;
    sessions::end_others(app, &mut tx, &officer.id, session).await?;
    tx.commit().await?;
    Ok(())
}

async fn set(app: &App, tx: &mut Tx, officer: &Officer, hash: &str, act: &str) -> Result<()> {
    store::set_password(tx, &officer.id, hash).await?;
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act,
        subject: ("officer", &officer.id),
        detail: json!({}),
    };
    Ok(audit::record(tx, &app.entropy, app.now(), line).await?)
}

/// What is typed for a new password by SMS code; an officer who was added by phone sets the first one so.
pub struct Reset<'a> {
    /// Phone.
    pub phone: &'a str,
    /// The code sent to it.
    pub code: &'a str,
    /// The new password.
    pub password: &'a str,
    /// Once more.
    pub again: &'a str,
}

/// Sets a new password for who has proven the phone; all their sessions end.
///
/// Errors: every wrong field at once; the code is looked at last. [`Refusal::OfficerPhoneUnknown`] is told only to who
/// has the code.
pub async fn reset(app: &App, typed: &Reset<'_>) -> Result<()> {
    let mut errors = FieldErrors::default();
    let phone = errors.take("phone", parse_phone(typed.phone));
    if typed.code.trim().is_empty() {
        errors.0.push(("code", Refusal::Empty));
    }
    check_twice(&mut errors, typed.password, typed.again, phone.as_ref());
    let (Some(phone), true) = (phone, errors.is_empty()) else {
        return Err(errors.into());
    };
    at_field("code", sms_code::check(app, &phone, typed.code).await)?;
    let Some(officer) = officers::by_phone(app, &phone).await? else {
        return Err(FieldErrors::one("phone", Refusal::OfficerPhoneUnknown).into());
    };
    let hash = account::passwords::hash(app, typed.password).await?;
    let mut tx = app.db.write().await?;
    set(app, &mut tx, &officer, &hash, "officer.reset_password").await?;
    sessions::end_all(app, &mut tx, &officer.id).await?;
    tx.commit().await?;
    Ok(())
}

/// A phone as it is typed at the officers' doors.
pub(super) fn parse_phone(typed: &str) -> Result<Phone, Refusal> {
    match typed.trim() {
        "" => Err(Refusal::Empty),
        phone => Phone::parse(phone, &[]),
    }
}

/// A refusal of the SMS code, at its field.
pub(super) fn at_field<T>(field: &'static str, result: Result<T>) -> Result<T> {
    result.map_err(|error| match error {
        Error::Refused(refusal) => FieldErrors::one(field, refusal).into(),
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// R-26, bad input: each kind of password that is refused.
    #[test]
    fn simple_passwords_are_refused() {
        let phone = Phone::stored("13900139001".to_owned());
        for (password, expected) in [
            ("", Err(Refusal::Empty)),
            ("a1b2c3", Err(Refusal::TooShort { min: 8 })),
            ("十个汉字也可以用的-好", Ok(())),
            (&"a1".repeat(33), Err(Refusal::TooLong { max: 64 })),
            ("my13900139001", Err(Refusal::PasswordIsPhone)),
            ("onlyletters", Err(Refusal::PasswordSimple)),
            ("8530147296", Err(Refusal::PasswordSimple)),
            ("aaaaaa11", Err(Refusal::PasswordSimple)),
            ("x123456y", Err(Refusal::PasswordSimple)),
            ("x654321y", Err(Refusal::PasswordSimple)),
            ("Password1", Err(Refusal::PasswordSimple)),
            ("quiet-river-7", Ok(())),
            ("yuanmeng-demo", Ok(())),
        ] {
            assert_eq!(check(password, Some(&phone)), expected, "{password}");
        }
    }

    #[test]
    fn both_fields_are_told_at_once() {
        let told = |password: &str, again: &str| {
            let mut errors = FieldErrors::default();
            check_twice(&mut errors, password, again, None);
            errors.0
        };
        assert_eq!(told("quiet-river-7", "quiet-river-7"), []);
        assert_eq!(
            told("quiet-river-7", "quiet-river-8"),
            [("again", Refusal::PasswordsDiffer)]
        );
        assert_eq!(
            told("", ""),
            [("password", Refusal::Empty), ("again", Refusal::Empty)]
        );
        assert_eq!(
            told("short1", "other"),
            [("password", Refusal::TooShort { min: 8 })]
        );
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_long_and_mixed(password in ".{0,80}") {
            if check(&password, None).is_ok() {
                prop_assert!((MIN..=MAX).contains(&password.to_lowercase().chars().count()));
                prop_assert!(!password.chars().all(char::is_alphabetic));
            }
        }
    }
}
