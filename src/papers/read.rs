//! Reading one file: everything a check may need, taken once. The facts do not depend on the form, so they stay
//! right whatever the worker changes there.

use super::picture::{self, Picture};
use super::{pdf, qr};
use crate::application::DocumentKind;
use crate::application::content::MediaType;
use image::{DynamicImage, ImageFormat, ImageReader};
use serde::{Deserialize, Serialize};
use std::io::Cursor;

/// Which reader took the facts: with a better one the papers are read again.
pub const READER: i64 = 1;

/// A picture that needs more memory than this is left unread (uploading refuses it before).
const MAX_DECODED: u64 = 256 * 1024 * 1024;

/// What a file says. Personal data: sealed at rest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Of the picture, or of the largest one in a PDF; `None` for a PDF of text, or a file that cannot be opened.
    pub picture: Option<Picture>,
    /// Its hash for finding copies.
    pub hash: Option<u64>,
    /// The texts of the QR codes.
    pub codes: Vec<String>,
    /// The text of a PDF, of a 学信网 report only; empty in pictures, for nothing here reads letters in pictures.
    pub text: String,
}

/// Reads a file. Takes up to a second of one core: call it off the async threads.
pub fn read(kind: DocumentKind, media: MediaType, bytes: &[u8]) -> Facts {
    read_with_page(kind, media, bytes).0
}

/// [`read`], and what [`page`] gives, from one opening of the file.
pub fn read_with_page(kind: DocumentKind, media: MediaType, bytes: &[u8]) -> (Facts, Option<DynamicImage>) {
    let (pictures, text) = opened(media, bytes);
    let facts = facts(kind, &pictures, text);
    (facts, pictures.into_iter().next())
}

fn facts(kind: DocumentKind, pictures: &[DynamicImage], text: String) -> Facts {
    let coded = matches!(
        kind,
        DocumentKind::StampedForm | DocumentKind::ChsiReport | DocumentKind::Receipt
    );
    let largest = pictures.first();
    // Pictures inside a PDF of text are logos and seals: they are neither judged nor compared.
    let page = largest.filter(|_| text.is_empty());
    Facts {
        picture: page.map(Picture::of),
        hash: page.and_then(picture::hash),
        codes: pictures
            .iter()
            .filter(|_| coded)
            .flat_map(qr::codes)
            .take(4)
            .collect(),
        text: if kind == DocumentKind::ChsiReport {
            text
        } else {
            String::new()
        },
    }
}

/// The picture of a file, or the largest of a scanned PDF, for comparing it with another.
pub fn page(media: MediaType, bytes: &[u8]) -> Option<DynamicImage> {
    opened(media, bytes).0.into_iter().next()
}

fn opened(media: MediaType, bytes: &[u8]) -> (Vec<DynamicImage>, String) {
    let format = match media {
        MediaType::Jpeg => ImageFormat::Jpeg,
        MediaType::Png => ImageFormat::Png,
        MediaType::Gif => ImageFormat::Gif,
        MediaType::Pdf => {
            let content = pdf::content(bytes);
            return (content.pictures, content.text);
        }
    };
    (decoded(bytes, format).into_iter().collect(), String::new())
}

/// Decodes a picture within bounds.
pub(super) fn decoded(bytes: &[u8], format: ImageFormat) -> Option<DynamicImage> {
    let (width, height) = ImageReader::with_format(Cursor::new(bytes), format)
        .into_dimensions()
        .ok()?;
    let memory = u64::from(width) * u64::from(height) * 4;
    // Not `ImageReader::decode`: that one is compiled into this crate, and pictures unpack ten times slower in tests.
    (memory <= MAX_DECODED)
        .then(|| image::load_from_memory_with_format(bytes, format).ok())
        .flatten()
}
