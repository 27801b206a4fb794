//! Deciding: once, by the union whose step it is, on the version that was seen, inside the window (R-21, R-22, R-24).

use super::{ReasonCode, Verdict, rule, store};
use crate::app::App;
use crate::application::moves::{self, Move};
use crate::application::states::Event;
use crate::application::withdraw::{Ending, end};
use crate::application::{self, Application, DocumentKind, State, form};
use crate::audit::Actor;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Refusal, text};
use crate::union::rights;
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

/// Refuses what [`decide_for`] would refuse of any decision on what was seen, for a form that is not complete yet.
pub async fn may_still(app: &App, officer: &Officer, application_id: &str, version_seen: i64) -> Result<()> {
    let asked = async {
        let application = super::desk::visible(app, officer, application_id).await?;
        as_seen(app, officer, &application, version_seen).await
    };
    let subject = ("application", application_id);
    rights::noted(app, &officer.actor(), "application.decide", subject, asked.await).await
}

/// The officer may decide it, and it is as they saw it.
async fn as_seen(app: &App, officer: &Officer, application: &Application, version_seen: i64) -> Result<()> {
    may_decide(app, officer, application).await?;
    match application.version == version_seen {
        true => Ok(()),
        false => Err(beaten(app.db.read(), &application.id, version_seen).await?.into()),
    }
}

async fn decide_checked(
    app: &App,
    officer: &Officer,
    decision: &Decision<'_>,
    code: ReasonCode,
) -> Result<State> {
    let application = super::desk::visible(app, officer, decision.application_id).await?;
    as_seen(app, officer, &application, decision.version_seen).await?;
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
            Err(beaten(app.db.read(), &application.id, decision.version_seen)
                .await?
                .into())
        }
        Err(error) => Err(error),
    }
}

/// Whether this officer may decide this application now ([`rule`]).
pub async fn may_decide(app: &App, officer: &Officer, application: &Application) -> Result<()> {
    match rule::obstacles(app, officer, &[application])
        .await?
        .remove(&application.id)
    {
        Some(refusal) => Err(refusal.into()),
        None => Ok(()),
    }
}

/// Somebody was faster: who, if it was a decision; else only that something changed.
pub(super) async fn beaten(
    db: impl sqlx::Executor<'_, Database = sqlx::Any>,
    application_id: &str,
    version_seen: i64,
) -> Result<Refusal> {
    let by = store::decided_on_version(db, application_id, version_seen).await?;
    Ok(by.map_or(Refusal::ChangedMeanwhile, |by| Refusal::AlreadyDecided { by }))
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
async fn target(app: &App, application: &Application, verdict: Verdict) -> Result<Option<Step>> {
    match verdict {
        Verdict::Pass => {
            let target = rule::targets(app, &[application]).await?.remove(&application.id);
            target.ok_or(Error::NotFound)
        }
        Verdict::SendBack => {
            let before = before(app, application).await?;
            Ok(Some(before.ok_or(Refusal::FirstStep)?))
        }
        Verdict::Return | Verdict::Reject => Ok(None),
    }
}

/// The last step before the application's own that somebody reviews who may.
pub(super) async fn before(app: &App, application: &Application) -> Result<Option<Step>> {
    let union_id = application.union_id.as_deref().ok_or(Error::NotFound)?;
    let chain = tree::review_chain(app, union_id).await?;
    for at in (0..application.step.min(chain.len())).rev() {
        if tree::next_step(app, &chain, at).await? == Some(at)
            && !store::free_at(app.db.read(), &[&application.id], &chain[at].id)
                .await?
                .is_empty()
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

impl Decided<'_> {
    /// The move of its row.
    fn to<'a>(&'a self, actor: &'a Actor) -> Move<'a> {
        let (event, step, holder) = match (self.verdict, &self.to) {
            (Verdict::SendBack, Some((step, union))) => (Event::SentBack, *step, Some(union.id.as_str())),
            (Verdict::Pass, Some((step, union))) => (Event::Passed, *step, Some(union.id.as_str())),
            (Verdict::Pass, None) => (Event::Approved, self.application.step, None),
            _ => (Event::Returned, self.application.step, None),
        };
        Move {
            actor,
            event,
            step,
            holder_id: holder,
            union_id: Some(&self.officer.union.id),
            // What one union writes to another is not for the worker: it stands with the decision.
            note: if event == Event::SentBack { "" } else { self.reason },
            corrections: &self.corrections,
        }
    }

    fn fact(&self, app: &App) -> store::Fact<'_> {
        store::Fact {
            id: app.id(),
            application_id: &self.application.id,
            application_version: self.application.version,
            step: self.application.step as i64,
            union_id: &self.officer.union.id,
            officer_id: &self.officer.id,
            verdict: self.verdict,
            code: self.code,
            reason: self.reason,
            corrections: &self.corrections,
            at: app.now(),
        }
    }
}

/// Row, timeline, audit, outbox and the fact itself, within the caller's transaction. Refuses before it wrote anything:
/// [`Refusal::ChangedMeanwhile`] when the row is not the one that was seen.
async fn write(app: &App, tx: &mut Tx, decided: &Decided<'_>) -> Result<State> {
    if decided.verdict != Verdict::Reject {
        let states = write_all(app, tx, std::slice::from_ref(decided)).await?;
        return Ok(states.first().copied().unwrap_or(decided.application.state));
    }
    // Locks the unit's places before the row (campaign::places).
    let ending = Ending {
        actor: &decided.officer.actor(),
        event: Event::Rejected,
        union_id: Some(&decided.officer.union.id),
        note: decided.reason,
    };
    end(app, tx, decided.application, ending).await?;
    note(app, tx, std::slice::from_ref(decided)).await?;
    Ok(State::Rejected)
}

/// [`write`] of many that are no rejections, all or none: rows that [`moves::lock_all`] found as they were seen.
pub(super) async fn write_all(app: &App, tx: &mut Tx, decided: &[Decided<'_>]) -> Result<Vec<State>> {
    let actors: Vec<Actor> = decided.iter().map(|decided| decided.officer.actor()).collect();
    let moves = decided.iter().zip(&actors);
    let moves: Vec<_> = moves
        .map(|(decided, actor)| (decided.application, decided.to(actor)))
        .collect();
    let states = moves::apply_all(app, tx, &moves).await?;
    note(app, tx, decided).await?;
    Ok(states)
}

/// The facts, which stay for ever; nobody looks at what is decided.
async fn note(app: &App, tx: &mut Tx, decided: &[Decided<'_>]) -> Result<()> {
    let ids: Vec<&str> = decided
        .iter()
        .map(|decided| decided.application.id.as_str())
        .collect();
    store::end_claims(tx, &ids).await?;
    let facts: Vec<store::Fact<'_>> = decided.iter().map(|decided| decided.fact(app)).collect();
    Ok(store::insert_decisions(tx, &facts).await?)
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
