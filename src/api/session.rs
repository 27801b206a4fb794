//! Sessions of the API: a random token that the client sends as `Authorization: Bearer`, its session sealed in the cache
//! under the token's hash. It ends after seven days without use, on sign-out, or when its sign-in is ended elsewhere
//! ([`sign_ins`](crate::account::sign_ins)).

use crate::app::App;
use crate::application::handoff::{self, Pass};
use crate::error::Result;
use crate::kernel::code;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A session ends after so long without use.
pub const IDLE: Duration = Duration::from_secs(7 * 24 * 3600);
/// One of a visitor of the mini-program who is no worker yet, ends sooner.
const IDLE_VISITOR: Duration = Duration::from_secs(3600);

/// Who the bearer of a token is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The worker's id, once they are known.
    pub worker: Option<String>,
    /// The worker's sign-in, whose row keeps the session alive.
    pub sign_in: Option<String>,
    /// The openid of the mini-program they came with.
    pub openid: Option<String>,
    /// WeChat's id across accounts, if told.
    pub unionid: Option<String>,
    /// The phone that WeChat vouched for, until they are a worker.
    pub phone: Option<String>,
    /// The hand-off that this phone took up: it uploads to one application and is nobody's sign-in.
    #[serde(default)]
    pub handoff: Option<Pass>,
}

impl Session {
    /// It ends after so long without use.
    pub fn idle(&self) -> Duration {
        match (&self.worker, &self.handoff) {
            (Some(_), _) => IDLE,
            (None, Some(_)) => Duration::from_millis(handoff::LASTS.unsigned_abs()),
            (None, None) => IDLE_VISITOR,
        }
    }
}

fn key(token: &str) -> String {
    format!("api-session:{}", code::sha256_hex(token.as_bytes()))
}

/// Begins a session; gives its token.
pub async fn begin(app: &App, session: &Session) -> Result<String> {
    let token = app.entropy.token();
    keep(app, &token, session).await?;
    Ok(token)
}

/// Writes a session anew under the token it has.
pub async fn keep(app: &App, token: &str, session: &Session) -> Result<()> {
    let text = serde_json::to_string(session).map_err(anyhow::Error::from)?;
    let sealed = app.seal("api_session", &text);
    app.cache.set(&key(token), &sealed, session.idle()).await?;
    Ok(())
}

/// The session of a token, if it still stands; its time begins anew.
pub async fn find(app: &App, token: &str) -> Result<Option<Session>> {
    let key = key(token);
    let Some(sealed) = app.cache.get(&key).await? else {
        return Ok(None);
    };
    // Sealed under a key that is no longer configured: as good as ended.
    let Ok(text) = app.sealer.open_text("api_session", &sealed) else {
        return Ok(None);
    };
    let session: Session = serde_json::from_str(&text).map_err(anyhow::Error::from)?;
    app.cache.touch(&key, session.idle()).await?;
    Ok(Some(session))
}

/// Ends one session.
pub async fn end(app: &App, token: &str) -> Result<()> {
    Ok(app.cache.delete(&key(token)).await?)
}
