//! SQL of articles and their attachments.

use crate::app::App;
use crate::content::articles::{Article, File, FileType, Head, Kind, State};
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Time;

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    slug: String,
    kind: String,
    title: String,
    issuer: String,
    summary: String,
    state: String,
    publish_at: i64,
    pinned: i64,
    sample: i64,
    version: i64,
    edited_at: i64,
}

#[derive(sqlx::FromRow)]
struct Whole {
    #[sqlx(flatten)]
    row: Row,
    body: String,
}

macro_rules! select {
    ($more:literal, $rest:literal) => {
        concat!(
            "SELECT id, slug, kind, title, issuer, summary, state, publish_at, pinned, sample, version, edited_at",
            $more,
            " FROM articles ",
            $rest
        )
    };
}

fn malformed(id: &str) -> anyhow::Error {
    anyhow::anyhow!("article or attachment {id} is malformed")
}

fn head_of(row: Row) -> Result<Head> {
    Ok(Head {
        kind: Kind::parse(&row.kind).ok_or_else(|| malformed(&row.id))?,
        state: State::parse(&row.state).ok_or_else(|| malformed(&row.id))?,
        id: row.id,
        slug: row.slug,
        title: row.title,
        issuer: row.issuer,
        summary: row.summary,
        publish_at: Time(row.publish_at),
        pinned: row.pinned == 1,
        sample: row.sample == 1,
        version: row.version,
        edited_at: Time(row.edited_at),
    })
}

fn article_of(whole: Whole) -> Result<Article> {
    Ok(Article {
        head: head_of(whole.row)?,
        body: whole.body,
    })
}

/// When the public ones were published, in no order.
pub async fn moments(app: &App, kind: Kind, now: Time) -> Result<Vec<Time>> {
    let sql = "SELECT publish_at FROM articles WHERE kind = $1 AND state = 'published' AND publish_at <= $2";
    let moments: Vec<i64> = sqlx::query_scalar(sql)
        .bind(kind.as_str())
        .bind(now.0)
        .fetch_all(app.db.read())
        .await?;
    Ok(moments.into_iter().map(Time).collect())
}

/// Published ones of a span, both ends included: pinned first, then the newest.
pub async fn public(
    app: &App,
    kind: Kind,
    (from, until): (Time, Time),
    limit: usize,
    offset: usize,
) -> Result<Vec<Head>> {
    let sql = select!(
        "",
        "WHERE kind = $1 AND state = 'published' AND publish_at >= $2 AND publish_at <= $3 \
         ORDER BY pinned DESC, publish_at DESC, id DESC LIMIT $4 OFFSET $5"
    );
    let rows: Vec<Row> = sqlx::query_as(sql)
        .bind(kind.as_str())
        .bind(from.0)
        .bind(until.0)
        .bind(limit as i64)
        .bind(offset as i64)
        .fetch_all(app.db.read())
        .await?;
    rows.into_iter().map(head_of).collect()
}

/// The newest public ones.
pub async fn latest(app: &App, kind: Kind, now: Time, most: usize) -> Result<Vec<Head>> {
    let sql = select!(
        "",
        "WHERE kind = $1 AND state = 'published' AND publish_at <= $2 ORDER BY publish_at DESC, id DESC LIMIT $3"
    );
    let rows: Vec<Row> = sqlx::query_as(sql)
        .bind(kind.as_str())
        .bind(now.0)
        .bind(most as i64)
        .fetch_all(app.db.read())
        .await?;
    rows.into_iter().map(head_of).collect()
}

/// All of a kind, or of both when it is empty, for the office: the last edited first; and how many there are.
pub async fn all(app: &App, kind: &str, limit: usize, offset: usize) -> Result<(Vec<Head>, usize)> {
    let sql = select!(
        "",
        "WHERE ($1 = '' OR kind = $1) ORDER BY edited_at DESC, id DESC LIMIT $2 OFFSET $3"
    );
    let rows: Vec<Row> = sqlx::query_as(sql)
        .bind(kind)
        .bind(limit as i64)
        .bind(offset as i64)
        .fetch_all(app.db.read())
        .await?;
    let total: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM articles WHERE ($1 = '' OR kind = $1)")
        .bind(kind)
        .fetch_one(app.db.read())
        .await?;
    let heads: Result<Vec<Head>> = rows.into_iter().map(head_of).collect();
    Ok((heads?, usize::try_from(total).unwrap_or_default()))
}

pub async fn by_slug(app: &App, slug: &str) -> Result<Option<Article>> {
    let row: Option<Whole> = sqlx::query_as(select!(", body", "WHERE slug = $1"))
        .bind(slug)
        .fetch_optional(app.db.read())
        .await?;
    row.map(article_of).transpose()
}

