//! Campaigns, their intakes with application and review windows, and the places of each unit
//!

mod intakes;
pub mod places;
pub mod quotas;
mod store;
pub mod tally;

pub use intakes::{Current, Intake, Window, all as intakes, create, current, intake};

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
