//! WeChat's callback over HTTP, in each mode: forgeries do nothing, repeats are handled once and answered alike,
//! what goes wrong inside is never an error page ("What bad input gets", issue 2; facts rows 3, 4, 5, 7).

use crate::acts::{eventually, number, officer, person, texts};
use crate::app::{Pair, TestApp};
use crate::builders::street;
use crate::on_both_stores;
use crate::push::{APP_ID, Push, content, message, opened, says, subscribe};
use serde_json::json;
use std::time::Duration;
use yuanmeng::account::followers;
use yuanmeng::config::DEMO_AES_KEY;
use yuanmeng::kernel::Time;
use yuanmeng::kernel::time::HOUR;
use yuanmeng::sim::openid_of;
use yuanmeng::union::{Role, officers};

const ANOTHER_KEY: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefg";
const STRANGER: &str = "oStranger";

async fn started(mode: &str, settings: &[(&str, &str)]) -> TestApp {
    let now = Time(chrono::Utc::now().timestamp_millis());
    let mode = [("WECHAT_MESSAGE_MODE", mode)];
    TestApp::start_with(Pair::SqliteMemory, now, &[&mode, settings].concat()).await
}

fn counted(test: &TestApp, outcome: &str) -> u64 {
    let callbacks = &test.app.metrics.callbacks;
    let counter = match outcome {
        "handled" => &callbacks.handled,
        "repeated" => &callbacks.repeated,
        "refused" => &callbacks.refused,
        "deferred" => &callbacks.deferred,
        "failed" => &callbacks.failed,
        other => panic!("no counter of {other}"),
    };
    counter.get()
}

/// Refused with this status, and nothing done: no follower noted, no handling begun.
async fn refused(test: &TestApp, what: &str, push: Push, status: u16) {
    let (before, handled) = (counted(test, "refused"), counted(test, "handled"));
    let (answered, body) = push.send(test).await;
    assert_eq!((answered, body.as_str()), (status, ""), "{what}");
    assert_eq!(
        (counted(test, "refused"), counted(test, "handled")),
        (before + 1, handled),
        "{what}"
    );
    let followers = number(
        &test.app,
        "SELECT COUNT(*) FROM followers WHERE openid = $1",
        STRANGER,
    )
    .await;
    assert_eq!(followers, 0, "{what}");
}

async fn accepted(test: &TestApp, push: Push) -> String {
    let (status, body) = push.send(test).await;
    assert_eq!(status, 200, "{body}");
    body
}

/// "Wrong signature or mode → 403 and nothing done"; stale ones too.
#[tokio::test]
async fn forgeries_in_plain_mode_do_nothing() {
    let test = started("plain", &[("WECHAT_CALLBACK_TOLERANCE_S", "600")]).await;
    let now = chrono::Utc::now().timestamp();
    let right = || Push::plain(&subscribe(STRANGER));
    refused(&test, "wrong", right().with("signature", &"0".repeat(40)), 403).await;
    refused(&test, "another nonce", right().with("nonce", "1"), 403).await;
    for name in ["signature", "timestamp", "nonce"] {
        refused(&test, name, right().without(name), 403).await;
    }
    let sealed = Push::sealed(&subscribe(STRANGER));
    refused(&test, "sealed in plain mode", sealed, 403).await;
    refused(&test, "says aes", right().with("encrypt_type", "aes"), 403).await;
    for at in [now - 3600, now + 3600] {
        refused(&test, "stale", Push::plain_at(&subscribe(STRANGER), at), 403).await;
    }
    let reply = accepted(&test, right()).await;
    assert!(content(&reply).contains("欢迎来到求学圆梦行动"), "{reply}");
    assert_eq!(
        followers::is_following(&test.app, STRANGER).await.unwrap(),
        Some(true)
    );
    test.stop().await;
}

/// Two well-known SDKs take a body without `Encrypt`, or a query without `msg_signature`, for plaintext (facts).
#[tokio::test]
async fn forgeries_in_secure_mode_do_nothing() {
    forgeries_of_sealed_messages("secure").await;
}

/// The same, and the plain fields beside `Encrypt` count for nothing.
#[tokio::test]
async fn forgeries_in_compatible_mode_do_nothing() {
    forgeries_of_sealed_messages("compatible").await;
}

