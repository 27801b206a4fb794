//! A canvas for the generator's papers: Chinese text from the printed form's own font, lines, seals, QR codes.

use image::{Rgb, RgbImage};
use qrcode::{Color, EcLevel, QrCode};
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, MetadataProvider as _};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

/// The font's file.
pub const FONT: &[u8] = include_bytes!("../../../assets/fonts/NotoSansSC.otf");

/// A glyph as grey: how much of each pixel it covers, 0 … 16.
struct Glyph {
    left: i32,
    top: i32,
    width: usize,
    cover: Vec<u8>,
    advance: f32,
}

type Glyphs = HashMap<(char, u32), Arc<Glyph>>;

static GLYPHS: LazyLock<Mutex<Glyphs>> = LazyLock::new(Mutex::default);

/// Outlines as line segments, y downwards.
#[derive(Default)]
struct Lines {
    segments: Vec<[f32; 4]>,
    at: (f32, f32),
    start: (f32, f32),
}

impl Lines {
    fn curve(&mut self, point: impl Fn(f32) -> (f32, f32)) {
        for step in 1..=6 {
            let (x, y) = point(step as f32 / 6.0);
            self.line_to(x, y);
        }
    }
}

impl OutlinePen for Lines {
    fn move_to(&mut self, x: f32, y: f32) {
        (self.at, self.start) = ((x, y), (x, y));
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.segments.push([self.at.0, -self.at.1, x, -y]);
        self.at = (x, y);
    }
    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let (ax, ay) = self.at;
        let mix =
            |a: f32, c: f32, b: f32, t: f32| (1.0 - t).powi(2) * a + 2.0 * t * (1.0 - t) * c + t * t * b;
        self.curve(|t| (mix(ax, cx, x, t), mix(ay, cy, y, t)));
    }
    fn curve_to(&mut self, c: f32, d: f32, e: f32, f: f32, x: f32, y: f32) {
        let (ax, ay) = self.at;
        let mix = |a: f32, c: f32, e: f32, b: f32, t: f32| {
            let s = 1.0 - t;
            s * s * s * a + 3.0 * s * s * t * c + 3.0 * s * t * t * e + t * t * t * b
        };
        self.curve(|t| (mix(ax, c, e, x, t), mix(ay, d, f, y, t)));
    }
    fn close(&mut self) {
        let (x, y) = self.start;
        self.line_to(x, y);
    }
}

fn glyph(c: char, size: u32) -> Arc<Glyph> {
    let mut known = GLYPHS.lock().unwrap();
    Arc::clone(
        known
            .entry((c, size))
            .or_insert_with(|| Arc::new(raster(c, size))),
    )
}

fn raster(c: char, size: u32) -> Glyph {
    let font = FontRef::new(FONT).unwrap();
    let id = font.charmap().map(c).unwrap_or_default();
    let scale = Size::new(size as f32);
    let advance = font
        .glyph_metrics(scale, LocationRef::default())
        .advance_width(id)
        .unwrap_or(size as f32);
    let mut lines = Lines::default();
    if let Some(outline) = font.outline_glyphs().get(id) {
        outline
            .draw(DrawSettings::unhinted(scale, LocationRef::default()), &mut lines)
            .unwrap();
    }
    let bound = |pick: fn(f32, f32) -> f32, at: usize, from: f32| {
        lines
            .segments
            .iter()
            .flat_map(|s| [s[at], s[at + 2]])
            .fold(from, pick)
    };
    if lines.segments.is_empty() {
        return Glyph {
            left: 0,
            top: 0,
            width: 1,
            cover: vec![0],
            advance,
        };
    }
    let (left, top) = (bound(f32::min, 0, 1e9).floor(), bound(f32::min, 1, 1e9).floor());
    let width = (bound(f32::max, 0, -1e9).ceil() - left) as usize + 1;
    let height = (bound(f32::max, 1, -1e9).ceil() - top) as usize + 1;
    let mut cover = vec![0u8; width * height];
    for sub in 0..height * 4 {
        let y = top + (sub as f32 + 0.5) / 4.0;
        let mut crossings: Vec<(f32, i32)> = lines
            .segments
            .iter()
            .filter(|s| (s[1] <= y) != (s[3] <= y))
            .map(|s| {
                (
                    s[0] + (y - s[1]) / (s[3] - s[1]) * (s[2] - s[0]),
                    if s[1] < s[3] { 1 } else { -1 },
                )
            })
            .collect();
        crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut winding = 0;
        for pair in crossings.windows(2) {
            winding += pair[0].1;
            if winding != 0 {
                let quarter = |x: f32| ((x - left) * 4.0).round().max(0.0) as usize;
                for at in quarter(pair[0].0)..quarter(pair[1].0).min(width * 4) {
                    cover[sub / 4 * width + at / 4] += 1;
                }
            }
        }
    }
    Glyph {
        left: left as i32,
        top: top as i32,
        width,
        cover,
        advance,
    }
}

/// A sheet of paper.
pub struct Sheet(pub RgbImage);

/// Ink.
pub const BLACK: [u8; 3] = [25, 25, 30];
pub const GREY: [u8; 3] = [110, 115, 120];
pub const RED: [u8; 3] = [205, 30, 40];

