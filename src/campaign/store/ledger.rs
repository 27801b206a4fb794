//! SQL of the ledger of quotas.

use super::super::QuotaCause;
use super::super::ledger::Entry;
use super::super::quotas::Unit;
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Time;

/// A unit's row of none, if it has none.
pub async fn open_quota(tx: &mut Tx, campaign_id: &str, unit_id: &str) -> sqlx::Result<()> {
    let sql = "INSERT INTO quotas (campaign_id, unit_id, total, taken, next_seq) VALUES ($1, $2, 0, 0, 1) \
               ON CONFLICT (campaign_id, unit_id) DO NOTHING";
    sqlx::query(sql)
        .bind(campaign_id)
        .bind(unit_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// One line of the ledger of quotas.
pub struct QuotaEntry<'a> {
    pub id: String,
    pub campaign_id: &'a str,
    pub unit_id: &'a str,
    pub delta: i64,
    pub total: i64,
    pub cause: QuotaCause,
    pub reference: &'a str,
    pub reason: &'a str,
    pub at: Time,
    pub actor: String,
}

/// Counter and line together; the table's CHECK refuses a total below what is taken.
pub async fn apply_quota_entry(tx: &mut Tx, entry: &QuotaEntry<'_>) -> sqlx::Result<()> {
    sqlx::query("UPDATE quotas SET total = total + $1 WHERE campaign_id = $2 AND unit_id = $3")
        .bind(entry.delta)
        .bind(entry.campaign_id)
        .bind(entry.unit_id)
        .execute(&mut **tx)
        .await?;
    insert_quota_entry(tx, entry).await
}

pub async fn insert_quota_entry(tx: &mut Tx, entry: &QuotaEntry<'_>) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO quota_entries (id, campaign_id, unit_id, delta, total, cause, reference, reason, at, actor) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&entry.id)
    .bind(entry.campaign_id)
    .bind(entry.unit_id)
    .bind(entry.delta)
    .bind(entry.total)
    .bind(entry.cause.as_str())
    .bind(entry.reference)
    .bind(entry.reason)
    .bind(entry.at.0)
    .bind(&entry.actor)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

type UnitRow = (String, i64, String, Option<i64>, Option<i64>);

/// The active units with their places in a campaign, in the order of Annex 1; those without a row have none.
pub async fn units(app: &App, campaign_id: &str) -> Result<Vec<Unit>> {
    let rows: Vec<UnitRow> = sqlx::query_as(
        "SELECT u.id, u.no, u.name, q.total, q.taken FROM unions u \
         LEFT JOIN quotas q ON q.unit_id = u.id AND q.campaign_id = $1 \
         WHERE u.kind = 'unit' AND u.active = 1 ORDER BY u.no, u.name",
    )
    .bind(campaign_id)
    .fetch_all(app.db.read())
    .await?;
    let unit = |(id, no, name, total, taken): UnitRow| Unit {
        id,
        no,
        name,
        total,
        taken: taken.unwrap_or(0),
    };
    Ok(rows.into_iter().map(unit).collect())
}

type EntryRow = (i64, i64, String, String, i64, String, Option<String>);

/// The changes of a unit's total, newest first, with who made them.
pub async fn quota_entries(app: &App, campaign_id: &str, unit_id: &str, limit: i64) -> Result<Vec<Entry>> {
    let rows: Vec<EntryRow> = sqlx::query_as(
        "SELECT e.delta, e.total, e.cause, e.reason, e.at, e.actor, o.name FROM quota_entries e \
         LEFT JOIN officers o ON e.actor = 'officer:' || o.id \
         WHERE e.campaign_id = $1 AND e.unit_id = $2 ORDER BY e.at DESC, e.id DESC LIMIT $3",
    )
    .bind(campaign_id)
    .bind(unit_id)
    .bind(limit)
    .fetch_all(app.db.read())
    .await?;
    let entry = |(delta, total, cause, reason, at, _, by): EntryRow| {
        Ok(Entry {
            delta,
            total,
            cause: QuotaCause::parse(&cause)
                .ok_or_else(|| anyhow::anyhow!("a change of quota has the unknown cause {cause}"))?,
            reason,
            at: Time(at),
            by: by.unwrap_or_else(|| "系统".to_owned()),
        })
    };
    rows.into_iter().map(entry).collect()
}