async fn forgeries_of_sealed_messages(mode: &str) {
    let test = started(mode, &[("WECHAT_CALLBACK_TOLERANCE_S", "600")]).await;
    let now = chrono::Utc::now().timestamp();
    let right = || Push::sealed(&subscribe(STRANGER));
    let wrong = right().with("msg_signature", &"0".repeat(40));
    refused(&test, "wrong msg_signature", wrong, 403).await;
    refused(&test, "no msg_signature", right().without("msg_signature"), 403).await;
    refused(&test, "another nonce", right().with("nonce", "1"), 403).await;
    let plain = Push::plain(&subscribe(STRANGER));
    refused(&test, "a plain body", plain.clone(), 403).await;
    let signed_twice = plain.clone().with("msg_signature", plain.get("signature"));
    refused(&test, "a plain body, signed", signed_twice, 403).await;
    let raw = plain.with("encrypt_type", "raw");
    refused(&test, "says raw", raw, 403).await;
    let foreign = Push::sealed_for(&subscribe(STRANGER), "wxforeign", DEMO_AES_KEY, now);
    refused(&test, "for another account", foreign, 403).await;
    let unknown = Push::sealed_for(&subscribe(STRANGER), APP_ID, ANOTHER_KEY, now);
    refused(&test, "sealed with another key", unknown, 403).await;
    for at in [now - 3600, now + 3600] {
        let stale = Push::sealed_for(&subscribe(STRANGER), APP_ID, DEMO_AES_KEY, at);
        refused(&test, "stale", stale, 403).await;
    }

    // Forged plain fields around a genuine secret: only what was sealed counts.
    let genuine = Push::sealed(&subscribe("oGenuine"));
    let forged = genuine
        .body
        .replace("<xml>", &subscribe(STRANGER).replace("</xml>", ""))
        .replacen(
            "<ToUserName><![CDATA[gh_account]]></ToUserName><Encrypt>",
            "<Encrypt>",
            1,
        );
    let reply = accepted(&test, genuine.body(forged)).await;
    assert!(opened(&reply, DEMO_AES_KEY).contains("欢迎"));
    let following = async |openid| followers::is_following(&test.app, openid).await.unwrap();
    assert_eq!(
        (following("oGenuine").await, following(STRANGER).await),
        (Some(true), None)
    );
    test.stop().await;
}

/// facts row 7: "Body over 64 KB, DOCTYPE, malformed XML → 400" in every mode, also inside the envelope.
#[tokio::test]
async fn malformed_bodies_are_refused() {
    let long = says(STRANGER, &"长".repeat(30_000), 1);
    let doctype = format!(
        "<!DOCTYPE xml [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{}",
        says(STRANGER, "&x;", 2)
    );
    let broken = subscribe(STRANGER).replace("</xml>", "");
    let headless = "<xml><MsgType>text</MsgType></xml>";
    for mode in ["plain", "compatible", "secure"] {
        let test = started(mode, &[]).await;
        for (what, body) in [
            ("over 64 KB", long.as_str()),
            ("DOCTYPE", &doctype),
            ("broken", &broken),
            ("neither XML nor JSON", "hello"),
            ("empty", ""),
        ] {
            refused(&test, what, Push::plain(body), 400).await;
            if mode != "plain" {
                refused(&test, what, Push::sealed(STRANGER).body(body), 400).await;
                refused(&test, what, Push::sealed(body), 400).await;
            }
        }
        let push = if mode == "plain" {
            Push::plain(headless)
        } else {
            Push::sealed(headless)
        };
        refused(&test, "no sender", push, 400).await;
        test.stop().await;
    }
}

