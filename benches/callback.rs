//! The secure callback beside a poem handler that returns a constant. `cargo bench --bench callback`.
//!
//! Both servers are processes of their own with as many worker threads as the other, asked in turns by the same
//! load generator with the same bytes: genuine encrypted text messages, each with an id of its own, over 16
//! kept-alive connections. Ours is the whole of `web::routes` with the demo's settings, cache in process, log
//! line and counters as in production; it verifies, decrypts, parses, deduplicates, replies with a text and
//! encrypts. CPU time is the server process's own (`/proc/<pid>/stat`), so the load generator does not count.
//!
//! Target: at least half the constant's requests per second, at most twice its CPU time per request.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that cannot go on stops where it is"
)]

#[path = "callback/load.rs"]
mod load;
#[path = "callback/servers.rs"]
mod servers;
mod support;

use anyhow::Result;
use servers::{Child, Which};
use std::time::Instant;
use support::{cpu_us, median, verdict};

/// Requests of one round; a round of either server takes about a second.
const REQUESTS: usize = 20_000;
/// Rounds that count, after one that warms up.
const ROUNDS: usize = 9;

fn main() -> Result<()> {
    if let Some((which, threads)) = servers::asked_for() {
        return servers::serve(which, threads);
    }
    for threads in [1, 2] {
        compare(threads)?;
    }
    Ok(())
}

#[derive(Default)]
struct Measured {
    rate: Vec<f64>,
    cpu: Vec<f64>,
}

fn compare(threads: usize) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let account = servers::account(dir.path())?;
    let ours = Child::start(Which::Callback, threads, dir.path())?;
    let constant = Child::start(Which::Constant, threads, dir.path())?;
    let (mut of_ours, mut of_constant) = (Measured::default(), Measured::default());
    for round in 0..=ROUNDS {
        let requests = load::requests(&account, round, REQUESTS);
        for (child, measured) in [(&ours, &mut of_ours), (&constant, &mut of_constant)] {
            let (cpu, started) = (cpu_us(child.pid())?, Instant::now());
            let answers = load::run(child.port, &requests, threads)?;
            let took = started.elapsed().as_secs_f64();
            child.which.check(&account, &answers)?;
            if round > 0 {
                measured.rate.push(REQUESTS as f64 / took);
                measured.cpu.push((cpu_us(child.pid())? - cpu) / REQUESTS as f64);
            }
        }
    }
    report(threads, &of_ours, &of_constant);
    Ok(())
}

fn report(threads: usize, ours: &Measured, constant: &Measured) {
    let per_round = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a / b).collect::<Vec<_>>();
    println!(
        "\nsecure callback and a constant, {threads} worker thread(s) each, {ROUNDS} rounds of {REQUESTS}"
    );
    for (name, measured) in [("callback", ours), ("constant", constant)] {
        println!(
            "  {name:<10} {:>8.0} requests/s   {:>6.1} µs CPU a request   (medians)",
            median(&measured.rate),
            median(&measured.cpu)
        );
    }
    let rate = median(&ours.rate) / median(&constant.rate);
    verdict(
        "requests/s, callback : constant",
        rate,
        &per_round(&ours.rate, &constant.rate),
        "≥ 0.5",
        rate >= 0.5,
    );
    let cpu = median(&ours.cpu) / median(&constant.cpu);
    verdict(
        "CPU time, callback : constant",
        cpu,
        &per_round(&ours.cpu, &constant.cpu),
        "≤ 2.0",
        cpu <= 2.0,
    );
}
