//! A small season, played on both stores (issue 5, ADR 0027); and what a rehearsal refuses.

use crate::app::Pair;
use crate::services;
use sqlx::any::AnyPoolOptions;
use std::path::Path;
use std::time::Duration;
use yuanmeng::app::App;
use yuanmeng::cli::rehearse::{self, Options};
use yuanmeng::clock::Clock;

async fn options(pair: Pair, dir: &Path, workers: usize) -> Options {
    let (database_url, redis_url) = match pair {
        Pair::SqliteMemory => (None, None),
        Pair::PostgresRedis => (
            Some(services::postgres_url().await),
            Some(services::redis_url().await),
        ),
    };
    Options {
        workers,
        seed: 7,
        connections: 16,
        within: Duration::from_secs(300),
        data_dir: dir.to_owned(),
        database_url,
        redis_url,
        told: false,
    }
}

/// In memory where there is such a folder: a season is thousands of commits, each to the disk.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().expect("a temporary folder"))
}

/// The rehearsal's own database, opened again after it ended.
async fn opened(options: &Options) -> App {
    let nowhere = "127.0.0.1:9".parse().unwrap();
    let config = rehearse::config(options, nowhere, nowhere).unwrap();
    App::open(config, Clock::system()).await.unwrap()
}

async fn execute(app: &App, sql: &'static str) {
    let mut tx = app.db.write().await.unwrap();
    sqlx::query(sql).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// The whole season holds; then one line more in the ledger, and the same look finds it.
async fn a_season(pair: Pair) {
    let dir = folder();
    let options = options(pair, dir.path(), 120).await;
    let outcome = rehearse::hold(&options).await.unwrap();
    assert!(outcome.findings.is_empty(), "{}", outcome.report);
    assert!(outcome.report.ends_with("结论：全部符合\n"), "{}", outcome.report);
    for event in [
        "候补转正",
        "退回补正",
        "超过期限",
        "本人撤回",
        "本人取回修改",
        "审核全部通过",
        "审核未通过",
    ] {
        assert!(
            outcome.report.contains(event),
            "{event} happened: {}",
            outcome.report
        );
    }
    assert!(
        !outcome.report.contains("其中批量 0"),
        "some were passed in bulk: {}",
        outcome.report
    );

    let app = opened(&options).await;
    let (_, before) = rehearse::invariants(&app, &outcome.campaign_id).await.unwrap();
    assert_eq!(before, []);
    execute(
        &app,
        "INSERT INTO place_entries (id, campaign_id, unit_id, application_id, delta, cause, at, actor) \
         SELECT 'planted', campaign_id, unit_id, application_id, 1, 'promoted', at + 1, 'system:' FROM place_entries \
         WHERE id = (SELECT MIN(id) FROM place_entries)",
    )
    .await;
    let (_, found) = rehearse::invariants(&app, &outcome.campaign_id).await.unwrap();
    let named = found
        .iter()
        .any(|f| f.rule.contains("R-20") && f.what.starts_with("taken_is_ledger"));
    assert!(named, "{found:?}");
    app.db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_season_holds_on_sqlite_and_memory() {
    a_season(Pair::SqliteMemory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_season_holds_on_postgres_and_redis() {
    a_season(Pair::PostgresRedis).await;
}

/// A database is rehearsed on again when nobody else was there, for the next year; else never.
async fn only_on_its_own_ground(pair: Pair) {
    let dir = folder();
    let options = options(pair, dir.path(), 6).await;
    let first = rehearse::hold(&options).await.unwrap();
    let second = rehearse::hold(&options).await.unwrap();
    assert!(second.findings.is_empty(), "{}", second.report);
    assert_ne!(first.campaign_id, second.campaign_id);

    let app = opened(&options).await;
    let mut tx = app.db.write().await.unwrap();
    let line = yuanmeng::audit::Line {
        actor: &yuanmeng::audit::Actor::System,
        act: "campaign.create",
        subject: ("campaign", "real"),
        detail: serde_json::json!({}),
    };
    yuanmeng::audit::record(&mut tx, &app.entropy, app.now(), line)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    app.db.close().await;
    let refused = rehearse::hold(&options).await.unwrap_err().to_string();
    assert!(refused.contains("DATABASE_URL 中有其他数据"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rehearsal_keeps_to_its_own_sqlite() {
    only_on_its_own_ground(Pair::SqliteMemory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rehearsal_keeps_to_its_own_postgres() {
    only_on_its_own_ground(Pair::PostgresRedis).await;
}

/// Never on a real one: data that no rehearsal made, in the database or in Redis, and nothing is written at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_database_is_refused_untouched() {
    let dir = folder();
    let options = options(Pair::PostgresRedis, dir.path(), 6).await;
    sqlx::any::install_default_drivers();
    let pool = AnyPoolOptions::new();
    let pool = pool
        .connect(options.database_url.as_deref().unwrap())
        .await
        .unwrap();
    sqlx::query("CREATE TABLE something (id BIGINT)")
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("INSERT INTO something (id) VALUES (1)")
        .execute(&pool)
        .await
        .unwrap();
    let refused = rehearse::hold(&options).await.unwrap_err().to_string();
    assert!(refused.contains("DATABASE_URL 中有其他数据"), "{refused}");
    let tables: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(tables, 1, "no schema was made");
    pool.close().await;

    let mut fresh = options.clone();
    fresh.database_url = Some(services::postgres_url().await);
    let cache = yuanmeng::cache::Cache::redis(fresh.redis_url.as_deref().unwrap())
        .await
        .unwrap();
    cache
        .set("session:real", "1", Duration::from_secs(60))
        .await
        .unwrap();
    let refused = rehearse::hold(&fresh).await.unwrap_err().to_string();
    assert!(refused.contains("REDIS_URL 中有其他数据"), "{refused}");
}
