//! An article's attachments: PDF, DOCX, XLSX, JPG or PNG by content, for anybody as long as the article is public.
//!
//! Kept like every file of ours, sealed (ADR 0030): one store, one way of writing.

use super::{Kind, edit, office_file, shown, store};
use crate::app::App;
use crate::application::content::{self, Bounds, MediaType};
use crate::audit::{self, Line};
use crate::content::check_publishes;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{Refusal, code, text};
use crate::outbox;
use crate::union::Officer;
use crate::union::rights;
use serde_json::json;

/// The largest attachment.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;
/// Attachments of an article.
pub const MAX_FILES: usize = 20;
/// Pages of a PDF: a plan with its annexes is longer than a worker's paper.
const MAX_PAGES: usize = 200;
/// Characters of a name, without its ending.
const LONGEST_NAME: usize = 60;

/// Kind of the outbox job that deletes the bytes of an attachment that was taken away, `{"file": id}`.
pub const ERASE_JOB: &str = "article_file_erase";

crate::text_enum! {
    /// The types of attachments.
    pub enum FileType {
        /// PDF.
        Pdf = "application/pdf",
        /// Word.
        Docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        /// Excel.
        Xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        /// Picture.
        Jpeg = "image/jpeg",
        /// Picture.
        Png = "image/png",
    }
}

impl FileType {
    /// Whether a page can show it.
    pub fn is_picture(self) -> bool {
        matches!(self, FileType::Jpeg | FileType::Png)
    }

    /// What its name ends with.
    pub fn extension(self) -> &'static str {
        match self {
            FileType::Pdf => "pdf",
            FileType::Docx => "docx",
            FileType::Xlsx => "xlsx",
            FileType::Jpeg => "jpg",
            FileType::Png => "png",
        }
    }
}

/// An attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Id.
    pub id: String,
    /// What people see, with the ending of its type; one in the article.
    pub name: String,
    /// Its type by content.
    pub media: FileType,
    /// Its size.
    pub bytes: u64,
    /// Of what is served, lower-case hex.
    pub sha256: String,
}

impl File {
    /// "1.2 MB", "35 KB".
    pub fn size(&self) -> String {
        text::size(self.bytes)
    }
}

fn key(id: &str) -> String {
    format!("articles/{id}")
}

/// The attachments of an article, in the order of their coming.
pub async fn of(app: &App, article_id: &str) -> Result<Vec<File>> {
    store::files(app, article_id).await
}

/// Adds a file, in place of one of the same name.
///
/// Errors: [`Refusal::NotAllowed`], [`Refusal::AttachmentTooLarge`], [`Refusal::AttachmentType`],
/// [`Refusal::AttachmentTooMany`], and what [`content::clean`] says of a bad PDF or picture.
pub async fn attach(app: &App, by: &Officer, article_id: &str, name: &str, bytes: Vec<u8>) -> Result<File> {
    let result = attached(app, by, article_id, name, bytes).await;
    rights::noted(
        app,
        &by.actor(),
        "article.attach",
        ("article", article_id),
        result,
    )
    .await
}

async fn attached(app: &App, by: &Officer, article_id: &str, name: &str, bytes: Vec<u8>) -> Result<File> {
    edit::find(app, by, article_id).await?;
    let (media, bytes) = judged(bytes).await?;
    let file = File {
        id: app.id(),
        name: cleaned_name(name, media),
        media,
        bytes: bytes.len() as u64,
        sha256: code::sha256_hex(&bytes),
    };
    // The file first: a row never names a file that is not there. A file without a row is only space.
    app.files.put(&key(&file.id), &bytes).await?;
    let kept = enter(app, by, article_id, &file).await;
    if kept.is_err()
        && let Err(error) = app.files.delete(&key(&file.id)).await
    {
        tracing::warn!(error = format!("{error:#}"), "a file without an attachment stays");
    }
    kept.map(|()| file)
}

/// The type by content, and what is kept of the file.
async fn judged(bytes: Vec<u8>) -> Result<(FileType, Vec<u8>), Refusal> {
    if bytes.len() > MAX_BYTES {
        return Err(Refusal::AttachmentTooLarge {
            bytes: bytes.len() as u64,
        });
    }
    if office_file::is_archive(&bytes) {
        let media = office_file::kind(&bytes).ok_or(Refusal::AttachmentType)?;
        return Ok((media, bytes));
    }
    let bounds = Bounds {
        bytes: MAX_BYTES,
        pages: MAX_PAGES,
    };
    let clean = match content::cleaned_within(bytes, bounds).await {
        Err(Refusal::FileWrongType | Refusal::FileOffice | Refusal::FileWebPage) => {
            return Err(Refusal::AttachmentType);
        }
        other => other?,
    };
    let media = match clean.media {
        MediaType::Pdf => FileType::Pdf,
        MediaType::Jpeg => FileType::Jpeg,
        MediaType::Png => FileType::Png,
        MediaType::Gif => return Err(Refusal::AttachmentType),
    };
    Ok((media, clean.bytes))
}

