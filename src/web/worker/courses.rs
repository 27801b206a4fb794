//! `/courses`: 公益微课, open to all: the list with its search, a course, a lesson's player. Where a signed-in
//! worker stands is kept; of anybody else nothing is.
//!
//! # What tests hold on to
//! `f-words`, `search`, one `course` a line, `none`; a course: one `lesson` a line, `progress`; a lesson: `player`, `watched`,
//! `resume`, `not-kept`, `link`, `mark`, `next`, `prev`.

use super::gate::Nothing;
use super::{json, wants_json};
use crate::account::watched::Watched;
use crate::content::courses::{self, Course, Lesson, Source, Whole};
use crate::content::courses_watched as watched;
use crate::content::courses_watched::Told;
use crate::error::Result;
use crate::web::ctx::Ctx;
use crate::web::form::Posted;
use crate::web::page::{Base, page, see_other};
use askama::Template;
use poem::web::{Path, Query};
use poem::{Request, Response, Route, get, handler, post};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Adds them to the worker's routes; the files have their own ([`super::courses_media`]).
pub fn routes(route: Route) -> Route {
    route
        .at("/courses", get(list))
        .at("/courses/:id", get(show))
        .at("/courses/:id/lessons/:lesson", get(play))
        .at("/courses/:id/lessons/:lesson/watched", post(keep))
        .at("/courses/:id/lessons/:lesson/mark", post(mark))
}

/// A course in the list.
pub struct Card {
    pub c: Course,
    pub lessons: usize,
    pub done: usize,
}

#[derive(Template)]
#[template(path = "worker/courses.html")]
struct ListPage {
    base: Base,
    words: String,
    cards: Vec<Card>,
}

/// What the address asks for.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    words: String,
}

/// What the person at this page has watched.
async fn seen(ctx: &Ctx) -> Result<BTreeMap<String, Watched>> {
    watched::of(&ctx.app, ctx.worker().ok().as_deref()).await
}

/// `GET /courses?words=`
#[handler]
async fn list(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let words: String = asked.words.chars().take(40).collect();
    let seen = seen(&ctx).await?;
    let found = courses::search(&ctx.app, &words).await?;
    let card = |(c, lessons): Whole| Card {
        c,
        lessons: lessons.len(),
        done: watched::count_done(&lessons, &seen),
    };
    page(&ListPage {
        base: ctx.base("公益微课"),
        words,
        cards: found.into_iter().map(card).collect(),
    })
}

/// A lesson in its course.
pub struct Line {
    pub id: String,
    pub title: String,
    pub link: bool,
    pub done: bool,
    /// "看到 3 分 20 秒"; empty for one that was not begun.
    pub at: String,
}

fn line(lesson: &Lesson, seen: &BTreeMap<String, Watched>) -> Line {
    let watched = seen.get(&lesson.id);
    let done = watched.is_some_and(|w| w.done_at.is_some());
    let at = watched.filter(|w| !done && w.position_s > 0);
    Line {
        id: lesson.id.clone(),
        title: lesson.title.clone(),
        link: matches!(lesson.source, Source::Link(_)),
        done,
        at: at.map_or_else(String::new, |w| format!("看到 {}", minutes(w.position_s))),
    }
}

/// "3 分 20 秒".
fn minutes(seconds: i64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, s) => format!("{s} 秒"),
        (m, 0) => format!("{m} 分钟"),
        (m, s) => format!("{m} 分 {s} 秒"),
    }
}

#[derive(Template)]
#[template(path = "worker/courses_one.html")]
struct CoursePage {
    base: Base,
    c: Course,
    lines: Vec<Line>,
    done: usize,
}

/// `GET /courses/:id`
#[handler]
async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let (c, lessons) = courses::shown(&ctx.app, &id).await?;
    let seen = seen(&ctx).await?;
    page(&CoursePage {
        base: ctx.base(&c.title),
        lines: lessons.iter().map(|lesson| line(lesson, &seen)).collect(),
        done: watched::count_done(&lessons, &seen),
        c,
    })
}

#[derive(Template)]
#[template(path = "worker/courses_lesson.html")]
struct LessonPage {
    base: Base,
    c: Course,
    title: String,
    id: String,
    /// The video's address; empty for a link.
    video: String,
    link: String,
    done: bool,
    /// Where to go on, in seconds, and in words; 0 and empty for the beginning.
    at: i64,
    at_words: String,
    prev: Option<Line>,
    next: Option<Line>,
}

/// `GET /courses/:id/lessons/:lesson`
#[handler]
async fn play(ctx: Ctx, Path((id, lesson)): Path<(String, String)>) -> Result<Response> {
    let (c, lessons) = courses::shown(&ctx.app, &id).await?;
    let no = lessons.iter().position(|l| l.id == lesson);
    let no = no.ok_or(crate::error::Error::NotFound)?;
    let seen = seen(&ctx).await?;
    let neighbour = |at: Option<usize>| at.and_then(|at| lessons.get(at)).map(|l| line(l, &seen));
    let (prev, next) = (neighbour(no.checked_sub(1)), neighbour(Some(no + 1)));
    let lesson = lessons.into_iter().nth(no).ok_or(crate::error::Error::NotFound)?;
    let watched = seen.get(&lesson.id);
    // Who has watched it to the end begins anew.
    let at = watched
        .filter(|w| !watched::is_done(w.position_s, w.duration_s))
        .map_or(0, |w| w.position_s);
    let (video, link) = match lesson.source {
        Source::File(file) => (format!("/courses/media/{}", file.id), String::new()),
        Source::Link(link) => (String::new(), link),
        Source::Nothing => return Err(crate::error::Error::NotFound),
    };
    page(&LessonPage {
        base: ctx.base(&lesson.title),
        c,
        video,
        link,
        done: watched.is_some_and(|w| w.done_at.is_some()),
        at,
        at_words: if at > 0 { minutes(at) } else { String::new() },
        title: lesson.title,
        id: lesson.id,
        prev,
        next,
    })
}

/// What the player tells: whole seconds, as text since a flattened form gives no numbers.
#[derive(Deserialize)]
struct Playing {
    #[serde(default)]
    position: String,
    #[serde(default)]
    duration: String,
}

/// `POST /courses/:id/lessons/:lesson/watched`: the script's, every ten seconds and at pause and end. `{"done": bool}`.
#[handler]
async fn keep(Path((id, lesson)): Path<(String, String)>, posted: Posted<Playing>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let seconds = |text: &str| text.parse::<u32>().map_or(0, i64::from);
    let told = Told {
        position_s: seconds(&form.position),
        duration_s: seconds(&form.duration),
        done: false,
    };
    let done = watched::keep(&ctx.app, &ctx.worker()?, &id, &lesson, told).await?;
    Ok(json(serde_json::json!({ "done": done })))
}

/// `POST /courses/:id/lessons/:lesson/mark`: 已看完, as the worker says of a link or without script.
#[handler]
async fn mark(
    Path((id, lesson)): Path<(String, String)>,
    req: &Request,
    posted: Posted<Nothing>,
) -> Result<Response> {
    let ctx = posted.ctx;
    let told = Told {
        position_s: 0,
        duration_s: 0,
        done: true,
    };
    watched::keep(&ctx.app, &ctx.worker()?, &id, &lesson, told).await?;
    if wants_json(req) {
        return Ok(json(serde_json::json!({ "done": true })));
    }
    ctx.flash("已标记为看完");
    Ok(see_other(&format!("/courses/{id}")))
}
