use serde_json::{Value, json};

use super::recorder::{element, recorded, recorded_in};
use super::*;

async fn say(world: &World, text: &str) -> Value {
    world
        .post("/sim/say", json!({ "user": "zhang", "text": text }))
        .await
}

/// Facts row 3. The same message several times at once, each signed anew; later ones once again.
#[tokio::test]
async fn callbacks_can_come_twice() {
    let (world, recorder) = recorded().await;
    world.post("/sim/callbacks", json!({ "duplicate": 2 })).await;
    assert_eq!(world.get("/sim/callbacks").await["duplicate"], 2);
    assert_eq!(say(&world, "一").await["attempts"], 3);
    let bodies = recorder.bodies();
    assert_eq!(bodies.len(), 3);
    assert!(bodies.iter().all(|b| *b == bodies[0]));
    world
        .http
        .delete(world.url("/sim/callbacks"))
        .send()
        .await
        .unwrap();
    say(&world, "二").await;
    assert_eq!(recorder.bodies().len(), 4);
    let refused = world.post("/sim/callbacks", json!({ "dance": 1 })).await;
    assert_eq!(refused["error"], "bad_json");
}

/// The held message comes after the one said later, or alone after three seconds.
#[tokio::test]
async fn callbacks_can_come_out_of_order() {
    let (world, recorder) = recorded().await;
    world.post("/sim/callbacks", json!({ "hold": 1 })).await;
    let held = say(&world, "一").await;
    assert_eq!((&held["outcome"], &held["attempts"]), (&json!("none"), &json!(0)));
    assert_eq!(recorder.bodies().len(), 0);
    say(&world, "二").await;
    let bodies = recorder.at_least(2).await;
    let texts: Vec<_> = bodies.iter().map(|b| element(b, "Content")).collect();
    assert_eq!(texts, ["二", "一"]);
    world.post("/sim/callbacks", json!({ "hold": 1 })).await;
    say(&world, "三").await;
    assert_eq!(recorder.at_least(3).await.len(), 3, "nothing overtook it");
}

#[tokio::test]
async fn callbacks_can_be_late() {
    let (world, recorder) = recorded().await;
    world.post("/sim/callbacks", json!({ "delay_ms": 400 })).await;
    let begun = std::time::Instant::now();
    say(&world, "一").await;
    assert!(begun.elapsed() >= Duration::from_millis(400));
    assert_eq!(recorder.bodies().len(), 1);
}

/// Facts rows 3 and 4. The account has answered, WeChat has not heard it, and asks again.
#[tokio::test]
async fn a_lost_answer_is_asked_for_again() {
    let world = world().await;
    world.post("/sim/callbacks", json!({ "drop_answer": 2 })).await;
    let answer = say(&world, "一").await;
    assert_eq!(
        (&answer["outcome"], &answer["attempts"]),
        (&json!("reply"), &json!(3))
    );
    let seen = world.seen();
    let key = |i: usize| seen[i].inbound.dedup_key(APP_ID);
    assert_eq!((key(0), key(1)), (key(1), key(2)));
    world.post("/sim/callbacks", json!({ "drop_answer": 3 })).await;
    assert_eq!(say(&world, "二").await["outcome"], "trouble");
    assert_eq!(say(&world, "三").await["attempts"], 1);
}

