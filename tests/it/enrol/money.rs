//! The finance officers' pages: days that differ, refunds that do not go on (issue 6, R-26).

use super::*;
use crate::acts::officer;
use crate::visitor::Visitor;
use yuanmeng::kernel::time::DAY;
use yuanmeng::payment::RefundState;
use yuanmeng::union::Role;

const FINANCE: &str = "13700137091";

/// The centre's finance officer.
pub async fn finance(app: &App) -> Officer {
    let centre = keeper(app).await.union;
    officer(app, &centre, "钱会计", FINANCE, Role::Finance).await
}

/// The order of the first instalment.
pub async fn first_order(app: &App, enrolment: &Enrolment) -> payment::Order {
    let term = moves::terms(app, &enrolment.id).await.unwrap().remove(0);
    payment::order(app, &term.order_id.unwrap()).await.unwrap()
}

on_both_stores! {
    /// Issue 6: a day that differs is told, shown with what to do next, settled once with a note that stays when the day is
    /// compared anew; who only supervises changes nothing, who is not of the city finds nothing.
    a_day_s_differences_are_told_and_settled
}
async fn a_day_s_differences_are_told_and_settled(test: &TestApp) {
    let app = &test.app;
    let finance = finance(app).await;
    let program = program(app, "机电一体化").await;
    let (_, one) = paid(test, 1, &program).await;
    let (_, two) = paid(test, 2, &program).await;
    let (one_order, two_order) = (first_order(app, &one).await, first_order(app, &two).await);
    let day = app.now().date();
    let mut me = Visitor::officer(test, &finance.id).await;
    me.get("/office/payments")
        .await
        .shows("<b>2</b> 今天收款，共 4000 元")
        .shows("还没有核对过的日期");
    let wechats = |order: &payment::Order| order.transaction_id.clone().unwrap();
    let planted = json!({
        "drop": [wechats(&one_order)],
        "change": { wechats(&two_order): 200_001 },
        "add": [{ "reference": "4200099999", "out_trade_no": "nobodys", "fen": 5 }],
    });
    test.sim_post("/sim/pay/bill", planted).await;
    let today = format!("/office/payments/{day}");
    assert_eq!(
        me.post(&format!("{today}/compare"), &[]).await.status,
        404,
        "no bill of today"
    );
    test.pay_later(DAY).await;
    me.post(&format!("{today}/compare"), &[]).await.leads(&today);
    let page = me.get(&today).await;
    page.shows("3 处差异未处理")
        .shows(&one.number)
        .shows(&two.number)
        .shows("2000.01 元")
        .shows("本系统没有这个订单")
        .shows("微信支付收到了这笔钱，本系统没有记录")
        .hides("王小梅");
    test.settle().await;
    let told = test.sms(FINANCE).await;
    assert!(
        told.iter()
            .any(|text| text.contains("3 处差异") && text.contains("收费对账")),
        "{told:?}"
    );

    // Without words, then with; once.
    let differences = page.hidden("difference");
    assert_eq!(differences.len(), 3);
    let settle = format!("{today}/settle");
    let wordless = me
        .post(&settle, &[("difference", &differences[0]), ("note", " ")])
        .await;
    assert_eq!(wordless.status, 422);
    wordless.shows("处理说明：请填写此项");
    let words = ("note", "商户平台核实，已联系客服补记");
    me.post(&settle, &[("difference", &differences[0]), words])
        .await
        .leads(&today);
    me.post(&settle, &[("difference", &differences[0]), words])
        .await
        .leads(&today);
    me.get(&today).await.shows(&Refusal::SeenChanged.text());
    let sql = "SELECT COUNT(*) FROM audit WHERE actor_id = $1 AND act = 'payment.settle'";
    assert_eq!(crate::acts::number(app, sql, &finance.id).await, 1);
    me.post(&format!("{today}/compare"), &[]).await.leads(&today);
    let page = me.get(&today).await;
    page.shows("2 处差异未处理")
        .shows("商户平台核实，已联系客服补记")
        .shows("钱会计");
    me.get("/office/payments").await.shows("3 处差异，2 处未处理");
    // What was compared anew has other ids.
    let gone = me.post(&settle, &[("difference", &differences[1]), words]).await;
    gone.leads(&today);
    me.get(&today).await.shows("2 处差异未处理");

    // An order by each of its numbers, and by the enrolment's.
    let at = format!("/office/payments/orders/{}", one_order.id);
    for number in [
        one_order.out_trade_no.as_ref().unwrap(),
        &wechats(&one_order),
        &one_order.id,
    ] {
        me.get(&format!("/office/payments/orders?number={number}"))
            .await
            .leads(&at);
    }
    let found = me
        .get(&format!(
            "/office/payments/orders?number={}",
            one.number.to_lowercase()
        ))
        .await;
    found.shows(&at);
    me.get("/office/payments/orders?number=nothing")
        .await
        .shows("没有找到");
    me.get(&at)
        .await
        .shows("已付款")
        .shows(&one.number)
        .hides("王小梅");
    let table = me
        .request(reqwest::Method::GET, &format!("{today}/export.xlsx"))
        .send()
        .await
        .unwrap();
    let rows = yuanmeng::campaign::sheet::rows(&table.bytes().await.unwrap()).unwrap();
    assert_eq!((rows.len(), rows[1].1[2].as_str()), (3, "2000"), "{rows:?}");

    let supervisor = officer(app, &finance.union, "孙督查", "13700137092", Role::Supervisor).await;
    let mut other = Visitor::officer(test, &supervisor.id).await;
    other
        .get(&today)
        .await
        .shows("2 处差异未处理")
        .hides("登记为已处理")
        .hides("重新核对");
    let open = page.hidden("difference");
    assert_eq!(
        other
            .post(&settle, &[("difference", &open[0]), words])
            .await
            .status,
        403
    );
    let [_, unit, centre] = builders::demo_officers(app).await;
    let of_unit = officer(app, &unit.union, "周会计", "13700137093", Role::Finance).await;
    for (id, status) in [(&of_unit.id, 404), (&unit.id, 404), (&centre.id, 403)] {
        let mut stranger = Visitor::officer(test, id).await;
        for path in ["/office/payments", &today, &at] {
            assert_eq!(stranger.get(path).await.status, status, "{path}");
        }
    }
}

