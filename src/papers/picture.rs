//! What a picture tells without being read: sharp or blurred, dark or washed out, large enough, and whether two
//! files show the same picture. Works on small grey copies, so that a photo of 12 megapixels costs little.

use image::DynamicImage;
use serde::{Deserialize, Serialize};

/// Sharpness and light are judged on a copy with this longest side.
const JUDGED: u32 = 800;
/// Two pictures are compared on copies with this longest side.
const COMPARED: u32 = 320;
/// The picture's hash is taken from a square of this side.
const HASHED: u32 = 64;
/// Side of a square of pixels that is judged by itself.
const TILE: usize = 16;
/// A tile with less variance than this (in grey levels squared) is empty paper and says nothing about sharpness.
const HAS_CONTENT: i64 = 150;
/// Squares of this side are compared one by one: one changed name or number changes a few squares wholly.
const BLOCK: usize = 8;
/// A square whose levels range over less than this holds nothing written.
const WRITTEN: i32 = 24;
/// The mean difference (grey levels) in the worst square up to which two pictures can be the same one.
const SAME_UP_TO: u32 = 18;
/// Up to this one they are, without more.
const SAME: u32 = 2;
/// Saving again blurs all that is written alike; another name changes a few squares much more than the others.
/// (In the generator: copies up to 8.5 times; two payment pages of one pattern differ by 10 and more where nothing else does.)
const MORE_THAN_TYPICAL: u32 = 9;

/// A picture with less spread than this (grey levels) is too dark or too pale to be told from others.
const FAINT: f32 = 9.0;

/// What is known of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// How much of the content's contrast lies between neighbouring pixels, in hundredths; `None` on an empty page.
    pub sharpness: Option<u32>,
    /// The grey level (0 black … 255 white) that one in a hundred pixels is darker than.
    pub darkest: u8,
    /// The grey level that one in a hundred pixels is brighter than.
    pub brightest: u8,
}

impl Picture {
    /// Measures a picture.
    pub fn of(image: &DynamicImage) -> Picture {
        let grey = Grey::of(image, JUDGED);
        let (darkest, brightest) = grey.range();
        Picture {
            width: image.width(),
            height: image.height(),
            sharpness: grey.sharpness(),
            darkest,
            brightest,
        }
    }
}

/// A small grey copy of a picture.
pub struct Grey {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Grey {
    /// A copy whose longest side is at most `longest` pixels.
    pub fn of(image: &DynamicImage, longest: u32) -> Grey {
        let side = image.width().max(image.height()).max(1);
        if side <= longest {
            return Grey::exact(image, image.width().max(1), image.height().max(1));
        }
        let scaled = |length: u32| (u64::from(length) * u64::from(longest) / u64::from(side)).max(1) as u32;
        Grey::exact(image, scaled(image.width()), scaled(image.height()))
    }

    fn exact(image: &DynamicImage, width: u32, height: u32) -> Grey {
        let grey = DynamicImage::ImageLuma8(image.to_luma8());
        let grey = if (width, height) == (image.width(), image.height()) {
            grey
        } else {
            grey.thumbnail_exact(width, height)
        };
        Grey {
            width: width as usize,
            height: height as usize,
            pixels: grey.into_luma8().into_raw(),
        }
    }

    /// The levels below which, and above which, one in a hundred pixels lies.
    fn range(&self) -> (u8, u8) {
        let mut counts = [0usize; 256];
        for pixel in &self.pixels {
            counts[usize::from(*pixel)] += 1;
        }
        let hundredth = self.pixels.len() / 100;
        let level = |levels: &mut dyn Iterator<Item = u8>| {
            let mut seen = 0;
            for level in levels {
                seen += counts[usize::from(level)];
                if seen > hundredth {
                    return level;
                }
            }
            0
        };
        (level(&mut (0..=255)), level(&mut (0..=255).rev()))
    }

