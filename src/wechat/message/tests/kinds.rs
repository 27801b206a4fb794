//! Every kind of message and event, in XML and in JSON.

use super::{event, parse};
use crate::wechat::message::*;

fn position(latitude: &str, longitude: &str) -> Position {
    Position {
        latitude: latitude.into(),
        longitude: longitude.into(),
    }
}

/// Each message type as WeChat documents it (接收普通消息).
#[test]
fn message_types() {
    let cases = [
        (
            "<MsgType>image</MsgType><PicUrl>http://p/1</PicUrl><MediaId>m1</MediaId>",
            Kind::Image {
                pic_url: "http://p/1".into(),
                media_id: "m1".into(),
            },
        ),
        (
            "<MsgType>voice</MsgType><MediaId>m2</MediaId><Format>amr</Format><Recognition>腾讯微信团队</Recognition>",
            Kind::Voice {
                media_id: "m2".into(),
                format: "amr".into(),
                recognition: Some("腾讯微信团队".into()),
            },
        ),
        (
            "<MsgType>video</MsgType><MediaId>m3</MediaId><ThumbMediaId>t3</ThumbMediaId>",
            Kind::Video {
                media_id: "m3".into(),
                thumb_media_id: "t3".into(),
            },
        ),
        (
            "<MsgType>shortvideo</MsgType><MediaId>m4</MediaId><ThumbMediaId>t4</ThumbMediaId>",
            Kind::ShortVideo {
                media_id: "m4".into(),
                thumb_media_id: "t4".into(),
            },
        ),
        (
            "<MsgType>location</MsgType><Location_X>23.134521</Location_X><Location_Y>113.358803</Location_Y>\
             <Scale>20</Scale><Label>位置信息</Label>",
            Kind::Location {
                place: Box::new(Place {
                    position: position("23.134521", "113.358803"),
                    scale: "20".into(),
                    label: "位置信息".into(),
                    name: String::new(),
                }),
            },
        ),
        (
            "<MsgType>link</MsgType><Title>题</Title><Description>述</Description><Url>http://u?a=1&amp;b=2</Url>",
            Kind::Link {
                title: "题".into(),
                description: "述".into(),
                url: "http://u?a=1&b=2".into(),
            },
        ),
    ];
    for (xml, kind) in cases {
        let message = parse(&format!("{xml}<MsgId>1234567890123456</MsgId>"));
        assert_eq!(message.kind, kind);
        assert!(message.is_message() && xml.contains(&format!("<MsgType>{}<", kind.name())));
        let stored = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<Inbound>(&stored).unwrap(), message);
    }
    assert_eq!(
        position("23.134521", "113.358803").degrees(),
        Some((23.134521, 113.358803))
    );
    for bad in [
        position("91", "0"),
        position("0", "-181"),
        position("", "0"),
        position("NaN", "0"),
    ] {
        assert_eq!(bad.degrees(), None);
    }
}

/// Texts are nearly all messages: what they are moved in stays small, whatever else there is.
#[test]
fn a_kind_is_no_larger_than_a_verbatim_one() {
    assert!(size_of::<Kind>() <= 80, "{}", size_of::<Kind>());
}

/// A field WeChat left out is no reason to have the message sent three times.
#[test]
fn missing_fields_read_as_empty() {
    assert_eq!(
        parse("<MsgType>image</MsgType>").kind,
        Kind::Image {
            pic_url: String::new(),
            media_id: String::new()
        }
    );
    assert!(matches!(
        event("<Event>pic_weixin</Event>"),
        Kind::Pictures { md5, .. } if md5.is_empty()
    ));
}

