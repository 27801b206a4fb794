//! The city sets the units' places, one by one or by a table: what became free goes to those who wait, first come
//! first served, in the same transaction. Stands here and not with the quotas because promoting moves applications.

use super::promote::promote;
use crate::app::App;
use crate::audit::{self, Line};
use crate::campaign::changes::{self, Preview};
use crate::campaign::places::{self, Change, Locked};
use crate::campaign::quotas::{self, LineError, Numbered, Quota, Unit};
use crate::campaign::{QuotaCause, plan, sheet};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Refusal, code, text};
use crate::union::Officer;
use crate::union::rights::{self, Act};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

/// Gives a unit another total, and what became free to those who wait; gives how many came off the waiting list.
pub(super) async fn give(
    app: &App,
    tx: &mut Tx,
    locked: &mut Locked<'_>,
    campaign_id: &str,
    (total, why): (i64, &Change<'_>),
) -> Result<i64> {
    locked.set_total(tx, total, why).await?;
    let before = locked.places().taken;
    let unit_id = locked.unit_id().to_owned();
    promote(app, tx, locked, campaign_id, &unit_id).await?;
    Ok(locked.places().taken - before)
}

/// What is typed for one unit.
pub struct Typed<'a> {
    /// The total that the page showed.
    pub seen: &'a str,
    /// The new one.
    pub total: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// The city sets one unit's places; gives how many came off the waiting list.
///
/// Errors: by [`rights::city`]; at `total` ([`Refusal::PlacesMalformed`], [`Refusal::BelowTaken`] with the numbers) and
/// `reason`; [`Refusal::SeenChanged`].
pub async fn set(
    app: &App,
    officer: &Officer,
    (campaign_id, unit_id): (&str, &str),
    typed: &Typed<'_>,
) -> Result<i64> {
    let result = set_checked(app, officer, (campaign_id, unit_id), typed).await;
    rights::noted(app, &officer.actor(), "quota.edit", ("union", unit_id), result).await
}

fn read_total(typed: &str) -> Result<i64, Refusal> {
    let total = text::plain(typed).parse().ok();
    total
        .filter(|total| (0..=quotas::MOST).contains(total))
        .ok_or(Refusal::PlacesMalformed)
}

async fn set_checked(
    app: &App,
    officer: &Officer,
    (campaign_id, unit_id): (&str, &str),
    typed: &Typed<'_>,
) -> Result<i64> {
    rights::city(app, officer, Act::ManagePlaces).await?;
    plan::find(app, campaign_id).await?;
    let units = quotas::units(app, campaign_id).await?;
    let unit = units
        .into_iter()
        .find(|unit| unit.id == unit_id)
        .ok_or(Error::NotFound)?;
    let mut errors = FieldErrors::default();
    let total = errors.take("total", read_total(typed.total));
    let reason = errors.take("reason", text::line(typed.reason, 2, 200));
    let (Some(total), Some(reason)) = (total, reason) else {
        return Err(errors.into());
    };
    let mut tx = app.db.write().await?;
    let only = BTreeSet::from([unit.id]);
    let mut locked = places::lock_all(app, &mut tx, campaign_id, &only).await?;
    let locked = locked.first_mut().ok_or(Error::NotFound)?;
    let before = locked.places();
    if before.total.to_string() != typed.seen {
        return Err(Refusal::SeenChanged.into());
    }
    let actor = officer.actor();
    let why = Change {
        cause: QuotaCause::Edited,
        reference: "",
        reason: &reason,
        by: &actor,
    };
    let promoted = give(app, &mut tx, locked, campaign_id, (total, &why)).await;
    let promoted = promoted.map_err(at_total)?;
    let detail =
        json!({ "campaign": campaign_id, "before": before.total, "total": total, "promoted": promoted });
    let line = Line {
        actor: &actor,
        act: "quota.edit",
        subject: ("union", unit_id),
        detail,
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    tx.commit().await?;
    Ok(promoted)
}

fn at_total(error: Error) -> Error {
    match error {
        Error::Refused(refusal @ Refusal::BelowTaken { .. }) => FieldErrors::one("total", refusal).into(),
        other => other,
    }
}

/// How long an uploaded table waits for its confirmation.
const WAITS: Duration = Duration::from_secs(30 * 60);
/// The place of a sealed preview.
const PLACE: &str = "quota_import";

/// A table that was uploaded and waits for its confirmation; sealed in the cache.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Waiting {
    /// Who uploaded it.
    officer_id: String,
    /// For which campaign.
    campaign_id: String,
    /// SHA-256 of the file.
    pub sha256: String,
    table: Vec<Numbered<Quota>>,
    /// What it would change, as it was shown.
    pub preview: Preview,
}

/// What became of an uploaded table.
#[derive(Debug)]
pub enum Read {
    /// It can be imported: the token of its preview.
    Waits(String),
    /// It cannot; every wrong line.
    Wrong(Vec<LineError>),
}

fn key(token: &str) -> String {
    format!("quota-import:{}", code::sha256_hex(token.as_bytes()))
}

async fn keep(app: &App, token: &str, waiting: &Waiting) -> Result<()> {
    let json = serde_json::to_string(waiting).map_err(anyhow::Error::from)?;
    Ok(app.cache.set(&key(token), &app.seal(PLACE, &json), WAITS).await?)
}

/// Reads a table and keeps it with its preview; nothing is changed.
///
/// Errors: by [`rights::city`]; [`Refusal::TableEmpty`], [`Refusal::TableTooLarge`], [`Refusal::TableWrongType`].
pub async fn read(app: &App, officer: &Officer, campaign_id: &str, bytes: Vec<u8>) -> Result<Read> {
    let result = read_checked(app, officer, campaign_id, bytes).await;
    let subject = ("campaign", campaign_id);
    let result = rights::noted(app, &officer.actor(), "quota.import", subject, result).await?;
    if let Read::Wrong(lines) = &result {
        note_wrong(app, officer, campaign_id, lines).await?;
    }
    Ok(result)
}

/// One line in the trail for a table that cannot be imported.
async fn note_wrong(app: &App, officer: &Officer, campaign_id: &str, lines: &[LineError]) -> Result<()> {
    let wrong: Result<()> = Err(Refusal::TableWrong { count: lines.len() }.into());
    let subject = ("campaign", campaign_id);
    match rights::noted(app, &officer.actor(), "quota.import", subject, wrong).await {
        Err(Error::Refused(_)) | Ok(()) => Ok(()),
        Err(other) => Err(other),
    }
}

async fn read_checked(app: &App, officer: &Officer, campaign_id: &str, bytes: Vec<u8>) -> Result<Read> {
    rights::city(app, officer, Act::ManagePlaces).await?;
    plan::find(app, campaign_id).await?;
    let sha256 = code::sha256_hex(&bytes);
    let (table, mut wrong) = quotas::read(sheet::read(&bytes).await?);
    let units = quotas::units(app, campaign_id).await?;
    let preview = match changes::compare(&table, &units) {
        Ok(preview) if wrong.is_empty() => preview,
        compared => {
            wrong.extend(compared.err().unwrap_or_default());
            wrong.sort_by_key(|error| error.line);
            return Ok(Read::Wrong(wrong));
        }
    };
    let token = app.entropy.token();
    let waiting = Waiting {
        officer_id: officer.id.clone(),
        campaign_id: campaign_id.to_owned(),
        sha256,
        table,
        preview,
    };
    keep(app, &token, &waiting).await?;
    Ok(Read::Waits(token))
}

/// A table that waits for its officer's confirmation; [`Refusal::PreviewGone`] when it does not.
pub async fn waiting(app: &App, officer: &Officer, campaign_id: &str, token: &str) -> Result<Waiting> {
    rights::city(app, officer, Act::ManagePlaces).await?;
    let sealed = app.cache.get(&key(token)).await?.ok_or(Refusal::PreviewGone)?;
    opened(app, officer, campaign_id, &sealed)
}

fn opened(app: &App, officer: &Officer, campaign_id: &str, sealed: &str) -> Result<Waiting> {
    let json = app.sealer.open_text(PLACE, sealed)?;
    let waiting: Waiting = serde_json::from_str(&json).map_err(anyhow::Error::from)?;
    if waiting.officer_id == officer.id && waiting.campaign_id == campaign_id {
        Ok(waiting)
    } else {
        Err(Refusal::PreviewGone.into())
    }
}

/// What became of a confirmed table.
#[derive(Debug)]
pub enum Applied {
    /// It holds now.
    Done {
        /// Units whose places changed.
        changed: usize,
        /// Applications that came off the waiting lists.
        promoted: i64,
    },
    /// The units' places are no longer those of the preview: there is a new one under the same token.
    Changed,
    /// It cannot be imported any more: more was taken meanwhile.
    Wrong(Vec<LineError>),
}

/// Imports exactly the table that was previewed, whole or not at all. It is confirmed once.
///
/// Errors: by [`rights::city`]; [`Refusal::PreviewGone`].
pub async fn apply(app: &App, officer: &Officer, campaign_id: &str, token: &str) -> Result<Applied> {
    let result = apply_checked(app, officer, campaign_id, token).await;
    let subject = ("campaign", campaign_id);
    let result = rights::noted(app, &officer.actor(), "quota.import", subject, result).await?;
    if let Applied::Wrong(lines) = &result {
        note_wrong(app, officer, campaign_id, lines).await?;
    }
    Ok(result)
}

async fn apply_checked(app: &App, officer: &Officer, campaign_id: &str, token: &str) -> Result<Applied> {
    rights::city(app, officer, Act::ManagePlaces).await?;
    let sealed = app.cache.take(&key(token)).await?.ok_or(Refusal::PreviewGone)?;
    let mut waiting = opened(app, officer, campaign_id, &sealed)?;
    let applied = apply_waiting(app, officer, &waiting).await;
    match applied {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(now)) => {
            waiting.preview = now;
            keep(app, token, &waiting).await?;
            Ok(Applied::Changed)
        }
        Err(error) => {
            // Nothing was changed: it can be confirmed again.
            keep(app, token, &waiting).await?;
            Err(error)
        }
    }
}

