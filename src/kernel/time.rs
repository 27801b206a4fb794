//! One point in time: milliseconds since 1970 UTC in the store, Asia/Shanghai (+08:00, no summer time) for people.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, TimeZone, Utc};

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Time(pub i64);

/// A second in the unit of [`Time`].
pub const SECOND: i64 = 1_000;
/// A minute in the unit of [`Time`].
pub const MINUTE: i64 = 60 * SECOND;
/// An hour in the unit of [`Time`].
pub const HOUR: i64 = 60 * MINUTE;
/// A day in the unit of [`Time`].
pub const DAY: i64 = 24 * HOUR;

const SHANGHAI_SECONDS: i32 = 8 * 3600;

fn shanghai() -> FixedOffset {
    // 8 h is inside the ±24 h that `FixedOffset` accepts.
    FixedOffset::east_opt(SHANGHAI_SECONDS).unwrap_or_else(|| unreachable!("+08:00 is a valid offset"))
}

impl Time {
    /// Wall-clock time in Shanghai. Out-of-range parts give the epoch; meant for constants and tests.
    pub fn shanghai(y: i32, mo: u32, d: u32, h: u32, mi: u32, s: u32) -> Self {
        let naive = NaiveDate::from_ymd_opt(y, mo, d).and_then(|date| date.and_hms_opt(h, mi, s));
        naive.map_or(Time(0), Self::of_local)
    }

    fn of_local(naive: NaiveDateTime) -> Self {
        shanghai()
            .from_local_datetime(&naive)
            .single()
            .map_or(Time(0), |t| Time(t.timestamp_millis()))
    }

    /// The first millisecond of a day in Shanghai.
    pub fn start_of(date: NaiveDate) -> Self {
        date.and_hms_opt(0, 0, 0).map_or(Time(0), Self::of_local)
    }

    /// The last millisecond of a day in Shanghai: windows are "both days inclusive".
    pub fn end_of(date: NaiveDate) -> Self {
        Time(Self::start_of(date).0 + DAY - 1)
    }

    fn local(self) -> DateTime<FixedOffset> {
        DateTime::<Utc>::from_timestamp_millis(self.0)
            .unwrap_or_default()
            .with_timezone(&shanghai())
    }

    /// The day in Shanghai.
    pub fn date(self) -> NaiveDate {
        self.local().date_naive()
    }

    /// The year in Shanghai.
    pub fn year(self) -> i32 {
        self.local().year()
    }

    /// Seconds since 1970, as WeChat counts.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    /// `self + millis`.
    pub fn plus(self, millis: i64) -> Self {
        Time(self.0.saturating_add(millis))
    }

    /// "2021年11月30日".
    pub fn day_text(self) -> String {
        let t = self.local();
        format!("{}年{}月{}日", t.year(), t.month(), t.day())
    }

    /// "11月30日 09:32".
    pub fn short_text(self) -> String {
        let t = self.local();
        format!("{}月{}日 {}", t.month(), t.day(), t.format("%H:%M"))
    }

    /// "2021年11月30日 09:32".
    pub fn minute_text(self) -> String {
        format!("{} {}", self.day_text(), self.local().format("%H:%M"))
    }

    /// "2021-11-30T09:32:05.123+08:00", for texts that programs compare.
    pub fn iso_text(self) -> String {
        self.local().format("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
    }

    /// "11月30日 09:32:05".
    pub fn short_second_text(self) -> String {
        let t = self.local();
        format!("{}月{}日 {}", t.month(), t.day(), t.format("%H:%M:%S"))
    }

    /// "2021-11-30 09:32:05": for tables and the audit trail.
    pub fn second_text(self) -> String {
        self.local().format("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// "09:32:05".
    pub fn clock_text(self) -> String {
        self.local().format("%H:%M:%S").to_string()
    }

    /// "11月30日 24:00": the same without the year, where room is short.
    pub fn short_deadline_text(self) -> String {
        let t = self.local();
        if self == Self::end_of(self.date()) {
            format!("{}月{}日 24:00", t.month(), t.day())
        } else {
            self.short_text()
        }
    }

    /// "2021年11月30日 24:00": how the end of an inclusive last day is said.
    pub fn deadline_text(self) -> String {
        if self == Self::end_of(self.date()) {
            format!("{} 24:00", self.day_text())
        } else {
            self.minute_text()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// both days inclusive, to the second, in Asia/Shanghai.
    #[test]
    fn a_day_ends_one_millisecond_before_the_next_begins() {
        let day = NaiveDate::from_ymd_opt(2021, 11, 30).unwrap();
        assert_eq!(Time::start_of(day), Time::shanghai(2021, 11, 30, 0, 0, 0));
        assert_eq!(Time::end_of(day).plus(1), Time::shanghai(2021, 12, 1, 0, 0, 0));
        assert_eq!(Time::end_of(day).deadline_text(), "2021年11月30日 24:00");
        assert_eq!(Time::shanghai(2021, 11, 5, 0, 0, 0).seconds(), 1_636_041_600);
        assert_eq!(Time::end_of(day).iso_text(), "2021-11-30T23:59:59.999+08:00");
    }
}
