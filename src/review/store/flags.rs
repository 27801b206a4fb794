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

/// Notes how the machine's checks of a row that is held came out; its version stays, for nothing that is decided on changed.
/// `at`: when they were made over all papers; `None` when not all could be read.
pub async fn set_flag(tx: &mut Tx, id: &str, flagged: bool, at: Option<Time>) -> sqlx::Result<()> {
    let query = sqlx::query("UPDATE applications SET flagged = $1, checked_at = $2 WHERE id = $3")
        .bind(i64::from(flagged))
        .bind(at.map_or(0, |at| at.0))
        .bind(id);
    query.execute(&mut **tx).await.map(|_| ())
}

/// The submitted applications in which a paper of this one was found too, or its card, and nothing was found fault with before.
pub async fn sharing_with(app: &App, application_id: &str) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT a.id FROM documents d JOIN paper_twins t ON t.document_id = d.id JOIN documents o ON o.id = t.twin_id \
               JOIN applications a ON a.id = o.application_id \
               WHERE d.application_id = $1 AND d.current = 1 AND o.current = 1 AND a.state <> 'draft' AND a.flagged = 0 \
               UNION SELECT a.id FROM application_cards m JOIN application_cards c ON c.card_index = m.card_index \
               JOIN applications a ON a.id = c.application_id \
               WHERE m.application_id = $1 AND a.id <> $1 AND a.state <> 'draft' AND a.flagged = 0";
    sqlx::query_scalar(sql)
        .bind(application_id)
        .fetch_all(app.db.read())
        .await
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
