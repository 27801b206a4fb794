//! Supervision: the audit trail that shows tampering, who did what in plain words, and the figures of a campaign.

pub mod board;
pub mod chain;
pub mod exports;
pub mod figures;
pub mod history;
pub mod invariants;
mod store;
pub mod trail;
pub mod verify;
pub mod words;

pub use crate::xlsx;
