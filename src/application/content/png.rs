//! PNG by its chunks (W3C PNG, third edition).

use super::Stripped;
use image::metadata::Orientation;

const SIGNATURE: usize = 8;

/// Keeps header, palette, transparency and pixels of the still picture; texts, time, EXIF, colour profiles and the
/// frames of an animation go. `None` when it is cut or no sequence of chunks.
pub fn strip(bytes: &[u8]) -> Option<Stripped> {
    let (width, height) = size(bytes)?;
    let mut kept = bytes.get(..SIGNATURE)?.to_vec();
    let mut dropped = Vec::new();
    let mut orientation = None;
    let mut at = SIGNATURE;
    loop {
        let head: [u8; 8] = bytes.get(at..at + 8)?.try_into().ok()?;
        let length = usize::try_from(u32::from_be_bytes([head[0], head[1], head[2], head[3]])).ok()?;
        let end = at.checked_add(length)?.checked_add(12)?;
        let chunk = bytes.get(at..end)?;
        let data = &chunk[8..length + 8];
        match &head[4..] {
            b"IHDR" | b"PLTE" | b"tRNS" | b"IDAT" => kept.extend(chunk),
            b"IEND" => {
                kept.extend(chunk);
                dropped.extend(&bytes[end..]);
                break;
            }
            kind => {
                if kind == b"eXIf" {
                    orientation = orientation.or_else(|| Orientation::from_exif_chunk(data));
                }
                dropped.extend(data);
            }
        }
        at = end;
    }
    Some(Stripped {
        kept,
        dropped,
        width,
        height,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
    })
}

/// Width and height from the header, which comes first.
pub fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let head = bytes.get(SIGNATURE..SIGNATURE + 16)?;
    if &head[4..8] != b"IHDR" {
        return None;
    }
    let side = |at: usize| head[at..at + 4].try_into().ok().map(u32::from_be_bytes);
    Some((side(8)?, side(12)?))
}
