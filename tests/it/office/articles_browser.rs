//! The portal in a real browser, at a phone's and a PC's width: the home page, lists and articles as anybody sees them; an
//! administrator writes, previews and publishes. Each page is looked over by axe-core.

use crate::app::{Pair, TestApp};
use crate::axe::Findings;
use crate::browser::Browser;
use crate::builders::{self, demo_officers};
use crate::steps::{id, signed_in};
use anyhow::Result;
use serde_json::json;
use yuanmeng::content::articles::plan_2021;

struct Tour<'a> {
    test: &'a TestApp,
    page: &'a Browser,
    findings: Findings,
}

impl Tour<'_> {
    /// Looks at the page as it is shown, with a picture at each width, and it may not be wider than the screen.
    async fn look(&mut self, name: &str) -> Result<()> {
        for width in [375, 1200] {
            self.page.as_wide_as(width).await?;
            let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
            let wider = self.page.script(wide, vec![]).await?;
            anyhow::ensure!(
                wider.as_i64() <= Some(0),
                "{name} at {width} px is {wider} px too wide"
            );
            self.findings
                .look(self.page, &format!("{name} at {width} px"))
                .await?;
            self.page.screenshot(&format!("portal-{name}-{width}")).await?;
        }
        self.page.as_wide_as_before().await
    }

    async fn open(&mut self, path: &str, name: &str) -> Result<()> {
        self.page.goto(&format!("{}{path}", self.test.url)).await?;
        self.look(name).await
    }
}

/// the columns of the portal, at a PC in the bar, on a phone at the foot.
async fn columns(page: &Browser) -> Result<()> {
    let seen = "return [].filter.call(document.querySelectorAll(arguments[0]), e => e.offsetParent).map(e => e.innerText.replace(/\\s+/g, '')).join(' ')";
    page.as_wide_as(1200).await?;
    let bar = page.script(seen, vec![json!(".bar-in nav a, .doors a")]).await?;
    anyhow::ensure!(
        bar == json!("首页 政策通知 补贴申请 选学报读 公益微课 网站资讯 服务站 职工登录 各级工会登录"),
        "{bar}"
    );
    page.as_wide_as(375).await?;
    let bar = page.script(seen, vec![json!(".bar-in nav a, .doors a")]).await?;
    anyhow::ensure!(bar == json!("补贴 选学 进度 登录 更多"), "{bar}");
    let foot = page.script(seen, vec![json!("#columns a")]).await?;
    anyhow::ensure!(
        foot == json!("首页 政策通知 补贴申请 进度查询 选学报读 公益微课 网站资讯 服务站与热线 名额公示"),
        "{foot}"
    );
    page.as_wide_as_before().await
}

async fn journey(tour: &mut Tour<'_>) -> Result<()> {
    let (test, page) = (tour.test, tour.page);
    tour.open("/", "home").await?;
    columns(page).await?;
    page.click(&id("menu-policies")).await?;
    page.wait_for(&id("article")).await?;
    tour.look("policies").await?;
    page.click(&id("article")).await?;
    page.wait_for_text(&id("body"), "严格审核、先到先得").await?;
    tour.look("article").await?;
    let path = page.path().await?;
    anyhow::ensure!(path.ends_with(plan_2021::SLUG), "{path}");
    tour.open("/news", "news").await?;
    tour.open("/news/sample-papers", "news-one").await?;
    tour.open("/sign-up", "sign-up").await?;

    let worker = builders::worker(test, 1).await;
    signed_in(test, page, "worker", &worker.id).await?;
    tour.open("/", "home-signed-in").await?;
    page.as_wide_as(1200).await?;
    page.click(&id("bar-sign-out")).await?;
    page.wait_for(&id("sign-up")).await?;

    let [_, _, centre] = demo_officers(&test.app).await;
    signed_in(test, page, "officer", &centre.id).await?;
    tour.open("/office/articles", "office-list").await?;
    page.click(&id("new")).await?;
    page.fill("#f-title", "关于报名时间的通知").await?;
    page.fill(
        "#f-body",
        "# 时间\n\n请在**月底前**提交。\n\n| 批次 | 截止 |\n|--|--|\n| 秋季 | 11月30日 |",
    )
    .await?;
    page.click(&id("preview")).await?;
    page.wait_for_text(&id("preview-body"), "月底前").await?;
    page.click(&id("save")).await?;
    page.wait_for_text(&id("article-state"), "草稿").await?;
    let picture = test.app.config.stores.data_dir.join("流程图.png");
    std::fs::write(&picture, builders::picture())?;
    page.attach("#f-file", &picture).await?;
    page.click(&id("attach")).await?;
    page.wait_for_text(&id("file"), "流程图.png").await?;
    tour.look("office-edit").await?;
    page.fill("#f-title", "").await?;
    page.click(&id("save")).await?;
    page.wait_for("#errors").await?;
    tour.look("office-wrong").await?;
    page.fill("#f-title", "关于报名时间的通知").await?;
    page.click(&id("save")).await?;
    page.wait_for_text(&id("flash"), "已保存").await?;
    page.click(&id("publish")).await?;
    page.wait_for_text(&id("article-state"), "已发布").await?;
    page.goto(&format!("{}/policies", test.url)).await?;
    page.wait_for_text("main", "关于报名时间的通知").await
}

/// Issue 6, point 6.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_portal_at_both_widths() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let page = Browser::pc().await?;
    let findings = Findings::default();
    let mut tour = Tour {
        test: &test,
        page: &page,
        findings,
    };
    journey(&mut tour).await?;
    tour.findings.none()?;
    drop(page);
    test.stop().await;
    Ok(())
}
