//! An uploaded file as an answer: shown, and nothing but shown.

use crate::application::content::MediaType;
use crate::application::documents::Document;
use poem::Response;
use poem::http::header;

/// A picture is nothing but a picture.
pub(super) const PICTURE_CSP: &str = "default-src 'none'; sandbox; frame-ancestors 'self'";
/// A sandbox would keep the browser's own PDF viewer from opening; nothing may be loaded or sent all the same.
pub(super) const PDF_CSP: &str = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; form-action 'none'; frame-ancestors 'self'";

/// The file with its own type and no other, in no cache, named by its kind: the name says nothing of whose it is.
pub fn answer(document: &Document, bytes: Vec<u8>) -> Response {
    let csp = match document.media {
        MediaType::Pdf => PDF_CSP,
        _ => PICTURE_CSP,
    };
    let name = format!("{}.{}", document.kind, document.media.extension());
    Response::builder()
        .header(header::CONTENT_TYPE, document.media.as_str())
        .header(
            header::CONTENT_DISPOSITION,
            format!("inline; filename=\"{name}\""),
        )
        .header(header::CACHE_CONTROL, "private, no-store")
        .header(header::CONTENT_SECURITY_POLICY, csp)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .body(bytes)
}
