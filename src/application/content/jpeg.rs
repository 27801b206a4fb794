//! JPEG by its segments (ITU-T T.81, annex B).

use super::Stripped;
use image::metadata::Orientation;

/// Keeps what the picture is made of: frame, tables, scans, the colour transform. Everything else goes: EXIF, XMP,
/// ICC, comments, thumbnails, what follows the end. `None` when it is cut or no sequence of segments.
pub fn strip(bytes: &[u8]) -> Option<Stripped> {
    let mut kept = bytes.get(..2)?.to_vec();
    let mut dropped = Vec::new();
    let mut size = None;
    let mut orientation = None;
    let mut at = 2;
    loop {
        let (marker, body, next) = segment(bytes, at)?;
        match marker {
            0xD9 => {
                kept.extend([0xFF, 0xD9]);
                dropped.extend(&bytes[next..]);
                break;
            }
            // Tables, frame headers, restart interval, number of lines.
            0xC0..=0xCF | 0xDB | 0xDC | 0xDD => {
                if is_frame(marker) {
                    size = Some(frame_size(body)?);
                }
                kept.extend(&bytes[at..next]);
            }
            0xDA => {
                kept.extend(&bytes[at..next]);
                let end = scan_end(bytes, next)?;
                kept.extend(&bytes[next..end]);
                at = end;
                continue;
            }
            // JFIF without its thumbnail; Adobe says which colours the components are.
            0xE0 if body.starts_with(b"JFIF\0") && body.len() >= 14 => {
                kept.extend([0xFF, 0xE0, 0, 16]);
                kept.extend(&body[..12]);
                kept.extend([0, 0]);
                dropped.extend(&body[14..]);
            }
            0xEE if body.starts_with(b"Adobe") && body.len() >= 12 => {
                kept.extend([0xFF, 0xEE, 0, 14]);
                kept.extend(&body[..12]);
                dropped.extend(&body[12..]);
            }
            _ => {
                if let (0xE1, Some(exif)) = (marker, body.strip_prefix(b"Exif\0\0")) {
                    orientation = orientation.or_else(|| Orientation::from_exif_chunk(exif));
                }
                dropped.extend(body);
            }
        }
        at = next;
    }
    let (width, height) = size?;
    Some(Stripped {
        kept,
        dropped,
        width,
        height,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
    })
}

/// Width and height from the frame's header.
pub fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        match segment(bytes, at)? {
            (0xD9 | 0xDA, ..) => return None,
            (marker, body, _) if is_frame(marker) => return frame_size(body),
            (.., next) => at = next,
        }
    }
}

/// The segment at a place: its marker, its body, where the next one begins. Fill bytes may stand before a marker.
fn segment(bytes: &[u8], at: usize) -> Option<(u8, &[u8], usize)> {
    let fill = bytes.get(at..)?.iter().take_while(|b| **b == 0xFF).count();
    if fill == 0 {
        return None;
    }
    let marker = *bytes.get(at + fill)?;
    let body = at + fill + 1;
    match marker {
        0xD9 => Some((marker, &[], body)),
        0x00 | 0x01 | 0xD0..=0xD8 => None, // stand in a scan only, or nowhere
        _ => {
            let length = usize::from(u16::from_be_bytes([*bytes.get(body)?, *bytes.get(body + 1)?]));
            let end = body + length;
            Some((marker, bytes.get(body + 2..end)?, end))
        }
    }
}

fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC)
}

fn frame_size(body: &[u8]) -> Option<(u32, u32)> {
    let [_, h1, h0, w1, w0, ..] = *body else {
        return None;
    };
    let side = |high, low| u32::from(u16::from_be_bytes([high, low]));
    Some((side(w1, w0), side(h1, h0)))
}

/// Where the coded data of a scan ends: at the next marker that is neither a stuffed byte nor a restart.
fn scan_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|b| *b == 0xFF)?;
        match bytes.get(at + 1)? {
            0x00 | 0xD0..=0xD7 => at += 2,
            0xFF => at += 1,
            _ => return Some(at),
        }
    }
}
