//! The load: requests made beforehand, sent over kept-alive connections, answers read and counted.

use crate::servers::Account;
use anyhow::{Result, anyhow, bail, ensure};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use yuanmeng::wechat::envelope;
use yuanmeng::wechat::signature::Signature;

const CONNECTIONS: usize = 16;

/// Genuine pushes of WeChat in secure mode, as bytes to be written. No two have the same `MsgId`.
pub fn requests(account: &Account, round: usize, count: usize) -> Vec<Vec<u8>> {
    let now = chrono::Utc::now().timestamp();
    let ids = (1..).skip(round * count).take(count);
    ids.map(|id: usize| request(account, id, now)).collect()
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

/// Sends all of them from so many threads; gives one answer's body of each connection. An answer that is not 200 is an
/// error. The threads look at their sockets again and again instead of sleeping: waking a sleeper costs the one who
/// wakes, and would be on the bill of the slower server only, which lets the load generator fall asleep.
pub fn run(port: u16, requests: &[Vec<u8>], threads: usize) -> Result<Vec<String>> {
    let share = |thread: usize| move || one_thread(port, requests, (thread..CONNECTIONS).step_by(threads));
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(share(thread))).collect();
        let answers: Result<Vec<Vec<String>>> = running
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .map_err(|_| anyhow!("a thread of the load generator panicked"))?
            })
            .collect();
        Ok(answers?.concat())
    })
}

fn one_thread(port: u16, requests: &[Vec<u8>], numbers: impl Iterator<Item = usize>) -> Result<Vec<String>> {
    let open = |first| Connection::open(port, requests.iter().skip(first).step_by(CONNECTIONS));
    let mut open: Vec<_> = numbers.map(open).collect::<Result<_>>()?;
    loop {
        let (mut moved, mut busy) = (false, false);
        for connection in &mut open {
            moved |= connection.turn()?;
            busy |= !connection.done;
        }
        match (busy, moved) {
            (false, _) => return Ok(open.into_iter().map(|connection| connection.body).collect()),
            (true, false) => std::thread::yield_now(),
            (true, true) => {}
        }
    }
}

/// A kept-alive connection with what is still to be sent on it.
struct Connection<I> {
    stream: TcpStream,
    requests: I,
    buffer: Vec<u8>,
    body: String,
    done: bool,
}

impl<'a, I: Iterator<Item = &'a Vec<u8>>> Connection<I> {
    fn open(port: u16, requests: I) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let (buffer, body) = (Vec::with_capacity(8192), String::new());
        let mut connection = Connection {
            stream,
            requests,
            buffer,
            body,
            done: false,
        };
        connection.send()?;
        Ok(connection)
    }

    /// A request is far smaller than a socket's buffer, which is empty whenever one is sent.
    fn send(&mut self) -> Result<()> {
        self.buffer.clear();
        match self.requests.next() {
            Some(request) => self.stream.write_all(request)?,
            None => self.done = true,
        }
        Ok(())
    }

    /// Takes what has come; after a whole answer the next request goes out. Whether anything had come.
    fn turn(&mut self) -> Result<bool> {
        let mut piece = [0; 4096];
        if self.done {
            return Ok(false);
        }
        match self.stream.read(&mut piece) {
            Ok(0) => bail!("the server hung up"),
            Ok(n) => self.buffer.extend_from_slice(&piece[..n]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        if let Some(body) = body_of(&self.buffer)? {
            self.body.replace_range(.., body);
            self.send()?;
        }
        Ok(true)
    }
}

/// The body, once it is all there.
fn body_of(answer: &[u8]) -> Result<Option<&str>> {
    let Some((head, body)) = std::str::from_utf8(answer)?.split_once("\r\n\r\n") else {
        return Ok(None);
    };
    ensure!(head.starts_with("HTTP/1.1 200"), "{head}");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    Ok((length.and_then(|n| n.parse().ok()) == Some(body.len())).then_some(body))
}
