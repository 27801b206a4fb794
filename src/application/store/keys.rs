//! SQL of the keys by which a submitted application is found: every end of its name and of its number, so that a part of
//! either is the beginning of a key (ADR 0021).

use crate::application::Application;
use crate::db::{self, Tx};
use sqlx::AssertSqlSafe;
use std::collections::BTreeSet;

/// A text as keys have it: small letters, without blanks and the number's dash.
pub fn key(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
    kept.collect::<String>().to_ascii_lowercase()
}

/// Every end of a name, and every end of a number that has at least two characters.
fn keys(name: &str, number: &str) -> BTreeSet<String> {
    let ends = |text: &str, shortest: usize| {
        let chars: Vec<char> = text.chars().collect();
        let starts = (chars.len() + 1).saturating_sub(shortest);
        (0..starts)
            .map(move |at| chars[at..].iter().collect::<String>())
            .collect::<Vec<_>>()
    };
    ends(&key(name), 1)
        .into_iter()
        .chain(ends(&key(number), 2))
        .collect()
}

/// Keeps the keys, in place of earlier ones if it was submitted before: by one statement, for on PostgreSQL each would be a
/// round trip.
pub async fn put_keys(tx: &mut Tx, application: &Application) -> sqlx::Result<()> {
    if application.submitted_at.is_some() {
        forget_keys(tx, &application.id).await?;
    }
    let number = application.number.as_deref().unwrap_or_default();
    let keys = keys(&application.applicant, number);
    if keys.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO application_keys (application_id, key) VALUES {} ON CONFLICT (application_id, key) DO NOTHING",
        db::rows(1, keys.len(), 2)
    );
    // Safe: only marks are put in.
    let query = sqlx::query(AssertSqlSafe(sql));
    let query = keys
        .into_iter()
        .fold(query, |query, key| query.bind(application.id.as_str()).bind(key));
    query.execute(&mut **tx).await?;
    Ok(())
}

pub async fn forget_keys(tx: &mut Tx, application_id: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM application_keys WHERE application_id = $1")
        .bind(application_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ux.md: any part of the name or the number finds it.
    #[test]
    fn every_part_begins_a_key() {
        let keys = keys("欧阳 小梅", "7K3M-9PXW");
        for part in ["欧阳", "阳小", "梅", "7K3M", "m-9p", "XW"] {
            assert!(keys.iter().any(|k| k.starts_with(&key(part))), "{part}");
        }
        assert!(!keys.contains("w") && !keys.contains(""));
    }
}