/// In one transaction; the preview as it would be now, if it is no longer the one that was shown.
async fn apply_waiting(
    app: &App,
    officer: &Officer,
    waiting: &Waiting,
) -> Result<std::result::Result<Applied, Preview>> {
    let campaign_id = &waiting.campaign_id;
    let units = quotas::units(app, campaign_id).await?;
    let mut tx = app.db.write().await?;
    let named: BTreeSet<String> = waiting
        .preview
        .lines
        .iter()
        .map(|line| line.unit_id.clone())
        .collect();
    let mut locked = places::lock_all(app, &mut tx, campaign_id, &named).await?;
    let now = match changes::compare(&waiting.table, &as_locked(units, &locked)) {
        Ok(now) => now,
        Err(wrong) => return Ok(Ok(Applied::Wrong(wrong))),
    };
    if !now.shows_the_same(&waiting.preview) {
        return Ok(Err(now));
    }
    let actor = officer.actor();
    let why = Change {
        cause: QuotaCause::Imported,
        reference: &waiting.sha256,
        reason: "",
        by: &actor,
    };
    let (mut changed, mut promoted) = (0, 0);
    for unit in &mut locked {
        let line = now.lines.iter().find(|line| line.unit_id == unit.unit_id());
        if let Some(line) = line.filter(|line| line.is_change()) {
            promoted += give(app, &mut tx, unit, campaign_id, (line.after, &why)).await?;
            changed += 1;
        }
    }
    let detail = json!({
        "sha256": waiting.sha256, "changed": changed, "promoted": promoted,
        "sum_before": now.sum_before, "sum_after": now.sum_after,
    });
    let line = Line {
        actor: &actor,
        act: "quota.import",
        subject: ("campaign", campaign_id),
        detail,
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    tx.commit().await?;
    Ok(Ok(Applied::Done { changed, promoted }))
}

/// The units with the counts that stand under the locks. A row that the lock itself made still is none.
fn as_locked(units: Vec<Unit>, locked: &[Locked<'_>]) -> Vec<Unit> {
    let current = |mut unit: Unit| {
        if let Some(under) = locked.iter().find(|under| under.unit_id() == unit.id) {
            let places = under.places();
            unit.total = unit
                .total
                .map(|_| places.total)
                .or((places.total > 0).then_some(places.total));
            unit.taken = places.taken;
        }
        unit
    };
    units.into_iter().map(current).collect()
}
