//! SQL of applications and claims; documents and the timeline beside it.

mod claims;
mod conflicts;
mod documents;
mod enrolments;
mod erasure;
mod events;
mod keys;
mod live;
mod reorganise;
mod standing;
mod tally;

pub use claims::*;
pub use conflicts::*;
pub use documents::*;
pub use enrolments::*;
pub use erasure::*;
pub use events::*;
pub use keys::*;
pub use live::*;
pub use reorganise::*;
pub use standing::*;
pub use tally::*;

use super::Level;
use super::moves::{Application, Move};
use super::states::{Event, State};
use crate::app::App;
use crate::db::{self, Tx};
use crate::error::Result;
use crate::kernel::Time;
use sqlx::AssertSqlSafe;

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    worker_id: String,
    intake_id: String,
    campaign_id: String,
    union_id: Option<String>,
    unit_id: Option<String>,
    state: String,
    step: i64,
    holder_id: Option<String>,
    since: i64,
    number: Option<String>,
    seq: Option<i64>,
    submitted_at: Option<i64>,
    applicant: String,
    level: String,
    institution: String,
    form_sealed: String,
    form_version: i64,
    printed_version: i64,
    checked_version: i64,
    version: i64,
    updated_at: i64,
}

/// The one list of an application's columns; SQL text must be one literal, hence a macro.
macro_rules! select_application {
    ($rest:literal) => {
        concat!(
            "SELECT id, worker_id, intake_id, campaign_id, union_id, unit_id, state, step, holder_id, since, number, seq, ",
            "submitted_at, applicant, level, institution, form_sealed, form_version, printed_version, checked_version, ",
            "version, updated_at FROM applications ",
            $rest
        )
    };
}

use select_application;

impl Row {
    fn into_application(self) -> Result<Application> {
        let state = State::parse(&self.state)
            .ok_or_else(|| anyhow::anyhow!("application {} has an unknown state", self.id))?;
        Ok(Application {
            state,
            step: usize::try_from(self.step).map_err(anyhow::Error::from)?,
            since: Time(self.since),
            submitted_at: self.submitted_at.map(Time),
            level: Level::parse(&self.level),
            updated_at: Time(self.updated_at),
            id: self.id,
            worker_id: self.worker_id,
            intake_id: self.intake_id,
            campaign_id: self.campaign_id,
            union_id: self.union_id,
            unit_id: self.unit_id,
            holder_id: self.holder_id,
            number: self.number,
            seq: self.seq,
            applicant: self.applicant,
            institution: self.institution,
            form_sealed: self.form_sealed,
            form_version: self.form_version,
            printed_version: self.printed_version,
            checked_version: self.checked_version,
            version: self.version,
        })
    }
}

pub async fn application(app: &App, id: &str) -> Result<Option<Application>> {
    let row: Option<Row> = sqlx::query_as(select_application!("WHERE id = $1"))
        .bind(id)
        .fetch_optional(app.db.read())
        .await?;
    row.map(Row::into_application).transpose()
}

pub async fn applications(app: &App, ids: &[&str]) -> Result<Vec<Application>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "{}WHERE id IN ({})",
        select_application!(""),
        db::list(1, ids.len())
    );
    // Safe: only marks are put in.
    let query = sqlx::query_as(AssertSqlSafe(sql));
    let query = ids.iter().fold(query, |query, id| query.bind((*id).to_owned()));
    let rows: Vec<Row> = query.fetch_all(app.db.read()).await?;
    rows.into_iter().map(Row::into_application).collect()
}

const OF_WORKER: &str = select_application!(
    "WHERE worker_id = $1 ORDER BY CASE WHEN state IN ('withdrawn', 'rejected', 'expired') THEN 1 ELSE 0 END, id DESC"
);

pub async fn of_worker(app: &App, worker_id: &str) -> Result<Vec<Application>> {
    let rows: Vec<Row> = sqlx::query_as(OF_WORKER)
        .bind(worker_id)
        .fetch_all(app.db.read())
        .await?;
    rows.into_iter().map(Row::into_application).collect()
}

pub async fn open_of(app: &App, worker_id: &str, intake_id: &str) -> Result<Option<Application>> {
    let sql = select_application!(
        "WHERE worker_id = $1 AND intake_id = $2 AND state NOT IN ('withdrawn', 'rejected', 'expired') \
         ORDER BY CASE WHEN state = 'draft' THEN 1 ELSE 0 END, id LIMIT 1"
    );
    let row: Option<Row> = sqlx::query_as(sql)
        .bind(worker_id)
        .bind(intake_id)
        .fetch_optional(app.db.read())
        .await?;
    row.map(Row::into_application).transpose()
}

