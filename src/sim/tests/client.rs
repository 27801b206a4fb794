//! The crate's own client, unchanged, against the simulator.

use serde_json::json;

use super::*;
use crate::wechat::menu::Menu;
use crate::wechat::oauth::Scope;
use crate::wechat::qrcode::Scene;
use crate::wechat::template::TemplateMessage;
use crate::wechat::{Client, ClientConfig, Clock, ErrorClass, MemoryTokenStore};

const SEND: &str = "/cgi-bin/message/template/send";

fn client(world: &World) -> Client {
    client_of(world, APP_ID, SECRET)
}

pub(super) fn client_of(world: &World, app_id: &str, secret: &str) -> Client {
    let clock: Clock = Arc::new(|| chrono::Utc::now().timestamp_millis());
    let config = ClientConfig {
        api_base: world.base.clone(),
        open_base: world.base.clone(),
        app_id: app_id.to_owned(),
        app_secret: secret.to_owned(),
        instance: "test".to_owned(),
    };
    Client::new(config, Arc::new(MemoryTokenStore::new(clock.clone())), clock).unwrap()
}

fn message(user: &str, id: &str) -> TemplateMessage {
    let message = TemplateMessage::new(openid_of(user), "TPL-PROGRESS").client_msg_id(id);
    let fields = [
        ("thing1", "求学圆梦行动补助申请（二〇二一年秋季批次）"),
        ("phrase2", "审核通过"),
        ("time3", "2021-11-30 10:32"),
    ];
    fields.into_iter().fold(message, |message, (key, value)| {
        message.field(key, value).unwrap()
    })
}

async fn calls(world: &World, path: &str) -> u64 {
    world.get("/sim/stats").await["calls"][path].as_u64().unwrap_or(0)
}

#[tokio::test]
async fn a_pushed_menu_comes_back_the_same() {
    let world = world().await;
    let client = client(&world);
    assert_eq!(client.menu().await.unwrap(), None);
    let menu = Menu::from_json(
        r#"{"button":[{"name":"工会服务","sub_button":[
            {"type":"view","name":"求学圆梦","url":"http://127.0.0.1:8080/"},
            {"type":"click","name":"热线","key":"HOTLINE"}]}]}"#,
    )
    .unwrap();
    client.create_menu(&menu).await.unwrap();
    let back = client.menu().await.unwrap().unwrap();
    assert_eq!(menu.diff(&back), Vec::<String>::new());
    client.delete_menu().await.unwrap();
    assert_eq!(client.menu().await.unwrap(), None);
}

/// Facts rows 1 and 2: one fetch, and one more after 42001 or 40001, without an error for the caller.
#[tokio::test]
async fn an_ended_token_is_replaced_once() {
    let world = world().await;
    let client = client(&world);
    client.send_template(&message("zhang", "m-1")).await.unwrap();
    client.send_template(&message("zhang", "m-2")).await.unwrap();
    assert_eq!(calls(&world, "/cgi-bin/stable_token").await, 1);
    for (kind, id) in [("expired", "m-3"), ("invalid", "m-4")] {
        world.post("/sim/expire_tokens", json!({ "kind": kind })).await;
        // The client asks for tokens no more often than every 200 ms.
        tokio::time::sleep(Duration::from_millis(250)).await;
        client.send_template(&message("zhang", id)).await.unwrap();
    }
    assert_eq!(calls(&world, "/cgi-bin/stable_token").await, 3);
    assert_eq!(world.kinds("zhang").await.len(), 4);
}

/// Facts row 11 and Errors: each refusal is of its class.
#[tokio::test]
async fn refusals_have_their_class() {
    let world = world().await;
    let client = client(&world);
    let class = async |message: TemplateMessage| client.send_template(&message).await.unwrap_err().class();
    assert_eq!(class(message("wang", "m")).await, ErrorClass::Recipient);
    assert_eq!(class(message("nobody", "m")).await, ErrorClass::Recipient);
    assert_eq!(
        class(TemplateMessage::new(openid_of("zhang"), "TPL-NONE")).await,
        ErrorClass::Configuration
    );
    world
        .post("/sim/faults", json!({ "path": SEND, "errcode": 45009 }))
        .await;
    assert_eq!(class(message("zhang", "m")).await, ErrorClass::StopUntilReset);
    world
        .post("/sim/faults", json!({ "path": SEND, "http_status": 502 }))
        .await;
    assert_eq!(class(message("zhang", "m")).await, ErrorClass::Retry);
}

/// Facts: Template. The answer is lost, the message is sent again with the same id, and is shown once.
#[tokio::test]
async fn a_lost_answer_sends_nothing_twice() {
    let world = world().await;
    let client = client(&world);
    world
        .post("/sim/faults", json!({ "path": SEND, "drop": "after" }))
        .await;
    client.send_template(&message("zhang", "m-1")).await.unwrap_err();
    client.send_template(&message("zhang", "m-1")).await.unwrap();
    assert_eq!(world.kinds("zhang").await, ["template"]);
    let stats = world.get("/sim/stats").await;
    assert_eq!(stats["templates_by_client_msg_id"], json!({ "m-1": 1 }));
}

#[tokio::test]
async fn login_codes_and_users_work() {
    let world = world().await;
    let client = client(&world);
    let login_url = client
        .authorize_url("http://127.0.0.1:8080/back?a=1&b=2", Scope::Base, "s1")
        .unwrap();
    let asked = world
        .http
        .get(login_url.replace("#wechat_redirect", "&sim_user=wang#wechat_redirect"));
    let back = asked.send().await.unwrap().headers()["location"]
        .to_str()
        .unwrap()
        .to_owned();
    let back = url::Url::parse(&back).unwrap();
    let code = back
        .query_pairs()
        .find(|(k, _)| k == "code")
        .unwrap()
        .1
        .into_owned();
    assert_eq!(
        client.exchange_code(&code).await.unwrap().openid,
        openid_of("wang")
    );
    assert_eq!(
        client.exchange_code(&code).await.unwrap_err().class(),
        ErrorClass::Login
    );

    let made = client
        .temporary_qr(&Scene::Text("union-7".into()), 600)
        .await
        .unwrap();
    assert_eq!(made.expire_seconds, Some(600));
    client.permanent_qr(&Scene::Id(7)).await.unwrap();
    assert!(!client.user(&openid_of("wang")).await.unwrap().subscribe);
    world
        .post("/sim/scan", json!({ "user": "wang", "ticket": made.ticket }))
        .await;
    assert!(client.user(&openid_of("wang")).await.unwrap().subscribe);
}
