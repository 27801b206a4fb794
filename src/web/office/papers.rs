//! `/office/applications/:id/documents/:document`: an uploaded file, for those who may see its application; the
//! look is recorded.

use super::super::ctx::Ctx;
use super::super::page::attachment;
use super::super::paper;
use crate::error::Result;
use crate::review::desk;
use poem::web::Path;
use poem::{Response, handler};

/// `GET /office/applications/:id/documents/:document`
#[handler]
pub async fn show(ctx: Ctx, Path((id, document)): Path<(String, String)>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let (document, bytes) = desk::document(&ctx.app, &officer, &id, &document).await?;
    Ok(paper::answer(&document, bytes))
}

/// `GET /office/applications/:id/form.pdf`: the form as it would be printed, marked as an officer's copy.
#[handler]
pub async fn form(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    Ok(attachment(desk::form_pdf(&ctx.app, &officer, &id).await?))
}
