//! A union's officers: added by phone, their roles, leaving; only inside the administrator's subtree.

use super::officers::{self, Entered};
use super::registrations::{self, What};
use super::rights::{self, Act};
use super::{Kind, Officer, Role, Union, passwords, sessions, store, tree};
use crate::app::App;
use crate::audit::{self, Line};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Phone, Refusal, Time, text};
use serde_json::json;

/// An officer as the list of a union's officers shows them.
#[derive(Debug, Clone)]
pub struct Member {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Roles.
    pub roles: Vec<Role>,
    /// Phone with its middle starred.
    pub phone: String,
    /// Whether WeChat is bound.
    pub bound: bool,
    /// Whether they have set a password.
    pub has_password: bool,
    /// When they were last seen.
    pub seen_at: Option<Time>,
}

/// The active officers of a union in the viewer's subtree.
pub async fn list(app: &App, viewer: &Officer, union_id: &str) -> Result<Vec<Member>> {
    rights::within(app, viewer, union_id).await?;
    let rows = store::members_of(app, union_id).await?;
    rows.into_iter().map(|row| member(app, row)).collect()
}

fn member(app: &App, row: store::MemberRow) -> Result<Member> {
    let phone = Phone::stored(app.sealer.open_text("officers.phone", &row.phone_sealed)?);
    Ok(Member {
        id: row.id,
        name: row.name,
        roles: row.roles.split(',').filter_map(Role::parse).collect(),
        phone: phone.masked(),
        bound: row.bound == 1,
        has_password: row.has_password == 1,
        seen_at: row.seen_at.map(Time),
    })
}

/// An active officer in the administrator's subtree, to be changed.
pub async fn find(app: &App, by: &Officer, id: &str) -> Result<Officer> {
    let member = officers::find(app, id).await?;
    if !rights::sees(by, &member.union) {
        return Err(Error::NotFound);
    }
    rights::check(by, Act::ManageOfficers)?;
    Ok(member)
}

/// What is typed to add an officer.
pub struct NewMember<'a> {
    /// Name.
    pub name: &'a str,
    /// Phone; they are told there how to set their password.
    pub phone: &'a str,
    /// [`Role`]s, as they are posted.
    pub roles: &'a [String],
}

/// The roles that officers of a union of this kind have: a provider's have nothing to pay and no union below.
pub fn roles_of(kind: Kind) -> &'static [Role] {
    match kind {
        Kind::Provider => &[Role::Reviewer, Role::Administrator],
        _ => Role::ALL,
    }
}

fn roles(kind: Kind, typed: &[String]) -> Result<Vec<Role>, Refusal> {
    let known = |role: &String| Role::parse(role).filter(|role| roles_of(kind).contains(role));
    let parsed: Option<Vec<Role>> = typed.iter().map(known).collect();
    match parsed {
        // In the table's order, each once.
        Some(parsed) if !parsed.is_empty() => Ok(Role::ALL
            .iter()
            .copied()
            .filter(|role| parsed.contains(role))
            .collect()),
        Some(_) => Err(Refusal::RolesMissing),
        None => Err(Refusal::NotAChoice),
    }
}

/// Adds an officer to a union of the administrator's subtree; they set a password by SMS code. Gives the id.
///
/// Errors: [`Error::NotFound`] outside the subtree; [`Refusal::NotAllowed`]; at `name`, `phone`, `roles`.
pub async fn add(app: &App, by: &Officer, union_id: &str, new: &NewMember<'_>) -> Result<String> {
    let result = add_checked(app, by, union_id, new).await;
    rights::noted(app, &by.actor(), "officer.add", ("union", union_id), result).await
}

async fn add_checked(app: &App, by: &Officer, union_id: &str, new: &NewMember<'_>) -> Result<String> {
    let union = rights::may(app, by, Act::ManageOfficers, union_id).await?;
    let mut errors = FieldErrors::default();
    let name = errors.take("name", text::line(new.name, 2, 30));
    let phone = errors.take("phone", passwords::parse_phone(new.phone));
    let roles = errors.take("roles", roles(union.kind, new.roles));
    let (Some(name), Some(phone), Some(roles)) = (name, phone, roles) else {
        return Err(errors.into());
    };
    let mut tx = app.db.write().await?;
    tree::lock(&mut tx).await?;
    tree::find_in(&mut tx, &union.id).await?;
    let entered = Entered {
        union_id: &union.id,
        name: &name,
        phone: &phone,
        password_hash: "",
        roles: &roles,
        openid: None,
    };
    let id = officers::enter(app, &mut tx, &by.actor(), entered).await?;
    registrations::enqueue(app, &mut tx, What::OfficerAdded, &id).await?;
    tx.commit().await?;
    Ok(id)
}

/// Gives an officer other roles; their sessions end.
///
/// Errors: [`Error::NotFound`] outside the subtree; [`Refusal::NotAllowed`]; [`Refusal::LastAdministrator`]; at `roles`.
pub async fn set_roles(app: &App, by: &Officer, id: &str, typed: &[String]) -> Result<()> {
    let result = set_roles_checked(app, by, id, typed).await;
    rights::noted(app, &by.actor(), "officer.set_roles", ("officer", id), result).await
}

