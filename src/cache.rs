//! What may be forgotten: sessions, one-time states and codes, throttles, tokens, locks, deduplication.
//!
//! In this process, or in Redis when several processes share it. Both behave alike; one conformance test
//! runs on both. Time to live is counted by the machine's clock.

use anyhow::Context as _;
use redis::AsyncCommands as _;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// A cache; cheap to clone.
#[derive(Clone)]
pub enum Cache {
    /// In this process.
    Memory(Memory),
    /// In a Redis shared by all processes. Every key gets the prefix `yuanmeng:`.
    Redis(ConnectionManager),
}

/// The result of a cache call: an error means that the store did not answer.
pub type Result<T> = anyhow::Result<T>;

const PREFIX: &str = "yuanmeng:";

/// Deletes a key only while it holds the caller's value (a lock released by its owner alone).
const DELETE_IF: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end";
/// Counts and gives the first count its time to live, in one step.
const COUNT: &str = "local n = redis.call('INCR', KEYS[1]) if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end return n";

/// Sets `rank:value` unless what stands there has the same rank or a greater one.
const SET_IF_GREATER: &str = "local old = redis.call('GET', KEYS[1]) \
    local rank = old and tonumber((string.match(old, '^(-?%d+):'))) \
    if rank and rank >= tonumber(ARGV[1]) then return 0 end \
    redis.call('SET', KEYS[1], ARGV[1] .. ':' .. ARGV[2], 'PX', ARGV[3]) return 1";

impl Cache {
    /// A cache in this process.
    pub fn memory() -> Self {
        Cache::Memory(Memory::default())
    }

    /// A cache in Redis. Fails at once when it is not there; later outages end in plain errors within a second.
    pub async fn redis(url: &str) -> anyhow::Result<Self> {
        let client = redis::Client::open(url).context("REDIS_URL is not understood")?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(Duration::from_secs(1)))
            .set_response_timeout(Some(Duration::from_secs(1)));
        let manager = ConnectionManager::new_with_config(client, config).await;
        Ok(Cache::Redis(manager.context("cannot reach Redis at REDIS_URL")?))
    }

    /// The value of a key that has not expired.
    pub async fn get(&self, key: &str) -> Result<Option<String>> {
        match self {
            Cache::Memory(m) => Ok(m.lock().get(key)),
            Cache::Redis(r) => Ok(r.clone().get(prefixed(key)).await?),
        }
    }

    /// Sets a key for `ttl`.
    pub async fn set(&self, key: &str, value: &str, ttl: Duration) -> Result<()> {
        match self {
            Cache::Memory(m) => m.lock().set(key, value, ttl),
            Cache::Redis(r) => {
                r.clone()
                    .pset_ex::<_, _, ()>(prefixed(key), value, millis(ttl))
                    .await?
            }
        }
        Ok(())
    }

    /// Sets a key unless it is there; whether it was set. For locks and deduplication.
    pub async fn set_new(&self, key: &str, value: &str, ttl: Duration) -> Result<bool> {
        match self {
            Cache::Memory(m) => Ok(m.lock().set_new(key, value, ttl)),
            Cache::Redis(r) => {
                let mut command = redis::cmd("SET");
                command
                    .arg(prefixed(key))
                    .arg(value)
                    .arg("NX")
                    .arg("PX")
                    .arg(millis(ttl));
                Ok(command
                    .query_async::<Option<String>>(&mut r.clone())
                    .await?
                    .is_some())
            }
        }
    }

    /// Takes a key away and gives its value: whoever gets it is the only one (one-time states and codes).
    pub async fn take(&self, key: &str) -> Result<Option<String>> {
        match self {
            Cache::Memory(m) => Ok(m.lock().remove(key)),
            Cache::Redis(r) => Ok(r.clone().get_del(prefixed(key)).await?),
        }
    }

    /// Removes a key.
    pub async fn delete(&self, key: &str) -> Result<()> {
        match self {
            Cache::Memory(m) => drop(m.lock().remove(key)),
            Cache::Redis(r) => r.clone().del::<_, ()>(prefixed(key)).await?,
        }
        Ok(())
    }

    /// Removes a key while it holds `value`; whether it did.
    pub async fn delete_if(&self, key: &str, value: &str) -> Result<bool> {
        match self {
            Cache::Memory(m) => {
                let mut map = m.lock();
                let same = map.alive(key) == Some(value);
                if same {
                    map.remove(key);
                }
                Ok(same)
            }
            Cache::Redis(r) => {
                let script = redis::Script::new(DELETE_IF);
                Ok(script
                    .key(prefixed(key))
                    .arg(value)
                    .invoke_async::<i64>(&mut r.clone())
                    .await?
                    == 1)
            }
        }
    }

    /// Sets a key to `<rank>:<value>` unless it holds the same rank or a greater one; whether it was set.
    pub async fn set_if_greater(&self, key: &str, rank: i64, value: &str, ttl: Duration) -> Result<bool> {
        match self {
            Cache::Memory(m) => {
                let mut map = m.lock();
                let old = map
                    .alive(key)
                    .and_then(|text| text.split_once(':')?.0.parse::<i64>().ok());
                let greater = old.is_none_or(|old| rank > old);
                if greater {
                    map.set(key, &format!("{rank}:{value}"), ttl);
                }
                Ok(greater)
            }
            Cache::Redis(r) => {
                let script = redis::Script::new(SET_IF_GREATER);
                let mut script = script.key(prefixed(key));
                script.arg(rank).arg(value).arg(millis(ttl));
                Ok(script.invoke_async::<i64>(&mut r.clone()).await? == 1)
            }
        }
    }

    /// Adds one and gives the count; the first one starts the `window` after which it begins anew.
    pub async fn count(&self, key: &str, window: Duration) -> Result<u64> {
        match self {
            Cache::Memory(m) => Ok(m.lock().count(key, window)),
            Cache::Redis(r) => {
                let script = redis::Script::new(COUNT);
                Ok(script
                    .key(prefixed(key))
                    .arg(millis(window))
                    .invoke_async(&mut r.clone())
                    .await?)
            }
        }
    }

    /// Gives a key a new time to live (sliding sessions).
    pub async fn touch(&self, key: &str, ttl: Duration) -> Result<()> {
        match self {
            Cache::Memory(m) => m.lock().touch(key, ttl),
            Cache::Redis(r) => {
                r.clone()
                    .pexpire::<_, ()>(prefixed(key), millis(ttl) as i64)
                    .await?
            }
        }
        Ok(())
    }

    /// How long a key still lives; `None` when it is not there.
    pub async fn remaining(&self, key: &str) -> Result<Option<Duration>> {
        match self {
            Cache::Memory(m) => Ok(m.lock().remaining(key)),
            Cache::Redis(r) => {
                let left: i64 = r.clone().pttl(prefixed(key)).await?;
                Ok(u64::try_from(left).ok().map(Duration::from_millis))
            }
        }
    }

    /// Whether nothing at all is in it: in Redis, of whomever.
    pub async fn is_empty(&self) -> Result<bool> {
        match self {
            Cache::Memory(m) => Ok(m.lock().entries.is_empty()),
            Cache::Redis(r) => Ok(redis::cmd("DBSIZE").query_async::<i64>(&mut r.clone()).await? == 0),
        }
    }

    /// Whether the cache answers, for `/readyz`.
    pub async fn ping(&self) -> Result<()> {
        match self {
            Cache::Memory(_) => Ok(()),
            Cache::Redis(r) => Ok(redis::cmd("PING").query_async::<()>(&mut r.clone()).await?),
        }
    }
}

