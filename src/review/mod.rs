//! Level-by-level review: the officer's inbox, the desk with form and papers, the decision (R-21 … R-24, ADR 0021).

pub mod bulk;
pub mod claims;
pub mod decide;
pub mod desk;
pub mod flags;
pub mod inbox;
pub mod late;
pub mod phrases;
pub mod recall;
pub mod relatives;
mod rule;
mod store;

crate::text_enum! {
    /// What an officer decides.
    pub enum Verdict {
        /// To the next step, or approved after the last.
        Pass = "pass",
        /// To the worker for correction.
        Return = "return",
        /// To the step before, for another look.
        SendBack = "send_back",
        /// The application ends.
        Reject = "reject",
    }
}

impl Verdict {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Verdict::Pass => "通过",
            Verdict::Return => "退回补正",
            Verdict::SendBack => "退回下级复核",
            Verdict::Reject => "不予通过",
        }
    }

    /// Whether a reason has to be given.
    pub fn needs_reason(self) -> bool {
        self != Verdict::Pass
    }
}

crate::text_enum! {
    /// Why something is not passed, for counting: the words beside it are the officer's own. After the source's rules.
    pub enum ReasonCode {
        /// photographs, scans.
        Unclear = "unclear",
        /// the employer's seal.
        NoSeal = "no_seal",
        /// signature or photo on the form.
        NotSigned = "not_signed",
        /// form and papers disagree.
        Inconsistent = "inconsistent",
        /// a paper is missing.
        PaperMissing = "paper_missing",
        /// less than six months.
        ReportExpired = "report_expired",
        /// what was paid and when.
        Receipt = "receipt",
        /// not a front-line worker.
        Post = "post",
        /// not of this union's area.
        NotOurs = "not_ours",
        /// level or year of entry.
        NotEligible = "not_eligible",
        /// applied before.
        Duplicate = "duplicate",
        /// a paper that is somebody else's or was changed.
        Doubtful = "doubtful",
        /// Anything else.
        Other = "other",
    }
}

impl ReasonCode {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            ReasonCode::Unclear => "材料不清晰",
            ReasonCode::NoSeal => "未盖章或公章不符",
            ReasonCode::NotSigned => "未签名或未贴照片",
            ReasonCode::Inconsistent => "信息不一致",
            ReasonCode::PaperMissing => "材料不齐全",
            ReasonCode::ReportExpired => "学籍报告过期",
            ReasonCode::Receipt => "缴费凭证不符",
            ReasonCode::Post => "不符合岗位条件",
            ReasonCode::NotOurs => "不属于本工会范围",
            ReasonCode::NotEligible => "不符合学历或入学条件",
            ReasonCode::Duplicate => "重复申请",
            ReasonCode::Doubtful => "材料存疑",
            ReasonCode::Other => "其他",
        }
    }
}

crate::text_enum! {
    /// What the applicant is to an officer who declares 回避.
    pub enum Relation {
        /// The officer themselves, with another phone.
        Myself = "self",
        Spouse = "spouse",
        Parent = "parent",
        Child = "child",
        Sibling = "sibling",
        /// Another relative, or another interest.
        Other = "other",
    }
}

impl Relation {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Relation::Myself => "本人",
            Relation::Spouse => "配偶",
            Relation::Parent => "父母",
            Relation::Child => "子女",
            Relation::Sibling => "兄弟姐妹",
            Relation::Other => "其他亲属或利害关系",
        }
    }
}