on_both_stores! {
    /// Issue 6: a refund without money, one that WeChat Pay closes again and again, an abnormal one: finance is told, reads
    /// why, and asks again; money goes back once.
    refunds_that_do_not_go_on_are_asked_for_again
}
async fn refunds_that_do_not_go_on_are_asked_for_again(test: &TestApp) {
    let app = &test.app;
    let finance = finance(app).await;
    let mut me = Visitor::officer(test, &finance.id).await;
    let program = program(app, "机电一体化").await;
    test.sim_post("/sim/pay/set", json!({ "refund_ms": 20 })).await;
    let left = async |n: usize, then: serde_json::Value| {
        let (worker, enrolment) = paid(test, n, &program).await;
        // Only now: what is paid is the merchant's money, too.
        test.sim_post("/sim/pay/set", then).await;
        let back = refunds::prospect(app, &enrolment).await.unwrap().back;
        refunds::leave(app, &worker.id, &enrolment.id, back, "")
            .await
            .unwrap();
        (first_order(app, &enrolment).await, enrolment)
    };
    let last = async |order: &payment::Order| payment::refunds(app, &order.id).await.unwrap().pop().unwrap();
    let again = |refund: &payment::Refund| format!("/office/payments/refunds/{}/again", refund.id);

    // No money at the merchant's.
    let (order, enrolment) = left(1, json!({ "balance_fen": 0 })).await;
    eventually("it is stuck", async || last(&order).await.problem == "NOT_ENOUGH").await;
    me.get("/office/payments")
        .await
        .shows("办不下去的退款")
        .shows("商户号余额不足");
    test.sim_post("/sim/pay/set", json!({ "balance_fen": 100_000_000 }))
        .await;
    me.post(&again(&last(&order).await), &[])
        .await
        .leads(&format!("/office/payments/orders/{}", order.id));
    until(app, &enrolment, State::Refunded).await;

    // Closed by WeChat Pay each time the system asks by itself; then finance asks.
    let (order, enrolment) = left(2, json!({ "refund_outcome": "CLOSED" })).await;
    eventually("all is closed", async || {
        let all = payment::refunds(app, &order.id).await.unwrap();
        all.len() == 4 && all.iter().all(|refund| refund.state == RefundState::Closed)
    })
    .await;
    me.get("/office/payments").await.shows("微信支付关闭了这笔退款");
    test.sim_post("/sim/pay/set", json!({ "refund_outcome": "SUCCESS" }))
        .await;
    let closed = last(&order).await;
    me.post(&again(&closed), &[]).await;
    // A second tap is the same refund.
    me.post(&again(&closed), &[]).await;
    until(app, &enrolment, State::Refunded).await;
    // Nor is one that has another in its place paid out again.
    let all = payment::refunds(app, &order.id).await.unwrap();
    assert!(all[..4].iter().all(|refund| refund.replaced) && !all[4].replaced);
    for closed in &all[..4] {
        me.post(&again(closed), &[]).await;
    }
    test.settle().await;
    assert_eq!(payment::refunds(app, &order.id).await.unwrap().len(), 5);
    let page = me.get(&format!("/office/payments/orders/{}", order.id)).await;
    page.shows("已用新的单号重新发起").hides("再次发起</button>");
    let entries = test.pay_entries(&order).await;
    assert_eq!(
        entries.iter().filter(|(kind, _)| kind == "refunded").count(),
        1,
        "{entries:?}"
    );

    // Abnormal at WeChat Pay: asked again it still is, and the page says what to do there.
    let (order, _) = left(3, json!({ "refund_outcome": "ABNORMAL" })).await;
    eventually("it is abnormal", async || {
        last(&order).await.state == RefundState::Abnormal
    })
    .await;
    let refund = last(&order).await;
    me.post(&again(&refund), &[]).await;
    me.get(&format!("/office/payments/orders/{}", order.id))
        .await
        .shows("微信支付仍显示异常")
        .shows("商户平台");
    test.settle().await;
    let told = test.sms(FINANCE).await;
    assert!(told.iter().any(|text| text.contains("退款没有办成")), "{told:?}");
    let sql = "SELECT COUNT(*) FROM audit WHERE actor_id = $1 AND act = 'payment.ask_again'";
    assert!(crate::acts::number(app, sql, &finance.id).await >= 3);
    // Only who may pay.
    let centre = keeper(app).await;
    let mut other = Visitor::officer(test, &centre.id).await;
    assert_eq!(other.post(&again(&refund), &[]).await.status, 403);
}