/// The events of menu items as WeChat documents them (自定义菜单 事件推送).
#[test]
fn menu_items() {
    for (name, waits) in [("scancode_push", false), ("scancode_waitmsg", true)] {
        let kind = event(&format!(
            "<Event>{name}</Event><EventKey>6</EventKey><ScanCodeInfo><ScanType>qrcode</ScanType>\
             <ScanResult>1</ScanResult></ScanCodeInfo>"
        ));
        assert_eq!(kind.name(), name);
        let scanned = Kind::ScanCode {
            key: "6".into(),
            waits,
            scan_type: "qrcode".into(),
            result: "1".into(),
        };
        assert_eq!(kind, scanned);
    }
    for (name, source) in [
        ("pic_sysphoto", PictureSource::Camera),
        ("pic_photo_or_album", PictureSource::CameraOrAlbum),
        ("pic_weixin", PictureSource::WeChatAlbum),
    ] {
        let kind = event(&format!(
            "<Event>{name}</Event><EventKey>6</EventKey><SendPicsInfo><Count>2</Count><PicList>\
             <item><PicMd5Sum>1b5f</PicMd5Sum></item><item><PicMd5Sum>5a75</PicMd5Sum></item></PicList></SendPicsInfo>"
        ));
        assert_eq!(kind.name(), name);
        let sent = Kind::Pictures {
            key: "6".into(),
            source,
            md5: vec!["1b5f".into(), "5a75".into()],
        };
        assert_eq!(kind, sent);
    }
    assert_eq!(
        event(
            "<Event>location_select</Event><EventKey>6</EventKey><SendLocationInfo><Location_X>23</Location_X>\
             <Location_Y>113</Location_Y><Scale>15</Scale><Label>广州市</Label><Poiname>塔</Poiname></SendLocationInfo>"
        ),
        Kind::LocationSelect {
            key: "6".into(),
            place: Box::new(Place {
                position: position("23", "113"),
                scale: "15".into(),
                label: "广州市".into(),
                name: "塔".into(),
            }),
        }
    );
    assert_eq!(
        event("<Event>view_miniprogram</Event><EventKey>pages/index</EventKey><MenuId>MENUID</MenuId>"),
        Kind::ViewMiniProgram {
            path: "pages/index".into(),
            menu_id: Some("MENUID".into())
        }
    );
    assert_eq!(
        event(
            "<Event>LOCATION</Event><Latitude>23.137466</Latitude><Longitude>113.352425</Longitude><Precision>119.385040</Precision>"
        ),
        Kind::ReportedLocation {
            position: position("23.137466", "113.352425"),
            precision: "119.385040".into()
        }
    );
}

fn grant(template_id: &str, decision: Decision, scene: Option<&str>) -> Grant {
    Grant {
        template_id: template_id.into(),
        decision,
        scene: scene.map(Into::into),
    }
}

/// facts, 订阅通知: accept and reject; a word not known is no grant.
#[test]
fn decisions_about_subscriptions() {
    let popup = event(
        "<Event>subscribe_msg_popup_event</Event><SubscribeMsgPopupEvent>\
         <List><TemplateId>T1</TemplateId><SubscribeStatusString>accept</SubscribeStatusString><PopupScene>2</PopupScene></List>\
         <List><TemplateId>T2</TemplateId><SubscribeStatusString>reject</SubscribeStatusString><PopupScene>2</PopupScene></List>\
         <List><SubscribeStatusString>filter</SubscribeStatusString><TemplateId>T3</TemplateId></List>\
         </SubscribeMsgPopupEvent>",
    );
    let Kind::SubscribePopup { grants } = popup else {
        panic!("{popup:?}")
    };
    assert_eq!(
        grants,
        [
            grant("T1", Decision::Accept, Some("2")),
            grant("T2", Decision::Reject, Some("2")),
            grant("T3", Decision::Other("filter".into()), None),
        ]
    );
    assert_eq!(grants.iter().filter(|g| g.is_accepted()).count(), 1);
    assert_eq!(
        event(
            "<Event>subscribe_msg_change_event</Event><SubscribeMsgChangeEvent><List><TemplateId>T1</TemplateId>\
             <SubscribeStatusString>reject</SubscribeStatusString></List></SubscribeMsgChangeEvent>"
        ),
        Kind::SubscribeChange {
            grants: vec![grant("T1", Decision::Reject, None)]
        }
    );
    let sent = event(
        "<Event>subscribe_msg_sent_event</Event><SubscribeMsgSentEvent><List><TemplateId>T1</TemplateId>\
         <MsgID>1700827132819554304</MsgID><ErrorCode>0</ErrorCode><ErrorStatus>success</ErrorStatus></List>\
         </SubscribeMsgSentEvent>",
    );
    let Kind::SubscribeSent { results } = sent else {
        panic!("{sent:?}")
    };
    assert_eq!(results[0].msg_id, "1700827132819554304");
    assert!(results[0].is_success());
}

/// facts, Revocation: the subject is `OpenID`; WeChat's platform stands in FromUserName.
#[test]
fn authorizations_are_about_their_openid() {
    let about = |name: &str, more: &str| {
        let message = parse(&format!(
            "<MsgType>event</MsgType><Event>{name}</Event><OpenID>o9</OpenID><AppID>wx1</AppID>{more}"
        ));
        assert_eq!((message.from.as_str(), message.subject()), ("o1", "o9"));
        assert_eq!(message.kind.name(), name);
        message.kind
    };
    let of = Subject {
        openid: "o9".into(),
        app_id: "wx1".into(),
    };
    assert_eq!(
        about("user_info_modified", ""),
        Kind::UserInfoModified { of: of.clone() }
    );
    assert_eq!(
        about("user_authorization_cancellation", ""),
        Kind::AuthorizationCancelled { of: of.clone() }
    );
    for (text, revoked) in [
        ("201", vec!["201"]),
        ("201,205", vec!["201", "205"]),
        ("", vec![]),
    ] {
        assert_eq!(
            about(
                "user_authorization_revoke",
                &format!("<RevokeInfo>{text}</RevokeInfo>")
            ),
            Kind::AuthorizationRevoked {
                of: of.clone(),
                revoked: revoked.into_iter().map(str::to_owned).collect()
            }
        );
    }
    let nobody = "<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><CreateTime>1</CreateTime>\
                  <MsgType>event</MsgType><Event>user_authorization_revoke</Event></xml>";
    assert_eq!(Inbound::parse(nobody).unwrap_err(), Malformed::Missing("OpenID"));
}

