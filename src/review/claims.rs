//! A claim while looking: colleagues see who has an application open, and may take it over. It ends by itself, and it
//! decides nothing: decisions go by the version that was seen (R-22, ADR 0021).

use super::{decide, desk, store};
use crate::app::App;
use crate::audit::{self, Line};
use crate::error::Result;
use crate::kernel::Time;
use crate::kernel::time::MINUTE;
use crate::union::Officer;
use serde_json::json;

/// How long a claim holds without being renewed.
pub const HOLDS: i64 = 15 * MINUTE;

/// Who has it, from the officer's point of view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The officer themselves.
    Mine,
    /// A colleague, by name, since then.
    Colleague(String, Time),
    /// A colleague took it over from this officer.
    TakenOver(String, Time),
    /// Nobody.
    Nobody,
}

/// Claims or renews for an officer who may decide it now. Who has it already keeps it.
pub async fn renew(app: &App, officer: &Officer, id: &str) -> Result<Claim> {
    let application = desk::visible(app, officer, id).await?;
    decide::may_decide(app, officer, &application).await?;
    let now = app.now();
    let mut tx = app.db.write().await?;
    store::claim(&mut tx, id, &officer.id, now, now.plus(HOLDS)).await?;
    tx.commit().await?;
    state(app, officer, id).await
}

/// Takes it over from whoever has it; the trail keeps from whom.
pub async fn take_over(app: &App, officer: &Officer, id: &str) -> Result<()> {
    let application = desk::visible(app, officer, id).await?;
    decide::may_decide(app, officer, &application).await?;
    let now = app.now();
    let mut tx = app.db.write().await?;
    let from = store::take_claim(&mut tx, id, &officer.id, now, now.plus(HOLDS)).await?;
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act: "application.take_over",
        subject: ("application", id),
        detail: json!({ "from": from }),
    };
    audit::record(&mut tx, &app.entropy, now, line).await?;
    tx.commit().await?;
    Ok(())
}

/// Puts it back; somebody else's claim stays.
pub async fn release(app: &App, officer: &Officer, id: &str) -> Result<()> {
    desk::visible(app, officer, id).await?;
    let mut tx = app.db.write().await?;
    store::release_claim(&mut tx, id, &officer.id).await?;
    tx.commit().await?;
    Ok(())
}

/// Who has it now.
pub async fn state(app: &App, officer: &Officer, id: &str) -> Result<Claim> {
    let Some(claim) = store::claim_of(app, id, app.now()).await? else {
        return Ok(Claim::Nobody);
    };
    let since = Time(claim.since);
    Ok(if claim.officer_id == officer.id {
        Claim::Mine
    } else if claim.before_id.as_deref() == Some(&officer.id) {
        Claim::TakenOver(claim.officer, since)
    } else {
        Claim::Colleague(claim.officer, since)
    })
}
