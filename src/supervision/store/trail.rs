//! SQL of reading the trail.

use super::scope_end;
use crate::app::App;
use crate::db::Kind;
use sqlx::AssertSqlSafe;

/// A line with the names of what it speaks of; empty where there are none.
#[derive(sqlx::FromRow)]
pub struct Row {
    pub id: String,
    pub at: i64,
    pub actor_kind: String,
    pub act: String,
    pub subject_kind: String,
    pub subject_id: String,
    pub detail: String,
    pub seq: i64,
    pub officer: String,
    pub union_name: String,
    pub number: String,
    pub state: String,
    pub subject_union: String,
    pub subject_officer: String,
}

const LINES: &str = "SELECT a.id, a.at, a.actor_kind, a.act, a.subject_kind, a.subject_id, a.detail, \
     COALESCE(c.seq, 0) AS seq, COALESCE(o.name, '') AS officer, COALESCE(u.name, '') AS union_name, \
     COALESCE(p.number, '') AS number, COALESCE(p.state, '') AS state, COALESCE(su.name, '') AS subject_union, \
     COALESCE(so.name, '') AS subject_officer \
     FROM audit a LEFT JOIN audit_chain c ON c.audit_id = a.id \
     LEFT JOIN officers o ON a.actor_kind = 'officer' AND o.id = a.actor_id LEFT JOIN unions u ON u.id = o.union_id \
     LEFT JOIN applications p ON a.subject_kind = 'application' AND p.id = a.subject_id \
     LEFT JOIN unions su ON a.subject_kind = 'union' AND su.id = a.subject_id \
     LEFT JOIN officers so ON a.subject_kind = 'officer' AND so.id = a.subject_id";

/// What to find. Each filter that is set has an index that ends with the id, so that a page is read from it in order.
pub struct Query {
    /// Ids from here …
    pub from: String,
    /// … up to here, excluded.
    pub before: String,
    /// One act.
    pub act: Option<&'static str>,
    /// One application, by id.
    pub application: Option<String>,
    /// These officers; empty for anybody.
    pub actors: Vec<String>,
    limit: i64,
}

impl Query {
    pub fn new(limit: i64) -> Self {
        Query {
            from: String::new(),
            // 'g' follows every hex digit.
            before: "g".to_owned(),
            act: None,
            application: None,
            actors: Vec::new(),
            limit,
        }
    }

    /// The statement, of constants and placeholders only, and what is bound to them.
    fn statement(&self) -> (String, Vec<&str>) {
        let mut sql = format!("{LINES} WHERE a.id >= $1 AND a.id < $2");
        let mut bound = vec![self.from.as_str(), self.before.as_str()];
        if let Some(application) = &self.application {
            bound.push(application);
            sql += &format!(
                " AND a.subject_kind = 'application' AND a.subject_id = ${}",
                bound.len()
            );
        }
        if !self.actors.is_empty() {
            let first = bound.len() + 1;
            bound.extend(self.actors.iter().map(String::as_str));
            let places: Vec<String> = (first..=bound.len()).map(|n| format!("${n}")).collect();
            sql += &format!(" AND a.actor_id IN ({})", places.join(", "));
        }
        if let Some(act) = self.act {
            bound.push(act);
            sql += &format!(" AND a.act = ${}", bound.len());
        }
        sql += &format!(" ORDER BY a.id DESC LIMIT ${}", bound.len() + 1);
        (sql, bound)
    }
}

pub async fn find(app: &App, query: &Query) -> sqlx::Result<Vec<Row>> {
    let (sql, bound) = query.statement();
    let mut rows = sqlx::query_as(AssertSqlSafe(sql));
    for value in bound {
        rows = rows.bind(value);
    }
    rows.bind(query.limit).fetch_all(app.db.read()).await
}

/// SQLite's plan of the same statement; empty elsewhere.
pub async fn plan(app: &App, query: &Query) -> sqlx::Result<Vec<String>> {
    if app.db.kind() != Kind::Sqlite {
        return Ok(Vec::new());
    }
    let (sql, bound) = query.statement();
    let mut rows = sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
    for value in bound {
        rows = rows.bind(value);
    }
    let rows: Vec<(i64, i64, i64, String)> = rows.bind(query.limit).fetch_all(app.db.read()).await?;
    Ok(rows.into_iter().map(|(_, _, _, step)| step).collect())
}

pub async fn of_application(app: &App, id: &str) -> sqlx::Result<Vec<Row>> {
    let query = Query {
        application: Some(id.to_owned()),
        ..Query::new(500)
    };
    find(app, &query).await
}

/// The application with a number, if its union lies in the scope.
pub async fn application_in(app: &App, scope: &str, number: &str) -> sqlx::Result<Option<String>> {
    let sql = "SELECT a.id FROM applications a JOIN unions u ON u.id = a.union_id \
               WHERE a.number = $1 AND u.path >= $2 AND u.path < $3";
    sqlx::query_scalar(sql)
        .bind(number)
        .bind(scope)
        .bind(scope_end(scope))
        .fetch_optional(app.db.read())
        .await
}

/// Officers of the scope whose name contains a text; those who left, too.
pub async fn officers_in(app: &App, scope: &str, name: &str, limit: i64) -> sqlx::Result<Vec<String>> {
    let plain = name.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let sql = "SELECT o.id FROM unions u JOIN officers o ON o.union_id = u.id \
               WHERE u.path >= $1 AND u.path < $2 AND o.name LIKE $3 ESCAPE '\\' ORDER BY o.id LIMIT $4";
    sqlx::query_scalar(sql)
        .bind(scope)
        .bind(scope_end(scope))
        .bind(format!("%{plain}%"))
        .bind(limit)
        .fetch_all(app.db.read())
        .await
}

/// A decision of an application: when, union, officer, verdict, reason.
pub async fn decisions(app: &App, id: &str) -> sqlx::Result<Vec<(i64, String, String, String, String)>> {
    let sql = "SELECT d.at, u.name, o.name, d.verdict, d.reason FROM decisions d JOIN unions u ON u.id = d.union_id \
               JOIN officers o ON o.id = d.officer_id WHERE d.application_id = $1 ORDER BY d.id";
    sqlx::query_as(sql).bind(id).fetch_all(app.db.read()).await
}

/// A message about an application: when, to whom ('worker' or 'officer'), channel, state.
pub async fn notices(app: &App, id: &str) -> sqlx::Result<Vec<(i64, String, String, String)>> {
    let sql = "SELECT created_at, recipient_kind, channel, state FROM notices WHERE application_id = $1 ORDER BY id LIMIT 500";
    sqlx::query_as(sql).bind(id).fetch_all(app.db.read()).await
}
