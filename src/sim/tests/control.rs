use serde_json::json;

use super::*;

/// The names and numbers others pre-bind.
#[tokio::test]
async fn the_preset_users_are_there() {
    let world = world().await;
    let users = world.get("/sim/users").await["users"].clone();
    let following: Vec<_> = users
        .as_array()
        .unwrap()
        .iter()
        .map(|u| (u["user"].as_str().unwrap(), u["following"].clone()))
        .collect();
    let expected = [
        ("wang", json!(false)),
        ("zhang", json!(true)),
        ("li", json!(true)),
        ("chen", json!(true)),
    ];
    assert_eq!(following, expected);
    let openid = openid_of("wang");
    assert_eq!(
        (
            users[0]["openid"].as_str().unwrap(),
            users[0]["phone"].as_str().unwrap()
        ),
        (&*openid, "13800138001")
    );
    assert!(openid.starts_with('o') && openid.len() == 28, "{openid}");
}

#[tokio::test]
async fn users_can_be_made_and_changed() {
    let world = world().await;
    let zhao = world
        .post(
            "/sim/users",
            json!({ "user": "zhao", "nickname": "赵明", "phone": "13700137001" }),
        )
        .await;
    assert_eq!(zhao["openid"], openid_of("zhao"));
    let taken = world
        .post(
            "/sim/users",
            json!({ "user": "sun", "nickname": "孙", "phone": "13700137001" }),
        )
        .await;
    assert_eq!(taken["error"], "phone_taken");
    for bad in [
        json!({ "user": "Zhao", "nickname": "赵" }),
        json!({ "user": "", "nickname": "赵" }),
        json!({ "user": "zhao2", "nickname": " " }),
        json!({ "user": "zhao2", "nickname": "赵", "phone": "123" }),
    ] {
        assert!(
            world.post("/sim/users", bad.clone()).await["error"].is_string(),
            "{bad}"
        );
    }
    world
        .post(
            "/sim/users",
            json!({ "user": "zhao", "nickname": "赵小明", "phone": "13700137002" }),
        )
        .await;
    let users = world.get("/sim/users").await;
    assert_eq!(
        (
            users["users"][4]["nickname"].as_str(),
            users["users"].as_array().unwrap().len()
        ),
        (Some("赵小明"), 5)
    );
}

/// SMS go to the phone with that number, or wait for one.
#[tokio::test]
async fn sms_reach_their_number() {
    let world = world().await;
    let text = "【泉城工会】验证码 482913，5 分钟内有效。";
    world
        .post("/sim/sms", json!({ "phone": "13800138001", "text": text }))
        .await;
    let sms = &world.inbox("wang").await[0];
    assert_eq!(
        (&sms["kind"], &sms["code"], &sms["text"]),
        (&json!("sms"), &json!("482913"), &json!(text))
    );
    world
        .post("/sim/sms", json!({ "phone": "13700137009", "text": "无人认领" }))
        .await;
    let kept = world.get("/sim/inbox?phone=13700137009").await;
    assert_eq!(kept["items"][0]["text"], "无人认领");
    world
        .post(
            "/sim/users",
            json!({ "user": "zhou", "nickname": "周", "phone": "13700137009" }),
        )
        .await;
    assert_eq!(world.kinds("zhou").await, ["sms"]);
    for bad in [
        json!({ "phone": "", "text": "x" }),
        json!({ "phone": "1x", "text": "x" }),
        json!({ "phone": "13800138001", "text": " " }),
    ] {
        assert!(world.post("/sim/sms", bad).await["error"].is_string());
    }
}

#[tokio::test]
async fn the_inbox_can_be_read_onwards() {
    let world = world().await;
    for text in ["一", "二", "三"] {
        world
            .post("/sim/sms", json!({ "phone": "13800138001", "text": text }))
            .await;
    }
    let all = world.get("/sim/inbox?user=wang").await;
    let second = all["items"][1]["seq"].as_u64().unwrap();
    let rest = world.get(&format!("/sim/inbox?user=wang&after={second}")).await;
    assert_eq!(
        (rest["items"].as_array().unwrap().len(), &rest["items"][0]["text"]),
        (1, &json!("三"))
    );
    let none = world
        .get(&format!("/sim/inbox?user=wang&after={}", rest["last"]))
        .await;
    assert_eq!(
        (none["items"].as_array().unwrap().len(), &none["last"]),
        (0, &rest["last"])
    );
    assert_eq!(world.get("/sim/inbox?user=nobody").await["error"], "unknown_user");
    assert_eq!(world.get("/sim/inbox").await["error"], "no_user");
}

