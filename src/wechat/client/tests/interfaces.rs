//! Each interface once, against the small server: path, body, answer, refusal.

use super::*;
use crate::wechat::custom::{Content, CustomMessage};
use crate::wechat::media::{Media, MediaType};
use crate::wechat::menu::{ConditionalMenu, MatchRule};
use crate::wechat::mini::{TextScene, Verdict};
use crate::wechat::subscribe::SubscribeMessage;

const OK: &str = r#"{"errcode":0,"errmsg":"ok"}"#;

fn body(server: &Server, at: usize) -> Value {
    let asked = server.asked.lock().unwrap();
    serde_json::from_str(asked[at].split("\r\n\r\n").nth(1).unwrap()).unwrap()
}

/// facts, Customer service: a closed window has its own class; facts, 订阅通知: 43101 is final.
#[tokio::test]
async fn messages_beside_templates() {
    let server = serve(&[
        TOKEN_1,
        OK,
        r#"{"errcode":45015,"errmsg":"response out of time limit"}"#,
        OK,
        r#"{"errcode":43101,"errmsg":"user refuse to accept the msg"}"#,
        r#"{"errcode":0,"errmsg":"ok","msgid":9}"#,
        OK,
    ])
    .await;
    let client = server.client();
    let text = CustomMessage::new("o1", Content::Text("您的申请已受理".into()));
    client.send_custom(&text).await.unwrap();
    let closed = client.send_custom(&text).await.unwrap_err();
    assert_eq!(closed.class(), ErrorClass::WindowClosed);
    let notice = SubscribeMessage::new("o1", "T").field("thing1", "x").unwrap();
    assert_eq!(client.send_subscription(&notice).await, Ok(None));
    let refused = client.send_subscription(&notice).await.unwrap_err();
    assert_eq!(refused.class(), ErrorClass::Recipient);
    assert_eq!(client.send_mini_subscription(&notice).await, Ok(Some("9".into())));
    client.custom_typing("o1", true).await.unwrap();
    let empty = CustomMessage::new("o1", Content::Text(String::new()));
    assert!(matches!(
        client.send_custom(&empty).await,
        Err(CallError::Invalid(_))
    ));
    let lines = server.lines();
    assert!(lines[1].starts_with("POST /cgi-bin/message/custom/send?access_token=TOKEN1 "));
    assert!(lines[3].starts_with("POST /cgi-bin/message/subscribe/bizsend?access_token=TOKEN1 "));
    assert!(lines[5].starts_with("POST /cgi-bin/message/subscribe/send?access_token=TOKEN1 "));
    let typing = serde_json::json!({"touser": "o1", "command": "Typing"});
    assert_eq!(body(&server, 6), typing);
}

/// A hook that notes what it is told, and holds one interface back once its quota is used up.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

#[async_trait]
impl CallHook for Notes {
    async fn held_until(&self, api: &str) -> Option<i64> {
        let used_up = format!("{api} 45009");
        self.0.lock().unwrap().contains(&used_up).then_some(17)
    }

    async fn done(&self, api: &str, outcome: Result<(), &CallError>) {
        let how = outcome.err().map_or_else(|| "0".to_owned(), CallError::label);
        self.0.lock().unwrap().push(format!("{api} {how}"));
    }
}

