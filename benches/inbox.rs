//! The officers' list over 100,000 applications, and passing 500 at once. `cargo bench --bench inbox`.
//!
//! The rows are written as `tests/it/office/season.rs` says: 55 units with their streets, ten kinds of state, names and
//! numbers of every kind. Asked is what a page of the list asks: `inbox::list` and `inbox::counts`, at the city's centre,
//! at a unit and at a street, on SQLite and PostgreSQL. First named filters one by one, then combinations drawn from all
//! filters. Target: 50 ms at the 95th percentile over the combinations.
//!
//! Then 500 applications at the last step are passed at once (`review::bulk`), each with its decision, event, audit line
//! and message. Target: under 3 s.
//!
//! `INBOX_ROWS` sets another number of rows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the tests' files, which prepare what is measured, stop where they cannot go on"
)]

#[path = "../tests/it/app.rs"]
#[allow(dead_code, reason = "the tests' file: not all of it is needed here")]
mod app;
#[path = "../tests/it/base.rs"]
mod base;
#[path = "../tests/it/builders.rs"]
#[allow(dead_code, reason = "the tests' file: not all of it is needed here")]
mod builders;
#[path = "../tests/it/guarded.rs"]
#[allow(dead_code, reason = "the tests' file: not all of it is needed here")]
mod guarded;
#[path = "../tests/it/office/season.rs"]
mod season;
#[path = "../tests/it/services.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "the tests' file: not all of it is needed here"
)]
mod services;

use anyhow::{Result, anyhow};
use app::{Pair, TestApp};
use std::time::{Duration, Instant};
use yuanmeng::application::{Level, State};
use yuanmeng::campaign;
use yuanmeng::kernel::Time;
use yuanmeng::kernel::time::DAY;
use yuanmeng::review::bulk;
use yuanmeng::review::inbox::{self, Filter, Looked, Tab};
use yuanmeng::union::Officer;

/// Combinations that are drawn.
const DRAWN: u64 = 600;
/// How often each named filter is asked.
const ASKED: usize = 15;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let rows = std::env::var("INBOX_ROWS").ok().and_then(|n| n.parse().ok());
    let rows = rows.unwrap_or(100_000);
    let now = Time(chrono::Utc::now().timestamp_millis());
    let test = TestApp::start_with(Pair::SqliteMemory, now, &[]).await;
    measure("SQLite", &test, rows).await?;
    test.stop().await;
    let port = services::free_port();
    let server = services::start_postgres_with(port, "-c fsync=on -c synchronous_commit=on")
        .and_then(|server| server.listening(port, Duration::from_secs(30)))
        .map_err(|error| anyhow!("PostgreSQL did not start: {error}"))?;
    // It listens a moment before it answers.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    let test = TestApp::start_with(Pair::SqliteMemory, now, &[("DATABASE_URL", &url)]).await;
    measure("PostgreSQL", &test, rows).await?;
    test.stop().await;
    drop(server);
    Ok(())
}

async fn measure(name: &str, test: &TestApp, rows: usize) -> Result<()> {
    let app = &test.app;
    let started = Instant::now();
    season::fill(app, rows).await;
    println!(
        "\n{name}: {rows} applications written in {:.0} s",
        started.elapsed().as_secs_f64()
    );
    let [street, unit, centre] = builders::demo_officers(app).await;
    println!(
        "  {:<58} {:>8} {:>8}",
        "filter (at the centre)", "p50 ms", "p95 ms"
    );
    for (words, filter) in named(test, &unit, &street).await? {
        let mut times = Vec::new();
        for _ in 0..ASKED {
            times.push(asked(test, &centre, &filter).await?);
        }
        println!(
            "  {words:<58} {:>8.1} {:>8.1}",
            at(&mut times, 50),
            at(&mut times, 95)
        );
    }
    let mut times = Vec::new();
    let mut slowest: Vec<(f64, String)> = Vec::new();
    for n in 0..DRAWN {
        let filter = drawn(n, test, &unit, &street).await?;
        let officer = [&centre, &centre, &unit, &street][(n % 4) as usize];
        let time = asked(test, officer, &filter).await?;
        slowest.push((time, format!("{} {filter:?}", officer.union.name)));
        times.push(time);
    }
    let (p50, p95, most) = (at(&mut times, 50), at(&mut times, 95), at(&mut times, 100));
    let met = if p95 < 50.0 { "met" } else { "MISSED" };
    println!(
        "  {DRAWN} drawn combinations: p50 {p50:.1} ms, p95 {p95:.1} ms, slowest {most:.1} ms   target p95 < 50 ms: {met}"
    );
    slowest.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    for (time, filter) in slowest.iter().take(3) {
        println!("    {time:.1} ms  {filter}");
    }
    pass_many(test, &centre).await
}

/// One page of the list, in milliseconds.
async fn asked(test: &TestApp, officer: &Officer, filter: &Filter) -> Result<f64> {
    let started = Instant::now();
    inbox::list(&test.app, officer, filter).await?;
    inbox::counts(&test.app, officer, filter.union.as_deref()).await?;
    Ok(started.elapsed().as_secs_f64() * 1000.0)
}

