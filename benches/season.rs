//! The opening of a season: 5,000 submissions at once from 64 connections against 3,245 places in 55 units,
//! beside the bare SQL transaction. `cargo bench --bench season`.
//!
//! Every draft was made by the real use cases, spread over the units in proportion to their places, so that each unit has
//! more applicants than places. `application::submit::submit` is measured by 64 at once; afterwards exactly 3,245
//! hold a place, the rest wait, in the order of submission, and the audit finds nothing. Then the rows are put back to drafts
//! and the bare transaction submits the same ones: the same statements for a place or for the waiting list, its values ready
//! beforehand, no reads, no cryptography. The outbox is not worked off meanwhile. SQLite has `synchronous = FULL`;
//! PostgreSQL `fsync` and `synchronous_commit` on.
//!
//! Target: at least 60 % of the bare transaction's rate. `SEASON=500` makes it smaller, to try it out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the tests' files, which prepare what is measured, stop where they cannot go on"
)]

#[path = "../tests/it/app.rs"]
#[allow(dead_code, reason = "the tests' file: not all of it is needed here")]
mod app;
#[path = "season/bare.rs"]
mod bare;
#[path = "../tests/it/base.rs"]
mod base;
#[path = "../tests/it/builders.rs"]
#[allow(dead_code, reason = "the tests' file: not all of it is needed here")]
mod builders;
#[path = "../tests/it/guarded.rs"]
#[allow(dead_code, reason = "the tests' file: not all of it is needed here")]
mod guarded;
#[path = "season/prepare.rs"]
mod prepare;
#[path = "../tests/it/services.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "the tests' file: not all of it is needed here"
)]
mod services;
mod support;

use anyhow::{Result, ensure};
use prepare::{Draft, Places, Prepared};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use support::verdict;
use tokio::task::JoinSet;
use yuanmeng::app::App;
use yuanmeng::application::standing::{self, Standing};
use yuanmeng::application::submit;
use yuanmeng::supervision::invariants;

/// So many submit at once.
const CONNECTIONS: usize = 64;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let count = std::env::var("SEASON")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(5_000);
    measure(
        "SQLite, synchronous FULL",
        prepare::on_sqlite(count, Places::AsAnnex1).await?,
    )
    .await?;
    measure(
        "PostgreSQL, fsync on",
        prepare::on_postgres(count, Places::AsAnnex1).await?,
    )
    .await
}

async fn measure(name: &str, prepared: Prepared) -> Result<()> {
    let app = &prepared.app;
    let count = prepared.drafts.len();
    println!("\na season's opening, {name}: {count} submissions, {CONNECTIONS} at once");
    let drafts = Arc::new(prepared.drafts.clone());
    let ours = rate(app, drafts.clone(), submit_one).await?;
    check(&prepared).await?;
    prepare::back_to_drafts(app).await?;
    let bare = rate(app, drafts, bare::submit_one).await?;
    let ratio = ours / bare;
    println!("  submit {ours:.0}/s, bare transaction {bare:.0}/s");
    verdict("rate, submit : bare", ratio, &[ratio], "≥ 0.6", ratio >= 0.6);
    Ok(())
}

/// Exactly as many hold a place as there are, the rest waits in the order of submission, and everything adds up.
async fn check(prepared: &Prepared) -> Result<()> {
    let app = &prepared.app;
    let wrong = invariants::check(app).await?;
    ensure!(wrong.is_empty(), "the audit finds {wrong:?}");
    let (mut held, mut waiting, mut expected) = (0, 0, 0);
    for unit in standing::units(app, &prepared.campaign_id).await? {
        let applicants = standing::length(app, &prepared.campaign_id, &unit.unit_id).await?;
        expected += unit.total.min(applicants);
        held += unit.taken;
        waiting += unit.waiting;
        let pages = (applicants + standing::PAGE - 1) / standing::PAGE;
        let mut position = 0;
        for page in 0..pages {
            for one in standing::line(app, &prepared.campaign_id, &unit.unit_id, page).await? {
                position += 1;
                let right = match one.standing {
                    Standing::Holds => position <= unit.total,
                    Standing::Waits(at) => at == position - unit.total,
                    Standing::Left(_) => false,
                };
                ensure!(right && one.seq == position, "{}: {one:?}", unit.name);
            }
        }
    }
    ensure!(held == expected, "{held} hold a place, not {expected}");
    println!("  {held} hold a place, {waiting} wait in order; the audit finds nothing");
    Ok(())
}

async fn submit_one(app: App, draft: Draft) -> Result<()> {
    submit::submit(&app, &draft.worker.id, &draft.id, &draft.worker.phone).await?;
    Ok(())
}

/// Submissions a second; each connection takes the next draft when it is done with one.
async fn rate<F>(app: &App, drafts: Arc<Vec<Draft>>, one: fn(App, Draft) -> F) -> Result<f64>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let count = drafts.len();
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let mut submitters = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (app, drafts, next) = (app.clone(), drafts.clone(), next.clone());
        submitters.spawn(async move {
            while let Some(draft) = drafts.get(next.fetch_add(1, Ordering::Relaxed)) {
                one(app.clone(), draft.clone()).await?;
            }
            anyhow::Ok(())
        });
    }
    submitters.join_all().await.into_iter().collect::<Result<()>>()?;
    Ok(count as f64 / started.elapsed().as_secs_f64())
}
