//! The one catalogue of messages: event → template fields, SMS text, link.
//!
//! [`TEMPLATES`] is what has to be added in WeChat's console (模板消息), with these keywords; [`Message`] is the table of
//! all messages, which `/office/messages` shows and a test renders.

mod carried;
mod enrolments;
mod officers;
mod payments;
mod table;
mod transfers;
mod unions;

pub use enrolments::{About as Enrolled, identity_checked, to_provider, to_student};
pub use officers::{Waiting, lower_late, to_digest, to_officer};
pub use payments::{bill_differs, refund_stuck};
pub use table::{About, Message, Sample};
pub use transfers::transfer;
pub use unions::{
    officer_added, password_voided, registration_approved, registration_filed, registration_rejected,
    work_arrived,
};

use crate::application::reminders::{Reminder, What};
use crate::application::states::{Event, State};
use crate::campaign::Intake;
use crate::kernel::Time;
use crate::kernel::refusal::HOTLINE;

/// A template as the console shows it: our name, its title, its keywords with labels.
pub type Template = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

/// The templates that we send.
pub const TEMPLATES: &[Template] = &[
    (
        "progress",
        "申请进度通知",
        &[
            ("thing1", "申请事项"),
            ("character_string2", "申请编号"),
            ("phrase3", "当前状态"),
            ("thing4", "说明"),
            ("time5", "时间"),
        ],
    ),
    (
        "work",
        "待办审核提醒",
        &[
            ("thing1", "待办事项"),
            ("thing2", "所在工会"),
            ("character_string3", "待审数量"),
            ("time4", "审核截止"),
        ],
    ),
    (
        "union",
        "工会入网通知",
        &[
            ("thing1", "通知事项"),
            ("thing2", "工会名称"),
            ("thing3", "说明"),
            ("time4", "时间"),
        ],
    ),
];

/// A message, ready for either channel. No personal data: it is kept as it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Content {
    /// The template's name in `WECHAT_TEMPLATES`.
    pub template: String,
    /// Its fields in order.
    pub fields: Vec<(String, String)>,
    /// The page that it opens, as a path of ours.
    pub path: String,
    /// The same as a text message.
    pub sms: String,
    /// When the review window closes that it speaks of: within the day before, quiet hours do not hold it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Time>,
}

/// What the message to a worker needs to know.
pub struct Moved<'a> {
    /// What happened.
    pub event: Event,
    /// Where it stands now.
    pub state: State,
    /// The application's number.
    pub number: &'a str,
    /// Its intake.
    pub intake: &'a Intake,
    /// The union that holds it now.
    pub holder: Option<&'a str>,
    /// Position on the waiting list.
    pub waiting_position: Option<i64>,
    /// The event's words: with [`Event::Expired`], why.
    pub note: &'a str,
    /// When it happened.
    pub at: Time,
}

/// The message to the worker about an event of their application.
pub fn to_worker(moved: &Moved<'_>) -> Content {
    let (phrase, note) = words(moved);
    let more = match moved.event {
        Event::CarriedOver => carried::more(moved.intake),
        _ => String::new(),
    };
    let sms = format!(
        "【泉城工会】您的求学圆梦补助申请（编号 {}）：{phrase}，{note}{more}。咨询热线 {HOTLINE}",
        moved.number
    );
    Content {
        template: "progress".to_owned(),
        fields: fields([
            ("thing1", format!("求学圆梦补助{}", moved.intake.label())),
            ("character_string2", moved.number.to_owned()),
            ("phrase3", phrase.to_owned()),
            ("thing4", note),
            ("time5", moved.at.minute_text()),
        ]),
        path: "/progress".to_owned(),
        sms,
        deadline: None,
    }
}

