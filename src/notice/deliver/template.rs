//! By template message (模板消息).

use super::{Way, became, data, entrance, finish, refused};
use crate::app::App;
use crate::error::Result;
use crate::notice::deliver::Attempt;
use crate::notice::store::{self, Notice};
use crate::notice::{Channel, Delivery};
use crate::wechat::message::SendOutcome;
use crate::wechat::template::TemplateMessage;
use std::time::Duration;

pub(super) async fn send(app: &App, notice: &Notice, openid: &str) -> Result<Way> {
    let Some(template) = app.config.wechat.templates.get(&notice.content.template) else {
        return Ok(Way::Closed("no template id is configured".to_owned()));
    };
    let data = match data(&notice.content) {
        Ok(data) => data,
        Err(problem) => return Ok(Way::Closed(problem)),
    };
    let message = TemplateMessage::new(openid, template)
        .client_msg_id(&notice.id)
        .url(entrance(app, &notice.content.path))
        .data(data);
    match app.wechat.send_template(&message).await {
        Ok(msgid) => {
            finish(app, notice, Channel::Wechat, Some(&msgid), "").await?;
            // The outcome may have come before the id was written down.
            if let Some(status) = app.cache.take(&early_key(&msgid)).await? {
                outcome(app, &msgid, &status).await?;
            }
            Ok(Way::Over(Attempt::Done))
        }
        Err(error) => Ok(refused(app, &error)),
    }
}

fn early_key(msgid: &str) -> String {
    format!("template-outcome:{msgid}")
}

/// TEMPLATESENDJOBFINISH: what became of a message that WeChat took. Unknown words are stored as they are.
pub async fn outcome(app: &App, msgid: &str, status: &str) -> Result<()> {
    let state = match SendOutcome::from_status(status) {
        SendOutcome::Success => Delivery::Delivered,
        SendOutcome::UserBlock => Delivery::Refused,
        _ => Delivery::Failed,
    };
    let note = if state == Delivery::Delivered { "" } else { status };
    if note_outcome(app, msgid, state, note).await? {
        return Ok(());
    }
    let early = early_key(msgid);
    app.cache.set(&early, status, Duration::from_secs(600)).await?;
    // The id may have been written down between the two; then one of both sides takes the word on.
    if store::by_msgid(app, msgid).await?.is_some() && app.cache.take(&early).await?.is_some() {
        note_outcome(app, msgid, state, note).await?;
    }
    Ok(())
}

/// Whether a notice with this msgid is known.
async fn note_outcome(app: &App, msgid: &str, state: Delivery, note: &str) -> Result<bool> {
    let Some(notice) = store::by_msgid(app, msgid).await? else {
        return Ok(false);
    };
    // Told twice, the second time changes nothing.
    became(app, &notice, Channel::Wechat, state, note).await?;
    Ok(true)
}
