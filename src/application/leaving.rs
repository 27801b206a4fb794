//! 注销: a worker leaves. The account is closed and its personal data are erased; so are those of every application that
//! brought no money. What was approved is an accounting record: it stays for the audit's term with what the audit needs
//! and no more (docs/privacy.md, ADR 0017).

use super::states::{Event, State};
use super::withdraw::{self, Ending};
use super::{Application, erasure, moves, store};
use crate::account::{merging, workers};
use crate::app::App;
use crate::audit::Actor;
use crate::enrolment::owner;
use crate::error::Result;
use crate::kernel::Refusal;

/// What leaving will do, for the page that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prospect {
    /// An application under way, which would be withdrawn.
    pub in_progress: bool,
    /// It holds a place, which would go to the next.
    pub holds_place: bool,
    /// An approved one, whose record stays.
    pub approved: bool,
    /// An enrolment that is not settled, which keeps the account open.
    pub enrolled: bool,
}

/// What leaving would do.
pub async fn prospect(app: &App, worker_id: &str) -> Result<Prospect> {
    let all = store::of_worker(app, worker_id).await?;
    Ok(Prospect {
        in_progress: all.iter().any(in_progress),
        holds_place: all.iter().any(|a| in_progress(a) && a.state.holds_place()),
        approved: all.iter().any(|a| a.state == State::Approved),
        enrolled: owner::is_bound(app, worker_id).await?,
    })
}

fn in_progress(application: &Application) -> bool {
    application.state != State::Draft && !application.state.is_over()
}

/// Closes the account, in one transaction with all that follows. `withdraw`: the worker agrees that an application under
/// way is withdrawn. Who signs up with the same phone afterwards is somebody new; the subsidies already granted to the
/// ID number stay counted.
///
/// Errors: [`Refusal::LeaveWithdrawFirst`], [`Refusal::LeaveEnrolmentFirst`], [`Refusal::ChangedMeanwhile`].
pub async fn leave(app: &App, worker_id: &str, withdraw: bool) -> Result<()> {
    let worker = workers::find(app, worker_id).await?;
    let all = store::of_worker(app, worker_id).await?;
    if all.iter().any(in_progress) && !withdraw {
        return Err(Refusal::LeaveWithdrawFirst.into());
    }
    let actor = Actor::Worker(worker_id.to_owned());
    let mut tx = app.db.write().await?;
    // First, so that nothing new is begun under this account.
    merging::close(app, &mut tx, &worker).await?;
    owner::may_leave(&mut tx, worker_id).await?;
    for application in &all {
        if in_progress(application) {
            let ending = Ending {
                actor: &actor,
                event: Event::Withdrawn,
                union_id: None,
                note: "",
            };
            withdraw::end(app, &mut tx, application, ending).await?;
        } else {
            // A draft that was submitted meanwhile is one under review.
            moves::lock(&mut tx, application).await?;
        }
        if application.state == State::Approved {
            erasure::limit(app, &mut tx, application, &actor).await?;
        } else {
            erasure::erase(app, &mut tx, application, &actor).await?;
        }
    }
    if store::count_of(&mut tx, worker_id).await? != all.len() as i64 {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    owner::erase(app, &mut tx, worker_id).await?;
    tx.commit().await?;
    Ok(())
}
