//! What cannot be answered within WeChat's five seconds: kept, answered `success`, done and replied to afterwards by
//! a customer-service message (facts row 4).

use crate::app::App;
use crate::error::Result;
use crate::outbox;
use crate::wechat::custom::{Content, CustomMessage};
use crate::wechat::{CallError, ErrorClass, Inbound, Reply};
use serde_json::{Value, json};

/// The outbox job that handles a kept message; its payload is `{"message": <sealed JSON>}`.
pub const LATE_JOB: &str = "late_message";
/// The outbox job that notes what became of a template message: `{"msgid","status"}`.
pub const OUTCOME_JOB: &str = "template_outcome";

const PLACE: &str = "outbox.message";

/// Keeps a message whose handling failed or takes too long.
pub async fn defer(app: &App, message: &Inbound) -> Result<()> {
    let json = serde_json::to_string(message).map_err(anyhow::Error::from)?;
    enqueue(app, LATE_JOB, &json!({ "message": app.seal(PLACE, &json) })).await
}

/// Keeps the outcome of a template message: it is worked on with retries, whatever happens to this request.
pub async fn note_outcome(app: &App, msgid: &str, status: &str) -> Result<()> {
    enqueue(app, OUTCOME_JOB, &json!({ "msgid": msgid, "status": status })).await
}

async fn enqueue(app: &App, kind: &str, payload: &Value) -> Result<()> {
    let mut tx = app.db.write().await?;
    outbox::enqueue(&mut tx, &app.id(), kind, payload, app.now(), None).await?;
    tx.commit().await?;
    Ok(())
}

/// Handles a kept message and sends the answer to whoever wrote it.
pub async fn answer_late(app: &App, sealed: &str) -> Result<()> {
    let json = app.sealer.open_text(PLACE, sealed)?;
    let message: Inbound = serde_json::from_str(&json).map_err(anyhow::Error::from)?;
    let reply = super::handle(app, &message).await?;
    let Some(content) = customer_message(reply) else {
        return Ok(());
    };
    let sent = app
        .wechat
        .send_custom(&CustomMessage::new(message.from, content))
        .await;
    let errcode = sent.as_ref().err().map_or(0, |error| error.code().unwrap_or(-1));
    app.metrics
        .wechat_calls
        .with_label_values(&["customer", &errcode.to_string()])
        .inc();
    match sent {
        Ok(_) => Ok(()),
        Err(error) if is_final(&error) => {
            tracing::warn!(%error, "a late answer cannot reach its reader any more");
            Ok(())
        }
        Err(error) => Err(anyhow::Error::new(error).context("sending a late answer").into()),
    }
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
