//! The access token, shared by many processes.
//!
//! Rules (facts rows 1, 2): one refresher at a time; read again after getting the lock; write only what is newer;
//! expire only the token that failed; fetch rarely, even when the store is down or WeChat keeps refusing. Renewal
//! starts early, while the old token still works, so that nobody waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, sleep, sleep_until};

use super::error::CallError;

mod memory;
pub use memory::MemoryTokenStore;

/// Gives Unix time in milliseconds.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// A token as it stands in the store.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// The token; WeChat asks for room for 512 characters and more.
    pub value: String,
    /// Unix time in milliseconds at which it ends. Of two tokens the one that ends later is the newer.
    pub expires_at_ms: i64,
}

impl std::fmt::Debug for StoredToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredToken")
            .field("expires_at_ms", &self.expires_at_ms)
            .finish_non_exhaustive()
    }
}

/// The store did not answer; the text says why, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("凭证存储不可用: {0}")]
pub struct StoreError(pub String);

/// Where processes share tokens. The application implements it on what it has; each operation must be atomic.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// The token under `key`, expired or not.
    async fn get(&self, key: &str) -> Result<Option<StoredToken>, StoreError>;

    /// Stores `token`, unless the stored one ends later. Says whether it was stored.
    async fn put_if_newer(&self, key: &str, token: &StoredToken) -> Result<bool, StoreError>;

    /// Removes the token, if its value is `value`. Says whether it was removed.
    async fn expire_if_equals(&self, key: &str, value: &str) -> Result<bool, StoreError>;

    /// Takes the lock `key` for `owner`, at most for `ttl_ms` milliseconds. Says whether it was free.
    async fn lock(&self, key: &str, owner: &str, ttl_ms: u64) -> Result<bool, StoreError>;

    /// Gives the lock back, if `owner` still has it.
    async fn unlock(&self, key: &str, owner: &str) -> Result<(), StoreError>;
}

/// What WeChat answers to the request for a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The token.
    pub value: String,
    /// Seconds it will still be valid.
    pub expires_in_s: i64,
}

/// Asks WeChat for a token.
#[async_trait]
pub trait TokenFetch: Send + Sync {
    /// One request, no retries.
    async fn fetch(&self) -> Result<Fetched, CallError>;
}

/// How a [`TokenManager`] behaves; the default suits WeChat's own limits.
#[derive(Debug, Clone)]
pub struct TokenOptions {
    /// Names this process among those sharing the store; must differ between them.
    pub instance: String,
    /// A token is renewed this long before it ends.
    pub early: Duration,
    /// Least time between two fetches of this process.
    pub fetch_interval: Duration,
    /// Pause after a failed fetch; doubles up to a minute. Meanwhile the same error is given.
    pub failure_pause: Duration,
    /// How long a call waits for another process's fetch.
    pub wait: Duration,
    /// How long the lock holds if its owner dies; must exceed the timeout of a fetch.
    pub lock_ttl: Duration,
}

impl TokenOptions {
    /// Early renewal 5 minutes before the end, as WeChat's stable_token does.
    pub fn new(instance: impl Into<String>) -> Self {
        TokenOptions {
            instance: instance.into(),
            early: Duration::from_secs(300),
            fetch_interval: Duration::from_millis(200),
            failure_pause: Duration::from_secs(1),
            wait: Duration::from_secs(10),
            lock_ttl: Duration::from_secs(15),
        }
    }
}

/// Longest pause after failed fetches.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Early renewals that bring nothing newer are not repeated before this time.
const EARLY_INTERVAL: Duration = Duration::from_secs(20);
/// How often a waiting process looks whether the other one is done.
const POLL: Duration = Duration::from_millis(50);

/// What this process remembers; its mutex is also what makes it fetch one at a time.
#[derive(Default)]
struct Fetching {
    next_fetch: Option<Instant>,
    next_early: Option<Instant>,
    failures: u32,
    failed: Option<(Instant, CallError)>,
}

/// Keeps one token valid. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct TokenManager(Arc<Shared>);