/// The state in at most five 汉字 (WeChat's `phrase`) and a note of at most twenty characters (`thing`).
fn words(moved: &Moved<'_>) -> (&'static str, String) {
    let holder = |text: &str| {
        moved
            .holder
            .map_or_else(|| text.to_owned(), |union| format!("等待{union}审核"))
    };
    match moved.event {
        Event::Submitted => ("提交成功", holder("名额已占用，等待审核")),
        Event::Waitlisted => (
            "候补中",
            moved
                .waiting_position
                .map_or_else(String::new, |n| format!("名额已满，候补第 {n} 位")),
        ),
        Event::Promoted if moved.state.is_recalled() => {
            ("候补转正", "已占用名额，请改好后重新提交".to_owned())
        }
        Event::Promoted => ("候补转正", "已占用名额，进入审核".to_owned()),
        Event::CarriedOver => ("候补递补", carried::note(moved.intake, moved.at)),
        Event::Passed => ("审核中", holder("已转入上一级审核")),
        Event::SentBack => ("退回复核", holder("由下级工会复核")),
        Event::PassRecalled => ("审核中", holder("继续审核")),
        Event::HandedUp => ("审核中", holder("由上级工会审核")),
        Event::Approved => ("审核通过", "请留意补助发放通知".to_owned()),
        Event::Returned => (
            "退回补正",
            format!("请在{}前补正", moved.intake.review.until.short_deadline_text()),
        ),
        Event::Resubmitted => match moved.waiting_position {
            Some(n) => ("重新提交", format!("候补第 {n} 位")),
            None => ("重新提交", holder("等待审核")),
        },
        Event::Rejected => ("未通过", "点击查看原因".to_owned()),
        Event::Withdrawn => ("已撤回", "您已撤回这份申请".to_owned()),
        Event::Expired if moved.note.is_empty() => ("已失效", "超过期限".to_owned()),
        Event::Expired => ("已失效", moved.note.to_owned()),
        Event::Recalled => (
            "取回修改",
            format!("{}前须重新提交", moved.intake.apply.until.short_deadline_text()),
        ),
    }
}

/// The message to a worker that time runs out. `number` is missing before submission.
pub fn reminder(reminder: &Reminder, number: Option<&str>, intake: &Intake) -> Content {
    let until = reminder.until.short_deadline_text();
    let (phrase, note, path, loses) = match (reminder.what, number) {
        (What::Correction, _) => ("待补正", format!("请在{until}前补正"), "/progress", true),
        (What::Submission, Some(_)) => ("待重新提交", format!("请在{until}前提交"), "/apply", true),
        (What::Submission, None) => ("尚未提交", format!("请在{until}前提交"), "/apply", false),
    };
    let which = number.map_or_else(String::new, |number| format!("（编号 {number}）"));
    let after = if loses {
        "逾期名额不再保留"
    } else {
        "逾期不能再申请这一批次"
    };
    let sms = format!(
        "【泉城工会】您的求学圆梦补助申请{which}{phrase}，还剩 {} 天，{note}，{after}。咨询热线 {HOTLINE}",
        reminder.days
    );
    Content {
        template: "progress".to_owned(),
        fields: fields([
            ("thing1", format!("求学圆梦补助{}", intake.label())),
            ("character_string2", number.unwrap_or("-").to_owned()),
            ("phrase3", phrase.to_owned()),
            ("thing4", note),
            // WeChat's `time` knows no 24:00.
            ("time5", reminder.until.minute_text()),
        ]),
        path: path.to_owned(),
        sms,
        deadline: None,
    }
}

/// The message to the worker that another union reviews their application now, because the unions were reorganised (R-23,
/// ADR 0019). `holder` is the union that holds it, if it is under review.
pub fn handed_over(number: &str, intake: &Intake, holder: Option<&str>, at: Time) -> Content {
    let note = holder.map_or_else(
        || "工会调整，名额和顺序不变".to_owned(),
        |union| format!("等待{union}审核"),
    );
    let now = holder.map_or_else(String::new, |union| format!("，现由{union}审核"));
    Content {
        template: "progress".to_owned(),
        fields: fields([
            ("thing1", format!("求学圆梦补助{}", intake.label())),
            ("character_string2", number.to_owned()),
            ("phrase3", "工会调整".to_owned()),
            ("thing4", note),
            ("time5", at.minute_text()),
        ]),
        path: "/progress".to_owned(),
        sms: format!(
            "【泉城工会】您的求学圆梦补助申请（编号 {number}）因工会组织调整已转交{now}，名额和顺序不变，您不用再操作。咨询热线 {HOTLINE}"
        ),
        deadline: None,
    }
}

/// A message about a union: what it is about and a note, the union's name, the page that it opens, and the same as a
/// text message.
pub fn about_union(about: (&str, &str), union: &str, path: &str, at: Time, sms: String) -> Content {
    Content {
        template: "union".to_owned(),
        fields: fields([
            ("thing1", about.0.to_owned()),
            ("thing2", union.to_owned()),
            ("thing3", about.1.to_owned()),
            ("time4", at.minute_text()),
        ]),
        path: path.to_owned(),
        sms,
        deadline: None,
    }
}