/// The console's check of the URL: the echostr comes back as it is, in every mode, and only when it is signed.
#[tokio::test]
async fn the_console_verifies_the_address() {
    for mode in ["plain", "compatible", "secure"] {
        let test = started(mode, &[]).await;
        assert_eq!(
            test.sim_post("/sim/verify_callback", json!({})).await["verified"],
            true
        );
        let get = async |push: Push| {
            let url = format!("{}/wechat/callback", test.url);
            let answer = test.http.get(url).query(&push.query).send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        let echo = || Push::plain("").with("echostr", "<b>1&2</b>");
        assert_eq!(get(echo()).await, (200, "<b>1&2</b>".to_owned()));
        assert_eq!(get(echo().with("signature", "0")).await, (403, String::new()));
        assert_eq!(get(echo().without("echostr")).await, (400, String::new()));
        test.stop().await;
    }
}

/// The phone's side in every mode: following, typing, the menu's click are answered on the phone.
#[tokio::test]
async fn the_phone_is_answered_in_every_mode() {
    for mode in ["plain", "compatible", "secure"] {
        let test = started(mode, &[]).await;
        let followed = test.sim_post("/sim/follow", json!({ "user": "wang" })).await;
        assert_eq!(followed["outcome"], "reply", "{followed}");
        let said = test
            .sim_post("/sim/say", json!({ "user": "wang", "text": "进度\u{1}" }))
            .await;
        let text = said["reply"]["text"].as_str().unwrap_or_default();
        assert!(text.contains("还没有绑定账号"), "{said}");
        assert_eq!(said["attempts"], 1);
        // A kind that nobody handles is taken silently.
        let unknown = message("o1", "<MsgType>hologram</MsgType><MsgId>9</MsgId>");
        let push = if mode == "plain" {
            Push::plain(&unknown)
        } else {
            Push::sealed(&unknown)
        };
        assert_eq!(accepted(&test, push).await, "success");
        test.stop().await;
    }
}

on_both_stores! {
    /// "Duplicate callback → the same reply, handled once" (facts row 3), whether signed anew or not, at once or later.
    a_repeated_message_is_handled_once
}
async fn a_repeated_message_is_handled_once(test: &TestApp) {
    let text = says("oOne", "进度", 4711);
    let first = Push::sealed(&text);
    let reply = opened(&accepted(test, first.clone()).await, DEMO_AES_KEY);
    for again in [first.clone(), Push::sealed(&text)] {
        assert_eq!(opened(&accepted(test, again).await, DEMO_AES_KEY), reply);
    }
    assert_eq!((counted(test, "handled"), counted(test, "repeated")), (1, 2));
    // MsgId repeats across people.
    accepted(test, Push::sealed(&says("oTwo", "进度", 4711))).await;
    assert_eq!(counted(test, "handled"), 2);

    // An event has no id: it is the same by sender, time, event and key, and another when one of them differs.
    let scan = |key: &str| {
        format!(
            "<xml><ToUserName>gh</ToUserName><FromUserName>oOne</FromUserName><CreateTime>1700000000</CreateTime>\
             <MsgType>event</MsgType><Event>SCAN</Event><EventKey>{key}</EventKey></xml>"
        )
    };
    for key in ["a", "a", "b"] {
        accepted(test, Push::sealed(&scan(key))).await;
    }
    assert_eq!((counted(test, "handled"), counted(test, "repeated")), (4, 3));

    let text = says("oOne", "你好", 4712);
    let mut at_once = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (http, url) = (test.http.clone(), format!("{}/wechat/callback", test.url));
        let push = Push::sealed(&text);
        at_once.spawn(async move {
            let request = http.post(url).query(&push.query).body(push.body);
            request.send().await.unwrap().text().await.unwrap()
        });
    }
    let replies = at_once.join_all().await;
    assert_eq!((counted(test, "handled"), counted(test, "repeated")), (5, 12));
    let sealed: Vec<_> = replies.iter().filter(|reply| *reply != "success").collect();
    assert!(!sealed.is_empty());
    for reply in sealed {
        assert!(opened(reply, DEMO_AES_KEY).contains("欢迎"));
    }
}

on_both_stores! {
    /// Issue 2, point 3: subscribe (with `qrscene_`), unsubscribe and SCAN are noted.
    following_is_noted_with_its_scene
}
async fn following_is_noted_with_its_scene(test: &TestApp) {
    let openid = openid_of("wang");
    let following = async || followers::is_following(&test.app, &openid).await.unwrap();
    let scene = async || {
        let sql = "SELECT COALESCE(scene, '-') FROM followers WHERE openid = $1";
        texts(&test.app, sql, &openid).await
    };
    assert_eq!(following().await, None);
    test.sim_post("/sim/follow", json!({ "user": "wang" })).await;
    assert_eq!(
        (following().await, scene().await),
        (Some(true), vec!["-".to_owned()])
    );
    let left = test.sim_post("/sim/unfollow", json!({ "user": "wang" })).await;
    assert_eq!(left["outcome"], "none");
    assert_eq!(following().await, Some(false));
    let scanned = test
        .sim_post("/sim/scan", json!({ "user": "wang", "scene": "station-7" }))
        .await;
    assert_eq!(scanned["outcome"], "reply", "{scanned}");
    assert_eq!(
        (following().await, scene().await),
        (Some(true), vec!["station-7".to_owned()])
    );
    let again = test
        .sim_post("/sim/scan", json!({ "user": "wang", "scene": "station-8" }))
        .await;
    assert_eq!(again["reply"]["kind"], "text", "{again}");
}

