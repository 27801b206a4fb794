//! What WeChat sends to the account's server: signed, encrypted by mode, delivered up to three times.

use std::borrow::Cow;
use std::future::Future;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::wechat::callback::Mode;
use crate::wechat::envelope::AesKey;
use crate::wechat::signature::Signature;

use super::Sim;
use super::reply::{self, Reply};
use super::state::Body;

/// What a phone shows when the account's server does not answer as it must.
pub const TROUBLE: &str = "该公众号提供的服务出现故障，请稍后再试";

/// Deliveries in all (facts row 4).
const DELIVERIES: u32 = 3;
/// WeChat waits a little before it tries again after an error that came at once.
const BETWEEN: Duration = Duration::from_millis(100);

/// Something that happens to the account.
pub(super) enum Incoming {
    Text {
        content: String,
    },
    Subscribe {
        scene: Option<String>,
        ticket: Option<String>,
    },
    Unsubscribe,
    Scan {
        scene: String,
        ticket: Option<String>,
    },
    Click {
        key: String,
    },
    View {
        url: String,
    },
    TemplateJob {
        msgid: u64,
        status: String,
    },
}

impl Incoming {
    /// Whether the phone waits for the answer, and is told when there is trouble.
    fn wants_reply(&self) -> bool {
        !matches!(
            self,
            Incoming::Unsubscribe | Incoming::View { .. } | Incoming::TemplateJob { .. }
        )
    }

    /// The message's own elements, after `CreateTime`.
    fn elements(&self, msg_id: u64) -> String {
        let event = |name: &str| format!("{}{}", element("MsgType", "event"), element("Event", name));
        match self {
            Incoming::Text { content } => {
                let text = element("Content", content);
                format!("{}{text}<MsgId>{msg_id}</MsgId>", element("MsgType", "text"))
            }
            Incoming::Subscribe { scene, ticket } => {
                let key = scene.as_ref().map(|s| format!("qrscene_{s}")).unwrap_or_default();
                let ticket = ticket.as_ref().map(|t| element("Ticket", t)).unwrap_or_default();
                format!("{}{}{ticket}", event("subscribe"), element("EventKey", &key))
            }
            Incoming::Unsubscribe => format!("{}{}", event("unsubscribe"), element("EventKey", "")),
            Incoming::Scan { scene, ticket } => {
                let ticket = ticket.as_ref().map(|t| element("Ticket", t)).unwrap_or_default();
                format!("{}{}{ticket}", event("SCAN"), element("EventKey", scene))
            }
            Incoming::Click { key } => format!("{}{}", event("CLICK"), element("EventKey", key)),
            Incoming::View { url } => format!("{}{}", event("VIEW"), element("EventKey", url)),
            // The one message whose id is spelt MsgID (facts: TEMPLATESENDJOBFINISH).
            Incoming::TemplateJob { msgid, status } => {
                let job = event("TEMPLATESENDJOBFINISH");
                format!("{job}<MsgID>{msgid}</MsgID>{}", element("Status", status))
            }
        }
    }
}

/// `]]>` would end the section: it is split over two. Anything else goes as typed, control characters too,
/// because WeChat sends those as well (facts row 7).
fn element(name: &str, text: &str) -> String {
    let text: Cow<str> = if text.contains("]]>") {
        text.replace("]]>", "]]]]><![CDATA[>").into()
    } else {
        text.into()
    };
    format!("<{name}><![CDATA[{text}]]></{name}>")
}

/// How a delivery ended; what the control API answers.
#[derive(Serialize)]
pub(super) struct Delivery {
    pub outcome: Outcome,
    pub attempts: u32,
    pub reply: Option<Reply>,
    pub error: Option<String>,
}

#[derive(Serialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Reply,
    None,
    Trouble,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Outcome::Reply => "reply",
            Outcome::None => "none",
            Outcome::Trouble => "trouble",
        }
    }
}

