//! Opening a stripped picture: every pixel must be there, and it must stand upright.

use super::{MAX_BYTES, MediaType, Stripped};
use crate::kernel::Refusal;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// The largest picture: a phone's 50 megapixel mode passes, its 108 megapixel mode does not.
pub const MAX_PIXELS: u64 = 52_000_000;
const MAX_SIDE: u32 = 16_000;
/// A picture that would need more memory than this to open is refused.
const MAX_DECODED: u64 = 256 * 1024 * 1024;

/// Qualities to try until a turned picture fits; the first one shows no difference.
const QUALITIES: [u8; 4] = [92, 85, 75, 60];

/// Opens the picture and turns it if it lies on its side.
///
/// Errors: [`Refusal::FilePixels`] before anything is unpacked, [`Refusal::FileTruncated`].
pub fn upright(media: MediaType, stripped: Stripped) -> Result<(MediaType, Vec<u8>), Refusal> {
    let (width, height) = (stripped.width, stripped.height);
    if width > MAX_SIDE || height > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Refusal::FilePixels);
    }
    let mut image = open(media, &stripped.kept)?;
    if stripped.orientation == Orientation::NoTransforms {
        return Ok((media, stripped.kept));
    }
    image.apply_orientation(stripped.orientation);
    encode(media, image)
}

fn open(media: MediaType, bytes: &[u8]) -> Result<DynamicImage, Refusal> {
    let format = match media {
        MediaType::Jpeg => ImageFormat::Jpeg,
        MediaType::Png => ImageFormat::Png,
        MediaType::Gif => ImageFormat::Gif,
        MediaType::Pdf => return Err(Refusal::FileWrongType),
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODED);
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    reader.limits(limits);
    reader.decode().map_err(|error| match error {
        image::ImageError::Limits(_) => Refusal::FilePixels,
        _ => Refusal::FileTruncated,
    })
}

/// The turned picture in its own format; as JPEG when that does not fit into 3 MB.
fn encode(media: MediaType, image: DynamicImage) -> Result<(MediaType, Vec<u8>), Refusal> {
    if media == MediaType::Png {
        let mut out = Cursor::new(Vec::new());
        image
            .write_to(&mut out, ImageFormat::Png)
            .map_err(|_| Refusal::FileTruncated)?;
        if out.get_ref().len() <= MAX_BYTES {
            return Ok((media, out.into_inner()));
        }
    }
    let image = match image {
        DynamicImage::ImageLuma8(_) => image,
        other => DynamicImage::ImageRgb8(other.into_rgb8()),
    };
    let smaller = |image: &DynamicImage| image.resize(2400, 2400, FilterType::Triangle);
    let jpeg = fitting(&image).or_else(|| fitting(&smaller(&image)));
    Ok((MediaType::Jpeg, jpeg.ok_or(Refusal::FilePixels)?))
}

fn fitting(image: &DynamicImage) -> Option<Vec<u8>> {
    QUALITIES.iter().find_map(|quality| {
        let mut out = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut out, *quality);
        image.write_with_encoder(encoder).ok()?;
        (out.len() <= MAX_BYTES).then_some(out)
    })
}
