//! The finance officers' side (the city's, by R-26's table): how the days agree with WeChat Pay's bill, what is settled of
//! what does not, refunds that do not go on, an order by any of its numbers. Nothing here names a person.

use super::store;
use super::{Channel, Differing, EntryKind, Order, Reconciliation, Refund, State, TryState, reconcile};
use crate::app::App;
use crate::audit::{self, Line};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::time::DAY;
use crate::kernel::{Fen, FieldErrors, Refusal, Time, text};
use crate::union::rights::{self, Act};
use crate::union::{Kind, Officer};
use chrono::NaiveDate;
use serde_json::json;

/// Days before today that are looked at for a comparison that is missing.
const LOOKED_BACK: i64 = 7;
/// WeChat Pay keeps its bills for three months.
const BILLS_KEPT_DAYS: i64 = 90;
/// Refunds that do not go on, on one page.
pub const STUCK_MAX: i64 = 100;

/// Whether the officer looks after the money that workers paid: finance and supervisors of the city and its centre.
pub fn sees(officer: &Officer) -> bool {
    matches!(officer.union.kind, Kind::City | Kind::Centre) && officer.can(Act::ReadMoney)
}

/// A day that was compared, with what is still to be settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// The comparison.
    pub made: Reconciliation,
    /// Differences that nobody has settled.
    pub open: i64,
}

/// Money of a span of time by our own entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Payments.
    pub payments: i64,
    /// Their sum.
    pub paid: Fen,
    /// Refunds.
    pub refunds: i64,
    /// Their sum.
    pub refunded: Fen,
}

/// Everything on the first page.
#[derive(Debug, Clone)]
pub struct Overview {
    /// Since midnight, by our own entries: there is no bill of today yet.
    pub today: Sums,
    /// Orders that can be paid now.
    pub waiting: i64,
    /// Days of the last week, not yet compared though there was something to pay; the newest first.
    pub missing: Vec<NaiveDate>,
    /// Refunds that do not go on, the oldest first.
    pub stuck: Vec<Refund>,
    /// Days that were compared, the newest first.
    pub days: Vec<Day>,
}

/// The first page.
///
/// Errors: [`Error::NotFound`] for who is not of the city, [`Refusal::NotAllowed`] for who has no such role.
pub async fn overview(app: &App, by: &Officer) -> Result<Overview> {
    rights::city(app, by, Act::ReadMoney).await?;
    let midnight = Time::start_of(app.now().date());
    let days = store::days(app).await?;
    let mut missing = Vec::new();
    for back in 1..=LOOKED_BACK {
        let day = midnight.plus(-back * DAY);
        let compared = days.iter().any(|one| one.made.day == day_text(day.date()));
        if !compared && store::any_order_before(app, day.plus(DAY)).await? {
            missing.push(day.date());
        }
    }
    Ok(Overview {
        today: store::sums(app, (midnight, app.now())).await?,
        waiting: store::waiting(app, app.now()).await?,
        missing,
        stuck: store::stuck_refunds(app, STUCK_MAX).await?,
        days,
    })
}

fn day_text(day: NaiveDate) -> String {
    day.format("%Y-%m-%d").to_string()
}

async fn note_day(
    app: &App,
    tx: &mut Tx,
    by: &Officer,
    act: &str,
    day: &str,
    detail: serde_json::Value,
) -> Result<()> {
    let line = Line {
        actor: &by.actor(),
        act,
        subject: ("reconciliation", day),
        detail,
    };
    Ok(audit::record(tx, &app.entropy, app.now(), line).await?)
}

/// How a difference was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// In the officer's words.
    pub note: String,
    /// Who.
    pub officer: String,
    /// When.
    pub at: Time,
}

/// A difference as the page shows it.
#[derive(Debug, Clone)]
pub struct DifferenceLine {
    /// Its id: another one once the day is compared anew.
    pub id: String,
    /// What differs.
    pub what: Differing,
    /// The order that it belongs to, when we know one.
    pub order: Option<Order>,
    /// How it was settled; none while it is open.
    pub settled: Option<Settled>,
}

/// One compared day: the comparison, our own sums of it, its differences.
#[derive(Debug, Clone)]
pub struct OneDay {
    /// The comparison.
    pub made: Reconciliation,
    /// Our own entries of the day.
    pub ours: Sums,
    /// What differs.
    pub differences: Vec<DifferenceLine>,
}

/// One compared day. Errors: as [`overview`].
pub async fn day(app: &App, by: &Officer, day: NaiveDate) -> Result<OneDay> {
    rights::city(app, by, Act::ReadMoney).await?;
    let (made, found) = reconcile::with_ids(app, &day_text(day)).await?;
    let mut differences = Vec::with_capacity(found.len());
    for (id, what) in found {
        differences.push(DifferenceLine {
            order: store::order_of_number(app, &what.out_trade_no).await?,
            settled: store::settled(app, &made.day, &what).await?,
            id,
            what,
        });
    }
    let span = (Time::start_of(day), Time::end_of(day));
    Ok(OneDay {
        ours: store::sums(app, span).await?,
        made,
        differences,
    })
}

/// How many differences of a day nobody has settled, for the message about it.
pub async fn open_of(app: &App, day: &str) -> Result<i64> {
    let days = store::days(app).await?;
    Ok(days
        .iter()
        .find(|one| one.made.day == day)
        .map_or(0, |one| one.open))
}

