//! SQL of the page of unions: a level of the tree, or what a search finds, with its counts.

use super::super::Kind;
use super::super::overview::Line;
use super::path_end;
use crate::app::App;
use crate::error::Result;

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    kind: String,
    name: String,
    path: String,
    officers: i64,
    below: i64,
    open_work: i64,
}

impl Row {
    fn into_line(self) -> Result<Line> {
        let kind = Kind::parse(&self.kind)
            .ok_or_else(|| anyhow::anyhow!("union {} has an unknown kind", self.id))?;
        Ok(Line {
            id: self.id,
            kind,
            name: self.name,
            path: self.path,
            officers: self.officers,
            below: self.below,
            open_work: self.open_work,
        })
    }
}

/// The one list of columns; counts of each line's own subtree by its range of paths.
macro_rules! select_line {
    ($rest:literal) => {
        concat!(
            "SELECT u.id, u.kind, u.name, u.path, ",
            "(SELECT COUNT(*) FROM officers o WHERE o.union_id = u.id AND o.active = 1) AS officers, ",
            "(SELECT COUNT(*) FROM unions b WHERE b.path > u.path AND b.path < SUBSTR(u.path, 1, LENGTH(u.path) - 1) || '0' ",
            "AND b.active = 1) AS below, ",
            "(SELECT COUNT(*) FROM unions s JOIN applications a ON a.holder_id = s.id AND a.state = 'in_review' ",
            "WHERE s.path >= u.path AND s.path < SUBSTR(u.path, 1, LENGTH(u.path) - 1) || '0') AS open_work ",
            "FROM unions u WHERE u.active = 1 ",
            $rest
        )
    };
}

pub async fn line(app: &App, id: &str) -> Result<Option<Line>> {
    let query = sqlx::query_as(select_line!("AND u.id = $1")).bind(id);
    let row: Option<Row> = query.fetch_optional(app.db.read()).await?;
    row.map(Row::into_line).transpose()
}

pub async fn lines_below(app: &App, parent_id: &str) -> Result<Vec<Line>> {
    let query = sqlx::query_as(select_line!("AND u.parent_id = $1 ORDER BY u.no, u.name")).bind(parent_id);
    let rows: Vec<Row> = query.fetch_all(app.db.read()).await?;
    rows.into_iter().map(Row::into_line).collect()
}

/// Unions of a subtree whose name has the words in it.
pub async fn search_lines(app: &App, scope: &str, pattern: &str, limit: i64) -> Result<Vec<Line>> {
    let query = sqlx::query_as(select_line!(
        "AND u.path >= $1 AND u.path < $2 AND LOWER(u.name) LIKE $3 ESCAPE '\\' ORDER BY u.path LIMIT $4"
    ));
    let query = query.bind(scope).bind(path_end(scope)).bind(pattern).bind(limit);
    let rows: Vec<Row> = query.fetch_all(app.db.read()).await?;
    rows.into_iter().map(Row::into_line).collect()
}

pub async fn details_sealed(app: &App, id: &str) -> sqlx::Result<Option<String>> {
    let row: Option<(Option<String>,)> = sqlx::query_as("SELECT details_sealed FROM unions WHERE id = $1")
        .bind(id)
        .fetch_optional(app.db.read())
        .await?;
    Ok(row.and_then(|(sealed,)| sealed))
}

/// An officer of a union, with what the list shows.
#[derive(sqlx::FromRow)]
pub struct MemberRow {
    pub id: String,
    pub name: String,
    pub phone_sealed: String,
    pub roles: String,
    pub bound: i64,
    pub has_password: i64,
    pub seen_at: Option<i64>,
}

pub async fn members_of(app: &App, union_id: &str) -> sqlx::Result<Vec<MemberRow>> {
    let sql = "SELECT o.id, o.name, o.phone_sealed, o.roles, CASE WHEN o.openid IS NULL THEN 0 ELSE 1 END AS bound, \
               CASE WHEN o.password_hash = '' THEN 0 ELSE 1 END AS has_password, \
               (SELECT MAX(s.seen_at) FROM officer_sessions s WHERE s.officer_id = o.id) AS seen_at \
               FROM officers o WHERE o.union_id = $1 AND o.active = 1 ORDER BY o.id";
    sqlx::query_as(sql).bind(union_id).fetch_all(app.db.read()).await
}
