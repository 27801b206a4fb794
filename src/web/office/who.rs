//! Who is signed in, as the top of an officer's page shows them, with the entries that are theirs.

use super::view;
use crate::payment::desk;
use crate::union::rights::Act;
use crate::union::{Kind, Officer, providers};

/// Who is signed in, for the top of the page.
#[derive(Debug, Clone, Default)]
pub struct Who {
    /// Name.
    pub name: String,
    /// Union.
    pub union: String,
    /// Roles in words.
    pub roles: String,
    /// Whether they manage unions below theirs.
    pub manages: bool,
    /// Whether they look after the accounts of their own.
    pub staffs: bool,
    /// Whether they keep the catalogue of 选学报读.
    pub keeps: bool,
    /// Whether they work for a provider: they see its pages and no union's.
    pub provider: bool,
    /// Whether they look after the money that workers paid.
    pub money: bool,
    /// Where they manage years or places; empty for who does not.
    pub places: &'static str,
    /// Whether they may read the audit trail.
    pub audits: bool,
    /// Whether they keep what the city publishes.
    pub publishes: bool,
    /// Which entry of the top bar the page belongs to.
    pub at: &'static str,
}

impl Who {
    pub(super) fn of(officer: &Officer, at: &'static str) -> Option<Who> {
        Some(Who {
            name: officer.name.clone(),
            union: officer.union.name.clone(),
            roles: view::roles(officer),
            manages: officer.can(Act::ManageUnions),
            staffs: officer.can(Act::ManageOfficers),
            keeps: providers::keeps(officer),
            provider: officer.union.kind == Kind::Provider,
            money: desk::sees(officer),
            places: super::places::entrance(officer),
            audits: officer.can(Act::ReadAudit),
            publishes: providers::keeps(officer) && officer.can(Act::ManageContent),
            at,
        })
    }
}
