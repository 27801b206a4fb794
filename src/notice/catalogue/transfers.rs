//! The messages about places that one unit gives to another.

use super::{Content, about_union};
use crate::campaign::transfers::State;
use crate::kernel::Time;

/// To who has to act next, and to both units at the end: what became of a transfer from one unit to another of so many
/// places. `id` is the transfer's.
pub fn transfer((from, to, places): (&str, &str, i64), state: State, id: &str, at: Time) -> Content {
    let (about, note) = match state {
        State::Proposed => ("名额调剂待确认", format!("请确认是否接受 {places} 个名额")),
        State::Accepted => ("名额调剂待批准", format!("{places} 个名额，请登录审批")),
        State::Refused => ("名额调剂未接受", format!("{places} 个名额，请看原因")),
        State::Approved => ("名额已调剂", format!("{places} 个名额已调剂")),
        State::Rejected => ("名额调剂未批准", format!("{places} 个名额，请看原因")),
        State::Withdrawn => ("名额调剂已撤回", "无需办理".to_owned()),
        State::Expired => ("名额调剂已过期", "申请时间结束前没有批准".to_owned()),
    };
    let sms = format!(
        "【泉城工会】{about}：{from}调剂给{to} {places} 个求学圆梦名额。{note}，详情请登录工会审核平台“名额”查看。"
    );
    about_union((about, &note), from, &format!("/office/places/{id}"), at, sms)
}
