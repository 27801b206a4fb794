//! 公益微课: courses with their lessons, open to all, kept by the city's administrators.

use super::check_publishes;
use super::courses_media::PublicFile;
use super::store::courses as store;
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Refusal, text};
use crate::union::Officer;
use serde_json::json;

/// No more are kept: list and search read all of them.
pub const MOST: usize = 300;
/// No more lessons in a course.
pub const MOST_LESSONS: usize = 100;

/// A course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// Who teaches; may be empty.
    pub teacher: String,
    /// The picture's file (`courses_media`).
    pub cover: Option<String>,
    /// Order in the list, small first.
    pub place: i64,
    /// Whether everybody sees it.
    pub shown: bool,
    /// 示例.
    pub sample: bool,
    /// For who changes what was seen.
    pub version: i64,
}

/// Where a lesson is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Its video is still to come.
    Nothing,
    /// A page of somebody else's, over https.
    Link(String),
    /// Our own video.
    File(PublicFile),
}

/// A lesson of a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// Id.
    pub id: String,
    /// Its course.
    pub course_id: String,
    /// Order in the course, from 1.
    pub no: i64,
    /// Title.
    pub title: String,
    /// Where it is.
    pub source: Source,
    /// Whether everybody sees it; withdrawn (下架) otherwise. What workers watched of it is kept.
    pub shown: bool,
    /// For who changes what was seen.
    pub version: i64,
}

impl Lesson {
    /// Whether everybody sees it in a course that is shown.
    pub fn is_public(&self) -> bool {
        self.shown && self.source != Source::Nothing
    }
}

/// A course with its lessons, in their order.
pub type Whole = (Course, Vec<Lesson>);

/// The courses that everybody sees, with what is to be seen of each, by any of the words in title, teacher, summary or a
/// lesson's title. Without words: all.
pub async fn search(app: &App, words: &str) -> Result<Vec<Whole>> {
    let words = text::clean(words).to_lowercase();
    let mut found = Vec::new();
    let mut lessons = store::lessons_of_all(app).await?;
    for course in store::all(app).await?.into_iter().filter(|course| course.shown) {
        let of = lessons.remove(&course.id).unwrap_or_default();
        let public: Vec<Lesson> = of.into_iter().filter(Lesson::is_public).collect();
        if !public.is_empty() && matches(&course, &public, &words) {
            found.push((course, public));
        }
    }
    Ok(found)
}

/// Whether each word stands somewhere in the course.
fn matches(course: &Course, lessons: &[Lesson], words: &str) -> bool {
    let titles = lessons.iter().map(|lesson| lesson.title.as_str());
    let all: Vec<&str> = [&*course.title, &course.teacher, &course.summary]
        .into_iter()
        .chain(titles)
        .collect();
    let all = all.join("\n").to_lowercase();
    words.split(' ').all(|word| all.contains(word))
}

/// A course as everybody sees it. Errors: [`Error::NotFound`] for one that is not shown.
pub async fn shown(app: &App, id: &str) -> Result<Whole> {
    let (course, mut lessons) = whole(app, id).await?;
    lessons.retain(Lesson::is_public);
    if course.shown && !lessons.is_empty() {
        Ok((course, lessons))
    } else {
        Err(Error::NotFound)
    }
}

/// A course with all of its lessons, for its keepers.
pub async fn whole(app: &App, id: &str) -> Result<Whole> {
    let course = store::find(app, id).await?.ok_or(Error::NotFound)?;
    let lessons = store::lessons(app, id).await?;
    Ok((course, lessons))
}

/// One lesson of a course, for its keepers.
pub async fn lesson(app: &App, course_id: &str, id: &str) -> Result<(Course, Lesson)> {
    let (course, lessons) = whole(app, course_id).await?;
    let lesson = lessons.into_iter().find(|lesson| lesson.id == id);
    Ok((course, lesson.ok_or(Error::NotFound)?))
}

