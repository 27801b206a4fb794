use super::*;
use crate::wechat::message::Kind;
use crate::wechat::xml::Fields;

fn inbound(kind: Kind) -> Inbound {
    Inbound {
        to: "gh_1".into(),
        from: "o1".into(),
        create_time: 1,
        msg_id: None,
        kind,
    }
}

#[test]
fn text_reply_as_wechat_documents_it() {
    let xml = Reply::text("你好").to_xml(&inbound(Kind::Unsubscribe), 12_345_678);
    assert_eq!(
        xml,
        "<xml><ToUserName><![CDATA[o1]]></ToUserName><FromUserName><![CDATA[gh_1]]></FromUserName>\
         <CreateTime>12345678</CreateTime><MsgType><![CDATA[text]]></MsgType>\
         <Content><![CDATA[你好]]></Content></xml>"
    );
}

/// facts row 7
#[test]
fn nasty_text_stays_well_formed() {
    let xml = Reply::text("a]]>b\u{0}]]\u{1}>c").to_xml(&inbound(Kind::Unsubscribe), 1);
    let fields = Fields::parse(&xml).unwrap();
    assert_eq!(fields.get("Content").unwrap().unwrap(), "a]]>b]]>c");
}

#[test]
fn news_reply_keeps_to_the_number_wechat_allows() {
    let card = Article {
        title: "求学圆梦".into(),
        url: "https://x.cn/".into(),
        ..Article::default()
    };
    let reply = Reply::News {
        articles: vec![card; 9],
    };
    for (kind, count) in [
        (Kind::Text { content: "x".into() }, "1"),
        (Kind::Unsubscribe, "8"),
    ] {
        let xml = reply.to_xml(&inbound(kind), 1);
        let fields = Fields::parse(&xml).unwrap();
        assert_eq!(fields.get("ArticleCount").unwrap().unwrap(), count);
        assert_eq!(
            fields.iter().filter(|f| f.name == "Title").count().to_string(),
            count
        );
        assert_eq!(fields.inside("item", "Title"), Some("求学圆梦"));
    }
}

/// 被动回复用户消息: image, voice, video, music; 将消息转发到客服.
#[test]
fn the_other_replies_as_wechat_documents_them() {
    let music = Music {
        title: "题".into(),
        url: "http://m".into(),
        thumb_media_id: "t".into(),
        ..Music::default()
    };
    let video = Reply::Video {
        media_id: "m".into(),
        title: "题".into(),
        description: String::new(),
    };
    for (reply, tail) in [
        (
            Reply::Image { media_id: "m".into() },
            "image]]></MsgType><Image><MediaId><![CDATA[m]]></MediaId></Image>",
        ),
        (
            Reply::Voice { media_id: "m".into() },
            "voice]]></MsgType><Voice><MediaId><![CDATA[m]]></MediaId></Voice>",
        ),
        (
            video,
            "video]]></MsgType><Video><MediaId><![CDATA[m]]></MediaId><Title><![CDATA[题]]></Title></Video>",
        ),
        (
            Reply::Music(music),
            "music]]></MsgType><Music><Title><![CDATA[题]]></Title><MusicUrl><![CDATA[http://m]]></MusicUrl>\
             <ThumbMediaId><![CDATA[t]]></ThumbMediaId></Music>",
        ),
        (
            Reply::TransferCustomerService { account: None },
            "transfer_customer_service]]></MsgType>",
        ),
        (
            Reply::TransferCustomerService {
                account: Some("test1@test".into()),
            },
            "transfer_customer_service]]></MsgType><TransInfo><KfAccount><![CDATA[test1@test]]></KfAccount></TransInfo>",
        ),
    ] {
        let inbound = inbound(Kind::Unsubscribe);
        let xml = reply.to_xml(&inbound, 1);
        assert!(xml.ends_with(&format!("<MsgType><![CDATA[{tail}</xml>")), "{xml}");
        // In JSON the same fields with the same values, in whatever order.
        let sorted = |fields: Fields<'_>| {
            let mut list: Vec<_> = fields
                .iter()
                .map(|f| (f.parent.to_owned(), f.name.to_owned(), f.value.to_string()))
                .filter(|f| !f.2.is_empty())
                .collect();
            list.sort();
            list
        };
        let json = reply.to_json(&inbound, 1);
        assert_eq!(
            sorted(Fields::parse_body(&json).unwrap()),
            sorted(Fields::parse(&xml).unwrap())
        );
        let stored = serde_json::to_string(&reply).unwrap();
        assert_eq!(serde_json::from_str::<Reply>(&stored).unwrap(), reply);
    }
}

#[test]
fn nothing_to_say_is_success() {
    for reply in [
        Reply::Success,
        Reply::text(" \n"),
        Reply::News { articles: vec![] },
        Reply::Image {
            media_id: String::new(),
        },
        Reply::Music(Music::default()),
    ] {
        assert_eq!(reply.to_json(&inbound(Kind::Unsubscribe), 1), "success");
        assert_eq!(reply.to_xml(&inbound(Kind::Unsubscribe), 1), "success");
    }
}
