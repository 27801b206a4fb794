//! 回避: an officer declares that an applicant is a relative, and decides that application no more (R-22, ADR 0021). When
//! nobody is left at the step, the next union above that has somebody takes it over by itself.

use super::{Relation, desk, rule, store};
use crate::app::App;
use crate::application::Application;
use crate::application::moves::{self, Move};
use crate::application::states::Event;
use crate::audit::{self, Line};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::union::rights::{self, Act};
use crate::union::{Officer, Union, tree};
use serde_json::json;

/// What came of a declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declared {
    /// A colleague of the same union decides.
    Colleague,
    /// The union above decides, by name.
    HandedUp(String),
    /// Nobody can: [`Refusal::NoOtherReviewer`] says what to do.
    Nobody,
}

/// Declares. It cannot be taken back; declaring twice is declaring once.
///
/// Errors: [`Error::NotFound`] outside the subtree; [`Refusal::NotAllowed`] without the role reviewer;
/// [`Refusal::ChangedMeanwhile`] when the application moved at this moment: declare again.
pub async fn declare(app: &App, officer: &Officer, id: &str, relation: Relation) -> Result<Declared> {
    let result = declare_checked(app, officer, id, relation).await;
    let subject = ("application", id);
    rights::noted(app, &officer.actor(), "application.relative", subject, result).await
}

async fn declare_checked(app: &App, officer: &Officer, id: &str, relation: Relation) -> Result<Declared> {
    let application = desk::visible(app, officer, id).await?;
    rights::check(officer, Act::Decide)?;
    let actor = officer.actor();
    let mut tx = app.db.write().await?;
    // On PostgreSQL the row is the lock: of two who declare at once the second sees the first.
    moves::lock(&mut tx, &application).await?;
    store::insert_relative(&mut tx, id, &officer.id, relation, app.now()).await?;
    store::release_claim(&mut tx, id, &officer.id).await?;
    let line = Line {
        actor: &actor,
        act: "application.relative",
        subject: ("application", id),
        detail: json!({ "relation": relation }),
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    let declared = if rule::at_step_of(officer, &application) {
        hand_up(app, &mut tx, officer, &application).await?
    } else {
        Declared::Colleague
    };
    tx.commit().await?;
    Ok(declared)
}

async fn hand_up(app: &App, tx: &mut Tx, officer: &Officer, application: &Application) -> Result<Declared> {
    if is_free(tx, application, &officer.union).await? {
        return Ok(Declared::Colleague);
    }
    let Some((step, union)) = above(tx, application).await? else {
        return Ok(Declared::Nobody);
    };
    let actor = officer.actor();
    let to = Move {
        actor: &actor,
        event: Event::HandedUp,
        step,
        holder_id: Some(&union.id),
        union_id: Some(&officer.union.id),
        note: "",
        corrections: &[],
    };
    moves::apply(app, tx, application, to).await?;
    Ok(Declared::HandedUp(union.name))
}

/// Whether a union has somebody who may decide it, as the caller's transaction sees who declared.
async fn is_free(tx: &mut Tx, application: &Application, union: &Union) -> Result<bool> {
    let free = store::free_at(&mut **tx, &[&application.id], &union.id).await?;
    Ok(!free.is_empty())
}

/// The next step above with somebody who may decide it.
async fn above(tx: &mut Tx, application: &Application) -> Result<Option<(usize, Union)>> {
    let union_id = application.union_id.as_deref().ok_or(Error::NotFound)?;
    let chain = tree::review_chain_in(tx, union_id).await?;
    for (step, union) in chain.into_iter().enumerate().skip(application.step + 1) {
        if is_free(tx, application, &union).await? {
            return Ok(Some((step, union)));
        }
    }
    Ok(None)
}

/// The words for an officer about what came of it.
pub fn words(declared: &Declared) -> String {
    match declared {
        Declared::Colleague => "已申报回避，由本工会其他审核员办理".to_owned(),
        Declared::HandedUp(union) => format!("已申报回避。本工会没有其他审核员，已转由{union}审核"),
        Declared::Nobody => format!("已申报回避。{}", Refusal::NoOtherReviewer.text()),
    }
}
