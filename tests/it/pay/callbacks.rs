//! Callbacks lost, doubled, late, overtaken, forged.

use super::*;
use crate::on_both_stores;

/// Issue 6: query when no callback came. The callback is lost for good; the loop asks, and so does a page that comes back.
async fn lost_callbacks_are_asked_after(test: &TestApp) {
    test.pay_chaos(json!({ "lose": 2 })).await;
    let (asked, looked) = (test.pay_order("loop").await, test.pay_order("page").await);
    test.pay_jsapi(&asked, "wang").await;
    test.pay_jsapi(&looked, "zhang").await;
    assert_eq!(test.pay_state(&looked).await, State::Paying);
    assert_eq!(
        payment::settle(&test.app, &looked.id).await.unwrap().state,
        State::Paid
    );
    test.pay_later(2 * MINUTE).await;
    payment::tick(&test.app).await.unwrap();
    test.pay_until(&asked, State::Paid).await;
    for order in [&asked, &looked] {
        assert_eq!(test.pay_told(order).await, ["paid"]);
        assert_eq!(test.pay_entries(order).await.len(), 1);
    }
}
on_both_stores!(lost_callbacks_are_asked_after);

/// Issue 6: callbacks doubled, late, their answers lost, and a page asking at the same moment: paid once, told once.
async fn doubled_and_late_callbacks_count_once(test: &TestApp) {
    test.pay_chaos(json!({ "duplicate": 3, "delay_ms": 150, "drop_answer": 2, "hold": 1, "retry_ms": [20, 20, 20], "probe_every": 1 })).await;
    let mut orders = Vec::new();
    for n in 0..4 {
        let order = test.pay_order(&format!("storm {n}")).await;
        test.pay_jsapi(&order, ["wang", "zhang", "li", "chen"][n]).await;
        orders.push(order);
    }
    let asks = orders.iter().map(|order| payment::settle(&test.app, &order.id));
    futures_util::future::join_all(asks).await;
    for order in &orders {
        test.pay_until(order, State::Paid).await;
    }
    eventually("every callback is acknowledged", async || {
        test.sim_get("/sim/pay/orders").await["notifications"]["acknowledged"] == 4
    })
    .await;
    for order in &orders {
        assert_eq!(test.pay_entries(order).await, [("paid".to_owned(), FEE.0)]);
        assert_eq!(test.pay_told(order).await, ["paid"]);
    }
    let counts = &test.sim_get("/sim/pay/orders").await["notifications"];
    assert!(counts["probes"].as_u64().unwrap() >= 4, "{counts}");
    assert_eq!(
        counts["probes_accepted"], 0,
        "WeChat's wrong signatures are refused"
    );
}
on_both_stores!(doubled_and_late_callbacks_count_once);

