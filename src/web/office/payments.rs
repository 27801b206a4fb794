//! `/office/payments`: how the workers' money agrees with WeChat Pay's bill; for the city's finance officers and supervisors
//! (R-26, issue 6). The table of days, refunds that do not go on, the search of an order.
//!
//! # What tests hold on to
//! `today`, one `missing` a day with `compare`, `stuck` with one `refund` each (`refund-state`, `again`), one `day` a line with
//! `open`; `f-number`, `search`. `/:day`: `agrees` or `differs`, `compare`, `export`, one `difference` each with `open-order`,
//! `settle`; `/orders/:id`: `order-state`, `ask`, `refund`.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, page, see_other};
use super::Who;
use super::sign_in::Nothing;
use super::view::Tag;
use crate::enrolment::{enrol, moves};
use crate::error::{Error, Result};
use crate::kernel::{Fen, Time, text};
use crate::payment::desk::{self, Day, Sums};
use crate::payment::{self, Order, Refund, RefundCause, RefundState, State};
use crate::union::rights::Act;
use askama::Template;
use chrono::{Datelike as _, NaiveDate};
use poem::web::{Path, Query};
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template, Default)]
#[template(path = "office/payments.html")]
pub struct PaymentsPage {
    pub base: Base,
    pub who: Option<Who>,
    pub may_pay: bool,
    pub today: String,
    pub sums: SumsView,
    pub waiting: i64,
    pub missing: Vec<MissingLine>,
    pub stuck: Vec<RefundLine>,
    pub days: Vec<DayLine>,
}

/// Sums in words.
#[derive(Default)]
pub struct SumsView {
    pub payments: i64,
    pub paid: String,
    pub refunds: i64,
    pub refunded: String,
}

pub fn sums(sums: Sums) -> SumsView {
    SumsView {
        payments: sums.payments,
        paid: sums.paid.to_string(),
        refunds: sums.refunds,
        refunded: sums.refunded.to_string(),
    }
}

/// A day that is not compared.
pub struct MissingLine {
    pub day: String,
    pub words: String,
}

/// A compared day.
pub struct DayLine {
    pub day: String,
    pub words: String,
    pub payments: i64,
    pub paid: String,
    pub refunds: i64,
    pub refunded: String,
    pub state: Tag,
    pub made: String,
}

/// A refund.
pub struct RefundLine {
    pub id: String,
    pub order: String,
    pub number: String,
    pub amount: String,
    pub cause: &'static str,
    pub state: Tag,
    /// Why it does not go on, and what to do.
    pub advice: String,
    pub asked: String,
    pub tried: i64,
    /// What the button says; empty: none.
    pub ask: &'static str,
}

