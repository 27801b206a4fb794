//! The messages of 选学报读: to the worker at each step, to the provider's officers of what they have to do, and how a
//! real-name check ended.

use super::table::Sample;
use super::{Content, Message, about_union, fields};
use crate::enrolment::states::Event;
use crate::kernel::Time;
use crate::kernel::refusal::HOTLINE;

/// What a message about an enrolment needs to know.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// What happened.
    pub event: Event,
    /// Words kept with the event; may be empty.
    pub note: &'a str,
    /// The enrolment's id.
    pub id: &'a str,
    /// Its number.
    pub number: &'a str,
    /// The institution.
    pub institution: &'a str,
    /// Until when the seat is held.
    pub held_until: Time,
    /// When it happened.
    pub at: Time,
}

/// The state in at most five 汉字 and a note of at most twenty characters; none where nobody has to be told.
fn words(about: &About<'_>) -> Option<(Message, &'static str, String)> {
    Some(match about.event {
        Event::Held => (
            Message::EnrolmentHeld,
            "待缴费",
            format!("请在{}前缴费", about.held_until.short_text()),
        ),
        Event::Paid => (
            Message::EnrolmentPaid,
            "缴费成功",
            "等待服务机构确认录取".to_owned(),
        ),
        Event::Expired => (
            Message::EnrolmentExpired,
            "已取消",
            "超时未缴费，没有产生费用".to_owned(),
        ),
        Event::Admitted => (
            Message::EnrolmentAdmitted,
            "已录取",
            "入学后可申请学历提升补助".to_owned(),
        ),
        Event::Declined => (
            Message::EnrolmentDeclined,
            "未录取",
            "学费全额退还，点击查看原因".to_owned(),
        ),
        Event::RefundAsked => (
            Message::EnrolmentRefundAsked,
            "退款中",
            "款项将原路退回".to_owned(),
        ),
        Event::Refunded => (Message::EnrolmentRefunded, "已退款", "款项已原路退回".to_owned()),
        Event::RefundStuck => (
            Message::EnrolmentRefundStuck,
            "退款处理中",
            "退款遇到问题，正在处理".to_owned(),
        ),
        Event::TermPaid => (Message::EnrolmentTermPaid, "缴费成功", about.note.to_owned()),
        Event::Completed => (Message::EnrolmentCompleted, "已毕业", "祝贺您完成学业".to_owned()),
        Event::MoneyReturns => (
            Message::EnrolmentMoneyReturns,
            "退款中",
            "多付的款项正在原路退回".to_owned(),
        ),
        Event::MoneyReturned => (
            Message::EnrolmentMoneyReturned,
            "已退款",
            "多付的款项已原路退回".to_owned(),
        ),
        Event::Reported => (
            Message::EnrolmentReported,
            "学习情况",
            "点击查看服务机构的登记".to_owned(),
        ),
        Event::Cancelled | Event::Left => return None,
    })
}

/// To the worker; none where nobody has to be told.
pub fn to_student(about: &About<'_>) -> Option<(Message, Content)> {
    let (message, phrase, note) = words(about)?;
    let path = match about.event {
        Event::Held => format!("/enrol/mine/{}/pay", about.id),
        _ => format!("/enrol/mine/{}", about.id),
    };
    Some((message, progress((phrase, &note), about.number, &path, about.at)))
}

/// To the officers of the provider; none where they have nothing to do.
pub fn to_provider(about: &About<'_>) -> Option<(Message, Content)> {
    let number = about.number;
    let (message, what, note) = match about.event {
        Event::Paid => (
            Message::ProviderPaid,
            "有新的报读学员",
            format!("{number}，请确认录取"),
        ),
        Event::RefundAsked => (Message::ProviderRefund, "学员退学退费", number.to_owned()),
        // What the provider reported itself is no news to it.
        Event::Left if !about.note.starts_with('第') => {
            (Message::ProviderLeft, "学员退学", number.to_owned())
        }
        _ => return None,
    };
    let sms = format!("【泉城工会】求学圆梦选学报读：{what}（{note}），请登录服务机构平台办理。");
    let path = format!("/office/provider/enrolments/{}", about.id);
    Some((
        message,
        about_union((what, &note), about.institution, &path, about.at, sms),
    ))
}

/// How a real-name check ended, to the worker.
pub fn identity_checked(passed: bool, at: Time) -> Content {
    let words = if passed {
        ("实名通过", "可以继续报读了")
    } else {
        ("实名未通过", "点击查看原因，改正后重新提交")
    };
    progress(words, "-", "/enrol/verify?next=/enrol", at)
}

fn progress((phrase, note): (&str, &str), number: &str, path: &str, at: Time) -> Content {
    let which = if number == "-" {
        String::new()
    } else {
        format!("（编号 {number}）")
    };
    Content {
        template: "progress".to_owned(),
        fields: fields([
            ("thing1", "求学圆梦选学报读".to_owned()),
            ("character_string2", number.to_owned()),
            ("phrase3", phrase.to_owned()),
            ("thing4", note.to_owned()),
            ("time5", at.minute_text()),
        ]),
        path: path.to_owned(),
        deadline: None,
        sms: format!("【泉城工会】求学圆梦选学报读{which}：{phrase}，{note}。咨询热线 {HOTLINE}"),
    }
}

/// The samples of one of these messages; empty for any other.
pub(super) fn samples(message: Message, number: &str, at: Time) -> Vec<Sample> {
    if message == Message::IdentityChecked {
        let one = |(case, passed)| Sample {
            case,
            content: identity_checked(passed, at),
        };
        return [("通过", true), ("未通过", false)].into_iter().map(one).collect();
    }
    let made = |event: &Event| {
        let about = About {
            event: *event,
            note: if *event == Event::TermPaid {
                "第 2 期 2000 元"
            } else {
                ""
            },
            id: "sample",
            number,
            institution: "山东开放大学",
            held_until: at.plus(crate::enrolment::enrol::HOLD),
            at,
        };
        [to_student(&about), to_provider(&about)]
    };
    let all = Event::ALL.iter().flat_map(made).flatten();
    all.filter(|(of, _)| *of == message)
        .map(|(_, content)| Sample { case: "", content })
        .collect()
}
