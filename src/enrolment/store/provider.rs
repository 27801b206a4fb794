//! SQL of the provider's side.

use super::enrolments::{Row, enrolment_of, select_enrolment};
use crate::app::App;
use crate::db::Tx;
use crate::enrolment::StudyStatus;
use crate::enrolment::moves::Enrolment;
use crate::enrolment::provider::{Filter, Report};
use crate::enrolment::states::State;
use crate::error::Result;
use crate::kernel::Time;

/// The provider's, those that wait for it first, then the newest; and how many there are.
pub async fn of_provider(
    app: &App,
    provider: &str,
    filter: &Filter,
    size: i64,
) -> Result<(Vec<Enrolment>, i64)> {
    let state = filter
        .state
        .filter(|state| state.is_providers())
        .map_or("", State::as_str);
    let words = crate::kernel::text::clean(&filter.words).to_lowercase();
    let like = format!("%{}%", words.replace(['%', '_'], ""));
    let sql = select_enrolment!(
        "WHERE provider_id = $1 AND state NOT IN ('held', 'expired', 'cancelled') AND ($2 = '' OR state = $2) \
         AND ($3 = '%%' OR LOWER(number) LIKE $3 OR LOWER(applicant) LIKE $3) \
         ORDER BY CASE WHEN state = 'paid' THEN 0 ELSE 1 END, id DESC LIMIT $4 OFFSET $5"
    );
    let query = sqlx::query_as(sql)
        .bind(provider)
        .bind(state)
        .bind(&like)
        .bind(size)
        .bind(size * filter.page);
    let rows: Vec<Row> = query.fetch_all(app.db.read()).await?;
    let count = "SELECT COUNT(*) FROM enrolments WHERE provider_id = $1 AND state NOT IN ('held', 'expired', 'cancelled') \
                 AND ($2 = '' OR state = $2) AND ($3 = '%%' OR LOWER(number) LIKE $3 OR LOWER(applicant) LIKE $3)";
    let query = sqlx::query_scalar(count).bind(provider).bind(state).bind(&like);
    let total: i64 = query.fetch_one(app.db.read()).await?;
    let list: Result<Vec<Enrolment>> = rows.into_iter().map(enrolment_of).collect();
    Ok((list?, total))
}

pub async fn provider_counts(app: &App, provider: &str) -> Result<Vec<(State, i64)>> {
    let sql = "SELECT state, COUNT(*) FROM enrolments WHERE provider_id = $1 GROUP BY state";
    let rows: Vec<(String, i64)> = sqlx::query_as(sql)
        .bind(provider)
        .fetch_all(app.db.read())
        .await?;
    let count = |state: &State| {
        rows.iter()
            .find(|(name, _)| name == state.as_str())
            .map(|(_, n)| (*state, *n))
    };
    Ok(State::ALL
        .iter()
        .filter(|s| s.is_providers())
        .filter_map(count)
        .collect())
}

pub async fn insert_report(
    tx: &mut Tx,
    enrolment_id: &str,
    report: &Report,
    officer_id: &str,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO study_reports (id, enrolment_id, term, status, note, officer_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let query = sqlx::query(sql)
        .bind(&report.id)
        .bind(enrolment_id)
        .bind(report.term)
        .bind(report.status.as_str());
    query
        .bind(&report.note)
        .bind(officer_id)
        .bind(report.at.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn reports(app: &App, enrolment_id: &str) -> Result<Vec<Report>> {
    let sql = "SELECT id, term, status, note, at FROM study_reports WHERE enrolment_id = $1 ORDER BY id DESC";
    let rows: Vec<(String, i64, String, String, i64)> = sqlx::query_as(sql)
        .bind(enrolment_id)
        .fetch_all(app.db.read())
        .await?;
    let report = |(id, term, status, note, at): (String, i64, String, String, i64)| {
        let status =
            StudyStatus::parse(&status).ok_or_else(|| anyhow::anyhow!("report {id} is malformed"))?;
        Ok(Report {
            id,
            term,
            status,
            note,
            at: Time(at),
        })
    };
    rows.into_iter().map(report).collect()
}

/// A provider's programs that are not withdrawn, and its enrolments that are not settled.
pub async fn under_way(tx: &mut Tx, provider_id: &str) -> Result<(i64, i64)> {
    let programs = "SELECT COUNT(*) FROM programs WHERE provider_id = $1 AND state <> 'withdrawn'";
    let enrolments = "SELECT COUNT(*) FROM enrolments WHERE provider_id = $1 AND state IN ('held', 'paid', 'admitted', 'refunding')";
    let programs = sqlx::query_scalar(programs)
        .bind(provider_id)
        .fetch_one(&mut **tx)
        .await?;
    let enrolments = sqlx::query_scalar(enrolments)
        .bind(provider_id)
        .fetch_one(&mut **tx)
        .await?;
    Ok((programs, enrolments))
}