    /// The variance of the Laplacian over that of the picture, in the tiles that hold something, in hundredths: the
    /// upper quartile of the tiles. Dividing makes it the same for pale and for strong ink; blur takes the fine
    /// contrast away and leaves the coarse.
    fn sharpness(&self) -> Option<u32> {
        let mut found: Vec<u32> = Vec::new();
        for top in (1..self.height.saturating_sub(TILE)).step_by(TILE) {
            for left in (1..self.width.saturating_sub(TILE)).step_by(TILE) {
                found.extend(self.tile(left, top));
            }
        }
        found.sort_unstable();
        found.get(found.len() * 3 / 4).copied()
    }

    fn tile(&self, left: usize, top: usize) -> Option<u32> {
        let (mut sum, mut squares, mut fine) = (0i64, 0i64, 0i64);
        for y in top..top + TILE {
            let row = y * self.width;
            for at in row + left..row + left + TILE {
                let pixel = i64::from(self.pixels[at]);
                let around = i64::from(self.pixels[at - 1])
                    + i64::from(self.pixels[at + 1])
                    + i64::from(self.pixels[at - self.width])
                    + i64::from(self.pixels[at + self.width]);
                let edge = around - 4 * pixel;
                sum += pixel;
                squares += pixel * pixel;
                fine += edge * edge;
            }
        }
        let n = (TILE * TILE) as i64;
        let variance = squares / n - (sum / n) * (sum / n);
        (variance > HAS_CONTENT).then(|| (fine * 100 / n / variance) as u32)
    }

    /// Mean and spread (standard deviation) of the grey levels.
    fn light(&self) -> (f32, f32) {
        let n = self.pixels.len().max(1) as f32;
        let mean = self.pixels.iter().map(|p| f32::from(*p)).sum::<f32>() / n;
        let squares = self
            .pixels
            .iter()
            .map(|p| (f32::from(*p) - mean).powi(2))
            .sum::<f32>();
        (mean, (squares / n).sqrt())
    }

    /// The levels around their mean at a fixed spread, each averaged with its neighbours in the row and the column: a copy
    /// made smaller and saved again is not quite in the same place.
    fn evened(&self) -> Vec<i32> {
        let (mean, spread) = self.light();
        let gain = EVEN / spread.max(1.0);
        let level: Vec<i32> = (0..256).map(|p| ((p as f32 - mean) * gain) as i32).collect();
        let plain: Vec<i32> = self.pixels.iter().map(|p| level[usize::from(*p)]).collect();
        let across = smoothed(&plain, 1);
        smoothed(&across, self.width)
    }
}

/// Each value averaged (1 : 2 : 1) with the ones `step` before and after it; those at the ends stay.
fn smoothed(values: &[i32], step: usize) -> Vec<i32> {
    let mut smooth = values.to_vec();
    for at in step..values.len().saturating_sub(step) {
        smooth[at] = (values[at - step] + 2 * values[at] + values[at + step]) / 4;
    }
    smooth
}

/// The spread that pictures are brought to before they are compared, in grey levels.
const EVEN: f32 = 48.0;

/// A hash of 64 bits that a copy saved again, made smaller or lighter keeps, but for a few bits: the signs of the 64
/// lowest waves of the picture (discrete cosine transform). `None` for a picture of one colour.
pub fn hash(image: &DynamicImage) -> Option<u64> {
    const SIDE: usize = HASHED as usize;
    const WAVES: usize = 8;
    let grey = Grey::exact(image, HASHED, HASHED);
    if grey.light().1 < FAINT {
        return None;
    }
    let cosine = |wave: usize, at: usize| {
        (std::f32::consts::PI * wave as f32 * (2 * at + 1) as f32 / (2 * SIDE) as f32).cos()
    };
    let waves: Vec<Vec<f32>> = (1..=WAVES)
        .map(|wave| (0..SIDE).map(|at| cosine(wave, at)).collect())
        .collect();
    // First along the rows, then down the columns.
    let rows: Vec<Vec<f32>> = grey
        .pixels
        .chunks_exact(SIDE)
        .map(|row| waves.iter().map(|wave| dot(row, wave)).collect())
        .collect();
    let mut hash = 0u64;
    for across in 0..WAVES {
        for down in &waves {
            let strength: f32 = rows.iter().zip(down).map(|(row, wave)| row[across] * wave).sum();
            hash = hash << 1 | u64::from(strength > 0.0);
        }
    }
    Some(hash)
}

fn dot(row: &[u8], wave: &[f32]) -> f32 {
    row.iter()
        .zip(wave)
        .map(|(pixel, wave)| f32::from(*pixel) * wave)
        .sum()
}

/// The hash's four quarters, by which a similar one is looked up: up to three changed bits leave one quarter as it was.
pub fn bands(hash: u64) -> [u16; 4] {
    [hash >> 48, hash >> 32, hash >> 16, hash].map(|band| band as u16)
}

/// How far two pictures are from each other: mean differences of grey levels in the squares that hold something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Apart {
    /// In the square that differs most.
    pub worst: u32,
    /// In half of the squares it is no more than this.
    pub typical: u32,
}

