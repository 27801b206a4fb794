//! The day's comparison with the bill.

use super::*;
use crate::on_both_stores;
use yuanmeng::payment::Difference;

/// Issue 6: after a storm the day's reconciliation shows no difference, and it shows each planted one.
async fn no_difference_but_the_planted(test: &TestApp) {
    test.sim_post("/sim/pay/set", json!({ "refund_ms": 20 })).await;
    test.pay_chaos(json!({ "duplicate": 1, "lose": 2, "drop_answer": 2, "retry_ms": [20, 20, 20] }))
        .await;
    let mut orders = Vec::new();
    for n in 0..5 {
        let order = test.pay_order(&format!("day {n}")).await;
        test.pay_jsapi(&order, "wang").await;
        payment::settle(&test.app, &order.id).await.unwrap();
        orders.push(test.pay_until(&order, State::Paid).await);
    }
    let half = RefundRequest {
        order: &orders[0].id,
        key: "k",
        amount: Fen(100),
        reason: "退费",
        actor: &audit::Actor::System,
    };
    let refund = payment::refund(&test.app, &half).await.unwrap();
    test.pay_chaos(json!({})).await;
    eventually("the refund is back", async || {
        test.pay_entries(&orders[0]).await.len() == 2
    })
    .await;
    let day = test.app.now().date();
    let early = payment::reconcile(&test.app, day).await.unwrap_err();
    assert!(
        matches!(early, Error::Refused(Refusal::PaymentAway)),
        "today's bill is not there yet"
    );
    test.pay_later(DAY).await;

    let made = payment::reconcile(&test.app, day).await.unwrap();
    assert_eq!((made.payments, made.refunds, made.differences), (5, 1, 0));
    assert_eq!((made.paid, made.refunded), (Fen(5 * FEE.0), Fen(100)));

    let id = |n: usize| orders[n].transaction_id.clone().unwrap();
    let planted = json!({
        "drop": [id(1), refund.out_refund_no],
        "change": { id(2): FEE.0 - 1 },
        "add": [{ "reference": "4200099999", "out_trade_no": "nobodys", "fen": 5 }],
    });
    test.sim_post("/sim/pay/bill", planted).await;
    assert_eq!(payment::reconcile(&test.app, day).await.unwrap().differences, 4);
    let (_, differences) = payment::reconciliation(&test.app, &day.to_string())
        .await
        .unwrap();
    let mut found: Vec<_> = differences
        .iter()
        .map(|d| (d.kind, d.reference.clone()))
        .collect();
    found.sort();
    let mut expected = [
        (Difference::MissingHere, "4200099999".to_owned()),
        (Difference::MissingThere, id(1)),
        (Difference::MissingThere, refund.out_refund_no),
        (Difference::AmountsDiffer, id(2)),
    ];
    expected.sort();
    assert_eq!(found, expected);

    test.sim_post("/sim/pay/bill", json!({ "bad_hash": true })).await;
    assert!(
        payment::reconcile(&test.app, day).await.is_err(),
        "a bill that is not the announced one"
    );
    assert_eq!(
        payment::reconciliations(&test.app).await.unwrap().len(),
        1,
        "a day compared anew stands once"
    );
}
on_both_stores!(no_difference_but_the_planted);
