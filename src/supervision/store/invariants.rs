//! SQL of the rules between the books.

use crate::app::App;
use crate::supervision::invariants::Unit;

/// Every unit with places, in every campaign.
pub async fn units(app: &App) -> sqlx::Result<Vec<Unit>> {
    let sql = "SELECT c.year, q.unit_id, u.name, q.total, q.taken, \
               (SELECT CAST(COALESCE(SUM(e.delta), 0) AS BIGINT) FROM quota_entries e \
                 WHERE e.campaign_id = q.campaign_id AND e.unit_id = q.unit_id) AS total_ledger, \
               (SELECT CAST(COALESCE(SUM(e.delta), 0) AS BIGINT) FROM place_entries e \
                 WHERE e.campaign_id = q.campaign_id AND e.unit_id = q.unit_id) AS ledger, \
               (SELECT COUNT(*) FROM applications a WHERE a.campaign_id = q.campaign_id AND a.unit_id = q.unit_id \
                 AND a.state IN ('in_review', 'returned', 'recalled', 'approved')) AS held, \
               (SELECT COUNT(*) FROM applications a WHERE a.campaign_id = q.campaign_id AND a.unit_id = q.unit_id \
                 AND a.state IN ('waitlisted', 'recalled_waiting')) AS waiting \
               FROM quotas q JOIN campaigns c ON c.id = q.campaign_id JOIN unions u ON u.id = q.unit_id \
               ORDER BY c.year, u.no, u.name";
    sqlx::query_as(sql).fetch_all(app.db.read()).await
}

/// Applications whose ledger does not add up to what their state holds: id, state, sum.
pub async fn ledger_by_application(app: &App) -> sqlx::Result<Vec<(String, String, i64)>> {
    let sql = "SELECT a.id, a.state, CAST(COALESCE(SUM(e.delta), 0) AS BIGINT) FROM applications a \
               LEFT JOIN place_entries e ON e.application_id = a.id GROUP BY a.id, a.state \
               HAVING COALESCE(SUM(e.delta), 0) <> \
               CASE WHEN a.state IN ('in_review', 'returned', 'recalled', 'approved') THEN 1 ELSE 0 END ORDER BY a.id LIMIT 1000";
    sqlx::query_as(sql).fetch_all(app.db.read()).await
}

/// Applications with other claims than their state has: id, state, how many scopes they claim.
pub async fn claims_by_application(app: &App) -> sqlx::Result<Vec<(String, String, i64)>> {
    let sql = "SELECT a.id, a.state, COUNT(c.scope) FROM applications a LEFT JOIN claims c ON c.application_id = a.id \
               GROUP BY a.id, a.state HAVING COUNT(c.scope) <> \
               CASE WHEN a.state IN ('draft', 'rejected', 'withdrawn', 'expired') THEN 0 ELSE 2 END ORDER BY a.id LIMIT 1000";
    sqlx::query_as(sql).fetch_all(app.db.read()).await
}
