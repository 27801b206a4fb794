//! SQL of the inbox. Two steps: the ids of what a filter finds, from an index that holds all that is filtered and sorted
//! by (here); then the fifty rows that are shown (`rows.rs`). The way in is chosen here, not by the planner: a column that must not be one
//! stands as `column || ''`, and CROSS JOIN keeps SQLite to the order that is written (ADR 0021).

use super::super::inbox::CAP;
use crate::app::App;
use crate::application::{Level, State};
use crate::db::Kind;
use crate::kernel::Time;
use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, Row as _};

/// The part of the tree that is looked at.
#[derive(Debug, Clone)]
pub enum Reach {
    /// All of it.
    City,
    /// A unit with all below it.
    Unit(String),
    /// A union further down with all below it, by its path.
    Below(String),
}

/// A condition.
#[derive(Debug, Clone)]
pub enum Cause {
    State(State),
    Level(Level),
    Intake(String),
    SubmittedFrom(Time),
    SubmittedUntil(Time),
    WaitsSince(Time),
    /// In review since before a moment, or of one of these intakes.
    Late {
        before: Time,
        intakes: Vec<String>,
    },
    Returned,
    Flagged,
}

/// Who looks at it at a moment.
#[derive(Debug, Clone)]
pub enum LookedAt {
    By(String, Time),
    ByNobody(Time),
}

/// What is searched.
#[derive(Debug, Clone)]
pub struct Search {
    pub reach: Reach,
    /// In review at this union.
    pub holder: Option<String>,
    /// The order: since when it waits; else by submission.
    pub by_since: bool,
    pub causes: Vec<Cause>,
    pub looked: Option<LookedAt>,
    /// As keys have it; "" for any.
    pub words: String,
    pub after: Option<(i64, String)>,
}

/// The end of the range of paths that begin with `scope` ("/a/b/" up to "/a/b0": '0' follows '/').
pub(super) fn scope_end(scope: &str) -> String {
    format!("{}0", scope.trim_end_matches('/'))
}

/// With so many keys or fewer the words are the way in; more common ones are a condition like the others.
const RARE: i64 = 3000;

/// A value to be bound.
#[derive(Clone)]
enum Value {
    Text(String),
    Number(i64),
}

/// A query that is put together from the literals below; values are always bound.
#[derive(Default)]
struct Sql {
    from: String,
    wheres: Vec<String>,
    values: Vec<Value>,
}

impl Sql {
    fn text(&mut self, value: &str) -> String {
        self.values.push(Value::Text(value.to_owned()));
        format!("${}", self.values.len())
    }

    fn number(&mut self, value: i64) -> String {
        self.values.push(Value::Number(value));
        format!("${}", self.values.len())
    }

    fn and(&mut self, condition: String) {
        self.wheres.push(condition);
    }

    /// `key >= words AND key < words…` of the keys' table.
    fn keys(&mut self, words: &str) -> String {
        let (from, until) = (self.text(words), self.text(&format!("{words}\u{10FFFF}")));
        format!("k.key >= {from} AND k.key < {until}")
    }

    fn list(&mut self, values: &[String]) -> String {
        let marks: Vec<String> = values.iter().map(|value| self.text(value)).collect();
        marks.join(", ")
    }
}

/// The way in.
enum Way {
    Looked,
    Words,
    Holder,
    Reach,
}

fn way(search: &Search, rare: bool) -> Way {
    match search.looked {
        Some(LookedAt::By(..)) => Way::Looked,
        _ if !search.words.is_empty() && rare => Way::Words,
        _ if search.holder.is_some() => Way::Holder,
        _ => Way::Reach,
    }
}

