use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize};

use super::*;
use crate::wechat::error::{ApiError, ErrorClass};

/// A clock the test sets, in milliseconds.
#[derive(Clone, Default)]
struct Time(Arc<AtomicI64>);

impl Time {
    fn clock(&self) -> Clock {
        let at = self.0.clone();
        Arc::new(move || at.load(Ordering::SeqCst))
    }

    fn advance_s(&self, s: i64) {
        self.0.fetch_add(s * 1000, Ordering::SeqCst);
    }
}

/// WeChat's side of stable_token: a new token when the last is within 5 minutes of its end or was revoked.
struct FakeWeChat {
    time: Time,
    issued: Mutex<(usize, i64)>,
    fetches: AtomicUsize,
    refuse: AtomicBool,
}

#[async_trait]
impl TokenFetch for FakeWeChat {
    async fn fetch(&self) -> Result<Fetched, CallError> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        if self.refuse.load(Ordering::SeqCst) {
            return Err(CallError::Token(ApiError {
                code: 40125,
                message: "invalid appsecret".into(),
            }));
        }
        // Long enough that simultaneous callers overlap.
        sleep(Duration::from_millis(20)).await;
        let now = (self.time.clock())();
        let mut issued = self.issued.lock().await;
        if issued.1 - now <= 300_000 {
            *issued = (issued.0 + 1, now + 7_200_000);
        }
        Ok(Fetched {
            value: format!("token-{}", issued.0),
            expires_in_s: (issued.1 - now) / 1000,
        })
    }
}

