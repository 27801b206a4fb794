//! An article's attachments: uploaded, looked at before they are public, taken away.

use super::super::super::ctx::Ctx;
use super::super::super::form::{Posted, Uploaded};
use super::super::super::page::{ErrorLine, Errors, page_again, see_other};
use super::super::super::worker::articles::{Seen, answer};
use super::{Form, edit_page};
use crate::content::articles::{edit, files};
use crate::error::Result;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

/// `POST /office/articles/:id/files` with `file`
#[handler]
pub async fn attach(Path(id): Path<String>, uploaded: Uploaded) -> Result<Response> {
    let Uploaded { ctx, name, bytes } = uploaded;
    let officer = super::super::signed_in(&ctx).await?;
    match files::attach(&ctx.app, &officer, &id, &name, bytes).await {
        Ok(file) => {
            ctx.flash(&format!("附件已上传：{}", file.name));
            Ok(see_other(&format!("/office/articles/{id}#files")))
        }
        Err(error) => {
            let Errors(lines) = super::super::wrong(error)?;
            let article = edit::find(&ctx.app, &officer, &id).await?;
            let mut again = edit_page(&ctx, &officer, Some(&article), Form::of(&article)).await?;
            let at_file = |line: ErrorLine| ErrorLine {
                field: "file",
                ..line
            };
            again.errors = Errors(lines.into_iter().map(at_file).collect());
            page_again(&again)
        }
    }
}

/// `GET /office/articles/:id/files/:file`: for the keepers, public or not.
#[handler]
pub async fn download(ctx: Ctx, Path((id, file)): Path<(String, String)>, seen: Seen) -> Result<Response> {
    let officer = super::super::signed_in(&ctx).await?;
    let file = files::any(&ctx.app, &officer, &id, &file).await?;
    answer(&ctx, &file, &seen).await
}

/// Nothing but the token.
#[derive(Deserialize)]
pub struct Nothing {}

/// `POST /office/articles/:id/files/:file/remove`
#[handler]
pub async fn detach(Path((id, file)): Path<(String, String)>, posted: Posted<Nothing>) -> Result<Response> {
    let Posted { ctx, .. } = posted;
    let officer = super::super::signed_in(&ctx).await?;
    files::detach(&ctx.app, &officer, &id, &file).await?;
    ctx.flash("附件已移除");
    Ok(see_other(&format!("/office/articles/{id}#files")))
}
