//! What WeChat's events change, whom they are about, and callbacks that misbehave (facts: Revocation, rows 3 and 4).

use crate::acts::{self, bound_worker, calls, eventually, fault, number, officer, texts};
use crate::app::{Pair, TestApp};
use crate::builders::street;
use crate::on_both_stores;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use yuanmeng::account::{followers, workers};
use yuanmeng::chat;
use yuanmeng::kernel::Time;
use yuanmeng::kernel::time::{HOUR, MINUTE};
use yuanmeng::outbox;
use yuanmeng::sim::openid_of;
use yuanmeng::union::{Role, binding, officers};
use yuanmeng::wechat::Inbound;

const CUSTOM: &str = "/cgi-bin/message/custom/send";

/// Texts that came to a user by themselves: a passive reply is not in this list.
async fn custom_texts(test: &TestApp, user: &str) -> Vec<String> {
    let inbox = test.sim_get(&format!("/sim/inbox?user={user}")).await;
    let items = inbox["items"].as_array().cloned().unwrap_or_default();
    let text = |item: &Value| item["text"].as_str().unwrap_or_default().to_owned();
    items.iter().filter(|i| i["kind"] == "text").map(text).collect()
}

on_both_stores! {
    /// facts: Revocation. What a person takes back, or a closed account, is unbound and deleted: theirs, whose `OpenID` it
    /// is, not that of WeChat's platform in `FromUserName`.
    revoked_and_cancelled_people_are_forgotten
}
async fn revoked_and_cancelled_people_are_forgotten(test: &TestApp) {
    let app = &test.app;
    let street = street(app).await;
    // Somebody is bound to the very openid that stands in FromUserName.
    let platform = openid_of("wechat-itself");
    acts::person(test, 9).await;
    let bystander = crate::builders::worker(test, 9).await;
    workers::bind(app, &bystander.id, &platform, None).await.unwrap();
    let events = [
        (
            1,
            json!({ "event": "user_authorization_revoke", "revoke": [201, 204] }),
        ),
        (2, json!({ "event": "user_authorization_cancellation" })),
    ];
    for (n, mut event) in events {
        let (worker, user) = bound_worker(test, n).await;
        let openid = openid_of(&user);
        workers::bind(app, &worker.id, &openid, Some("union-id"))
            .await
            .unwrap();
        let of_the_union = officer(app, &street, "孙立", &format!("1370000000{n}"), Role::Reviewer).await;
        officers::bind(app, &of_the_union.id, Some(&openid))
            .await
            .unwrap();
        let granted = json!({ "user": user, "templates": { "demo-subscribe-progress": "accept" } });
        test.sim_post("/sim/subscribe", granted).await;
        let known = async || {
            let followers = "SELECT COUNT(*) FROM followers WHERE openid = $1";
            let grants = "SELECT COUNT(*) FROM grants WHERE openid = $1";
            let unionids = "SELECT COUNT(*) FROM workers WHERE id = $1 AND unionid IS NOT NULL";
            [
                number(app, followers, &openid).await,
                number(app, grants, &openid).await,
                number(app, unionids, &worker.id).await,
            ]
        };
        assert_eq!(known().await, [1, 1, 1]);

        // A changed name or picture is nothing that is kept here.
        let modified = json!({ "user": user, "event": "user_info_modified" });
        assert_eq!(test.sim_post("/sim/event", modified).await["outcome"], "none");
        assert_eq!(known().await, [1, 1, 1]);

        event["user"] = json!(user);
        for _ in 0..2 {
            assert_eq!(
                test.sim_post("/sim/event", event.clone()).await["outcome"],
                "none"
            );
        }
        assert_eq!(known().await, [0, 0, 0], "{event}");
        assert_eq!(workers::find(app, &worker.id).await.unwrap().openid, None);
        assert_eq!(officers::find(app, &of_the_union.id).await.unwrap().openid, None);
        let trail = "SELECT act FROM audit WHERE subject_id = $1 ORDER BY at, id";
        let last = texts(app, trail, &worker.id).await.pop();
        assert_eq!(last.as_deref(), Some("worker.forget_wechat"));
        let bound = workers::find(app, &bystander.id).await.unwrap().openid;
        assert_eq!(
            bound.as_ref(),
            Some(&platform),
            "FromUserName is not whom it is about"
        );
    }
}

