//! `/office/applications/:id/documents/:document`: an uploaded file, for those who may see its application; the
//! look is recorded.

use super::super::ctx::Ctx;
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
