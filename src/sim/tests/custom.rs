use serde_json::{Value, json};

use super::recorder::recorded;
use super::*;

const SEND: &str = "/cgi-bin/message/custom/send";

fn text(user: &str) -> Value {
    json!({ "touser": openid_of(user), "msgtype": "text", "text": { "content": "您好" } })
}

async fn say(world: &World, user: &str) {
    world
        .post("/sim/say", json!({ "user": user, "text": "在吗" }))
        .await;
}

async fn send(world: &World, message: Value) -> i64 {
    world.call(SEND, message).await["errcode"].as_i64().unwrap()
}

/// Facts: Customer service. Five within 48 hours after a message; a sixth is 45047, later is 45015.
#[tokio::test]
async fn a_message_opens_five_in_48_hours() {
    let (world, _recorder) = recorded().await;
    assert_eq!(send(&world, text("zhang")).await, 45015, "nothing was said");
    say(&world, "zhang").await;
    for _ in 0..5 {
        assert_eq!(send(&world, text("zhang")).await, 0);
    }
    assert_eq!(send(&world, text("zhang")).await, 45047);
    say(&world, "zhang").await;
    assert_eq!(send(&world, text("zhang")).await, 0, "a new message counts anew");
    world.advance(48 * 3_600_000 - 60_000).await;
    assert_eq!(send(&world, text("zhang")).await, 0);
    world.advance(60_000).await;
    assert_eq!(send(&world, text("zhang")).await, 45015);
    let kinds = world.kinds("zhang").await;
    assert_eq!(kinds.iter().filter(|k| *k == "text").count(), 7);
    assert_eq!(world.get("/sim/stats").await["custom_shown"], 7);
}

/// Facts: Customer service. Three within a minute after following, scanning, or a tap that pushes an event.
#[tokio::test]
async fn an_act_opens_three_in_one_minute() {
    let (world, _recorder) = recorded().await;
    let menu = json!({ "button": [
        { "type": "click", "name": "热线", "key": "K" },
        { "type": "scancode_push", "name": "扫码", "key": "S" },
        { "type": "view", "name": "首页", "url": "http://127.0.0.1:8080/" },
    ] });
    world.call("/cgi-bin/menu/create", menu).await;
    let acts = [
        ("/sim/follow", json!({ "user": "wang" })),
        ("/sim/scan", json!({ "user": "wang", "scene": "u9" })),
        ("/sim/tap", json!({ "user": "wang", "path": [0] })),
        ("/sim/tap", json!({ "user": "wang", "path": [1] })),
    ];
    for (path, act) in acts {
        world.post(path, act.clone()).await;
        for _ in 0..3 {
            assert_eq!(send(&world, text("wang")).await, 0, "{act}");
        }
        assert_eq!(send(&world, text("wang")).await, 45047, "{act}");
        world.advance(60_000).await;
        assert_eq!(send(&world, text("wang")).await, 45015, "{act}");
    }
    world
        .post("/sim/tap", json!({ "user": "wang", "path": [2] }))
        .await;
    assert_eq!(
        send(&world, text("wang")).await,
        45015,
        "opening a page opens nothing"
    );
}

/// The short window is used before the long one; leaving closes both.
#[tokio::test]
async fn windows_add_up_and_end_with_leaving() {
    let (world, _recorder) = recorded().await;
    world.follow("wang").await;
    say(&world, "wang").await;
    for _ in 0..3 {
        assert_eq!(send(&world, text("wang")).await, 0);
    }
    world.advance(60_000).await;
    for _ in 0..5 {
        assert_eq!(send(&world, text("wang")).await, 0);
    }
    assert_eq!(send(&world, text("wang")).await, 45047);
    say(&world, "wang").await;
    world.post("/sim/unfollow", json!({ "user": "wang" })).await;
    assert_eq!(send(&world, text("wang")).await, 45015);
    world.follow("wang").await;
    assert_eq!(send(&world, text("wang")).await, 0);
}

