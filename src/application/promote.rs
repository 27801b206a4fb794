//! What a free place means for those who wait: first come, first served. Each is decided in a review window
//! their own, or after it the campaign's next one, into which they are carried over; after the last one the
//! waiting is over (ADR 0028).

use super::moves::{self, Move};
use super::states::{Event, State};
use super::withdraw::{Ending, leave};
use super::{Application, deadlines, store};
use crate::app::App;
use crate::audit::Actor;
use crate::campaign::intakes::{self, Turn};
use crate::campaign::places::Locked;
use crate::campaign::{Intake, PlaceCause};
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Time;

/// Gives free places to those who wait, in their order, until one of them runs out. Whose waiting is over by now ends here,
/// so that no place is ever free while somebody waits.
pub async fn promote(
    app: &App,
    tx: &mut Tx,
    places: &mut Locked<'_>,
    campaign_id: &str,
    unit_id: &str,
) -> Result<()> {
    if places.places().left() == 0 {
        return Ok(());
    }
    let intakes = intakes::of_campaign(tx, campaign_id).await?;
    while places.places().left() > 0 {
        let Some(first) = store::first_waiting(tx, campaign_id, unit_id).await? else {
            return Ok(());
        };
        // Who waits may be typing at this moment: then they are seen again.
        if !store::lock_row(tx, &first).await? {
            continue;
        }
        match turn(&intakes, &first, app.now()) {
            Turn::Here => give(app, tx, places, &first, Event::Promoted).await?,
            Turn::CarriedTo(intake) => {
                give(app, tx, places, &first, Event::CarriedOver).await?;
                // Nobody can decide before the window opens: until then it does not grow old at the union.
                let since = app.now().max(intake.review.from);
                store::carry_over(tx, &first.id, &intake.id, since).await?;
            }
            Turn::Over => {
                let ending = Ending {
                    actor: &Actor::System,
                    event: Event::Expired,
                    union_id: None,
                    note: deadlines::why(first.state),
                };
                leave(app, tx, &first, &ending).await?;
            }
        }
    }
    Ok(())
}

/// As for its intake; what was taken back for correction, and not submitted again in time, waits no more.
fn turn<'a>(intakes: &'a [Intake], first: &Application, now: Time) -> Turn<'a> {
    let own = intakes.iter().find(|intake| intake.id == first.intake_id);
    if first.state == State::RecalledWaiting && own.is_none_or(|own| own.apply.until < now) {
        return Turn::Over;
    }
    intakes::turn(intakes, &first.intake_id, now)
}

async fn give(
    app: &App,
    tx: &mut Tx,
    places: &mut Locked<'_>,
    first: &Application,
    event: Event,
) -> Result<()> {
    places
        .take(tx, &first.id, PlaceCause::Promoted, &Actor::System)
        .await?;
    let to = Move {
        actor: &Actor::System,
        event,
        step: first.step,
        holder_id: first.holder_id.as_deref(),
        union_id: None,
        note: "",
        corrections: &[],
    };
    moves::apply(app, tx, first, to).await?;
    Ok(())
}
