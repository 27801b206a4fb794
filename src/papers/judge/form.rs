//! What the form alone, or with the account, tells.

use super::{Case, failed_if};
use crate::application::{DocumentKind, documents};
use crate::kernel::{BankCard, IdNumber, Refusal, Sex};
use crate::papers::chsi::{Alike, alike};
use crate::papers::{Check, Kind, Outcome, Reason};
use chrono::{Datelike as _, NaiveDate};

pub(super) fn checks(case: &Case<'_>) -> Vec<Check> {
    let id = IdNumber::parse(case.form.get("id_number"), case.now);
    let card = BankCard::parse_icbc(case.form.get("card"));
    let used = case.card_elsewhere.clone().map(Reason::CardUsed);
    let mut checks = vec![
        check(Kind::IdNumber, refused(id.as_ref().err())),
        check(Kind::Sex, sex(case, id.as_ref().ok())),
        check(Kind::Residence, residence(case, id.as_ref().ok())),
        check(Kind::Card, refused(card.as_ref().err())),
        check(Kind::EntryYear, entry_year(case)),
        check(Kind::Employer, employer(case)),
        check(Kind::Complete, complete(case, id.as_ref().ok())),
        check(Kind::CardElsewhere, failed_if(used)),
    ];
    if let Some(paper) = case.paper(DocumentKind::StampedForm) {
        let old = paper.document.out_of_date(case.application);
        let outcome = refused(old.then_some(&Refusal::StampedFormOutOfDate));
        checks.push(check(Kind::StampedVersion, outcome));
    }
    checks
}

fn check(kind: Kind, outcome: Outcome) -> Check {
    Check {
        kind,
        paper: match kind {
            Kind::StampedVersion => Some(DocumentKind::StampedForm),
            _ => None,
        },
        outcome,
    }
}

fn refused(refusal: Option<&Refusal>) -> Outcome {
    failed_if(refusal.map(|refusal| Reason::Refused(refusal.clone())))
}

///
fn sex(case: &Case<'_>, id: Option<&IdNumber>) -> Outcome {
    match id {
        None => Outcome::Unclear(Reason::IdNumberWrong),
        Some(id) if Sex::parse(case.form.get("sex")) == Some(id.sex()) => Outcome::Passed,
        Some(_) => refused(Some(&Refusal::SexDisagrees)),
    }
}

/// R-16 [ours]: whoever is not of Jinan by the ID number brings a residence permit.
fn residence(case: &Case<'_>, id: Option<&IdNumber>) -> Outcome {
    let permit = DocumentKind::ResidencePermit;
    match id {
        None => Outcome::Unclear(Reason::IdNumberWrong),
        Some(id) if id.is_of_jinan() || case.paper(permit).is_some() => Outcome::Passed,
        Some(_) => refused(Some(&Refusal::DocumentMissing { kind: permit.label() })),
    }
}

///
fn entry_year(case: &Case<'_>) -> Outcome {
    let entered = NaiveDate::parse_from_str(case.form.get("entry_date").trim(), "%Y-%m-%d");
    let within = entered.is_ok_and(|day| day.year() == case.year);
    refused((!within).then_some(&Refusal::NotEnrolledThisYear { year: case.year }))
}

fn employer(case: &Case<'_>) -> Outcome {
    let known = case.employer.trim().to_owned();
    match alike(&known, case.form.get("employer")) {
        Alike::Same => Outcome::Passed,
        Alike::Similar => Outcome::Unclear(Reason::EmployerSimilar(known)),
        Alike::Different => Outcome::Failed(Reason::EmployerDiffers(known)),
    }
}

/// a wrong ID number fails on its own line; it says nothing about the permit.
fn complete(case: &Case<'_>, id: Option<&IdNumber>) -> Outcome {
    let of_jinan = id.is_none_or(IdNumber::is_of_jinan);
    let papers: Vec<_> = case.papers.iter().map(|paper| paper.document.clone()).collect();
    let missing = documents::missing(case.application, &papers, of_jinan);
    let missing = missing.into_iter().find(|r| *r != Refusal::StampedFormOutOfDate);
    refused(missing.as_ref())
}
