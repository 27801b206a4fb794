//! SQL of the inbox and of decisions.

use super::Verdict;
use super::desk::DecisionLine;
use super::inbox::{Counts, Filter, Item, PAGE, Page, Tab};
use crate::app::App;
use crate::application::State;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Time;
use crate::union::Officer;

/// The end of the range of paths that begin with `scope` ("/a/b/" up to "/a/b0": '0' follows '/').
fn scope_end(scope: &str) -> String {
    format!("{}0", scope.trim_end_matches('/'))
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    number: String,
    applicant: String,
    union_name: String,
    level: String,
    institution: String,
    state: String,
    holder: Option<String>,
    since: i64,
    submitted_at: i64,
    review_until: i64,
}

impl Row {
    fn into_item(self) -> Option<Item> {
        Some(Item {
            state: State::parse(&self.state)?,
            id: self.id,
            number: self.number,
            applicant: self.applicant,
            union: self.union_name,
            level: self.level,
            institution: self.institution,
            holder: self.holder,
            since: Time(self.since),
            submitted_at: Time(self.submitted_at),
            review_until: Time(self.review_until),
        })
    }
}

/// `%words%` with LIKE's own signs made plain.
fn pattern(words: &str) -> String {
    let plain = words
        .trim()
        .to_lowercase()
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{plain}%")
}

pub async fn inbox(app: &App, officer: &Officer, filter: &Filter) -> Result<Page> {
    let (rows, total): (Vec<Row>, i64) = match filter.tab {
        Tab::Mine => {
            let rows = sqlx::query_as(
                "SELECT a.id, COALESCE(a.number, '') AS number, a.applicant, u.name AS union_name, a.level, a.institution, a.state, \
                 h.name AS holder, a.since, COALESCE(a.submitted_at, 0) AS submitted_at, i.review_until \
                 FROM applications a JOIN intakes i ON i.id = a.intake_id JOIN unions u ON u.id = a.union_id \
                 LEFT JOIN unions h ON h.id = a.holder_id AND a.state = 'in_review' \
                 WHERE a.holder_id = $1 AND a.state = 'in_review' AND (LOWER(a.applicant) LIKE $2 ESCAPE '\\' OR LOWER(a.number) LIKE $2 ESCAPE '\\') \
                 ORDER BY a.since, a.id LIMIT $3 OFFSET $4",
            );
            let rows = rows
                .bind(&officer.union.id)
                .bind(pattern(&filter.words))
                .bind(PAGE)
                .bind(filter.page * PAGE);
            let total = sqlx::query_scalar(
                "SELECT COUNT(*) FROM applications a WHERE a.holder_id = $1 AND a.state = 'in_review' \
                 AND (LOWER(a.applicant) LIKE $2 ESCAPE '\\' OR LOWER(a.number) LIKE $2 ESCAPE '\\')",
            );
            let total = total.bind(&officer.union.id).bind(pattern(&filter.words));
            (
                rows.fetch_all(app.db.read()).await?,
                total.fetch_one(app.db.read()).await?,
            )
        }
        Tab::All => {
            let scope = officer.union.scope();
            let state = filter.state.map_or("", State::as_str);
            let rows = sqlx::query_as(
                "SELECT a.id, COALESCE(a.number, '') AS number, a.applicant, u.name AS union_name, a.level, a.institution, a.state, \
                 h.name AS holder, a.since, COALESCE(a.submitted_at, 0) AS submitted_at, i.review_until \
                 FROM unions u JOIN applications a ON a.union_id = u.id JOIN intakes i ON i.id = a.intake_id \
                 LEFT JOIN unions h ON h.id = a.holder_id AND a.state = 'in_review' \
                 WHERE u.path >= $1 AND u.path < $2 AND a.state <> 'draft' AND ($3 = '' OR a.state = $3) \
                 AND (LOWER(a.applicant) LIKE $4 ESCAPE '\\' OR LOWER(a.number) LIKE $4 ESCAPE '\\') \
                 ORDER BY a.submitted_at, a.id LIMIT $5 OFFSET $6",
            );
            let rows = rows
                .bind(scope)
                .bind(scope_end(scope))
                .bind(state)
                .bind(pattern(&filter.words));
            let rows = rows.bind(PAGE).bind(filter.page * PAGE);
            let total = sqlx::query_scalar(
                "SELECT COUNT(*) FROM unions u JOIN applications a ON a.union_id = u.id \
                 WHERE u.path >= $1 AND u.path < $2 AND a.state <> 'draft' AND ($3 = '' OR a.state = $3) \
                 AND (LOWER(a.applicant) LIKE $4 ESCAPE '\\' OR LOWER(a.number) LIKE $4 ESCAPE '\\')",
            );
            let total = total
                .bind(scope)
                .bind(scope_end(scope))
                .bind(state)
                .bind(pattern(&filter.words));
            (
                rows.fetch_all(app.db.read()).await?,
                total.fetch_one(app.db.read()).await?,
            )
        }
    };
    Ok(Page {
        items: rows.into_iter().filter_map(Row::into_item).collect(),
        total,
    })
}

