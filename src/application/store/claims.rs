//! SQL of what an application holds for its person: (ID number, year) and (ID number, level); the primary key decides.

use crate::app::App;
use crate::db::Tx;
use sqlx::{Any, Executor};

/// The application that has a value, and its number.
async fn holder(
    db: impl Executor<'_, Database = Any>,
    (index, scope, value): (&str, &str, &str),
) -> sqlx::Result<Option<(String, String)>> {
    let sql = "SELECT a.id, COALESCE(a.number, '') FROM claims c JOIN applications a ON a.id = c.application_id \
               WHERE c.id_index = $1 AND c.scope = $2 AND c.value = $3";
    sqlx::query_as(sql)
        .bind(index)
        .bind(scope)
        .bind(value)
        .fetch_optional(db)
        .await
}

/// So often a value is claimed that another application held a moment ago and holds no more.
const ATTEMPTS: usize = 3;

/// Claims a value for an application; the number of the application that has it already, if another one does.
pub async fn claim(
    tx: &mut Tx,
    index: &str,
    scope: &str,
    value: &str,
    application_id: &str,
) -> sqlx::Result<Option<String>> {
    for _ in 0..ATTEMPTS {
        let insert = sqlx::query(
            "INSERT INTO claims (id_index, scope, value, application_id) VALUES ($1, $2, $3, $4) ON CONFLICT (id_index, scope, value) DO NOTHING",
        );
        let insert = insert.bind(index).bind(scope).bind(value).bind(application_id);
        if insert.execute(&mut **tx).await?.rows_affected() == 1 {
            return Ok(None);
        }
        match holder(&mut **tx, (index, scope, value)).await? {
            Some((holder, _)) if holder == application_id => return Ok(None),
            Some((_, number)) => return Ok(Some(number)),
            // On PostgreSQL the holder can let go of it between the two statements: then it is free.
            None => {}
        }
    }
    Ok(Some(String::new()))
}

/// The number of another application that holds this value, if one does; nothing is claimed.
pub async fn claimed(
    app: &App,
    index: &str,
    scope: &str,
    value: &str,
    application_id: &str,
) -> sqlx::Result<Option<String>> {
    let holder = holder(app.db.read(), (index, scope, value)).await?;
    Ok(holder
        .filter(|(holder, _)| holder != application_id)
        .map(|(_, number)| number))
}

/// An application that ended holds nothing any more.
pub async fn drop_claims(tx: &mut Tx, application_id: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM claims WHERE application_id = $1")
        .bind(application_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
