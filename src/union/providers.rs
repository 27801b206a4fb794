//! 服务机构: who teaches and serves the programs of 选学报读. Each is a tree of its own with officers like a union's,
//! made and looked after by the city's administrators; so sign-in, sessions, passwords and WeChat are the officers' (ADR 0026).

use super::officers::{self, Entered};
use super::registrations::{self, What};
use super::rights::{self, Act};
use super::tree::{self, NewUnion};
use super::{Kind, Officer, Role, Union, passwords, store};
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

/// A provider's officers, for who keeps providers.
pub async fn officers_of(app: &App, by: &Officer, provider_id: &str) -> Result<Vec<Officer>> {
    check_keeps(by)?;
    let provider = tree::find(app, provider_id).await?;
    if provider.kind != Kind::Provider {
        return Err(Error::NotFound);
    }
    officers::of_union(app, provider_id, Role::Reviewer).await
}
