//! How papers get into a phone: laid down askew, photographed a little from the side in uneven light, with the
//! camera's noise, and saved as JPEG.

use crate::draw::Sheet;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, RgbImage};
use std::io::Cursor;

/// Reproducible chance (splitmix64).
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Both ends included.
    pub fn within(&mut self, low: i32, high: i32) -> i32 {
        low + (self.next() % (high - low + 1) as u64) as i32
    }

    /// From 0 to 1.
    pub fn part(&mut self) -> f32 {
        (self.next() % 10_001) as f32 / 10_000.0
    }

    /// One of several.
    pub fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[(self.next() % list.len() as u64) as usize]
    }
}

/// How a picture is taken.
#[derive(Clone, Copy)]
pub struct Shot {
    /// Degrees.
    pub angle: f32,
    /// How much the far side is smaller: 0.06 is 6 %.
    pub slant: f32,
    /// Gaussian blur of the lens, in pixels.
    pub blur: f32,
    /// Grey levels of noise.
    pub noise: i32,
    /// Brightness of the dark corner, 1 is even light.
    pub shade: f32,
    /// Light is multiplied by this, then `lift` added.
    pub gain: f32,
    pub lift: f32,
    /// Of the JPEG.
    pub quality: u8,
}

impl Shot {
    /// As careful people take it.
    pub fn usual(random: &mut Random) -> Shot {
        let side = if random.within(0, 1) == 0 { -1.0 } else { 1.0 };
        Shot {
            angle: side * (1.0 + 7.0 * random.part()),
            slant: 0.06 * random.part(),
            blur: 0.8 * random.part(),
            noise: random.within(0, 5),
            shade: 0.62 + 0.38 * random.part(),
            gain: 0.8 + 0.2 * random.part(),
            lift: 0.0,
            quality: random.within(60, 92) as u8,
        }
    }

    /// A flatbed scanner: straight but for a degree, even light.
    pub fn scanner(random: &mut Random) -> Shot {
        Shot {
            angle: random.part() - 0.5,
            slant: 0.0,
            blur: 0.4 * random.part(),
            noise: 1,
            shade: 1.0,
            gain: 1.0,
            lift: 0.0,
            quality: 85,
        }
    }

    /// Takes the picture of a sheet on a table.
    pub fn take(&self, sheet: &Sheet, random: &mut Random) -> RgbImage {
        let source = &sheet.0;
        let (width, height) = (source.width(), source.height());
        let table = [
            random.within(60, 140),
            random.within(50, 120),
            random.within(40, 110),
        ];
        let (sin, cos) = self.angle.to_radians().sin_cos();
        // So much smaller that the turned sheet stays inside.
        let zoom = 1.0 / (1.0 - sin.abs() * 0.75 - self.slant).max(0.5);
        let (cx, cy) = (width as f32 / 2.0, height as f32 / 2.0);
        let mut out = vec![0u8; source.as_raw().len()];
        let mut chance = random.next() | 1;
        for y in 0..height {
            // In 1/65536 of a pixel from here on.
            let far = 65_536.0 * zoom * (1.0 + self.slant * (0.5 - y as f32 / height as f32) * 2.0);
            let dy = (y as f32 - cy) * far;
            let (step_x, step_y) = ((cos * far) as i32, (-sin * far) as i32);
            let mut sx = (-cx * cos * far + sin * dy + cx * 65_536.0) as i32;
            let mut sy = (cx * sin * far + cos * dy + cy * 65_536.0) as i32;
            let light_y = y as f32 / height as f32;
            let light = |x: f32| (self.shade + (1.0 - self.shade) * (light_y + x) / 2.0) * self.gain * 256.0;
            let (from, to) = (light(0.0), light(1.0));
            let row = &mut out[(y * width * 3) as usize..((y + 1) * width * 3) as usize];
            for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
                chance ^= chance << 13;
                chance ^= chance >> 7;
                chance ^= chance << 17;
                let noise = (chance % (2 * self.noise as u64 + 1)) as i32 - self.noise + self.lift as i32;
                let light = from as i32 + (to - from) as i32 * x as i32 / width as i32;
                let colour = sampled(source, sx, sy).unwrap_or(table);
                for (to, level) in pixel.iter_mut().zip(colour) {
                    *to = (level * light / 256 + noise).clamp(0, 255) as u8;
                }
                sx += step_x;
                sy += step_y;
            }
        }
        let image = RgbImage::from_raw(width, height, out).unwrap();
        if self.blur < 0.3 {
            return image;
        }
        DynamicImage::ImageRgb8(image).blur(self.blur).into_rgb8()
    }

    /// Takes it and saves it.
    pub fn jpeg(&self, sheet: &Sheet, random: &mut Random) -> Vec<u8> {
        jpeg(&DynamicImage::ImageRgb8(self.take(sheet, random)), self.quality)
    }
}

/// The colour between four pixels, at a place in 1/65536 of a pixel; `None` beside the picture.
fn sampled(source: &RgbImage, sx: i32, sy: i32) -> Option<[i32; 3]> {
    let (ix, iy) = (sx >> 16, sy >> 16);
    if ix < 0 || iy < 0 || ix + 1 >= source.width() as i32 || iy + 1 >= source.height() as i32 {
        return None;
    }
    let (fx, fy) = (sx >> 8 & 255, sy >> 8 & 255);
    let row = source.width() as usize * 3;
    let at = iy as usize * row + ix as usize * 3;
    let above = source.as_raw().get(at..at + 6)?;
    let below = source.as_raw().get(at + row..at + row + 6)?;
    let mut mixed = [0; 3];
    for (c, mixed) in mixed.iter_mut().enumerate() {
        let top = i32::from(above[c]) * (256 - fx) + i32::from(above[c + 3]) * fx;
        let bottom = i32::from(below[c]) * (256 - fx) + i32::from(below[c + 3]) * fx;
        *mixed = (top * (256 - fy) + bottom * fy) >> 16;
    }
    Some(mixed)
}

/// Saves as JPEG.
pub fn jpeg(image: &DynamicImage, quality: u8) -> Vec<u8> {
    let mut out = Vec::new();
    image
        .write_with_encoder(JpegEncoder::new_with_quality(&mut out, quality))
        .unwrap();
    out
}

/// Saves as PNG, as phones save what they show.
pub fn png(image: &DynamicImage) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, ImageFormat::Png).unwrap();
    out.into_inner()
}

/// The same picture as it comes out of a chat: smaller and saved again.
pub fn forwarded(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let image = image::load_from_memory(bytes).unwrap();
    let part = 0.7 + 0.25 * random.part();
    let scaled = |length: u32| (length as f32 * part) as u32;
    let smaller = image.resize_exact(
        scaled(image.width()),
        scaled(image.height()),
        image::imageops::FilterType::Triangle,
    );
    let quality = random.within(60, 85) as u8;
    jpeg(&DynamicImage::ImageRgb8(smaller.into_rgb8()), quality)
}
