//! `/policies`, `/news` and the articles below them with their attachments, for anybody.

use super::super::ctx::Ctx;
use super::super::jssdk;
use super::super::page::{self, Base, page};
use super::super::paper::{PDF_CSP, PICTURE_CSP};
use crate::content::articles::{self, File, FileType, Head, Kind, files, markdown};
use crate::error::{Error, Result};
use askama::Template;
use poem::http::{StatusCode, header};
use poem::web::{Path, Query};
use poem::{FromRequest, Request, RequestBody, Response, Route, get, handler};
use serde::Deserialize;

/// Adds them to the worker's routes.
pub fn routes(route: Route) -> Route {
    route
        .at("/policies", get(list))
        .at("/policies/:slug", get(show))
        .at("/policies/:slug/files/:file", get(download))
        .at("/news", get(list))
        .at("/news/:slug", get(show))
        .at("/news/:slug/files/:file", get(download))
}

/// Which list the address belongs to.
struct Section(Kind);

impl<'a> FromRequest<'a> for Section {
    async fn from_request(req: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        let kind = Kind::of_path(req.original_uri().path()).ok_or(Error::NotFound)?;
        Ok(Section(kind))
    }
}

/// An article in a list.
pub struct Line {
    pub href: String,
    pub title: String,
    pub summary: String,
    /// "2021年2月19日".
    pub date: String,
    pub pinned: bool,
    pub sample: bool,
}

/// The article as lists show it.
pub fn line(head: Head) -> Line {
    Line {
        href: head.path(),
        date: head.publish_at.day_text(),
        title: head.title,
        summary: head.summary,
        pinned: head.pinned,
        sample: head.sample,
    }
}

#[derive(Template, Default)]
#[template(path = "worker/articles.html")]
pub struct ListPage {
    pub base: Base,
    pub heading: &'static str,
    pub path: &'static str,
    /// Each year that has articles, and whether it is the one shown.
    pub years: Vec<(i32, bool)>,
    /// Whether one year is asked for.
    pub one_year: bool,
    pub lines: Vec<Line>,
    pub total: usize,
    pub page: usize,
    pub pages: usize,
    pub prev: Option<String>,
    pub next: Option<String>,
}

/// What the address asks for.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    year: String,
    #[serde(default)]
    page: String,
}

/// `GET /policies?year=&page=`, `GET /news?…`
#[handler]
async fn list(ctx: Ctx, Section(kind): Section, Query(asked): Query<Asked>) -> Result<Response> {
    let year = asked.year.parse().ok();
    let listed = articles::listed(&ctx.app, kind, year, asked.page.parse().unwrap_or(1)).await?;
    let href = |page: usize| match year {
        Some(year) => format!("{}?year={year}&page={page}", kind.path()),
        None => format!("{}?page={page}", kind.path()),
    };
    page(&ListPage {
        base: ctx.base(kind.label()),
        heading: kind.label(),
        path: kind.path(),
        years: listed.years.iter().map(|of| (*of, year == Some(*of))).collect(),
        one_year: year.is_some(),
        lines: listed.heads.into_iter().map(line).collect(),
        total: listed.total,
        page: listed.page,
        pages: listed.pages,
        prev: (listed.page > 1).then(|| href(listed.page - 1)),
        next: (listed.page < listed.pages).then(|| href(listed.page + 1)),
    })
}

/// An attachment below the text.
pub struct FileLine {
    pub href: String,
    pub name: String,
    /// "PDF，1.2 MB".
    pub facts: String,
}

fn file_line(file: &File, at: &str) -> FileLine {
    FileLine {
        href: format!("{at}/{}", file.id),
        name: file.name.clone(),
        facts: format!("{}，{}", file.media.extension().to_uppercase(), file.size()),
    }
}

