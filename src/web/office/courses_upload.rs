//! `POST /office/courses/:id/lessons/:lesson/video`: a video of up to 200 MB, piece by piece from the request into the file
//! store. The token and the officer's right stand before the first byte that is kept.

use super::super::ctx::Ctx;
use super::super::form::note_forged;
use super::super::page::see_other;
use super::articles::keeper;
use super::courses_lesson::refused;
use crate::content::courses;
use crate::content::courses_media::{self, Incoming, VIDEO_MAX};
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::union::Officer;
use poem::http::header;
use poem::web::{Field, Json, Multipart, Path};
use poem::{IntoResponse as _, Request, RequestBody, Response, handler};
use tokio::io::AsyncReadExt as _;

/// Bytes read at once.
const PIECE: usize = 256 * 1024;
/// Of a file that is refused the rest is read and thrown away up to here, so that the browser gets to read the answer.
const PATIENCE: u64 = 2 * VIDEO_MAX;

/// A multipart body whose fields come one by one; anything else is a malformed request.
pub struct Parts(Multipart);

impl<'a> poem::FromRequest<'a> for Parts {
    async fn from_request(req: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let parts = Multipart::from_request(req, body).await;
        Ok(Parts(parts.map_err(|_| malformed(()))?))
    }
}

fn malformed<E>(_: E) -> Error {
    Refusal::MalformedRequest.into()
}

impl Parts {
    async fn next(&mut self) -> Result<Option<Field>> {
        self.0.next_field().await.map_err(malformed)
    }

    /// The field of that name, which has to be the next one.
    async fn expect(&mut self, name: &str) -> Result<Field> {
        let field = self.next().await?;
        field
            .filter(|field| field.name() == Some(name))
            .ok_or_else(|| malformed(()))
    }
}

/// Fields: `csrf`, then `file`. Who accepts JSON gets `{"next"}`, as the page's script does.
#[handler]
pub async fn take(
    ctx: Ctx,
    Path((course, lesson)): Path<(String, String)>,
    req: &Request,
    mut parts: Parts,
) -> Result<Response> {
    let token = parts.expect("csrf").await?.text().await.map_err(malformed)?;
    if !ctx.csrf_holds(&token) {
        note_forged(&ctx, req).await?;
        return Err(Refusal::CsrfFailed.into());
    }
    let officer = keeper(&ctx).await?;
    courses::lesson(&ctx.app, &course, &lesson).await?;
    let file = parts.expect("file").await?;
    let json = req
        .header(header::ACCEPT)
        .is_some_and(|accept| accept.starts_with("application/json"));
    match keep(&ctx, &officer, (&course, &lesson), file).await {
        Ok(()) => {}
        Err(Error::Refused(refusal)) if !json && refusal != Refusal::NotAllowed => {
            return refused(&ctx, &officer, &course, &lesson, &refusal).await;
        }
        Err(other) => return Err(other),
    }
    ctx.flash("视频已上传，请播放看看");
    let next = format!("/office/courses/{course}/lessons/{lesson}");
    if json {
        return Ok(Json(serde_json::json!({ "next": next })).into_response());
    }
    Ok(see_other(&next))
}

async fn keep(ctx: &Ctx, officer: &Officer, at: (&str, &str), file: Field) -> Result<()> {
    let mut incoming = Incoming::begin(&ctx.app).await?;
    let mut body = file.into_async_read();
    let mut read = 0;
    loop {
        let mut piece = Vec::with_capacity(PIECE);
        let n = (&mut body).take(PIECE as u64).read_to_end(&mut piece).await;
        let written = match n {
            Ok(0) => break,
            Ok(n) => {
                read += n as u64;
                incoming.write(piece).await
            }
            // The connection broke.
            Err(_) => Err(Refusal::MalformedRequest.into()),
        };
        if let Err(error) = written {
            incoming.abandon(&ctx.app).await;
            let rest = &mut body.take(PATIENCE.saturating_sub(read));
            // Whether it comes or not: the answer is decided.
            let _ = tokio::io::copy(rest, &mut tokio::io::sink()).await;
            return Err(error);
        }
    }
    courses_media::keep_video(&ctx.app, officer, at, incoming).await
}