/// "2026年11月9日".
pub fn day_words(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

fn day_line(day: &Day) -> DayLine {
    let state = match (day.made.differences, day.open) {
        (0, _) => Tag {
            text: "相符".to_owned(),
            tone: "ok",
        },
        (all, 0) => Tag {
            text: format!("{all} 处差异，已处理"),
            tone: "",
        },
        (all, open) if all == open => Tag {
            text: format!("{open} 处差异"),
            tone: "bad",
        },
        (all, open) => Tag {
            text: format!("{all} 处差异，{open} 处未处理"),
            tone: "bad",
        },
    };
    DayLine {
        words: day
            .made
            .day
            .parse()
            .map_or_else(|_| day.made.day.clone(), day_words),
        day: day.made.day.clone(),
        payments: day.made.payments,
        paid: day.made.paid.to_string(),
        refunds: day.made.refunds,
        refunded: day.made.refunded.to_string(),
        state,
        made: day.made.made_at.minute_text(),
    }
}

/// What keeps a refund, by WeChat Pay's code, and what to do.
fn advice(refund: &Refund) -> String {
    match (refund.state, refund.problem.as_str()) {
        (RefundState::Abnormal, "ABNORMAL") => {
            "微信支付退款异常，多半是付款人的银行卡已注销或冻结。请到微信支付商户平台“交易中心—退款查询”按提示改退到其他账户，办好后点“再次查询”".to_owned()
        }
        (RefundState::Abnormal, code) => {
            format!("微信支付拒绝了这笔退款（{code}）。请到商户平台核对这笔交易，原因消除后点“再次发起”")
        }
        (RefundState::Closed, _) => "微信支付关闭了这笔退款，钱没有退。点“再次发起”，会用新的单号重新退款".to_owned(),
        (_, "NOT_ENOUGH") => "商户号余额不足。请先给商户号充值，系统会自动重试，也可以充值后点“再次发起”".to_owned(),
        (_, "") => "微信支付处理时间较长，系统会继续查询，也可以点“再次查询”".to_owned(),
        (_, code) => format!("微信支付暂时没有受理（{code}），系统会自动重试，也可以点“再次发起”；多次不成请联系系统运维"),
    }
}

pub fn refund_line(refund: Refund, may_pay: bool) -> RefundLine {
    let (label, tone) = match refund.state {
        RefundState::Created => ("等待发起", "warn"),
        RefundState::Processing => ("处理中", "warn"),
        RefundState::Succeeded => ("已到账", "ok"),
        RefundState::Abnormal => ("异常", "bad"),
        RefundState::Closed => ("已关闭", "bad"),
    };
    RefundLine {
        advice: match refund.state {
            RefundState::Succeeded => String::new(),
            _ if refund.replaced => "微信支付关闭了这笔退款，已用新的单号重新发起".to_owned(),
            _ => advice(&refund),
        },
        cause: match refund.cause {
            RefundCause::Requested => "退学退费",
            RefundCause::PaidLate => "名额释放后才付款，自动退回",
            RefundCause::PaidTwice => "重复付款，自动退回",
        },
        ask: match refund.state {
            _ if !may_pay => "",
            _ if refund.replaced => "",
            RefundState::Succeeded => "",
            RefundState::Processing | RefundState::Abnormal => "再次查询",
            RefundState::Created | RefundState::Closed => "再次发起",
        },
        state: Tag {
            text: label.to_owned(),
            tone,
        },
        asked: refund.created_at.minute_text(),
        amount: refund.amount.to_string(),
        number: refund.out_refund_no,
        tried: refund.checks,
        order: refund.order_id,
        id: refund.id,
    }
}

/// `GET /office/payments`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let found = desk::overview(&ctx.app, &officer).await?;
    let may_pay = officer.can(Act::Pay);
    let now = ctx.app.now();
    let yesterday = now.date().pred_opt();
    let missing = |day: &NaiveDate| MissingLine {
        words: format!(
            "{}　{}",
            day_words(*day),
            if Some(*day) == yesterday {
                "上午 10:30 以后自动核对"
            } else {
                "没有取到账单，没有核对成"
            }
        ),
        day: day.to_string(),
    };
    page(&PaymentsPage {
        base: ctx.base("收费对账"),
        who: Who::of(&officer, "payments"),
        may_pay,
        today: day_words(now.date()),
        sums: sums(found.today),
        waiting: found.waiting,
        missing: found.missing.iter().map(missing).collect(),
        stuck: found
            .stuck
            .into_iter()
            .map(|one| refund_line(one, may_pay))
            .collect(),
        days: found.days.iter().map(day_line).collect(),
    })
}

/// What an order paid for, without naming anybody.
pub struct Bought {
    pub number: String,
    pub what: String,
    pub state: &'static str,
}

/// The enrolment that an order is of; none for an order of something else.
pub async fn bought(ctx: &Ctx, order: &Order) -> Result<Option<Bought>> {
    let of_enrolment = order.purpose_kind == enrol::PURPOSE;
    let Some((id, term)) = enrol::purpose(&order.purpose_id).filter(|_| of_enrolment) else {
        return Ok(None);
    };
    match moves::find(&ctx.app, id).await {
        Ok(enrolment) => Ok(Some(Bought {
            what: format!("{} {}，第 {term} 期", enrolment.institution, enrolment.title()),
            state: enrolment.state.label(),
            number: enrolment.number,
        })),
        Err(Error::NotFound) => Ok(None),
        Err(other) => Err(other),
    }
}

pub fn order_state(state: State) -> Tag {
    let (text, tone) = match state {
        State::Created | State::Paying => ("待付款", "warn"),
        State::Paid => ("已付款", "ok"),
        State::Refunding => ("退款中", "warn"),
        State::Refunded => ("已全额退款", ""),
        State::Closed => ("已关闭，没有付款", ""),
    };
    Tag {
        text: text.to_owned(),
        tone,
    }
}

/// An order found.
pub struct OrderLine {
    pub id: String,
    pub description: String,
    pub amount: String,
    pub state: Tag,
    pub made: String,
}

#[derive(Template, Default)]
#[template(path = "office/payments_found.html")]
pub struct FoundPage {
    pub base: Base,
    pub who: Option<Who>,
    pub number: String,
    pub lines: Vec<OrderLine>,
}

/// Which number.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    number: String,
}

/// `GET /office/payments/orders?number=`: the order of a number, or the orders of an enrolment's number.
#[handler]
pub async fn search(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    if let Some(order) = desk::find(&ctx.app, &officer, &asked.number).await? {
        return Ok(see_other(&format!("/office/payments/orders/{}", order.id)));
    }
    let mut lines = Vec::new();
    if let Some(enrolment) = moves::by_number(&ctx.app, &asked.number).await? {
        for term in moves::terms(&ctx.app, &enrolment.id).await? {
            let purpose = enrol::purpose_id(&enrolment.id, term.no);
            let orders = payment::orders_of_purpose(&ctx.app, enrol::PURPOSE, &purpose).await?;
            lines.extend(orders.into_iter().map(order_line));
        }
    }
    page(&FoundPage {
        base: ctx.base("查找订单"),
        who: Who::of(&officer, "payments"),
        number: text::clean(&asked.number).chars().take(64).collect(),
        lines,
    })
}

