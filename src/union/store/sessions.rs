//! SQL of officers' sessions, passwords and second factor.

use super::super::sessions::Session;
use crate::app::App;
use crate::db::Tx;
use crate::kernel::Time;

pub async fn insert_session(
    tx: &mut Tx,
    id: &str,
    officer_id: &str,
    device: &str,
    now: Time,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO officer_sessions (id, officer_id, device, created_at, seen_at) VALUES ($1, $2, $3, $4, $4)";
    sqlx::query(sql)
        .bind(id)
        .bind(officer_id)
        .bind(device)
        .bind(now.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whose session it is and when it was last used, unless it ended.
pub async fn session(app: &App, id: &str) -> sqlx::Result<Option<(String, Time)>> {
    let sql = "SELECT officer_id, seen_at FROM officer_sessions WHERE id = $1 AND ended_at IS NULL";
    let row: Option<(String, i64)> = sqlx::query_as(sql).bind(id).fetch_optional(app.db.read()).await?;
    Ok(row.map(|(officer, seen)| (officer, Time(seen))))
}

pub async fn touch_session(tx: &mut Tx, id: &str, now: Time) -> sqlx::Result<()> {
    sqlx::query("UPDATE officer_sessions SET seen_at = $1 WHERE id = $2 AND ended_at IS NULL")
        .bind(now.0)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn sessions_of(app: &App, officer_id: &str, since: Time) -> sqlx::Result<Vec<Session>> {
    let sql = "SELECT id, device, created_at, seen_at FROM officer_sessions \
               WHERE officer_id = $1 AND ended_at IS NULL AND seen_at > $2 ORDER BY seen_at DESC, id DESC";
    let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(sql)
        .bind(officer_id)
        .bind(since.0)
        .fetch_all(app.db.read())
        .await?;
    let session = |(id, device, created, seen)| Session {
        id,
        device,
        created_at: Time(created),
        seen_at: Time(seen),
    };
    Ok(rows.into_iter().map(session).collect())
}

/// Whether it was this officer's and open.
pub async fn end_session(tx: &mut Tx, officer_id: &str, id: &str, now: Time) -> sqlx::Result<bool> {
    let sql =
        "UPDATE officer_sessions SET ended_at = $1 WHERE id = $2 AND officer_id = $3 AND ended_at IS NULL";
    let query = sqlx::query(sql).bind(now.0).bind(id).bind(officer_id);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Whether no end of all sessions came after `signed_out`; none does until the transaction ends.
pub async fn hold_signed_out(tx: &mut Tx, officer_id: &str, signed_out: i64) -> sqlx::Result<bool> {
    let sql = "UPDATE officers SET signed_out = signed_out WHERE id = $1 AND signed_out = $2 AND active = 1";
    let query = sqlx::query(sql).bind(officer_id).bind(signed_out);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Ends an officer's sessions, all but one, and whatever sign-in is under way.
pub async fn end_sessions(tx: &mut Tx, officer_id: &str, except: &str, now: Time) -> sqlx::Result<()> {
    sqlx::query("UPDATE officers SET signed_out = signed_out + 1 WHERE id = $1")
        .bind(officer_id)
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "UPDATE officer_sessions SET ended_at = $1 WHERE officer_id = $2 AND id <> $3 AND ended_at IS NULL",
    )
    .bind(now.0)
    .bind(officer_id)
    .bind(except)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn set_password(tx: &mut Tx, officer_id: &str, hash: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE officers SET password_hash = $1 WHERE id = $2 AND active = 1")
        .bind(hash)
        .bind(officer_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether the officer has a bound WeChat, without which there is no second factor.
pub async fn set_second_factor(tx: &mut Tx, officer_id: &str, on: bool) -> sqlx::Result<bool> {
    let sql = "UPDATE officers SET second_factor = $1 WHERE id = $2 AND active = 1 AND ($1 = 0 OR openid IS NOT NULL)";
    let query = sqlx::query(sql).bind(i64::from(on)).bind(officer_id);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Takes a WeChat from whoever else has it; not from one who signs in with it. Whether it is free now.
pub async fn free_openid(tx: &mut Tx, openid: &str, officer_id: &str) -> sqlx::Result<bool> {
    sqlx::query("UPDATE officers SET openid = NULL WHERE openid = $1 AND id <> $2 AND second_factor = 0")
        .bind(openid)
        .bind(officer_id)
        .execute(&mut **tx)
        .await?;
    let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM officers WHERE openid = $1 AND id <> $2")
        .bind(openid)
        .bind(officer_id)
        .fetch_one(&mut **tx)
        .await?;
    Ok(left == 0)
}

/// Whether no officer has this WeChat.
pub async fn openid_is_free(tx: &mut Tx, openid: &str) -> sqlx::Result<bool> {
    let found: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM officers WHERE openid = $1")
        .bind(openid)
        .fetch_one(&mut **tx)
        .await?;
    Ok(found == 0)
}
