//! SQL of the tally: a whole campaign at once.

use crate::app::App;
use crate::campaign::places::Places;
use crate::campaign::tally::Entry;
use crate::kernel::Time;

pub async fn ledger(app: &App, campaign_id: &str) -> sqlx::Result<Vec<Entry>> {
    let sql =
        "SELECT unit_id, application_id, delta, at FROM place_entries WHERE campaign_id = $1 ORDER BY at, id";
    let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(sql)
        .bind(campaign_id)
        .fetch_all(app.db.read())
        .await?;
    let entry = |(unit_id, application_id, delta, at)| Entry {
        unit_id,
        application_id,
        delta,
        at: Time(at),
    };
    Ok(rows.into_iter().map(entry).collect())
}

pub async fn places_by_unit(app: &App, campaign_id: &str) -> sqlx::Result<Vec<(String, Places)>> {
    let sql = "SELECT unit_id, total, taken FROM quotas WHERE campaign_id = $1 ORDER BY unit_id";
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(sql)
        .bind(campaign_id)
        .fetch_all(app.db.read())
        .await?;
    let places = |(unit_id, total, taken)| (unit_id, Places { total, taken });
    Ok(rows.into_iter().map(places).collect())
}
