//! Temporary media: pictures, sounds and videos that WeChat keeps for three days.
//!
//! Source: WeChat, 新增临时素材 / 获取临时素材.

use std::time::Duration;

use reqwest::multipart::{Form, Part};
use reqwest::{Method, Response, header};
use serde::Deserialize;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio_util::bytes::Bytes;

use super::client::{Client, decode_bytes, read};
use super::error::CallError;

/// A file takes longer than a call.
const UPLOAD_PATH: &str = "/cgi-bin/media/upload";
const DOWNLOAD_PATH: &str = "/cgi-bin/media/get";
const TIMEOUT: Duration = Duration::from_secs(60);
/// What is no file is JSON of at most this size, in bytes.
const MAX_JSON: usize = 64 * 1024;
const MIB: usize = 1024 * 1024;

/// Kinds of temporary media, with WeChat's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// PNG, JPEG, GIF up to 10 MB.
    Image,
    /// AMR, MP3 up to 2 MB and 60 s.
    Voice,
    /// MP4 up to 10 MB.
    Video,
    /// JPEG up to 64 KB: the preview of a video or a piece of music.
    Thumb,
}

impl MediaType {
    /// WeChat's name of it.
    pub fn as_str(self) -> &'static str {
        match self {
            MediaType::Image => "image",
            MediaType::Voice => "voice",
            MediaType::Video => "video",
            MediaType::Thumb => "thumb",
        }
    }

    /// Largest file, in bytes.
    pub fn limit(self) -> usize {
        match self {
            MediaType::Image | MediaType::Video => 10 * MIB,
            MediaType::Voice => 2 * MIB,
            MediaType::Thumb => 64 * 1024,
        }
    }

    /// Content types by the ending of a file's name.
    fn content_type(self, file_name: &str) -> Option<&'static str> {
        let ending = file_name.rsplit_once('.')?.1.to_ascii_lowercase();
        Some(match (self, ending.as_str()) {
            (MediaType::Image | MediaType::Thumb, "jpg" | "jpeg") => "image/jpeg",
            (MediaType::Image, "png") => "image/png",
            (MediaType::Image, "gif") => "image/gif",
            (MediaType::Voice, "amr") => "audio/amr",
            (MediaType::Voice, "mp3") => "audio/mpeg",
            (MediaType::Video, "mp4") => "video/mp4",
            _ => return None,
        })
    }
}

#[derive(Deserialize)]
struct Uploaded {
    #[serde(alias = "thumb_media_id")]
    media_id: String,
}

/// What a media id stands for.
#[derive(Debug)]
pub enum Media {
    /// The file itself.
    File(Download),
    /// A video comes as a link, to be fetched without a token.
    VideoUrl(String),
}

/// A file on its way.
pub struct Download {
    /// `Content-Type`, as WeChat says.
    pub content_type: String,
    /// Name WeChat gives it. It comes from outside: not fit for a path as it is.
    pub file_name: Option<String>,
    /// Its size in bytes, if WeChat tells.
    pub length: Option<u64>,
    response: Response,
    left: u64,
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download")
            .field("content_type", &self.content_type)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

impl Download {
    /// The next piece; `None` at the end. Errors: `Decode` beyond the size limit.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, CallError> {
        let Some(chunk) = self.response.chunk().await? else {
            return Ok(None);
        };
        let left = u64::try_from(chunk.len())
            .ok()
            .and_then(|n| self.left.checked_sub(n));
        self.left = left.ok_or_else(too_large)?;
        Ok(Some(chunk))
    }

    /// Writes it all, piece by piece; gives the number of bytes. After an error what is written is to be thrown away.
    pub async fn copy_to(mut self, to: &mut (impl AsyncWrite + Unpin + Send)) -> Result<u64, CallError> {
        let mut written = 0;
        while let Some(chunk) = self.chunk().await? {
            to.write_all(&chunk).await.map_err(unwritten)?;
            written += chunk.len() as u64;
        }
        to.flush().await.map_err(unwritten)?;
        if self.length.is_some_and(|length| length != written) {
            return Err(CallError::Transport("文件没有收全".to_owned()));
        }
        Ok(written)
    }
}

fn too_large() -> CallError {
    CallError::Decode("文件超过大小限制".to_owned())
}

fn unwritten(error: std::io::Error) -> CallError {
    CallError::Transport(format!("文件无法写入: {}", error.kind()))
}

#[derive(Deserialize)]
struct VideoLink {
    video_url: String,
}

