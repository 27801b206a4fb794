//! The load: requests made beforehand, sent over kept-alive connections, answers read and counted.

use crate::servers::Account;
use anyhow::{Result, ensure};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use yuanmeng::wechat::envelope;
use yuanmeng::wechat::signature::Signature;

const CONNECTIONS: usize = 16;

/// Genuine pushes of WeChat in secure mode, as bytes to be written. No two have the same `MsgId`.
pub fn requests(account: &Account, round: usize, count: usize) -> Arc<Vec<Vec<u8>>> {
    let now = chrono::Utc::now().timestamp();
    let ids = (1..).skip(round * count).take(count);
    Arc::new(ids.map(|id: usize| request(account, id, now)).collect())
}

fn request(account: &Account, id: usize, now: i64) -> Vec<u8> {
    let openid = format!("oyORnuP8q7ou2gfYjqLzSI{:06}", id % 1_000_000);
    let message = format!(
        "<xml><ToUserName><![CDATA[gh_10f6c3c3ac5a]]></ToUserName>\n<FromUserName><![CDATA[{openid}]]></FromUserName>\n\
         <CreateTime>{now}</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n\
         <Content><![CDATA[求学圆梦补助怎么申请]]></Content>\n<MsgId>{}</MsgId>\n</xml>",
        6_054_768_590_064_713_728 + id
    );
    let random = *b"0123456789abcdef";
    let encrypt = account.key.encrypt(message.as_bytes(), &account.app_id, &random);
    let body = envelope::write_push("gh_10f6c3c3ac5a", &encrypt);
    let (timestamp, nonce) = (now.to_string(), id.to_string());
    let plain = Signature::plain(&account.token, &timestamp, &nonce);
    let signed = Signature::message(&account.token, &timestamp, &nonce, &encrypt);
    format!(
        "POST /wechat/callback?signature={plain}&timestamp={timestamp}&nonce={nonce}&openid={openid}&encrypt_type=aes\
         &msg_signature={signed} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/4.0\r\nAccept: */*\r\n\
         Content-Type: text/xml\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Sends all of them; gives one answer's body of each connection. An answer that is not 200 is an error.
pub async fn run(port: u16, requests: &Arc<Vec<Vec<u8>>>) -> Result<Vec<String>> {
    let mut connections = tokio::task::JoinSet::new();
    for first in 0..CONNECTIONS {
        let requests = requests.clone();
        connections.spawn(async move {
            let mut connection = Connection::open(port).await?;
            let mut last = String::new();
            for request in requests.iter().skip(first).step_by(CONNECTIONS) {
                last = connection.ask(request).await?.to_owned();
            }
            anyhow::Ok(last)
        });
    }
    connections.join_all().await.into_iter().collect()
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        let buffer = Vec::with_capacity(8192);
        Ok(Connection { stream, buffer })
    }

    /// The body of the answer.
    async fn ask(&mut self, request: &[u8]) -> Result<&str> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            ensure!(
                self.stream.read_buf(&mut self.buffer).await? > 0,
                "the server hung up"
            );
            let text = std::str::from_utf8(&self.buffer).unwrap_or_default();
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            ensure!(head.starts_with("HTTP/1.1 200"), "{head}");
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if length.and_then(|n| n.parse().ok()) == Some(body.len()) {
                let at = head.len() + 4;
                return Ok(std::str::from_utf8(&self.buffer[at..])?);
            }
        }
    }
}
