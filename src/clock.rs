//! Time and randomness, passed in: the system's outside, chosen ones in tests.

use crate::kernel::Time;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Where "now" comes from.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    /// An offset in milliseconds to the system's time, shared so that a test can move it while the server runs.
    Shifted(Arc<AtomicI64>),
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Clock(Source::System)
    }

    /// A clock that begins at `start`, goes on at the usual pace, and can be moved with [`Clock::advance`].
    pub fn starting_at(start: Time) -> Self {
        Clock(Source::Shifted(Arc::new(AtomicI64::new(
            start.0 - system_now().0,
        ))))
    }

    /// The present moment.
    pub fn now(&self) -> Time {
        match &self.0 {
            Source::System => system_now(),
            Source::Shifted(offset) => system_now().plus(offset.load(Ordering::SeqCst)),
        }
    }

    /// Moves a shifted clock; the system's own does not move.
    pub fn advance(&self, millis: i64) {
        if let Source::Shifted(offset) = &self.0 {
            offset.fetch_add(millis, Ordering::SeqCst);
        }
    }
}

fn system_now() -> Time {
    Time(chrono::Utc::now().timestamp_millis())
}

/// Where randomness comes from; secrets depend on it, so production has only the operating system's.
#[derive(Clone, Copy, Default)]
pub struct Entropy;

impl Entropy {
    /// Unpredictable bytes from the operating system's generator.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        rand::random()
    }

    /// A URL-safe one-time secret of 192 bits (32 characters).
    pub fn token(&self) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(self.bytes::<24>())
    }

    /// A new identifier (UUID v7 without dashes): sorts by time of making.
    pub fn id(&self, now: Time) -> String {
        let id =
            uuid::Builder::from_unix_timestamp_millis(now.0.max(0) as u64, &self.bytes::<10>()).into_uuid();
        id.simple().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_differ() {
        let (a, b) = (Entropy.id(Time(1_000)), Entropy.id(Time(2_000)));
        assert!(a < b && a.len() == 32);
        assert_ne!(Entropy.id(Time(1_000)), a);
    }

    #[test]
    fn a_shifted_clock_moves_for_all_its_clones() {
        let clock = Clock::starting_at(Time::shanghai(2021, 11, 5, 0, 0, 0));
        let other = clock.clone();
        clock.advance(86_400_000);
        assert_eq!(other.now().day_text(), "2021年11月6日");
    }
}
