//! A worker's request for the subsidy: the form, its documents, its states, from draft to decision
//! (R-1 … R-20).

pub mod allot;
pub mod choices;
pub mod content;
pub mod deadlines;
pub mod documents;
pub mod drafts;
pub mod early;
pub mod eligibility;
pub mod erasure;
pub mod form;
pub mod form_code;
pub mod from_enrolment;
pub mod handoff;
pub mod joining;
pub mod leaving;
pub mod live;
pub mod merge;
pub mod moves;
pub mod progress;
pub mod promote;
pub mod recall;
pub mod rehearsal;
pub mod reminders;
pub mod removal;
pub mod reorganise;
pub mod safety;
pub mod standing;
pub mod states;
mod store;
pub mod submit;
pub mod tally;
pub mod transfers;
pub mod withdraw;

pub use form::{Form, FormText};
pub use moves::Application;
pub use states::State;

use crate::app::App;
use crate::error::{Error, Result};

crate::text_enum! {
    /// 学历层次 that the subsidy covers.
    pub enum Level { College = "大专", Bachelor = "本科", Master = "硕士", Doctor = "博士" }
}

crate::text_enum! {
    /// 本人所在单位职务: up to workshop head, or section level in public bodies.
    pub enum Post {
        Worker = "worker",
        TeamLeader = "team_leader",
        WorkshopHead = "workshop_head",
        Section = "section",
        Above = "above",
    }
}

impl Post {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Post::Worker => "一线职工",
            Post::TeamLeader => "班组长",
            Post::WorkshopHead => "车间（工段、科室）主任",
            Post::Section => "机关事业单位科级及以下",
            Post::Above => "以上职务",
        }
    }
}

crate::text_enum! {
    /// 证明材料.
    pub enum DocumentKind {
        StampedForm = "stamped_form",
        Receipt = "receipt",
        ChsiReport = "chsi_report",
        IdFront = "id_front",
        IdBack = "id_back",
        ResidencePermit = "residence_permit",
        BankCard = "bank_card",
    }
}

impl DocumentKind {
    /// The source's name of it.
    pub fn label(self) -> &'static str {
        match self {
            DocumentKind::StampedForm => "已加盖公章的补助申请表",
            DocumentKind::Receipt => "学费缴费凭证",
            DocumentKind::ChsiReport => "学信网学籍在线验证报告",
            DocumentKind::IdFront => "身份证人像面",
            DocumentKind::IdBack => "身份证国徽面",
            DocumentKind::ResidencePermit => "居住证",
            DocumentKind::BankCard => "工商银行卡正面",
        }
    }

    /// What the picture must show, in one sentence.
    pub fn hint(self) -> &'static str {
        match self {
            DocumentKind::StampedForm => "打印的申请表，已贴照片、本人签名、单位经办人签名并盖章，整页拍清楚",
            DocumentKind::Receipt => "学校开具的缴费票据或缴费成功截图，能看清姓名、金额和日期",
            DocumentKind::ChsiReport => "学信网“教育部学籍在线验证报告”，有效期须在 6 个月以上",
            DocumentKind::IdFront => "本人身份证有照片的一面，四角完整、文字清楚",
            DocumentKind::IdBack => "本人身份证有国徽的一面，有效期清楚",
            DocumentKind::ResidencePermit => "非济南户籍的职工，还需上传济南市居住证",
            DocumentKind::BankCard => "本人工商银行储蓄卡正面，卡号与申请表一致",
        }
    }

    /// The kinds an application needs: the residence permit only when the ID number is not of Jinan.
    pub fn needed(of_jinan: bool) -> impl Iterator<Item = DocumentKind> {
        Self::ALL
            .iter()
            .copied()
            .filter(move |kind| !of_jinan || *kind != DocumentKind::ResidencePermit)
    }
}

/// The fact, for `outbox::tell`, that another union holds an application because the tree changed.
pub const HANDED_OVER: &str = "handed_over";

/// An application by id, whoever it belongs to; the caller answers for the right to see it.
pub async fn find(app: &App, id: &str) -> Result<Application> {
    store::application(app, id).await?.ok_or(Error::NotFound)
}

/// The applications with these ids, in no order; what is not there is left out.
pub async fn find_all(app: &App, ids: &[&str]) -> Result<Vec<Application>> {
    store::applications(app, ids).await
}

/// The keyed hash that finds the applications with a card.
pub fn card_index(app: &App, card: &crate::kernel::BankCard) -> String {
    app.sealer.index("card", card.digits())
}

/// A part of a name or number as the inbox's keys have it.
pub fn search_key(words: &str) -> String {
    store::key(words)
}

/// The worker's own application, or [`Error::NotFound`].
pub async fn own(app: &App, worker_id: &str, id: &str) -> Result<Application> {
    store::application(app, id)
        .await?
        .filter(|a| a.worker_id == worker_id)
        .ok_or(Error::NotFound)
}

/// The application the worker's pages speak of: the newest, an open one first.
pub async fn latest_of(app: &App, worker_id: &str) -> Result<Option<Application>> {
    Ok(store::of_worker(app, worker_id).await?.into_iter().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// five papers, the residence permit only for those not of Jinan.
    #[test]
    fn the_residence_permit_is_asked_of_those_not_of_jinan() {
        assert!(!DocumentKind::needed(true).any(|k| k == DocumentKind::ResidencePermit));
        assert_eq!(
            DocumentKind::needed(false).count(),
            DocumentKind::needed(true).count() + 1
        );
    }
}
