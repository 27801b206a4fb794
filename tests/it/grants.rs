//! 订阅通知 as a way of being told: one grant is one message, whatever happens (facts: 订阅通知, Errors, row 11; R-23).

use crate::acts::{self, TEMPLATE_SEND, bound_worker, calls, decide_now, eventually, fault, number, texts};
use crate::app::{Pair, TestApp};
use crate::builders::{self, demo_officers, phone, ready, street};
use crate::on_both_stores;
use serde_json::{Value, json};
use std::collections::HashSet;
use yuanmeng::account::{Worker, grants, workers};
use yuanmeng::app::App;
use yuanmeng::application::submit;
use yuanmeng::chat;
use yuanmeng::kernel::Time;
use yuanmeng::kernel::time::{HOUR, MINUTE, SECOND};
use yuanmeng::review::Verdict;
use yuanmeng::sim::openid_of;
use yuanmeng::union::officers;
use yuanmeng::wechat::Inbound;

const BIZSEND: &str = "/cgi-bin/message/subscribe/bizsend";
const PROGRESS: &str = "demo-subscribe-progress";

/// An application without template messages, at a moment in the middle of an hour, where the only officer of the street
/// has no WeChat: a submission is then one message, to the worker.
async fn subscribers(settings: &[(&str, &str)]) -> TestApp {
    let now = chrono::Utc::now().timestamp_millis();
    let start = Time(now / HOUR * HOUR + 5 * MINUTE);
    let none = [("WECHAT_TEMPLATES", "")];
    let test = TestApp::start_with(Pair::SqliteMemory, start, &[&none, settings].concat()).await;
    let [at_street, ..] = demo_officers(&test.app).await;
    officers::bind(&test.app, &at_street.id, None).await.unwrap();
    test
}

/// The phone's popup is answered.
async fn answer(test: &TestApp, user: &str, choice: &str) {
    let popup = json!({ "user": user, "templates": { PROGRESS: choice } });
    assert_eq!(test.sim_post("/sim/subscribe", popup).await["outcome"], "none");
}

/// States of somebody's grants, oldest first.
async fn states(app: &App, user: &str) -> Vec<String> {
    let sql = "SELECT state FROM grants WHERE openid = $1 ORDER BY id";
    texts(app, sql, &openid_of(user)).await
}

/// Channel, state and error of a worker's messages, oldest first.
async fn fates(test: &TestApp, worker: &Worker) -> Vec<String> {
    let sql =
        "SELECT channel || ' ' || state || ' ' || error FROM notices WHERE recipient_id = $1 ORDER BY id";
    texts(&test.app, sql, &worker.id).await
}

/// The cards of 订阅通知 on a phone.
async fn cards(test: &TestApp, user: &str) -> Vec<Value> {
    let inbox = test.sim_get(&format!("/sim/inbox?user={user}")).await;
    let items = inbox["items"].as_array().cloned().unwrap_or_default();
    items
        .into_iter()
        .filter(|item| item["kind"] == "subscribe")
        .collect()
}

async fn told_by_sms(test: &TestApp, n: usize, phrase: &str) -> usize {
    let texts = test.sms(&phone(n)).await;
    texts.iter().filter(|text| text.contains(phrase)).count()
}

/// A bound worker who has granted so many messages, and then submits.
async fn granting(test: &TestApp, n: usize, grants: usize) -> (Worker, String, String) {
    let (worker, user) = bound_worker(test, n).await;
    for seconds in 0..grants {
        // Events of one second with the same content are one event.
        if seconds > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1010)).await;
        }
        answer(test, &user, "accept").await;
    }
    let id = ready(test, &worker, n, &street(&test.app).await).await;
    submit::submit(&test.app, &worker.id, &id, &worker.phone)
        .await
        .unwrap();
    (worker, user, id)
}

/// facts: 订阅通知. One grant is one message, its fields cut to their types; the next one goes by SMS. WeChat's word
/// (subscribe_msg_sent_event) is noted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_grant_is_one_message() {
    let test = subscribers(&[]).await;
    let (worker, user, id) = granting(&test, 1, 1).await;
    eventually("WeChat has told that it arrived", async || {
        fates(&test, &worker).await == ["subscribe delivered "]
    })
    .await;
    let shown = cards(&test, &user).await;
    assert_eq!(shown.len(), 1);
    assert_eq!(
        shown[0]["url"],
        test.app.link("/wechat/oauth/start?next=%2Fprogress")
    );
    assert_eq!(shown[0]["fields"][2]["value"], "提交成功");
    assert_eq!(states(&test.app, &user).await, ["used"]);

    let [at_street, ..] = demo_officers(&test.app).await;
    decide_now(&test.app, &at_street, &id, Verdict::Pass, &[])
        .await
        .unwrap();
    test.settle().await;
    assert_eq!(calls(&test, BIZSEND).await, 1, "no grant, no call");
    assert_eq!(
        (
            cards(&test, &user).await.len(),
            told_by_sms(&test, 1, "审核中").await
        ),
        (1, 1)
    );
    assert_eq!(told_by_sms(&test, 1, "提交成功").await, 0);
    test.stop().await;
}

