//! Temporary media: `POST /cgi-bin/media/upload`, `GET /cgi-bin/media/get`.
//!
//! Source: WeChat, 新增临时素材 / 获取临时素材. Three days; image 10 MB (PNG, JPEG, GIF), voice 2 MB (AMR, MP3),
//! video 10 MB (MP4), thumb 64 KB (JPEG).

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::stream;
use poem::http::{StatusCode, header};
use poem::web::{Data, Json, Multipart, Path, Query};
use poem::{Body, IntoResponse, Request, Response, handler};
use serde::Deserialize;
use serde_json::json;

use super::Sim;
use super::error::WxError;
use super::state::State;

const LIFETIME_MS: i64 = 3 * 86_400_000;
/// What is read of an upload before it is called too large.
const MAX_UPLOAD: usize = 10 * 1024 * 1024;
/// Answers are sent in pieces of this size.
const CHUNK: usize = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Image,
    Voice,
    Video,
    Thumb,
}

impl Kind {
    fn parse(name: &str) -> Option<Kind> {
        match name {
            "image" => Some(Kind::Image),
            "voice" => Some(Kind::Voice),
            "video" => Some(Kind::Video),
            "thumb" => Some(Kind::Thumb),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Image => "image",
            Kind::Voice => "voice",
            Kind::Video => "video",
            Kind::Thumb => "thumb",
        }
    }

    fn max_bytes(self) -> usize {
        match self {
            Kind::Image | Kind::Video => MAX_UPLOAD,
            Kind::Voice => 2 * 1024 * 1024,
            Kind::Thumb => 64 * 1024,
        }
    }

    /// Content type and file extension by the first bytes, if this kind takes such a file.
    fn format(self, bytes: &[u8]) -> Option<(&'static str, &'static str)> {
        let found = match bytes {
            [0xFF, 0xD8, 0xFF, ..] => ("image/jpeg", "jpg"),
            [0x89, b'P', b'N', b'G', ..] => ("image/png", "png"),
            [b'G', b'I', b'F', b'8', ..] => ("image/gif", "gif"),
            [b'#', b'!', b'A', b'M', b'R', ..] => ("audio/amr", "amr"),
            [b'I', b'D', b'3', ..] | [0xFF, 0xFA | 0xFB | 0xF2 | 0xF3, ..] => ("audio/mpeg", "mp3"),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => ("video/mp4", "mp4"),
            _ => return None,
        };
        let fits = match self {
            Kind::Image => found.0.starts_with("image/"),
            Kind::Voice => found.0.starts_with("audio/"),
            Kind::Video => found.1 == "mp4",
            Kind::Thumb => found.1 == "jpg",
        };
        fits.then_some(found)
    }
}

pub(super) struct Medium {
    kind: Kind,
    content_type: &'static str,
    extension: &'static str,
    bytes: Vec<u8>,
    until: i64,
}

#[derive(Default)]
pub(super) struct Media(HashMap<String, Medium>);

impl Media {
    /// Keeps a file. Errors: 41005 empty, 40006 too large, 40005 not of a format this kind takes.
    pub fn keep(&mut self, kind: Kind, bytes: Vec<u8>, now: i64) -> Result<String, WxError> {
        if bytes.is_empty() {
            return Err(WxError::new(41005, "media data missing"));
        }
        if bytes.len() > kind.max_bytes() {
            return Err(WxError::new(40006, "invalid meida size"));
        }
        let format = kind.format(&bytes);
        let (content_type, extension) = format.ok_or_else(|| WxError::new(40005, "invalid file type"))?;
        let random = rand::random::<[[u8; 16]; 3]>().concat();
        let id = URL_SAFE_NO_PAD.encode(random);
        self.0.retain(|_, m| m.until > now);
        self.0.insert(
            id.clone(),
            Medium {
                kind,
                content_type,
                extension,
                bytes,
                until: now + LIFETIME_MS,
            },
        );
        Ok(id)
    }

    pub fn exists(&self, id: &str, now: i64) -> bool {
        self.live(id, now).is_ok()
    }

    fn live(&self, id: &str, now: i64) -> Result<&Medium, WxError> {
        let found = self.0.get(id).filter(|m| m.until > now);
        found.ok_or_else(|| WxError::new(40007, "invalid media_id"))
    }
}

