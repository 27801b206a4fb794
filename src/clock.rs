//! Time and randomness, passed in: the system's outside, chosen ones in tests.

use crate::kernel::Time;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use tokio::sync::watch;

/// Where "now" comes from.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    /// An offset in milliseconds to the system's time, shared so that a test can move it while the server runs.
    Shifted(Arc<AtomicI64>),
    /// The same, and who waits for time to pass is woken when it is moved; the count of the moves beside it.
    Driven(Arc<AtomicI64>, Arc<watch::Sender<u64>>),
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

    /// Like [`Clock::starting_at`], for a rehearsal: loops that look at deadlines now and then look when it is moved, as
    /// if the time in between had passed ([`Clock::moved_since`]).
    pub fn driven_from(start: Time) -> Self {
        let offset = AtomicI64::new(start.0 - system_now().0);
        Clock(Source::Driven(Arc::new(offset), Arc::new(watch::Sender::new(0))))
    }

    /// The present moment.
    pub fn now(&self) -> Time {
        match &self.0 {
            Source::System => system_now(),
            Source::Shifted(offset) | Source::Driven(offset, _) => {
                system_now().plus(offset.load(Ordering::SeqCst))
            }
        }
    }

    /// Moves a shifted clock; the system's own does not move.
    pub fn advance(&self, millis: i64) {
        match &self.0 {
            Source::System => {}
            Source::Shifted(offset) => {
                offset.fetch_add(millis, Ordering::SeqCst);
            }
            Source::Driven(offset, moves) => {
                offset.fetch_add(millis, Ordering::SeqCst);
                moves.send_modify(|count| *count += 1);
            }
        }
    }

    /// How often a driven clock was moved so far.
    pub fn moves(&self) -> u64 {
        match &self.0 {
            Source::Driven(_, moves) => *moves.borrow(),
            _ => 0,
        }
    }

    /// Comes back once a driven clock was moved oftener than `moves`; never on any other clock.
    pub async fn moved_since(&self, moves: u64) {
        if let Source::Driven(_, sender) = &self.0
            && sender.subscribe().wait_for(|count| *count > moves).await.is_ok()
        {
            return;
        }
        std::future::pending().await
    }
}

fn system_now() -> Time {
    Time(chrono::Utc::now().timestamp_millis())
}

/// Where randomness comes from; secrets depend on it, so production has only the operating system's. Clones share the
/// order of their ids.
#[derive(Clone, Default)]
pub struct Entropy {
    /// The last id's milliseconds and its place among those of the same one: `ms << 12 | place`.
    last: Arc<AtomicU64>,
}

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

    /// A new identifier (UUID v7 without dashes): sorts by time of making, within one millisecond too as long as one
    /// process makes fewer than two thousand in it. Lines of one transaction are read back in the order of their ids.
    pub fn id(&self, now: Time) -> String {
        let ms = now.0.max(0) as u64;
        let mut random = self.bytes::<10>();
        // RFC 9562, 6.2, method 1: a counter in the twelve bits after the time, begun anywhere in its lower half.
        let begin = ms << 12 | u64::from(u16::from_be_bytes([random[0], random[1]]) & 0x7ff);
        let after = |last: u64| match last >> 12 == ms && last & 0xfff < 0xfff {
            true => last + 1,
            false => begin,
        };
        let last = self
            .last
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(after(last)))
            .unwrap_or_else(|last| last);
        random[..2].copy_from_slice(&((after(last) & 0xfff) as u16).to_be_bytes());
        let id = uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid();
        id.simple().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_differ() {
        let entropy = Entropy::default();
        let (a, b) = (entropy.id(Time(1_000)), entropy.id(Time(2_000)));
        assert!(a < b && a.len() == 32);
        assert_ne!(entropy.id(Time(1_000)), a);
    }

    #[test]
    fn ids_of_one_millisecond_keep_their_order() {
        let (entropy, now) = (Entropy::default(), Time(1_636_507_800_000));
        let ids: Vec<String> = (0..2_000).map(|_| entropy.clone().id(now)).collect();
        assert!(ids.is_sorted() && ids[0] != ids[1]);
        // A clock that was put back begins anew, and another process shares nothing but the time.
        assert!(entropy.id(now.plus(-1)) < ids[0]);
        assert_ne!(Entropy::default().id(now), ids[0]);
    }

    #[test]
    fn a_shifted_clock_moves_for_all_its_clones() {
        let clock = Clock::starting_at(Time::shanghai(2021, 11, 5, 0, 0, 0));
        let other = clock.clone();
        clock.advance(86_400_000);
        assert_eq!(other.now().day_text(), "2021年11月6日");
    }

    /// A move that came before the waiting began is not missed.
    #[tokio::test]
    async fn a_driven_clock_wakes_who_waits() {
        let clock = Clock::driven_from(Time::shanghai(2021, 11, 5, 0, 0, 0));
        let seen = clock.moves();
        clock.advance(1_000);
        clock.moved_since(seen).await;
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move { clock.moved_since(seen + 1).await }
        });
        clock.advance(86_400_000);
        waiting.await.unwrap();
        assert_eq!(clock.now().day_text(), "2021年11月6日");
    }
}
