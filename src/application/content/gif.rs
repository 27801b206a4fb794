//! GIF by its blocks (GIF89a, CompuServe 1990).

use super::Stripped;
use image::metadata::Orientation;

/// Keeps the screen, the colours and the first picture; comments, application data and further frames go: what is
/// reviewed must not change while one looks. `None` when it is cut before the first picture is whole.
pub fn strip(bytes: &[u8]) -> Option<Stripped> {
    let (width, height) = size(bytes)?;
    let mut at = 13 + colours(*bytes.get(10)?);
    let mut kept = bytes.get(..at)?.to_vec();
    let mut dropped = Vec::new();
    let mut control: &[u8] = &[];
    loop {
        match bytes.get(at)? {
            0x21 => {
                let end = sub_blocks(bytes, at + 2)?;
                match bytes.get(at + 1)? {
                    0xF9 => control = &bytes[at..end], // transparency of the picture that follows
                    _ => dropped.extend(&bytes[at..end]),
                }
                at = end;
            }
            0x2C => {
                let data = at + 10 + colours(*bytes.get(at + 9)?) + 1; // after the smallest code's size
                let end = sub_blocks(bytes, data)?;
                kept.extend(control);
                kept.extend(&bytes[at..end]);
                kept.push(0x3B);
                dropped.extend(&bytes[end..]);
                break;
            }
            _ => return None,
        }
    }
    Some(Stripped {
        kept,
        dropped,
        width,
        height,
        orientation: Orientation::NoTransforms,
    })
}

/// Width and height of the screen.
pub fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let [w0, w1, h0, h1] = *bytes.get(6..10)? else {
        return None;
    };
    let side = |low, high| u32::from(u16::from_le_bytes([low, high]));
    Some((side(w0, w1), side(h0, h1)))
}

/// The length of the colour table that the packed field announces.
fn colours(packed: u8) -> usize {
    if packed & 0x80 == 0 {
        0
    } else {
        3 << ((packed & 7) + 1)
    }
}

/// Where a chain of sub-blocks ends, its closing zero included.
fn sub_blocks(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1 + length;
        if length == 0 {
            return Some(at);
        }
    }
}
