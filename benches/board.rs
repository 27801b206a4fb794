//! The dashboard over 100,000 applications in 55 units, on SQLite and PostgreSQL. `cargo bench --bench board`.
//!
//! The applications, their workers and 250,000 decisions are generated in SQL. Asked is the city's page over HTTP by one
//! signed-in officer on this machine: "counted" when the figures have to be counted anew (the clock is moved beyond what the
//! cache keeps), "cached" when they were counted seconds ago. Beside it a unit's page. It lives inside a review window, when the
//! dashboard is looked at and nothing ends by time. Target: 95 % under 200 ms.

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
#[path = "../tests/it/services.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "the tests' file: not all of it is needed here"
)]
mod services;

use anyhow::{Context as _, Result};
use app::{Pair, TestApp};
use std::time::Instant;
use yuanmeng::audit::Actor;
use yuanmeng::db::Kind;
use yuanmeng::kernel::{Phone, Time};
use yuanmeng::union::officers::{self, NewOfficer};
use yuanmeng::union::{Officer, Role, Union, tree};

const COUNTED: usize = 40;
const CACHED: usize = 300;

/// Ten in a hundred are drafts, half are under review; each has its time.
const GENERATED: [&str; 4] = [
    "INSERT INTO workers (id, name, employer, phone_sealed, phone_index, union_id, study_plan, created_at, updated_at) \
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
     SELECT 'w' || CAST(i AS TEXT), '王小梅', '济南示范机械有限公司', '', 'w' || CAST(i AS TEXT), NULL, 0, 0, 0 FROM n",
    "INSERT INTO applications (id, worker_id, intake_id, campaign_id, union_id, unit_id, state, step, holder_id, since, number, seq, \
     submitted_at, applicant, level, institution, form_sealed, form_version, printed_version, checked_version, version, created_at, updated_at) \
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
     SELECT 'a' || CAST(i AS TEXT), 'w' || CAST(i AS TEXT), x.intake_id, x.campaign_id, b.id, b.unit_id, \
     CASE WHEN i % 100 < 10 THEN 'draft' WHEN i % 100 < 60 THEN 'in_review' WHEN i % 100 < 70 THEN 'returned' \
       WHEN i % 100 < 80 THEN 'waitlisted' WHEN i % 100 < 95 THEN 'approved' WHEN i % 100 < 98 THEN 'rejected' ELSE 'withdrawn' END, \
     i % 3, CASE WHEN i % 3 = 0 THEN b.id WHEN i % 3 = 1 THEN b.unit_id ELSE x.centre_id END, \
     x.now - (CAST(i AS BIGINT) * 7919 % 1728000) * 1000, 'B' || CAST(i AS TEXT), i, \
     CASE WHEN i % 100 < 10 THEN NULL ELSE x.now - (CAST(i AS BIGINT) * 104729 % 1728000) * 1000 END, \
     '王小梅', '大专', '山东开放大学', x.filler, 1, 1, 1, 1, 0, 0 \
     FROM n CROSS JOIN bench_at x JOIN bench_unions b ON b.k = i % x.unions",
    "INSERT INTO decisions (id, application_id, application_version, step, union_id, officer_id, verdict, reason, corrections, at, code) \
     WITH RECURSIVE r (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM r WHERE v < 3) \
     SELECT a.id || '-' || CAST(v AS TEXT), a.id, 1000 + v, v, COALESCE(a.holder_id, a.union_id), x.officer_id, \
     CASE WHEN v = 2 AND a.seq % 4 = 0 THEN 'return' ELSE 'pass' END, '看不清', \
     CASE WHEN v = 2 AND a.seq % 4 = 0 THEN '[\"receipt\"]' ELSE '[]' END, a.since, \
     CASE WHEN v = 2 AND a.seq % 4 = 0 THEN CASE a.seq % 3 WHEN 0 THEN 'unclear' WHEN 1 THEN 'receipt' ELSE 'inconsistent' END ELSE '' END \
     FROM applications a CROSS JOIN r CROSS JOIN bench_at x WHERE a.seq % 100 >= 10 AND (v < 3 OR a.seq % 100 < 90)",
    "UPDATE quotas SET total = 100000, taken = 0",
];

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    measure("SQLite", Pair::SqliteMemory).await?;
    measure("PostgreSQL, Redis", Pair::PostgresRedis).await
}

