//! 300 workers race for the last 40 seats while WeChat Pay's callbacks get lost, are doubled and come late (issue 6).

use super::*;
use std::collections::BTreeMap;
use yuanmeng::kernel::time::DAY;

const WORKERS: usize = 300;
const SEATS: usize = 40;

/// All try at once; who got a seat, by the worker's number.
async fn rush(test: &TestApp, workers: &[(usize, Worker)], program: &Program) -> Vec<(usize, Enrolment)> {
    let mut at_once = tokio::task::JoinSet::new();
    for (n, worker) in workers.iter().cloned() {
        let (app, program) = (test.app.clone(), program.clone());
        at_once.spawn(async move { (n, enrolled(&app, &worker, n, &program).await) });
    }
    let mut got = Vec::new();
    for (n, result) in at_once.join_all().await {
        match result {
            Ok(enrolment) => got.push((n, enrolment)),
            Err(Error::Refused(Refusal::SeatsGone)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    got
}

on_both_stores! {
    /// Issue 6: 40 paid, nobody pays for nothing, all refunds settle, the day's reconciliation shows no difference.
    three_hundred_race_for_forty_seats
}
async fn three_hundred_race_for_forty_seats(test: &TestApp) {
    let app = &test.app;
    let program = program(app, "机电一体化").await;
    assert_eq!(program.intakes[0].seats, SEATS as i64);
    let mut workers = Vec::new();
    for n in 0..WORKERS {
        workers.push((n, verified(test, n).await));
    }
    let held = rush(test, &workers, &program).await;
    assert_eq!(held.len(), SEATS);
    seats_are_exact(app).await;
    let chaos = json!({ "lose": 6, "duplicate": 2, "delay_ms": 40, "hold": 3, "drop_answer": 5, "retry_ms": [20, 40, 80], "probe_every": 3 });
    test.sim_post("/sim/pay/callbacks", chaos).await;

    // Thirty pay, ten have the code on their screen and are too slow.
    let (quick, slow) = held.split_at(30);
    let mut late = BTreeMap::new();
    for (_, enrolment) in slow {
        let order = order(app, enrolment).await;
        payment::native(app, &order.id).await.unwrap();
        late.insert(order.id.clone(), test.pay_number(&order).await);
    }
    for (_, enrolment) in quick {
        scan(test, &order(app, enrolment).await).await;
    }
    test.pay_later(31 * MINUTE).await;
    for (_, enrolment) in quick {
        until(app, enrolment, State::Paid).await;
    }
    for (_, enrolment) in slow {
        until(app, enrolment, State::Expired).await;
    }
    seats_are_exact(app).await;

    // The ten pay at this very moment: WeChat was quicker than the close. The money goes back by itself.
    for number in late.values() {
        let forced = test
            .sim_post(
                "/sim/pay/force",
                json!({ "user": "wang", "out_trade_no": number }),
            )
            .await;
        assert_eq!(forced["ok"], true, "{forced}");
        // Where the callback got lost, WeChat Pay sends it again in the end.
        test.pay_notify(json!({ "number": number })).await;
    }
    // Everybody without a seat tries again for the ten that are free.
    let seated: Vec<usize> = quick.iter().map(|(n, _)| *n).collect();
    let without: Vec<(usize, Worker)> = workers.into_iter().filter(|(n, _)| !seated.contains(n)).collect();
    let second = rush(test, &without, &program).await;
    assert_eq!(second.len(), SEATS - quick.len());
    for (_, enrolment) in &second {
        scan(test, &order(app, enrolment).await).await;
    }
    test.pay_later(2 * MINUTE).await;
    for (_, enrolment) in &second {
        until(app, enrolment, State::Paid).await;
    }
    everything_settles(test, slow).await;
}

async fn everything_settles(test: &TestApp, slow: &[(usize, Enrolment)]) {
    let app = &test.app;
    eventually("all refunds are with the payers", async || {
        test.count("SELECT COUNT(*) FROM payment_refunds WHERE state <> 'succeeded'")
            .await
            == 0
            && test.count("SELECT COUNT(*) FROM payment_refunds").await == slow.len() as i64
    })
    .await;
    assert_eq!(
        test.count("SELECT COUNT(*) FROM enrolments WHERE state = 'paid'")
            .await,
        SEATS as i64
    );
    assert_eq!(
        test.count("SELECT COUNT(*) FROM enrolments WHERE state = 'held'")
            .await,
        0
    );
    seats_are_exact(app).await;
    // Nobody paid for nothing: what came in and did not go back are the forty first instalments.
    let sum = "SELECT CAST(COALESCE(SUM(CASE WHEN kind = 'paid' THEN amount_fen ELSE -amount_fen END), 0) AS BIGINT) FROM payment_entries";
    assert_eq!(test.count(sum).await, SEATS as i64 * 200_000);
    for (_, enrolment) in slow {
        eventually("who paid late is told", async || {
            let timeline = moves::timeline(app, &enrolment.id).await.unwrap();
            timeline.iter().any(|h| h.event.as_str() == "money_returned")
        })
        .await;
    }
    let today = app.now().date();
    test.pay_later(DAY).await;
    let compared = payment::reconcile(app, today).await.unwrap();
    assert_eq!(compared.differences, 0, "{compared:?}");
}
