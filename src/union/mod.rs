//! The union tree and its officers: who reviews, who is above whom, who may see what, and how unions
//! join.

mod store;

pub mod approval;
pub mod binding;
pub mod changes;
pub mod invitations;
pub mod officers;
pub mod overview;
pub mod passwords;
pub mod preferences;
pub mod registrations;
pub mod rights;
pub mod sessions;
pub mod sign_in;
pub mod staff;
pub mod tree;

pub use officers::Officer;
pub use tree::Union;

crate::text_enum! {
    /// What a union is in the tree.
    pub enum Kind {
        /// 济南市总工会: the root, supervises.
        City = "city",
        /// 职工文化事业发展中心: the city's last review step.
        Centre = "centre",
        /// One of the units of Annex 1: 区县, 产业, 直属, 企业集团.
        Unit = "unit",
        /// 乡镇街道.
        Street = "street",
        /// A company's own union.
        Enterprise = "enterprise",
    }
}

impl Kind {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Kind::City => "市总工会",
            Kind::Centre => "市总工会事业单位",
            Kind::Unit => "区县（产业、直属、企业集团）工会",
            Kind::Street => "乡镇（街道）工会",
            Kind::Enterprise => "企业（单位）工会",
        }
    }

    /// What may join or be moved under a union of this kind: the source's 工会入网 and 企业/单位入网.
    pub fn below(self) -> &'static [Kind] {
        match self {
            Kind::City => &[Kind::Unit],
            Kind::Centre => &[],
            Kind::Unit => &[Kind::Street, Kind::Enterprise],
            Kind::Street | Kind::Enterprise => &[Kind::Enterprise],
        }
    }
}

crate::text_enum! {
    /// What an officer may do in their union.
    pub enum Role {
        /// 审核.
        Reviewer = "reviewer",
        /// 财务.
        Finance = "finance",
        /// 监督.
        Supervisor = "supervisor",
        /// 工会管理员.
        Administrator = "administrator",
    }
}

impl Role {
    /// The role's name for people.
    pub fn label(self) -> &'static str {
        match self {
            Role::Reviewer => "审核员",
            Role::Finance => "财务",
            Role::Supervisor => "监督",
            Role::Administrator => "管理员",
        }
    }
}

/// Whether a union at `path` is `other` itself or above it: paths are `/root/unit/street/`.
pub fn covers(path: &str, other: &str) -> bool {
    other.starts_with(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// a union sees what is below it in the tree, and nothing of another branch.
    #[test]
    fn a_union_covers_itself_and_what_is_below() {
        assert!(covers("/r/u1/", "/r/u1/"));
        assert!(covers("/r/u1/", "/r/u1/s1/"));
        assert!(!covers("/r/u1/", "/r/u10/"));
        assert!(!covers("/r/u1/s1/", "/r/u1/"));
    }
}