/// All courses with all of their lessons, for their keepers.
pub async fn all(app: &App, by: &Officer) -> Result<Vec<Whole>> {
    check_publishes(app, by).await?;
    let mut lessons = store::lessons_of_all(app).await?;
    let courses = store::all(app).await?.into_iter();
    Ok(courses
        .map(|course| {
            let of = lessons.remove(&course.id).unwrap_or_default();
            (course, of)
        })
        .collect())
}

/// What is typed of a course.
#[derive(Debug, Clone, Default)]
pub struct TypedCourse {
    /// Title.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// Who teaches.
    pub teacher: String,
    /// Order.
    pub place: String,
}

fn order(typed: &str, from: i64) -> Result<i64, Refusal> {
    match text::plain(typed).as_str() {
        "" => Ok(from),
        typed => typed
            .parse()
            .ok()
            .filter(|n| (from..=999).contains(n))
            .ok_or(Refusal::OrderMalformed),
    }
}

/// Adds a course, not shown yet, or changes the one that was seen in a version; gives its id.
///
/// Errors: [`Refusal::NotAllowed`], [`Error::NotFound`], [`Refusal::ChangedMeanwhile`]; at `title`, `summary`, `teacher`,
/// `place`.
pub async fn save(app: &App, by: &Officer, seen: Option<(&str, i64)>, typed: &TypedCourse) -> Result<String> {
    check_publishes(app, by).await?;
    let mut errors = FieldErrors::default();
    let title = errors.take("title", text::line(&typed.title, 2, 40));
    let summary = errors.take("summary", text::line(&typed.summary, 4, 300));
    let teacher = errors.take("teacher", text::optional_line(&typed.teacher, 40));
    let place = errors.take("place", order(&typed.place, 0));
    let (Some(title), Some(summary), Some(teacher), Some(place)) = (title, summary, teacher, place) else {
        return Err(errors.into());
    };
    let mut course = Course {
        id: app.id(),
        title,
        summary,
        teacher,
        cover: None,
        place,
        shown: false,
        sample: false,
        version: 1,
    };
    if seen.is_none() && store::all(app).await?.len() >= MOST {
        return Err(FieldErrors::one("title", Refusal::TooManyKept { most: MOST }).into());
    }
    let mut tx = app.db.write().await?;
    let act = match seen {
        None => {
            store::insert(&mut tx, &course, app.now()).await?;
            "course.add"
        }
        Some((id, version)) => {
            store::find(app, id).await?.ok_or(Error::NotFound)?;
            (course.id, course.version) = (id.to_owned(), version);
            if !store::update(&mut tx, &course, app.now()).await? {
                return Err(Refusal::ChangedMeanwhile.into());
            }
            "course.change"
        }
    };
    let subject = ("course", &*course.id);
    note(
        app,
        &mut tx,
        &by.actor(),
        act,
        subject,
        json!({ "title": course.title }),
    )
    .await?;
    tx.commit().await?;
    Ok(course.id)
}

/// Shows a course to everybody, or takes it back.
pub async fn show(app: &App, by: &Officer, id: &str, version: i64, shown: bool) -> Result<()> {
    check_publishes(app, by).await?;
    store::find(app, id).await?.ok_or(Error::NotFound)?;
    let mut tx = app.db.write().await?;
    if !store::show(&mut tx, (id, version), shown, app.now()).await? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    let detail = json!({ "shown": shown });
    note(app, &mut tx, &by.actor(), "course.state", ("course", id), detail).await?;
    tx.commit().await?;
    Ok(())
}

/// What is typed of a lesson.
#[derive(Debug, Clone, Default)]
pub struct TypedLesson {
    /// Title.
    pub title: String,
    /// Order; empty for the last.
    pub no: String,
    /// Somebody else's page; empty for a video of ours.
    pub link: String,
}