fn fields<const N: usize>(pairs: [(&str, String); N]) -> Vec<(String, String)> {
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::{Season, Window};
    use crate::wechat::template::shorten;

    fn intake() -> Intake {
        let window = Window {
            from: Time::shanghai(2021, 11, 5, 0, 0, 0),
            until: Time(Time::shanghai(2021, 12, 8, 0, 0, 0).0 - 1),
        };
        Intake {
            id: String::new(),
            campaign_id: String::new(),
            year: 2021,
            season: Season::Autumn,
            apply: window,
            review: window,
        }
    }

    /// there is a message for every event, and WeChat's limits hold without any cutting for names of usual length.
    #[test]
    fn every_event_has_a_message_inside_wechats_limits() {
        for event in Event::ALL {
            let content = to_worker(&Moved {
                event: *event,
                state: State::InReview,
                number: "7K3M-9PXW",
                intake: &intake(),
                holder: Some("崮云湖街道总工会"),
                waiting_position: Some(12),
                note: "",
                at: Time::shanghai(2021, 11, 10, 9, 30, 0),
            });
            for (name, value) in &content.fields {
                assert_eq!(
                    shorten(name, value).as_deref(),
                    Ok(value.as_str()),
                    "{event} {name}"
                );
            }
            assert!(content.sms.contains("7K3M-9PXW"));
        }
        for (name, value) in to_officer("济南市职工文化事业发展中心", 3, intake().review.until).fields
        {
            assert_eq!(shorten(&name, &value).as_deref(), Ok(value.as_str()), "{name}");
        }
    }

    /// reminders keep WeChat's limits, and say until when and what is lost.
    #[test]
    fn reminders_have_their_words() {
        let state = State::Returned;
        for (what, number) in [
            (What::Correction, Some("7K3M-9PXW")),
            (What::Submission, Some("7K3M-9PXW")),
            (What::Submission, None),
        ] {
            let due = Reminder {
                what,
                states: (state, state, state),
                until: intake().review.until,
                days: 3,
            };
            let content = reminder(&due, number, &intake());
            for (name, value) in &content.fields {
                assert_eq!(
                    shorten(name, value).as_deref(),
                    Ok(value.as_str()),
                    "{what:?} {name}"
                );
            }
            assert!(content.sms.contains("12月7日 24:00前") && content.sms.contains("还剩 3 天"));
            assert_eq!(content.sms.contains("不再保留"), number.is_some());
        }
    }

    /// The console's templates, the configuration's names and the messages' fields are the same.
    #[test]
    fn messages_fill_exactly_their_templates() {
        let names: Vec<_> = TEMPLATES.iter().map(|(name, _, _)| *name).collect();
        assert_eq!(names, crate::config::TEMPLATE_NAMES);
        let officer = to_officer("长清区总工会", 3, intake().review.until);
        let moved = Moved {
            event: Event::Passed,
            state: State::InReview,
            number: "N",
            intake: &intake(),
            holder: None,
            waiting_position: None,
            note: "",
            at: Time(0),
        };
        let union = about_union(
            ("工会入网已通过", "现在可以登录"),
            "文昌街道总工会",
            "/office",
            Time(0),
            String::new(),
        );
        for content in [officer, union, to_worker(&moved)] {
            let (_, _, fields) = TEMPLATES
                .iter()
                .find(|(name, _, _)| *name == content.template)
                .unwrap();
            let filled: Vec<_> = content.fields.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(filled, fields.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        }
    }

    /// facts: Also (timezone): times are Beijing's, whatever zone the server is in.
    #[test]
    fn times_are_beijings() {
        let half_past_four_utc = chrono::DateTime::parse_from_rfc3339("2021-11-09T16:30:00Z").unwrap();
        let content = to_worker(&Moved {
            event: Event::Passed,
            state: State::InReview,
            number: "N",
            intake: &intake(),
            holder: None,
            waiting_position: None,
            note: "",
            at: Time(half_past_four_utc.timestamp_millis()),
        });
        assert_eq!(content.fields[4].1, "2021年11月10日 00:30");
    }

    /// the waiting worker is told the position; R-9: the returned one the deadline.
    #[test]
    fn the_words_say_what_matters() {
        let intake = intake();
        let moved = |event| Moved {
            event,
            state: State::Recalled,
            number: "N",
            intake: &intake,
            holder: None,
            waiting_position: Some(3),
            note: "",
            at: Time(0),
        };
        assert_eq!(words(&moved(Event::Waitlisted)).1, "名额已满，候补第 3 位");
        assert_eq!(words(&moved(Event::Returned)).1, "请在12月7日 24:00前补正");
        assert!(
            words(&moved(Event::Promoted)).1.contains("重新提交"),
            "taken back meanwhile"
        );
    }
}
