//! 选学报读: the catalogue of programs, the search in it, a worker's enrolment with its seat and tuition, and the provider
//! who takes over (R-3, R-33 … R-35; ADR 0026).

pub mod agreed;
pub mod catalogue;
mod close_provider;
pub mod deadlines;
pub mod enrol;
pub mod favourites;
pub mod import;
pub mod moves;
pub mod owner;
pub mod paying;
pub mod pinyin;
pub mod plan;
pub mod program;
pub mod provider;
pub mod refunds;
pub mod search;
pub mod states;
mod store;
mod typed;

pub use close_provider::close_provider;
pub use moves::{Basics, Enrolment, Term};
pub use program::{Intake, Program, RefundRules};
pub use states::State;

crate::text_enum! {
    /// 学历层次 of a program.
    pub enum Level { College = "大专", Bachelor = "本科", Master = "硕士", Doctor = "博士" }
}

impl Level {
    /// How the sources of the office write it besides: 高起专, 专升本 and the like.
    pub fn read(text: &str) -> Option<Self> {
        Level::parse(text).or(match text {
            "专科" | "高起专" | "高职" => Some(Level::College),
            "专升本" | "高起本" | "大学本科" => Some(Level::Bachelor),
            "硕士研究生" => Some(Level::Master),
            "博士研究生" => Some(Level::Doctor),
            _ => None,
        })
    }
}

crate::text_enum! {
    /// 学习形式.
    pub enum StudyForm {
        Open = "开放教育",
        Online = "网络教育",
        Correspondence = "函授",
        PartTime = "业余",
        SelfStudy = "自学考试",
        FullTime = "全日制",
        NotFullTime = "非全日制",
    }
}

crate::text_enum! {
    /// Whether a program can be enrolled in.
    pub enum ProgramState {
        /// 招生中.
        Open = "open",
        /// Not offered any more; who is enrolled goes on.
        Closed = "closed",
        /// Taken out of the catalogue: only once everything paid is settled.
        Withdrawn = "withdrawn",
    }
}

impl ProgramState {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            ProgramState::Open => "招生中",
            ProgramState::Closed => "已停止招生",
            ProgramState::Withdrawn => "已下架",
        }
    }
}

crate::text_enum! {
    /// How a term goes, by the provider's report.
    pub enum StudyStatus {
        Studying = "studying",
        Behind = "behind",
        Suspended = "suspended",
        Graduated = "graduated",
        Left = "left",
    }
}

impl StudyStatus {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            StudyStatus::Studying => "在读",
            StudyStatus::Behind => "进度落后",
            StudyStatus::Suspended => "休学",
            StudyStatus::Graduated => "已毕业",
            StudyStatus::Left => "已退学",
        }
    }
}
