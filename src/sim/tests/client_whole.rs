//! The crate's own client, unchanged, against the interfaces of customer service, 订阅通知, media, menus and the mini
//! program.

use serde_json::json;

use super::client::client_of;
use super::recorder::recorded;
use super::*;
use crate::sim::mini_openid_of;
use crate::wechat::custom::{Content, CustomMessage};
use crate::wechat::media::{Media, MediaType};
use crate::wechat::menu::{ConditionalMenu, MatchRule, Menu};
use crate::wechat::mini::{TextScene, Verdict};
use crate::wechat::subscribe::SubscribeMessage;
use crate::wechat::{Client, ErrorClass};

const MINI: &str = "wx00000000000000mm";

fn client(world: &World) -> Client {
    client_of(world, APP_ID, SECRET)
}

fn notice(openid: String) -> SubscribeMessage {
    let message = SubscribeMessage::new(openid, "TPL-PROGRESS");
    let fields = [
        ("thing1", "求学圆梦行动补助"),
        ("phrase2", "审核通过"),
        ("time3", "2021-11-30 10:32"),
    ];
    fields.into_iter().fold(message, |message, (key, value)| {
        message.field(key, value).unwrap()
    })
}

/// Facts: Customer service; a file goes up, is shown, and comes back.
#[tokio::test]
async fn customer_service_and_media_work() {
    let (world, _recorder) = recorded().await;
    let client = client(&world);
    let uploaded = client
        .upload_media(MediaType::Image, "a.png", media::PNG.to_vec().into())
        .await;
    let image = uploaded.unwrap();
    let message = |content: Content| CustomMessage::new(openid_of("zhang"), content);
    let refused = client.send_custom(&message(Content::Text("您好".into()))).await;
    assert_eq!(refused.unwrap_err().class(), ErrorClass::WindowClosed);
    world
        .post("/sim/say", json!({ "user": "zhang", "text": "在吗" }))
        .await;
    client.custom_typing(&openid_of("zhang"), true).await.unwrap();
    let contents = [
        Content::Text("您好".into()),
        Content::Image(image.clone()),
        Content::Menu {
            head: "满意吗".into(),
            options: vec![("1".into(), "满意".into())],
            tail: String::new(),
        },
    ];
    for content in contents {
        client.send_custom(&message(content)).await.unwrap();
    }
    assert_eq!(world.kinds("zhang").await, ["said", "text", "image", "msgmenu"]);
    let Media::File(file) = client.download_media(&image, 1024).await.unwrap() else {
        panic!("a picture is a file")
    };
    assert_eq!(file.content_type, "image/png");
    let mut got = Vec::new();
    file.copy_to(&mut got).await.unwrap();
    assert_eq!(got, media::PNG);
    let video = client
        .upload_media(MediaType::Video, "a.mp4", media::MP4.to_vec().into())
        .await
        .unwrap();
    let Media::VideoUrl(url) = client.download_media(&video, 1024).await.unwrap() else {
        panic!("a film is an address")
    };
    assert!(url.ends_with(&video));
    assert!(client.download_media("none", 1024).await.is_err());
}

/// Facts: 订阅通知; 43101 is terminal for the recipient.
#[tokio::test]
async fn subscriptions_work() {
    let (world, _recorder) = recorded().await;
    let client = client(&world);
    let send = async || client.send_subscription(&notice(openid_of("wang"))).await;
    assert_eq!(send().await.unwrap_err().class(), ErrorClass::Recipient);
    let popup = json!({ "user": "wang", "templates": { "TPL-PROGRESS": "accept" } });
    world.post("/sim/subscribe", popup).await;
    assert_eq!(send().await.unwrap(), None);
    assert_eq!(send().await.unwrap_err().class(), ErrorClass::Recipient);
}

/// Facts: JS-SDK. What the client signs, the phone accepts.
#[tokio::test]
async fn a_page_may_use_the_js_sdk() {
    let (world, _recorder) = recorded().await;
    let client = client(&world);
    let href = "http://127.0.0.1:8080/apply?a=1&b=2#top";
    let config = client
        .js_config(href, &["127.0.0.1:8080"], 17, "nonce")
        .await
        .unwrap();
    let body = json!({
        "url": href, "appId": config.app_id, "timestamp": config.timestamp, "nonceStr": config.nonce_str,
        "signature": config.signature,
    });
    assert_eq!(world.post("/sim/jssdk", body).await["ok"], true);
}

/// Conditional menus, followers by page, users by batch; a used-up quota stops.
#[tokio::test]
async fn menus_users_and_quotas_work() {
    let (world, _recorder) = recorded().await;
    let client = client(&world);
    let menu = |name: &str| {
        let text = json!({ "button": [{ "type": "click", "name": name, "key": "K" }] }).to_string();
        Menu::from_json(&text).unwrap()
    };
    client.create_menu(&menu("默认")).await.unwrap();
    let conditional = ConditionalMenu {
        button: menu("安卓").button,
        matchrule: MatchRule {
            client_platform_type: Some("2".into()),
            ..MatchRule::default()
        },
        menuid: String::new(),
    };
    let id = client.add_conditional_menu(&conditional).await.unwrap();
    let matched = client.try_menu(&openid_of("zhang")).await.unwrap();
    assert_eq!(matched.diff(&menu("安卓")), Vec::<String>::new());
    let menus = client.menus().await.unwrap().unwrap();
    assert_eq!(menus.conditional[0].menuid, id);
    client.delete_conditional_menu(&id).await.unwrap();
    assert!(client.delete_conditional_menu(&id).await.is_err());

    world.post("/sim/limits", json!({ "user_page": 2 })).await;
    let (mut all, mut next) = (Vec::new(), None::<String>);
    loop {
        let page = client.followers(next.as_deref()).await.unwrap();
        all.extend(page.openids);
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(all, ["zhang", "li", "chen"].map(openid_of));
    assert_eq!(client.users(&all).await.unwrap().len(), 3);
    world
        .post("/sim/quota", json!({ "path": "/cgi-bin/user/get", "left": 0 }))
        .await;
    let stopped = client.followers(None).await.unwrap_err();
    assert_eq!(stopped.class(), ErrorClass::StopUntilReset);
}

/// Facts: Mini.
#[tokio::test]
async fn the_mini_program_works() {
    let (world, _recorder) = recorded().await;
    world.sim.set_mini(MINI, "mini-secret");
    let client = client_of(&world, MINI, "mini-secret");
    let code = async |what: &str| {
        let answer = world
            .post(&format!("/sim/mini/{what}"), json!({ "user": "wang" }))
            .await;
        answer["code"].as_str().unwrap().to_owned()
    };
    let login = code("login").await;
    assert_eq!(
        client.code_to_session(&login).await.unwrap().openid,
        mini_openid_of("wang")
    );
    let again = client.code_to_session(&login).await.unwrap_err();
    assert_eq!(again.class(), ErrorClass::Login);
    let phone = client.phone_number(&code("phone").await).await.unwrap();
    assert_eq!(phone.pure_phone_number, "13800138001");
    let openid = mini_openid_of("wang");
    let check = async |text: &str| {
        let checked = client.check_text(&openid, TextScene::Comment, text).await;
        checked.unwrap().verdict
    };
    assert_eq!(
        (check("好").await, check("来赌博").await),
        (Verdict::Pass, Verdict::Risky)
    );
    let popup = json!({ "user": "wang", "mini": true, "templates": { "TPL-PROGRESS": "accept" } });
    world.post("/sim/subscribe", popup).await;
    let sent = client.send_mini_subscription(&notice(openid.clone())).await;
    assert!(sent.unwrap().is_some());
}
