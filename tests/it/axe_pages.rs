//! axe-core over the states of the worker's pages that the walks (journey, doors_walk) do not pass: the account behind a
//! fresh proof, errors, refusals, and progress in each state (issue 4, "Done when").

use crate::acts::decide_now;
use crate::app::{Pair, TestApp};
use crate::axe::Findings;
use crate::browser::Browser;
use crate::builders::{self, demo_officers, ready, street, submitted, union, worker};
use crate::steps::{id, signed_in};
use anyhow::Result;
use yuanmeng::account::{Worker, sign_ins};
use yuanmeng::application::{FormText, State, drafts, recall, submit, withdraw};
use yuanmeng::review::Verdict;

/// Pages looked at in one browser.
struct Tour<'a> {
    test: &'a TestApp,
    page: &'a Browser,
    findings: Findings,
}

impl<'a> Tour<'a> {
    fn new(test: &'a TestApp, page: &'a Browser) -> Self {
        let findings = Findings::default();
        Tour { test, page, findings }
    }

    async fn open(&mut self, path: &str) -> Result<()> {
        self.page.goto(&format!("{}{path}", self.test.url)).await?;
        self.look(path).await
    }

    /// Looks at what the browser shows, which has to be what is meant: `has` is a selector.
    async fn look(&mut self, name: &str) -> Result<()> {
        self.findings.look_at_both_widths(self.page, name).await?;
        let file = name.trim_matches('/').replace(['/', '?', '='], "-");
        self.page.screenshot(&format!("axe-{file}")).await?;
        Ok(())
    }

    async fn look_for(&mut self, name: &str, has: &str) -> Result<()> {
        self.page.wait_for(has).await?;
        self.look(name).await
    }

    /// The page's form sent as it stands: it comes back with its errors.
    async fn sent_empty(&mut self, path: &str, button: &str) -> Result<()> {
        self.open(path).await?;
        self.page.click(&id(button)).await?;
        self.look_for(&format!("{path} with errors"), &id("errors")).await
    }

    async fn sign_in(&self, who: &Worker) -> Result<()> {
        signed_in(self.test, self.page, "worker", &who.id).await
    }
}

/// the doors and what is open to all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_before_the_door() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let page = Browser::pc().await?;
    let mut tour = Tour::new(&test, &page);
    for path in [
        "/",
        "/sign-up?full=1",
        "/sign-in/forgot",
        "/privacy",
        "/policies",
        "/policies/plan-2021",
        "/news",
        "/news/sample-papers",
        "/app/enter?ticket=forged",
        "/app/phone",
        "/apply/handoff/forged",
        "/apply/handoff",
        "/nothing-here",
        "/stations",
        "/stations?district=%E5%95%86%E6%B2%B3%E5%8E%BF",
        "/courses",
        "/courses?words=none",
    ] {
        tour.open(path).await?;
    }
    // one station, one course, one lesson.
    for (path, link, has) in [
        ("/stations", "station-open", "map"),
        ("/courses", "course", "lesson"),
    ] {
        page.goto(&format!("{}{path}", test.url)).await?;
        page.click(&id(link)).await?;
        tour.look_for(link, &id(has)).await?;
    }
    page.click(&id("lesson")).await?;
    tour.look_for("lesson", &id("player")).await?;
    for path in [
        "/sign-in",
        "/sign-up",
        "/sign-in/password",
        "/sign-in/forgot",
        "/apply/check",
    ] {
        tour.sent_empty(path, "submit").await?;
    }
    // an answer that speaks against it.
    for (name, value) in [
        ("work", "no"),
        ("post", "above"),
        ("level", "below"),
        ("entry", "no"),
        ("agreed", "no"),
    ] {
        let any = format!("input[name={name}][value=\"{value}\"]");
        let last = format!("label:last-child > input[name={name}]");
        let choice = if page.has(&any).await? { any } else { last };
        page.click(&choice).await?;
    }
    page.click(&id("submit")).await?;
    tour.look_for("check-negative", &id("not-eligible")).await?;
    tour.findings.none()?;
    drop(page);
    test.stop().await;
    Ok(())
}

/// R-6, R-10, R-11: /me and below, the proof fresh, and each form with its errors; what was kept from an ended sign-in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_the_account() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let page = Browser::pc().await?;
    let mut tour = Tour::new(&test, &page);
    let who = worker(&test, 1).await;
    tour.sign_in(&who).await?;
    for path in ["/", "/apply", "/progress", "/me", "/me/prove?next=/me/phone"] {
        tour.open(path).await?;
    }
    for path in ["/me/phone", "/me/password", "/me/join", "/me/leave"] {
        tour.sent_empty(path, "submit").await?;
    }
    drafts::begin(&test.app, &who.id, &builders::form(&test.app, 1))
        .await
        .unwrap();
    page.goto(&format!("{}/apply/form", test.url)).await?;
    sign_ins::end_others(&test.app, &who.id, "").await.unwrap();
    page.script(
        "document.querySelector('form[action=\"/apply/form\"]').submit()",
        vec![],
    )
    .await?;
    page.wait_for_text("h1", "济南市总工会教育补助").await?;
    let sms = tour.page.path().await?;
    anyhow::ensure!(sms.starts_with("/sign-in"), "{sms}");
    let code = crate::steps::Walk::new(&test, &page, "kept", FormText::default())
        .asked_for_code(&builders::phone(1))
        .await?;
    page.fill("#f-code", &code).await?;
    page.click(&id("submit")).await?;
    tour.look_for("kept", &id("kept")).await?;
    tour.findings.none()?;
    drop(page);
    test.stop().await;
    Ok(())
}

