use serde_json::{Value, json};

use super::recorder::recorded;
use super::*;

async fn tag(world: &World, name: &str) -> i64 {
    let answer = world
        .call("/cgi-bin/tags/create", json!({ "tag": { "name": name } }))
        .await;
    answer["tag"]["id"]
        .as_i64()
        .unwrap_or_else(|| answer["errcode"].as_i64().unwrap())
}

fn menu(name: &str) -> Value {
    json!({ "button": [{ "type": "click", "name": name, "key": name }] })
}

async fn conditional(world: &World, name: &str, rule: Value) -> Value {
    let mut body = menu(name);
    body["matchrule"] = rule;
    world.call("/cgi-bin/menu/addconditional", body).await
}

async fn matched(world: &World, user: &str) -> Value {
    let answer = world
        .call("/cgi-bin/menu/trymatch", json!({ "user_id": openid_of(user) }))
        .await;
    answer["button"][0]["name"].clone()
}

/// 个性化菜单: the newest rule that fits, by tag or language; else the default.
#[tokio::test]
async fn the_newest_menu_that_fits_is_shown() {
    let (world, recorder) = recorded().await;
    world.call("/cgi-bin/menu/create", menu("默认")).await;
    let id = tag(&world, "审核员").await;
    let members = json!({ "openid_list": [openid_of("zhang")], "tagid": id });
    assert_code(
        &world
            .call("/cgi-bin/tags/members/batchtagging", members.clone())
            .await,
        0,
    );
    let first = conditional(&world, "审核", json!({ "tag_id": id.to_string() })).await;
    let first = first["menuid"].as_str().unwrap().to_owned();
    assert_eq!(
        (matched(&world, "zhang").await, matched(&world, "li").await),
        (json!("审核"), json!("默认"))
    );
    world
        .post(
            "/sim/users",
            json!({ "user": "li", "nickname": "Li", "language": "en" }),
        )
        .await;
    conditional(&world, "English", json!({ "language": "en" })).await;
    assert_eq!(
        (matched(&world, "zhang").await, matched(&world, "li").await),
        (json!("审核"), json!("English"))
    );
    conditional(
        &world,
        "both",
        json!({ "language": "en", "tag_id": id, "client_platform_type": "2" }),
    )
    .await;
    assert_eq!(
        matched(&world, "li").await,
        "English",
        "every condition must hold"
    );
    assert_eq!(
        world.get("/phone/zhang/state").await["menu"]["button"][0]["name"],
        "审核"
    );
    world
        .post("/sim/tap", json!({ "user": "zhang", "path": [0] }))
        .await;
    assert_eq!(recorder::element(&recorder.bodies()[0], "EventKey"), "审核");
    let all = world.read("/cgi-bin/menu/get").await;
    assert_eq!(all["conditionalmenu"].as_array().unwrap().len(), 3);
    assert_eq!(
        (
            &all["conditionalmenu"][0]["menuid"],
            &all["menu"]["button"][0]["name"]
        ),
        (&json!(first), &json!("默认"))
    );
    assert_code(
        &world
            .call("/cgi-bin/menu/delconditional", json!({ "menuid": first }))
            .await,
        0,
    );
    assert_code(
        &world
            .call("/cgi-bin/menu/delconditional", json!({ "menuid": first }))
            .await,
        65301,
    );
    assert_eq!(matched(&world, "zhang").await, "默认");
    world.read("/cgi-bin/menu/delete").await;
    assert_code(
        &world
            .call("/cgi-bin/menu/trymatch", json!({ "user_id": openid_of("li") }))
            .await,
        46003,
    );
}

/// A page opened from a conditional menu names it.
#[tokio::test]
async fn a_view_event_names_the_conditional_menu() {
    let (world, recorder) = recorded().await;
    let view = json!({ "type": "view", "name": "首页", "url": "http://127.0.0.1:8080/" });
    world
        .call("/cgi-bin/menu/create", json!({ "button": [view] }))
        .await;
    world
        .post("/sim/tap", json!({ "user": "zhang", "path": [0] }))
        .await;
    assert!(!recorder.at_least(1).await[0].contains("MenuId"));
    let body = json!({ "button": [view], "matchrule": { "language": "zh_CN" } });
    let made = world.call("/cgi-bin/menu/addconditional", body).await;
    world
        .post("/sim/tap", json!({ "user": "zhang", "path": [0] }))
        .await;
    assert_eq!(
        recorder::element(&recorder.at_least(2).await[1], "MenuId"),
        made["menuid"]
    );
}

#[tokio::test]
async fn a_wrong_conditional_menu_has_its_code() {
    let (world, _recorder) = recorded().await;
    let rule = json!({ "language": "zh_CN" });
    assert_code(&conditional(&world, "无默认", rule.clone()).await, 65303);
    world.call("/cgi-bin/menu/create", menu("默认")).await;
    let cases = [
        ("空", json!({}), 65304),
        ("空", json!({ "tag_id": "" }), 65304),
        ("标签", json!({ "tag_id": "999" }), 45159),
        ("语言", json!({ "language": "xx" }), 40035),
        ("性别", json!({ "sex": "1" }), 40035),
        ("名字太长的一个菜单", rule, 40018),
    ];
    for (name, rule, code) in cases {
        assert_code(&conditional(&world, name, rule).await, code);
    }
    let nobody = json!({ "user_id": openid_of("wang") });
    assert_code(&world.call("/cgi-bin/menu/trymatch", nobody).await, 65302);
}

