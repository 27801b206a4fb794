//! `kill -9` amid submissions and sends, and two processes at one outbox: "loses no acknowledged submission and
//! sends no message twice to the simulator" (issue 2, "Done when"; point 2). The processes are real ones.

use crate::acts::{TEMPLATE_SEND, bound_worker, eventually, fault, number};
use crate::app::{Pair, TestApp};
use crate::builders::{self, ready, street, union, worker};
use crate::guarded::Guarded;
use crate::process::{self, only_processes_from_here, production};
use crate::services;
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use yuanmeng::app::App;
use yuanmeng::application::{self, State, submit};
use yuanmeng::campaign::{self, places};
use yuanmeng::kernel::Time;
use yuanmeng::outbox;

/// A unit of Annex 1 with ten places.
const TEN: &str = "济南市教育工会";

/// Defines a test on both databases, with Redis, since several processes need one.
macro_rules! on_both_databases {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite_and_redis() {
                super::$name(super::started($crate::app::Pair::SqliteMemory).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres_and_redis() {
                super::$name(super::started($crate::app::Pair::PostgresRedis).await).await;
            }
        }
    };
}

async fn started(pair: Pair) -> TestApp {
    let redis = services::redis_url().await;
    let now = Time(chrono::Utc::now().timestamp_millis());
    TestApp::start_with(pair, now, &[("REDIS_URL", &redis)]).await
}

