use serde_json::{Value, json};

use super::*;

async fn say(world: &World, text: &str) -> Value {
    world
        .post("/sim/say", json!({ "user": "zhang", "text": text }))
        .await
}

/// Facts: Signature, AES. Each mode is opened by the account's own code, and its reply by the simulator.
#[tokio::test]
async fn every_mode_carries_a_message_and_its_reply() {
    for mode in [Mode::Plain, Mode::Compatible, Mode::Secure] {
        let world = world_in(mode).await;
        let answer = say(&world, "你好 ]]> <b>&").await;
        assert_eq!(answer["outcome"], "reply", "{mode:?} {answer}");
        assert_eq!(
            answer["reply"],
            json!({ "kind": "text", "text": "收到：你好 ]]> <b>&" })
        );
        assert_eq!(world.kinds("zhang").await, ["said", "text"]);
        let seen = &world.seen()[0];
        assert_eq!(seen.body.contains("<Encrypt>"), mode != Mode::Plain);
        assert_eq!(seen.body.contains("<Content>"), mode != Mode::Secure);
        assert_eq!(seen.query.contains("msg_signature="), mode != Mode::Plain);
        assert!(seen.inbound.to.starts_with("gh_"));
        assert_eq!(seen.inbound.from, openid_of("zhang"));
    }
}

/// `success` and nothing are no reply, and no trouble.
#[tokio::test]
async fn a_silent_answer_shows_nothing() {
    let world = world().await;
    for silent in ["success", ""] {
        world.next(Act::Raw(silent.to_owned()));
        assert_eq!(say(&world, "在吗").await["outcome"], "none");
    }
    assert_eq!(world.kinds("zhang").await, ["said", "said"]);
}

/// Facts row 5 and Reply envelope: whatever is wrong with a reply, the phone shows that the account is broken,
/// and it is not asked again.
#[tokio::test]
async fn an_invalid_reply_is_trouble() {
    let world = world().await;
    let plain = "<xml><ToUserName><![CDATA[x]]></ToUserName><MsgType><![CDATA[text]]></MsgType></xml>";
    let acts = [
        Act::Raw("{}".into()),
        Act::Raw(plain.into()),
        Act::Raw("<xml>".into()),
        Act::OtherApp,
        Act::BadSignature,
    ];
    for act in acts {
        world.next(act);
        let answer = say(&world, "在吗").await;
        assert_eq!(
            (&answer["outcome"], &answer["attempts"]),
            (&json!("trouble"), &json!(1)),
            "{answer}"
        );
    }
    let inbox = world.inbox("zhang").await;
    let last = inbox.last().unwrap();
    assert_eq!(
        (&last["kind"], &last["text"]),
        (&json!("trouble"), &json!(crate::sim::TROUBLE))
    );
    assert_eq!(
        world
            .kinds("zhang")
            .await
            .iter()
            .filter(|k| *k == "trouble")
            .count(),
        5
    );
}

/// A reply must go back to the sender, from the account.
#[tokio::test]
async fn a_reply_to_somebody_else_is_trouble() {
    let world = world_in(Mode::Plain).await;
    let reply = |to: &str, from: &str| {
        format!(
            "<xml><ToUserName><![CDATA[{to}]]></ToUserName><FromUserName><![CDATA[{from}]]></FromUserName>\
             <CreateTime>1</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[好]]></Content></xml>"
        )
    };
    let (me, account) = (openid_of("zhang"), crate::sim::callback::original_id(APP_ID));
    for (text, outcome) in [
        (reply(&me, &account), "reply"),
        (reply(&openid_of("li"), &account), "trouble"),
        (reply(&me, "gh_other"), "trouble"),
        (reply(&me, &account).replace("[text]", "[dance]"), "trouble"),
    ] {
        world.next(Act::Raw(text));
        assert_eq!(say(&world, "在吗").await["outcome"], outcome);
    }
}

/// Facts row 4: three deliveries, the same message each time; the second repeats the request itself.
#[tokio::test]
async fn a_failing_account_is_asked_three_times() {
    let world = world().await;
    (0..3).for_each(|_| world.next(Act::Status(500)));
    let answer = say(&world, "在吗").await;
    assert_eq!(
        (&answer["outcome"], &answer["attempts"]),
        (&json!("trouble"), &json!(3))
    );
    let seen = world.seen();
    let key = |i: usize| seen[i].inbound.dedup_key(APP_ID);
    assert_eq!((key(0), key(0)), (key(1), key(2)));
    assert_eq!(seen[0].query, seen[1].query);
    assert_ne!(seen[0].query, seen[2].query);
    (0..2).for_each(|_| world.next(Act::Status(502)));
    let answer = say(&world, "在吗").await;
    assert_eq!(
        (&answer["outcome"], &answer["attempts"]),
        (&json!("reply"), &json!(3))
    );
}

