//! What an uploaded PDF holds: its text, and the pictures on its pages (a scanner makes PDFs of nothing else).

use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};
use lopdf::xobject::PdfImage;
use lopdf::{Document, LoadOptions};

/// Only the first pages are read: a report has one or two.
const PAGES: usize = 3;
const PICTURES: usize = 6;
/// Characters of text that are kept.
const CHARS: usize = 6_000;
/// No stream may unpack to more than this.
const UNPACKED: usize = 48 * 1024 * 1024;

/// What was found.
#[derive(Default)]
pub struct Content {
    /// The text of the first pages; empty for a scanned page.
    pub text: String,
    /// The pictures on them, largest first.
    pub pictures: Vec<DynamicImage>,
}

/// Reads a PDF; nothing is found in one that cannot be read.
pub fn content(bytes: &[u8]) -> Content {
    let options = LoadOptions {
        max_decompressed_size: Some(UNPACKED),
        ..LoadOptions::default()
    };
    let Ok(document) = Document::load_mem_with_options(bytes, options) else {
        return Content::default();
    };
    let pages = document.get_pages();
    let mut content = Content::default();
    for (number, id) in pages.iter().take(PAGES) {
        let chunks = document.extract_text_chunks_with_limit(&[*number], UNPACKED);
        for chunk in chunks.into_iter().flatten() {
            content.text.push_str(&chunk);
            content.text.push('\n');
        }
        let images = document.get_page_images(*id).unwrap_or_default();
        let room = PICTURES.saturating_sub(content.pictures.len());
        content
            .pictures
            .extend(images.iter().filter_map(|i| picture(&document, i)).take(room));
    }
    content.text = content.text.trim().chars().take(CHARS).collect();
    content
        .pictures
        .sort_by_key(|p| std::cmp::Reverse(u64::from(p.width()) * u64::from(p.height())));
    content
}

/// A picture as scanners and phones' "scan" functions write it: JPEG, or unpacked 8-bit grey or colour. Fax codings
/// are not read.
fn picture(document: &Document, image: &PdfImage<'_>) -> Option<DynamicImage> {
    let (width, height) = (
        u32::try_from(image.width).ok()?,
        u32::try_from(image.height).ok()?,
    );
    if u64::from(width) * u64::from(height) > UNPACKED as u64 / 3 {
        return None;
    }
    let filters = image.filters.clone().unwrap_or_default();
    if filters == ["DCTDecode"] {
        return super::read::decoded(image.content, ImageFormat::Jpeg);
    }
    let stream = document.get_object(image.id).and_then(|o| o.as_stream()).ok()?;
    let data = stream.decompressed_content_with_limit(UNPACKED).ok()?;
    let pixels = width as usize * height as usize;
    match (image.bits_per_component, data.len()) {
        (Some(8), length) if length == pixels => {
            GrayImage::from_raw(width, height, data).map(DynamicImage::ImageLuma8)
        }
        (Some(8), length) if length == pixels * 3 => {
            RgbImage::from_raw(width, height, data).map(DynamicImage::ImageRgb8)
        }
        (Some(1), length) if length == (width as usize).div_ceil(8) * height as usize => {
            bilevel(width, height, &data).map(DynamicImage::ImageLuma8)
        }
        _ => None,
    }
}

/// One bit a pixel, rows filled up to whole bytes; 1 is white.
fn bilevel(width: u32, height: u32, data: &[u8]) -> Option<GrayImage> {
    let row_bytes = (width as usize).div_ceil(8);
    let mut grey = Vec::with_capacity(width as usize * height as usize);
    for row in data.chunks_exact(row_bytes) {
        grey.extend((0..width as usize).map(|x| {
            if row[x / 8] >> (7 - x % 8) & 1 == 1 {
                255
            } else {
                0
            }
        }));
    }
    GrayImage::from_raw(width, height, grey)
}
