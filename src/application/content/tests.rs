//! Good files are kept without what is not theirs; each bad one has its own words; no file brings the reader down.

use super::*;
use image::{DynamicImage, GenericImageView as _, ImageFormat, Rgb, RgbImage};
use proptest::prelude::*;
use std::io::Cursor;

/// 64 × 48, its upper left quarter red.
fn sample() -> RgbImage {
    RgbImage::from_fn(64, 48, |x, y| match (x < 32, y < 24) {
        (true, true) => Rgb([220, 20, 20]),
        _ => Rgb([(x * 4) as u8, (y * 5) as u8, 99]),
    })
}

fn picture_of(format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(sample())
        .write_to(&mut out, format)
        .unwrap();
    out.into_inner()
}

fn jpeg_segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u16 + 2).to_be_bytes();
    [&[0xFF, marker], &length[..], body].concat()
}

/// EXIF of a phone: orientation, the maker's name, and a place as GPS coordinates.
fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x02\0".to_vec();
    tiff.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    tiff.extend([0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0]);
    tiff.extend([0; 4]);
    tiff.extend(b"GPS 36.6512N 117.1201E HuaweiP40");
    [b"Exif\0\0".to_vec(), tiff].concat()
}

fn photo(orientation: u8) -> Vec<u8> {
    let plain = picture_of(ImageFormat::Jpeg);
    let comment = jpeg_segment(0xFE, b"taken at home, HuaweiP40");
    let xmp = jpeg_segment(
        0xE1,
        b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>36.6512N</x:xmpmeta>",
    );
    let parts = [
        plain[..2].to_vec(),
        jpeg_segment(0xE1, &exif(orientation)),
        xmp,
        comment,
    ];
    [parts.concat(), plain[2..].to_vec()].concat()
}

fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let crc = kind.iter().chain(data).fold(0xFFFF_FFFF_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    });
    let length = (data.len() as u32).to_be_bytes();
    [&length[..], kind, data, &(!crc).to_be_bytes()].concat()
}

/// A PNG with further chunks behind its header.
fn png_with(chunks: &[Vec<u8>]) -> Vec<u8> {
    let plain = picture_of(ImageFormat::Png);
    [&plain[..33], &chunks.concat(), &plain[33..]].concat()
}

fn has(bytes: &[u8], words: &[u8]) -> bool {
    bytes.windows(words.len()).any(|window| window == words)
}

fn media(bytes: &[u8]) -> Result<MediaType, Refusal> {
    clean(bytes).map(|clean| clean.media)
}

/// jpg, png, gif and pdf by their content; a plain picture's pixels stay bit for bit.
#[test]
fn good_files_are_known_by_content() {
    for (format, expected) in [
        (ImageFormat::Jpeg, MediaType::Jpeg),
        (ImageFormat::Png, MediaType::Png),
        (ImageFormat::Gif, MediaType::Gif),
    ] {
        let file = picture_of(format);
        let kept = clean(&file).unwrap();
        assert_eq!(kept.media, expected);
        let pixels = |bytes: &[u8]| image::load_from_memory(bytes).unwrap().into_rgba8();
        assert_eq!(pixels(&kept.bytes), pixels(&file));
        assert_eq!(kept.upload_sha256, code::sha256_hex(&file));
    }
    let paper = pdf::tests::paper(1);
    let kept = clean(&paper).unwrap();
    assert_eq!((kept.media, kept.bytes), (MediaType::Pdf, paper));
}

/// each bad file has its own words.
#[test]
fn bad_files_are_told_apart() {
    let large = Refusal::FileTooLarge {
        bytes: MAX_BYTES as u64 + 1,
    };
    let cases: &[(&[u8], Refusal)] = &[
        (b"", Refusal::FileEmpty),
        (&vec![0xFF; MAX_BYTES + 1], large),
        (
            b"\n <!DOCTYPE html><html><script>alert(1)</script></html>",
            Refusal::FileWebPage,
        ),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Refusal::FileWebPage),
        (b"PK\x03\x04 a docx named .jpg", Refusal::FileOffice),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Refusal::FileHeic),
        (b"RIFF\0\0\0\0WEBPVP8 ", Refusal::FileWrongType),
        (b"no picture", Refusal::FileWrongType),
        (b"\xFF\xD8\xFF", Refusal::FileTruncated),
        (b"%PDF-1.7\n", Refusal::FileTruncated),
    ];
    for (file, refusal) in cases {
        assert_eq!(media(file), Err(refusal.clone()));
    }
    let mut texts: Vec<String> = cases.iter().map(|(_, refusal)| refusal.text()).collect();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 7, "one text a kind");
}

