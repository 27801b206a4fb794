//! Enrolling: real-name check, basic data, the seat, and the order that pays its first instalment, in one
//! transaction. What was typed is kept whatever comes of it.

use super::agreed::Agreed;
use super::moves::{self, Basics, Enrolment};
use super::states::{Event, State};
use super::{Intake, Program, ProgramState, catalogue, program, store};
use crate::account::{Worker, profile, workers};
use crate::app::App;
use crate::audit::Actor;
use crate::db::Tx;
use crate::error::{Error, Result, is_unique_violation};
use crate::kernel::time::MINUTE;
use crate::kernel::{FieldErrors, IdNumber, Phone, Refusal, code, text};
use crate::payment::{self, NewPayment};

/// So long a seat is held while its first instalment is paid.
pub const HOLD: i64 = 30 * MINUTE;
/// Whose payment orders these are.
pub const PURPOSE: &str = "enrolment";

/// The purpose's id of an instalment.
pub fn purpose_id(enrolment_id: &str, term: i64) -> String {
    format!("{enrolment_id}-{term}")
}

/// Enrolment and term of a purpose's id.
pub fn purpose(id: &str) -> Option<(&str, i64)> {
    let (enrolment, term) = id.rsplit_once('-')?;
    Some((enrolment, term.parse().ok()?))
}

/// What is known of the worker for the page: what they typed last, else what the account knows.
pub async fn prefilled(app: &App, worker: &Worker) -> Result<Basics> {
    let kept = match store::basics(app, &worker.id).await? {
        Some(sealed) => moves::open_basics(app, &sealed)?,
        None => Basics::default(),
    };
    let or = |kept: String, known: &str| if kept.is_empty() { known.to_owned() } else { kept };
    let verified = worker.verified_at.is_some();
    Ok(Basics {
        // Verified words go before typed ones.
        name: if verified {
            worker.name.clone()
        } else {
            or(kept.name, &worker.name)
        },
        id_number: if verified {
            worker.profile.id_number.clone()
        } else {
            or(kept.id_number, &worker.profile.id_number)
        },
        phone: worker.phone.digits().to_owned(),
        employer: or(kept.employer, &worker.employer),
        address: kept.address,
        education: or(kept.education, &worker.profile.education),
    })
}

/// Keeps what was typed, right or wrong.
pub async fn keep(app: &App, worker: &Worker, typed: &Basics) -> Result<()> {
    let cut = |text: &str| text.chars().filter(|c| *c != '\0').take(200).collect::<String>();
    let kept = Basics {
        name: cut(&typed.name),
        id_number: cut(&typed.id_number),
        phone: String::new(),
        employer: cut(&typed.employer),
        address: cut(&typed.address),
        education: cut(&typed.education),
    };
    let mut tx = app.db.write().await?;
    workers::hold_open(&mut tx, &worker.id).await?;
    store::keep_basics(&mut tx, &worker.id, &moves::seal_basics(app, &kept), app.now()).await?;
    tx.commit().await?;
    Ok(())
}

fn checked(app: &App, worker: &Worker, typed: &Basics) -> Result<Basics, FieldErrors> {
    let mut errors = FieldErrors::default();
    let name = errors.take("name", text::line(&typed.name, 2, 30));
    let number = errors.take(
        "id_number",
        match text::clean(&typed.id_number) {
            none if none.is_empty() => Err(Refusal::Empty),
            typed => IdNumber::parse(&typed, app.now()),
        },
    );
    let phone = Phone::parse(&typed.phone, &[]);
    let phone = phone.and_then(|p| {
        if p == worker.phone {
            Ok(p)
        } else {
            Err(Refusal::PhoneNotProven)
        }
    });
    let phone = errors.take("phone", phone);
    let employer = errors.take("employer", text::line(&typed.employer, 2, 60));
    let address = errors.take("address", text::line(&typed.address, 5, 100));
    let education = errors.take(
        "education",
        profile::choice(&typed.education, profile::EDUCATIONS.iter().copied()),
    );
    let basics = (|| {
        Some(Basics {
            name: name?,
            id_number: number?.as_str().to_owned(),
            phone: phone?.digits().to_owned(),
            employer: employer?,
            address: address?,
            education: education?,
        })
    })();
    basics.ok_or(errors)
}

/// The program and the intake, if one can enrol in them now.
///
/// Errors: [`Error::NotFound`], [`Refusal::ProgramClosed`], [`Refusal::EnrolWindowOver`].
pub async fn open_intake(app: &App, program_id: &str, intake_id: &str) -> Result<(Program, Intake)> {
    let program = catalogue::shown(app, program_id).await?;
    let intake = program
        .intakes
        .iter()
        .find(|i| i.id == intake_id)
        .cloned()
        .ok_or(Error::NotFound)?;
    if program.state != ProgramState::Open {
        return Err(Refusal::ProgramClosed.into());
    }
    if !intake.is_open(app.now()) {
        return Err(Refusal::EnrolWindowOver { until: intake.until }.into());
    }
    Ok((program, intake))
}

