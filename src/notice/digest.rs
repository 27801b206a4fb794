//! When officers are told of the work that waits, and what is said then: pure rules over time and the working-day
//! calendar. `plan` reads what waits and writes the messages; ADR 0022 says why so.

use crate::campaign::Window;
use crate::kernel::time::{HOUR, MINUTE};
use crate::kernel::{Calendar, Time};
use crate::review::late::Rule;
use chrono::NaiveDate;

/// The hours of the digests, in Shanghai.
const MORNING: i64 = 9;
const AFTERNOON: i64 = 15;
/// What was missed is made up for until this hour, not at night.
const UNTIL: i64 = 21;
/// So many calendar days before the review window closes officers are reminded.
const CLOSING: [i64; 3] = [7, 2, 1];

/// A time at which officers are told; once each. Ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    date: NaiveDate,
    afternoon: bool,
}

impl Slot {
    /// `2026-11-24T09` or `2026-11-24T15`: sorts by time.
    pub fn text(self) -> String {
        let hour = if self.afternoon { AFTERNOON } else { MORNING };
        format!("{}T{hour:02}", self.date)
    }

    /// From its text.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, hour) = text.split_once('T')?;
        Some(Slot {
            date: date.parse().ok()?,
            afternoon: hour.parse::<i64>().ok()? >= AFTERNOON,
        })
    }

    /// Its day in Shanghai.
    pub fn date(self) -> NaiveDate {
        self.date
    }
}

/// A slot that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Which.
    pub slot: Slot,
    /// Whether it is the first of its day that is planned: what is said once a day is said now.
    pub first_of_day: bool,
}

/// The slot that is due at `now`, when `last` was the last one planned: the latest that has begun today. What a longer
/// standstill missed is not made up for one by one, and nothing is sent at night. On a day without work there is one slot, for
/// the reminders that the window closes.
pub fn due(now: Time, calendar: &Calendar, last: Option<Slot>) -> Option<Due> {
    let date = now.date();
    let minute = (now.0 - Time::start_of(date).0) / MINUTE;
    let hours = HOUR / MINUTE;
    if !(MORNING * hours..UNTIL * hours).contains(&minute) {
        return None;
    }
    let afternoon = minute >= AFTERNOON * hours && calendar.works_on(date);
    let slot = Slot { date, afternoon };
    if last.is_some_and(|last| last >= slot) {
        return None;
    }
    Some(Due {
        slot,
        first_of_day: last.is_none_or(|last| last.date < date),
    })
}

/// What the reviewers of a union with open work are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tell {
    /// How much waits.
    Digest,
    /// The window closes in so many days; said instead of the digest.
    Closing {
        /// 7, 2 or 1.
        days: i64,
    },
}

/// What a union is told in a slot, when its review window closes at `until`.
pub fn tell(due: Due, calendar: &Calendar, until: Time) -> Option<Tell> {
    let days = days_left(due.slot.date, until);
    if due.first_of_day && CLOSING.contains(&days) {
        return Some(Tell::Closing { days });
    }
    calendar.works_on(due.slot.date).then_some(Tell::Digest)
}

/// What time itself brings officers with open work on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fires {
    /// From when.
    pub at: Time,
    /// What reviewers are told.
    pub tell: Tell,
    /// Whether unions above are told of what is late below.
    pub late: bool,
}

/// The messages of a whole day to officers whose work has this review window: what [`due`] and [`tell`] will give.
pub fn day(calendar: &Calendar, date: NaiveDate, review: Window) -> Vec<Fires> {
    let mut fires = Vec::new();
    let mut last = None;
    for hour in [MORNING, AFTERNOON] {
        let at = Time::start_of(date).plus(hour * HOUR);
        let Some(due) = due(at, calendar, last).filter(|_| review.contains(at)) else {
            continue;
        };
        last = Some(due.slot);
        fires.extend(tell(due, calendar, review.until).map(|tell| Fires {
            at,
            tell,
            late: looks_below(due, calendar),
        }));
    }
    fires
}

/// Calendar days from a day to a deadline's; 0 on the last one.
pub fn days_left(day: NaiveDate, until: Time) -> i64 {
    (until.date() - day).num_days()
}

