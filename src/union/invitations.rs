//! A union invites those below it to join: by a web link or a WeChat QR code.
//!
//! The link's token is looked up by its SHA-256. It is kept sealed besides, so that the administrators' page and the QR
//! code can show it again. The QR code's scene names the invitation only; who scans it gets a link of their own, by which
//! the registration knows their WeChat.

use super::rights::{self, Act};
use super::{Kind, Officer, Union, store};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::error::{Error, Result};
use crate::kernel::time::DAY;
use crate::kernel::{FieldErrors, Refusal, Time, code, text};
use serde_json::json;
use std::time::Duration;

/// An invitation holds so many days unless another number is chosen.
pub const DAYS: i64 = 14;
/// And at most so many: WeChat's temporary QR codes end then.
pub const DAYS_MAX: i64 = 30;
/// So many unions may join by one invitation.
pub const USES_MAX: i64 = 200;

const PLACE: &str = "invitations.token";
const SCENE: &str = "join-";

/// An invitation.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Id.
    pub id: String,
    /// The union that invites.
    pub union: Union,
    /// What may register by it.
    pub kind: Kind,
    /// Registrations that wait or were approved.
    pub uses: i64,
    /// How many there may be.
    pub uses_max: i64,
    /// Name of the officer who made it.
    pub by: String,
    /// When it was made.
    pub created_at: Time,
    /// Until when it holds.
    pub expires_at: Time,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
    pub(super) token_sealed: String,
}

impl Invitation {
    /// Whether somebody may register by it now; else why not.
    pub fn open(&self, now: Time) -> Result<(), Refusal> {
        if self.revoked_at.is_some() {
            Err(Refusal::InvitationRevoked)
        } else if now >= self.expires_at {
            Err(Refusal::InvitationExpired)
        } else if self.uses >= self.uses_max {
            Err(Refusal::InvitationUsedUp)
        } else {
            Ok(())
        }
    }

    /// The QR code's scene.
    pub fn scene(&self) -> String {
        format!("{SCENE}{}", self.id)
    }

    /// The page to register at, as a path of ours. It holds the token: never into a log.
    pub fn path(&self, app: &App) -> Result<String> {
        let token = app.sealer.open_text(PLACE, &self.token_sealed)?;
        Ok(format!("/office/join/{token}"))
    }
}

/// What is typed to make one.
#[derive(Debug, Default, Clone)]
pub struct Wanted<'a> {
    /// [`Kind`].
    pub kind: &'a str,
    /// How many unions may join by it.
    pub uses: &'a str,
    /// For how many days.
    pub days: &'a str,
}

fn number(typed: &str, max: i64) -> Result<i64, Refusal> {
    let digits = text::digits(typed);
    let plain = !digits.is_empty() && digits.chars().count() == typed.trim().chars().count();
    let number = digits.parse().ok().filter(|n| plain && (1..=max).contains(n));
    number.ok_or(Refusal::NotAChoice)
}

/// Makes an invitation of the officer's union; gives its id.
///
/// Errors: [`Refusal::NotAllowed`] without the right; at `kind`, `uses` (1 to [`USES_MAX`]), `days` (1 to [`DAYS_MAX`]).
pub async fn invite(app: &App, officer: &Officer, wanted: &Wanted<'_>) -> Result<String> {
    let result = invite_checked(app, officer, wanted).await;
    rights::noted(
        app,
        &officer.actor(),
        "invitation.create",
        ("union", &officer.union.id),
        result,
    )
    .await
}

async fn invite_checked(app: &App, officer: &Officer, wanted: &Wanted<'_>) -> Result<String> {
    rights::check(officer, Act::ManageUnions)?;
    let seat = rights::seat(app, officer).await?;
    let mut errors = FieldErrors::default();
    let kind = Kind::parse(wanted.kind).filter(|kind| seat.kind.below().contains(kind));
    let kind = errors.take("kind", kind.ok_or(Refusal::NotAChoice));
    let uses = errors.take("uses", number(wanted.uses, USES_MAX));
    let days = errors.take("days", number(wanted.days, DAYS_MAX));
    let (Some(kind), Some(uses), Some(days)) = (kind, uses, days) else {
        return Err(errors.into());
    };
    let (id, token, now) = (app.id(), app.entropy.token(), app.now());
    let row = store::NewInvitation {
        id: &id,
        union_id: &seat.id,
        kind,
        token_hash: &hash(&token),
        token_sealed: &app.seal(PLACE, &token),
        uses_max: uses,
        created_by: &officer.id,
        created_at: now,
        expires_at: now.plus(days * DAY),
    };
    let mut tx = app.db.write().await?;
    store::insert_invitation(&mut tx, &row).await?;
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act: "invitation.create",
        subject: ("invitation", &id),
        detail: json!({ "union": seat.id, "kind": kind, "uses": uses, "days": days }),
    };
    audit::record(&mut tx, &app.entropy, now, line).await?;
    tx.commit().await?;
    Ok(id)
}