/// 用户标签管理, limits and codes.
#[tokio::test]
async fn tags_have_their_rules() {
    let (world, _recorder) = recorded().await;
    let id = tag(&world, "甲").await;
    assert_eq!(
        [
            tag(&world, "甲").await,
            tag(&world, "").await,
            tag(&world, "一二三四五六七八九十甲").await
        ],
        [45157, 45157, 45158]
    );
    let path = "/cgi-bin/tags/members/batchtagging";
    let zhang = openid_of("zhang");
    let cases = [
        (json!({ "openid_list": [], "tagid": id }), 40032),
        (json!({ "openid_list": vec![&zhang; 51], "tagid": id }), 40032),
        (json!({ "openid_list": [zhang], "tagid": 7 }), 45159),
        (json!({ "openid_list": [openid_of("wang")], "tagid": id }), 40003),
    ];
    for (body, code) in cases {
        assert_code(&world.call(path, body).await, code);
    }
    for n in 0..21 {
        let tagid = if n == 0 {
            id
        } else {
            tag(&world, &format!("t{n}")).await
        };
        let answer = world
            .call(path, json!({ "openid_list": [zhang], "tagid": tagid }))
            .await;
        assert_code(&answer, if n < 20 { 0 } else { 45059 });
    }
    let listed = world.read("/cgi-bin/tags/get").await;
    assert_eq!(listed["tags"][0], json!({ "id": id, "name": "甲", "count": 1 }));
    let off = json!({ "openid_list": [zhang], "tagid": id });
    assert_code(&world.call("/cgi-bin/tags/members/batchuntagging", off).await, 0);
    assert_eq!(world.read("/cgi-bin/tags/get").await["tags"][0]["count"], 0);
    assert_code(
        &world
            .call("/cgi-bin/tags/delete", json!({ "tag": { "id": id } }))
            .await,
        0,
    );
    assert_code(
        &world
            .call("/cgi-bin/tags/delete", json!({ "tag": { "id": id } }))
            .await,
        45159,
    );
    for n in 0..80 {
        tag(&world, &format!("u{n}")).await;
    }
    assert_eq!(tag(&world, "太多").await, 45056);
}

/// 批量获取用户基本信息: at most a hundred, and all known.
#[tokio::test]
async fn users_can_be_asked_for_in_a_batch() {
    let (world, _recorder) = recorded().await;
    let path = "/cgi-bin/user/info/batchget";
    let list = |openids: &[String]| json!({ "user_list": openids.iter().map(|o| json!({ "openid": o, "lang": "zh_CN" })).collect::<Vec<_>>() });
    let answer = world
        .call(path, list(&[openid_of("zhang"), openid_of("wang")]))
        .await;
    let infos = answer["user_info_list"].as_array().unwrap();
    assert_eq!(
        (&infos[0]["subscribe"], &infos[1]["subscribe"]),
        (&json!(1), &json!(0))
    );
    assert!(infos[0]["unionid"].is_null());
    world.post("/sim/oauth", json!({ "unionid": true })).await;
    let answer = world.call(path, list(&[openid_of("zhang")])).await;
    assert_eq!(
        answer["user_info_list"][0]["unionid"],
        crate::sim::unionid_of("zhang")
    );
    assert_code(&world.call(path, list(&[])).await, 40032);
    assert_code(
        &world.call(path, list(&vec![openid_of("zhang"); 101])).await,
        40032,
    );
    assert_code(&world.call(path, list(&["oNobody".to_owned()])).await, 40003);
}

/// 获取用户列表: page by page, and an empty page at the end.
#[tokio::test]
async fn followers_come_in_pages() {
    let (world, _recorder) = recorded().await;
    world.post("/sim/limits", json!({ "user_page": 2 })).await;
    let token = world.token().await;
    let page = async |next: &str| {
        world
            .get(&format!(
                "/cgi-bin/user/get?access_token={token}&next_openid={next}"
            ))
            .await
    };
    let first = page("").await;
    let openids = json!([openid_of("zhang"), openid_of("li")]);
    assert_eq!(
        first,
        json!({ "total": 3, "count": 2, "data": { "openid": openids }, "next_openid": openid_of("li") })
    );
    let second = page(&openid_of("li")).await;
    assert_eq!(
        (&second["count"], &second["next_openid"]),
        (&json!(1), &json!(openid_of("chen")))
    );
    assert_eq!(
        page(&openid_of("chen")).await,
        json!({ "total": 3, "count": 0, "next_openid": "" })
    );
    assert_code(&page("oNobody").await, 40003);
    assert_eq!(
        world.post("/sim/limits", json!({ "user_page": 0 })).await["error"],
        "bad_limit"
    );
}
