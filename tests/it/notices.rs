//! Being told: each step reaches worker and officers once, as a template message or as SMS, whatever goes
//! wrong at WeChat (facts: Errors, Template, TEMPLATESENDJOBFINISH; issue 2, point 3).

use crate::acts::{
    self, TEMPLATE_SEND, bound_submitted, bound_worker, calls, decide_now, eventually, fault, number,
    officer, texts,
};
use crate::app::{Pair, TestApp};
use crate::builders::{self, demo_officers, phone, picture, ready, street, submitted};
use crate::on_both_stores;
use serde_json::{Value, json};
use yuanmeng::account::workers;
use yuanmeng::application::{self, DocumentKind, documents, submit};
use yuanmeng::kernel::Time;
use yuanmeng::kernel::time::{HOUR, MINUTE, SECOND};
use yuanmeng::outbox;
use yuanmeng::review::Verdict;
use yuanmeng::sim::openid_of;
use yuanmeng::union::{Role, officers};

/// An application at a moment in the middle of an hour, where the only officer of the street has no WeChat: a
/// submission is then exactly one template message.
async fn quiet() -> TestApp {
    let now = chrono::Utc::now().timestamp_millis();
    let test = TestApp::start_with(Pair::SqliteMemory, Time(now / HOUR * HOUR + 5 * MINUTE), &[]).await;
    let [at_street, ..] = demo_officers(&test.app).await;
    officers::bind(&test.app, &at_street.id, None).await.unwrap();
    test
}

/// Channel, state and error of a worker's notices, oldest first.
async fn fates(test: &TestApp, worker_id: &str) -> Vec<String> {
    let sql =
        "SELECT channel || ' ' || state || ' ' || error FROM notices WHERE recipient_id = $1 ORDER BY id";
    texts(&test.app, sql, worker_id).await
}

/// How many messages were shown to a user, none of them twice.
async fn shown(test: &TestApp, user: &str) -> usize {
    let stats = test.sim_get("/sim/stats").await;
    let by_id = stats["templates_by_client_msg_id"].as_object().unwrap();
    assert!(by_id.values().all(|times| times == 1), "{stats}");
    test.templates(user).await.len()
}

on_both_stores! {
    /// "The worker is told at each move …; the officers of the next union are told that work waits."
    each_step_reaches_who_has_to_know
}
async fn each_step_reaches_who_has_to_know(test: &TestApp) {
    let app = &test.app;
    let [at_street, at_unit, at_centre] = demo_officers(app).await;
    let (worker, user, id) = bound_submitted(test, 1, &street(app).await).await;
    let number = application::find(app, &id).await.unwrap().number.unwrap();
    // Newest message to the worker, and how many each of the three officers has.
    let told = async || {
        test.settle().await;
        let newest = test.templates(&user).await.pop().unwrap();
        let mut work = Vec::new();
        for officer in ["zhang", "li", "chen"] {
            work.push(test.templates(officer).await.len());
        }
        (newest.split('|').map(str::to_owned).collect::<Vec<_>>(), work)
    };
    let (fields, work) = told().await;
    assert_eq!(
        (fields.len(), &fields[1], fields[2].as_str(), fields[3].as_str()),
        (5, &number, "提交成功", "等待崮云湖街道总工会审核")
    );
    assert_eq!(work, [1, 0, 0]);
    let work_message = test.templates("zhang").await.remove(0);
    assert!(
        work_message.starts_with("求学圆梦补助待审核|崮云湖街道总工会|1|"),
        "{work_message}"
    );

    let decide = async |officer, verdict| {
        decide_now(app, officer, &id, verdict, &["receipt"])
            .await
            .unwrap()
    };
    decide(&at_street, Verdict::Pass).await;
    let (fields, work) = told().await;
    assert_eq!(fields[2..4], ["审核中", "等待长清区总工会审核"]);
    assert_eq!(work, [1, 1, 0]);

    decide(&at_unit, Verdict::Return).await;
    let (fields, work) = told().await;
    assert_eq!((fields[2].as_str(), work), ("退回补正", vec![1, 1, 0]));
    documents::upload(app, &worker.id, &id, DocumentKind::Receipt, picture())
        .await
        .unwrap();
    submit::resubmit(app, &worker.id, &id, &worker.phone)
        .await
        .unwrap();
    let (fields, work) = told().await;
    assert_eq!((fields[2].as_str(), work), ("重新提交", vec![1, 2, 0]));

    decide(&at_unit, Verdict::Pass).await;
    let (fields, work) = told().await;
    assert_eq!(fields[2..4], ["审核中", "等待济南市职工文化事业发展中心审核"]);
    assert_eq!(work, [1, 2, 1]);
    decide(&at_centre, Verdict::Pass).await;
    let (fields, work) = told().await;
    assert_eq!((fields[2].as_str(), work), ("审核通过", vec![1, 2, 1]));

    // Every message opens the page that it speaks of, signed in by WeChat.
    let inbox = test.sim_get(&format!("/sim/inbox?user={user}")).await;
    let items = inbox["items"].as_array().unwrap();
    let urls: Vec<&Value> = items
        .iter()
        .filter(|item| item["kind"] == "template")
        .map(|item| &item["url"])
        .collect();
    let expected = app.link("/wechat/oauth/start?next=%2Fprogress");
    assert!(
        urls.len() == 6 && urls.iter().all(|url| **url == expected),
        "{urls:?}"
    );
    assert_eq!(shown(test, &user).await, 6);
    eventually("WeChat has told that each arrived", async || {
        fates(test, &worker.id)
            .await
            .iter()
            .all(|fate| fate == "wechat delivered ")
    })
    .await;

    let (_, other, rejected) = bound_submitted(test, 2, &street(app).await).await;
    test.settle().await;
    decide_now(app, &at_street, &rejected, Verdict::Reject, &[])
        .await
        .unwrap();
    test.settle().await;
    let newest = test.templates(&other).await.pop().unwrap();
    assert!(newest.contains("|未通过|点击查看原因|"), "{newest}");
}

