//! The rules of a year's dates and amounts.

use super::*;

fn typed<'a>(days: [&'a str; 4]) -> TypedDates<'a> {
    let [apply_from, apply_until, review_from, review_until] = days;
    TypedDates {
        apply_from,
        apply_until,
        review_from,
        review_until,
    }
}

const SPRING: [&str; 4] = ["2027-05-05", "2027-05-31", "2027-05-05", "2027-06-07"];
const AUTUMN: [&str; 4] = ["2027-11-05", "2027-11-30", "2027-11-05", "2027-12-07"];

fn intake(season: Season, days: [&str; 4]) -> Intake {
    let windows = read_dates(&typed(days)).unwrap();
    Intake {
        id: season.to_string(),
        campaign_id: String::new(),
        year: 2027,
        season,
        apply: windows.apply,
        review: windows.review,
    }
}

/// the plan's own dates are right; each contradiction is told at its field.
#[test]
fn contradictory_dates_are_refused() {
    let spring = [intake(Season::Spring, SPRING)];
    let checked = |days| check(&read_dates(&typed(days)).unwrap(), 2027, &spring);
    assert_eq!(checked(AUTUMN), Ok(()));
    for (days, field, refusal) in [
        (
            ["2027-11-30", "2027-11-05", "2027-11-05", "2027-12-07"],
            "apply_until",
            Refusal::WindowBackwards,
        ),
        (
            ["2027-11-05", "2027-11-30", "2027-12-07", "2027-11-05"],
            "review_until",
            Refusal::WindowBackwards,
        ),
        (
            ["2027-11-05", "2027-11-30", "2027-11-06", "2027-12-07"],
            "review_from",
            Refusal::ReviewTooShort,
        ),
        (
            ["2027-11-05", "2027-11-30", "2027-11-05", "2027-11-29"],
            "review_until",
            Refusal::ReviewTooShort,
        ),
        (
            ["2027-11-05", "2028-01-02", "2027-11-05", "2028-01-07"],
            "apply_until",
            Refusal::IntakeOutsideYear { year: 2027 },
        ),
        (
            ["2027-06-07", "2027-06-30", "2027-06-07", "2027-07-07"],
            "apply_from",
            Refusal::IntakesOverlap {
                other: "2027年春季批次".to_owned(),
            },
        ),
    ] {
        let errors = checked(days).unwrap_err();
        assert!(errors.0.contains(&(field, refusal)), "{days:?}: {errors:?}");
    }
    let day_after = ["2027-06-08", "2027-06-08", "2027-06-08", "2027-06-08"];
    assert_eq!(
        checked(day_after),
        Ok(()),
        "one day is a window; the day after the other's end is free"
    );
    let errors = read_dates(&typed(["", "2027-13-01", "2027-02-30", "2027-03-01"])).unwrap_err();
    assert_eq!(errors.0.len(), 3, "every field at once");
}

/// a copied year has the same days; a leap day becomes the last of February.
#[test]
fn a_year_is_shifted_by_its_days() {
    let shifted = shifted(intake(Season::Autumn, AUTUMN).review, 1);
    assert_eq!(
        (
            shifted.from.day_text().as_str(),
            shifted.until.deadline_text().as_str()
        ),
        ("2028年11月5日", "2028年12月7日 24:00")
    );
    let leap = window(
        NaiveDate::from_ymd_opt(2028, 2, 29).unwrap(),
        NaiveDate::from_ymd_opt(2028, 3, 31).unwrap(),
    );
    assert_eq!(super::shifted(leap, 1).from.day_text(), "2029年2月28日");
    assert_eq!(
        super::shifted(leap, -1).until.deadline_text(),
        "2027年3月31日 24:00"
    );
}

/// amounts are exact, in fen.
#[test]
fn amounts_are_read_to_the_fen() {
    for (text, fen) in [
        ("1000", 100_000),
        ("500.5", 50_050),
        (" １０００ 元", 100_000),
        ("0.01", 1),
    ] {
        assert_eq!(amount(text), Ok(Fen(fen)), "{text}");
    }
    assert_eq!(amount(" "), Err(Refusal::Empty));
    for wrong in [
        "0", "-5", "1,000", "1.234", "一千", "1e3", "99999999", ".5", "1.2.3",
    ] {
        assert_eq!(amount(wrong), Err(Refusal::AmountMalformed), "{wrong}");
    }
}

#[test]
fn an_intake_begins_with_its_first_window() {
    let autumn = intake(Season::Autumn, AUTUMN);
    assert!(!has_begun(&autumn, Time::shanghai(2027, 11, 4, 23, 59, 59)));
    assert!(has_begun(&autumn, Time::shanghai(2027, 11, 5, 0, 0, 0)));
}
