//! SQL of how the machine's checks came out.

use crate::app::App;
use crate::db::{Tx, list};
use crate::kernel::Time;
use sqlx::AssertSqlSafe;
use std::collections::HashMap;

/// How the machine's checks of an application came out when last made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// One failed.
    pub flagged: bool,
    /// They were made over all papers since it was last handed in.
    pub made: bool,
}

pub async fn checked(app: &App, ids: &[&str]) -> sqlx::Result<HashMap<String, Checked>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let list = list(1, ids.len());
    let sql = format!("SELECT id, flagged, checked_at FROM applications WHERE id IN ({list})");
    // Safe: only marks are put in.
    let query = sqlx::query_as(AssertSqlSafe(sql));
    let query = ids.iter().fold(query, |query, id| query.bind((*id).to_owned()));
    let rows: Vec<(String, i64, i64)> = query.fetch_all(app.db.read()).await?;
    let checked = |(id, flagged, at): (String, i64, i64)| {
        let (flagged, made) = (flagged == 1, at > 0);
        (id, Checked { flagged, made })
    };
    Ok(rows.into_iter().map(checked).collect())
}

/// Notes how the machine's checks of the version that was seen came out; the row's version stays, for nothing that is
/// decided on changed. `at`: when they were made over all papers; `None` when not all could be read. Whether the row still
/// was as seen.
pub async fn set_flag(
    tx: &mut Tx,
    (id, version): (&str, i64),
    flagged: bool,
    at: Option<Time>,
) -> sqlx::Result<bool> {
    let sql = "UPDATE applications SET flagged = $1, checked_at = $2 WHERE id = $3 AND version = $4";
    let query = sqlx::query(sql)
        .bind(i64::from(flagged))
        .bind(at.map_or(0, |at| at.0))
        .bind(id)
        .bind(version);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// The submitted applications that the reading of a paper concerns: its own, and those where the same paper was found and
/// nothing was found fault with before.
pub async fn touched_by(app: &App, document_id: &str) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT a.id FROM documents d JOIN applications a ON a.id = d.application_id \
               WHERE d.id = $1 AND a.state <> 'draft' \
               UNION SELECT a.id FROM paper_twins t JOIN documents d ON d.id = t.twin_id JOIN applications a ON a.id = d.application_id \
               WHERE t.document_id = $1 AND a.state <> 'draft' AND a.flagged = 0";
    sqlx::query_scalar(sql)
        .bind(document_id)
        .fetch_all(app.db.read())
        .await
}
