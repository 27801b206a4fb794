//! What WeChat users granted: every "允许" of a 订阅通知 is one message, whenever (facts, 订阅通知).
//!
//! A grant is taken for one notice before the message is sent, and only by the transaction that finds it open: two
//! deliveries never use the same one. A taken grant whose message may or may not have gone out (a crash, no answer) is
//! never sent for again, since WeChat has no id by which a repeated 订阅通知 would be known; WeChat's
//! `subscribe_msg_sent_event` tells.

use super::store::grants as store;
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Time;
use crate::wechat::message::{Decision, Grant, SentNotice};

crate::text_enum! {
    /// Where a grant stands.
    pub enum State {
        /// A message may be sent.
        Open = "open",
        /// For one notice, which is being sent.
        Taken = "taken",
        /// Its message was sent, or may have been.
        Used = "used",
        /// The person said no, in a page's popup.
        Rejected = "rejected",
        /// The person turned such messages off on WeChat's management page.
        Stopped = "stopped",
        /// No longer good: turned off later, or WeChat knows of none (43101).
        Ended = "ended",
    }
}

/// A grant that is taken for a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Id.
    pub id: String,
    /// The notice.
    pub notice_id: String,
    /// Since when.
    pub at: Time,
    /// What WeChat said became of the message, if it did: `success` or its words.
    pub outcome: Option<String>,
}

/// Notes what somebody answered in a page's popup. `cause` is the event's identity: the same one counts once.
pub async fn answered(app: &App, openid: &str, cause: &str, at: Time, grants: &[Grant]) -> Result<()> {
    let mut tx = app.db.write().await?;
    for grant in grants {
        let state = match grant.decision {
            // Events come out of order: a grant older than "off" is over already.
            Decision::Accept if store::stopped_after(&mut tx, openid, &grant.template_id, at).await? => {
                State::Ended
            }
            Decision::Accept => State::Open,
            Decision::Reject | Decision::Other(_) => State::Rejected,
        };
        let row = (openid, grant.template_id.as_str(), cause);
        store::insert(&mut tx, &app.id(), row, state, at).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Notes what somebody turned off on WeChat's management page: it ends what they granted before.
pub async fn changed(app: &App, openid: &str, cause: &str, at: Time, changes: &[Grant]) -> Result<()> {
    let mut tx = app.db.write().await?;
    // Turning on there is no grant: only "off" is told.
    for change in changes.iter().filter(|change| !change.is_accepted()) {
        let row = (openid, change.template_id.as_str(), cause);
        store::insert(&mut tx, &app.id(), row, State::Stopped, at).await?;
        store::end_open(&mut tx, openid, &change.template_id, at).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// How many messages may still be sent by it.
pub async fn open(app: &App, openid: &str, template_id: &str) -> Result<i64> {
    Ok(store::open(app, openid, template_id).await?)
}

/// Takes the oldest open grant for a notice; `None` when there is none.
pub async fn take(app: &App, openid: &str, template_id: &str, notice_id: &str) -> Result<Option<Taken>> {
    let mut tx = app.db.write().await?;
    while let Some(id) = store::oldest_open(&mut tx, openid, template_id).await? {
        // Somebody else may have taken it between the two statements (PostgreSQL); then the next one is tried.
        if store::take(&mut tx, &id, notice_id, app.now()).await? {
            tx.commit().await?;
            let (notice_id, at, outcome) = (notice_id.to_owned(), app.now(), None);
            return Ok(Some(Taken {
                id,
                notice_id,
                at,
                outcome,
            }));
        }
    }
    Ok(None)
}

/// The grant that is taken for a notice, if one is.
pub async fn taken_for(app: &App, notice_id: &str) -> Result<Option<Taken>> {
    Ok(store::taken_for(app, notice_id).await?)
}

/// A grant by id, if it was ever taken.
pub async fn find_taken(app: &App, id: &str) -> Result<Option<Taken>> {
    Ok(store::find_taken(app, id).await?)
}

/// Gives a grant back: WeChat refused the message for another reason and so has not counted it.
pub async fn release(app: &App, taken: &Taken) -> Result<()> {
    let mut tx = app.db.write().await?;
    store::release(&mut tx, &taken.id).await?;
    tx.commit().await?;
    Ok(())
}

/// Nobody will ever know whether its message went out: it counts as used.
pub async fn give_up(app: &App, taken: &Taken) -> Result<()> {
    let mut tx = app.db.write().await?;
    store::give_up(&mut tx, &taken.id).await?;
    tx.commit().await?;
    Ok(())
}

/// WeChat says that there is no grant (43101): this one and all the others for the template end.
pub async fn none_left(app: &App, taken: &Taken, openid: &str, template_id: &str) -> Result<()> {
    let mut tx = app.db.write().await?;
    store::end(&mut tx, &taken.id).await?;
    store::end_open(&mut tx, openid, template_id, Time(i64::MAX)).await?;
    tx.commit().await?;
    Ok(())
}

/// Marks a grant used within the transaction that notes its message as sent; gives what WeChat has said of the message
/// meanwhile.
pub async fn use_up(tx: &mut Tx, taken: &Taken, msgid: Option<&str>) -> Result<Option<String>> {
    Ok(store::use_up(tx, &taken.id, msgid).await?)
}

/// Notes what became of sent messages (`subscribe_msg_sent_event`), within the caller's transaction; gives the grants
/// that it is about. WeChat names the template and a message id which it does not tell when sending: the oldest
/// message without an outcome is meant.
pub async fn outcomes(tx: &mut Tx, openid: &str, results: &[SentNotice]) -> Result<Vec<String>> {
    let mut grants = Vec::new();
    for result in results {
        let outcome = if result.is_success() {
            "success".to_owned()
        } else {
            format!("{} {}", result.code, result.status)
        };
        if let Some(grant) = store::outcome(tx, openid, result, &outcome).await? {
            grants.push(grant);
        }
    }
    Ok(grants)
}

/// Deletes what is known of a WeChat user who closed their account or took back their permission.
pub async fn forget(app: &App, openid: &str) -> Result<()> {
    let mut tx = app.db.write().await?;
    store::delete(&mut tx, openid).await?;
    tx.commit().await?;
    Ok(())
}
