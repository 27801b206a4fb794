//! Sessions on the cache: found again by a random cookie, kept alive by use.
//!
//! poem's own Redis session hangs when Redis is down, has no key prefix and no sliding expiry; so the storage
//! is ours, its cookie and renewal poem's.

use crate::app::App;
use crate::cache::Cache;
use poem::error::ServiceUnavailable;
use poem::session::{CookieConfig, ServerSession, SessionStorage};
use poem::web::cookie::SameSite;
use std::collections::BTreeMap;
use std::time::Duration;

/// A session ends after so long without use.
pub const IDLE: Duration = Duration::from_secs(7 * 24 * 3600);

/// The cookie outlives it: poem sends it only with a new id, and [`IDLE`] counts from the last use.
const COOKIE: Duration = Duration::from_secs(180 * 24 * 3600);

/// poem's [`SessionStorage`] on [`Cache`].
pub struct OnCache(Cache);

/// The middleware for every page.
pub fn middleware(app: &App) -> ServerSession<OnCache> {
    let secure = app.config.http.public_url.starts_with("https://");
    let cookie = CookieConfig::new()
        .name("yuanmeng")
        .path("/")
        .http_only(true)
        .secure(secure)
        .same_site(SameSite::Lax)
        .max_age(COOKIE);
    ServerSession::new(cookie, OnCache(app.cache.clone()))
}

fn key(id: &str) -> String {
    // The cookie's value comes from outside: hashed, so that a stolen cache shows no usable id.
    format!("session:{}", crate::kernel::code::sha256_hex(id.as_bytes()))
}

fn down(error: anyhow::Error) -> poem::Error {
    tracing::error!(error = format!("{error:#}"), "sessions are not available");
    ServiceUnavailable(std::io::Error::other("sessions are not available"))
}

impl SessionStorage for OnCache {
    async fn load_session<'a>(
        &'a self,
        id: &'a str,
    ) -> poem::Result<Option<BTreeMap<String, serde_json::Value>>> {
        let key = key(id);
        let Some(text) = self.0.get(&key).await.map_err(down)? else {
            return Ok(None);
        };
        self.0.touch(&key, IDLE).await.map_err(down)?;
        Ok(serde_json::from_str(&text).ok())
    }

    async fn update_session<'a>(
        &'a self,
        id: &'a str,
        entries: &'a BTreeMap<String, serde_json::Value>,
        expires: Option<Duration>,
    ) -> poem::Result<()> {
        let text = serde_json::to_string(entries).map_err(|error| down(error.into()))?;
        self.0
            .set(&key(id), &text, expires.unwrap_or(IDLE))
            .await
            .map_err(down)
    }

    async fn remove_session<'a>(&'a self, id: &'a str) -> poem::Result<()> {
        self.0.delete(&key(id)).await.map_err(down)
    }
}
