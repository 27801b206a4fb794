//! Sentences ready-made for officers.

use crate::review::Verdict;

/// A ready-made sentence.
pub struct Phrase {
    /// For which verdict.
    pub verdict: Verdict,
    /// The field or document it is about, ticked with it.
    pub fix: &'static str,
    /// The sentence.
    pub text: &'static str,
}

const fn mend(fix: &'static str, text: &'static str) -> Phrase {
    Phrase {
        verdict: Verdict::Return,
        fix,
        text,
    }
}

const fn refuse(text: &'static str) -> Phrase {
    Phrase {
        verdict: Verdict::Reject,
        fix: "",
        text,
    }
}

/// What officers write again and again.
pub const PHRASES: &[Phrase] = &[
    mend("stamped_form", "申请表上的公章不清楚，请重新盖章后拍照上传。"),
    mend("stamped_form", "申请表缺少本人签名或照片，请补齐后重新上传。"),
    mend("receipt", "缴费凭证看不清姓名、金额或日期，请重新拍摄上传。"),
    mend(
        "chsi_report",
        "学籍在线验证报告有效期不足 6 个月，请重新申请后上传。",
    ),
    mend("id_front", "身份证照片不完整或反光，请重新拍摄，四角都要拍到。"),
    mend("bank_card", "银行卡号与卡片照片不一致，请核对后修改。"),
    mend("employer", "工作单位名称与公章不一致，请核对后修改。"),
    refuse("不在本市工会服务范围内，不符合申请条件。"),
    refuse("学历层次不在补助范围内。"),
    refuse("不是本年度新入学，不符合申请条件。"),
    refuse("同一学历层次已享受过补助。"),
];