/// A name that Markdown, headers and every file system take as it is, with the ending of its type.
fn cleaned_name(name: &str, media: FileType) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    let mut out = String::new();
    for c in stem.trim().chars().take(LONGEST_NAME) {
        match c {
            '(' => out.push('（'),
            ')' => out.push('）'),
            c if c.is_alphanumeric() || "-_.（）《》〔〕“”、·".contains(c) => out.push(c),
            _ if out.ends_with('-') => {}
            _ => out.push('-'),
        }
    }
    let stem = match out.trim_matches(['-', '.']) {
        "" => "附件",
        stem => stem,
    };
    format!("{stem}.{}", media.extension())
}

async fn enter(app: &App, by: &Officer, article_id: &str, file: &File) -> Result<()> {
    let mut tx = app.db.write().await?;
    if !store::lock(&mut tx, article_id).await? {
        return Err(Error::NotFound);
    }
    if let Some(old) = store::file_named(&mut tx, article_id, &file.name).await? {
        forget(app, &mut tx, article_id, &old).await?;
    }
    if store::count_files(&mut tx, article_id).await? >= MAX_FILES {
        return Err(Refusal::AttachmentTooMany { most: MAX_FILES }.into());
    }
    store::insert_file(&mut tx, article_id, file, app.now()).await?;
    let detail = json!({ "file": file.id, "name": file.name, "sha256": file.sha256 });
    note(app, &mut tx, by, ("article.attach", article_id), detail).await?;
    tx.commit().await?;
    Ok(())
}

/// The row goes now, the bytes a moment later.
async fn forget(app: &App, tx: &mut Tx, article_id: &str, file_id: &str) -> Result<bool> {
    if !store::drop_file(tx, article_id, file_id).await? {
        return Ok(false);
    }
    let payload = json!({ "file": file_id });
    outbox::enqueue(tx, &app.id(), ERASE_JOB, &payload, app.now(), None).await?;
    Ok(true)
}

/// Takes an attachment away.
pub async fn detach(app: &App, by: &Officer, article_id: &str, file_id: &str) -> Result<()> {
    check_publishes(app, by).await?;
    let mut tx = app.db.write().await?;
    if !forget(app, &mut tx, article_id, file_id).await? {
        return Err(Error::NotFound);
    }
    let detail = json!({ "file": file_id });
    note(app, &mut tx, by, ("article.detach", article_id), detail).await?;
    tx.commit().await?;
    Ok(())
}

async fn note(
    app: &App,
    tx: &mut Tx,
    by: &Officer,
    (act, article_id): (&str, &str),
    detail: serde_json::Value,
) -> Result<()> {
    let line = Line {
        actor: &by.actor(),
        act,
        subject: ("article", article_id),
        detail,
    };
    Ok(audit::record(tx, &app.entropy, app.now(), line).await?)
}

/// The outbox job [`ERASE_JOB`]. May run twice.
pub async fn erase(app: &App, file_id: &str) -> Result<()> {
    Ok(app.files.delete(&key(file_id)).await?)
}

/// An attachment of a public article; [`Error::NotFound`] while it is not public.
pub async fn public(app: &App, kind: Kind, slug: &str, file_id: &str) -> Result<File> {
    let article = shown(app, kind, slug).await?;
    one(app, &article.head.id, file_id).await
}

/// An attachment of any article, for its keepers.
pub async fn any(app: &App, by: &Officer, article_id: &str, file_id: &str) -> Result<File> {
    check_publishes(app, by).await?;
    one(app, article_id, file_id).await
}

async fn one(app: &App, article_id: &str, file_id: &str) -> Result<File> {
    let files = of(app, article_id).await?;
    files
        .into_iter()
        .find(|file| file.id == file_id)
        .ok_or(Error::NotFound)
}

/// Its bytes.
pub async fn bytes_of(app: &App, file: &File) -> Result<Vec<u8>> {
    Ok(app.files.get(&key(&file.id)).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_readable_and_do_no_harm() {
        for (typed, media, name) in [
            ("申请表.pdf", FileType::Pdf, "申请表.pdf"),
            (
                "附件1：名额 分配表.XLSX",
                FileType::Xlsx,
                "附件1-名额-分配表.xlsx",
            ),
            ("C:\\桌面\\通知(终稿).doc", FileType::Docx, "通知（终稿）.docx"),
            ("../../etc/passwd", FileType::Png, "passwd.png"),
            ("a\"b\r\nc<script>.html", FileType::Jpeg, "a-b-c-script.jpg"),
            ("", FileType::Pdf, "附件.pdf"),
            ("...", FileType::Pdf, "附件.pdf"),
            ("济工办〔2021〕3号.pdf", FileType::Pdf, "济工办〔2021〕3号.pdf"),
        ] {
            assert_eq!(cleaned_name(typed, media), name);
        }
        assert_eq!(
            cleaned_name(&"长".repeat(200), FileType::Pdf).chars().count(),
            LONGEST_NAME + 4
        );
    }

    #[test]
    fn sizes_are_told_in_people_s_units() {
        let of = |bytes| File {
            id: String::new(),
            name: String::new(),
            media: FileType::Pdf,
            bytes,
            sha256: String::new(),
        };
        assert_eq!(of(1).size(), "1 KB");
        assert_eq!(of(1_572_864).size(), "1.5 MB");
    }
}
