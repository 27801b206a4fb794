//! `/courses/media/:id`: videos and covers, any part of them, without session and compression. A file is never held whole;
//! its id is that of its bytes, so it may be cached for long.

use super::courses_range::{Asked, asked, if_range_holds, is_known};
use crate::app::App;
use crate::content::courses_media::{self, PublicFile};
use crate::error::Result;
use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::web::{Data, Path};
use poem::{Body, Request, Response, handler};

/// For everybody, as long as a browser keeps anything; a withdrawn file's address is shown nowhere any more.
const PUBLIC: &str = "public, max-age=2592000, immutable";

/// `GET` and `HEAD /courses/media/:id`
#[handler]
pub async fn serve(Data(app): Data<&App>, Path(id): Path<String>, req: &Request) -> Result<Response> {
    let file = courses_media::public(app, &id).await?;
    answer(app, &file, req, PUBLIC).await
}

/// A file, or the part of it that is asked for.
pub async fn answer(app: &App, file: &PublicFile, req: &Request, caching: &'static str) -> Result<Response> {
    let etag = format!("\"{}\"", file.sha256.get(..32).unwrap_or(&file.sha256));
    let response = Response::builder()
        .header(header::ETAG, &etag)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CACHE_CONTROL, caching)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; media-src 'self'; img-src 'self'",
        );
    if is_known(req.header(header::IF_NONE_MATCH), &etag) {
        return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
    }
    let range = req
        .header(header::RANGE)
        .filter(|_| req.method() == Method::GET && if_range_holds(req.header(header::IF_RANGE), &etag));
    let (response, part) = match asked(range, file.bytes) {
        Asked::Whole => (response, 0..file.bytes),
        Asked::Part(part) => {
            let range = format!("bytes {}-{}/{}", part.start, part.end - 1, file.bytes);
            let response = response.status(StatusCode::PARTIAL_CONTENT);
            (response.header(header::CONTENT_RANGE, range), part)
        }
        Asked::Nowhere => {
            let range = format!("bytes */{}", file.bytes);
            let response = response.status(StatusCode::RANGE_NOT_SATISFIABLE);
            return Ok(response.header(header::CONTENT_RANGE, range).finish());
        }
    };
    let length = part.end - part.start;
    let body = if req.method() == Method::HEAD {
        Body::empty()
    } else {
        Body::from_bytes_stream(app.files.public_part(&file.id, part).await?)
    };
    let mut response = response.header(header::CONTENT_TYPE, &file.media_type).body(body);
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    Ok(response)
}
