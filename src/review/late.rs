//! What is late: the one rule, and what it finds union by union, worst first.

use super::store;
use crate::app::App;
use crate::campaign::{self, Intake};
use crate::error::Result;
use crate::kernel::{Calendar, Time};
use crate::union::Officer;
use chrono::NaiveDate;

/// Open work is late, however new, once so few working days are left of its review window.
pub const NEAR_END: i64 = 2;

/// When open work is late on a day (R-23, R-24) [ours]: it has stood at its step for more than so many working days
/// (`REVIEW_LATE_AFTER_DAYS`, five), or its review window ends within [`NEAR_END`] working days, or is over. The list, the table of unions, the
/// dashboard and the message to the union above all go by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// What stands at its step since before this moment is late.
    pub before: Time,
    /// What is in an intake whose review window ends before this moment is late.
    pub ends_before: Time,
}

impl Rule {
    /// The rule on a day, with `after` working days of waiting.
    pub fn on(calendar: &Calendar, today: NaiveDate, after: i64) -> Self {
        // The first day whose work has not waited too long.
        let mut first = today;
        let mut waited = i64::from(calendar.works_on(first));
        while waited <= after {
            first = first.pred_opt().unwrap_or(first);
            waited += i64::from(calendar.works_on(first));
        }
        // The first day that is too far to be near.
        let mut far = today.succ_opt().unwrap_or(today);
        let mut left = i64::from(calendar.works_on(far));
        while left <= NEAR_END {
            far = far.succ_opt().unwrap_or(far);
            left += i64::from(calendar.works_on(far));
        }
        Rule {
            before: Time::start_of(first),
            ends_before: Time::start_of(far),
        }
    }

    /// The rule now, with the configured days.
    pub fn now(app: &App) -> Self {
        Self::after(app, app.config.told.late_after)
    }

    fn after(app: &App, days: i64) -> Self {
        Self::on(&app.config.told.calendar, app.now().date(), days)
    }

    /// Whether a review window that ends then is near its end, or over.
    pub fn closes(&self, until: Time) -> bool {
        until < self.ends_before
    }

    /// Whether work is late that stands at its step since a moment, in a window that ends then.
    pub fn is_late(&self, since: Time, until: Time) -> bool {
        since < self.before || self.closes(until)
    }

    /// The ids of those intakes that are near their end.
    pub(super) fn closing(&self, intakes: &[Intake]) -> Vec<String> {
        let closing = intakes.iter().filter(|intake| self.closes(intake.review.until));
        closing.map(|intake| intake.id.clone()).collect()
    }
}

/// Open work at one union.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateUnion {
    /// Union's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The union above it, by name.
    pub above: Option<String>,
    /// Applications at its step.
    pub open: i64,
    /// Of these, waiting for more than the working days asked for.
    pub waiting_long: i64,
    /// Of these, in an intake whose review window is over or ends within [`NEAR_END`] working
    /// days.
    pub closing: i64,
    /// Since when the oldest waits.
    pub oldest: Time,
    /// Reviewers who can sign in.
    pub reviewers: i64,
}

/// The unions of the officer's subtree with late work; `days`: other working days of waiting than the configured ones. Worst
/// first: most late, then the oldest.
pub async fn of(app: &App, officer: &Officer, days: Option<i64>) -> Result<Vec<LateUnion>> {
    let days = days.unwrap_or(app.config.told.late_after).clamp(1, 365);
    let rule = Rule::after(app, days);
    let closing = rule.closing(&campaign::intakes(app).await?);
    let mut unions = store::late(app, officer.union.scope(), rule.before, &closing).await?;
    unions.retain(|union| union.waiting_long > 0 || union.closing > 0);
    unions.sort_by_key(|union| (-(union.waiting_long.max(union.closing)), union.oldest));
    Ok(unions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::time::DAY;
    use proptest::prelude::*;

    fn at(month: u32, day: u32) -> Time {
        Time::shanghai(2026, month, day, 10, 0, 0)
    }

    /// more than five working days; at most two left, or none.
    #[test]
    fn work_waits_too_long_or_its_window_closes() {
        let calendar = Calendar::built_in();
        let until = Time::end_of(at(12, 7).date());
        for (today, since, late, why) in [
            (at(11, 24), at(11, 17), false, "five working days"),
            (at(11, 25), at(11, 17), true, "six"),
            (at(11, 25), at(11, 18), false, "five"),
            (at(10, 9), at(9, 29), false, "the holiday does not count"),
            (at(12, 2), at(12, 2), false, "three working days are left"),
            (at(12, 3), at(12, 3), true, "Friday and Monday are left"),
            (at(12, 9), at(12, 9), true, "the window is over"),
        ] {
            let rule = Rule::on(&calendar, today.date(), 5);
            assert_eq!(rule.is_late(since, until), late, "{why}");
        }
    }

    proptest! {
        /// The two moments say what the calendar's working days say.
        #[test]
        fn the_rule_is_the_calendars(today in 0i64..700, waits in 0i64..60, left in -10i64..40, after in 1i64..30) {
            let calendar = Calendar::built_in();
            let now = Time::shanghai(2025, 1, 1, 12, 0, 0).plus(today * DAY);
            let (since, until) = (now.plus(-waits * DAY), now.plus(left * DAY));
            let late = calendar.working_days(since.date(), now.date()) > after
                || calendar.working_days(now.date(), until.date()) <= NEAR_END;
            prop_assert_eq!(Rule::on(&calendar, now.date(), after).is_late(since, until), late);
        }
    }
}