fn build(search: &Search, rare: bool, limit: i64) -> (String, Vec<Value>) {
    let mut sql = Sql::default();
    let way = way(search, rare);
    sql.from = "applications a".to_owned();
    match (&way, &search.looked) {
        (Way::Looked, Some(LookedAt::By(officer, now))) => {
            sql.from = "review_claims c CROSS JOIN applications a".to_owned();
            let (officer, now) = (sql.text(officer), sql.number(now.0));
            sql.and(format!(
                "c.officer_id = {officer} AND c.ends_at > {now} AND a.id = c.application_id"
            ));
        }
        (Way::Words, _) => {
            sql.from = "application_keys k CROSS JOIN applications a".to_owned();
            let keys = sql.keys(&search.words);
            sql.and(format!("{keys} AND a.id = k.application_id"));
        }
        _ => {}
    }
    part(&mut sql, search, &way);
    for cause in &search.causes {
        condition(
            &mut sql,
            cause,
            matches!(way, Way::Reach) && matches!(search.reach, Reach::City),
        );
    }
    let order = if search.by_since {
        "a.since"
    } else {
        "a.submitted_at"
    };
    if let Some((at, id)) = &search.after {
        let (at, id) = (sql.number(*at), sql.text(id));
        sql.and(format!("{order} >= {at} AND ({order} > {at} OR a.id > {id})"));
    }
    // The dear ones last: they are asked only of what passed the others.
    if !search.words.is_empty() && !matches!(way, Way::Words) {
        let keys = sql.keys(&search.words);
        sql.and(format!(
            "a.id || '' IN (SELECT k.application_id FROM application_keys k WHERE {keys})"
        ));
    }
    if let Some(LookedAt::ByNobody(now)) = &search.looked {
        let now = sql.number(now.0);
        sql.and(format!(
            "a.id || '' NOT IN (SELECT c.application_id FROM review_claims c WHERE c.ends_at > {now})"
        ));
    }
    let distinct = if matches!(way, Way::Words) {
        "DISTINCT "
    } else {
        ""
    };
    let limit = sql.number(limit);
    let text = format!(
        "SELECT {distinct}{order}, a.id FROM {} WHERE {} ORDER BY {order}, a.id LIMIT {limit}",
        sql.from,
        sql.wheres.join(" AND ")
    );
    (text, sql.values)
}

/// The part of the tree, and the step: as the way in where it is, else as a condition.
fn part(sql: &mut Sql, search: &Search, way: &Way) {
    if let Some(holder) = &search.holder {
        let holder = sql.text(holder);
        match way {
            Way::Holder => sql.and(format!("a.holder_id = {holder} AND a.state = 'in_review'")),
            _ => sql.and(format!(
                "a.holder_id || '' = {holder} AND a.state || '' = 'in_review'"
            )),
        }
    }
    match (&search.reach, way) {
        (Reach::City, Way::Holder) => {}
        // Drafts have no time of submission.
        (Reach::City, _) => sql.and("a.submitted_at > 0".to_owned()),
        (Reach::Unit(unit), Way::Reach) => {
            let unit = sql.text(unit);
            sql.and(format!("a.unit_id = {unit} AND a.submitted_at > 0"));
        }
        (Reach::Unit(unit), _) => {
            let unit = sql.text(unit);
            sql.and(format!("a.unit_id || '' = {unit} AND a.submitted_at > 0"));
        }
        (Reach::Below(path), Way::Reach) => {
            sql.from = "unions s CROSS JOIN applications a".to_owned();
            let (from, until) = (sql.text(path), sql.text(&scope_end(path)));
            sql.and(format!(
                "s.path >= {from} AND s.path < {until} AND a.union_id = s.id AND a.submitted_at > 0"
            ));
        }
        (Reach::Below(path), _) => {
            let (from, until) = (sql.text(path), sql.text(&scope_end(path)));
            sql.and(format!(
                "a.union_id || '' IN (SELECT s.id FROM unions s WHERE s.path >= {from} AND s.path < {until}) AND a.submitted_at > 0"
            ));
        }
    }
}

/// `state_leads`: an index begins with the state.
fn condition(sql: &mut Sql, cause: &Cause, state_leads: bool) {
    let text = match cause {
        Cause::State(state) if state_leads => format!("a.state = {}", sql.text(state.as_str())),
        Cause::State(state) => format!("a.state || '' = {}", sql.text(state.as_str())),
        Cause::Level(level) => format!("a.level || '' = {}", sql.text(level.as_str())),
        Cause::Intake(id) => format!("a.intake_id || '' = {}", sql.text(id)),
        Cause::SubmittedFrom(at) => format!("a.submitted_at >= {}", sql.number(at.0)),
        Cause::SubmittedUntil(at) => format!("a.submitted_at <= {}", sql.number(at.0)),
        Cause::WaitsSince(at) => format!("a.since < {}", sql.number(at.0)),
        Cause::Late { before, intakes } => {
            let before = sql.number(before.0);
            let of = match intakes.as_slice() {
                [] => String::new(),
                ids => format!(" OR a.intake_id || '' IN ({})", sql.list(ids)),
            };
            format!("a.state || '' = 'in_review' AND (a.since < {before}{of})")
        }
        Cause::Returned => "a.returns > 0".to_owned(),
        Cause::Flagged => "a.flagged = 1".to_owned(),
    };
    sql.and(text);
}

