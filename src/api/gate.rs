//! What every operation passes: the session of its token, and a bound on its body.

use super::session::{self, Session};
use crate::app::App;
use crate::error::Error;
use crate::kernel::Refusal;
use poem::error::ReadBodyError;
use poem::http::{HeaderValue, header};
use poem::{Body, Endpoint, FromRequest, IntoResponse as _, Request, RequestBody, Response};
use std::sync::Arc;

/// The largest JSON body.
const JSON_MAX: usize = 64 * 1024;
/// The largest upload that is read at all, and only from a worker who is signed in or their phone (a hand-off); the rule itself (3 MB, R-16) has
/// words of its own, so a file a little over must still arrive to be told so.
const UPLOAD_MAX: usize = 12 * 1024 * 1024;

/// So much of a body that is too large is read all the same.
const THROWN_AWAY: u64 = 32 * 1024 * 1024;

/// A token that was presented, with its session.
#[derive(Clone)]
pub struct Presented {
    /// The token itself.
    pub token: String,
    /// What it stands for.
    pub session: Session,
}

/// Around the operations.
pub async fn enter<E: Endpoint + 'static>(next: Arc<E>, mut req: Request) -> poem::Result<Response> {
    let app = app_of(&req)?;
    readable_key(&req)?;
    let mut most = JSON_MAX;
    if let Some(token) = bearer(&req)
        && let Some(session) = session::find(&app, &token).await?
    {
        if (session.worker.is_some() || session.handoff.is_some()) && is_multipart(&req) {
            most = UPLOAD_MAX;
        }
        req.extensions_mut().insert(Presented { token, session });
    }
    let body = read(&mut req, most).await?;
    let body = body.ok_or_else(|| too_large(&req, most))?;
    req.set_body(Body::from_vec(body));
    Ok(next.call(req).await?.into_response())
}

/// The body, unless it is larger than `most`. The rest of a larger one is read and thrown away, within reason: a
/// connection that is closed while the client still sends shows it no answer.
async fn read(req: &mut Request, most: usize) -> Result<Option<Vec<u8>>, Error> {
    use tokio::io::AsyncReadExt as _;
    let broken = |_| Error::Refused(Refusal::MalformedRequest);
    let mut reader = req.take_body().into_async_read();
    let mut bytes = Vec::new();
    let mut head = (&mut reader).take(most as u64 + 1);
    head.read_to_end(&mut bytes).await.map_err(broken)?;
    if bytes.len() <= most {
        return Ok(Some(bytes));
    }
    let mut rest = reader.take(THROWN_AWAY);
    tokio::io::copy(&mut rest, &mut tokio::io::sink())
        .await
        .map_err(broken)?;
    Ok(None)
}

fn too_large(req: &Request, most: usize) -> poem::Error {
    if most == UPLOAD_MAX {
        let bytes = declared(req).unwrap_or(most as u64 + 1);
        return Error::Refused(Refusal::FileTooLarge { bytes }).into();
    }
    ReadBodyError::PayloadTooLarge.into()
}

fn app_of(req: &Request) -> Result<App, Error> {
    let app = req.data::<App>().cloned();
    app.ok_or_else(|| Error::Internal(anyhow::anyhow!("no application data")))
}

/// A key that is no text would be passed over as none, and whoever sent it would trust in it.
fn readable_key(req: &Request) -> Result<(), Error> {
    let mut keys = req.headers().get_all("idempotency-key").iter();
    match (keys.next().map(HeaderValue::to_str), keys.next()) {
        (None | Some(Ok(_)), None) => Ok(()),
        _ => Err(Refusal::KeyMalformed.into()),
    }
}

fn bearer(req: &Request) -> Option<String> {
    let (scheme, token) = req.header(header::AUTHORIZATION)?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}

fn is_multipart(req: &Request) -> bool {
    req.content_type()
        .is_some_and(|kind| kind.starts_with("multipart/form-data"))
}

fn declared(req: &Request) -> Option<u64> {
    req.header(header::CONTENT_LENGTH)?.parse().ok()
}

/// What an operation needs that nobody is signed in for: the application, and the client's address for throttling.
pub struct Ctx {
    /// The application.
    pub app: App,
    /// The client's address.
    pub address: String,
}

impl<'a> FromRequest<'a> for Ctx {
    async fn from_request(req: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        Ok(Ctx::of(req)?)
    }
}

impl Ctx {
    /// Of a request.
    pub fn of(req: &Request) -> Result<Self, Error> {
        let app = app_of(req)?;
        // The proxy's own, last entry, as the pages read it.
        let proxied = app
            .config
            .http
            .behind_proxy
            .then(|| req.header("x-forwarded-for"));
        let proxied = proxied.flatten().and_then(|list| list.rsplit(',').next());
        let proxied = proxied
            .map(|last| last.trim().to_owned())
            .filter(|last| !last.is_empty());
        let address = proxied.unwrap_or_else(|| {
            let remote = req.remote_addr().as_socket_addr();
            remote.map_or_else(|| "unknown".to_owned(), |address| address.ip().to_string())
        });
        Ok(Ctx { app, address })
    }
}
