//! A line every five seconds on standard error: what is under way and how far it has come.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

const EVERY: Duration = Duration::from_secs(5);

/// Where a rehearsal stands; shared with the task that tells it.
pub struct Progress {
    begun: Instant,
    stage: Mutex<(String, usize, Instant)>,
    done: AtomicUsize,
    past: Mutex<Vec<(String, Duration)>>,
}

impl Progress {
    /// At the beginning.
    pub fn begin() -> Self {
        Progress {
            begun: Instant::now(),
            stage: Mutex::new(("准备".to_owned(), 0, Instant::now())),
            done: AtomicUsize::new(0),
            past: Mutex::default(),
        }
    }

    /// The next stage, with so many to act (0: not counted).
    pub fn stage(&self, name: &str, of: usize) {
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, _, since) = std::mem::replace(&mut *stage, (name.to_owned(), of, Instant::now()));
        self.done.store(0, Ordering::Relaxed);
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        past.push((before, since.elapsed()));
    }

    /// One of them is done.
    pub fn one(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Since the beginning.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// How long each stage took, in order; the same name is one stage.
    pub fn stages(&self) -> Vec<(String, Duration)> {
        let past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sums: Vec<(String, Duration)> = Vec::new();
        for (name, time) in past.iter() {
            match sums.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) => *sum += *time,
                None => sums.push((name.clone(), *time)),
            }
        }
        sums
    }

    fn line(&self) -> String {
        let stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        let (name, of, _) = &*stage;
        let seconds = self.elapsed().as_secs();
        match of {
            0 => format!("[{seconds:>4} 秒] {name}"),
            of => format!(
                "[{seconds:>4} 秒] {name}：{}/{of}",
                self.done.load(Ordering::Relaxed)
            ),
        }
    }
}

/// Tells it until the handle is aborted.
pub fn tell(progress: std::sync::Arc<Progress>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(EVERY);
        tick.tick().await;
        loop {
            tick.tick().await;
            eprintln!("{}", progress.line());
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_and_how_far() {
        let progress = Progress::begin();
        progress.stage("春季 开放时抢报", 60);
        progress.one();
        assert!(progress.line().ends_with("春季 开放时抢报：1/60"));
        progress.stage("后台", 0);
        assert!(progress.line().ends_with("] 后台"));
        assert_eq!(progress.stages().len(), 2);
    }
}
