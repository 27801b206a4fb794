//! The day's comparison of our entries with WeChat Pay's bill.

use super::store::{self, DayEntry};
use super::{Difference, EntryKind, client};
use crate::app::App;
use crate::error::{Error, Result};
use crate::kernel::time::{DAY, MINUTE};
use crate::kernel::{Fen, Refusal, Time};
use crate::outbox;
use crate::wechat::pay::{BillRow, BillTotals, RowKind};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::time::Duration;

/// The fact that a day shows differences that nobody has settled; its id is the day.
pub const BILL_DIFFERS: &str = "bill_differs";
/// A bill that could not be had is asked for again after this time.
const PAUSE: i64 = 10 * MINUTE;

/// One day's comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciliation {
    /// Ours.
    pub id: String,
    /// The day in Shanghai.
    pub day: String,
    /// Payments on the bill.
    pub payments: i64,
    /// Their sum.
    pub paid: Fen,
    /// Refunds on the bill.
    pub refunds: i64,
    /// Their sum.
    pub refunded: Fen,
    /// How many differences there are.
    pub differences: i64,
    /// When it was compared.
    pub made_at: Time,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// How.
    pub kind: Difference,
    /// Payment or refund.
    pub entry: EntryKind,
    /// 商户单号.
    pub out_trade_no: String,
    /// 微信支付订单号 of a payment, 商户退款单号 of a refund.
    pub reference: String,
    /// Our amount.
    pub ours: Option<Fen>,
    /// The bill's.
    pub theirs: Option<Fen>,
}

/// A payment or refund on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Side {
    out_trade_no: String,
    amount: Fen,
}

type Sides = BTreeMap<(EntryKind, String), Side>;

/// The days that were compared, the newest first.
pub async fn reconciliations(app: &App) -> Result<Vec<Reconciliation>> {
    store::reconciliations(app).await
}

/// One day with its differences. Errors: [`Error::NotFound`].
pub async fn reconciliation(app: &App, day: &str) -> Result<(Reconciliation, Vec<Differing>)> {
    let found = store::reconciliation(app, day).await?.ok_or(Error::NotFound)?;
    let differences = store::differences(app, &found.id).await?;
    Ok((found, differences.into_iter().map(|(_, what)| what).collect()))
}

/// One day with its differences and their ids, for who settles them.
pub(super) async fn with_ids(app: &App, day: &str) -> Result<(Reconciliation, Vec<(String, Differing)>)> {
    let found = store::reconciliation(app, day).await?.ok_or(Error::NotFound)?;
    let differences = store::differences(app, &found.id).await?;
    Ok((found, differences))
}

/// Compares a day; a day compared before is compared anew.
/// Errors: [`Refusal::PaymentAway`] when the bill cannot be had (yet).
pub async fn reconcile(app: &App, day: NaiveDate) -> Result<Reconciliation> {
    let text = day.format("%Y-%m-%d").to_string();
    let mut rows: Vec<BillRow> = Vec::new();
    let totals = client(app)?.trade_bill(&text, &mut |row| rows.push(row)).await;
    let totals = totals.map_err(|error| {
        tracing::warn!(%error, advice = error.advice(), day = text, "the bill cannot be had");
        Error::from(Refusal::PaymentAway)
    })?;
    let theirs = theirs(&rows);
    let span = (Time::start_of(day), Time::end_of(day));
    let entries = store::entries_between(app, span).await?;
    let known = store::entries_by_reference(app, theirs.keys()).await?;
    let differences = differences(&theirs, &ours(&entries, span), &ours_any_day(&known));
    let made = Reconciliation {
        id: app.id(),
        differences: i64::try_from(differences.len()).unwrap_or(i64::MAX),
        made_at: app.now(),
        ..summary(&text, &rows, totals)
    };
    let mut tx = app.db.write().await?;
    store::replace_reconciliation(app, &mut tx, &made, &differences).await?;
    if store::open_differences(&mut tx, &text).await? > 0 {
        outbox::tell(&mut tx, &app.id(), BILL_DIFFERS, &text, app.now()).await?;
    }
    tx.commit().await?;
    if made.differences > 0 {
        tracing::error!(
            day = text,
            differences = made.differences,
            "the bill and our entries differ"
        );
    }
    Ok(made)
}

fn summary(day: &str, rows: &[BillRow], totals: Option<BillTotals>) -> Reconciliation {
    let count = |kind: RowKind| rows.iter().filter(|row| row.kind == kind).count();
    let totals = totals.unwrap_or_default();
    Reconciliation {
        id: String::new(),
        day: day.to_owned(),
        payments: i64::try_from(count(RowKind::Payment)).unwrap_or(i64::MAX),
        paid: Fen(totals.order_fen),
        refunds: i64::try_from(count(RowKind::Refund)).unwrap_or(i64::MAX),
        refunded: Fen(totals.refund_fen),
        differences: 0,
        made_at: Time(0),
    }
}

fn theirs(rows: &[BillRow]) -> Sides {
    let side = |row: &BillRow| match (row.kind, &row.out_refund_no) {
        (RowKind::Refund, Some(number)) => ((EntryKind::Refunded, number.clone()), row.refund_fen),
        _ => ((EntryKind::Paid, row.transaction_id.clone()), row.order_fen),
    };
    let sides = rows.iter().map(|row| {
        let (key, fen) = side(row);
        (
            key,
            Side {
                out_trade_no: row.out_trade_no.clone(),
                amount: Fen(fen),
            },
        )
    });
    sides.collect()
}

