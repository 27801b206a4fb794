//! What a machine can check before an officer looks: each passed, failed, or left to the officer, with its reason
//! (ux.md; ).

use crate::application::documents::{self, Document};
use crate::application::{Application, DocumentKind, FormText};
use crate::campaign::Intake;
use crate::kernel::{BankCard, IdNumber, Refusal, Sex, Time};
use chrono::{Datelike as _, NaiveDate};

/// How a check came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All right.
    Passed,
    /// Not all right, and why.
    Failed(String),
    /// Only a person can tell; what to look at.
    Unknown(&'static str),
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What is checked, for people.
    pub label: &'static str,
    /// How it came out.
    pub outcome: Outcome,
}

/// Runs every check on a form in clear.
pub fn run(
    application: &Application,
    form: &FormText,
    papers: &[Document],
    intake: &Intake,
    now: Time,
) -> Vec<Check> {
    let id = IdNumber::parse(form.get("id_number"), now);
    // A wrong number fails on its own line; it says nothing about the residence permit.
    let of_jinan = !id.as_ref().is_ok_and(|id| !id.is_of_jinan());
    let sex = id
        .as_ref()
        .map_or(Outcome::Unknown("身份证号有误，无法核对性别"), |id| {
            judge(
                (Sex::parse(form.get("sex")) == Some(id.sex())).then_some(()),
                Refusal::SexDisagrees,
            )
        });
    let missing = documents::missing(application, papers, of_jinan);
    let missing = missing.into_iter().find(|r| *r != Refusal::StampedFormOutOfDate);
    vec![
        check("身份证号校验码", failed(id.as_ref().err())),
        check("性别与身份证号一致", sex),
        check(
            "银行卡为工商银行卡",
            failed(BankCard::parse_icbc(form.get("card")).as_ref().err()),
        ),
        check(
            "入学时间在本年度",
            entry_year(form.get("entry_date"), intake.year),
        ),
        check("材料齐全", failed(missing.as_ref())),
        check("盖章申请表为最新版本", stamped(application, papers)),
        check(
            "学籍报告有效期",
            Outcome::Unknown("请看学信网报告上的在线验证有效期是否不少于 6 个月"),
        ),
    ]
}

fn check(label: &'static str, outcome: Outcome) -> Check {
    Check { label, outcome }
}

fn failed(refusal: Option<&Refusal>) -> Outcome {
    refusal.map_or(Outcome::Passed, |refusal| Outcome::Failed(refusal.text()))
}

fn judge(holds: Option<()>, otherwise: Refusal) -> Outcome {
    failed(if holds.is_some() { None } else { Some(&otherwise) })
}

///
fn entry_year(date: &str, year: i32) -> Outcome {
    let entered = NaiveDate::parse_from_str(date.trim(), "%Y-%m-%d").ok();
    judge(
        entered.filter(|d| d.year() == year).map(|_| ()),
        Refusal::NotEnrolledThisYear { year },
    )
}

/// the paper is of the form as it stands.
fn stamped(application: &Application, papers: &[Document]) -> Outcome {
    match papers.iter().find(|d| d.kind == DocumentKind::StampedForm) {
        None => Outcome::Unknown("没有上传盖章申请表"),
        Some(paper) if paper.out_of_date(application) => {
            Outcome::Failed(Refusal::StampedFormOutOfDate.text())
        }
        Some(_) => Outcome::Passed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::State;
    use crate::application::content::MediaType;
    use crate::application::form::tests::good;
    use crate::campaign::{Season, Window};

    const NOW: Time = Time(1_636_500_000_000); // 10 November 2021

    fn application(form_version: i64) -> Application {
        Application {
            id: "a".to_owned(),
            worker_id: "w".to_owned(),
            intake_id: "i".to_owned(),
            campaign_id: "c".to_owned(),
            union_id: None,
            unit_id: None,
            state: State::InReview,
            step: 0,
            holder_id: None,
            since: NOW,
            number: None,
            seq: None,
            submitted_at: None,
            applicant: String::new(),
            level: None,
            institution: String::new(),
            form_sealed: String::new(),
            form_version,
            printed_version: 1,
            checked_version: 1,
            version: 1,
            updated_at: NOW,
        }
    }

    fn papers() -> Vec<Document> {
        let paper = |kind| Document {
            id: format!("{kind}"),
            application_id: "a".to_owned(),
            kind,
            media: MediaType::Png,
            bytes: 1,
            form_version: 1,
            uploaded_at: NOW,
        };
        DocumentKind::needed(true).map(paper).collect()
    }

    fn outcomes(form: &FormText, papers: &[Document], form_version: i64) -> Vec<Check> {
        let window = Window {
            from: NOW,
            until: NOW,
        };
        let intake = Intake {
            id: "i".to_owned(),
            campaign_id: "c".to_owned(),
            year: 2021,
            season: Season::Autumn,
            apply: window,
            review: window,
        };
        run(&application(form_version), form, papers, &intake, NOW)
    }

    /// The labels of what failed.
    fn failed_of(checks: &[Check]) -> Vec<&str> {
        let failed = checks.iter().filter(|c| matches!(c.outcome, Outcome::Failed(_)));
        failed.map(|c| c.label).collect()
    }

    fn with(field: &str, value: &str) -> FormText {
        let mut form = good();
        form.set(field, value);
        form
    }

    /// ux.md: what a machine cannot tell is left to the officer, all else passes on a right application.
    #[test]
    fn a_right_application_passes_but_for_what_only_a_person_can_see() {
        let checks = outcomes(&good(), &papers(), 1);
        assert_eq!(failed_of(&checks), Vec::<&str>::new());
        let unknown: Vec<_> = checks
            .iter()
            .filter(|c| c.outcome != Outcome::Passed)
            .map(|c| c.label)
            .collect();
        assert_eq!(unknown, ["学籍报告有效期"]);
    }

    /// each rule fails at its own line.
    #[test]
    fn each_rule_fails_at_its_line() {
        let failed = |form: &FormText| failed_of(&outcomes(form, &papers(), 1)).join(",");
        assert_eq!(failed(&with("id_number", "370102199003070021")), "身份证号校验码");
        assert_eq!(failed(&with("sex", "男")), "性别与身份证号一致");
        assert_eq!(failed(&with("card", "6222021602001234561")), "银行卡为工商银行卡");
        assert_eq!(failed(&with("entry_date", "2020-09-01")), "入学时间在本年度");
    }

    /// a missing paper and a stamped form of an older version are told apart.
    #[test]
    fn papers_are_complete_and_of_this_version() {
        assert_eq!(
            failed_of(&outcomes(&good(), &papers(), 2)),
            ["盖章申请表为最新版本"]
        );
        assert_eq!(failed_of(&outcomes(&good(), &papers()[1..], 1)), ["材料齐全"]);
    }
}