/// Issue 4: place, camera and comments of a photo are gone, in all formats and wherever they stood.
#[test]
fn what_is_not_the_picture_is_gone() {
    let png = png_with(&[
        png_chunk(b"tEXt", b"Comment\0HuaweiP40"),
        png_chunk(b"eXIf", &exif(1)[6..]),
    ]);
    let mut gif = picture_of(ImageFormat::Gif);
    gif.truncate(gif.len() - 1);
    gif.extend(b"\x21\xFE\x09HuaweiP40\x00\x3B");
    let film = [photo(1), b"\0\0\0\x18ftypmp42 36.6512N a short film".to_vec()].concat();
    for file in [photo(1), photo(6), png, gif, film] {
        let kept = clean(&file).unwrap();
        assert!(has(&file, b"HuaweiP40"));
        for words in [&b"HuaweiP40"[..], b"36.6512N", b"Exif", b"ftyp"] {
            assert!(!has(&kept.bytes, words), "{:?}", kept.media);
        }
    }
}

/// A photo taken upright stands upright, though what said so is gone.
#[test]
fn a_turned_photo_stands_upright() {
    for (orientation, size, red) in [
        (1, (64, 48), (5, 5)),
        (3, (64, 48), (60, 44)),
        (6, (48, 64), (44, 5)),
        (8, (48, 64), (5, 60)),
    ] {
        let kept = clean(&photo(orientation)).unwrap();
        let image = image::load_from_memory(&kept.bytes).unwrap();
        assert_eq!(image.dimensions(), size, "{orientation}");
        let pixel = image.get_pixel(red.0, red.1);
        assert!(pixel[0] > 180 && pixel[1] < 70, "{orientation}: {pixel:?}");
    }
    let png = png_with(&[png_chunk(b"eXIf", &exif(6)[6..])]);
    let kept = clean(&png).unwrap();
    assert_eq!(
        image::load_from_memory(&kept.bytes).unwrap().dimensions(),
        (48, 64)
    );
    assert_eq!(kept.media, MediaType::Png);
}

/// A moving picture is kept as its first frame: what is reviewed does not change while one looks.
#[test]
fn an_animation_becomes_its_first_frame() {
    let mut out = Vec::new();
    {
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut out);
        let other = RgbImage::from_pixel(64, 48, Rgb([0, 255, 0]));
        for frame in [sample(), other] {
            let frame = DynamicImage::ImageRgb8(frame).into_rgba8();
            encoder.encode_frame(image::Frame::new(frame)).unwrap();
        }
    }
    let kept = clean(&out).unwrap();
    assert!(kept.bytes.len() < out.len());
    let decoder = image::codecs::gif::GifDecoder::new(Cursor::new(&kept.bytes)).unwrap();
    let frames = image::AnimationDecoder::into_frames(decoder)
        .collect_frames()
        .unwrap();
    assert_eq!(frames.len(), 1);
    let first = frames[0].buffer().get_pixel(5, 5);
    assert!(first[0] > 180 && first[1] < 70);
}

/// Issue 4: a page, a PDF or an archive hidden in or behind a picture is refused as that.
#[test]
fn two_files_in_one_are_refused() {
    let mut zip = b"PK\x03\x04 a file PK\x01\x02 its entry PK\x05\x06".to_vec();
    zip.extend([0; 18]);
    let page = b"<html><body onload=alert(1)>".to_vec();
    let paper = pdf::tests::paper(1);
    for tail in [&zip, &page, &paper] {
        for host in [
            picture_of(ImageFormat::Jpeg),
            picture_of(ImageFormat::Png),
            picture_of(ImageFormat::Gif),
            paper.clone(),
        ] {
            if tail == &paper && host == paper {
                continue; // two papers in one file are a paper that was corrected
            }
            assert_eq!(media(&[&host[..], tail].concat()), Err(Refusal::FileMixed));
        }
    }
    let plain = picture_of(ImageFormat::Jpeg);
    let comment = jpeg_segment(0xFE, &page);
    let hidden = [&plain[..2], &comment, &plain[2..]].concat();
    assert_eq!(media(&hidden), Err(Refusal::FileMixed));
    assert_eq!(
        media(&png_with(&[png_chunk(b"tEXt", &page)])),
        Err(Refusal::FileMixed)
    );
}

/// A picture that becomes an archive by being cleaned (its last record would close with the file that is kept) is refused
/// as well.
#[test]
fn no_archive_comes_out_of_the_cleaning() {
    let palette = |comment: usize| {
        let mut record = b"PK\x05\x06".to_vec();
        record.extend([0; 16]);
        record.extend((comment as u16).to_le_bytes());
        png_chunk(b"PLTE", &[&record[..], &[0, 0]].concat())
    };
    let kept = png_with(&[palette(0)]);
    let at = kept.windows(4).position(|part| part == b"PK\x05\x06").unwrap();
    let behind = kept.len() - at - 22;
    let text = png_chunk(b"tEXt", b"nothing of interest");
    assert_eq!(
        media(&png_with(&[palette(behind), text.clone()])),
        Err(Refusal::FileMixed)
    );
    assert_eq!(media(&png_with(&[palette(behind + 1), text])), Ok(MediaType::Png));
}

