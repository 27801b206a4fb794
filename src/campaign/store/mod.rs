//! SQL of campaigns, intakes, quotas and the ledger of places.

mod digests;
mod funders;
mod ledger;
mod transfers;

pub use digests::*;
pub use funders::*;
pub use ledger::*;
pub use transfers::*;
mod tally;

pub use tally::*;

use super::places::Places;
use super::{Current, Intake, PlaceCause, Season, Window};
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::{Fen, Time};
use sqlx::{Any, Executor};

pub async fn insert_campaign(
    tx: &mut Tx,
    id: &str,
    year: i32,
    title: &str,
    grant: Fen,
    now: Time,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO campaigns (id, year, title, city_grant_fen, created_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(id)
    .bind(i64::from(year))
    .bind(title)
    .bind(grant.0)
    .bind(now.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn insert_intake(tx: &mut Tx, intake: &Intake) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO intakes (id, campaign_id, season, apply_from, apply_until, review_from, review_until) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&intake.id)
    .bind(&intake.campaign_id)
    .bind(intake.season.as_str())
    .bind(intake.apply.from.0)
    .bind(intake.apply.until.0)
    .bind(intake.review.from.0)
    .bind(intake.review.until.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    campaign_id: String,
    year: i64,
    title: String,
    city_grant_fen: i64,
    season: String,
    apply_from: i64,
    apply_until: i64,
    review_from: i64,
    review_until: i64,
}

/// The one list of columns; SQL text must be one literal, hence a macro.
macro_rules! select_intakes {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.campaign_id, c.year, c.title, c.city_grant_fen, i.season, i.apply_from, i.apply_until, i.review_from, ",
            "i.review_until FROM intakes i JOIN campaigns c ON c.id = i.campaign_id ",
            $rest
        )
    };
}

/// Every intake with its campaign: a handful a year.
pub async fn intakes(app: &App) -> Result<Vec<Current>> {
    let sql = select_intakes!("ORDER BY i.apply_from");
    let rows: Vec<Row> = sqlx::query_as(sql).fetch_all(app.db.read()).await?;
    rows.into_iter().map(current).collect()
}

pub async fn intake(db: impl Executor<'_, Database = Any>, id: &str) -> Result<Option<Current>> {
    let sql = select_intakes!("WHERE i.id = $1");
    let row: Option<Row> = sqlx::query_as(sql).bind(id).fetch_optional(db).await?;
    row.map(current).transpose()
}

/// The intakes of one campaign, within a transaction.
pub async fn intakes_of(tx: &mut Tx, campaign_id: &str) -> Result<Vec<Intake>> {
    let sql = select_intakes!("WHERE i.campaign_id = $1 ORDER BY i.apply_from");
    let rows: Vec<Row> = sqlx::query_as(sql).bind(campaign_id).fetch_all(&mut **tx).await?;
    rows.into_iter()
        .map(|row| current(row).map(|current| current.intake))
        .collect()
}

fn current(row: Row) -> Result<Current> {
    let season = Season::parse(&row.season)
        .ok_or_else(|| anyhow::anyhow!("intake {} has an unknown season", row.id))?;
    let intake = Intake {
        id: row.id,
        campaign_id: row.campaign_id.clone(),
        year: i32::try_from(row.year).map_err(anyhow::Error::from)?,
        season,
        apply: Window {
            from: Time(row.apply_from),
            until: Time(row.apply_until),
        },
        review: Window {
            from: Time(row.review_from),
            until: Time(row.review_until),
        },
    };
    Ok(Current {
        campaign_id: row.campaign_id,
        title: row.title,
        city_grant: Fen(row.city_grant_fen),
        intake,
    })
}

pub async fn insert_quota(tx: &mut Tx, campaign_id: &str, unit_id: &str, total: i64) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO quotas (campaign_id, unit_id, total, taken, next_seq) VALUES ($1, $2, $3, 0, 1)",
    )
    .bind(campaign_id)
    .bind(unit_id)
    .bind(total)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// An update that changes nothing takes the row's lock on PostgreSQL; on SQLite the transaction holds it already.
pub async fn lock_quota(tx: &mut Tx, campaign_id: &str, unit_id: &str) -> sqlx::Result<Option<Places>> {
    let sql =
        "UPDATE quotas SET taken = taken WHERE campaign_id = $1 AND unit_id = $2 RETURNING total, taken";
    let row: Option<(i64, i64)> = sqlx::query_as(sql)
        .bind(campaign_id)
        .bind(unit_id)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.map(|(total, taken)| Places { total, taken }))
}

