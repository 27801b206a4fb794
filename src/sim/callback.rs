//! What WeChat sends to the account's server: signed, encrypted by mode, delivered up to three times.

use std::future::Future;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use futures_util::future::join_all;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::wechat::callback::Mode;
use crate::wechat::envelope::AesKey;
use crate::wechat::signature::Signature;

use super::Sim;
use super::chaos::HELD_AT_MOST;
use super::delivery::{Delivery, Outcome, TROUBLE};
use super::incoming::{Format, Incoming};
use super::node;
use super::reply::{self, Reply};
use super::state::Body;

/// Deliveries in all (facts row 4).
const DELIVERIES: u32 = 3;
/// WeChat waits a little before it tries again after an error that came at once.
const BETWEEN: Duration = Duration::from_millis(100);

/// A message ready to be sent: rendered once, so that every delivery carries the same.
pub(super) struct Prepared {
    openid: String,
    message: Written,
    wants_reply: bool,
}

/// The message in plain.
#[derive(Clone)]
struct Written {
    text: String,
    format: Format,
}

/// One signed request.
struct Request {
    query: Vec<(&'static str, String)>,
    body: String,
    content_type: &'static str,
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
        let prepared = self.prepare(openid, incoming);
        let (delay, held) = {
            let mut state = self.state();
            let delay = Duration::from_millis(state.chaos.does.delay_ms);
            if state.chaos.takes_hold() {
                (delay, Err(prepared))
            } else {
                (delay, Ok(prepared))
            }
        };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        match held {
            Ok(prepared) => {
                let delivery = self.carry(prepared).await;
                self.release(None);
                delivery
            }
            Err(prepared) => {
                self.hold(prepared);
                Delivery::end(0, Ok(None))
            }
        }
    }

    fn prepare(&self, openid: &str, incoming: &Incoming) -> Prepared {
        let mut state = self.state();
        let (id, now) = (state.next_id(), state.now_ms());
        if let Some(opens) = incoming.opens {
            state
                .windows
                .entry(openid.to_owned())
                .or_default()
                .open(opens, now);
        }
        let at = u64::try_from(Utc::now().timestamp()).unwrap_or_default();
        let fields = incoming.body(&original_id(&self.cfg().app_id), openid, at, id);
        Prepared {
            openid: openid.to_owned(),
            message: Written {
                text: state.format.write(&fields),
                format: state.format,
            },
            wants_reply: incoming.wants_reply,
        }
    }

    /// Keeps a message back until another one has overtaken it, or three seconds.
    fn hold(&self, prepared: Prepared) {
        let mut state = self.state();
        let id = state.next_id();
        state.chaos.held.push((id, prepared));
        drop(state);
        let sim = self.clone();
        self.in_background(async move {
            tokio::time::sleep(HELD_AT_MOST).await;
            sim.release(Some(id));
        });
    }

    /// Sends what was held: all, or only `id`.
    fn release(&self, id: Option<u64>) {
        let held = std::mem::take(&mut self.state().chaos.held);
        let (go, stay): (Vec<_>, Vec<_>) = held
            .into_iter()
            .partition(|(held, _)| id.is_none_or(|id| id == *held));
        self.state().chaos.held.extend(stay);
        let sim = self.clone();
        if !go.is_empty() {
            self.in_background(async move {
                for (_, prepared) in go {
                    sim.carry(prepared).await;
                }
            });
        }
    }

    async fn carry(&self, prepared: Prepared) -> Delivery {
        let url = self.callback_url();
        let copies = self.state().chaos.does.duplicate;
        let delivery = if url.is_empty() {
            Delivery::end(0, Ok(None))
        } else {
            let others = (0..copies).map(|_| self.duplicate(&url, &prepared));
            let (mut delivery, _) =
                futures_util::future::join(self.deliver_to(&url, &prepared), join_all(others)).await;
            delivery.attempts += copies;
            delivery
        };
        let mut state = self.state();
        let stats = &mut state.stats;
        stats.callback_attempts += u64::from(delivery.attempts);
        *stats
            .callback_outcomes
            .entry(delivery.outcome.name().to_owned())
            .or_default() += 1;
        if prepared.wants_reply {
            let shown = match (&delivery.outcome, &delivery.reply) {
                (Outcome::Trouble, _) => Some(Body::Trouble {
                    text: TROUBLE.to_owned(),
                }),
                (_, Some(reply)) => Some(reply.shown()),
                (_, None) => None,
            };
            shown
                .into_iter()
                .for_each(|body| state.show(&prepared.openid, body));
        }
        delivery
    }