pub async fn counts(app: &App, officer: &Officer) -> Result<Counts> {
    let scope = officer.union.scope();
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT a.state, COUNT(*) FROM unions u JOIN applications a ON a.union_id = u.id \
         WHERE u.path >= $1 AND u.path < $2 AND a.state <> 'draft' GROUP BY a.state",
    )
    .bind(scope)
    .bind(scope_end(scope))
    .fetch_all(app.db.read())
    .await?;
    let count = |state: &State| {
        rows.iter()
            .find(|(s, _)| s == state.as_str())
            .map_or(0, |(_, n)| *n)
    };
    let states = State::ALL.iter().filter(|s| **s != State::Draft);
    Ok(Counts {
        mine: waiting_at(app, &officer.union.id).await?,
        by_state: states.map(|s| (*s, count(s))).collect(),
    })
}

pub async fn next(app: &App, officer: &Officer) -> sqlx::Result<Option<String>> {
    let sql = "SELECT a.id FROM applications a JOIN workers w ON w.id = a.worker_id \
               WHERE a.holder_id = $1 AND a.state = 'in_review' AND w.phone_index <> $2 ORDER BY a.since, a.id LIMIT 1";
    sqlx::query_scalar(sql)
        .bind(&officer.union.id)
        .bind(&officer.phone_index)
        .fetch_optional(app.db.read())
        .await
}

pub async fn waiting_at(app: &App, union_id: &str) -> sqlx::Result<i64> {
    let sql = "SELECT COUNT(*) FROM applications WHERE holder_id = $1 AND state = 'in_review'";
    sqlx::query_scalar(sql)
        .bind(union_id)
        .fetch_one(app.db.read())
        .await
}

/// A decision as it is kept for ever.
pub struct Fact<'a> {
    pub id: String,
    pub application_id: &'a str,
    pub application_version: i64,
    pub step: i64,
    pub union_id: &'a str,
    pub officer_id: &'a str,
    pub verdict: Verdict,
    pub reason: &'a str,
    pub corrections: &'a [String],
    pub at: Time,
}

pub async fn insert_decision(tx: &mut Tx, fact: &Fact<'_>) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO decisions (id, application_id, application_version, step, union_id, officer_id, verdict, reason, corrections, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&fact.id)
    .bind(fact.application_id)
    .bind(fact.application_version)
    .bind(fact.step)
    .bind(fact.union_id)
    .bind(fact.officer_id)
    .bind(fact.verdict.as_str())
    .bind(fact.reason)
    .bind(serde_json::json!(fact.corrections).to_string())
    .bind(fact.at.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn decisions(app: &App, application_id: &str) -> Result<Vec<DecisionLine>> {
    let rows: Vec<(i64, String, String, String, String)> = sqlx::query_as(
        "SELECT d.at, u.name, o.name, d.verdict, d.reason FROM decisions d JOIN unions u ON u.id = d.union_id \
         JOIN officers o ON o.id = d.officer_id WHERE d.application_id = $1 ORDER BY d.id",
    )
    .bind(application_id)
    .fetch_all(app.db.read())
    .await?;
    let lines = rows
        .into_iter()
        .filter_map(|(at, union, officer, verdict, reason)| {
            Some(DecisionLine {
                at: Time(at),
                union,
                officer,
                verdict: Verdict::parse(&verdict)?,
                reason,
            })
        });
    Ok(lines.collect())
}

/// "union officer" of the decision made on a version of an application.
pub async fn decided_on_version(
    app: &App,
    application_id: &str,
    version: i64,
) -> sqlx::Result<Option<String>> {
    let sql = "SELECT u.name || ' ' || o.name FROM decisions d JOIN unions u ON u.id = d.union_id JOIN officers o ON o.id = d.officer_id \
               WHERE d.application_id = $1 AND d.application_version = $2";
    sqlx::query_scalar(sql)
        .bind(application_id)
        .bind(version)
        .fetch_optional(app.db.read())
        .await
}

/// "union officer" of the last decision made at a union.
pub async fn decided_at_union(
    app: &App,
    application_id: &str,
    union_id: &str,
) -> sqlx::Result<Option<String>> {
    let sql = "SELECT u.name || ' ' || o.name FROM decisions d JOIN unions u ON u.id = d.union_id JOIN officers o ON o.id = d.officer_id \
               WHERE d.application_id = $1 AND d.union_id = $2 ORDER BY d.id DESC LIMIT 1";
    sqlx::query_scalar(sql)
        .bind(application_id)
        .bind(union_id)
        .fetch_optional(app.db.read())
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// the range of paths is exactly the subtree.
    #[test]
    fn the_range_of_a_scope_is_its_subtree() {
        let inside = |path: &str| path >= "/r/u1/" && path < scope_end("/r/u1/").as_str();
        assert!(inside("/r/u1/") && inside("/r/u1/s9/"));
        assert!(!inside("/r/u10/") && !inside("/r/u2/") && !inside("/r/"));
    }

    #[test]
    fn search_words_are_taken_literally() {
        assert_eq!(pattern(" 7K_%\\"), "%7k\\_\\%\\\\%");
    }
}
