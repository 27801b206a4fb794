//! SQL of what workers have watched.

use crate::account::watched::Watched;
use crate::app::App;
use crate::db::Tx;
use crate::kernel::Time;

pub async fn of_worker(app: &App, worker_id: &str) -> sqlx::Result<Vec<Watched>> {
    let sql = "SELECT lesson_id, position_s, duration_s, done_at FROM watched WHERE worker_id = $1 ORDER BY lesson_id";
    let rows: Vec<(String, i64, i64, Option<i64>)> = sqlx::query_as(sql)
        .bind(worker_id)
        .fetch_all(app.db.read())
        .await?;
    let watched = |(lesson_id, position_s, duration_s, done_at): (_, _, _, Option<i64>)| Watched {
        lesson_id,
        position_s,
        duration_s,
        done_at: done_at.map(Time),
    };
    Ok(rows.into_iter().map(watched).collect())
}

/// What was watched to the end stays so.
pub async fn note(tx: &mut Tx, worker_id: &str, w: &Watched, now: Time) -> sqlx::Result<()> {
    let sql = "INSERT INTO watched (worker_id, lesson_id, position_s, duration_s, done_at, updated_at) \
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (worker_id, lesson_id) DO UPDATE SET \
               position_s = excluded.position_s, duration_s = excluded.duration_s, \
               done_at = COALESCE(watched.done_at, excluded.done_at), updated_at = excluded.updated_at";
    let query = sqlx::query(sql)
        .bind(worker_id)
        .bind(&w.lesson_id)
        .bind(w.position_s);
    let query = query
        .bind(w.duration_s)
        .bind(w.done_at.map(|at| at.0))
        .bind(now.0);
    query.execute(&mut **tx).await?;
    Ok(())
}

/// Gives all of one worker's to another: what both have begun stays as the other has it, watched if either has.
pub async fn hand_on(tx: &mut Tx, from: &str, into: &str) -> sqlx::Result<()> {
    for sql in [
        "UPDATE watched SET done_at = (SELECT f.done_at FROM watched f WHERE f.worker_id = $2 AND f.lesson_id = watched.lesson_id) \
         WHERE worker_id = $1 AND done_at IS NULL AND lesson_id IN (SELECT w.lesson_id FROM watched w WHERE w.worker_id = $2)",
        "UPDATE watched SET worker_id = $1 WHERE worker_id = $2 \
         AND lesson_id NOT IN (SELECT w.lesson_id FROM watched w WHERE w.worker_id = $1)",
    ] {
        sqlx::query(sql).bind(into).bind(from).execute(&mut **tx).await?;
    }
    forget(tx, from).await
}

pub async fn forget(tx: &mut Tx, worker_id: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM watched WHERE worker_id = $1")
        .bind(worker_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
