//! The desk in a real browser: papers by key, zoom and turn, ready-made sentences; no key decides (ux.md).

use super::{path, state};
use crate::app::{Pair, TestApp};
use crate::browser::Browser;
use crate::builders::{street, submitted};
use serde_json::{Value, json};
use yuanmeng::application::State;
use yuanmeng::cli::seed;

async fn press(pc: &Browser, key: &str) {
    let code = "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: arguments[0], bubbles: true}))";
    pc.script(code, vec![json!(key)]).await.unwrap();
}

async fn seen(pc: &Browser, code: &str) -> Value {
    pc.script(&format!("return {code}"), vec![]).await.unwrap()
}

/// The paper that is shown.
const SHOWN: &str = "[].map.call(document.querySelectorAll('figure:not([hidden])'), f => f.id).join()";
/// How the shown picture is turned and enlarged.
const LOOK: &str = "document.querySelector('figure:not([hidden]) img').style.transform";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_officer_works_at_the_desk() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let street = street(&test.app).await;
    let (_, first) = submitted(&test, 1, &street).await;
    let (_, second) = submitted(&test, 2, &street).await;
    let pc = Browser::pc().await.unwrap();

    pc.goto(&format!("{}{}", test.url, path(&first))).await.unwrap();
    pc.fill("#f-phone", seed::OFFICERS[0].phone).await.unwrap();
    pc.fill("#f-password", seed::PASSWORD).await.unwrap();
    pc.click("[data-testid=sign-in]").await.unwrap();
    pc.wait_for("[data-testid=papers]").await.unwrap();
    assert_eq!(
        pc.path().await.unwrap(),
        path(&first),
        "on to where one wanted to"
    );

    assert_eq!(
        seen(&pc, SHOWN).await,
        "paper-stamped_form",
        "one paper at a time"
    );
    press(&pc, "4").await;
    assert_eq!(seen(&pc, SHOWN).await, "paper-id_front");
    press(&pc, "j").await;
    press(&pc, "k").await;
    press(&pc, "r").await;
    press(&pc, "+").await;
    let look = seen(&pc, LOOK).await;
    assert!(look.as_str().unwrap().contains("rotate(90deg)"), "{look}");
    assert!(pc.text("[data-zoom]").await.unwrap().contains("125%"));

    for key in ["d", "Enter", "p", "y", "1"] {
        press(&pc, key).await;
    }
    assert_eq!(state(&test, &first).await, State::InReview);
    assert_eq!(seen(&pc, "document.activeElement.id").await, "f-verdict-pass");
    pc.click("#f-verdict-return").await.unwrap();
    pc.click("[data-phrase][data-fix=receipt]").await.unwrap();
    assert_eq!(
        seen(&pc, "document.querySelector('#f-fix-receipt').checked").await,
        true
    );
    assert_eq!(
        seen(&pc, "document.querySelector('#f-confirm').offsetParent === null").await,
        true
    );
    pc.goto(&format!("{}{}", test.url, path(&first))).await.unwrap();
    let typed = seen(&pc, "document.querySelector('#f-reason').value").await;
    assert!(
        typed.as_str().unwrap().contains("缴费凭证看不清"),
        "typed words outlive the page"
    );
    pc.click("[data-testid=decide]").await.unwrap();
    pc.wait_for_text("[data-testid=flash]", "已退回补正")
        .await
        .unwrap();
    assert_eq!(
        pc.path().await.unwrap(),
        path(&second),
        "the next one opens by itself"
    );
    assert_eq!(state(&test, &first).await, State::Returned);

    drop(pc);
    test.stop().await;
}
