//! `kill -9` while people pay, with real processes; and what their logs hold (issue 6, "Done when").

use super::*;
use crate::app::Pair;
use crate::guarded::Guarded;
use crate::process::{self, only_processes_from_here, production};
use yuanmeng::app::App;

async fn server(test: &TestApp) -> Guarded {
    let mut settings = production(&test.env);
    settings.push(("RUST_LOG".to_owned(), "yuanmeng=trace,info".to_owned()));
    let process = process::start("serve", &settings);
    eventually("the server answers", async || {
        let answer = test.http.get(format!("{}/healthz", test.url)).send().await;
        answer.is_ok_and(|answer| answer.status() == 200)
    })
    .await;
    process
}

async fn confirmed(test: &TestApp, look: &App, purpose: &str) -> Order {
    let new = NewPayment {
        purpose_kind: "test",
        purpose_id: purpose,
        description: "学费",
        amount: FEE,
        expires_at: look.now().plus(30 * MINUTE),
    };
    let order = payment::create(look, &new).await.unwrap();
    let params = payment::jsapi(look, &order.id, &openid_of("wang")).await.unwrap();
    let ask = json!({ "user": "wang", "params": params });
    let shown = test.sim_post("/sim/pay/cashier", ask).await;
    let confirm = json!({ "user": "wang", "prepay_id": shown["prepay_id"] });
    assert_eq!(test.sim_post("/sim/pay/confirm", confirm).await["ok"], true);
    order
}

async fn all_in(look: &App, orders: &[Order], state: State) {
    for order in orders {
        eventually(state.as_str(), async || {
            payment::order(look, &order.id).await.unwrap().state == state
        })
        .await;
    }
}

/// Nobody's payment is lost and none counts twice; a refund noted before the end is sent after it. No log holds a key, a
/// secret, an openid or what the cashier is handed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_people_pay() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let look = only_processes_from_here(&test).await;
    let retries = vec![100; 300];
    let chaos = json!({ "duplicate": 1, "drop_answer": 3, "probe_every": 1, "retry_ms": retries });
    test.pay_chaos(chaos).await;
    test.sim_post("/sim/pay/set", json!({ "refund_ms": 20 })).await;

    let first = server(&test).await;
    let mut orders = Vec::new();
    for n in 0..6 {
        orders.push(confirmed(&test, &look, &format!("k {n}")).await);
        if n == 2 {
            process::kill(&first);
        }
    }
    let second = server(&test).await;
    all_in(&look, &orders, State::Paid).await;
    process::kill(&second);

    let request = RefundRequest {
        order: &orders[0].id,
        key: "all",
        amount: FEE,
        reason: "退费",
        actor: &audit::Actor::System,
    };
    payment::refund(&look, &request).await.unwrap();
    let third = server(&test).await;
    all_in(&look, &orders[..1], State::Refunded).await;
    for order in &orders {
        let sql = "SELECT COUNT(*) FROM payment_entries WHERE order_id = $1 AND kind = 'paid'";
        assert_eq!(crate::acts::number(&look, sql, &order.id).await, 1);
    }
    assert_eq!(
        test.sim_get("/sim/pay/orders").await["notifications"]["probes_accepted"],
        0
    );

    let log = [&first, &second, &third].map(process::log).join("\n");
    assert!(
        log.contains("a payment notification is refused"),
        "a log of payments:\n{log}"
    );
    let secret = |name: &str| name.ends_with("_KEY") && name.starts_with("WECHAT_PAY");
    let values = test
        .env
        .iter()
        .filter(|(name, _)| secret(name))
        .map(|(_, value)| value);
    let keys: Vec<&str> = values
        .flat_map(|value| value.split("\\n"))
        .filter(|line| line.len() > 20 && !line.starts_with("-----"))
        .collect();
    assert!(keys.len() > 10, "the keys of the test are known");
    let openid = openid_of("wang");
    for unlogged in keys
        .into_iter()
        .chain([openid.as_str(), "prepay_id", "signature=\"", "demo-app-secret"])
    {
        assert!(!log.contains(unlogged), "{unlogged} is in the log");
    }
    process::kill(&third);
    test.stop().await;
}
