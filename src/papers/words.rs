//! What the checks say to people.

use super::{How, Kind, Other, Reason};
use crate::kernel::Time;
use chrono::NaiveDate;

impl Kind {
    /// What is checked, for people.
    pub fn label(self) -> &'static str {
        match self {
            Kind::IdNumber => "身份证号校验码和出生日期",
            Kind::Sex => "性别与身份证号一致",
            Kind::Residence => "户籍与居住证",
            Kind::Card => "银行卡为工商银行卡",
            Kind::CardElsewhere => "银行卡未用于他人的申请",
            Kind::CardHolder => "银行卡持卡人为申请人",
            Kind::EntryYear => "入学时间在本年度",
            Kind::Employer => "工作单位与注册信息一致",
            Kind::Complete => "材料齐全",
            Kind::StampedVersion => "盖章申请表在最后一次修改之后上传",
            Kind::FormCode => "盖章申请表的二维码与申请一致",
            Kind::Report => "学籍报告可以识别",
            Kind::ReportName => "学籍报告姓名",
            Kind::ReportPerson => "学籍报告性别、出生日期与身份证号一致",
            Kind::ReportInstitution => "学籍报告院校",
            Kind::ReportLevel => "学籍报告层次",
            Kind::ReportEntry => "学籍报告入学时间",
            Kind::ReportValidity => "学籍报告有效期 6 个月以上",
            Kind::Elsewhere => "材料未用于他人的申请",
            Kind::Quality => "图片清晰",
        }
    }
}

impl Reason {
    /// What was found, in one sentence.
    pub fn text(&self) -> String {
        match self {
            Reason::Refused(refusal) => refusal.text(),
            Reason::IdNumberWrong => "身份证号有误，无法核对".to_owned(),
            Reason::EmployerDiffers(name) => format!("注册时填写的单位是“{name}”"),
            Reason::EmployerSimilar(name) => format!("与注册时填写的“{name}”不完全一样"),
            Reason::HolderByEye => "系统不识别卡面文字，请看卡面或户名是否为申请人".to_owned(),
            Reason::CardUsed(other) => format!("同一卡号用在了另一位职工的申请里{}", number(other)),
            Reason::NotReadYet => "这份材料还在读取，请稍后刷新".to_owned(),
            Reason::Unreadable => "系统打不开这份材料，无法核对".to_owned(),
            Reason::FormChanged(printed, now) => {
                format!("表上二维码是第 {printed} 版，申请表现在是第 {now} 版")
            }
            Reason::FormOfAnother => "表上二维码是另一份申请的".to_owned(),
            Reason::FormCodeForged => "表上二维码校验不通过，不是本系统打印的".to_owned(),
            Reason::FormCodeForeign => "表上只找到别处的二维码，没有本系统的".to_owned(),
            Reason::FormCodeNotFound => "没有读到表上的二维码".to_owned(),
            Reason::NumberPending => "申请还没有编号，暂不能核对二维码".to_owned(),
            Reason::OtherPaper(name) => format!("这份材料像是“{name}”，不是学籍在线验证报告"),
            Reason::TextInPicture => "系统不识别图片里的文字".to_owned(),
            Reason::NotRecognised => "没有认出这是学籍在线验证报告".to_owned(),
            Reason::ReportCodeForeign => "报告上的二维码不是学信网的".to_owned(),
            Reason::ReportCodeDiffers => "报告上二维码与在线验证码不一致".to_owned(),
            Reason::Differs(value) => format!("报告上是“{value}”"),
            Reason::Similar(value) => format!("报告上是“{value}”，与申请表不完全一样"),
            Reason::NotOnReport => "报告上没有读到这一项".to_owned(),
            Reason::ValidShort(day) => format!("有效期至 {}，不足 6 个月", spoken(*day)),
            Reason::ValidEnded(day) => format!("{} 已过有效期", spoken(*day)),
            Reason::ValidUnclear(day) => format!("有效期至 {}，报告上没有读到开始日期", spoken(*day)),
            Reason::ValidNotStated => "报告上没有读到有效期".to_owned(),
            Reason::Used(how, other) => format!("{}{}", used(*how), number(other)),
            Reason::Blurred => "图片模糊".to_owned(),
            Reason::Dark => "图片太暗".to_owned(),
            Reason::Washed => "图片过亮或反光，字迹发白".to_owned(),
            Reason::Small(width, height) => format!("图片只有 {width}×{height} 像素，太小"),
            Reason::Blank => "图片上没有内容".to_owned(),
        }
    }

    /// What the worker can do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Reason::Refused(_) | Reason::IdNumberWrong => "请核对申请表后修改。",
            Reason::EmployerDiffers(_) | Reason::EmployerSimilar(_) => {
                "请以公章上的单位全称为准；换了单位的不用改。"
            }
            Reason::HolderByEye => "请确认是本人的卡。",
            Reason::CardUsed(_) => "补助只能发到本人的卡，请核对卡号。",
            Reason::NotReadYet => "",
            Reason::Unreadable => "请换一份能打开的图片或 PDF。",
            Reason::FormChanged(..) => "表格已改过，请重新打印、盖章后上传。",
            Reason::FormOfAnother | Reason::FormCodeForged | Reason::FormCodeForeign => {
                "请上传从本页打印的、盖了章的申请表。"
            }
            Reason::FormCodeNotFound => "请把整页拍全、拍平，二维码不要折到；看清楚就不用重拍。",
            Reason::NumberPending => "",
            Reason::OtherPaper(_) => "请到学信网“在线验证报告”申请《教育部学籍在线验证报告》。",
            Reason::TextInPicture | Reason::NotRecognised | Reason::NotOnReport => {
                "上传学信网下载的 PDF，系统可以自动核对；图片由审核工会核对。"
            }
            Reason::ReportCodeForeign | Reason::ReportCodeDiffers => "请上传从学信网下载的原件。",
            Reason::Differs(_) | Reason::Similar(_) => "请核对申请表，或更换报告。",
            Reason::ValidShort(_) | Reason::ValidEnded(_) => "请到学信网延长有效期，再下载上传。",
            Reason::ValidUnclear(_) | Reason::ValidNotStated => "请确认有效期在 6 个月以上。",
            Reason::Used(..) => "请确认上传的是本人的材料。",
            Reason::Blurred => "请擦净镜头、拿稳对焦后重拍。",
            Reason::Dark => "请在光线好的地方重拍。",
            Reason::Washed => "请避开反光、关闭闪光灯后重拍。",
            Reason::Small(..) => "请上传原图，不要用缩略图或截小图。",
            Reason::Blank => "请检查是否选错了图片。",
        }
    }
}

fn used(how: How) -> &'static str {
    match how {
        How::File => "同一个文件用在了另一位职工的申请里",
        How::Picture => "同一张图片用在了另一位职工的申请里",
        How::Report => "同一份学籍报告（在线验证码相同）用在了另一位职工的申请里",
        How::Receipt => "同一张发票（号码相同）用在了另一位职工的申请里",
    }
}

fn number(other: &Other) -> String {
    other
        .seen
        .as_ref()
        .map_or(String::new(), |(number, _)| format!("（编号 {number}）"))
}

fn spoken(day: NaiveDate) -> String {
    Time::start_of(day).day_text()
}
