//! What each role may do, in one table, and where: only inside the officer's own subtree (R-26).

use super::{Kind, Officer, Role, Union, covers, providers, tree};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use serde_json::json;

crate::text_enum! {
    /// Something that an officer does or reads.
    pub enum Act {
        /// 查看申请和下级工会.
        Read = "read",
        /// 审核.
        Decide = "decide",
        /// 查看补助款.
        ReadMoney = "read_money",
        /// 办理发放.
        Pay = "pay",
        /// 查看操作记录.
        ReadAudit = "read_audit",
        /// 邀请、审批、改名、移动、撤销下级工会.
        ManageUnions = "manage_unions",
        /// 增减管理员和权限.
        ManageOfficers = "manage_officers",
        /// 市总：年度、批次、名额；单位：名额调剂.
        ManagePlaces = "manage_places",
        /// 市总：政策通知、网站资讯等对外发布的内容.
        ManageContent = "manage_content",
    }
}

/// R-26: the table. An officer may do what one of their roles may.
pub fn allows(role: Role, act: Act) -> bool {
    match act {
        Act::Read => true,
        Act::Decide => role == Role::Reviewer,
        Act::ReadMoney => matches!(role, Role::Finance | Role::Supervisor),
        Act::Pay => role == Role::Finance,
        Act::ReadAudit => matches!(role, Role::Supervisor | Role::Administrator),
        Act::ManageUnions | Act::ManageOfficers | Act::ManagePlaces | Act::ManageContent => {
            role == Role::Administrator
        }
    }
}

impl Officer {
    /// Whether one of their roles allows it.
    pub fn can(&self, act: Act) -> bool {
        self.roles.iter().any(|role| allows(*role, act))
    }
}

/// [`Refusal::NotAllowed`] unless one of the officer's roles allows it.
pub fn check(officer: &Officer, act: Act) -> Result<(), Refusal> {
    if officer.can(act) {
        Ok(())
    } else {
        Err(Refusal::NotAllowed)
    }
}

/// Whether a union lies in the officer's subtree. Providers, each a tree of its own, are the city's to look after.
pub fn sees(officer: &Officer, union: &Union) -> bool {
    covers(officer.union.scope(), &union.path) || (union.kind == Kind::Provider && providers::keeps(officer))
}

/// An active union of the officer's subtree; anything else is [`Error::NotFound`].
pub async fn within(app: &App, officer: &Officer, union_id: &str) -> Result<Union> {
    let union = tree::find(app, union_id).await?;
    if sees(officer, &union) {
        Ok(union)
    } else {
        Err(Error::NotFound)
    }
}

/// [`within`], and the right to act there: what is not theirs is not there, before it is not allowed.
pub async fn may(app: &App, officer: &Officer, act: Act, union_id: &str) -> Result<Union> {
    let union = within(app, officer, union_id).await?;
    check(officer, act)?;
    Ok(union)
}

/// The city, for an officer who may act for it (its own, or its centre's); [`Error::NotFound`] for any other.
pub async fn city(app: &App, officer: &Officer, act: Act) -> Result<Union> {
    let root = tree::root(app).await?.ok_or(Error::NotFound)?;
    may(app, officer, act, &root.id).await
}

/// Whether the officer works for a union above this one. The centre acts for the city over all but itself.
pub fn is_above(officer: &Officer, union: &Union) -> bool {
    officer.union.id != union.id && sees(officer, union) && officer.union.scope() != union.path
}

/// The union that an officer acts for: their own; for the city's centre the city.
pub async fn seat(app: &App, officer: &Officer) -> Result<Union> {
    match (&officer.union.parent_id, officer.union.kind) {
        (Some(city), Kind::Centre) => tree::find(app, city).await,
        _ => Ok(officer.union.clone()),
    }
}

