//! WeChat's pushes to the callback, made by hand: to be sent as they are, or altered.

use crate::app::TestApp;
use yuanmeng::config::DEMO_AES_KEY;
use yuanmeng::wechat::AesKey;
use yuanmeng::wechat::envelope::{ReplyEnvelope, write_push};
use yuanmeng::wechat::signature::Signature;
use yuanmeng::wechat::xml::Fields;

/// The demo account's token.
const TOKEN: &str = "demotoken";
/// The demo account.
pub const APP_ID: &str = "wx00000000000demo1";

/// A request of WeChat's, to be sent as it is or altered.
#[derive(Clone)]
pub struct Push {
    pub query: Vec<(&'static str, String)>,
    pub body: String,
}

impl Push {
    /// As in plain mode.
    pub fn plain(message: &str) -> Self {
        Self::plain_at(message, chrono::Utc::now().timestamp())
    }

    pub fn plain_at(message: &str, at: i64) -> Self {
        let (timestamp, nonce) = (at.to_string(), rand::random::<u32>().to_string());
        let signature = Signature::plain(TOKEN, &timestamp, &nonce).as_str().to_owned();
        Push {
            query: vec![
                ("signature", signature),
                ("timestamp", timestamp),
                ("nonce", nonce),
            ],
            body: message.to_owned(),
        }
    }

    /// As in secure mode, for an account and a key.
    pub fn sealed_for(message: &str, app_id: &str, key: &str, at: i64) -> Self {
        let encrypt = AesKey::parse(key)
            .unwrap()
            .encrypt(message.as_bytes(), app_id, &rand::random());
        let mut push = Self::plain_at(&write_push("gh_account", &encrypt), at);
        let signed = Signature::message(TOKEN, push.get("timestamp"), push.get("nonce"), &encrypt);
        let signed = signed.as_str().to_owned();
        push.query
            .extend([("encrypt_type", "aes".to_owned()), ("msg_signature", signed)]);
        push
    }

    pub fn sealed(message: &str) -> Self {
        Self::sealed_for(message, APP_ID, DEMO_AES_KEY, chrono::Utc::now().timestamp())
    }

    pub fn get(&self, name: &str) -> &str {
        let found = self.query.iter().find(|(n, _)| *n == name);
        found.map_or("", |(_, value)| value)
    }

    pub fn without(mut self, name: &str) -> Self {
        self.query.retain(|(n, _)| *n != name);
        self
    }

    pub fn with(self, name: &'static str, value: &str) -> Self {
        let mut push = self.without(name);
        push.query.push((name, value.to_owned()));
        push
    }

    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    pub async fn send(self, test: &TestApp) -> (u16, String) {
        let url = format!("{}/wechat/callback", test.url);
        let request = test.http.post(url).query(&self.query).body(self.body);
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a body"))
    }
}

pub fn message(from: &str, rest: &str) -> String {
    let at = chrono::Utc::now().timestamp();
    format!(
        "<xml><ToUserName><![CDATA[gh_account]]></ToUserName><FromUserName><![CDATA[{from}]]></FromUserName>\
         <CreateTime>{at}</CreateTime>{rest}</xml>"
    )
}

pub fn subscribe(from: &str) -> String {
    message(
        from,
        "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event><EventKey></EventKey>",
    )
}

pub fn says(from: &str, text: &str, msg_id: u64) -> String {
    message(
        from,
        &format!(
            "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content><MsgId>{msg_id}</MsgId>"
        ),
    )
}

/// The text of a sealed reply, opened as WeChat does.
pub fn opened(reply: &str, key: &str) -> String {
    let envelope = ReplyEnvelope::parse(reply).expect("a sealed reply");
    assert!(envelope.verify(TOKEN), "the reply's signature");
    let xml = AesKey::parse(key)
        .unwrap()
        .decrypt(&envelope.encrypt, APP_ID)
        .expect("the key opens it");
    content(&xml)
}

pub fn content(xml: &str) -> String {
    let fields = Fields::parse(xml).expect("XML");
    fields.require("Content").expect("a text").to_owned()
}