/// The id, if a live medium of this kind has it; 41006 missing, 40007 unknown, expired or of another kind.
pub(super) fn stored(state: &State, kind: Kind, id: &str) -> Result<String, WxError> {
    if id.is_empty() {
        return Err(WxError::new(41006, "media_id missing"));
    }
    let medium = state.media.live(id, state.now_ms())?;
    if medium.kind == kind {
        Ok(id.to_owned())
    } else {
        Err(WxError::new(40007, "invalid media_id"))
    }
}

/// Where the phone gets it.
pub(super) fn path(id: &str) -> String {
    format!("/sim/media/{id}")
}

#[derive(Deserialize)]
struct Upload {
    access_token: Option<String>,
    #[serde(default, rename = "type")]
    kind: String,
}

/// A form with one file, named `media`.
#[handler]
pub(super) async fn upload(
    sim: Data<&Sim>,
    Query(ask): Query<Upload>,
    form: poem::Result<Multipart>,
) -> Result<Json<serde_json::Value>, WxError> {
    sim.check_any_token(ask.access_token.as_deref())?;
    let kind = Kind::parse(&ask.kind).ok_or_else(|| WxError::new(40004, "invalid media type"))?;
    let missing = || WxError::new(41005, "media data missing");
    let mut form = form.map_err(|_| missing())?;
    loop {
        let field = form.next_field().await.map_err(|_| missing())?;
        let field = field.ok_or_else(missing)?;
        // WeChat takes the part for a file by its file name.
        if field.name() != Some("media") || field.file_name().is_none() {
            continue;
        }
        let bytes = read(field, kind.max_bytes()).await?;
        let mut state = sim.state();
        let now = state.now_ms();
        let id = state.media.keep(kind, bytes, now)?;
        let key = if kind == Kind::Thumb {
            "thumb_media_id"
        } else {
            "media_id"
        };
        return Ok(Json(
            json!({ "type": kind.name(), key: id, "created_at": now / 1000 }),
        ));
    }
}

/// At most `max` bytes and one more, by which [`Media::keep`] sees that there are too many.
async fn read(field: poem::web::Field, max: usize) -> Result<Vec<u8>, WxError> {
    use tokio::io::AsyncReadExt as _;
    let mut bytes = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    let mut reader = field.into_async_read().take(limit);
    reader
        .read_to_end(&mut bytes)
        .await
        .map_err(|_| WxError::new(41005, "media data missing"))?;
    Ok(bytes)
}

#[derive(Deserialize)]
struct Get {
    access_token: Option<String>,
    #[serde(default)]
    media_id: String,
}

/// The file, in pieces; of a video only the address where it lies.
#[handler]
pub(super) fn get(sim: Data<&Sim>, request: &Request, Query(ask): Query<Get>) -> Result<Response, WxError> {
    sim.check_any_token(ask.access_token.as_deref())?;
    if ask.media_id.is_empty() {
        return Err(WxError::new(41006, "media_id missing"));
    }
    let state = sim.state();
    let medium = state.media.live(&ask.media_id, state.now_ms())?;
    if medium.kind == Kind::Video {
        let url = absolute(request, &path(&ask.media_id));
        return Ok(Json(json!({ "video_url": url })).into_response());
    }
    Ok(file(&ask.media_id, medium))
}

/// The same file for a phone, or for the one who got a `video_url` or a `PicUrl`: no token.
#[handler]
pub(super) fn serve(sim: Data<&Sim>, Path(id): Path<String>) -> Response {
    let state = sim.state();
    match state.media.live(&id, state.now_ms()) {
        Ok(medium) => file(&id, medium),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn file(id: &str, medium: &Medium) -> Response {
    let chunks: Vec<_> = medium
        .bytes
        .chunks(CHUNK)
        .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
        .collect();
    Response::builder()
        .content_type(medium.content_type)
        .header(
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{id}.{}\"", medium.extension),
        )
        .body(Body::from_bytes_stream(stream::iter(chunks)))
}

/// An address of this simulator as the caller reached it.
pub(super) fn absolute(request: &Request, path: &str) -> String {
    let host = request.header(header::HOST).unwrap_or("127.0.0.1");
    format!("http://{host}{path}")
}
