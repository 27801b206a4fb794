//! SQL: which enrolment an application was filled from.

use crate::app::App;
use crate::db::Tx;

pub async fn set_enrolment(tx: &mut Tx, application_id: &str, enrolment_id: &str) -> sqlx::Result<()> {
    let sql = "INSERT INTO application_enrolments (application_id, enrolment_id) VALUES ($1, $2) \
               ON CONFLICT (application_id) DO UPDATE SET enrolment_id = excluded.enrolment_id";
    sqlx::query(sql)
        .bind(application_id)
        .bind(enrolment_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn enrolment_of(app: &App, application_id: &str) -> sqlx::Result<Option<String>> {
    let sql = "SELECT enrolment_id FROM application_enrolments WHERE application_id = $1";
    sqlx::query_scalar(sql)
        .bind(application_id)
        .fetch_optional(app.db.read())
        .await
}