on_both_stores! {
    /// R-26, point 3: an officer's QR code binds one WeChat once, whether it follows already or begins to by scanning.
    an_officers_code_binds_once
}
async fn an_officers_code_binds_once(test: &TestApp) {
    let app = &test.app;
    let street = street(app).await;
    for (n, following) in [(1, true), (2, false)] {
        let phone = format!("1370000000{n}");
        let officer = officer(app, &street, "孙立", &phone, Role::Reviewer).await;
        let (user, late, later) = (
            person(test, n).await,
            person(test, n + 10).await,
            person(test, n + 20).await,
        );
        if following {
            test.follow(&user).await;
        }
        let token = app.entropy.token();
        let key = format!("officer-qr:{token}");
        app.cache
            .set(&key, &officer.id, Duration::from_secs(600))
            .await
            .unwrap();
        let scan = async |user: &str| {
            let scene = format!("officer-{token}");
            let scanned = test
                .sim_post("/sim/scan", json!({ "user": user, "scene": scene }))
                .await;
            scanned["reply"]["text"].as_str().unwrap_or_default().to_owned()
        };
        assert!(scan(&user).await.contains("孙立"));
        let bound = async || officers::find(app, &officer.id).await.unwrap().openid;
        assert_eq!(bound().await, Some(openid_of(&user)));
        for user in [&late, &later] {
            assert!(scan(user).await.contains("已过期或已使用"));
        }
        assert_eq!(bound().await, Some(openid_of(&user)));
        let trail = "SELECT act FROM audit WHERE subject_id = $1 ORDER BY at, id";
        assert_eq!(
            texts(app, trail, &officer.id).await,
            ["officer.add", "officer.bind_wechat"]
        );
    }
}

/// Facts row 4: what fails inside is kept and answered `success`, not with an error that the person sees as
/// "服务出现故障"; it is done as soon as it can be, without WeChat sending it again.
#[tokio::test]
async fn a_failing_handling_is_no_trouble_for_the_person() {
    let test = started("secure", &[]).await;
    let rename = async |sql: &'static str| {
        let mut tx = test.app.db.write().await.unwrap();
        sqlx::query(sql).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    };
    rename("ALTER TABLE followers RENAME TO followers_away").await;
    let followed = Push::sealed(&subscribe("oOne"));
    assert_eq!(accepted(&test, followed.clone()).await, "success");
    assert_eq!((counted(&test, "deferred"), counted(&test, "failed")), (1, 0));
    rename("ALTER TABLE followers_away RENAME TO followers").await;
    test.app.clock.advance(HOUR);
    for _ in 0..100 {
        if followers::is_following(&test.app, "oOne").await.unwrap() == Some(true) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(
        followers::is_following(&test.app, "oOne").await.unwrap(),
        Some(true)
    );
    assert_eq!(
        accepted(&test, followed).await,
        "success",
        "a repeat is answered as the first was"
    );
    test.stop().await;
}

/// Facts row 4: WeChat hangs up on a slow answer and delivers again. The person sees no trouble, and what had
/// begun is finished though nobody waits for its answer any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_handling_goes_on_when_wechat_hangs_up() {
    let test = started("secure", &[]).await;
    test.sim.set_callback_timeout(Duration::from_millis(600));
    let busy = test.app.db.write().await.unwrap();
    let followed = test.sim_post("/sim/follow", json!({ "user": "wang" })).await;
    assert_eq!(followed["outcome"], "none", "{followed}");
    drop(busy);
    let openid = openid_of("wang");
    eventually("the follower is noted", async || {
        followers::is_following(&test.app, &openid).await.unwrap() == Some(true)
    })
    .await;
    eventually("it counts as handled", async || counted(&test, "handled") == 1).await;
    test.stop().await;
}

/// Facts, AES: the previous key still opens, and the reply goes back under the key that opened.
#[tokio::test]
async fn the_previous_key_holds_while_keys_change() {
    let keys = [
        ("WECHAT_ENCODING_AES_KEY", ANOTHER_KEY),
        ("WECHAT_ENCODING_AES_KEY_PREVIOUS", DEMO_AES_KEY),
    ];
    let test = started("secure", &keys).await;
    let now = chrono::Utc::now().timestamp();
    for (n, key) in [(1, ANOTHER_KEY), (2, DEMO_AES_KEY)] {
        let push = Push::sealed_for(&says("oOne", "你好", n), APP_ID, key, now);
        assert!(opened(&accepted(&test, push).await, key).contains("欢迎"));
    }
    // The simulator goes on with the previous key.
    let followed = test.sim_post("/sim/follow", json!({ "user": "wang" })).await;
    assert_eq!(followed["outcome"], "reply", "{followed}");
    test.stop().await;
}
