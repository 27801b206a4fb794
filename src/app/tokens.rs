//! The access token shared through our cache: [`TokenStore`] on [`Cache`].

use crate::cache::Cache;
use crate::wechat::{StoreError, StoredToken, TokenStore};
use async_trait::async_trait;
use std::time::Duration;

/// WeChat's tokens live two hours; kept a little longer, they end by their own `expires_at_ms`.
const KEPT: Duration = Duration::from_secs(3 * 3600);

/// Tokens in the cache, as `<expires_at_ms>:<value>`.
pub struct CachedTokens(pub Cache);

fn failed(error: anyhow::Error) -> StoreError {
    StoreError(format!("{error:#}"))
}

fn read(text: &str) -> Option<StoredToken> {
    let (expires, value) = text.split_once(':')?;
    Some(StoredToken {
        value: value.to_owned(),
        expires_at_ms: expires.parse().ok()?,
    })
}

#[async_trait]
impl TokenStore for CachedTokens {
    async fn get(&self, key: &str) -> Result<Option<StoredToken>, StoreError> {
        Ok(self.0.get(key).await.map_err(failed)?.as_deref().and_then(read))
    }

    async fn put_if_newer(&self, key: &str, token: &StoredToken) -> Result<bool, StoreError> {
        self.0
            .set_if_greater(key, token.expires_at_ms, &token.value, KEPT)
            .await
            .map_err(failed)
    }

    async fn expire_if_equals(&self, key: &str, value: &str) -> Result<bool, StoreError> {
        let Some(text) = self.0.get(key).await.map_err(failed)? else {
            return Ok(false);
        };
        match read(&text) {
            // Deleted only while it still is this very text: a newer token written meanwhile stays.
            Some(token) if token.value == value => self.0.delete_if(key, &text).await.map_err(failed),
            _ => Ok(false),
        }
    }

    async fn lock(&self, key: &str, owner: &str, ttl_ms: u64) -> Result<bool, StoreError> {
        self.0
            .set_new(key, owner, Duration::from_millis(ttl_ms))
            .await
            .map_err(failed)
    }

    async fn unlock(&self, key: &str, owner: &str) -> Result<(), StoreError> {
        self.0.delete_if(key, owner).await.map(|_| ()).map_err(failed)
    }
}
