use serde_json::{Value, json};

use super::recorder::recorded;
use super::*;
use crate::sim::{mini_openid_of, unionid_of};

const MINI: &str = "wx00000000000000mm";
const MINI_SECRET: &str = "mini-secret";
const CHECK: &str = "/wxa/msg_sec_check";
const SEND: &str = "/cgi-bin/message/subscribe/send";

async fn mini() -> World {
    let (world, _) = recorded().await;
    world.sim.set_callback_url(String::new());
    world.sim.set_mini(MINI, MINI_SECRET);
    world
}

impl World {
    async fn mini_token(&self) -> String {
        let ask = json!({ "grant_type": "client_credential", "appid": MINI, "secret": MINI_SECRET });
        let answer = self.post("/cgi-bin/stable_token", ask).await;
        answer["access_token"].as_str().unwrap().to_owned()
    }

    async fn mini_call(&self, path: &str, body: Value) -> Value {
        let token = self.mini_token().await;
        self.post(&format!("{path}?access_token={token}"), body).await
    }

    async fn code(&self, what: &str, user: &str) -> String {
        let answer = self
            .post(&format!("/sim/mini/{what}"), json!({ "user": user }))
            .await;
        answer["code"].as_str().unwrap().to_owned()
    }

    async fn session(&self, code: &str) -> Value {
        let query = format!("appid={MINI}&secret={MINI_SECRET}&js_code={code}&grant_type=authorization_code");
        self.get(&format!("/sns/jscode2session?{query}")).await
    }
}

/// Facts: Mini, OAuth. A code works once (40163) for five minutes (40029); the openid is the mini program's own.
#[tokio::test]
async fn a_login_code_works_once() {
    let world = mini().await;
    let code = world.code("login", "wang").await;
    let session = world.session(&code).await;
    assert_eq!(session["openid"], mini_openid_of("wang"), "{session}");
    assert_ne!(mini_openid_of("wang"), openid_of("wang"));
    assert!(
        session["session_key"].is_string() && session["errcode"].is_null() && session["unionid"].is_null()
    );
    assert_code(&world.session(&code).await, 40163);
    assert_code(&world.session("none").await, 40029);
    let late = world.code("login", "wang").await;
    let phone = world.code("phone", "wang").await;
    assert_code(&world.session(&phone).await, 40029);
    world.advance(300_000).await;
    assert_code(&world.session(&late).await, 40029);
    world.post("/sim/oauth", json!({ "unionid": true })).await;
    let code = world.code("login", "wang").await;
    assert_eq!(world.session(&code).await["unionid"], unionid_of("wang"));
    let blocked = world
        .post("/sim/mini/login", json!({ "user": "wang", "blocked": true }))
        .await;
    assert_code(&world.session(blocked["code"].as_str().unwrap()).await, 40226);
    let unknown = world.post("/sim/mini/login", json!({ "user": "nobody" })).await;
    assert_eq!(unknown["error"], "unknown_user");
}

/// The mini program's credentials are its own, and unknown until it is set.
#[tokio::test]
async fn credentials_are_checked() {
    let world = mini().await;
    let ask = async |query: &str| world.get(&format!("/sns/jscode2session?{query}")).await;
    let cases = [
        (
            format!("secret={MINI_SECRET}&js_code=x&grant_type=authorization_code"),
            41002,
        ),
        (
            format!("appid={APP_ID}&secret={SECRET}&js_code=x&grant_type=authorization_code"),
            40013,
        ),
        (
            format!("appid={MINI}&js_code=x&grant_type=authorization_code"),
            41004,
        ),
        (
            format!("appid={MINI}&secret={SECRET}&js_code=x&grant_type=authorization_code"),
            40125,
        ),
        (
            format!("appid={MINI}&secret={MINI_SECRET}&js_code=x&grant_type=x"),
            40002,
        ),
        (
            format!("appid={MINI}&secret={MINI_SECRET}&grant_type=authorization_code"),
            41008,
        ),
    ];
    for (query, code) in cases {
        assert_code(&ask(&query).await, code);
    }
    let (without, _recorder) = recorded().await;
    assert_code(&without.session("x").await, 40013);
    let body = json!({ "grant_type": "client_credential", "appid": MINI, "secret": SECRET });
    assert_code(&world.post("/cgi-bin/stable_token", body).await, 40125);
}

/// The two apps' tokens are apart: the official account's → 48001, an unknown one → 40001.
#[tokio::test]
async fn tokens_are_apart() {
    let world = mini().await;
    assert_ne!(world.mini_token().await, world.token().await);
    let body = json!({ "content": "好" });
    assert_code(&world.call(CHECK, body.clone()).await, 48001);
    assert_code(
        &world.post(&format!("{CHECK}?access_token=x"), body.clone()).await,
        40001,
    );
    assert_code(&world.post(CHECK, body).await, 41001);
    assert_code(
        &world
            .mini_call("/cgi-bin/clear_quota", json!({ "appid": MINI }))
            .await,
        40001,
    );
    world
        .post("/sim/faults", json!({ "path": CHECK, "errcode": 45011 }))
        .await;
    let busy = world.mini_call(CHECK, json!({ "content": "好" })).await;
    assert_code(&busy, 45011);
    world.post("/sim/expire_tokens", json!({})).await;
    assert_code(&world.mini_call(CHECK, json!({ "content": "好" })).await, 0);
}

