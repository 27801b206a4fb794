//! `/office/courses`: 公益微课, kept by the city's administrators: courses, and one course with its lessons.
//!
//! # What tests hold on to
//! `tab-courses`, `add`, one `row` a course with `open`; a course's page: `f-title`, `f-summary`, `f-teacher`, `f-place`,
//! `submit`, `state-show`, `state-hide`, `f-cover`, `upload-cover`, `add-lesson`, one `lesson` a line with `open-lesson`; a lesson's
//! page: `f-title`, `f-no`, `f-link`, `submit`, `f-file`, `upload`, `upload-bar`, `preview`, `drop-video`, `state-show`, `state-hide`.

use super::super::ctx::Ctx;
use super::super::form::{Posted, Uploaded};
use super::super::page::{Base, ErrorLine, Errors, page, page_again, see_other};
use super::Who;
use super::articles::keeper;
use super::{courses_lesson as one, courses_upload as upload};
use crate::content::courses::{self, Course, Lesson, Source, TypedCourse, Whole};
use crate::content::courses_media;
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Refusal, text};
use crate::union::Officer;
use askama::Template;
use poem::web::Path;
use poem::{Response, Route, get, handler, post};
use serde::Deserialize;

/// Adds them to the office's routes; a file that is not public is served by [`super::courses_media`].
pub fn routes(route: Route) -> Route {
    route
        .at("/courses", get(list))
        .at("/courses/new", get(new).post(add))
        .at("/courses/:id", get(show).post(change))
        .at("/courses/:id/state", post(set_state))
        .at("/courses/:id/cover", post(upload_cover))
        .at("/courses/:id/lessons/new", get(one::new).post(one::add))
        .at("/courses/:id/lessons/:lesson", get(one::show).post(one::change))
        .at("/courses/:id/lessons/:lesson/state", post(one::set_state))
        .at("/courses/:id/lessons/:lesson/video", post(upload::take))
        .at("/courses/:id/lessons/:lesson/video/drop", post(one::drop_video))
}

/// What a form shows again: what is wrong, each with the field's name before it; or `ChangedMeanwhile` at the first.
pub fn wrong(error: Error, names: &[(&'static str, &'static str)]) -> Result<Errors> {
    let line = |field: &'static str, refusal: &Refusal| ErrorLine {
        field,
        text: match names.iter().find(|(name, _)| *name == field) {
            Some((_, label)) => format!("{label}：{}", refusal.text()),
            None => refusal.text(),
        },
    };
    match error {
        Error::Invalid(FieldErrors(fields)) => {
            Ok(Errors(fields.iter().map(|(field, r)| line(field, r)).collect()))
        }
        Error::Refused(refusal @ Refusal::ChangedMeanwhile) => Ok(Errors(vec![ErrorLine {
            field: "title",
            text: refusal.text(),
        }])),
        other => Err(other),
    }
}

/// A course in the list.
pub struct Row {
    pub c: Course,
    pub lessons: usize,
    pub public: usize,
}

#[derive(Template)]
#[template(path = "office/courses.html")]
struct ListPage {
    base: Base,
    who: Option<Who>,
    rows: Vec<Row>,
}

/// `GET /office/courses`
#[handler]
async fn list(ctx: Ctx) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    let row = |(c, lessons): Whole| Row {
        c,
        public: lessons.iter().filter(|lesson| lesson.is_public()).count(),
        lessons: lessons.len(),
    };
    let all = courses::all(&ctx.app, &officer).await?;
    page(&ListPage {
        base: ctx.base("公益微课"),
        who: Who::of(&officer, "content"),
        rows: all.into_iter().map(row).collect(),
    })
}

/// A lesson in its course's list.
pub struct Line {
    pub id: String,
    pub no: i64,
    pub title: String,
    pub what: String,
    pub state: &'static str,
    pub tone: &'static str,
}

/// What a lesson is, in words.
pub fn what(source: &Source) -> String {
    match source {
        Source::Nothing => "还没有视频".to_owned(),
        Source::Link(link) => link.clone(),
        Source::File(file) => format!("视频 {}", text::size(file.bytes)),
    }
}

fn line(lesson: Lesson) -> Line {
    let (state, tone) = match (&lesson.source, lesson.shown) {
        (_, false) => ("已下架", ""),
        (Source::Nothing, true) => ("待上传", "warn"),
        _ => ("已发布", "ok"),
    };
    Line {
        what: what(&lesson.source),
        id: lesson.id,
        no: lesson.no,
        title: lesson.title,
        state,
        tone,
    }
}

#[derive(Template)]
#[template(path = "office/courses_one.html")]
struct OnePage {
    base: Base,
    who: Option<Who>,
    errors: Errors,
    /// Empty for a new one.
    id: String,
    version: i64,
    heading: String,
    typed: TypedCourse,
    shown: bool,
    sample: bool,
    /// Whether there is something to show to everybody.
    ready: bool,
    cover: Option<String>,
    lines: Vec<Line>,
}

