//! The messages to officers about their work: the first that waits, the digest, the window's end, a lower union's delay
//!

use super::{Content, fields};
use crate::kernel::Time;

/// The message to an officer that work waits at their union; sent at once for the first. `until` is the end of the
/// review window.
pub fn to_officer(union: &str, waiting: i64, until: Time) -> Content {
    // WeChat's `time` knows no 24:00: the last minute of the day says the same.
    let minute = until.minute_text();
    Content {
        template: "work".to_owned(),
        fields: fields([
            ("thing1", "求学圆梦补助待审核".to_owned()),
            ("thing2", union.to_owned()),
            ("character_string3", waiting.to_string()),
            ("time4", minute.clone()),
        ]),
        path: "/office".to_owned(),
        sms: format!("【泉城工会】{union}有 {waiting} 份求学圆梦补助申请待审核，请于 {minute} 前登录办理。"),
        deadline: Some(until),
    }
}

/// What waits at a union when its officers are told in a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting<'a> {
    /// The union's name.
    pub union: &'a str,
    /// How many.
    pub count: i64,
    /// So many calendar days the oldest has been there.
    pub oldest_days: i64,
    /// So many calendar days are left; 0 on the last one.
    pub days_left: i64,
    /// The end of the review window.
    pub until: Time,
}

impl Waiting<'_> {
    fn oldest(&self) -> String {
        match self.oldest_days {
            0 => "最早今天收到".to_owned(),
            days => format!("最早已等{days}天"),
        }
    }

    fn left(&self) -> String {
        match self.days_left {
            0 => "今天截止".to_owned(),
            days => format!("还剩{days}天"),
        }
    }
}

/// The digest of what waits; `closing`: the reminder 7, 2 or 1 days before the review window closes.
pub fn to_digest(waiting: &Waiting<'_>, closing: bool) -> Content {
    let Waiting { union, count, .. } = waiting;
    let (oldest, left) = (waiting.oldest(), waiting.left());
    let minute = waiting.until.minute_text();
    let what = if closing {
        format!("审核将截止，{left}，请尽快办理")
    } else {
        format!("待审核，{oldest}，{left}")
    };
    let sms = if closing {
        format!(
            "【泉城工会】求学圆梦补助审核{left}（{minute} 截止），{union}还有 {count} 份待审核，{oldest}，请尽快登录办理，过期不能再审。"
        )
    } else {
        format!(
            "【泉城工会】{union}有 {count} 份求学圆梦补助申请待审核，{oldest}，审核{left}（{minute} 截止），请登录办理。"
        )
    };
    Content {
        template: "work".to_owned(),
        fields: fields([
            ("thing1", what),
            ("thing2", (*union).to_owned()),
            ("character_string3", count.to_string()),
            ("time4", minute),
        ]),
        path: "/office".to_owned(),
        sms,
        deadline: Some(waiting.until),
    }
}

/// The message to the upper union that lower ones are late: the names of those unions, the longest wait first, and
/// what waits there in all.
pub fn lower_late(late: &[Waiting<'_>]) -> Option<Content> {
    let first = late.first()?;
    let others = late.len() - 1;
    let who = match others {
        0 => first.union.to_owned(),
        _ => format!("{}等 {} 个下级工会", first.union, late.len()),
    };
    let count: i64 = late.iter().map(|one| one.count).sum();
    let until = late.iter().map(|one| one.until).min().unwrap_or(first.until);
    let minute = until.minute_text();
    Some(Content {
        template: "work".to_owned(),
        fields: fields([
            ("thing1", format!("下级审核滞后，{}", first.oldest())),
            // The number of unions stands first: a long name is cut at its end.
            (
                "thing2",
                match others {
                    0 => first.union.to_owned(),
                    _ => format!("{} 个：{}等", late.len(), first.union),
                },
            ),
            ("character_string3", count.to_string()),
            ("time4", minute.clone()),
        ]),
        path: "/office?tab=all&state=in_review".to_owned(),
        sms: format!(
            "【泉城工会】{who}的求学圆梦补助审核滞后，共 {count} 份待审核，{}，{minute} 截止，请督促办理。",
            first.oldest()
        ),
        deadline: Some(until),
    })
}
