//! By 订阅通知 (bizsend): one message for every time the person said "允许".
//!
//! The grant is taken before sending, by the transaction that finds it open. WeChat knows no id by which a repeated
//! 订阅通知 would be shown once; so one that may have gone out (a crash, no answer) is not sent again: WeChat's
//! `subscribe_msg_sent_event` is waited for, and without one the person is told by SMS.

use super::{Attempt, Way, became, count, data, entrance, refused, sms, wishes};
use crate::account::grants::{self, Taken};
use crate::app::App;
use crate::error::Result;
use crate::kernel::time::{MINUTE, SECOND};
use crate::notice::store::{self, Notice};
use crate::notice::{Channel, Delivery};
use crate::wechat::CallError;
use crate::wechat::subscribe::SubscribeMessage;

/// So long WeChat's word is waited for when a message may or may not have gone out.
const WORD_WITHIN: i64 = 2 * MINUTE;
/// How often it is looked for meanwhile.
const LOOK_EVERY: i64 = 10 * SECOND;
/// "user refuse to accept the msg": never granted, used up, or turned off.
const NO_GRANT: i64 = 43101;

pub(super) async fn send(app: &App, notice: &Notice, openid: &str) -> Result<Way> {
    let Some(template) = app
        .config
        .wechat
        .subscribe_templates
        .get(&notice.content.template)
    else {
        return Ok(Way::Closed(String::new()));
    };
    let data = match data(&notice.content) {
        Ok(data) => data,
        Err(problem) => return Ok(Way::Closed(problem)),
    };
    let Some(taken) = grants::take(app, openid, template, &notice.id).await? else {
        return Ok(Way::Closed(String::new()));
    };
    // A token that cannot be had is no doubt about a message: looked at before there is any.
    if let Err(error) = app.wechat.tokens().token().await {
        grants::release(app, &taken).await?;
        return Ok(refused(app, &error));
    }
    let message = SubscribeMessage::new(openid, template)
        .page(entrance(app, &notice.content.path))
        .data(data);
    match app.wechat.send_subscription(&message).await {
        Ok(msgid) => {
            sent(app, notice, &taken, msgid.as_deref()).await?;
            Ok(Way::Over(Attempt::Done))
        }
        Err(error) => failed(app, &taken, (openid, template), &error).await,
    }
}

async fn failed(
    app: &App,
    taken: &Taken,
    (openid, template): (&str, &str),
    error: &CallError,
) -> Result<Way> {
    if error.is_outcome_unknown() {
        // The grant stays taken: the next attempt finds it and waits for WeChat's word.
        tracing::warn!(%error, "whether a message went out is not known");
        return Ok(Way::Over(Attempt::Paused(app.now().plus(LOOK_EVERY))));
    }
    if error.code() == Some(NO_GRANT) {
        grants::none_left(app, taken, openid, template).await?;
    } else {
        grants::release(app, taken).await?;
    }
    Ok(refused(app, error))
}

/// An attempt before this one took a grant, and nobody noted how it ended.
pub(super) async fn resume(app: &App, notice: &Notice, taken: &Taken) -> Result<Attempt> {
    if taken.outcome.is_some() {
        sent(app, notice, taken, None).await?;
        return Ok(Attempt::Done);
    }
    if app.now() < taken.at.plus(WORD_WITHIN) {
        return Ok(Attempt::Paused(app.now().plus(LOOK_EVERY)));
    }
    let why = "whether the 订阅通知 went out is not known";
    if wishes(app, &notice.recipient)
        .await?
        .is_some_and(|wishes| !wishes.way.sms())
    {
        super::end(app, notice, (Channel::Subscribe, Delivery::Unknown), None, why).await?;
        grants::give_up(app, taken).await?;
        return Ok(Attempt::Done);
    }
    let told = sms::send(app, notice, why).await?;
    if told == Attempt::Done {
        // Not counted as a message that WeChat's next word may be about.
        grants::give_up(app, taken).await?;
    }
    Ok(told)
}

/// In one transaction: the message is sent, and its grant used.
async fn sent(app: &App, notice: &Notice, taken: &Taken, msgid: Option<&str>) -> Result<()> {
    let mut tx = app.db.write().await?;
    let (channel, now) = (Channel::Subscribe, app.now());
    store::finish(&mut tx, &notice.id, channel, Delivery::Sent, msgid, "", now).await?;
    let outcome = grants::use_up(&mut tx, taken, msgid).await?;
    tx.commit().await?;
    count(app, channel, Delivery::Sent);
    // WeChat's word may have come before this was noted.
    match outcome {
        Some(outcome) => apply(app, notice, &outcome).await,
        None => Ok(()),
    }
}

/// `subscribe_msg_sent_event`: what became of the message of a grant. One whose sending is not noted yet is left to
/// whoever notes it.
pub async fn outcome(app: &App, grant_id: &str) -> Result<()> {
    let Some(taken) = grants::find_taken(app, grant_id).await? else {
        return Ok(());
    };
    match (store::notice(app, &taken.notice_id).await?, &taken.outcome) {
        (Some(notice), Some(outcome)) if notice.state != Delivery::Queued => {
            apply(app, &notice, outcome).await
        }
        _ => Ok(()),
    }
}

async fn apply(app: &App, notice: &Notice, outcome: &str) -> Result<()> {
    let (state, note) = match outcome {
        "success" => (Delivery::Delivered, ""),
        refused if refused.starts_with("43101 ") => (Delivery::Refused, refused),
        failed => (Delivery::Failed, failed),
    };
    // One that was told by SMS already is not ours any more.
    became(app, notice, Channel::Subscribe, state, note).await?;
    Ok(())
}
