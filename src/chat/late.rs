//! What cannot be answered within WeChat's five seconds: kept, answered `success`, done and replied to afterwards by
//! a customer-service message (facts row 4).

use crate::account::grants;
use crate::app::App;
use crate::error::Result;
use crate::kernel::Time;
use crate::outbox;
use crate::wechat::custom::{Content, CustomMessage};
use crate::wechat::hook::quota_reset_ms;
use crate::wechat::message::SentNotice;
use crate::wechat::{CallError, ErrorClass, Inbound, Reply};
use serde_json::{Value, json};

/// The outbox job that handles a kept message; its payload is `{"message": <sealed JSON>}`.
pub const LATE_JOB: &str = "late_message";
/// The outbox job that sends the answer to a kept message; its payload is `{"answer": <sealed JSON>}`.
pub const ANSWER_JOB: &str = "late_answer";
/// The outbox job that notes what became of a template message: `{"msgid","status"}`.
pub const OUTCOME_JOB: &str = "template_outcome";
/// The outbox job that passes on what became of a 订阅通知: `{"grant": grants.id}`.
pub const SUBSCRIBE_JOB: &str = "subscribe_outcome";

const PLACE: &str = "outbox.message";
const ANSWER_PLACE: &str = "outbox.answer";

/// Keeps a message whose handling failed or takes too long.
pub async fn defer(app: &App, message: &Inbound) -> Result<()> {
    let json = serde_json::to_string(message).map_err(anyhow::Error::from)?;
    enqueue(app, LATE_JOB, &json!({ "message": app.seal(PLACE, &json) })).await
}

/// Keeps the outcome of a template message: it is worked on with retries, whatever happens to this request.
pub async fn note_outcome(app: &App, msgid: &str, status: &str) -> Result<()> {
    enqueue(app, OUTCOME_JOB, &json!({ "msgid": msgid, "status": status })).await
}

/// Notes what became of 订阅通知, and lets it be worked on.
pub async fn note_subscriptions(app: &App, openid: &str, results: &[SentNotice]) -> Result<()> {
    let mut tx = app.db.write().await?;
    for grant in grants::outcomes(&mut tx, openid, results).await? {
        let payload = json!({ "grant": grant });
        outbox::enqueue(&mut tx, &app.id(), SUBSCRIBE_JOB, &payload, app.now(), None).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn enqueue(app: &App, kind: &str, payload: &Value) -> Result<()> {
    let mut tx = app.db.write().await?;
    outbox::enqueue(&mut tx, &app.id(), kind, payload, app.now(), None).await?;
    tx.commit().await?;
    Ok(())
}

/// Handles a kept message; its answer is a job of its own, so that trouble in sending it does not handle the message
/// once more (a one-time code would be used already). `job` is this job's id: run again, it answers once.
pub async fn answer_late(app: &App, job: &str, sealed: &str) -> Result<()> {
    let json = app.sealer.open_text(PLACE, sealed)?;
    let message: Inbound = serde_json::from_str(&json).map_err(anyhow::Error::from)?;
    let reply = super::handle(app, &message).await?;
    if reply.is_silent() {
        return Ok(());
    }
    let answer = serde_json::to_string(&(message.from, reply)).map_err(anyhow::Error::from)?;
    let payload = json!({ "answer": app.seal(ANSWER_PLACE, &answer) });
    let mut tx = app.db.write().await?;
    let dedup = format!("late:{job}");
    outbox::enqueue(&mut tx, &app.id(), ANSWER_JOB, &payload, app.now(), Some(&dedup)).await?;
    tx.commit().await?;
    Ok(())
}

/// Sends a late answer to whoever wrote; gives when to come again if the quota of such messages is used up (45009).
pub async fn send_answer(app: &App, sealed: &str) -> Result<Option<Time>> {
    let json = app.sealer.open_text(ANSWER_PLACE, sealed)?;
    let (to, reply): (String, Reply) = serde_json::from_str(&json).map_err(anyhow::Error::from)?;
    let Some(content) = customer_message(reply) else {
        return Ok(None);
    };
    match app.wechat.send_custom(&CustomMessage::new(to, content)).await {
        Ok(_) => Ok(None),
        Err(error) if is_final(&error) => {
            tracing::warn!(%error, "a late answer cannot reach its reader any more");
            Ok(None)
        }
        // The 48 hours may still be open when the quota begins anew.
        Err(error) if error.class() == ErrorClass::StopUntilReset => Ok(Some(reset(app.now()))),
        Err(error) => Err(anyhow::Error::new(error).context("sending a late answer").into()),
    }
}

fn reset(now: Time) -> Time {
    Time(quota_reset_ms(now.0))
}

/// Whether trying again cannot help: the reader left, or wrote too long ago.
fn is_final(error: &CallError) -> bool {
    matches!(error.class(), ErrorClass::Recipient | ErrorClass::WindowClosed)
}

/// The passive reply as a customer-service message; `None` when there is nothing to say.
fn customer_message(reply: Reply) -> Option<Content> {
    match reply {
        reply if reply.is_silent() => None,
        Reply::Text { content } => Some(Content::Text(content)),
        // 客服消息: one article only.
        Reply::News { articles } => articles.into_iter().next().map(Content::News),
        Reply::Image { media_id } => Some(Content::Image(media_id)),
        Reply::Voice { media_id } => Some(Content::Voice(media_id)),
        Reply::Music(music) => Some(Content::Music(music)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Facts row 4: the late answer says what the passive one would have said.
    #[test]
    fn a_passive_reply_becomes_a_customer_message() {
        let text = customer_message(Reply::text("候补第 3 位"));
        assert_eq!(text, Some(Content::Text("候补第 3 位".to_owned())));
        assert_eq!(customer_message(Reply::Success), None);
    }
}