/// What must be on the bill: the payments of the day, and the refunds that were asked for and done on it. One asked for
/// before midnight and done after may stand on either day's bill.
fn ours(entries: &[DayEntry], span: (Time, Time)) -> Sides {
    let sure = |entry: &&DayEntry| entry.asked_at.is_none_or(|at| span.0 <= at && at <= span.1);
    ours_any_day_of(entries.iter().filter(sure))
}

fn ours_any_day(entries: &[DayEntry]) -> Sides {
    ours_any_day_of(entries.iter())
}

fn ours_any_day_of<'a>(entries: impl Iterator<Item = &'a DayEntry>) -> Sides {
    let side = |entry: &DayEntry| Side {
        out_trade_no: entry.out_trade_no.clone(),
        amount: entry.amount,
    };
    entries
        .map(|entry| ((entry.kind, entry.reference.clone()), side(entry)))
        .collect()
}

/// The three ways to differ. `known`: our entries of any day for what stands on the bill.
fn differences(theirs: &Sides, ours: &Sides, known: &Sides) -> Vec<Differing> {
    let differing =
        |kind, (entry, reference): &(EntryKind, String), out_trade_no: &str, mine, bill| Differing {
            kind,
            entry: *entry,
            out_trade_no: out_trade_no.to_owned(),
            reference: reference.clone(),
            ours: mine,
            theirs: bill,
        };
    let on_the_bill = theirs.iter().filter_map(|(key, bill)| match known.get(key) {
        None => Some(differing(
            Difference::MissingHere,
            key,
            &bill.out_trade_no,
            None,
            Some(bill.amount),
        )),
        Some(mine) if mine.amount != bill.amount => {
            let (mine, bill_amount) = (Some(mine.amount), Some(bill.amount));
            Some(differing(
                Difference::AmountsDiffer,
                key,
                &bill.out_trade_no,
                mine,
                bill_amount,
            ))
        }
        Some(_) => None,
    });
    let missing = ours
        .iter()
        .filter(|(key, _)| !theirs.contains_key(*key))
        .map(|(key, mine)| {
            differing(
                Difference::MissingThere,
                key,
                &mine.out_trade_no,
                Some(mine.amount),
                None,
            )
        });
    on_the_bill.chain(missing).collect()
}

/// Whether a day is still to be compared, and it is this process's turn to try: there was money that day, or an order.
pub(super) async fn is_due(app: &App, day: Time) -> Result<bool> {
    let text = day.date().format("%Y-%m-%d").to_string();
    if store::reconciliation(app, &text).await?.is_some() {
        return Ok(false);
    }
    if !store::any_order_before(app, day.plus(DAY)).await? {
        return Ok(false);
    }
    let pause = Duration::from_millis(PAUSE.unsigned_abs());
    Ok(app
        .cache
        .set_new(&format!("payment-bill:{text}"), "", pause)
        .await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(kind: EntryKind, reference: &str, fen: i64) -> ((EntryKind, String), Side) {
        (
            (kind, reference.to_owned()),
            Side {
                out_trade_no: format!("n-{reference}"),
                amount: Fen(fen),
            },
        )
    }

    /// Issue 6: "each planted difference": missing here, missing there, amounts differ.
    #[test]
    fn each_way_to_differ_is_told() {
        let both: Sides = [
            side(EntryKind::Paid, "a", 100),
            side(EntryKind::Refunded, "r", 40),
        ]
        .into();
        assert_eq!(differences(&both, &both, &both), []);
        let none = Sides::new();
        let kinds = |found: Vec<Differing>| found.iter().map(|d| (d.kind, d.entry)).collect::<Vec<_>>();
        assert_eq!(
            kinds(differences(&both, &none, &none)),
            [
                (Difference::MissingHere, EntryKind::Paid),
                (Difference::MissingHere, EntryKind::Refunded)
            ]
        );
        assert_eq!(
            kinds(differences(&none, &both, &none)),
            [
                (Difference::MissingThere, EntryKind::Paid),
                (Difference::MissingThere, EntryKind::Refunded)
            ]
        );
        let other: Sides = [side(EntryKind::Paid, "a", 99), side(EntryKind::Refunded, "r", 40)].into();
        assert_eq!(
            kinds(differences(&both, &other, &other)),
            [(Difference::AmountsDiffer, EntryKind::Paid)]
        );
    }

    /// A refund asked for yesterday may stand on yesterday's bill: its absence today is no difference.
    #[test]
    fn a_refund_over_midnight_is_no_difference() {
        let span = (Time(1000), Time(1999));
        let entry = |asked| DayEntry {
            kind: EntryKind::Refunded,
            reference: "r".to_owned(),
            out_trade_no: "n".to_owned(),
            amount: Fen(1),
            asked_at: Some(Time(asked)),
        };
        assert!(ours(&[entry(999)], span).is_empty());
        assert_eq!(ours(&[entry(1000)], span).len(), 1);
    }
}
