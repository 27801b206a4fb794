//! What time itself does: a correction that was not made until the review window's end is over.

use super::states::Event;
use super::store;
use super::withdraw::{Ending, end};
use crate::app::App;
use crate::audit::Actor;
use crate::error::{Error, Result};
use crate::kernel::Refusal;

/// How many are looked at in one round.
const BATCH: i64 = 100;

/// Ends returned applications whose intake's review window is over; their places go to the first who wait.
/// Gives how many ended.
pub async fn expire_overdue(app: &App) -> Result<usize> {
    let mut ended = 0;
    for application in store::overdue(app, app.now(), BATCH).await? {
        let mut tx = app.db.write().await?;
        let ending = Ending {
            actor: &Actor::System,
            event: Event::Expired,
            union_id: None,
            note: "",
        };
        match end(app, &mut tx, &application, ending).await {
            Ok(()) => {
                tx.commit().await?;
                ended += 1;
            }
            // Somebody else moved it meanwhile: nothing to do any more.
            Err(Error::Refused(Refusal::ChangedMeanwhile)) => {}
            // One that cannot end must not keep the others: it is tried again in the next round.
            Err(error) => {
                tracing::error!(application = application.id, %error, "an overdue application could not be ended")
            }
        }
    }
    Ok(ended)
}
