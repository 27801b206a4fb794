//! Passing up to 500 at once, each as a decision of its own with its result (R-22, ux.md, ADR 0021). What was chosen is
//! kept with the versions that were seen, and each result is written in the transaction of its decision: whoever posts
//! again, or goes on after a process died, does nothing twice.

use super::decide::{self, Decided, Step};
use super::{Verdict, desk, store};
use crate::app::App;
use crate::application::{self, Application};
use crate::audit::{self, Line};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::time::SECOND;
use crate::kernel::{Refusal, Time};
use crate::union::Officer;
use crate::union::rights::{self, Act};
use serde_json::json;

/// So many at once.
pub const MOST: usize = 500;
/// So many in one transaction.
const CHUNK: usize = 20;
/// A run whose worker has not shown itself for so long is free to be gone on with.
const LEASE: i64 = 30 * SECOND;

/// A run.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// When it was confirmed; `None` while it is only proposed.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Option<Time>,
    /// Whether somebody works on it now.
    pub working: bool,
    /// What was chosen, in the order of the list.
    pub items: Vec<Item>,
}

/// One of a run.
#[derive(Debug, Clone)]
pub struct Item {
    /// The application.
    pub application_id: String,
    /// The version that was seen.
    pub version: i64,
    /// Its number.
    pub number: String,
    /// The applicant's name.
    pub applicant: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Not yet.
    Waiting,
    /// Passed.
    Passed,
    /// Refused, in words.
    Refused(String),
}

impl Run {
    /// How many are done, passed or refused.
    pub fn done(&self) -> usize {
        self.items
            .iter()
            .filter(|item| item.outcome != Outcome::Waiting)
            .count()
    }

    /// How many passed.
    pub fn passed(&self) -> usize {
        self.items
            .iter()
            .filter(|item| item.outcome == Outcome::Passed)
            .count()
    }
}

/// Proposes a run of applications with the versions that were seen; gives its id. Doubles count once.
///
/// Errors: [`Refusal::NotAllowed`]; [`Refusal::TooManyChosen`]; [`Error::NotFound`] when one is outside the subtree.
pub async fn propose(app: &App, officer: &Officer, chosen: &[(String, i64)]) -> Result<String> {
    let result = propose_checked(app, officer, chosen).await;
    let subject = ("union", officer.union.id.as_str());
    rights::noted(app, &officer.actor(), "review.bulk", subject, result).await
}

async fn propose_checked(app: &App, officer: &Officer, chosen: &[(String, i64)]) -> Result<String> {
    rights::check(officer, Act::Decide)?;
    let mut seen = std::collections::HashSet::new();
    let chosen: Vec<&(String, i64)> = chosen.iter().filter(|(id, _)| seen.insert(id.clone())).collect();
    if chosen.len() > MOST {
        return Err(Refusal::TooManyChosen { max: MOST }.into());
    }
    for (id, _) in &chosen {
        desk::visible(app, officer, id).await?;
    }
    let run = app.id();
    let mut tx = app.db.write().await?;
    store::insert_run(&mut tx, &run, &officer.id, app.now()).await?;
    for (place, (id, version)) in chosen.iter().enumerate() {
        store::insert_item(&mut tx, &run, place as i64, id, *version).await?;
    }
    tx.commit().await?;
    Ok(run)
}

/// An officer's own run, or [`Error::NotFound`].
pub async fn find(app: &App, officer: &Officer, id: &str) -> Result<Run> {
    store::run(app, &officer.id, id, app.now())
        .await?
        .ok_or(Error::NotFound)
}

