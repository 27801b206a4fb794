//! SQL of invitations and registrations.

use super::super::invitations::Invitation;
use super::super::registrations::{Registration, State};
use super::super::{Kind, Union};
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Time;

/// An invitation to be made.
pub struct NewInvitation<'a> {
    pub id: &'a str,
    pub union_id: &'a str,
    pub kind: Kind,
    pub token_hash: &'a str,
    pub token_sealed: &'a str,
    pub uses_max: i64,
    pub created_by: &'a str,
    pub created_at: Time,
    pub expires_at: Time,
}

pub async fn insert_invitation(tx: &mut Tx, new: &NewInvitation<'_>) -> sqlx::Result<()> {
    let sql = "INSERT INTO invitations (id, union_id, kind, token_hash, token_sealed, uses, uses_max, created_by, created_at, \
               expires_at) VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9)";
    sqlx::query(sql)
        .bind(new.id)
        .bind(new.union_id)
        .bind(new.kind.as_str())
        .bind(new.token_hash)
        .bind(new.token_sealed)
        .bind(new.uses_max)
        .bind(new.created_by)
        .bind(new.created_at.0)
        .bind(new.expires_at.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct InvitationRow {
    id: String,
    kind: String,
    token_sealed: String,
    uses: i64,
    uses_max: i64,
    by_name: String,
    created_at: i64,
    expires_at: i64,
    revoked_at: Option<i64>,
    union_id: String,
    parent_id: Option<String>,
    union_kind: String,
    union_name: String,
    path: String,
    no: i64,
    active: i64,
}

impl InvitationRow {
    fn into_invitation(self) -> Result<Invitation> {
        let malformed = || anyhow::anyhow!("invitation {} is malformed", self.id);
        // A union that was closed since invites nobody.
        let revoked_at = match (self.revoked_at, self.active) {
            (None, 0) => Some(self.created_at),
            (revoked, _) => revoked,
        };
        Ok(Invitation {
            kind: Kind::parse(&self.kind).ok_or_else(malformed)?,
            union: Union {
                kind: Kind::parse(&self.union_kind).ok_or_else(malformed)?,
                id: self.union_id,
                parent_id: self.parent_id,
                name: self.union_name,
                path: self.path,
                no: self.no,
            },
            id: self.id,
            uses: self.uses,
            uses_max: self.uses_max,
            by: self.by_name,
            created_at: Time(self.created_at),
            expires_at: Time(self.expires_at),
            revoked_at: revoked_at.map(Time),
            token_sealed: self.token_sealed,
        })
    }
}

macro_rules! select_invitation {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.kind, i.token_sealed, i.uses, i.uses_max, o.name AS by_name, i.created_at, i.expires_at, i.revoked_at, ",
            "i.union_id, u.parent_id, u.kind AS union_kind, u.name AS union_name, u.path, u.no, u.active ",
            "FROM invitations i JOIN unions u ON u.id = i.union_id JOIN officers o ON o.id = i.created_by ",
            $rest
        )
    };
}

pub async fn invitation(app: &App, id: &str) -> Result<Option<Invitation>> {
    let query = sqlx::query_as(select_invitation!("WHERE i.id = $1")).bind(id);
    let row: Option<InvitationRow> = query.fetch_optional(app.db.read()).await?;
    row.map(InvitationRow::into_invitation).transpose()
}

pub async fn invitation_by_token(app: &App, token_hash: &str) -> Result<Option<Invitation>> {
    let query = sqlx::query_as(select_invitation!("WHERE i.token_hash = $1")).bind(token_hash);
    let row: Option<InvitationRow> = query.fetch_optional(app.db.read()).await?;
    row.map(InvitationRow::into_invitation).transpose()
}

pub async fn invitations_of(app: &App, union_id: &str) -> Result<Vec<Invitation>> {
    let query = sqlx::query_as(select_invitation!(
        "WHERE i.union_id = $1 ORDER BY i.id DESC LIMIT 200"
    ));
    let rows: Vec<InvitationRow> = query.bind(union_id).fetch_all(app.db.read()).await?;
    rows.into_iter().map(InvitationRow::into_invitation).collect()
}

