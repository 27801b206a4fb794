//! SQL of notices.

mod tally;

pub use tally::*;

use super::react::Recipient;
use super::{Channel, Content, Delivery};
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Time;

/// A notice to be written.
pub struct NewNotice<'a> {
    pub id: &'a str,
    pub event: &'a str,
    pub recipient: (&'a str, &'a str),
    pub application_id: &'a str,
    pub dedup: &'a str,
    pub content: String,
    pub now: Time,
}

/// Whether it is new.
pub async fn insert(tx: &mut Tx, new: &NewNotice<'_>) -> sqlx::Result<bool> {
    let query = sqlx::query(
        "INSERT INTO notices (id, event, recipient_kind, recipient_id, application_id, dedup, content, channel, state, error, \
         created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, '', 'queued', '', $8, $8) ON CONFLICT (dedup) DO NOTHING",
    )
    .bind(new.id)
    .bind(new.event)
    .bind(new.recipient.0)
    .bind(new.recipient.1)
    // What is not about an application has none.
    .bind(Some(new.application_id).filter(|id| !id.is_empty()))
    .bind(new.dedup)
    .bind(&new.content)
    .bind(new.now.0);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// A notice to be sent.
pub struct Notice {
    pub id: String,
    pub recipient: Recipient,
    pub content: Content,
    pub state: Delivery,
}

type Row = (String, String, String, String, String);

fn notice_of((id, kind, recipient, content, state): Row) -> Result<Notice> {
    let unknown = || anyhow::anyhow!("notice {id} is malformed");
    Ok(Notice {
        recipient: Recipient::of(&kind, &recipient).ok_or_else(unknown)?,
        content: serde_json::from_str(&content).map_err(anyhow::Error::from)?,
        state: Delivery::parse(&state).ok_or_else(unknown)?,
        id,
    })
}

pub async fn notice(app: &App, id: &str) -> Result<Option<Notice>> {
    let sql = "SELECT id, recipient_kind, recipient_id, content, state FROM notices WHERE id = $1";
    let row: Option<Row> = sqlx::query_as(sql).bind(id).fetch_optional(app.db.read()).await?;
    row.map(notice_of).transpose()
}

/// Whether an earlier message to the same person, made after `since`, is still to be sent.
pub async fn earlier_queued(app: &App, notice: &Notice, since: Time) -> sqlx::Result<bool> {
    let sql = "SELECT CASE WHEN EXISTS (SELECT 1 FROM notices WHERE recipient_kind = $1 AND recipient_id = $2 AND state = 'queued' \
               AND id < $3 AND created_at > $4) THEN 1 ELSE 0 END";
    let (kind, id) = notice.recipient.parts();
    let query = sqlx::query_scalar::<_, i64>(sql)
        .bind(kind)
        .bind(id)
        .bind(&notice.id)
        .bind(since.0);
    Ok(query.fetch_one(app.db.read()).await? == 1)
}

pub async fn by_msgid(app: &App, msgid: &str) -> Result<Option<Notice>> {
    let sql = "SELECT id, recipient_kind, recipient_id, content, state FROM notices WHERE msgid = $1";
    let row: Option<Row> = sqlx::query_as(sql)
        .bind(msgid)
        .fetch_optional(app.db.read())
        .await?;
    row.map(notice_of).transpose()
}

pub async fn finish(
    tx: &mut Tx,
    id: &str,
    channel: Channel,
    state: Delivery,
    msgid: Option<&str>,
    error: &str,
    now: Time,
) -> sqlx::Result<()> {
    let sql = "UPDATE notices SET channel = $1, state = $2, msgid = COALESCE($3, msgid), error = $4, updated_at = $5 WHERE id = $6";
    let query = sqlx::query(sql)
        .bind(channel.as_str())
        .bind(state.as_str())
        .bind(msgid)
        .bind(error)
        .bind(now.0)
        .bind(id);
    query.execute(&mut **tx).await?;
    Ok(())
}

/// Whether a notice with this msgid is known.
pub async fn outcome(tx: &mut Tx, msgid: &str, state: Delivery, note: &str, now: Time) -> sqlx::Result<bool> {
    let sql =
        "UPDATE notices SET state = $1, error = $2, updated_at = $3 WHERE msgid = $4 AND channel = 'wechat'";
    let query = sqlx::query(sql)
        .bind(state.as_str())
        .bind(note)
        .bind(now.0)
        .bind(msgid);
    Ok(query.execute(&mut **tx).await?.rows_affected() > 0)
}

/// Whether a notice still counts as sent by 订阅通知, which this was the outcome of.
pub async fn subscription_outcome(
    tx: &mut Tx,
    id: &str,
    state: Delivery,
    note: &str,
    now: Time,
) -> sqlx::Result<bool> {
    let sql =
        "UPDATE notices SET state = $1, error = $2, updated_at = $3 WHERE id = $4 AND channel = 'subscribe'";
    let query = sqlx::query(sql)
        .bind(state.as_str())
        .bind(note)
        .bind(now.0)
        .bind(id);
    Ok(query.execute(&mut **tx).await?.rows_affected() > 0)
}