/// Issue 6: wrong signature, unknown serial, stale time, wrong amount, currency, merchant, account, unknown order: refused,
/// counted, noted, and nothing is changed.
async fn what_does_not_fit_changes_nothing(test: &TestApp) {
    test.pay_chaos(json!({ "lose": 1 })).await;
    let order = test.pay_order("forged").await;
    test.pay_jsapi(&order, "wang").await;
    let number = test.pay_number(&order).await;
    let before = test.count("SELECT COUNT(*) FROM audit").await;
    for (tweak, status) in [
        (json!({ "signature": "wrong" }), 401),
        (json!({ "signature": "probe" }), 401),
        (
            json!({ "serial": "5157F09EFDC096DE15EBE81A47057A72F33B8E1A" }),
            401,
        ),
        (json!({ "age_s": 302 }), 401),
        (json!({ "age_s": -305 }), 401),
        (json!({ "flip": 40 }), 401),
    ] {
        let tweak = with(tweak, &number);
        assert_eq!(test.pay_notify(tweak.clone()).await, status, "{tweak}");
    }
    assert_eq!(
        test.count("SELECT COUNT(*) FROM audit").await,
        before,
        "forgeries leave no line"
    );
    for (n, (tweak, status)) in [
        (json!({ "fen": FEE.0 - 1 }), 400),
        (json!({ "fen": 1 }), 400),
        (json!({ "currency": "USD" }), 400),
        (json!({ "mchid": "1900000110" }), 400),
        (json!({ "appid": "wx0000000000000002" }), 400),
        (json!({ "out_trade_no": "0123456789abcdef0123456789abcdef" }), 404),
    ]
    .into_iter()
    .enumerate()
    {
        let tweak = with(tweak, &number);
        let repeated = with(json!({ "id": format!("wrong-{n}") }), &number);
        let tweak = merged(tweak, repeated);
        for _ in 0..2 {
            assert_eq!(test.pay_notify(tweak.clone()).await, status, "{tweak}");
        }
    }
    let sql = "SELECT COUNT(*) FROM audit WHERE act = 'payment.refused'";
    assert_eq!(
        test.count(sql).await,
        6,
        "one line each, however often it is repeated"
    );
    assert_eq!(test.pay_state(&order).await, State::Paying);
    assert_eq!(test.pay_entries(&order).await, []);
    let metrics = test
        .http
        .get(format!("{}/metrics", test.url))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for outcome in ["signature", "probe", "serial", "time", "mismatch", "unknown"] {
        assert!(
            metrics.contains(&format!(
                "yuanmeng_wechat_pay_notifications_total{{outcome=\"{outcome}\"}}"
            )),
            "{outcome}"
        );
    }
    // The good one, twice: the second is known.
    let good = json!({ "number": number, "id": "good" });
    assert_eq!(test.pay_notify(good.clone()).await, 204);
    assert_eq!(test.pay_notify(good).await, 204);
    assert_eq!(test.pay_entries(&order).await.len(), 1);
    assert_eq!(test.pay_state(&order).await, State::Paid);
}
on_both_stores!(what_does_not_fit_changes_nothing);

/// A body that is no notification, and one without headers.
async fn no_notification_at_all(test: &TestApp) {
    let url = format!("{}{}", test.url, payment::NOTIFY_PATH);
    for body in ["", "{}", "<xml/>"] {
        let answer = test.http.post(&url).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 400);
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], "FAIL");
    }
    let large = test
        .http
        .post(&url)
        .body("x".repeat(65 * 1024))
        .send()
        .await
        .unwrap();
    assert_eq!(large.status(), 413);
}
on_both_stores!(no_notification_at_all);

fn with(tweak: Value, number: &str) -> Value {
    merged(tweak, json!({ "number": number }))
}

fn merged(mut one: Value, other: Value) -> Value {
    one.as_object_mut()
        .unwrap()
        .extend(other.as_object().unwrap().clone());
    one
}

/// Issue 6: paid after the order closed → refunded by itself and told. The order stays closed.
async fn paid_late_goes_back_by_itself(test: &TestApp) {
    test.sim_post("/sim/pay/set", json!({ "refund_ms": 20 })).await;
    let order = test.pay_order("late").await;
    payment::jsapi(&test.app, &order.id, &openid_of("wang"))
        .await
        .unwrap();
    let closed = payment::cancel(&test.app, &order.id, &audit::Actor::System)
        .await
        .unwrap();
    assert_eq!(closed.state, State::Closed);
    let number = test.pay_number(&order).await;
    test.sim_post(
        "/sim/pay/force",
        json!({ "user": "wang", "out_trade_no": number }),
    )
    .await;
    eventually("the money is back", async || {
        test.pay_told(&order).await == ["closed", "paid_late", "returned"]
    })
    .await;
    assert_eq!(test.pay_state(&order).await, State::Closed);
    assert_eq!(
        test.pay_entries(&order).await,
        [("paid".to_owned(), FEE.0), ("refunded".to_owned(), FEE.0)]
    );
}
on_both_stores!(paid_late_goes_back_by_itself);