/// facts row 4: what takes longer than WeChat waits is kept, answered `success` within the five seconds and once, and its
/// answer comes as a customer-service message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_answer_comes_as_a_customer_message() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let (app, busy) = (test.app.clone(), test.app.db.write().await.unwrap());
    let releasing = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(4100)).await;
        drop(busy);
        app
    });
    let begun = Instant::now();
    let followed = test.sim_post("/sim/follow", json!({ "user": "wang" })).await;
    let took = begun.elapsed();
    assert_eq!(
        (&followed["outcome"], &followed["attempts"]),
        (&json!("none"), &json!(1)),
        "{followed}"
    );
    assert!(
        took > Duration::from_secs(4) && took < Duration::from_secs(5),
        "{took:?}"
    );
    releasing.await.unwrap();
    eventually("the greeting comes by itself", async || {
        custom_texts(&test, "wang")
            .await
            .iter()
            .any(|text| text.contains("欢迎来到求学圆梦行动"))
    })
    .await;
    assert_eq!(custom_texts(&test, "wang").await.len(), 1, "once");
    assert_eq!(calls(&test, CUSTOM).await, 1);
    let following = followers::is_following(&test.app, &openid_of("wang"))
        .await
        .unwrap();
    assert_eq!(
        (following, test.app.metrics.callbacks.deferred.get()),
        (Some(true), 1)
    );
    test.stop().await;
}

/// Lets the handling of a follower fail, so that it is kept, while `during` lasts; then everything works again.
async fn with_failing_handling(test: &TestApp, during: impl AsyncFnOnce()) {
    let run = async |sql: &'static str| {
        let mut tx = test.app.db.write().await.unwrap();
        sqlx::query(sql).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    };
    run("ALTER TABLE followers RENAME TO followers_away").await;
    during().await;
    run("ALTER TABLE followers_away RENAME TO followers").await;
}

/// facts: Errors. 45009 on customer-service messages: the late answers wait for the reset without asking WeChat again,
/// and then come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_used_up_quota_of_customer_messages_is_waited_for() {
    let now = chrono::Utc::now().timestamp_millis();
    let start = Time(now / HOUR * HOUR + 5 * MINUTE);
    let test = TestApp::start_with(Pair::SqliteMemory, start, &[]).await;
    fault(&test, json!({ "path": CUSTOM, "errcode": 45009 })).await;
    let users = [acts::person(&test, 1).await, acts::person(&test, 2).await];
    let mut asked = 0;
    for (n, user) in (1..).zip(&users) {
        with_failing_handling(&test, async || {
            let followed = test.sim_post("/sim/follow", json!({ "user": user })).await;
            assert_eq!(followed["outcome"], "none", "{followed}");
        })
        .await;
        test.app.clock.advance(outbox::backoff(1));
        eventually("the answers wait for midnight", async || {
            let later = test.app.now().plus(MINUTE).0.to_string();
            let sql = "SELECT COUNT(*) FROM outbox WHERE kind = 'late_answer' AND state = 'ready' AND due_at > CAST($1 AS BIGINT)";
            number(&test.app, sql, &later).await == n
        })
        .await;
        asked = calls(&test, CUSTOM).await;
        assert_eq!(asked, 1, "WeChat is not asked again");
    }
    let due = number(
        &test.app,
        "SELECT CAST(MAX(due_at) AS BIGINT) FROM outbox WHERE state = $1",
        "ready",
    )
    .await;
    let midnight = Time::end_of(test.app.now().date());
    assert!(due >= midnight.0 && due < midnight.plus(HOUR).0);
    test.app.clock.advance(due - test.app.now().0);
    test.settle().await;
    assert_eq!(calls(&test, CUSTOM).await, asked + 2);
    for user in &users {
        assert_eq!(custom_texts(&test, user).await.len(), 1, "{user}");
    }
    // Every call is counted by interface and errcode, the ones held back too.
    let text = test.app.metrics.text().unwrap();
    for (errcode, n) in [("45009", 1), ("held", 1), ("0", 2)] {
        let line = format!("yuanmeng_wechat_calls_total{{api=\"{CUSTOM}\",errcode=\"{errcode}\"}} {n}");
        assert!(text.contains(&line), "{line}\n{text}");
    }
    assert!(
        text.contains("{api=\"/cgi-bin/stable_token\",errcode=\"0\"}"),
        "{text}"
    );
    test.stop().await;
}

