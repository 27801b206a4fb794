//! The table of all messages: which event, to whom, when, and with sample data what each channel carries.
//!
//! Adding one: a variant of [`Message`] with its stable text (stored as `notices.event`), a row in [`Message::about`], a
//! sample in [`Message::samples`] made by the very function that makes the message. The compiler asks for both, the test
//! holds it against WeChat's limits, `/office/messages` shows it. An event of the application's state machine also gets its
//! row in [`Message::of_event`]; any other fact is told by `outbox::tell` and gets its row in `notice::facts`.

use super::{
    Content, Moved, Waiting, bill_differs, enrolments, handed_over, lower_late, officer_added,
    password_voided, refund_stuck, registration_approved, registration_filed, registration_rejected,
    reminder, to_digest, to_officer, to_worker, transfer, work_arrived,
};
use crate::application::deadlines;
use crate::application::reminders::{Reminder, What};
use crate::application::states::{Event, State};
use crate::campaign::transfers::State as Transfer;
use crate::campaign::{Intake, Season, Window};
use crate::kernel::Time;
use crate::kernel::time::DAY;

crate::text_enum! {
    /// A message of the catalogue; its text is `notices.event`.
    pub enum Message {
        Submitted = "submitted",
        Waitlisted = "waitlisted",
        Promoted = "promoted",
        CarriedOver = "carried_over",
        Passed = "passed",
        SentBack = "sent_back",
        PassRecalled = "pass_recalled",
        HandedUp = "handed_up",
        Approved = "approved",
        Returned = "returned",
        Resubmitted = "resubmitted",
        Rejected = "rejected",
        Withdrawn = "withdrawn",
        Expired = "expired",
        Recalled = "recalled",
        CorrectionDue = "correction_due",
        SubmissionDue = "submission_due",
        HandedOver = "handed_over",
        WorkWaits = "work_waits",
        Digest = "work_digest",
        Closing = "review_closing",
        LowerLate = "lower_late",
        WorkArrived = "work_arrived",
        RegistrationFiled = "registration_filed",
        RegistrationDecided = "registration_decided",
        OfficerAdded = "officer_added",
        TransferProposed = "transfer_proposed",
        TransferAccepted = "transfer_accepted",
        TransferRefused = "transfer_refused",
        TransferApproved = "transfer_approved",
        TransferRejected = "transfer_rejected",
        TransferWithdrawn = "transfer_withdrawn",
        TransferExpired = "transfer_expired",
        PasswordVoided = "password_voided",
        EnrolmentHeld = "enrolment_held",
        EnrolmentPaid = "enrolment_paid",
        EnrolmentExpired = "enrolment_expired",
        EnrolmentAdmitted = "enrolment_admitted",
        EnrolmentDeclined = "enrolment_declined",
        EnrolmentRefundAsked = "enrolment_refund_asked",
        EnrolmentRefunded = "enrolment_refunded",
        EnrolmentRefundStuck = "enrolment_refund_stuck",
        EnrolmentTermPaid = "enrolment_term_paid",
        EnrolmentReported = "enrolment_reported",
        EnrolmentCompleted = "enrolment_completed",
        EnrolmentMoneyReturns = "enrolment_money_returns",
        EnrolmentMoneyReturned = "enrolment_money_returned",
        ProviderPaid = "provider_paid",
        ProviderRefund = "provider_refund",
        ProviderLeft = "provider_left",
        IdentityChecked = "identity_checked",
        BillDiffers = "bill_differs",
        RefundStuck = "refund_stuck",
    }
}

/// A row of the table, in words.
pub struct About {
    /// What it is called on the officers' pages.
    pub title: &'static str,
    /// Who gets it.
    pub to: &'static str,
    /// On which occasion.
    pub when: &'static str,
}

/// A message with sample data.
pub struct Sample {
    /// Which case of it; empty when there is only one.
    pub case: &'static str,
    /// What would be sent.
    pub content: Content,
}

