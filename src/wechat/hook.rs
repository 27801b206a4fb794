//! What stands around every call: counting it, and holding it back while a quota is used up.
//!
//! This library knows when WeChat's quotas begin anew; where processes note that one is used up, and what counts the
//! calls, is the application's: it implements [`CallHook`].

use async_trait::async_trait;

use super::error::CallError;

/// Asked before and told after every request. An implementation must be quick and must not fail: what it cannot find
/// out counts as "not held".
#[async_trait]
pub trait CallHook: Send + Sync {
    /// Until when nothing is to be sent to `api` (Unix milliseconds); `None` when it is open. `api` is the path of the
    /// interface (`/cgi-bin/message/template/send`), never with a query. A held call ends in [`CallError::Held`] without a
    /// request.
    async fn held_until(&self, api: &str) -> Option<i64>;

    /// How a request to `api` ended; also told of those that were held back.
    async fn done(&self, api: &str, outcome: Result<(), &CallError>);
}

/// Counts nothing and holds nothing back.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHook;

#[async_trait]
impl CallHook for NoHook {
    async fn held_until(&self, _api: &str) -> Option<i64> {
        None
    }

    async fn done(&self, _api: &str, _outcome: Result<(), &CallError>) {}
}

const DAY_MS: i64 = 86_400_000;
/// Beijing is eight hours ahead of UTC, all year.
const BEIJING_MS: i64 = 8 * 3_600_000;
/// Clocks differ: a few minutes after midnight everybody's quota is there again.
const SLACK_MS: i64 = 5 * 60_000;

/// When a daily quota that is used up at `now_ms` is surely there again: midnight in Beijing and five minutes, in Unix
/// milliseconds. Source: 45009, 每日 0 点清零.
pub fn quota_reset_ms(now_ms: i64) -> i64 {
    let day = (now_ms + BEIJING_MS).div_euclid(DAY_MS);
    (day + 1) * DAY_MS - BEIJING_MS + SLACK_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// facts, Errors: 45009 stops until the reset, which is midnight in Beijing (16:00 UTC).
    #[test]
    fn quotas_begin_anew_after_midnight_in_beijing() {
        let at = |text: &str| {
            chrono::DateTime::parse_from_rfc3339(text)
                .unwrap()
                .timestamp_millis()
        };
        for (now, reset) in [
            ("2021-11-10T23:59:59+08:00", "2021-11-11T00:05:00+08:00"),
            ("2021-11-11T00:00:00+08:00", "2021-11-12T00:05:00+08:00"),
            ("2021-11-10T15:59:59Z", "2021-11-10T16:05:00Z"),
            ("2021-12-31T16:00:00Z", "2022-01-01T16:05:00Z"),
        ] {
            assert_eq!(quota_reset_ms(at(now)), at(reset), "{now}");
        }
    }
}
