//! What a signed-in worker has watched: where to go on, and what is 已看完. For anybody else nothing is kept.

use super::courses::{Lesson, Whole, shown};
use crate::account::watched::{self, Watched};
use crate::app::App;
use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// No video is longer, in seconds.
const LONGEST_S: i64 = 24 * 3600;
/// So much of a lesson, in percent, is all of it: nobody watches the last words.
const ENOUGH: i64 = 90;

/// Whether a lesson counts as watched to the end at this position.
pub fn is_done(position_s: i64, duration_s: i64) -> bool {
    duration_s > 0 && position_s * 100 >= duration_s * ENOUGH
}

/// What a worker has watched, by lesson; nothing for who is not signed in.
pub async fn of(app: &App, worker_id: Option<&str>) -> Result<BTreeMap<String, Watched>> {
    let all = match worker_id {
        Some(worker_id) => watched::of_worker(app, worker_id).await?,
        None => Vec::new(),
    };
    Ok(all.into_iter().map(|w| (w.lesson_id.clone(), w)).collect())
}

/// How many of the lessons are 已看完.
pub fn count_done(lessons: &[Lesson], watched: &BTreeMap<String, Watched>) -> usize {
    let done = |lesson: &&Lesson| watched.get(&lesson.id).is_some_and(|w| w.done_at.is_some());
    lessons.iter().filter(done).count()
}

/// What a player tells, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// Where it is.
    pub position_s: i64,
    /// How long the lesson is.
    pub duration_s: i64,
    /// The worker says that it is watched to the end (a link, or no script).
    pub done: bool,
}

/// Keeps where a worker is in a lesson that everybody sees; gives whether it is 已看完.
///
/// Errors: [`Error::NotFound`].
pub async fn keep(app: &App, worker_id: &str, course_id: &str, lesson_id: &str, told: Told) -> Result<bool> {
    let (_, lessons): Whole = shown(app, course_id).await?;
    if !lessons.iter().any(|lesson| lesson.id == lesson_id) {
        return Err(Error::NotFound);
    }
    let duration_s = told.duration_s.clamp(0, LONGEST_S);
    let position_s = told.position_s.clamp(0, duration_s);
    let done = told.done || is_done(position_s, duration_s);
    let now = Watched {
        lesson_id: lesson_id.to_owned(),
        position_s,
        duration_s,
        done_at: done.then(|| app.now()),
    };
    watched::note(app, worker_id, &now).await?;
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nine_tenths_are_enough() {
        assert!(is_done(90, 100) && is_done(100, 100) && is_done(9, 10));
        assert!(!is_done(89, 100) && !is_done(0, 0) && !is_done(5, 0) && !is_done(8, 9));
    }

    proptest! {
        /// Who has watched more has not watched less.
        #[test]
        fn watching_on_never_undoes_it(duration in 1..LONGEST_S, a in 0..LONGEST_S, more in 0..LONGEST_S) {
            prop_assert!(!is_done(a, duration) || is_done(a + more, duration));
        }
    }
}