const WORKER: &str = "申请职工本人";
const BOTH: &str = "调出、调入单位的管理员";
const REVIEWERS: &str = "本级工会的审核员";
const STUDENT: &str = "报读职工本人";
const PROVIDER: &str = "服务机构的审核员";
const FINANCE: &str = "市总和事业发展中心的财务人员";

impl Message {
    /// The message to the worker about an event of their application.
    pub fn of_event(event: Event) -> Self {
        match event {
            Event::Submitted => Message::Submitted,
            Event::Waitlisted => Message::Waitlisted,
            Event::Promoted => Message::Promoted,
            Event::CarriedOver => Message::CarriedOver,
            Event::Passed => Message::Passed,
            Event::SentBack => Message::SentBack,
            Event::PassRecalled => Message::PassRecalled,
            Event::HandedUp => Message::HandedUp,
            Event::Approved => Message::Approved,
            Event::Returned => Message::Returned,
            Event::Resubmitted => Message::Resubmitted,
            Event::Rejected => Message::Rejected,
            Event::Withdrawn => Message::Withdrawn,
            Event::Expired => Message::Expired,
            Event::Recalled => Message::Recalled,
        }
    }

    /// The message about a transfer of places that came to this state.
    pub fn of_transfer(state: Transfer) -> Self {
        match state {
            Transfer::Proposed => Message::TransferProposed,
            Transfer::Accepted => Message::TransferAccepted,
            Transfer::Refused => Message::TransferRefused,
            Transfer::Approved => Message::TransferApproved,
            Transfer::Rejected => Message::TransferRejected,
            Transfer::Withdrawn => Message::TransferWithdrawn,
            Transfer::Expired => Message::TransferExpired,
        }
    }

    /// The event of the application that it tells of, if it does.
    fn event(self) -> Option<Event> {
        Event::ALL
            .iter()
            .copied()
            .find(|event| Message::of_event(*event) == self)
    }

