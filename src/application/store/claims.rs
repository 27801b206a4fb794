//! SQL of what an application holds for its person: (ID number, year) and (ID number, level); the primary key decides.

use crate::app::App;
use crate::db::{Tx, rows};
use sqlx::{Any, AssertSqlSafe, Executor};

/// What is claimed once a person.
#[derive(Debug, Clone, Copy)]
pub enum Scope {
    /// The year of the campaign.
    Year,
    /// The level of study, for life.
    Level,
}

impl Scope {
    fn as_str(self) -> &'static str {
        match self {
            Scope::Year => "year",
            Scope::Level => "level",
        }
    }
}

/// The application that has a value, and its number.
async fn holder(
    db: impl Executor<'_, Database = Any>,
    (index, scope, value): (&str, Scope, &str),
) -> sqlx::Result<Option<(String, String)>> {
    let sql = "SELECT a.id, COALESCE(a.number, '') FROM claims c JOIN applications a ON a.id = c.application_id \
               WHERE c.id_index = $1 AND c.scope = $2 AND c.value = $3";
    sqlx::query_as(sql)
        .bind(index)
        .bind(scope.as_str())
        .bind(value)
        .fetch_optional(db)
        .await
}

/// So often values are claimed that another application held a moment ago and holds no more.
const ATTEMPTS: usize = 3;

/// Claims values for an application; the first of them that another application has already, and that one's number.
pub async fn claim(
    tx: &mut Tx,
    index: &str,
    values: &[(Scope, &str)],
    application_id: &str,
) -> sqlx::Result<Option<(Scope, String)>> {
    let sql = format!(
        "INSERT INTO claims (id_index, scope, value, application_id) VALUES {} ON CONFLICT (id_index, scope, value) DO NOTHING",
        rows(1, values.len(), 4)
    );
    for _ in 0..ATTEMPTS {
        // Safe: only marks are put in.
        let mut insert = sqlx::query(AssertSqlSafe(sql.clone()));
        for (scope, value) in values {
            insert = insert
                .bind(index)
                .bind(scope.as_str())
                .bind(*value)
                .bind(application_id);
        }
        if insert.execute(&mut **tx).await?.rows_affected() == values.len() as u64 {
            return Ok(None);
        }
        let mut ours = 0;
        for (scope, value) in values {
            match holder(&mut **tx, (index, *scope, value)).await? {
                Some((holder, _)) if holder == application_id => ours += 1,
                Some((_, number)) => return Ok(Some((*scope, number))),
                // On PostgreSQL the holder can let go of it between the two statements: then it is free.
                None => {}
            }
        }
        if ours == values.len() {
            return Ok(None);
        }
    }
    Ok(values.first().map(|(scope, _)| (*scope, String::new())))
}

/// The number of another application that holds this value, if one does; nothing is claimed.
pub async fn claimed(
    app: &App,
    index: &str,
    scope: Scope,
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
