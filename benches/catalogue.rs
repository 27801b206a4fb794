//! How fast the catalogue is searched, on SQLite and PostgreSQL. `cargo bench --bench catalogue`.
//!
//! 2,000 programs are brought in by the import itself; then the searches of a phone are asked one after the other: by words in
//! Han, pinyin and initials, by filters, by both, later pages. Target: under 20 ms at the 95th percentile.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the tests' files, which start PostgreSQL, stop where they cannot go on"
)]

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

use anyhow::{Result, anyhow};
use std::time::{Duration, Instant};
use yuanmeng::app::App;
use yuanmeng::audit::Actor;
use yuanmeng::clock::Clock;
use yuanmeng::config::{Config, Purpose};
use yuanmeng::db::Kind;
use yuanmeng::enrolment::search::{self, Query, Sort};
use yuanmeng::enrolment::{Level, StudyForm, import};
use yuanmeng::kernel::Fen;
use yuanmeng::union::providers;

const PROGRAMS: usize = 2_000;
const ROUNDS: usize = 60;

#[tokio::main]
async fn main() -> Result<()> {
    measure("SQLite", None).await?;
    let port = services::free_port();
    let server = services::start_postgres_with(port, "-c fsync=on -c synchronous_commit=on")
        .and_then(|server| server.listening(port, Duration::from_secs(30)))
        .map_err(|error| anyhow!("PostgreSQL did not start: {error}"))?;
    // It listens a moment before it answers.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    measure("PostgreSQL", Some(url)).await?;
    drop(server);
    Ok(())
}

async fn measure(name: &str, url: Option<String>) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().display().to_string();
    let env = |name: &str| match name {
        "YUANMENG_DATA_DIR" => Some(data.clone()),
        "DATABASE_URL" => url.clone(),
        _ => None,
    };
    let app = App::open(Config::read(&env, Purpose::Demo)?, Clock::system()).await?;
    let mut tx = app.db.write().await?;
    providers::make(&app, &mut tx, &Actor::System, "机构").await?;
    tx.commit().await?;
    let began = Instant::now();
    let table = import::read(&app, table().as_bytes()).await?;
    import::write(&app, &Actor::System, table, true).await?;
    println!(
        "{name}: {PROGRAMS} programs brought in within {:.1} s",
        began.elapsed().as_secs_f64()
    );
    if app.db.kind() == Kind::Postgres {
        // What autovacuum does by itself minutes after such a load.
        sqlx::query("VACUUM ANALYZE").execute(app.db.read()).await?;
    }
    let queries = queries();
    let mut each = vec![Vec::new(); queries.len()];
    for _ in 0..ROUNDS {
        for ((query, page), times) in queries.iter().zip(&mut each) {
            let began = Instant::now();
            search::search(&app, query, *page).await?;
            times.push(began.elapsed().as_secs_f64() * 1_000.0);
        }
    }
    for ((query, page), times) in queries.iter().zip(&mut each) {
        times.sort_by(f64::total_cmp);
        let median = times[times.len() / 2];
        println!(
            "  {median:>6.2} ms  “{}” page {page}, level {:?}, form {:?}, sort {:?}",
            query.words, query.level, query.form, query.sort
        );
    }
    let mut times = each.concat();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let p95 = at(0.95);
    let met = if p95 < 20.0 { "met" } else { "MISSED" };
    println!(
        "{name}: {} searches: median {:.2} ms, 95 % {p95:.2} ms, slowest {:.2} ms; target 95 % < 20 ms: {met}",
        times.len(),
        at(0.5),
        at(1.0)
    );
    app.db.close().await;
    Ok(())
}

fn queries() -> Vec<(Query, i64)> {
    let words = |words: &str| Query {
        words: words.to_owned(),
        ..Query::default()
    };
    vec![
        (Query::default(), 0),
        (Query::default(), 50),
        (words("会计"), 0),
        (words("jd"), 0),
        (words("j"), 0),
        (words("jixie 大学"), 0),
        (words("济南 本科 函授"), 0),
        (words("没有这个专业"), 0),
        (
            Query {
                level: Some(Level::Bachelor),
                form: Some(StudyForm::Correspondence),
                ..Query::default()
            },
            0,
        ),
        (
            Query {
                fee: (Fen(0), Fen::yuan(6_000)),
                distance: true,
                sort: Sort::Fee,
                ..words("管理")
            },
            1,
        ),
    ]
}

/// Institutions and majors of the lists that the application's form offers.
fn table() -> String {
    let names = |text: &'static str| {
        text.lines()
            .filter(|l| !l.starts_with('#'))
            .filter_map(|l| l.split(',').next())
            .collect::<Vec<_>>()
    };
    let institutions = names(include_str!("../assets/data/institutions.csv"));
    let majors = names(include_str!("../assets/data/majors.csv"));
    let mut lines = vec!["项目编号,院校,服务机构,学历层次,学习形式,专业,学制（月）,学费（元）,分期（元）,上课地点,是否远程,入学时间,名额,退费规则,说明".to_owned()];
    for n in 0..PROGRAMS {
        let (institution, major) = (institutions[n % 40], majors[n * 7 % majors.len()]);
        let level = ["大专", "本科"][n % 2];
        let form = ["开放教育", "函授", "业余", "网络教育"][n % 4];
        let far = ["是", "否"][n % 2];
        lines.push(format!(
            "B-{n},{institution},机构,{level},{form},{major},30,{},,济南市历下区,{far},2031-03-01;2031-09-01,40,30:100,",
            4_000 + n % 60 * 100
        ));
    }
    lines.join("\n")
}
