//! SQL of notices: making and sending them. `deliveries` reads them for officers, `digest` what waits for whom.

mod deliveries;
mod digest;

pub use deliveries::*;
pub use digest::*;

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
#[derive(Debug, Clone)]
pub struct Notice {
    pub id: String,
    pub recipient: Recipient,
    pub content: Content,
    pub state: Delivery,
    /// `''` before the first attempt; [`Channel::Sms`] while queued: WeChat was tried and told that it did not arrive.
    pub channel: String,
    /// Why the way before was closed.
    pub error: String,
    /// How often an SMS was begun whose end nobody noted.
    pub doubts: i64,
    pub updated_at: Time,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    recipient_kind: String,
    recipient_id: String,
    content: String,
    state: String,
    channel: String,
    error: String,
    doubts: i64,
    updated_at: i64,
}

fn notice_of(row: Row) -> Result<Notice> {
    let unknown = || anyhow::anyhow!("notice {} is malformed", row.id);
    Ok(Notice {
        recipient: Recipient::of(&row.recipient_kind, &row.recipient_id).ok_or_else(unknown)?,
        content: serde_json::from_str(&row.content).map_err(anyhow::Error::from)?,
        state: Delivery::parse(&row.state).ok_or_else(unknown)?,
        id: row.id,
        channel: row.channel,
        error: row.error,
        doubts: row.doubts,
        updated_at: Time(row.updated_at),
    })
}

pub async fn notice(app: &App, id: &str) -> Result<Option<Notice>> {
    let sql = "SELECT id, recipient_kind, recipient_id, content, state, channel, error, doubts, updated_at FROM notices WHERE id = $1";
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
    let sql = "SELECT id, recipient_kind, recipient_id, content, state, channel, error, doubts, updated_at FROM notices WHERE msgid = $1";
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

/// What WeChat says became of a message that it took by `channel`; whether it still counted as sent by it.
pub async fn outcome(
    tx: &mut Tx,
    id: &str,
    channel: Channel,
    state: Delivery,
    note: &str,
    now: Time,
) -> sqlx::Result<bool> {
    let sql = "UPDATE notices SET state = $1, error = $2, updated_at = $3 WHERE id = $4 AND channel = $5 AND state = 'sent'";
    let query = sqlx::query(sql)
        .bind(state.as_str())
        .bind(note)
        .bind(now.0)
        .bind(id)
        .bind(channel.as_str());
    Ok(query.execute(&mut **tx).await?.rows_affected() > 0)
}

/// A message that did not arrive by WeChat is queued again, for SMS alone.
pub async fn queue_for_sms(tx: &mut Tx, id: &str, now: Time) -> sqlx::Result<()> {
    let sql = "UPDATE notices SET state = 'queued', channel = 'sms', updated_at = $1 WHERE id = $2";
    sqlx::query(sql).bind(now.0).bind(id).execute(&mut **tx).await?;
    Ok(())
}

/// Notes that an SMS is about to be sent, if the notice still is as it was read; whether it was. `doubts` counts this attempt
/// when the one before has no end.
pub async fn begin_sms(tx: &mut Tx, seen: &Notice, why: &str, doubts: i64, now: Time) -> sqlx::Result<bool> {
    let sql = "UPDATE notices SET state = 'sending', channel = 'sms', error = $1, doubts = $2, updated_at = $3 \
               WHERE id = $4 AND state = $5 AND updated_at = $6";
    let query = sqlx::query(sql)
        .bind(why)
        .bind(doubts)
        .bind(now.0)
        .bind(&seen.id)
        .bind(seen.state.as_str())
        .bind(seen.updated_at.0);
    Ok(query.execute(&mut **tx).await?.rows_affected() > 0)
}

/// The gateway did not take it: it waits as before.
pub async fn sms_not_taken(tx: &mut Tx, seen: &Notice, now: Time) -> sqlx::Result<()> {
    let sql = "UPDATE notices SET state = 'queued', channel = $1, error = $2, updated_at = $3 WHERE id = $4 AND state = 'sending'";
    sqlx::query(sql)
        .bind(&seen.channel)
        .bind(&seen.error)
        .bind(now.0)
        .bind(&seen.id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// A message whose job was given up.
pub async fn give_up(tx: &mut Tx, id: &str, error: &str, now: Time) -> sqlx::Result<()> {
    let sql = "UPDATE notices SET error = $1, updated_at = $2, state = CASE WHEN state = 'sending' THEN 'unknown' ELSE 'failed' END \
               WHERE id = $3 AND state IN ('queued', 'sending')";
    sqlx::query(sql)
        .bind(error)
        .bind(now.0)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