impl Delivery {
    fn end(attempts: u32, answer: Result<Option<Reply>, String>) -> Delivery {
        match answer {
            Ok(Some(reply)) => Delivery {
                outcome: Outcome::Reply,
                attempts,
                reply: Some(reply),
                error: None,
            },
            Ok(None) => Delivery {
                outcome: Outcome::None,
                attempts,
                reply: None,
                error: None,
            },
            Err(error) => Delivery {
                outcome: Outcome::Trouble,
                attempts,
                reply: None,
                error: Some(error),
            },
        }
    }

    pub fn json(self) -> Value {
        json!(self)
    }
}

/// One signed request.
struct Request {
    query: Vec<(&'static str, String)>,
    body: String,
}

/// The account's original id, ToUserName of what it receives.
pub(super) fn original_id(app_id: &str) -> String {
    format!("gh_{}", &hex::encode(Sha256::digest(app_id.as_bytes()))[..12])
}

fn nonce() -> String {
    rand::random_range(100_000_000..2_000_000_000u32).to_string()
}

impl Sim {
    /// Sends to the callback, up to three times, and shows the passive reply on the phone of `openid`.
    pub(super) async fn deliver(&self, openid: &str, incoming: &Incoming) -> Delivery {
        let url = self.callback_url();
        let delivery = if url.is_empty() {
            Delivery::end(0, Ok(None))
        } else {
            self.deliver_to(&url, openid, incoming).await
        };
        let mut state = self.state();
        let stats = &mut state.stats;
        stats.callback_attempts += u64::from(delivery.attempts);
        *stats
            .callback_outcomes
            .entry(delivery.outcome.name().to_owned())
            .or_default() += 1;
        if incoming.wants_reply() {
            let shown = match (&delivery.outcome, &delivery.reply) {
                (Outcome::Trouble, _) => Some(Body::Trouble {
                    text: TROUBLE.to_owned(),
                }),
                (_, Some(reply)) => Some(reply.shown()),
                (_, None) => None,
            };
            shown.into_iter().for_each(|body| state.show(openid, body));
        }
        delivery
    }

    async fn deliver_to(&self, url: &str, openid: &str, incoming: &Incoming) -> Delivery {
        let message = self.message(openid, incoming);
        let mut error = String::new();
        let mut request = None;
        for attempt in 1..=DELIVERIES {
            // Whether a retry repeats timestamp and nonce was not found in WeChat's documents, so both happen:
            // the second delivery is the first one again, the third is signed anew.
            if attempt != 2 {
                request = match self.sign(openid, &message) {
                    Ok(request) => Some(request),
                    Err(e) => return Delivery::end(attempt - 1, Err(e)),
                };
            }
            let Some(request) = &request else { break };
            match self.post(url, request).await {
                // An answer that makes no sense is not asked for again.
                Ok(body) => return Delivery::end(attempt, self.open(openid, &body)),
                Err(e) => error = e,
            }
            tokio::time::sleep(BETWEEN).await;
        }
        tracing::warn!(%error, "callback could not be delivered");
        Delivery::end(DELIVERIES, Err(error))
    }

    /// The message in plain.
    fn message(&self, openid: &str, incoming: &Incoming) -> String {
        let id = self.state().next_id();
        let to = element("ToUserName", &original_id(&self.cfg().app_id));
        let from = element("FromUserName", openid);
        let at = Utc::now().timestamp();
        format!(
            "<xml>{to}{from}<CreateTime>{at}</CreateTime>{}</xml>",
            incoming.elements(id)
        )
    }

