//! `/office/applications/:id/documents/:document`: an uploaded file, for those who may see its application; the
//! look is recorded.

use super::super::ctx::Ctx;
use super::super::page::attachment;
use crate::application::content::MediaType;
use crate::error::Result;
use crate::review::desk;
use poem::http::header;
use poem::web::Path;
use poem::{Response, handler};

/// A picture is nothing but a picture.
const PICTURE_CSP: &str = "default-src 'none'; sandbox; frame-ancestors 'self'";
/// A sandbox would keep the browser's own PDF viewer from opening; nothing may be loaded or sent all the same.
const PDF_CSP: &str = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; form-action 'none'; frame-ancestors 'self'";

/// `GET /office/applications/:id/documents/:document`
#[handler]
pub async fn show(ctx: Ctx, Path((id, document)): Path<(String, String)>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let (document, bytes) = desk::document(&ctx.app, &officer, &id, &document).await?;
    let (extension, csp) = match document.media {
        MediaType::Jpeg => ("jpg", PICTURE_CSP),
        MediaType::Png => ("png", PICTURE_CSP),
        MediaType::Gif => ("gif", PICTURE_CSP),
        MediaType::Pdf => ("pdf", PDF_CSP),
    };
    // The name says what it is and nothing of whose.
    let disposition = format!("inline; filename=\"{}.{extension}\"", document.kind);
    Ok(Response::builder()
        .header(header::CONTENT_TYPE, document.media.as_str())
        .header(header::CONTENT_DISPOSITION, disposition)
        .header(header::CACHE_CONTROL, "private, no-store")
        .header(header::CONTENT_SECURITY_POLICY, csp)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .body(bytes))
}

/// `GET /office/applications/:id/form.pdf`: the form as it would be printed, marked as an officer's copy.
#[handler]
pub async fn form(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    Ok(attachment(desk::form_pdf(&ctx.app, &officer, &id).await?))
}
