//! Every "no" the system can say, in one catalogue: a stable code for programs, and words for people that
//! say what to do next. Pages and the API only show what stands here.

mod code;
mod text;

use super::time::Time;

/// The hotline that every dead end names.
pub const HOTLINE: &str = "4000123318 转 0";

/// Why an act is refused. Carries only what may be shown to the person who acted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each one's meaning is its words in `text`")]
pub enum Refusal {
    // Any field
    Empty,
    TooShort { min: usize },
    TooLong { max: usize },
    NotAChoice,
    // Phone, SMS, slider
    PhoneMalformed,
    PhoneVirtual,
    PhoneTaken,
    PhoneUnknown,
    PhoneNotProven,
    ContactPhoneMalformed,
    SmsFailed,
    SliderMissing,
    SliderFailed,
    SmsTooSoon { wait_s: u64 },
    SmsTooMany,
    SmsCodeWrong { left: u32 },
    SmsCodeEnded,
    SmsCodeNone,
    SignInTooMany,
    PasswordWrong,
    // Accounts
    PasswordWeak,
    PasswordsDiffer,
    EmailMalformed,
    PhoneIsYours,
    PhoneOfAnother,
    PhoneNotOfAccount,
    ProveFirst,
    AppDoorClosed,
    AppTicketInvalid,
    AppTicketExpired,
    AppTicketUsed,
    OtherPerson,
    JoinBothApplied,
    JoinBothEnrolled { number: String },
    JoinItself,
    LeaveWithdrawFirst,
    LeaveEnrolmentFirst { number: String },
    LeaveNotAgreed,
    // Identity and card
    IdNumberMalformed,
    IdNumberChecksum,
    IdNumberBirthDate,
    SexDisagrees,
    CardMalformed,
    CardChecksum,
    CardNotIcbc,
    // Who may
    PostTooHigh,
    NotOfJinan,
    LevelTooLow,
    NotEnrolledThisYear { year: i32 },
    EmployerDisagrees,
    DateMalformed,
    // Windows
    NoIntake,
    ApplyWindowClosed { from: Time, until: Time },
    ReviewWindowClosed { from: Time, until: Time },
    CorrectionOver { until: Time },
    // Application (R-5, R-12, R-15 … R-18)
    UnionMissing,
    UnionUnknown,
    StampedFormOutOfDate,
    ChecksNotTicked,
    DocumentMissing { kind: &'static str },
    DocumentNotReplaced { kind: &'static str },
    AlreadyThisYear { number: String },
    AlreadyThisLevel { level: &'static str, number: String },
    NotEditable,
    TwoAnswers,
    ReviewBegun,
    UnionOfOtherUnit,
    // Files
    FileEmpty,
    FileTooLarge { bytes: u64 },
    FileWrongType,
    FileTruncated,
    FileLocked,
    FilePixels,
    FileWebPage,
    FileHeic,
    FileOffice,
    FileMixed,
    FileScripts,
    FileNoPages,
    FilePages { most: usize },
    FileTooMany,
    // From PC to phone and back
    HandoffOver,
    HandoffTaken,
    // Review (R-21 … R-24)
    NotYourStep,
    AlreadyDecided { by: String },
    ReasonMissing,
    NothingToCorrect,
    VerdictMissing,
    RejectNotConfirmed,
    ChangedMeanwhile,
    OwnApplication,
    DeclaredRelative,
    NoOtherReviewer,
    FirstStep,
    RecallTooLate,
    NeedsALook,
    NotCheckedYet,
    TooManyChosen { max: usize },
    // Unions and officers
    InvitationUnknown,
    InvitationExpired,
    InvitationRevoked,
    InvitationUsedUp,
    UnionNameTaken,
    RegistrationWaits { by: String },
    RegistrationRejected { by: String, reason: String },
    RegistrationDecided { by: String },
    OfficerPhoneTaken,
    OfficerPhoneWaits,
    OfficerPhoneUnknown,
    PasswordSimple,
    PasswordIsPhone,
    PasswordNotOld,
    RolesMissing,
    LastAdministrator,
    ByUpperUnionOnly,
    UnionHasChildren { count: i64 },
    UnionHasOpenWork { count: i64 },
    UnionHasRegistrations { count: i64 },
    UnitStays,
    MoveIntoItself,
    MoveNowhere,
    NotConfirmed,
    WechatNotBound,
    SecondFactorOn,
    // 选学报读 (R-3, R-33 … R-35)
    RealNameFirst,
    IdentityOfAnother,
    ProgramClosed,
    SeatsGone,
    EnrolWindowOver { until: Time },
    EnrolledAlready { number: String },
    HoldsAnother { number: String },
    RulesNotAgreed,
    TermsChanged,
    ProviderBusy { programs: i64, enrolments: i64 },
    ProviderEnded,
    HoldOver,
    NothingToPay,
    RefundNotNow,
    EnrolmentNotThere,
    ProgramHasEnrolments { count: i64 },
    SeatsBelowTaken { date: String },
    CatalogueWrong { problem: String },
    // 公益微课
    VideoWrongType,
    VideoTooLarge,
    CoverWrongType,
    LinkMalformed,
    OrderMalformed,
    TooManyKept { most: usize },
    // Campaigns, quotas, transfers of places
    CampaignExists { year: i32 },
    CampaignNone,
    YearMalformed,
    WindowBackwards,
    ReviewTooShort,
    IntakesOverlap { other: String },
    IntakeOutsideYear { year: i32 },
    WindowRunning,
    SeenChanged,
    AmountMalformed,
    PlacesMalformed,
    BelowTaken { wanted: i64, taken: i64 },
    FunderTwice,
    TableEmpty,
    TableWrongType,
    TableTooLarge,
    TableWrong { count: usize },
    PreviewGone,
    TransferItself,
    TransferNotFree { left: i64 },
    TransferMoved { state: &'static str },
    TransferTooLate,
    // How one is told
    QuietHours,
    NoticeNotLost,
    // What the city publishes
    AttachmentType,
    AttachmentTooLarge { bytes: u64 },
    AttachmentTooMany { most: usize },
    // Doors
    CsrfFailed,
    SignInAgain,
    OauthState,
    OauthCode,
    OauthVirtual,
    PageNotOurs,
    TooManyRequests,
    NotAllowed,
    MalformedRequest,
    // Mini-program and JSON API
    MiniMissing,
    MiniCode,
    MiniBlocked,
    MiniOnly,
    WechatAway,
    TextRisky,
    PhoneFirst,
    KeyMalformed,
    KeyReused,
    KeyBusy,
    // Paying (issue 6)
    PaymentOff,
    PaymentAway,
    PaymentPaid,
    PaymentNotPaid,
    PaymentClosed,
    PaymentDiffers,
    RefundTooMuch,
    RefundGoesOn,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl std::error::Error for Refusal {}

/// What is wrong with a form, field by field, in the order of the page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(pub Vec<(&'static str, Refusal)>);

impl FieldErrors {
    /// One field's error.
    pub fn one(field: &'static str, refusal: Refusal) -> Self {
        FieldErrors(vec![(field, refusal)])
    }

    /// Keeps the value, or notes the field's error and goes on with the other fields.
    pub fn take<T>(&mut self, field: &'static str, result: Result<T, Refusal>) -> Option<T> {
        result.map_err(|refusal| self.0.push((field, refusal))).ok()
    }

    /// The first error of a field, in words.
    pub fn text(&self, field: &str) -> Option<String> {
        self.0
            .iter()
            .find(|(name, _)| *name == field)
            .map(|(_, refusal)| refusal.text())
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// the hotline in the catalogue is the constant's.
    #[test]
    fn the_hotline_is_the_sources() {
        assert!(Refusal::SmsTooMany.text().contains(HOTLINE));
    }

    #[test]
    fn every_field_is_reported_at_once() {
        let mut errors = FieldErrors::default();
        assert_eq!(errors.take("name", Err::<(), _>(Refusal::Empty)), None);
        assert_eq!(errors.take("phone", Ok(1)), Some(1));
        errors.take("card", Err::<(), _>(Refusal::CardNotIcbc));
        assert_eq!(errors.text("name").as_deref(), Some("请填写此项"));
        assert_eq!(errors.0.len(), 2);
    }
}