    /// Title, recipients, occasion.
    pub fn about(self) -> About {
        let (title, to, when) = match self {
            Message::Submitted => ("提交成功", WORKER, "提交申请并占用名额"),
            Message::Waitlisted => ("进入候补", WORKER, "提交申请时名额已满"),
            Message::Promoted => ("候补转正", WORKER, "有名额空出，轮到本人"),
            Message::CarriedOver => (
                "候补递补，转入下一批次",
                WORKER,
                "本批次审核结束后有名额空出，轮到本人",
            ),
            Message::Passed => ("转入上一级", WORKER, "一级审核通过"),
            Message::SentBack => ("退回下级工会复核", WORKER, "上级工会退回下一级复核"),
            Message::PassRecalled => ("审核员撤回通过", WORKER, "审核员在上一级办理前撤回自己的通过"),
            Message::HandedUp => ("转上级工会审核", WORKER, "本级审核员都已回避，由上级工会审核"),
            Message::Approved => ("审核通过", WORKER, "最后一级审核通过"),
            Message::Returned => ("退回补正", WORKER, "审核员退回补正"),
            Message::Resubmitted => ("重新提交", WORKER, "补正或取回修改后再次提交"),
            Message::Rejected => ("未通过", WORKER, "审核员作出不予通过的决定"),
            Message::Withdrawn => ("已撤回", WORKER, "本人撤回申请"),
            Message::Expired => ("已失效", WORKER, "到期没有补正或重新提交；当年审核结束仍在候补"),
            Message::Recalled => ("取回修改", WORKER, "审核开始前本人取回"),
            Message::CorrectionDue => ("补正期限提醒", WORKER, "退回补正的，审核截止前 3 天和 1 天"),
            Message::SubmissionDue => (
                "提交期限提醒",
                WORKER,
                "没有提交的，申请截止前 3 天；取回修改的再加前 1 天",
            ),
            Message::HandedOver => ("转交其他工会", WORKER, "所在工会移动或撤销，申请转到另一个工会"),
            Message::WorkWaits => ("新的待办", REVIEWERS, "待办由无到有时马上发"),
            Message::Digest => ("待办汇总", REVIEWERS, "有待办时，工作日 9:00 和 15:00"),
            Message::Closing => (
                "审核截止提醒",
                REVIEWERS,
                "有待办时，审核截止前 7 天、2 天、1 天的 9:00",
            ),
            Message::LowerLate => (
                "下级工会审核滞后",
                "上一级工会的管理员",
                "下级有申请超过规定工作日未审，或再过两个工作日就截止；工作日 9:00，一天最多一次",
            ),
            Message::WorkArrived => ("转来的待办", REVIEWERS, "下级工会移动或撤销，申请转到本级"),
            Message::RegistrationFiled => ("工会入网待审批", "上级工会的管理员", "有工会提交入网注册"),
            Message::RegistrationDecided => ("工会入网结果", "登记的第一位管理员", "上级工会审批后"),
            Message::TransferProposed => ("名额调剂待确认", "调入单位的管理员", "别的单位提出给名额"),
            Message::TransferAccepted => ("名额调剂待批准", "市总和事业发展中心的管理员", "调入单位接受"),
            Message::TransferRefused => ("名额调剂未接受", "调出单位的管理员", "调入单位不接受"),
            Message::TransferApproved => ("名额已调剂", BOTH, "市总批准"),
            Message::TransferRejected => ("名额调剂未批准", BOTH, "市总不批准"),
            Message::TransferWithdrawn => ("名额调剂已撤回", "调入单位的管理员", "调出单位撤回"),
            Message::TransferExpired => ("名额调剂已过期", BOTH, "申请截止前没有批准"),
            Message::OfficerAdded => ("开通管理员账号", "被增加的管理员", "工会管理员增加一位管理员"),
            Message::PasswordVoided => ("请重设密码", "密码被停用的管理员", "管理员停用其密码"),
            Message::EnrolmentHeld => ("报读待缴费", STUDENT, "报读并占用名额"),
            Message::EnrolmentPaid => ("报读缴费成功", STUDENT, "首期学费到账"),
            Message::EnrolmentExpired => ("报读已取消", STUDENT, "30 分钟内没有缴费，名额释放"),
            Message::EnrolmentAdmitted => ("报读已录取", STUDENT, "服务机构确认录取"),
            Message::EnrolmentDeclined => ("报读未录取", STUDENT, "服务机构不予录取"),
            Message::EnrolmentRefundAsked => ("退学退费", STUDENT, "退学，按规定有退款"),
            Message::EnrolmentRefunded => ("退款到账", STUDENT, "应退学费全部退回"),
            Message::EnrolmentRefundStuck => ("退款遇到问题", STUDENT, "退款异常，财务人员处理中"),
            Message::EnrolmentTermPaid => ("后期学费到账", STUDENT, "后面一期学费到账"),
            Message::EnrolmentReported => ("学习情况登记", STUDENT, "服务机构登记一个学期的学习情况"),
            Message::EnrolmentCompleted => ("报读毕业", STUDENT, "服务机构登记毕业"),
            Message::EnrolmentMoneyReturns => ("多付款项退回中", STUDENT, "名额释放后才付款，或重复付款"),
            Message::EnrolmentMoneyReturned => ("多付款项已退回", STUDENT, "上述款项退回到账"),
            Message::ProviderPaid => ("新的报读学员", PROVIDER, "学员缴清首期学费"),
            Message::ProviderRefund => ("学员退学退费", PROVIDER, "学员退学，有退款"),
            Message::ProviderLeft => ("学员退学", PROVIDER, "学员退学，没有退款"),
            Message::IdentityChecked => ("实名核对结果", STUDENT, "市总核对报读职工的实名信息"),
            Message::BillDiffers => ("对账有差异", FINANCE, "与微信支付的日账单核对，有没有处理的差异"),
            Message::RefundStuck => (
                "退款办不下去",
                FINANCE,
                "退款异常、被关闭，或多次没有办成；一笔发一次",
            ),
        };
        About { title, to, when }
    }