impl Apart {
    /// Whether it is the same picture, saved again perhaps. By the generator's figures (tests/it/papers).
    pub fn same(self) -> bool {
        self.worst <= SAME || self.worst <= SAME_UP_TO && self.worst <= MORE_THAN_TYPICAL * self.typical
    }
}

/// A picture made ready to be compared with others.
pub struct Compared {
    grey: Grey,
    /// [`Grey::evened`] of it, taken once for all comparisons.
    levels: Vec<i32>,
}

impl Compared {
    /// Makes it ready.
    pub fn of(image: &DynamicImage) -> Compared {
        Compared::ready(Grey::of(image, COMPARED))
    }

    fn ready(grey: Grey) -> Compared {
        let levels = grey.evened();
        Compared { grey, levels }
    }

    /// How far this picture is from another one, after brightness and contrast are made alike. `None` when their
    /// shapes differ.
    pub fn difference(&self, other: &Compared) -> Option<Apart> {
        let (a, b) = (&self.grey, &other.grey);
        let (shape_a, shape_b) = (a.width * b.height, b.width * a.height);
        if shape_a.abs_diff(shape_b) * 50 > shape_a.max(shape_b) {
            return None;
        }
        if (a.width, a.height) == (b.width, b.height) {
            return Some(apart(self, other));
        }
        let pixels = image::GrayImage::from_raw(b.width as u32, b.height as u32, b.pixels.clone())?;
        let (width, height) = (a.width as u32, a.height as u32);
        let filter = image::imageops::FilterType::Triangle;
        let scaled = DynamicImage::ImageLuma8(pixels).resize_exact(width, height, filter);
        let scaled = Grey {
            width: a.width,
            height: a.height,
            pixels: scaled.into_luma8().into_raw(),
        };
        Some(apart(self, &Compared::ready(scaled)))
    }
}

/// Both are brought to the same mean and spread first, else all dark pictures were alike.
fn apart(one: &Compared, other: &Compared) -> Apart {
    let (a, a_levels, b_levels) = (&one.grey, &one.levels, &other.levels);
    let mut blocks: Vec<u32> = Vec::new();
    for top in (0..a.height.saturating_sub(BLOCK - 1)).step_by(BLOCK) {
        for left in (0..a.width.saturating_sub(BLOCK - 1)).step_by(BLOCK) {
            let (mut sum, mut low, mut high) = (0, i32::MAX, i32::MIN);
            for y in top..top + BLOCK {
                let row = y * a.width + left..y * a.width + left + BLOCK;
                for (one, other) in a_levels[row.clone()].iter().zip(&b_levels[row]) {
                    sum += one.abs_diff(*other);
                    low = low.min(*one).min(*other);
                    high = high.max(*one).max(*other);
                }
            }
            if high - low >= WRITTEN {
                blocks.push(sum / (BLOCK * BLOCK) as u32);
            }
        }
    }
    blocks.sort_unstable();
    Apart {
        worst: blocks.last().copied().unwrap_or(0),
        typical: blocks.get(blocks.len() / 2).copied().unwrap_or(0),
    }
}
