//! The outbox on both databases: nothing lost, nothing done twice, by one process or two, stopped or dead; and the
//! schema, brought up to date by several at once (issue 2, points 1 and 2).

use crate::acts::{self, bound_worker, calls, eventually, fault, number};
use crate::app::{Pair, TestApp};
use crate::builders::{ready, street};
use crate::services;
use crate::{on_both_stores, process};
use serde_json::json;
use std::collections::BTreeSet;
use yuanmeng::app::App;
use yuanmeng::application::submit;
use yuanmeng::background;
use yuanmeng::clock::Clock;
use yuanmeng::config::{Config, Purpose};
use yuanmeng::kernel::Time;
use yuanmeng::kernel::time::{HOUR, SECOND};
use yuanmeng::outbox::{self, LEASE, MAX_ATTEMPTS};

/// Stores without the loops that work on them, opened twice as by two processes.
async fn two_processes(pair: Pair) -> (App, App, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let mut env = vec![("YUANMENG_DATA_DIR", dir.path().display().to_string())];
    if pair == Pair::PostgresRedis {
        env.push(("DATABASE_URL", services::postgres_url().await));
    }
    let read = |name: &str| env.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone());
    let open = async || {
        let config = Config::read(&read, Purpose::Demo).unwrap();
        App::open(config, Clock::system()).await.unwrap()
    };
    (open().await, open().await, dir)
}

/// Defines a test on both databases: the body takes two applications on one database and none that works.
macro_rules! on_both_databases {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                let (a, b, _dir) = super::two_processes($crate::app::Pair::SqliteMemory).await;
                super::$name(&a, &b).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                let (a, b, _dir) = super::two_processes($crate::app::Pair::PostgresRedis).await;
                super::$name(&a, &b).await;
            }
        }
    };
}

