//! What a moment would be like: which windows are open, what workers and officers could do, what would go out (R-8, R-9,
//! By the same rules that the moment itself will meet.

use super::reminders::{self, What};
use super::states::State;
use crate::campaign::{Current, Intake, most_relevant};
use crate::kernel::time::{DAY, HOUR};
use crate::kernel::{Refusal, Time};

/// An intake at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The intake.
    pub intake: Intake,
    /// Whether the workers' pages speak of this one.
    pub spoken_of: bool,
    /// Whether a worker may submit, or what they are told.
    pub apply: Result<(), Refusal>,
    /// Whether officers may decide, or what they are told.
    pub review: Result<(), Refusal>,
    /// Whether a returned application may be submitted again.
    pub correct: Result<(), Refusal>,
}

/// Something that happens by itself on the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fires {
    /// From when.
    pub at: Time,
    /// In words.
    pub what: String,
}

/// A moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// The moment.
    pub at: Time,
    /// Every intake, the earlier first.
    pub intakes: Vec<At>,
    /// What happens by itself on that day, in order.
    pub fires: Vec<Fires>,
}

/// What the moment would be like with these intakes.
pub fn rehearse(all: &[Current], at: Time) -> Rehearsal {
    let spoken_of = most_relevant(all.to_vec(), at).map(|current| current.intake.id);
    let one = |current: &Current| At {
        spoken_of: spoken_of.as_ref() == Some(&current.intake.id),
        apply: current.intake.may_apply(at),
        review: current.intake.may_review(at),
        correct: current.intake.may_correct(at),
        intake: current.intake.clone(),
    };
    let mut fires: Vec<Fires> = all
        .iter()
        .flat_map(|current| on_the_day(&current.intake, at))
        .collect();
    // Reminders go out for the intake that the day speaks of.
    if let Some(current) = most_relevant(all.to_vec(), at) {
        fires.extend(reminded(&current.intake, at));
    }
    fires.sort_by_key(|fire| fire.at);
    Rehearsal {
        at,
        intakes: all.iter().map(one).collect(),
        fires,
    }
}

/// What people feel at once when an intake's windows become others at this moment.
pub fn effects(before: &Intake, after: &Intake, now: Time) -> Vec<String> {
    let mut effects = Vec::new();
    let mut say = |when: bool, what: &str| {
        if when {
            effects.push(what.to_owned());
        }
    };
    let apply = (before.may_apply(now).is_ok(), after.may_apply(now).is_ok());
    let review = (before.may_review(now).is_ok(), after.may_review(now).is_ok());
    say(apply == (true, false), "职工马上不能提交申请；填写中的草稿保留");
    say(apply == (false, true), "职工马上可以提交申请");
    say(review == (true, false), "各级工会马上不能审核");
    say(review == (false, true), "各级工会马上可以审核");
    let ends = |before: Time, after: Time| now <= before && after < now;
    say(
        ends(before.apply.until, after.apply.until),
        "取回修改、没有重新提交的申请马上失效，名额递补",
    );
    say(
        ends(before.review.until, after.review.until),
        "退回补正、没有重新提交的申请马上失效；当年后面没有批次的，候补马上结束",
    );
    for (what, before, after) in [
        ("申请截止", before.apply.until, after.apply.until),
        ("审核截止", before.review.until, after.review.until),
    ] {
        if before != after {
            effects.push(format!(
                "{what}由 {} 改为 {}",
                before.deadline_text(),
                after.deadline_text()
            ));
        }
    }
    effects
}

/// Openings and ends of an intake's windows on the day of a moment.
fn on_the_day(intake: &Intake, at: Time) -> Vec<Fires> {
    let from = Time::start_of(at.date());
    let today = |time: Time| from <= time && time < from.plus(DAY);
    let label = intake.label();
    let mut fires = Vec::new();
    let mut on = |time: Time, what: String| {
        if today(time) {
            fires.push(Fires { at: time, what });
        }
    };
    on(intake.apply.from, format!("{label}开始申请"));
    on(intake.review.from, format!("{label}开始审核"));
    on(
        intake.apply.until,
        format!(
            "{label}申请截止：不能再提交；取回修改、没有重新提交的失效，名额递补；没有批准的名额调剂过期"
        ),
    );
    on(
        intake.review.until,
        format!(
            "{label}审核截止：不能再审核；退回补正、没有重新提交的失效，名额递补到当年下一批次；没有下一批次的，候补结束"
        ),
    );
    fires
}

