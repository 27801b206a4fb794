//! SQL of the line at each unit.

use super::super::standing::{Submitted, UnitLine};
use super::super::states::State;
use crate::app::App;
use crate::error::Result;
use crate::kernel::Time;

pub async fn unit_lines(app: &App, campaign_id: &str) -> sqlx::Result<Vec<UnitLine>> {
    let rows: Vec<(String, String, i64, i64, i64)> = sqlx::query_as(
        "SELECT u.id, u.name, q.total, q.taken, \
         (SELECT COUNT(*) FROM applications w WHERE w.campaign_id = q.campaign_id AND w.unit_id = q.unit_id \
          AND w.state IN ('waitlisted', 'recalled_waiting')) \
         FROM quotas q JOIN unions u ON u.id = q.unit_id \
         WHERE q.campaign_id = $1 AND u.active = 1 ORDER BY u.no, u.name",
    )
    .bind(campaign_id)
    .fetch_all(app.db.read())
    .await?;
    let line = |(unit_id, name, total, taken, waiting)| UnitLine {
        unit_id,
        name,
        total,
        taken,
        waiting,
    };
    Ok(rows.into_iter().map(line).collect())
}

pub(in crate::application) async fn line(
    app: &App,
    (campaign_id, unit_id): (&str, &str),
    limit: i64,
    offset: i64,
) -> Result<Vec<Submitted>> {
    let rows: Vec<(i64, String, i64, String, i64)> = sqlx::query_as(
        "SELECT seq, number, submitted_at, state, since FROM applications \
         WHERE campaign_id = $1 AND unit_id = $2 AND seq IS NOT NULL ORDER BY seq LIMIT $3 OFFSET $4",
    )
    .bind(campaign_id)
    .bind(unit_id)
    .bind(limit)
    .bind(offset)
    .fetch_all(app.db.read())
    .await?;
    let submitted = |(seq, number, at, state, since): (i64, String, i64, String, i64)| {
        Ok(Submitted {
            seq,
            number,
            at: Time(at),
            state: State::parse(&state)
                .ok_or_else(|| anyhow::anyhow!("an application has the unknown state {state}"))?,
            since: Time(since),
        })
    };
    rows.into_iter().map(submitted).collect()
}

pub async fn waiting_before(app: &App, (campaign_id, unit_id): (&str, &str), seq: i64) -> sqlx::Result<i64> {
    let sql = "SELECT COUNT(*) FROM applications WHERE campaign_id = $1 AND unit_id = $2 \
               AND state IN ('waitlisted', 'recalled_waiting') AND seq < $3";
    sqlx::query_scalar(sql)
        .bind(campaign_id)
        .bind(unit_id)
        .bind(seq)
        .fetch_one(app.db.read())
        .await
}

pub async fn line_length(app: &App, (campaign_id, unit_id): (&str, &str)) -> sqlx::Result<i64> {
    let sql = "SELECT COUNT(*) FROM applications WHERE campaign_id = $1 AND unit_id = $2 AND seq IS NOT NULL";
    sqlx::query_scalar(sql)
        .bind(campaign_id)
        .bind(unit_id)
        .fetch_one(app.db.read())
        .await
}
