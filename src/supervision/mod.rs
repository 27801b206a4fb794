//! Supervision: the audit trail that shows tampering, who did what in plain words, and the figures of a campaign.

pub mod chain;
pub mod invariants;
mod store;
pub mod verify;
pub mod words;
