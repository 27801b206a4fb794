//! Paying with WeChat Pay, over HTTP and on both stores: the simulator signs with its own keys, loses, repeats, delays and
//! forges its callbacks (issue 6, point 3 and "What bad input gets").

mod bill;
mod callbacks;
mod keys;
mod killed;
mod refunds;

use crate::acts::eventually;
use crate::app::TestApp;
use crate::on_both_stores;
use serde_json::{Value, json};
use yuanmeng::kernel::time::{DAY, MINUTE};
use yuanmeng::kernel::{Fen, Refusal};
use yuanmeng::payment::{self, NewPayment, Order, RefundRequest, State};
use yuanmeng::sim::openid_of;
use yuanmeng::{audit, error::Error};

/// 6,800 yuan, a year's fee of Annex 3.
pub const FEE: Fen = Fen::yuan(6_800);

impl TestApp {
    /// An order of a purpose of the tests' own.
    pub async fn pay_order(&self, purpose: &str) -> Order {
        let expires_at = self.app.now().plus(30 * MINUTE);
        let new = NewPayment {
            purpose_kind: "test",
            purpose_id: purpose,
            description: "会计（专升本）第一学年学费",
            amount: FEE,
            expires_at,
        };
        payment::create(&self.app, &new).await.expect("an order")
    }

    /// Goes to the cashier inside WeChat and confirms; the simulator's answer.
    pub async fn pay_jsapi(&self, order: &Order, user: &str) -> Value {
        let params = payment::jsapi(&self.app, &order.id, &openid_of(user))
            .await
            .expect("a prepayment");
        let shown = self
            .sim_post("/sim/pay/cashier", json!({ "user": user, "params": params }))
            .await;
        assert_eq!(shown["amount_fen"], FEE.0, "{shown}");
        self.sim_post(
            "/sim/pay/confirm",
            json!({ "user": user, "prepay_id": shown["prepay_id"] }),
        )
        .await
    }

    pub async fn pay_chaos(&self, chaos: Value) {
        self.sim_post("/sim/pay/callbacks", chaos).await;
    }

    pub async fn pay_state(&self, order: &Order) -> State {
        payment::order(&self.app, &order.id)
            .await
            .expect("the order")
            .state
    }

    pub async fn pay_until(&self, order: &Order, state: State) -> Order {
        eventually(state.as_str(), async || self.pay_state(order).await == state).await;
        payment::order(&self.app, &order.id).await.unwrap()
    }

    /// What the owner of an order was told, as the outbox has it.
    pub async fn pay_told(&self, order: &Order) -> Vec<String> {
        let sql = "SELECT payload FROM outbox WHERE kind = 'payment_event' ORDER BY created_at, id";
        let told: Vec<String> = sqlx::query_scalar(sql)
            .fetch_all(self.app.db.read())
            .await
            .unwrap();
        let told = told
            .iter()
            .map(|text| serde_json::from_str::<Value>(text).unwrap());
        told.filter(|v| v["order"] == order.id.as_str())
            .map(|v| v["what"].as_str().unwrap().to_owned())
            .collect()
    }

    pub async fn pay_entries(&self, order: &Order) -> Vec<(String, i64)> {
        let sql =
            "SELECT kind, amount_fen FROM payment_entries WHERE order_id = $1 ORDER BY recorded_at, kind";
        sqlx::query_as(sql)
            .bind(&order.id)
            .fetch_all(self.app.db.read())
            .await
            .unwrap()
    }

    pub async fn pay_number(&self, order: &Order) -> String {
        let sql =
            "SELECT out_trade_no FROM payment_tries WHERE order_id = $1 ORDER BY created_at DESC LIMIT 1";
        sqlx::query_scalar(sql)
            .bind(&order.id)
            .fetch_one(self.app.db.read())
            .await
            .unwrap()
    }

    /// Moves both clocks.
    pub async fn pay_later(&self, millis: i64) {
        self.app.clock.advance(millis);
        self.sim_post("/sim/clock", json!({ "advance_ms": millis })).await;
    }

    /// One notification, as good or bad as asked for; the status of our answer.
    pub async fn pay_notify(&self, tweak: Value) -> u64 {
        self.sim_post("/sim/pay/notify", tweak).await["status"]
            .as_u64()
            .unwrap_or_default()
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(self.app.db.read())
            .await
            .unwrap()
    }
}

