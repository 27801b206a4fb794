//! Sending a message: one content, and the way that reaches the recipient. Who has bound WeChat gets a template message
//! where one is configured, else a 订阅通知 if they granted one, else an SMS; what WeChat refuses for good goes on to the
//! next way. A way whose daily quota is used up (45009) is waited for until its reset. An officer's own wishes
//! (`union::preferences`) say which ways are tried, in which order, and when messages wait.
//!
//! A process may die between sending and noting it. A template message is then sent again with the same
//! `client_msg_id`, by which WeChat shows it once; a 订阅通知 has none and is not sent again (`subscription`); an SMS is sent
//! again once (`sms`).

mod sms;
mod subscription;
mod template;

pub use subscription::outcome as subscription_outcome;
pub use template::outcome;

use super::react::Recipient;
use super::store::{self, Notice};
use super::{Channel, Content, Delivery, NOTICE_JOB};
use crate::account::{grants, workers};
use crate::app::App;
use crate::error::{Error, Result};
use crate::kernel::time::{DAY, MINUTE, SECOND};
use crate::kernel::{Phone, Time};
use crate::outbox;
use crate::union::preferences::{self, Preferences};
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
    match notice.state {
        Delivery::Queued => {}
        Delivery::Sending => return sms::resume(app, &notice).await,
        _ => return Ok(Attempt::Done),
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
    let wishes = wishes(app, &notice.recipient).await?;
    if let Some(until) = waits_until(&wishes, &notice.content, app.now()) {
        return Ok(Attempt::Paused(until));
    }
    match by_ways(app, &notice, wishes).await {
        // An officer who left since is told nothing more.
        Err(Error::NotFound) => {
            let why = "the recipient left";
            end(app, &notice, (Channel::Sms, Delivery::Failed), None, why).await?;
            Ok(Attempt::Done)
        }
        other => other,
    }
}

/// The ways one after the other.
async fn by_ways(app: &App, notice: &Notice, wishes: Option<Preferences>) -> Result<Attempt> {
    // WeChat took it and told later that it did not arrive.
    if notice.channel == Channel::Sms.as_str() {
        return sms::send(app, notice, &notice.error).await;
    }
    let way = wishes.map(|wishes| wishes.way);
    let openid = match way {
        Some(way) if !way.wechat() => None,
        _ => openid(app, &notice.recipient).await?,
    };
    let Some(openid) = openid else {
        return sms::send(app, notice, "").await;
    };
    // As the SMS left it, when that was tried first.
    let mut notice = notice.clone();
    if way == Some(preferences::Way::SmsWechat) {
        if let Way::Over(attempt) = sms::attempt(app, &notice, "", notice.doubts).await? {
            return Ok(attempt);
        }
        notice = store::notice(app, &notice.id).await?.unwrap_or(notice);
    }
    let not_by_template = match template::send(app, &notice, &openid).await? {
        Way::Over(attempt) => return Ok(attempt),
        Way::Closed(why) => why,
    };
    let why = match subscription::send(app, &notice, &openid).await? {
        Way::Over(attempt) => return Ok(attempt),
        Way::Closed(why) => joined(&not_by_template, &why),
    };
    if way.is_none_or(preferences::Way::sms) {
        return sms::send(app, &notice, &why).await;
    }
    end(app, &notice, (Channel::Wechat, Delivery::Failed), None, &why).await?;
    Ok(Attempt::Done)
}

/// What an officer wishes; others have nothing to choose.
async fn wishes(app: &App, recipient: &Recipient) -> Result<Option<Preferences>> {
    Ok(match recipient {
        Recipient::Officer(id) => Some(preferences::of(app, id).await?),
        Recipient::Worker(_) | Recipient::Registration(_) => None,
    })
}

/// in an officer's quiet hours a message waits, unless the window that it speaks of closes within a day.
fn waits_until(wishes: &Option<Preferences>, content: &Content, now: Time) -> Option<Time> {
    let quiet = wishes.as_ref()?.quiet?;
    let end = quiet.ends(now)?;
    let urgent_from = content.deadline.filter(|until| now <= *until);
    match urgent_from.map(|until| until.plus(-DAY)) {
        Some(urgent) if urgent <= now => None,
        Some(urgent) => Some(end.min(urgent)),
        None => Some(end),
    }
}

/// The job of a message was given up: it stands as failed then, for officers to see.
pub async fn give_up(app: &App, tx: &mut crate::db::Tx, notice_id: &str, error: &str) -> Result<()> {
    Ok(store::give_up(tx, notice_id, error, app.now()).await?)
}

/// What WeChat says became of a message that it took by `channel`. One that did not arrive goes on by SMS, by a job of its
/// own, unless an officer does not wish that. Whether the notice still counted as sent by that channel.
async fn became(app: &App, notice: &Notice, channel: Channel, state: Delivery, note: &str) -> Result<bool> {
    let by_sms = state != Delivery::Delivered
        && wishes(app, &notice.recipient)
            .await?
            .is_none_or(|wishes| wishes.way.sms());
    let now = app.now();
    let mut tx = app.db.write().await?;
    let ours = store::outcome(&mut tx, &notice.id, channel, state, note, now).await?;
    if ours && by_sms {
        store::queue_for_sms(&mut tx, &notice.id, now).await?;
        let payload = serde_json::json!({ "notice": notice.id });
        outbox::enqueue(&mut tx, &app.id(), NOTICE_JOB, &payload, now, None).await?;
    }
    tx.commit().await?;
    if ours {
        count(app, channel, state);
    }
    Ok(ours)
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

/// The content's fields, cut to their keyword types, for whichever kind of message; the page of all messages shows the same.
pub fn data(content: &Content) -> Result<Data, String> {
    let fields = content
        .fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    Data::of(fields).map_err(|problem| problem.to_string())
}

/// The message's link. A worker comes through OAuth, so the page opens signed in; an officer has a password.
pub fn entrance(app: &App, path: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::catalogue::to_officer;
    use crate::union::preferences::Quiet;

    /// quiet hours hold a message back until they end; not one of a window that closes within a day, and not beyond
    /// the moment from which it is such.
    #[test]
    fn what_is_urgent_does_not_wait() {
        let at = |day, hour| Time::shanghai(2026, 12, day, hour, 0, 0);
        let wishes = Some(Preferences {
            way: preferences::Way::WechatSms,
            quiet: Quiet::parse("20:00", "08:00").unwrap_or_default(),
        });
        let closes = |until| to_officer("长清区总工会", 3, until);
        let waits = |content: &Content, now| waits_until(&wishes, content, now);
        assert_eq!(waits(&closes(at(20, 0)), at(3, 21)), Some(at(4, 8)));
        assert_eq!(waits(&closes(at(20, 0)), at(3, 12)), None, "by day");
        assert_eq!(waits(&closes(at(8, 0)), at(7, 1)), None, "closes within a day");
        assert_eq!(
            waits(&closes(at(8, 0)), at(6, 21)),
            Some(at(7, 0)),
            "urgent from then on"
        );
        assert_eq!(
            waits(&closes(at(3, 0)), at(3, 21)),
            Some(at(4, 8)),
            "closed already"
        );
        assert_eq!(waits_until(&None, &closes(at(20, 0)), at(3, 21)), None);
    }
}