/// Enrols: holds a seat for [`HOLD`]. A second tap gets the first one's answer. `agreed` is what the worker saw and ticked;
/// none when they did not tick it.
///
/// Errors: the fields'; [`Refusal::RealNameFirst`]; at `agree` [`Refusal::RulesNotAgreed`]; [`Refusal::TermsChanged`] when fee,
/// instalments or rules are other ones by now; those of [`open_intake`];
/// [`Refusal::SeatsGone`] before any money; [`Refusal::EnrolledAlready`], [`Refusal::HoldsAnother`];
/// [`Refusal::PaymentOff`] where no merchant is configured.
pub async fn begin(
    app: &App,
    worker: &Worker,
    (program_id, intake_id): (&str, &str),
    typed: &Basics,
    agreed: Option<&Agreed>,
) -> Result<Enrolment> {
    keep(app, worker, typed).await?;
    let (program, intake) = open_intake(app, program_id, intake_id).await?;
    if let Some(standing) = standing(app, worker, &intake).await? {
        return Ok(standing);
    }
    let basics = checked(app, worker, typed);
    let Some(agreed) = agreed else {
        let mut errors = basics.err().unwrap_or_default();
        errors.0.push(("agree", Refusal::RulesNotAgreed));
        return Err(errors.into());
    };
    // What is written below is a copy of what is compared here: a later change of the program is not this worker's.
    if *agreed != Agreed::of(&program) {
        return Err(Refusal::TermsChanged.into());
    }
    let basics = basics?;
    // verified, and as the person who was verified.
    let same = worker
        .id_index
        .as_ref()
        .is_some_and(|index| *index == profile::id_index(app, &IdNumber::stored(basics.id_number.clone())));
    if worker.verified_at.is_none() || !same || worker.name != basics.name {
        return Err(Refusal::RealNameFirst.into());
    }
    if app.pay.is_none() {
        return Err(Refusal::PaymentOff.into());
    }
    let new = fresh(app, worker, &program, &intake, &basics);
    let mut tx = app.db.write().await?;
    match hold(app, &mut tx, &new, &program).await {
        Ok(()) => tx.commit().await?,
        // Two taps at once: the other one made it; or another seat is held meanwhile.
        Err(Failed::Sql(error)) if is_unique_violation(&error) => {
            drop(tx);
            return match standing(app, worker, &intake).await? {
                Some(standing) => Ok(standing),
                None => Err(Refusal::EnrolmentNotThere.into()),
            };
        }
        Err(Failed::Sql(error)) => return Err(error.into()),
        Err(Failed::Other(error)) => return Err(error),
    }
    moves::find(app, &new.id).await
}

/// The worker's own standing enrolment there when it waits for money: that one goes on.
async fn standing(app: &App, worker: &Worker, intake: &Intake) -> Result<Option<Enrolment>> {
    if let Some(there) = store::standing(app, &worker.id, &intake.id).await? {
        return match there.state {
            State::Held => Ok(Some(there)),
            _ => Err(Refusal::EnrolledAlready { number: there.number }.into()),
        };
    }
    match store::held(app, &worker.id).await? {
        Some(other) => Err(Refusal::HoldsAnother { number: other.number }.into()),
        None => Ok(None),
    }
}

fn fresh(app: &App, worker: &Worker, program: &Program, intake: &Intake, basics: &Basics) -> Enrolment {
    let now = app.now();
    Enrolment {
        id: app.id(),
        number: code::application_number(app.entropy.bytes()),
        worker_id: worker.id.clone(),
        program_id: program.id.clone(),
        intake_id: intake.id.clone(),
        provider_id: program.provider.0.clone(),
        state: State::Held,
        since: now,
        applicant: basics.name.clone(),
        basics_sealed: moves::seal_basics(app, basics),
        institution: program.institution.clone(),
        major: program.major.clone(),
        level: program.level,
        form: program.form,
        entry: intake.entry,
        fee: program.fee,
        refunds: program.refunds.clone(),
        held_until: now.plus(HOLD),
        paid_at: None,
        created_at: now,
        version: 1,
    }
}

enum Failed {
    Sql(sqlx::Error),
    Other(Error),
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        Failed::Sql(error)
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Failed::Other(error)
    }
}

async fn hold(app: &App, tx: &mut Tx, new: &Enrolment, program: &Program) -> Result<(), Failed> {
    // The account's row first: one that is being closed or joined at this moment begins nothing.
    workers::hold_open(tx, &new.worker_id).await?;
    if !store::take_seat(tx, &new.intake_id, app.now()).await? {
        return Err(Error::from(Refusal::SeatsGone).into());
    }
    store::insert_enrolment(tx, new).await?;
    for (no, fen) in (1..).zip(&program.terms) {
        let mut order = None;
        if no == 1 {
            let (id, words) = (purpose_id(&new.id, no), description(new, no, program.terms.len()));
            let payment = NewPayment {
                purpose_kind: PURPOSE,
                purpose_id: &id,
                description: &words,
                amount: *fen,
                expires_at: new.held_until,
            };
            order = Some(payment::create_in(app, tx, &payment).await?.id);
        }
        store::insert_term(
            tx,
            &new.id,
            (no, *fen, program::due(new.entry, no)),
            order.as_deref(),
        )
        .await?;
    }
    let by = Actor::Worker(new.worker_id.clone());
    moves::follow(app, tx, &new.id, &by, (Event::Held, State::Held), ("", None)).await?;
    Ok(())
}

/// What the payer reads in WeChat: nothing personal.
pub(super) fn description(enrolment: &Enrolment, term: i64, terms: usize) -> String {
    let which = if terms > 1 {
        format!("第 {term} 期学费")
    } else {
        "学费".to_owned()
    };
    format!(
        "求学圆梦 {}{which} 报读编号 {}",
        enrolment.title(),
        enrolment.number
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_names_enrolment_and_term() {
        assert_eq!(purpose(&purpose_id("0199", 3)), Some(("0199", 3)));
        assert_eq!(purpose("0199"), None);
        assert_eq!(purpose("0199-x"), None);
    }
}