/// What a minute would do: claims of the dead run out, pauses end.
async fn time_passes(look: &App) {
    let mut tx = look.db.write().await.unwrap();
    let sql = "UPDATE outbox SET due_at = 0 WHERE state IN ('ready', 'claimed')";
    sqlx::query(sql).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

async fn all_sent(look: &App) {
    for _ in 0..60 {
        for _ in 0..20 {
            if outbox::waiting(&look.db).await.unwrap() == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // Only what nobody works on: a lost answer's pause, a dead process's claim.
        time_passes(look).await;
    }
    panic!("the outbox did not become empty");
}

async fn shown(test: &TestApp) -> u64 {
    test.sim_get("/sim/stats").await["templates_shown"]
        .as_u64()
        .unwrap()
}

/// `n` bound workers with drafts at the demo's street: simulator's user, worker, draft.
async fn drafts(test: &TestApp, n: usize) -> Vec<(String, yuanmeng::account::Worker, String)> {
    let street = street(&test.app).await;
    let mut drafts = Vec::new();
    for n in 0..n {
        let (worker, user) = bound_worker(test, n).await;
        let draft = ready(test, &worker, n, &street).await;
        drafts.push((user, worker, draft));
    }
    drafts
}

/// Every notice reached its recipient as a template message, once.
async fn each_message_once(
    test: &TestApp,
    look: &App,
    drafts: &[(String, yuanmeng::account::Worker, String)],
) {
    let stats = test.sim_get("/sim/stats").await;
    let by_id = stats["templates_by_client_msg_id"].as_object().unwrap();
    assert!(by_id.values().all(|times| times == 1), "{stats}");
    let notices = "SELECT COUNT(*) FROM notices WHERE channel = $1 AND state IN ('sent', 'delivered')";
    assert_eq!(by_id.len() as i64, number(look, notices, "wechat").await);
    let unsent = "SELECT COUNT(*) FROM notices WHERE state = $1";
    assert_eq!(number(look, unsent, "queued").await, 0);
    for (user, _, _) in drafts {
        let told = test.templates(user).await;
        assert!(
            told.len() == 1 && told[0].contains("提交成功"),
            "{user}: {told:?}"
        );
    }
}

on_both_databases! {
    /// "`kill -9` amid … sends … sends no message twice to the simulator", and none is lost.
    killed_amid_sends
}
async fn killed_amid_sends(test: TestApp) {
    let drafts = drafts(&test, 30).await;
    let look = only_processes_from_here(&test).await;
    // Some answers are lost as well; and sending takes its time, so that each kill comes amid it.
    let lost = json!({ "path": TEMPLATE_SEND, "times": 4, "delay_ms": 80, "drop": "after" });
    fault(&test, lost).await;
    fault(
        &test,
        json!({ "path": TEMPLATE_SEND, "times": 10_000, "delay_ms": 80 }),
    )
    .await;
    for (_, worker, draft) in &drafts {
        submit::submit(&look, &worker.id, draft, &worker.phone)
            .await
            .unwrap();
    }
    let env = production(&test.env);
    for _ in 0..4 {
        let before = shown(&test).await;
        let process = process::start("serve", &env);
        eventually("it sends", async || shown(&test).await >= before + 2).await;
        process::kill(&process);
        assert!(
            outbox::waiting(&look.db).await.unwrap() > 0,
            "the kill came too late to prove anything"
        );
        time_passes(&look).await;
    }
    let last = process::start("serve", &env);
    all_sent(&look).await;
    each_message_once(&test, &look, &drafts).await;
    let stats = test.sim_get("/sim/stats").await;
    assert!(
        stats["templates_repeated"].as_u64() >= Some(1),
        "nothing was sent again: {stats}"
    );
    assert!(
        !process::log(&last).contains("panicked"),
        "{}",
        process::log(&last)
    );
    drop(last);
    test.stop().await;
}

on_both_databases! {
    /// Point 2, "claims survive … two processes": two processes work one outbox, and each message goes out once; told
    /// to stop, a process ends in order.
    two_processes_share_the_work
}
async fn two_processes_share_the_work(test: TestApp) {
    let drafts = drafts(&test, 16).await;
    let look = only_processes_from_here(&test).await;
    let env = production(&test.env);
    let mut second = env.clone();
    let port = services::free_port();
    second.push(("YUANMENG_LISTEN".to_owned(), format!("127.0.0.1:{port}")));
    let processes = [process::start("serve", &env), process::start("serve", &second)];
    for url in [&test.url, &format!("http://127.0.0.1:{port}")] {
        eventually("both are ready", async || {
            let ready = test.http.get(format!("{url}/readyz")).send().await;
            ready.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
    }
    let mut at_once = tokio::task::JoinSet::new();
    for (_, worker, draft) in &drafts {
        let (look, worker, draft) = (look.clone(), worker.clone(), draft.clone());
        at_once.spawn(async move {
            submit::submit(&look, &worker.id, &draft, &worker.phone)
                .await
                .unwrap()
        });
    }
    at_once.join_all().await;
    all_sent(&look).await;
    each_message_once(&test, &look, &drafts).await;
    for process in processes {
        process::signal(&process, "TERM");
        process::wait_for_end(&process);
        let log = process::log(&process);
        assert!(log.contains("stopping") && !log.contains("ERROR"), "{log}");
    }
    test.stop().await;
}

on_both_databases! {
    /// "`kill -9` amid submissions … loses no acknowledged submission"; places stay exact, and a second tap after the
    /// restart gets the number that was given (R-18 … R-20).
    killed_amid_submissions
}
async fn killed_amid_submissions(test: TestApp) {
    let unit = union(&test.app, &[TEN]).await;
    let mut taps = Vec::new();
    for n in 0..40 {
        let worker = worker(&test, n).await;
        let id = ready(&test, &worker, n, &unit).await;
        let cookie = builders::session(&test.app, "worker", &worker.id).await;
        taps.push(Tap { id, cookie });
    }
    let look = only_processes_from_here(&test).await;
    let env = production(&test.env);
    let mut numbers = BTreeMap::new();
    for most in [8, 8, 8, usize::MAX] {
        let process = process::start("serve", &env);
        is_ready(&test).await;
        let left: Vec<&Tap> = taps.iter().filter(|tap| !numbers.contains_key(&tap.id)).collect();
        let acknowledged = tap_until_killed(&test, &left, &process, most).await;
        if most != usize::MAX {
            assert!(
                acknowledged.len() < left.len(),
                "the kill came too late to prove anything"
            );
        }
        for id in acknowledged {
            let number = application::find(&look, &id).await.unwrap().number;
            numbers.insert(id, number.expect("an acknowledged submission is lost"));
        }
        places_are_exact(&look, &unit.id).await;
        process::kill(&process);
    }
    assert_eq!(numbers.len(), 40);

    // And everybody is told once; who taps again gets the same answer.
    let _process = process::start("serve", &env);
    is_ready(&test).await;
    let (mut seqs, mut held) = (BTreeSet::new(), 0);
    for tap in &taps {
        assert!(tap.tap(&test).await);
        let application = application::find(&look, &tap.id).await.unwrap();
        assert_eq!(application.number.as_ref(), numbers.get(&tap.id));
        seqs.insert(application.seq);
        held += usize::from(application.state == State::InReview);
    }
    assert_eq!((seqs.len(), held), (40, 10));
    all_sent(&look).await;
    let told = "SELECT COUNT(*) FROM notices WHERE state = 'sent' AND event = $1";
    assert_eq!(number(&look, told, "submitted").await, 10);
    assert_eq!(number(&look, told, "waitlisted").await, 30);
    test.stop().await;
}

/// A worker about to tap 提交申请.
struct Tap {
    id: String,
    cookie: String,
}

impl Tap {
    /// Whether the submission was acknowledged: the browser is sent on to the page with the number.
    async fn tap(&self, test: &TestApp) -> bool {
        let request = test.http.post(format!("{}/apply/confirm", test.url));
        let request = request
            .header("cookie", &self.cookie)
            .form(&[("csrf", builders::CSRF)]);
        let Ok(answer) = request.send().await else {
            return false;
        };
        let to = answer
            .headers()
            .get("location")
            .map(|to| to.as_bytes().to_owned());
        answer.status() == 303 && to.as_deref() == Some(b"/progress")
    }
}

/// Eight taps at a time, until the process has acknowledged so many and is killed; gives what it acknowledged.
async fn tap_until_killed(test: &TestApp, taps: &[&Tap], process: &Guarded, most: usize) -> Vec<String> {
    let mut answers = stream::iter(taps)
        .map(|tap| async move { (tap.id.clone(), tap.tap(test).await) })
        .buffer_unordered(8);
    let mut acknowledged = Vec::new();
    while let Some((id, holds)) = answers.next().await {
        acknowledged.extend(holds.then_some(id));
        if acknowledged.len() == most {
            process::kill(process);
        }
    }
    acknowledged
}

async fn is_ready(test: &TestApp) {
    eventually("it serves", async || {
        let ready = test.http.get(format!("{}/readyz", test.url)).send().await;
        ready.is_ok_and(|answer| answer.status() == 200)
    })
    .await;
}

async fn places_are_exact(look: &App, unit_id: &str) {
    let current = campaign::current(look).await.unwrap().unwrap();
    let places = places::of_unit(look, &current.campaign_id, unit_id)
        .await
        .unwrap()
        .unwrap();
    let ledger = places::ledger_sum(look, &current.campaign_id, unit_id)
        .await
        .unwrap();
    let sql = "SELECT COUNT(*) FROM applications WHERE unit_id = $1 AND state = 'in_review'";
    let held = number(look, sql, unit_id).await;
    assert_eq!((places.taken, ledger), (held, held));
    assert!(held <= 10);
}
