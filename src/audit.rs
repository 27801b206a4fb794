//! Who did what to what, and when: written in the transaction of the act itself.

use crate::clock::Entropy;
use crate::db::Tx;
use crate::kernel::Time;

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

/// Writes a line within the caller's transaction.
pub async fn record(tx: &mut Tx, entropy: &Entropy, now: Time, line: Line<'_>) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO audit (id, at, actor_kind, actor_id, act, subject_kind, subject_id, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(entropy.id(now))
        .bind(now.0)
        .bind(line.actor.kind())
        .bind(line.actor.id())
        .bind(line.act)
        .bind(line.subject.0)
        .bind(line.subject.1)
        .bind(line.detail.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// How many lines the trail has.
pub async fn count(db: &crate::db::Db) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM audit")
        .fetch_one(db.read())
        .await
}

/// Act and detail of the lines about a kind of subject that has few, oldest first.
pub async fn lines_of(db: &crate::db::Db, subject_kind: &str) -> sqlx::Result<Vec<(String, String)>> {
    sqlx::query_as("SELECT act, detail FROM audit WHERE subject_kind = $1 ORDER BY at, id")
        .bind(subject_kind)
        .fetch_all(db.read())
        .await
}