/// facts, Errors: every request passes the hook, the token's and the repeated one too; after 45009 nothing is sent.
#[tokio::test]
async fn every_call_passes_the_hook() {
    let used_up = r#"{"errcode":45009,"errmsg":"reach max api daily quota limit"}"#;
    let server = serve(&[
        TOKEN_1,
        EXPIRED,
        TOKEN_2,
        used_up,
        r#"{"openid":"o1","access_token":"t"}"#,
    ])
    .await;
    let clock: Clock = Arc::new(|| 1_700_000_000_000);
    let config = ClientConfig {
        api_base: server.base.clone(),
        open_base: server.base.clone(),
        app_id: "wx1".into(),
        app_secret: "TOPSECRET".into(),
        instance: "test".into(),
    };
    let (store, notes) = (
        Arc::new(MemoryTokenStore::new(clock.clone())),
        Arc::new(Notes::default()),
    );
    let client = Client::with_hook(config, store, clock, notes.clone()).unwrap();
    let call = || client.get::<Value>("/cgi-bin/x", &[]);
    assert_eq!(call().await.unwrap_err().code(), Some(45009));
    for _ in 0..2 {
        let held = call().await.unwrap_err();
        assert_eq!(held, CallError::Held { until_ms: 17 });
        assert_eq!(held.class(), ErrorClass::StopUntilReset);
    }
    let login = client.get_with_secret::<Value>("/sns/x", &[]).await;
    assert!(login.is_ok(), "another interface is open");
    let told = notes.0.lock().unwrap().clone();
    let expected = [
        "/cgi-bin/stable_token 0",
        "/cgi-bin/x 42001",
        "/cgi-bin/stable_token 0",
        "/cgi-bin/x 45009",
        "/cgi-bin/x held",
        "/cgi-bin/x held",
        "/sns/x 0",
    ];
    assert_eq!(told, expected);
    assert_eq!(server.lines().len(), 5, "what is held is not sent");
}

/// facts, JS-SDK and row 2: the ticket is fetched once and shared; its fetch renews a token that ended.
#[tokio::test]
async fn the_js_sdk_is_configured() {
    let ticket = r#"{"errcode":0,"errmsg":"ok","ticket":"TICKET","expires_in":7200}"#;
    let server = serve(&[TOKEN_1, EXPIRED, TOKEN_2, ticket]).await;
    let client = server.client();
    let href = "https://u.example.cn/apply?id=1#top";
    let hosts = ["u.example.cn"];
    let configure = || client.js_config(href, &hosts, 1_414_587_457, "n1");
    let config = configure().await.unwrap();
    assert_eq!(configure().await.unwrap(), config);
    assert_eq!((config.app_id.as_str(), config.timestamp), ("wx1", 1_414_587_457));
    let url = "https://u.example.cn/apply?id=1";
    let expected = crate::wechat::jssdk::signature("TICKET", "n1", 1_414_587_457, url);
    assert_eq!(config.signature, expected);
    let foreign = client.js_config("https://evil.cn/", &hosts, 1, "n").await;
    assert!(matches!(foreign, Err(CallError::Invalid(_))));
    let lines = server.lines();
    assert!(lines[3].starts_with("GET /cgi-bin/ticket/getticket?access_token=TOKEN2&type=jsapi "));
    assert_eq!(lines.len(), 4);
}

/// facts, Mini: code2session, phone number with its watermark, content check.
#[tokio::test]
async fn mini_programs() {
    let phone = |app: &str| {
        format!(
            r#"{{"errcode":0,"phone_info":{{"phoneNumber":"13800000000","purePhoneNumber":"13800000000",
            "countryCode":"86","watermark":{{"timestamp":1637744274,"appid":"{app}"}}}}}}"#
        )
    };
    let (ours, foreign) = (phone("wx1"), phone("wx2"));
    let server = serve(&[
        r#"{"openid":"o1","session_key":"SESSIONKEY==","unionid":"u1"}"#,
        r#"{"errcode":40226,"errmsg":"code blocked"}"#,
        TOKEN_1,
        &ours,
        &foreign,
        r#"{"errcode":0,"detail":[],"trace_id":"t","result":{"suggest":"risky","label":20001}}"#,
        r#"{"errcode":87014,"errmsg":"risky content"}"#,
    ])
    .await;
    let client = server.client();
    let session = client.code_to_session("c1").await.unwrap();
    assert_eq!(
        (session.openid.as_str(), session.unionid.as_deref()),
        ("o1", Some("u1"))
    );
    let blocked = client.code_to_session("c2").await.unwrap_err();
    assert_eq!(blocked.class(), ErrorClass::Recipient);
    let phone = client.phone_number("p1").await.unwrap();
    assert_eq!(phone.pure_phone_number, "13800000000");
    assert!(!format!("{phone:?}").contains("138"));
    assert!(matches!(
        client.phone_number("p2").await,
        Err(CallError::Decode(_))
    ));
    for label in [20001, 0] {
        let risky = client.check_text("o1", TextScene::Profile, "坏").await.unwrap();
        assert_eq!((risky.verdict, risky.label), (Verdict::Risky, label));
    }
    let long = client.check_text("o1", TextScene::Log, &"字".repeat(2501)).await;
    assert!(matches!(long, Err(CallError::Invalid(_))));
    let lines = server.lines();
    let login =
        "GET /sns/jscode2session?appid=wx1&secret=TOPSECRET&js_code=c1&grant_type=authorization_code ";
    assert!(lines[0].starts_with(login));
    assert!(lines[3].starts_with("POST /wxa/business/getuserphonenumber?"));
    assert_eq!(body(&server, 3), serde_json::json!({"code": "p1"}));
    assert!(lines[5].starts_with("POST /wxa/msg_sec_check?"));
}

