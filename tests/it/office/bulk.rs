//! Passing many at once: confirmed, each with its result, nothing twice (R-22, ux.md, ADR 0021).

use super::{Desk, officer, season, state};
use crate::acts::{decide_now, eventually, number};
use crate::app::TestApp;
use crate::builders::{CSRF, demo_officers, street, submitted};
use crate::on_both_stores;
use yuanmeng::app::App;
use yuanmeng::application::{self, State};
use yuanmeng::campaign;
use yuanmeng::kernel::Refusal;
use yuanmeng::review::bulk::{self, Outcome};
use yuanmeng::review::inbox::{self, Filter, Tab};
use yuanmeng::review::{Relation, Verdict, relatives};
use yuanmeng::union::Role;

/// How the machine's checks came out, as if each applicant had sent papers of their own: the tests' are all the same.
async fn flag(app: &App, id: &str, flagged: i64) {
    set(
        app,
        "UPDATE applications SET flagged = $1 WHERE id = $2",
        flagged,
        id,
    )
    .await;
}

async fn set(app: &App, sql: &'static str, value: i64, id: &str) {
    let mut tx = app.db.write().await.unwrap();
    sqlx::query(sql)
        .bind(value)
        .bind(id)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

on_both_stores! {
    /// Each is passed, or refused with its reason: a stale one, a relative's, one that a check found fault with, one that was
    /// not checked yet.
    each_of_many_has_its_result
}
async fn each_of_many_has_its_result(test: &TestApp) {
    let app = &test.app;
    let street = street(app).await;
    let [reviewer, ..] = demo_officers(app).await;
    officer(test, &street, "13900139009", &[Role::Reviewer]).await;
    let mut ids = Vec::new();
    for n in 0..7 {
        ids.push(submitted(test, n, &street).await.1);
    }
    test.settle().await;
    for id in &ids {
        flag(app, id, 0).await;
    }
    flag(app, &ids[1], 1).await;
    let unchecked = "UPDATE applications SET checked_at = $1 WHERE id = $2";
    set(app, unchecked, 0, &ids[6]).await;
    relatives::declare(app, &reviewer, &ids[2], Relation::Child)
        .await
        .unwrap();
    let chosen = inbox::chosen(app, &reviewer, &Filter::new(Tab::Mine), 500)
        .await
        .unwrap();
    assert_eq!(
        chosen.iter().map(|(id, _)| id).collect::<Vec<_>>(),
        ids.iter().collect::<Vec<_>>()
    );
    // One is decided, one changes after it was seen.
    decide_now(app, &reviewer, &ids[3], Verdict::Pass, &[])
        .await
        .unwrap();
    decide_now(app, &reviewer, &ids[4], Verdict::Return, &["receipt"])
        .await
        .unwrap();

    let run = bulk::propose(app, &reviewer, &chosen).await.unwrap();
    assert!(
        bulk::find(app, &reviewer, &run)
            .await
            .unwrap()
            .started_at
            .is_none()
    );
    assert_eq!(state(test, &ids[0]).await, State::InReview);
    // Twice at the same moment, and once more: each is done once.
    let (one, two) = tokio::join!(bulk::work(app, &reviewer, &run), bulk::work(app, &reviewer, &run));
    one.and(two).unwrap();
    bulk::work(app, &reviewer, &run).await.unwrap();
    let done = bulk::find(app, &reviewer, &run).await.unwrap();
    assert!(
        done.finished_at.is_some() && done.done() == 7 && done.passed() == 2,
        "{done:?}"
    );
    let words = |n: usize| match &done.items[n].outcome {
        Outcome::Refused(words) => words.clone(),
        other => format!("{other:?}"),
    };
    assert_eq!(words(1), Refusal::NeedsALook.text());
    assert_eq!(words(2), Refusal::DeclaredRelative.text());
    assert_eq!(words(6), Refusal::NotCheckedYet.text());
    assert!(
        words(3).starts_with("这一步已由") && words(4).starts_with("这一步已由"),
        "{done:?}"
    );
    for (n, step) in [(0, 1), (1, 0), (2, 0), (3, 1), (5, 1), (6, 0)] {
        assert_eq!(application::find(app, &ids[n]).await.unwrap().step, step, "{n}");
    }
    // As with single decisions: a fact, an event, a line and a message for each, and a line for each refusal.
    for (sql, n) in [
        (
            "SELECT COUNT(*) FROM decisions WHERE officer_id = $1 AND verdict = 'pass'",
            3,
        ),
        (
            "SELECT COUNT(*) FROM audit WHERE actor_id = $1 AND act = 'application.passed'",
            3,
        ),
        (
            "SELECT COUNT(*) FROM audit WHERE actor_id = $1 AND act = 'refused'",
            5,
        ),
        (
            "SELECT COUNT(*) FROM events e JOIN decisions d ON d.application_id = e.application_id \
             WHERE d.officer_id = $1 AND e.event = 'passed'",
            3,
        ),
        (
            "SELECT COUNT(*) FROM outbox o JOIN events e ON o.payload LIKE '%' || e.id || '%' \
             JOIN decisions d ON d.application_id = e.application_id \
             WHERE d.officer_id = $1 AND e.event = 'passed' AND o.kind = 'application_event'",
            3,
        ),
    ] {
        assert_eq!(number(app, sql, &reviewer.id).await, n, "{sql}");
    }
}

on_both_stores! {
    /// More than one transaction's worth; a run that broke off in the middle goes on where it was, and nothing is done twice.
    what_broke_off_goes_on
}
async fn what_broke_off_goes_on(test: &TestApp) {
    let app = &test.app;
    season::fill(app, 400).await;
    let [_, _, centre] = demo_officers(app).await;
    let intake = campaign::current(app).await.unwrap().unwrap().intake;
    let mut tx = app.db.write().await.unwrap();
    sqlx::query("UPDATE applications SET intake_id = $1, flagged = 0 WHERE holder_id = $2")
        .bind(&intake.id)
        .bind(&centre.union.id)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let chosen = inbox::chosen(app, &centre, &Filter::new(Tab::Mine), 90)
        .await
        .unwrap();
    let n = chosen.len() as i64;
    assert!(n > 50, "{n}: more than one transaction's worth");
    let run = bulk::propose(app, &centre, &chosen).await.unwrap();
    bulk::work(app, &centre, &run).await.unwrap();
    // As if the process had died after its first transaction: those outcomes are kept, the lease runs out.
    let mut tx = app.db.write().await.unwrap();
    for sql in [
        "UPDATE bulk_runs SET finished_at = NULL, worked_until = 0 WHERE id = $1",
        "UPDATE bulk_items SET outcome = '' WHERE run_id = $1 AND place >= 50",
    ] {
        sqlx::query(sql).bind(&run).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    bulk::work(app, &centre, &run).await.unwrap();
    let done = bulk::find(app, &centre, &run).await.unwrap();
    assert!(done.finished_at.is_some() && done.done() as i64 == n, "{done:?}");
    assert_eq!(
        done.passed(),
        50,
        "what was decided meanwhile is refused, not done again"
    );
    let sql = "SELECT COUNT(*) FROM decisions WHERE officer_id = $1";
    assert_eq!(number(app, sql, &centre.id).await, n);
}

on_both_stores! {
    /// The pages: nothing chosen is a sentence; chosen ones are confirmed first; the result names each.
    the_pages_of_many_at_once
}
async fn the_pages_of_many_at_once(test: &TestApp) {
    let app = &test.app;
    let street = street(app).await;
    let [reviewer, above, _] = demo_officers(app).await;
    let (_, first) = submitted(test, 1, &street).await;
    let (_, second) = submitted(test, 2, &street).await;
    test.settle().await;
    flag(app, &first, 0).await;
    flag(app, &second, 1).await;
    let desk = Desk::of(test, &reviewer.id).await;
    let list = desk.get("/office").await;
    assert!(
        list.text.contains(&format!("name=\"pick-{first}\""))
            && list.text.contains("data-testid=\"bulk-all\"")
    );
    let nothing = desk
        .post(
            "/office/bulk",
            &[("csrf", CSRF), ("what", "picked"), ("query", "tab=mine&words=x")],
        )
        .await;
    assert_eq!(
        (nothing.status, nothing.location()),
        (303, "/office?tab=mine&words=x")
    );
    assert!(desk.get("/office").await.text.contains("还没有选中申请"));

    let all = desk
        .post(
            "/office/bulk",
            &[("csrf", CSRF), ("what", "everything"), ("query", "tab=all")],
        )
        .await;
    let page = all.location().to_owned();
    let confirm = desk.get(&page).await;
    assert!(confirm.text.contains("确认通过 2 件") && state(test, &first).await == State::InReview);
    let other = Desk::of(test, &above.id).await;
    assert_eq!(other.get(&page).await.status, 404, "a run is its officer's alone");
    for _ in 0..2 {
        let done = desk.post(&page, &[("csrf", CSRF)]).await;
        assert_eq!((done.status, done.location()), (303, page.as_str()));
    }
    // A machine under load may take longer than the page waits.
    eventually("both are dealt with", async || {
        desk.get(&page).await.text.contains("通过 1 件，没有办成 1 件")
    })
    .await;
    let result = desk.get(&page).await;
    assert!(result.text.contains(&Refusal::NeedsALook.text()));
    assert_eq!(application::find(app, &first).await.unwrap().step, 1);
    assert_eq!(application::find(app, &second).await.unwrap().step, 0);

    // Of another branch: not there. Too many: said.
    let stranger = [("csrf", CSRF), ("what", "picked"), ("pick-no-such", "1")];
    assert_eq!(desk.post("/office/bulk", &stranger).await.status, 404);
    let names: Vec<String> = (0..501).map(|n| format!("pick-{n}")).collect();
    let mut fields = vec![("csrf", CSRF), ("what", "picked")];
    fields.extend(names.iter().map(|name| (name.as_str(), "1")));
    assert_eq!(desk.post("/office/bulk", &fields).await.status, 303);
    assert!(desk.get("/office").await.text.contains("一次最多办理 500 件"));
}
