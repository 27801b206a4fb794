//! 学费缴费凭证: the receipt of a tuition paid here, with the payment's numbers, as the paper of R-16.

use super::receipt::{LEFT, THIN, WIDE, table};
use super::sheet::{Area, Sheet, Style};
use super::{Pdf, written};
use crate::account::Worker;
use crate::app::App;
use crate::application::{self, DocumentKind, documents, from_enrolment};
use crate::enrolment::moves;
use crate::error::{Error, Result};
use crate::kernel::refusal::HOTLINE;
use crate::kernel::{Fen, Refusal, Time};
use crate::payment;

/// What stands on it.
struct Tuition {
    number: String,
    facts: Vec<(&'static str, String)>,
    /// One list an instalment that was paid.
    payments: Vec<Vec<(&'static str, String)>>,
    at: Time,
}

/// The receipt of what was paid for an enrolment and not given back.
///
/// Errors: [`Error::NotFound`] when nothing is.
pub async fn pdf(app: &App, worker_id: &str, enrolment_id: &str) -> Result<Pdf> {
    let tuition = collect(app, worker_id, enrolment_id).await?;
    written(move || {
        let name = format!("学费缴费凭证-{}.pdf", tuition.number);
        let plain_name = format!("tuition-{}.pdf", tuition.number);
        let title = format!("学费缴费凭证 {}", tuition.number);
        Ok((draw(&tuition), name, plain_name, title, tuition.at))
    })
    .await
}

async fn collect(app: &App, worker_id: &str, enrolment_id: &str) -> Result<Tuition> {
    let e = moves::own(app, worker_id, enrolment_id).await?;
    let (mut payments, mut sum) = (Vec::new(), 0);
    for term in moves::terms(app, &e.id).await? {
        let (Some(order), Some(at), 0) = (&term.order_id, term.paid_at, term.refund.0) else {
            continue;
        };
        let order = payment::order(app, order).await?;
        sum += term.fen.0;
        payments.push(vec![
            ("缴费项目", format!("第 {} 期学费", term.no)),
            ("金额", term.fen.to_string()),
            ("缴费时间", at.minute_text()),
            ("微信支付订单号", order.transaction_id.unwrap_or_default()),
            ("商户单号", order.out_trade_no.unwrap_or_default()),
        ]);
    }
    if payments.is_empty() {
        return Err(Error::NotFound);
    }
    let facts = vec![
        ("报读编号", e.number.clone()),
        ("姓名", e.applicant.clone()),
        ("院校", e.institution.clone()),
        ("专业", e.major.clone()),
        ("学历层次", format!("{}（{}）", e.level, e.form)),
        ("入学时间", Time::start_of(e.entry).day_text()),
        ("学费总额", e.fee.to_string()),
        ("已缴合计", Fen(sum).to_string()),
    ];
    Ok(Tuition {
        number: e.number,
        facts,
        payments,
        at: app.now(),
    })
}

fn draw(tuition: &Tuition) -> Sheet {
    let mut sheet = Sheet::default();
    sheet.label(
        Area::new(LEFT, 18.0, WIDE, 10.0),
        "学费缴费凭证",
        Style::of(20.0).centre().bold(),
    );
    let whose = "济南市总工会“求学圆梦行动”选学报读";
    sheet.label(Area::new(LEFT, 29.0, WIDE, 6.0), whose, Style::of(11.0).centre());
    let mut y = table(&mut sheet, "", &tuition.facts, 40.0, 9.0);
    // What does not fit on the sheet is in the account's list; the newest stand first.
    for payment in tuition.payments.iter().rev().take(3) {
        y = table(&mut sheet, "微信支付", payment, y + 4.0, 8.0);
    }
    let line = |n: f32| Area::new(LEFT, y + n, WIDE, 6.0);
    sheet.rule((LEFT, y + 5.0), (LEFT + WIDE, y + 5.0), THIN);
    sheet.label(
        line(7.0),
        "收款单位：济南市职工文化事业发展中心（微信支付商户）。本凭证由系统按支付记录生成。",
        Style::of(9.5),
    );
    sheet.label(
        line(13.0),
        &format!("职工咨询服务热线：{HOTLINE}"),
        Style::of(9.5),
    );
    sheet.label(
        line(19.0),
        &format!("生成时间：{}", tuition.at.minute_text()),
        Style::of(9.5),
    );
    sheet
}

/// Puts the receipt among the papers of the worker's application that was filled from an enrolment, unless one stands
/// there; whether it did. Before the four checks are ticked there is no place for papers yet.
pub async fn attach(app: &App, worker: &Worker, application_id: &str) -> Result<bool> {
    let Some(enrolment) = from_enrolment::of(app, application_id).await? else {
        return Ok(false);
    };
    let application = application::own(app, &worker.id, application_id).await?;
    let standing = documents::of(app, application_id).await?;
    if application.checked_version == 0 || standing.iter().any(|d| d.kind == DocumentKind::Receipt) {
        return Ok(false);
    }
    let pdf = match pdf(app, &worker.id, &enrolment).await {
        Err(Error::NotFound) => return Ok(false),
        other => other?,
    };
    match documents::upload(app, &worker.id, application_id, DocumentKind::Receipt, pdf.bytes).await {
        Ok(_) => Ok(true),
        Err(Error::Refused(Refusal::NotEditable)) => Ok(false),
        Err(error) => Err(error),
    }
}
