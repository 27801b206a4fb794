//! SQL of institutions, programs, their seats and keys, and favourites.

use crate::app::App;
use crate::db::Tx;
use crate::enrolment::{Intake, Level, Program, ProgramState, RefundRules, StudyForm, pinyin};
use crate::error::Result;
use crate::kernel::{Fen, Time};
use std::collections::BTreeSet;

type Bound<'q> = sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>;

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    code: String,
    institution: String,
    provider_id: String,
    provider: String,
    level: String,
    form: String,
    major: String,
    months: i64,
    fee_fen: i64,
    terms: String,
    place: String,
    distance: i64,
    refunds: String,
    about: String,
    state: String,
    sample: i64,
    version: i64,
}

macro_rules! select_program {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.code, i.name AS institution, p.provider_id, u.name AS provider, p.level, p.form, p.major, ",
            "p.months, p.fee_fen, p.terms, p.place, p.distance, p.refunds, p.about, p.state, p.sample, p.version ",
            "FROM programs p JOIN institutions i ON i.id = p.institution_id JOIN unions u ON u.id = p.provider_id ",
            $rest
        )
    };
}

pub(super) fn unknown(id: &str) -> anyhow::Error {
    anyhow::anyhow!("program {id} is malformed")
}

fn program_of(row: Row, intakes: Vec<Intake>) -> Result<Program> {
    let json = anyhow::Error::from;
    let refunds: RefundRules = serde_json::from_str(&row.refunds).map_err(json)?;
    Ok(Program {
        level: Level::parse(&row.level).ok_or_else(|| unknown(&row.id))?,
        form: StudyForm::parse(&row.form).ok_or_else(|| unknown(&row.id))?,
        state: ProgramState::parse(&row.state).ok_or_else(|| unknown(&row.id))?,
        terms: serde_json::from_str(&row.terms).map_err(json)?,
        refunds,
        id: row.id,
        code: row.code,
        institution: row.institution,
        provider: (row.provider_id, row.provider),
        major: row.major,
        months: row.months,
        fee: Fen(row.fee_fen),
        place: row.place,
        distance: row.distance == 1,
        about: row.about,
        sample: row.sample == 1,
        version: row.version,
        intakes,
    })
}

async fn intakes(app: &App, program_id: &str) -> Result<Vec<Intake>> {
    let sql = "SELECT id, entry_date, enrol_until, seats, taken FROM program_intakes WHERE program_id = $1 ORDER BY entry_date";
    let rows: Vec<(String, String, i64, i64, i64)> = sqlx::query_as(sql)
        .bind(program_id)
        .fetch_all(app.db.read())
        .await?;
    let intake = |(id, entry, until, seats, taken): (String, String, i64, i64, i64)| {
        let entry = entry.parse().map_err(anyhow::Error::from)?;
        let until = Time(until);
        Ok(Intake {
            id,
            entry,
            until,
            seats,
            taken,
        })
    };
    rows.into_iter().map(intake).collect()
}

async fn with_intakes(app: &App, row: Option<Row>) -> Result<Option<Program>> {
    match row {
        Some(row) => {
            let intakes = intakes(app, &row.id).await?;
            program_of(row, intakes).map(Some)
        }
        None => Ok(None),
    }
}

pub async fn program(app: &App, id: &str) -> Result<Option<Program>> {
    let query = sqlx::query_as(select_program!("WHERE p.id = $1")).bind(id);
    with_intakes(app, query.fetch_optional(app.db.read()).await?).await
}

pub async fn program_by_code(app: &App, code: &str) -> Result<Option<Program>> {
    let query = sqlx::query_as(select_program!("WHERE p.code = $1")).bind(code);
    with_intakes(app, query.fetch_optional(app.db.read()).await?).await
}