/// An https address of another site that browsers open: with a name, not a number, and nothing of a password.
pub fn link(typed: &str) -> Result<String, Refusal> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(String::new());
    }
    if typed.chars().count() > 500 {
        return Err(Refusal::TooLong { max: 500 });
    }
    let url = url::Url::parse(typed).map_err(|_| Refusal::LinkMalformed)?;
    let named = url.domain().is_some_and(|name| name.contains('.'));
    if url.scheme() == "https" && named && url.username().is_empty() && url.password().is_none() {
        Ok(url.into())
    } else {
        Err(Refusal::LinkMalformed)
    }
}

/// Adds a lesson to a course, or changes the one that was seen in a version; gives its id. A lesson with a video keeps it:
/// a link is taken only where there is none.
///
/// Errors: [`Refusal::NotAllowed`], [`Error::NotFound`], [`Refusal::ChangedMeanwhile`]; at `title`, `no`, `link`.
pub async fn save_lesson(
    app: &App,
    by: &Officer,
    course_id: &str,
    seen: Option<(&str, i64)>,
    typed: &TypedLesson,
) -> Result<String> {
    check_publishes(app, by).await?;
    let (_, lessons) = whole(app, course_id).await?;
    let standing = match seen {
        None => None,
        Some((id, _)) => Some(lessons.iter().find(|l| l.id == id).ok_or(Error::NotFound)?),
    };
    let mut errors = FieldErrors::default();
    let title = errors.take("title", text::line(&typed.title, 2, 60));
    let last = lessons.iter().map(|lesson| lesson.no).max().unwrap_or(0) + 1;
    let no = match typed.no.trim() {
        "" => Some(standing.map_or(last, |standing| standing.no)),
        typed => errors.take("no", order(typed, 1)),
    };
    let link = errors.take("link", link(&typed.link));
    if standing.is_none() && lessons.len() >= MOST_LESSONS {
        errors.0.push(("no", Refusal::TooManyKept { most: MOST_LESSONS }));
    }
    let (Some(title), Some(no), Some(link), true) = (title, no, link, errors.is_empty()) else {
        return Err(errors.into());
    };
    let has_video = standing.is_some_and(|l| matches!(l.source, Source::File(_)));
    let link = if has_video { String::new() } else { link };
    let mut tx = app.db.write().await?;
    let (id, act) = match seen {
        None => {
            let id = app.id();
            store::insert_lesson(&mut tx, &id, course_id, (no, &title, &link), app.now()).await?;
            (id, "lesson.add")
        }
        Some((id, version)) => {
            if !store::update_lesson(&mut tx, (id, version), (no, &title, &link), app.now()).await? {
                return Err(Refusal::ChangedMeanwhile.into());
            }
            (id.to_owned(), "lesson.change")
        }
    };
    let detail = json!({ "course": course_id, "link": link });
    note(app, &mut tx, &by.actor(), act, ("lesson", &id), detail).await?;
    tx.commit().await?;
    Ok(id)
}

/// Shows a lesson again, or withdraws it: its pages and video are no longer there for the public; what was watched stays.
pub async fn show_lesson(
    app: &App,
    by: &Officer,
    course_id: &str,
    (id, version): (&str, i64),
    shown: bool,
) -> Result<()> {
    check_publishes(app, by).await?;
    lesson(app, course_id, id).await?;
    let mut tx = app.db.write().await?;
    if !store::show_lesson(&mut tx, (id, version), shown, app.now()).await? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    let detail = json!({ "course": course_id, "shown": shown });
    note(app, &mut tx, &by.actor(), "lesson.state", ("lesson", id), detail).await?;
    tx.commit().await?;
    Ok(())
}

pub(super) async fn note(
    app: &App,
    tx: &mut Tx,
    by: &Actor,
    act: &str,
    subject: (&str, &str),
    detail: serde_json::Value,
) -> Result<()> {
    let line = Line {
        actor: by,
        act,
        subject,
        detail,
    };
    Ok(audit::record(tx, &app.entropy, app.now(), line).await?)
}

#[cfg(test)]
#[path = "courses_tests.rs"]
mod tests;
