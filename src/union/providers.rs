//! 服务机构: who teaches and serves the programs of 选学报读. Each is a tree of its own with officers like a union's,
//! made and looked after by the city's administrators; so sign-in, sessions, passwords and WeChat are the officers' (ADR 0026).

use super::officers::{self, Entered};
use super::registrations::{self, What};
use super::rights::{self, Act};
use super::tree::{self, NewUnion};
use super::{Kind, Officer, Role, Union, passwords, staff, store};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Refusal, text};
use serde_json::json;

/// What a provider's first officer may do: everything there is to do for one.
const ROLES: &[Role] = &[Role::Reviewer, Role::Administrator];

/// Whether an officer keeps providers and the catalogue: the city's or its centre's administrators.
pub fn keeps(officer: &Officer) -> bool {
    matches!(officer.union.kind, Kind::City | Kind::Centre) && officer.can(Act::ManageUnions)
}

/// [`Refusal::NotAllowed`] for whoever does not.
pub fn check_keeps(officer: &Officer) -> Result<(), Refusal> {
    if keeps(officer) {
        Ok(())
    } else {
        Err(Refusal::NotAllowed)
    }
}

/// What is typed to add a provider.
pub struct NewProvider<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its first officer's name.
    pub officer: &'a str,
    /// Their phone; they are told there how to set their password.
    pub phone: &'a str,
}

/// Adds a provider with its first officer.
///
/// Errors: [`Refusal::NotAllowed`]; at `name` ([`Refusal::UnionNameTaken`]), `officer_name`, `phone`.
pub async fn add(app: &App, by: &Officer, new: &NewProvider<'_>) -> Result<Union> {
    let result = add_checked(app, by, new).await;
    rights::noted(app, &by.actor(), "provider.add", ("union", ""), result).await
}

async fn add_checked(app: &App, by: &Officer, new: &NewProvider<'_>) -> Result<Union> {
    check_keeps(by)?;
    let mut errors = FieldErrors::default();
    let name = errors.take("name", text::line(new.name, 2, 40));
    let officer = errors.take("officer_name", text::line(new.officer, 2, 30));
    let phone = errors.take("phone", passwords::parse_phone(new.phone));
    let (Some(name), Some(officer), Some(phone)) = (name, officer, phone) else {
        return Err(errors.into());
    };
    let mut tx = app.db.write().await?;
    let provider = make(app, &mut tx, &by.actor(), &name).await?;
    let entered = Entered {
        union_id: &provider.id,
        name: &officer,
        phone: &phone,
        password_hash: "",
        roles: ROLES,
        openid: None,
    };
    let id = officers::enter(app, &mut tx, &by.actor(), entered).await?;
    registrations::enqueue(app, &mut tx, What::OfficerAdded, &id).await?;
    tx.commit().await?;
    Ok(provider)
}

/// A provider without an officer yet, within the caller's transaction (an import, the demo's data).
///
/// Errors: at `name` [`Refusal::UnionNameTaken`].
pub async fn make(app: &App, tx: &mut Tx, by: &Actor, name: &str) -> Result<Union> {
    tree::lock(tx).await?;
    if store::provider_by_name(&mut **tx, name).await?.is_some() {
        return Err(FieldErrors::one("name", Refusal::UnionNameTaken).into());
    }
    let new = NewUnion {
        parent: None,
        kind: Kind::Provider,
        name,
        no: 0,
    };
    let provider = tree::add(tx, app.id(), app.now(), new).await?;
    let line = Line {
        actor: by,
        act: "provider.add",
        subject: ("union", &provider.id),
        detail: json!({}),
    };
    audit::record(tx, &app.entropy, app.now(), line).await?;
    Ok(provider)
}

/// All providers, by name.
pub async fn list(app: &App) -> Result<Vec<Union>> {
    store::providers(app).await
}

/// The provider of this name.
pub async fn by_name(app: &App, name: &str) -> Result<Option<Union>> {
    store::provider_by_name(app.db.read(), name).await
}

/// A provider, for who keeps providers. Errors: [`Refusal::NotAllowed`]; [`Error::NotFound`] for what is none.
pub async fn find(app: &App, by: &Officer, id: &str) -> Result<Union> {
    check_keeps(by)?;
    let provider = tree::find(app, id).await?;
    match provider.kind {
        Kind::Provider => Ok(provider),
        _ => Err(Error::NotFound),
    }
}

/// Gives a provider another name; its programs and enrolments follow.
///
/// Errors: as [`find`]; at `name`, [`Refusal::UnionNameTaken`] too.
pub async fn rename(app: &App, by: &Officer, id: &str, name: &str) -> Result<()> {
    let result = rename_checked(app, by, id, name).await;
    rights::noted(app, &by.actor(), "provider.rename", ("union", id), result).await
}

async fn rename_checked(app: &App, by: &Officer, id: &str, name: &str) -> Result<()> {
    let provider = find(app, by, id).await?;
    let name = text::line(name, 2, 40).map_err(|refusal| FieldErrors::one("name", refusal))?;
    let mut tx = app.db.write().await?;
    tree::lock(&mut tx).await?;
    let taken = store::provider_by_name(&mut *tx, &name).await?;
    if taken.is_some_and(|other| other.id != provider.id) {
        return Err(FieldErrors::one("name", Refusal::UnionNameTaken).into());
    }
    store::set_name(&mut tx, &provider.id, &name).await?;
    let detail = json!({ "from": provider.name, "to": name });
    note(app, &mut tx, by, "provider.rename", id, detail).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends a provider within the transaction of `enrolment::close_provider`, which knows whether it may: its officers leave, its
/// name is free again.
pub async fn close_in(app: &App, tx: &mut Tx, by: &Officer, provider: &Union) -> Result<()> {
    for id in store::officer_ids(tx, &provider.id).await? {
        let member = officers::find(app, &id).await?;
        staff::leave(app, tx, by, &member).await?;
    }
    let name = format!("{}（{}停用）", provider.name, app.now().day_text());
    store::close_union(tx, &provider.id, &name, app.now()).await?;
    let detail = json!({ "name": provider.name });
    note(app, tx, by, "provider.close", &provider.id, detail).await
}

async fn note(
    app: &App,
    tx: &mut Tx,
    by: &Officer,
    act: &str,
    id: &str,
    detail: serde_json::Value,
) -> Result<()> {
    let line = Line {
        actor: &by.actor(),
        act,
        subject: ("union", id),
        detail,
    };
    Ok(audit::record(tx, &app.entropy, app.now(), line).await?)
}
