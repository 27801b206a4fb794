//! SQL of enrolments whose account is joined to another or closed.

use super::enrolments::{Row, enrolment_of, select_enrolment};
use crate::db::Tx;
use crate::enrolment::Enrolment;
use crate::error::Result;
use crate::kernel::Time;

pub async fn of_worker_in(tx: &mut Tx, worker_id: &str) -> Result<Vec<Enrolment>> {
    let sql = select_enrolment!("WHERE worker_id = $1 ORDER BY id");
    let rows: Vec<Row> = sqlx::query_as(sql).bind(worker_id).fetch_all(&mut **tx).await?;
    rows.into_iter().map(enrolment_of).collect()
}

/// One that the unique rules (`enrolments_one_open`, `enrolments_one_held`) would not let stand beside another's.
pub async fn in_the_way(tx: &mut Tx, from: &str, into: &str) -> sqlx::Result<Option<String>> {
    let sql = "SELECT a.number FROM enrolments a JOIN enrolments b ON b.worker_id = $2 AND ((a.state = 'held' AND b.state = 'held') \
               OR (a.intake_id = b.intake_id AND a.state IN ('held', 'paid', 'admitted', 'completed') \
               AND b.state IN ('held', 'paid', 'admitted', 'completed'))) WHERE a.worker_id = $1 ORDER BY a.id LIMIT 1";
    sqlx::query_scalar(sql)
        .bind(from)
        .bind(into)
        .fetch_optional(&mut **tx)
        .await
}

/// Enrolments, favourites and what was typed last. The version goes up: who decides on what was seen before sees it again.
pub async fn hand_over(tx: &mut Tx, from: &str, into: &str, now: Time) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE enrolments SET worker_id = $1, version = version + 1, updated_at = $2 WHERE worker_id = $3",
    )
    .bind(into)
    .bind(now.0)
    .bind(from)
    .execute(&mut **tx)
    .await?;
    for sql in [
        "UPDATE favourites SET worker_id = $1 WHERE worker_id = $2 \
         AND program_id NOT IN (SELECT f.program_id FROM favourites f WHERE f.worker_id = $1)",
        "UPDATE enrolment_basics SET worker_id = $1 WHERE worker_id = $2 \
         AND NOT EXISTS (SELECT 1 FROM enrolment_basics b WHERE b.worker_id = $1)",
    ] {
        sqlx::query(sql).bind(into).bind(from).execute(&mut **tx).await?;
    }
    forget_typed(tx, from).await
}

/// Favourites and the basic data typed last go.
pub async fn forget_typed(tx: &mut Tx, worker_id: &str) -> sqlx::Result<()> {
    for sql in [
        "DELETE FROM favourites WHERE worker_id = $1",
        "DELETE FROM enrolment_basics WHERE worker_id = $1",
    ] {
        sqlx::query(sql).bind(worker_id).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Leaves name and data as given; the worker's own words of why go too.
pub async fn blank(tx: &mut Tx, id: &str, applicant: &str, sealed: &str, now: Time) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE enrolments SET applicant = $1, basics_sealed = $2, version = version + 1, updated_at = $3 WHERE id = $4",
    )
    .bind(applicant)
    .bind(sealed)
    .bind(now.0)
    .bind(id)
    .execute(&mut **tx)
    .await?;
    let words =
        "UPDATE enrolment_events SET note = '' WHERE enrolment_id = $1 AND event IN ('refund_asked', 'left')";
    sqlx::query(words).bind(id).execute(&mut **tx).await?;
    Ok(())
}
