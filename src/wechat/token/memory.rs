//! A store for one process, and for tests.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Clock, StoreError, StoredToken, TokenStore};

#[derive(Default)]
struct Inner {
    tokens: HashMap<String, StoredToken>,
    /// Owner and end (Unix milliseconds) of each lock.
    locks: HashMap<String, (String, i64)>,
}

/// Tokens in the memory of this process.
pub struct MemoryTokenStore {
    clock: Clock,
    inner: Mutex<Inner>,
}

impl MemoryTokenStore {
    /// The clock decides when a lock ends.
    pub fn new(clock: Clock) -> Self {
        MemoryTokenStore {
            clock,
            inner: Mutex::default(),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // No operation can leave the maps half changed, so a poisoned lock is as good as any.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl TokenStore for MemoryTokenStore {
    async fn get(&self, key: &str) -> Result<Option<StoredToken>, StoreError> {
        Ok(self.inner().tokens.get(key).cloned())
    }

    async fn put_if_newer(&self, key: &str, token: &StoredToken) -> Result<bool, StoreError> {
        let mut inner = self.inner();
        let newer = inner
            .tokens
            .get(key)
            .is_none_or(|stored| stored.expires_at_ms <= token.expires_at_ms);
        if newer {
            inner.tokens.insert(key.to_owned(), token.clone());
        }
        Ok(newer)
    }

    async fn expire_if_equals(&self, key: &str, value: &str) -> Result<bool, StoreError> {
        let mut inner = self.inner();
        let equal = inner.tokens.get(key).is_some_and(|stored| stored.value == value);
        if equal {
            inner.tokens.remove(key);
        }
        Ok(equal)
    }

    async fn lock(&self, key: &str, owner: &str, ttl_ms: u64) -> Result<bool, StoreError> {
        let now = (self.clock)();
        let mut inner = self.inner();
        if inner.locks.get(key).is_some_and(|(_, until)| now < *until) {
            return Ok(false);
        }
        let until = now.saturating_add(i64::try_from(ttl_ms).unwrap_or(i64::MAX));
        inner.locks.insert(key.to_owned(), (owner.to_owned(), until));
        Ok(true)
    }

    async fn unlock(&self, key: &str, owner: &str) -> Result<(), StoreError> {
        let mut inner = self.inner();
        if inner.locks.get(key).is_some_and(|(holder, _)| holder == owner) {
            inner.locks.remove(key);
        }
        Ok(())
    }
}
