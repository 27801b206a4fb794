//! SQL of the figures. Each statement on applications or decisions is answered from an index alone (migration 0014).

use super::scope_end;
use crate::app::App;
use crate::kernel::Time;
use crate::supervision::board::{AGES, Day, Decided, Group, Quota, Reasoned, Union, day_of};

/// Milliseconds that Shanghai is ahead of UTC.
pub const SHANGHAI: i64 = 8 * 3_600_000;

pub async fn groups(app: &App, intake_id: &str, now: Time, late: Time) -> sqlx::Result<Vec<Group>> {
    let sql = "SELECT COALESCE(union_id, '') AS union_id, state, COALESCE(holder_id, '') AS holder_id, COUNT(*) AS n, \
               MIN(since) AS oldest, \
               CAST(SUM(CASE WHEN since > $2 THEN 1 ELSE 0 END) AS BIGINT) AS age0, \
               CAST(SUM(CASE WHEN since <= $2 AND since > $3 THEN 1 ELSE 0 END) AS BIGINT) AS age1, \
               CAST(SUM(CASE WHEN since <= $3 AND since > $4 THEN 1 ELSE 0 END) AS BIGINT) AS age2, \
               CAST(SUM(CASE WHEN since <= $4 AND since > $5 THEN 1 ELSE 0 END) AS BIGINT) AS age3, \
               CAST(SUM(CASE WHEN since < $6 THEN 1 ELSE 0 END) AS BIGINT) AS late \
               FROM applications WHERE intake_id = $1 GROUP BY applications.union_id, state, applications.holder_id";
    let mut rows = sqlx::query_as(sql).bind(intake_id);
    for age in AGES {
        rows = rows.bind(now.0 - age);
    }
    rows.bind(late.0).fetch_all(app.db.read()).await
}

pub async fn submitted(app: &App, intake_id: &str) -> sqlx::Result<Vec<Day>> {
    let sql = "SELECT COALESCE(union_id, '') AS union_id, (submitted_at + 28800000) / 86400000 AS day, COUNT(*) AS n \
               FROM applications WHERE intake_id = $1 AND submitted_at IS NOT NULL \
               GROUP BY (submitted_at + 28800000) / 86400000, applications.union_id";
    sqlx::query_as(sql).bind(intake_id).fetch_all(app.db.read()).await
}

/// `since` of an approved application is when it was approved: nothing comes after.
pub async fn approved(app: &App, intake_id: &str) -> sqlx::Result<Vec<Day>> {
    let sql = "SELECT COALESCE(union_id, '') AS union_id, (since + 28800000) / 86400000 AS day, COUNT(*) AS n \
               FROM applications WHERE intake_id = $1 AND state = 'approved' \
               GROUP BY applications.union_id, (since + 28800000) / 86400000";
    sqlx::query_as(sql).bind(intake_id).fetch_all(app.db.read()).await
}

/// Decisions are made inside the review window, and windows do not overlap.
pub async fn decided(app: &App, (from, until): (Time, Time)) -> sqlx::Result<Vec<Decided>> {
    let sql = "SELECT union_id, verdict, (at + 28800000) / 86400000 AS day, COUNT(*) AS n FROM decisions \
               WHERE (at + 28800000) / 86400000 >= $1 AND (at + 28800000) / 86400000 <= $2 \
               GROUP BY (at + 28800000) / 86400000, union_id, verdict";
    sqlx::query_as(sql)
        .bind(day_of(from))
        .bind(day_of(until))
        .fetch_all(app.db.read())
        .await
}

pub async fn reasoned(app: &App, (from, until): (Time, Time)) -> sqlx::Result<Vec<Reasoned>> {
    let sql = "SELECT union_id, verdict, code, corrections, COUNT(*) AS n FROM decisions \
               WHERE verdict IN ('return', 'reject') AND at >= $1 AND at <= $2 GROUP BY union_id, verdict, code, corrections";
    sqlx::query_as(sql)
        .bind(from.0)
        .bind(until.0)
        .fetch_all(app.db.read())
        .await
}

pub async fn unions(app: &App) -> sqlx::Result<Vec<Union>> {
    let sql =
        "SELECT id, COALESCE(parent_id, '') AS parent_id, kind, name, path, no FROM unions ORDER BY no, path";
    sqlx::query_as(sql).fetch_all(app.db.read()).await
}

pub async fn quotas(app: &App, campaign_id: &str) -> sqlx::Result<Vec<Quota>> {
    let sql = "SELECT unit_id, total, taken FROM quotas WHERE campaign_id = $1";
    sqlx::query_as(sql)
        .bind(campaign_id)
        .fetch_all(app.db.read())
        .await
}

pub async fn grant(app: &App, campaign_id: &str) -> sqlx::Result<i64> {
    let sql = "SELECT city_grant_fen FROM campaigns WHERE id = $1";
    sqlx::query_scalar(sql)
        .bind(campaign_id)
        .fetch_one(app.db.read())
        .await
}

/// Ids of the intakes, newest first.
pub async fn intakes(app: &App) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT id FROM intakes ORDER BY apply_from DESC";
    sqlx::query_scalar(sql).fetch_all(app.db.read()).await
}

/// A submitted application for the exported list.
#[derive(sqlx::FromRow)]
pub struct Listed {
    pub id: String,
    pub number: String,
    pub applicant: String,
    pub unit: String,
    pub union_name: String,
    pub level: String,
    pub institution: String,
    pub state: String,
    pub holder: String,
    pub submitted_at: i64,
    pub since: i64,
}

/// Submitted applications of a subtree after an id, in its order; drafts never.
pub async fn listed(
    app: &App,
    intake_id: &str,
    scope: &str,
    state: &str,
    after: &str,
    limit: i64,
) -> sqlx::Result<Vec<Listed>> {
    let sql = "SELECT a.id, COALESCE(a.number, '') AS number, a.applicant, COALESCE(q.name, '') AS unit, u.name AS union_name, \
               a.level, a.institution, a.state, COALESCE(h.name, '') AS holder, COALESCE(a.submitted_at, 0) AS submitted_at, a.since \
               FROM applications a JOIN unions u ON u.id = a.union_id LEFT JOIN unions q ON q.id = a.unit_id \
               LEFT JOIN unions h ON h.id = a.holder_id AND a.state = 'in_review' \
               WHERE a.intake_id = $1 AND a.id > $2 AND a.state <> 'draft' AND ($3 = '' OR a.state = $3) \
               AND u.path >= $4 AND u.path < $5 ORDER BY a.id LIMIT $6";
    sqlx::query_as(sql)
        .bind(intake_id)
        .bind(after)
        .bind(state)
        .bind(scope)
        .bind(scope_end(scope))
        .bind(limit)
        .fetch_all(app.db.read())
        .await
}
