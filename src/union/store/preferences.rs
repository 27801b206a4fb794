//! SQL of how officers wish to be told.

use crate::app::App;
use crate::db::Tx;

/// Way, quiet from and quiet until of an active officer.
pub async fn preferences(
    app: &App,
    officer_id: &str,
) -> sqlx::Result<Option<(String, Option<i64>, Option<i64>)>> {
    let sql = "SELECT notice_way, quiet_from, quiet_until FROM officers WHERE id = $1 AND active = 1";
    sqlx::query_as(sql)
        .bind(officer_id)
        .fetch_optional(app.db.read())
        .await
}

pub async fn set_preferences(
    tx: &mut Tx,
    officer_id: &str,
    (way, from, until): (&str, Option<i64>, Option<i64>),
) -> sqlx::Result<()> {
    let sql =
        "UPDATE officers SET notice_way = $1, quiet_from = $2, quiet_until = $3 WHERE id = $4 AND active = 1";
    sqlx::query(sql)
        .bind(way)
        .bind(from)
        .bind(until)
        .bind(officer_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
