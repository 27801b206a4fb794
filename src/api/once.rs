//! `Idempotency-Key`: what creates runs once for a worker, a key and a content (ADR 0013).
//!
//! The first request marks the key in the cache and acts; those that come meanwhile wait for it; those that come within a
//! day get its answer. Only successes are kept: a refusal changed nothing, and the same key may try again. The act runs
//! on when the client's connection breaks, so that a retry finds the answer. A process that dies in between leaves a mark
//! that ends after a minute; the use case itself decides then, and submitting is idempotent by itself.

use super::bearer::Caller;
use crate::app::App;
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use poem_openapi::payload::{Json, Response};
use poem_openapi::types::{ParseFromJSON, ToJSON};
use std::future::Future;
use std::time::Duration;
use tracing::Instrument as _;

/// So long an answer is kept.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// So long a mark holds whose process died.
const LEASE: Duration = Duration::from_secs(60);
/// So often, and in all so long, a request looks whether the first one is done.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS: u32 = 200;

/// Marks an answer that was given before.
const REPLAYED: &str = "Idempotent-Replayed";

/// Acts once for a key; without a key, acts. `content` is what must be the same when the key is: the operation, what its
/// path names, its body.
///
/// Errors: [`Refusal::KeyMalformed`], [`Refusal::KeyReused`] for another content, [`Refusal::KeyBusy`] when the first
/// request takes too long; else the act's own.
pub async fn once<T, F>(
    caller: &Caller,
    key: Option<&str>,
    content: &[&[u8]],
    act: F,
) -> Result<Response<Json<T>>>
where
    T: ToJSON + ParseFromJSON + Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    once_for(&caller.app, &caller.worker_id, key, content, act).await
}

/// [`once`] for whoever a key is counted by: another one's same key is another key.
pub async fn once_for<T, F>(
    app: &App,
    who: &str,
    key: Option<&str>,
    content: &[&[u8]],
    act: F,
) -> Result<Response<Json<T>>>
where
    T: ToJSON + ParseFromJSON + Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let Some(key) = key else {
        return finish(act).await.map(|done| Response::new(Json(done)));
    };
    let slot = Slot::new(app, who, key, content)?;
    for _ in 0..LOOKS {
        if let Some(mark) = slot.claim().await? {
            let kept = slot.clone();
            let answer = finish(async move {
                let answer = act.await;
                kept.settle(&mark, &answer).await;
                answer
            });
            return answer.await.map(|done| Response::new(Json(done)));
        }
        if let Some(answer) = slot.answer::<T>().await? {
            return Ok(Response::new(Json(answer)).header(REPLAYED, "true"));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Err(Refusal::KeyBusy.into())
}

/// Runs to the end even when nobody waits for it any more.
async fn finish<T: Send + 'static>(act: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    tokio::spawn(act.in_current_span())
        .await
        .map_err(anyhow::Error::from)?
}

/// A worker's key with its content.
#[derive(Clone)]
struct Slot {
    app: App,
    key: String,
    /// Keyed hash of the content, which may hold personal data.
    content: String,
}

impl Slot {
    fn new(app: &App, worker_id: &str, key: &str, content: &[&[u8]]) -> Result<Self> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-');
        if !(8..=64).contains(&key.len()) || !key.bytes().all(plain) {
            return Err(Refusal::KeyMalformed.into());
        }
        // Each part by its own hash: two contents that only meet at a seam differ.
        let parts: Vec<String> = content
            .iter()
            .map(|part| crate::kernel::code::sha256_hex(part))
            .collect();
        Ok(Slot {
            app: app.clone(),
            // Another worker's key is another key.
            key: format!(
                "api-once:{worker_id}:{}",
                app.sealer.index("idempotency_key", key)
            ),
            content: app.sealer.index("idempotency_content", &parts.join(" ")),
        })
    }

    /// Marks the key for this request, unless it is marked or answered; gives the mark.
    async fn claim(&self) -> Result<Option<String>> {
        let mark = format!("running {} {}", self.content, self.app.entropy.token());
        let new = self.app.cache.set_new(&self.key, &mark, LEASE).await?;
        Ok(new.then_some(mark))
    }

    /// Keeps a success, or frees the key after a refusal. The act has happened either way, so a cache that is away
    /// changes nothing but that a retry is judged by the use case.
    async fn settle<T: ToJSON>(&self, mark: &str, answer: &Result<T>) {
        let settled = match answer {
            Ok(done) => {
                let sealed = self.app.seal("idempotency_answer", &done.to_json_string());
                let text = format!("done {} {sealed}", self.content);
                self.app.cache.set(&self.key, &text, KEPT).await
            }
            Err(_) => self.app.cache.delete_if(&self.key, mark).await.map(|_| ()),
        };
        if let Err(error) = settled {
            tracing::warn!(
                error = format!("{error:#}"),
                "an idempotency key could not be settled"
            );
        }
    }

    /// The kept answer; none while the first request is under way.
    async fn answer<T: ParseFromJSON>(&self) -> Result<Option<T>> {
        let Some(text) = self.app.cache.get(&self.key).await? else {
            return Ok(None);
        };
        let mut parts = text.splitn(3, ' ');
        let (state, content, rest) = (parts.next(), parts.next(), parts.next());
        if content != Some(self.content.as_str()) {
            return Err(Refusal::KeyReused.into());
        }
        match (state, rest) {
            (Some("done"), Some(sealed)) => {
                let json = self.app.sealer.open_text("idempotency_answer", sealed)?;
                let parsed = T::parse_from_json_string(&json);
                let answer = parsed.map_err(|error| {
                    Error::Internal(anyhow::anyhow!("a kept answer: {}", error.into_message()))
                })?;
                Ok(Some(answer))
            }
            _ => Ok(None),
        }
    }
}