fn prefixed(key: &str) -> String {
    [PREFIX, key].concat()
}

fn millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// The in-process store.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Map>>);

#[derive(Default)]
struct Map {
    entries: HashMap<String, (String, Instant)>,
    /// Writes until the expired are swept out.
    until_sweep: usize,
}

/// Between two sweeps there are at least so many writes, and at least as many as were alive after the first: memory
/// follows what is alive, and however much that is, a write pays for looking at one entry or two.
const SWEEP_EVERY: usize = 4096;

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Map> {
        // A panic while holding the lock cannot leave the map half-changed: each change is one insert or remove.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Map {
    fn get(&self, key: &str) -> Option<String> {
        self.alive(key).map(str::to_owned)
    }

    fn alive(&self, key: &str) -> Option<&str> {
        let (value, until) = self.entries.get(key)?;
        (*until > Instant::now()).then_some(value)
    }

    fn set(&mut self, key: &str, value: &str, ttl: Duration) {
        let now = Instant::now();
        // What is there keeps its key and its bucket: an answer is set right after its message was marked.
        match self.entries.get_mut(key) {
            Some(entry) => *entry = (value.to_owned(), now + ttl),
            None => self.add(key, value, now, ttl),
        }
    }

    fn set_new(&mut self, key: &str, value: &str, ttl: Duration) -> bool {
        let now = Instant::now();
        match self.entries.get_mut(key) {
            Some((_, until)) if *until > now => return false,
            Some(entry) => *entry = (value.to_owned(), now + ttl),
            None => self.add(key, value, now, ttl),
        }
        true
    }

    fn add(&mut self, key: &str, value: &str, now: Instant, ttl: Duration) {
        if self.until_sweep == 0 {
            self.entries.retain(|_, (_, until)| *until > now);
            self.until_sweep = self.entries.len().max(SWEEP_EVERY);
        }
        self.until_sweep -= 1;
        self.entries.insert(key.to_owned(), (value.to_owned(), now + ttl));
    }

    fn remove(&mut self, key: &str) -> Option<String> {
        self.entries
            .remove(key)
            .filter(|(_, until)| *until > Instant::now())
            .map(|(value, _)| value)
    }

    fn count(&mut self, key: &str, window: Duration) -> u64 {
        match self.entries.get_mut(key) {
            Some((value, until)) if *until > Instant::now() => {
                let n = value.parse().unwrap_or(0) + 1;
                *value = n.to_string();
                n
            }
            _ => {
                self.set(key, "1", window);
                1
            }
        }
    }

    fn touch(&mut self, key: &str, ttl: Duration) {
        // What has expired stays so, though it may not have been swept out yet.
        let now = Instant::now();
        if let Some((_, until)) = self.entries.get_mut(key).filter(|(_, until)| *until > now) {
            *until = now + ttl;
        }
    }

    fn remaining(&self, key: &str) -> Option<Duration> {
        self.entries
            .get(key)
            .and_then(|(_, until)| until.checked_duration_since(Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However many come and go, what has expired does not stay.
    #[test]
    fn memory_follows_what_is_alive() {
        let mut map = Map::default();
        for n in 0..10 * SWEEP_EVERY {
            map.set(&n.to_string(), "", Duration::ZERO);
            assert!(map.entries.len() <= SWEEP_EVERY + 1);
        }
        for n in 0..2 * SWEEP_EVERY {
            map.set(&n.to_string(), "", Duration::from_secs(60));
        }
        for n in 0..10 * SWEEP_EVERY {
            map.set(&format!("short {n}"), "", Duration::ZERO);
            assert!(map.entries.len() <= 5 * SWEEP_EVERY);
        }
        assert_eq!(map.get("1").as_deref(), Some(""));
    }
}
