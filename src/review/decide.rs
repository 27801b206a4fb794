//! Deciding: once, by the union whose step it is, on the version that was seen, inside the window (R-21, R-22, R-24).

use super::{ReasonCode, Verdict, store};
use crate::app::App;
use crate::application::moves::{self, Move};
use crate::application::states::Event;
use crate::application::withdraw::{Ending, end};
use crate::application::{self, Application, DocumentKind, State, form};
use crate::campaign;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Refusal, text};
use crate::union::rights::{self, Act};
use crate::union::{Officer, Union, tree};

/// The longest reason, in characters.
pub const REASON_MAX: usize = 300;

/// What the officer sends.
pub struct Decision<'a> {
    /// The application.
    pub application_id: &'a str,
    /// Its version as seen on the page.
    pub version_seen: i64,
    /// What is decided.
    pub verdict: Verdict,
    /// The words for the worker; needed unless it passes.
    pub reason: &'a str,
    /// With a return: names of fields and documents to be mended.
    pub corrections: &'a [String],
}

/// [`decide_for`] a reason that has no code of its own.
pub async fn decide(app: &App, officer: &Officer, decision: &Decision<'_>) -> Result<State> {
    decide_for(app, officer, decision, ReasonCode::Other).await
}

/// Decides; the code is kept unless it passes. Whoever was refused leaves a line in the audit trail.
///
/// Errors: [`Error::NotFound`] for an application of another branch; [`Refusal::NotAllowed`] without the role;
/// [`Refusal::OwnApplication`]; [`Refusal::DeclaredRelative`]; [`Refusal::ReviewWindowClosed`]; [`Refusal::NotYourStep`];
/// [`Refusal::AlreadyDecided`] with who was first; [`Refusal::ChangedMeanwhile`] on a stale version;
/// [`Refusal::FirstStep`] with nobody to send it back to; the fields' errors at `reason` and `corrections`.
pub async fn decide_for(
    app: &App,
    officer: &Officer,
    decision: &Decision<'_>,
    code: ReasonCode,
) -> Result<State> {
    let result = decide_checked(app, officer, decision, code).await;
    if matches!(result, Err(Error::Invalid(_))) {
        return result;
    }
    let subject = ("application", decision.application_id);
    rights::noted(app, &officer.actor(), "application.decide", subject, result).await
}

async fn decide_checked(
    app: &App,
    officer: &Officer,
    decision: &Decision<'_>,
    code: ReasonCode,
) -> Result<State> {
    let application = super::desk::visible(app, officer, decision.application_id).await?;
    may_decide(app, officer, &application).await?;
    if application.version != decision.version_seen {
        return Err(beaten(app, &application, decision.version_seen).await?);
    }
    let (reason, corrections) = check(decision)?;
    let to = target(app, &application, decision.verdict).await?;

    let mut tx = app.db.write().await?;
    let decided = Decided {
        officer,
        application: &application,
        verdict: decision.verdict,
        code: decision.verdict.needs_reason().then_some(code),
        reason: &reason,
        corrections,
        to,
    };
    match write(app, &mut tx, &decided).await {
        Ok(state) => {
            tx.commit().await?;
            Ok(state)
        }
        Err(Error::Refused(Refusal::ChangedMeanwhile)) => {
            drop(tx);
            Err(beaten(app, &application, decision.version_seen).await?)
        }
        Err(error) => Err(error),
    }
}

/// Whether this officer may decide this application now.
pub async fn may_decide(app: &App, officer: &Officer, application: &Application) -> Result<()> {
    rights::check(officer, Act::Decide)?;
    let at_their_step =
        application.state == State::InReview && application.holder_id.as_ref() == Some(&officer.union.id);
    if !at_their_step {
        return match store::decided_at_union(app, &application.id, &officer.union.id).await? {
            Some(by) => Err(Refusal::AlreadyDecided { by }.into()),
            None => Err(Refusal::NotYourStep.into()),
        };
    }
    campaign::intake(app, &application.intake_id)
        .await?
        .may_review(app.now())?;
    barred(app, officer, &application.id).await
}

