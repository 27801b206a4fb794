//! `/office/courses/:id/lessons/:lesson`: one lesson: title, link or video, shown or withdrawn.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, ErrorLine, Errors, page, page_again, see_other};
use super::Who;
use super::articles::keeper;
use super::courses::{Stating, what, wrong};
use crate::content::courses::{self, Lesson, Source, TypedLesson};
use crate::content::courses_media;
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::union::Officer;
use crate::web::worker::courses_media as media;
use askama::Template;
use poem::web::Path;
use poem::{Request, Response, handler};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "office/courses_lesson.html")]
struct LessonPage {
    base: Base,
    who: Option<Who>,
    errors: Errors,
    course: String,
    course_title: String,
    /// Empty for a new one.
    id: String,
    version: i64,
    heading: String,
    typed: TypedLesson,
    shown: bool,
    /// The video's id; empty for none.
    file: String,
    what: String,
}

async fn form(ctx: &Ctx, officer: &Officer, course: &str, lesson: Option<&str>) -> Result<LessonPage> {
    let (c, lessons) = courses::whole(&ctx.app, course).await?;
    let mut page = LessonPage {
        base: ctx.base("课时"),
        who: Who::of(officer, "content"),
        errors: Errors::default(),
        course: c.id,
        course_title: c.title,
        id: String::new(),
        version: 0,
        heading: "增加课时".to_owned(),
        typed: TypedLesson::default(),
        shown: true,
        file: String::new(),
        what: String::new(),
    };
    if let Some(id) = lesson {
        let lesson = lessons.into_iter().find(|lesson| lesson.id == id);
        fill(&mut page, lesson.ok_or(Error::NotFound)?);
    }
    Ok(page)
}

fn fill(page: &mut LessonPage, lesson: Lesson) {
    page.what = what(&lesson.source);
    let link = match lesson.source {
        Source::Link(link) => link,
        Source::File(file) => {
            page.file = file.id;
            String::new()
        }
        Source::Nothing => String::new(),
    };
    page.heading.clone_from(&lesson.title);
    page.typed = TypedLesson {
        title: lesson.title,
        no: lesson.no.to_string(),
        link,
    };
    (page.id, page.version, page.shown) = (lesson.id, lesson.version, lesson.shown);
}

/// `GET /office/courses/:id/lessons/new`
#[handler]
pub async fn new(ctx: Ctx, Path(course): Path<String>) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    page(&form(&ctx, &officer, &course, None).await?)
}

/// `GET /office/courses/:id/lessons/:lesson`
#[handler]
pub async fn show(ctx: Ctx, Path((course, id)): Path<(String, String)>) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    page(&form(&ctx, &officer, &course, Some(&id)).await?)
}

/// A posted lesson, and the version that was seen.
#[derive(Deserialize)]
pub struct Posting {
    #[serde(default)]
    title: String,
    #[serde(default)]
    no: String,
    #[serde(default)]
    link: String,
    #[serde(default)]
    version: String,
}

/// `POST /office/courses/:id/lessons/new`
#[handler]
pub async fn add(Path(course): Path<String>, posted: Posted<Posting>) -> Result<Response> {
    save(posted, course, None).await
}

/// `POST /office/courses/:id/lessons/:lesson`
#[handler]
pub async fn change(Path((course, id)): Path<(String, String)>, posted: Posted<Posting>) -> Result<Response> {
    save(posted, course, Some(id)).await
}

async fn save(posted: Posted<Posting>, course: String, id: Option<String>) -> Result<Response> {
    let Posted { ctx, form: posting } = posted;
    let officer = keeper(&ctx).await?;
    let version = posting.version.parse().unwrap_or(0);
    let typed = TypedLesson {
        title: posting.title,
        no: posting.no,
        link: posting.link,
    };
    let seen = id.as_deref().map(|id| (id, version));
    let error = match courses::save_lesson(&ctx.app, &officer, &course, seen, &typed).await {
        Ok(saved) if id.is_some() || !typed.link.trim().is_empty() => {
            ctx.flash("已保存");
            let back = if id.is_some() {
                format!("/office/courses/{course}/lessons/{saved}")
            } else {
                format!("/office/courses/{course}")
            };
            return Ok(see_other(&back));
        }
        Ok(saved) => {
            ctx.flash("已保存，请上传视频");
            return Ok(see_other(&format!("/office/courses/{course}/lessons/{saved}")));
        }
        Err(error) => error,
    };
    let errors = wrong(error, &[("title", "标题"), ("no", "序号"), ("link", "链接")])?;
    let mut again = form(&ctx, &officer, &course, id.as_deref()).await?;
    (again.errors, again.typed, again.version) = (errors, typed, version);
    page_again(&again)
}

/// `POST /office/courses/:id/lessons/:lesson/state`
#[handler]
pub async fn set_state(
    Path((course, id)): Path<(String, String)>,
    posted: Posted<Stating>,
) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = keeper(&ctx).await?;
    let shown = form.state == "show";
    let seen = (id.as_str(), form.version.parse().unwrap_or(0));
    courses::show_lesson(&ctx.app, &officer, &course, seen, shown).await?;
    ctx.flash(if shown {
        "已重新发布"
    } else {
        "已下架，已有的观看记录保留"
    });
    Ok(see_other(&format!("/office/courses/{course}/lessons/{id}")))
}

/// No field of the form is needed.
#[derive(Deserialize)]
pub struct Nothing {}

/// `POST /office/courses/:id/lessons/:lesson/video/drop`
#[handler]
pub async fn drop_video(
    Path((course, id)): Path<(String, String)>,
    posted: Posted<Nothing>,
) -> Result<Response> {
    let ctx = posted.ctx;
    let officer = keeper(&ctx).await?;
    courses_media::drop_video(&ctx.app, &officer, &course, &id).await?;
    ctx.flash("已删除视频，可以上传另一个，或改用链接");
    Ok(see_other(&format!("/office/courses/{course}/lessons/{id}")))
}

/// The lesson's page with what was wrong about an upload.
pub async fn refused(
    ctx: &Ctx,
    officer: &Officer,
    course: &str,
    id: &str,
    refusal: &Refusal,
) -> Result<Response> {
    let mut again = form(ctx, officer, course, Some(id)).await?;
    again.errors = Errors(vec![ErrorLine {
        field: "file",
        text: refusal.text(),
    }]);
    page_again(&again)
}

/// `GET /office/courses/media/:id`: what is not shown to everybody yet, for its keepers; never cached.
#[handler]
pub async fn serve(ctx: Ctx, Path(id): Path<String>, req: &Request) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    let file = courses_media::any(&ctx.app, &officer, &id).await?;
    media::answer(&ctx.app, &file, req, "private, no-store").await
}
