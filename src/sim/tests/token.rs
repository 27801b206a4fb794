use serde_json::json;

use super::*;

async fn ask(world: &World, force: bool) -> (String, i64) {
    let body = json!({
        "grant_type": "client_credential", "appid": APP_ID, "secret": SECRET, "force_refresh": force,
    });
    let answer = world.post("/cgi-bin/stable_token", body).await;
    (
        answer["access_token"].as_str().unwrap_or_default().to_owned(),
        answer["expires_in"].as_i64().unwrap_or(0),
    )
}

async fn works(world: &World, token: &str) -> i64 {
    let answer = world
        .get(&format!(
            "/cgi-bin/user/info?access_token={token}&openid={}",
            openid_of("zhang")
        ))
        .await;
    answer["errcode"].as_i64().unwrap_or(0)
}

/// Facts: Tokens. The same token until five minutes before its end; then a new one, and both work.
#[tokio::test]
async fn a_token_stays_until_five_minutes_before_its_end() {
    let world = world().await;
    let (first, expires_in) = ask(&world, false).await;
    assert_eq!((first.len(), expires_in), (512, 7200));
    world.advance(6_800_000).await;
    let (again, left) = ask(&world, false).await;
    assert_eq!(again, first);
    assert!((398..=400).contains(&left), "{left}");
    world.advance(200_000).await;
    let (second, _) = ask(&world, false).await;
    assert_ne!(second, first);
    assert_eq!(
        (works(&world, &first).await, works(&world, &second).await),
        (0, 0)
    );
    world.advance(300_000).await;
    assert_eq!(
        (works(&world, &first).await, works(&world, &second).await),
        (42001, 0)
    );
}

/// Facts: Tokens. Force: at once, but not twice in 30 s, and 20 a day.
#[tokio::test]
async fn a_forced_token_ends_the_former_one() {
    let world = world().await;
    let (first, _) = ask(&world, false).await;
    let (second, _) = ask(&world, true).await;
    assert_ne!(second, first);
    assert_eq!(works(&world, &first).await, 40001);
    assert_eq!(
        ask(&world, true).await.0,
        second,
        "within 30 s nothing is renewed"
    );
    for _ in 0..19 {
        world.advance(30_000).await;
        ask(&world, true).await;
    }
    let body = json!({
        "grant_type": "client_credential", "appid": APP_ID, "secret": SECRET, "force_refresh": true,
    });
    assert_code(&world.post("/cgi-bin/stable_token", body).await, 45009);
    assert!(
        !ask(&world, false).await.0.is_empty(),
        "asking without force still works"
    );
}

/// Facts: Errors.
#[tokio::test]
async fn what_is_wrong_has_its_code() {
    let world = world().await;
    let cases = [
        (
            json!({ "grant_type": "x", "appid": APP_ID, "secret": SECRET }),
            40002,
        ),
        (
            json!({ "grant_type": "client_credential", "secret": SECRET }),
            41002,
        ),
        (
            json!({ "grant_type": "client_credential", "appid": "wxno", "secret": SECRET }),
            40013,
        ),
        (
            json!({ "grant_type": "client_credential", "appid": APP_ID }),
            41004,
        ),
        (
            json!({ "grant_type": "client_credential", "appid": APP_ID, "secret": "no" }),
            40125,
        ),
    ];
    for (body, code) in cases {
        assert_code(&world.post("/cgi-bin/stable_token", body).await, code);
    }
    assert_code(&world.post_raw("/cgi-bin/stable_token", "").await, 44002);
    assert_code(&world.post_raw("/cgi-bin/stable_token", "a=b").await, 47001);
    assert_eq!(
        (works(&world, "").await, works(&world, "unknown").await),
        (41001, 40001)
    );
}

/// The control call ends tokens as age would (42001) or as a renewal elsewhere would (40001).
#[tokio::test]
async fn tokens_can_be_ended_on_demand() {
    let world = world().await;
    let (first, _) = ask(&world, false).await;
    world.post("/sim/expire_tokens", json!({})).await;
    assert_eq!(works(&world, &first).await, 42001);
    let (second, _) = ask(&world, false).await;
    assert_ne!(second, first);
    world
        .post("/sim/expire_tokens", json!({ "kind": "invalid" }))
        .await;
    assert_eq!(works(&world, &second).await, 40001);
}

/// Facts: the openid exists before following; `user/info` tells whether one follows.
#[tokio::test]
async fn user_info_tells_following_and_scene() {
    let world = world().await;
    let token = world.token().await;
    let path = |openid: &str| format!("/cgi-bin/user/info?access_token={token}&openid={openid}&lang=zh_CN");
    let wang = openid_of("wang");
    assert_eq!(
        world.get(&path(&wang)).await,
        json!({ "subscribe": 0, "openid": wang })
    );
    world
        .post("/sim/follow", json!({ "user": "wang", "scene": "union-7" }))
        .await;
    let info = world.get(&path(&wang)).await;
    assert_eq!(
        (&info["subscribe"], &info["qr_scene_str"]),
        (&json!(1), &json!("union-7"))
    );
    assert_code(&world.get(&path("")).await, 41009);
    assert_code(&world.get(&path("oNobody")).await, 40003);
}
