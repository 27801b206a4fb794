//! Officers: persons who sign in for one union with roles.

use super::{Role, Union, store, tree};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::db::Tx;
use crate::error::{Error, Result, is_unique_violation};
use crate::kernel::{FieldErrors, Phone, Refusal, text};
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
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
    /// Keyed hash of their phone, to notice an officer's own application.
    pub phone_index: String,
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

/// The shortest password that is accepted for an officer.
pub const PASSWORD_MIN: usize = 8;

/// Adds an officer within the caller's transaction.
///
/// Errors: a password of fewer than [`PASSWORD_MIN`] characters, a phone that has an officer already.
pub async fn add(app: &App, tx: &mut Tx, by: &Actor, new: NewOfficer<'_>) -> Result<String> {
    let mut errors = FieldErrors::default();
    let name = errors.take("name", text::line(new.name, 1, 30));
    if new.password.chars().count() < PASSWORD_MIN {
        errors
            .0
            .push(("password", Refusal::TooShort { min: PASSWORD_MIN }));
    }
    let (Some(name), true) = (name, errors.is_empty()) else {
        return Err(errors.into());
    };
    let id = app.id();
    let row = store::OfficerRow {
        id: id.clone(),
        union_id: new.union_id.to_owned(),
        name,
        phone_index: app.phone_index(new.phone),
        password_hash: hash(new.password, app.entropy.bytes())?,
        roles: new
            .roles
            .iter()
            .map(|role| role.as_str())
            .collect::<Vec<_>>()
            .join(","),
        openid: new.openid.map(str::to_owned),
    };
    let sealed = app.seal("officers.phone", new.phone.digits());
    match store::insert_officer(tx, &row, &sealed, app.now()).await {
        Err(error) if is_unique_violation(&error) => {
            return Err(FieldErrors::one("phone", Refusal::PhoneTaken).into());
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

fn hash(password: &str, salt: [u8; 16]) -> Result<String> {
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    Ok(hash
        .map_err(|e| anyhow::anyhow!("hashing a password: {e}"))?
        .to_string())
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
        phone_index: row.phone_index,
    })
}

/// Checks phone and password. Wrong phone and wrong password are not told apart, in words or in time.
///
/// Errors: [`Refusal::PasswordWrong`].
pub async fn check_password(app: &App, phone: &Phone, password: &str) -> Result<Officer> {
    let row = store::officer_by_phone(app, &app.phone_index(phone)).await?;
    let stored = row
        .as_ref()
        .map_or_else(|| decoy_hash().to_owned(), |row| row.password_hash.clone());
    let password = password.to_owned();
    let verify = move || {
        Argon2::default()
            .verify_password(password.as_bytes(), stored.as_str())
            .is_ok()
    };
    let holds = tokio::task::spawn_blocking(verify)
        .await
        .map_err(anyhow::Error::from)?;
    match row {
        Some(row) if holds => with_union(app, row).await,
        _ => Err(Refusal::PasswordWrong.into()),
    }
}

/// A hash that no password is known for: an unknown phone costs as much time as a known one.
fn decoy_hash() -> &'static str {
    static DECOY: std::sync::LazyLock<String> =
        std::sync::LazyLock::new(|| hash("no officer has this password", [7; 16]).unwrap_or_default());
    &DECOY
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

/// Binds an officer's WeChat.
pub async fn bind(app: &App, id: &str, openid: Option<&str>) -> Result<()> {
    let mut tx = app.db.write().await?;
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
    Ok(())
}
