//! `kill -9` amid payments (issue 6): the processes are real ones.

use super::*;
use crate::app::Pair;
use crate::process::{self, only_processes_from_here, production};
use crate::services;
use yuanmeng::kernel::Time;
use yuanmeng::outbox;

async fn started(pair: Pair) -> TestApp {
    let redis = services::redis_url().await;
    let now = Time(chrono::Utc::now().timestamp_millis());
    TestApp::start_with(pair, now, &[("REDIS_URL", &redis)]).await
}

/// What a minute would do: claims of the dead run out, pauses end.
async fn time_passes(look: &App) {
    let mut tx = look.db.write().await.unwrap();
    sqlx::query("UPDATE outbox SET due_at = 0 WHERE state IN ('ready', 'claimed')")
        .execute(&mut *tx)
        .await
        .unwrap();
    sqlx::query("UPDATE payment_tries SET check_at = 0")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// Issue 6: killed while payments come in, nothing that was paid is lost or counted twice, and each seat is its payer's.
async fn killed_amid_payments(test: TestApp) {
    let program = program(&test.app, "机电一体化").await;
    let mut enrolments = Vec::new();
    for n in 0..12 {
        let worker = verified(&test, n).await;
        enrolments.push(enrolled(&test.app, &worker, n, &program).await.unwrap());
    }
    let look = only_processes_from_here(&test).await;
    test.sim_post(
        "/sim/pay/callbacks",
        json!({ "duplicate": 1, "retry_ms": [50, 50, 100, 200, 400, 800] }),
    )
    .await;
    let env = production(&test.env);
    for four in enrolments.chunks(4) {
        let process = process::start("serve", &env);
        eventually("it serves", async || {
            test.http
                .get(format!("{}/readyz", test.url))
                .send()
                .await
                .is_ok_and(|a| a.status() == 200)
        })
        .await;
        for enrolment in four {
            let order = paying::due(&look, enrolment).await.unwrap().1;
            let code = payment::native(&look, &order.id).await.unwrap();
            let shown = test
                .sim_post("/sim/pay/cashier", json!({ "user": "wang", "code_url": code }))
                .await;
            test.sim_post(
                "/sim/pay/confirm",
                json!({ "user": "wang", "prepay_id": shown["prepay_id"] }),
            )
            .await;
        }
        process::kill(&process);
        time_passes(&look).await;
    }
    let last = process::start("serve", &env);
    for enrolment in &enrolments {
        for _ in 0..40 {
            if state(&look, enrolment).await == State::Paid && outbox::waiting(&look.db).await.unwrap() == 0 {
                break;
            }
            time_passes(&look).await;
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
        assert_eq!(
            state(&look, enrolment).await,
            State::Paid,
            "{}",
            process::log(&last)
        );
        let paid = moves::timeline(&look, &enrolment.id).await.unwrap();
        assert_eq!(paid.iter().filter(|h| h.event.as_str() == "paid").count(), 1);
    }
    seats_are_exact(&look).await;
    let log = process::log(&last);
    assert!(!log.contains("panicked"), "{log}");
    drop(last);
    test.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_on_sqlite_and_redis() {
    killed_amid_payments(started(Pair::SqliteMemory).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_on_postgres_and_redis() {
    killed_amid_payments(started(Pair::PostgresRedis).await).await;
}