fn form(ctx: &Ctx, officer: &Officer, whole: Option<Whole>) -> OnePage {
    let mut page = OnePage {
        base: ctx.base("公益微课"),
        who: Who::of(officer, "content"),
        errors: Errors::default(),
        id: String::new(),
        version: 0,
        heading: "增加微课".to_owned(),
        typed: TypedCourse::default(),
        shown: false,
        sample: false,
        ready: false,
        cover: None,
        lines: Vec::new(),
    };
    if let Some((course, lessons)) = whole {
        page.heading.clone_from(&course.title);
        page.typed = TypedCourse {
            title: course.title,
            summary: course.summary,
            teacher: course.teacher,
            place: course.place.to_string(),
        };
        (page.id, page.version) = (course.id, course.version);
        (page.shown, page.sample, page.cover) = (course.shown, course.sample, course.cover);
        page.ready = lessons.iter().any(Lesson::is_public);
        page.lines = lessons.into_iter().map(line).collect();
    }
    page
}

/// `GET /office/courses/new`
#[handler]
async fn new(ctx: Ctx) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    page(&form(&ctx, &officer, None))
}

/// `GET /office/courses/:id`
#[handler]
async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    let whole = courses::whole(&ctx.app, &id).await?;
    page(&form(&ctx, &officer, Some(whole)))
}

/// A posted course, and the version that was seen.
#[derive(Deserialize)]
struct Posting {
    #[serde(default)]
    title: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    teacher: String,
    #[serde(default)]
    place: String,
    #[serde(default)]
    version: String,
}

/// `POST /office/courses/new`
#[handler]
async fn add(posted: Posted<Posting>) -> Result<Response> {
    save(posted, None).await
}

/// `POST /office/courses/:id`
#[handler]
async fn change(Path(id): Path<String>, posted: Posted<Posting>) -> Result<Response> {
    save(posted, Some(id)).await
}

async fn save(posted: Posted<Posting>, id: Option<String>) -> Result<Response> {
    let Posted { ctx, form: posting } = posted;
    let officer = keeper(&ctx).await?;
    let version = posting.version.parse().unwrap_or(0);
    let typed = TypedCourse {
        title: posting.title,
        summary: posting.summary,
        teacher: posting.teacher,
        place: posting.place,
    };
    let seen = id.as_deref().map(|id| (id, version));
    let errors = match courses::save(&ctx.app, &officer, seen, &typed).await {
        Ok(saved) => {
            ctx.flash(if id.is_some() {
                "已保存"
            } else {
                "已保存。请增加课时，再发布"
            });
            return Ok(see_other(&format!("/office/courses/{saved}")));
        }
        Err(error) => wrong(
            error,
            &[
                ("title", "标题"),
                ("summary", "简介"),
                ("teacher", "主讲"),
                ("place", "排序"),
            ],
        )?,
    };
    let standing = match &id {
        Some(id) => Some(courses::whole(&ctx.app, id).await?),
        None => None,
    };
    let mut again = form(&ctx, &officer, standing);
    (again.errors, again.typed, again.version) = (errors, typed, version);
    page_again(&again)
}

/// Another state.
#[derive(Deserialize)]
pub struct Stating {
    #[serde(default)]
    pub state: String,
    /// As text: a flattened form gives no numbers.
    #[serde(default)]
    pub version: String,
}

/// `POST /office/courses/:id/state`
#[handler]
async fn set_state(Path(id): Path<String>, posted: Posted<Stating>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = keeper(&ctx).await?;
    let (shown, version) = (form.state == "show", form.version.parse().unwrap_or(0));
    courses::show(&ctx.app, &officer, &id, version, shown).await?;
    ctx.flash(if shown {
        "已发布，所有人都能看到"
    } else {
        "已下架，已有的观看记录保留"
    });
    Ok(see_other(&format!("/office/courses/{id}")))
}

/// `POST /office/courses/:id/cover`
#[handler]
async fn upload_cover(Path(id): Path<String>, uploaded: Uploaded) -> Result<Response> {
    let Uploaded { ctx, bytes, .. } = uploaded;
    let officer = keeper(&ctx).await?;
    match courses_media::keep_cover(&ctx.app, &officer, &id, bytes).await {
        Ok(()) => {
            ctx.flash("已更换封面");
            Ok(see_other(&format!("/office/courses/{id}")))
        }
        Err(Error::Refused(Refusal::NotAllowed)) => Err(Refusal::NotAllowed.into()),
        Err(Error::Refused(refusal)) => {
            let whole = courses::whole(&ctx.app, &id).await?;
            let mut again = form(&ctx, &officer, Some(whole));
            again.errors = Errors(vec![ErrorLine {
                field: "cover",
                text: refusal.text(),
            }]);
            page_again(&again)
        }
        Err(other) => Err(other),
    }
}
