//! Sending a message: one content, and the way that reaches the recipient. Who has bound WeChat gets a template message
//! where one is configured, else a 订阅通知 if they granted one, else an SMS; what WeChat refuses for good goes on to the
//! next way. A way whose daily quota is used up (45009) is waited for until its reset.
//!
//! A process may die between sending and noting it. A template message is then sent again with the same
//! `client_msg_id`, by which WeChat shows it once; a 订阅通知 has none and is not sent again (`subscription`).

mod subscription;
mod template;

pub use subscription::outcome as subscription_outcome;
pub use template::outcome;

use super::react::Recipient;
use super::store::{self, Notice};
use super::{Channel, Content, Delivery};
use crate::account::{grants, workers};
use crate::app::App;
use crate::error::{Error, Result};
use crate::kernel::time::{MINUTE, SECOND};
use crate::kernel::{Phone, Time};
use crate::union::{officers, registrations};
use crate::wechat::hook::quota_reset_ms;
use crate::wechat::template::Data;
use crate::wechat::{CallError, ErrorClass};

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

/// What became of one way.
enum Way {
    /// That was it.
    Over(Attempt),
    /// Not this way; the text says why, for the operator.
    Closed(String),
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
    if left(app, &notice.recipient).await? {
        // Who left is told nothing more.
        let why = "the account is closed";
        end(app, &notice, (Channel::Sms, Delivery::Refused), None, why).await?;
        return Ok(Attempt::Done);
    }
    if store::earlier_queued(app, &notice, app.now().plus(-ORDER_FOR)).await? {
        return Ok(Attempt::Paused(app.now().plus(SECOND)));
    }
    if let Some(taken) = grants::taken_for(app, &notice.id).await? {
        return subscription::resume(app, &notice, &taken).await;
    }
    let openid = match openid(app, &notice.recipient).await {
        // An officer who left since is told nothing more.
        Err(Error::NotFound) => {
            let why = "the recipient left";
            end(app, &notice, (Channel::Sms, Delivery::Failed), None, why).await?;
            return Ok(Attempt::Done);
        }
        other => other?,
    };
    let Some(openid) = openid else {
        return sms(app, &notice, "").await;
    };
    let not_by_template = match template::send(app, &notice, &openid).await? {
        Way::Over(attempt) => return Ok(attempt),
        Way::Closed(why) => why,
    };
    match subscription::send(app, &notice, &openid).await? {
        Way::Over(attempt) => Ok(attempt),
        Way::Closed(why) => sms(app, &notice, &joined(&not_by_template, &why)).await,
    }
}

fn joined(first: &str, second: &str) -> String {
    let reasons = [first, second].into_iter().filter(|why| !why.is_empty());
    reasons.collect::<Vec<_>>().join("; ")
}

async fn openid(app: &App, recipient: &Recipient) -> Result<Option<String>> {
    Ok(match recipient {
        Recipient::Worker(id) => workers::find(app, id).await?.openid,
        Recipient::Officer(id) => officers::find(app, id).await?.openid,
        Recipient::Registration(id) => registrations::find(app, id).await?.openid,
    })
}

async fn left(app: &App, recipient: &Recipient) -> Result<bool> {
    match recipient {
        Recipient::Worker(id) => workers::is_closed(app, id).await,
        Recipient::Officer(_) | Recipient::Registration(_) => Ok(false),
    }
}

async fn phone(app: &App, recipient: &Recipient) -> Result<Phone> {
    Ok(match recipient {
        Recipient::Worker(id) => workers::find(app, id).await?.phone,
        Recipient::Officer(id) => officers::phone(app, id).await?,
        Recipient::Registration(id) => registrations::find(app, id).await?.phone(app)?,
    })
}

/// The content's fields, cut to their keyword types, for whichever kind of message.
fn data(content: &Content) -> Result<Data, String> {
    let fields = content
        .fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    Data::of(fields).map_err(|problem| problem.to_string())
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
fn refused(app: &App, error: &CallError) -> Way {
    let text = error.to_string();
    match error.class() {
        // Final for this recipient and way (facts row 11).
        ErrorClass::Recipient | ErrorClass::WindowClosed => Way::Closed(text),
        ErrorClass::StopUntilReset => Way::Over(Attempt::Paused(match error {
            CallError::Held { until_ms } => Time(*until_ms),
            _ => Time(quota_reset_ms(app.now().0)),
        })),
        ErrorClass::Configuration | ErrorClass::Login => {
            tracing::error!(%error, advice = error.advice(), "a message is refused");
            Way::Closed(text)
        }
        ErrorClass::Retry | ErrorClass::RefreshToken | ErrorClass::Unknown => {
            tracing::warn!(%error, "a message will be tried again");
            Way::Over(Attempt::Again(text))
        }
    }
}

async fn sms(app: &App, notice: &Notice, why: &str) -> Result<Attempt> {
    if left(app, &notice.recipient).await? {
        // Left after WeChat had taken the message: nothing more is sent.
        return Ok(Attempt::Done);
    }
    let phone = phone(app, &notice.recipient).await?;
    if let Err(error) = app.sms.send(&phone, &notice.content.sms).await {
        return Ok(Attempt::Again(format!("{error:#}")));
    }
    finish(app, notice, Channel::Sms, None, why).await?;
    Ok(Attempt::Done)
}

/// Notes that a message was sent.
async fn finish(app: &App, notice: &Notice, channel: Channel, msgid: Option<&str>, note: &str) -> Result<()> {
    end(app, notice, (channel, Delivery::Sent), msgid, note).await
}

async fn end(
    app: &App,
    notice: &Notice,
    (channel, state): (Channel, Delivery),
    msgid: Option<&str>,
    note: &str,
) -> Result<()> {
    let mut tx = app.db.write().await?;
    store::finish(&mut tx, &notice.id, channel, state, msgid, note, app.now()).await?;
    tx.commit().await?;
    count(app, channel, state);
    Ok(())
}

fn count(app: &App, channel: Channel, state: Delivery) {
    let labels = [channel.as_str(), state.as_str()];
    app.metrics.notices.with_label_values(&labels).inc();
}