/// facts row 4: trouble in sending a late answer does not handle its message again: a one-time code stays used, and the
/// officer hears that it worked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_answer_is_sent_again_without_handling_again() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let app = &test.app;
    let bound = officer(app, &street(app).await, "孙立", "13700000001", Role::Reviewer).await;
    test.follow("wang").await;
    let scene = binding::offer(app, &bound.id).await.unwrap();
    for errcode in [-1, 45011] {
        fault(&test, json!({ "path": CUSTOM, "errcode": errcode })).await;
    }
    let scanned = format!(
        "<xml><ToUserName>gh</ToUserName><FromUserName>{}</FromUserName><CreateTime>1700000000</CreateTime>\
         <MsgType>event</MsgType><Event>SCAN</Event><EventKey>{scene}</EventKey></xml>",
        openid_of("wang")
    );
    chat::defer(app, &Inbound::parse(&scanned).unwrap())
        .await
        .unwrap();
    let come = async || {
        let mut texts = custom_texts(&test, "wang").await;
        texts.retain(|text| !text.contains("欢迎"));
        texts
    };
    eventually("the answer comes", async || {
        app.clock.advance(1000);
        !come().await.is_empty()
    })
    .await;
    test.settle().await;
    let texts = come().await;
    assert!(texts.len() == 1 && texts[0].contains("孙立"), "{texts:?}");
    assert_eq!(calls(&test, CUSTOM).await, 3);
    test.stop().await;
}

on_both_stores! {
    /// facts row 3: three deliveries of each event at the same moment are one event.
    duplicated_callbacks_are_one
}
async fn duplicated_callbacks_are_one(test: &TestApp) {
    test.sim_post("/sim/callbacks", json!({ "duplicate": 2 })).await;
    // The copies come while the first is in hand, and are answered `success`: no trouble, whichever is asked.
    let followed = test.sim_post("/sim/follow", json!({ "user": "wang" })).await;
    assert_ne!(followed["outcome"], "trouble", "{followed}");
    let granted = json!({ "user": "wang", "templates": { "demo-subscribe-progress": "accept" } });
    test.sim_post("/sim/subscribe", granted).await;
    let callbacks = &test.app.metrics.callbacks;
    eventually("all six deliveries came", async || {
        callbacks.handled.get() + callbacks.repeated.get() == 6
    })
    .await;
    assert_eq!(callbacks.handled.get(), 2);
    let grants = "SELECT COUNT(*) FROM grants WHERE openid = $1";
    assert_eq!(number(&test.app, grants, &openid_of("wang")).await, 1);
    assert_eq!(calls(test, CUSTOM).await, 0);
}

/// facts row 3: an event that comes late does not undo a newer one: who has left does not follow again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callbacks_out_of_order_end_in_the_newest_state() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    test.sim_post("/sim/callbacks", json!({ "hold": 1 })).await;
    let (http, url) = (test.http.clone(), format!("{}/sim/follow", test.sim_url));
    let held = tokio::spawn(async move {
        let request = http.post(url).json(&json!({ "user": "wang" }));
        request.send().await.unwrap().json::<Value>().await.unwrap()
    });
    // The two events carry whole seconds.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    test.sim_post("/sim/unfollow", json!({ "user": "wang" })).await;
    held.await.unwrap();
    let handled = &test.app.metrics.callbacks.handled;
    eventually("both came", async || handled.get() == 2).await;
    let following = followers::is_following(&test.app, &openid_of("wang"))
        .await
        .unwrap();
    assert_eq!(following, Some(false));
    test.stop().await;
}

/// facts: Retry, row 4: an answer lost on its way is asked for again, and the second delivery gets the same answer without
/// anything happening twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_given_again() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    test.sim_post("/sim/callbacks", json!({ "drop_answer": 1 })).await;
    let said = test.sim_post("/sim/follow", json!({ "user": "wang" })).await;
    assert_eq!(
        (&said["outcome"], &said["attempts"]),
        (&json!("reply"), &json!(2)),
        "{said}"
    );
    let callbacks = &test.app.metrics.callbacks;
    assert_eq!((callbacks.handled.get(), callbacks.repeated.get()), (1, 1));
    test.stop().await;
}
