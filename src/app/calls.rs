//! Around every call to WeChat: it is counted by interface and errcode, and an interface whose daily quota is used up
//! (45009) is left alone until WeChat's reset, by all processes that share the cache.

use crate::cache::Cache;
use crate::clock::Clock;
use crate::wechat::hook::quota_reset_ms;
use crate::wechat::{CallError, CallHook, ErrorClass};
use async_trait::async_trait;
use prometheus::IntCounterVec;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The hook of one account's client.
pub struct Calls {
    cache: Cache,
    clock: Clock,
    counter: IntCounterVec,
    app_id: String,
    /// What this process saw itself, for when the cache does not answer: interface → Unix milliseconds.
    seen: Mutex<HashMap<String, i64>>,
}

impl Calls {
    /// `counter` has the labels `api` and `errcode`.
    pub fn new(cache: Cache, clock: Clock, counter: IntCounterVec, app_id: &str) -> Self {
        Calls {
            cache,
            clock,
            counter,
            app_id: app_id.to_owned(),
            seen: Mutex::default(),
        }
    }

    /// Quotas are each account's and each interface's own.
    fn key(&self, api: &str) -> String {
        format!("wechat-held:{}:{api}", self.app_id)
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, HashMap<String, i64>> {
        // One insert or lookup at a time: a panic cannot leave it half-changed.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn hold(&self, api: &str, error: &CallError) {
        let now_ms = self.clock.now().0;
        let until_ms = quota_reset_ms(now_ms);
        self.seen().insert(api.to_owned(), until_ms);
        // Between now and midnight, never negative.
        let left = Duration::from_millis(until_ms.abs_diff(now_ms));
        if let Err(error) = self.cache.set(&self.key(api), &until_ms.to_string(), left).await {
            tracing::warn!(%error, api, "the other processes cannot be told that a quota is used up");
        }
        tracing::error!(%error, api, advice = error.advice(), "WeChat's daily quota is used up; this interface pauses");
    }
}

#[async_trait]
impl CallHook for Calls {
    async fn held_until(&self, api: &str) -> Option<i64> {
        let until_ms = match self.cache.get(&self.key(api)).await {
            Ok(held) => held?.parse().ok()?,
            Err(_) => self.seen().get(api).copied()?,
        };
        (self.clock.now().0 < until_ms).then_some(until_ms)
    }

    async fn done(&self, api: &str, outcome: Result<(), &CallError>) {
        let errcode = outcome.err().map_or_else(|| "0".to_owned(), CallError::label);
        self.counter.with_label_values(&[api, &errcode]).inc();
        if let Err(error @ CallError::Api(_)) = outcome
            && error.class() == ErrorClass::StopUntilReset
        {
            self.hold(api, error).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Time;
    use crate::kernel::time::{HOUR, MINUTE};
    use crate::metrics::Metrics;
    use crate::wechat::ApiError;

    const SEND: &str = "/cgi-bin/message/custom/send";

    fn refused(code: i64) -> CallError {
        let message = String::new();
        CallError::Api(ApiError { code, message })
    }

    /// facts, Errors: 45009 stops one interface until the reset, for everybody who shares the cache; the others go on.
    #[tokio::test]
    async fn a_used_up_quota_holds_one_interface_until_midnight() {
        let clock = Clock::starting_at(Time::shanghai(2021, 11, 10, 20, 0, 0));
        let (cache, metrics) = (Cache::memory(), Metrics::new().unwrap());
        let hook = |app_id| Calls::new(cache.clone(), clock.clone(), metrics.wechat_calls.clone(), app_id);
        let (ours, other, mini) = (hook("wx1"), hook("wx1"), hook("wxmini"));
        assert_eq!(ours.held_until(SEND).await, None);
        for code in [-1, 45011, 43004] {
            ours.done(SEND, Err(&refused(code))).await;
            assert_eq!(ours.held_until(SEND).await, None, "{code}");
        }
        ours.done(SEND, Err(&refused(45009))).await;
        let midnight = Time::shanghai(2021, 11, 11, 0, 0, 0);
        for hook in [&ours, &other] {
            assert_eq!(hook.held_until(SEND).await, Some(midnight.plus(5 * MINUTE).0));
        }
        assert_eq!(other.held_until("/cgi-bin/menu/get").await, None);
        assert_eq!(mini.held_until(SEND).await, None, "another account has its own");

        other.done(SEND, Err(&CallError::Held { until_ms: 0 })).await;
        ours.done(SEND, Ok(())).await;
        let text = metrics.text().unwrap();
        for errcode in ["-1", "45011", "43004", "45009", "held", "0"] {
            let line = format!("yuanmeng_wechat_calls_total{{api=\"{SEND}\",errcode=\"{errcode}\"}} 1");
            assert!(text.contains(&line), "{line}\n{text}");
        }
        clock.advance(4 * HOUR + 5 * MINUTE);
        assert_eq!(ours.held_until(SEND).await, None);
    }
}
