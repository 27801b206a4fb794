//! Who is to be reminded today, before time runs out (R-9, R-20, R-23 [ours]): of a returned application three days and
//! one day before the review window ends; of a draft three days before the application window ends; of one that was
//! taken back for correction both days before, for its place hangs on it.

use super::states::State;
use super::store;
use crate::app::App;
use crate::campaign::Intake;
use crate::error::Result;
use crate::kernel::Time;
use crate::kernel::time::{DAY, HOUR};

pub use store::Due;

/// What the reminder is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A returned application is to be corrected.
    Correction,
    /// A draft, or one taken back, is to be submitted.
    Submission,
}

/// A reminder of today: for whom by states, until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    /// What about.
    pub what: What,
    /// The states it concerns.
    pub states: (State, State, State),
    /// The deadline.
    pub until: Time,
    /// So many days before it: 3 or 1.
    pub days: i64,
}

/// Messages go out between nine and nine, not at midnight.
const FROM_HOUR: i64 = 9;
const UNTIL_HOUR: i64 = 21;
/// Nobody is reminded of what they were told less than so long ago.
pub const JUST_TOLD: i64 = 12 * HOUR;

/// The reminders that are due at this moment for an intake.
pub fn due(intake: &Intake, now: Time) -> Vec<Reminder> {
    let hour = (now.0 - Time::start_of(now.date()).0) / HOUR;
    if !(FROM_HOUR..UNTIL_HOUR).contains(&hour) {
        return Vec::new();
    }
    let days_left = |until: Time| (Time::start_of(until.date()).0 - Time::start_of(now.date()).0) / DAY;
    let reminder = |what, states, until, days: i64| Reminder {
        what,
        states,
        until,
        days,
    };
    let mut due = Vec::new();
    let (review, apply) = (intake.review.until, intake.apply.until);
    if let days @ (1 | 3) = days_left(review) {
        let returned = (State::Returned, State::Returned, State::Returned);
        due.push(reminder(What::Correction, returned, review, days));
    }
    match days_left(apply) {
        3 => {
            let all = (State::Draft, State::Recalled, State::RecalledWaiting);
            due.push(reminder(What::Submission, all, apply, 3));
        }
        1 => {
            let recalled = (State::Recalled, State::Recalled, State::RecalledWaiting);
            due.push(reminder(What::Submission, recalled, apply, 1));
        }
        _ => {}
    }
    due
}

/// The applications that a reminder concerns, by id, after `after`; at most `limit`.
pub async fn concerned(
    app: &App,
    intake: &Intake,
    reminder: &Reminder,
    after: &str,
    limit: i64,
) -> Result<Vec<Due>> {
    store::in_states(app, &intake.id, reminder.states, after, limit).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::{Season, Window};

    fn intake() -> Intake {
        let window = |until: Time| Window {
            from: Time::shanghai(2021, 11, 5, 0, 0, 0),
            until: Time(until.0 - 1),
        };
        Intake {
            id: String::new(),
            campaign_id: String::new(),
            year: 2021,
            season: Season::Autumn,
            apply: window(Time::shanghai(2021, 12, 1, 0, 0, 0)),
            review: window(Time::shanghai(2021, 12, 8, 0, 0, 0)),
        }
    }

    /// R-23 [ours]: three days and one day before, by daylight, and on no other day.
    #[test]
    fn reminders_have_their_days_and_hours() {
        let on = |month, day, hour| {
            let due = due(&intake(), Time::shanghai(2021, month, day, hour, 30, 0));
            due.into_iter().map(|r| (r.what, r.days)).collect::<Vec<_>>()
        };
        assert_eq!(on(12, 4, 9), [(What::Correction, 3)]);
        assert_eq!(on(12, 6, 20), [(What::Correction, 1)]);
        assert_eq!(on(11, 27, 12), [(What::Submission, 3)]);
        assert_eq!(on(11, 29, 12), [(What::Submission, 1)]);
        for (month, day, hour) in [
            (12, 5, 12),
            (12, 7, 12),
            (12, 8, 12),
            (12, 4, 8),
            (12, 4, 21),
            (11, 30, 12),
            (11, 28, 12),
        ] {
            assert_eq!(on(month, day, hour), [], "{month}-{day} {hour}:30");
        }
    }

    /// a draft is reminded once, one that was taken back twice: it holds a place.
    #[test]
    fn a_draft_is_reminded_once() {
        let states = |day| due(&intake(), Time::shanghai(2021, 11, day, 10, 0, 0))[0].states;
        assert_eq!(states(27).0, State::Draft);
        assert!(
            [states(29).0, states(29).1, states(29).2]
                .iter()
                .all(|s| s.is_recalled())
        );
    }
}