async fn measure(name: &str, pair: Pair) -> Result<()> {
    // In the demo's autumn review window.
    let now = Time::shanghai(2026, 11, 10, 10, 0, 0);
    let test = TestApp::start_with(pair, now, &[]).await;
    let begun = Instant::now();
    let (city, unit) = generate(&test).await?;
    println!(
        "\nthe dashboard over 100,000 applications, {name} (generated in {:.0} s), target p95 < 200 ms",
        begun.elapsed().as_secs_f64()
    );
    for (who, officer) in [("city", &city), ("unit", &unit)] {
        let cookie = builders::session(&test.app, "officer", &officer.id).await;
        let counted = times(&test, &cookie, COUNTED, true).await?;
        let cached = times(&test, &cookie, CACHED, false).await?;
        told(who, "counted anew", &counted);
        told(who, "cached", &cached);
    }
    test.stop().await;
    Ok(())
}

fn told(who: &str, what: &str, times: &[f64]) {
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    let met = if at(0.95) < 200.0 { "met" } else { "MISSED" };
    println!(
        "  {who:<5} {what:<14} p50 {:>6.1} ms   p95 {:>6.1} ms   {met}",
        at(0.5),
        at(0.95)
    );
}

/// Sorted milliseconds of so many answers.
async fn times(test: &TestApp, cookie: &str, n: usize, counted: bool) -> Result<Vec<f64>> {
    let mut times = Vec::with_capacity(n);
    for _ in 0..=n {
        if counted {
            test.app.clock.advance(61_000);
        }
        let begun = Instant::now();
        let request = test.http.get(format!("{}/office/board", test.url));
        let answer = request.header("cookie", cookie).send().await?;
        anyhow::ensure!(answer.status().as_u16() == 200, "{}", answer.status());
        answer.bytes().await?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    // The first one warms up.
    times.remove(0);
    times.sort_by(f64::total_cmp);
    Ok(times)
}

async fn generate(test: &TestApp) -> Result<(Officer, Officer)> {
    let app = &test.app;
    let root = tree::root(app).await?.context("a city")?;
    let units = tree::choices(app, None).await?;
    let city = officer(test, &root, "13700137801").await?;
    let unit = officer(test, &units[0], "13700137802").await?;
    let mut tx = app.db.write().await?;
    for sql in [
        "CREATE TABLE bench_unions (k BIGINT PRIMARY KEY, id TEXT NOT NULL, unit_id TEXT NOT NULL)",
        "CREATE TABLE bench_at (intake_id TEXT, campaign_id TEXT, centre_id TEXT, officer_id TEXT, now BIGINT, unions BIGINT, filler TEXT)",
    ] {
        sqlx::query(sql).execute(&mut *tx).await?;
    }
    for (k, union) in units.iter().enumerate() {
        sqlx::query("INSERT INTO bench_unions (k, id, unit_id) VALUES ($1, $2, $2)")
            .bind(k as i64)
            .bind(&union.id)
            .execute(&mut *tx)
            .await?;
    }
    let current = yuanmeng::campaign::current(app).await?.context("a campaign")?;
    // A sealed form has about this length: rows are as fat as in life.
    let filler = "x".repeat(1_200);
    let sql = "INSERT INTO bench_at (intake_id, campaign_id, centre_id, officer_id, now, unions, filler) \
               VALUES ($1, $2, (SELECT id FROM unions WHERE kind = 'centre'), $3, $4, $5, $6)";
    sqlx::query(sql)
        .bind(&current.intake.id)
        .bind(&current.campaign_id)
        .bind(&city.id)
        .bind(app.now().0.min(current.intake.review.until.0))
        .bind(units.len() as i64)
        .bind(&filler)
        .execute(&mut *tx)
        .await?;
    for sql in GENERATED {
        sqlx::query(sql).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    if app.db.kind() == Kind::Postgres {
        // What autovacuum does by itself minutes after such a load.
        sqlx::query("VACUUM ANALYZE").execute(app.db.read()).await?;
    }
    Ok((city, unit))
}

async fn officer(test: &TestApp, union: &Union, phone: &str) -> Result<Officer> {
    let mut tx = test.app.db.write().await?;
    let new = NewOfficer {
        union_id: &union.id,
        name: "周平",
        phone: &Phone::stored(phone.to_owned()),
        password: "another-password",
        roles: &[Role::Supervisor],
        openid: None,
    };
    let id = officers::add(&test.app, &mut tx, &Actor::System, new).await?;
    tx.commit().await?;
    Ok(officers::find(&test.app, &id).await?)
}
