//! Officers: persons who sign in for one union with roles.

use super::registrations::State;
use super::{Role, Union, passwords, store, tree};
use crate::account;
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::db::Tx;
use crate::error::{Error, Result, is_unique_violation};
use crate::kernel::{FieldErrors, Phone, Refusal, text};
use serde_json::json;

/// An officer, with the union they work for.
#[derive(Debug, Clone)]
pub struct Officer {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Their union.
    pub union: Union,
    /// What they may do.
    pub roles: Vec<Role>,
    /// Their WeChat, once bound.
    pub openid: Option<String>,
    /// Whether signing in needs a scan with the bound WeChat, too.
    pub second_factor: bool,
    /// Keyed hash of their phone, to notice an officer's own application.
    pub phone_index: String,
    /// How often all their sessions were ended: a sign-in that was begun before does not hold.
    pub signed_out: i64,
}

impl Officer {
    /// Whether they have a role.
    pub fn may(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// For the audit trail.
    pub fn actor(&self) -> Actor {
        Actor::Officer(self.id.clone())
    }
}

/// An officer to be made.
pub struct NewOfficer<'a> {
    /// Their union.
    pub union_id: &'a str,
    /// Name.
    pub name: &'a str,
    /// Phone, which they sign in with.
    pub phone: &'a Phone,
    /// Password in clear; only its argon2id hash is kept.
    pub password: &'a str,
    /// What they may do.
    pub roles: &'a [Role],
    /// Their WeChat, when known.
    pub openid: Option<&'a str>,
}

pub use passwords::MIN as PASSWORD_MIN;

/// Adds an officer within the caller's transaction.
///
/// Errors: at `password` those of [`passwords::check`], at `phone` one that has an officer already.
pub async fn add(app: &App, tx: &mut Tx, by: &Actor, new: NewOfficer<'_>) -> Result<String> {
    let mut errors = FieldErrors::default();
    let name = errors.take("name", text::line(new.name, 1, 30));
    errors.take("password", passwords::check(new.password, Some(new.phone)));
    let (Some(name), true) = (name, errors.is_empty()) else {
        return Err(errors.into());
    };
    let entered = Entered {
        union_id: new.union_id,
        name: &name,
        phone: new.phone,
        password_hash: &account::passwords::hash(app, new.password).await?,
        roles: new.roles,
        openid: new.openid,
    };
    enter(app, tx, by, entered).await
}

/// An officer whose fields are checked and whose password, if there is one yet, is hashed.
pub(super) struct Entered<'a> {
    pub union_id: &'a str,
    pub name: &'a str,
    pub phone: &'a Phone,
    /// Empty until they set one by SMS code.
    pub password_hash: &'a str,
    pub roles: &'a [Role],
    pub openid: Option<&'a str>,
}

/// Writes the officer and the trail's line; [`Refusal::OfficerPhoneTaken`] at `phone`.
pub(super) async fn enter(app: &App, tx: &mut Tx, by: &Actor, new: Entered<'_>) -> Result<String> {
    let id = app.id();
    let row = store::OfficerRow {
        id: id.clone(),
        union_id: new.union_id.to_owned(),
        name: new.name.to_owned(),
        phone_index: app.phone_index(new.phone),
        password_hash: new.password_hash.to_owned(),
        roles: joined(new.roles),
        openid: new.openid.map(str::to_owned),
        second_factor: 0,
        signed_out: 0,
    };
    let sealed = app.seal("officers.phone", new.phone.digits());
    match store::insert_officer(tx, &row, &sealed, app.now()).await {
        Err(error) if is_unique_violation(&error) => {
            return Err(FieldErrors::one("phone", Refusal::OfficerPhoneTaken).into());
        }
        other => other?,
    }
    let detail = json!({ "union": new.union_id, "roles": row.roles });
    let line = Line {
        actor: by,
        act: "officer.add",
        subject: ("officer", &id),
        detail,
    };
    audit::record(tx, &app.entropy, app.now(), line).await?;
    Ok(id)
}

