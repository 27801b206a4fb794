//! The upper union approves or rejects who registered: once, whoever is first.

use super::officers::{self, Entered};
use super::registrations::{self, Details, Registration, State, What};
use super::rights::{self, Act};
use super::tree::{self, NewUnion};
use super::{Officer, Role, covers, store};
use crate::app::App;
use crate::audit::{self, Line};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Refusal, text};
use serde_json::json;

/// The longest reason of a rejection, in characters.
pub const REASON_MAX: usize = 200;

/// What a first officer may do: everything a small union needs, until its administrator divides the work.
pub const FIRST_ROLES: [Role; 2] = [Role::Administrator, Role::Reviewer];

/// Registrations to unions in the officer's subtree, in one state.
pub async fn list(app: &App, officer: &Officer, state: State) -> Result<Vec<Registration>> {
    rights::check(officer, Act::ManageUnions)?;
    store::registrations_in(app, officer.union.scope(), state).await
}

/// How many there are in each state.
pub async fn counts(app: &App, officer: &Officer) -> Result<Vec<(State, i64)>> {
    rights::check(officer, Act::ManageUnions)?;
    let found = store::registration_counts(app, officer.union.scope()).await?;
    let count = |state: &State| {
        let row = found.iter().find(|(name, _)| name == state.as_str());
        row.map_or(0, |(_, n)| *n)
    };
    Ok(State::ALL.iter().map(|state| (*state, count(state))).collect())
}

/// A registration in the officer's subtree, for who may decide it; the look at its personal data is recorded.
pub async fn open(app: &App, officer: &Officer, id: &str) -> Result<(Registration, Details)> {
    let registration = visible(app, officer, id).await?;
    let details = registration.details(app)?;
    let mut tx = app.db.write().await?;
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act: "registration.read",
        subject: ("registration", id),
        detail: json!({}),
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    tx.commit().await?;
    Ok((registration, details))
}

async fn visible(app: &App, officer: &Officer, id: &str) -> Result<Registration> {
    let registration = store::registration(app, id).await?.ok_or(Error::NotFound)?;
    if !covers(officer.union.scope(), &registration.parent_path) {
        return Err(Error::NotFound);
    }
    rights::check(officer, Act::ManageUnions)?;
    Ok(registration)
}

/// Approves: the union is active, its first officer can sign in, bound to the WeChat that scanned. Gives the union's id.
///
/// Errors: [`Error::NotFound`] for another branch; [`Refusal::NotAllowed`]; [`Refusal::RegistrationDecided`] with who was
/// first; [`Refusal::UnionNameTaken`], [`Refusal::OfficerPhoneTaken`] when that came meanwhile.
pub async fn approve(app: &App, officer: &Officer, id: &str) -> Result<String> {
    let result = approve_checked(app, officer, id).await;
    let actor = officer.actor();
    rights::noted(app, &actor, "registration.approve", ("registration", id), result).await
}

async fn approve_checked(app: &App, officer: &Officer, id: &str) -> Result<String> {
    let registration = visible(app, officer, id).await?;
    let phone = registration.phone(app)?;
    let actor = officer.actor();
    let mut tx = app.db.write().await?;
    tree::lock(&mut tx).await?;
    let union_id = place_in_tree(app, &mut tx, &registration).await?;
    let state = State::Approved;
    settle(app, &mut tx, officer, &registration, state, "", Some(&union_id)).await?;
    let openid = match registration.openid.as_deref() {
        Some(openid) if store::openid_is_free(&mut tx, openid).await? => Some(openid),
        _ => None,
    };
    let first = Entered {
        union_id: &union_id,
        name: &registration.officer_name,
        phone: &phone,
        password_hash: &registration.password_hash,
        roles: &FIRST_ROLES,
        openid,
    };
    match officers::enter(app, &mut tx, &actor, first).await {
        Err(Error::Invalid(_)) => return Err(Refusal::OfficerPhoneTaken.into()),
        other => other?,
    };
    tx.commit().await?;
    Ok(union_id)
}

/// The union that the registration becomes: a new one, or one that is in the tree without any officer (Annex 1's units).
async fn place_in_tree(app: &App, tx: &mut Tx, registration: &Registration) -> Result<String> {
    let Registration { id, name, kind, .. } = registration;
    let parent = tree::find_in(tx, &registration.parent_id).await?;
    let union_id = match store::vacant(tx, &parent.id, name, *kind).await? {
        Some(vacant) => vacant,
        None if store::name_is_taken(tx, &parent.id, name, Some(id)).await? => {
            still_open(app, id).await?;
            return Err(Refusal::UnionNameTaken.into());
        }
        None => {
            let new = NewUnion {
                parent: Some(&parent),
                kind: *kind,
                name,
                no: store::next_no(tx, &parent.id).await?,
            };
            tree::add(tx, app.id(), app.now(), new).await?.id
        }
    };
    store::set_details(tx, &union_id, &registration.details_sealed).await?;
    Ok(union_id)
}

/// [`Refusal::RegistrationDecided`] when somebody else was first.
async fn still_open(app: &App, id: &str) -> Result<()> {
    let registration = registrations::find(app, id).await?;
    match registration.decided_by {
        Some(by) if registration.state != State::Pending => Err(Refusal::RegistrationDecided { by }.into()),
        _ => Ok(()),
    }
}

async fn settle(
    app: &App,
    tx: &mut Tx,
    officer: &Officer,
    registration: &Registration,
    state: State,
    reason: &str,
    union_id: Option<&str>,
) -> Result<()> {
    let decided = store::Decided {
        id: &registration.id,
        state,
        reason,
        officer_id: &officer.id,
        union_id,
        now: app.now(),
    };
    if !store::decide_registration(tx, &decided).await? {
        let by = store::decided_by(tx, &registration.id).await?.unwrap_or_default();
        return Err(Refusal::RegistrationDecided { by }.into());
    }
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act: if state == State::Approved {
            "registration.approve"
        } else {
            "registration.reject"
        },
        subject: ("registration", &registration.id),
        detail: json!({ "parent": registration.parent_id, "union": union_id }),
    };
    audit::record(tx, &app.entropy, app.now(), line).await?;
    registrations::enqueue(app, tx, What::Decided, &registration.id).await
}

/// Rejects with a reason that the one who registered is told; their invitation can be used again.
///
/// Errors: as [`approve`], and at `reason`.
pub async fn reject(app: &App, officer: &Officer, id: &str, reason: &str) -> Result<()> {
    let result = reject_checked(app, officer, id, reason).await;
    let actor = officer.actor();
    rights::noted(app, &actor, "registration.reject", ("registration", id), result).await
}

async fn reject_checked(app: &App, officer: &Officer, id: &str, reason: &str) -> Result<()> {
    let registration = visible(app, officer, id).await?;
    let mut errors = FieldErrors::default();
    let Some(reason) = errors.take("reason", text::line(reason, 2, REASON_MAX)) else {
        return Err(errors.into());
    };
    let mut tx = app.db.write().await?;
    tree::lock(&mut tx).await?;
    settle(
        app,
        &mut tx,
        officer,
        &registration,
        State::Rejected,
        &reason,
        None,
    )
    .await?;
    store::give_use_back(&mut tx, &registration.invitation_id).await?;
    tx.commit().await?;
    Ok(())
}