/// Whether a slot is the one in which unions above are told of what is late below: the first of a working day.
fn looks_below(due: Due, calendar: &Calendar) -> bool {
    due.first_of_day && calendar.works_on(due.slot.date)
}

/// Whether the union above is told that one is late ([`Rule`]), by its oldest application.
pub fn is_late(due: Due, calendar: &Calendar, (oldest, until): (Time, Time), late_after: i64) -> bool {
    looks_below(due, calendar) && Rule::on(calendar, due.slot.date, late_after).is_late(oldest, until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::time::DAY;
    use proptest::prelude::*;

    fn at(month: u32, day: u32, hour: u32, minute: u32) -> Time {
        Time::shanghai(2026, month, day, hour, minute, 0)
    }

    fn slot(text: &str) -> Option<Slot> {
        Some(Slot::parse(text).unwrap())
    }

    /// the rehearsal of the dates says what the day will bring: 5 December 2021 is a Sunday, two days before the end.
    #[test]
    fn a_day_is_told_beforehand() {
        let calendar = Calendar::built_in();
        let day_of = |month, day| NaiveDate::from_ymd_opt(2021, month, day).unwrap();
        let review = Window {
            from: Time::start_of(day_of(11, 5)),
            until: Time::end_of(day_of(12, 7)),
        };
        let told = |month, day| {
            let fires = super::day(&calendar, day_of(month, day), review).into_iter();
            fires
                .map(|fire| (fire.at.short_text(), fire.tell, fire.late))
                .collect::<Vec<_>>()
        };
        let closing = |days| Tell::Closing { days };
        let digest = |at: &str, late| (at.to_owned(), Tell::Digest, late);
        assert_eq!(
            told(11, 10),
            [digest("11月10日 09:00", true), digest("11月10日 15:00", false)]
        );
        assert_eq!(told(12, 5), [("12月5日 09:00".to_owned(), closing(2), false)]);
        assert_eq!(
            told(12, 6),
            [
                ("12月6日 09:00".to_owned(), closing(1), true),
                digest("12月6日 15:00", false)
            ]
        );
        for (month, day) in [(11, 4), (11, 14), (12, 8)] {
            assert_eq!(told(month, day), [], "{month}-{day}");
        }
    }

    /// 09:00 and 15:00 of working days; a holiday and a make-up day from the State Council's list.
    #[test]
    fn the_slots_of_a_day() {
        let calendar = Calendar::built_in();
        let text = |now, last| due(now, &calendar, last).map(|due| due.slot.text());
        let before = slot("2026-01-01T09");
        for (now, expected) in [
            (at(11, 24, 8, 59), None),
            (at(11, 24, 9, 0), Some("2026-11-24T09")),
            (at(11, 24, 14, 59), Some("2026-11-24T09")),
            (at(11, 24, 15, 0), Some("2026-11-24T15")),
            (at(11, 24, 20, 59), Some("2026-11-24T15")),
            (at(11, 24, 21, 0), None),
            // A Saturday, a holiday: one slot, for the reminders; a Sunday that is worked on: two.
            (at(11, 28, 16, 0), Some("2026-11-28T09")),
            (at(10, 5, 16, 0), Some("2026-10-05T09")),
            (at(9, 20, 16, 0), Some("2026-09-20T15")),
        ] {
            assert_eq!(text(now, before).as_deref(), expected, "{}", now.minute_text());
        }
        assert_eq!(text(at(11, 24, 9, 1), slot("2026-11-24T09")), None, "once");
        assert_eq!(text(at(11, 24, 16, 0), slot("2026-11-24T15")), None);
    }

    /// down for hours or days, one digest is sent and not many.
    #[test]
    fn what_was_missed_is_sent_once() {
        let calendar = Calendar::built_in();
        let found = due(at(11, 24, 16, 0), &calendar, slot("2026-11-20T15")).unwrap();
        assert_eq!(
            (found.slot.text(), found.first_of_day),
            ("2026-11-24T15".into(), true)
        );
        assert_eq!(due(at(11, 24, 16, 1), &calendar, Some(found.slot)), None);
        let found = due(at(11, 24, 15, 0), &calendar, slot("2026-11-24T09")).unwrap();
        assert!(!found.first_of_day);
    }

    /// Across the year's end, into a year whose arrangement is not known: Friday, 1 January 2027 counts as worked on.
    #[test]
    fn the_year_ends() {
        let calendar = Calendar::built_in();
        let now = Time::shanghai(2027, 1, 1, 9, 30, 0);
        let found = due(now, &calendar, slot("2026-12-31T15")).unwrap();
        assert_eq!(found.slot.text(), "2027-01-01T09");
        assert!(found.first_of_day);
        assert_eq!(
            tell(found, &calendar, at(12, 31, 23, 59).plus(40 * DAY)),
            Some(Tell::Digest)
        );
    }

    fn first(day: Time) -> Due {
        due(day, &Calendar::built_in(), None).unwrap()
    }

    /// 7, 2 and 1 days before the window closes (7 December), on any day; else a digest on working days.
    #[test]
    fn reminders_before_the_window_closes() {
        let calendar = Calendar::built_in();
        let until = Time::end_of(at(12, 7, 0, 0).date());
        for (month, day, expected) in [
            (11, 27, Some(Tell::Digest)),
            (11, 28, None),
            (11, 30, Some(Tell::Closing { days: 7 })),
            (12, 1, Some(Tell::Digest)),
            (12, 5, Some(Tell::Closing { days: 2 })),
            (12, 6, Some(Tell::Closing { days: 1 })),
            (12, 7, Some(Tell::Digest)),
        ] {
            let told = tell(first(at(month, day, 9, 0)), &calendar, until);
            assert_eq!(told, expected, "{month}-{day}");
        }
        // The reminder was said in the morning: the afternoon has its digest.
        let afternoon = due(at(11, 30, 15, 0), &calendar, slot("2026-11-30T09")).unwrap();
        assert_eq!(tell(afternoon, &calendar, until), Some(Tell::Digest));
    }

    /// late after five working days, or when two are left; told in the first slot of a working day.
    #[test]
    fn late_unions() {
        let calendar = Calendar::built_in();
        let until = Time::end_of(at(12, 7, 0, 0).date());
        let late = |today, oldest| is_late(first(today), &calendar, (oldest, until), 5);
        let morning = |month, day| at(month, day, 9, 0);
        assert!(!late(morning(11, 24), at(11, 17, 10, 0)), "five working days");
        assert!(late(morning(11, 25), at(11, 17, 10, 0)), "six");
        assert!(!late(morning(11, 28), at(11, 2, 10, 0)), "a Saturday");
        assert!(!late(morning(12, 2), at(12, 2, 8, 0)), "three working days left");
        assert!(
            late(morning(12, 3), at(12, 3, 8, 0)),
            "Friday and Monday are left"
        );
        let afternoon = due(at(11, 25, 15, 0), &calendar, slot("2026-11-25T09")).unwrap();
        assert!(!is_late(afternoon, &calendar, (at(11, 2, 10, 0), until), 5));
    }

    proptest! {
        /// However often anybody looks: each slot at most once, in order, none at night, no digest on a day without work; and
        /// on a working day that is looked at between nine and nine there is one.
        #[test]
        fn each_slot_is_due_once(start in 0i64..700, steps in prop::collection::vec(1i64..600, 1..120)) {
            let calendar = Calendar::built_in();
            let mut now = Time::shanghai(2025, 1, 1, 0, 0, 0).plus(start * DAY);
            let mut last: Option<Slot> = None;
            for minutes in steps {
                now = now.plus(minutes * MINUTE);
                let Some(found) = due(now, &calendar, last) else {
                    let hour = (now.0 - Time::start_of(now.date()).0) / HOUR;
                    let planned = last.is_some_and(|slot| slot.date == now.date());
                    prop_assert!(planned || !(MORNING..UNTIL).contains(&hour));
                    continue;
                };
                prop_assert!(last.is_none_or(|last| last < found.slot));
                prop_assert_eq!(found.slot.date, now.date());
                prop_assert_eq!(Slot::parse(&found.slot.text()), Some(found.slot));
                let digest = tell(found, &calendar, now.plus(30 * DAY)) == Some(Tell::Digest);
                prop_assert_eq!(digest, calendar.works_on(now.date()));
                last = Some(found.slot);
            }
        }
    }
}
