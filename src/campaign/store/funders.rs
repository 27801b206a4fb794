//! SQL of funders, and of what a new year copies.

use super::super::funders::{Funder, Kind};
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::{Fen, Time};

type Row = (String, String, String, String, String, String, i64);

/// The one list of columns; the order is the order of [`Kind`], then that of the units.
macro_rules! select_funders {
    () => {
        "SELECT f.id, f.kind, f.union_id, u.path, u.name, f.name, f.amount_fen FROM funders f \
         JOIN unions u ON u.id = f.union_id WHERE f.campaign_id = $1 AND u.active = 1 \
         ORDER BY CASE f.kind WHEN 'upper' THEN 1 WHEN 'unit' THEN 2 WHEN 'lower' THEN 3 ELSE 4 END, u.no, f.name"
    };
}

fn funder((id, kind, union_id, union_path, union, name, amount): Row) -> Result<Funder> {
    Ok(Funder {
        kind: Kind::parse(&kind).ok_or_else(|| anyhow::anyhow!("funder {id} has an unknown kind"))?,
        id,
        union_id,
        union_path,
        union,
        name,
        amount: Fen(amount),
    })
}

pub async fn funders(app: &App, campaign_id: &str) -> Result<Vec<Funder>> {
    let query = sqlx::query_as(select_funders!()).bind(campaign_id);
    let rows: Vec<Row> = query.fetch_all(app.db.read()).await?;
    rows.into_iter().map(funder).collect()
}

pub async fn funders_in(tx: &mut Tx, campaign_id: &str) -> Result<Vec<Funder>> {
    let query = sqlx::query_as(select_funders!()).bind(campaign_id);
    let rows: Vec<Row> = query.fetch_all(&mut **tx).await?;
    rows.into_iter().map(funder).collect()
}

pub async fn insert_funder(tx: &mut Tx, campaign_id: &str, funder: &Funder, now: Time) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO funders (id, campaign_id, kind, union_id, name, amount_fen, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&funder.id)
    .bind(campaign_id)
    .bind(funder.kind.as_str())
    .bind(&funder.union_id)
    .bind(&funder.name)
    .bind(funder.amount.0)
    .bind(now.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn set_funder(tx: &mut Tx, campaign_id: &str, id: &str, amount: Fen) -> sqlx::Result<bool> {
    let query = sqlx::query("UPDATE funders SET amount_fen = $1 WHERE id = $2 AND campaign_id = $3")
        .bind(amount.0)
        .bind(id)
        .bind(campaign_id);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

pub async fn delete_funder(tx: &mut Tx, campaign_id: &str, id: &str) -> sqlx::Result<bool> {
    let query = sqlx::query("DELETE FROM funders WHERE id = $1 AND campaign_id = $2")
        .bind(id)
        .bind(campaign_id);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// An active union of this name below the unit at `path`.
pub async fn union_named(app: &App, path: &str, name: &str) -> sqlx::Result<Option<String>> {
    let sql = "SELECT id FROM unions WHERE path > $1 AND path < $2 AND name = $3 AND active = 1 ORDER BY path LIMIT 1";
    sqlx::query_scalar(sql)
        .bind(path)
        .bind(format!("{}0", path.trim_end_matches('/')))
        .bind(name)
        .fetch_optional(app.db.read())
        .await
}

/// The totals of a campaign's active units, for the year that copies them.
pub async fn totals_in(tx: &mut Tx, campaign_id: &str) -> sqlx::Result<Vec<(String, i64)>> {
    let sql = "SELECT q.unit_id, q.total FROM quotas q JOIN unions u ON u.id = q.unit_id \
               WHERE q.campaign_id = $1 AND u.active = 1 ORDER BY q.unit_id";
    sqlx::query_as(sql).bind(campaign_id).fetch_all(&mut **tx).await
}