impl FakeWeChat {
    async fn revoke(&self) {
        self.issued.lock().await.1 = 0;
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

/// A store that can be switched off, like a Redis that restarts.
struct Flaky {
    inner: MemoryTokenStore,
    down: AtomicBool,
}

impl Flaky {
    fn up(&self) -> Result<&MemoryTokenStore, StoreError> {
        if self.down.load(Ordering::SeqCst) {
            Err(StoreError("connection refused".into()))
        } else {
            Ok(&self.inner)
        }
    }
}

#[async_trait]
impl TokenStore for Flaky {
    async fn get(&self, key: &str) -> Result<Option<StoredToken>, StoreError> {
        self.up()?.get(key).await
    }
    async fn put_if_newer(&self, key: &str, token: &StoredToken) -> Result<bool, StoreError> {
        self.up()?.put_if_newer(key, token).await
    }
    async fn expire_if_equals(&self, key: &str, value: &str) -> Result<bool, StoreError> {
        self.up()?.expire_if_equals(key, value).await
    }
    async fn lock(&self, key: &str, owner: &str, ttl_ms: u64) -> Result<bool, StoreError> {
        self.up()?.lock(key, owner, ttl_ms).await
    }
    async fn unlock(&self, key: &str, owner: &str) -> Result<(), StoreError> {
        self.up()?.unlock(key, owner).await
    }
}

struct World {
    time: Time,
    wechat: Arc<FakeWeChat>,
    store: Arc<Flaky>,
}

impl World {
    fn new() -> Self {
        let time = Time::default();
        time.advance_s(1_700_000_000);
        let wechat = FakeWeChat {
            time: time.clone(),
            issued: Mutex::default(),
            fetches: AtomicUsize::new(0),
            refuse: AtomicBool::new(false),
        };
        let store = Flaky {
            inner: MemoryTokenStore::new(time.clock()),
            down: AtomicBool::new(false),
        };
        World {
            time,
            wechat: Arc::new(wechat),
            store: Arc::new(store),
        }
    }

    /// One "process".
    fn manager(&self, instance: &str) -> TokenManager {
        let options = TokenOptions {
            fetch_interval: Duration::from_millis(1),
            ..TokenOptions::new(instance)
        };
        TokenManager::new(
            self.store.clone(),
            self.wechat.clone(),
            self.time.clock(),
            "t",
            options,
        )
    }
}

/// Every caller of three "processes" at once.
async fn all_at_once(managers: &[TokenManager], callers: usize) -> Vec<String> {
    let tasks: Vec<_> = (0..callers)
        .map(|i| {
            let manager = managers[i % managers.len()].clone();
            tokio::spawn(async move { manager.token().await.unwrap() })
        })
        .collect();
    let mut tokens = Vec::new();
    for task in tasks {
        tokens.push(task.await.unwrap());
    }
    tokens
}

/// facts row 1: one refresher among processes that start together.
#[tokio::test]
async fn one_fetch_for_many_processes() {
    let world = World::new();
    let managers = [world.manager("a"), world.manager("b"), world.manager("c")];
    let tokens = all_at_once(&managers, 60).await;
    assert!(tokens.iter().all(|t| t == "token-1"));
    assert_eq!(world.wechat.fetches(), 1);
}

/// facts row 2: many late 40001 for one token cost one fetch, and do not expire its successor.
#[tokio::test]
async fn only_the_failed_token_is_expired() {
    let world = World::new();
    let managers = [world.manager("a"), world.manager("b")];
    let first = managers[0].token().await.unwrap();
    world.wechat.revoke().await;
    for manager in &managers {
        manager.invalidate(&first).await;
    }
    assert!(all_at_once(&managers, 20).await.iter().all(|t| t == "token-2"));
    // The late one.
    managers[1].invalidate(&first).await;
    assert_eq!(managers[0].token().await.unwrap(), "token-2");
    assert_eq!(world.wechat.fetches(), 2);
}

/// facts row 1: an older token never overwrites a newer one.
#[tokio::test]
async fn only_a_newer_token_is_written() {
    let world = World::new();
    let token = |value: &str, expires_at_ms| StoredToken {
        value: value.into(),
        expires_at_ms,
    };
    assert!(world.store.put_if_newer("k", &token("new", 20)).await.unwrap());
    assert!(!world.store.put_if_newer("k", &token("old", 10)).await.unwrap());
    assert_eq!(world.store.get("k").await.unwrap(), Some(token("new", 20)));
    assert!(!world.store.expire_if_equals("k", "old").await.unwrap());
    assert!(world.store.expire_if_equals("k", "new").await.unwrap());
}

/// facts row 1: the lock has an owner and an end.
#[tokio::test]
async fn the_lock_is_the_owners_and_ends() {
    let world = World::new();
    assert!(world.store.lock("l", "a", 1000).await.unwrap());
    assert!(!world.store.lock("l", "b", 1000).await.unwrap());
    world.store.unlock("l", "b").await.unwrap();
    assert!(!world.store.lock("l", "b", 1000).await.unwrap());
    world.time.advance_s(1);
    assert!(world.store.lock("l", "b", 1000).await.unwrap());
    world.store.unlock("l", "a").await.unwrap();
    assert!(!world.store.lock("l", "c", 1000).await.unwrap());
}

/// facts, Tokens: renewed 5 minutes early; nobody waits, and a renewal happens once.
#[tokio::test]
async fn renewal_is_early_and_in_the_background() {
    let world = World::new();
    let manager = world.manager("a");
    manager.token().await.unwrap();
    world.time.advance_s(7_200 - 301);
    assert_eq!(manager.token().await.unwrap(), "token-1");
    assert_eq!(world.wechat.fetches(), 1);
    world.time.advance_s(2);
    for _ in 0..5 {
        assert_eq!(manager.token().await.unwrap(), "token-1");
    }
    let mut tries = 0;
    while manager.token().await.unwrap() != "token-2" {
        tries += 1;
        assert!(tries < 1000, "never renewed");
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(world.wechat.fetches(), 2);
}

/// facts row 2: a store that does not answer burns no quota, and calls go on.
#[tokio::test]
async fn the_store_may_be_down() {
    let world = World::new();
    let managers = [world.manager("a"), world.manager("b")];
    managers[0].token().await.unwrap();
    world.store.down.store(true, Ordering::SeqCst);
    for _ in 0..50 {
        assert_eq!(managers[0].token().await.unwrap(), "token-1");
    }
    // This one knows nothing yet: it fetches once, not fifty times.
    for _ in 0..50 {
        assert_eq!(managers[1].token().await.unwrap(), "token-1");
    }
    assert_eq!(world.wechat.fetches(), 2);
    world.store.down.store(false, Ordering::SeqCst);
    assert_eq!(managers[1].token().await.unwrap(), "token-1");
}

/// facts row 2: a wrong secret is reported to everybody but asked for once.
#[tokio::test]
async fn refusals_are_not_hammered() {
    let world = World::new();
    world.wechat.refuse.store(true, Ordering::SeqCst);
    let manager = world.manager("a");
    for _ in 0..20 {
        assert_eq!(
            manager.token().await.unwrap_err().class(),
            ErrorClass::Configuration
        );
    }
    assert_eq!(world.wechat.fetches(), 1);
}

/// A store where another process finishes its fetch just before the lock is given.
struct Overtaken(Arc<Flaky>);

#[async_trait]
impl TokenStore for Overtaken {
    async fn get(&self, key: &str) -> Result<Option<StoredToken>, StoreError> {
        self.0.get(key).await
    }
    async fn put_if_newer(&self, key: &str, token: &StoredToken) -> Result<bool, StoreError> {
        self.0.put_if_newer(key, token).await
    }
    async fn expire_if_equals(&self, key: &str, value: &str) -> Result<bool, StoreError> {
        self.0.expire_if_equals(key, value).await
    }
    async fn lock(&self, key: &str, owner: &str, ttl_ms: u64) -> Result<bool, StoreError> {
        let others = StoredToken {
            value: "others".into(),
            expires_at_ms: i64::MAX,
        };
        self.0.put_if_newer("t", &others).await?;
        self.0.lock(key, owner, ttl_ms).await
    }
    async fn unlock(&self, key: &str, owner: &str) -> Result<(), StoreError> {
        self.0.unlock(key, owner).await
    }
}

/// facts row 1: read again after getting the lock.
#[tokio::test]
async fn the_store_is_read_again_under_the_lock() {
    let world = World::new();
    let store = Arc::new(Overtaken(world.store.clone()));
    let manager = TokenManager::new(
        store,
        world.wechat.clone(),
        world.time.clock(),
        "t",
        TokenOptions::new("a"),
    );
    assert_eq!(manager.token().await.unwrap(), "others");
    assert_eq!(world.wechat.fetches(), 0);
    assert!(
        world.store.lock("t:lock", "b", 1).await.unwrap(),
        "the lock was given back"
    );
}

/// A lock whose owner died holds up nobody longer than its time.
#[tokio::test]
async fn a_dead_owners_lock_ends() {
    let world = World::new();
    assert!(world.store.lock("t:lock", "dead", 15_000).await.unwrap());
    let manager = world.manager("a");
    let waiting = tokio::spawn(async move { manager.token().await });
    sleep(Duration::from_millis(120)).await;
    assert!(!waiting.is_finished());
    world.time.advance_s(16);
    assert_eq!(waiting.await.unwrap().unwrap(), "token-1");
}

/// A caller that goes away leaves no lock behind.
#[tokio::test]
async fn a_cancelled_caller_leaves_no_lock() {
    let world = World::new();
    let manager = world.manager("a");
    assert!(
        tokio::time::timeout(Duration::from_millis(2), manager.token())
            .await
            .is_err()
    );
    sleep(Duration::from_millis(60)).await;
    assert_eq!(world.manager("b").token().await.unwrap(), "token-1");
    assert_eq!(world.wechat.fetches(), 1);
}

#[test]
fn tokens_are_not_printed() {
    let token = StoredToken {
        value: "secret-token".into(),
        expires_at_ms: 1,
    };
    assert!(!format!("{token:?}").contains("secret-token"));
}
