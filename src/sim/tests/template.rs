use serde_json::{Value, json};

use super::*;

fn message(user: &str, id: Option<&str>) -> Value {
    let mut message = json!({
        "touser": openid_of(user),
        "template_id": "TPL-PROGRESS",
        "url": "http://127.0.0.1:8080/progress",
        "data": {
            "thing1": { "value": "求学圆梦补助" },
            "phrase2": { "value": "审核通过" },
            "time3": { "value": "2021年11月30日 10:32" },
            "remark": { "value": "模板里没有的字段不显示" },
        },
    });
    if let Some(id) = id {
        message["client_msg_id"] = json!(id);
    }
    message
}

async fn send(world: &World, message: Value) -> Value {
    world.call("/cgi-bin/message/template/send", message).await
}

/// The card on the phone, and the event afterwards with the same id, spelt MsgID.
#[tokio::test]
async fn a_message_is_shown_and_reported() {
    let world = world().await;
    let answer = send(&world, message("zhang", Some("m-1"))).await;
    assert_code(&answer, 0);
    let card = &world.inbox("zhang").await[0];
    assert_eq!(
        (&card["kind"], &card["title"]),
        (&json!("template"), &json!("审核进度通知"))
    );
    assert_eq!(card["url"], "http://127.0.0.1:8080/progress");
    assert_eq!(card["fields"].as_array().unwrap().len(), 3);
    assert_eq!(
        card["fields"][1],
        json!({ "key": "phrase2", "label": "结果", "value": "审核通过" })
    );
    let event = world.seen_at_least(1).await[0].inbound.clone();
    let expected = Kind::TemplateSent {
        msg_id: answer["msgid"].to_string(),
        status: "success".to_owned(),
    };
    assert_eq!((event.from, event.kind), (openid_of("zhang"), expected));
}

/// Facts: Template. The same client_msg_id for the same openid within ten minutes is one message.
#[tokio::test]
async fn a_client_msg_id_is_sent_once() {
    let world = world().await;
    let first = send(&world, message("zhang", Some("m-1"))).await["msgid"].clone();
    assert_eq!(send(&world, message("zhang", Some("m-1"))).await["msgid"], first);
    assert_ne!(
        send(&world, message("li", Some("m-1"))).await["msgid"],
        first,
        "another openid, another message"
    );
    assert_ne!(send(&world, message("zhang", Some("m-2"))).await["msgid"], first);
    assert_eq!(world.kinds("zhang").await.len(), 2);
    let stats = world.get("/sim/stats").await;
    assert_eq!(stats["templates_by_client_msg_id"], json!({ "m-1": 2, "m-2": 1 }));
    assert_eq!(stats["templates_repeated"], 1);
    world.seen_at_least(3).await;
    world.advance(600_000).await;
    assert_ne!(send(&world, message("zhang", Some("m-1"))).await["msgid"], first);
    // Without an id nothing is held back.
    send(&world, message("chen", None)).await;
    send(&world, message("chen", None)).await;
    assert_eq!(world.kinds("chen").await.len(), 2);
}

/// Facts: Errors.
#[tokio::test]
async fn each_refusal_has_its_code() {
    let world = world().await;
    let changed = |key: &str, value: &str| {
        let mut message = message("zhang", None);
        message[key] = json!(value);
        message
    };
    assert_code(&send(&world, changed("template_id", "TPL-NONE")).await, 40037);
    assert_code(&send(&world, changed("touser", "oNobody")).await, 40003);
    assert_code(&send(&world, message("wang", None)).await, 43004);
    assert_code(
        &send(&world, message("zhang", Some(&"x".repeat(33)))).await,
        47003,
    );
    let path = "/cgi-bin/message/template/send";
    assert_code(&world.post(path, message("zhang", None)).await, 41001);
    assert_code(
        &world
            .post(&format!("{path}?access_token=old"), message("zhang", None))
            .await,
        40001,
    );
    assert!(world.kinds("zhang").await.is_empty());
    world.follow("wang").await;
    assert_code(&send(&world, message("wang", None)).await, 0);
    world.post("/sim/unfollow", json!({ "user": "wang" })).await;
    assert_code(&send(&world, message("wang", None)).await, 43004);
}

/// Facts: Category keywords. 47003 names the field.
#[tokio::test]
async fn a_bad_field_is_named() {
    let world = world().await;
    let cases = [
        (
            "thing1",
            "一二三四五六七八九十一二三四五六七八九十一",
            "data.thing1.value invalid",
        ),
        ("phrase2", "pass", "data.phrase2.value invalid"),
        ("time3", "", "data.time3.value is empty"),
    ];
    for (key, value, expected) in cases {
        let mut message = message("zhang", None);
        message["data"][key]["value"] = json!(value);
        let answer = send(&world, message).await;
        assert_code(&answer, 47003);
        assert!(answer["errmsg"].as_str().unwrap().contains(expected), "{answer}");
    }
}

/// Facts: TEMPLATESENDJOBFINISH. Accepted, not shown, reported as failed.
#[tokio::test]
async fn a_message_can_fail_after_it_was_accepted() {
    let world = world().await;
    let fault = json!({ "path": "/cgi-bin/message/template/send", "job_status": "failed:user block" });
    world.post("/sim/faults", fault).await;
    assert_code(&send(&world, message("zhang", Some("m-1"))).await, 0);
    assert!(world.kinds("zhang").await.is_empty());
    match &world.seen_at_least(1).await[0].inbound.kind {
        Kind::TemplateSent { status, .. } => assert_eq!(status, "failed:user block"),
        other => panic!("{other:?}"),
    }
}