    /// Each case of the message with sample data, made as the real ones are. `link` makes an address of a path.
    pub fn samples(self, link: &dyn Fn(&str) -> String) -> Vec<Sample> {
        let intake = intake();
        let until = intake.review.until;
        let one = |content| vec![Sample { case: "", content }];
        if let Some(event) = self.event() {
            return moved(event, &intake);
        }
        match self {
            Message::CorrectionDue => one(due(What::Correction, Some(NUMBER), &intake)),
            Message::SubmissionDue => vec![
                sample("没有提交过", due(What::Submission, None, &intake)),
                sample("取回修改", due(What::Submission, Some(NUMBER), &intake)),
            ],
            Message::HandedOver => vec![
                sample("审核中", handed_over(NUMBER, &intake, Some(STREET), AT)),
                sample("不在审核中", handed_over(NUMBER, &intake, None, AT)),
            ],
            Message::WorkWaits => one(to_officer(CENTRE, 1, until)),
            Message::Digest => one(to_digest(&waiting(CENTRE, 15, 21), false)),
            Message::Closing => one(to_digest(&waiting(CENTRE, 15, 2), true)),
            Message::LowerLate => {
                let late = [waiting("文化东路街道总工会", 12, 9), waiting(STREET, 8, 9)];
                let all = [("一个工会", &late[..1]), ("几个工会", &late[..])];
                let content = |(case, late)| lower_late(late).map(|content| sample(case, content));
                all.into_iter().filter_map(content).collect()
            }
            Message::WorkArrived => one(work_arrived(STREET, 12, AT)),
            Message::RegistrationFiled => one(registration_filed(STREET, AT)),
            Message::RegistrationDecided => vec![
                sample(
                    "通过",
                    registration_approved(STREET, UNIT, &link("/office/sign-in"), AT),
                ),
                sample(
                    "未通过",
                    registration_rejected(STREET, UNIT, "工会名称与印章不一致", AT),
                ),
            ],
            Message::OfficerAdded => one(officer_added(STREET, &link("/office/reset"), AT)),
            Message::PasswordVoided => one(password_voided(STREET, &link("/office/reset"), AT)),
            Message::BillDiffers => one(bill_differs(CENTRE, AT.date(), 12, AT)),
            Message::RefundStuck => one(refund_stuck(CENTRE, "sample", AT)),
            // The others are events of an application, of an enrolment, or of a transfer.
            other => {
                let enrolled = enrolments::samples(other, NUMBER, AT);
                if !enrolled.is_empty() {
                    return enrolled;
                }
                let states = Transfer::ALL.iter().copied();
                let of = states.filter(|state| Message::of_transfer(*state) == other);
                let content = |state| transfer((UNIT, "历下区总工会", 12), state, "sample", AT);
                of.map(|state| sample("", content(state))).collect()
            }
        }
    }
}

const NUMBER: &str = "7K3M-9PXW";
const STREET: &str = "崮云湖街道总工会";
const UNIT: &str = "长清区总工会";
/// The longest name that most messages carry.
const CENTRE: &str = "济南市职工文化事业发展中心";
/// 2021年11月10日 09:30 in Shanghai, in the season of the source's plan.
const AT: Time = Time(1_636_507_800_000);

fn sample(case: &'static str, content: Content) -> Sample {
    Sample { case, content }
}

/// The autumn intake of the source's plan.
fn intake() -> Intake {
    let window = |until: Time| Window {
        from: Time::shanghai(2021, 11, 5, 0, 0, 0),
        until: until.plus(-1),
    };
    Intake {
        id: String::new(),
        campaign_id: String::new(),
        year: 2021,
        season: Season::Autumn,
        apply: window(Time::shanghai(2021, 12, 1, 0, 0, 0)),
        review: window(Time::shanghai(2021, 12, 8, 0, 0, 0)),
    }
}