fn hash(token: &str) -> String {
    code::sha256_hex(token.as_bytes())
}

/// The invitations of the officer's union, newest first.
pub async fn list(app: &App, officer: &Officer) -> Result<Vec<Invitation>> {
    rights::check(officer, Act::ManageUnions)?;
    let seat = rights::seat(app, officer).await?;
    store::invitations_of(app, &seat.id).await
}

/// An invitation of a union in the officer's subtree, for who may manage it.
pub async fn find(app: &App, officer: &Officer, id: &str) -> Result<Invitation> {
    let invitation = store::invitation(app, id).await?.ok_or(Error::NotFound)?;
    rights::may(app, officer, Act::ManageUnions, &invitation.union.id).await?;
    Ok(invitation)
}

/// Revokes an invitation; what was registered by it stays.
pub async fn revoke(app: &App, officer: &Officer, id: &str) -> Result<()> {
    let result = revoke_checked(app, officer, id).await;
    let actor = officer.actor();
    rights::noted(app, &actor, "invitation.revoke", ("invitation", id), result).await
}

async fn revoke_checked(app: &App, officer: &Officer, id: &str) -> Result<()> {
    let invitation = find(app, officer, id).await?;
    let mut tx = app.db.write().await?;
    store::revoke_invitation(&mut tx, &invitation.id, app.now()).await?;
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act: "invitation.revoke",
        subject: ("invitation", &invitation.id),
        detail: json!({ "uses": invitation.uses }),
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    tx.commit().await?;
    Ok(())
}

/// Who came by a link.
#[derive(Debug, Clone)]
pub struct Guest {
    /// The invitation.
    pub invitation: Invitation,
    /// The WeChat user who scanned its QR code; none by the web link.
    pub openid: Option<String>,
}

/// The invitation behind a link's token, whether it still holds or not.
///
/// Errors: [`Refusal::InvitationUnknown`].
pub async fn by_token(app: &App, token: &str) -> Result<Guest> {
    let hash = hash(token);
    if let Some(invitation) = store::invitation_by_token(app, &hash).await? {
        let openid = None;
        return Ok(Guest { invitation, openid });
    }
    let scanned = app.cache.get(&scan_key(&hash)).await?;
    let Some((id, openid)) = scanned.as_deref().and_then(|text| text.split_once(' ')) else {
        return Err(Refusal::InvitationUnknown.into());
    };
    let invitation = store::invitation(app, id).await?;
    Ok(Guest {
        invitation: invitation.ok_or(Refusal::InvitationUnknown)?,
        openid: Some(openid.to_owned()),
    })
}

fn scan_key(hash: &str) -> String {
    format!("join-scan:{hash}")
}

/// What scanning an invitation's QR code gives.
pub enum Scanned {
    /// Not an invitation's code.
    Other,
    /// The page to register at, as a path of ours with this WeChat user's own token.
    Open(Box<Invitation>, String),
    /// It holds no more.
    Closed(Box<Invitation>, Refusal),
}

/// A WeChat user scanned a code, or followed by it.
pub async fn scanned(app: &App, scene: &str, openid: &str) -> Result<Scanned> {
    let Some(id) = scene.strip_prefix(SCENE) else {
        return Ok(Scanned::Other);
    };
    let Some(invitation) = store::invitation(app, id).await? else {
        return Ok(Scanned::Other);
    };
    if let Err(refusal) = invitation.open(app.now()) {
        turned_away(app, &invitation, &refusal).await?;
        return Ok(Scanned::Closed(Box::new(invitation), refusal));
    }
    let token = app.entropy.token();
    let left = (invitation.expires_at.0 - app.now().0).max(1) as u64;
    let value = format!("{} {openid}", invitation.id);
    let key = scan_key(&hash(&token));
    app.cache.set(&key, &value, Duration::from_millis(left)).await?;
    Ok(Scanned::Open(
        Box::new(invitation),
        format!("/office/join/{token}"),
    ))
}

/// Keeps a line of somebody who came by an invitation that holds no more.
pub async fn turned_away(app: &App, invitation: &Invitation, refusal: &Refusal) -> Result<()> {
    let mut tx = app.db.write().await?;
    let line = Line {
        actor: &Actor::System,
        act: "refused",
        subject: ("invitation", &invitation.id),
        detail: json!({ "act": "registration.file", "code": refusal.code() }),
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// R-25, bad input: only whole numbers within the limit, full-width digits too.
    #[test]
    fn numbers_are_whole_and_bounded() {
        assert_eq!(number(" 14 ", 30), Ok(14));
        assert_eq!(number("１４", 30), Ok(14));
        for bad in ["", "0", "31", "-3", "1.5", "3天", "99999999999999999999"] {
            assert_eq!(number(bad, 30), Err(Refusal::NotAChoice), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_number_is_read_or_refused(typed in ".{0,12}") {
            let _ = number(&typed, USES_MAX);
        }
    }
}
