//! `/office/articles`: 政策通知 and 网站资讯, kept by the city's administrators.
//!
//! # What tests hold on to
//! - `/office/articles?kind=&page=`: `new`, one `row` an article with `open`; `kind-<kind>`, `prev`, `next`, `empty`.
//! - `/office/articles/new`, `/office/articles/:id`: `f-section-<kind>`, `f-title`, `f-issuer`, `f-summary`, `f-body`, `preview`,
//!   `save`; `preview-body`; `article-state`, `public-link`; `f-publish_at`, `publish`, `withdraw`, `pin`, `unpin`;
//!   `f-file`, `attach`, one `file` a line with `remove`.
//! - when somebody saved meanwhile (409): `stale`, `typed-body`, `current`.

mod attachments;

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, answer_to_post, page, page_again, see_other};
use super::Who;
use crate::content::articles::edit::{self, LONGEST, Typed};
use crate::content::articles::{Article, File, Head, Kind, State, files, markdown};
use crate::content::check_publishes;
use crate::error::{Error, Result};
use crate::kernel::{Refusal, Time};
use crate::union::Officer;
use askama::Template;
use poem::http::StatusCode;
use poem::web::{Path, Query};
use poem::{Response, Route, get, handler, post};
use serde::Deserialize;

/// Adds them to the officers' routes.
pub fn routes(routes: Route) -> Route {
    routes
        .at("/articles", get(list))
        .at("/articles/new", get(new).post(add))
        .at("/articles/:id", get(show).post(change))
        .at("/articles/:id/publish", post(publish))
        .at("/articles/:id/withdraw", post(withdraw))
        .at("/articles/:id/pin", post(pin))
        .at("/articles/:id/files", post(attachments::attach))
        .at("/articles/:id/files/:file", get(attachments::download))
        .at("/articles/:id/files/:file/remove", post(attachments::detach))
}

/// The signed-in officer who keeps what the city publishes.
pub async fn keeper(ctx: &Ctx) -> Result<Officer> {
    let officer = super::signed_in(ctx).await?;
    check_publishes(&ctx.app, &officer).await?;
    Ok(officer)
}

/// Where an article stands, in words and a colour.
fn standing(head: &Head, now: Time) -> (&'static str, String) {
    match head.state {
        State::Draft => ("", "草稿".to_owned()),
        State::Withdrawn => ("warn", "已撤下".to_owned()),
        State::Published if head.is_public(now) => ("ok", "已发布".to_owned()),
        State::Published => ("on", format!("定于 {}", head.publish_at.short_text())),
    }
}

/// A line of the list.
pub struct Line {
    pub id: String,
    pub title: String,
    pub kind: &'static str,
    pub date: String,
    pub edited: String,
    pub tone: &'static str,
    pub state: String,
    pub pinned: bool,
    pub sample: bool,
}

fn line(head: Head, now: Time) -> Line {
    let (tone, state) = standing(&head, now);
    let date = match head.state {
        State::Draft => String::new(),
        _ => head.publish_at.day_text(),
    };
    Line {
        kind: head.kind.label(),
        edited: head.edited_at.minute_text(),
        id: head.id,
        title: head.title,
        date,
        tone,
        state,
        pinned: head.pinned,
        sample: head.sample,
    }
}

#[derive(Template)]
#[template(path = "office/articles.html")]
struct ListPage {
    base: Base,
    who: Option<Who>,
    kind: &'static str,
    kinds: Vec<(&'static str, &'static str)>,
    lines: Vec<Line>,
    page: usize,
    pages: usize,
    prev: Option<String>,
    next: Option<String>,
}

fn kinds() -> Vec<(&'static str, &'static str)> {
    Kind::ALL
        .iter()
        .map(|kind| (kind.as_str(), kind.label()))
        .collect()
}

/// What the address asks for.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    page: String,
}

/// `GET /office/articles?kind=&page=`
#[handler]
async fn list(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    let kind = Kind::parse(&asked.kind);
    let asked = asked.page.parse().unwrap_or(1);
    let (heads, (pages, shown)) = edit::list(&ctx.app, &officer, kind, asked).await?;
    let kind = kind.map_or("", Kind::as_str);
    let href = |page: usize| format!("/office/articles?kind={kind}&page={page}");
    page(&ListPage {
        base: ctx.base("政策通知和资讯"),
        who: Who::of(&officer, "content"),
        kind,
        kinds: kinds(),
        lines: heads.into_iter().map(|head| line(head, ctx.app.now())).collect(),
        page: shown,
        pages,
        prev: (shown > 1).then(|| href(shown - 1)),
        next: (shown < pages).then(|| href(shown + 1)),
    })
}

