//! QR codes in photographed and scanned papers.

use image::DynamicImage;
use image::imageops::FilterType;
use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Photos are looked at with this longest side first: most of their noise is gone then.
const FIRST: u32 = 1600;

/// The longest sides at which a picture is looked at, in the order of success by the generator's figures: squares of
/// three pixels are found when they are made larger, noisy ones when they are made smaller.
fn sides(longest: u32) -> [u32; 3] {
    if longest <= FIRST {
        [longest, longest * 3 / 2, longest * 3 / 2]
    } else {
        [FIRST, longest.min(2600), 1000]
    }
}

/// No more codes than this are kept, nor longer ones.
const MAX_CODES: usize = 4;
const MAX_CHARS: usize = 300;

/// The texts of the codes in a picture; none when no code can be read.
pub fn codes(image: &DynamicImage) -> Vec<String> {
    let longest = image.width().max(image.height());
    let grey = DynamicImage::ImageLuma8(image.to_luma8());
    let mut tried = 0;
    for side in sides(longest) {
        if side == tried {
            continue;
        }
        tried = side;
        let found = at(&grey, side);
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn at(grey: &DynamicImage, side: u32) -> Vec<String> {
    let grey = match grey.width().max(grey.height()).cmp(&side) {
        Ordering::Greater => grey.thumbnail(side, side),
        Ordering::Equal => grey.clone(),
        Ordering::Less => grey.resize(side, side, FilterType::Triangle),
    };
    let grey = grey.into_luma8();
    // The decoder panics on some pictures that hold no code; a worker's photo is not a reason to fail.
    let found = catch_unwind(AssertUnwindSafe(|| {
        codes::texts(grey.width() as usize, grey.height() as usize, grey.as_raw())
    }));
    let mut texts = found.unwrap_or_default();
    texts.retain(|text| !text.trim().is_empty() && text.chars().count() <= MAX_CHARS);
    texts.truncate(MAX_CODES);
    texts
}