/// the template message comes first where one is configured, and leaves the grant alone; whom it cannot reach for
/// good (43004, facts row 11) the grant reaches, and only then an SMS is sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_is_chosen_by_what_the_recipient_granted() {
    let all = "progress=demo-progress, work=demo-work";
    let test = subscribers(&[("WECHAT_TEMPLATES", all)]).await;
    let (worker, user, _) = granting(&test, 1, 1).await;
    eventually("by template message", async || {
        fates(&test, &worker).await == ["wechat delivered "]
    })
    .await;
    assert_eq!(states(&test.app, &user).await, ["open"]);

    // Bound, and does not follow.
    let user = acts::person(&test, 2).await;
    let worker = builders::worker(&test, 2).await;
    workers::bind(&test.app, &worker.id, &openid_of(&user), None)
        .await
        .unwrap();
    answer(&test, &user, "accept").await;
    let before = calls(&test, TEMPLATE_SEND).await;
    let id = ready(&test, &worker, 2, &street(&test.app).await).await;
    submit::submit(&test.app, &worker.id, &id, &worker.phone)
        .await
        .unwrap();
    eventually("by 订阅通知", async || {
        fates(&test, &worker).await == ["subscribe delivered "]
    })
    .await;
    assert_eq!(
        calls(&test, TEMPLATE_SEND).await,
        before + 1,
        "43004 is not retried"
    );
    let [at_street, ..] = demo_officers(&test.app).await;
    decide_now(&test.app, &at_street, &id, Verdict::Pass, &[])
        .await
        .unwrap();
    test.settle().await;
    let fate = fates(&test, &worker).await.pop().unwrap();
    assert!(fate.starts_with("sms sent ") && fate.contains("43004"), "{fate}");
    assert_eq!(told_by_sms(&test, 2, "审核中").await, 1);
    test.stop().await;
}

/// facts: 订阅通知. "No" is recorded and grants nothing; turning it off on WeChat's page ends what was granted before, also
/// when the two events come in the wrong order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_recorded_and_grant_nothing() {
    let test = subscribers(&[]).await;
    let (_, user) = bound_worker(&test, 1).await;
    answer(&test, &user, "reject").await;
    answer(&test, &user, "accept").await;
    assert_eq!(states(&test.app, &user).await, ["rejected", "open"]);
    test.sim_post(
        "/sim/subscribe/change",
        json!({ "user": user, "template": PROGRESS }),
    )
    .await;
    assert_eq!(states(&test.app, &user).await, ["rejected", "ended", "stopped"]);
    let taken = grants::take(&test.app, &openid_of(&user), PROGRESS, "notice")
        .await
        .unwrap();
    assert_eq!(taken, None);

    let now = chrono::Utc::now().timestamp();
    handle(&test.app, "oLate", "subscribe_msg_change_event", "reject", now).await;
    handle(&test.app, "oLate", "subscribe_msg_popup_event", "accept", now - 5).await;
    assert_eq!(
        grants::take(&test.app, "oLate", PROGRESS, "notice")
            .await
            .unwrap(),
        None
    );
    handle(&test.app, "oLate", "subscribe_msg_popup_event", "accept", now + 5).await;
    assert!(
        grants::take(&test.app, "oLate", PROGRESS, "notice")
            .await
            .unwrap()
            .is_some()
    );
    test.stop().await;
}

/// An event about one template, as it is handled once the callback has verified it.
async fn handle(app: &App, openid: &str, event: &str, status: &str, at: i64) {
    let outer = if event.contains("popup") {
        "SubscribeMsgPopupEvent"
    } else {
        "SubscribeMsgChangeEvent"
    };
    let xml = format!(
        "<xml><ToUserName>gh</ToUserName><FromUserName>{openid}</FromUserName><CreateTime>{at}</CreateTime>\
         <MsgType>event</MsgType><Event>{event}</Event><{outer}><List><TemplateId>{PROGRESS}</TemplateId>\
         <SubscribeStatusString>{status}</SubscribeStatusString></List></{outer}></xml>"
    );
    chat::handle(app, &Inbound::parse(&xml).unwrap()).await.unwrap();
}

