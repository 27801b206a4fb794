//! Sending a message: as a WeChat template message to who has bound WeChat and follows, else as SMS.
//!
//! A process may die between sending and noting it; then the message is sent again with the same
//! `client_msg_id`, by which WeChat shows it once.

use super::react::Recipient;
use super::store::{self, Notice};
use super::{Channel, Content, Delivery};
use crate::account::workers;
use crate::app::App;
use crate::error::{Error, Result};
use crate::kernel::time::{MINUTE, SECOND};
use crate::kernel::{Phone, Time};
use crate::union::{officers, registrations};
use crate::wechat::message::SendOutcome;
use crate::wechat::template::TemplateMessage;
use crate::wechat::{CallError, ErrorClass};
use std::time::Duration;

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// Sent, or ended for good: the job is done.
    Done,
    /// Try again later; the text is for the operator.
    Again(String),
    /// The channel is closed until then; not the message's failure.
    Paused(Time),
}

/// One person's messages keep their order ("提交成功" before "未通过"); but one that cannot be sent holds the next ones
/// back no longer than this.
const ORDER_FOR: i64 = MINUTE;

/// Sends a notice that is still queued.
pub async fn send(app: &App, notice_id: &str) -> Result<Attempt> {
    let Some(notice) = store::notice(app, notice_id).await? else {
        return Ok(Attempt::Done);
    };
    if notice.state != Delivery::Queued {
        return Ok(Attempt::Done);
    }
    if store::earlier_queued(app, &notice, app.now().plus(-ORDER_FOR)).await? {
        return Ok(Attempt::Paused(app.now().plus(SECOND)));
    }
    let openid = match openid(app, &notice.recipient).await {
        // An officer who left since is told nothing more.
        Err(Error::NotFound) => {
            finish(
                app,
                &notice,
                Channel::Sms,
                Delivery::Failed,
                None,
                "the recipient left",
            )
            .await?;
            return Ok(Attempt::Done);
        }
        other => other?,
    };
    let Some(openid) = openid else {
        return sms(app, &notice, "").await;
    };
    let Some(template) = app.config.wechat.templates.get(&notice.content.template) else {
        return sms(app, &notice, "no template id is configured").await;
    };
    if let Some(until) = paused(app).await? {
        return Ok(Attempt::Paused(until));
    }
    let message = match message(app, &openid, template, notice_id, &notice.content) {
        Ok(message) => message,
        Err(problem) => return sms(app, &notice, &problem).await,
    };
    let result = app.wechat.send_template(&message).await;
    let errcode = result
        .as_ref()
        .err()
        .map_or(0, |error| error.code().unwrap_or(-1));
    app.metrics
        .wechat_calls
        .with_label_values(&["template", &errcode.to_string()])
        .inc();
    match result {
        Ok(msgid) => {
            finish(app, &notice, Channel::Wechat, Delivery::Sent, Some(&msgid), "").await?;
            // The outcome may have come before the id was written down.
            if let Some(status) = app.cache.take(&early_key(&msgid)).await? {
                outcome(app, &msgid, &status).await?;
            }
            Ok(Attempt::Done)
        }
        Err(error) => refused(app, &notice, &error).await,
    }
}

async fn openid(app: &App, recipient: &Recipient) -> Result<Option<String>> {
    Ok(match recipient {
        Recipient::Worker(id) => workers::find(app, id).await?.openid,
        Recipient::Officer(id) => officers::find(app, id).await?.openid,
        Recipient::Registration(id) => registrations::find(app, id).await?.openid,
    })
}

async fn phone(app: &App, recipient: &Recipient) -> Result<Phone> {
    Ok(match recipient {
        Recipient::Worker(id) => workers::find(app, id).await?.phone,
        Recipient::Officer(id) => officers::phone(app, id).await?,
        Recipient::Registration(id) => registrations::find(app, id).await?.phone(app)?,
    })
}

fn message(
    app: &App,
    openid: &str,
    template: &str,
    id: &str,
    content: &Content,
) -> Result<TemplateMessage, String> {
    let url = entrance(app, &content.path);
    let message = TemplateMessage::new(openid, template).client_msg_id(id).url(url);
    content.fields.iter().try_fold(message, |message, (name, value)| {
        message
            .field(name, value)
            .map_err(|problem| format!("{name}: {problem}"))
    })
}

