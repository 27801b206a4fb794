//! The checks: a pure function of the form, what was read from the papers, and the time.

mod form;
mod paper;
mod report;

use super::read::Facts;
use super::{Check, How, Kind, Other, Outcome, Reason};
use crate::application::documents::Document;
use crate::application::{Application, DocumentKind, FormText, State};
use crate::kernel::{Sealer, Time};

/// An application as it is judged.
pub struct Case<'a> {
    /// The row.
    pub application: &'a Application,
    /// The form in clear.
    pub form: &'a FormText,
    /// The papers that stand.
    pub papers: &'a [Paper<'a>],
    /// The employer given at sign-up.
    pub employer: &'a str,
    /// The campaign's year.
    pub year: i32,
    /// Another worker's application with the same card.
    pub card_elsewhere: Option<Other>,
    /// Knows our own codes.
    pub sealer: &'a Sealer,
    /// Now.
    pub now: Time,
}

/// A paper with what was read from it.
pub struct Paper<'a> {
    /// The row.
    pub document: &'a Document,
    /// What was read; `None` while it has not been.
    pub facts: Option<Facts>,
    /// In whose applications it was found too, and by what.
    pub elsewhere: Option<(How, Other)>,
}

impl Case<'_> {
    fn paper(&self, kind: DocumentKind) -> Option<&Paper<'_>> {
        self.papers.iter().find(|paper| paper.document.kind == kind)
    }

    /// The moment that periods are judged at: the submission, past or to come; for what was uploaded later, then.
    fn submission(&self, paper: &Document) -> Time {
        let state = self.application.state;
        match self.application.submitted_at {
            Some(at) if !state.is_being_filled() && state != State::Returned => at.max(paper.uploaded_at),
            _ => self.now,
        }
    }
}

/// All checks, those of the form first, then paper by paper.
pub fn judge(case: &Case<'_>) -> Vec<Check> {
    let mut checks = form::checks(case);
    for kind in DocumentKind::ALL {
        let Some(paper) = case.paper(*kind) else { continue };
        match kind {
            DocumentKind::StampedForm => {
                checks.push(about(*kind, Kind::FormCode, paper::form_code(case, paper)))
            }
            DocumentKind::ChsiReport => checks.extend(report::checks(case, paper)),
            DocumentKind::BankCard => checks.push(about(
                *kind,
                Kind::CardHolder,
                Outcome::Unclear(Reason::HolderByEye),
            )),
            _ => {}
        }
        checks.extend(paper::common(paper));
    }
    checks
}

fn about(paper: DocumentKind, kind: Kind, outcome: Outcome) -> Check {
    Check {
        kind,
        paper: Some(paper),
        outcome,
    }
}

fn failed_if(reason: Option<Reason>) -> Outcome {
    reason.map_or(Outcome::Passed, Outcome::Failed)
}

#[cfg(test)]
mod tests;
