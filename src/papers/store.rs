//! SQL of facts, marks and twins.

use super::How;
use super::twins::Mark;
use crate::app::App;
use crate::db::Tx;
use crate::kernel::Time;
use sqlx::{Any, Executor};

/// So many of one mark are enough to tell; a file that a thousand sent is told of the first ones.
const ENOUGH: i64 = 20;
/// So many look-alikes are ranked.
const CANDIDATES: i64 = 400;

/// The sealed facts of those of an application's papers that this reader has read: document id, facts.
pub async fn facts(app: &App, application_id: &str, reader: i64) -> sqlx::Result<Vec<(String, String)>> {
    let sql = "SELECT f.document_id, f.facts_sealed FROM documents d JOIN paper_facts f ON f.document_id = d.id \
               WHERE d.application_id = $1 AND d.current = 1 AND f.reader = $2";
    sqlx::query_as(sql)
        .bind(application_id)
        .bind(reader)
        .fetch_all(app.db.read())
        .await
}

/// Whether this reader has read a paper.
pub async fn is_read(app: &App, document_id: &str, reader: i64) -> sqlx::Result<bool> {
    let sql = "SELECT COUNT(*) FROM paper_facts WHERE document_id = $1 AND reader = $2";
    let n: i64 = sqlx::query_scalar(sql)
        .bind(document_id)
        .bind(reader)
        .fetch_one(app.db.read())
        .await?;
    Ok(n > 0)
}

/// Those of an application's papers that this reader has not read.
pub async fn unread(app: &App, application_id: &str, reader: i64) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT d.id FROM documents d LEFT JOIN paper_facts f ON f.document_id = d.id AND f.reader = $2 \
               WHERE d.application_id = $1 AND d.current = 1 AND f.document_id IS NULL ORDER BY d.id";
    sqlx::query_scalar(sql)
        .bind(application_id)
        .bind(reader)
        .fetch_all(app.db.read())
        .await
}

/// Whether one of an application's papers, uploaded at this time or later, was not read by any reader.
pub async fn any_unread(app: &App, application_id: &str, since: Time) -> sqlx::Result<bool> {
    let sql = "SELECT COUNT(*) FROM documents d LEFT JOIN paper_facts f ON f.document_id = d.id \
               WHERE d.application_id = $1 AND d.current = 1 AND d.uploaded_at >= $2 AND f.document_id IS NULL";
    let n: i64 = sqlx::query_scalar(sql)
        .bind(application_id)
        .bind(since.0)
        .fetch_one(app.db.read())
        .await?;
    Ok(n > 0)
}

/// The application that a paper belongs to.
pub async fn application_of(app: &App, document_id: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT application_id FROM documents WHERE id = $1")
        .bind(document_id)
        .fetch_optional(app.db.read())
        .await
}

/// Whether a paper's bytes are still kept; they are until the transaction ends. What was read from one that was erased
/// meanwhile is not to be kept.
pub async fn hold_kept(tx: &mut Tx, document_id: &str) -> sqlx::Result<bool> {
    let sql = "UPDATE documents SET current = current WHERE id = $1 AND erased_at IS NULL";
    let query = sqlx::query(sql).bind(document_id);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// What the checks of an application see beside itself; where it is another, they may come out otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Stamp {
    /// How many of its standing papers were read.
    pub read: i64,
    /// How often they were found in submitted applications.
    pub twins: i64,
    /// How many other applications name its card.
    pub cards: i64,
}

/// The stamp of an application at this moment.
pub async fn stamp(db: impl Executor<'_, Database = Any>, application_id: &str) -> sqlx::Result<Stamp> {
    // Each pair of twins stands once for either side.
    let sql = "SELECT (SELECT COUNT(*) FROM documents d JOIN paper_facts f ON f.document_id = d.id \
                WHERE d.application_id = $1 AND d.current = 1) AS read, \
               (SELECT COUNT(*) FROM documents d JOIN paper_twins t ON t.document_id = d.id JOIN documents o ON o.id = t.twin_id \
                JOIN applications a ON a.id = o.application_id \
                WHERE d.application_id = $1 AND d.current = 1 AND o.current = 1 AND a.state <> 'draft') AS twins, \
               (SELECT COUNT(*) FROM application_cards m JOIN application_cards c ON c.card_index = m.card_index \
                WHERE m.application_id = $1 AND c.application_id <> $1) AS cards";
    sqlx::query_as(sql).bind(application_id).fetch_one(db).await
}