/// The message's link. A worker comes through OAuth, so the page opens signed in; an officer has a password.
fn entrance(app: &App, path: &str) -> String {
    if path.starts_with("/office") {
        return app.link(path);
    }
    let next: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
    app.link(&format!("/wechat/oauth/start?next={next}"))
}

/// WeChat says no: what to do follows the error's class (wechat-facts.md, Errors).
async fn refused(app: &App, notice: &Notice, error: &CallError) -> Result<Attempt> {
    let text = error.to_string();
    match error.class() {
        // Final for this recipient and way: tell them by SMS instead.
        ErrorClass::Recipient | ErrorClass::WindowClosed => sms(app, notice, &text).await,
        ErrorClass::StopUntilReset => {
            let until = next_midnight(app.now());
            let pause = Duration::from_millis((until.0 - app.now().0).max(1) as u64);
            app.cache.set(PAUSED_KEY, &until.0.to_string(), pause).await?;
            tracing::error!(%error, advice = error.advice(), "WeChat's daily quota is used up; template messages pause");
            Ok(Attempt::Paused(until))
        }
        ErrorClass::Configuration | ErrorClass::Login => {
            tracing::error!(%error, advice = error.advice(), "a template message is refused");
            sms(app, notice, &text).await
        }
        ErrorClass::Retry | ErrorClass::RefreshToken | ErrorClass::Unknown => {
            tracing::warn!(%error, "a template message will be tried again");
            Ok(Attempt::Again(text))
        }
    }
}

const PAUSED_KEY: &str = "wechat-template-paused";

async fn paused(app: &App) -> Result<Option<Time>> {
    let until = app
        .cache
        .get(PAUSED_KEY)
        .await?
        .and_then(|text| text.parse().ok())
        .map(Time);
    Ok(until.filter(|until| *until > app.now()))
}

/// WeChat's quotas begin anew at midnight in Beijing; a few minutes later everybody's does.
fn next_midnight(now: Time) -> Time {
    Time::end_of(now.date()).plus(5 * MINUTE)
}

async fn sms(app: &App, notice: &Notice, why: &str) -> Result<Attempt> {
    let phone = phone(app, &notice.recipient).await?;
    if let Err(error) = app.sms.send(&phone, &notice.content.sms).await {
        return Ok(Attempt::Again(format!("{error:#}")));
    }
    finish(app, notice, Channel::Sms, Delivery::Sent, None, why).await?;
    Ok(Attempt::Done)
}

async fn finish(
    app: &App,
    notice: &Notice,
    channel: Channel,
    state: Delivery,
    msgid: Option<&str>,
    error: &str,
) -> Result<()> {
    app.metrics
        .notices
        .with_label_values(&[channel.as_str(), state.as_str()])
        .inc();
    let mut tx = app.db.write().await?;
    store::finish(&mut tx, &notice.id, channel, state, msgid, error, app.now()).await?;
    tx.commit().await?;
    Ok(())
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
    if !note_outcome(app, msgid, state, note).await? {
        let early = early_key(msgid);
        app.cache.set(&early, status, Duration::from_secs(600)).await?;
        // The id may have been written down between the two; then one of both sides takes the word on.
        if !note_outcome(app, msgid, state, note).await? || app.cache.take(&early).await?.is_none() {
            return Ok(());
        }
    }
    app.metrics
        .notices
        .with_label_values(&[Channel::Wechat.as_str(), state.as_str()])
        .inc();
    if state != Delivery::Delivered
        && let Some(notice) = store::by_msgid(app, msgid).await?
    {
        // Refused or lost on WeChat's side: the person is still to be told.
        if let Attempt::Again(error) = sms(app, &notice, status).await? {
            return Err(Error::Internal(anyhow::anyhow!(error)));
        }
    }
    Ok(())
}

async fn note_outcome(app: &App, msgid: &str, state: Delivery, note: &str) -> Result<bool> {
    let mut tx = app.db.write().await?;
    let known = store::outcome(&mut tx, msgid, state, note, app.now()).await?;
    tx.commit().await?;
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// wechat-facts, Errors: 45009 stops until the reset at midnight in Beijing.
    #[test]
    fn the_pause_ends_after_midnight_in_beijing() {
        let until = next_midnight(Time::shanghai(2021, 11, 10, 23, 59, 0));
        assert!(
            until > Time::shanghai(2021, 11, 11, 0, 0, 0) && until < Time::shanghai(2021, 11, 11, 0, 10, 0)
        );
    }
}