on_both_stores! {
    /// facts row 3, 订阅通知: an event that is handled twice (the process died before it could answer) grants once; and a
    /// grant is taken once, however many deliveries want it at the same moment.
    grants_are_counted_and_taken_once
}
async fn grants_are_counted_and_taken_once(test: &TestApp) {
    let now = chrono::Utc::now().timestamp();
    for at in [now, now, now + 1, now, now + 2] {
        handle(&test.app, "oOne", "subscribe_msg_popup_event", "accept", at).await;
    }
    let mut at_once = tokio::task::JoinSet::new();
    for n in 0..12 {
        let app = test.app.clone();
        at_once.spawn(async move {
            let notice = format!("notice-{n}");
            let taken = grants::take(&app, "oOne", PROGRESS, &notice).await.unwrap();
            (notice, taken)
        });
    }
    let taken: Vec<_> = at_once
        .join_all()
        .await
        .into_iter()
        .filter_map(|(notice, taken)| Some((notice, taken?)))
        .collect();
    let ids: HashSet<_> = taken.iter().map(|(_, taken)| &taken.id).collect();
    assert_eq!((taken.len(), ids.len()), (3, 3), "three events, three messages");
    for (notice, taken) in &taken {
        let found = grants::taken_for(&test.app, notice).await.unwrap();
        assert_eq!(found.map(|found| found.id).as_ref(), Some(&taken.id));
    }
    let open = "SELECT COUNT(*) FROM grants WHERE openid = $1 AND state = 'open'";
    assert_eq!(number(&test.app, open, "oOne").await, 0);
}

/// The answer is lost after the work was done, as when the process dies between sending and noting it: WeChat's event
/// tells that it went out, and it is not sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_whose_answer_is_lost_is_not_sent_again() {
    let test = subscribers(&[]).await;
    fault(&test, json!({ "path": BIZSEND, "drop": "after" })).await;
    let (worker, user, _) = granting(&test, 1, 2).await;
    let known = "SELECT COUNT(*) FROM grants WHERE openid = $1 AND outcome = 'success'";
    eventually("WeChat tells that it went out", async || {
        number(&test.app, known, &openid_of(&user)).await == 1
    })
    .await;
    eventually("it is looked for again", async || {
        test.app.clock.advance(SECOND);
        fates(&test, &worker).await == ["subscribe delivered "]
    })
    .await;
    assert_eq!(
        (calls(&test, BIZSEND).await, cards(&test, &user).await.len()),
        (1, 1)
    );
    assert_eq!(states(&test.app, &user).await, ["used", "open"]);
    assert_eq!(told_by_sms(&test, 1, "提交成功").await, 0);
    test.stop().await;
}

/// The connection breaks before anything was done: nobody can know, so it is not sent again; after two minutes without a
/// word of WeChat's the person is told by SMS. The grant is used, and only it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_nobody_knows_of_goes_by_sms() {
    let test = subscribers(&[]).await;
    fault(&test, json!({ "path": BIZSEND, "drop": "before" })).await;
    let (worker, user, _) = granting(&test, 1, 2).await;
    eventually("it waits for WeChat's word", async || {
        states(&test.app, &user).await == ["taken", "open"] && calls(&test, BIZSEND).await == 1
    })
    .await;
    assert_eq!(told_by_sms(&test, 1, "提交成功").await, 0, "not at once");
    test.app.clock.advance(2 * MINUTE);
    test.settle().await;
    assert_eq!(told_by_sms(&test, 1, "提交成功").await, 1);
    assert!(fates(&test, &worker).await[0].starts_with("sms sent whether"));
    assert_eq!(
        (calls(&test, BIZSEND).await, cards(&test, &user).await.len()),
        (1, 0)
    );
    assert_eq!(states(&test.app, &user).await, ["used", "open"]);
    test.stop().await;
}

