//! SQL of text messages about the account.

use crate::app::App;
use crate::db::Tx;
use crate::kernel::Time;

pub async fn insert_message(
    tx: &mut Tx,
    id: &str,
    phone_sealed: &str,
    message: &str,
    now: Time,
) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO account_messages (id, phone_sealed, message, at) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(phone_sealed)
        .bind(message)
        .bind(now.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The sealed number and which message; `None` once it was sent.
pub async fn message(app: &App, id: &str) -> sqlx::Result<Option<(String, String)>> {
    sqlx::query_as("SELECT phone_sealed, message FROM account_messages WHERE id = $1")
        .bind(id)
        .fetch_optional(app.db.read())
        .await
}

pub async fn delete_message(tx: &mut Tx, id: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM account_messages WHERE id = $1")
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