/// a file of exactly 3 MB is not too large.
#[test]
fn three_megabytes_are_accepted() {
    let scan = |length: usize| pdf::tests::scan(&vec![b' '; length]);
    let paper = scan(MAX_BYTES - (scan(2_000_000).len() - 2_000_000));
    assert_eq!(paper.len(), MAX_BYTES);
    assert_eq!(media(&paper), Ok(MediaType::Pdf));
}

/// What is no worker's paper has bounds of its own, and they are kept to the end.
#[test]
fn other_files_have_other_bounds() {
    let bounds = Bounds {
        bytes: 2 * MAX_BYTES,
        pages: 200,
    };
    let scan = pdf::tests::scan(&vec![b' '; MAX_BYTES]);
    assert_eq!(
        media(&scan),
        Err(Refusal::FileTooLarge {
            bytes: scan.len() as u64
        })
    );
    let kept = clean_within(&scan, bounds).map(|clean| clean.bytes.len());
    assert_eq!(kept, Ok(scan.len()));
}

/// a file cut anywhere is noticed.
#[test]
fn cut_files_are_noticed() {
    let whole_files = [
        picture_of(ImageFormat::Jpeg),
        picture_of(ImageFormat::Png),
        picture_of(ImageFormat::Gif),
        pdf::tests::paper(2),
    ];
    for whole in whole_files {
        for part in [2, 3, 4, 8] {
            let cut = &whole[..whole.len() - whole.len() / part];
            assert_eq!(media(cut), Err(Refusal::FileTruncated), "1/{part}");
        }
    }
}

/// A picture of a few bytes that unpacks to gigabytes is refused before it is unpacked; one that unpacks to much
/// but passes for its size has its memory counted.
#[test]
fn a_picture_bomb_is_refused() {
    for (width, height) in [(65_536_u32, 65_536_u32), (15_000, 15_000), (30_000, 10)] {
        let mut png = picture_of(ImageFormat::Png);
        let mut head = png[16..29].to_vec();
        head[..4].copy_from_slice(&width.to_be_bytes());
        head[4..8].copy_from_slice(&height.to_be_bytes());
        png.splice(8..33, png_chunk(b"IHDR", &head));
        assert_eq!(media(&png), Err(Refusal::FilePixels));
    }
    let mut jpeg = picture_of(ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0x27, 0x10, 0x1F, 0x40]);
    assert_eq!(media(&jpeg), Err(Refusal::FilePixels));
    assert_eq!(mebibytes(&jpeg), (MAX_MIB).min(MEMORY_MIB));
}

const MAX_MIB: u32 = (picture::MAX_PIXELS * 12 / (1024 * 1024) + 8) as u32;

/// A file with some of its bytes changed, cut, doubled or filled with another's.
fn mutated(mut file: Vec<u8>, changes: &[(prop::sample::Index, u8, u8)]) -> Vec<u8> {
    for (at, what, byte) in changes {
        let at = at.index(file.len());
        match what % 5 {
            0 => file[at] = *byte,
            1 => file[at] ^= 1 << (byte % 8),
            2 => file.truncate(at.max(8)),
            3 => {
                let part = file[at..(at + usize::from(*byte)).min(file.len())].to_vec();
                file.splice(at..at, part);
            }
            _ => {
                let end = (at + usize::from(*byte)).min(file.len());
                file[at..end].fill(*byte);
            }
        }
        if file.is_empty() {
            return file;
        }
    }
    file
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever is sent: refused in words, or kept as something that opens again and stays as it is when cleaned
    /// once more.
    #[test]
    fn no_file_brings_the_reader_down(
        which in 0usize..6,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<u8>()), 1..6),
    ) {
        let whole = match which {
            0 => photo(6),
            1 => picture_of(ImageFormat::Png),
            2 => picture_of(ImageFormat::Gif),
            3 => pdf::tests::paper(3),
            4 => pdf::tests::packed(3),
            _ => picture_of(ImageFormat::Jpeg),
        };
        let file = mutated(whole, &changes);
        if let Ok(kept) = clean(&file) {
            prop_assert!(kept.bytes.len() <= MAX_BYTES);
            if kept.media.is_picture() {
                prop_assert!(image::load_from_memory(&kept.bytes).is_ok());
            } else {
                prop_assert!(pdf::load(&kept.bytes).is_ok());
            }
            let again = clean(&kept.bytes);
            prop_assert_eq!(again.map(|again| again.bytes), Ok(kept.bytes));
        }
    }

    #[test]
    fn no_noise_is_taken_for_a_file(bytes in prop::collection::vec(any::<u8>(), 0..400), head in 0usize..5) {
        let heads: [&[u8]; 5] = [b"", b"\xFF\xD8\xFF", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"%PDF-1.7\n"];
        prop_assert!(clean(&[heads[head], &bytes].concat()).is_err());
    }
}