/// Facts row 4: an answer that takes too long is a failed delivery.
#[tokio::test]
async fn a_slow_account_is_asked_again() {
    let world = world().await;
    world.sim.set_callback_timeout(Duration::from_millis(300));
    world.next(Act::Slow(Duration::from_secs(3)));
    let answer = say(&world, "在吗").await;
    assert_eq!(
        (&answer["outcome"], &answer["attempts"]),
        (&json!("reply"), &json!(2))
    );
}

/// Nobody there, and no address at all.
#[tokio::test]
async fn an_unreachable_account_is_trouble_and_none_is_silence() {
    let world = world().await;
    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    world
        .sim
        .set_callback_url(format!("http://{free}/wechat/callback"));
    let answer = say(&world, "在吗").await;
    assert_eq!(
        (&answer["outcome"], &answer["attempts"]),
        (&json!("trouble"), &json!(3))
    );
    assert!(
        !answer["error"].as_str().unwrap().contains("signature"),
        "no signed query in an error"
    );
    world.sim.set_callback_url(String::new());
    assert_eq!(say(&world, "在吗").await["outcome"], "none");
}

/// The events of facts: QR, Menu, Customer service.
#[tokio::test]
async fn events_have_wechats_shape() {
    let world = world().await;
    world.follow("wang").await;
    world.post("/sim/unfollow", json!({ "user": "wang" })).await;
    world
        .post("/sim/scan", json!({ "user": "wang", "scene": "u9" }))
        .await;
    world
        .post("/sim/scan", json!({ "user": "wang", "scene": "u9" }))
        .await;
    let menu = json!({ "button": [
        { "type": "click", "name": "热线", "key": "HOTLINE" },
        { "name": "服务", "sub_button": [{ "type": "view", "name": "首页", "url": "http://127.0.0.1:8080/" }] },
    ] });
    world.call("/cgi-bin/menu/create", menu).await;
    world.next(Act::Answer(Reply::text("热线 4000123318")));
    let click = world
        .post("/sim/tap", json!({ "user": "wang", "path": [0] }))
        .await;
    assert_eq!(click["reply"]["text"], "热线 4000123318");
    let view = world
        .post("/sim/tap", json!({ "user": "wang", "path": [1, 0] }))
        .await;
    assert_eq!(view, json!({ "type": "view", "url": "http://127.0.0.1:8080/" }));
    let kinds: Vec<Kind> = world
        .seen_at_least(6)
        .await
        .into_iter()
        .map(|s| s.inbound.kind)
        .collect();
    let expected = [
        Kind::Subscribe {
            scene: None,
            ticket: None,
        },
        Kind::Unsubscribe,
        Kind::Subscribe {
            scene: Some("u9".into()),
            ticket: None,
        },
        Kind::Scan {
            scene: "u9".into(),
            ticket: None,
        },
        Kind::Click {
            key: "HOTLINE".into(),
        },
        Kind::View {
            url: "http://127.0.0.1:8080/".into(),
            menu_id: None,
        },
    ];
    assert_eq!(kinds, expected);
}

/// Following and scanning show the account's welcome; leaving shows nothing even when the account fails.
#[tokio::test]
async fn a_welcome_is_shown() {
    let world = world().await;
    world.next(Act::Answer(Reply::text("欢迎关注")));
    assert_eq!(world.follow("wang").await["reply"]["text"], "欢迎关注");
    (0..3).for_each(|_| world.next(Act::Status(500)));
    assert_eq!(
        world.post("/sim/unfollow", json!({ "user": "wang" })).await["outcome"],
        "trouble"
    );
    assert_eq!(world.kinds("wang").await, ["text"]);
}

#[tokio::test]
async fn a_news_reply_is_read() {
    let world = world().await;
    let article = |n: u8| crate::wechat::reply::Article {
        title: format!("第{n}篇"),
        description: "说明".into(),
        pic_url: "http://a.cn/p.png".into(),
        url: format!("http://a.cn/{n}"),
    };
    world.next(Act::Answer(Reply::News {
        articles: vec![article(1), article(2)],
    }));
    let answer = world.follow("wang").await;
    assert_eq!(answer["reply"]["kind"], "news", "{answer}");
    let second = json!({ "title": "第2篇", "description": "说明", "pic_url": "http://a.cn/p.png", "url": "http://a.cn/2" });
    assert_eq!(answer["reply"]["articles"][1], second);
}

/// What the console does when the URL is saved.
#[tokio::test]
async fn the_callbacks_address_can_be_verified() {
    let world = world().await;
    assert_eq!(
        world.post("/sim/verify_callback", json!({})).await["verified"],
        true
    );
    world.sim.set_callback_url(format!("{}/sim/users", world.base));
    assert_eq!(
        world.post("/sim/verify_callback", json!({})).await["verified"],
        false
    );
}
