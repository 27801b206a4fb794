//! SQL of the finance officers' pages.

use super::super::desk::{Day, EntryLine, Settled, Sums};
use super::super::{Differing, EntryKind, Order, Reconciliation};
use super::{OrderRow, Try, TryRow, unknown};
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::{Fen, Time};

/// A difference is settled when a row says so of exactly this difference.
macro_rules! settled_as {
    () => {
        "s.day = r.day AND s.kind = d.kind AND s.entry = d.entry AND s.reference = d.reference \
         AND s.ours_fen = COALESCE(d.ours_fen, -1) AND s.theirs_fen = COALESCE(d.theirs_fen, -1)"
    };
}

#[derive(sqlx::FromRow)]
struct DayRow {
    id: String,
    day: String,
    payments: i64,
    payments_fen: i64,
    refunds: i64,
    refunds_fen: i64,
    differences: i64,
    made_at: i64,
    open: i64,
}

/// The compared days with what is open, the newest first.
pub async fn days(app: &App) -> Result<Vec<Day>> {
    let sql = concat!(
        "SELECT r.id, r.day, r.payments, r.payments_fen, r.refunds, r.refunds_fen, r.differences, r.made_at, \
         (SELECT COUNT(*) FROM reconciliation_differences d WHERE d.reconciliation_id = r.id AND NOT EXISTS \
         (SELECT 1 FROM reconciliation_settlements s WHERE ",
        settled_as!(),
        ")) AS open FROM reconciliations r ORDER BY r.day DESC LIMIT 400"
    );
    let rows: Vec<DayRow> = sqlx::query_as(sql).fetch_all(app.db.read()).await?;
    let day = |row: DayRow| Day {
        open: row.open,
        made: Reconciliation {
            id: row.id,
            day: row.day,
            payments: row.payments,
            paid: Fen(row.payments_fen),
            refunds: row.refunds,
            refunded: Fen(row.refunds_fen),
            differences: row.differences,
            made_at: Time(row.made_at),
        },
    };
    Ok(rows.into_iter().map(day).collect())
}

/// How many differences of a day nobody has settled.
pub async fn open_differences(tx: &mut Tx, day: &str) -> Result<i64> {
    let sql = concat!(
        "SELECT COUNT(*) FROM reconciliations r JOIN reconciliation_differences d ON d.reconciliation_id = r.id \
         WHERE r.day = $1 AND NOT EXISTS (SELECT 1 FROM reconciliation_settlements s WHERE ",
        settled_as!(),
        ")"
    );
    Ok(sqlx::query_scalar(sql).bind(day).fetch_one(&mut **tx).await?)
}

/// How a difference was settled.
pub async fn settled(app: &App, day: &str, what: &Differing) -> Result<Option<Settled>> {
    let sql = "SELECT s.note, COALESCE(o.name, ''), s.settled_at FROM reconciliation_settlements s \
               LEFT JOIN officers o ON o.id = s.officer_id WHERE s.day = $1 AND s.kind = $2 AND s.entry = $3 \
               AND s.reference = $4 AND s.ours_fen = $5 AND s.theirs_fen = $6";
    let row: Option<(String, String, i64)> = sqlx::query_as(sql)
        .bind(day)
        .bind(what.kind.as_str())
        .bind(what.entry.as_str())
        .bind(&what.reference)
        .bind(what.ours.map_or(-1, |fen| fen.0))
        .bind(what.theirs.map_or(-1, |fen| fen.0))
        .fetch_optional(app.db.read())
        .await?;
    Ok(row.map(|(note, officer, at)| Settled {
        note,
        officer,
        at: Time(at),
    }))
}

/// Whether it was open until now.
pub async fn settle(
    tx: &mut Tx,
    (day, what): (&str, &Differing),
    (note, officer): (&str, &str),
    now: Time,
) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO reconciliation_settlements (day, kind, entry, reference, ours_fen, theirs_fen, note, officer_id, settled_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (day, kind, entry, reference, ours_fen, theirs_fen) DO NOTHING",
    )
    .bind(day)
    .bind(what.kind.as_str())
    .bind(what.entry.as_str())
    .bind(&what.reference)
    .bind(what.ours.map_or(-1, |fen| fen.0))
    .bind(what.theirs.map_or(-1, |fen| fen.0))
    .bind(note)
    .bind(officer)
    .bind(now.0)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Our entries between two moments, both included, added up.
