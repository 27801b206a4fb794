//! The finance officers' and the providers' pages as they look, on a PC and on a phone, and axe-core over them.

use super::money::{finance, first_order};
use super::*;
use crate::app::Pair;
use crate::axe::Findings;
use crate::browser::Browser;
use crate::steps::signed_in;
use anyhow::{Context as _, Result};
use yuanmeng::kernel::time::DAY;
use yuanmeng::union::providers;

/// A day with each kind of difference and refunds that are stuck; the paths of finance's pages.
async fn differing(test: &TestApp) -> Vec<String> {
    let app = &test.app;
    let program = program(app, "机电一体化").await;
    let (_, one) = paid(test, 1, &program).await;
    let (worker, two) = paid(test, 2, &program).await;
    let (one, order) = (first_order(app, &one).await, first_order(app, &two).await);
    let planted = json!({
        "drop": [one.transaction_id.clone().unwrap()],
        "change": { order.transaction_id.clone().unwrap(): 200_001 },
        "add": [{ "reference": "4200099999", "out_trade_no": "nobodys", "fen": 500 }],
    });
    test.sim_post("/sim/pay/bill", planted).await;
    let day = app.now().date();
    test.pay_later(DAY).await;
    payment::reconcile(app, day).await.unwrap();
    test.sim_post(
        "/sim/pay/set",
        json!({ "refund_ms": 20, "refund_outcome": "ABNORMAL" }),
    )
    .await;
    let now = moves::find(app, &two.id).await.unwrap();
    let back = refunds::prospect(app, &now).await.unwrap().back;
    refunds::leave(app, &worker.id, &two.id, back, "").await.unwrap();
    eventually("it is abnormal", async || {
        let all = payment::refunds(app, &order.id).await.unwrap();
        all[0].state == payment::RefundState::Abnormal
    })
    .await;
    let orders = "/office/payments/orders";
    vec![
        "/office/payments".to_owned(),
        format!("/office/payments/{day}"),
        format!("{orders}/{}", order.id),
        format!("{orders}?number={}", two.number),
    ]
}

struct Tour<'a> {
    test: &'a TestApp,
    pc: &'a Browser,
    findings: Findings,
}

impl Tour<'_> {
    /// Opens a page, looks at it at both widths and leaves its pictures.
    async fn open(&mut self, path: &str, name: &str) -> Result<()> {
        self.pc.goto(&format!("{}{path}", self.test.url)).await?;
        self.findings.look_at_both_widths(self.pc, path).await?;
        for width in [1200, 375] {
            self.pc.as_wide_as(width).await?;
            let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
            let wider = self.pc.script(wide, vec![]).await?;
            anyhow::ensure!(
                wider.as_i64() <= Some(0),
                "{name}: {wider} px too wide at {width}"
            );
            self.pc.screenshot(&format!("money-{name}-{width}")).await?;
        }
        self.pc.as_wide_as_before().await
    }
}

/// Issue 6: the new pages at 1200 and 375 px, nothing wider than the screen, nothing that axe-core finds serious.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finance_and_provider_pages() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let app = &test.app;
    let finance = finance(app).await;
    let paths = differing(&test).await;
    let pc = Browser::pc().await?;
    let findings = Findings::default();
    let mut tour = Tour {
        test: &test,
        pc: &pc,
        findings,
    };
    signed_in(&test, &pc, "officer", &finance.id).await?;
    for (path, name) in paths.iter().zip(["list", "day", "order", "found"]) {
        tour.open(path, name).await?;
    }
    pc.goto(&format!("{}{}", test.url, paths[1])).await?;
    pc.click("[data-testid=settle]").await?;
    tour.findings.look(&pc, "a difference without words").await?;
    pc.screenshot("money-day-wrong").await?;

    let by = keeper(app).await;
    let provider = providers::by_name(app, "示例服务机构（甲）")
        .await?
        .context("the demo's")?;
    let zhao = yuanmeng::union::staff::list(app, &by, &provider.id)
        .await?
        .remove(0);
    signed_in(&test, &pc, "officer", &by.id).await?;
    for (path, name) in [
        ("/office/catalogue/providers".to_owned(), "providers"),
        (format!("/office/catalogue/providers/{}", provider.id), "provider"),
        (format!("/office/unions/{}/officers", provider.id), "account-new"),
        (format!("/office/officers/{}", zhao.id), "account"),
        ("/office/messages".to_owned(), "messages"),
    ] {
        tour.open(&path, name).await?;
    }
    // The provider's own administrator.
    signed_in(&test, &pc, "officer", &zhao.id).await?;
    tour.open("/office/provider/staff", "staff").await?;
    tour.findings.none()?;
    drop(pc);
    test.stop().await;
    Ok(())
}
