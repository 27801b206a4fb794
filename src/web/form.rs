//! Posted forms. Both extractors refuse a request without the session's CSRF token, so a handler that takes
//! its input through them cannot forget the check; a test posts to every route without one.

use super::ctx::Ctx;
use super::kept;
use super::page::see_other;
use crate::audit::Actor;
use crate::error::{Door, Error};
use crate::kernel::Refusal;
use crate::union::rights;
use poem::web::{Form, Multipart};
use poem::{FromRequest, Request, RequestBody};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A urlencoded form with its context, the CSRF token checked.
pub struct Posted<T> {
    /// The request's context.
    pub ctx: Ctx,
    /// What was typed.
    pub form: T,
}

#[derive(Deserialize)]
struct WithToken<T> {
    #[serde(default)]
    csrf: String,
    #[serde(flatten)]
    form: T,
}

impl<'a, T: DeserializeOwned + Send> FromRequest<'a> for Posted<T> {
    async fn from_request(req: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let ctx = Ctx::from_request(req, body).await?;
        let header = req.header("x-csrf-token").map(str::to_owned);
        let bytes = body.take()?.into_vec().await;
        let bytes = bytes.map_err(|_| Error::Refused(Refusal::MalformedRequest))?;
        let mut body = RequestBody::new(bytes.clone().into());
        let Form(posted) = Form::<WithToken<T>>::from_request(req, &mut body)
            .await
            .map_err(|error| {
                tracing::info!(%error, "a form could not be read");
                Error::Refused(Refusal::MalformedRequest)
            })?;
        if !ctx.csrf_holds(header.as_deref().unwrap_or(&posted.csrf)) {
            // A script keeps what it sends by itself; a form sent by the browser would be lost.
            if header.is_none() && kept::keep(&ctx, req, &posted.csrf, &bytes).await? {
                ctx.worker()?;
                return Err(poem::Error::from_response(see_other(kept::PATH)));
            }
            note_forged(&ctx, req).await?;
            return Err(forged_or_ended(&ctx, req).into());
        }
        kept::passed(&ctx, req).await?;
        Ok(Posted {
            ctx,
            form: posted.form,
        })
    }
}

/// A form that came to an officer's page without its token leaves a line in the trail, for the officer it was sent as.
pub async fn note_forged(ctx: &Ctx, req: &Request) -> Result<(), Error> {
    let path = req.original_uri().path();
    let (true, Ok(officer)) = (path.starts_with("/office"), ctx.officer()) else {
        return Ok(());
    };
    let refused: Result<(), Error> = Err(Refusal::CsrfFailed.into());
    let noted = rights::noted(
        &ctx.app,
        &Actor::Officer(officer),
        "form",
        ("page", path),
        refused,
    )
    .await;
    match noted {
        Err(Error::Internal(cause)) => Err(Error::Internal(cause)),
        _ => Ok(()),
    }
}

/// The token does not hold: forged, or the session ended while the person was typing. Who is signed in nowhere
/// is led to sign in and come back; a page that asks for no sign-in is only to be opened anew.
fn forged_or_ended(ctx: &Ctx, req: &Request) -> Error {
    let path = req.original_uri().path();
    // A phone that uploads for a PC has no account to sign in to.
    if path.starts_with("/apply/handoff") {
        let stranger = ctx.is_stranger() && ctx.handoff().is_none();
        return Error::Refused(if stranger {
            Refusal::HandoffOver
        } else {
            Refusal::CsrfFailed
        });
    }
    let door = match path.trim_start_matches('/').split('/').next() {
        _ if path.contains("/sign-") || path == "/apply/check" => None,
        _ if path.starts_with("/office/join/") || path == "/office/reset" => None,
        Some("office") => Some(Door::Officer),
        Some("apply" | "progress" | "me" | "enrol" | "courses") => Some(Door::Worker),
        _ => None,
    };
    if let (Some(door), true) = (door, ctx.is_stranger()) {
        return Error::SignIn(door);
    }
    Error::Refused(Refusal::CsrfFailed)
}

/// So much of an upload is read; the rules themselves (3 MB, R-16; 10 MB for an article's attachment) have words of their
/// own, so a file over them must still arrive to be told so.
const UPLOAD_MAX: usize = 12 * 1024 * 1024;

/// A multipart upload with its context, the CSRF token checked: fields `csrf`, then one `file`.
pub struct Uploaded {
    /// The request's context.
    pub ctx: Ctx,
    /// What the file is called where it comes from; empty when it says nothing.
    pub name: String,
    /// The file's bytes; empty when none was chosen. Cut off behind what any rule allows: the rule itself then says so.
    pub bytes: Vec<u8>,
}

impl<'a> FromRequest<'a> for Uploaded {
    async fn from_request(req: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let ctx = Ctx::from_request(req, body).await?;
        let mut token = req.header("x-csrf-token").unwrap_or_default().to_owned();
        let malformed = |_| Error::Refused(Refusal::MalformedRequest);
        let mut parts = Multipart::from_request(req, body).await.map_err(malformed)?;
        let (mut name, mut bytes) = (String::new(), Vec::new());
        while let Some(part) = parts
            .next_field()
            .await
            .map_err(|_| Error::Refused(Refusal::MalformedRequest))?
        {
            match part.name() {
                Some("csrf") => {
                    token = part
                        .text()
                        .await
                        .map_err(|_| Error::Refused(Refusal::MalformedRequest))?
                }
                // The token stands before the file: without one nothing is read.
                Some("file") if ctx.csrf_holds(&token) => {
                    name = part.file_name().unwrap_or_default().to_owned();
                    bytes = read_limited(part).await?;
                    if bytes.len() > UPLOAD_MAX {
                        break;
                    }
                }
                _ => {}
            }
        }
        if !ctx.csrf_holds(&token) {
            note_forged(&ctx, req).await?;
            return Err(forged_or_ended(&ctx, req).into());
        }
        Ok(Uploaded { ctx, name, bytes })
    }
}

async fn read_limited(part: poem::web::Field) -> Result<Vec<u8>, Error> {
    use tokio::io::AsyncReadExt as _;
    let mut bytes = Vec::new();
    let read = part
        .into_async_read()
        .take(UPLOAD_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .await;
    read.map_err(|_| Error::Refused(Refusal::MalformedRequest))?;
    Ok(bytes)
}
