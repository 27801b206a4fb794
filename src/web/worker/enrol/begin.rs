//! `/enrol/programs/:id/begin?intake=`: the basic data, filled in as far as they are known, and the rules that are agreed to.

use super::signed_in;
use crate::account::{Worker, profile};
use crate::enrolment::agreed::{Agreed, Change};
use crate::enrolment::{Basics, Intake, Program, enrol};
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Refusal, Time, text};
use crate::web::ctx::Ctx;
use crate::web::form::Posted;
use crate::web::page::{Base, ErrorLine, Errors, answer_to_post, page, page_again, see_other};
use askama::Template;
use poem::http::StatusCode;
use poem::web::{Path, Query};
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "worker/enrol_begin.html")]
struct BeginPage {
    base: Base,
    errors: Errors,
    program_id: String,
    intake_id: String,
    title: String,
    institution: String,
    entry: String,
    fee: String,
    first: String,
    refunds: Vec<String>,
    verified: bool,
    basics: Basics,
    /// Masked, when it is verified and not to be typed.
    id_number: String,
    educations: Vec<(&'static str, bool)>,
    agree: bool,
    /// What is agreed to, as it is shown here; the form sends it back.
    agreed: String,
    /// What changed since it was shown.
    changes: Vec<Change>,
    /// What stands above the form when a rule says no.
    problem: String,
}

fn shown(ctx: &Ctx, worker: &Worker, (program, intake): (&Program, &Intake), basics: Basics) -> BeginPage {
    BeginPage {
        base: ctx.base("填写基本信息"),
        errors: Errors::default(),
        program_id: program.id.clone(),
        intake_id: intake.id.clone(),
        title: program.title(),
        institution: program.institution.clone(),
        entry: Time::start_of(intake.entry).day_text(),
        fee: program.fee.to_string(),
        first: program
            .terms
            .first()
            .map_or_else(String::new, ToString::to_string),
        refunds: program.refunds.words(intake.entry),
        verified: worker.verified_at.is_some(),
        id_number: text::masked(&worker.profile.id_number, 6, 4),
        educations: profile::EDUCATIONS
            .iter()
            .map(|e| (*e, *e == basics.education))
            .collect(),
        basics,
        agree: false,
        agreed: Agreed::of(program).text(),
        changes: Vec::new(),
        problem: String::new(),
    }
}

/// Which entry date.
#[derive(Deserialize)]
pub struct At {
    #[serde(default)]
    intake: String,
}

/// `GET /enrol/programs/:id/begin?intake=`
#[handler]
pub async fn show(ctx: Ctx, Path(id): Path<String>, Query(at): Query<At>) -> Result<Response> {
    let worker = signed_in(&ctx).await?;
    let (program, intake) = enrol::open_intake(&ctx.app, &id, &at.intake).await?;
    let basics = enrol::prefilled(&ctx.app, &worker).await?;
    page(&shown(&ctx, &worker, (&program, &intake), basics))
}

/// What is typed.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    intake: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    id_number: String,
    #[serde(default)]
    employer: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    education: String,
    agree: Option<String>,
    /// What was shown, as text.
    #[serde(default)]
    agreed: String,
}

impl Typed {
    /// Who is verified does not type name and number again.
    fn basics(&self, worker: &Worker) -> Basics {
        let verified = worker.verified_at.is_some();
        Basics {
            name: if verified {
                worker.name.clone()
            } else {
                self.name.clone()
            },
            id_number: if verified {
                worker.profile.id_number.clone()
            } else {
                self.id_number.clone()
            },
            phone: worker.phone.digits().to_owned(),
            employer: self.employer.clone(),
            address: self.address.clone(),
            education: self.education.clone(),
        }
    }
}

/// `POST /enrol/programs/:id/begin`: holds the seat and leads to paying.
#[handler]
pub async fn send(Path(id): Path<String>, posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let worker = signed_in(&ctx).await?;
    let basics = form.basics(&worker);
    let ticked = form.agree.is_some();
    let seen = Agreed::parse(&form.agreed);
    let agreed = seen.as_ref().filter(|_| ticked);
    let error = match enrol::begin(&ctx.app, &worker, (&id, &form.intake), &basics, agreed).await {
        Ok(enrolment) => return Ok(see_other(&format!("/enrol/mine/{}/pay", enrolment.id))),
        Err(error) => error,
    };
    let (program, intake) = enrol::open_intake(&ctx.app, &id, &form.intake).await?;
    let mut again = shown(&ctx, &worker, (&program, &intake), basics);
    // Whoever ticked something else ticks again.
    if let Some(seen) = &seen {
        again.changes = seen.changes(&Agreed::of(&program), intake.entry);
    }
    again.agree = ticked && seen.is_some() && again.changes.is_empty();
    match error {
        Error::Invalid(fields) => {
            again.errors = named(&fields);
            page_again(&again)
        }
        Error::Refused(refusal) => {
            again.problem = refusal.text();
            answer_to_post(StatusCode::CONFLICT, &again)
        }
        other => Err(other),
    }
}

fn named(fields: &FieldErrors) -> Errors {
    let label = |field: &str| match field {
        "name" => "姓名",
        "id_number" => "身份证号",
        "employer" => "工作单位",
        "address" => "联系地址",
        "education" => "现有学历",
        _ => "",
    };
    let line = |(field, refusal): &(&'static str, Refusal)| ErrorLine {
        field,
        text: match (label(field), refusal) {
            ("", _) => refusal.text(),
            (
                name,
                Refusal::Empty | Refusal::TooShort { .. } | Refusal::TooLong { .. } | Refusal::NotAChoice,
            ) => {
                format!("{name}：{}", refusal.text())
            }
            _ => refusal.text(),
        },
    };
    Errors(fields.0.iter().map(line).collect())
}