/// Every kind appears on the phone.
#[tokio::test]
async fn each_kind_is_shown() {
    let (world, _recorder) = recorded().await;
    say(&world, "zhang").await;
    say(&world, "li").await;
    let image = media::upload(&world, "image", "a.png", media::PNG).await["media_id"].clone();
    let voice = media::upload(&world, "voice", "a.amr", b"#!AMR\nxx").await["media_id"].clone();
    let video = media::upload(&world, "video", "a.mp4", media::MP4).await["media_id"].clone();
    let article = json!({ "title": "政策", "description": "说明", "url": "http://a.cn/1", "picurl": "" });
    let menu = json!({ "head_content": "满意吗", "list": [{ "id": "101", "content": "满意" }, { "id": 102, "content": "不满意" }], "tail_content": "谢谢" });
    let parts = [
        ("zhang", "text", json!({ "content": "您好" })),
        ("zhang", "image", json!({ "media_id": image })),
        ("zhang", "voice", json!({ "media_id": voice })),
        (
            "zhang",
            "video",
            json!({ "media_id": video, "thumb_media_id": image, "title": "片" }),
        ),
        (
            "zhang",
            "music",
            json!({ "title": "歌", "musicurl": "http://a.cn/m", "hqmusicurl": "http://a.cn/h", "thumb_media_id": image }),
        ),
        ("li", "news", json!({ "articles": [article] })),
        (
            "li",
            "miniprogrampage",
            json!({ "title": "小程序", "appid": "wxmini", "pagepath": "pages/a", "thumb_media_id": image }),
        ),
        ("li", "msgmenu", menu),
    ];
    for (user, kind, part) in parts {
        let answer = world
            .call(
                SEND,
                json!({ "touser": openid_of(user), "msgtype": kind, kind: part }),
            )
            .await;
        assert_code(&answer, 0);
    }
    assert_eq!(
        world.kinds("zhang").await[1..],
        ["text", "image", "voice", "video", "music"]
    );
    assert_eq!(world.kinds("li").await[1..], ["news", "mini", "msgmenu"]);
    let menu = world.inbox("li").await.last().unwrap().clone();
    assert_eq!(menu["items"][1], json!({ "id": "102", "content": "不满意" }));
}

/// A tapped answer comes as a text that names it.
#[tokio::test]
async fn an_answer_of_a_menu_names_itself() {
    let (world, recorder) = recorded().await;
    let tapped = json!({ "user": "zhang", "text": "满意", "menu_id": "101" });
    world.post("/sim/say", tapped).await;
    assert_eq!(recorder::element(&recorder.bodies()[0], "bizmsgmenuid"), "101");
}

/// Facts, Errors. A refusal uses up nothing.
#[tokio::test]
async fn what_is_wrong_has_its_code() {
    let (world, _recorder) = recorded().await;
    say(&world, "zhang").await;
    let to = openid_of("zhang");
    let thumb = json!({ "title": "x", "url": "http://a.cn" });
    let cases = [
        (
            json!({ "touser": "oNobody", "msgtype": "text", "text": { "content": "x" } }),
            40003,
        ),
        (json!({ "msgtype": "text", "text": { "content": "x" } }), 40003),
        (json!({ "touser": to, "msgtype": "dance" }), 40008),
        (
            json!({ "touser": to, "msgtype": "text", "text": { "content": "" } }),
            44004,
        ),
        (
            json!({ "touser": to, "msgtype": "text", "text": { "content": "字".repeat(683) } }),
            45002,
        ),
        (json!({ "touser": to, "msgtype": "image", "image": {} }), 41006),
        (
            json!({ "touser": to, "msgtype": "image", "image": { "media_id": "none" } }),
            40007,
        ),
        (
            json!({ "touser": to, "msgtype": "video", "video": { "media_id": "x", "thumb_media_id": "none" } }),
            40007,
        ),
        (
            json!({ "touser": to, "msgtype": "news", "news": { "articles": [] } }),
            44003,
        ),
        (
            json!({ "touser": to, "msgtype": "news", "news": { "articles": [thumb, thumb] } }),
            45008,
        ),
        (
            json!({ "touser": to, "msgtype": "mpnewsarticle", "mpnewsarticle": { "article_id": "a" } }),
            53600,
        ),
        (
            json!({ "touser": to, "msgtype": "miniprogrampage", "miniprogrampage": { "title": "x" } }),
            47001,
        ),
        (
            json!({ "touser": to, "msgtype": "msgmenu", "msgmenu": { "list": [] } }),
            47001,
        ),
    ];
    for (message, code) in cases {
        assert_eq!(send(&world, message.clone()).await, code, "{message}");
    }
    assert_code(&world.post(SEND, text("zhang")).await, 41001);
    for _ in 0..5 {
        assert_eq!(send(&world, text("zhang")).await, 0);
    }
}

/// 客服输入状态: within 30 s of a message (45080), not twice (45081), until a message or 15 s.
#[tokio::test]
async fn typing_is_shown() {
    let (world, _recorder) = recorded().await;
    let typing = async |command: &str| {
        let body = json!({ "touser": openid_of("zhang"), "command": command });
        let answer = world.call("/cgi-bin/message/custom/typing", body).await;
        answer["errcode"].as_i64().unwrap()
    };
    let shown = async || world.get("/phone/zhang/state").await["typing"].clone();
    assert_eq!(typing("Typing").await, 45080);
    say(&world, "zhang").await;
    assert_eq!(typing("Typing").await, 0);
    assert_eq!((typing("Typing").await, shown().await), (45081, json!(true)));
    assert_eq!((typing("CancelTyping").await, shown().await), (0, json!(false)));
    assert_eq!((typing("Typing").await, typing("Dance").await), (0, 45072));
    world.advance(15_000).await;
    assert_eq!((shown().await, typing("Typing").await), (json!(false), 0));
    assert_eq!(
        (send(&world, text("zhang")).await, shown().await),
        (0, json!(false))
    );
    world.advance(30_000).await;
    assert_eq!(typing("Typing").await, 45080);
}
