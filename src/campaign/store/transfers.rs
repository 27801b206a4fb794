//! SQL of transfers of places.

use super::super::transfers::{State, Transfer};
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Time;

/// A transfer to be written.
pub struct NewTransfer<'a> {
    pub id: &'a str,
    pub campaign_id: &'a str,
    pub intake_id: &'a str,
    pub from_id: &'a str,
    pub to_id: &'a str,
    pub places: i64,
    pub reason: &'a str,
    pub officer_id: &'a str,
    pub now: Time,
}

pub async fn insert_transfer(tx: &mut Tx, new: &NewTransfer<'_>) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO transfers (id, campaign_id, intake_id, from_id, to_id, places, reason, state, answer, proposed_by, \
         accepted_by, ended_by, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'proposed', '', $8, NULL, NULL, $9, $9)",
    )
    .bind(new.id)
    .bind(new.campaign_id)
    .bind(new.intake_id)
    .bind(new.from_id)
    .bind(new.to_id)
    .bind(new.places)
    .bind(new.reason)
    .bind(new.officer_id)
    .bind(new.now.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct TransferRow {
    id: String,
    campaign_id: String,
    from_id: String,
    from_name: String,
    to_id: String,
    to_name: String,
    places: i64,
    reason: String,
    state: String,
    answer: String,
    apply_until: i64,
    created_at: i64,
    changed_at: i64,
}

impl TransferRow {
    fn into_transfer(self) -> Result<Transfer> {
        let state = State::parse(&self.state);
        Ok(Transfer {
            state: state.ok_or_else(|| anyhow::anyhow!("transfer {} has an unknown state", self.id))?,
            id: self.id,
            campaign_id: self.campaign_id,
            from_id: self.from_id,
            from: self.from_name,
            to_id: self.to_id,
            to: self.to_name,
            places: self.places,
            reason: self.reason,
            answer: self.answer,
            until: Time(self.apply_until),
            created_at: Time(self.created_at),
            changed_at: Time(self.changed_at),
        })
    }
}

/// The one list of a transfer's columns; SQL text must be one literal, hence a macro.
macro_rules! select_transfer {
    ($rest:literal) => {
        concat!(
            "SELECT t.id, t.campaign_id, t.from_id, f.name AS from_name, t.to_id, r.name AS to_name, t.places, t.reason, t.state, ",
            "t.answer, i.apply_until, t.created_at, t.changed_at FROM transfers t JOIN unions f ON f.id = t.from_id ",
            "JOIN unions r ON r.id = t.to_id JOIN intakes i ON i.id = t.intake_id ",
            $rest
        )
    };
}

pub async fn transfer(app: &App, id: &str) -> Result<Option<Transfer>> {
    let query = sqlx::query_as(select_transfer!("WHERE t.id = $1")).bind(id);
    let row: Option<TransferRow> = query.fetch_optional(app.db.read()).await?;
    row.map(TransferRow::into_transfer).transpose()
}

/// The newest 200, of one unit or of all; those that wait first.
pub async fn transfers(app: &App, unit_id: Option<&str>) -> Result<Vec<Transfer>> {
    let sql = select_transfer!(
        "WHERE $1 = '' OR t.from_id = $1 OR t.to_id = $1 \
         ORDER BY CASE WHEN t.state IN ('proposed', 'accepted') THEN 0 ELSE 1 END, t.id DESC LIMIT 200"
    );
    let query = sqlx::query_as(sql).bind(unit_id.unwrap_or_default());
    let rows: Vec<TransferRow> = query.fetch_all(app.db.read()).await?;
    rows.into_iter().map(TransferRow::into_transfer).collect()
}

pub async fn overdue_transfers(app: &App, now: Time) -> Result<Vec<Transfer>> {
    let sql = select_transfer!(
        "WHERE t.state IN ('proposed', 'accepted') AND i.apply_until < $1 ORDER BY t.id LIMIT 100"
    );
    let rows: Vec<TransferRow> = sqlx::query_as(sql).bind(now.0).fetch_all(app.db.read()).await?;
    rows.into_iter().map(TransferRow::into_transfer).collect()
}

pub async fn transfer_state(tx: &mut Tx, id: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT state FROM transfers WHERE id = $1")
        .bind(id)
        .fetch_optional(&mut **tx)
        .await
}

/// A step of a transfer.
pub struct Moved<'a> {
    pub id: &'a str,
    pub from: State,
    pub to: State,
    pub answer: &'a str,
    pub officer_id: Option<&'a str>,
    pub now: Time,
}

/// Whether it still stood where it was seen.
pub async fn move_transfer(tx: &mut Tx, moved: &Moved<'_>) -> sqlx::Result<bool> {
    let sql = "UPDATE transfers SET state = $1, answer = $2, changed_at = $3, \
               accepted_by = CASE WHEN $1 = 'accepted' THEN $4 ELSE accepted_by END, \
               ended_by = CASE WHEN $1 = 'accepted' THEN ended_by ELSE $4 END WHERE id = $5 AND state = $6";
    let query = sqlx::query(sql)
        .bind(moved.to.as_str())
        .bind(moved.answer)
        .bind(moved.now.0)
        .bind(moved.officer_id)
        .bind(moved.id)
        .bind(moved.from.as_str());
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}
