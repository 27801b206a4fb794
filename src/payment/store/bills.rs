//! SQL of entries by day, and of the comparisons with the bill.

use super::super::{Difference, Differing, EntryKind, Reconciliation};
use super::unknown;
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::{Fen, Refusal, Time};

/// A fact as the comparison needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayEntry {
    pub kind: EntryKind,
    pub reference: String,
    pub out_trade_no: String,
    pub amount: Fen,
    /// When a refund was asked for.
    pub asked_at: Option<Time>,
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    kind: String,
    reference: String,
    out_trade_no: String,
    amount_fen: i64,
    asked_at: Option<i64>,
}

impl EntryRow {
    fn entry(self) -> Result<DayEntry> {
        Ok(DayEntry {
            kind: EntryKind::parse(&self.kind).ok_or_else(|| unknown("kind of entry"))?,
            reference: self.reference,
            out_trade_no: self.out_trade_no,
            amount: Fen(self.amount_fen),
            asked_at: self.asked_at.map(Time),
        })
    }
}

/// Facts between two moments, both included.
pub async fn entries_between(app: &App, span: (Time, Time)) -> Result<Vec<DayEntry>> {
    let sql = "SELECT e.kind, e.reference, e.out_trade_no, e.amount_fen, r.created_at AS asked_at FROM payment_entries e \
               LEFT JOIN payment_refunds r ON e.kind = 'refunded' AND r.out_refund_no = e.reference \
               WHERE e.at >= $1 AND e.at <= $2";
    let rows: Vec<EntryRow> = sqlx::query_as(sql)
        .bind(span.0.0)
        .bind(span.1.0)
        .fetch_all(app.db.read())
        .await?;
    rows.into_iter().map(EntryRow::entry).collect()
}

/// Our facts of any day for what stands on a bill.
pub async fn entries_by_reference(
    app: &App,
    keys: impl Iterator<Item = &(EntryKind, String)>,
) -> Result<Vec<DayEntry>> {
    let sql = "SELECT kind, reference, out_trade_no, amount_fen, CAST(NULL AS BIGINT) AS asked_at FROM payment_entries \
               WHERE kind = $1 AND reference = $2";
    let mut found = Vec::new();
    for (kind, reference) in keys {
        let row: Option<EntryRow> = sqlx::query_as(sql)
            .bind(kind.as_str())
            .bind(reference)
            .fetch_optional(app.db.read())
            .await?;
        found.extend(row.map(EntryRow::entry).transpose()?);
    }
    Ok(found)
}

/// Whether anything could have been paid before a moment.
pub async fn any_order_before(app: &App, moment: Time) -> Result<bool> {
    let sql = "SELECT CAST(CASE WHEN EXISTS (SELECT 1 FROM payment_tries WHERE created_at < $1) THEN 1 ELSE 0 END AS BIGINT)";
    let any: i64 = sqlx::query_scalar(sql)
        .bind(moment.0)
        .fetch_one(app.db.read())
        .await?;
    Ok(any == 1)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    day: String,
    payments: i64,
    payments_fen: i64,
    refunds: i64,
    refunds_fen: i64,
    differences: i64,
    made_at: i64,
}

impl From<Row> for Reconciliation {
    fn from(row: Row) -> Self {
        Reconciliation {
            id: row.id,
            day: row.day,
            payments: row.payments,
            paid: Fen(row.payments_fen),
            refunds: row.refunds,
            refunded: Fen(row.refunds_fen),
            differences: row.differences,
            made_at: Time(row.made_at),
        }
    }
}

pub async fn reconciliations(app: &App) -> Result<Vec<Reconciliation>> {
    let sql = "SELECT id, day, payments, payments_fen, refunds, refunds_fen, differences, made_at FROM reconciliations \
               ORDER BY day DESC LIMIT 400";
    let rows: Vec<Row> = sqlx::query_as(sql).fetch_all(app.db.read()).await?;
    Ok(rows.into_iter().map(Reconciliation::from).collect())
}

pub async fn reconciliation(app: &App, day: &str) -> Result<Option<Reconciliation>> {
    let sql = "SELECT id, day, payments, payments_fen, refunds, refunds_fen, differences, made_at FROM reconciliations \
               WHERE day = $1";
    let row: Option<Row> = sqlx::query_as(sql)
        .bind(day)
        .fetch_optional(app.db.read())
        .await?;
    Ok(row.map(Reconciliation::from))
}

#[derive(sqlx::FromRow)]
struct DifferenceRow {
    id: String,
    kind: String,
    entry: String,
    out_trade_no: String,
    reference: String,
    ours_fen: Option<i64>,
    theirs_fen: Option<i64>,
}

impl DifferenceRow {
    fn differing(self) -> Result<(String, Differing)> {
        let what = Differing {
            kind: Difference::parse(&self.kind).ok_or_else(|| unknown("kind of difference"))?,
            entry: EntryKind::parse(&self.entry).ok_or_else(|| unknown("kind of entry"))?,
            out_trade_no: self.out_trade_no,
            reference: self.reference,
            ours: self.ours_fen.map(Fen),
            theirs: self.theirs_fen.map(Fen),
        };
        Ok((self.id, what))
    }
}

/// Each with its row's id.
pub async fn differences(app: &App, reconciliation: &str) -> Result<Vec<(String, Differing)>> {
    let sql = "SELECT id, kind, entry, out_trade_no, reference, ours_fen, theirs_fen FROM reconciliation_differences \
               WHERE reconciliation_id = $1 ORDER BY kind, entry, reference";
    let rows: Vec<DifferenceRow> = sqlx::query_as(sql)
        .bind(reconciliation)
        .fetch_all(app.db.read())
        .await?;
    rows.into_iter().map(DifferenceRow::differing).collect()
}

/// Keeps a day's comparison in place of an earlier one.
pub async fn replace_reconciliation(
    app: &App,
    tx: &mut Tx,
    made: &Reconciliation,
    differences: &[Differing],
) -> Result<()> {
    let of_day = "DELETE FROM reconciliation_differences WHERE reconciliation_id IN (SELECT id FROM reconciliations WHERE day = $1)";
    sqlx::query(of_day).bind(&made.day).execute(&mut **tx).await?;
    sqlx::query("DELETE FROM reconciliations WHERE day = $1")
        .bind(&made.day)
        .execute(&mut **tx)
        .await?;
    let insert = sqlx::query(
        "INSERT INTO reconciliations (id, day, payments, payments_fen, refunds, refunds_fen, differences, made_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (day) DO NOTHING",
    );
    let insert = insert
        .bind(&made.id)
        .bind(&made.day)
        .bind(made.payments)
        .bind(made.paid.0)
        .bind(made.refunds)
        .bind(made.refunded.0)
        .bind(made.differences)
        .bind(made.made_at.0);
    if insert.execute(&mut **tx).await?.rows_affected() == 0 {
        // On PostgreSQL: another comparison of the day, at this moment.
        return Err(Refusal::ChangedMeanwhile.into());
    }
    for differing in differences {
        sqlx::query(
            "INSERT INTO reconciliation_differences (id, reconciliation_id, kind, entry, out_trade_no, reference, ours_fen, theirs_fen) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(app.id())
        .bind(&made.id)
        .bind(differing.kind.as_str())
        .bind(differing.entry.as_str())
        .bind(&differing.out_trade_no)
        .bind(&differing.reference)
        .bind(differing.ours.map(|fen| fen.0))
        .bind(differing.theirs.map(|fen| fen.0))
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}