async fn set_roles_checked(app: &App, by: &Officer, id: &str, typed: &[String]) -> Result<()> {
    let member = find(app, by, id).await?;
    let mut errors = FieldErrors::default();
    let Some(roles) = errors.take("roles", roles(member.union.kind, typed)) else {
        return Err(errors.into());
    };
    let mut tx = app.db.write().await?;
    tree::lock(&mut tx).await?;
    if !roles.contains(&Role::Administrator) {
        not_the_last(&mut tx, by, &member).await?;
    }
    let stored = officers::joined(&roles);
    store::set_roles(&mut tx, &member.id, &stored).await?;
    let before = officers::joined(&member.roles);
    changed(
        app,
        &mut tx,
        by,
        &member,
        "officer.set_roles",
        json!({ "from": before, "to": stored }),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Takes an officer's account away: sessions and WeChat end, the phone may be an officer's elsewhere.
///
/// Errors: as [`set_roles`].
pub async fn deactivate(app: &App, by: &Officer, id: &str) -> Result<()> {
    let result = deactivate_checked(app, by, id).await;
    rights::noted(app, &by.actor(), "officer.deactivate", ("officer", id), result).await
}

async fn deactivate_checked(app: &App, by: &Officer, id: &str) -> Result<()> {
    let member = find(app, by, id).await?;
    let mut tx = app.db.write().await?;
    tree::lock(&mut tx).await?;
    not_the_last(&mut tx, by, &member).await?;
    leave(app, &mut tx, by, &member).await?;
    tx.commit().await?;
    Ok(())
}

/// Deactivates within the caller's transaction, who answers for the right to.
pub(super) async fn leave(app: &App, tx: &mut Tx, by: &Officer, member: &Officer) -> Result<()> {
    store::deactivate_officer(tx, &member.id).await?;
    changed(
        app,
        tx,
        by,
        member,
        "officer.deactivate",
        json!({ "union": member.union.id }),
    )
    .await
}

/// Gives an officer another name, as it was written wrong or changed.
///
/// Errors: [`Error::NotFound`] outside the subtree; [`Refusal::NotAllowed`]; at `name`.
pub async fn rename(app: &App, by: &Officer, id: &str, name: &str) -> Result<()> {
    let result = rename_checked(app, by, id, name).await;
    rights::noted(app, &by.actor(), "officer.rename", ("officer", id), result).await
}

async fn rename_checked(app: &App, by: &Officer, id: &str, name: &str) -> Result<()> {
    let member = find(app, by, id).await?;
    let name = text::line(name, 2, 30).map_err(|refusal| FieldErrors::one("name", refusal))?;
    let mut tx = app.db.write().await?;
    store::set_officer_name(&mut tx, &member.id, &name).await?;
    let actor = by.actor();
    let line = Line {
        actor: &actor,
        act: "officer.rename",
        subject: ("officer", &member.id),
        detail: json!({ "from": member.name, "to": name }),
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes an officer's password back, which may be known to others: their sessions end, and they are told where to set
/// another one by SMS code.
///
/// Errors: [`Error::NotFound`] outside the subtree; [`Refusal::NotAllowed`].
pub async fn void_password(app: &App, by: &Officer, id: &str) -> Result<()> {
    let result = void_password_checked(app, by, id).await;
    rights::noted(app, &by.actor(), "officer.void_password", ("officer", id), result).await
}

async fn void_password_checked(app: &App, by: &Officer, id: &str) -> Result<()> {
    let member = find(app, by, id).await?;
    let mut tx = app.db.write().await?;
    store::set_password(&mut tx, &member.id, "").await?;
    changed(app, &mut tx, by, &member, "officer.void_password", json!({})).await?;
    registrations::enqueue(app, &mut tx, What::PasswordVoided, &member.id).await?;
    tx.commit().await?;
    Ok(())
}

/// Unbinds an officer's WeChat for them, who lost it: the scan at sign-in is off then, too.
pub async fn unbind(app: &App, by: &Officer, id: &str) -> Result<()> {
    let result = unbind_checked(app, by, id).await;
    rights::noted(app, &by.actor(), "officer.unbind_wechat", ("officer", id), result).await
}

async fn unbind_checked(app: &App, by: &Officer, id: &str) -> Result<()> {
    let member = find(app, by, id).await?;
    let mut tx = app.db.write().await?;
    store::bind_officer(&mut tx, &member.id, None).await?;
    changed(app, &mut tx, by, &member, "officer.unbind_wechat", json!({})).await?;
    tx.commit().await?;
    Ok(())
}

async fn changed(
    app: &App,
    tx: &mut Tx,
    by: &Officer,
    member: &Officer,
    act: &str,
    detail: serde_json::Value,
) -> Result<()> {
    sessions::end_all(app, tx, &member.id).await?;
    let actor = by.actor();
    let line = Line {
        actor: &actor,
        act,
        subject: ("officer", &member.id),
        detail,
    };
    Ok(audit::record(tx, &app.entropy, app.now(), line).await?)
}

/// an active union keeps an administrator who can sign in, unless the union above takes them away.
async fn not_the_last(tx: &mut Tx, by: &Officer, member: &Officer) -> Result<()> {
    let last = member.may(Role::Administrator)
        && store::other_administrators(tx, &member.union.id, &member.id).await? == 0;
    if last && !rights::is_above(by, &member.union) {
        return Err(Refusal::LastAdministrator.into());
    }
    Ok(())
}

/// A union's administrators, for messages.
pub async fn administrators(app: &App, union: &Union) -> Result<Vec<Officer>> {
    officers::of_union(app, &union.id, Role::Administrator).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-26, bad input: no role, and one that is none.
    #[test]
    fn roles_are_some_and_known() {
        let typed = |names: &[&str]| {
            roles(
                Kind::Street,
                &names.iter().map(ToString::to_string).collect::<Vec<_>>(),
            )
        };
        assert_eq!(typed(&[]), Err(Refusal::RolesMissing));
        assert_eq!(typed(&["owner"]), Err(Refusal::NotAChoice));
        assert_eq!(
            typed(&["administrator", "reviewer", "reviewer"]),
            Ok(vec![Role::Reviewer, Role::Administrator])
        );
        assert_eq!(
            roles(Kind::Provider, &["finance".to_owned()]),
            Err(Refusal::NotAChoice)
        );
    }
}