pub async fn sums(app: &App, span: (Time, Time)) -> Result<Sums> {
    let sql = "SELECT kind, COUNT(*), CAST(SUM(amount_fen) AS BIGINT) FROM payment_entries WHERE at >= $1 AND at <= $2 GROUP BY kind";
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(sql)
        .bind(span.0.0)
        .bind(span.1.0)
        .fetch_all(app.db.read())
        .await?;
    let mut sums = Sums::default();
    for (kind, count, fen) in rows {
        match EntryKind::parse(&kind).ok_or_else(|| unknown("kind of entry"))? {
            EntryKind::Paid => (sums.payments, sums.paid) = (count, Fen(fen)),
            EntryKind::Refunded => (sums.refunds, sums.refunded) = (count, Fen(fen)),
        }
    }
    Ok(sums)
}

/// Orders that can still be paid.
pub async fn waiting(app: &App, now: Time) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM payment_orders WHERE state IN ('created', 'paying') AND expires_at > $1";
    Ok(sqlx::query_scalar(sql)
        .bind(now.0)
        .fetch_one(app.db.read())
        .await?)
}

#[derive(sqlx::FromRow)]
struct LineRow {
    kind: String,
    at: i64,
    amount_fen: i64,
    out_trade_no: String,
    reference: String,
    description: String,
    purpose_kind: String,
    purpose_id: String,
}

/// Our entries between two moments, both included, in their order.
pub async fn entry_lines(app: &App, span: (Time, Time)) -> Result<Vec<EntryLine>> {
    let sql = "SELECT e.kind, e.at, e.amount_fen, e.out_trade_no, e.reference, o.description, o.purpose_kind, o.purpose_id \
               FROM payment_entries e JOIN payment_orders o ON o.id = e.order_id WHERE e.at >= $1 AND e.at <= $2 ORDER BY e.at, e.id";
    let rows: Vec<LineRow> = sqlx::query_as(sql)
        .bind(span.0.0)
        .bind(span.1.0)
        .fetch_all(app.db.read())
        .await?;
    let line = |row: LineRow| {
        Ok(EntryLine {
            kind: EntryKind::parse(&row.kind).ok_or_else(|| unknown("kind of entry"))?,
            at: Time(row.at),
            amount: Fen(row.amount_fen),
            out_trade_no: row.out_trade_no,
            reference: row.reference,
            description: row.description,
            purpose: (row.purpose_kind, row.purpose_id),
        })
    };
    rows.into_iter().map(line).collect()
}

/// The order that one of these numbers belongs to: its own id, ours towards WeChat Pay, WeChat's, a refund's.
pub async fn order_of_number(app: &App, number: &str) -> Result<Option<Order>> {
    let sql = concat!(
        "SELECT ",
        order_columns!(),
        " FROM payment_orders WHERE id = $1 OR transaction_id = $1 \
         OR id IN (SELECT order_id FROM payment_tries WHERE out_trade_no = $1) \
         OR id IN (SELECT order_id FROM payment_entries WHERE kind = 'paid' AND reference = $1) \
         OR id IN (SELECT order_id FROM payment_refunds WHERE out_refund_no = $1) ORDER BY created_at DESC LIMIT 1"
    );
    let row: Option<OrderRow> = sqlx::query_as(sql)
        .bind(number)
        .fetch_optional(app.db.read())
        .await?;
    row.map(OrderRow::order).transpose()
}

/// Every number of an order, the oldest first.
pub async fn tries_of(app: &App, order: &str) -> Result<Vec<Try>> {
    let sql = concat!(
        "SELECT ",
        try_columns!(),
        " FROM payment_tries WHERE order_id = $1 ORDER BY created_at, out_trade_no"
    );
    let rows: Vec<TryRow> = sqlx::query_as(sql).bind(order).fetch_all(app.db.read()).await?;
    rows.into_iter().map(TryRow::tried).collect()
}