/// Marks a difference as settled; `note` says how.
///
/// Errors: as [`overview`], with the right to pay; [`Refusal::SeenChanged`] when the day was compared anew meanwhile or
/// another officer settled it; at `note`.
pub async fn settle_difference(app: &App, by: &Officer, day: NaiveDate, id: &str, note: &str) -> Result<()> {
    let result = settle_checked(app, by, day, id, note).await;
    let day = day_text(day);
    rights::noted(
        app,
        &by.actor(),
        "payment.settle",
        ("reconciliation", &day),
        result,
    )
    .await
}

async fn settle_checked(app: &App, by: &Officer, day: NaiveDate, id: &str, note: &str) -> Result<()> {
    rights::city(app, by, Act::Pay).await?;
    let note = text::line(note, 2, 200).map_err(|refusal| FieldErrors::one("note", refusal))?;
    let day = day_text(day);
    let (_, found) = reconcile::with_ids(app, &day).await?;
    let what = found.into_iter().find(|(one, _)| one == id).map(|(_, what)| what);
    let what = what.ok_or(Refusal::SeenChanged)?;
    let mut tx = app.db.write().await?;
    if !store::settle(&mut tx, (&day, &what), (&note, &by.id), app.now()).await? {
        return Err(Refusal::SeenChanged.into());
    }
    let detail = json!({
        "difference": what.kind.as_str(), "reference": what.reference,
        "ours": what.ours.map(|fen| fen.0), "theirs": what.theirs.map(|fen| fen.0), "note": note,
    });
    note_day(app, &mut tx, by, "payment.settle", &day, detail).await?;
    tx.commit().await?;
    Ok(())
}

/// Compares a past day at once, for the first time or anew.
///
/// Errors: as [`overview`], with the right to pay; [`Error::NotFound`] for a day without a bill; [`Refusal::PaymentAway`] when
/// the bill cannot be had (yet).
pub async fn compare(app: &App, by: &Officer, day: NaiveDate) -> Result<Reconciliation> {
    rights::city(app, by, Act::Pay).await?;
    let age = (app.now().date() - day).num_days();
    if !(1..=BILLS_KEPT_DAYS).contains(&age) {
        return Err(Error::NotFound);
    }
    let made = reconcile(app, day).await?;
    let mut tx = app.db.write().await?;
    let detail = json!({ "differences": made.differences });
    note_day(app, &mut tx, by, "payment.compare", &made.day, detail).await?;
    tx.commit().await?;
    Ok(made)
}

/// A fact of the day, as the table has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryLine {
    /// Payment or refund.
    pub kind: EntryKind,
    /// When.
    pub at: Time,
    /// How much.
    pub amount: Fen,
    /// 商户单号.
    pub out_trade_no: String,
    /// 微信支付订单号, 商户退款单号.
    pub reference: String,
    /// What the payer read.
    pub description: String,
    /// Whose order it is.
    pub purpose: (String, String),
}

/// Our entries of a day, for a table; that it was taken is recorded. Errors: as [`overview`].
pub async fn entries(app: &App, by: &Officer, day: NaiveDate) -> Result<Vec<EntryLine>> {
    rights::city(app, by, Act::ReadMoney).await?;
    let lines = store::entry_lines(app, (Time::start_of(day), Time::end_of(day))).await?;
    let mut tx = app.db.write().await?;
    let detail = json!({ "rows": lines.len() });
    note_day(app, &mut tx, by, "payment.export", &day_text(day), detail).await?;
    tx.commit().await?;
    Ok(lines)
}

/// The order of a number: ours, a 商户单号, a 微信支付订单号, a 商户退款单号. Errors: as [`overview`].
pub async fn find(app: &App, by: &Officer, number: &str) -> Result<Option<Order>> {
    rights::city(app, by, Act::ReadMoney).await?;
    let number = text::plain(number);
    match number.trim() {
        "" => Ok(None),
        number => store::order_of_number(app, number).await,
    }
}

/// A number under which WeChat Pay was asked for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// 商户单号.
    pub out_trade_no: String,
    /// On the phone or by QR code.
    pub channel: Channel,
    /// Where it stands.
    pub state: TryState,
    /// Since when.
    pub at: Time,
}

/// An order with everything that happened to it.
#[derive(Debug, Clone)]
pub struct OneOrder {
    /// The order.
    pub order: Order,
    /// The numbers under which WeChat Pay was asked.
    pub numbers: Vec<Number>,
    /// What went back, or is on its way.
    pub refunds: Vec<Refund>,
}

/// One order. Errors: as [`overview`].
pub async fn order(app: &App, by: &Officer, id: &str) -> Result<OneOrder> {
    rights::city(app, by, Act::ReadMoney).await?;
    let order = store::by_id(app, id).await?.ok_or(Error::NotFound)?;
    let number = |tried: store::Try| Number {
        out_trade_no: tried.out_trade_no,
        channel: tried.channel,
        state: tried.state,
        at: tried.created_at,
    };
    Ok(OneOrder {
        numbers: store::tries_of(app, id).await?.into_iter().map(number).collect(),
        refunds: store::refunds_of(app, id).await?,
        order,
    })
}

/// Asks WeChat Pay at once how an order stands, as the page of who pays does. Errors: as [`overview`], with the right to
/// pay; [`Refusal::PaymentAway`].
pub async fn ask_now(app: &App, by: &Officer, id: &str) -> Result<State> {
    rights::city(app, by, Act::Pay).await?;
    Ok(super::settle(app, id).await?.state)
}
