//! Working days in China: Monday to Friday, but for the holidays and make-up days that the State Council announces for
//! one year at a time. They are data (`assets/data/holidays-<year>.csv`, which name their source), and an operator may
//! give a file of their own.

use chrono::{Datelike as _, NaiveDate, Weekday};
use std::collections::{BTreeMap, BTreeSet};

const BUILT_IN: [&str; 2] = [
    include_str!("../../assets/data/holidays-2025.csv"),
    include_str!("../../assets/data/holidays-2026.csv"),
];

/// The years whose arrangement is known, and their days that differ from the week's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    years: BTreeSet<i32>,
    /// `true`: work on a weekend; `false`: a holiday.
    days: BTreeMap<NaiveDate, bool>,
}

/// A line of a holidays file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not `YYYY-MM-DD,off|work,name`")]
pub struct CalendarError {
    /// From 1, as an editor counts.
    pub line: usize,
}

impl Calendar {
    /// The years that come with the program.
    pub fn built_in() -> Self {
        let mut calendar = Calendar::default();
        for text in BUILT_IN {
            match Calendar::parse(text) {
                Ok(year) => calendar.replace(year),
                Err(_) => unreachable!("a test reads the files that are built in"),
            }
        }
        calendar
    }

    /// Reads a file: lines `YYYY-MM-DD,off|work,name`; a head that begins with `date`, empty lines and lines that begin
    /// with `#` say nothing. Errors: the first line that is none of these, or a day that stands twice.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let mut calendar = Calendar::default();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim().trim_start_matches('\u{feff}');
            if line.is_empty() || line.starts_with('#') || line.starts_with("date") {
                continue;
            }
            let wrong = || CalendarError { line: at + 1 };
            let mut cells = line.split(',').map(str::trim);
            let date = cells.next().and_then(|day| day.parse::<NaiveDate>().ok());
            let works = match cells.next() {
                Some("off") => false,
                Some("work") => true,
                _ => return Err(wrong()),
            };
            let date = date.ok_or_else(wrong)?;
            if calendar.days.insert(date, works).is_some() {
                return Err(wrong());
            }
            calendar.years.insert(date.year());
        }
        Ok(calendar)
    }

    /// Takes another file's years instead of one's own.
    pub fn replace(&mut self, other: Calendar) {
        self.days.retain(|day, _| !other.years.contains(&day.year()));
        self.days.extend(other.days);
        self.years.extend(other.years);
    }

    /// Whether the year's arrangement is known; when it is not, Monday to Friday count as working days.
    pub fn knows(&self, year: i32) -> bool {
        self.years.contains(&year)
    }

    /// Whether people work on that day.
    pub fn works_on(&self, day: NaiveDate) -> bool {
        let of_week = !matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        self.days.get(&day).copied().unwrap_or(of_week)
    }

    /// How many working days lie after `from` up to and including `to`; 0 when `to` is not later.
    pub fn working_days(&self, from: NaiveDate, to: NaiveDate) -> i64 {
        let days = from.iter_days().skip(1).take_while(|day| *day <= to);
        days.filter(|day| self.works_on(*day)).count() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    /// 国办发明电〔2025〕7号 and 〔2024〕12号: holidays in the week, make-up days at weekends.
    #[test]
    fn the_state_councils_days() {
        let calendar = Calendar::built_in();
        for (y, m, d, works) in [
            (2026, 1, 2, false),
            (2026, 1, 4, true),
            (2026, 2, 14, true),
            (2026, 2, 16, false),
            (2026, 2, 23, false),
            (2026, 2, 24, true),
            (2026, 5, 9, true),
            (2026, 9, 20, true),
            (2026, 10, 7, false),
            (2026, 10, 8, true),
            (2026, 11, 24, true),
            (2026, 11, 28, false),
            (2025, 1, 27, true),
            (2025, 9, 28, true),
            (2025, 10, 8, false),
        ] {
            assert_eq!(calendar.works_on(day(y, m, d)), works, "{y}-{m}-{d}");
        }
        let off = |year| {
            calendar
                .days
                .iter()
                .filter(move |(d, w)| d.year() == year && !**w)
        };
        assert_eq!((off(2025).count(), off(2026).count()), (28, 33));
        // A make-up day is a weekend's day.
        assert!(
            calendar
                .days
                .iter()
                .all(|(d, works)| !works || d.weekday().number_from_monday() > 5)
        );
    }

    /// A year without a file: Monday to Friday.
    #[test]
    fn an_unknown_year_has_its_weeks() {
        let calendar = Calendar::built_in();
        assert!(calendar.knows(2026) && !calendar.knows(2027));
        assert!(calendar.works_on(day(2027, 1, 1)) && !calendar.works_on(day(2027, 1, 2)));
    }

    /// An operator's file takes the place of a year; what cannot be read is named by its line.
    #[test]
    fn a_file_replaces_its_years() {
        let mut calendar = Calendar::built_in();
        let file = "date,kind,name\n# 2027\n2027-01-01,off,元旦\n\n2026-01-05,off,试\n";
        calendar.replace(Calendar::parse(file).unwrap());
        assert!(calendar.knows(2027) && !calendar.works_on(day(2027, 1, 1)));
        assert!(!calendar.works_on(day(2026, 1, 5)) && calendar.works_on(day(2026, 1, 2)));
        assert!(!calendar.works_on(day(2025, 1, 1)), "other years stay");
        for (text, line) in [
            ("2027-01-01,free,x", 1),
            ("a\n", 1),
            ("#\n2027-02-30,off,x", 2),
            ("2027-01-01,off,x\n2027-01-01,work,x", 2),
        ] {
            assert_eq!(Calendar::parse(text), Err(CalendarError { line }), "{text}");
        }
    }

    /// lateness counts working days over weekends, holidays and the year's end.
    #[test]
    fn working_days_are_counted() {
        let calendar = Calendar::built_in();
        let count = |from, to| calendar.working_days(from, to);
        assert_eq!(count(day(2026, 11, 20), day(2026, 11, 23)), 1, "over a weekend");
        assert_eq!(
            count(day(2026, 2, 13), day(2026, 2, 24)),
            2,
            "the 14th and the 24th"
        );
        assert_eq!(count(day(2026, 12, 30), day(2027, 1, 4)), 3, "2027 is not known");
        assert_eq!(count(day(2026, 11, 24), day(2026, 11, 24)), 0);
        assert_eq!(count(day(2026, 11, 24), day(2026, 11, 20)), 0);
    }

    proptest! {
        /// Counted in two parts or at once, it is the same.
        #[test]
        fn working_days_add_up(start in 0i64..700, a in 0i64..60, b in 0i64..60) {
            let calendar = Calendar::built_in();
            let from = day(2025, 1, 1) + chrono::Days::new(start as u64);
            let mid = from + chrono::Days::new(a as u64);
            let to = mid + chrono::Days::new(b as u64);
            prop_assert_eq!(
                calendar.working_days(from, to),
                calendar.working_days(from, mid) + calendar.working_days(mid, to)
            );
        }
    }
}