/// The reminders of the day, from the first hour at which each goes out.
fn reminded(intake: &Intake, at: Time) -> Vec<Fires> {
    let midnight = Time::start_of(at.date());
    let hours = (0..24).map(|hour| midnight.plus(hour * HOUR));
    let mut told = Vec::<reminders::Reminder>::new();
    let mut fires = Vec::new();
    for hour in hours {
        for reminder in reminders::due(intake, hour) {
            if told.contains(&reminder) {
                continue;
            }
            let whom = match (reminder.what, reminder.states.0) {
                (What::Correction, _) => "退回补正、还没有重新提交的职工",
                (What::Submission, State::Draft) => "填了没有提交、或取回修改的职工",
                (What::Submission, _) => "取回修改、还没有重新提交的职工",
            };
            let what = format!("{}：提醒{whom}，还剩 {} 天", intake.label(), reminder.days);
            fires.push(Fires { at: hour, what });
            told.push(reminder);
        }
    }
    fires
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::{Season, Window};
    use crate::kernel::Fen;
    use chrono::NaiveDate;

    fn current(season: Season, days: [(u32, u32); 4]) -> Current {
        let [af, au, rf, ru] = days.map(|(m, d)| NaiveDate::from_ymd_opt(2021, m, d).unwrap());
        let window = |from, until| Window {
            from: Time::start_of(from),
            until: Time::end_of(until),
        };
        let intake = Intake {
            id: season.to_string(),
            campaign_id: "c".to_owned(),
            year: 2021,
            season,
            apply: window(af, au),
            review: window(rf, ru),
        };
        Current {
            campaign_id: "c".to_owned(),
            title: String::new(),
            city_grant: Fen::yuan(1000),
            intake,
        }
    }

    fn year() -> [Current; 2] {
        [
            current(Season::Spring, [(5, 5), (5, 31), (5, 5), (6, 7)]),
            current(Season::Autumn, [(11, 5), (11, 30), (11, 5), (12, 7)]),
        ]
    }

    /// each part of the year by the rules that the day itself will meet.
    #[test]
    fn a_moment_is_as_the_day_will_be() {
        for ((m, d, h), spoken, [apply, review, correct]) in [
            ((1, 1, 12), 0, [false, false, true]),
            ((5, 5, 0), 0, [true, true, true]),
            ((5, 31, 23), 0, [true, true, true]),
            ((6, 1, 0), 0, [false, true, true]),
            ((6, 8, 0), 1, [false, false, true]),
            ((11, 30, 23), 1, [true, true, true]),
            ((12, 8, 0), 1, [false, false, false]),
        ] {
            let shown = rehearse(&year(), Time::shanghai(2021, m, d, h, 0, 0));
            let one = &shown.intakes[spoken];
            assert!(one.spoken_of && !shown.intakes[1 - spoken].spoken_of, "{m}-{d}");
            let may = [one.apply.is_ok(), one.review.is_ok(), one.correct.is_ok()];
            assert_eq!(may, [apply, review, correct], "{m}-{d} {h}:00");
        }
    }

    /// whoever changes a running window reads what follows before confirming.
    #[test]
    fn a_changed_window_says_what_follows() {
        let before = current(Season::Autumn, [(11, 5), (11, 30), (11, 5), (12, 7)]).intake;
        let after = current(Season::Autumn, [(11, 5), (11, 20), (11, 5), (11, 22)]).intake;
        let told = |day| effects(&before, &after, Time::shanghai(2021, 11, day, 12, 0, 0)).join("\n");
        assert!(
            told(10).contains("申请截止由 2021年11月30日 24:00 改为 2021年11月20日 24:00")
                && !told(10).contains("马上")
        );
        assert!(
            told(21).contains("马上不能提交")
                && told(21).contains("取回修改")
                && !told(21).contains("马上不能审核")
        );
        assert!(told(25).contains("马上不能审核") && told(25).contains("退回补正"));
        assert_eq!(
            effects(&before, &before, Time::shanghai(2021, 11, 10, 0, 0, 0)),
            Vec::<String>::new()
        );
    }

    /// what goes out on the day, in order, each once.
    #[test]
    fn the_day_says_what_fires() {
        let fires = |m, d| {
            let shown = rehearse(&year(), Time::shanghai(2021, m, d, 15, 0, 0));
            let fires = shown.fires.into_iter();
            fires
                .map(|fire| format!("{} {}", fire.at.short_text(), fire.what))
                .collect::<Vec<_>>()
        };
        let last = fires(11, 27);
        assert_eq!(last.len(), 1);
        assert!(
            last[0].starts_with("11月27日 09:00") && last[0].contains("还剩 3 天"),
            "{last:?}"
        );
        let end = fires(11, 30);
        assert!(end.len() == 1 && end[0].contains("申请截止"), "{end:?}");
        assert_eq!(fires(11, 5).len(), 2);
        assert!(fires(7, 1).is_empty());
    }
}
