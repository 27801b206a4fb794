//! Level-by-level review: the officer's inbox, the desk with form and papers, the decision (R-21 … R-24).

pub mod decide;
pub mod desk;
pub mod inbox;
mod store;

crate::text_enum! {
    /// What an officer decides.
    pub enum Verdict { Pass = "pass", Return = "return", Reject = "reject" }
}

impl Verdict {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Verdict::Pass => "通过",
            Verdict::Return => "退回补正",
            Verdict::Reject => "不予通过",
        }
    }
}
