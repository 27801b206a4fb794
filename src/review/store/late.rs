//! SQL of open work by union.

use super::super::late::LateUnion;
use super::inbox::scope_end;
use crate::app::App;
use crate::error::Result;
use crate::kernel::Time;

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    above: Option<String>,
    intake_id: String,
    open: i64,
    waiting_long: i64,
    oldest: i64,
    reviewers: i64,
}

/// Open work of the unions under a path; `closing`: the intakes whose window ends.
pub async fn late(app: &App, scope: &str, before: Time, closing: &[String]) -> Result<Vec<LateUnion>> {
    let sql = "SELECT u.id, u.name, p.name AS above, g.intake_id, g.open, g.waiting_long, g.oldest, \
               (SELECT COUNT(*) FROM officers o WHERE o.union_id = u.id AND o.active = 1 \
               AND (',' || o.roles || ',') LIKE '%,reviewer,%') AS reviewers \
               FROM (SELECT s.id, a.intake_id, COUNT(*) AS open, MIN(a.since) AS oldest, \
               CAST(SUM(CASE WHEN a.since < $1 THEN 1 ELSE 0 END) AS BIGINT) AS waiting_long \
               FROM unions s CROSS JOIN applications a \
               WHERE s.path >= $2 AND s.path < $3 AND a.holder_id = s.id AND a.state = 'in_review' \
               GROUP BY s.id, a.intake_id) g \
               JOIN unions u ON u.id = g.id LEFT JOIN unions p ON p.id = u.parent_id";
    let rows: Vec<Row> = sqlx::query_as(sql)
        .bind(before.0)
        .bind(scope)
        .bind(scope_end(scope))
        .fetch_all(app.db.read())
        .await?;
    let mut unions: Vec<LateUnion> = Vec::new();
    for row in rows {
        let closes = if closing.contains(&row.intake_id) {
            row.open
        } else {
            0
        };
        match unions.iter_mut().find(|union| union.id == row.id) {
            Some(union) => {
                union.open += row.open;
                union.waiting_long += row.waiting_long;
                union.closing += closes;
                union.oldest = union.oldest.min(Time(row.oldest));
            }
            None => unions.push(LateUnion {
                id: row.id,
                name: row.name,
                above: row.above,
                open: row.open,
                waiting_long: row.waiting_long,
                closing: closes,
                oldest: Time(row.oldest),
                reviewers: row.reviewers,
            }),
        }
    }
    Ok(unions)
}
