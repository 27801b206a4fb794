//! Reminders before a deadline (R-9, R-20, R-23 [ours]), and what happens when it is missed.

use crate::acts::{bound_submitted, bound_worker, decide_now, eventually, texts};
use crate::app::TestApp;
use crate::builders::{demo_officers, street, submitted, worker};
use crate::on_both_stores;
use yuanmeng::application::{deadlines, drafts, recall};
use yuanmeng::campaign::{self, Intake};
use yuanmeng::kernel::Time;
use yuanmeng::kernel::time::{DAY, HOUR};
use yuanmeng::notice::remind;
use yuanmeng::review::Verdict;

async fn intake(test: &TestApp) -> Intake {
    campaign::current(&test.app).await.unwrap().unwrap().intake
}

/// Moves the clock to ten in the morning, so many days before a deadline's day.
fn go_to(test: &TestApp, deadline: Time, days: i64) {
    let to = Time::start_of(deadline.date()).0 - days * DAY + 10 * HOUR;
    assert!(to > test.app.now().0, "the demo's season is longer than that");
    test.app.clock.advance(to - test.app.now().0);
}

/// The reminders made for a worker, oldest first.
async fn reminders(test: &TestApp, worker_id: &str) -> Vec<String> {
    let sql = "SELECT event FROM notices WHERE recipient_id = $1 AND event LIKE '%_due' ORDER BY id";
    texts(&test.app, sql, worker_id).await
}

/// As the loops of several processes do it, at once and an hour later.
async fn all_processes(test: &TestApp) {
    for _ in 0..2 {
        let mut at_once = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let app = test.app.clone();
            at_once.spawn(async move { remind::run(&app).await.unwrap() });
        }
        at_once.join_all().await;
        test.app.clock.advance(HOUR);
    }
    remind::run(&test.app).await.unwrap();
}

on_both_stores! {
    /// a draft once, three days before the window ends; one that was taken back also a day before.
    drafts_are_reminded, at yuanmeng::kernel::Time::shanghai(2026, 11, 10, 9, 0, 0)
}
async fn drafts_are_reminded(test: &TestApp) {
    let app = &test.app;
    let (drafter, user) = bound_worker(test, 1).await;
    drafts::begin(app, &drafter.id, &Default::default())
        .await
        .unwrap();
    let plain = worker(test, 2).await;
    drafts::begin(app, &plain.id, &Default::default()).await.unwrap();
    let street = street(app).await;
    let (taker, id) = submitted(test, 3, &street).await;
    let (done, _) = submitted(test, 4, &street).await;
    recall::recall(app, &taker.id, &id).await.unwrap();
    let until = intake(test).await.apply.until;
    test.settle().await;
    go_to(test, until, 3);
    all_processes(test).await;
    eventually("all three are reminded", async || {
        !reminders(test, &drafter.id).await.is_empty() && !reminders(test, &taker.id).await.is_empty()
    })
    .await;
    test.settle().await;
    assert_eq!(reminders(test, &drafter.id).await, ["submission_due"]);
    assert_eq!(reminders(test, &plain.id).await, ["submission_due"]);
    assert!(
        reminders(test, &done.id).await.is_empty(),
        "submitted is submitted"
    );
    let message = test.templates(&user).await.pop().unwrap();
    assert!(
        message.contains("|-|尚未提交|请在") && message.contains("24:00前提交"),
        "{message}"
    );
    let sms = test.sms(plain.phone.digits()).await.pop().unwrap();
    assert!(
        sms.contains("尚未提交") && sms.contains("还剩 3 天") && sms.contains("4000123318"),
        "{sms}"
    );

    go_to(test, until, 1);
    all_processes(test).await;
    eventually("the recalled one is reminded again", async || {
        reminders(test, &taker.id).await.len() == 2
    })
    .await;
    assert_eq!(
        reminders(test, &drafter.id).await.len(),
        1,
        "a draft holds nothing"
    );
    test.settle().await;
    let sms = test.sms(taker.phone.digits()).await.pop().unwrap();
    assert!(sms.contains("还剩 1 天") && sms.contains("名额不再保留"), "{sms}");
}

on_both_stores! {
    /// a returned application three days and one day before; missed, its place is free and it is told so.
    corrections_are_reminded, at yuanmeng::kernel::Time::shanghai(2026, 11, 10, 9, 0, 0)
}
async fn corrections_are_reminded(test: &TestApp) {
    let app = &test.app;
    let street = street(app).await;
    let [officer, ..] = demo_officers(app).await;
    let (returned, user, id) = bound_submitted(test, 1, &street).await;
    decide_now(app, &officer, &id, Verdict::Return, &["receipt"])
        .await
        .unwrap();
    test.settle().await;
    let until = intake(test).await.review.until;
    go_to(test, until, 3);
    all_processes(test).await;
    go_to(test, until, 1);
    all_processes(test).await;
    eventually("two reminders", async || {
        reminders(test, &returned.id).await.len() == 2
    })
    .await;
    test.settle().await;
    assert_eq!(
        reminders(test, &returned.id).await,
        ["correction_due", "correction_due"]
    );
    let message = test.templates(&user).await.pop().unwrap();
    assert!(
        message.contains("|待补正|请在") && message.contains("24:00前补正"),
        "{message}"
    );
    // The message opens the page that says what to mend.
    let inbox = test.sim_get(&format!("/sim/inbox?user={user}")).await;
    let newest = inbox["items"]
        .as_array()
        .unwrap()
        .iter()
        .rfind(|i| i["kind"] == "template")
        .unwrap()
        .clone();
    assert_eq!(newest["url"], app.link("/wechat/oauth/start?next=%2Fprogress"));

    app.clock.advance(until.0 - app.now().0 + 1000);
    deadlines::expire_overdue(app).await.unwrap();
    eventually("it is told", async || {
        test.templates(&user)
            .await
            .pop()
            .is_some_and(|m| m.contains("|已失效|超过补正期限，名额已释放|"))
    })
    .await;
    all_processes(test).await;
    assert_eq!(
        reminders(test, &returned.id).await.len(),
        2,
        "and no more after the end"
    );
}
