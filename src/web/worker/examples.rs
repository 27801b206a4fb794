//! `/apply/examples/:kind`: a paper's example, large, and what to look at before one takes the picture.

use super::super::ctx::Ctx;
use super::super::page::{Base, page};
use crate::application::DocumentKind;
use crate::error::{Error, Result};
use askama::Template;
use poem::web::Path;
use poem::{Response, handler};

#[derive(Template, Default)]
#[template(path = "worker/example.html")]
pub struct ExamplePage {
    pub base: Base,
    pub kind: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub points: &'static [&'static str],
}

impl ExamplePage {
    pub fn of(kind: DocumentKind, base: Base) -> Self {
        ExamplePage {
            base,
            kind: kind.as_str(),
            label: kind.label(),
            hint: kind.hint(),
            points: points(kind),
        }
    }
}

/// `GET /apply/examples/:kind`
#[handler]
pub async fn show(ctx: Ctx, Path(kind): Path<String>) -> Result<Response> {
    let kind = DocumentKind::parse(&kind).ok_or(Error::NotFound)?;
    page(&ExamplePage::of(kind, ctx.base("材料示例")))
}

/// What papers are most often returned for.
fn points(kind: DocumentKind) -> &'static [&'static str] {
    match kind {
        DocumentKind::StampedForm => &[
            "照片已贴好，申请人已签名，单位经办人已签名并填写电话；",
            "单位公章或工会公章清楚完整；",
            "整页四角都在画面内，右上角的二维码没有遮挡、反光；",
            "打印后又改过申请表的，要重新打印、盖章。",
        ],
        DocumentKind::Receipt => &[
            "能看清缴费人姓名、项目（学费）、金额和日期；",
            "发票、收据有学校的章，或是缴费成功的完整截图；",
            "缴费人是申请人本人。",
        ],
        DocumentKind::ChsiReport => &[
            "登录学信网，申请“教育部学籍在线验证报告”，有效期选 6 个月；",
            "上传下载的 PDF，或整页截图；PDF 有密码时请截图上传；",
            "在线验证码和二维码完整清楚，姓名、院校、层次与申请表一致。",
        ],
        DocumentKind::IdFront => &["有照片的一面，四角完整；", "姓名、号码清楚，没有反光和手指遮挡。"],
        DocumentKind::IdBack => &["有国徽的一面，四角完整；", "有效期限清楚，并且没有过期。"],
        DocumentKind::ResidencePermit => &[
            "非济南户籍的职工才需要；",
            "姓名、居住地址和有效期限清楚，并且没有过期。",
        ],
        DocumentKind::BankCard => &[
            "申请人本人的工商银行储蓄卡，有卡号的一面；",
            "卡号清楚，与申请表填写的一致；",
            "没有实体卡的，可上传 APP 钱包账户页面的截图。",
        ],
    }
}