/// Keeps a paper's marks in place of earlier ones.
pub async fn put_marks(tx: &mut Tx, document_id: &str, marks: &[(Mark, String)]) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM paper_marks WHERE document_id = $1")
        .bind(document_id)
        .execute(&mut **tx)
        .await?;
    for (mark, value) in marks {
        sqlx::query("INSERT INTO paper_marks (document_id, mark, value) VALUES ($1, $2, $3) ON CONFLICT (document_id, mark) DO NOTHING")
            .bind(document_id)
            .bind(mark.as_str())
            .bind(value)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Keeps what was read.
pub async fn put_facts(
    tx: &mut Tx,
    document_id: &str,
    reader: i64,
    sealed: &str,
    now: Time,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO paper_facts (document_id, reader, facts_sealed, read_at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (document_id) DO UPDATE SET reader = excluded.reader, facts_sealed = excluded.facts_sealed, read_at = excluded.read_at";
    sqlx::query(sql)
        .bind(document_id)
        .bind(reader)
        .bind(sealed)
        .bind(now.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Keeps a pair, once for either side.
pub async fn put_twin(tx: &mut Tx, one: &str, other: &str, how: How, now: Time) -> sqlx::Result<()> {
    // In one order of ids, so that two readers who find the same pair wait for each other instead of crossing.
    let (first, second) = if one < other { (one, other) } else { (other, one) };
    for (document, twin) in [(first, second), (second, first)] {
        let sql = "INSERT INTO paper_twins (document_id, twin_id, how, found_at) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (document_id, twin_id) DO NOTHING";
        sqlx::query(sql)
            .bind(document)
            .bind(twin)
            .bind(how.as_str())
            .bind(now.0)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// The standing papers of other people with this mark.
pub async fn marked(app: &App, mark: Mark, value: &str, worker_id: &str) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT d.id FROM paper_marks m JOIN documents d ON d.id = m.document_id JOIN applications a ON a.id = d.application_id \
               WHERE m.mark = $1 AND m.value = $2 AND d.current = 1 AND a.worker_id <> $3 ORDER BY d.id LIMIT $4";
    sqlx::query_scalar(sql)
        .bind(mark.as_str())
        .bind(value)
        .bind(worker_id)
        .bind(ENOUGH)
        .fetch_all(app.db.read())
        .await
}

/// CROSS JOIN, which SQLite takes in the order that is written: the marks that match come first. Left to itself it begins with
/// every hash that there is.
const BANDED: &str = "SELECT d.id, h.value FROM paper_marks m CROSS JOIN paper_marks h CROSS JOIN documents d CROSS JOIN applications a \
    WHERE ((m.mark = 'band0' AND m.value = $1) OR (m.mark = 'band1' AND m.value = $2) \
    OR (m.mark = 'band2' AND m.value = $3) OR (m.mark = 'band3' AND m.value = $4)) \
    AND h.document_id = m.document_id AND h.mark = 'hash' AND d.id = m.document_id AND a.id = d.application_id \
    AND d.current = 1 AND a.worker_id <> $5 LIMIT $6";

/// The standing papers of other people that share a quarter of a picture's hash: id and whole hash.
pub async fn banded(app: &App, bands: [&str; 4], worker_id: &str) -> sqlx::Result<Vec<(String, String)>> {
    sqlx::query_as(BANDED)
        .bind(bands[0])
        .bind(bands[1])
        .bind(bands[2])
        .bind(bands[3])
        .bind(worker_id)
        .bind(CANDIDATES)
        .fetch_all(app.db.read())
        .await
}

/// Deletes what is kept of a paper whose bytes were erased, and the card of its application when that is erased.
pub async fn forget(tx: &mut Tx, document_id: &str) -> sqlx::Result<()> {
    for sql in [
        "DELETE FROM paper_twins WHERE document_id = $1 OR twin_id = $1",
        "DELETE FROM paper_marks WHERE document_id = $1",
        "DELETE FROM paper_facts WHERE document_id = $1",
        "DELETE FROM application_cards WHERE application_id IN (SELECT d.application_id FROM documents d \
         JOIN applications a ON a.id = d.application_id WHERE d.id = $1 AND a.erased_at IS NOT NULL)",
    ] {
        sqlx::query(sql).bind(document_id).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Another application, as it is found.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Found {
    /// The paper that is in both, or `""` for a card.
    pub document_id: String,
    /// [`How`], or `""` for a card.
    pub how: String,
    /// The other application.
    pub application_id: String,
    /// Its number.
    pub number: String,
    /// Its union's place in the tree.
    pub path: String,
}

/// Where an application's papers were found too: submitted applications of other people, whose paper still stands.
pub async fn twins_of(app: &App, application_id: &str, worker_id: &str) -> sqlx::Result<Vec<Found>> {
    let sql = "SELECT d.id AS document_id, t.how, a.id AS application_id, COALESCE(a.number, '') AS number, COALESCE(u.path, '') AS path \
               FROM documents d JOIN paper_twins t ON t.document_id = d.id JOIN documents o ON o.id = t.twin_id \
               JOIN applications a ON a.id = o.application_id LEFT JOIN unions u ON u.id = a.union_id \
               WHERE d.application_id = $1 AND d.current = 1 AND o.current = 1 AND a.state <> 'draft' AND a.worker_id <> $2 \
               ORDER BY a.submitted_at, a.id";
    sqlx::query_as(sql)
        .bind(application_id)
        .bind(worker_id)
        .fetch_all(app.db.read())
        .await
}

/// The submitted applications of other people that name this card.
pub async fn with_card(app: &App, card_index: &str, worker_id: &str) -> sqlx::Result<Vec<Found>> {
    let sql = "SELECT '' AS document_id, '' AS how, a.id AS application_id, COALESCE(a.number, '') AS number, COALESCE(u.path, '') AS path \
               FROM application_cards c JOIN applications a ON a.id = c.application_id LEFT JOIN unions u ON u.id = a.union_id \
               WHERE c.card_index = $1 AND a.worker_id <> $2 ORDER BY a.submitted_at, a.id LIMIT $3";
    sqlx::query_as(sql)
        .bind(card_index)
        .bind(worker_id)
        .bind(ENOUGH)
        .fetch_all(app.db.read())
        .await
}

#[cfg(test)]
mod tests {
    use super::BANDED;

    /// Look-alikes are looked up by their marks: never among all the papers that were read (ADR 0016).
    #[tokio::test]
    async fn look_alikes_are_found_by_their_marks() {
        let plan = crate::db::plan_of(BANDED).await;
        let by_marks = |step: &&String| step.contains("paper_marks_value (mark=? AND value=?)");
        assert_eq!(plan.iter().filter(by_marks).count(), 4, "{plan:?}");
        let through = |step: &String| step.contains("SCAN") || step.ends_with("(mark=?)");
        assert!(!plan.iter().any(through), "{plan:?}");
    }
}