/// Bodies in JSON in each mode: plain, sealed, and both in one.
#[tokio::test]
async fn callbacks_can_be_json() {
    let key = AesKey::parse(AES_KEY).unwrap();
    for mode in [Mode::Plain, Mode::Compatible, Mode::Secure] {
        let (world, recorder) = recorded_in(mode).await;
        world.post("/sim/format", json!({ "format": "json" })).await;
        say(&world, "你好 ]]> <b>&").await;
        let (kind, body) = recorder.seen().remove(0);
        assert_eq!(kind, "application/json");
        let outer: Value = serde_json::from_str(&body).unwrap();
        assert!(outer["ToUserName"].as_str().unwrap().starts_with("gh_"));
        let inner: Value = match outer["Encrypt"].as_str() {
            Some(sealed) => serde_json::from_str(&key.decrypt(sealed, APP_ID).unwrap()).unwrap(),
            None => outer.clone(),
        };
        assert_eq!(outer["Encrypt"].is_string(), mode != Mode::Plain, "{mode:?}");
        assert_eq!(outer["Content"].is_string(), mode != Mode::Secure, "{mode:?}");
        assert_eq!(inner["Content"], "你好 ]]> <b>&");
        assert!(inner["CreateTime"].is_u64() && inner["MsgId"].is_u64(), "{inner}");
        world.post("/sim/format", json!({ "format": "xml" })).await;
        say(&world, "再").await;
        assert!(recorder.bodies()[1].starts_with("<xml>"));
    }
}

/// Facts: Reply envelope. A reply may be JSON, sealed in a JSON envelope.
#[tokio::test]
async fn a_reply_may_be_json() {
    let account = crate::sim::callback::original_id(APP_ID);
    let reply = json!({
        "ToUserName": openid_of("zhang"), "FromUserName": account, "CreateTime": 1,
        "MsgType": "news", "Articles": [{ "Title": "一", "Url": "http://a.cn/1" }, { "Title": "二" }],
    });
    let (world, recorder) = recorded().await;
    recorder.answer(reply.to_string());
    let answer = say(&world, "在吗").await;
    assert_eq!(answer["reply"]["articles"][1]["title"], "二", "{answer}");
    let (world, recorder) = recorded_in(Mode::Secure).await;
    let key = AesKey::parse(AES_KEY).unwrap();
    let sealed = key.encrypt(reply.to_string().as_bytes(), APP_ID, &[7; 16]);
    let signed = crate::wechat::signature::Signature::message(TOKEN, "1", "n", &sealed);
    let envelope =
        json!({ "Encrypt": sealed, "MsgSignature": signed.as_str(), "TimeStamp": 1, "Nonce": "n" });
    recorder.answer(envelope.to_string());
    let answer = say(&world, "在吗").await;
    assert_eq!(answer["reply"]["articles"][0]["url"], "http://a.cn/1", "{answer}");
}

/// Passive replies of every kind; a medium must have been uploaded.
#[tokio::test]
async fn passive_replies_can_be_media() {
    let (world, recorder) = recorded().await;
    let account = crate::sim::callback::original_id(APP_ID);
    let reply = |kind: &str, inner: String| {
        format!(
            "<xml><ToUserName>{}</ToUserName><FromUserName>{account}</FromUserName><CreateTime>1</CreateTime>\
             <MsgType>{kind}</MsgType>{inner}</xml>",
            openid_of("zhang")
        )
    };
    let image = media::upload(&world, "image", "a.png", media::PNG).await["media_id"].clone();
    let image = image.as_str().unwrap();
    let music = "<Music><Title>歌</Title><MusicUrl>http://a.cn/m</MusicUrl></Music>".to_owned();
    let with = |tag: &str, id: &str| format!("<{tag}><MediaId>{id}</MediaId></{tag}>");
    let cases = [
        (reply("image", with("Image", image)), "reply"),
        (reply("voice", with("Voice", image)), "reply"),
        (reply("video", with("Video", image)), "reply"),
        (reply("music", music), "reply"),
        (reply("transfer_customer_service", String::new()), "reply"),
        (reply("image", with("Image", "none")), "trouble"),
        (reply("image", String::new()), "trouble"),
    ];
    for (text, outcome) in cases {
        recorder.answer(text.clone());
        assert_eq!(say(&world, "在吗").await["outcome"], outcome, "{text}");
    }
    let kinds: Vec<_> = world
        .kinds("zhang")
        .await
        .into_iter()
        .filter(|k| k != "said")
        .collect();
    assert_eq!(kinds, ["image", "voice", "video", "music", "trouble", "trouble"]);
}
