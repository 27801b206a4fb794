//! SQL of applications that follow a change of the tree.

use super::super::states::State;
use crate::db::{Kind, Tx};
use crate::error::Result;
use crate::kernel::Time;
use sqlx::AssertSqlSafe;

/// An application that has not ended, as far as the tree matters to it.
pub struct Open {
    pub id: String,
    pub union_id: String,
    pub state: State,
    pub step: usize,
    pub holder_id: Option<String>,
    pub version: i64,
}

/// Drafts and open applications of the unions whose path begins with `path`, in the order of their ids; they stay so until
/// the transaction ends. Before any union's row: who decides has an application, and then asks for its union's.
pub async fn lock_open_under(tx: &mut Tx, kind: Kind, path: &str) -> Result<Vec<Open>> {
    const SQL: &str = "SELECT a.id, a.union_id, a.state, a.step, a.holder_id, a.version \
        FROM unions u JOIN applications a ON a.union_id = u.id \
        WHERE u.path >= $1 AND u.path < $2 AND a.state NOT IN ('approved', 'rejected', 'withdrawn', 'expired') ORDER BY a.id";
    // On SQLite a writing transaction is alone anyway.
    let lock = match kind {
        Kind::Sqlite => "",
        Kind::Postgres => " FOR UPDATE OF a",
    };
    let end = format!("{}0", path.trim_end_matches('/'));
    // Safe: only constants are put together.
    let sql = AssertSqlSafe(format!("{SQL}{lock}"));
    let rows: Vec<(String, String, String, i64, Option<String>, i64)> = sqlx::query_as(sql)
        .bind(path)
        .bind(end)
        .fetch_all(&mut **tx)
        .await?;
    let open = |(id, union_id, state, step, holder_id, version): (String, String, String, i64, _, i64)| {
        Ok(Open {
            state: State::parse(&state)
                .ok_or_else(|| anyhow::anyhow!("application {id} has an unknown state"))?,
            step: usize::try_from(step).map_err(anyhow::Error::from)?,
            id,
            union_id,
            holder_id,
            version,
        })
    };
    rows.into_iter().map(open).collect()
}

/// Where an application stands in the new tree.
pub struct Followed<'a> {
    pub id: &'a str,
    pub version: i64,
    pub unit_id: &'a str,
    pub step: usize,
    pub holder_id: Option<&'a str>,
    /// Set when another union holds it now.
    pub since: Option<Time>,
    pub now: Time,
}

/// Whether the row was still the one that was seen.
pub async fn follow_tree(tx: &mut Tx, to: &Followed<'_>) -> sqlx::Result<bool> {
    let sql = "UPDATE applications SET unit_id = $1, step = $2, holder_id = $3, since = COALESCE($4, since), updated_at = $5, \
               version = version + 1 WHERE id = $6 AND version = $7";
    let query = sqlx::query(sql)
        .bind(to.unit_id)
        .bind(to.step as i64)
        .bind(to.holder_id)
        .bind(to.since.map(|since| since.0))
        .bind(to.now.0)
        .bind(to.id)
        .bind(to.version);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// All applications of a closed union, ended ones too, are the parent's: their chain begins there.
pub async fn hand_to_parent(tx: &mut Tx, union_id: &str, parent_id: &str) -> sqlx::Result<()> {
    let ended = "UPDATE applications SET step = CASE WHEN step > 0 THEN step - 1 ELSE 0 END \
                 WHERE union_id = $1 AND state IN ('approved', 'rejected', 'withdrawn', 'expired')";
    sqlx::query(ended).bind(union_id).execute(&mut **tx).await?;
    sqlx::query("UPDATE applications SET union_id = $1 WHERE union_id = $2")
        .bind(parent_id)
        .bind(union_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
