//! SQL of instalments.

use crate::app::App;
use crate::db::Tx;
use crate::enrolment::Term;
use crate::error::Result;
use crate::kernel::{Fen, Time};
use chrono::NaiveDate;
use sqlx::{Any, Executor};

type Row = (i64, i64, String, Option<String>, Option<i64>, i64, Option<i64>);

fn term_of((no, fen, due, order_id, paid_at, refund, refunded_at): Row) -> Result<Term> {
    Ok(Term {
        no,
        fen: Fen(fen),
        due: due
            .parse()
            .map_err(|_| anyhow::anyhow!("a term's date is malformed"))?,
        order_id,
        paid_at: paid_at.map(Time),
        refund: Fen(refund),
        refunded_at: refunded_at.map(Time),
    })
}

pub async fn insert_term(
    tx: &mut Tx,
    enrolment_id: &str,
    (no, fen, due): (i64, Fen, NaiveDate),
    order_id: Option<&str>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO enrolment_terms (enrolment_id, term, fen, due, order_id, refund_fen) VALUES ($1, $2, $3, $4, $5, 0)";
    let query = sqlx::query(sql)
        .bind(enrolment_id)
        .bind(no)
        .bind(fen.0)
        .bind(due.to_string())
        .bind(order_id);
    query.execute(&mut **tx).await?;
    Ok(())
}

async fn terms_by<'e>(db: impl Executor<'e, Database = Any>, enrolment_id: &str) -> Result<Vec<Term>> {
    let sql = "SELECT term, fen, due, order_id, paid_at, refund_fen, refunded_at FROM enrolment_terms WHERE enrolment_id = $1 ORDER BY term";
    let rows: Vec<Row> = sqlx::query_as(sql).bind(enrolment_id).fetch_all(db).await?;
    rows.into_iter().map(term_of).collect()
}

pub async fn terms(app: &App, enrolment_id: &str) -> Result<Vec<Term>> {
    terms_by(app.db.read(), enrolment_id).await
}

pub async fn terms_in(tx: &mut Tx, enrolment_id: &str) -> Result<Vec<Term>> {
    terms_by(&mut **tx, enrolment_id).await
}

/// Gives an unpaid term its order.
pub async fn set_order(tx: &mut Tx, enrolment_id: &str, term: i64, order_id: &str) -> sqlx::Result<()> {
    let sql =
        "UPDATE enrolment_terms SET order_id = $1 WHERE enrolment_id = $2 AND term = $3 AND paid_at IS NULL";
    sqlx::query(sql)
        .bind(order_id)
        .bind(enrolment_id)
        .bind(term)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether the term was unpaid until now.
pub async fn mark_paid(
    tx: &mut Tx,
    enrolment_id: &str,
    term: i64,
    order_id: &str,
    at: Time,
) -> sqlx::Result<bool> {
    let sql = "UPDATE enrolment_terms SET paid_at = $1, order_id = $2 WHERE enrolment_id = $3 AND term = $4 AND paid_at IS NULL";
    let query = sqlx::query(sql)
        .bind(at.0)
        .bind(order_id)
        .bind(enrolment_id)
        .bind(term);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

pub async fn ask_back(tx: &mut Tx, enrolment_id: &str, term: i64, fen: Fen) -> sqlx::Result<()> {
    let sql = "UPDATE enrolment_terms SET refund_fen = $1 WHERE enrolment_id = $2 AND term = $3";
    sqlx::query(sql)
        .bind(fen.0)
        .bind(enrolment_id)
        .bind(term)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether it was not back until now.
pub async fn mark_back(tx: &mut Tx, enrolment_id: &str, term: i64, now: Time) -> sqlx::Result<bool> {
    let sql = "UPDATE enrolment_terms SET refunded_at = $1 WHERE enrolment_id = $2 AND term = $3 AND refunded_at IS NULL AND refund_fen > 0";
    let query = sqlx::query(sql).bind(now.0).bind(enrolment_id).bind(term);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}
