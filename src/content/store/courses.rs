//! SQL of 公益微课 and its files.

use crate::app::App;
use crate::content::courses::{Course, Lesson, Source};
use crate::content::courses_media::PublicFile;
use crate::db::Tx;
use crate::kernel::Time;
use std::collections::BTreeMap;

#[derive(sqlx::FromRow)]
struct CourseRow {
    id: String,
    title: String,
    summary: String,
    teacher: String,
    cover_id: Option<String>,
    place: i64,
    shown: i64,
    sample: i64,
    version: i64,
}

fn course_of(row: CourseRow) -> Course {
    Course {
        id: row.id,
        title: row.title,
        summary: row.summary,
        teacher: row.teacher,
        cover: row.cover_id,
        place: row.place,
        shown: row.shown == 1,
        sample: row.sample == 1,
        version: row.version,
    }
}

/// All courses in their order; there are at most [`crate::content::courses::MOST`].
pub async fn all(app: &App) -> sqlx::Result<Vec<Course>> {
    let sql = "SELECT id, title, summary, teacher, cover_id, place, shown, sample, version FROM courses ORDER BY place, id DESC";
    let rows: Vec<CourseRow> = sqlx::query_as(sql).fetch_all(app.db.read()).await?;
    Ok(rows.into_iter().map(course_of).collect())
}

pub async fn find(app: &App, id: &str) -> sqlx::Result<Option<Course>> {
    let sql = "SELECT id, title, summary, teacher, cover_id, place, shown, sample, version FROM courses WHERE id = $1";
    let row: Option<CourseRow> = sqlx::query_as(sql).bind(id).fetch_optional(app.db.read()).await?;
    Ok(row.map(course_of))
}

#[derive(sqlx::FromRow)]
struct LessonRow {
    id: String,
    course_id: String,
    no: i64,
    title: String,
    link: String,
    shown: i64,
    version: i64,
    file_id: Option<String>,
    media_type: Option<String>,
    bytes: Option<i64>,
    sha256: Option<String>,
}

/// The one list of a lesson's columns; SQL text must be one literal, hence a macro.
macro_rules! select_lesson {
    ($rest:literal) => {
        concat!(
            "SELECT l.id, l.course_id, l.no, l.title, l.link, l.shown, l.version, l.file_id, f.media_type, f.bytes, f.sha256 ",
            "FROM lessons l LEFT JOIN public_files f ON f.id = l.file_id ",
            $rest
        )
    };
}

fn lesson_of(row: LessonRow) -> Lesson {
    let source = match row.file_id {
        Some(id) => Source::File(PublicFile {
            id,
            media_type: row.media_type.unwrap_or_default(),
            bytes: row.bytes.unwrap_or_default().unsigned_abs(),
            sha256: row.sha256.unwrap_or_default(),
        }),
        None if row.link.is_empty() => Source::Nothing,
        None => Source::Link(row.link),
    };
    Lesson {
        id: row.id,
        course_id: row.course_id,
        no: row.no,
        title: row.title,
        source,
        shown: row.shown == 1,
        version: row.version,
    }
}

/// A course's lessons in their order.
pub async fn lessons(app: &App, course_id: &str) -> sqlx::Result<Vec<Lesson>> {
    let rows: Vec<LessonRow> = sqlx::query_as(select_lesson!("WHERE l.course_id = $1 ORDER BY l.no, l.id"))
        .bind(course_id)
        .fetch_all(app.db.read())
        .await?;
    Ok(rows.into_iter().map(lesson_of).collect())
}

/// All lessons by their course.
pub async fn lessons_of_all(app: &App) -> sqlx::Result<BTreeMap<String, Vec<Lesson>>> {
    let rows: Vec<LessonRow> = sqlx::query_as(select_lesson!("ORDER BY l.course_id, l.no, l.id"))
        .fetch_all(app.db.read())
        .await?;
    let mut by_course = BTreeMap::<String, Vec<Lesson>>::new();
    for row in rows {
        let lesson = lesson_of(row);
        by_course
            .entry(lesson.course_id.clone())
            .or_default()
            .push(lesson);
    }
    Ok(by_course)
}

pub async fn insert(tx: &mut Tx, course: &Course, now: Time) -> sqlx::Result<()> {
    let sql = "INSERT INTO courses (id, title, summary, teacher, cover_id, place, shown, sample, version, updated_at) \
               VALUES ($1, $2, $3, $4, NULL, $5, $6, $7, 1, $8)";
    let query = sqlx::query(sql)
        .bind(&course.id)
        .bind(&course.title)
        .bind(&course.summary);
    let query = query.bind(&course.teacher).bind(course.place);
    let query = query.bind(i64::from(course.shown)).bind(i64::from(course.sample));
    query.bind(now.0).execute(&mut **tx).await?;
    Ok(())
}

