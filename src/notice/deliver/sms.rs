//! By SMS. A gateway cannot be asked what it has sent, so an attempt is noted before it is made ("sending"). Found in that
//! state later (the process died, no answer came), it is sent again once, under the same id; found so a second time it is
//! left as "unknown", for an officer to look at: rather twice than not at all, but not again and again (ADR 0022).

use super::{Attempt, Way, end, left, phone};
use crate::app::App;
use crate::error::Result;
use crate::kernel::time::SECOND;
use crate::notice::store::{self, Notice};
use crate::notice::{Channel, Delivery};
use crate::sms::SmsError;

/// An attempt that began so long ago has no end any more: the gateway's time limit is 5 s.
const ENDS_WITHIN: i64 = 30 * SECOND;

/// Sends it; `why` says why not by WeChat. What the gateway did not take is tried again.
pub(super) async fn send(app: &App, notice: &Notice, why: &str) -> Result<Attempt> {
    match attempt(app, notice, why, notice.doubts).await? {
        Way::Over(attempt) => Ok(attempt),
        Way::Closed(error) => Ok(Attempt::Again(error)),
    }
}

/// The same, where another way may follow: [`Way::Closed`] when the gateway did not take it.
pub(super) async fn attempt(app: &App, notice: &Notice, why: &str, doubts: i64) -> Result<Way> {
    if left(app, &notice.recipient).await? {
        // Left after WeChat had taken the message: nothing more is sent.
        let closed = (Channel::Sms, Delivery::Refused);
        end(app, notice, closed, None, "the account is closed").await?;
        return Ok(Way::Over(Attempt::Done));
    }
    let phone = phone(app, &notice.recipient).await?;
    let mut tx = app.db.write().await?;
    let begun = store::begin_sms(&mut tx, notice, why, doubts, app.now()).await?;
    tx.commit().await?;
    if !begun {
        // Somebody else is at it.
        return Ok(Way::Over(Attempt::Paused(app.now().plus(ENDS_WITHIN))));
    }
    match app.sms.send_once(&notice.id, &phone, &notice.content.sms).await {
        Ok(()) => {
            end(app, notice, (Channel::Sms, Delivery::Sent), None, why).await?;
            Ok(Way::Over(Attempt::Done))
        }
        Err(SmsError::NotTaken(error)) => {
            let mut tx = app.db.write().await?;
            store::sms_not_taken(&mut tx, notice, app.now()).await?;
            tx.commit().await?;
            Ok(Way::Closed(format!("{error:#}")))
        }
        Err(SmsError::InDoubt(error)) => {
            tracing::warn!(
                error = format!("{error:#}"),
                "whether a text message went out is not known"
            );
            Ok(Way::Over(Attempt::Paused(app.now().plus(ENDS_WITHIN))))
        }
    }
}

/// A notice that is found as being sent.
pub(super) async fn resume(app: &App, notice: &Notice) -> Result<Attempt> {
    let ended = notice.updated_at.plus(ENDS_WITHIN);
    if app.now() < ended {
        return Ok(Attempt::Paused(ended));
    }
    if notice.doubts > 0 {
        let unknown = (Channel::Sms, Delivery::Unknown);
        end(
            app,
            notice,
            unknown,
            None,
            "whether the SMS went out is not known",
        )
        .await?;
        return Ok(Attempt::Done);
    }
    let again = attempt(app, notice, &notice.error, 1).await?;
    Ok(match again {
        Way::Over(attempt) => attempt,
        Way::Closed(error) => Attempt::Again(error),
    })
}
