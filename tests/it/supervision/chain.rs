//! Sealing: two at once, a crash between, lines from before (R-31, ADR 0023).

use crate::app::TestApp;
use crate::on_both_stores;
use serde_json::json;
use std::time::Duration;
use yuanmeng::app::App;
use yuanmeng::audit::{self, Actor, Line};
use yuanmeng::clock::Clock;
use yuanmeng::config::{Config, Purpose};
use yuanmeng::supervision::{chain, invariants, verify};

/// Writes lines as acts do, one a transaction.
pub async fn write_lines(app: &App, n: usize) {
    for i in 0..n {
        let mut tx = app.db.write().await.unwrap();
        let line = Line {
            actor: &Actor::System,
            act: "refused",
            subject: ("union", "x"),
            detail: json!({ "n": i }),
        };
        audit::record(&mut tx, &app.entropy, app.now(), line)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
}

/// A second process on the same stores.
async fn beside(test: &TestApp) -> App {
    let read = |name: &str| {
        let found = test.env.iter().rev().find(|(n, _)| n == name);
        found.map(|(_, value)| value.clone())
    };
    let config = Config::read(&read, Purpose::Demo).unwrap();
    App::open(config, Clock::system()).await.unwrap()
}

async fn count(app: &App, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(app.db.read()).await.unwrap()
}

async fn all_sealed_once(app: &App) {
    let report = verify::verify(app, None).await.unwrap();
    assert!(report.whole(), "{:#?}", report.findings);
    assert_eq!(report.unsealed, 0);
    assert_eq!(report.sealed, count(app, "SELECT COUNT(*) FROM audit").await);
    assert_eq!(
        report.head.map(|head| head.seq),
        Some(report.sealed),
        "without gaps"
    );
}

on_both_stores! {
    /// two processes seal while a third writes; every line gets one link, in one chain.
    two_processes_seal_at_once
}
async fn two_processes_seal_at_once(test: &TestApp) {
    let other = beside(test).await;
    let sealing = |app: App| async move {
        for _ in 0..30 {
            chain::seal(&app).await.unwrap();
        }
    };
    tokio::join!(
        sealing(test.app.clone()),
        sealing(other.clone()),
        write_lines(&test.app, 150),
        write_lines(&other, 150)
    );
    chain::seal_all(&other).await.unwrap();
    all_sealed_once(&test.app).await;
    other.db.close().await;
}

on_both_stores! {
    /// whoever dies while sealing leaves the lines to the next.
    a_crash_between_loses_nothing
}
async fn a_crash_between_loses_nothing(test: &TestApp) {
    let other = beside(test).await;
    for i in 0..40u64 {
        write_lines(&test.app, 5).await;
        // Dropped wherever it happens to be: before, within or after its transaction.
        let _ = tokio::time::timeout(Duration::from_micros(i * 150), chain::seal(&other)).await;
    }
    chain::seal_all(&test.app).await.unwrap();
    all_sealed_once(&test.app).await;
    other.db.close().await;
}

on_both_stores! {
    /// an older database's lines are sealed at the first run; unmarked ones that come later are not believed.
    lines_from_before_are_sealed_first
}
async fn lines_from_before_are_sealed_first(test: &TestApp) {
    // The head first: its lock keeps the application's own sealing out.
    let reset = [
        "UPDATE audit_head SET seq = 0, hash = '', mark = '', at = 0",
        "DELETE FROM audit_chain",
        "UPDATE audit SET mark = '', sealed = 0",
    ];
    let mut tx = test.app.db.write().await.unwrap();
    for sql in reset {
        sqlx::query(sql).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    let before = count(&test.app, "SELECT COUNT(*) FROM audit").await;
    write_lines(&test.app, 2).await;
    chain::seal_all(&test.app).await.unwrap();
    all_sealed_once(&test.app).await;
    let report = verify::verify(&test.app, None).await.unwrap();
    assert_eq!(report.unmarked, before);
    let sql = "INSERT INTO audit (id, at, actor_kind, actor_id, act, subject_kind, subject_id, detail) \
               VALUES ('ffff', 1, 'system', '', 'refused', 'union', 'x', '{}')";
    let mut tx = test.app.db.write().await.unwrap();
    sqlx::query(sql).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    chain::seal_all(&test.app).await.unwrap();
    assert_eq!(verify::verify(&test.app, None).await.unwrap().found, 1);
}

on_both_stores! {
    /// the books agree after the demo's acts, and a place that is counted twice is found.
    the_books_agree
}
async fn the_books_agree(test: &TestApp) {
    let street = crate::builders::street(&test.app).await;
    let (_, id) = crate::builders::submitted(test, 1, &street).await;
    assert_eq!(invariants::check(&test.app).await.unwrap(), []);
    let mut tx = test.app.db.write().await.unwrap();
    sqlx::query("UPDATE quotas SET taken = taken + 1 WHERE unit_id = (SELECT unit_id FROM applications WHERE id = $1)")
        .bind(&id)
        .execute(&mut *tx)
        .await
        .unwrap();
    sqlx::query("DELETE FROM claims WHERE application_id = $1 AND scope = 'year'")
        .bind(&id)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let rules: Vec<&str> = invariants::check(&test.app)
        .await
        .unwrap()
        .iter()
        .map(|finding| finding.rule.as_str())
        .collect();
    assert_eq!(rules, ["taken_is_ledger", "taken_is_held", "one_claim"]);
}