/// An attachment on the page that edits.
pub struct FileLine {
    pub id: String,
    pub name: String,
    pub facts: String,
    /// What to write into the text to show it, or to link to it.
    pub mark: String,
}

fn file_line(file: &File) -> FileLine {
    let picture = if file.media.is_picture() { "!" } else { "" };
    let stem = file
        .name
        .rsplit_once('.')
        .map_or(file.name.as_str(), |(stem, _)| stem);
    FileLine {
        id: file.id.clone(),
        facts: file.size(),
        mark: format!("{picture}[{stem}]({})", file.name),
        name: file.name.clone(),
    }
}

/// What the page posts. Versions are texts: a flattened form gives no numbers.
#[derive(Deserialize, Default)]
pub struct Form {
    #[serde(default)]
    version: String,
    /// `save` or `preview`.
    #[serde(default)]
    wish: String,
    #[serde(default)]
    section: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    issuer: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    publish_at: String,
    #[serde(default)]
    on: String,
}

impl Form {
    fn of(article: &Article) -> Self {
        let head = &article.head;
        Form {
            version: head.version.to_string(),
            section: head.kind.to_string(),
            title: head.title.clone(),
            issuer: head.issuer.clone(),
            summary: head.summary.clone(),
            body: article.body.clone(),
            ..Form::default()
        }
    }

    fn typed(&self) -> Typed<'_> {
        Typed {
            kind: &self.section,
            title: &self.title,
            issuer: &self.issuer,
            summary: &self.summary,
            body: &self.body,
        }
    }

    fn seen(&self) -> i64 {
        self.version.parse().unwrap_or(0)
    }
}

#[derive(Template)]
#[template(path = "office/article.html")]
struct EditPage {
    base: Base,
    who: Option<Who>,
    errors: Errors,
    /// Empty for a new one.
    id: String,
    heading: String,
    kinds: Vec<(&'static str, &'static str)>,
    /// The kind stays once it was published.
    kind_fixed: bool,
    kind_label: &'static str,
    form: Form,
    longest: usize,
    /// The text as it will look; safe as it is.
    preview: String,
    tone: &'static str,
    state: String,
    /// Its address, while it is public.
    link: Option<String>,
    can_withdraw: bool,
    published: bool,
    pinned: bool,
    files: Vec<FileLine>,
    most_files: usize,
}

/// The page for what is typed: over an article that stands, or a new one.
async fn edit_page(ctx: &Ctx, officer: &Officer, standing: Option<&Article>, form: Form) -> Result<EditPage> {
    let head = standing.map(|article| &article.head);
    let id = head.map_or_else(String::new, |head| head.id.clone());
    let files = match head {
        Some(head) => files::of(&ctx.app, &head.id).await?,
        None => Vec::new(),
    };
    let at = format!("/office/articles/{id}/files");
    let attached = markdown::Attached {
        files: &files,
        at: &at,
    };
    let now = ctx.app.now();
    let (tone, state) = head.map_or(("", String::new()), |head| self::standing(head, now));
    let shown = head.filter(|head| head.is_public(now));
    Ok(EditPage {
        base: ctx.base(if head.is_some() {
            "修改文章"
        } else {
            "写文章"
        }),
        who: Who::of(officer, "content"),
        errors: Errors::default(),
        heading: head.map_or_else(|| "写文章".to_owned(), |head| head.title.clone()),
        kinds: kinds(),
        kind_fixed: head.is_some_and(|head| head.state != State::Draft),
        kind_label: head.map_or("", |head| head.kind.label()),
        longest: LONGEST,
        preview: markdown::html(&form.body, &attached),
        form,
        tone,
        state,
        link: shown.map(Head::path),
        can_withdraw: head.is_some_and(|head| head.state == State::Published),
        published: head.is_some_and(|head| head.state == State::Published),
        pinned: head.is_some_and(|head| head.pinned),
        files: files.iter().map(file_line).collect(),
        most_files: files::MAX_FILES,
        id,
    })
}