/// facts row 11 and Errors: 43101 ends all grants of the template and goes by SMS without a retry; what passes (−1) gives
/// the grant back and is tried again; what only an operator can mend gives it back and goes by SMS.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_message_keeps_or_ends_its_grant() {
    let test = subscribers(&[]).await;
    for (n, code, left) in [
        (1, 43101, ["ended", "ended"]),
        (2, 40003, ["open", "open"]),
        (3, 47003, ["open", "open"]),
    ] {
        fault(&test, json!({ "path": BIZSEND, "errcode": code })).await;
        let before = calls(&test, BIZSEND).await;
        let (worker, user, _) = granting(&test, n, 2).await;
        test.settle().await;
        assert_eq!(calls(&test, BIZSEND).await, before + 1, "{code}");
        assert_eq!(told_by_sms(&test, n, "提交成功").await, 1, "{code}");
        let fate = fates(&test, &worker).await.join(",");
        assert!(
            fate.starts_with("sms sent ") && fate.contains(&code.to_string()),
            "{fate}"
        );
        assert_eq!(states(&test.app, &user).await, left, "{code}");
    }
    fault(&test, json!({ "path": BIZSEND, "errcode": -1 })).await;
    let before = calls(&test, BIZSEND).await;
    let (worker, user, _) = granting(&test, 4, 1).await;
    eventually("it was refused once", async || {
        calls(&test, BIZSEND).await == before + 1 && states(&test.app, &user).await == ["open"]
    })
    .await;
    eventually("it is sent after its pause", async || {
        test.app.clock.advance(SECOND);
        fates(&test, &worker).await == ["subscribe delivered "]
    })
    .await;
    assert_eq!(cards(&test, &user).await.len(), 1);
    assert_eq!(states(&test.app, &user).await, ["used"]);
    test.stop().await;
}

/// facts: Errors. 45009 on bizsend pauses this way until the reset, without asking WeChat again; the grants stay.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_used_up_quota_of_subscriptions_is_waited_for() {
    let test = subscribers(&[]).await;
    fault(&test, json!({ "path": BIZSEND, "errcode": 45009 })).await;
    let mut people = Vec::new();
    for n in 1..=2 {
        people.push(granting(&test, n, 1).await);
        eventually("the messages wait for midnight", async || {
            let later = test.app.now().plus(HOUR / 2).0.to_string();
            let sql = "SELECT COUNT(*) FROM outbox WHERE kind = 'notice' AND state = 'ready' AND attempts = 0 AND due_at > CAST($1 AS BIGINT)";
            number(&test.app, sql, &later).await == n as i64
        })
        .await;
        assert_eq!(calls(&test, BIZSEND).await, 1);
    }
    for (_, user, _) in &people {
        assert_eq!(states(&test.app, user).await, ["open"]);
    }
    test.app
        .clock
        .advance(Time::end_of(test.app.now().date()).plus(6 * MINUTE).0 - test.app.now().0);
    for (worker, user, _) in &people {
        eventually("it arrives after midnight", async || {
            fates(&test, worker).await == ["subscribe delivered "]
        })
        .await;
        assert_eq!(cards(&test, user).await.len(), 1);
    }
    assert_eq!(calls(&test, BIZSEND).await, 3);
    test.stop().await;
}

/// facts: 订阅通知. An outcome that says "failed" is recorded, and the person told by SMS, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_did_not_arrive_goes_by_sms() {
    let test = subscribers(&[]).await;
    // WeChat's own event is lost, and another one comes.
    let (worker, user) = bound_worker(&test, 1).await;
    answer(&test, &user, "accept").await;
    test.sim.set_callback_url(String::new());
    let id = ready(&test, &worker, 1, &street(&test.app).await).await;
    submit::submit(&test.app, &worker.id, &id, &worker.phone)
        .await
        .unwrap();
    eventually("it is sent", async || {
        fates(&test, &worker).await == ["subscribe sent "]
    })
    .await;
    let event = |code: &str, id: &str| {
        let xml = format!(
            "<xml><ToUserName>gh</ToUserName><FromUserName>{}</FromUserName><CreateTime>1700000000</CreateTime><MsgType>event</MsgType>\
             <Event>subscribe_msg_sent_event</Event><SubscribeMsgSentEvent><List><TemplateId>{PROGRESS}</TemplateId><MsgID>{id}</MsgID>\
             <ErrorCode>{code}</ErrorCode><ErrorStatus>reject</ErrorStatus></List></SubscribeMsgSentEvent></xml>",
            openid_of(&user)
        );
        Inbound::parse(&xml).unwrap()
    };
    for _ in 0..2 {
        chat::handle(&test.app, &event("43101", "77")).await.unwrap();
    }
    eventually("the person is told by SMS", async || {
        fates(&test, &worker).await == ["sms sent 43101 reject"]
    })
    .await;
    assert_eq!(told_by_sms(&test, 1, "提交成功").await, 1);
    test.settle().await;
    assert_eq!(told_by_sms(&test, 1, "提交成功").await, 1);
    test.stop().await;
}
