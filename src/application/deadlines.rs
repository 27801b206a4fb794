//! What time itself does: a correction that was not made until its window's end is over, and the waiting with the last
//! review window of the year (R-9, R-20, R-24, ADR 0028).

use super::Application;
use super::states::{Event, State};
use super::store;
use super::withdraw::{Ending, end};
use crate::app::App;
use crate::audit::Actor;
use crate::error::{Error, Result};
use crate::kernel::Refusal;

/// How many are looked at in one round.
const BATCH: i64 = 200;
/// How many of one unit end in one transaction.
const TOGETHER: usize = 50;

/// Why an application in this state ends by time alone: words for the worker, at most 20 characters (WeChat's `thing`).
pub fn why(state: State) -> &'static str {
    match state {
        State::Waitlisted => "候补结束，未轮到",
        State::Recalled => "取回后未重新提交，名额已释放",
        State::RecalledWaiting => "取回后未重新提交，候补已取消",
        _ => "超过补正期限，名额已释放",
    }
}

/// Ends returned applications whose intake's review window is over, recalled ones whose application window is, and the
/// waiting for which no review is left; places go to the first who wait. Gives how many ended.
pub async fn expire_overdue(app: &App) -> Result<usize> {
    let overdue = store::overdue(app, app.now(), BATCH).await?;
    let same_unit =
        |a: &Application, b: &Application| (&a.campaign_id, &a.unit_id) == (&b.campaign_id, &b.unit_id);
    let mut ended = 0;
    for together in overdue.chunk_by(same_unit).flat_map(|unit| unit.chunks(TOGETHER)) {
        // One that is in the way, moved meanwhile or broken, must not keep the others: then each by itself.
        if expire(app, together).await.is_ok() {
            ended += together.len();
        } else {
            for one in together {
                ended += usize::from(expire_one(app, one).await);
            }
        }
    }
    Ok(ended)
}

/// All of these in one transaction.
async fn expire(app: &App, together: &[Application]) -> Result<()> {
    let mut tx = app.db.write().await?;
    for application in together {
        let ending = Ending {
            actor: &Actor::System,
            event: Event::Expired,
            union_id: None,
            note: why(application.state),
        };
        end(app, &mut tx, application, ending).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Whether it ended; one that could not is tried again in the next round.
async fn expire_one(app: &App, application: &Application) -> bool {
    match expire(app, std::slice::from_ref(application)).await {
        Ok(()) => true,
        // Somebody else moved it meanwhile: nothing to do any more.
        Err(Error::Refused(Refusal::ChangedMeanwhile)) => false,
        Err(error) => {
            tracing::error!(application = application.id, %error, "an overdue application could not be ended");
            false
        }
    }
}
