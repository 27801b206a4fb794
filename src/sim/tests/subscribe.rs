use serde_json::{Value, json};

use super::recorder::{element, recorded};
use super::*;

const BIZSEND: &str = "/cgi-bin/message/subscribe/bizsend";

fn message(user: &str) -> Value {
    json!({
        "touser": openid_of(user),
        "template_id": "TPL-PROGRESS",
        "page": "http://127.0.0.1:8080/progress",
        "data": {
            "thing1": { "value": "求学圆梦补助" },
            "phrase2": { "value": "审核通过" },
            "time3": { "value": "2021年11月30日 10:32" },
        },
    })
}

async fn grant(world: &World, user: &str, choice: &str) -> Value {
    let popup = json!({ "user": user, "templates": { "TPL-PROGRESS": choice } });
    world.post("/sim/subscribe", popup).await
}

/// Facts: 订阅通知. One grant is one message; without one 43101; no msgid in the answer; the sent event follows.
#[tokio::test]
async fn one_grant_is_one_message() {
    let (world, recorder) = recorded().await;
    assert_code(&world.call(BIZSEND, message("zhang")).await, 43101);
    grant(&world, "zhang", "reject").await;
    assert_code(&world.call(BIZSEND, message("zhang")).await, 43101);
    grant(&world, "zhang", "accept").await;
    let answer = world.call(BIZSEND, message("zhang")).await;
    assert_eq!(answer, json!({ "errcode": 0, "errmsg": "ok" }));
    assert_code(&world.call(BIZSEND, message("zhang")).await, 43101);
    let cards = world.inbox("zhang").await;
    assert_eq!(
        (cards.len(), &cards[0]["kind"], &cards[0]["title"]),
        (1, &json!("subscribe"), &json!("审核进度通知"))
    );
    let bodies = recorder.at_least(3).await;
    let statuses: Vec<_> = bodies[..2]
        .iter()
        .map(|b| element(b, "SubscribeStatusString"))
        .collect();
    assert_eq!(statuses, ["reject", "accept"]);
    assert!(bodies[1].contains("<SubscribeMsgPopupEvent><List><TemplateId><![CDATA[TPL-PROGRESS]]>"));
    assert_eq!(element(&bodies[2], "Event"), "subscribe_msg_sent_event");
    assert_eq!(element(&bodies[2], "ErrorStatus"), "success");
    assert_eq!(element(&bodies[2], "FromUserName"), openid_of("zhang"));
}

/// Facts: 订阅通知. Grants add up, do not need following, and the management page ends them all.
#[tokio::test]
async fn the_management_page_only_rejects() {
    let (world, recorder) = recorded().await;
    for _ in 0..3 {
        grant(&world, "wang", "accept").await;
    }
    assert_code(&world.call(BIZSEND, message("wang")).await, 0);
    let off = json!({ "user": "wang", "template": "TPL-PROGRESS" });
    world.post("/sim/subscribe/change", off).await;
    assert_code(&world.call(BIZSEND, message("wang")).await, 43101);
    let bodies = recorder.at_least(5).await;
    let change = bodies
        .iter()
        .find(|b| b.contains("subscribe_msg_change_event"))
        .unwrap();
    assert_eq!(element(change, "SubscribeStatusString"), "reject");
    assert!(change.contains("<SubscribeMsgChangeEvent><List>"));
}

/// Facts: Also (WxJava#2477): in JSON one entry is an object, two are an array.
#[tokio::test]
async fn a_list_has_two_shapes_in_json() {
    let (world, recorder) = recorded().await;
    world.post("/sim/format", json!({ "format": "json" })).await;
    grant(&world, "zhang", "accept").await;
    let (kind, body) = recorder.seen().remove(0);
    assert_eq!(kind, "application/json");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["List"]["SubscribeStatusString"], "accept", "{body}");
    assert_eq!(body["Event"], "subscribe_msg_popup_event");
}

/// A refused message leaves the grant.
#[tokio::test]
async fn what_is_wrong_has_its_code() {
    let (world, _recorder) = recorded().await;
    grant(&world, "zhang", "accept").await;
    let with = |key: &str, value: Value| {
        let mut message = message("zhang");
        message[key] = value;
        message
    };
    let cases = [
        (with("touser", json!("oNobody")), 40003),
        (with("template_id", json!("TPL-NONE")), 40037),
        (with("data", json!({ "thing1": { "value": "x" } })), 47003),
    ];
    for (message, code) in cases {
        assert_code(&world.call(BIZSEND, message).await, code);
    }
    assert_code(&world.post(BIZSEND, message("zhang")).await, 41001);
    assert_code(&world.call(BIZSEND, message("zhang")).await, 0);
    for bad in [json!({}), json!({ "TPL-NONE": "accept" })] {
        let answer = world
            .post("/sim/subscribe", json!({ "user": "zhang", "templates": bad }))
            .await;
        assert!(answer["error"].is_string(), "{answer}");
    }
}

/// The phone shows what a page asked for until it is answered.
#[tokio::test]
async fn a_popup_waits_on_the_phone() {
    let (world, _recorder) = recorded().await;
    let ask = json!({ "user": "wang", "templates": ["TPL-PROGRESS"] });
    assert_eq!(world.post("/sim/subscribe/ask", ask).await["ok"], true);
    let asked = async || world.get("/phone/wang/state").await["asked"].clone();
    assert_eq!(
        asked().await,
        json!([{ "id": "TPL-PROGRESS", "title": "审核进度通知" }])
    );
    grant(&world, "wang", "accept").await;
    assert_eq!(asked().await, json!([]));
}