/// facts, Menu: conditional ones, checked before they are sent.
#[tokio::test]
async fn conditional_menus() {
    let server = serve(&[
        TOKEN_1,
        r#"{"menuid":"208379533"}"#,
        r#"{"button":[{"type":"click","name":"帮助","key":"H","sub_button":[]}]}"#,
        OK,
        r#"{"errcode":46003,"errmsg":"menu no exist"}"#,
        r#"{"menu":{"button":[],"menuid":1},"conditionalmenu":[]}"#,
    ])
    .await;
    let client = server.client();
    let menu = Menu::from_json(r#"{"button":[{"type":"click","name":"帮助","key":"H"}]}"#).unwrap();
    let mut conditional = ConditionalMenu {
        button: menu.button.clone(),
        matchrule: MatchRule::default(),
        menuid: String::new(),
    };
    let unruled = client.add_conditional_menu(&conditional).await;
    assert!(matches!(unruled, Err(CallError::Invalid(_))));
    conditional.matchrule.tag_id = Some("2".into());
    let id = client.add_conditional_menu(&conditional).await.unwrap();
    assert_eq!(client.try_menu("o1").await.unwrap(), menu);
    client.delete_conditional_menu(&id).await.unwrap();
    assert_eq!(client.menus().await, Ok(None));
    assert!(client.menus().await.unwrap().unwrap().conditional.is_empty());
    assert!(server.lines()[1].starts_with("POST /cgi-bin/menu/addconditional?"));
    assert_eq!(body(&server, 2), serde_json::json!({"user_id": "o1"}));
    assert_eq!(body(&server, 3), serde_json::json!({"menuid": "208379533"}));
}

/// 获取用户列表, 批量获取用户基本信息: a hundred at a time.
#[tokio::test]
async fn many_users() {
    let server = serve(&[
        TOKEN_1,
        r#"{"total":2,"count":2,"data":{"openid":["o1","o2"]},"next_openid":"o2"}"#,
        r#"{"total":2,"count":0,"next_openid":""}"#,
        r#"{"user_info_list":[{"subscribe":1,"openid":"o1","subscribe_time":1}]}"#,
        r#"{"user_info_list":[{"subscribe":0,"openid":"o101"}]}"#,
    ])
    .await;
    let client = server.client();
    let page = client.followers(None).await.unwrap();
    assert_eq!(page.openids, ["o1", "o2"]);
    assert_eq!(client.followers(page.next.as_deref()).await.unwrap().next, None);
    let openids: Vec<String> = (1..=101).map(|n| format!("o{n}")).collect();
    assert_eq!(client.users(&openids).await.unwrap().len(), 2);
    assert!(server.lines()[2].starts_with("GET /cgi-bin/user/get?access_token=TOKEN1&next_openid=o2 "));
    assert_eq!(body(&server, 3)["user_list"].as_array().unwrap().len(), 100);
    let last = serde_json::json!([{"openid": "o101", "lang": "zh_CN"}]);
    assert_eq!(body(&server, 4)["user_list"], last);
}

/// 新增临时素材: multipart, once more with another token; the name of the file stays here.
#[tokio::test]
async fn media_are_uploaded() {
    let done = r#"{"type":"image","media_id":"M1","created_at":1}"#;
    let server = serve(&[TOKEN_1, EXPIRED, TOKEN_2, done]).await;
    let client = server.client();
    let upload = |kind, name, bytes: &'static [u8]| client.upload_media(kind, name, bytes.into());
    let uploaded = upload(MediaType::Image, "身份证.PNG", b"PICTURE").await;
    assert_eq!(uploaded, Ok("M1".into()));
    for (kind, name, bytes) in [
        (MediaType::Image, "a.png", &b""[..]),
        (MediaType::Image, "a.svg", b"x"),
        (MediaType::Thumb, "a.jpg", &[0; 65_537]),
    ] {
        assert!(matches!(
            upload(kind, name, bytes).await,
            Err(CallError::Invalid(_))
        ));
    }
    let asked = server.asked.lock().unwrap();
    let last = &asked[3];
    assert!(last.starts_with("POST /cgi-bin/media/upload?access_token=TOKEN2&type=image HTTP/1.1"));
    assert!(last.contains(r#"name="media"; filename="media.PNG""#) && last.contains("image/png"));
    assert!(last.contains("PICTURE") && !last.contains("身份证"));
}

/// 获取临时素材: streamed, limited; errors and links come as JSON.
#[tokio::test]
async fn media_are_downloaded() {
    let named = "Content-Type: image/jpeg\r\nContent-disposition: attachment; filename=\"M1.jpg\"";
    let sized =
        format!("HTTP/1.1 200 OK\r\n{named}\r\nConnection: close\r\nContent-Length: 7\r\n\r\nPICTURE");
    let endless = format!("HTTP/1.1 200 OK\r\n{named}\r\nConnection: close\r\n\r\nPICTURE");
    let server = serve(&[
        TOKEN_1,
        &sized,
        &sized,
        &endless,
        r#"{"errcode":40007,"errmsg":"invalid media_id"}"#,
        r#"{"video_url":"http://v.example.cn/1"}"#,
        EXPIRED,
        TOKEN_2,
        &sized,
    ])
    .await;
    let client = server.client();
    let file = async |limit| match client.download_media("M1", limit).await {
        Ok(Media::File(download)) => Ok(download),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error),
    };
    let download = file(7).await.unwrap();
    assert_eq!(download.file_name.as_deref(), Some("M1.jpg"));
    assert_eq!(
        (download.content_type.as_str(), download.length),
        ("image/jpeg", Some(7))
    );
    let mut out = Vec::new();
    assert_eq!(download.copy_to(&mut out).await, Ok(7));
    assert_eq!(out, b"PICTURE");
    // Too large by its own account, then too large in fact.
    assert!(matches!(file(6).await, Err(CallError::Decode(_))));
    let too_large = file(6).await.unwrap().copy_to(&mut Vec::new()).await;
    assert!(matches!(too_large, Err(CallError::Decode(_))));
    assert_eq!(file(9).await.unwrap_err().code(), Some(40007));
    let video = client.download_media("V1", 9).await.unwrap();
    assert!(matches!(video, Media::VideoUrl(url) if url == "http://v.example.cn/1"));
    file(7).await.unwrap();
    assert!(server.lines()[8].starts_with("GET /cgi-bin/media/get?access_token=TOKEN2&media_id=M1 "));
}

/// 用户标签管理: fifty people at a time.
#[tokio::test]
async fn tags() {
    let server = serve(&[
        TOKEN_1,
        r#"{"tag":{"id":134,"name":"审核员"}}"#,
        r#"{"tags":[{"id":134,"name":"审核员","count":51}]}"#,
        OK,
        OK,
        OK,
        OK,
    ])
    .await;
    let client = server.client();
    let tag = client.create_tag("审核员").await.unwrap();
    assert_eq!((tag.id, tag.count), (134, 0));
    assert_eq!(client.tags().await.unwrap()[0].count, 51);
    let openids: Vec<String> = (1..=51).map(|n| format!("o{n}")).collect();
    client.tag_users(tag.id, &openids).await.unwrap();
    client.untag_users(tag.id, &openids[..1]).await.unwrap();
    client.delete_tag(tag.id).await.unwrap();
    for bad in ["", &"字".repeat(31)] {
        assert!(matches!(client.create_tag(bad).await, Err(CallError::Invalid(_))));
    }
    let rest = serde_json::json!({"openid_list": ["o51"], "tagid": 134});
    assert_eq!(body(&server, 4), rest);
    assert!(server.lines()[5].starts_with("POST /cgi-bin/tags/members/batchuntagging?"));
    assert_eq!(body(&server, 6), serde_json::json!({"tag": {"id": 134}}));
}