/// The same lock for every campaign of a unit.
pub async fn lock_quotas_of(tx: &mut Tx, unit_id: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE quotas SET taken = taken WHERE unit_id = $1")
        .bind(unit_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The same lock, and the next number in the unit's order of submission.
pub async fn lock_quota_in_line(
    tx: &mut Tx,
    campaign_id: &str,
    unit_id: &str,
) -> sqlx::Result<Option<(Places, i64)>> {
    let sql = "UPDATE quotas SET next_seq = next_seq + 1 WHERE campaign_id = $1 AND unit_id = $2 RETURNING total, taken, next_seq - 1";
    let row: Option<(i64, i64, i64)> = sqlx::query_as(sql)
        .bind(campaign_id)
        .bind(unit_id)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.map(|(total, taken, seq)| (Places { total, taken }, seq)))
}

/// One line of the ledger.
pub struct Entry<'a> {
    pub id: String,
    pub campaign_id: &'a str,
    pub unit_id: &'a str,
    pub application_id: &'a str,
    pub delta: i64,
    pub cause: PlaceCause,
    pub at: Time,
    pub actor: String,
}

/// Counter and line together; the table's CHECK refuses what would leave 0..=total.
pub async fn apply_entry(tx: &mut Tx, entry: &Entry<'_>) -> sqlx::Result<()> {
    sqlx::query("UPDATE quotas SET taken = taken + $1 WHERE campaign_id = $2 AND unit_id = $3")
        .bind(entry.delta)
        .bind(entry.campaign_id)
        .bind(entry.unit_id)
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "INSERT INTO place_entries (id, campaign_id, unit_id, application_id, delta, cause, at, actor) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&entry.id)
    .bind(entry.campaign_id)
    .bind(entry.unit_id)
    .bind(entry.application_id)
    .bind(entry.delta)
    .bind(entry.cause.as_str())
    .bind(entry.at.0)
    .bind(&entry.actor)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn quota(app: &App, campaign_id: &str, unit_id: &str) -> sqlx::Result<Option<Places>> {
    let sql = "SELECT total, taken FROM quotas WHERE campaign_id = $1 AND unit_id = $2";
    let row: Option<(i64, i64)> = sqlx::query_as(sql)
        .bind(campaign_id)
        .bind(unit_id)
        .fetch_optional(app.db.read())
        .await?;
    Ok(row.map(|(total, taken)| Places { total, taken }))
}

pub async fn campaign_places(app: &App, campaign_id: &str) -> sqlx::Result<Places> {
    let sql = "SELECT CAST(COALESCE(SUM(total), 0) AS BIGINT), CAST(COALESCE(SUM(taken), 0) AS BIGINT) FROM quotas WHERE campaign_id = $1";
    let (total, taken): (i64, i64) = sqlx::query_as(sql)
        .bind(campaign_id)
        .fetch_one(app.db.read())
        .await?;
    Ok(Places { total, taken })
}

pub async fn ledger_sum(app: &App, campaign_id: &str, unit_id: &str) -> sqlx::Result<i64> {
    let sql = "SELECT CAST(COALESCE(SUM(delta), 0) AS BIGINT) FROM place_entries WHERE campaign_id = $1 AND unit_id = $2";
    sqlx::query_scalar(sql)
        .bind(campaign_id)
        .bind(unit_id)
        .fetch_one(app.db.read())
        .await
}

/// Campaigns change one after the other: whoever edits one, or makes one, takes this lock first.
pub async fn lock_plan(tx: &mut Tx) -> sqlx::Result<()> {
    sqlx::query("UPDATE campaigns SET year = year")
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Every intake with its campaign, as the caller's transaction sees them.
pub async fn intakes_in(tx: &mut Tx) -> Result<Vec<Current>> {
    let rows: Vec<Row> = sqlx::query_as(select_intakes!("ORDER BY i.apply_from"))
        .fetch_all(&mut **tx)
        .await?;
    rows.into_iter().map(current).collect()
}

pub async fn set_campaign(tx: &mut Tx, id: &str, title: &str, grant: Fen) -> sqlx::Result<bool> {
    let query = sqlx::query("UPDATE campaigns SET title = $1, city_grant_fen = $2 WHERE id = $3")
        .bind(title)
        .bind(grant.0)
        .bind(id);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

pub async fn set_windows(tx: &mut Tx, id: &str, apply: Window, review: Window) -> sqlx::Result<()> {
    let sql = "UPDATE intakes SET apply_from = $1, apply_until = $2, review_from = $3, review_until = $4 WHERE id = $5";
    sqlx::query(sql)
        .bind(apply.from.0)
        .bind(apply.until.0)
        .bind(review.from.0)
        .bind(review.until.0)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
