//! Who did what to what, and when: written in the transaction of the act itself (R-31).

use crate::clock::Entropy;
use crate::db::{self, Tx};
use crate::kernel::Time;
use sqlx::AssertSqlSafe;

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A worker, by id.
    Worker(String),
    /// An officer, by id.
    Officer(String),
    /// The system itself: a deadline, the demo's data.
    System,
}

impl Actor {
    /// The kind as stored.
    pub fn kind(&self) -> &'static str {
        match self {
            Actor::Worker(_) => "worker",
            Actor::Officer(_) => "officer",
            Actor::System => "system",
        }
    }

    /// The id as stored; empty for the system.
    pub fn id(&self) -> &str {
        match self {
            Actor::Worker(id) | Actor::Officer(id) => id,
            Actor::System => "",
        }
    }
}

/// One line of the trail. `detail` holds no personal data.
pub struct Line<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// A stable word such as `application.submit`.
    pub act: &'a str,
    /// Kind and id of what was acted upon.
    pub subject: (&'a str, &'a str),
    /// What else a supervisor needs.
    pub detail: serde_json::Value,
}

/// A line as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Id: UUID v7, sorts by time of making.
    pub id: String,
    /// When.
    pub at: i64,
    /// [`Actor::kind`].
    pub actor_kind: String,
    /// [`Actor::id`].
    pub actor_id: String,
    /// What was done.
    pub act: String,
    /// Kind of what was acted upon.
    pub subject_kind: String,
    /// Its id.
    pub subject_id: String,
    /// JSON text.
    pub detail: String,
}

impl Stored {
    /// The one text of a line that is hashed: a JSON array of its columns in the table's order, without spaces (ADR 0023).
    pub fn canonical(&self) -> String {
        serde_json::json!([
            self.id,
            self.at,
            self.actor_kind,
            self.actor_id,
            self.act,
            self.subject_kind,
            self.subject_id,
            self.detail
        ])
        .to_string()
    }
}

/// The place of a line's own mark ([`Tx::mark`]).
pub const MARK: &str = "audit.line";

/// Writes a line within the caller's transaction, with its mark: nobody without the key can make or change one (R-31).
pub async fn record(tx: &mut Tx, entropy: &Entropy, now: Time, line: Line<'_>) -> sqlx::Result<()> {
    record_all(tx, entropy, now, vec![line]).await
}

/// [`record`] for many lines of one moment, in their order, as one statement.
pub async fn record_all(tx: &mut Tx, entropy: &Entropy, now: Time, lines: Vec<Line<'_>>) -> sqlx::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO audit (id, at, actor_kind, actor_id, act, subject_kind, subject_id, detail, mark, sealed) VALUES {}",
        db::rows(1, lines.len(), 10)
    );
    // Safe: only marks are put in.
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for line in lines {
        let stored = Stored {
            id: entropy.id(now),
            at: now.0,
            actor_kind: line.actor.kind().to_owned(),
            actor_id: line.actor.id().to_owned(),
            act: line.act.to_owned(),
            subject_kind: line.subject.0.to_owned(),
            subject_id: line.subject.1.to_owned(),
            detail: line.detail.to_string(),
        };
        let mark = tx.mark(MARK, &stored.canonical());
        query = query
            .bind(stored.id)
            .bind(stored.at)
            .bind(stored.actor_kind)
            .bind(stored.actor_id)
            .bind(stored.act)
            .bind(stored.subject_kind)
            .bind(stored.subject_id)
            .bind(stored.detail)
            .bind(mark)
            .bind(0_i64);
    }
    query.execute(&mut **tx).await?;
    Ok(())
}

/// How many lines the trail has.
pub async fn count(db: &db::Db) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM audit")
        .fetch_one(db.read())
        .await
}

/// Act and detail of the lines about a kind of subject that has few, oldest first.
pub async fn lines_of(db: &db::Db, subject_kind: &str) -> sqlx::Result<Vec<(String, String)>> {
    sqlx::query_as("SELECT act, detail FROM audit WHERE subject_kind = $1 ORDER BY at, id")
        .bind(subject_kind)
        .fetch_all(db.read())
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-31: the text that is hashed says where each column ends, whatever stands in it.
    #[test]
    fn the_canonical_line_is_unambiguous() {
        let line = |act: &str, subject_kind: &str| Stored {
            id: "1".into(),
            at: 2,
            actor_kind: "officer".into(),
            actor_id: "3".into(),
            act: act.into(),
            subject_kind: subject_kind.into(),
            subject_id: "4".into(),
            detail: r#"{"a":"王"}"#.into(),
        };
        let text = line("document.read", "application").canonical();
        assert_eq!(
            text,
            r#"["1",2,"officer","3","document.read","application","4","{\"a\":\"王\"}"]"#
        );
        assert_ne!(line("a\",\"b", "c").canonical(), line("a", "b\",\"c").canonical());
    }
}
