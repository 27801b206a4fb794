//! SQL of the search and of favourites.

use super::catalogue::unknown;
use crate::app::App;
use crate::db::Tx;
use crate::enrolment::search::{Hit, Page, Query};
use crate::enrolment::{Level, StudyForm, pinyin};
use crate::error::Result;
use crate::kernel::{Fen, Time};
use sqlx::{Any, Executor};

#[derive(sqlx::FromRow)]
struct HitRow {
    id: String,
    institution: String,
    provider: String,
    level: String,
    form: String,
    major: String,
    months: i64,
    fee_fen: i64,
    place: String,
    distance: i64,
    sample: i64,
    next_entry: Option<String>,
    seats_left: i64,
    total: i64,
}

/// The inner select filters, counts and cuts; the outer one looks up what only the shown rows need.
const SEARCH: &str = "SELECT f.id, i.name AS institution, u.name AS provider, f.level, f.form, f.major, f.months, f.fee_fen, f.place, \
    f.distance, f.sample, (SELECT MIN(n.entry_date) FROM program_intakes n WHERE n.program_id = f.id AND n.enrol_until >= $1) AS next_entry, \
    (SELECT CAST(COALESCE(SUM(n.seats - n.taken), 0) AS BIGINT) FROM program_intakes n WHERE n.program_id = f.id AND n.enrol_until >= $1) AS seats_left, \
    f.total FROM (SELECT p.id, p.institution_id, p.provider_id, p.level, p.form, p.major, p.months, p.fee_fen, p.place, p.distance, p.sample, \
    p.first_entry, CAST(COUNT(*) OVER () AS BIGINT) AS total FROM programs p WHERE p.state = 'open' \
    AND EXISTS (SELECT 1 FROM program_intakes n WHERE n.program_id = p.id AND n.enrol_until >= $1) \
    AND ($2 = '' OR p.level = $2) AND ($3 = '' OR p.form = $3) AND p.fee_fen >= $4 AND p.fee_fen <= $5 AND p.distance >= $6 \
    AND ($7 = '' OR p.id IN (SELECT program_id FROM program_keys WHERE word >= $7 AND word < $8)) \
    AND ($9 = '' OR p.id IN (SELECT program_id FROM program_keys WHERE word >= $9 AND word < $10)) \
    AND ($11 = '' OR p.id IN (SELECT program_id FROM program_keys WHERE word >= $11 AND word < $12)) \
    ORDER BY CASE WHEN $13 = 'fee' THEN p.fee_fen ELSE 0 END, p.first_entry, p.fee_fen, p.id LIMIT $14 OFFSET $15) f \
    JOIN institutions i ON i.id = f.institution_id JOIN unions u ON u.id = f.provider_id \
    ORDER BY CASE WHEN $13 = 'fee' THEN f.fee_fen ELSE 0 END, f.first_entry, f.fee_fen, f.id";

/// A page of what can be enrolled in now, and how many there are in all.
pub async fn search(app: &App, query: &Query, page: Page) -> Result<(Vec<Hit>, i64)> {
    let words = pinyin::words(&query.words, 3);
    let word = |n: usize| words.get(n).cloned().unwrap_or_default();
    let sql = sqlx::query_as(SEARCH).bind(app.now().0);
    let sql = sql
        .bind(query.level.map_or("", Level::as_str))
        .bind(query.form.map_or("", StudyForm::as_str));
    let sql = sql
        .bind(query.fee.0.0)
        .bind(query.fee.1.0)
        .bind(i64::from(query.distance));
    let sql = sql.bind(word(0)).bind(pinyin::range_end(&word(0)));
    let sql = sql.bind(word(1)).bind(pinyin::range_end(&word(1)));
    let sql = sql.bind(word(2)).bind(pinyin::range_end(&word(2)));
    let sql = sql
        .bind(query.sort.as_str())
        .bind(page.size)
        .bind(page.size * page.no);
    let rows: Vec<HitRow> = sql.fetch_all(app.db.read()).await?;
    let total = rows.first().map_or(0, |row| row.total);
    let hits: Result<Vec<Hit>> = rows.into_iter().map(hit).collect();
    Ok((hits?, total))
}

fn hit(row: HitRow) -> Result<Hit> {
    Ok(Hit {
        level: Level::parse(&row.level).ok_or_else(|| unknown(&row.id))?,
        form: StudyForm::parse(&row.form).ok_or_else(|| unknown(&row.id))?,
        entry: row.next_entry.and_then(|entry| entry.parse().ok()),
        id: row.id,
        institution: row.institution,
        provider: row.provider,
        major: row.major,
        months: row.months,
        fee: Fen(row.fee_fen),
        place: row.place,
        distance: row.distance == 1,
        sample: row.sample == 1,
        left: row.seats_left,
    })
}

pub async fn is_favourite(app: &App, worker_id: &str, program_id: &str) -> sqlx::Result<bool> {
    let sql = "SELECT COUNT(*) FROM favourites WHERE worker_id = $1 AND program_id = $2";
    let found: i64 = sqlx::query_scalar(sql)
        .bind(worker_id)
        .bind(program_id)
        .fetch_one(app.db.read())
        .await?;
    Ok(found > 0)
}

pub async fn favourites<'e>(
    db: impl Executor<'e, Database = Any>,
    worker_id: &str,
) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT program_id FROM favourites WHERE worker_id = $1 ORDER BY at DESC";
    sqlx::query_scalar(sql).bind(worker_id).fetch_all(db).await
}

pub async fn add_favourite(tx: &mut Tx, worker_id: &str, program_id: &str, now: Time) -> sqlx::Result<()> {
    let sql = "INSERT INTO favourites (worker_id, program_id, at) VALUES ($1, $2, $3) ON CONFLICT (worker_id, program_id) DO NOTHING";
    sqlx::query(sql)
        .bind(worker_id)
        .bind(program_id)
        .bind(now.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn drop_favourite(tx: &mut Tx, worker_id: &str, program_id: &str) -> sqlx::Result<()> {
    let sql = "DELETE FROM favourites WHERE worker_id = $1 AND program_id = $2";
    sqlx::query(sql)
        .bind(worker_id)
        .bind(program_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
