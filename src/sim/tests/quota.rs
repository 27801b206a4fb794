use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use super::*;

const SEND: &str = "/cgi-bin/user/info/batchget";

async fn call(world: &World) -> i64 {
    let body = json!({ "user_list": [{ "openid": openid_of("zhang") }] });
    let answer = world.call(SEND, body).await;
    answer["errcode"].as_i64().unwrap_or(0)
}

/// Facts, Errors: 45009 stops one path until the day is over.
#[tokio::test]
async fn a_quota_is_used_up_by_path_and_day() {
    let world = world().await;
    world.post("/sim/quota", json!({ "path": SEND, "left": 2 })).await;
    assert_eq!(
        [call(&world).await, call(&world).await, call(&world).await],
        [0, 0, 45009]
    );
    assert!(
        world.read("/cgi-bin/user/get").await["total"].is_number(),
        "other paths go on"
    );
    world.advance(86_400_000).await;
    assert_eq!(call(&world).await, 0, "a new day");
    let refused = world
        .post("/sim/quota", json!({ "path": "/sim/say", "left": 1 }))
        .await;
    assert_eq!(refused["error"], "bad_path");
}

/// `clear_quota`: ten times in a month (48006), for one's own AppID (40013).
#[tokio::test]
async fn quotas_can_be_cleared_ten_times() {
    let world = world().await;
    let clear = async |app_id: &str| {
        world
            .call("/cgi-bin/clear_quota", json!({ "appid": app_id }))
            .await
    };
    assert_code(&clear("wxother").await, 40013);
    for _ in 0..10 {
        world.post("/sim/quota", json!({ "path": SEND, "left": 0 })).await;
        assert_eq!(call(&world).await, 45009);
        assert_code(&clear(APP_ID).await, 0);
        assert_eq!(call(&world).await, 0);
    }
    assert_code(&clear(APP_ID).await, 48006);
}

async fn ticket(world: &World) -> Value {
    let token = world.token().await;
    world
        .get(&format!(
            "/cgi-bin/ticket/getticket?access_token={token}&type=jsapi"
        ))
        .await
}

/// Facts: JS-SDK. A ticket lasts 7200 s and is the same until it is nearly over.
#[tokio::test]
async fn a_ticket_is_kept_until_nearly_over() {
    let world = world().await;
    let first = ticket(&world).await;
    assert_eq!(
        (first["errcode"].as_i64(), first["expires_in"].as_i64()),
        (Some(0), Some(7200))
    );
    world.advance(6_800_000).await;
    assert_eq!(ticket(&world).await["ticket"], first["ticket"]);
    world.advance(200_000).await;
    assert_ne!(ticket(&world).await["ticket"], first["ticket"]);
    let token = world.token().await;
    let other = format!("/cgi-bin/ticket/getticket?access_token={token}&type=other");
    assert_code(&world.get(&other).await, 40097);
    assert_code(&world.get("/cgi-bin/ticket/getticket?type=jsapi").await, 41001);
}

/// Facts: JS-SDK. The phone checks the signature over the page's own address.
#[tokio::test]
async fn a_phone_checks_a_pages_configuration() {
    let world = world().await;
    let ticket = ticket(&world).await["ticket"].as_str().unwrap().to_owned();
    let url = "http://127.0.0.1:8080/apply?a=1&b=2";
    let text = format!("jsapi_ticket={ticket}&noncestr=n&timestamp=17&url={url}");
    let signature = hex::encode(Sha1::digest(text.as_bytes()));
    let config = |app_id: &str, url: &str| json!({ "appId": app_id, "url": url, "timestamp": 17, "nonceStr": "n", "signature": signature });
    let check = async |config: Value| world.post("/sim/jssdk", config).await;
    assert_eq!(check(config(APP_ID, &format!("{url}#top"))).await["ok"], true);
    assert_eq!(
        check(config("wxother", url)).await["error"],
        "config:invalid appid"
    );
    let escaped = url.replace('&', "&amp;");
    assert_eq!(
        check(config(APP_ID, &escaped)).await["error"],
        "config:invalid signature"
    );
    world.advance(7_200_000).await;
    assert_eq!(check(config(APP_ID, url)).await["ok"], false);
}