/// facts, WxJava#2477: in JSON `List` is an object for one and an array for many; numbers may come unquoted.
#[test]
fn json_reads_like_xml() {
    let head = r#""ToUserName":"gh_1","FromUserName":"o1","CreateTime":1409735668"#;
    let json = |rest: &str| Inbound::parse(&format!("{{{head},{rest}}}")).unwrap();
    let text = json(r#""MsgType":"text","Content":"你好 & <b>","MsgId":6054768590064713728"#);
    assert_eq!(
        text,
        parse(
            "<MsgType>text</MsgType><Content><![CDATA[你好 & <b>]]></Content><MsgId>6054768590064713728</MsgId>"
        )
    );
    let one = r#"{"TemplateId":"T1","SubscribeStatusString":"accept","PopupScene":"0"}"#;
    let event = |list: &str| {
        json(&format!(
            r#""MsgType":"event","Event":"subscribe_msg_popup_event","List":{list}"#
        ))
        .kind
    };
    let grants = vec![grant("T1", Decision::Accept, Some("0"))];
    assert_eq!(event(one), Kind::SubscribePopup { grants });
    assert_eq!(event(one), event(&format!("[{one}]")));
    let Kind::SubscribePopup { grants } = event(&format!("[{one},{one},{one}]")) else {
        panic!("grants")
    };
    assert_eq!(grants.len(), 3);
    let pictures = json(
        r#""MsgType":"event","Event":"pic_weixin","EventKey":"6","SendPicsInfo":{"Count":2,"PicList":[{"PicMd5Sum":"a"},{"PicMd5Sum":"b"}]}"#,
    );
    assert!(matches!(pictures.kind, Kind::Pictures { md5, .. } if md5 == ["a", "b"]));
    let unknown = json(r#""MsgType":"event","Event":"new_one","detail":[{"a":{"b":1}},{"c":true}]"#);
    assert_eq!(unknown.kind.field("a/b"), Some("1"));
    assert_eq!(unknown.kind.field("detail/c"), Some("true"));
    let revoked =
        json(r#""MsgType":"event","Event":"user_authorization_revoke","OpenID":"o9","RevokeInfo":"201""#);
    assert_eq!(revoked.subject(), "o9");
}

/// facts row 3: events of one second differ in what they carry, or are one event.
#[test]
fn events_of_one_second_differ() {
    let popup = |t: &str, s: &str| {
        format!(
            "<Event>subscribe_msg_popup_event</Event><List><TemplateId>{t}</TemplateId><SubscribeStatusString>{s}</SubscribeStatusString></List>"
        )
    };
    let revoke = |o: &str, r: &str| {
        format!("<Event>user_authorization_revoke</Event><OpenID>{o}</OpenID><RevokeInfo>{r}</RevokeInfo>")
    };
    let events = [
        popup("T1", "accept"),
        popup("T1", "reject"),
        popup("T2", "accept"),
        revoke("o1", "201"),
        revoke("o2", "201"),
        revoke("o1", "202"),
        "<Event>user_authorization_cancellation</Event><OpenID>o1</OpenID>".into(),
        "<Event>LOCATION</Event><Latitude>1</Latitude><Longitude>2</Longitude>".into(),
        "<Event>LOCATION</Event><Latitude>12</Latitude><Longitude></Longitude>".into(),
        "<Event>scancode_push</Event><EventKey>a</EventKey>".into(),
        "<Event>scancode_waitmsg</Event><EventKey>a</EventKey>".into(),
        "<Event>pic_weixin</Event><EventKey>a</EventKey>".into(),
        "<Event>pic_sysphoto</Event><EventKey>a</EventKey>".into(),
    ];
    let keys: std::collections::BTreeSet<_> = events
        .iter()
        .map(|e| parse(&format!("<MsgType>event</MsgType>{e}")).dedup_key("wx1"))
        .collect();
    assert_eq!(keys.len(), events.len());
}
