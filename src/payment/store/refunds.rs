//! SQL of refunds.

use super::super::{Refund, RefundCause, RefundState};
use super::unknown;
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::{Fen, Time};

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    order_id: String,
    out_trade_no: String,
    out_refund_no: String,
    cause: String,
    reason: String,
    amount_fen: i64,
    total_fen: i64,
    state: String,
    problem: String,
    created_at: i64,
    check_at: i64,
    checks: i64,
    replaced: i64,
}

/// True of a closed refund in whose place another one stands: asked for under a key that names it.
macro_rules! replaced {
    () => {
        "EXISTS (SELECT 1 FROM payment_refunds n WHERE n.order_id = payment_refunds.order_id AND n.request = 'again-' || payment_refunds.id)"
    };
}

macro_rules! select {
    ($rest:expr) => {
        concat!(
            "SELECT id, order_id, out_trade_no, out_refund_no, cause, reason, amount_fen, total_fen, state, problem, \
             created_at, check_at, checks, CASE WHEN ",
            replaced!(),
            " THEN 1 ELSE 0 END AS replaced FROM payment_refunds ",
            $rest
        )
    };
}

impl Row {
    fn refund(self) -> Result<Refund> {
        Ok(Refund {
            cause: RefundCause::parse(&self.cause).ok_or_else(|| unknown("cause of a refund"))?,
            state: RefundState::parse(&self.state).ok_or_else(|| unknown("state of a refund"))?,
            id: self.id,
            order_id: self.order_id,
            out_trade_no: self.out_trade_no,
            out_refund_no: self.out_refund_no,
            reason: self.reason,
            amount: Fen(self.amount_fen),
            total: Fen(self.total_fen),
            problem: self.problem,
            created_at: Time(self.created_at),
            check_at: Time(self.check_at),
            checks: self.checks,
            replaced: self.replaced == 1,
        })
    }
}

pub async fn insert_refund(tx: &mut Tx, refund: &Refund, request: &str) -> Result<()> {
    sqlx::query(
        "INSERT INTO payment_refunds (id, order_id, out_trade_no, out_refund_no, request, cause, reason, amount_fen, total_fen, \
         state, problem, created_at, check_at, checks) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11, $12, 0)",
    )
    .bind(&refund.id)
    .bind(&refund.order_id)
    .bind(&refund.out_trade_no)
    .bind(&refund.out_refund_no)
    .bind(request)
    .bind(refund.cause.as_str())
    .bind(&refund.reason)
    .bind(refund.amount.0)
    .bind(refund.total.0)
    .bind(refund.state.as_str())
    .bind(refund.created_at.0)
    .bind(refund.check_at.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn refund_by_id(app: &App, id: &str) -> Result<Option<Refund>> {
    let row: Option<Row> = sqlx::query_as(select!("WHERE id = $1"))
        .bind(id)
        .fetch_optional(app.db.read())
        .await?;
    row.map(Row::refund).transpose()
}

pub async fn refund_in(tx: &mut Tx, id: &str) -> Result<Option<Refund>> {
    let row: Option<Row> = sqlx::query_as(select!("WHERE id = $1"))
        .bind(id)
        .fetch_optional(&mut **tx)
        .await?;
    row.map(Row::refund).transpose()
}

pub async fn refund_by_number(app: &App, out_refund_no: &str) -> Result<Option<Refund>> {
    let query = sqlx::query_as(select!("WHERE out_refund_no = $1")).bind(out_refund_no);
    let row: Option<Row> = query.fetch_optional(app.db.read()).await?;
    row.map(Row::refund).transpose()
}

pub async fn refund_by_request(tx: &mut Tx, order: &str, request: &str) -> Result<Option<Refund>> {
    let query = sqlx::query_as(select!("WHERE order_id = $1 AND request = $2"))
        .bind(order)
        .bind(request);
    let row: Option<Row> = query.fetch_optional(&mut **tx).await?;
    row.map(Row::refund).transpose()
}

/// What stands in the place of a closed refund, when something does.
pub async fn replacement(tx: &mut Tx, closed: &Refund) -> Result<Option<Refund>> {
    refund_by_request(tx, &closed.order_id, &replacing(closed)).await
}

/// The key of the refund in the place of a closed one.
pub fn replacing(closed: &Refund) -> String {
    format!("again-{}", closed.id)
}

pub async fn refunds_of(app: &App, order: &str) -> Result<Vec<Refund>> {
    let query = sqlx::query_as(select!("WHERE order_id = $1 ORDER BY created_at, id")).bind(order);
    let rows: Vec<Row> = query.fetch_all(app.db.read()).await?;
    rows.into_iter().map(Row::refund).collect()
}

pub async fn due_refunds(app: &App, now: Time, limit: i64) -> Result<Vec<Refund>> {
    let query = sqlx::query_as(select!(
        "WHERE state IN ('created', 'processing', 'abnormal') AND check_at <= $1 ORDER BY check_at LIMIT $2"
    ));
    let rows: Vec<Row> = query.bind(now.0).bind(limit).fetch_all(app.db.read()).await?;
    rows.into_iter().map(Row::refund).collect()
}

/// Refunds that do not go on, the oldest first: abnormal, refused now, looked after again and again; closed with nothing
/// in their place.
pub async fn stuck_refunds(app: &App, limit: i64) -> Result<Vec<Refund>> {
    let query = sqlx::query_as(select!(concat!(
        "WHERE state = 'abnormal' OR (state IN ('created', 'processing') AND (problem <> '' OR checks >= 8)) \
         OR (state = 'closed' AND NOT ",
        replaced!(),
        ") ORDER BY created_at, id LIMIT $1"
    )));
    let rows: Vec<Row> = query.bind(limit).fetch_all(app.db.read()).await?;
    rows.into_iter().map(Row::refund).collect()
}

/// It is looked after at once.
pub async fn look_now(tx: &mut Tx, id: &str, now: Time) -> Result<()> {
    sqlx::query("UPDATE payment_refunds SET check_at = $1 WHERE id = $2")
        .bind(now.0)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Takes a refund up until `next`; whether nobody else had.
pub async fn take_refund(tx: &mut Tx, refund: &Refund, next: Time) -> Result<bool> {
    let query = sqlx::query(
        "UPDATE payment_refunds SET check_at = $1, checks = checks + 1 WHERE id = $2 AND checks = $3 AND state = $4",
    );
    let query = query
        .bind(next.0)
        .bind(&refund.id)
        .bind(refund.checks)
        .bind(refund.state.as_str());
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

pub async fn set_refund(
    tx: &mut Tx,
    id: &str,
    state: RefundState,
    problem: &str,
    check_at: Time,
) -> sqlx::Result<()> {
    let query =
        sqlx::query("UPDATE payment_refunds SET state = $1, problem = $2, check_at = $3 WHERE id = $4");
    query
        .bind(state.as_str())
        .bind(problem)
        .bind(check_at.0)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn postpone_refund(tx: &mut Tx, id: &str, problem: &str, check_at: Time) -> Result<()> {
    let query = sqlx::query(
        "UPDATE payment_refunds SET problem = $1, check_at = $2, checks = checks + 1 WHERE id = $3 \
         AND state IN ('created', 'processing', 'abnormal')",
    );
    query
        .bind(problem)
        .bind(check_at.0)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