/// R-12 … R-17: the application's pages before anything is in order, and with two devices' answers in a field.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_an_unfinished_application() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let page = Browser::pc().await?;
    let mut tour = Tour::new(&test, &page);
    let who = worker(&test, 1).await;
    drafts::begin(&test.app, &who.id, &FormText::default())
        .await
        .unwrap();
    tour.sign_in(&who).await?;
    for path in [
        "/apply",
        "/apply/print",
        "/apply/documents",
        "/apply/confirm",
        "/apply/union",
    ] {
        tour.open(path).await?;
    }
    tour.sent_empty("/apply/union", "submit").await?;
    tour.open("/apply/documents").await?;
    page.click(&id("submit")).await?;
    tour.look_for("documents unticked", "#errors").await?;
    tour.sent_empty("/apply/form", "submit").await?;
    for kind in yuanmeng::application::DocumentKind::ALL {
        tour.open(&format!("/apply/examples/{kind}")).await?;
    }

    let second = worker(&test, 2).await;
    let draft = ready(&test, &second, 2, &street(&test.app).await).await;
    crate::editors::differ(&test, &second.id).await;
    tour.sign_in(&second).await?;
    page.goto(&format!("{}/apply/form", test.url)).await?;
    tour.look_for("two answers", "[data-testid=two-major]").await?;
    drafts::tick_checks(&test.app, &second.id, &draft, [true; 4])
        .await
        .unwrap();
    for path in [
        "/apply",
        "/apply/union",
        "/apply/documents",
        "/apply/confirm",
        "/apply/print",
    ] {
        tour.open(path).await?;
    }
    tour.findings.none()?;
    drop(page);
    test.stop().await;
    Ok(())
}

/// progress in each state, and what is asked before an application is withdrawn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_after_the_submission() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let page = Browser::pc().await?;
    let mut tour = Tour::new(&test, &page);
    let app = &test.app;
    let (street, officers) = (street(app).await, demo_officers(app).await);
    let mut of_state = Vec::new();
    for (n, state) in [
        State::InReview,
        State::Returned,
        State::Rejected,
        State::Approved,
        State::Withdrawn,
        State::Recalled,
    ]
    .into_iter()
    .enumerate()
    {
        let (who, id) = submitted(&test, n + 1, &street).await;
        let [first, ..] = &officers;
        match state {
            State::Returned => {
                decide_now(app, first, &id, Verdict::Return, &["receipt", "card"])
                    .await
                    .unwrap();
            }
            State::Rejected => {
                decide_now(app, first, &id, Verdict::Reject, &[]).await.unwrap();
            }
            State::Approved => {
                for officer in &officers {
                    decide_now(app, officer, &id, Verdict::Pass, &[]).await.unwrap();
                }
            }
            State::Withdrawn => withdraw::withdraw(app, &who.id, &id).await.unwrap(),
            State::Recalled => recall::recall(app, &who.id, &id).await.unwrap(),
            _ => {}
        }
        of_state.push((who, state));
    }
    // two places, both taken.
    let unit = union(app, &["国际医学中心总工会"]).await;
    for n in 11..=12 {
        submitted(&test, n, &unit).await;
    }
    let waits = worker(&test, 13).await;
    let id = ready(&test, &waits, 13, &unit).await;
    submit::submit(app, &waits.id, &id, &waits.phone).await.unwrap();
    of_state.push((waits, State::Waitlisted));

    for (who, state) in of_state {
        tour.sign_in(&who).await?;
        page.goto(&format!("{}/progress", test.url)).await?;
        tour.look_for(&format!("progress {state}"), &crate::steps::id("state"))
            .await?;
        if matches!(state, State::InReview | State::Waitlisted) {
            tour.open("/progress/withdraw").await?;
        }
        if state == State::Returned {
            tour.open("/apply/form").await?;
            tour.open("/apply/documents").await?;
            page.goto(&format!("{}/progress", test.url)).await?;
            page.click(&crate::steps::id("resubmit")).await?;
            tour.look_for("not yet mended", &crate::steps::id("problem"))
                .await?;
        }
    }
    tour.findings.none()?;
    drop(page);
    test.stop().await;
    Ok(())
}
