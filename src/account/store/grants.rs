//! SQL of grants.

use crate::account::grants::{State, Taken};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::Time;
use crate::wechat::message::SentNotice;

type Row = (String, String, i64, Option<String>);

fn taken_of((id, notice_id, at, outcome): Row) -> Taken {
    let at = Time(at);
    Taken {
        id,
        notice_id,
        at,
        outcome,
    }
}

pub async fn insert(
    tx: &mut Tx,
    id: &str,
    (openid, template_id, cause): (&str, &str, &str),
    state: State,
    at: Time,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO grants (id, openid, template_id, cause, state, granted_at) VALUES ($1, $2, $3, $4, $5, $6) \
               ON CONFLICT (openid, template_id, cause) DO NOTHING";
    let query = sqlx::query(sql)
        .bind(id)
        .bind(openid)
        .bind(template_id)
        .bind(cause);
    query.bind(state.as_str()).bind(at.0).execute(&mut **tx).await?;
    Ok(())
}

pub async fn stopped_after(tx: &mut Tx, openid: &str, template_id: &str, at: Time) -> sqlx::Result<bool> {
    let sql = "SELECT COUNT(*) FROM grants WHERE openid = $1 AND template_id = $2 AND state = 'stopped' AND granted_at > $3";
    let query = sqlx::query_scalar::<_, i64>(sql)
        .bind(openid)
        .bind(template_id)
        .bind(at.0);
    Ok(query.fetch_one(&mut **tx).await? > 0)
}

/// Ends what was granted up to then.
pub async fn end_open(tx: &mut Tx, openid: &str, template_id: &str, until: Time) -> sqlx::Result<()> {
    let sql = "UPDATE grants SET state = 'ended' WHERE openid = $1 AND template_id = $2 AND state = 'open' AND granted_at <= $3";
    let query = sqlx::query(sql).bind(openid).bind(template_id).bind(until.0);
    query.execute(&mut **tx).await?;
    Ok(())
}

pub async fn open(app: &App, openid: &str, template_id: &str) -> sqlx::Result<i64> {
    let sql = "SELECT COUNT(*) FROM grants WHERE openid = $1 AND template_id = $2 AND state = 'open'";
    let query = sqlx::query_scalar(sql).bind(openid).bind(template_id);
    query.fetch_one(app.db.read()).await
}

pub async fn oldest_open(tx: &mut Tx, openid: &str, template_id: &str) -> sqlx::Result<Option<String>> {
    let sql = "SELECT id FROM grants WHERE openid = $1 AND template_id = $2 AND state = 'open' ORDER BY granted_at, id LIMIT 1";
    let query = sqlx::query_scalar(sql).bind(openid).bind(template_id);
    query.fetch_optional(&mut **tx).await
}

/// Whether it was still open.
pub async fn take(tx: &mut Tx, id: &str, notice_id: &str, now: Time) -> sqlx::Result<bool> {
    let sql =
        "UPDATE grants SET state = 'taken', notice_id = $1, taken_at = $2 WHERE id = $3 AND state = 'open'";
    let query = sqlx::query(sql).bind(notice_id).bind(now.0).bind(id);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

pub async fn taken_for(app: &App, notice_id: &str) -> sqlx::Result<Option<Taken>> {
    let sql = "SELECT id, notice_id, taken_at, outcome FROM grants WHERE notice_id = $1 AND state = 'taken'";
    let row: Option<Row> = sqlx::query_as(sql)
        .bind(notice_id)
        .fetch_optional(app.db.read())
        .await?;
    Ok(row.map(taken_of))
}

pub async fn find_taken(app: &App, id: &str) -> sqlx::Result<Option<Taken>> {
    let sql = "SELECT id, notice_id, taken_at, outcome FROM grants WHERE id = $1 AND notice_id IS NOT NULL";
    let row: Option<Row> = sqlx::query_as(sql).bind(id).fetch_optional(app.db.read()).await?;
    Ok(row.map(taken_of))
}

pub async fn release(tx: &mut Tx, id: &str) -> sqlx::Result<()> {
    let sql = "UPDATE grants SET state = 'open', notice_id = NULL, taken_at = NULL WHERE id = $1 AND state = 'taken'";
    sqlx::query(sql).bind(id).execute(&mut **tx).await?;
    Ok(())
}

/// The notice goes another way: its id is free for it.
pub async fn end(tx: &mut Tx, id: &str) -> sqlx::Result<()> {
    let sql = "UPDATE grants SET state = 'ended', notice_id = NULL WHERE id = $1 AND state = 'taken'";
    sqlx::query(sql).bind(id).execute(&mut **tx).await?;
    Ok(())
}

pub async fn give_up(tx: &mut Tx, id: &str) -> sqlx::Result<()> {
    let sql = "UPDATE grants SET state = 'used', outcome = COALESCE(outcome, 'unknown') WHERE id = $1 AND state = 'taken'";
    sqlx::query(sql).bind(id).execute(&mut **tx).await?;
    Ok(())
}

pub async fn use_up(tx: &mut Tx, id: &str, msgid: Option<&str>) -> sqlx::Result<Option<String>> {
    let sql = "UPDATE grants SET state = 'used', msgid = COALESCE(msgid, $1) WHERE id = $2 RETURNING outcome";
    let query = sqlx::query_scalar::<_, Option<String>>(sql).bind(msgid).bind(id);
    Ok(query.fetch_optional(&mut **tx).await?.flatten())
}

/// The grant whose message this is the outcome of; `None` when it is known already, or nobody's.
pub async fn outcome(
    tx: &mut Tx,
    openid: &str,
    result: &SentNotice,
    outcome: &str,
) -> sqlx::Result<Option<String>> {
    let sql = "SELECT COUNT(*) FROM grants WHERE openid = $1 AND msgid = $2 AND outcome IS NOT NULL";
    let query = sqlx::query_scalar::<_, i64>(sql)
        .bind(openid)
        .bind(&result.msg_id);
    if !result.msg_id.is_empty() && query.fetch_one(&mut **tx).await? > 0 {
        return Ok(None);
    }
    // The one with this id first, then the oldest that has none.
    let sql = "UPDATE grants SET outcome = $1, msgid = COALESCE(msgid, $2) WHERE outcome IS NULL AND id = (SELECT id FROM grants \
               WHERE openid = $3 AND template_id = $4 AND state IN ('taken', 'used') AND outcome IS NULL AND (msgid IS NULL OR msgid = $2) \
               ORDER BY CASE WHEN msgid = $2 THEN 0 ELSE 1 END, taken_at, id LIMIT 1) RETURNING id";
    let query = sqlx::query_scalar(sql)
        .bind(outcome)
        .bind(Some(result.msg_id.as_str()).filter(|id| !id.is_empty()))
        .bind(openid)
        .bind(&result.template_id);
    query.fetch_optional(&mut **tx).await
}

pub async fn delete(tx: &mut Tx, openid: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM grants WHERE openid = $1")
        .bind(openid)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
