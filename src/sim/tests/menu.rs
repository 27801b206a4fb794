use serde_json::{Value, json};

use super::*;

fn view(name: &str) -> Value {
    json!({ "type": "view", "name": name, "url": "http://127.0.0.1:8080/" })
}

fn with_sub(sub: Value) -> Value {
    json!({ "button": [{ "name": "服务", "sub_button": [sub] }] })
}

fn with_top(top: Value) -> Value {
    json!({ "button": [top] })
}

/// Facts: Menu. What was pushed comes back with `sub_button` on every button; without a menu 46003.
#[tokio::test]
async fn a_menu_is_kept_and_deleted() {
    let world = world().await;
    assert_code(&world.read("/cgi-bin/menu/get").await, 46003);
    let menu = json!({ "button": [
        { "name": "工会服务", "sub_button": [view("求学圆梦"), { "type": "click", "name": "热线", "key": "HOTLINE" }] },
        view("首页"),
    ] });
    assert_code(&world.call("/cgi-bin/menu/create", menu).await, 0);
    let got = world.read("/cgi-bin/menu/get").await;
    let buttons = &got["menu"]["button"];
    assert_eq!(
        buttons[0]["sub_button"][1],
        json!({ "type": "click", "name": "热线", "key": "HOTLINE", "sub_button": [] })
    );
    assert_eq!(buttons[1]["sub_button"], json!([]));
    assert_code(&world.read("/cgi-bin/menu/delete").await, 0);
    assert_code(&world.read("/cgi-bin/menu/get").await, 46003);
}

/// Facts: Menu, with the codes of WeChat's list of return codes.
#[tokio::test]
async fn every_rule_of_a_menu_has_its_code() {
    let world = world().await;
    let long = |n: usize| "x".repeat(n);
    let url = |n: usize| format!("http://a.cn/{}", "x".repeat(n - 12));
    let five: Vec<Value> = (0..5).map(|_| view("一")).collect();
    let six: Vec<Value> = (0..6).map(|_| view("一")).collect();
    let cases = [
        (json!({}), 40015),
        (json!({ "button": [] }), 40016),
        (
            json!({ "button": [view("1"), view("2"), view("3"), view("4")] }),
            40016,
        ),
        (with_top(json!({ "type": "dance", "name": "一" })), 40017),
        (with_top(view("")), 40018),
        // 16 bytes: five Chinese characters and one letter, not six characters.
        (with_top(view("工会服务厅x")), 0),
        (with_top(view("工会服务大厅")), 40018),
        (
            with_top(json!({ "type": "click", "name": "一", "key": "" })),
            40019,
        ),
        (
            with_top(json!({ "type": "click", "name": "一", "key": long(128) })),
            0,
        ),
        (
            with_top(json!({ "type": "click", "name": "一", "key": long(129) })),
            40019,
        ),
        (with_top(json!({ "type": "view", "name": "一" })), 40020),
        (
            with_top(json!({ "type": "view", "name": "一", "url": url(1024) })),
            0,
        ),
        (
            with_top(json!({ "type": "view", "name": "一", "url": url(1025) })),
            40020,
        ),
        (
            with_top(json!({ "type": "view", "name": "一", "url": "/apply" })),
            40055,
        ),
        (
            with_sub(json!({ "name": "深", "sub_button": [view("一")] })),
            40022,
        ),
        (json!({ "button": [{ "name": "服务", "sub_button": five }] }), 0),
        (
            json!({ "button": [{ "name": "服务", "sub_button": six }] }),
            40023,
        ),
        (with_sub(json!({ "type": "dance", "name": "一" })), 40024),
        (with_sub(view(&long(60))), 0),
        (with_sub(view(&long(61))), 40025),
        (with_sub(json!({ "type": "click", "name": "一" })), 40026),
        (
            with_sub(json!({ "type": "view", "name": "一", "url": "" })),
            40027,
        ),
        (
            with_sub(json!({ "type": "view", "name": "一", "url": "javascript:alert(1)" })),
            40054,
        ),
    ];
    for (menu, code) in cases {
        let answer = world.call("/cgi-bin/menu/create", menu.clone()).await;
        assert_eq!(answer["errcode"], code, "{menu}");
    }
}

/// A refused menu leaves the former one; escaped Chinese is refused as WeChat refuses it.
#[tokio::test]
async fn a_refused_menu_changes_nothing() {
    let world = world().await;
    world.call("/cgi-bin/menu/create", with_top(view("首页"))).await;
    world.call("/cgi-bin/menu/create", with_top(view(""))).await;
    let path = format!("/cgi-bin/menu/create?access_token={}", world.token().await);
    let escaped = r#"{"button":[{"type":"view","name":"\u9996\u9875","url":"http://a.cn/"}]}"#;
    assert_code(&world.post_raw(&path, escaped).await, 40033);
    assert_code(
        &world.post("/cgi-bin/menu/create", with_top(view("无"))).await,
        41001,
    );
    assert_eq!(
        world.read("/cgi-bin/menu/get").await["menu"]["button"][0]["name"],
        "首页"
    );
}