/// Keeps a line of a refused act in the audit trail, and gives the result on.
pub async fn noted<T>(
    app: &App,
    actor: &Actor,
    act: &str,
    subject: (&str, &str),
    result: Result<T>,
) -> Result<T> {
    let code = match &result {
        Err(Error::Refused(refusal)) => refusal.code(),
        Err(Error::Invalid(fields)) => fields.0.first().map_or("invalid", |(_, refusal)| refusal.code()),
        Err(Error::NotFound) => "not_found",
        _ => return result,
    };
    let mut tx = app.db.write().await?;
    let line = Line {
        actor,
        act: "refused",
        subject,
        detail: json!({ "act": act, "code": code }),
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    tx.commit().await?;
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-26: every pair of role and act.
    #[test]
    fn each_role_may_do_its_own() {
        use Role::*;
        let table: [(Act, [(Role, bool); 4]); 9] = [
            (
                Act::Read,
                [
                    (Reviewer, true),
                    (Finance, true),
                    (Supervisor, true),
                    (Administrator, true),
                ],
            ),
            (
                Act::Decide,
                [
                    (Reviewer, true),
                    (Finance, false),
                    (Supervisor, false),
                    (Administrator, false),
                ],
            ),
            (
                Act::ReadMoney,
                [
                    (Reviewer, false),
                    (Finance, true),
                    (Supervisor, true),
                    (Administrator, false),
                ],
            ),
            (
                Act::Pay,
                [
                    (Reviewer, false),
                    (Finance, true),
                    (Supervisor, false),
                    (Administrator, false),
                ],
            ),
            (
                Act::ReadAudit,
                [
                    (Reviewer, false),
                    (Finance, false),
                    (Supervisor, true),
                    (Administrator, true),
                ],
            ),
            (
                Act::ManageUnions,
                [
                    (Reviewer, false),
                    (Finance, false),
                    (Supervisor, false),
                    (Administrator, true),
                ],
            ),
            (
                Act::ManageOfficers,
                [
                    (Reviewer, false),
                    (Finance, false),
                    (Supervisor, false),
                    (Administrator, true),
                ],
            ),
            (
                Act::ManagePlaces,
                [
                    (Reviewer, false),
                    (Finance, false),
                    (Supervisor, false),
                    (Administrator, true),
                ],
            ),
            (
                Act::ManageContent,
                [
                    (Reviewer, false),
                    (Finance, false),
                    (Supervisor, false),
                    (Administrator, true),
                ],
            ),
        ];
        assert_eq!(table.len(), Act::ALL.len());
        for (act, roles) in table {
            for (role, expected) in roles {
                assert_eq!(allows(role, act), expected, "{role} {act}");
            }
        }
    }

    fn officer(kind: Kind, id: &str, path: &str) -> Officer {
        Officer {
            id: String::new(),
            name: String::new(),
            union: union(kind, id, path),
            roles: vec![Role::Administrator],
            openid: None,
            phone_index: String::new(),
            signed_out: 0,
            second_factor: false,
        }
    }

    fn union(kind: Kind, id: &str, path: &str) -> Union {
        Union {
            id: id.to_owned(),
            parent_id: None,
            kind,
            name: String::new(),
            path: path.to_owned(),
            no: 0,
        }
    }

    /// R-26, R-34: a provider is the city's and its centre's administrators' to look after, nobody else's.
    #[test]
    fn providers_are_the_citys() {
        let provider = union(Kind::Provider, "p", "/p/");
        for (kind, id, path, expected) in [
            (Kind::City, "r", "/r/", true),
            (Kind::Centre, "c", "/r/c/", true),
            (Kind::Unit, "u", "/r/u/", false),
            (Kind::Provider, "q", "/q/", false),
            (Kind::Provider, "p", "/p/", true),
        ] {
            let mut by = officer(kind, id, path);
            assert_eq!(sees(&by, &provider), expected, "{id}");
            assert_eq!(is_above(&by, &provider), expected && id != "p", "{id}");
            by.roles = vec![Role::Reviewer, Role::Finance, Role::Supervisor];
            assert_eq!(sees(&by, &provider), id == "p", "{id} without the role");
        }
    }

    /// R-26: nobody is above their own union; the centre is above all but the city and itself.
    #[test]
    fn above_is_strictly_above() {
        let (city, centre) = (union(Kind::City, "r", "/r/"), union(Kind::Centre, "c", "/r/c/"));
        let (unit, street) = (
            union(Kind::Unit, "u", "/r/u/"),
            union(Kind::Street, "s", "/r/u/s/"),
        );
        let of = |union: &Union| officer(union.kind, &union.id, &union.path);
        for (actor, target, expected) in [
            (&city, &unit, true),
            (&city, &city, false),
            (&city, &centre, true),
            (&centre, &centre, false),
            (&centre, &city, false),
            (&centre, &street, true),
            (&unit, &street, true),
            (&street, &street, false),
            (&street, &unit, false),
        ] {
            assert_eq!(
                is_above(&of(actor), target),
                expected,
                "{} {}",
                actor.id,
                target.id
            );
        }
    }
}