/// An event of an application: plain, and where other words are said, the other case.
fn moved(event: Event, intake: &Intake) -> Vec<Sample> {
    let noted = |state, holder, waiting_position, note| {
        to_worker(&Moved {
            event,
            state,
            number: NUMBER,
            intake,
            holder,
            waiting_position,
            note,
            at: AT,
        })
    };
    let content = |state, holder, waiting_position| noted(state, holder, waiting_position, "");
    let ended = |state| noted(State::Expired, None, None, deadlines::why(state));
    let review = content(State::InReview, Some(STREET), None);
    match event {
        Event::Waitlisted => vec![sample("", content(State::Waitlisted, None, Some(128)))],
        Event::Promoted => vec![
            sample("在候补", review),
            sample("候补中取回修改", content(State::Recalled, None, None)),
        ],
        Event::Expired => vec![
            sample("没有补正", ended(State::Returned)),
            sample("取回没有重新提交", ended(State::Recalled)),
            sample("候补中取回没有重新提交", ended(State::RecalledWaiting)),
            sample("候补到当年审核结束", ended(State::Waitlisted)),
        ],
        Event::Resubmitted => vec![
            sample("有名额", review),
            sample("在候补", content(State::Waitlisted, None, Some(128))),
        ],
        _ => vec![sample("", review)],
    }
}

fn due(what: What, number: Option<&str>, intake: &Intake) -> Content {
    let state = State::Returned;
    let until = match what {
        What::Correction => intake.review.until,
        What::Submission => intake.apply.until,
    };
    let due = Reminder {
        what,
        states: (state, state, state),
        until,
        days: 3,
    };
    reminder(&due, number, intake)
}

fn waiting(union: &str, oldest_days: i64, days_left: i64) -> Waiting<'_> {
    Waiting {
        union,
        count: 36,
        oldest_days,
        days_left,
        until: Time::end_of(AT.plus(days_left * DAY).date()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::TEMPLATES;
    use super::*;
    use crate::sms;
    use crate::wechat::template::{Data, shorten};

    /// every message has its row and its samples, and in each channel they keep WeChat's limits without anything
    /// being cut, fill their template exactly, and stay a text message of at most three parts.
    #[test]
    fn every_message_goes_through_every_channel() {
        for message in Message::ALL {
            let about = message.about();
            assert!(!about.title.is_empty() && !about.to.is_empty() && !about.when.is_empty());
            let samples = message.samples(&|path| format!("https://zgjy.example.org.cn{path}"));
            assert!(!samples.is_empty(), "{message} has no sample");
            for Sample { case, content } in samples {
                let (_, _, keywords) = TEMPLATES
                    .iter()
                    .find(|(name, ..)| *name == content.template)
                    .unwrap();
                let names: Vec<_> = content.fields.iter().map(|(name, _)| name.as_str()).collect();
                assert_eq!(
                    names,
                    keywords.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
                    "{message} {case}"
                );
                let pairs = content.fields.iter().map(|(n, v)| (n.as_str(), v.as_str()));
                assert_eq!(Data::of(pairs.clone()).unwrap().fields().len(), names.len());
                for (name, value) in pairs {
                    assert_eq!(
                        shorten(name, value).as_deref(),
                        Ok(value),
                        "{message} {case} {name}"
                    );
                }
                assert!(content.sms.starts_with("【泉城工会】"), "{}", content.sms);
                assert!(
                    sms::segments(&content.sms) <= 3,
                    "{message} {case}: {}",
                    content.sms
                );
                assert!(content.path.starts_with('/'));
            }
        }
    }

    /// there is a message for every event of an application, and its stored name is the event's.
    #[test]
    fn an_event_and_its_message_have_one_name() {
        for event in Event::ALL {
            assert_eq!(Message::of_event(*event).as_str(), event.as_str());
        }
    }
}