on_both_stores! {
    /// who has no WeChat bound is told by SMS, workers and officers alike.
    without_wechat_it_is_sms
}
async fn without_wechat_it_is_sms(test: &TestApp) {
    let street = street(&test.app).await;
    officer(&test.app, &street, "周平", "13700000001", Role::Reviewer).await;
    let (worker, _) = submitted(test, 1, &street).await;
    test.settle().await;
    let to_worker = test.sms(&phone(1)).await;
    let told: Vec<_> = to_worker
        .iter()
        .filter(|text| text.contains("提交成功"))
        .collect();
    assert_eq!(told.len(), 1, "{to_worker:?}");
    assert_eq!(fates(test, &worker.id).await, ["sms sent "]);
    let to_officer = test.sms("13700000001").await;
    assert!(
        to_officer.len() == 1 && to_officer[0].contains("有 1 份求学圆梦补助申请待审核"),
        "{to_officer:?}"
    );
}

/// Facts row 11: 43004 and its like are final for this recipient: no retry, the person is told by SMS. What only an
/// operator can mend does not keep the person waiting either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_final_goes_by_sms_without_a_retry() {
    let test = quiet().await;
    let street = street(&test.app).await;
    let by_sms = async |n: usize, code: &str, worker_id: &str, before: u64| {
        test.settle().await;
        assert_eq!(calls(&test, TEMPLATE_SEND).await, before + 1, "{code}: no retry");
        let texts = test.sms(&phone(n)).await;
        let told = texts.iter().filter(|text| text.contains("提交成功"));
        assert_eq!(told.count(), 1, "{code}: {texts:?}");
        let fate = fates(&test, worker_id).await.join(",");
        assert!(
            fate.starts_with("sms sent ") && fate.contains(code),
            "{code}: {fate}"
        );
    };
    // Bound, and does not follow; bound to somebody whom WeChat does not know (any more).
    for (n, code, openid) in [
        (1, "43004", openid_of("worker1")),
        (2, "40003", "oGone".to_owned()),
    ] {
        acts::person(&test, n).await;
        let worker = builders::worker(&test, n).await;
        workers::bind(&test.app, &worker.id, &openid, None).await.unwrap();
        let before = calls(&test, TEMPLATE_SEND).await;
        let id = ready(&test, &worker, n, &street).await;
        submit::submit(&test.app, &worker.id, &id, &worker.phone)
            .await
            .unwrap();
        by_sms(n, code, &worker.id, before).await;
    }
    let codes = [43019, 43101, 48002, 45015, 45047, 40037, 47003, 48001];
    for (n, code) in (3..).zip(codes) {
        let before = calls(&test, TEMPLATE_SEND).await;
        fault(&test, json!({ "path": TEMPLATE_SEND, "errcode": code })).await;
        let (worker, user, _) = bound_submitted(&test, n, &street).await;
        by_sms(n, &code.to_string(), &worker.id, before).await;
        assert_eq!(shown(&test, &user).await, 0);
    }
    test.stop().await;
}

