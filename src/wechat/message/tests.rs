use super::*;

mod kinds;

use crate::wechat::testing::vectors;
use proptest::prelude::*;

fn parse(inner: &str) -> Inbound {
    let head = "<ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName>\
                <CreateTime>1409735668</CreateTime>";
    Inbound::parse(&format!("<xml>{head}{inner}</xml>")).unwrap()
}

fn event(inner: &str) -> Kind {
    parse(&format!("<MsgType><![CDATA[event]]></MsgType>{inner}")).kind
}

#[test]
fn official_text_message() {
    let v = &vectors()["encrypted_inbound"][0];
    let message = Inbound::parse(v["expected_plaintext"].as_str().unwrap()).unwrap();
    assert_eq!(message.to, "gh_10f6c3c3ac5a");
    assert_eq!(message.from, "oyORnuP8q7ou2gfYjqLzSIWZf0rs");
    assert_eq!(message.create_time, 1_409_735_668);
    assert_eq!(message.msg_id.as_deref(), Some("6054768590064713728"));
    assert_eq!(
        message.kind,
        Kind::Text {
            content: "abcdteT".into()
        }
    );
}

/// facts, QR: EventKey is `qrscene_x` on subscribe and bare on SCAN.
#[test]
fn following_and_scanning() {
    let scanned = event("<Event>subscribe</Event><EventKey>qrscene_u7</EventKey><Ticket>t</Ticket>");
    assert_eq!(
        scanned,
        Kind::Subscribe {
            scene: Some("u7".into()),
            ticket: Some("t".into())
        }
    );
    let plain = event("<Event>subscribe</Event><EventKey><![CDATA[]]></EventKey>");
    assert_eq!(
        plain,
        Kind::Subscribe {
            scene: None,
            ticket: None
        }
    );
    assert_eq!(event("<Event>unsubscribe</Event>"), Kind::Unsubscribe);
    let scan = event("<Event>SCAN</Event><EventKey>u7</EventKey>");
    assert_eq!(
        scan,
        Kind::Scan {
            scene: "u7".into(),
            ticket: None
        }
    );
}

#[test]
fn menu_events() {
    assert_eq!(
        event("<Event>CLICK</Event><EventKey>K_1</EventKey>"),
        Kind::Click { key: "K_1".into() }
    );
    let view = event("<Event>VIEW</Event><EventKey>http://x.cn/?a=1&amp;b=2</EventKey><MenuId>9</MenuId>");
    assert_eq!(
        view,
        Kind::View {
            url: "http://x.cn/?a=1&b=2".into(),
            menu_id: Some("9".into())
        }
    );
}

/// facts, TEMPLATESENDJOBFINISH: the field is `MsgID`, the status has a space in one case only.
#[test]
fn template_outcome() {
    let sent = |s: &str| {
        event(&format!(
            "<Event>TEMPLATESENDJOBFINISH</Event><MsgID>200163836</MsgID><Status>{s}</Status>"
        ))
    };
    for (status, outcome) in [
        ("success", SendOutcome::Success),
        ("failed:user block", SendOutcome::UserBlock),
        ("failed: system failed", SendOutcome::SystemFailed),
        ("failed:freq limit", SendOutcome::FrequencyLimit),
        ("failed: of something new", SendOutcome::Unknown),
    ] {
        assert_eq!(
            sent(status),
            Kind::TemplateSent {
                msg_id: "200163836".into(),
                status: status.into()
            }
        );
        assert_eq!(SendOutcome::from_status(status), outcome);
    }
}

#[test]
fn unknown_kinds_are_kept_verbatim() {
    let unknown =
        event("<Event>wxa_media_check</Event><EventKey>6</EventKey><detail><errcode>0</errcode></detail>");
    assert_eq!(unknown.field("detail/errcode"), Some("0"));
    assert_eq!(unknown.field("EventKey"), Some("6"));
    let card = parse("<MsgType>miniprogrampage</MsgType><Title>t</Title><MsgId>1</MsgId>");
    assert_eq!(card.kind.field("Title"), Some("t"));
    assert!(card.is_message());
}

#[test]
fn messages_can_be_stored_and_their_debug_print_is_not_personal() {
    for inner in [
        "<MsgType>text</MsgType><Content>机密</Content>",
        "<MsgType>event</MsgType><Event>x</Event>",
    ] {
        let message = parse(inner);
        let stored = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<Inbound>(&stored).unwrap(), message);
        let printed = format!("{message:?}");
        assert!(!printed.contains("机密") && !printed.contains("o1"), "{printed}");
    }
}

#[test]
fn what_cannot_be_missing_is_named() {
    let missing = |xml: &str| Inbound::parse(xml).unwrap_err();
    assert_eq!(missing("<xml></xml>"), Malformed::Missing("CreateTime"));
    let bad = "<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><MsgType>text</MsgType>\
               <CreateTime>x</CreateTime></xml>";
    assert_eq!(missing(bad), Malformed::Number("CreateTime"));
    let two = "<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><FromUserName>c</FromUserName>\
               <MsgType>text</MsgType><CreateTime>1</CreateTime></xml>";
    assert_eq!(missing(two), Malformed::Duplicate("FromUserName"));
}

/// facts row 3: MsgId repeats across users; events of one second differ only in EventKey or their own id.
#[test]
fn dedup_keys() {
    let text = parse("<MsgType>text</MsgType><Content>a</Content><MsgId>1</MsgId>");
    let key = text.dedup_key("wx1");
    assert_eq!(key.len(), 32);
    assert_eq!(key, text.clone().dedup_key("wx1"));
    assert_ne!(key, text.dedup_key("wx2"));
    assert_ne!(
        key,
        Inbound {
            from: "o2".into(),
            ..text.clone()
        }
        .dedup_key("wx1")
    );
    assert_ne!(
        key,
        Inbound {
            msg_id: Some("2".into()),
            ..text
        }
        .dedup_key("wx1")
    );
    let events: std::collections::BTreeSet<_> = [
        "<Event>CLICK</Event><EventKey>a</EventKey>",
        "<Event>CLICK</Event><EventKey>b</EventKey>",
        "<Event>VIEW</Event><EventKey>a</EventKey>",
        "<Event>subscribe</Event>",
        "<Event>unsubscribe</Event>",
        "<Event>TEMPLATESENDJOBFINISH</Event><MsgID>1</MsgID>",
        "<Event>TEMPLATESENDJOBFINISH</Event><MsgID>2</MsgID>",
        "<Event>wxa_media_check</Event><trace_id>1</trace_id>",
        "<Event>wxa_media_check</Event><trace_id>2</trace_id>",
    ]
    .into_iter()
    .map(|e| parse(&format!("<MsgType>event</MsgType>{e}")).dedup_key("wx1"))
    .collect();
    assert_eq!(events.len(), 9);
}

proptest! {
    /// Whatever comes, an answer and no panic; and what is read twice is read alike.
    #[test]
    fn rubbish_never_panics(
        parts in proptest::collection::vec("(<|</|>|]]>|<!\\[CDATA\\[|&#x?|;|xml|MsgType|text|\\PC){1,12}", 0..20),
    ) {
        let text = format!("<xml>{}</xml>", parts.concat());
        prop_assert_eq!(Inbound::parse(&text), Inbound::parse(&text));
        prop_assert!(Inbound::parse(&parts.concat()).is_err());
    }
}