struct Shared {
    store: Arc<dyn TokenStore>,
    fetcher: Arc<dyn TokenFetch>,
    clock: Clock,
    options: TokenOptions,
    key: String,
    lock_key: String,
    locks_taken: AtomicU64,
    /// Last known token, for when the store does not answer.
    local: std::sync::Mutex<Option<StoredToken>>,
    fetching: Mutex<Fetching>,
}

impl TokenManager {
    /// `key` names the token in the store, e.g. `wechat:token:<appid>`; its lock is `<key>:lock`.
    pub fn new(
        store: Arc<dyn TokenStore>,
        fetcher: Arc<dyn TokenFetch>,
        clock: Clock,
        key: impl Into<String>,
        options: TokenOptions,
    ) -> Self {
        let key = key.into();
        TokenManager(Arc::new(Shared {
            lock_key: format!("{key}:lock"),
            key,
            store,
            fetcher,
            clock,
            options,
            locks_taken: AtomicU64::new(0),
            local: std::sync::Mutex::default(),
            fetching: Mutex::default(),
        }))
    }

    /// A token that is valid as far as is known; fetches one if there is none. Needs a tokio runtime.
    /// Errors: [`CallError`].
    pub async fn token(&self) -> Result<String, CallError> {
        // Fetching happens in tasks of its own: a caller that is cancelled must not leave the lock taken.
        let shared = self.0.clone();
        match shared.read().await {
            Some(token) => {
                if shared.ends_within(&token, shared.options.early) && shared.is_early_due() {
                    tokio::spawn(async move { shared.renew_early().await });
                }
                Ok(token.value)
            }
            None => match tokio::spawn(async move { shared.obtain().await }).await {
                Ok(obtained) => obtained.map(|token| token.value),
                Err(stopped) => Err(CallError::Transport(stopped.to_string())),
            },
        }
    }

    /// WeChat refused `failed`: forget it, unless a newer one is already stored (facts row 2).
    pub async fn invalidate(&self, failed: &str) {
        self.0.invalidate(failed).await;
    }
}

impl Shared {
    async fn invalidate(&self, failed: &str) {
        if let Err(error) = self.store.expire_if_equals(&self.key, failed).await {
            tracing::warn!(%error, "token could not be expired in the store");
        }
        self.set_local(|local| {
            if local.as_ref().is_some_and(|token| token.value == failed) {
                *local = None;
            }
        });
    }

    /// The stored token if it has not ended; the last known one while the store does not answer.
    async fn read(&self) -> Option<StoredToken> {
        let token = match self.store.get(&self.key).await {
            Ok(stored) => {
                self.set_local(|local| local.clone_from(&stored));
                stored
            }
            Err(error) => {
                tracing::warn!(%error, "token store does not answer, using the last known token");
                self.set_local(|local| local.clone())
            }
        };
        token.filter(|token| !self.ends_within(token, Duration::ZERO))
    }

    fn set_local<T>(&self, change: impl FnOnce(&mut Option<StoredToken>) -> T) -> T {
        change(
            &mut self
                .local
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        )
    }

    fn ends_within(&self, token: &StoredToken, time: Duration) -> bool {
        let margin = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        token.expires_at_ms.saturating_sub((self.clock)()) <= margin
    }

    /// Whether this process should try an early renewal now; not while it is fetching anyway.
    fn is_early_due(&self) -> bool {
        self.fetching
            .try_lock()
            .is_ok_and(|fetching| fetching.is_early_due())
    }

    /// Renews while the old token still works; whoever finds somebody else at it leaves it to them.
    async fn renew_early(&self) {
        let Ok(mut fetching) = self.fetching.try_lock() else {
            return;
        };
        if !fetching.is_early_due() {
            return;
        }
        fetching.next_early = Some(Instant::now() + EARLY_INTERVAL);
        let owner = self.owner();
        if !matches!(
            self.store.lock(&self.lock_key, &owner, self.lock_ttl_ms()).await,
            Ok(true)
        ) {
            return;
        }
        let renewed_by_another = self
            .read()
            .await
            .is_some_and(|token| !self.ends_within(&token, self.options.early));
        if !renewed_by_another && let Err(error) = self.fetch(&mut fetching).await {
            tracing::warn!(%error, "token could not be renewed early");
        }
        self.unlock(&owner).await;
    }