    fn sign(&self, openid: &str, message: &str) -> Result<Request, String> {
        let cfg = self.cfg();
        let timestamp = Utc::now().timestamp().to_string();
        let nonce = nonce();
        let signature = Signature::plain(&cfg.token, &timestamp, &nonce)
            .as_str()
            .to_owned();
        let mut query = vec![
            ("signature", signature),
            ("timestamp", timestamp.clone()),
            ("nonce", nonce.clone()),
            ("openid", openid.to_owned()),
        ];
        if cfg.mode == Mode::Plain {
            return Ok(Request {
                query,
                body: message.to_owned(),
            });
        }
        let encrypt = self
            .aes_key()?
            .encrypt(message.as_bytes(), &cfg.app_id, &rand::random());
        let signed = Signature::message(&cfg.token, &timestamp, &nonce, &encrypt)
            .as_str()
            .to_owned();
        query.extend([("encrypt_type", "aes".to_owned()), ("msg_signature", signed)]);
        let sealed = element("Encrypt", &encrypt);
        let body = if cfg.mode == Mode::Compatible {
            message.replacen("</xml>", &format!("{sealed}</xml>"), 1)
        } else {
            format!(
                "<xml>{}{sealed}</xml>",
                element("ToUserName", &original_id(&cfg.app_id))
            )
        };
        Ok(Request { query, body })
    }

    async fn post(&self, url: &str, request: &Request) -> Result<String, String> {
        let sent = self
            .inner
            .http
            .post(url)
            .query(&request.query)
            .header("content-type", "text/xml")
            .header("user-agent", "Mozilla/4.0")
            .timeout(self.callback_timeout())
            .body(request.body.clone());
        let answer = sent.send().await.map_err(|e| e.without_url().to_string())?;
        if !answer.status().is_success() {
            return Err(format!("HTTP {}", answer.status().as_u16()));
        }
        answer.text().await.map_err(|e| e.without_url().to_string())
    }

    /// The passive reply in an answer; `None` for an empty one or `success`, which are never encrypted.
    fn open(&self, openid: &str, body: &str) -> Result<Option<Reply>, String> {
        if matches!(body.trim(), "" | "success") {
            return Ok(None);
        }
        let cfg = self.cfg();
        let account = original_id(&cfg.app_id);
        let sealed = reply::envelope(body);
        let plain = match (cfg.mode, sealed) {
            (Mode::Plain, None) | (Mode::Compatible, None) => body.to_owned(),
            (Mode::Plain, Some(_)) => return Err("明文模式的回复不应加密".to_owned()),
            (_, None) => return Err("安全模式的回复必须加密".to_owned()),
            (_, Some(sealed)) if !sealed.verify(&cfg.token) => {
                return Err("回复的 MsgSignature 不对".to_owned());
            }
            (_, Some(sealed)) => self
                .aes_key()?
                .decrypt(&sealed.encrypt, &cfg.app_id)
                .map_err(|e| format!("回复无法解密：{e}"))?,
        };
        reply::parse(&plain, &account, openid).map(Some)
    }

    fn aes_key(&self) -> Result<AesKey, String> {
        AesKey::parse(&self.cfg().encoding_aes_key).map_err(|e| e.to_string())
    }

    /// What WeChat's console does when the URL is saved: the answer must be `echostr`, nothing else.
    pub(super) async fn verify_callback(&self) -> Value {
        let timestamp = Utc::now().timestamp().to_string();
        let (nonce, echostr) = (nonce(), nonce());
        let signature = Signature::plain(&self.cfg().token, &timestamp, &nonce)
            .as_str()
            .to_owned();
        let query = [
            ("signature", signature),
            ("echostr", echostr.clone()),
            ("timestamp", timestamp),
            ("nonce", nonce),
        ];
        let request = self
            .inner
            .http
            .get(self.callback_url())
            .query(&query)
            .timeout(self.callback_timeout());
        let answer = match request.send().await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                answer.text().await.map(|text| (status, text))
            }
            Err(e) => Err(e),
        };
        match answer {
            Ok((status, text)) => json!({ "verified": status == 200 && text == echostr, "status": status }),
            Err(e) => json!({ "verified": false, "error": e.without_url().to_string() }),
        }
    }

    /// Runs beside the requests, and ends with the simulator.
    pub(super) fn in_background(self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.inner.stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = work => {}
            }
        });
    }
}

/// A random word for codes, URL-safe, 32 characters, as WeChat's.
pub(super) fn random_word() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>())
}
