//! Being told: digests on working days, officers' own ways and quiet hours, lower unions that are late, and what
//! became of each message.

use super::joining::{joined, trail};
use super::{Desk, path};
use crate::acts::{TEMPLATE_SEND, bound_submitted, decide_now, eventually, fault, number, texts};
use crate::app::{Pair, TestApp};
use crate::builders::{self, CSRF, demo_officers, phone, ready, street, submitted};
use serde_json::json;
use yuanmeng::application::reorganise::close_union;
use yuanmeng::application::submit;
use yuanmeng::cli::seed;
use yuanmeng::kernel::Time;
use yuanmeng::kernel::time::{MINUTE, SECOND};
use yuanmeng::notice::catalogue::Message;
use yuanmeng::notice::plan;
use yuanmeng::outbox;
use yuanmeng::review::Verdict;
use yuanmeng::union::preferences;
use yuanmeng::union::{Kind, Officer};

/// Defines a test on both pairs of stores that begins at a moment of its own.
macro_rules! from {
    ($start:expr, $(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn run(pair: Pair) {
                let test = TestApp::start_with(pair, $start, &[]).await;
                // The first look at a database only notes the slot.
                plan::run(&test.app).await.unwrap();
                super::$name(&test).await;
                test.stop().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite_and_memory() {
                run(Pair::SqliteMemory).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres_and_redis() {
                run(Pair::PostgresRedis).await;
            }
        }
    };
}

/// A Tuesday at ten, in the autumn intake; its review window closes on Monday, 7 December.
fn tuesday() -> Time {
    at(11, 24, 10, 0)
}

fn at(month: u32, day: u32, hour: u32, minute: u32) -> Time {
    Time::shanghai(2026, month, day, hour, minute, 0)
}

/// The time comes, and several processes look at once.
async fn comes(test: &TestApp, time: Time) {
    let wait = time.0 - test.app.now().0;
    assert!(wait > 0, "{} is over", time.minute_text());
    test.app.clock.advance(wait);
    let mut at_once = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let app = test.app.clone();
        at_once.spawn(async move { plan::run(&app).await.unwrap() });
    }
    at_once.join_all().await;
}

/// The messages to an officer's WeChat so far: how many, and the newest.
async fn newest(test: &TestApp, user: &str) -> (usize, String) {
    test.settle().await;
    let mut all = test.templates(user).await;
    (all.len(), all.pop().unwrap_or_default())
}

async fn three_wait(test: &TestApp) {
    let street = street(&test.app).await;
    for n in 1..4 {
        submitted(test, n, &street).await;
    }
    assert_eq!(newest(test, "zhang").await.0, 1, "at once for the first");
}

from! {
    tuesday(),
    /// a digest at 15:00 and 09:00 of working days with how many wait, how long, how many days are left; once, though
    /// four processes plan; after a standstill one; on Saturday none; seven days before the end the reminder; the upper
    /// union when the lower one is late after five working days.
    digests_arrive
}
async fn digests_arrive(test: &TestApp) {
    three_wait(test).await;
    comes(test, at(11, 24, 15, 0)).await;
    let (count, text) = newest(test, "zhang").await;
    assert_eq!(count, 2);
    assert_eq!(
        text,
        "待审核，最早今天收到，还剩13天|崮云湖街道总工会|3|2026年12月7日 23:59"
    );
    comes(test, at(11, 24, 16, 0)).await;
    assert_eq!(newest(test, "zhang").await.0, 2);
    comes(test, at(11, 26, 16, 0)).await;
    let (count, text) = newest(test, "zhang").await;
    assert_eq!(count, 3, "one for two days");
    assert!(text.starts_with("待审核，最早已等2天，还剩11天|"), "{text}");
    comes(test, at(11, 28, 9, 30)).await;
    assert_eq!(newest(test, "zhang").await.0, 3, "a Saturday");
    comes(test, at(11, 30, 9, 0)).await;
    let (count, text) = newest(test, "zhang").await;
    assert_eq!(count, 4);
    assert!(
        text.starts_with("审核将截止，还剩7天，请尽快办理|崮云湖街道总工会|3|"),
        "{text}"
    );
    assert_eq!(
        newest(test, "li").await.0,
        0,
        "nobody waits at the unit, nobody is late"
    );

    comes(test, at(12, 2, 9, 0)).await;
    let (count, text) = newest(test, "li").await;
    assert_eq!(count, 1);
    assert_eq!(
        text,
        "下级审核滞后，最早已等8天|崮云湖街道总工会|3|2026年12月7日 23:59"
    );
    comes(test, at(12, 2, 15, 0)).await;
    assert_eq!(newest(test, "li").await.0, 1, "once a working day");
    comes(test, at(12, 3, 9, 0)).await;
    assert_eq!(newest(test, "li").await.0, 2);
    comes(test, at(12, 8, 9, 0)).await;
    let after = (newest(test, "zhang").await.0, newest(test, "li").await.0);
    assert_eq!(
        after,
        (7, 2),
        "the window is closed: nothing can be done any more"
    );
}

from! {
    at(9, 30, 16, 0),
    /// R-23, the State Council's list of 2026: no digest from 1 to 7 October, one on Thursday and on the Saturday that is
    /// worked on.
    holidays_are_quiet
}
async fn holidays_are_quiet(test: &TestApp) {
    three_wait(test).await;
    for day in 1..8 {
        comes(test, at(10, day, 10, 0)).await;
    }
    assert_eq!(newest(test, "zhang").await.0, 1);
    comes(test, at(10, 8, 9, 0)).await;
    assert_eq!(newest(test, "zhang").await.0, 2);
    comes(test, at(10, 10, 9, 0)).await;
    assert_eq!(newest(test, "zhang").await.0, 3);
    comes(test, at(10, 11, 9, 0)).await;
    assert_eq!(newest(test, "zhang").await.0, 3, "a Sunday");
}

async fn wishes(test: &TestApp, officer: &Officer, way: &str, quiet: (&str, &str)) {
    preferences::set(&test.app, officer, way, quiet).await.unwrap();
}

from! {
    tuesday(),
    /// in an officer's quiet hours a message waits without counting as an attempt; by SMS, if they wish that; but not when the
    /// window closes within a day.
    officers_choose_how_and_when
}
async fn officers_choose_how_and_when(test: &TestApp) {
    let app = &test.app;
    let [zhang, ..] = demo_officers(app).await;
    three_wait(test).await;
    wishes(test, &zhang, "wechat_sms", ("14:30", "18:00")).await;
    comes(test, at(11, 24, 15, 0)).await;
    eventually("the digest waits for the end of the quiet hours", async || {
        let sql = "SELECT COUNT(*) FROM outbox WHERE state = 'ready' AND attempts = 0 AND due_at = CAST($1 AS BIGINT)";
        number(app, sql, &at(11, 24, 18, 0).0.to_string()).await == 1
    })
    .await;
    assert_eq!(test.templates("zhang").await.len(), 1);
    app.clock.advance(at(11, 24, 18, 0).0 - app.now().0);
    assert_eq!(newest(test, "zhang").await.0, 2);

    wishes(test, &zhang, "sms", ("", "")).await;
    let by_sms = async || {
        let texts = test.sms(seed::OFFICERS[0].phone).await;
        texts.iter().filter(|text| text.contains("3 份")).count()
    };
    comes(test, at(11, 25, 9, 0)).await;
    assert_eq!((newest(test, "zhang").await.0, by_sms().await), (2, 1));
    // SMS first: where the gateway takes it, WeChat has none; where it does not, it has.
    wishes(test, &zhang, "sms_wechat", ("", "")).await;
    comes(test, at(11, 26, 9, 0)).await;
    assert_eq!((newest(test, "zhang").await.0, by_sms().await), (2, 2));
    fault(test, json!({ "path": "/sim/sms", "http_status": 502 })).await;
    comes(test, at(11, 26, 15, 0)).await;
    assert_eq!((newest(test, "zhang").await.0, by_sms().await), (3, 2));

    // The last day: quiet from morning to evening, and told nevertheless.
    wishes(test, &zhang, "wechat", ("08:00", "20:00")).await;
    comes(test, at(12, 7, 15, 0)).await;
    let (count, text) = newest(test, "zhang").await;
    assert!(count == 4 && text.contains("今天截止"), "{count} {text}");
    let lines = trail(test, &zhang.id).await;
    let kept = lines.iter().filter(|line| line.contains("officer.set_notices"));
    assert_eq!(kept.count(), 4, "{lines:?}");
}

from! {
    tuesday(),
    /// R-23, ADR 0019: the worker is told that another union holds their application, when theirs is closed.
    a_closed_union_hands_over_and_the_worker_is_told
}
async fn a_closed_union_hands_over_and_the_worker_is_told(test: &TestApp) {
    let app = &test.app;
    let [street, ..] = demo_officers(app).await;
    let (company, boss) = joined(test, &street, Kind::Enterprise, "崮云湖机械厂工会", "13700137051").await;
    let (_, user, id) = bound_submitted(test, 1, &company).await;
    let (_, passed_user, passed) = bound_submitted(test, 2, &company).await;
    decide_now(app, &boss, &passed, Verdict::Pass, &[]).await.unwrap();
    test.settle().await;
    close_union(app, &street, &company.id).await.unwrap();
    let (count, text) = newest(test, &user).await;
    assert_eq!(count, 2);
    assert!(text.contains("|工会调整|等待崮云湖街道总工会审核|"), "{text}");
    // At the street already: its union is another one, it is told so, too.
    assert!(newest(test, &passed_user).await.1.contains("|工会调整|"));
    let sql = "SELECT event FROM notices WHERE application_id = $1 AND recipient_kind = 'worker' ORDER BY id";
    assert_eq!(texts(app, sql, &id).await, ["submitted", "handed_over"]);
}

/// The job of a message to the worker is at its last attempt, and the gateway is down.
async fn last_attempt_fails(test: &TestApp, id: &str) {
    eventually("the first attempt failed", async || {
        let sql = "SELECT COUNT(*) FROM outbox WHERE kind = 'notice' AND state = 'ready' AND error <> '' AND $1 <> ''";
        number(&test.app, sql, id).await == 1
    })
    .await;
    fault(test, json!({ "path": "/sim/sms", "http_status": 502 })).await;
    let mut tx = test.app.db.write().await.unwrap();
    let sql = "UPDATE outbox SET attempts = $1, due_at = 0 WHERE kind = 'notice' AND state = 'ready'";
    let query = sqlx::query(sql).bind(outbox::MAX_ATTEMPTS - 1);
    query.execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

from! {
    tuesday(),
    /// what did not arrive stands on the application, with a reason in words and the advice to call; an administrator sends it
    /// once more, and once only.
    a_lost_message_is_seen_and_sent_again
}
async fn a_lost_message_is_seen_and_sent_again(test: &TestApp) {
    let app = &test.app;
    let street = street(app).await;
    let [zhang, _, chen] = demo_officers(app).await;
    let worker = builders::worker(test, 1).await;
    let id = ready(test, &worker, 1, &street).await;
    fault(test, json!({ "path": "/sim/sms", "http_status": 502 })).await;
    submit::submit(app, &worker.id, &id, &worker.phone).await.unwrap();
    last_attempt_fails(test, &id).await;
    eventually("it is given up", async || {
        let sql = "SELECT COUNT(*) FROM notices WHERE application_id = $1 AND state = 'failed'";
        number(app, sql, &id).await == 1
    })
    .await;
    let desk = Desk::of(test, &zhang.id).await;
    let page = desk.get(&path(&id)).await.text;
    assert!(page.contains("data-testid=\"call\"") && page.contains("请电话联系"));
    assert!(page.contains("提交成功 → 职工本人") && page.contains("发送失败"));
    assert!(page.contains("短信网关没有接收") && !page.contains("502"));
    assert!(page.contains("新的待办 → 崮云湖街道总工会 张敏"));

    let list = desk.get("/office/messages/failed").await;
    assert!(list.status == 200 && list.text.contains("data-testid=\"lost\""));
    let lost = list.field("id");
    // Of another branch it is not there; who has no right there may not.
    let unit = builders::union(app, &["历下区总工会"]).await;
    let other = super::officer(
        test,
        &unit,
        "13900139017",
        &[yuanmeng::union::Role::Administrator],
    )
    .await;
    let other = Desk::of(test, &other).await;
    assert!(
        !other
            .get("/office/messages/failed")
            .await
            .text
            .contains("data-testid=\"lost\"")
    );
    let again = [("csrf", CSRF), ("id", lost.as_str())];
    assert_eq!(
        other.post("/office/messages/failed/again", &again).await.status,
        404
    );
    let reviewer = super::officer(test, &street, "13900139018", &[yuanmeng::union::Role::Reviewer]).await;
    let reviewer = Desk::of(test, &reviewer).await;
    assert_eq!(reviewer.get("/office/messages/failed").await.status, 403);
    let refused = reviewer.post("/office/messages/failed/again", &again).await;
    assert_eq!(refused.status, 403);

    let city = Desk::of(test, &chen.id).await;
    for _ in 0..2 {
        let sent = desk.post("/office/messages/failed/again", &again).await;
        assert_eq!((sent.status, sent.location()), (303, "/office/messages/failed"));
        assert_eq!(
            city.post("/office/messages/failed/again", &again).await.status,
            303
        );
    }
    test.settle().await;
    let told = test.sms(&phone(1)).await;
    let told = told.iter().filter(|text| text.contains("提交成功")).count();
    assert_eq!(told, 1);
    assert!(
        !desk
            .get("/office/messages/failed")
            .await
            .text
            .contains("data-testid=\"lost\"")
    );
    let page = desk.get(&path(&id)).await.text;
    assert!(!page.contains("data-testid=\"call\"") && page.contains("已再发"));
    let sql = "SELECT act FROM audit WHERE subject_id = $1 AND act = 'notice.resend' ORDER BY id";
    assert_eq!(texts(app, sql, &lost).await.len(), 1);
    let delivered = "SELECT id FROM notices WHERE application_id = $1 AND state = 'sent'";
    let delivered = texts(app, delivered, &id).await.remove(0);
    let arrived = [("csrf", CSRF), ("id", delivered.as_str())];
    let refused = desk.post("/office/messages/failed/again", &arrived).await;
    assert_eq!(refused.status, 409);
}

from! {
    tuesday(),
    /// R-23, ADR 0022: an SMS without an answer is sent again once; a second time it is left as unknown.
    an_sms_in_doubt_is_sent_again_once
}
async fn an_sms_in_doubt_is_sent_again_once(test: &TestApp) {
    let app = &test.app;
    let street = street(app).await;
    for (n, drops, state) in [(1, 1, "sent"), (2, 2, "unknown")] {
        let worker = builders::worker(test, n).await;
        let id = ready(test, &worker, n, &street).await;
        for _ in 0..drops {
            fault(test, json!({ "path": "/sim/sms", "drop": "after" })).await;
        }
        submit::submit(app, &worker.id, &id, &worker.phone).await.unwrap();
        let noted = async |count: i64, doubts: i64| {
            eventually("the attempt is noted", async || {
                let waits = "SELECT COUNT(*) FROM outbox WHERE kind = 'notice' AND state = 'ready' AND attempts = 0 AND $1 <> ''";
                let sending = "SELECT CAST(COALESCE(MAX(doubts), -1) AS BIGINT) FROM notices WHERE recipient_id = $1 AND state = 'sending'";
                number(app, waits, &id).await == count && number(app, sending, &worker.id).await == doubts
            })
            .await;
        };
        noted(1, 0).await;
        app.clock.advance(31 * SECOND);
        if drops == 2 {
            noted(1, 1).await;
            app.clock.advance(31 * SECOND);
        }
        test.settle().await;
        let sql = "SELECT state FROM notices WHERE recipient_id = $1";
        assert_eq!(texts(app, sql, &worker.id).await, [state]);
        let told = test.sms(&phone(n)).await;
        let told = told.iter().filter(|text| text.contains("提交成功")).count();
        assert_eq!(told, 2, "the gateway had taken the first one");
        app.clock.advance(MINUTE);
    }
}

from! {
    tuesday(),
    /// WeChat alone is wished, and WeChat refuses: no SMS, and it stands as lost.
    wechat_alone_means_no_sms
}
async fn wechat_alone_means_no_sms(test: &TestApp) {
    let app = &test.app;
    let [zhang, ..] = demo_officers(app).await;
    wishes(test, &zhang, "wechat", ("", "")).await;
    let before = test.sms(seed::OFFICERS[0].phone).await.len();
    fault(test, json!({ "path": TEMPLATE_SEND, "errcode": 43004 })).await;
    submitted(test, 1, &street(app).await).await;
    test.settle().await;
    let sql = "SELECT channel || ' ' || state FROM notices WHERE recipient_id = $1";
    assert_eq!(texts(app, sql, &zhang.id).await, ["wechat failed"]);
    assert_eq!(test.sms(seed::OFFICERS[0].phone).await.len(), before);
    let list = Desk::of(test, &zhang.id)
        .await
        .get("/office/messages/failed")
        .await
        .text;
    assert!(list.contains("没有关注") && list.contains("张敏"), "{list}");
}

from! {
    tuesday(),
    /// the catalogue shows every message; to the city's administrators alone. What is typed wrongly on one's own page is
    /// shown again.
    the_catalogue_and_the_own_page
}
async fn the_catalogue_and_the_own_page(test: &TestApp) {
    let [zhang, _, chen] = demo_officers(&test.app).await;
    let page = Desk::of(test, &chen.id).await.get("/office/messages").await;
    assert_eq!(page.status, 200);
    for message in Message::ALL {
        assert!(page.text.contains(&format!("id=\"{message}\"")), "{message}");
    }
    assert!(page.text.contains("demo****ress") && page.text.contains("计 2 条"));
    let desk = Desk::of(test, &zhang.id).await;
    assert_eq!(desk.get("/office/messages").await.status, 403);

    let post = async |way: &str, from: &str, until: &str| {
        let fields = [("csrf", CSRF), ("way", way), ("from", from), ("until", until)];
        desk.post("/office/me/notices", &fields).await
    };
    let wrong = post("wechat", "22:00", "").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("请写全开始和结束时间") && wrong.text.contains("value=\"22:00\""));
    assert!(
        wrong
            .text
            .contains("value=\"wechat\" id=\"f-way-wechat\" checked")
    );
    assert_eq!(post("pigeon", "", "").await.status, 422);
    assert_eq!(post("sms", "22:00", "07:00").await.status, 303);
    let mine = desk.get("/office/me").await.text;
    assert!(mine.contains("value=\"07:00\"") && mine.contains("id=\"f-way-sms\" checked"));
}