/// Whether the course was still of the version that was seen.
pub async fn update(tx: &mut Tx, course: &Course, now: Time) -> sqlx::Result<bool> {
    let sql = "UPDATE courses SET title = $1, summary = $2, teacher = $3, place = $4, updated_at = $5, version = version + 1 \
               WHERE id = $6 AND version = $7";
    let query = sqlx::query(sql)
        .bind(&course.title)
        .bind(&course.summary)
        .bind(&course.teacher);
    let query = query
        .bind(course.place)
        .bind(now.0)
        .bind(&course.id)
        .bind(course.version);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Whether the course was still of the version that was seen.
pub async fn show(tx: &mut Tx, (id, version): (&str, i64), shown: bool, now: Time) -> sqlx::Result<bool> {
    let sql = "UPDATE courses SET shown = $1, updated_at = $2, version = version + 1 WHERE id = $3 AND version = $4";
    let query = sqlx::query(sql)
        .bind(i64::from(shown))
        .bind(now.0)
        .bind(id)
        .bind(version);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Whether the course was still of the version that was seen.
pub async fn set_cover(tx: &mut Tx, (id, version): (&str, i64), file: &str, now: Time) -> sqlx::Result<bool> {
    let sql = "UPDATE courses SET cover_id = $1, updated_at = $2, version = version + 1 WHERE id = $3 AND version = $4";
    let query = sqlx::query(sql).bind(file).bind(now.0).bind(id).bind(version);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// A new lesson: order, title, link (may be empty).
pub async fn insert_lesson(
    tx: &mut Tx,
    id: &str,
    course_id: &str,
    (no, title, link): (i64, &str, &str),
    now: Time,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO lessons (id, course_id, no, title, link, file_id, shown, version, updated_at) \
               VALUES ($1, $2, $3, $4, $5, NULL, 1, 1, $6)";
    let query = sqlx::query(sql).bind(id).bind(course_id).bind(no);
    query
        .bind(title)
        .bind(link)
        .bind(now.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether the lesson was still of the version that was seen.
pub async fn update_lesson(
    tx: &mut Tx,
    (id, version): (&str, i64),
    (no, title, link): (i64, &str, &str),
    now: Time,
) -> sqlx::Result<bool> {
    let sql = "UPDATE lessons SET no = $1, title = $2, link = $3, updated_at = $4, version = version + 1 \
               WHERE id = $5 AND version = $6";
    let query = sqlx::query(sql).bind(no).bind(title).bind(link);
    let query = query.bind(now.0).bind(id).bind(version);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Whether the lesson was still of the version that was seen.
pub async fn show_lesson(
    tx: &mut Tx,
    (id, version): (&str, i64),
    shown: bool,
    now: Time,
) -> sqlx::Result<bool> {
    let sql = "UPDATE lessons SET shown = $1, updated_at = $2, version = version + 1 WHERE id = $3 AND version = $4";
    let query = sqlx::query(sql)
        .bind(i64::from(shown))
        .bind(now.0)
        .bind(id)
        .bind(version);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// The lesson's video, which takes the place of a link; none: neither. Whether it was of the version that was seen.
pub async fn set_file(
    tx: &mut Tx,
    (id, version): (&str, i64),
    file: Option<&str>,
    now: Time,
) -> sqlx::Result<bool> {
    let sql = "UPDATE lessons SET file_id = $1, link = '', updated_at = $2, version = version + 1 \
               WHERE id = $3 AND version = $4";
    let query = sqlx::query(sql).bind(file).bind(now.0).bind(id).bind(version);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

pub async fn insert_file(tx: &mut Tx, file: &PublicFile, now: Time) -> sqlx::Result<()> {
    let sql =
        "INSERT INTO public_files (id, media_type, bytes, sha256, created_at) VALUES ($1, $2, $3, $4, $5)";
    let query = sqlx::query(sql).bind(&file.id).bind(&file.media_type);
    let query = query.bind(file.bytes.cast_signed()).bind(&file.sha256);
    query.bind(now.0).execute(&mut **tx).await?;
    Ok(())
}

/// Whether the file was there and nothing uses it: its row is gone then.
pub async fn forget_file(tx: &mut Tx, id: &str) -> sqlx::Result<bool> {
    let sql = "DELETE FROM public_files WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM lessons WHERE file_id = $1) \
               AND NOT EXISTS (SELECT 1 FROM courses WHERE cover_id = $1)";
    let gone = sqlx::query(sql).bind(id).execute(&mut **tx).await?;
    Ok(gone.rows_affected() == 1)
}

type FileRow = (String, String, i64, String);

fn file_of((id, media_type, bytes, sha256): FileRow) -> PublicFile {
    PublicFile {
        id,
        media_type,
        bytes: bytes.unsigned_abs(),
        sha256,
    }
}

pub async fn file(app: &App, id: &str) -> sqlx::Result<Option<PublicFile>> {
    let sql = "SELECT id, media_type, bytes, sha256 FROM public_files WHERE id = $1";
    let row: Option<FileRow> = sqlx::query_as(sql).bind(id).fetch_optional(app.db.read()).await?;
    Ok(row.map(file_of))
}

/// The file if a course that is shown has it as its cover, or in a lesson that is shown.
pub async fn public_file(app: &App, id: &str) -> sqlx::Result<Option<PublicFile>> {
    let sql = "SELECT f.id, f.media_type, f.bytes, f.sha256 FROM public_files f WHERE f.id = $1 AND (\
               EXISTS (SELECT 1 FROM courses c WHERE c.cover_id = f.id AND c.shown = 1) OR \
               EXISTS (SELECT 1 FROM lessons l JOIN courses c ON c.id = l.course_id \
               WHERE l.file_id = f.id AND l.shown = 1 AND c.shown = 1))";
    let row: Option<FileRow> = sqlx::query_as(sql).bind(id).fetch_optional(app.db.read()).await?;
    Ok(row.map(file_of))
}