pub async fn by_id(app: &App, id: &str) -> Result<Option<Article>> {
    let row: Option<Whole> = sqlx::query_as(select!(", body", "WHERE id = $1"))
        .bind(id)
        .fetch_optional(app.db.read())
        .await?;
    row.map(article_of).transpose()
}

/// Adds an article; `false` when its address is taken.
pub async fn insert(tx: &mut Tx, article: &Article, now: Time) -> Result<bool> {
    let head = &article.head;
    let done = sqlx::query(
        "INSERT INTO articles (id, slug, kind, title, issuer, summary, body, state, publish_at, pinned, sample, version, \
         created_at, edited_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
         ON CONFLICT (slug) DO NOTHING",
    )
    .bind(&head.id)
    .bind(&head.slug)
    .bind(head.kind.as_str())
    .bind(&head.title)
    .bind(&head.issuer)
    .bind(&head.summary)
    .bind(&article.body)
    .bind(head.state.as_str())
    .bind(head.publish_at.0)
    .bind(i64::from(head.pinned))
    .bind(i64::from(head.sample))
    .bind(head.version)
    .bind(now.0)
    .bind(head.edited_at.0)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes everything that may change over the version that was seen; `false` when that is no longer the one.
pub async fn update(tx: &mut Tx, article: &Article) -> Result<bool> {
    let head = &article.head;
    let done = sqlx::query(
        "UPDATE articles SET kind = $1, title = $2, issuer = $3, summary = $4, body = $5, state = $6, publish_at = $7, \
         pinned = $8, edited_at = $9, version = version + 1 WHERE id = $10 AND version = $11",
    )
    .bind(head.kind.as_str())
    .bind(&head.title)
    .bind(&head.issuer)
    .bind(&head.summary)
    .bind(&article.body)
    .bind(head.state.as_str())
    .bind(head.publish_at.0)
    .bind(i64::from(head.pinned))
    .bind(head.edited_at.0)
    .bind(&head.id)
    .bind(head.version)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whoever changes an article's attachments holds its row meanwhile.
pub async fn lock(tx: &mut Tx, id: &str) -> Result<bool> {
    let done = sqlx::query("UPDATE articles SET version = version WHERE id = $1")
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

#[derive(sqlx::FromRow)]
struct FileRow {
    id: String,
    name: String,
    media: String,
    bytes: i64,
    sha256: String,
}

fn file_of(row: FileRow) -> Result<File> {
    Ok(File {
        media: FileType::parse(&row.media).ok_or_else(|| malformed(&row.id))?,
        id: row.id,
        name: row.name,
        bytes: u64::try_from(row.bytes).unwrap_or_default(),
        sha256: row.sha256,
    })
}

/// An article's attachments in the order of their coming.
pub async fn files(app: &App, article_id: &str) -> Result<Vec<File>> {
    let sql = "SELECT id, name, media, bytes, sha256 FROM article_files WHERE article_id = $1 ORDER BY created_at, id";
    let rows: Vec<FileRow> = sqlx::query_as(sql)
        .bind(article_id)
        .fetch_all(app.db.read())
        .await?;
    rows.into_iter().map(file_of).collect()
}

pub async fn count_files(tx: &mut Tx, article_id: &str) -> Result<usize> {
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM article_files WHERE article_id = $1")
        .bind(article_id)
        .fetch_one(&mut **tx)
        .await?;
    Ok(usize::try_from(count).unwrap_or_default())
}

pub async fn insert_file(tx: &mut Tx, article_id: &str, file: &File, now: Time) -> Result<()> {
    sqlx::query(
        "INSERT INTO article_files (id, article_id, name, media, bytes, sha256, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&file.id)
    .bind(article_id)
    .bind(&file.name)
    .bind(file.media.as_str())
    .bind(file.bytes as i64)
    .bind(&file.sha256)
    .bind(now.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The id of the attachment that has this name.
pub async fn file_named(tx: &mut Tx, article_id: &str, name: &str) -> Result<Option<String>> {
    let sql = "SELECT id FROM article_files WHERE article_id = $1 AND name = $2";
    let id = sqlx::query_scalar(sql)
        .bind(article_id)
        .bind(name)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(id)
}

/// Takes an attachment away; `false` when it is not the article's.
pub async fn drop_file(tx: &mut Tx, article_id: &str, file_id: &str) -> Result<bool> {
    let done = sqlx::query("DELETE FROM article_files WHERE id = $1 AND article_id = $2")
        .bind(file_id)
        .bind(article_id)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}
