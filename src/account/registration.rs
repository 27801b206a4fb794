//! 免费注册 on the PC: what the phone asks, and password (twice), 所在地, 学历情况, 技能情况, optional ID number and
//! e-mail.

use super::passwords::{self, New};
use super::workers::{SignUp, at_field};
use super::{Profile, Worker, note, profile, sms_code, store};
use crate::app::App;
use crate::error::{Result, is_unique_violation};
use crate::kernel::{FieldErrors, IdNumber, Phone, Refusal, text};

/// What is typed.
pub struct Registration<'a> {
    /// What the phone asks too.
    pub short: SignUp<'a>,
    /// Password, twice.
    pub password: New<'a>,
    /// 所在地.
    pub district: &'a str,
    /// 学历情况.
    pub education: &'a str,
    /// 技能情况.
    pub skill: &'a str,
    /// May be empty.
    pub id_number: &'a str,
    /// May be empty.
    pub email: &'a str,
}

/// Registers a worker and says whether they are new. Who proves a phone that is registered already is its worker, whose
/// account stays as it is: a password is changed where the account is shown, not by registering again.
///
/// Errors: every wrong field at once; the code is looked at last.
pub async fn register(app: &App, typed: &Registration<'_>) -> Result<(Worker, bool)> {
    let (phone, mut worker) = checked(app, typed)?;
    let code = typed.short.code;
    at_field("code", sms_code::check(app, &phone, code).await)?;
    if let Some(known) = store::worker_by_phone(app, &worker.phone_index).await? {
        return Ok((known, false));
    }
    let hash = passwords::hash(app, typed.password.password).await?;
    let mut tx = app.db.write().await?;
    match store::insert_worker(&mut tx, app, &worker).await {
        Err(error) if is_unique_violation(&error) => {
            return Err(FieldErrors::one("phone", Refusal::PhoneTaken).into());
        }
        other => other?,
    }
    store::set_password(&mut tx, &worker.id, &hash, app.now()).await?;
    note(app, &mut tx, &worker.id, "worker.register").await?;
    tx.commit().await?;
    worker.has_password = true;
    Ok((worker, true))
}

fn checked(app: &App, typed: &Registration<'_>) -> Result<(Phone, Worker)> {
    let mut errors = FieldErrors::default();
    let short = &typed.short;
    // In the order of the page: so the summary of errors stands.
    let phone = errors.take("phone", Phone::parse(short.phone, &app.config.virtual_segments));
    if short.code.trim().is_empty() {
        errors.0.push(("code", Refusal::Empty));
    }
    let name = errors.take("name", text::line(short.name, 2, 30));
    let employer = errors.take("employer", text::line(short.employer, 2, 60));
    typed.password.check(phone.as_ref(), &mut errors);
    let told = told(app, typed, &mut errors);
    let (Some(phone), Some(name), Some(employer), Some((profile, id_index)), true) =
        (phone, name, employer, told, errors.is_empty())
    else {
        return Err(errors.into());
    };
    let worker = Worker {
        study_plan: short.study_plan,
        profile,
        id_index,
        ..Worker::new(app, phone.clone(), name, employer)
    };
    Ok((phone, worker))
}

/// The profile, and the keyed hash of its ID number.
fn told(app: &App, typed: &Registration<'_>, errors: &mut FieldErrors) -> Option<(Profile, Option<String>)> {
    let district = errors.take("district", profile::choice(typed.district, profile::districts()));
    let lists = |list: &'static [&'static str]| list.iter().copied();
    let education = errors.take(
        "education",
        profile::choice(typed.education, lists(profile::EDUCATIONS)),
    );
    let skill = errors.take("skill", profile::choice(typed.skill, lists(profile::SKILLS)));
    let id_number = match text::clean(typed.id_number) {
        none if none.is_empty() => Some(None),
        number => errors
            .take("id_number", IdNumber::parse(&number, app.now()))
            .map(Some),
    };
    let email = match text::clean(typed.email) {
        none if none.is_empty() => Some(none),
        email => errors.take("email", profile::email(&email)),
    };
    let (district, education, skill, id_number, email) = (district?, education?, skill?, id_number?, email?);
    let index = id_number.as_ref().map(|number| profile::id_index(app, number));
    let profile = Profile {
        district,
        education,
        skill,
        id_number: id_number.map_or_else(String::new, |number| number.as_str().to_owned()),
        email,
    };
    Some((profile, index))
}