/// Roles as they are stored.
pub(super) fn joined(roles: &[Role]) -> String {
    let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    names.join(",")
}

/// An active officer by id, or [`Error::NotFound`].
pub async fn find(app: &App, id: &str) -> Result<Officer> {
    let row = store::officer(app, id).await?.ok_or(Error::NotFound)?;
    with_union(app, row).await
}

async fn with_union(app: &App, row: store::OfficerRow) -> Result<Officer> {
    let union = tree::find(app, &row.union_id).await?;
    let roles = row.roles.split(',').filter_map(Role::parse).collect();
    Ok(Officer {
        id: row.id,
        name: row.name,
        union,
        roles,
        openid: row.openid,
        second_factor: row.second_factor == 1,
        phone_index: row.phone_index,
        signed_out: row.signed_out,
    })
}

/// The active officer with this phone.
pub(super) async fn by_phone(app: &App, phone: &Phone) -> Result<Option<Officer>> {
    match store::officer_by_phone(app, &app.phone_index(phone)).await? {
        Some(row) => Ok(Some(with_union(app, row).await?)),
        None => Ok(None),
    }
}

/// Checks phone and password. Wrong phone and wrong password are not told apart, in words or in time. Who registered a
/// union and gives the right password is told that it waits, or was rejected.
///
/// Errors: [`Refusal::PasswordWrong`], [`Refusal::RegistrationWaits`], [`Refusal::RegistrationRejected`].
pub async fn check_password(app: &App, phone: &Phone, password: &str) -> Result<Officer> {
    let index = app.phone_index(phone);
    let row = store::officer_by_phone(app, &index).await?;
    let registration = store::registration_of_phone(app, &index).await?;
    let stored = match (&row, &registration) {
        (Some(row), _) => Some(row.password_hash.clone()),
        (None, Some(registration)) => Some(registration.password_hash.clone()),
        (None, None) => None,
    };
    // Who was added by phone and has no password yet costs as much time as anybody.
    let holds = account::passwords::verify(password, stored.filter(|hash| !hash.is_empty())).await?;
    match (row, registration) {
        (Some(row), _) if holds => with_union(app, row).await,
        (None, Some(registration)) if holds => {
            let (by, reason) = (registration.parent, registration.reason);
            Err(match registration.state {
                State::Rejected => Refusal::RegistrationRejected { by, reason }.into(),
                _ => Refusal::RegistrationWaits { by }.into(),
            })
        }
        _ => Err(Refusal::PasswordWrong.into()),
    }
}

/// The active officers of a union who have a role.
pub async fn of_union(app: &App, union_id: &str, role: Role) -> Result<Vec<Officer>> {
    let mut officers = Vec::new();
    for row in store::officers_of(app, union_id).await? {
        officers.push(with_union(app, row).await?);
    }
    officers.retain(|officer| officer.may(role));
    Ok(officers)
}

/// The phone of an officer, for a text message.
pub async fn phone(app: &App, id: &str) -> Result<Phone> {
    let sealed = store::officer_phone(app, id).await?.ok_or(Error::NotFound)?;
    Ok(Phone::stored(app.sealer.open_text("officers.phone", &sealed)?))
}

/// Binds an officer's WeChat, or unbinds it. An officer's own earlier binding and another officer's with the same WeChat
/// give way; whether it could be bound: not when another officer signs in with it.
pub async fn bind(app: &App, id: &str, openid: Option<&str>) -> Result<bool> {
    let mut tx = app.db.write().await?;
    // Two scans of one WeChat at the same moment, come one after the other.
    tree::lock(&mut tx).await?;
    if let Some(openid) = openid
        && !store::free_openid(&mut tx, openid, id).await?
    {
        return Ok(false);
    }
    store::bind_officer(&mut tx, id, openid).await?;
    let actor = Actor::Officer(id.to_owned());
    let act = if openid.is_some() {
        "officer.bind_wechat"
    } else {
        "officer.unbind_wechat"
    };
    let line = Line {
        actor: &actor,
        act,
        subject: ("officer", id),
        detail: json!({}),
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    tx.commit().await?;
    Ok(true)
}
