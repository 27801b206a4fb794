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
    let of_jinan = id.as_ref().is_ok_and(IdNumber::is_of_jinan);
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