/// Facts, Errors: −1 and 45011 are retried with a growing pause, and so is a connection that breaks or an answer
/// that is none; the message is shown once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_passes_is_tried_again_after_a_pause() {
    let test = quiet().await;
    let street = street(&test.app).await;
    let faults = [
        json!({ "errcode": -1 }),
        json!({ "errcode": 45011 }),
        json!({ "http_status": 502 }),
        json!({ "drop": "before" }),
        // The answer is lost after the work was done: sent again, and WeChat knows the client_msg_id.
        json!({ "drop": "after" }),
    ];
    for (n, kind) in (1..).zip(faults) {
        let before = calls(&test, TEMPLATE_SEND).await;
        for _ in 0..2 {
            let mut fault = kind.clone();
            fault["path"] = json!(TEMPLATE_SEND);
            acts::fault(&test, fault).await;
        }
        let (worker, user, _) = bound_submitted(&test, n, &street).await;
        for attempt in 1..=2u64 {
            let waits =
                "SELECT COUNT(*) FROM outbox WHERE state = 'ready' AND error <> '' AND attempts = $1 + 0";
            eventually("the job waits for its pause", async || {
                let sql = sqlx::query_scalar::<_, i64>(waits).bind(attempt as i64);
                sql.fetch_one(test.app.db.read()).await.unwrap() == 1
            })
            .await;
            assert_eq!(calls(&test, TEMPLATE_SEND).await, before + attempt, "{kind}");
            assert_eq!(fates(&test, &worker.id).await, [" queued "], "{kind}");
            test.app.clock.advance(outbox::backoff(attempt as i64));
        }
        test.settle().await;
        assert_eq!(calls(&test, TEMPLATE_SEND).await, before + 3, "{kind}");
        assert_eq!(shown(&test, &user).await, 1, "{kind}");
        let texts = test.sms(&phone(n)).await;
        assert!(
            !texts.iter().any(|text| text.contains("提交成功")),
            "{kind}: not by SMS too"
        );
    }
    let stats = test.sim_get("/sim/stats").await;
    assert_eq!(stats["templates_repeated"], 2, "{stats}");
    test.stop().await;
}

/// A WeChat that does not answer at all is left after its time limit and tried again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wechat_that_hangs_is_tried_again() {
    let test = quiet().await;
    fault(&test, json!({ "path": TEMPLATE_SEND, "delay_ms": 30_000 })).await;
    let (_, user, _) = bound_submitted(&test, 1, &street(&test.app).await).await;
    eventually("the send was given up", async || {
        let sql = "SELECT COUNT(*) FROM outbox WHERE state = $1 AND attempts = 1 AND error <> ''";
        number(&test.app, sql, "ready").await == 1
    })
    .await;
    test.app.clock.advance(5 * SECOND);
    test.settle().await;
    assert_eq!(shown(&test, &user).await, 1);
    test.stop().await;
}

/// Facts, Errors: 45009 stops the channel until WeChat's reset at midnight in Beijing; then everything is sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_daily_quota_pauses_until_midnight() {
    let test = quiet().await;
    let street = street(&test.app).await;
    fault(&test, json!({ "path": TEMPLATE_SEND, "errcode": 45009 })).await;
    let (_, first, _) = bound_submitted(&test, 1, &street).await;
    let waiting = async |n: i64| {
        eventually("the messages wait for midnight", async || {
            let later = test.app.now().plus(HOUR / 2).0.to_string();
            let sql = "SELECT COUNT(*) FROM outbox WHERE state = 'ready' AND attempts = 0 AND due_at > CAST($1 AS BIGINT)";
            number(&test.app, sql, &later).await == n && outbox::waiting(&test.app.db).await.unwrap() == n
        })
        .await;
    };
    waiting(1).await;
    let (_, second, _) = bound_submitted(&test, 2, &street).await;
    waiting(2).await;
    assert_eq!(calls(&test, TEMPLATE_SEND).await, 1, "nothing is sent meanwhile");
    let midnight = Time::end_of(test.app.now().date());
    let due = "SELECT CAST(MIN(due_at) AS BIGINT) FROM outbox WHERE state = $1";
    let due = number(&test.app, due, "ready").await;
    assert!(due >= midnight.0 && due < midnight.plus(HOUR).0);

    test.app.clock.advance(due - test.app.now().0);
    test.settle().await;
    assert_eq!((shown(&test, &first).await, shown(&test, &second).await), (1, 1));
    assert_eq!(calls(&test, TEMPLATE_SEND).await, 3);
    test.stop().await;
}

