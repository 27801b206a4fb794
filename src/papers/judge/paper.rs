//! What is checked of every paper, and the code on the stamped form.

use super::{Case, Paper, about, failed_if};
use crate::application::DocumentKind;
use crate::application::form_code::{FormCode, NotAForm};
use crate::papers::picture::Picture;
use crate::papers::{Check, Kind, Outcome, Reason};

/// Below this much fine contrast (hundredths of the content's) nobody reads small print. By the generator's figures
/// (tests/it/papers): blurred pictures stay below, right ones, light blur and JPEG included, are well above.
pub const SHARP: u32 = 12;
/// Nothing brighter than this: taken in the dark.
const DARK: u8 = 90;
/// Nothing darker than this: overexposed.
const WASHED: u8 = 175;
/// Less between the darkest and the brightest than this: nothing is on it.
const BLANK: u8 = 25;

/// The longest side in pixels below which a paper's print cannot be read.
fn smallest(kind: DocumentKind) -> u32 {
    match kind {
        DocumentKind::StampedForm | DocumentKind::ChsiReport => 800,
        DocumentKind::Receipt => 500,
        // A card fills its picture and its print is large.
        DocumentKind::IdFront
        | DocumentKind::IdBack
        | DocumentKind::ResidencePermit
        | DocumentKind::BankCard => 400,
    }
}

/// Whether it can be read, and whether somebody else used it.
pub(super) fn common(paper: &Paper<'_>) -> Vec<Check> {
    let kind = paper.document.kind;
    let Some(facts) = &paper.facts else {
        return vec![about(kind, Kind::Quality, Outcome::Unclear(Reason::NotReadYet))];
    };
    let quality = match &facts.picture {
        Some(picture) => failed_if(fault(kind, picture)),
        None if !facts.text.is_empty()
            || paper.document.media == crate::application::content::MediaType::Pdf =>
        {
            Outcome::Passed
        }
        None => Outcome::Unclear(Reason::Unreadable),
    };
    let used = paper
        .elsewhere
        .clone()
        .map(|(how, other)| Reason::Used(how, other));
    vec![
        about(kind, Kind::Quality, quality),
        about(kind, Kind::Elsewhere, failed_if(used)),
    ]
}

/// What keeps a picture from being read, the plainest cause first.
fn fault(kind: DocumentKind, picture: &Picture) -> Option<Reason> {
    let longest = picture.width.max(picture.height);
    match picture {
        _ if longest < smallest(kind) => Some(Reason::Small(picture.width, picture.height)),
        p if p.brightest < DARK => Some(Reason::Dark),
        p if p.brightest.saturating_sub(p.darkest) < BLANK => Some(Reason::Blank),
        p if p.darkest > WASHED => Some(Reason::Washed),
        p if p.sharpness.is_some_and(|sharp| sharp < SHARP) => Some(Reason::Blurred),
        _ => None,
    }
}

/// the code names this application and the form as it stands.
pub(super) fn form_code(case: &Case<'_>, paper: &Paper<'_>) -> Outcome {
    let Some(facts) = &paper.facts else {
        return Outcome::Unclear(Reason::NotReadYet);
    };
    let read: Vec<Result<FormCode, NotAForm>> = facts
        .codes
        .iter()
        .map(|text| FormCode::parse(text, case.sealer))
        .collect();
    let Some(code) = read.iter().find_map(|code| code.as_ref().ok()) else {
        return match read.first() {
            None => Outcome::Unclear(Reason::FormCodeNotFound),
            Some(_) if read.contains(&Err(NotAForm::Forged)) => Outcome::Failed(Reason::FormCodeForged),
            Some(_) => Outcome::Failed(Reason::FormCodeForeign),
        };
    };
    let version = case.application.form_version;
    match &case.application.number {
        None => Outcome::Unclear(Reason::NumberPending),
        Some(number) if *number != code.number => Outcome::Failed(Reason::FormOfAnother),
        Some(_) if code.version != version => Outcome::Failed(Reason::FormChanged(code.version, version)),
        Some(_) => Outcome::Passed,
    }
}
