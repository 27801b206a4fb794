//! SQL of changes to the tree and to officers.

use super::super::Union;
use super::{UnionRow, path_end};
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Time;

/// An update of the root that changes nothing takes its lock on PostgreSQL.
pub async fn lock_tree(tx: &mut Tx) -> sqlx::Result<()> {
    sqlx::query("UPDATE unions SET no = no WHERE kind = 'city'")
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether an active union still stands there; it does until the transaction ends.
pub async fn hold_union(tx: &mut Tx, id: &str, path: &str) -> sqlx::Result<bool> {
    let sql = "UPDATE unions SET active = active WHERE id = $1 AND path = $2 AND active = 1";
    let query = sqlx::query(sql).bind(id).bind(path);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// The number after the last of a union's children.
pub async fn next_no(tx: &mut Tx, parent_id: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT CAST(COALESCE(MAX(no), 0) + 1 AS BIGINT) FROM unions WHERE parent_id = $1")
        .bind(parent_id)
        .fetch_one(&mut **tx)
        .await
}

pub async fn set_details(tx: &mut Tx, id: &str, sealed: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE unions SET details_sealed = $1 WHERE id = $2")
        .bind(sealed)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn set_name(tx: &mut Tx, id: &str, name: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE unions SET name = $1 WHERE id = $2")
        .bind(name)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn set_parent(tx: &mut Tx, id: &str, parent_id: &str, no: i64) -> sqlx::Result<()> {
    sqlx::query("UPDATE unions SET parent_id = $1, no = $2 WHERE id = $3")
        .bind(parent_id)
        .bind(no)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Every path that begins with `from` begins with `to` instead; closed unions' too.
pub async fn rewrite_paths(tx: &mut Tx, from: &str, to: &str) -> sqlx::Result<()> {
    let sql = "UPDATE unions SET path = $1 || SUBSTR(path, LENGTH($2) + 1) WHERE path >= $2 AND path < $3";
    sqlx::query(sql)
        .bind(to)
        .bind(from)
        .bind(path_end(from))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn children_count(tx: &mut Tx, id: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM unions WHERE parent_id = $1 AND active = 1")
        .bind(id)
        .fetch_one(&mut **tx)
        .await
}

/// The union ends under another name, and its invitations with it.
pub async fn close_union(tx: &mut Tx, id: &str, name: &str, now: Time) -> sqlx::Result<()> {
    sqlx::query("UPDATE unions SET active = 0, name = $1 WHERE id = $2")
        .bind(name)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    sqlx::query("UPDATE invitations SET revoked_at = $1 WHERE union_id = $2 AND revoked_at IS NULL")
        .bind(now.0)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The active unions of a subtree, in the order of the tree's paths.
pub async fn active_in(app: &App, path: &str) -> Result<Vec<Union>> {
    let sql = "SELECT id, parent_id, kind, name, path, no FROM unions WHERE path >= $1 AND path < $2 AND active = 1 ORDER BY no, name";
    let rows: Vec<UnionRow> = sqlx::query_as(sql)
        .bind(path)
        .bind(path_end(path))
        .fetch_all(app.db.read())
        .await?;
    rows.into_iter().map(UnionRow::into_union).collect()
}

pub async fn officer_ids(tx: &mut Tx, union_id: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT id FROM officers WHERE union_id = $1 AND active = 1 ORDER BY id")
        .bind(union_id)
        .fetch_all(&mut **tx)
        .await
}

pub async fn set_roles(tx: &mut Tx, id: &str, roles: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE officers SET roles = $1 WHERE id = $2 AND active = 1")
        .bind(roles)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn set_officer_name(tx: &mut Tx, id: &str, name: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE officers SET name = $1 WHERE id = $2 AND active = 1")
        .bind(name)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The row stays for what they decided; its phone and WeChat are free for another officer's.
pub async fn deactivate_officer(tx: &mut Tx, id: &str) -> sqlx::Result<()> {
    let sql = "UPDATE officers SET active = 0, phone_index = 'left:' || id, openid = NULL, second_factor = 0, password_hash = '' \
               WHERE id = $1 AND active = 1";
    sqlx::query(sql).bind(id).execute(&mut **tx).await?;
    Ok(())
}

/// Administrators of a union beside one officer, who can sign in.
pub async fn other_administrators(tx: &mut Tx, union_id: &str, except: &str) -> sqlx::Result<i64> {
    let sql = "SELECT COUNT(*) FROM officers WHERE union_id = $1 AND active = 1 AND id <> $2 AND roles LIKE '%administrator%' \
               AND password_hash <> ''";
    sqlx::query_scalar(sql)
        .bind(union_id)
        .bind(except)
        .fetch_one(&mut **tx)
        .await
}

/// "union officer" who decided a registration.
pub async fn decided_by(tx: &mut Tx, registration_id: &str) -> sqlx::Result<Option<String>> {
    let sql = "SELECT u.name || ' ' || o.name FROM registrations r JOIN officers o ON o.id = r.decided_by \
               JOIN unions u ON u.id = o.union_id WHERE r.id = $1";
    sqlx::query_scalar(sql)
        .bind(registration_id)
        .fetch_optional(&mut **tx)
        .await
}
