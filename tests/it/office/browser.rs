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
    press(&pc, "]").await;
    press(&pc, "[").await;
    press(&pc, "t").await;
    press(&pc, "+").await;
    let look = seen(&pc, LOOK).await;
    assert!(look.as_str().unwrap().contains("rotate(90deg)"), "{look}");
    assert!(pc.text("[data-zoom]").await.unwrap().contains("125%"));

    for (width, height) in [(1200, 800), (1440, 900)] {
        pc.resize(width, height).await.unwrap();
        pc.screenshot(&format!("office-desk-{width}")).await.unwrap();
    }
    // No key decides: each only chooses, and leads to where the confirming press is.
    for (key, verdict, focus) in [
        ("d", "", "f-verdict-pass"),
        ("x", "reject", "f-reason"),
        ("p", "pass", ""),
    ] {
        press(&pc, key).await;
        let chosen = seen(
            &pc,
            "(document.querySelector('input[name=verdict]:checked') || {}).value || ''",
        )
        .await;
        assert_eq!(chosen, verdict, "{key}");
        assert_eq!(seen(&pc, "document.activeElement.id").await, focus, "{key}");
        seen(&pc, "document.activeElement.blur()").await;
    }
    for key in ["Enter", "y", "1", "?"] {
        press(&pc, key).await;
    }
    assert_eq!(state(&test, &first).await, State::InReview);
    assert_eq!(
        seen(&pc, "document.querySelector('[data-help]').open").await,
        true
    );
    press(&pc, "j").await;
    pc.wait_for_text("[data-testid=number]", "-").await.unwrap();
    pc.goto(&format!("{}{}", test.url, path(&first))).await.unwrap();
    pc.wait_for("[data-testid=following]").await.unwrap();
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

    many_at_once(&test, &pc).await;
    drop(pc);
    test.stop().await;
}

/// The list, what is late, sentences and many at once: looked at, with the keyboard's tick and the confirmation.
async fn many_at_once(test: &TestApp, pc: &Browser) {
    for n in [3, 4] {
        submitted(test, n, &street(&test.app).await).await;
    }
    pc.goto(&format!("{}/office", test.url)).await.unwrap();
    pc.wait_for("[data-testid=row]").await.unwrap();
    pc.click("[data-all]").await.unwrap();
    assert_eq!(pc.text("[data-count]").await.unwrap().trim(), "3 件");
    pc.screenshot("office-list-1440").await.unwrap();
    pc.resize(1200, 800).await.unwrap();
    pc.click("details summary").await.unwrap();
    pc.screenshot("office-list-1200").await.unwrap();
    pc.click("[data-testid=bulk]").await.unwrap();
    pc.wait_for("[data-testid=confirm-bulk]").await.unwrap();
    pc.screenshot("office-bulk-confirm-1200").await.unwrap();
    pc.click("[data-testid=confirm-bulk]").await.unwrap();
    pc.wait_for("[data-testid=result]").await.unwrap();
    pc.screenshot("office-bulk-result-1200").await.unwrap();
    for (address, name) in [
        ("/phrases", "phrases"),
        ("/late?days=1", "late"),
        ("?tab=all&words=小梅", "all"),
    ] {
        pc.goto(&format!("{}/office{address}", test.url)).await.unwrap();
        pc.wait_for("h1").await.unwrap();
        pc.screenshot(&format!("office-{name}-1200")).await.unwrap();
    }
}
