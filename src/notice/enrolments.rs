//! What happened to an enrolment, and who is told: the worker at each step, the provider's officers of what they have to
//! do; and how a real-name check ended.

use super::catalogue::{self, Content};
use super::react::{Planned, Recipient};
use crate::account::identity::{self, State as Checked};
use crate::app::App;
use crate::enrolment::Enrolment;
use crate::enrolment::moves::{self, Happened};
use crate::enrolment::states::Event;
use crate::error::Result;
use crate::union::{Role, officers};

/// Reads what an enrolment's event means for people. Each is told once of each event.
pub async fn plan(app: &App, event_id: &str) -> Result<Vec<Planned>> {
    let Some(happened) = moves::event(app, event_id).await? else {
        return Ok(Vec::new());
    };
    let enrolment = moves::find(app, &happened.enrolment_id).await?;
    let mut planned = Vec::new();
    if let Some(words) = words(&happened, &enrolment) {
        let to = Recipient::Worker(enrolment.worker_id.clone());
        planned.push(one(&happened, to, to_worker(&happened, &enrolment, words)));
    }
    if let Some((about, note)) = for_provider(&happened, &enrolment) {
        let content = to_provider(&happened, &enrolment, (about, &note));
        for officer in officers::of_union(app, &enrolment.provider_id, Role::Reviewer).await? {
            planned.push(one(&happened, Recipient::Officer(officer.id), content.clone()));
        }
    }
    Ok(planned)
}

fn one(happened: &Happened, recipient: Recipient, content: Content) -> Planned {
    Planned {
        dedup: format!("{}:{}", happened.id, recipient.parts().1),
        event: format!("enrolment_{}", happened.event),
        recipient,
        application_id: String::new(),
        content,
    }
}

/// The state in at most five 汉字 and a note of at most twenty characters; none where nobody has to be told.
fn words(happened: &Happened, enrolment: &Enrolment) -> Option<(&'static str, String)> {
    Some(match happened.event {
        Event::Held => (
            "待缴费",
            format!("请在{}前缴费", enrolment.held_until.short_text()),
        ),
        Event::Paid => ("缴费成功", "等待服务机构确认录取".to_owned()),
        Event::Expired => ("已取消", "超时未缴费，没有产生费用".to_owned()),
        Event::Admitted => ("已录取", "入学后可申请学历提升补助".to_owned()),
        Event::Declined => ("未录取", "学费全额退还，点击查看原因".to_owned()),
        Event::RefundAsked => ("退款中", "款项将原路退回".to_owned()),
        Event::Refunded => ("已退款", "款项已原路退回".to_owned()),
        Event::RefundStuck => ("退款处理中", "退款遇到问题，正在处理".to_owned()),
        Event::TermPaid => ("缴费成功", happened.note.clone()),
        Event::Completed => ("已毕业", "祝贺您完成学业".to_owned()),
        Event::MoneyReturns => ("退款中", "多付的款项正在原路退回".to_owned()),
        Event::MoneyReturned => ("已退款", "多付的款项已原路退回".to_owned()),
        Event::Reported => ("学习情况", "点击查看服务机构的登记".to_owned()),
        Event::Cancelled | Event::Left => return None,
    })
}

fn to_worker(happened: &Happened, enrolment: &Enrolment, (phrase, note): (&str, String)) -> Content {
    let path = match happened.event {
        Event::Held => format!("/enrol/mine/{}/pay", enrolment.id),
        _ => format!("/enrol/mine/{}", enrolment.id),
    };
    catalogue::about_enrolment((phrase, &note), &enrolment.number, &path, happened.at)
}

fn for_provider(happened: &Happened, enrolment: &Enrolment) -> Option<(&'static str, String)> {
    match happened.event {
        Event::Paid => Some(("有新的报读学员", format!("{}，请确认录取", enrolment.number))),
        Event::RefundAsked => Some(("学员退学退费", enrolment.number.clone())),
        // What the provider reported itself is no news to it.
        Event::Left if happened.note.is_empty() || !happened.note.starts_with('第') => {
            Some(("学员退学", enrolment.number.clone()))
        }
        _ => None,
    }
}

fn to_provider(happened: &Happened, enrolment: &Enrolment, about: (&str, &str)) -> Content {
    let sms = format!(
        "【泉城工会】求学圆梦选学报读：{}（{}），请登录服务机构平台办理。",
        about.0, about.1
    );
    let path = format!("/office/provider/enrolments/{}", enrolment.id);
    catalogue::about_union(about, &enrolment.institution, &path, happened.at, sms)
}

/// How a real-name check ended, for the worker. `job` is the outbox job's id: one message for it.
pub async fn checked(app: &App, check_id: &str, job: &str) -> Result<Vec<Planned>> {
    let Some(check) = identity::find(app, check_id).await? else {
        return Ok(Vec::new());
    };
    let (phrase, note) = match check.state {
        Checked::Waiting => return Ok(Vec::new()),
        Checked::Passed => ("实名通过", "可以继续报读了".to_owned()),
        Checked::Refused => ("实名未通过", "点击查看原因，改正后重新提交".to_owned()),
    };
    let content = catalogue::about_enrolment((phrase, &note), "-", "/enrol/verify?next=/enrol", app.now());
    Ok(vec![Planned {
        dedup: format!("{job}:{}", check.worker_id),
        event: "identity_checked".to_owned(),
        recipient: Recipient::Worker(check.worker_id),
        application_id: String::new(),
        content,
    }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrolment::{Level, RefundRules, State, StudyForm};
    use crate::kernel::{Fen, Time};
    use crate::wechat::template::shorten;

    fn enrolment() -> Enrolment {
        let at = Time::shanghai(2026, 11, 24, 9, 30, 0);
        Enrolment {
            id: "1".to_owned(),
            number: "7K3M-9PXW".to_owned(),
            worker_id: "w".to_owned(),
            program_id: String::new(),
            intake_id: String::new(),
            provider_id: String::new(),
            state: State::Paid,
            since: at,
            applicant: String::new(),
            basics_sealed: String::new(),
            institution: "山东开放大学".to_owned(),
            major: "会计".to_owned(),
            level: Level::College,
            form: StudyForm::Open,
            entry: at.date(),
            fee: Fen(1),
            refunds: RefundRules { steps: vec![(0, 50)] },
            held_until: at,
            paid_at: None,
            created_at: at,
            version: 1,
        }
    }

    /// every message keeps WeChat's limits without being cut.
    #[test]
    fn messages_keep_wechats_limits() {
        let enrolment = enrolment();
        for event in Event::ALL {
            let happened = Happened {
                id: String::new(),
                enrolment_id: String::new(),
                event: *event,
                note: "第 2 期 2000 元".to_owned(),
                at: enrolment.since,
            };
            let mut contents = Vec::new();
            contents.extend(words(&happened, &enrolment).map(|w| to_worker(&happened, &enrolment, w)));
            contents.extend(
                for_provider(&happened, &enrolment).map(|(a, n)| to_provider(&happened, &enrolment, (a, &n))),
            );
            for (name, value) in contents.iter().flat_map(|c| &c.fields) {
                assert_eq!(
                    shorten(name, value).as_deref(),
                    Ok(value.as_str()),
                    "{event} {name}"
                );
            }
        }
    }
}