/// The first in a unit's waiting list, by order of submission; read under the unit's lock.
pub async fn first_waiting(tx: &mut Tx, campaign_id: &str, unit_id: &str) -> Result<Option<Application>> {
    let sql = select_application!(
        "WHERE campaign_id = $1 AND unit_id = $2 AND state IN ('waitlisted', 'recalled_waiting') ORDER BY seq LIMIT 1"
    );
    let row: Option<Row> = sqlx::query_as(sql)
        .bind(campaign_id)
        .bind(unit_id)
        .fetch_optional(&mut **tx)
        .await?;
    row.map(Row::into_application).transpose()
}

/// What time ends at this moment, unit by unit: first those who wait and have no review left, then what was returned or taken
/// back and not submitted again.
pub async fn overdue(app: &App, now: Time, limit: i64) -> Result<Vec<Application>> {
    let sql = select_application!(
        "WHERE (state = 'returned' AND intake_id IN (SELECT id FROM intakes WHERE review_until < $1)) \
         OR (state IN ('recalled', 'recalled_waiting') AND intake_id IN (SELECT id FROM intakes WHERE apply_until < $1)) \
         OR (state = 'waitlisted' AND intake_id IN (SELECT own.id FROM intakes own WHERE NOT EXISTS \
         (SELECT 1 FROM intakes later WHERE later.campaign_id = own.campaign_id AND later.apply_from >= own.apply_from \
         AND later.review_until >= $1))) \
         ORDER BY CASE WHEN state = 'waitlisted' THEN 0 ELSE 1 END, campaign_id, unit_id, id LIMIT $2"
    );
    let rows: Vec<Row> = sqlx::query_as(sql)
        .bind(now.0)
        .bind(limit)
        .fetch_all(app.db.read())
        .await?;
    rows.into_iter().map(Row::into_application).collect()
}

/// Carries an application that was just moved over into another intake of its campaign (ADR 0028).
pub async fn carry_over(tx: &mut Tx, id: &str, intake_id: &str, since: Time) -> sqlx::Result<()> {
    let sql = "UPDATE applications SET carried_from = intake_id, intake_id = $1, since = $2 WHERE id = $3";
    sqlx::query(sql)
        .bind(intake_id)
        .bind(since.0)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn waiting_position(app: &App, campaign_id: &str, unit_id: &str, seq: i64) -> sqlx::Result<i64> {
    let sql = "SELECT COUNT(*) FROM applications WHERE campaign_id = $1 AND unit_id = $2 AND state IN ('waitlisted', 'recalled_waiting') AND seq <= $3";
    sqlx::query_scalar(sql)
        .bind(campaign_id)
        .bind(unit_id)
        .bind(seq)
        .fetch_one(app.db.read())
        .await
}

/// A draft to be made.
pub struct NewDraft<'a> {
    pub id: String,
    pub number: String,
    pub worker_id: &'a str,
    pub intake_id: &'a str,
    pub campaign_id: &'a str,
    pub union_id: Option<&'a str>,
    pub unit_id: Option<&'a str>,
    pub applicant: &'a str,
    pub level: &'a str,
    pub institution: &'a str,
    pub form_sealed: String,
    pub now: Time,
}

pub async fn insert_draft(tx: &mut Tx, draft: &NewDraft<'_>) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO applications (id, worker_id, intake_id, campaign_id, union_id, unit_id, state, step, since, applicant, level, \
         institution, form_sealed, form_version, printed_version, checked_version, version, created_at, updated_at, number) \
         VALUES ($1, $2, $3, $4, $5, $6, 'draft', 0, $7, $8, $9, $10, $11, 1, 0, 0, 1, $7, $7, $12)",
    )
    .bind(&draft.id)
    .bind(draft.worker_id)
    .bind(draft.intake_id)
    .bind(draft.campaign_id)
    .bind(draft.union_id)
    .bind(draft.unit_id)
    .bind(draft.now.0)
    .bind(draft.applicant)
    .bind(draft.level)
    .bind(draft.institution)
    .bind(&draft.form_sealed)
    .bind(&draft.number)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The state's columns and what a submission gives, of the rows that still are as they were seen; gives how many.
pub async fn move_rows(
    tx: &mut Tx,
    seen: &[&Application],
    state: State,
    to: &Move<'_>,
    seq: Option<i64>,
    now: Time,
) -> sqlx::Result<u64> {
    let rows: Vec<String> = (0..seen.len())
        .map(|n| format!("id = ${} AND version = ${}", 9 + 2 * n, 10 + 2 * n))
        .collect();
    let sql = format!(
        "UPDATE applications SET state = $1, step = $2, holder_id = $3, since = $4, updated_at = $4, version = version + 1, \
         seq = COALESCE($5, seq), submitted_at = COALESCE($6, submitted_at), returns = returns + $7, \
         checked_at = CASE WHEN $8 = 1 THEN 0 ELSE checked_at END WHERE {}",
        rows.join(" OR ")
    );
    // Safe: only marks are put in.
    let query = sqlx::query(AssertSqlSafe(sql))
        .bind(state.as_str())
        .bind(to.step as i64)
        .bind(to.holder_id)
        .bind(now.0)
        .bind(seq)
        .bind(seq.map(|_| now.0))
        .bind(i64::from(to.event == Event::Returned))
        .bind(i64::from(to.event.submits()));
    let query = seen.iter().fold(query, |query, seen| {
        query.bind(seen.id.as_str()).bind(seen.version)
    });
    Ok(query.execute(&mut **tx).await?.rows_affected())
}