#[derive(Template, Default)]
#[template(path = "worker/article.html")]
pub struct ArticlePage {
    pub base: Base,
    pub section: &'static str,
    pub list: &'static str,
    pub title: String,
    pub issuer: String,
    pub date: String,
    pub summary: String,
    pub sample: bool,
    /// Made by [`markdown::html`]: safe as it is.
    pub html: String,
    pub files: Vec<FileLine>,
    /// Whether the page says how it is shared.
    pub share: bool,
    /// WeChat's JS-SDK, for the card that the page is shared as.
    pub sdk: Option<String>,
    pub link: String,
    pub icon: String,
}

/// `GET /policies/:slug`, `GET /news/:slug`
#[handler]
async fn show(ctx: Ctx, Section(kind): Section, Path(slug): Path<String>) -> Result<Response> {
    let article = articles::shown(&ctx.app, kind, &slug).await?;
    let files = files::of(&ctx.app, &article.head.id).await?;
    let at = format!("{}/files", article.head.path());
    let attached = markdown::Attached {
        files: &files,
        at: &at,
    };
    let base = ctx.base(&article.head.title);
    let sdk = jssdk::script_here(&ctx);
    let loads = sdk.is_some();
    let shown = ArticlePage {
        icon: ctx.app.link(&format!("/assets/{}/icon.svg", base.assets)),
        base,
        section: kind.label(),
        list: kind.path(),
        date: article.head.publish_at.day_text(),
        html: markdown::html(&article.body, &attached),
        files: files.iter().map(|file| file_line(file, &at)).collect(),
        share: ctx.in_wechat(),
        sdk,
        link: ctx.app.link(&article.head.path()),
        title: article.head.title,
        issuer: article.head.issuer,
        summary: article.head.summary,
        sample: article.head.sample,
    };
    let response = page(&shown)?;
    Ok(jssdk::allow(&ctx.app, loads, response))
}

/// `GET /policies/:slug/files/:file`, `GET /news/…`
#[handler]
async fn download(
    ctx: Ctx,
    Section(kind): Section,
    Path((slug, id)): Path<(String, String)>,
    seen: Seen,
) -> Result<Response> {
    let file = files::public(&ctx.app, kind, &slug, &id).await?;
    answer(&ctx, &file, &seen).await
}

/// The marks of what the browser has already (`If-None-Match`).
pub struct Seen(String);

impl<'a> FromRequest<'a> for Seen {
    async fn from_request(req: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        let marks = req.header(header::IF_NONE_MATCH).unwrap_or_default();
        Ok(Seen(marks.to_owned()))
    }
}

/// An attachment under its own name and type. A browser may keep it but asks each time whether it still holds: what was
/// withdrawn is gone at once.
pub async fn answer(ctx: &Ctx, file: &File, seen: &Seen) -> Result<Response> {
    // Weak, since the answer may be compressed on its way.
    let mark = format!("W/\"{}\"", file.sha256);
    let cache = "private, no-cache";
    if seen.0.contains(&mark[2..]) {
        return Ok(Response::builder()
            .status(StatusCode::NOT_MODIFIED)
            .header(header::ETAG, mark)
            .header(header::CACHE_CONTROL, cache)
            .finish());
    }
    let (how, csp) = match file.media {
        FileType::Pdf => ("inline", PDF_CSP),
        FileType::Jpeg | FileType::Png => ("inline", PICTURE_CSP),
        FileType::Docx | FileType::Xlsx => ("attachment", PICTURE_CSP),
    };
    let plain = format!("attachment.{}", file.media.extension());
    let bytes = files::bytes_of(&ctx.app, file).await?;
    Ok(Response::builder()
        .header(header::CONTENT_TYPE, file.media.as_str())
        .header(
            header::CONTENT_DISPOSITION,
            page::disposition(how, &plain, &file.name),
        )
        .header(header::ETAG, mark)
        .header(header::CACHE_CONTROL, cache)
        .header(header::CONTENT_SECURITY_POLICY, csp)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .body(bytes))
}
