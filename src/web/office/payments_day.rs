//! `/office/payments/:day`: one day, its differences one by one with what to do next, each settled with a note; the day as a
//! table (issue 6).

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, page, page_again, see_other, table};
use super::Who;
use super::payments::{Bought, SumsView, bought, day_words, sums, told};
use super::sign_in::Nothing;
use crate::enrolment::enrol;
use crate::error::{Error, Result};
use crate::kernel::Fen;
use crate::payment::desk::{self, DifferenceLine};
use crate::payment::{Difference, EntryKind};
use crate::union::Officer;
use crate::union::rights::Act;
use crate::xlsx::{self, Cell, Sheet};
use askama::Template;
use chrono::NaiveDate;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "office/payments_day.html")]
pub struct DayPage {
    pub base: Base,
    pub who: Option<Who>,
    pub errors: Errors,
    pub may_pay: bool,
    pub day: String,
    pub words: String,
    pub made: String,
    pub ours: SumsView,
    pub theirs: SumsView,
    pub open: usize,
    pub lines: Vec<Line>,
}

/// A difference.
pub struct Line {
    pub id: String,
    pub kind: &'static str,
    pub entry: &'static str,
    pub ours: String,
    pub theirs: String,
    pub out_trade_no: String,
    pub reference_label: &'static str,
    pub reference: String,
    pub order: Option<String>,
    pub bought: Option<Bought>,
    pub next: &'static str,
    pub settled: Option<String>,
    pub note: String,
    /// The note that was wrong, to be typed again.
    pub typed: Option<String>,
}

/// What to do about it, in plain words.
fn next(kind: Difference, entry: EntryKind) -> &'static str {
    match (kind, entry) {
        (Difference::MissingHere, EntryKind::Paid) => {
            "微信支付收到了这笔钱，本系统没有记录。有订单的先打开订单，点“向微信支付查询”；查询后仍没有的，请在微信支付商户平台按订单号核对，不是本系统的收款请原路退回。"
        }
        (Difference::MissingHere, EntryKind::Refunded) => {
            "微信支付退了这笔钱，本系统没有记录，多半是在商户平台手工退的。请核对是谁办的、退给哪份报读，写在处理说明里。"
        }
        (Difference::MissingThere, EntryKind::Paid) => {
            "本系统记了这笔收款，账单上没有。临近零点的付款可能在相邻一天的账单上，请先看相邻日期；都没有的，请把微信支付订单号报给微信支付客服核实。"
        }
        (Difference::MissingThere, EntryKind::Refunded) => {
            "本系统记了这笔退款，账单上没有。临近零点的退款可能在相邻一天的账单上，请先看相邻日期；都没有的，请在商户平台按退款单号核对是否到账。"
        }
        (Difference::AmountsDiffer, _) => {
            "两边金额不一致。请在微信支付商户平台查看这笔交易的详情，以微信支付的金额为准查明原因；多收的退回，少收的联系报读职工。"
        }
    }
}

fn amount(fen: Option<Fen>) -> String {
    fen.map_or_else(|| "没有".to_owned(), |fen| fen.to_string())
}

async fn line(ctx: &Ctx, one: DifferenceLine) -> Result<Line> {
    let (label, entry) = match one.what.entry {
        EntryKind::Paid => ("微信支付订单号", "收款"),
        EntryKind::Refunded => ("商户退款单号", "退款"),
    };
    let bought = match &one.order {
        Some(order) => bought(ctx, order).await?,
        None => None,
    };
    Ok(Line {
        kind: one.what.kind.label(),
        next: next(one.what.kind, one.what.entry),
        entry,
        ours: amount(one.what.ours),
        theirs: amount(one.what.theirs),
        out_trade_no: one.what.out_trade_no,
        reference_label: label,
        reference: one.what.reference,
        bought,
        order: one.order.map(|order| order.id),
        settled: one
            .settled
            .as_ref()
            .map(|settled| format!("{} {}", settled.officer, settled.at.minute_text())),
        note: one.settled.map_or_else(String::new, |settled| settled.note),
        typed: None,
        id: one.id,
    })
}

/// A day of the address, or [`Error::NotFound`].
fn parsed(day: &str) -> Result<NaiveDate> {
    day.parse().map_err(|_| Error::NotFound)
}

async fn shown(ctx: &Ctx, officer: &Officer, day: NaiveDate) -> Result<DayPage> {
    let found = desk::day(&ctx.app, officer, day).await?;
    let mut lines = Vec::with_capacity(found.differences.len());
    for one in found.differences {
        lines.push(line(ctx, one).await?);
    }
    Ok(DayPage {
        base: ctx.base(&format!("对账 {}", day_words(day))),
        who: Who::of(officer, "payments"),
        errors: Errors::default(),
        may_pay: officer.can(Act::Pay),
        day: day.to_string(),
        words: day_words(day),
        made: found.made.made_at.minute_text(),
        ours: sums(found.ours),
        theirs: SumsView {
            payments: found.made.payments,
            paid: found.made.paid.to_string(),
            refunds: found.made.refunds,
            refunded: found.made.refunded.to_string(),
        },
        open: lines.iter().filter(|line| line.settled.is_none()).count(),
        lines,
    })
}

