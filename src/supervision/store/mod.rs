//! SQL of supervision, by what it reads.

pub mod board;
pub mod chain;
pub mod invariants;
pub mod trail;

use crate::audit::Stored;
use crate::supervision::chain::Marked;

/// A line of `audit` as it is read.
#[derive(sqlx::FromRow)]
pub struct AuditRow {
    id: String,
    at: i64,
    actor_kind: String,
    actor_id: String,
    act: String,
    subject_kind: String,
    subject_id: String,
    detail: String,
    mark: String,
}

impl AuditRow {
    pub fn into_marked(self) -> Marked {
        Marked {
            line: Stored {
                id: self.id,
                at: self.at,
                actor_kind: self.actor_kind,
                actor_id: self.actor_id,
                act: self.act,
                subject_kind: self.subject_kind,
                subject_id: self.subject_id,
                detail: self.detail,
            },
            mark: self.mark,
        }
    }
}

/// The end of the range of paths that begin with `scope` ("/a/b/" up to "/a/b0": '0' follows '/').
pub fn scope_end(scope: &str) -> String {
    format!("{}0", scope.trim_end_matches('/'))
}