/// Works on a run until it is done; does nothing while another works on it, or when it is done. Meant to be spawned.
pub async fn work(app: &App, officer: &Officer, id: &str) -> Result<()> {
    let proposed = find(app, officer, id).await?;
    let now = app.now();
    let mut lease = now.plus(LEASE);
    let mut tx = app.db.write().await?;
    let mine = store::take_run(&mut tx, id, now, lease).await?;
    if mine && proposed.started_at.is_none() {
        let actor = officer.actor();
        let line = Line {
            actor: &actor,
            act: "review.bulk",
            subject: ("union", &officer.union.id),
            detail: json!({ "run": id, "chosen": proposed.items.len() }),
        };
        audit::record(&mut tx, &app.entropy, now, line).await?;
    }
    tx.commit().await?;
    if !mine {
        return Ok(());
    }
    // What another did before this one took it is done.
    let run = find(app, officer, id).await?;
    let waiting: Vec<&Item> = run
        .items
        .iter()
        .filter(|item| item.outcome == Outcome::Waiting)
        .collect();
    for chunk in waiting.chunks(CHUNK) {
        match pass_some(app, officer, (&run.id, lease), chunk).await {
            Ok(Some(renewed)) => lease = renewed,
            // Another took it over, and goes on.
            Ok(None) => return Ok(()),
            Err(error) => {
                let mut tx = app.db.write().await?;
                store::renew_run(&mut tx, &run.id, lease, Time(0)).await?;
                tx.commit().await?;
                return Err(error);
            }
        }
    }
    let mut tx = app.db.write().await?;
    store::finish_run(&mut tx, &run.id, app.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Passes some within one transaction, as long as the lease is still this worker's; gives the renewed one.
async fn pass_some(
    app: &App,
    officer: &Officer,
    (run, lease): (&str, Time),
    items: &[&Item],
) -> Result<Option<Time>> {
    let mut checked = Vec::with_capacity(items.len());
    for item in items {
        checked.push((*item, refusal_of(check(app, officer, item).await)?));
    }
    // Rows are locked in the order of their ids, as everybody does who moves several.
    checked.sort_by(|(one, _), (other, _)| one.application_id.cmp(&other.application_id));
    let now = app.now();
    let renewed = now.plus(LEASE);
    let mut tx = app.db.write().await?;
    if !store::renew_run(&mut tx, run, lease, renewed).await? {
        return Ok(None);
    }
    for (item, checked) in checked {
        let result = match checked {
            Ok((application, to)) => refusal_of(pass(app, &mut tx, officer, &application, to).await)?,
            Err(refusal) => Err(refusal),
        };
        if let Err(refusal) = &result {
            note_refused(app, &mut tx, officer, item, refusal).await?;
        }
        store::keep_outcome(&mut tx, run, &item.application_id, &result).await?;
    }
    tx.commit().await?;
    Ok(Some(renewed))
}

/// What a rule says no to is a result; what broke is an error, and the run can be gone on with.
fn refusal_of<T>(result: Result<T>) -> Result<Result<T, Refusal>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Error::Refused(refusal)) => Ok(Err(refusal)),
        // Moved to another branch since it was chosen.
        Err(Error::NotFound) => Ok(Err(Refusal::NotYourStep)),
        Err(error) => Err(error),
    }
}

async fn check(app: &App, officer: &Officer, item: &Item) -> Result<(Application, Option<Step>)> {
    let application = desk::visible(app, officer, &item.application_id).await?;
    decide::may_decide(app, officer, &application).await?;
    if application.version != item.version {
        return Err(decide::beaten(app, &application, item.version).await?);
    }
    if store::is_flagged(app, &application.id).await? {
        return Err(Refusal::NeedsALook.into());
    }
    let to = decide::target(app, &application, Verdict::Pass).await?;
    Ok((application, to))
}

async fn pass(
    app: &App,
    tx: &mut Tx,
    officer: &Officer,
    application: &Application,
    to: Option<Step>,
) -> Result<application::State> {
    let decided = Decided {
        officer,
        application,
        verdict: Verdict::Pass,
        code: None,
        reason: "",
        corrections: Vec::new(),
        to,
    };
    decide::write(app, tx, &decided).await
}

async fn note_refused(
    app: &App,
    tx: &mut Tx,
    officer: &Officer,
    item: &Item,
    refusal: &Refusal,
) -> Result<()> {
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act: "refused",
        subject: ("application", &item.application_id),
        detail: json!({ "act": "application.decide", "code": refusal.code() }),
    };
    Ok(audit::record(tx, &app.entropy, app.now(), line).await?)
}