    /// There is no valid token: fetch one, or wait for whoever is fetching it.
    async fn obtain(&self) -> Result<StoredToken, CallError> {
        let mut fetching = self.fetching.lock().await;
        let give_up = Instant::now() + self.options.wait;
        loop {
            // Somebody in this process or another may have been faster.
            if let Some(token) = self.read().await {
                return Ok(token);
            }
            if let Some(error) = fetching.failing() {
                return Err(error);
            }
            let owner = self.owner();
            match self.store.lock(&self.lock_key, &owner, self.lock_ttl_ms()).await {
                Ok(true) => return self.obtain_locked(fetching, &owner).await,
                Ok(false) if Instant::now() >= give_up => return Err(CallError::TokenBusy),
                Ok(false) => sleep(POLL).await,
                // Without the store nobody can agree with anybody. stable_token gives all the same token, so
                // fetching without the lock does no harm; the interval still holds.
                Err(_) => return self.fetch(&mut fetching).await,
            }
        }
    }

    async fn obtain_locked(
        &self,
        mut fetching: MutexGuard<'_, Fetching>,
        owner: &str,
    ) -> Result<StoredToken, CallError> {
        let result = match self.read().await {
            Some(token) => Ok(token),
            None => self.fetch(&mut fetching).await,
        };
        self.unlock(owner).await;
        result
    }

    async fn fetch(&self, fetching: &mut Fetching) -> Result<StoredToken, CallError> {
        if let Some(at) = fetching.next_fetch {
            sleep_until(at).await;
        }
        fetching.next_fetch = Some(Instant::now() + self.options.fetch_interval);
        // Time is taken before the request: the token ends rather earlier than later.
        let now_ms = (self.clock)();
        let fetched = match self.fetcher.fetch().await {
            Ok(fetched) => fetched,
            Err(error) => return Err(fetching.remember(error, self.options.failure_pause)),
        };
        fetching.failures = 0;
        fetching.failed = None;
        let token = StoredToken {
            value: fetched.value,
            expires_at_ms: now_ms.saturating_add(fetched.expires_in_s.saturating_mul(1000)),
        };
        self.set_local(|local| *local = Some(token.clone()));
        if let Err(error) = self.store.put_if_newer(&self.key, &token).await {
            tracing::warn!(%error, "token could not be stored");
        }
        Ok(token)
    }

    async fn unlock(&self, owner: &str) {
        if let Err(error) = self.store.unlock(&self.lock_key, owner).await {
            tracing::warn!(%error, "token lock could not be given back, it ends by itself");
        }
    }

    /// Differs for every taking of the lock, so that nobody gives back another's.
    fn owner(&self) -> String {
        format!(
            "{}:{}",
            self.options.instance,
            self.locks_taken.fetch_add(1, Ordering::Relaxed)
        )
    }

    fn lock_ttl_ms(&self) -> u64 {
        u64::try_from(self.options.lock_ttl.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Fetching {
    fn is_early_due(&self) -> bool {
        self.next_early.is_none_or(|at| Instant::now() >= at) && self.failing().is_none()
    }

    /// The last error, while its pause lasts.
    fn failing(&self) -> Option<CallError> {
        self.failed
            .as_ref()
            .filter(|(until, _)| Instant::now() < *until)
            .map(|(_, error)| error.clone())
    }

    fn remember(&mut self, error: CallError, pause: Duration) -> CallError {
        let pause = pause
            .saturating_mul(1 << self.failures.min(16))
            .min(LONGEST_PAUSE);
        self.failures += 1;
        self.failed = Some((Instant::now() + pause, error.clone()));
        error
    }
}

#[cfg(test)]
mod tests;