/// Facts row 2 and Errors: an expired (42001) or replaced (40001) token is fetched anew once, and the message sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_token_is_refreshed_once() {
    const TOKEN: &str = "/cgi-bin/stable_token";
    let test = quiet().await;
    let street = street(&test.app).await;
    for (n, kind) in [(1, "expired"), (2, "invalid")] {
        test.sim_post("/sim/expire_tokens", json!({ "kind": kind })).await;
        let before = (calls(&test, TOKEN).await, calls(&test, TEMPLATE_SEND).await);
        let (_, user, _) = bound_submitted(&test, n, &street).await;
        test.settle().await;
        assert_eq!(shown(&test, &user).await, 1);
        let after = (calls(&test, TOKEN).await, calls(&test, TEMPLATE_SEND).await);
        assert_eq!(after, (before.0 + 1, before.1 + 2), "{kind}");
    }
    test.stop().await;
}

/// Facts, TEMPLATESENDJOBFINISH: what WeChat says became of a message is kept verbatim, and who was not reached is
/// told by SMS, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_became_of_a_message_is_recorded() {
    let test = quiet().await;
    let street = street(&test.app).await;
    let statuses = [
        "failed:user block",
        "failed: system failed",
        "failed:freq limit",
        "failed: something new",
    ];
    for (n, status) in (1..).zip(statuses) {
        fault(&test, json!({ "path": TEMPLATE_SEND, "job_status": status })).await;
        let (worker, user, _) = bound_submitted(&test, n, &street).await;
        eventually("the outcome is recorded", async || {
            fates(&test, &worker.id).await == [format!("sms sent {status}")]
        })
        .await;
        let texts = test.sms(&phone(n)).await;
        let told = texts.iter().filter(|text| text.contains("提交成功"));
        assert_eq!(told.count(), 1, "{texts:?}");
        assert_eq!(shown(&test, &user).await, 0);
    }
    let (worker, user, _) = bound_submitted(&test, 9, &street).await;
    eventually("the success is recorded", async || {
        fates(&test, &worker.id).await == ["wechat delivered "]
    })
    .await;
    assert_eq!(shown(&test, &user).await, 1);
    test.stop().await;
}

/// officers are told "at once for the first": while it waits the next ones come with the digest (tests/it/told.rs).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn officers_are_told_at_once_of_the_first_alone() {
    let test = quiet().await;
    let app = &test.app;
    let street = street(app).await;
    let [at_street, ..] = demo_officers(app).await;
    officers::bind(app, &at_street.id, Some(&openid_of("zhang")))
        .await
        .unwrap();
    let counts = async || {
        test.settle().await;
        let messages = test.templates("zhang").await;
        let waiting = |message: &String| message.split('|').nth(2).unwrap_or_default().to_owned();
        messages.iter().map(waiting).collect::<Vec<_>>()
    };
    let mut ids = Vec::new();
    for n in 1..5 {
        ids.push(submitted(&test, n, &street).await.1);
        assert_eq!(counts().await, ["1"]);
    }
    // All but one done: the pile was never empty.
    for id in &ids[..3] {
        decide_now(app, &at_street, id, Verdict::Pass, &[]).await.unwrap();
    }
    ids.push(submitted(&test, 5, &street).await.1);
    assert_eq!(counts().await, ["1"]);
    // All done: the next one is a first again, and told at once.
    for id in &ids[3..] {
        decide_now(app, &at_street, id, Verdict::Pass, &[]).await.unwrap();
    }
    ids.push(submitted(&test, 6, &street).await.1);
    assert_eq!(counts().await, ["1", "1"]);
    decide_now(app, &at_street, &ids[5], Verdict::Pass, &[])
        .await
        .unwrap();

    // A rush: twelve at the same moment are not twelve messages, and not none.
    let mut at_once = tokio::task::JoinSet::new();
    for n in 10..22 {
        let (worker, _) = bound_worker(&test, n).await;
        let id = ready(&test, &worker, n, &street).await;
        let app = app.clone();
        at_once.spawn(async move {
            submit::submit(&app, &worker.id, &id, &worker.phone)
                .await
                .unwrap()
        });
    }
    at_once.join_all().await;
    assert_eq!(counts().await.len(), 3, "one message for the rush");
    test.stop().await;
}
