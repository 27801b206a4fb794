//! What the machine found, as it is seen on a phone and at the desk (ux.md): pictures to be looked at, and that
//! nothing sticks out at 375 px.

use super::journeys::{receipt, replace, report};
use crate::app::{Pair, TestApp};
use crate::browser::Browser;
use crate::builders::{demo_officers, ready, session, street, worker};
use serde_json::json;
use yuanmeng::application::{DocumentKind, submit};

/// Signs a browser in by its cookie; the styles' address is one that sets none.
async fn enter(browser: &Browser, test: &TestApp, cookie: &str) {
    browser
        .goto(&format!("{}/assets/x/app.css", test.url))
        .await
        .unwrap();
    let set = format!("{cookie};path=/");
    browser
        .script("document.cookie = arguments[0]", vec![json!(set)])
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_machine_found_can_be_read() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let app = &test.app;
    let street = street(app).await;
    let other = worker(&test, 1).await;
    let other_id = ready(&test, &other, 1, &street).await;
    replace(&test, &other.id, &other_id, DocumentKind::Receipt, receipt(9)).await;
    submit::submit(app, &other.id, &other_id, &other.phone)
        .await
        .unwrap();
    let me = worker(&test, 2).await;
    let id = ready(&test, &me, 2, &street).await;
    replace(&test, &me.id, &id, DocumentKind::Receipt, receipt(9)).await;
    let (mut wrong, person) = report(&test, 2);
    wrong.name = "李秀英".to_owned();
    replace(&test, &me.id, &id, DocumentKind::ChsiReport, wrong.pdf(&person)).await;

    let (phone, pc) = Browser::phone_and_pc().await.unwrap();
    enter(&phone, &test, &session(app, "worker", &me.id).await).await;
    for page in ["documents", "confirm"] {
        phone.goto(&format!("{}/apply/{page}", test.url)).await.unwrap();
        phone.wait_for("[data-testid=checks]").await.unwrap();
        let wide = "return document.documentElement.scrollWidth <= window.innerWidth";
        assert_eq!(
            phone.script(wide, vec![]).await.unwrap(),
            json!(true),
            "{page} sticks out"
        );
        let show = "document.querySelector(arguments[0]).scrollIntoView()";
        let at = if page == "confirm" {
            "[data-testid=machine]"
        } else {
            "#doc-receipt"
        };
        phone.script(show, vec![json!(at)]).await.unwrap();
        phone.screenshot(&format!("papers-{page}")).await.unwrap();
    }
    submit::submit(app, &me.id, &id, &me.phone).await.unwrap();
    let [officer, ..] = demo_officers(app).await;
    enter(&pc, &test, &session(app, "officer", &officer.id).await).await;
    pc.goto(&format!("{}/office/applications/{id}", test.url))
        .await
        .unwrap();
    pc.wait_for("[data-testid=checks-receipt], [data-testid=checks]")
        .await
        .unwrap();
    pc.click("[data-testid=show-receipt]").await.unwrap();
    pc.screenshot("papers-desk").await.unwrap();
    test.stop().await;
}