pub async fn revoke_invitation(tx: &mut Tx, id: &str, now: Time) -> sqlx::Result<()> {
    sqlx::query("UPDATE invitations SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
        .bind(now.0)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Counts one registration if the invitation still holds; whether it did.
pub async fn use_invitation(tx: &mut Tx, id: &str, now: Time) -> sqlx::Result<bool> {
    let sql = "UPDATE invitations SET uses = uses + 1 WHERE id = $1 AND uses < uses_max AND revoked_at IS NULL AND expires_at > $2";
    let query = sqlx::query(sql).bind(id).bind(now.0);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// A rejected registration gives its use back.
pub async fn give_use_back(tx: &mut Tx, id: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE invitations SET uses = uses - 1 WHERE id = $1 AND uses > 0")
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// A registration to be written.
pub struct NewRegistration<'a> {
    pub id: &'a str,
    pub invitation_id: &'a str,
    pub parent_id: &'a str,
    pub kind: Kind,
    pub name: &'a str,
    pub details_sealed: &'a str,
    pub officer_name: &'a str,
    pub phone_sealed: &'a str,
    pub phone_index: &'a str,
    pub password_hash: &'a str,
    pub openid: Option<&'a str>,
    pub now: Time,
}

pub async fn insert_registration(tx: &mut Tx, new: &NewRegistration<'_>) -> sqlx::Result<()> {
    let sql = "INSERT INTO registrations (id, invitation_id, parent_id, kind, name, details_sealed, officer_name, phone_sealed, \
               phone_index, password_hash, openid, state, reason, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'pending', '', $12)";
    sqlx::query(sql)
        .bind(new.id)
        .bind(new.invitation_id)
        .bind(new.parent_id)
        .bind(new.kind.as_str())
        .bind(new.name)
        .bind(new.details_sealed)
        .bind(new.officer_name)
        .bind(new.phone_sealed)
        .bind(new.phone_index)
        .bind(new.password_hash)
        .bind(new.openid)
        .bind(new.now.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct RegistrationRow {
    id: String,
    invitation_id: String,
    parent_id: String,
    parent_name: String,
    parent_path: String,
    kind: String,
    name: String,
    details_sealed: String,
    officer_name: String,
    phone_sealed: String,
    password_hash: String,
    openid: Option<String>,
    state: String,
    reason: String,
    decided_by: Option<String>,
    decided_at: Option<i64>,
    union_id: Option<String>,
    created_at: i64,
}

impl RegistrationRow {
    fn into_registration(self) -> Result<Registration> {
        let malformed = || anyhow::anyhow!("registration {} is malformed", self.id);
        Ok(Registration {
            kind: Kind::parse(&self.kind).ok_or_else(malformed)?,
            state: State::parse(&self.state).ok_or_else(malformed)?,
            id: self.id,
            invitation_id: self.invitation_id,
            parent_id: self.parent_id,
            parent: self.parent_name,
            parent_path: self.parent_path,
            name: self.name,
            officer_name: self.officer_name,
            openid: self.openid,
            reason: self.reason,
            decided_by: self.decided_by,
            decided_at: self.decided_at.map(Time),
            union_id: self.union_id,
            created_at: Time(self.created_at),
            details_sealed: self.details_sealed,
            phone_sealed: self.phone_sealed,
            password_hash: self.password_hash,
        })
    }
}

macro_rules! select_registration {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.invitation_id, r.parent_id, u.name AS parent_name, u.path AS parent_path, r.kind, r.name, ",
            "r.details_sealed, r.officer_name, r.phone_sealed, r.password_hash, r.openid, r.state, r.reason, ",
            "CASE WHEN o.id IS NULL THEN NULL ELSE d.name || ' ' || o.name END AS decided_by, r.decided_at, r.union_id, r.created_at ",
            "FROM registrations r JOIN unions u ON u.id = r.parent_id ",
            "LEFT JOIN officers o ON o.id = r.decided_by LEFT JOIN unions d ON d.id = o.union_id ",
            $rest
        )
    };
}

pub async fn registration(app: &App, id: &str) -> Result<Option<Registration>> {
    let query = sqlx::query_as(select_registration!("WHERE r.id = $1")).bind(id);
    let row: Option<RegistrationRow> = query.fetch_optional(app.db.read()).await?;
    row.map(RegistrationRow::into_registration).transpose()
}

/// The newest registration of a phone that waits or was rejected.
pub async fn registration_of_phone(app: &App, phone_index: &str) -> Result<Option<Registration>> {
    let sql =
        select_registration!("WHERE r.phone_index = $1 AND r.state <> 'approved' ORDER BY r.id DESC LIMIT 1");
    let row: Option<RegistrationRow> = sqlx::query_as(sql)
        .bind(phone_index)
        .fetch_optional(app.db.read())
        .await?;
    row.map(RegistrationRow::into_registration).transpose()
}

/// Those to unions whose path begins with `scope`, in one state, oldest first while they wait.
pub async fn registrations_in(app: &App, scope: &str, state: State) -> Result<Vec<Registration>> {
    let sql = if state == State::Pending {
        select_registration!("WHERE u.path >= $1 AND u.path < $2 AND r.state = $3 ORDER BY r.id LIMIT 200")
    } else {
        select_registration!(
            "WHERE u.path >= $1 AND u.path < $2 AND r.state = $3 ORDER BY r.id DESC LIMIT 200"
        )
    };
    let rows: Vec<RegistrationRow> = sqlx::query_as(sql)
        .bind(scope)
        .bind(super::path_end(scope))
        .bind(state.as_str())
        .fetch_all(app.db.read())
        .await?;
    rows.into_iter().map(RegistrationRow::into_registration).collect()
}

/// How many in each state in a subtree.
pub async fn registration_counts(app: &App, scope: &str) -> sqlx::Result<Vec<(String, i64)>> {
    let sql = "SELECT r.state, COUNT(*) FROM registrations r JOIN unions u ON u.id = r.parent_id \
               WHERE u.path >= $1 AND u.path < $2 GROUP BY r.state";
    sqlx::query_as(sql)
        .bind(scope)
        .bind(super::path_end(scope))
        .fetch_all(app.db.read())
        .await
}

/// How many wait for a union.
pub async fn registrations_waiting(tx: &mut Tx, parent_id: &str) -> sqlx::Result<i64> {
    let sql = "SELECT COUNT(*) FROM registrations WHERE parent_id = $1 AND state = 'pending'";
    sqlx::query_scalar(sql).bind(parent_id).fetch_one(&mut **tx).await
}

/// What was decided on a registration.
pub struct Decided<'a> {
    pub id: &'a str,
    pub state: State,
    pub reason: &'a str,
    pub officer_id: &'a str,
    pub union_id: Option<&'a str>,
    pub now: Time,
}

/// Decides if nobody did yet; whether it was still open. An approved one's password is the officer's now.
pub async fn decide_registration(tx: &mut Tx, decided: &Decided<'_>) -> sqlx::Result<bool> {
    let sql = "UPDATE registrations SET state = $1, reason = $2, decided_by = $3, decided_at = $4, union_id = $5, \
               password_hash = CASE WHEN $6 = 1 THEN '' ELSE password_hash END WHERE id = $7 AND state = 'pending'";
    let query = sqlx::query(sql)
        .bind(decided.state.as_str())
        .bind(decided.reason)
        .bind(decided.officer_id)
        .bind(decided.now.0)
        .bind(decided.union_id)
        .bind(i64::from(decided.state == State::Approved))
        .bind(decided.id);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// A union of this name and kind that is in the tree and has no officer yet, as Annex 1's units are: who registers under
/// its name becomes its first officer.
pub async fn vacant(tx: &mut Tx, parent_id: &str, name: &str, kind: Kind) -> sqlx::Result<Option<String>> {
    let sql = "SELECT u.id FROM unions u WHERE u.parent_id = $1 AND u.name = $2 AND u.kind = $3 AND u.active = 1 \
               AND NOT EXISTS (SELECT 1 FROM officers o WHERE o.union_id = u.id AND o.active = 1)";
    sqlx::query_scalar(sql)
        .bind(parent_id)
        .bind(name)
        .bind(kind.as_str())
        .fetch_optional(&mut **tx)
        .await
}

/// Whether nobody can register under this name: a union with officers has it, or a registration that waits.
pub async fn name_is_refused(tx: &mut Tx, parent_id: &str, name: &str, kind: Kind) -> sqlx::Result<bool> {
    let vacant = vacant(tx, parent_id, name, kind).await?;
    name_is_taken(tx, parent_id, name, vacant.as_deref()).await
}

/// Whether an active union, or a registration that waits, has this name under this parent; `except` is left out.
pub async fn name_is_taken(
    tx: &mut Tx,
    parent_id: &str,
    name: &str,
    except: Option<&str>,
) -> sqlx::Result<bool> {
    let sql = "SELECT (SELECT COUNT(*) FROM unions WHERE parent_id = $1 AND name = $2 AND id <> $3) \
               + (SELECT COUNT(*) FROM registrations WHERE parent_id = $1 AND name = $2 AND state = 'pending' AND id <> $3)";
    let found: i64 = sqlx::query_scalar(sql)
        .bind(parent_id)
        .bind(name)
        .bind(except.unwrap_or_default())
        .fetch_one(&mut **tx)
        .await?;
    Ok(found > 0)
}