/// Facts: Mini. The number for a code, once.
#[tokio::test]
async fn a_phone_number_comes_for_a_code() {
    let world = mini().await;
    let path = "/wxa/business/getuserphonenumber";
    let code = world.code("phone", "wang").await;
    let answer = world.mini_call(path, json!({ "code": code })).await;
    assert_code(&answer, 0);
    let info = &answer["phone_info"];
    assert_eq!(
        (&info["purePhoneNumber"], &info["countryCode"]),
        (&json!("13800138001"), &json!("86"))
    );
    assert_eq!(info["watermark"]["appid"], MINI);
    let login = world.code("login", "wang").await;
    let late = world.code("phone", "wang").await;
    for bad in [code, login, "none".to_owned()] {
        assert_code(&world.mini_call(path, json!({ "code": bad })).await, 40029);
    }
    world.advance(300_000).await;
    assert_code(&world.mini_call(path, json!({ "code": late })).await, 40029);
    world
        .post("/sim/users", json!({ "user": "sun", "nickname": "孙" }))
        .await;
    assert_eq!(
        world.post("/sim/mini/phone", json!({ "user": "sun" })).await["error"],
        "no_phone"
    );
}

/// 文本内容安全识别, version 2: a suggestion, for somebody who was there within two hours (61010).
#[tokio::test]
async fn texts_are_judged() {
    let world = mini().await;
    let ask = |content: &str| json!({ "version": 2, "scene": 2, "openid": mini_openid_of("wang"), "content": content });
    assert_code(&world.mini_call(CHECK, ask("好")).await, 61010);
    world.code("login", "wang").await;
    for (content, suggest) in [("求学圆梦", "pass"), ("来赌博", "risky"), ("刷单", "review")] {
        let answer = world.mini_call(CHECK, ask(content)).await;
        assert_code(&answer, 0);
        assert_eq!(answer["result"]["suggest"], suggest);
    }
    world
        .post("/sim/mini/sec_check", json!({ "risky": ["暗号"] }))
        .await;
    assert_eq!(
        world.mini_call(CHECK, ask("暗号")).await["result"]["suggest"],
        "risky"
    );
    assert_eq!(
        world.mini_call(CHECK, ask("来赌博")).await["result"]["suggest"],
        "pass"
    );
    let with = |key: &str, value: Value| {
        let mut ask = ask("好");
        ask[key] = value;
        ask
    };
    let cases = [
        (with("content", json!("")), 44004),
        (with("content", json!("字".repeat(2501))), 45002),
        (with("openid", json!(openid_of("wang"))), 40003),
        (with("scene", json!(5)), 40129),
        (json!({ "content": "暗号" }), 87014),
        (json!({ "content": "好" }), 0),
    ];
    for (body, code) in cases {
        assert_code(&world.mini_call(CHECK, body).await, code);
    }
    world.advance(7_200_001).await;
    assert_code(&world.mini_call(CHECK, ask("好")).await, 61010);
}

/// Facts: 订阅通知, the mini program's: its openid, its grants, a page of its own (41030).
#[tokio::test]
async fn subscribe_messages_need_a_grant() {
    let world = mini().await;
    let message = |page: &str, openid: String| {
        let data = json!({ "thing1": { "value": "补助" }, "phrase2": { "value": "通过" }, "time3": { "value": "15:01" } });
        json!({ "touser": openid, "template_id": "TPL-PROGRESS", "page": page, "data": data })
    };
    let good = || message("pages/a", mini_openid_of("wang"));
    let popup = json!({ "user": "wang", "mini": true, "templates": { "TPL-PROGRESS": "accept" } });
    assert_code(&world.mini_call(SEND, good()).await, 43101);
    world.post("/sim/subscribe", popup).await;
    assert_code(
        &world
            .mini_call(SEND, message("http://a.cn", mini_openid_of("wang")))
            .await,
        41030,
    );
    assert_code(
        &world.mini_call(SEND, message("pages/a", openid_of("wang"))).await,
        40003,
    );
    assert_code(&world.call(SEND, good()).await, 48001);
    let answer = world.mini_call(SEND, good()).await;
    assert_code(&answer, 0);
    assert!(answer["msgid"].is_u64());
    assert_code(&world.mini_call(SEND, good()).await, 43101);
    assert_eq!(world.kinds("wang").await, ["subscribe"]);
}