/// `GET /office/articles/new`
#[handler]
async fn new(ctx: Ctx) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    let form = Form {
        section: Kind::Policy.to_string(),
        issuer: "济南市总工会".to_owned(),
        ..Form::default()
    };
    page(&edit_page(&ctx, &officer, None, form).await?)
}

/// `GET /office/articles/:id`
#[handler]
async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    let article = edit::find(&ctx.app, &officer, &id).await?;
    page(&edit_page(&ctx, &officer, Some(&article), Form::of(&article)).await?)
}

/// `POST /office/articles/new` with `wish` = `save` or `preview`
#[handler]
async fn add(posted: Posted<Form>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    if form.wish == "preview" {
        check_publishes(&ctx.app, &officer).await?;
        return answer_to_post(StatusCode::OK, &edit_page(&ctx, &officer, None, form).await?);
    }
    match edit::add(&ctx.app, &officer, &form.typed()).await {
        Ok(id) => {
            ctx.flash("草稿已保存，还没有发布");
            Ok(see_other(&format!("/office/articles/{id}")))
        }
        Err(error) => {
            let errors = super::wrong(error)?;
            let mut again = edit_page(&ctx, &officer, None, form).await?;
            again.errors = errors;
            page_again(&again)
        }
    }
}

/// `POST /office/articles/:id` with `wish` = `save` or `preview`
#[handler]
async fn change(Path(id): Path<String>, posted: Posted<Form>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    if form.wish == "preview" {
        let article = edit::find(&ctx.app, &officer, &id).await?;
        return answer_to_post(
            StatusCode::OK,
            &edit_page(&ctx, &officer, Some(&article), form).await?,
        );
    }
    let result = edit::edit(&ctx.app, &officer, &id, form.seen(), &form.typed()).await;
    told(ctx, officer, id, form, result, "已保存").await
}

/// `POST /office/articles/:id/publish` with `version`, `publish_at`
#[handler]
async fn publish(Path(id): Path<String>, posted: Posted<Form>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let result = edit::publish(&ctx.app, &officer, &id, form.seen(), &form.publish_at).await;
    told(ctx, officer, id, form, result, "发布时间已设定").await
}

/// `POST /office/articles/:id/withdraw` with `version`
#[handler]
async fn withdraw(Path(id): Path<String>, posted: Posted<Form>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let result = edit::withdraw(&ctx.app, &officer, &id, form.seen()).await;
    told(ctx, officer, id, form, result, "已撤下，网上看不到了").await
}

/// `POST /office/articles/:id/pin` with `version`, `on` = `on` or empty
#[handler]
async fn pin(Path(id): Path<String>, posted: Posted<Form>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let on = form.on == "on";
    let result = edit::pin(&ctx.app, &officer, &id, form.seen(), on).await;
    told(
        ctx,
        officer,
        id,
        form,
        result,
        if on { "已置顶" } else { "已取消置顶" },
    )
    .await
}

/// The page after a change; with what was typed when it could not be made.
async fn told(
    ctx: Ctx,
    officer: Officer,
    id: String,
    form: Form,
    result: Result<()>,
    done: &str,
) -> Result<Response> {
    match result {
        Ok(()) => {
            ctx.flash(done);
            Ok(see_other(&format!("/office/articles/{id}")))
        }
        Err(Error::Refused(refusal @ Refusal::SeenChanged)) => stale(&ctx, &officer, id, form, &refusal),
        Err(error) => {
            let errors = super::wrong(error)?;
            let article = edit::find(&ctx.app, &officer, &id).await?;
            // The forms below the text do not bring it.
            let form = match form.body.is_empty() && form.title.is_empty() && form.wish.is_empty() {
                true => Form {
                    publish_at: form.publish_at,
                    ..Form::of(&article)
                },
                false => form,
            };
            let mut again = edit_page(&ctx, &officer, Some(&article), form).await?;
            again.errors = errors;
            page_again(&again)
        }
    }
}

#[derive(Template)]
#[template(path = "office/article_stale.html")]
struct StalePage {
    base: Base,
    who: Option<Who>,
    text: String,
    id: String,
    title: String,
    body: String,
}

fn stale(ctx: &Ctx, officer: &Officer, id: String, form: Form, refusal: &Refusal) -> Result<Response> {
    let stale = StalePage {
        base: ctx.base("没有保存"),
        who: Who::of(officer, "content"),
        text: refusal.text(),
        id,
        title: form.title,
        body: form.body,
    };
    answer_to_post(StatusCode::CONFLICT, &stale)
}