/// Nobody decides their own application, nor one that they declared a relative's (R-22).
pub async fn barred(app: &App, officer: &Officer, application_id: &str) -> Result<()> {
    if store::is_own(app, application_id, &officer.phone_index).await? {
        return Err(Refusal::OwnApplication.into());
    }
    if store::is_relative(app, application_id, &officer.id).await? {
        return Err(Refusal::DeclaredRelative.into());
    }
    Ok(())
}

/// Somebody was faster: who, if it was a decision; else only that something changed.
pub(super) async fn beaten(app: &App, application: &Application, version_seen: i64) -> Result<Error> {
    let by = store::decided_on_version(app, &application.id, version_seen).await?;
    Ok(by
        .map_or(Refusal::ChangedMeanwhile, |by| Refusal::AlreadyDecided { by })
        .into())
}

/// What is sent, cleaned: the reason and what is to be mended; all that is wrong is told at once (R-22).
pub fn check(decision: &Decision<'_>) -> Result<(String, Vec<String>), FieldErrors> {
    let mut errors = FieldErrors::default();
    let corrections = errors.take("corrections", corrections(decision));
    let reason = errors.take("reason", reason(decision));
    reason.zip(corrections).ok_or(errors)
}

fn reason(decision: &Decision<'_>) -> Result<String, Refusal> {
    if decision.verdict == Verdict::Pass && decision.reason.trim().is_empty() {
        return Ok(String::new());
    }
    text::line(decision.reason, 2, REASON_MAX).map_err(|refusal| match refusal {
        Refusal::Empty => Refusal::ReasonMissing,
        other => other,
    })
}

fn corrections(decision: &Decision<'_>) -> Result<Vec<String>, Refusal> {
    if decision.verdict != Verdict::Return {
        return Ok(Vec::new());
    }
    let known = |name: &&String| form::label(name).is_some() || DocumentKind::parse(name).is_some();
    let corrections: Vec<String> = decision.corrections.iter().filter(known).cloned().collect();
    if corrections.is_empty() {
        Err(Refusal::NothingToCorrect)
    } else {
        Ok(corrections)
    }
}

/// A step and its union.
pub(super) type Step = (usize, Union);

/// Where a verdict leads: the next step that somebody reviews, or the one before (R-21).
pub(super) async fn target(app: &App, application: &Application, verdict: Verdict) -> Result<Option<Step>> {
    let union_id = application.union_id.as_deref().ok_or(Error::NotFound)?;
    match verdict {
        Verdict::Pass => {
            let chain = tree::review_chain(app, union_id).await?;
            let mut step = tree::next_step(app, &chain, application.step + 1).await?;
            // Nor where all who review declared 回避; the last step is never passed over.
            while let Some(at) = step.filter(|at| at + 1 < chain.len()) {
                if is_free(app, application, &chain[at]).await? {
                    break;
                }
                step = tree::next_step(app, &chain, at + 1).await?;
            }
            Ok(step.and_then(|step| chain.into_iter().nth(step).map(|union| (step, union))))
        }
        Verdict::SendBack => {
            let before = before(app, application).await?;
            Ok(Some(before.ok_or(Refusal::FirstStep)?))
        }
        Verdict::Return | Verdict::Reject => Ok(None),
    }
}

/// Whether a union has somebody who may decide the application: one who handed it up is not given it back.
async fn is_free(app: &App, application: &Application, union: &Union) -> Result<bool> {
    Ok(store::free_reviewers(app.db.read(), &application.id, &union.id).await? > 0)
}

/// The last step before the application's own that somebody reviews who may.
pub(super) async fn before(app: &App, application: &Application) -> Result<Option<Step>> {
    let union_id = application.union_id.as_deref().ok_or(Error::NotFound)?;
    let chain = tree::review_chain(app, union_id).await?;
    for at in (0..application.step.min(chain.len())).rev() {
        if tree::next_step(app, &chain, at).await? == Some(at)
            && is_free(app, application, &chain[at]).await?
        {
            return Ok(chain.into_iter().nth(at).map(|union| (at, union)));
        }
    }
    Ok(None)
}

/// A decision whose rules were checked.
pub(super) struct Decided<'a> {
    pub officer: &'a Officer,
    pub application: &'a Application,
    pub verdict: Verdict,
    pub code: Option<ReasonCode>,
    pub reason: &'a str,
    pub corrections: Vec<String>,
    /// Where it leads; none after the last step, and where nobody holds it then.
    pub to: Option<Step>,
}