/// Paid twice by two ways at the same moment: the second goes back by itself, the order stays paid.
async fn paid_twice_goes_back_by_itself(test: &TestApp) {
    test.sim_post("/sim/pay/set", json!({ "refund_ms": 20 })).await;
    let order = test.pay_order("twice").await;
    payment::jsapi(&test.app, &order.id, &openid_of("wang"))
        .await
        .unwrap();
    let first = test.pay_number(&order).await;
    payment::native(&test.app, &order.id).await.unwrap();
    let second = test.pay_number(&order).await;
    assert_ne!(first, second);
    for number in [&second, &first] {
        test.sim_post(
            "/sim/pay/force",
            json!({ "user": "wang", "out_trade_no": number }),
        )
        .await;
        test.pay_until(&order, State::Paid).await;
    }
    eventually("the second is back", async || {
        test.pay_told(&order).await == ["paid", "paid_twice", "returned"]
    })
    .await;
    let order = payment::order(&test.app, &order.id).await.unwrap();
    assert_eq!((order.state, order.refunded), (State::Paid, Fen(0)));
}
on_both_stores!(paid_twice_goes_back_by_itself);

/// Issue 6: closing races with paying: whoever is first at WeChat Pay, here it is the same.
async fn closing_races_with_paying(test: &TestApp) {
    test.sim_post("/sim/pay/set", json!({ "refund_ms": 20 })).await;
    for n in 0..6 {
        let order = test.pay_order(&format!("race {n}")).await;
        let params = payment::jsapi(&test.app, &order.id, &openid_of("wang"))
            .await
            .unwrap();
        let shown = test
            .sim_post("/sim/pay/cashier", json!({ "user": "wang", "params": params }))
            .await;
        let pay = test.sim_post(
            "/sim/pay/confirm",
            json!({ "user": "wang", "prepay_id": shown["prepay_id"] }),
        );
        let (closed, paid) = tokio::join!(payment::cancel(&test.app, &order.id, &audit::Actor::System), pay);
        let state = if paid["ok"] == true {
            State::Paid
        } else {
            State::Closed
        };
        test.pay_until(&order, state).await;
        assert_eq!(closed.is_ok(), state == State::Closed, "{paid}");
    }
}
on_both_stores!(closing_races_with_paying);

/// Until WeChat Pay was asked for a number of this order.
async fn asked(test: &TestApp, order: &Order) {
    let sql = "SELECT COUNT(*) FROM payment_tries WHERE order_id = $1";
    eventually("a number is asked for", async || {
        crate::acts::number(&test.app, sql, &order.id).await > 0
    })
    .await;
}

/// Issue 6: a number that is closed while WeChat Pay is still making it: nobody gets its code, and it is closed there too,
/// on the phone and on the PC; another way of paying that was begun meanwhile goes on.
async fn closed_while_it_is_made(test: &TestApp) {
    for (path, native) in [
        ("/v3/pay/transactions/jsapi", false),
        ("/v3/pay/transactions/native", true),
    ] {
        let order = test.pay_order(path).await;
        test.sim_post("/sim/faults", json!({ "path": path, "delay_ms": 1500 }))
            .await;
        let (app, id) = (test.app.clone(), order.id.clone());
        let making = tokio::spawn(async move {
            if native {
                payment::native(&app, &id).await.map(|_| ())
            } else {
                payment::jsapi(&app, &id, &openid_of("wang")).await.map(|_| ())
            }
        });
        asked(test, &order).await;
        let closed = payment::cancel(&test.app, &order.id, &audit::Actor::System)
            .await
            .unwrap();
        assert_eq!(closed.state, State::Closed);
        let late = making.await.unwrap().unwrap_err();
        assert!(
            matches!(late, Error::Refused(Refusal::PaymentClosed)),
            "{path}: {late:?}"
        );
        let there = test.sim_get("/sim/pay/orders").await;
        let states: Vec<_> = there["orders"]
            .as_array()
            .unwrap()
            .iter()
            .map(|o| &o["state"])
            .collect();
        assert!(
            states.iter().all(|state| **state == "CLOSED"),
            "{path}: {states:?}"
        );
        assert!(!states.is_empty(), "WeChat Pay did make it, late");
    }
}
on_both_stores!(closed_while_it_is_made);
