//! Is an uploaded file what it should be? Judged by its content, never by its name.

use crate::kernel::Refusal;
use image::{ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// The largest file.
pub const MAX_BYTES: usize = 3 * 1024 * 1024;

/// A picture that would need more memory than this to open is refused.
const MAX_DECODED: u64 = 256 * 1024 * 1024;
const MAX_SIDE: u32 = 16_000;

crate::text_enum! {
    /// The types that are accepted.
    pub enum MediaType { Jpeg = "image/jpeg", Png = "image/png", Gif = "image/gif", Pdf = "application/pdf" }
}

impl MediaType {
    /// Whether a browser shows it as a picture.
    pub fn is_picture(self) -> bool {
        self != MediaType::Pdf
    }
}

/// The type of a good file, or what is wrong with it. Decodes pictures: call it off the async threads.
///
/// Errors: [`Refusal::FileEmpty`], [`Refusal::FileTooLarge`], [`Refusal::FileWrongType`],
/// [`Refusal::FileTruncated`], [`Refusal::FileLocked`], [`Refusal::FilePixels`].
pub fn inspect(bytes: &[u8]) -> Result<MediaType, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::FileEmpty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(Refusal::FileTooLarge {
            bytes: bytes.len() as u64,
        });
    }
    let media = sniff(bytes).ok_or(Refusal::FileWrongType)?;
    match media {
        MediaType::Pdf => pdf(bytes)?,
        MediaType::Jpeg => jpeg_end(bytes).and_then(|()| picture(bytes, ImageFormat::Jpeg))?,
        MediaType::Png => picture(bytes, ImageFormat::Png)?,
        MediaType::Gif => picture(bytes, ImageFormat::Gif)?,
    }
    Ok(media)
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

fn picture(bytes: &[u8], format: ImageFormat) -> Result<(), Refusal> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODED);
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    reader.limits(limits);
    match reader.decode() {
        Ok(_) => Ok(()),
        Err(image::ImageError::Limits(_)) => Err(Refusal::FilePixels),
        Err(_) => Err(Refusal::FileTruncated),
    }
}

/// Decoders fill the missing rest of a cut JPEG with grey and call it good: so the end marker of the main
/// picture must be there. Thumbnails in the head have end markers of their own and are stepped over.
fn jpeg_end(bytes: &[u8]) -> Result<(), Refusal> {
    let mut at = 2;
    loop {
        let Some([0xFF, marker, high, low]) = bytes.get(at..at + 4) else {
            return Err(Refusal::FileTruncated);
        };
        if *marker == 0xDA {
            let scan = &bytes[at..];
            return if scan.windows(2).any(|pair| pair == [0xFF, 0xD9]) {
                Ok(())
            } else {
                Err(Refusal::FileTruncated)
            };
        }
        at += match marker {
            0xFF => 1, // fill bytes may stand before a marker
            _ => 2 + usize::from(u16::from_be_bytes([*high, *low])),
        };
    }
}

fn pdf(bytes: &[u8]) -> Result<(), Refusal> {
    let tail = &bytes[bytes.len().saturating_sub(2048)..];
    if !contains(tail, b"%%EOF") {
        return Err(Refusal::FileTruncated);
    }
    if contains(bytes, b"/Encrypt") {
        Err(Refusal::FileLocked)
    } else {
        Ok(())
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{DynamicImage, RgbImage};

    fn picture_of(format: ImageFormat) -> Vec<u8> {
        let image = RgbImage::from_fn(64, 48, |x, y| image::Rgb([(x * 4) as u8, (y * 5) as u8, 99]));
        let mut out = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(image).write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

    /// jpg, png, gif and pdf by their content.
    #[test]
    fn good_files_are_known_by_content() {
        assert_eq!(inspect(&picture_of(ImageFormat::Jpeg)), Ok(MediaType::Jpeg));
        assert_eq!(inspect(&picture_of(ImageFormat::Png)), Ok(MediaType::Png));
        assert_eq!(inspect(&picture_of(ImageFormat::Gif)), Ok(MediaType::Gif));
        assert_eq!(inspect(PDF), Ok(MediaType::Pdf));
    }

    /// each bad file has its own message.
    #[test]
    fn bad_files_are_told_apart() {
        assert_eq!(inspect(b""), Err(Refusal::FileEmpty));
        assert_eq!(
            inspect(&vec![0xFF; MAX_BYTES + 1]),
            Err(Refusal::FileTooLarge {
                bytes: MAX_BYTES as u64 + 1
            })
        );
        assert_eq!(
            inspect(b"<html><script>alert(1)</script></html>"),
            Err(Refusal::FileWrongType)
        );
        assert_eq!(
            inspect(b"PK\x03\x04 a docx named .jpg"),
            Err(Refusal::FileWrongType)
        );
        let locked = [PDF, b"trailer<</Encrypt 2 0 R>>\n%%EOF"].concat();
        assert_eq!(inspect(&locked), Err(Refusal::FileLocked));
        assert_eq!(inspect(&PDF[..PDF.len() - 12]), Err(Refusal::FileTruncated));
    }

    /// a file of exactly 3 MB is not too large.
    #[test]
    fn three_megabytes_are_accepted() {
        let mut pdf = PDF.to_vec();
        pdf.splice(9..9, vec![b' '; MAX_BYTES - PDF.len()]);
        assert_eq!(pdf.len(), MAX_BYTES);
        assert_eq!(inspect(&pdf), Ok(MediaType::Pdf));
    }

    /// a picture cut anywhere is noticed.
    #[test]
    fn cut_pictures_are_noticed() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png] {
            let whole = picture_of(format);
            for part in [2, 3, 4, 8] {
                let cut = &whole[..whole.len() - whole.len() / part];
                assert_eq!(inspect(cut), Err(Refusal::FileTruncated), "{format:?} 1/{part}");
            }
        }
    }

    /// A picture of a few bytes that unpacks to gigabytes is refused before it is unpacked.
    #[test]
    fn a_picture_bomb_is_refused() {
        let mut png = picture_of(ImageFormat::Png);
        png[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]); // 65,536 x 65,536 in IHDR
        let mut crc = 0xFFFF_FFFF_u32;
        for byte in &png[12..29] {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 {
                    (crc >> 1) ^ 0xEDB8_8320
                } else {
                    crc >> 1
                };
            }
        }
        png[29..33].copy_from_slice(&(!crc).to_be_bytes());
        assert_eq!(inspect(&png), Err(Refusal::FilePixels));
    }
}
