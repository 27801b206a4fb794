//! Taking back one's own pass, until the next step acts (R-22, ADR 0021). The decision stays as it was made; that it was
//! taken back is a fact of its own.

use super::{Verdict, desk, store};
use crate::app::App;
use crate::application::moves::{self, Move};
use crate::application::states::Event;
use crate::application::{Application, State};
use crate::campaign;
use crate::error::{Error, Result, is_unique_violation};
use crate::kernel::Refusal;
use crate::kernel::time::MINUTE;
use crate::union::Officer;
use crate::union::rights::{self, Act};

/// Takes the officer's pass back: the application stands at their step again. `version_seen`: the application's on the page.
///
/// Errors: [`Error::NotFound`] outside the subtree; [`Refusal::NotAllowed`]; [`Refusal::ReviewWindowClosed`];
/// [`Refusal::RecallTooLate`] when it is not the officer's own pass, the last step has approved it, or anything happened
/// since. A claim of the next step does not stand in the way.
pub async fn recall(app: &App, officer: &Officer, id: &str, version_seen: i64) -> Result<()> {
    let result = recall_checked(app, officer, id, version_seen).await;
    let subject = ("application", id);
    rights::noted(
        app,
        &officer.actor(),
        "application.pass_recalled",
        subject,
        result,
    )
    .await
}

async fn recall_checked(app: &App, officer: &Officer, id: &str, version_seen: i64) -> Result<()> {
    let application = desk::visible(app, officer, id).await?;
    rights::check(officer, Act::Decide)?;
    let passed = own_pass(app, officer, &application).await?;
    let passed = passed
        .filter(|_| application.version == version_seen)
        .ok_or(Refusal::RecallTooLate)?;
    let intake = campaign::intake(app, &application.intake_id).await?;
    intake.may_review(app.now())?;
    let actor = officer.actor();
    let mut tx = app.db.write().await?;
    let to = Move {
        actor: &actor,
        event: Event::PassRecalled,
        step: usize::try_from(passed.step).map_err(anyhow::Error::from)?,
        holder_id: Some(&officer.union.id),
        union_id: Some(&officer.union.id),
        note: "",
        corrections: &[],
    };
    match moves::apply(app, &mut tx, &application, to).await {
        Err(Error::Refused(Refusal::ChangedMeanwhile)) => return Err(Refusal::RecallTooLate.into()),
        other => other?,
    };
    store::end_claims(&mut tx, &[id]).await?;
    match store::insert_recall(&mut tx, &passed.id, id, &officer.id, app.now()).await {
        Err(error) if is_unique_violation(&error) => return Err(Refusal::RecallTooLate.into()),
        other => other?,
    }
    tx.commit().await?;
    Ok(())
}

/// Whether [`recall`] would do it now: for pages.
pub async fn possible(app: &App, officer: &Officer, application: &Application) -> Result<bool> {
    let intake = campaign::intake(app, &application.intake_id).await?;
    let open = officer.can(Act::Decide) && intake.may_review(app.now()).is_ok();
    Ok(open && own_pass(app, officer, application).await?.is_some())
}

/// How long the desk speaks of the pass that was just given.
const JUST: i64 = 10 * MINUTE;

/// The application that the officer has just passed and could take back: the way back from a slip of the hand.
pub async fn just_passed(app: &App, officer: &Officer) -> Result<Option<String>> {
    Ok(store::just_passed(app, &officer.id, app.now().plus(-JUST)).await?)
}

/// The officer's pass, if it is the last thing that happened.
async fn own_pass(app: &App, officer: &Officer, application: &Application) -> Result<Option<store::Last>> {
    if application.state != State::InReview {
        return Ok(None);
    }
    let last = store::last_decision(app, &application.id).await?;
    Ok(last.filter(|last| {
        last.officer_id == officer.id
            && last.union_id == officer.union.id
            && last.verdict == Verdict::Pass.as_str()
            && last.application_version + 1 == application.version
    }))
}
