use serde_json::{Value, json};

use super::recorder::{Recorder, element, recorded};
use super::*;

async fn last(world: &World, recorder: &Recorder, path: &str, act: Value) -> String {
    let answer = world.post(path, act).await;
    assert!(answer["error"].is_null(), "{answer}");
    recorder.bodies().pop().unwrap()
}

/// 接收普通消息: the six kinds besides text, each with what it carries.
#[tokio::test]
async fn every_kind_of_message_can_be_sent() {
    let (world, recorder) = recorded().await;
    let send = async |act: Value| last(&world, &recorder, "/sim/send", act).await;
    let image = send(json!({ "user": "zhang", "kind": "image" })).await;
    let picture = world.http.get(element(&image, "PicUrl")).send().await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/gif");
    let voice = send(json!({ "user": "zhang", "kind": "voice", "recognition": "你好" })).await;
    assert_eq!(
        (element(&voice, "Format"), element(&voice, "Recognition")),
        ("amr", "你好")
    );
    for kind in ["video", "shortvideo"] {
        let film = send(json!({ "user": "zhang", "kind": kind })).await;
        assert_eq!(element(&film, "MsgType"), kind);
        assert!(!element(&film, "ThumbMediaId").is_empty());
    }
    let place = json!({ "user": "zhang", "kind": "location", "latitude": 36.5, "longitude": 117.25, "label": "泉城广场" });
    let place = send(place).await;
    assert!(
        place.contains("<Location_X>36.500000</Location_X><Location_Y>117.250000</Location_Y>"),
        "{place}"
    );
    assert_eq!(element(&place, "Label"), "泉城广场");
    let link = json!({ "user": "zhang", "kind": "link", "title": "政策", "url": "http://a.cn/1" });
    let link = send(link).await;
    assert_eq!(
        (element(&link, "Title"), element(&link, "Url")),
        ("政策", "http://a.cn/1")
    );
    let ids: std::collections::HashSet<_> = recorder
        .bodies()
        .iter()
        .map(|b| element(b, "MsgId").to_owned())
        .collect();
    assert_eq!(ids.len(), 6, "each message has its id");
    assert_eq!(world.kinds("zhang").await, vec!["sent"; 6]);
}

