//! A worker's progress as it moves, for the page and for the API: a stream of what [`progress::stamp`] says, nothing
//! personal; who listens then asks for the whole.
//!
//! One task a process reads the moves of all applications once a second while anybody listens, and wakes those whom a
//! move concerns; a connection asks the database only then (ADR 0018).

use super::progress::{self, Moved, Stamp};
use crate::app::App;
use crate::error::Result;
use crate::kernel::Time;
use crate::kernel::time::SECOND;
use futures_util::{Stream, stream};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::time::Instant;

/// How often the moves are read.
const EVERY: Duration = Duration::from_secs(1);
/// An event may become visible so long after the time in its id: a transaction's length, and clocks that differ.
const LOOK_BACK: i64 = 20 * SECOND;
/// So many moves are read at once; more are read in the next round.
const AT_ONCE: i64 = 1000;
/// Open pages of one worker in one process: phone and PC, with tabs to spare.
const PER_WORKER: usize = 4;
/// A connection ends after so long and is opened again: by then the session is asked again.
const LIFE: Duration = Duration::from_secs(300);
/// A line is kept open through proxies by a word as often as this, which also finds out that nobody is there any more.
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// Moves that wait for a slow connection; it then asks for itself.
const BUFFER: usize = 1024;

/// Who listens, and what moves. Cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    app: App,
    moves: broadcast::Sender<Arc<Moved>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Open connections by worker.
    open: HashMap<String, usize>,
    /// Whether the task that reads the moves runs.
    reading: bool,
}

impl Hub {
    /// One a process.
    pub fn new(app: &App) -> Self {
        Hub(Arc::new(Inner {
            app: app.clone(),
            moves: broadcast::Sender::new(BUFFER),
            state: Mutex::default(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one step: a panic cannot leave it half done.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stamps of one of the worker's applications, the present one first, then each that differs, for five minutes;
    /// `None` when so many pages of this worker listen already that no more are served.
    pub fn stamps(&self, worker_id: &str, id: &str) -> Option<impl Stream<Item = String> + Send + use<>> {
        self.sit(worker_id, Some(id)).map(Seat::stream)
    }

    /// The same of the application that the worker's pages speak of, the latest.
    pub fn stamps_of_latest(&self, worker_id: &str) -> Option<impl Stream<Item = String> + Send + use<>> {
        self.sit(worker_id, None).map(Seat::stream)
    }

    fn sit(&self, worker_id: &str, application: Option<&str>) -> Option<Seat> {
        let mut state = self.state();
        let open = state.open.entry(worker_id.to_owned()).or_default();
        if *open >= PER_WORKER {
            return None;
        }
        *open += 1;
        let begin = !std::mem::replace(&mut state.reading, true);
        let moves = self.0.moves.subscribe();
        if begin {
            tokio::spawn(read(self.clone()));
        }
        Some(Seat {
            hub: self.clone(),
            worker_id: worker_id.to_owned(),
            application: application.map(str::to_owned),
            moves,
            ends: Instant::now() + LIFE,
            said: None,
        })
    }

    /// Whether the reading task may end: nobody listens.
    fn rest(&self) -> bool {
        let mut state = self.state();
        let rest = state.open.is_empty() || self.0.app.stop.is_cancelled();
        state.reading = !rest;
        rest
    }
}

/// Reads the moves as long as anybody listens.
async fn read(hub: Hub) {
    let app = &hub.0.app;
    let mut since = app.now().plus(-LOOK_BACK);
    let mut seen: HashSet<String> = HashSet::new();
    while !hub.rest() {
        let now = app.now();
        match progress::moved_since(app, since, AT_ONCE).await {
            Ok(moves) => {
                since = next_since(&moves, since, now);
                let fresh: HashSet<String> = moves.iter().map(|m| m.event_id.clone()).collect();
                for moved in moves {
                    // The first round tells of the last seconds too: a move may lie between a page's first stamp and it.
                    if !seen.contains(&moved.event_id) {
                        // An error says only that nobody listens.
                        drop(hub.0.moves.send(Arc::new(moved)));
                    }
                }
                seen = fresh;
            }
            Err(error) => tracing::warn!(%error, "live progress could not be read"),
        }
        tokio::select! {
            () = app.stop.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Where the next round begins: a while back, unless so many moved that this round did not get to its end.
fn next_since(moves: &[Moved], since: Time, now: Time) -> Time {
    if (moves.len() as i64) < AT_ONCE {
        return now.plus(-LOOK_BACK);
    }
    let last = moves.last().and_then(|m| m.event_id.get(..12));
    let last = last.and_then(|hex| i64::from_str_radix(hex, 16).ok());
    last.map_or(since, Time)
}

/// One open page.
struct Seat {
    hub: Hub,
    worker_id: String,
    /// `None`: the latest.
    application: Option<String>,
    moves: broadcast::Receiver<Arc<Moved>>,
    ends: Instant,
    said: Option<Stamp>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        if let Some(open) = state.open.get_mut(&self.worker_id) {
            *open -= 1;
            if *open == 0 {
                state.open.remove(&self.worker_id);
            }
        }
    }
}

impl Seat {
    /// The next stamp that differs from the last one said; `None` at the end.
    async fn next(mut self) -> Option<(String, Self)> {
        loop {
            if self.said.is_some() && !self.woken().await {
                return None;
            }
            let stamp = match self.stamp().await {
                Ok(stamp) => stamp,
                Err(error) => {
                    tracing::warn!(%error, "live progress ends");
                    return None;
                }
            };
            let news = self.said.as_ref().is_none_or(|said| said.text != stamp.text);
            let text = stamp.text.clone();
            self.said = Some(stamp);
            if news {
                return Some((text, self));
            }
        }
    }

    async fn stamp(&self) -> Result<Stamp> {
        let app = &self.hub.0.app;
        match &self.application {
            Some(id) => progress::stamp_by_id(app, &self.worker_id, id).await,
            None => progress::stamp(app, &self.worker_id).await,
        }
    }

    /// Waits for a move that concerns this page; false when it is time to end.
    async fn woken(&mut self) -> bool {
        loop {
            let moved = tokio::select! {
                () = self.hub.0.app.stop.cancelled() => return false,
                () = tokio::time::sleep_until(self.ends) => return false,
                moved = self.moves.recv() => moved,
            };
            match moved {
                Ok(moved) if self.concerns(&moved) => return true,
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => return true,
                Err(broadcast::error::RecvError::Closed) => return false,
            }
        }
    }

    fn concerns(&self, moved: &Moved) -> bool {
        let Some(said) = &self.said else { return true };
        let own = said.application_id.as_ref() == Some(&moved.application_id);
        let behind = said.unit_id.is_some() && said.unit_id == moved.unit_id && moved.shifts_the_line();
        own || behind
    }

    fn stream(self) -> impl Stream<Item = String> + Send + use<> {
        stream::unfold(self, Seat::next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::states;

    fn moved(ms: i64) -> Moved {
        Moved {
            event_id: format!("{ms:012x}70008000000000000000"),
            event: states::Event::Passed,
            application_id: "a".to_owned(),
            unit_id: None,
        }
    }

    /// no move is passed over: a full round goes on where it ended, any other looks back a while.
    #[test]
    fn rounds_overlap() {
        let now = Time(1_700_000_000_000);
        assert_eq!(next_since(&[moved(5)], Time(0), now), now.plus(-LOOK_BACK));
        let many: Vec<Moved> = (0..AT_ONCE).map(|n| moved(1000 + n)).collect();
        assert_eq!(next_since(&many, Time(0), now), Time(1000 + AT_ONCE - 1));
    }
}
