//! The words for who got a place after their own review window: it is decided in the next intake (R-24, ADR 0028).

use crate::campaign::Intake;
use crate::kernel::Time;

/// At most twenty characters (WeChat's `thing`): when it is decided.
pub(super) fn note(intake: &Intake, at: Time) -> String {
    let review = intake.review;
    if at < review.from {
        format!("已占名额，{}起审核", review.from.day_text())
    } else {
        format!("已占名额，{}前审完", review.until.short_deadline_text())
    }
}

/// What a text message has room for besides: into which intake, between which days, and that nothing is to be done.
pub(super) fn more(intake: &Intake) -> String {
    format!(
        "，转入{}审核（{}至{}），不用重新提交",
        intake.label(),
        intake.review.from.day_text(),
        intake.review.until.short_deadline_text()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::{Season, Window};

    /// both dates, before and inside the window, within WeChat's twenty characters on the longest day.
    #[test]
    fn the_dates_are_told() {
        let window = Window {
            from: Time::shanghai(2021, 12, 15, 0, 0, 0),
            until: Time(Time::shanghai(2021, 12, 30, 0, 0, 0).0 - 1),
        };
        let intake = Intake {
            id: String::new(),
            campaign_id: String::new(),
            year: 2021,
            season: Season::Autumn,
            apply: window,
            review: window,
        };
        let (summer, inside) = (Time::shanghai(2021, 6, 8, 0, 0, 0), window.from);
        assert_eq!(note(&intake, summer), "已占名额，2021年12月15日起审核");
        assert_eq!(note(&intake, inside), "已占名额，12月29日 24:00前审完");
        for at in [summer, inside] {
            assert!(note(&intake, at).chars().count() <= 20);
        }
        let more = more(&intake);
        assert!(
            more.contains("2021年秋季批次") && more.contains("2021年12月15日至12月29日 24:00"),
            "{more}"
        );
    }
}
