//! Is an uploaded file what it should be, and what of it is kept? Judged by its content, never by its name.
//!
//! Pictures lose everything that is not the picture: place and camera (EXIF, XMP), comments, thumbnails, further
//! frames, whatever follows the end. Their pixels stay as they are, so that QR codes and seals read as well as
//! before; only one that lies on its side is turned and encoded anew (ADR 0015). PDFs are kept as they are or refused.

mod foreign;
mod gif;
mod jpeg;
pub mod pdf;
mod picture;
mod png;

use crate::kernel::{Refusal, code};
use image::metadata::Orientation;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The largest file.
pub const MAX_BYTES: usize = 3 * 1024 * 1024;

/// How large a file may be, and how many pages a PDF may have.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes.
    pub bytes: usize,
    /// Pages.
    pub pages: usize,
}

/// A worker's paper.
pub const PAPER: Bounds = Bounds {
    bytes: MAX_BYTES,
    pages: pdf::MAX_PAGES,
};

/// All files that are looked at in this process at one moment may need so much memory together.
const MEMORY_MIB: u32 = 1024;
static MEMORY: Semaphore = Semaphore::const_new(MEMORY_MIB as usize);

/// A good file is read in well under a second; what takes longer was made to.
const PATIENCE: Duration = Duration::from_secs(20);

crate::text_enum! {
    /// The types that are accepted.
    pub enum MediaType { Jpeg = "image/jpeg", Png = "image/png", Gif = "image/gif", Pdf = "application/pdf" }
}

impl MediaType {
    /// Whether a browser shows it as a picture.
    pub fn is_picture(self) -> bool {
        self != MediaType::Pdf
    }

    /// What a file of the type is called at its end.
    pub fn extension(self) -> &'static str {
        match self {
            MediaType::Jpeg => "jpg",
            MediaType::Png => "png",
            MediaType::Gif => "gif",
            MediaType::Pdf => "pdf",
        }
    }
}

/// A good file as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clean {
    /// Its type.
    pub media: MediaType,
    /// What is stored.
    pub bytes: Vec<u8>,
    /// SHA-256 of what was uploaded, lower-case hex: the same file in two applications is found by it, cleaned or not.
    pub upload_sha256: String,
}

/// A picture without what is not the picture.
struct Stripped {
    kept: Vec<u8>,
    /// What was left out, for a look at what it is.
    dropped: Vec<u8>,
    width: u32,
    height: u32,
    /// How it has to be turned to stand upright.
    orientation: Orientation,
}

/// Cleans a worker's paper ([`cleaned_within`]).
pub async fn cleaned(bytes: Vec<u8>) -> Result<Clean, Refusal> {
    cleaned_within(bytes, PAPER).await
}

/// Cleans a file, off the async threads, as many at once as memory allows.
///
/// Errors: the `File…` refusals, each for its own fault. A library that panics on a hostile file counts as
/// [`Refusal::FileTruncated`].
pub async fn cleaned_within(bytes: Vec<u8>, bounds: Bounds) -> Result<Clean, Refusal> {
    let Ok(memory) = MEMORY.acquire_many(mebibytes(&bytes)).await else {
        return Err(Refusal::FileTruncated); // the semaphore is never closed
    };
    let work = tokio::task::spawn_blocking(move || {
        // Held by the work itself: one that is no longer waited for still needs its memory.
        let _memory = memory;
        clean_within(&bytes, bounds)
    });
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => {
            tracing::warn!("reading an uploaded file panicked");
            Err(Refusal::FileTruncated)
        }
        Err(_) => {
            tracing::warn!("reading an uploaded file took too long");
            Err(Refusal::FileTruncated)
        }
    }
}

/// The cleaned paper, or what is wrong with it. Takes its time: prefer [`cleaned`].
///
/// Errors: the `File…` refusals, each for its own fault.
pub fn clean(bytes: &[u8]) -> Result<Clean, Refusal> {
    clean_within(bytes, PAPER)
}

fn clean_within(bytes: &[u8], bounds: Bounds) -> Result<Clean, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::FileEmpty);
    }
    if bytes.len() > bounds.bytes {
        return Err(Refusal::FileTooLarge {
            bytes: bytes.len() as u64,
        });
    }
    let media = sniff(bytes).ok_or_else(|| foreign::wrong_type(bytes))?;
    let stripped = match media {
        MediaType::Pdf => {
            pdf::check(bytes, bounds.pages)?;
            None
        }
        MediaType::Jpeg => Some(jpeg::strip(bytes)),
        MediaType::Png => Some(png::strip(bytes)),
        MediaType::Gif => Some(gif::strip(bytes)),
    };
    let (media, kept) = match stripped {
        None => (media, bytes.to_vec()),
        Some(stripped) => {
            let stripped = stripped.ok_or(Refusal::FileTruncated)?;
            if foreign::is_second_file(&stripped.dropped) || foreign::ends_as_zip(bytes) {
                return Err(Refusal::FileMixed);
            }
            picture::upright(media, stripped)?
        }
    };
    // What was left out may have hidden it: an archive's last record closes with the file that is kept.
    if foreign::ends_as_zip(&kept) {
        return Err(Refusal::FileMixed);
    }
    // A GIF without its closing byte gets one.
    if kept.len() > bounds.bytes {
        return Err(Refusal::FileTruncated);
    }
    Ok(Clean {
        media,
        bytes: kept,
        upload_sha256: code::sha256_hex(bytes),
    })
}

fn sniff(bytes: &[u8]) -> Option<MediaType> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Some(MediaType::Jpeg),
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Some(MediaType::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(MediaType::Gif),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some(MediaType::Pdf),
        _ => None,
    }
}

/// What looking at the file may need: decoded, turned, and a progressive picture's coefficients.
fn mebibytes(bytes: &[u8]) -> u32 {
    let size = match sniff(bytes) {
        Some(MediaType::Jpeg) => jpeg::size(bytes),
        Some(MediaType::Png) => png::size(bytes),
        Some(MediaType::Gif) => gif::size(bytes),
        Some(MediaType::Pdf) => return 256,
        None => None,
    };
    let pixels = size.map_or(0, |(width, height)| u64::from(width) * u64::from(height));
    let pixels = pixels.min(picture::MAX_PIXELS);
    u32::try_from(pixels * 12 / (1024 * 1024) + 8).map_or(MEMORY_MIB, |mib| mib.min(MEMORY_MIB))
}

#[cfg(test)]
mod tests;