/// Issue 6: JSAPI inside WeChat; the cashier verifies paySign; the callback makes it paid, once, and the owner is told.
async fn a_payment_inside_wechat(test: &TestApp) {
    let order = test.pay_order("one").await;
    assert_eq!(test.pay_order("one").await.id, order.id, "one order a purpose");
    let paid = test.pay_jsapi(&order, "wang").await;
    assert_eq!(paid["ok"], true, "{paid}");
    let order = test.pay_until(&order, State::Paid).await;
    assert_eq!(order.transaction_id.as_deref(), paid["transaction_id"].as_str());
    assert_eq!(test.pay_entries(&order).await, [("paid".to_owned(), FEE.0)]);
    assert_eq!(test.pay_told(&order).await, ["paid"]);
    let again = payment::jsapi(&test.app, &order.id, &openid_of("wang"))
        .await
        .unwrap_err();
    assert!(matches!(again, Error::Refused(Refusal::PaymentPaid)));
}
on_both_stores!(a_payment_inside_wechat);

/// Issue 6: Native on a PC. Who began on the phone and goes on at the PC has one order and can pay it once: the number
/// before is closed at WeChat Pay.
async fn from_the_phone_to_the_pc(test: &TestApp) {
    let order = test.pay_order("pc").await;
    let params = payment::jsapi(&test.app, &order.id, &openid_of("wang"))
        .await
        .unwrap();
    let code = payment::native(&test.app, &order.id).await.unwrap();
    assert!(code.starts_with("weixin://wxpay/bizpayurl?pr="), "{code}");
    assert_eq!(payment::native(&test.app, &order.id).await.unwrap(), code);
    let old = test
        .sim_post("/sim/pay/cashier", json!({ "user": "wang", "params": params }))
        .await;
    assert_eq!(old["message"], "该订单已关闭");
    let shown = test
        .sim_post("/sim/pay/cashier", json!({ "user": "zhang", "code_url": code }))
        .await;
    test.sim_post(
        "/sim/pay/confirm",
        json!({ "user": "zhang", "prepay_id": shown["prepay_id"] }),
    )
    .await;
    let order = test.pay_until(&order, State::Paid).await;
    assert_eq!(order.channel, Some(payment::Channel::Native));
    // Another one's hand in the page, or another's parameters: the cashier says no.
    let order = test.pay_order("mine").await;
    let mut params = json!(
        payment::jsapi(&test.app, &order.id, &openid_of("wang"))
            .await
            .unwrap()
    );
    let other = test
        .sim_post("/sim/pay/cashier", json!({ "user": "zhang", "params": params }))
        .await;
    assert_eq!(other["message"], "支付者与下单的微信用户不一致");
    params["package"] = json!("prepay_id=wx000000000000000000000000");
    let forged = test
        .sim_post("/sim/pay/cashier", json!({ "user": "wang", "params": params }))
        .await;
    assert_eq!(forged["message"], "支付验证签名失败");
}
on_both_stores!(from_the_phone_to_the_pc);

/// Issue 6: close after expiry, asked before it is closed; the purpose is free for a new order.
async fn past_its_time_it_is_closed(test: &TestApp) {
    let order = test.pay_order("late").await;
    payment::jsapi(&test.app, &order.id, &openid_of("wang"))
        .await
        .unwrap();
    let never = test.pay_order("never asked for").await;
    test.pay_later(31 * MINUTE).await;
    payment::tick(&test.app).await.unwrap();
    test.pay_until(&order, State::Closed).await;
    test.pay_until(&never, State::Closed).await;
    assert_eq!(test.pay_told(&order).await, ["closed"]);
    let orders = test.sim_get("/sim/pay/orders").await;
    assert_eq!(orders["orders"][0]["state"], "CLOSED");
    let late = payment::jsapi(&test.app, &order.id, &openid_of("wang"))
        .await
        .unwrap_err();
    assert!(matches!(late, Error::Refused(Refusal::PaymentClosed)));
    assert_ne!(test.pay_order("late").await.id, order.id);
}
on_both_stores!(past_its_time_it_is_closed);

/// WeChat Pay away, slow or overloaded: said in plain words, nothing is lost, and the order can be paid afterwards.
async fn wechat_pay_away(test: &TestApp) {
    let order = test.pay_order("away").await;
    let path = "/v3/pay/transactions/jsapi";
    for fault in [
        json!({ "path": path, "code": "SYSTEM_ERROR", "http_status": 500 }),
        json!({ "path": path, "code": "FREQUENCY_LIMITED", "http_status": 429 }),
        json!({ "path": path, "code": "SIGN_ERROR", "http_status": 401 }),
        json!({ "path": path, "drop": "before" }),
        json!({ "path": path, "drop": "after" }),
    ] {
        test.sim_post("/sim/faults", fault).await;
        let error = payment::jsapi(&test.app, &order.id, &openid_of("wang"))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Refused(Refusal::PaymentAway)));
    }
    assert_eq!(test.pay_jsapi(&order, "wang").await["ok"], true);
    test.pay_until(&order, State::Paid).await;
}
on_both_stores!(wechat_pay_away);
