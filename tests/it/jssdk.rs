//! `GET /wechat/jssdk`: signed for our own pages only, and as the phone checks it (facts row 10, JS-SDK).

use crate::app::{Pair, TestApp};
use crate::on_both_stores;
use serde_json::{Value, json};
use yuanmeng::account::throttle::PAGES_SIGNED_PER_ADDRESS;
use yuanmeng::kernel::Time;

/// Status and body of the configuration for a page; whatever the answer, it is JSON.
async fn ask(test: &TestApp, page: &str) -> (u16, Value) {
    let request = test.http.get(format!("{}/wechat/jssdk", test.url));
    let answer = request.query(&[("url", page)]).send().await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("application/json"), "{kind}");
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// What a phone says of the configuration on that page.
async fn phone_takes(test: &TestApp, page: &str, mut config: Value) -> Value {
    config["url"] = json!(page);
    test.sim_post("/sim/jssdk", config).await
}

on_both_stores! {
    /// facts row 10, JS-SDK: signed is the page's own address without the fragment, unescaped; the ticket is fetched once.
    our_own_pages_are_signed
}
async fn our_own_pages_are_signed(test: &TestApp) {
    let base = &test.url;
    for page in [
        format!("{base}/apply"),
        format!("{base}/apply?a=1&b=%E4%B8%AD#top"),
        format!("{base}/progress#/x?y=1#z"),
    ] {
        let (status, config) = ask(test, &page).await;
        assert_eq!(status, 200, "{config}");
        let taken = phone_takes(test, &page, config.clone()).await;
        assert_eq!(taken, json!({ "ok": true, "error": null }), "{page}");
        // The same configuration on another page is none.
        let elsewhere = phone_takes(test, &format!("{base}/other"), config).await;
        assert_eq!(elsewhere["error"], "config:invalid signature");
    }
    let stats = test.sim_get("/sim/stats").await;
    assert_eq!(stats["calls"]["/cgi-bin/ticket/getticket"], 1, "{stats}");
}

/// facts row 10: a host that is not on the list gets 403 and no signature, whatever the request's own headers say.
#[tokio::test]
async fn foreign_pages_are_not_signed() {
    let now = Time(chrono::Utc::now().timestamp_millis());
    let domains = [("WECHAT_JS_DOMAINS", "Help.example.cn, 127.0.0.1:9")];
    let test = TestApp::start_with(Pair::SqliteMemory, now, &domains).await;
    for (page, status, code) in [
        ("https://evil.example.cn/apply", 403, "page_not_ours"),
        ("https://help.example.cn.evil.cn/", 403, "page_not_ours"),
        ("http://127.0.0.1:10/", 403, "page_not_ours"),
        ("", 400, "malformed_request"),
        ("/apply", 400, "malformed_request"),
        ("https://help.example.cn@evil.cn/", 400, "malformed_request"),
    ] {
        let (answered, body) = ask(&test, page).await;
        assert_eq!(
            (answered, &body["error"]["code"]),
            (status, &json!(code)),
            "{page}"
        );
        assert!(
            body["error"]["message"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
    }
    for page in ["https://help.example.cn/a", "http://127.0.0.1:9/"] {
        let (status, config) = ask(&test, page).await;
        assert_eq!(status, 200, "{page}");
        assert_eq!(phone_takes(&test, page, config).await["ok"], true, "{page}");
    }
    let lying = test.http.get(format!("{}/wechat/jssdk", test.url));
    let lying = lying
        .query(&[("url", "https://evil.example.cn/")])
        .header("host", "evil.example.cn")
        .header("x-forwarded-host", "evil.example.cn");
    assert_eq!(lying.send().await.unwrap().status(), 403);
    test.stop().await;
}

/// So many in a minute from one address, then 429.
#[tokio::test]
async fn signing_is_rate_limited() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let page = format!("{}/apply", test.url);
    for _ in 0..PAGES_SIGNED_PER_ADDRESS.most {
        assert_eq!(ask(&test, &page).await.0, 200);
    }
    let (status, body) = ask(&test, &page).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (429, &json!("too_many_requests"))
    );
    test.stop().await;
}
