//! SQL of providers.

use super::UnionRow;
use crate::app::App;
use crate::error::Result;
use crate::union::Union;
use sqlx::{Any, Executor};

pub async fn providers(app: &App) -> Result<Vec<Union>> {
    let sql = "SELECT id, parent_id, kind, name, path, no FROM unions WHERE kind = 'provider' AND active = 1 ORDER BY name";
    let rows: Vec<UnionRow> = sqlx::query_as(sql).fetch_all(app.db.read()).await?;
    rows.into_iter().map(UnionRow::into_union).collect()
}

pub async fn provider_by_name<'e>(
    db: impl Executor<'e, Database = Any>,
    name: &str,
) -> Result<Option<Union>> {
    let sql = "SELECT id, parent_id, kind, name, path, no FROM unions WHERE kind = 'provider' AND active = 1 AND name = $1";
    let row: Option<UnionRow> = sqlx::query_as(sql).bind(name).fetch_optional(db).await?;
    row.map(UnionRow::into_union).transpose()
}