fn at(times: &mut [f64], percent: usize) -> f64 {
    times.sort_by(f64::total_cmp);
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

async fn named(test: &TestApp, unit: &Officer, street: &Officer) -> Result<Vec<(&'static str, Filter)>> {
    let (mine, all) = (Filter::new(Tab::Mine), Filter::new(Tab::All));
    let intakes = campaign::intakes(&test.app).await?;
    let today = test.app.now().date();
    let seldom = Filter {
        state: Some(State::Returned),
        level: Some(Level::Doctor),
        flagged: true,
        returned: true,
        waits: Some(6),
        ..all.clone()
    };
    Ok(vec![
        ("mine", mine.clone()),
        (
            "mine, flagged, of one unit",
            Filter {
                flagged: true,
                union: Some(unit.union.id.clone()),
                ..mine.clone()
            },
        ),
        (
            "mine, nobody looks",
            Filter {
                looked: Some(Looked::Free),
                ..mine.clone()
            },
        ),
        (
            "mine, 王",
            Filter {
                words: "王".to_owned(),
                ..mine.clone()
            },
        ),
        ("all", all.clone()),
        (
            "all, page 20",
            Filter {
                page: 19,
                ..all.clone()
            },
        ),
        (
            "in review",
            Filter {
                state: Some(State::InReview),
                ..all.clone()
            },
        ),
        (
            "one intake",
            Filter {
                intake: Some(intakes[0].id.clone()),
                ..all.clone()
            },
        ),
        (
            "doctor, flagged, returned, waits 6 days, state returned",
            seldom.clone(),
        ),
        (
            "the same and 小梅",
            Filter {
                words: "小梅".to_owned(),
                ..seldom.clone()
            },
        ),
        (
            "the same of no day",
            Filter {
                from: Some(today),
                until: Some(today),
                ..seldom
            },
        ),
        (
            "late",
            Filter {
                late: true,
                ..all.clone()
            },
        ),
        (
            "of one unit",
            Filter {
                union: Some(unit.union.id.clone()),
                ..all.clone()
            },
        ),
        (
            "of one street",
            Filter {
                union: Some(street.union.id.clone()),
                ..all.clone()
            },
        ),
        (
            "王",
            Filter {
                words: "王".to_owned(),
                ..all.clone()
            },
        ),
        (
            "王, approved, master",
            Filter {
                words: "王".to_owned(),
                state: Some(State::Approved),
                level: Some(Level::Master),
                ..all.clone()
            },
        ),
        (
            "王小梅",
            Filter {
                words: "王小梅".to_owned(),
                ..all.clone()
            },
        ),
        (
            "part of a number",
            Filter {
                words: "K3M".to_owned(),
                ..all
            },
        ),
    ])
}

/// The n-th combination: each filter is there or not by a bit of a mixed number.
async fn drawn(n: u64, test: &TestApp, unit: &Officer, street: &Officer) -> Result<Filter> {
    let mixed = (n + 1)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .rotate_left(29)
        .wrapping_mul(0xD6E8_FEB8_6659_FD93);
    let bit = |at: u64| mixed >> at & 3 == 0;
    let pick = |at: u64, of: usize| (mixed >> at) as usize % of;
    let intakes = campaign::intakes(&test.app).await?;
    let today = test.app.now().date();
    let words = ["王", "小梅", "李娜", "K3", "7K3M", "强"];
    let union = [&unit.union.id, &street.union.id][pick(50, 2)].clone();
    Ok(Filter {
        state: bit(2).then(|| State::ALL[1 + pick(40, State::ALL.len() - 1)]),
        union: bit(4).then_some(union),
        level: bit(6).then(|| Level::ALL[pick(42, 4)]),
        intake: bit(8).then(|| intakes[pick(44, intakes.len())].id.clone()),
        from: bit(10).then(|| today - chrono::Days::new(pick(46, 20) as u64)),
        until: bit(12).then_some(today),
        late: bit(14),
        waits: bit(16).then(|| 1 + pick(48, 9) as i64),
        returned: bit(18),
        flagged: bit(20),
        looked: bit(22).then_some(if pick(52, 4) == 0 {
            Looked::Mine
        } else {
            Looked::Free
        }),
        words: if bit(24) {
            words[pick(54, words.len())].to_owned()
        } else {
            String::new()
        },
        page: if bit(26) { pick(56, 20) as i64 } else { 0 },
        ..Filter::new(if bit(28) { Tab::Mine } else { Tab::All })
    })
}

async fn pass_many(test: &TestApp, centre: &Officer) -> Result<()> {
    let app = &test.app;
    let intake = campaign::current(app)
        .await?
        .ok_or_else(|| anyhow!("no campaign"))?
        .intake;
    let mut tx = app.db.write().await?;
    sqlx::query(
        "UPDATE applications SET intake_id = $1, flagged = 0, since = since - $2 WHERE holder_id = $3",
    )
    .bind(&intake.id)
    .bind(DAY)
    .bind(&centre.union.id)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    let mut times = Vec::new();
    for _ in 0..3 {
        let chosen = inbox::chosen(app, centre, &Filter::new(Tab::Mine), bulk::MOST as i64).await?;
        let started = Instant::now();
        let run = bulk::propose(app, centre, &chosen).await?;
        bulk::work(app, centre, &run).await?;
        times.push(started.elapsed().as_secs_f64());
        let run = bulk::find(app, centre, &run).await?;
        anyhow::ensure!(
            run.passed() == chosen.len(),
            "{} of {} passed",
            run.passed(),
            chosen.len()
        );
    }
    let middle = at(&mut times, 50);
    let met = if middle < 3.0 { "met" } else { "MISSED" };
    println!(
        "  {} passed at once: {middle:.2} s (median of 3)   target < 3 s: {met}",
        bulk::MOST
    );
    Ok(())
}
