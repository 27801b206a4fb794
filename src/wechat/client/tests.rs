//! The client against a small HTTP server written here.

use std::collections::VecDeque;
use std::sync::Mutex;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::wechat::menu::Menu;
use crate::wechat::qrcode::Scene;
use crate::wechat::template::TemplateMessage;
use crate::wechat::token::MemoryTokenStore;

mod interfaces;

/// Answers requests with the prepared bodies, in order, and keeps what was asked.
struct Server {
    base: String,
    asked: Arc<Mutex<Vec<String>>>,
}

async fn serve(answers: &[&str]) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let mut answers: VecDeque<String> = answers.iter().map(|a| a.to_string()).collect();
    let log = asked.clone();
    tokio::spawn(async move {
        while let Some(answer) = answers.pop_front() {
            let (socket, _) = listener.accept().await.unwrap();
            let request = exchange(socket, &answer).await;
            log.lock().unwrap().push(request);
        }
    });
    Server { base, asked }
}

async fn exchange(mut socket: TcpStream, answer: &str) -> String {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    while !is_whole(&request) {
        let n = socket.read(&mut chunk).await.unwrap();
        assert!(n > 0, "request ended early");
        request.extend_from_slice(&chunk[..n]);
    }
    let head = if answer.starts_with("HTTP/") {
        answer.to_owned()
    } else {
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{answer}",
            answer.len()
        )
    };
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.shutdown().await.unwrap();
    String::from_utf8(request).unwrap()
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some(end) = text.find("\r\n\r\n") else {
        return false;
    };
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |n| n.trim().parse::<usize>().unwrap());
    request.len() >= end + 4 + length
}

impl Server {
    fn client(&self) -> Client {
        let clock: Clock = Arc::new(|| 1_700_000_000_000);
        let config = ClientConfig {
            api_base: self.base.clone(),
            open_base: self.base.clone(),
            app_id: "wx1".into(),
            app_secret: "TOPSECRET".into(),
            instance: "test".into(),
        };
        Client::new(config, Arc::new(MemoryTokenStore::new(clock.clone())), clock).unwrap()
    }

    /// First lines of the requests so far.
    fn lines(&self) -> Vec<String> {
        self.asked
            .lock()
            .unwrap()
            .iter()
            .map(|r| r.lines().next().unwrap().to_owned())
            .collect()
    }
}

const TOKEN_1: &str = r#"{"access_token":"TOKEN1","expires_in":7200}"#;
const TOKEN_2: &str = r#"{"access_token":"TOKEN2","expires_in":7200}"#;
const EXPIRED: &str = r#"{"errcode":42001,"errmsg":"access_token expired"}"#;

