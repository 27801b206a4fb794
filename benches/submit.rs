//! Submitting an application for a free place beside its bare SQL transaction. `cargo bench --bench submit`.
//!
//! Everything before the submission was made by the real use cases: workers with proven phones, union, form,
//! checks, documents. Measured is `application::submit::submit`: it reads the application, the intake, the
//! documents and the unions, opens and checks the form, then writes. Beside it the bare transaction writes the same
//! rows for as many other drafts, its values ready beforehand: the same kind of transaction on the same database
//! (`BEGIN IMMEDIATE` through the one writer on SQLite), eleven statements and no reads beside the lock of the places, no cryptography. Rounds of the
//! two take turns. The outbox is not worked off meanwhile. SQLite has `synchronous = FULL`; PostgreSQL has its
//! defaults, `fsync` and `synchronous_commit` on.
//!
//! Target: at least 60 % of the bare transaction's rate.

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
#[allow(dead_code, reason = "shared with the season: not all of it is needed here")]
mod prepare;
#[path = "../tests/it/services.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "the tests' file: not all of it is needed here"
)]
mod services;
mod support;

use anyhow::Result;
use prepare::{Draft, Places, Prepared};
use std::time::Instant;
use support::{median, verdict};
use tokio::task::JoinSet;
use yuanmeng::app::App;
use yuanmeng::application::submit;

/// Submissions in one round of either kind.
const BATCH: usize = 64;
/// Rounds that count, after one that warms up.
const ROUNDS: usize = 7;
/// So many submit at once.
const SUBMITTERS: [usize; 2] = [1, 8];

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let needed = SUBMITTERS.len() * (ROUNDS + 1) * BATCH * 2;
    measure(
        "SQLite, synchronous FULL",
        prepare::on_sqlite(needed, Places::Plenty).await?,
    )
    .await?;
    measure(
        "PostgreSQL, fsync on",
        prepare::on_postgres(needed, Places::Plenty).await?,
    )
    .await
}

async fn measure(name: &str, mut prepared: Prepared) -> Result<()> {
    let app = prepared.app.clone();
    println!("\nsubmitting with a place, {name}, {ROUNDS} rounds of {BATCH}");
    for submitters in SUBMITTERS {
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let real = rate(&app, take(&mut prepared), submitters, submit_one).await?;
            let sql = rate(&app, take(&mut prepared), submitters, bare::submit_one).await?;
            if round > 0 {
                ours.push(real);
                bare.push(sql);
            }
        }
        let rounds: Vec<f64> = ours.iter().zip(&bare).map(|(a, b)| a / b).collect();
        let ratio = median(&ours) / median(&bare);
        println!(
            "  {submitters} at once: submit {:.0}/s, bare transaction {:.0}/s (medians)",
            median(&ours),
            median(&bare)
        );
        verdict("rate, submit : bare", ratio, &rounds, "≥ 0.6", ratio >= 0.6);
    }
    Ok(())
}

/// The next drafts.
fn take(prepared: &mut Prepared) -> Vec<Draft> {
    prepared.drafts.split_off(prepared.drafts.len() - BATCH)
}

async fn submit_one(app: App, draft: Draft) -> Result<()> {
    let submitted = submit::submit(&app, &draft.worker.id, &draft.id, &draft.worker.phone).await?;
    anyhow::ensure!(submitted.holds_place, "no place was free");
    Ok(())
}

/// Submissions a second, with so many at once.
async fn rate<F>(app: &App, drafts: Vec<Draft>, at_once: usize, one: fn(App, Draft) -> F) -> Result<f64>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let count = drafts.len();
    let mut shares: Vec<Vec<Draft>> = (0..at_once).map(|_| Vec::new()).collect();
    for (n, draft) in drafts.into_iter().enumerate() {
        shares[n % at_once].push(draft);
    }
    let started = Instant::now();
    let mut submitters = JoinSet::new();
    for share in shares {
        let app = app.clone();
        submitters.spawn(async move {
            for draft in share {
                one(app.clone(), draft).await?;
            }
            anyhow::Ok(())
        });
    }
    submitters.join_all().await.into_iter().collect::<Result<()>>()?;
    Ok(count as f64 / started.elapsed().as_secs_f64())
}
