//! Videos and covers of courses: public files, kept as they are so that a part can be read (ADR 0031). A video comes in
//! piece by piece and is never held whole.

use super::check_publishes;
use super::courses::{Course, Lesson, Source, lesson, note};
use super::store::courses as store;
use crate::app::App;
use crate::application::content;
use crate::audit::Actor;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::outbox;
use crate::union::Officer;
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// The largest video.
pub const VIDEO_MAX: u64 = 200 * 1024 * 1024;
/// The outbox's job that deletes a file which nothing shows any more.
pub const ERASE_JOB: &str = "public_file_erase";
const MP4: &str = "video/mp4";

/// A file that everybody may read while something that is shown shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicFile {
    /// Id; new bytes have a new one.
    pub id: String,
    /// Its type.
    pub media_type: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
}

/// Whether a file begins as MP4 does: a box `ftyp` whose size is sane and whose brand is a video's.
fn is_mp4(head: &[u8]) -> bool {
    const BRANDS: &[&[u8]] = &[
        b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV",
        b"dash", b"3gp4", b"3gp5", b"f4v ",
    ];
    let size = head.first_chunk::<4>().map(|four| u32::from_be_bytes(*four));
    size.is_some_and(|size| (16..=1024).contains(&size))
        && head.get(4..8) == Some(b"ftyp")
        && head.get(8..12).is_some_and(|brand| BRANDS.contains(&brand))
}

/// A video on its way in.
pub struct Incoming {
    id: String,
    writer: opendal::Writer,
    hash: Sha256,
    head: Vec<u8>,
    bytes: u64,
}

/// Bytes by which a video is known.
const HEAD: usize = 12;

impl Incoming {
    /// Begins one.
    pub async fn begin(app: &App) -> Result<Self> {
        let id = app.id();
        Ok(Incoming {
            writer: app.files.public_writer(&id).await?,
            id,
            hash: Sha256::new(),
            head: Vec::new(),
            bytes: 0,
        })
    }

    /// The next piece.
    ///
    /// Errors: [`Refusal::VideoWrongType`] as soon as the beginning tells, [`Refusal::VideoTooLarge`].
    pub async fn write(&mut self, piece: Vec<u8>) -> Result<()> {
        self.bytes += piece.len() as u64;
        if self.bytes > VIDEO_MAX {
            return Err(Refusal::VideoTooLarge.into());
        }
        self.hash.update(&piece);
        if self.head.len() < HEAD {
            self.head.extend(piece.iter().take(HEAD - self.head.len()));
            if self.head.len() == HEAD && !is_mp4(&self.head) {
                return Err(Refusal::VideoWrongType.into());
            }
        }
        self.writer.write(piece).await.map_err(anyhow::Error::from)?;
        Ok(())
    }

    /// It is complete. Errors: [`Refusal::FileEmpty`], [`Refusal::VideoWrongType`].
    async fn finish(&mut self) -> Result<PublicFile> {
        if self.bytes == 0 {
            return Err(Refusal::FileEmpty.into());
        }
        if !is_mp4(&self.head) {
            return Err(Refusal::VideoWrongType.into());
        }
        self.writer.close().await.map_err(anyhow::Error::from)?;
        Ok(PublicFile {
            id: self.id.clone(),
            media_type: MP4.to_owned(),
            bytes: self.bytes,
            sha256: hex::encode(self.hash.clone().finalize()),
        })
    }

    /// It does not come to an end, or is not wanted: what was written of it goes.
    pub async fn abandon(mut self, app: &App) {
        // Not every store knows how to abort; the file itself is deleted in any case.
        let _ = self.writer.abort().await;
        if let Err(error) = app.files.delete_public(&self.id).await {
            tracing::warn!(file = self.id, %error, "an abandoned upload could not be deleted");
        }
    }
}

/// A lesson's video has come in: it replaces link or video.
///
/// Errors: those of [`Incoming`], [`Refusal::NotAllowed`], [`Error::NotFound`].
pub async fn keep_video(app: &App, by: &Officer, at: (&str, &str), mut incoming: Incoming) -> Result<()> {
    let kept = match incoming.finish().await {
        Ok(file) => attach_video(app, by, at, &file).await,
        Err(error) => Err(error),
    };
    if kept.is_err() {
        incoming.abandon(app).await;
    }
    kept
}

async fn attach_video(app: &App, by: &Officer, at: (&str, &str), file: &PublicFile) -> Result<()> {
    check_publishes(app, by).await?;
    let (_, lesson) = lesson(app, at.0, at.1).await?;
    let mut tx = app.db.write().await?;
    store::insert_file(&mut tx, file, app.now()).await?;
    replace_video(app, &mut tx, &by.actor(), &lesson, Some(file)).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes a lesson's video away: it waits for another one, or for a link.
pub async fn drop_video(app: &App, by: &Officer, course_id: &str, lesson_id: &str) -> Result<()> {
    check_publishes(app, by).await?;
    let (_, lesson) = lesson(app, course_id, lesson_id).await?;
    let mut tx = app.db.write().await?;
    replace_video(app, &mut tx, &by.actor(), &lesson, None).await?;
    tx.commit().await?;
    Ok(())
}

/// Whoever changed the lesson since it was read wins: their file would be lost otherwise.
async fn replace_video(
    app: &App,
    tx: &mut Tx,
    by: &Actor,
    lesson: &Lesson,
    file: Option<&PublicFile>,
) -> Result<()> {
    let seen = (lesson.id.as_str(), lesson.version);
    if !store::set_file(tx, seen, file.map(|f| f.id.as_str()), app.now()).await? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    if let Source::File(old) = &lesson.source {
        erase_later(app, tx, &old.id).await?;
    }
    let detail =
        json!({ "course": lesson.course_id, "file": file.map(|f| &f.id), "sha256": file.map(|f| &f.sha256) });
    note(app, tx, by, "lesson.video", ("lesson", &lesson.id), detail).await
}

/// A course of the demo, marked as 示例: every lesson has the same small video.
pub struct Sample<'a> {
    /// Title.
    pub title: &'a str,
    /// What it is about.
    pub summary: &'a str,
    /// Who teaches.
    pub teacher: &'a str,
    /// The lessons' titles.
    pub lessons: &'a [&'a str],
    /// An MP4.
    pub video: &'a [u8],
}