/// A medium somebody sent can be fetched by the account.
#[tokio::test]
async fn a_sent_picture_can_be_downloaded() {
    let (world, recorder) = recorded().await;
    let data = crate::sim::api::base64(media::PNG);
    let body = last(
        &world,
        &recorder,
        "/sim/send",
        json!({ "user": "zhang", "kind": "image", "data": data }),
    )
    .await;
    let token = world.token().await;
    let path = format!(
        "/cgi-bin/media/get?access_token={token}&media_id={}",
        element(&body, "MediaId")
    );
    let got = world
        .http
        .get(world.url(&path))
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert!(got == media::PNG);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused() {
    let (world, recorder) = recorded().await;
    let cases = [
        (
            "/sim/send",
            json!({ "user": "wang", "kind": "image" }),
            "not_following",
        ),
        (
            "/sim/send",
            json!({ "user": "zhang", "kind": "dance" }),
            "bad_json",
        ),
        (
            "/sim/send",
            json!({ "user": "zhang", "kind": "image", "data": "!" }),
            "bad_media",
        ),
        (
            "/sim/send",
            json!({ "user": "zhang", "kind": "image", "data": "AAAA" }),
            "bad_media",
        ),
        ("/sim/event", json!({ "user": "zhang", "event": "" }), "bad_event"),
        (
            "/sim/event",
            json!({ "user": "nobody", "event": "x" }),
            "unknown_user",
        ),
        (
            "/sim/event",
            json!({ "user": "zhang", "event": "user_authorization_revoke", "revoke": [1] }),
            "bad_revoke",
        ),
    ];
    for (path, act, error) in cases {
        assert_eq!(world.post(path, act.clone()).await["error"], error, "{act}");
    }
    assert_eq!(recorder.bodies().len(), 0);
}

/// 接收事件推送: LOCATION; and an event nobody knows goes as it is told.
#[tokio::test]
async fn events_can_be_caused() {
    let (world, recorder) = recorded().await;
    let event = async |act: Value| last(&world, &recorder, "/sim/event", act).await;
    let place =
        event(json!({ "user": "zhang", "event": "LOCATION", "latitude": 36.5, "longitude": 117.0 })).await;
    assert!(place.contains("<Latitude>36.500000</Latitude>"), "{place}");
    assert_eq!(element(&place, "Precision"), "30.000000");
    assert!(!place.contains("<MsgId>"));
    let fields = json!({ "CardId": "p1", "Count": 3, "Info": { "A": "b" }, "Items": [{ "X": "1" }] });
    let other = event(json!({ "user": "zhang", "event": "card_pass_check", "fields": fields })).await;
    for part in [
        "<CardId><![CDATA[p1]]></CardId>",
        "<Count>3</Count>",
        "<Info><A><![CDATA[b]]></A></Info>",
        "<Items><item><X>",
    ] {
        assert!(other.contains(part), "{part} in {other}");
    }
}

/// Facts: Revocation. The subject is OpenID, not FromUserName; what OAuth gave stops working.
#[tokio::test]
async fn an_authorisation_can_be_revoked() {
    let (world, recorder) = recorded().await;
    let event = async |act: Value| last(&world, &recorder, "/sim/event", act).await;
    let modified = event(json!({ "user": "wang", "event": "user_info_modified" })).await;
    assert_eq!(element(&modified, "OpenID"), openid_of("wang"));
    assert_ne!(element(&modified, "FromUserName"), openid_of("wang"));
    let (token, openid) = oauth::userinfo_token(&world, "wang").await;
    let userinfo = format!("/sns/userinfo?access_token={token}&openid={openid}");
    assert_eq!(world.get(&userinfo).await["nickname"], "王小梅");
    let revoke = json!({ "user": "wang", "event": "user_authorization_revoke", "revoke": [201, 207] });
    let revoked = event(revoke).await;
    assert_eq!(
        (element(&revoked, "OpenID"), element(&revoked, "RevokeInfo")),
        (&*openid, "201,207")
    );
    assert_code(&world.get(&userinfo).await, 40001);
    let cancelled = event(json!({ "user": "zhang", "event": "user_authorization_cancellation" })).await;
    assert_eq!(element(&cancelled, "OpenID"), openid_of("zhang"));
    let users = world.get("/sim/users").await;
    assert_eq!(users["users"][1]["following"], false);
}

/// 自定义菜单事件推送: every button that does something else than open a page.
#[tokio::test]
async fn every_button_does_what_it_does() {
    let (world, recorder) = recorded().await;
    let menu = json!({ "button": [
        { "name": "扫", "sub_button": [
            { "type": "scancode_push", "name": "扫码", "key": "S1" },
            { "type": "scancode_waitmsg", "name": "扫码等", "key": "S2" },
        ] },
        { "name": "图", "sub_button": [
            { "type": "pic_sysphoto", "name": "拍照", "key": "P1" },
            { "type": "pic_photo_or_album", "name": "相册", "key": "P2" },
            { "type": "pic_weixin", "name": "微信", "key": "P3" },
        ] },
        { "name": "其他", "sub_button": [
            { "type": "location_select", "name": "位置", "key": "L" },
            { "type": "miniprogram", "name": "小程序", "url": "http://a.cn", "appid": "wxmini", "pagepath": "pages/a" },
        ] },
    ] });
    assert_code(&world.call("/cgi-bin/menu/create", menu).await, 0);
    let tap = async |body: Value| world.post("/sim/tap", body).await;
    let scan = tap(json!({ "user": "zhang", "path": [0, 0], "scan": "http://a.cn/x" })).await;
    assert_eq!(
        (&scan["type"], &scan["scan"]),
        (&json!("scancode_push"), &json!("http://a.cn/x"))
    );
    let seen = recorder.bodies().pop().unwrap();
    assert_eq!(
        (
            element(&seen, "ScanType"),
            element(&seen, "ScanResult"),
            element(&seen, "EventKey")
        ),
        ("qrcode", "http://a.cn/x", "S1")
    );
    let account = crate::sim::callback::original_id(APP_ID);
    recorder.answer(format!(
        "<xml><ToUserName>{}</ToUserName><FromUserName>{account}</FromUserName><CreateTime>1</CreateTime>\
         <MsgType>text</MsgType><Content>扫到了</Content></xml>",
        openid_of("zhang")
    ));
    assert_eq!(
        tap(json!({ "user": "zhang", "path": [0, 1] })).await["reply"]["text"],
        "扫到了"
    );
    tap(json!({ "user": "zhang", "path": [1, 1], "pics": 2 })).await;
    let seen = recorder.bodies();
    let [event, first, second] = &seen[2..] else {
        panic!("{seen:?}")
    };
    assert_eq!(
        (element(event, "Event"), element(event, "Count")),
        ("pic_photo_or_album", "2")
    );
    assert_eq!(event.matches("<item><PicMd5Sum>").count(), 2);
    assert_eq!(
        (element(first, "MsgType"), element(second, "MsgType")),
        ("image", "image")
    );
    assert_eq!(
        tap(json!({ "user": "zhang", "path": [1, 1], "pics": 10 })).await["error"],
        "bad_pics"
    );
    tap(json!({ "user": "zhang", "path": [2, 0], "place": { "latitude": 36.5, "longitude": 117.0, "label": "泉城广场" } })).await;
    let seen = recorder.bodies();
    let [.., event, message] = seen.as_slice() else {
        panic!("{seen:?}")
    };
    assert_eq!(
        (element(event, "Event"), element(event, "Location_X")),
        ("location_select", "36.5")
    );
    assert_eq!(
        (element(message, "MsgType"), element(message, "Label")),
        ("location", "泉城广场")
    );
    let mini = tap(json!({ "user": "zhang", "path": [2, 1] })).await;
    assert_eq!(
        mini,
        json!({ "type": "miniprogram", "appid": "wxmini", "pagepath": "pages/a" })
    );
    let seen = recorder.at_least(8).await;
    assert_eq!(
        (element(&seen[7], "Event"), element(&seen[7], "EventKey")),
        ("view_miniprogram", "pages/a")
    );
}
