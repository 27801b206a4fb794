//! Campaigns, their intakes with application and review windows, and the places of each unit
//!

pub mod changes;
pub mod digest;
pub mod funders;
pub mod intakes;
pub mod ledger;
pub mod places;
pub mod plan;
pub mod quotas;
pub mod sheet;
mod store;
pub mod tally;
pub mod transfers;

pub use intakes::{
    Current, Intake, Window, all as intakes, create, current, every, intake, intake_on, most_relevant,
};

crate::text_enum! {
    /// An intake's season (春季 / 秋季批次).
    pub enum Season { Spring = "spring", Autumn = "autumn" }
}

impl Season {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Season::Spring => "春季",
            Season::Autumn => "秋季",
        }
    }
}

crate::text_enum! {
    /// Why a place was taken or released.
    pub enum PlaceCause {
        Submitted = "submitted",
        Promoted = "promoted",
        Rejected = "rejected",
        Withdrawn = "withdrawn",
        Expired = "expired",
    }
}

impl PlaceCause {
    /// For people, as the public texts say it: why somebody left the line is nobody else's business.
    pub fn label(self) -> &'static str {
        match self {
            PlaceCause::Submitted => "占用",
            PlaceCause::Promoted => "递补",
            PlaceCause::Rejected | PlaceCause::Withdrawn | PlaceCause::Expired => "释放",
        }
    }
}

crate::text_enum! {
    /// Why a unit's total changed.
    pub enum QuotaCause {
        /// The year's table, by command or before there was a ledger.
        Opened = "opened",
        /// Copied from the year before.
        Copied = "copied",
        /// By hand.
        Edited = "edited",
        /// By a table.
        Imported = "imported",
        /// Between two units.
        Transferred = "transferred",
    }
}

impl QuotaCause {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            QuotaCause::Opened => "年初分配",
            QuotaCause::Copied => "沿用上年",
            QuotaCause::Edited => "市总调整",
            QuotaCause::Imported => "表格导入",
            QuotaCause::Transferred => "单位调剂",
        }
    }
}
