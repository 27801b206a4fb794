//! R-31: the sums of a small city, for the city and for one unit.

use super::*;
use crate::campaign::{Season, Window};
use crate::kernel::time::DAY;
use crate::supervision::board::{Day, Decided, Quota, Reasoned};

fn union(id: &str, kind: Kind, path: &str) -> Union {
    let above = path.trim_end_matches('/').rsplit('/').nth(1).unwrap_or_default();
    Union {
        id: id.into(),
        parent_id: above.into(),
        kind: kind.as_str().into(),
        name: format!("工会{id}"),
        path: path.into(),
        no: 1,
    }
}

fn group(union: &str, state: State, holder: &str, n: i64, ages: [i64; 4]) -> Group {
    Group {
        union_id: union.into(),
        state: state.as_str().into(),
        holder_id: holder.into(),
        n,
        oldest: NOW.0 - n * DAY,
        age0: ages[0],
        age1: ages[1],
        age2: ages[2],
        age3: ages[3],
        late: n - ages[0] - ages[1],
    }
}

const NOW: Time = Time(1_636_500_000_000);

fn intake() -> Intake {
    let window = Window {
        from: NOW.plus(-3 * DAY),
        until: NOW.plus(20 * DAY),
    };
    Intake {
        id: "i".into(),
        campaign_id: "k".into(),
        year: 2021,
        season: Season::Autumn,
        apply: window,
        review: window,
    }
}

fn snapshot() -> Snapshot {
    let day = |union: &str, day, n| Day {
        union_id: union.into(),
        day,
        n,
    };
    let today = day_of(NOW);
    let decided = |union: &str, verdict: Verdict, n| Decided {
        union_id: union.into(),
        verdict: verdict.as_str().into(),
        day: today,
        n,
    };
    let reasoned = |verdict: Verdict, code: &str, corrections: &str, n| Reasoned {
        union_id: "c".into(),
        verdict: verdict.as_str().into(),
        code: code.into(),
        corrections: corrections.into(),
        n,
    };
    Snapshot {
        at: NOW,
        grant: Fen::yuan(1000),
        unions: vec![
            union("r", Kind::City, "/r/"),
            union("c", Kind::Centre, "/r/c/"),
            union("u", Kind::Unit, "/r/u/"),
            union("s", Kind::Street, "/r/u/s/"),
            union("v", Kind::Unit, "/r/v/"),
        ],
        groups: vec![
            group("", State::Draft, "", 9, [9, 0, 0, 0]),
            group("s", State::Draft, "", 4, [4, 0, 0, 0]),
            group("s", State::InReview, "s", 5, [1, 1, 1, 1]),
            group("s", State::InReview, "c", 2, [2, 0, 0, 0]),
            group("u", State::InReview, "u", 3, [0, 3, 0, 0]),
            group("s", State::RecalledWaiting, "s", 1, [1, 0, 0, 0]),
            group("s", State::Returned, "", 2, [2, 0, 0, 0]),
            group("v", State::Approved, "", 7, [7, 0, 0, 0]),
            group("v", State::Withdrawn, "", 1, [1, 0, 0, 0]),
        ],
        submitted: vec![day("s", today, 10), day("u", today - 1, 3), day("v", today, 8)],
        approved: vec![day("v", today, 7)],
        decided: vec![decided("u", Verdict::Pass, 4), decided("c", Verdict::Return, 1)],
        reasoned: vec![
            reasoned(Verdict::Return, "unclear", r#"["card","receipt"]"#, 2),
            reasoned(Verdict::Return, "unclear", r#"["card"]"#, 1),
            reasoned(Verdict::Return, "", "[]", 1),
            reasoned(Verdict::Reject, "duplicate", "[]", 1),
        ],
        quotas: vec![
            Quota {
                unit_id: "u".into(),
                total: 12,
                taken: 12,
            },
            Quota {
                unit_id: "v".into(),
                total: 9,
                taken: 7,
            },
        ],
    }
}

fn figures(path: &str) -> Figures {
    of(&snapshot(), path, &[&intake()])
}

#[test]
fn the_city_sees_everything_and_drafts_only_as_a_number() {
    let city = figures("/r/");
    assert_eq!(city.drafts, 13);
    let counts = city.counts;
    assert_eq!((counts.submitted, counts.waiting, counts.in_review), (21, 1, 10));
    assert_eq!((counts.with_worker, counts.approved, counts.withdrawn), (2, 7, 1));
    let levels: Vec<i64> = city.levels.iter().map(|(_, n)| *n).collect();
    assert_eq!(levels, [5, 3, 2], "by level; they add up to what is in review");
    assert_eq!(city.granted, Fen::yuan(7000));
    let rows: Vec<(&str, i64, bool)> = city
        .unions
        .iter()
        .map(|row| (row.id.as_str(), row.counts.submitted, row.below))
        .collect();
    assert_eq!(rows, [("u", 13, true), ("v", 8, false)], "units, not the centre");
    let sum: i64 = city.unions.iter().map(|row| row.counts.submitted).sum();
    assert_eq!(sum, counts.submitted);
    assert_eq!(city.places[0].waiting, 1);
    assert_eq!(city.places[1].left(), 2);
}

#[test]
fn a_unit_sees_its_own_subtree_only() {
    let unit = figures("/r/u/");
    assert_eq!((unit.drafts, unit.counts.submitted), (4, 13));
    assert_eq!(unit.places.len(), 1);
    assert_eq!(unit.granted, Fen(0));
    let rows: Vec<(&str, bool)> = unit.unions.iter().map(|row| (row.id.as_str(), row.own)).collect();
    assert_eq!(
        rows,
        [("u", true), ("s", false)],
        "its own workers' applications beside those below"
    );
    assert_eq!(unit.verdicts[0], (Verdict::Pass, 4));
    assert_eq!(
        unit.verdicts[1],
        (Verdict::Return, 0),
        "the centre's decisions are the city's"
    );
    assert_eq!(unit.returned, []);
    assert_eq!(unit.reasons, []);
    let street = figures("/r/u/s/");
    assert_eq!(street.unions.len(), 1);
    assert_eq!(street.counts.submitted, 10);
}

/// R-24: what is late counts at the union whose step it is.
#[test]
fn lateness_is_by_the_union_whose_step_it_is() {
    let city = figures("/r/");
    assert_eq!(city.ages, [3, 4, 1, 1, 1]);
    let late: Vec<(&str, i64, i64)> = city
        .late
        .iter()
        .map(|row| (row.id.as_str(), row.waiting, row.late))
        .collect();
    assert_eq!(late, [("s", 5, 3), ("u", 3, 0), ("c", 2, 0)]);
}

/// R-22: decisions are counted by their coded reason, whatever they asked for.
#[test]
fn reasons_are_counted_by_their_code() {
    use ReasonCode::{Duplicate, Unclear};
    let reasons = figures("/r/").reasons;
    assert_eq!(reasons[0], (Verdict::Return, Some(Unclear), 3));
    assert!(reasons.contains(&(Verdict::Reject, Some(Duplicate), 1)));
    assert!(reasons.contains(&(Verdict::Return, None, 1)) && reasons.len() == 3);
}

#[test]
fn every_day_of_the_window_up_to_today_has_its_row() {
    let days = figures("/r/").days;
    assert_eq!(days.len(), 4);
    let today = days.last().unwrap();
    assert_eq!((today.submitted, today.decided, today.approved), (18, 5, 7));
    assert_eq!((days[2].submitted, days[0].submitted), (3, 0));
    let returned = figures("/r/").returned;
    assert_eq!(returned, [("card".to_owned(), 3), ("receipt".to_owned(), 2)]);
}