impl Sheet {
    /// A sheet of one colour.
    pub fn new(width: u32, height: u32, colour: [u8; 3]) -> Sheet {
        Sheet(RgbImage::from_pixel(width, height, Rgb(colour)))
    }

    /// Ink over what is there, in sixteenths: like a stamp's, it darkens and does not hide.
    fn ink(&mut self, x: i32, y: i32, colour: [u8; 3], cover: u8) {
        if x >= 0 && y >= 0 && (x as u32) < self.0.width() && (y as u32) < self.0.height() {
            let pixel = self.0.get_pixel_mut(x as u32, y as u32);
            for (below, ink) in pixel.0.iter_mut().zip(colour) {
                let dark = u32::from(*below) * u32::from(ink) / 255;
                let cover = u32::from(cover.min(16));
                *below = ((u32::from(*below) * (16 - cover) + dark * cover) / 16) as u8;
            }
        }
    }

    /// A line of text; `y` is its base line. Gives where it ends.
    pub fn text(&mut self, x: i32, y: i32, size: u32, colour: [u8; 3], text: &str) -> i32 {
        let mut at = x as f32;
        for c in text.chars() {
            let glyph = glyph(c, size);
            for (n, cover) in glyph.cover.iter().enumerate().filter(|(_, cover)| **cover > 0) {
                let dx = glyph.left + (n % glyph.width) as i32;
                let dy = glyph.top + (n / glyph.width) as i32;
                self.ink(at as i32 + dx, y + dy, colour, *cover);
            }
            at += glyph.advance;
        }
        at as i32
    }

    /// A filled rectangle.
    pub fn fill(&mut self, x: i32, y: i32, width: i32, height: i32, colour: [u8; 3]) {
        for dy in 0..height {
            for dx in 0..width {
                let (px, py) = (x + dx, y + dy);
                if px >= 0 && py >= 0 && (px as u32) < self.0.width() && (py as u32) < self.0.height() {
                    self.0.put_pixel(px as u32, py as u32, Rgb(colour));
                }
            }
        }
    }

    /// A frame.
    pub fn frame(&mut self, x: i32, y: i32, width: i32, height: i32) {
        self.fill(x, y, width, 2, BLACK);
        self.fill(x, y + height, width, 2, BLACK);
        self.fill(x, y, 2, height, BLACK);
        self.fill(x + width, y, 2, height + 2, BLACK);
    }

    /// A filled disc.
    pub fn disc(&mut self, cx: i32, cy: i32, radius: i32, colour: [u8; 3]) {
        for dy in -radius..=radius {
            let half = f64::from(radius * radius - dy * dy).sqrt() as i32;
            self.fill(cx - half, cy + dy, 2 * half, 1, colour);
        }
    }

    /// A round red seal over what is there.
    pub fn seal(&mut self, cx: i32, cy: i32, radius: i32, name: &str) {
        for dy in -radius..=radius {
            for dx in -radius..=radius {
                let distance = dx * dx + dy * dy;
                if distance <= radius * radius && distance >= (radius - 5) * (radius - 5) {
                    self.ink(cx + dx, cy + dy, RED, 13);
                }
            }
        }
        let size = (radius / 3) as u32;
        self.text(cx - size as i32 / 2, cy + size as i32 / 3, size, RED, "★");
        let letters: Vec<char> = name.chars().collect();
        for (n, c) in letters.iter().enumerate() {
            let angle = std::f64::consts::PI * (0.85 + 1.3 * n as f64 / letters.len().max(1) as f64);
            let (x, y) = (
                angle.cos() * f64::from(radius) * 0.74,
                angle.sin() * f64::from(radius) * 0.74,
            );
            self.text(
                cx + x as i32 - size as i32 / 3,
                cy + y as i32 + size as i32 / 3,
                size * 2 / 3,
                RED,
                &c.to_string(),
            );
        }
    }

    /// A hand's scribble.
    pub fn scribble(&mut self, x: i32, y: i32, seed: u64) {
        let mut random = crate::scan::Random(seed);
        let (mut px, mut py) = (x, y);
        for _ in 0..9 {
            let (nx, ny) = (px + random.within(4, 16), y + random.within(-14, 14));
            for step in 0..20 {
                let (sx, sy) = (px + (nx - px) * step / 20, py + (ny - py) * step / 20);
                self.fill(sx, sy, 2, 2, [30, 35, 80]);
            }
            (px, py) = (nx, ny);
        }
    }

    /// A QR code `side` pixels wide, its quiet zone included.
    pub fn qr(&mut self, x: i32, y: i32, side: i32, text: &str) {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
        let modules = code.width() as i32 + 8;
        self.fill(x, y, side, side, [255; 3]);
        for dy in 0..side {
            for dx in 0..side {
                let (mx, my) = (dx * modules / side - 4, dy * modules / side - 4);
                let inside = (0..modules - 8).contains(&mx) && (0..modules - 8).contains(&my);
                if inside && code[(mx as usize, my as usize)] == Color::Dark {
                    self.fill(x + dx, y + dy, 1, 1, [0; 3]);
                }
            }
        }
    }
}