/// A file, or JSON instead of one.
async fn receive(response: Response, limit: u64) -> Result<Media, CallError> {
    if !response.status().is_success() {
        return Err(CallError::Status(response.status().as_u16()));
    }
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let content_type = header(header::CONTENT_TYPE).unwrap_or_default().to_owned();
    let disposition = header(header::CONTENT_DISPOSITION);
    // Errors and links come as JSON, which WeChat often calls text/plain; a file has a name.
    let is_json = content_type.starts_with("application/json") || content_type.starts_with("text/");
    if is_json && disposition.is_none() {
        let link: VideoLink = decode_bytes(&read(response, MAX_JSON).await?)?;
        return Ok(Media::VideoUrl(link.video_url));
    }
    let file_name = disposition.and_then(file_name);
    let length = response.content_length();
    if length.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    Ok(Media::File(Download {
        content_type,
        file_name,
        length,
        response,
        left: limit,
    }))
}

/// `attachment; filename="MEDIA_ID.jpg"`
fn file_name(disposition: &str) -> Option<String> {
    let value = disposition
        .split(';')
        .find_map(|part| part.trim().strip_prefix("filename="))?;
    Some(value.trim_matches('"').to_owned()).filter(|name| !name.is_empty())
}

impl Client {
    /// Uploads a file for three days; gives its media id. Errors: `Invalid` for a size or an ending WeChat does not
    /// take, before calling.
    pub async fn upload_media(
        &self,
        kind: MediaType,
        file_name: &str,
        content: Bytes,
    ) -> Result<String, CallError> {
        if content.is_empty() || content.len() > kind.limit() {
            return Err(CallError::Invalid(format!(
                "{} 文件须为 1 至 {} 字节，现有 {} 字节",
                kind.as_str(),
                kind.limit(),
                content.len()
            )));
        }
        let content_type = kind
            .content_type(file_name)
            .ok_or_else(|| CallError::Invalid(format!("{} 文件的扩展名不受支持", kind.as_str())))?;
        // The name only tells the type: one of ours may be personal or not fit a header.
        let name = format!("media.{}", file_name.rsplit('.').next().unwrap_or_default());
        let uploaded: Uploaded = self
            .link()
            .call(UPLOAD_PATH, |api, token| {
                let file =
                    Part::stream_with_length(content.clone(), content.len() as u64).file_name(name.clone());
                // The content types above are all well-formed.
                let file = file
                    .mime_str(content_type)
                    .unwrap_or_else(|_| Part::bytes(content.to_vec()));
                api.request(Method::POST, UPLOAD_PATH)
                    .query(&[("access_token", token), ("type", kind.as_str())])
                    .timeout(TIMEOUT)
                    .multipart(Form::new().part("media", file))
            })
            .await?;
        Ok(uploaded.media_id)
    }

    /// Begins to download a temporary file of at most `limit` bytes. Errors: 40007 (class `Configuration`) for an id that
    /// is wrong or past its three days.
    pub async fn download_media(&self, media_id: &str, limit: u64) -> Result<Media, CallError> {
        self.link()
            .call_with(
                DOWNLOAD_PATH,
                |api, token| {
                    api.request(Method::GET, DOWNLOAD_PATH)
                        .query(&[("access_token", token), ("media_id", media_id)])
                        .timeout(TIMEOUT)
                },
                |response| receive(response, limit),
            )
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 新增临时素材: limits and endings.
    #[test]
    fn limits_and_endings() {
        assert_eq!(MediaType::Thumb.limit(), 65_536);
        assert_eq!(MediaType::Image.content_type("a.b.JPG"), Some("image/jpeg"));
        assert_eq!(MediaType::Voice.content_type("a.amr"), Some("audio/amr"));
        for (kind, name) in [
            (MediaType::Image, "a"),
            (MediaType::Image, "a.exe"),
            (MediaType::Thumb, "a.png"),
            (MediaType::Video, "a.mov"),
        ] {
            assert_eq!(kind.content_type(name), None);
        }
    }

    #[test]
    fn names_of_files() {
        assert_eq!(
            file_name("attachment; filename=\"m.jpg\"").as_deref(),
            Some("m.jpg")
        );
        assert_eq!(file_name("attachment;filename=m.jpg").as_deref(), Some("m.jpg"));
        assert_eq!(file_name("inline"), None);
        let both = r#"{"type":"thumb","thumb_media_id":"M1","created_at":1}"#;
        assert_eq!(serde_json::from_str::<Uploaded>(both).unwrap().media_id, "M1");
    }
}
