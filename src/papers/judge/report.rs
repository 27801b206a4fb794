//! 学信网's report against the form.

use super::{Case, Paper, about};
use crate::application::{DocumentKind, Level};
use crate::kernel::IdNumber;
use crate::papers::chsi::{self, Match, Report, Validity};
use crate::papers::read::Facts;
use crate::papers::{Check, Kind, Outcome, Reason};
use chrono::{Datelike as _, NaiveDate};

pub(super) fn checks(case: &Case<'_>, paper: &Paper<'_>) -> Vec<Check> {
    let line = |kind, outcome| about(DocumentKind::ChsiReport, kind, outcome);
    let Some(facts) = &paper.facts else {
        return vec![line(Kind::Report, Outcome::Unclear(Reason::NotReadYet))];
    };
    let report = Report::parse(&facts.text);
    let mut checks = vec![line(Kind::Report, recognised(facts, report.as_ref()))];
    let Some(report) = report else { return checks };
    let form = case.form;
    let name = matched(report.compare(&["姓名"], form.get("name")));
    let institution = report.compare(&["院校", "院校名称", "学校名称"], form.get("institution"));
    checks.extend([
        line(Kind::ReportName, name),
        line(Kind::ReportPerson, person(case, &report)),
        line(Kind::ReportInstitution, matched(institution)),
        line(Kind::ReportLevel, level(&report, form.get("level"))),
        line(Kind::ReportEntry, entry(&report, form.get("entry_date"))),
        line(
            Kind::ReportValidity,
            validity(report.validity(case.submission(paper.document))),
        ),
    ]);
    checks
}

/// Whether it is the report, and its code 学信网's own. The address is looked at, never opened.
fn recognised(facts: &Facts, report: Option<&Report>) -> Outcome {
    let codes: Vec<Option<String>> = facts.codes.iter().map(|code| chsi::code_of(code)).collect();
    let of_chsi = codes.iter().flatten().next();
    if !codes.is_empty() && of_chsi.is_none() {
        return Outcome::Failed(Reason::ReportCodeForeign);
    }
    let printed = report.and_then(Report::code);
    if let (Some(square), Some(printed)) = (of_chsi.filter(|code| !code.is_empty()), &printed)
        && square != printed
    {
        return Outcome::Failed(Reason::ReportCodeDiffers);
    }
    match report {
        Some(_) => Outcome::Passed,
        None if facts.text.is_empty() => Outcome::Unclear(Reason::TextInPicture),
        None => chsi::other_paper(&facts.text).map_or(Outcome::Unclear(Reason::NotRecognised), |name| {
            Outcome::Failed(Reason::OtherPaper(name))
        }),
    }
}

fn matched(found: Match) -> Outcome {
    match found {
        Match::Same => Outcome::Passed,
        Match::Similar(value) => Outcome::Unclear(Reason::Similar(value)),
        Match::Differs(value) => Outcome::Failed(Reason::Differs(value)),
        Match::Absent => Outcome::Unclear(Reason::NotOnReport),
    }
}

/// sex, birth date and (where it is in full) ID number of the report, against the form's ID number.
fn person(case: &Case<'_>, report: &Report) -> Outcome {
    let Ok(id) = IdNumber::parse(case.form.get("id_number"), case.now) else {
        return Outcome::Unclear(Reason::IdNumberWrong);
    };
    let (sex, birth, number) = report.person();
    if let Some(number) = number.filter(|number| !number.eq_ignore_ascii_case(id.as_str())) {
        return Outcome::Failed(Reason::Differs(crate::kernel::text::masked(number, 6, 4)));
    }
    if let Some(sex) = sex.filter(|sex| *sex != id.sex().as_str()) {
        return Outcome::Failed(Reason::Differs(sex.to_owned()));
    }
    let born = id.as_str().get(6..14).unwrap_or_default();
    match birth {
        Some(day) if day.format("%Y%m%d").to_string() != born => {
            let text = format!("{}年{}月{}日", day.year(), day.month(), day.day());
            Outcome::Failed(Reason::Differs(text))
        }
        None if sex.is_none() && number.is_none() => Outcome::Unclear(Reason::NotOnReport),
        _ => Outcome::Passed,
    }
}

fn level(report: &Report, typed: &str) -> Outcome {
    let Some(word) = report.level_word() else {
        return Outcome::Unclear(Reason::NotOnReport);
    };
    match report.level() {
        None => Outcome::Unclear(Reason::Similar(word.to_owned())),
        level if level == Level::parse(typed) => Outcome::Passed,
        Some(_) => Outcome::Failed(Reason::Differs(word.to_owned())),
    }
}

/// the same month; schools write the day of registration, workers the first of the month.
fn entry(report: &Report, typed: &str) -> Outcome {
    let (Some((year, month)), Ok(day)) = (
        report.entry(),
        NaiveDate::parse_from_str(typed.trim(), "%Y-%m-%d"),
    ) else {
        return Outcome::Unclear(Reason::NotOnReport);
    };
    if (day.year(), day.month()) == (year, month) {
        Outcome::Passed
    } else {
        Outcome::Failed(Reason::Differs(format!("{year}年{month}月")))
    }
}

fn validity(found: Validity) -> Outcome {
    match found {
        Validity::Long(_) => Outcome::Passed,
        Validity::Short(day) => Outcome::Failed(Reason::ValidShort(day)),
        Validity::Ended(day) => Outcome::Failed(Reason::ValidEnded(day)),
        Validity::StartUnknown(day) => Outcome::Unclear(Reason::ValidUnclear(day)),
        Validity::NotStated => Outcome::Unclear(Reason::ValidNotStated),
    }
}
