//! SQL of unions and officers.

mod changes;
mod joining;
mod overview;
mod preferences;
mod providers;
mod sessions;

pub use changes::*;
pub use joining::*;
pub use overview::*;
pub use preferences::*;
pub use providers::*;
pub use sessions::*;

use super::{Kind, Union};
use crate::app::App;
use crate::db::{Tx, list};
use crate::error::Result;
use crate::kernel::Time;
use sqlx::{Any, AssertSqlSafe, Executor, FromRow as _, Row as _};
use std::collections::{HashMap, HashSet};

#[derive(sqlx::FromRow)]
struct UnionRow {
    id: String,
    parent_id: Option<String>,
    kind: String,
    name: String,
    path: String,
    no: i64,
}

impl UnionRow {
    fn into_union(self) -> Result<Union> {
        let kind = Kind::parse(&self.kind)
            .ok_or_else(|| anyhow::anyhow!("union {} has an unknown kind", self.id))?;
        Ok(Union {
            id: self.id,
            parent_id: self.parent_id,
            kind,
            name: self.name,
            path: self.path,
            no: self.no,
        })
    }
}

/// The end of the range of paths that begin with `path` ("/a/b/" up to "/a/b0": '0' follows '/').
fn path_end(path: &str) -> String {
    format!("{}0", path.trim_end_matches('/'))
}

/// An officer's row, without the sealed phone.
#[derive(sqlx::FromRow)]
pub struct OfficerRow {
    pub id: String,
    pub union_id: String,
    pub name: String,
    pub phone_index: String,
    pub password_hash: String,
    pub roles: String,
    pub openid: Option<String>,
    pub second_factor: i64,
    pub signed_out: i64,
}

pub async fn insert_union(tx: &mut Tx, union: &Union, now: Time) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO unions (id, parent_id, kind, name, path, no, active, created_at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7)")
        .bind(&union.id)
        .bind(union.parent_id.as_deref())
        .bind(union.kind.as_str())
        .bind(&union.name)
        .bind(&union.path)
        .bind(union.no)
        .bind(now.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn union<'e>(db: impl Executor<'e, Database = Any>, id: &str) -> Result<Option<Union>> {
    let sql = "SELECT id, parent_id, kind, name, path, no FROM unions WHERE id = $1 AND active = 1";
    let row: Option<UnionRow> = sqlx::query_as(sql).bind(id).fetch_optional(db).await?;
    row.map(UnionRow::into_union).transpose()
}

/// The active ones of these unions.
pub async fn unions(app: &App, ids: &[&str]) -> Result<Vec<Union>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let list = list(1, ids.len());
    let sql =
        format!("SELECT id, parent_id, kind, name, path, no FROM unions WHERE id IN ({list}) AND active = 1");
    // Safe: only marks are put in.
    let query = sqlx::query_as(AssertSqlSafe(sql));
    let query = ids.iter().fold(query, |query, id| query.bind((*id).to_owned()));
    let rows: Vec<UnionRow> = query.fetch_all(app.db.read()).await?;
    rows.into_iter().map(UnionRow::into_union).collect()
}

pub async fn root(app: &App) -> Result<Option<Union>> {
    let sql = "SELECT id, parent_id, kind, name, path, no FROM unions WHERE kind = 'city' AND active = 1";
    let row: Option<UnionRow> = sqlx::query_as(sql).fetch_optional(app.db.read()).await?;
    row.map(UnionRow::into_union).transpose()
}

/// The CTE `up`: unions, by how many they are, and what is above each as far as it is active.
fn up(unions: usize) -> String {
    format!(
        "WITH RECURSIVE up (of_id, id, parent_id, kind, name, path, no, height) AS (\
         SELECT id, id, parent_id, kind, name, path, no, CAST(0 AS BIGINT) FROM unions WHERE id IN ({}) AND active = 1 \
         UNION ALL \
         SELECT up.of_id, u.id, u.parent_id, u.kind, u.name, u.path, u.no, up.height + 1 \
         FROM unions u JOIN up ON u.id = up.parent_id WHERE u.active = 1)",
        list(1, unions)
    )
}

/// A union and what is above it as far as it is active, from itself up.
pub async fn lineage<'e>(db: impl Executor<'e, Database = Any>, id: &str) -> Result<Vec<Union>> {
    let sql = format!(
        "{} SELECT id, parent_id, kind, name, path, no FROM up ORDER BY height",
        up(1)
    );
    // Safe: only marks are put in.
    let rows: Vec<UnionRow> = sqlx::query_as(AssertSqlSafe(sql)).bind(id).fetch_all(db).await?;
    rows.into_iter().map(UnionRow::into_union).collect()
}

/// Who reviews the applications of a union.
#[derive(Default)]
pub struct Chain {
    /// From the union up; in the city's place its organ, if there is one.
    pub unions: Vec<Union>,
    /// Whether it reaches the city: else something above is not active.
    pub whole: bool,
    /// Ids of those with somebody to review.
    pub staffed: HashSet<String>,
}