#[tokio::test]
async fn the_token_is_fetched_once_and_put_in() {
    let server = serve(&[TOKEN_1, r#"{"n":1}"#, r#"{"n":2}"#]).await;
    let client = server.client();
    for n in 1..=2 {
        let answer: Value = client.get("/cgi-bin/x", &[("openid", "a b")]).await.unwrap();
        assert_eq!(answer["n"], n);
    }
    let lines = server.lines();
    assert_eq!(lines[0], "POST /cgi-bin/stable_token HTTP/1.1");
    assert_eq!(lines[1], "GET /cgi-bin/x?access_token=TOKEN1&openid=a+b HTTP/1.1");
    let body = server.asked.lock().unwrap()[0]
        .split("\r\n\r\n")
        .nth(1)
        .unwrap()
        .to_owned();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (&body["grant_type"], &body["force_refresh"]),
        (&"client_credential".into(), &false.into())
    );
}

/// facts row 2: refreshed once, tried once more.
#[tokio::test]
async fn an_expired_token_is_replaced_once() {
    let server = serve(&[TOKEN_1, EXPIRED, TOKEN_2, r#"{"errcode":0,"errmsg":"ok"}"#]).await;
    let _: Done = server
        .client()
        .post("/cgi-bin/x", &serde_json::json!({"名": "值"}))
        .await
        .unwrap();
    assert_eq!(server.lines()[3], "POST /cgi-bin/x?access_token=TOKEN2 HTTP/1.1");
    assert!(
        server.asked.lock().unwrap()[3].ends_with(r#"{"名":"值"}"#),
        "Chinese goes unescaped"
    );
}

/// facts row 2: not for ever.
#[tokio::test]
async fn a_second_refusal_is_final() {
    let server = serve(&[TOKEN_1, EXPIRED, TOKEN_2, EXPIRED, "never asked"]).await;
    let error = server.client().get::<Value>("/x", &[]).await.unwrap_err();
    assert_eq!(error.code(), Some(42001));
    assert_eq!(server.lines().len(), 4);
}

/// facts row 11: terminal for the recipient, tried once.
#[tokio::test]
async fn other_refusals_are_not_repeated() {
    let server = serve(&[
        TOKEN_1,
        r#"{"errcode":43004,"errmsg":"require subscribe"}"#,
        "never asked",
    ])
    .await;
    let error = server.client().get::<Value>("/x", &[]).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Recipient);
    assert_eq!(server.lines().len(), 2);
}

/// facts row 2: 40001 for the token itself is a bad secret.
#[tokio::test]
async fn a_bad_secret_is_a_configuration_error() {
    let server = serve(&[
        r#"{"errcode":40001,"errmsg":"invalid credential"}"#,
        "never asked",
    ])
    .await;
    let error = server.client().get::<Value>("/x", &[]).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Configuration);
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn nonsense_is_an_error_without_its_content() {
    let bad = [
        "<html>TOKEN</html>",
        "HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        r#"{"m":1}"#,
    ];
    #[derive(Debug, Deserialize)]
    struct Wanted {
        #[allow(dead_code)]
        n: i64,
    }
    for answer in bad {
        let server = serve(&[TOKEN_1, answer]).await;
        let error = server.client().get::<Wanted>("/x", &[]).await.unwrap_err();
        assert!(
            matches!(error, CallError::Decode(_) | CallError::Status(502)),
            "{error}"
        );
        assert!(!error.to_string().contains("TOKEN"));
    }
}

/// Tokens and secrets stand in URLs; no error shows them.
#[tokio::test]
async fn errors_and_debug_show_no_secret() {
    let server = serve(&[TOKEN_1]).await;
    let client = server.client();
    // The server is gone after its first answer.
    client.tokens().token().await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let call = client.get::<Value>("/x", &[]).await.unwrap_err();
    let login = client.exchange_code("CODE").await.unwrap_err();
    for text in [
        format!("{call} {call:?}"),
        format!("{login} {login:?}"),
        format!("{client:?}"),
    ] {
        assert!(
            !text.contains("TOPSECRET") && !text.contains("TOKEN1") && !text.contains("CODE"),
            "{text}"
        );
    }
    assert_eq!(call.class(), ErrorClass::Retry);
}

/// Some errors of reqwest have no inner cause and show their URL.
#[tokio::test]
async fn the_url_is_cut_off_every_error() {
    let server = serve(&["HTTP/1.1 500 Oops\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"]).await;
    let client = server.client();
    let sent = client
        .link
        .api
        .request(Method::GET, "/x?access_token=TOKEN1")
        .send()
        .await
        .unwrap();
    let error = sent.error_for_status().unwrap_err();
    assert!(error.to_string().contains("TOKEN1"));
    assert!(!CallError::from(error).to_string().contains("TOKEN1"));
}

/// A redirect could carry the token elsewhere.
#[tokio::test]
async fn redirects_are_not_followed() {
    let away = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let server = serve(&[TOKEN_1, away]).await;
    assert_eq!(
        server.client().get::<Value>("/x", &[]).await.unwrap_err(),
        CallError::Status(302)
    );
}

/// facts row 8: used and expired codes are the login's to handle.
#[tokio::test]
async fn login_codes_are_exchanged() {
    let server = serve(&[
        r#"{"access_token":"U","expires_in":7200,"openid":"o1","scope":"snsapi_userinfo","unionid":"u1"}"#,
        r#"{"openid":"o1","nickname":"王","sex":0,"headimgurl":"","privilege":[],"unionid":"u1"}"#,
        r#"{"errcode":40163,"errmsg":"code been used"}"#,
    ])
    .await;
    let client = server.client();
    let login = client.exchange_code("c1").await.unwrap();
    assert_eq!(
        (login.openid.as_str(), login.unionid.as_deref()),
        ("o1", Some("u1"))
    );
    assert_eq!(client.profile(&login).await.unwrap().nickname, "王");
    assert_eq!(
        client.exchange_code("c1").await.unwrap_err().class(),
        ErrorClass::Login
    );
    let lines = server.lines();
    assert!(lines[0].starts_with(
        "GET /sns/oauth2/access_token?appid=wx1&secret=TOPSECRET&code=c1&grant_type=authorization_code"
    ));
    assert!(lines[1].starts_with("GET /sns/userinfo?access_token=U&openid=o1&lang=zh_CN"));
}

/// facts, Menu: 46003 means there is none.
#[tokio::test]
async fn menus_are_checked_created_and_read() {
    let menu = Menu::from_json(r#"{"button":[{"type":"click","name":"帮助","key":"H"}]}"#).unwrap();
    let back = r#"{"menu":{"button":[{"type":"click","name":"帮助","key":"H","sub_button":[]}]}}"#;
    let none = r#"{"errcode":46003,"errmsg":"menu no exist"}"#;
    let server = serve(&[TOKEN_1, none, r#"{"errcode":0,"errmsg":"ok"}"#, back]).await;
    let client = server.client();
    assert_eq!(client.menu().await, Ok(None));
    assert!(matches!(
        client.create_menu(&Menu::default()).await,
        Err(CallError::Invalid(_))
    ));
    client.create_menu(&menu).await.unwrap();
    assert_eq!(client.menu().await, Ok(Some(menu)));
    assert!(server.lines()[2].starts_with("POST /cgi-bin/menu/create?access_token=TOKEN1"));
}

#[tokio::test]
async fn templates_codes_and_users() {
    let server = serve(&[
        TOKEN_1,
        r#"{"errcode":0,"errmsg":"ok","msgid":2851231}"#,
        r#"{"ticket":"gQH47","expire_seconds":60,"url":"http://weixin.qq.com/q/kZ"}"#,
        r#"{"subscribe":1,"openid":"o1","subscribe_time":1}"#,
    ])
    .await;
    let client = server.client();
    let message = TemplateMessage::new("o1", "T")
        .client_msg_id("m1")
        .field("thing1", "x")
        .unwrap();
    assert_eq!(client.send_template(&message).await.unwrap(), "2851231");
    let code = client.temporary_qr(&Scene::Text("u7".into()), 60).await.unwrap();
    assert_eq!((code.ticket.as_str(), code.expire_seconds), ("gQH47", Some(60)));
    assert!(client.user("o1").await.unwrap().subscribe);
    assert!(matches!(
        client.temporary_qr(&Scene::Id(0), 60).await,
        Err(CallError::Invalid(_))
    ));
    let asked = server.asked.lock().unwrap();
    assert!(asked[1].ends_with(
        r#"{"touser":"o1","template_id":"T","data":{"thing1":{"value":"x"}},"client_msg_id":"m1"}"#
    ));
    assert!(asked[2].contains(r#""expire_seconds":60"#));
}
