//! Turning a page struct into an answer, and what every layout shows.

use crate::error::{Error, Result};
use crate::kernel::FieldErrors;
use askama::Template;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Endpoint, IntoResponse, Request, Response};
use std::sync::Arc;

/// What the layout needs. Every page struct has one in its field `base`.
#[derive(Debug, Clone, Default)]
pub struct Base {
    /// The page's title.
    pub title: String,
    /// The CSRF token for the page's forms.
    pub csrf: String,
    /// The version in asset URLs.
    pub assets: &'static str,
    /// Whether a worker is signed in.
    pub worker: bool,
    /// Whether an officer is signed in.
    pub officer: bool,
    /// The first part of the page's path, for the navigation: "policies"; "home" for the home page.
    pub at: String,
    /// A sentence left by the page before.
    pub flash: Option<String>,
    /// On the pages of an application: until when, and how many places are left.
    pub bar: Option<Bar>,
}

/// What a worker should know on every page of the application, in two short lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bar {
    /// "2021年11月30日 24:00 截止".
    pub until: String,
    /// "长清区总工会还剩 57 个名额".
    pub places: String,
    /// The level rule, or what it says of this worker.
    pub rule: String,
    /// Whether the rule stands against this application.
    pub warn: bool,
}

/// An error beside its field, and in the summary on top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorLine {
    /// The field's name; its input has `id="f-<name>"`.
    pub field: &'static str,
    /// What is wrong, in words.
    pub text: String,
}

/// The errors of a form, as a template asks for them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Errors(pub Vec<ErrorLine>);

impl Errors {
    /// The words for one field, for use beside it.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|line| line.field == field)
            .map(|line| line.text.as_str())
    }

    /// Whether a summary is needed.
    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }
}

impl From<&FieldErrors> for Errors {
    fn from(errors: &FieldErrors) -> Self {
        Errors(
            errors
                .0
                .iter()
                .map(|(field, refusal)| ErrorLine {
                    field,
                    text: refusal.text(),
                })
                .collect(),
        )
    }
}

/// Renders a page. 200, never cached: pages hold personal data.
pub fn page(template: &impl Template) -> Result<Response> {
    page_with(StatusCode::OK, template)
}

/// Renders a form again with its errors: 422, so that nothing mistakes it for success.
pub fn page_again(template: &impl Template) -> Result<Response> {
    answer_to_post(StatusCode::UNPROCESSABLE_ENTITY, template)
}

/// Renders what a POST answers with a page of its own. Unlike other pages the browser may keep it: with `no-store` its back
/// key ends on an error page of the browser, and whoever typed believes that all is lost.
pub fn answer_to_post(status: StatusCode, template: &impl Template) -> Result<Response> {
    let mut response = page_with(status, template)?;
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    Ok(response)
}

/// Renders a page with a status.
pub fn page_with(status: StatusCode, template: &impl Template) -> Result<Response> {
    let html = template
        .render()
        .map_err(|error| Error::Internal(anyhow::Error::new(error).context("rendering a page")))?;
    Ok(Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store")
        .body(html))
}

/// A PDF made for this person.
pub fn attachment(pdf: crate::print::Pdf) -> Response {
    saved("application/pdf", &pdf.plain_name, &pdf.name, pdf.bytes)
}

/// A table, named for people.
pub fn table(name: &str, bytes: Vec<u8>) -> Response {
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    saved(kind, "table.xlsx", name, bytes)
}

/// A QR code as the text of an SVG element.
fn drawn(content: &str) -> Result<String> {
    use anyhow::Context as _;
    let code = qrcode::QrCode::new(content.as_bytes()).context("drawing a QR code")?;
    Ok(code
        .render::<qrcode::render::svg::Color>()
        .min_dimensions(220, 220)
        .build())
}

/// A QR code to stand inside a page: without the declaration that a file of its own begins with.
pub fn qr_inline(content: &str) -> Result<String> {
    let svg = drawn(content)?;
    Ok(svg.find("<svg").map_or(String::new(), |at| svg[at..].to_owned()))
}

/// A QR code as a picture; never cached by the browser.
pub fn qr_picture(content: &str) -> Result<Response> {
    Ok(Response::builder()
        .header(header::CONTENT_TYPE, "image/svg+xml")
        .header(header::CACHE_CONTROL, "no-store")
        .body(drawn(content)?))
}

/// A file to be saved, by its Chinese name where the browser knows RFC 5987, else by its plain one; never cached.
fn saved(media_type: &str, plain_name: &str, name: &str, bytes: Vec<u8>) -> Response {
    Response::builder()
        .header(header::CONTENT_TYPE, media_type)
        .header(
            header::CONTENT_DISPOSITION,
            disposition("attachment", plain_name, name),
        )
        .header(header::CACHE_CONTROL, "no-store")
        .body(bytes)
}

/// Content-Disposition with a Chinese name for browsers that know RFC 5987, and a plain one for others. `how` is
/// `attachment` or `inline`.
pub fn disposition(how: &str, plain_name: &str, name: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::new();
    for byte in name.bytes() {
        // RFC 5987's attr-char, as far as our names have any.
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    format!("{how}; filename=\"{plain_name}\"; filename*=UTF-8''{encoded}")
}

/// After a successful POST: 303 to the page that shows the result.
pub fn see_other(path: &str) -> Response {
    Response::builder()
        .status(StatusCode::SEE_OTHER)
        .header(header::LOCATION, path)
        .finish()
}

/// A path of our own, or `/` for anything that could lead elsewhere (`next=` of the sign-in pages).
pub fn local_path(next: &str) -> &str {
    let safe = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\', '\r', '\n', '\t'])
        && !next.bytes().any(|b| b.is_ascii_control());
    if safe { next } else { "/" }
}

/// The script by which the demo's phone gives a page `WeixinJSBridge`, as WeChat does by itself; none in production. For pages
/// with `pay.js`, before it.
pub fn bridge(app: &crate::app::App) -> Option<String> {
    let demo = app.config.purpose == crate::config::Purpose::Demo;
    demo.then(|| format!("http://{}/assets/bridge.js", app.config.sim_listen))
}

/// Around every page: no script but our own, no framing but by ourselves (and the demo's phone).
pub async fn security_headers<E: Endpoint + 'static>(next: Arc<E>, req: Request) -> poem::Result<Response> {
    let frames = req
        .data::<crate::app::App>()
        .map(|app| &app.config)
        .filter(|c| c.purpose == crate::config::Purpose::Demo);
    let frames = frames.map_or(String::new(), |c| {
        format!(
            " http://{} http://localhost:{}",
            c.sim_listen,
            c.sim_listen.port()
        )
    });
    // The demo's phone gives pages its WeixinJSBridge by a script of its own (`bridge`).
    let scripts = if frames.is_empty() {
        String::new()
    } else {
        format!(" script-src 'self'{frames};")
    };
    let mut response = next.call(req).await?.into_response();
    let csp = format!(
        "default-src 'self';{scripts} img-src 'self' data: blob:; object-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'{frames}"
    );
    let headers = response.headers_mut();
    if let Ok(csp) = HeaderValue::from_str(&csp) {
        headers.entry("content-security-policy").or_insert(csp);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers
        .entry(header::REFERRER_POLICY)
        .or_insert(HeaderValue::from_static("same-origin"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_never_leads_elsewhere() {
        assert_eq!(local_path("/apply?x=1"), "/apply?x=1");
        for bad in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "javascript:1",
            "/a\r\nb",
            "/\t/evil",
        ] {
            assert_eq!(local_path(bad), "/", "{bad}");
        }
    }
}
