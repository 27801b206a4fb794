//! SQL of the chain: sealing and walking it.

use super::AuditRow;
use crate::app::App;
use crate::db::Tx;
use crate::kernel::Time;
use crate::supervision::chain::{Head, Marked, Seal};

/// Whether there is anything to seal: a look at the partial index, so that an idle step writes nothing.
pub async fn any_unsealed(app: &App) -> sqlx::Result<bool> {
    let sql = "SELECT id FROM audit WHERE sealed = 0 LIMIT 1";
    let found: Option<String> = sqlx::query_scalar(sql).fetch_optional(app.db.read()).await?;
    Ok(found.is_some())
}

fn head_of((seq, hash, mark, at): (i64, String, String, i64)) -> (Head, String) {
    let at = Time(at);
    (Head { seq, hash, at }, mark)
}

/// The head with its mark, locked until the transaction ends; a row that somebody deleted is made anew, unmarked.
pub async fn lock_head(tx: &mut Tx) -> sqlx::Result<(Head, String)> {
    let make = "INSERT INTO audit_head (id, seq, hash, mark, at) VALUES (1, 0, '', '', 0) ON CONFLICT (id) DO NOTHING";
    sqlx::query(make).execute(&mut **tx).await?;
    let lock = "UPDATE audit_head SET seq = seq WHERE id = 1 RETURNING seq, hash, mark, at";
    sqlx::query_as(lock).fetch_one(&mut **tx).await.map(head_of)
}

/// The head with its mark.
pub async fn head(app: &App) -> sqlx::Result<(Head, String)> {
    let sql = "SELECT seq, hash, mark, at FROM audit_head WHERE id = 1";
    let row = sqlx::query_as(sql).fetch_optional(app.db.read()).await?;
    Ok(head_of(row.unwrap_or_default()))
}

pub async fn set_head(tx: &mut Tx, head: &Head, mark: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE audit_head SET seq = $1, hash = $2, mark = $3, at = $4 WHERE id = 1")
        .bind(head.seq)
        .bind(&head.hash)
        .bind(mark)
        .bind(head.at.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The last link, whatever the head says.
pub async fn last(tx: &mut Tx) -> sqlx::Result<Option<Head>> {
    let sql = "SELECT seq, hash, mark, at FROM audit_chain ORDER BY seq DESC LIMIT 1";
    let row = sqlx::query_as(sql).fetch_optional(&mut **tx).await?;
    Ok(row.map(|row| head_of(row).0))
}

/// Lines that are not sealed yet, oldest first.
pub async fn unsealed(tx: &mut Tx, limit: i64) -> sqlx::Result<Vec<Marked>> {
    let sql = "SELECT id, at, actor_kind, actor_id, act, subject_kind, subject_id, detail, mark FROM audit \
               WHERE sealed = 0 ORDER BY id LIMIT $1";
    let rows: Vec<AuditRow> = sqlx::query_as(sql).bind(limit).fetch_all(&mut **tx).await?;
    Ok(rows.into_iter().map(AuditRow::into_marked).collect())
}

/// A link, and the line's note that it has one. A line that says it is not sealed and is keeps its link.
pub async fn append(tx: &mut Tx, seal: &Seal) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO audit_chain (seq, audit_id, hash, tags, mark, at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(seal.seq)
    .bind(&seal.audit_id)
    .bind(&seal.hash)
    .bind(&seal.tags)
    .bind(&seal.mark)
    .bind(seal.at)
    .execute(&mut **tx)
    .await?;
    sqlx::query("UPDATE audit SET sealed = 1 WHERE id = $1")
        .bind(&seal.audit_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// A link with the line it speaks of, if that is still there.
pub struct Joined {
    pub seal: Seal,
    pub marked: Option<Marked>,
}

#[derive(sqlx::FromRow)]
struct JoinedRow {
    seq: i64,
    audit_id: String,
    hash: String,
    tags: String,
    seal_mark: String,
    sealed_at: i64,
    found: i64,
    #[sqlx(flatten)]
    line: AuditRow,
}

/// Links after a number, in order, each with its line.
pub async fn links(app: &App, after: i64, limit: i64) -> sqlx::Result<Vec<Joined>> {
    let sql = "SELECT c.seq, c.audit_id, c.hash, c.tags, c.mark AS seal_mark, c.at AS sealed_at, \
               CASE WHEN a.id IS NULL THEN 0 ELSE 1 END AS found, COALESCE(a.id, '') AS id, COALESCE(a.at, 0) AS at, \
               COALESCE(a.actor_kind, '') AS actor_kind, COALESCE(a.actor_id, '') AS actor_id, COALESCE(a.act, '') AS act, \
               COALESCE(a.subject_kind, '') AS subject_kind, COALESCE(a.subject_id, '') AS subject_id, \
               COALESCE(a.detail, '') AS detail, COALESCE(a.mark, '') AS mark \
               FROM audit_chain c LEFT JOIN audit a ON a.id = c.audit_id WHERE c.seq > $1 ORDER BY c.seq LIMIT $2";
    let rows: Vec<JoinedRow> = sqlx::query_as(sql)
        .bind(after)
        .bind(limit)
        .fetch_all(app.db.read())
        .await?;
    let joined = rows.into_iter().map(|row| Joined {
        seal: Seal {
            seq: row.seq,
            audit_id: row.audit_id,
            hash: row.hash,
            tags: row.tags,
            mark: row.seal_mark,
            at: row.sealed_at,
        },
        marked: (row.found == 1).then(|| row.line.into_marked()),
    });
    Ok(joined.collect())
}

/// Lines without a link, in order after an id; whether each says that it is sealed.
pub async fn outside(app: &App, after: &str, limit: i64) -> sqlx::Result<Vec<(Marked, bool)>> {
    let sql = "SELECT a.id, a.at, a.actor_kind, a.actor_id, a.act, a.subject_kind, a.subject_id, a.detail, a.mark, a.sealed \
               FROM audit a WHERE a.id > $1 AND NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.audit_id = a.id) \
               ORDER BY a.id LIMIT $2";
    #[derive(sqlx::FromRow)]
    struct Row {
        sealed: i64,
        #[sqlx(flatten)]
        line: AuditRow,
    }
    let rows: Vec<Row> = sqlx::query_as(sql)
        .bind(after)
        .bind(limit)
        .fetch_all(app.db.read())
        .await?;
    let lines = rows
        .into_iter()
        .map(|row| (row.line.into_marked(), row.sealed != 0));
    Ok(lines.collect())
}
