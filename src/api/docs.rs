//! `/api/openapi.json`, and `/api/docs`: the same for people, with nothing from elsewhere.

use super::document;
use poem::http::{HeaderValue, header};
use poem::{IntoResponse as _, Response, handler};
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

static DOCUMENT: LazyLock<String> = LazyLock::new(|| document().to_string());
static PAGE: LazyLock<(String, HeaderValue)> = LazyLock::new(|| {
    let html = html(&DOCUMENT);
    let policy = policy(&html);
    (html, policy)
});

/// `GET /api/openapi.json`
#[handler]
pub fn openapi() -> Response {
    Response::builder()
        .content_type("application/json; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-cache")
        .body(DOCUMENT.as_str())
}

/// `GET /api/docs`
#[handler]
pub fn page() -> Response {
    let (html, policy) = &*PAGE;
    let mut response = Response::builder()
        .content_type("text/html; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-cache")
        .body(html.as_str())
        .into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    response
}

/// poem-openapi's page, which carries Swagger UI within itself, around our document instead of the one it was made of.
fn html(document: &str) -> String {
    let service = super::service();
    // `</` ends a script wherever it stands.
    let document = document.replace("</", "<\\/");
    service
        .swagger_ui_html()
        .replacen(&service.spec(), &document, 1)
        .replacen(
            "\n<html charset=\"UTF-8\">",
            "<!DOCTYPE html>\n<html lang=\"zh-CN\">",
            1,
        )
        .replacen("<title>Swagger UI</title>", "<title>求学圆梦 API</title>", 1)
}

/// Only the page's own two scripts run, by their hashes; Swagger UI styles its elements in place.
fn policy(html: &str) -> HeaderValue {
    use base64::Engine as _;
    let hash = |script: &str| {
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(script.as_bytes()));
        format!("'sha256-{hash}'")
    };
    let hashes: Vec<String> = scripts(html).map(hash).collect();
    let policy = format!(
        "default-src 'none'; script-src {}; style-src 'unsafe-inline'; img-src 'self' data:; font-src data:; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hashes.join(" ")
    );
    HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
}

/// The texts between `<script …>` and `</script>`, as a browser takes them.
fn scripts(html: &str) -> impl Iterator<Item = &str> {
    let mut rest = html;
    std::iter::from_fn(move || {
        let begin = rest.find("<script")?;
        let (_, inside) = rest[begin..].split_once('>')?;
        let (script, after) = inside.split_once("</script")?;
        rest = after;
        Some(script)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_our_document_and_asks_nobody_else() {
        let html = html(&DOCUMENT);
        assert!(
            html.contains("Idempotent-Replayed"),
            "it is the finished document"
        );
        assert_eq!(scripts(&html).count(), 2);
        let policy = policy(&html);
        let policy = policy.to_str().unwrap();
        assert_eq!(policy.matches("'sha256-").count(), 2);
        assert!(!policy.contains("http"));
    }
}
