//! Passing up to 500 at once, each as a decision of its own with its result (R-22, ux.md, ADR 0021). What was chosen is
//! kept with the versions that were seen, and each result is written in the transaction of its decision: whoever posts
//! again, or goes on after a process died, does nothing twice.

use super::decide::{self, Decided};
use super::rule::{self, Target};
use super::{Verdict, desk, flags, store};
use crate::app::App;
use crate::application::{Application, moves};
use crate::audit::{self, Line};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::time::SECOND;
use crate::kernel::{Refusal, Time};
use crate::union::Officer;
use crate::union::rights::{self, Act};
use serde_json::json;
use std::collections::HashMap;

/// So many at once.
pub const MOST: usize = 500;
/// So many in one transaction.
const CHUNK: usize = 50;
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
    let ids: Vec<&str> = chosen.iter().map(|(id, _)| id.as_str()).collect();
    if desk::visible_all(app, officer, &ids).await?.len() != ids.len() {
        return Err(Error::NotFound);
    }
    let run = app.id();
    let mut tx = app.db.write().await?;
    store::insert_run(&mut tx, &run, &officer.id, app.now()).await?;
    store::insert_items(&mut tx, &run, &chosen).await?;
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
    let (ready, refused) = check(app, officer, items).await?;
    let renewed = app.now().plus(LEASE);
    let mut tx = app.db.write().await?;
    if !store::renew_run(&mut tx, run, lease, renewed).await? {
        return Ok(None);
    }
    let mut outcomes = pass(app, &mut tx, officer, &ready).await?;
    outcomes.extend(refused.into_iter().map(|(id, refusal)| (id, Err(refusal))));
    note_refused(app, &mut tx, officer, &outcomes).await?;
    store::keep_outcomes(&mut tx, run, &outcomes).await?;
    tx.commit().await?;
    Ok(Some(renewed))
}

/// What may be passed and where it leads, and what not, by id.
type Checked<'a> = (Vec<(Application, Target)>, Vec<(&'a str, Refusal)>);

/// The rules of a single decision ([`rule`], the version that was seen), and that a machine's check leaves it to nobody.
async fn check<'a>(app: &App, officer: &Officer, items: &[&'a Item]) -> Result<Checked<'a>> {
    let ids: Vec<&str> = items.iter().map(|item| item.application_id.as_str()).collect();
    let found = desk::visible_all(app, officer, &ids).await?;
    let mut obstacles = rule::obstacles(app, officer, &found.iter().collect::<Vec<_>>()).await?;
    let checked = store::checked(app, &ids).await?;
    let mut found: HashMap<String, Application> = found.into_iter().map(|a| (a.id.clone(), a)).collect();
    let (mut fit, mut refused) = (Vec::new(), Vec::new());
    for item in items {
        let id = item.application_id.as_str();
        let result = match (found.remove(id), obstacles.remove(id)) {
            // Moved to another branch since it was chosen.
            (None, _) => Err(Refusal::NotYourStep),
            (_, Some(refusal)) => Err(refusal),
            (Some(seen), None) if seen.version != item.version => {
                Err(decide::beaten(app.db.read(), id, item.version).await?)
            }
            (Some(seen), None) => flags::needs_a_look(checked.get(id)).map(|()| seen),
        };
        match result {
            Ok(application) => fit.push(application),
            Err(refusal) => refused.push((id, refusal)),
        }
    }
    let mut targets = rule::targets(app, &fit.iter().collect::<Vec<_>>()).await?;
    let mut ready = Vec::with_capacity(fit.len());
    for (item, application) in fit.into_iter().filter_map(|a| Some((item_of(items, &a)?, a))) {
        match targets.remove(&application.id) {
            Some(target) => ready.push((application, target)),
            None => refused.push((item, Refusal::NotYourStep)),
        }
    }
    Ok((ready, refused))
}

fn item_of<'a>(items: &[&'a Item], application: &Application) -> Option<&'a str> {
    let mut ids = items.iter().map(|item| item.application_id.as_str());
    ids.find(|id| *id == application.id)
}

/// Passes those that still are as they were checked; gives what came of each.
async fn pass<'a>(
    app: &App,
    tx: &mut Tx,
    officer: &Officer,
    ready: &'a [(Application, Target)],
) -> Result<Vec<Kept<'a>>> {
    let seen: Vec<&Application> = ready.iter().map(|(application, _)| application).collect();
    let same = moves::lock_all(app, tx, &seen).await?;
    let (mut outcomes, mut decided) = (Vec::with_capacity(ready.len()), Vec::with_capacity(ready.len()));
    for (application, to) in ready {
        let id = application.id.as_str();
        if !same.contains(id) {
            let by = decide::beaten(&mut **tx, id, application.version).await?;
            outcomes.push((id, Err(by)));
            continue;
        }
        outcomes.push((id, Ok(())));
        decided.push(Decided {
            officer,
            application,
            verdict: Verdict::Pass,
            code: None,
            reason: "",
            corrections: Vec::new(),
            to: to.clone(),
        });
    }
    decide::write_all(app, tx, &decided).await?;
    Ok(outcomes)
}

/// An application's id and what came of it.
type Kept<'a> = (&'a str, Result<(), Refusal>);

/// A line in the trail for each that was refused.
async fn note_refused(app: &App, tx: &mut Tx, officer: &Officer, outcomes: &[Kept<'_>]) -> Result<()> {
    let actor = officer.actor();
    let lines = outcomes.iter().filter_map(|(id, result)| {
        let refusal = result.as_ref().err()?;
        Some(Line {
            actor: &actor,
            act: "refused",
            subject: ("application", id),
            detail: json!({ "act": "application.decide", "code": refusal.code() }),
        })
    });
    Ok(audit::record_all(tx, &app.entropy, app.now(), lines.collect()).await?)
}
