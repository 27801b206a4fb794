//! Money back: in parts, idempotent, without money, abnormal.

use super::*;
use crate::on_both_stores;
use yuanmeng::payment::RefundState;

fn term<'a>(order: &'a Order, key: &'a str, amount: Fen) -> RefundRequest<'a> {
    RefundRequest {
        order: &order.id,
        key,
        amount,
        reason: "退学，退第二学期学费",
        actor: &audit::Actor::System,
    }
}

async fn paid(test: &TestApp, purpose: &str) -> Order {
    test.sim_post("/sim/pay/set", json!({ "refund_ms": 20 })).await;
    let order = test.pay_order(purpose).await;
    test.pay_jsapi(&order, "wang").await;
    test.pay_until(&order, State::Paid).await
}

/// Issue 6: refund, partial for terms, idempotent by the caller's key; never more than was paid.
async fn by_terms_and_once(test: &TestApp) {
    let order = paid(test, "terms").await;
    let half = Fen(FEE.0 / 2);
    let (one, two) = (
        payment::refund(&test.app, &term(&order, "term-2", half))
            .await
            .unwrap(),
        payment::refund(&test.app, &term(&order, "term-2", half))
            .await
            .unwrap(),
    );
    assert_eq!(one.id, two.id);
    let other = payment::refund(&test.app, &term(&order, "term-2", Fen(1)))
        .await
        .unwrap_err();
    assert!(matches!(other, Error::Refused(Refusal::PaymentDiffers)));
    let order = test.pay_until(&order, State::Paid).await;
    assert_eq!((order.refunded, order.left()), (half, half));
    let much = payment::refund(&test.app, &term(&order, "all", FEE))
        .await
        .unwrap_err();
    assert!(matches!(much, Error::Refused(Refusal::RefundTooMuch)));
    payment::refund(&test.app, &term(&order, "rest", half))
        .await
        .unwrap();
    test.pay_until(&order, State::Refunded).await;
    assert_eq!(test.pay_told(&order).await, ["paid", "refunded", "refunded"]);
    assert_eq!(
        payment::of_purpose(&test.app, "test", "terms").await.unwrap(),
        None
    );
    let unpaid = test.pay_order("unpaid").await;
    let refused = payment::refund(&test.app, &term(&unpaid, "x", Fen(1)))
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::Refused(Refusal::PaymentNotPaid)));
}
on_both_stores!(by_terms_and_once);

/// No money, an answer lost, the callback lost: the refund goes on by itself under one number.
async fn goes_on_by_itself(test: &TestApp) {
    let order = paid(test, "stuck").await;
    test.sim_post("/sim/pay/set", json!({ "balance_fen": 0 })).await;
    let refund = payment::refund(&test.app, &term(&order, "all", FEE))
        .await
        .unwrap();
    let state = async || payment::refunds(&test.app, &order.id).await.unwrap().remove(0);
    eventually("it is stuck", async || state().await.problem == "NOT_ENOUGH").await;
    assert_eq!(test.pay_state(&order).await, State::Refunding);
    test.sim_post("/sim/pay/set", json!({ "balance_fen": FEE.0 }))
        .await;
    test.sim_post(
        "/sim/faults",
        json!({ "path": "/v3/refund/domestic/refunds", "drop": "after" }),
    )
    .await;
    test.pay_chaos(json!({ "lose": 1 })).await;
    // As often as it takes: a round between the moving of the two clocks is refused for its time.
    for _ in 0..20 {
        test.pay_later(10 * MINUTE).await;
        payment::tick(&test.app).await.unwrap();
        if test.pay_state(&order).await == State::Refunded {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    test.pay_until(&order, State::Refunded).await;
    let done = state().await;
    assert_eq!((done.id, done.state), (refund.id, RefundState::Succeeded));
    let refunds = test.sim_get("/sim/pay/orders").await["refunds"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(refunds, 1, "one number, however often it was sent");
}
on_both_stores!(goes_on_by_itself);

/// Abnormal at WeChat Pay: the operator is told by the trail, the owner by the event; a refund of another amount is refused.
async fn abnormal_is_told(test: &TestApp) {
    let order = paid(test, "abnormal").await;
    test.sim_post("/sim/pay/set", json!({ "refund_outcome": "ABNORMAL" }))
        .await;
    let refund = payment::refund(&test.app, &term(&order, "all", FEE))
        .await
        .unwrap();
    eventually("told", async || {
        test.pay_told(&order).await == ["paid", "refund_failed"]
    })
    .await;
    let wrong = json!({ "number": refund.out_refund_no, "fen": 1 });
    assert_eq!(test.pay_notify(wrong).await, 400);
    let stands = payment::refunds(&test.app, &order.id).await.unwrap().remove(0);
    assert_eq!(stands.state, RefundState::Abnormal);
    // WeChat Pay forgot it under way and closes it: what was asked back counts as paid again.
    let order = paid(test, "closed").await;
    test.sim_post("/sim/pay/set", json!({ "refund_outcome": "CLOSED" }))
        .await;
    payment::refund(&test.app, &term(&order, "all", FEE))
        .await
        .unwrap();
    eventually("told", async || {
        test.pay_told(&order).await == ["paid", "refund_failed"]
    })
    .await;
    let order = payment::order(&test.app, &order.id).await.unwrap();
    assert_eq!((order.state, order.left()), (State::Paid, FEE));
}
on_both_stores!(abnormal_is_told);
