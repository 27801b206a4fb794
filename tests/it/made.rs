//! Files as they come from phones, scanners and those who mean harm.

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use lopdf::{Document, Object, Stream, dictionary};
use std::io::Cursor;

/// A picture of this size in a format.
pub fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixel = |x: u32, y: u32| Rgb([(x * 8) as u8, (y * 12) as u8, (x ^ y) as u8]);
    encoded(RgbImage::from_fn(width, height, pixel), format)
}

fn encoded(image: RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(image).write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// A PNG that no compression makes small: noise, about three bytes a pixel.
pub fn noise(width: u32, height: u32) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    let mut byte = move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    encoded(
        RgbImage::from_fn(width, height, |_, _| Rgb([byte(), byte(), byte()])),
        ImageFormat::Png,
    )
}

fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    [&[0xFF, marker], &(body.len() as u16 + 2).to_be_bytes()[..], body].concat()
}

/// A photo as a phone takes it: place, maker and a comment in it, and turned by a note in its EXIF (6: the camera
/// was held upright).
pub fn photo(orientation: u8) -> Vec<u8> {
    let plain = picture(64, 48, ImageFormat::Jpeg);
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    exif.extend(b"GPS 36.6512N 117.1201E HuaweiP40");
    let comment = segment(0xFE, b"taken at home");
    [&plain[..2], &segment(0xE1, &exif), &comment, &plain[2..]].concat()
}

/// A PDF with so many pages, and one more entry in its catalog.
pub fn pdf(pages: usize, entry: Option<(&str, Object)>) -> Vec<u8> {
    let mut document = Document::with_version("1.7");
    let tree = document.new_object_id();
    let kids: Vec<Object> = (0..pages)
        .map(|n| {
            let text = format!("BT /F1 24 Tf 72 700 Td (page {n}) Tj ET");
            let content = document.add_object(Stream::new(dictionary! {}, text.into_bytes()));
            document
                .add_object(dictionary! { "Type" => "Page", "Parent" => tree, "Contents" => content })
                .into()
        })
        .collect();
    let node = dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => pages as i64 };
    document.objects.insert(tree, node.into());
    let mut catalog = dictionary! { "Type" => "Catalog", "Pages" => tree };
    if let Some((key, value)) = entry {
        catalog.set(key, value);
    }
    let catalog = document.add_object(catalog);
    document.trailer.set("Root", catalog);
    let mut out = Vec::new();
    document.save_to(&mut out).unwrap();
    out
}

/// A PDF that opens with a password only.
pub fn locked_pdf() -> Vec<u8> {
    use lopdf::{EncryptionState, EncryptionVersion, Permissions};
    let mut document = Document::load_mem(&pdf(1, None)).unwrap();
    let id = Object::string_literal("0123456789abcdef");
    document.trailer.set("ID", vec![id.clone(), id]);
    let version = EncryptionVersion::V2 {
        document: &document,
        owner_password: "owner",
        user_password: "secret",
        key_length: 128,
        permissions: Permissions::PRINTABLE,
    };
    let state = EncryptionState::try_from(version).unwrap();
    document.encrypt(&state).unwrap();
    let mut out = Vec::new();
    document.save_to(&mut out).unwrap();
    out
}

/// A PNG of a few bytes that says it is 65,536 pixels wide and high.
pub fn png_bomb() -> Vec<u8> {
    let mut png = picture(8, 8, ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    let crc = png[12..29].iter().fold(0xFFFF_FFFF_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    });
    png[29..33].copy_from_slice(&(!crc).to_be_bytes());
    png
}

/// A picture with an archive behind it.
pub fn picture_and_zip() -> Vec<u8> {
    let mut file = picture(32, 20, ImageFormat::Jpeg);
    file.extend(b"PK\x03\x04 a file PK\x01\x02 its entry PK\x05\x06");
    file.extend([0; 18]);
    file
}