fn order_line(order: Order) -> OrderLine {
    OrderLine {
        state: order_state(order.state),
        amount: order.amount.to_string(),
        made: order.created_at.minute_text(),
        description: order.description,
        id: order.id,
    }
}

/// A number towards WeChat Pay.
pub struct NumberLine {
    pub number: String,
    pub way: &'static str,
    pub state: &'static str,
    pub at: String,
}

fn number_line(number: desk::Number) -> NumberLine {
    NumberLine {
        number: number.out_trade_no,
        way: match number.channel {
            payment::Channel::Jsapi => "微信内支付",
            payment::Channel::Native => "扫码支付",
        },
        state: match number.state {
            payment::TryState::Open => "可以付款",
            payment::TryState::Paid => "已付款",
            payment::TryState::Closed => "已关闭",
        },
        at: number.at.minute_text(),
    }
}

#[derive(Template)]
#[template(path = "office/payment_order.html")]
pub struct OrderPage {
    pub base: Base,
    pub who: Option<Who>,
    pub may_pay: bool,
    pub id: String,
    pub description: String,
    pub amount: String,
    pub state: Tag,
    pub open: bool,
    pub made: String,
    pub until: String,
    pub paid: Option<String>,
    pub out_trade_no: String,
    pub transaction: String,
    pub refunding: Option<String>,
    pub refunded: Option<String>,
    pub bought: Option<Bought>,
    pub numbers: Vec<NumberLine>,
    pub refunds: Vec<RefundLine>,
}

/// `GET /office/payments/orders/:id`
#[handler]
pub async fn show_order(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let found = desk::order(&ctx.app, &officer, &id).await?;
    let may_pay = officer.can(Act::Pay);
    let some = |fen: Fen| (fen.0 > 0).then(|| fen.to_string());
    let order = found.order;
    page(&OrderPage {
        base: ctx.base("订单"),
        who: Who::of(&officer, "payments"),
        may_pay,
        bought: bought(&ctx, &order).await?,
        state: order_state(order.state),
        open: order.is_open(),
        amount: order.amount.to_string(),
        made: order.created_at.minute_text(),
        until: order.expires_at.minute_text(),
        paid: order.paid_at.map(Time::minute_text),
        refunding: some(order.refunding),
        refunded: some(order.refunded),
        numbers: found.numbers.into_iter().map(number_line).collect(),
        refunds: found
            .refunds
            .into_iter()
            .map(|one| refund_line(one, may_pay))
            .collect(),
        description: order.description,
        out_trade_no: order.out_trade_no.unwrap_or_default(),
        transaction: order.transaction_id.unwrap_or_default(),
        id: order.id,
    })
}

/// `POST /office/payments/orders/:id/ask`: how does it stand at WeChat Pay?
#[handler]
pub async fn ask_order(Path(id): Path<String>, posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let officer = super::signed_in(&ctx).await?;
    match desk::ask_now(&ctx.app, &officer, &id).await {
        Ok(state) => ctx.flash(&format!("已向微信支付查询：{}", order_state(state).text)),
        Err(error) => told(&ctx, error)?,
    }
    Ok(see_other(&format!("/office/payments/orders/{id}")))
}

/// `POST /office/payments/refunds/:id/again`
#[handler]
pub async fn refund_again(Path(id): Path<String>, posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let officer = super::signed_in(&ctx).await?;
    let order = match payment::ask_again(&ctx.app, &officer, &id).await {
        Ok(refund) => {
            let words = match refund.state {
                RefundState::Succeeded => "已退款到账",
                RefundState::Processing => "微信支付已受理，到账后这里会更新",
                RefundState::Abnormal => "微信支付仍显示异常，请先在商户平台处理",
                RefundState::Created | RefundState::Closed => "还没有办成，原因见下，系统会继续重试",
            };
            ctx.flash(words);
            refund.order_id
        }
        Err(error) => {
            told(&ctx, error)?;
            payment::find_refund(&ctx.app, &id).await?.order_id
        }
    };
    Ok(see_other(&format!("/office/payments/orders/{order}")))
}

/// A rule's "no" as a sentence on the next page; who may not do it at all gets the page that says so.
pub fn told(ctx: &Ctx, error: Error) -> Result<()> {
    match error {
        Error::Refused(crate::kernel::Refusal::NotAllowed) => Err(error),
        Error::Refused(refusal) => {
            ctx.flash(&refusal.text());
            Ok(())
        }
        other => Err(other),
    }
}
