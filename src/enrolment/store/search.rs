//! SQL of the search and of favourites.

use super::catalogue::unknown;
use crate::app::App;
use crate::db::Tx;
use crate::enrolment::search::{FEE_MAX, Hit, Page, Query, Sort};
use crate::enrolment::{Level, StudyForm, pinyin};
use crate::error::Result;
use crate::kernel::{Fen, Time};
use sqlx::{Any, AssertSqlSafe, Executor};

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

/// The programs with a key in a range.
macro_rules! words_in {
    ($from:literal, $to:literal) => {
        concat!(
            "(SELECT program_id FROM program_keys WHERE word >= ",
            $from,
            " AND word < ",
            $to,
            ")"
        )
    };
}

/// The inner select filters, counts and cuts; the outer one looks up what only the shown rows need. Only what is asked for
/// stands in it (`$1` now, `$2` level, `$3` form, `$4` `$5` fee, `$6` distance, `$7` … `$12` ranges of three words, `$13` how
/// many, `$14` after how many): a condition that is always true costs PostgreSQL the plan.
fn statement(query: &Query, words: usize) -> String {
    let mut filter = String::new();
    for (asked, condition) in [
        (query.level.is_some(), " AND p.level = $2"),
        (query.form.is_some(), " AND p.form = $3"),
        (
            query.fee != (Fen(0), FEE_MAX),
            " AND p.fee_fen >= $4 AND p.fee_fen <= $5",
        ),
        (query.distance, " AND p.distance >= $6"),
        (words > 0, concat!(" AND p.id IN ", words_in!("$7", "$8"))),
        (words > 1, concat!(" AND p.id IN ", words_in!("$9", "$10"))),
        (words > 2, concat!(" AND p.id IN ", words_in!("$11", "$12"))),
    ] {
        if asked {
            filter.push_str(condition);
        }
    }
    let (inner, outer) = match query.sort {
        Sort::Entry => ("p.first_entry, p.fee_fen, p.id", "f.first_entry, f.fee_fen, f.id"),
        Sort::Fee => ("p.fee_fen, p.first_entry, p.id", "f.fee_fen, f.first_entry, f.id"),
    };
    format!(
        "SELECT f.id, i.name AS institution, u.name AS provider, f.level, f.form, f.major, f.months, f.fee_fen, f.place, f.distance, \
         f.sample, (SELECT MIN(n.entry_date) FROM program_intakes n WHERE n.program_id = f.id AND n.enrol_until >= $1) AS next_entry, \
         (SELECT CAST(COALESCE(SUM(n.seats - n.taken), 0) AS BIGINT) FROM program_intakes n \
          WHERE n.program_id = f.id AND n.enrol_until >= $1) AS seats_left, f.total \
         FROM (SELECT p.id, p.institution_id, p.provider_id, p.level, p.form, p.major, p.months, p.fee_fen, p.place, p.distance, p.sample, \
          p.first_entry, CAST(COUNT(*) OVER () AS BIGINT) AS total FROM programs p WHERE p.state = 'open' \
          AND EXISTS (SELECT 1 FROM program_intakes n WHERE n.program_id = p.id AND n.enrol_until >= $1){filter} \
          ORDER BY {inner} LIMIT $13 OFFSET $14) f \
         JOIN institutions i ON i.id = f.institution_id JOIN unions u ON u.id = f.provider_id ORDER BY {outer}"
    )
}

/// A page of what can be enrolled in now, and how many there are in all.
pub async fn search(app: &App, query: &Query, page: Page) -> Result<(Vec<Hit>, i64)> {
    let words = pinyin::words(&query.words, 3);
    let word = |n: usize| words.get(n).cloned().unwrap_or_default();
    // Safe: only constants are put together.
    let sql = sqlx::query_as(AssertSqlSafe(statement(query, words.len()))).bind(app.now().0);
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
    let sql = sql.bind(page.size).bind(page.size * page.no);
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
