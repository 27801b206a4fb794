//! The crate's own callback, unchanged, against every message and event, in XML and in JSON.

use serde_json::{Value, json};

use super::*;

fn menu() -> Value {
    json!({ "button": [
        { "name": "扫", "sub_button": [
            { "type": "scancode_push", "name": "扫码", "key": "S1" },
            { "type": "scancode_waitmsg", "name": "扫码等", "key": "S2" },
        ] },
        { "name": "图", "sub_button": [{ "type": "pic_weixin", "name": "微信", "key": "P" }] },
        { "name": "其他", "sub_button": [
            { "type": "location_select", "name": "位置", "key": "L" },
            { "type": "miniprogram", "name": "小程序", "url": "http://a.cn", "appid": "wxmini", "pagepath": "pages/a" },
        ] },
    ] })
}

/// What is done, and the `Kind`s (as their JSON names them) that it must arrive as.
fn acts() -> Vec<(&'static str, Value, &'static [&'static str])> {
    let event = |event: &str| json!({ "user": "zhang", "event": event });
    let send = |kind: &str| json!({ "user": "zhang", "kind": kind });
    let tap = |i: usize, j: usize| json!({ "user": "zhang", "path": [i, j] });
    vec![
        ("/sim/say", json!({ "user": "zhang", "text": "在吗" }), &["text"]),
        ("/sim/send", send("image"), &["image"]),
        ("/sim/send", send("voice"), &["voice"]),
        ("/sim/send", send("video"), &["video"]),
        ("/sim/send", send("shortvideo"), &["short_video"]),
        ("/sim/send", send("location"), &["location"]),
        (
            "/sim/send",
            json!({ "user": "zhang", "kind": "link", "title": "t", "url": "http://a.cn" }),
            &["link"],
        ),
        ("/sim/event", event("LOCATION"), &["reported_location"]),
        ("/sim/event", event("user_info_modified"), &["user_info_modified"]),
        (
            "/sim/event",
            json!({ "user": "zhang", "event": "user_authorization_revoke", "revoke": [201] }),
            &["authorization_revoked"],
        ),
        ("/sim/event", event("new_event_of_2030"), &["other"]),
        ("/sim/tap", tap(0, 0), &["scan_code"]),
        ("/sim/tap", tap(0, 1), &["scan_code"]),
        ("/sim/tap", tap(1, 0), &["pictures", "image"]),
        ("/sim/tap", tap(2, 0), &["location_select", "location"]),
        ("/sim/tap", tap(2, 1), &["view_mini_program"]),
        (
            "/sim/subscribe",
            json!({ "user": "zhang", "templates": { "TPL-PROGRESS": "accept" } }),
            &["subscribe_popup"],
        ),
        (
            "/sim/subscribe/change",
            json!({ "user": "zhang", "template": "TPL-PROGRESS" }),
            &["subscribe_change"],
        ),
        (
            "/sim/event",
            event("user_authorization_cancellation"),
            &["authorization_cancelled"],
        ),
    ]
}

/// Issue 3, point 1: each arrives as its own kind, whatever the mode and the format.
#[tokio::test]
async fn everything_is_understood() {
    for (mode, format) in [
        (Mode::Secure, "xml"),
        (Mode::Secure, "json"),
        (Mode::Plain, "json"),
        (Mode::Compatible, "json"),
    ] {
        let world = world_in(mode).await;
        world.call("/cgi-bin/menu/create", menu()).await;
        world.post("/sim/format", json!({ "format": format })).await;
        let mut count = 0;
        for (path, act, kinds) in acts() {
            let answer = world.post(path, act.clone()).await;
            assert_ne!(answer["outcome"], "trouble", "{mode:?} {format} {act} {answer}");
            let seen = world.seen_at_least(count + kinds.len()).await;
            let got: Vec<String> = seen[count..]
                .iter()
                .map(|s| json!(s.inbound.kind)["type"].as_str().unwrap().to_owned())
                .collect();
            assert_eq!(got, kinds, "{mode:?} {format} {act}");
            count = seen.len();
        }
        assert_eq!(
            world.inbox("zhang").await[1]["text"],
            "收到：在吗",
            "{mode:?} {format}"
        );
    }
}