/// For the office: all states, by what a code, an institution or a major contains.
pub async fn programs(app: &App, words: &str, limit: i64, offset: i64) -> Result<(Vec<Program>, i64)> {
    let word = pinyin::plain(words);
    let end = pinyin::range_end(&word);
    let sql = select_program!(
        "WHERE ($1 = '' OR p.id IN (SELECT program_id FROM program_keys WHERE word >= $1 AND word < $2)) \
         ORDER BY p.state DESC, p.code LIMIT $3 OFFSET $4"
    );
    let query = sqlx::query_as(sql)
        .bind(&word)
        .bind(&end)
        .bind(limit)
        .bind(offset);
    let rows: Vec<Row> = query.fetch_all(app.db.read()).await?;
    let count = "SELECT COUNT(*) FROM programs p WHERE $1 = '' OR p.id IN (SELECT program_id FROM program_keys WHERE word >= $1 AND word < $2)";
    let total: i64 = sqlx::query_scalar(count)
        .bind(&word)
        .bind(&end)
        .fetch_one(app.db.read())
        .await?;
    let mut programs = Vec::with_capacity(rows.len());
    for row in rows {
        let intakes = intakes(app, &row.id).await?;
        programs.push(program_of(row, intakes)?);
    }
    Ok((programs, total))
}

/// The institution's id; made when it is not there.
pub async fn institution(tx: &mut Tx, app: &App, name: &str, place: &str) -> sqlx::Result<String> {
    let sql = "INSERT INTO institutions (id, name, place, about, created_at) VALUES ($1, $2, $3, '', $4) ON CONFLICT (name) DO NOTHING";
    let query = sqlx::query(sql)
        .bind(app.id())
        .bind(name)
        .bind(place)
        .bind(app.now().0);
    query.execute(&mut **tx).await?;
    sqlx::query_scalar("SELECT id FROM institutions WHERE name = $1")
        .bind(name)
        .fetch_one(&mut **tx)
        .await
}

/// Names, places and words of the institutions, with how many programs each has.
pub async fn institutions(app: &App) -> sqlx::Result<Vec<(String, String, String, String, i64)>> {
    let sql = "SELECT i.id, i.name, i.place, i.about, (SELECT COUNT(*) FROM programs p WHERE p.institution_id = i.id) \
               FROM institutions i ORDER BY i.name";
    sqlx::query_as(sql).fetch_all(app.db.read()).await
}