/// What a person cannot do with a phone is refused, and nothing is sent.
#[tokio::test]
async fn impossible_acts_are_refused() {
    let world = world().await;
    let cases = [
        (
            "/sim/say",
            json!({ "user": "wang", "text": "在吗" }),
            "not_following",
        ),
        ("/sim/say", json!({ "user": "zhang", "text": " " }), "bad_text"),
        (
            "/sim/say",
            json!({ "user": "nobody", "text": "在吗" }),
            "unknown_user",
        ),
        (
            "/sim/tap",
            json!({ "user": "wang", "path": [0] }),
            "not_following",
        ),
        ("/sim/tap", json!({ "user": "zhang", "path": [0] }), "no_menu"),
        ("/sim/follow", json!({ "user": "zhang" }), "already_following"),
        ("/sim/unfollow", json!({ "user": "wang" }), "not_following"),
        ("/sim/scan", json!({ "user": "wang" }), "no_scene"),
        (
            "/sim/scan",
            json!({ "user": "wang", "ticket": "none" }),
            "unknown_ticket",
        ),
    ];
    for (path, body, error) in cases {
        assert_eq!(
            world.post(path, body.clone()).await["error"],
            error,
            "{path} {body}"
        );
    }
    let menu = json!({ "button": [{ "name": "服务", "sub_button": [{ "type": "click", "name": "热线", "key": "K" }] }] });
    world.call("/cgi-bin/menu/create", menu).await;
    for path in [json!([]), json!([0]), json!([1]), json!([0, 1]), json!([0, 0, 0])] {
        let answer = world
            .post("/sim/tap", json!({ "user": "zhang", "path": path }))
            .await;
        assert_eq!(answer["error"], "no_button", "{path}");
    }
    assert!(world.seen().is_empty());
}

/// Facts: QR.
#[tokio::test]
async fn a_qr_code_is_made_shown_and_scanned() {
    let world = world().await;
    let ask = json!({ "expire_seconds": 600, "action_name": "QR_STR_SCENE", "action_info": { "scene": { "scene_str": "union-7" } } });
    let made = world.call("/cgi-bin/qrcode/create", ask).await;
    assert_eq!(made["expire_seconds"], 600);
    let ticket = made["ticket"].as_str().unwrap().to_owned();
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("ticket", &ticket)
        .finish();
    let picture = world
        .http
        .get(world.url(&format!("/cgi-bin/showqrcode?{query}")))
        .send()
        .await
        .unwrap();
    assert_eq!(picture.headers()["content-type"], "image/svg+xml");
    assert!(picture.text().await.unwrap().contains("<svg"));
    let unknown = world
        .http
        .get(world.url("/cgi-bin/showqrcode?ticket=no"))
        .send()
        .await
        .unwrap();
    assert_eq!(unknown.status(), 404);
    world
        .post("/sim/scan", json!({ "user": "wang", "ticket": ticket }))
        .await;
    let expected = Kind::Subscribe {
        scene: Some("union-7".into()),
        ticket: Some(ticket.clone()),
    };
    assert_eq!(world.seen()[0].inbound.kind, expected);
    world.advance(600_000).await;
    let late = world
        .post("/sim/scan", json!({ "user": "zhang", "ticket": ticket }))
        .await;
    assert_eq!(late["error"], "expired_ticket");
}

