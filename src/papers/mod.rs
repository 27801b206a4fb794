//! Checks made by the machine over an application's papers, explained to the worker before submission and to the
//! officer beside the paper. Each passes, fails, or cannot tell; none decides anything: a failed check warns, the
//! worker may still submit, and the officer decides (ADR 0016; ).
//!
//! A file is read once ([`read`]), what it says is kept sealed, and the checks are a pure function of those facts,
//! the form and the time ([`judge`]): nothing is stale when the form changes. Papers used twice are found by marks
//! that do not reveal what they mark ([`twins`]).

pub mod chsi;
pub mod examine;
pub mod judge;
mod pdf;
pub mod picture;
mod qr;
pub mod read;
mod report;
mod store;
pub mod twins;
mod words;

pub use examine::{READ_JOB, awaited};
pub use report::{Looked, Viewer, of};
pub use store::{Stamp, stamp};

use crate::application::DocumentKind;
use crate::kernel::Refusal;
use chrono::NaiveDate;

crate::text_enum! {
    /// What is checked.
    pub enum Kind {
        /// the ID number's check digit and birth date.
        IdNumber = "id_number",
        /// sex on the form and in the ID number.
        Sex = "sex",
        /// Jinan's 户籍 by the ID number, else a residence permit.
        Residence = "residence",
        /// a card of ICBC.
        Card = "card",
        /// the card is in no other application.
        CardElsewhere = "card_elsewhere",
        /// the card's holder is the applicant.
        CardHolder = "card_holder",
        /// entered within the campaign's year.
        EntryYear = "entry_year",
        /// the employer on the form and the one given at sign-up.
        Employer = "employer",
        /// every paper is there.
        Complete = "complete",
        /// the stamped form was uploaded for the form as it stands.
        StampedVersion = "stamped_version",
        /// the code on the stamped form names this application and version.
        FormCode = "form_code",
        /// the report is one, and its code is 学信网's.
        Report = "report",
        /// the report's name is the applicant's.
        ReportName = "report_name",
        /// the report's sex, birth date and ID number are the applicant's.
        ReportPerson = "report_person",
        /// the report's institution.
        ReportInstitution = "report_institution",
        /// the report's level.
        ReportLevel = "report_level",
        /// the report's month of entry.
        ReportEntry = "report_entry",
        /// valid for six months.
        ReportValidity = "report_validity",
        /// the paper is in nobody else's application.
        Elsewhere = "elsewhere",
        /// the picture can be read.
        Quality = "quality",
    }
}

/// How a check came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All right.
    Passed,
    /// Not all right, and why.
    Failed(Reason),
    /// The machine cannot tell, and why: a person looks.
    Unclear(Reason),
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What is checked.
    pub kind: Kind,
    /// The paper it is about; `None` for the form itself.
    pub paper: Option<DocumentKind>,
    /// How it came out.
    pub outcome: Outcome,
}

/// Why a check did not pass. Its words: [`Reason::text`] says what was found, [`Reason::advice`] what a worker can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A rule of the form refuses it.
    Refused(Refusal),
    /// Sex, residence: the ID number is wrong, so nothing follows from it.
    IdNumberWrong,
    /// The employer given at sign-up is another one.
    EmployerDiffers(String),
    /// One employer's name contains the other.
    EmployerSimilar(String),
    /// Nobody reads the card's holder off a picture here.
    HolderByEye,
    /// The same card is in another application.
    CardUsed(Other),
    /// The paper has not been read yet.
    NotReadYet,
    /// The file could not be opened for reading.
    Unreadable,
    /// The printed version, and the present one.
    FormChanged(i64, i64),
    /// The code is another application's.
    FormOfAnother,
    /// The code has our layout and a wrong checksum.
    FormCodeForged,
    /// A code of somebody else's.
    FormCodeForeign,
    /// No code was found in the picture.
    FormCodeNotFound,
    /// The application has no number yet to compare with.
    NumberPending,
    /// Another paper of 学信网, by its name.
    OtherPaper(&'static str),
    /// A picture: letters in pictures are not read.
    TextInPicture,
    /// Text that was not recognised as the report.
    NotRecognised,
    /// The code on the report leads elsewhere.
    ReportCodeForeign,
    /// The code in the square and the one in the text differ.
    ReportCodeDiffers,
    /// Something else stands on the report.
    Differs(String),
    /// Nearly the same stands on the report.
    Similar(String),
    /// The report does not show it.
    NotOnReport,
    /// Valid for less than six months, until then.
    ValidShort(NaiveDate),
    /// No longer valid since then.
    ValidEnded(NaiveDate),
    /// Ends then; the beginning is not stated.
    ValidUnclear(NaiveDate),
    /// No period is stated.
    ValidNotStated,
    /// The paper is in another application too.
    Used(How, Other),
    /// Blurred.
    Blurred,
    /// Too dark.
    Dark,
    /// Overexposed or washed out.
    Washed,
    /// Too small to read: width and height in pixels.
    Small(u32, u32),
    /// One colour, nothing on it.
    Blank,
}

impl Kind {
    /// Whether submitting refuses it by itself; the others only warn.
    pub fn binding(self) -> bool {
        matches!(
            self,
            Kind::IdNumber
                | Kind::Sex
                | Kind::Residence
                | Kind::Card
                | Kind::EntryYear
                | Kind::Complete
                | Kind::StampedVersion
        )
    }

    /// Whether it is asked of every paper alike.
    pub fn of_any_paper(self) -> bool {
        matches!(self, Kind::Quality | Kind::Elsewhere)
    }
}

crate::text_enum! {
    /// By what a paper was found in another application.
    pub enum How {
        /// The same file, byte for byte.
        File = "file",
        /// The same picture, saved again.
        Picture = "picture",
        /// The same 在线验证码.
        Report = "report",
        /// The same invoice number.
        Receipt = "receipt",
    }
}

/// Another application, as far as the viewer may know it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Other {
    /// Its number and id, for an officer in whose subtree it is.
    pub seen: Option<(String, String)>,
}