/// Adds it, shown to everybody.
pub async fn add_sample(app: &App, sample: Sample<'_>) -> Result<()> {
    let mut files = Vec::new();
    for _ in sample.lessons {
        let mut incoming = Incoming::begin(app).await?;
        incoming.write(sample.video.to_vec()).await?;
        files.push(incoming.finish().await?);
    }
    let course = Course {
        id: app.id(),
        title: sample.title.to_owned(),
        summary: sample.summary.to_owned(),
        teacher: sample.teacher.to_owned(),
        cover: None,
        place: 0,
        shown: true,
        sample: true,
        version: 1,
    };
    let mut tx = app.db.write().await?;
    store::insert(&mut tx, &course, app.now()).await?;
    for (no, (title, file)) in (1..).zip(sample.lessons.iter().zip(&files)) {
        let id = app.id();
        store::insert_file(&mut tx, file, app.now()).await?;
        store::insert_lesson(&mut tx, &id, &course.id, (no, title, ""), app.now()).await?;
        store::set_file(&mut tx, (&id, 1), Some(&file.id), app.now()).await?;
    }
    let detail = json!({ "title": course.title });
    note(
        app,
        &mut tx,
        &Actor::System,
        "course.add",
        ("course", &course.id),
        detail,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// A course's cover, cleaned as papers are (ADR 0015).
///
/// Errors: the `File…` refusals, [`Refusal::NotAllowed`], [`Error::NotFound`], [`Refusal::ChangedMeanwhile`].
pub async fn keep_cover(app: &App, by: &Officer, course_id: &str, bytes: Vec<u8>) -> Result<()> {
    check_publishes(app, by).await?;
    let course = store::find(app, course_id).await?.ok_or(Error::NotFound)?;
    let clean = content::cleaned(bytes).await?;
    if !clean.media.is_picture() {
        return Err(Refusal::CoverWrongType.into());
    }
    let file = PublicFile {
        id: app.id(),
        media_type: clean.media.as_str().to_owned(),
        bytes: clean.bytes.len() as u64,
        sha256: hex::encode(Sha256::digest(&clean.bytes)),
    };
    let mut writer = app.files.public_writer(&file.id).await?;
    writer.write(clean.bytes).await.map_err(anyhow::Error::from)?;
    writer.close().await.map_err(anyhow::Error::from)?;
    let kept = attach_cover(app, &by.actor(), &course, &file).await;
    if kept.is_err() {
        app.files.delete_public(&file.id).await?;
    }
    kept
}

async fn attach_cover(app: &App, by: &Actor, course: &Course, file: &PublicFile) -> Result<()> {
    let mut tx = app.db.write().await?;
    store::insert_file(&mut tx, file, app.now()).await?;
    if !store::set_cover(&mut tx, (&course.id, course.version), &file.id, app.now()).await? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    if let Some(old) = &course.cover {
        erase_later(app, &mut tx, old).await?;
    }
    let detail = json!({ "file": file.id });
    note(app, &mut tx, by, "course.cover", ("course", &course.id), detail).await?;
    tx.commit().await?;
    Ok(())
}

async fn erase_later(app: &App, tx: &mut Tx, file: &str) -> Result<()> {
    let payload = json!({ "file": file });
    Ok(outbox::enqueue(tx, &app.id(), ERASE_JOB, &payload, app.now(), None).await?)
}

/// The job [`ERASE_JOB`]: bytes and row go; a second time is no error. A file that something uses stays.
pub async fn erase(app: &App, file_id: &str) -> Result<()> {
    let mut tx = app.db.write().await?;
    if store::forget_file(&mut tx, file_id).await? {
        app.files.delete_public(file_id).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// A file that something shows to everybody.
pub async fn public(app: &App, id: &str) -> Result<PublicFile> {
    store::public_file(app, id).await?.ok_or(Error::NotFound)
}

/// Any file, for the keepers.
pub async fn any(app: &App, by: &Officer, id: &str) -> Result<PublicFile> {
    check_publishes(app, by).await?;
    store::file(app, id).await?.ok_or(Error::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By its content, whatever it is called.
    #[test]
    fn a_video_is_known_by_its_beginning() {
        let sample = include_bytes!("../../assets/data/course-sample.mp4");
        assert!(is_mp4(sample));
        assert!(is_mp4(b"\0\0\0\x18ftypmp42\0\0\0\0"));
        for other in [
            &b"\0\0\0\x18ftypheic\0\0\0\0"[..],
            b"\0\0\0\x18ftypqt  \0\0\0\0",
            b"\0\0\0\x01ftypmp42",
            b"\xff\xff\xff\xffftypmp42",
            b"\x1a\x45\xdf\xa3 webm.....",
            b"<!doctype html><video>",
            b"%PDF-1.7 ftypmp42",
            b"\0\0\0\x18ftyp",
            b"",
        ] {
            assert!(!is_mp4(other), "{other:?}");
        }
    }
}