async fn enqueue(app: &App, n: usize, due: Time) {
    for _ in 0..n {
        let mut tx = app.db.write().await.unwrap();
        outbox::enqueue(&mut tx, &app.id(), "test", &json!({}), due, None)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
}

async fn claim(app: &App, claimant: &str, now: Time) -> Vec<outbox::Job> {
    outbox::claim(&app.db, claimant, now, 100).await.unwrap()
}

async fn done(app: &App, job: &str, claimant: &str) -> bool {
    let mut tx = app.db.write().await.unwrap();
    let done = outbox::done(&mut tx, job, claimant).await.unwrap();
    tx.commit().await.unwrap();
    done
}

async fn failed(app: &App, job: &outbox::Job, claimant: &str, now: Time) {
    let mut tx = app.db.write().await.unwrap();
    outbox::failed(&mut tx, job, claimant, now, "error")
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

on_both_databases! {
    /// Point 2, "claims survive … two processes": over 200 jobs, nobody ever gets what another one has.
    a_job_is_claimed_once
}
async fn a_job_is_claimed_once(a: &App, b: &App) {
    let now = Time(1_000_000);
    enqueue(a, 200, now).await;
    let mut at_once = tokio::task::JoinSet::new();
    for (n, app) in [a, b, a, b].into_iter().enumerate() {
        let app = app.clone();
        at_once.spawn(async move {
            let mut mine = Vec::new();
            loop {
                let jobs = outbox::claim(&app.db, &format!("claimant {n}"), now, 7)
                    .await
                    .unwrap();
                assert!(jobs.len() <= 7);
                match jobs.is_empty() {
                    true => break mine,
                    false => mine.extend(jobs.into_iter().map(|job| job.id)),
                }
            }
        });
    }
    // On PostgreSQL SKIP LOCKED may show a claimant nothing while another one holds the rest for a moment.
    let mut all: Vec<String> = at_once.join_all().await.into_iter().flatten().collect();
    all.extend(claim(a, "last", now).await.into_iter().map(|job| job.id));
    assert_eq!(all.len(), 200);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 200);
}

on_both_databases! {
    /// Point 2, "claims survive kill -9": a claim that ran out is taken over, and who lost it changes nothing more.
    a_claim_that_ran_out_is_taken_over
}
async fn a_claim_that_ran_out_is_taken_over(a: &App, b: &App) {
    let now = Time(1_000_000);
    enqueue(a, 1, now).await;
    assert!(claim(a, "early", now.plus(-1)).await.is_empty(), "not due yet");
    let dead = claim(a, "dead", now).await.remove(0);
    assert!(claim(b, "other", now.plus(LEASE - 1)).await.is_empty());
    let later = now.plus(LEASE);
    let taken = claim(b, "other", later).await.remove(0);
    assert_eq!((&taken.id, taken.attempts), (&dead.id, 2));

    assert!(!done(a, &dead.id, "dead").await, "the claim is another's");
    failed(a, &dead, "dead", later).await;
    let mut tx = a.db.write().await.unwrap();
    outbox::postpone(&mut tx, &dead.id, "dead", now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(outbox::hand_back(&a.db, "dead", later).await.unwrap(), 0);
    assert!(claim(a, "third", later.plus(LEASE - 1)).await.is_empty());

    assert!(done(b, &taken.id, "other").await);
    assert!(!done(b, &taken.id, "other").await, "done is done");
    assert!(claim(a, "third", later.plus(10 * HOUR)).await.is_empty());
    assert_eq!(outbox::waiting(&a.db).await.unwrap(), 0);
}

on_both_databases! {
    /// Point 1, "hand back claimed outbox rows": due at once, without counting the attempt, and only one's own.
    what_is_handed_back_is_due_at_once
}
async fn what_is_handed_back_is_due_at_once(a: &App, b: &App) {
    let now = Time(1_000_000);
    enqueue(a, 5, now).await;
    let mine = outbox::claim(&a.db, "stopping", now, 3).await.unwrap();
    let other = claim(b, "other", now).await;
    assert_eq!((mine.len(), other.len()), (3, 2));
    assert_eq!(outbox::hand_back(&a.db, "stopping", now).await.unwrap(), 3);
    let again = claim(b, "other", now).await;
    assert_eq!(again.len(), 3);
    assert!(again.iter().all(|job| job.attempts == 1));
}

on_both_databases! {
    /// A failed job comes back after its pause, longer each time, and is given up after so many attempts.
    a_failed_job_comes_back_after_its_pause
}
async fn a_failed_job_comes_back_after_its_pause(a: &App, b: &App) {
    let mut now = Time(1_000_000);
    enqueue(a, 1, now).await;
    for attempt in 1..=MAX_ATTEMPTS {
        let job = claim(a, "me", now).await.remove(0);
        assert_eq!(job.attempts, attempt);
        failed(a, &job, "me", now).await;
        let pause = outbox::backoff(attempt);
        assert!(pause >= 5 * SECOND);
        assert!(
            claim(b, "other", now.plus(pause - 1)).await.is_empty(),
            "attempt {attempt}"
        );
        now = now.plus(pause);
    }
    assert!(claim(b, "other", now.plus(24 * HOUR)).await.is_empty());
    let dead = "SELECT COUNT(*) FROM outbox WHERE state = $1 AND error = 'error'";
    assert_eq!(number(a, dead, "dead").await, 1, "kept for the operator");
}

on_both_databases! {
    /// Point 2: "A job is enqueued in the transaction that makes it true": rolled back, it never was; and the same
    /// cause makes one job.
    a_job_lives_and_dies_with_its_transaction
}
async fn a_job_lives_and_dies_with_its_transaction(a: &App, b: &App) {
    let now = Time(1_000_000);
    let mut tx = a.db.write().await.unwrap();
    outbox::enqueue(&mut tx, &a.id(), "test", &json!({}), now, Some("cause"))
        .await
        .unwrap();
    drop(tx);
    assert!(claim(b, "me", now).await.is_empty());
    for _ in 0..2 {
        let mut tx = a.db.write().await.unwrap();
        outbox::enqueue(&mut tx, &a.id(), "test", &json!({}), now, Some("cause"))
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    let jobs = claim(b, "me", now).await;
    assert_eq!(jobs.len(), 1);
    assert!(done(b, &jobs[0].id, "me").await);
    let mut tx = a.db.write().await.unwrap();
    outbox::enqueue(&mut tx, &a.id(), "test", &json!({}), now, Some("cause"))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert!(claim(b, "me", now).await.is_empty(), "done once is done for good");
}

on_both_stores! {
    /// Point 1, "graceful stop (finish requests, hand back claimed outbox rows)": nothing stays claimed, and the next
    /// process sends the rest, each message once.
    a_stopping_process_hands_its_jobs_back
}
async fn a_stopping_process_hands_its_jobs_back(test: &TestApp) {
    let street = street(&test.app).await;
    let mut drafts = Vec::new();
    for n in 0..6 {
        let (worker, user) = bound_worker(test, n).await;
        drafts.push((ready(test, &worker, n, &street).await, worker, user));
    }
    let read = |name: &str| {
        let found = test.env.iter().rev().find(|(n, _)| n == name);
        found.map(|(_, value)| value.clone())
    };
    let config = Config::read(&read, Purpose::Demo).unwrap();
    let next = App::open(config, Clock::system()).await.unwrap();
    // Every send is slow, so that the stop comes amid them.
    fault(
        test,
        json!({ "path": acts::TEMPLATE_SEND, "times": 8, "delay_ms": 300 }),
    )
    .await;
    for (id, worker, _) in &drafts {
        submit::submit(&test.app, &worker.id, id, &worker.phone)
            .await
            .unwrap();
    }
    eventually("a message is being sent", async || {
        calls(test, acts::TEMPLATE_SEND).await > 0
    })
    .await;
    test.app.stop.cancel();
    let claimed = "SELECT COUNT(*) FROM outbox WHERE state = $1";
    eventually("nothing is claimed", async || {
        number(&next, claimed, "claimed").await == 0
    })
    .await;
    assert!(
        outbox::waiting(&next.db).await.unwrap() > 0,
        "the stop did not wait for all"
    );

    while background::round(&next, "next").await.unwrap() > 0 {}
    assert_eq!(outbox::waiting(&next.db).await.unwrap(), 0);
    let stats = test.sim_get("/sim/stats").await;
    let shown = stats["templates_by_client_msg_id"].as_object().unwrap();
    assert!(shown.values().all(|times| times == 1), "{stats}");
    for (_, _, user) in &drafts {
        let told = test.templates(user).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("提交成功"));
    }
}

/// Architecture: "SQLite has no migration lock: take a file lock before migrating"; PostgreSQL has one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_migrate_at_once_all_succeed() {
    for database in [None, Some(services::postgres_url().await)] {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join("demo-secret-key"),
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        )
        .unwrap();
        let mut env = vec![
            ("YUANMENG_DATA_DIR".to_owned(), dir.path().display().to_string()),
            ("YUANMENG_LISTEN".to_owned(), "127.0.0.1:1".to_owned()),
            ("SIM_LISTEN".to_owned(), "127.0.0.1:1".to_owned()),
        ];
        env.extend(database.map(|url| ("DATABASE_URL".to_owned(), url)));
        let env = process::production(&env);
        let mut at_once = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let env = env.clone();
            at_once.spawn_blocking(move || process::run("migrate", &env));
        }
        for output in at_once.join_all().await {
            let printed = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{printed}");
        }
    }
}