/// Row, timeline, audit, outbox and the fact itself, within the caller's transaction. Refuses before it wrote anything:
/// [`Refusal::ChangedMeanwhile`] when the row is not the one that was seen.
pub(super) async fn write(app: &App, tx: &mut Tx, decided: &Decided<'_>) -> Result<State> {
    let Decided {
        officer,
        application,
        verdict,
        code,
        reason,
        corrections,
        ..
    } = decided;
    let state = moved(app, tx, decided).await?;
    let fact = store::Fact {
        id: app.id(),
        application_id: &application.id,
        application_version: application.version,
        step: application.step as i64,
        union_id: &officer.union.id,
        officer_id: &officer.id,
        verdict: *verdict,
        code: *code,
        reason,
        corrections,
        at: app.now(),
    };
    store::end_claim(tx, &application.id).await?;
    store::insert_decision(tx, &fact).await?;
    Ok(state)
}

async fn moved(app: &App, tx: &mut Tx, decided: &Decided<'_>) -> Result<State> {
    let application = decided.application;
    let actor = decided.officer.actor();
    let union_id = Some(decided.officer.union.id.as_str());
    if decided.verdict == Verdict::Reject {
        // Locks the unit's places before the row (campaign::places).
        let ending = Ending {
            actor: &actor,
            event: Event::Rejected,
            union_id,
            note: decided.reason,
        };
        end(app, tx, application, ending).await?;
        return Ok(State::Rejected);
    }
    let (event, step, holder) = match (decided.verdict, &decided.to) {
        (Verdict::SendBack, Some((step, union))) => (Event::SentBack, *step, Some(union.id.as_str())),
        (Verdict::Pass, Some((step, union))) => (Event::Passed, *step, Some(union.id.as_str())),
        (Verdict::Pass, None) => (Event::Approved, application.step, None),
        _ => (Event::Returned, application.step, None),
    };
    // What one union writes to another is not for the worker: it stands with the decision.
    let note = if event == Event::SentBack {
        ""
    } else {
        decided.reason
    };
    let to = Move {
        actor: &actor,
        event,
        step,
        holder_id: holder,
        union_id,
        note,
        corrections: &decided.corrections,
    };
    moves::apply(app, tx, application, to).await
}

/// The application after a decision, for the page that shows it.
pub async fn after(app: &App, id: &str) -> Result<Application> {
    application::find(app, id).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision<'a>(verdict: Verdict, reason: &'a str, corrections: &'a [String]) -> Decision<'a> {
        Decision {
            application_id: "a",
            version_seen: 1,
            verdict,
            reason,
            corrections,
        }
    }

    /// R-22: a return names what to mend and why, a rejection why; a pass needs no words.
    #[test]
    fn returns_and_rejections_give_reasons() {
        assert_eq!(reason(&decision(Verdict::Pass, " ", &[])).unwrap(), "");
        for verdict in [Verdict::Return, Verdict::Reject] {
            let missing = reason(&decision(verdict, "  ", &[]));
            assert_eq!(missing, Err(Refusal::ReasonMissing));
        }
        let long = "长".repeat(REASON_MAX + 1);
        let too_long = reason(&decision(Verdict::Reject, &long, &[]));
        assert_eq!(too_long, Err(Refusal::TooLong { max: REASON_MAX }));
    }

    /// R-22: only fields of the form and kinds of document can be asked for.
    #[test]
    fn corrections_name_fields_and_documents() {
        let names = ["card", "receipt", "nonsense"].map(str::to_owned);
        assert_eq!(
            corrections(&decision(Verdict::Return, "r", &names)).unwrap(),
            ["card", "receipt"]
        );
        let none = check(&decision(Verdict::Return, " ", &names[2..])).unwrap_err();
        let both = [
            ("corrections", Refusal::NothingToCorrect),
            ("reason", Refusal::ReasonMissing),
        ];
        assert_eq!(none.0, both);
        assert!(
            corrections(&decision(Verdict::Pass, "", &names))
                .unwrap()
                .is_empty()
        );
    }
}