fn bound<'q>(text: String, values: Vec<Value>) -> sqlx::query::Query<'q, Any, sqlx::any::AnyArguments> {
    // Safe: `build` and its kin put literals together, what people typed is bound.
    let query = sqlx::query(AssertSqlSafe(text));
    values.into_iter().fold(query, |query, value| match value {
        Value::Text(text) => query.bind(text),
        Value::Number(number) => query.bind(number),
    })
}

/// Runs a query of the list. PostgreSQL's planner thinks `column || ''` very selective and may then begin with the whole
/// table: for this transaction it may not, nor compile what takes milliseconds.
async fn rows(app: &App, text: String, values: Vec<Value>) -> sqlx::Result<Vec<AnyRow>> {
    match app.db.kind() {
        Kind::Sqlite => bound(text, values).fetch_all(app.db.read()).await,
        Kind::Postgres => {
            let mut tx = app.db.read().begin().await?;
            sqlx::query("SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)")
                .execute(&mut *tx)
                .await?;
            let rows = bound(text, values).fetch_all(&mut *tx).await?;
            tx.commit().await?;
            Ok(rows)
        }
    }
}

/// Whether the words are rare enough to begin with them.
async fn rare(app: &App, words: &str) -> sqlx::Result<bool> {
    if words.is_empty() {
        return Ok(false);
    }
    let sql = "SELECT COUNT(*) FROM (SELECT 1 AS n FROM application_keys k WHERE k.key >= $1 AND k.key < $2 LIMIT $3) f";
    let found: i64 = sqlx::query_scalar(sql)
        .bind(words)
        .bind(format!("{words}\u{10FFFF}"))
        .bind(RARE + 1)
        .fetch_one(app.db.read())
        .await?;
    Ok(found <= RARE)
}

/// What is found, in order: its time in the order, and its id.
pub async fn found(app: &App, search: &Search, limit: i64) -> sqlx::Result<Vec<(i64, String)>> {
    let (text, values) = build(search, rare(app, &search.words).await?, limit);
    let rows = rows(app, text, values).await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

async fn explained(app: &App, text: String, values: Vec<Value>) -> sqlx::Result<Vec<String>> {
    let (explain, column) = match app.db.kind() {
        Kind::Sqlite => ("EXPLAIN QUERY PLAN", 3),
        Kind::Postgres => ("EXPLAIN", 0),
    };
    let rows = rows(app, format!("{explain} {text}"), values).await?;
    rows.iter().map(|row| row.try_get(column)).collect()
}

/// The planner's words about [`found`].
pub async fn explain(app: &App, search: &Search, limit: i64) -> sqlx::Result<Vec<String>> {
    let (text, values) = build(search, rare(app, &search.words).await?, limit);
    explained(app, text, values).await
}

fn counting(reach: &Reach) -> (String, Vec<Value>) {
    let text = |value: &str| Value::Text(value.to_owned());
    match reach {
        // Of the whole city each state is counted only so far as the page says it.
        Reach::City => {
            let one = |state: &State| {
                format!(
                    "SELECT '{state}' AS state, COUNT(*) AS n FROM (SELECT 1 AS one FROM applications a \
                     WHERE a.state = '{state}' AND a.submitted_at > 0 LIMIT {}) f",
                    CAP + 1
                )
            };
            let states = State::ALL.iter().filter(|state| **state != State::Draft);
            let parts: Vec<String> = states.map(one).collect();
            (parts.join(" UNION ALL "), Vec::new())
        }
        Reach::Unit(unit) => (
            "SELECT a.state, COUNT(*) FROM applications a WHERE a.unit_id = $1 AND a.state <> 'draft' GROUP BY a.state"
                .to_owned(),
            vec![text(unit)],
        ),
        Reach::Below(path) => (
            "SELECT a.state, COUNT(*) FROM unions u CROSS JOIN applications a \
             WHERE u.path >= $1 AND u.path < $2 AND a.union_id = u.id AND a.state <> 'draft' GROUP BY a.state"
                .to_owned(),
            vec![text(path), text(&scope_end(path))],
        ),
    }
}

/// How many in each state.
pub async fn counts(app: &App, reach: &Reach) -> sqlx::Result<Vec<(String, i64)>> {
    let (text, values) = counting(reach);
    let rows = rows(app, text, values).await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

/// The planner's words about [`counts`].
pub async fn explain_counts(app: &App, reach: &Reach) -> sqlx::Result<Vec<String>> {
    let (text, values) = counting(reach);
    explained(app, text, values).await
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
}