/// Facts: QR, the limits.
#[tokio::test]
async fn a_qr_code_has_limits() {
    let world = world().await;
    let ask = |name: &str, scene: Value| json!({ "action_name": name, "action_info": { "scene": scene } });
    let cases = [
        (ask("QR_SCENE", json!({ "scene_id": 4_294_967_295_u64 })), 0),
        (ask("QR_SCENE", json!({ "scene_id": 4_294_967_296_u64 })), 40053),
        (ask("QR_SCENE", json!({ "scene_id": 0 })), 40053),
        (ask("QR_LIMIT_SCENE", json!({ "scene_id": 100_000 })), 0),
        (ask("QR_LIMIT_SCENE", json!({ "scene_id": 100_001 })), 40053),
        (
            ask("QR_LIMIT_STR_SCENE", json!({ "scene_str": "x".repeat(64) })),
            0,
        ),
        (ask("QR_STR_SCENE", json!({ "scene_str": "x".repeat(65) })), 40053),
        (ask("QR_STR_SCENE", json!({ "scene_str": "" })), 40053),
        (ask("QR_STR_SCENE", json!({})), 40053),
        (ask("QR_DANCE", json!({ "scene_id": 1 })), 40052),
        (
            json!({ "expire_seconds": 2_592_001, "action_name": "QR_SCENE", "action_info": { "scene": { "scene_id": 1 } } }),
            40053,
        ),
    ];
    for (ask, code) in cases {
        let answer = world.call("/cgi-bin/qrcode/create", ask.clone()).await;
        assert_eq!(answer["errcode"].as_i64().unwrap_or(0), code, "{ask}");
    }
}

/// Each fault happens as often as asked, on its path only, then all is well again.
#[tokio::test]
async fn faults_happen_as_told() {
    let world = world().await;
    let path = "/cgi-bin/menu/get";
    world
        .post(
            "/sim/faults",
            json!({ "path": path, "errcode": -1, "errmsg": "system error", "times": 2 }),
        )
        .await;
    assert_code(&world.read(path).await, -1);
    assert_eq!(world.get("/sim/faults").await["faults"][0]["times"], 1);
    assert_code(&world.read(path).await, -1);
    assert_code(&world.read(path).await, 46003);
    world
        .post("/sim/faults", json!({ "path": "/sim/sms", "http_status": 503 }))
        .await;
    let sms = world
        .http
        .post(world.url("/sim/sms"))
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(sms.status(), 503);
    world
        .post("/sim/faults", json!({ "path": path, "delay_ms": 200 }))
        .await;
    let before = std::time::Instant::now();
    world.read(path).await;
    assert!(before.elapsed() >= Duration::from_millis(200));
    world
        .post("/sim/faults", json!({ "path": path, "errcode": -1 }))
        .await;
    world.http.delete(world.url("/sim/faults")).send().await.unwrap();
    assert_code(&world.read(path).await, 46003);
    for bad in [
        json!({ "path": path }),
        json!({ "path": "/sim/users", "errcode": 1 }),
        json!({ "path": path, "errcode": 1, "times": 0 }),
        json!({ "path": path, "http_status": 99 }),
        json!({ "path": path, "unknown": 1 }),
    ] {
        assert!(
            world.post("/sim/faults", bad.clone()).await["error"].is_string(),
            "{bad}"
        );
    }
}

/// A cut connection: before, nothing was done; after, it was done and the answer is lost.
#[tokio::test]
async fn a_connection_can_be_cut_before_and_after_the_work() {
    let world = world().await;
    let cut = async |drop: Value| {
        world
            .post("/sim/faults", json!({ "path": "/sim/sms", "drop": drop }))
            .await;
        let sms = world
            .http
            .post(world.url("/sim/sms"))
            .json(&json!({ "phone": "13800138001", "text": "一" }));
        match sms.send().await {
            Ok(answer) => answer.bytes().await.is_err(),
            Err(_) => true,
        }
    };
    assert!(cut(json!(true)).await);
    assert!(cut(json!("before")).await);
    assert!(world.inbox("wang").await.is_empty());
    assert!(cut(json!("after")).await);
    assert_eq!(world.inbox("wang").await.len(), 1);
}

#[tokio::test]
async fn calls_are_counted_and_a_reset_forgets() {
    let world = world().await;
    world.read("/cgi-bin/menu/get").await;
    world.follow("wang").await;
    let stats = world.get("/sim/stats").await;
    assert_eq!(
        stats["calls"],
        json!({ "/cgi-bin/stable_token": 1, "/cgi-bin/menu/get": 1 })
    );
    assert_eq!(
        (&stats["callback_attempts"], &stats["callback_outcomes"]),
        (&json!(1), &json!({ "none": 1 }))
    );
    let token = world.token().await;
    world.post("/sim/reset", json!({})).await;
    assert_eq!(world.get("/sim/stats").await["calls"], json!({}));
    assert_eq!(world.get("/sim/users").await["users"][0]["following"], false);
    assert_code(
        &world
            .get(&format!("/cgi-bin/menu/get?access_token={token}"))
            .await,
        40001,
    );
}