/// Whether there is such an institution.
pub async fn describe_institution(tx: &mut Tx, id: &str, place: &str, about: &str) -> sqlx::Result<bool> {
    let query = sqlx::query("UPDATE institutions SET place = $1, about = $2 WHERE id = $3")
        .bind(place)
        .bind(about)
        .bind(id);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// What the page of a program says of its institution.
pub async fn about_institution(app: &App, name: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT about FROM institutions WHERE name = $1")
        .bind(name)
        .fetch_optional(app.db.read())
        .await
}

fn json(value: &impl serde::Serialize) -> String {
    // Lists of numbers always become JSON.
    serde_json::to_string(value).unwrap_or_default()
}

fn first_entry(program: &Program) -> String {
    program
        .intakes
        .first()
        .map_or_else(String::new, |intake| intake.entry.to_string())
}

/// A new program; `institution_id` is its institution's.
pub async fn insert_program(
    tx: &mut Tx,
    program: &Program,
    institution_id: &str,
    now: Time,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO programs (id, code, institution_id, provider_id, level, form, major, months, fee_fen, terms, place, \
               distance, refunds, about, state, sample, first_entry, version, created_at, updated_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 1, $18, $18)";
    let query = sqlx::query(sql)
        .bind(&program.id)
        .bind(&program.code)
        .bind(institution_id)
        .bind(&program.provider.0);
    let query = described(query, program)
        .bind(program.state.as_str())
        .bind(i64::from(program.sample))
        .bind(first_entry(program));
    query.bind(now.0).execute(&mut **tx).await?;
    Ok(())
}

/// Binds what a program is, level to about, in the order of both statements.
fn described<'q>(query: Bound<'q>, program: &'q Program) -> Bound<'q> {
    let query = query
        .bind(program.level.as_str())
        .bind(program.form.as_str())
        .bind(&program.major);
    let query = query
        .bind(program.months)
        .bind(program.fee.0)
        .bind(json(&program.terms))
        .bind(&program.place);
    query
        .bind(i64::from(program.distance))
        .bind(json(&program.refunds))
        .bind(&program.about)
}

/// Whether the program was still of the version that was seen.
pub async fn update_program(
    tx: &mut Tx,
    program: &Program,
    institution_id: &str,
    now: Time,
) -> sqlx::Result<bool> {
    let sql = "UPDATE programs SET institution_id = $2, provider_id = $3, level = $4, form = $5, major = $6, months = $7, \
               fee_fen = $8, terms = $9, place = $10, distance = $11, refunds = $12, about = $13, state = $14, first_entry = $15, \
               updated_at = $16, version = version + 1 WHERE id = $1 AND version = $17";
    let query = sqlx::query(sql)
        .bind(&program.id)
        .bind(institution_id)
        .bind(&program.provider.0);
    let query = described(query, program)
        .bind(program.state.as_str())
        .bind(first_entry(program))
        .bind(now.0)
        .bind(program.version);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Whether the program was still of the version that was seen.
pub async fn set_program_state(
    tx: &mut Tx,
    program: &Program,
    state: ProgramState,
    now: Time,
) -> sqlx::Result<bool> {
    let sql = "UPDATE programs SET state = $1, updated_at = $2, version = version + 1 WHERE id = $3 AND version = $4";
    let query = sqlx::query(sql)
        .bind(state.as_str())
        .bind(now.0)
        .bind(&program.id)
        .bind(program.version);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Sets an intake's seats; not below what is taken. Whether they could be set.
pub async fn set_intake(tx: &mut Tx, program_id: &str, intake: &Intake) -> sqlx::Result<bool> {
    let sql = "INSERT INTO program_intakes (id, program_id, entry_date, enrol_until, seats, taken) VALUES ($1, $2, $3, $4, $5, 0) \
               ON CONFLICT (program_id, entry_date) DO UPDATE SET seats = excluded.seats, enrol_until = excluded.enrol_until \
               WHERE program_intakes.taken <= excluded.seats";
    let query = sqlx::query(sql)
        .bind(&intake.id)
        .bind(program_id)
        .bind(intake.entry.to_string());
    let query = query.bind(intake.until.0).bind(intake.seats);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Until when an intake can be enrolled in.
pub async fn set_until(tx: &mut Tx, intake_id: &str, until: Time) -> sqlx::Result<()> {
    let query = sqlx::query("UPDATE program_intakes SET enrol_until = $1 WHERE id = $2")
        .bind(until.0)
        .bind(intake_id);
    query.execute(&mut **tx).await?;
    Ok(())
}

/// Drops an intake nobody ever enrolled in; whether it is gone.
pub async fn drop_intake(tx: &mut Tx, intake_id: &str) -> sqlx::Result<bool> {
    let sql = "DELETE FROM program_intakes WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM enrolments WHERE intake_id = $1)";
    match sqlx::query(sql).bind(intake_id).execute(&mut **tx).await {
        // On PostgreSQL: somebody enrols at this moment.
        Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => Ok(false),
        other => Ok(other?.rows_affected() == 1),
    }
}

/// Writes the keys that a program is found by.
pub async fn set_keys(tx: &mut Tx, program: &Program) -> sqlx::Result<()> {
    let query = sqlx::query("DELETE FROM program_keys WHERE program_id = $1").bind(&program.id);
    query.execute(&mut **tx).await?;
    let mut words = BTreeSet::new();
    let of = [
        program.institution.as_str(),
        &program.major,
        &program.provider.1,
        &program.place,
        program.level.as_str(),
        program.form.as_str(),
        &program.code,
        if program.distance { "远程线上" } else { "" },
    ];
    of.iter().for_each(|name| pinyin::keys(name, &mut words));
    // One statement for all: hundreds of keys a program, thousands of programs in an import.
    let list: Vec<&String> = words.iter().filter(|word| !word.is_empty()).collect();
    for chunk in list.chunks(100) {
        let rows: Vec<String> = (0..chunk.len()).map(|n| format!("($1, ${})", n + 2)).collect();
        let sql = format!(
            "INSERT INTO program_keys (program_id, word) VALUES {}",
            rows.join(", ")
        );
        // Placeholders only: nothing of anybody's text is in the statement.
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&program.id);
        for word in chunk {
            query = query.bind(*word);
        }
        query.execute(&mut **tx).await?;
    }
    Ok(())
}