/// The chains of several unions, by their ids.
pub async fn chains<'e>(
    db: impl Executor<'e, Database = Any>,
    ids: &[&str],
) -> Result<HashMap<String, Chain>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "{} SELECT up.of_id, CASE WHEN up.parent_id IS NULL THEN 1 ELSE 0 END AS top, u.id, u.parent_id, u.kind, u.name, u.path, u.no, \
         CASE WHEN EXISTS (SELECT 1 FROM officers o WHERE o.union_id = u.id AND {REVIEWS}) THEN 1 ELSE 0 END AS staffed \
         FROM up JOIN unions u ON u.id = COALESCE((SELECT c.id FROM unions c WHERE up.parent_id IS NULL AND c.parent_id = up.id \
         AND c.kind = 'centre' AND c.active = 1 ORDER BY c.no, c.name LIMIT 1), up.id) ORDER BY up.height",
        up(ids.len())
    );
    // Safe: only marks and a constant are put in.
    let query = sqlx::query(AssertSqlSafe(sql));
    let query = ids.iter().fold(query, |query, id| query.bind((*id).to_owned()));
    let mut chains: HashMap<String, Chain> = HashMap::new();
    for row in query.fetch_all(db).await? {
        let union = UnionRow::from_row(&row)?.into_union()?;
        let chain = chains.entry(row.try_get("of_id")?).or_default();
        chain.whole |= row.try_get::<i64, _>("top")? == 1;
        if row.try_get::<i64, _>("staffed")? == 1 {
            chain.staffed.insert(union.id.clone());
        }
        chain.unions.push(union);
    }
    Ok(chains)
}

/// Of an officer `o`: whether they may review now.
const REVIEWS: &str = "o.active = 1 AND (',' || o.roles || ',') LIKE '%,reviewer,%'";

pub async fn children(app: &App, parent: &str) -> Result<Vec<Union>> {
    let sql = "SELECT id, parent_id, kind, name, path, no FROM unions WHERE parent_id = $1 AND active = 1 ORDER BY no, name";
    let rows: Vec<UnionRow> = sqlx::query_as(sql).bind(parent).fetch_all(app.db.read()).await?;
    rows.into_iter().map(UnionRow::into_union).collect()
}

pub async fn insert_officer(
    tx: &mut Tx,
    row: &OfficerRow,
    phone_sealed: &str,
    now: Time,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO officers (id, union_id, name, phone_sealed, phone_index, password_hash, roles, openid, active, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9)",
    )
    .bind(&row.id)
    .bind(&row.union_id)
    .bind(&row.name)
    .bind(phone_sealed)
    .bind(&row.phone_index)
    .bind(&row.password_hash)
    .bind(&row.roles)
    .bind(row.openid.as_deref())
    .bind(now.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn officer(app: &App, id: &str) -> sqlx::Result<Option<OfficerRow>> {
    let sql = "SELECT id, union_id, name, phone_index, password_hash, roles, openid, second_factor, signed_out FROM officers WHERE id = $1 AND active = 1";
    sqlx::query_as(sql).bind(id).fetch_optional(app.db.read()).await
}

pub async fn officer_by_phone(app: &App, index: &str) -> sqlx::Result<Option<OfficerRow>> {
    let sql = "SELECT id, union_id, name, phone_index, password_hash, roles, openid, second_factor, signed_out FROM officers WHERE phone_index = $1 AND active = 1";
    sqlx::query_as(sql)
        .bind(index)
        .fetch_optional(app.db.read())
        .await
}

pub async fn officers_of(app: &App, union_id: &str) -> sqlx::Result<Vec<OfficerRow>> {
    let sql = "SELECT id, union_id, name, phone_index, password_hash, roles, openid, second_factor, signed_out FROM officers WHERE union_id = $1 AND active = 1 ORDER BY id";
    sqlx::query_as(sql).bind(union_id).fetch_all(app.db.read()).await
}

/// Which of these unions have somebody to review.
pub async fn with_reviewer<'e>(
    db: impl Executor<'e, Database = Any>,
    union_ids: &[&str],
) -> sqlx::Result<HashSet<String>> {
    if union_ids.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = format!(
        "SELECT DISTINCT o.union_id FROM officers o WHERE o.union_id IN ({}) AND {REVIEWS}",
        list(1, union_ids.len())
    );
    // Safe: only marks and a constant are put in.
    let query = sqlx::query_scalar(AssertSqlSafe(sql));
    let query = union_ids
        .iter()
        .fold(query, |query, id| query.bind((*id).to_owned()));
    Ok(query.fetch_all(db).await?.into_iter().collect())
}

pub async fn officer_phone(app: &App, id: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT phone_sealed FROM officers WHERE id = $1")
        .bind(id)
        .fetch_optional(app.db.read())
        .await
}

pub async fn officers_with_openid(app: &App, openid: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT id FROM officers WHERE openid = $1")
        .bind(openid)
        .fetch_all(app.db.read())
        .await
}

pub async fn bind_officer(tx: &mut Tx, id: &str, openid: Option<&str>) -> sqlx::Result<()> {
    // Without a WeChat there is no second factor with it.
    let sql = "UPDATE officers SET openid = $1, second_factor = CASE WHEN $1 IS NULL THEN 0 ELSE second_factor END WHERE id = $2 AND active = 1";
    sqlx::query(sql).bind(openid).bind(id).execute(&mut **tx).await?;
    Ok(())
}