pub async fn set_union(
    tx: &mut Tx,
    seen: &Application,
    (union_id, unit_id): (&str, &str),
    form_version: i64,
    now: Time,
) -> sqlx::Result<bool> {
    let sql = "UPDATE applications SET union_id = $1, unit_id = $2, form_version = $6, updated_at = $3, version = version + 1 \
               WHERE id = $4 AND version = $5";
    let query = sqlx::query(sql)
        .bind(union_id)
        .bind(unit_id)
        .bind(now.0)
        .bind(&seen.id)
        .bind(seen.version)
        .bind(form_version);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// The form's columns.
pub struct SavedForm<'a> {
    pub applicant: &'a str,
    pub level: &'a str,
    pub institution: &'a str,
    pub form_sealed: String,
    pub form_version: i64,
}

pub async fn save_form(
    tx: &mut Tx,
    seen: &Application,
    form: &SavedForm<'_>,
    now: Time,
) -> sqlx::Result<bool> {
    let query = sqlx::query(
        "UPDATE applications SET applicant = $1, level = $2, institution = $3, form_sealed = $4, form_version = $5, updated_at = $6, \
         version = version + 1 WHERE id = $7 AND version = $8",
    )
    .bind(form.applicant)
    .bind(form.level)
    .bind(form.institution)
    .bind(&form.form_sealed)
    .bind(form.form_version)
    .bind(now.0)
    .bind(&seen.id)
    .bind(seen.version);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

pub async fn touch(tx: &mut Tx, seen: &Application, now: Time) -> sqlx::Result<bool> {
    // Several uploads of one worker may run at once: what matters is that the state is still the one seen.
    let sql = "UPDATE applications SET updated_at = $1, version = version + 1 WHERE id = $2 AND state = $3 AND form_version = $4";
    let query = sqlx::query(sql)
        .bind(now.0)
        .bind(&seen.id)
        .bind(seen.state.as_str())
        .bind(seen.form_version);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Marks the version that was seen as printed, if the row is still as it was at that moment.
pub async fn mark_printed(tx: &mut Tx, seen: &Application) -> sqlx::Result<bool> {
    let sql =
        "UPDATE applications SET printed_version = $1 WHERE id = $2 AND form_version = $1 AND version = $3";
    let query = sqlx::query(sql)
        .bind(seen.form_version)
        .bind(&seen.id)
        .bind(seen.version);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Keeps the position on the waiting list with which an application was just submitted; read and written under
/// the unit's lock.
pub async fn note_wait(
    tx: &mut Tx,
    id: &str,
    campaign_id: &str,
    unit_id: &str,
    seq: i64,
) -> sqlx::Result<()> {
    let sql = "UPDATE applications SET waited_as = (SELECT COUNT(*) FROM applications w WHERE w.campaign_id = $1 \
               AND w.unit_id = $2 AND w.state IN ('waitlisted', 'recalled_waiting') AND w.seq <= $3) WHERE id = $4";
    sqlx::query(sql)
        .bind(campaign_id)
        .bind(unit_id)
        .bind(seq)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn waited_as(app: &App, id: &str) -> sqlx::Result<Option<i64>> {
    let row: Option<(Option<i64>,)> = sqlx::query_as("SELECT waited_as FROM applications WHERE id = $1")
        .bind(id)
        .fetch_optional(app.db.read())
        .await?;
    Ok(row.and_then(|(position,)| position))
}

pub async fn tick_checks(tx: &mut Tx, seen: &Application) -> sqlx::Result<()> {
    let sql = "UPDATE applications SET checked_version = $1 WHERE id = $2";
    sqlx::query(sql)
        .bind(seen.form_version)
        .bind(&seen.id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The card that a submitted application names, by its keyed hash.
pub async fn put_card(tx: &mut Tx, application_id: &str, card_index: &str) -> sqlx::Result<()> {
    let sql = "INSERT INTO application_cards (application_id, card_index) VALUES ($1, $2) \
               ON CONFLICT (application_id) DO UPDATE SET card_index = excluded.card_index";
    sqlx::query(sql)
        .bind(application_id)
        .bind(card_index)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::OF_WORKER;

    /// Every page of a worker asks for this.
    #[tokio::test]
    async fn a_workers_applications_are_found_by_an_index() {
        let plan = crate::db::plan_of(OF_WORKER).await;
        assert!(
            plan.iter()
                .any(|step| step.contains("applications_worker (worker_id=?)")),
            "{plan:?}"
        );
    }
}
