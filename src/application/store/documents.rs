//! SQL of documents.

use crate::app::App;
use crate::application::DocumentKind;
use crate::application::content::MediaType;
use crate::application::documents::Document;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Time;

#[derive(sqlx::FromRow)]
struct DocumentRow {
    id: String,
    application_id: String,
    kind: String,
    media_type: String,
    bytes: i64,
    form_version: i64,
    uploaded_at: i64,
}

impl DocumentRow {
    fn into_document(self) -> Result<Document> {
        let unknown = || anyhow::anyhow!("document {} is of an unknown kind", self.id);
        Ok(Document {
            kind: DocumentKind::parse(&self.kind).ok_or_else(unknown)?,
            media: MediaType::parse(&self.media_type).ok_or_else(unknown)?,
            bytes: self.bytes.unsigned_abs(),
            form_version: self.form_version,
            uploaded_at: Time(self.uploaded_at),
            application_id: self.application_id,
            id: self.id,
        })
    }
}

pub async fn replace_document(tx: &mut Tx, document: &Document, sha256: &str) -> sqlx::Result<()> {
    let sql = "UPDATE documents SET current = 0 WHERE application_id = $1 AND kind = $2 AND current = 1";
    sqlx::query(sql)
        .bind(&document.application_id)
        .bind(document.kind.as_str())
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "INSERT INTO documents (id, application_id, kind, media_type, bytes, sha256, form_version, current, uploaded_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8)",
    )
    .bind(&document.id)
    .bind(&document.application_id)
    .bind(document.kind.as_str())
    .bind(document.media.as_str())
    .bind(document.bytes as i64)
    .bind(sha256)
    .bind(document.form_version)
    .bind(document.uploaded_at.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn documents(app: &App, application_id: &str) -> Result<Vec<Document>> {
    let sql = "SELECT id, application_id, kind, media_type, bytes, form_version, uploaded_at FROM documents \
               WHERE application_id = $1 AND current = 1 ORDER BY id";
    let rows: Vec<DocumentRow> = sqlx::query_as(sql)
        .bind(application_id)
        .fetch_all(app.db.read())
        .await?;
    rows.into_iter().map(DocumentRow::into_document).collect()
}

pub async fn document(app: &App, id: &str) -> Result<Option<Document>> {
    let sql = "SELECT id, application_id, kind, media_type, bytes, form_version, uploaded_at FROM documents WHERE id = $1";
    let row: Option<DocumentRow> = sqlx::query_as(sql).bind(id).fetch_optional(app.db.read()).await?;
    row.map(DocumentRow::into_document).transpose()
}

pub async fn stamped_version(app: &App, application_id: &str) -> sqlx::Result<Option<i64>> {
    let sql = "SELECT form_version FROM documents WHERE application_id = $1 AND kind = 'stamped_form' AND current = 1";
    sqlx::query_scalar(sql)
        .bind(application_id)
        .fetch_optional(app.db.read())
        .await
}

/// Whether the document stood until now.
pub async fn drop_document(tx: &mut Tx, id: &str) -> sqlx::Result<bool> {
    let sql = "UPDATE documents SET current = 0 WHERE id = $1 AND current = 1";
    Ok(sqlx::query(sql)
        .bind(id)
        .execute(&mut **tx)
        .await?
        .rows_affected()
        == 1)
}