/// `GET /office/payments/:day`
#[handler]
pub async fn show(ctx: Ctx, Path(day): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    page(&shown(&ctx, &officer, parsed(&day)?).await?)
}

/// Which difference, and how it was settled.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    difference: String,
    #[serde(default)]
    note: String,
}

/// `POST /office/payments/:day/settle`
#[handler]
pub async fn settle(Path(day): Path<String>, posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let date = parsed(&day)?;
    let settled = desk::settle_difference(&ctx.app, &officer, date, &form.difference, &form.note).await;
    match settled {
        Ok(()) => ctx.flash("已登记处理结果"),
        Err(error @ Error::Invalid(_)) => {
            let errors = super::wrong(error)?;
            let mut again = shown(&ctx, &officer, date).await?;
            again.errors = errors;
            for line in again.lines.iter_mut().filter(|line| line.id == form.difference) {
                line.typed = Some(form.note.clone());
            }
            return page_again(&again);
        }
        Err(error) => told(&ctx, error)?,
    }
    Ok(see_other(&format!("/office/payments/{date}")))
}

/// `POST /office/payments/:day/compare`
#[handler]
pub async fn compare(Path(day): Path<String>, posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let officer = super::signed_in(&ctx).await?;
    let date = parsed(&day)?;
    match desk::compare(&ctx.app, &officer, date).await {
        Ok(made) => {
            ctx.flash(&match made.differences {
                0 => "已核对，两边相符".to_owned(),
                n => format!("已核对，有 {n} 处差异"),
            });
            Ok(see_other(&format!("/office/payments/{date}")))
        }
        Err(error) => {
            told(&ctx, error)?;
            Ok(see_other("/office/payments"))
        }
    }
}

/// `GET /office/payments/:day/export.xlsx`: our entries of the day, and the differences with what became of them.
#[handler]
pub async fn export(ctx: Ctx, Path(day): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let date = parsed(&day)?;
    let mut rows = Vec::new();
    for entry in desk::entries(&ctx.app, &officer, date).await? {
        let kind = match entry.kind {
            EntryKind::Paid => "收款",
            EntryKind::Refunded => "退款",
        };
        let (owner, id) = (&entry.purpose.0, &entry.purpose.1);
        let term = enrol::purpose(id).filter(|_| owner == enrol::PURPOSE);
        rows.push(vec![
            Cell::text(entry.at.second_text()),
            Cell::text(kind),
            Cell::Money(entry.amount.0),
            Cell::text(entry.description),
            Cell::text(term.map_or_else(String::new, |(_, term)| term.to_string())),
            Cell::text(entry.out_trade_no),
            Cell::text(entry.reference),
        ]);
    }
    let entries = Sheet {
        name: "收款和退款",
        head: vec![
            "时间",
            "类别",
            "金额（元）",
            "内容",
            "期次",
            "商户单号",
            "微信支付订单号、退款单号",
        ],
        widths: vec![20, 8, 12, 50, 6, 36, 38],
        rows,
    };
    let differences = match shown(&ctx, &officer, date).await {
        Ok(day) => day.lines.into_iter().map(difference_row).collect(),
        // Not compared yet: the entries alone.
        Err(Error::NotFound) => Vec::new(),
        Err(other) => return Err(other),
    };
    let differences = Sheet {
        name: "差异",
        head: vec![
            "差异",
            "类别",
            "本系统金额",
            "微信支付金额",
            "商户单号",
            "微信支付订单号、退款单号",
            "报读编号",
            "处理",
            "处理说明",
        ],
        widths: vec![20, 8, 14, 14, 36, 38, 14, 30, 40],
        rows: differences,
    };
    let bytes = xlsx::write(vec![entries, differences]).await?;
    Ok(table(&format!("收费对账 {date}.xlsx"), bytes))
}

fn difference_row(line: Line) -> Vec<Cell> {
    vec![
        Cell::text(line.kind),
        Cell::text(line.entry),
        Cell::text(line.ours),
        Cell::text(line.theirs),
        Cell::text(line.out_trade_no),
        Cell::text(line.reference),
        Cell::text(line.bought.map_or_else(String::new, |bought| bought.number)),
        Cell::text(line.settled.unwrap_or_else(|| "未处理".to_owned())),
        Cell::text(line.note),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Issue 6: each kind of difference says what to do next.
    #[test]
    fn every_difference_says_what_to_do() {
        for kind in Difference::ALL {
            for entry in EntryKind::ALL {
                assert!(next(*kind, *entry).chars().count() > 20);
            }
        }
    }
}