    /// Once more, signed anew; what is answered is ignored.
    async fn duplicate(&self, url: &str, prepared: &Prepared) {
        if let Ok(request) = self.sign(&prepared.openid, &prepared.message)
            && let Err(error) = self.post(url, &request).await
        {
            tracing::debug!(%error, "duplicate callback");
        }
    }

    async fn deliver_to(&self, url: &str, prepared: &Prepared) -> Delivery {
        let openid = &prepared.openid;
        let mut error = String::new();
        let mut request = None;
        for attempt in 1..=DELIVERIES {
            // Whether a retry repeats timestamp and nonce was not found in WeChat's documents, so both happen:
            // the second delivery is the first one again, the third is signed anew.
            if attempt != 2 {
                request = match self.sign(openid, &prepared.message) {
                    Ok(request) => Some(request),
                    Err(e) => return Delivery::end(attempt - 1, Err(e)),
                };
            }
            let Some(request) = &request else { break };
            match self.post(url, request).await {
                Ok(_) if self.state().chaos.takes_drop() => error = "模拟：回复在途中丢失".to_owned(),
                // An answer that makes no sense is not asked for again.
                Ok(body) => return Delivery::end(attempt, self.open(openid, &body)),
                Err(e) => error = e,
            }
            tokio::time::sleep(BETWEEN).await;
        }
        tracing::warn!(%error, "callback could not be delivered");
        Delivery::end(DELIVERIES, Err(error))
    }

    fn sign(&self, openid: &str, message: &Written) -> Result<Request, String> {
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
                body: message.text.clone(),
                content_type: message.format.content_type(),
            });
        }
        let encrypt = self
            .aes_key()?
            .encrypt(message.text.as_bytes(), &cfg.app_id, &rand::random());
        let signed = Signature::message(&cfg.token, &timestamp, &nonce, &encrypt)
            .as_str()
            .to_owned();
        query.extend([("encrypt_type", "aes".to_owned()), ("msg_signature", signed)]);
        Ok(Request {
            query,
            body: self.sealed(message, &encrypt),
            content_type: message.format.content_type(),
        })
    }

    /// The envelope: `ToUserName` and `Encrypt`, in compatible mode beside the plain fields.
    fn sealed(&self, message: &Written, encrypt: &str) -> String {
        let alone = [
            node::text("ToUserName", original_id(&self.cfg().app_id)),
            node::text("Encrypt", encrypt),
        ];
        match (self.cfg().mode == Mode::Compatible, message.format) {
            (false, format) => format.write(&alone),
            (true, Format::Xml) => {
                let sealed = node::cdata("Encrypt", encrypt);
                message.text.replacen("</xml>", &format!("{sealed}</xml>"), 1)
            }
            (true, Format::Json) => {
                let mut all: Value = serde_json::from_str(&message.text).unwrap_or_default();
                all["Encrypt"] = json!(encrypt);
                all.to_string()
            }
        }
    }

    async fn post(&self, url: &str, request: &Request) -> Result<String, String> {
        let sent = self
            .inner
            .http
            .post(url)
            .query(&request.query)
            .header("content-type", request.content_type)
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
        let reply = reply::parse(&plain, &account, openid)?;
        match reply.media_id() {
            Some(id) if !self.state().media_exists(id) => Err("回复的 MediaId 不存在".to_owned()),
            _ => Ok(Some(reply)),
        }
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
    pub(super) fn in_background(&self, work: impl Future<Output = ()> + Send + 'static) {
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
