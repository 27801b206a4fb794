//! A page as a list of what is drawn on it, in millimetres from its upper left corner: [`super::pdf`] makes a
//! file of it, [`super::svg`] a picture for the on-line page, and a test can ask what stands where.

use super::face::{Face, is_invisible};
use super::fit::{LEADING, POINT, fit};
use crate::kernel::text::clean;

/// A4, in mm.
pub const PAGE: (f32, f32) = (210.0, 297.0);
/// What every printer reaches, in mm: everything stands inside.
pub const INSIDE: Area = Area {
    x: 15.0,
    y: 11.0,
    width: 180.0,
    height: 274.0,
};

/// A rectangle in mm.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "its corner and its sides")]
pub struct Area {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

impl Area {
    /// A rectangle by its corner and sides.
    pub const fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Area { x, y, width, height }
    }

    /// The same with a margin inside.
    pub fn inner(self, across: f32, along: f32) -> Self {
        Area::new(
            self.x + across,
            self.y + along,
            (self.width - 2.0 * across).max(0.0),
            (self.height - 2.0 * along).max(0.0),
        )
    }

    /// Whether another one lies within this (to a hundredth of a millimetre).
    pub fn holds(self, other: Area) -> bool {
        const SLACK: f32 = 0.01;
        other.x >= self.x - SLACK
            && other.y >= self.y - SLACK
            && other.x + other.width <= self.x + self.width + SLACK
            && other.y + other.height <= self.y + self.height + SLACK
    }
}

/// How the lines of a text stand in their box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "their names say it")]
pub enum Align {
    Left,
    Centre,
    Right,
}

/// How a text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// The greatest size in pt; less when it does not fit.
    pub points: f32,
    /// How the lines stand.
    pub align: Align,
    /// Whether it is set in bold.
    pub bold: bool,
    /// Whether it is a hint, printed in grey.
    pub grey: bool,
}

impl Style {
    /// Plain, from the left.
    pub const fn of(points: f32) -> Self {
        Style {
            points,
            align: Align::Left,
            bold: false,
            grey: false,
        }
    }

    /// The same, centred.
    pub const fn centre(self) -> Self {
        Style {
            align: Align::Centre,
            ..self
        }
    }

    /// The same, at the right edge.
    pub const fn right(self) -> Self {
        Style {
            align: Align::Right,
            ..self
        }
    }

    /// The same in bold.
    pub const fn bold(self) -> Self {
        Style { bold: true, ..self }
    }

    /// The same in grey.
    pub const fn grey(self) -> Self {
        Style { grey: true, ..self }
    }
}

/// Something drawn.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    missing_docs,
    reason = "measures in mm; `y` of a text is its base line, `size` its font's"
)]
pub enum Item {
    Rule {
        from: (f32, f32),
        to: (f32, f32),
        thick: f32,
    },
    Text {
        x: f32,
        y: f32,
        size: f32,
        width: f32,
        text: String,
        bold: bool,
        grey: bool,
    },
    /// Dark rectangles of a QR code.
    Squares(Vec<Area>),
}

/// Where a text stands: the box that it was given and the space that it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// What it is: a field's label, or the text itself.
    pub what: String,
    /// Its box.
    pub given: Area,
    /// Its lines.
    pub taken: Area,
}

/// A character that the font does not have: its place stays blank, to be filled in by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The field's label.
    pub field: String,
    /// The character.
    pub character: char,
}

/// A page under the pen.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// What is drawn, in order.
    pub items: Vec<Item>,
    /// Every text with its box.
    pub placed: Vec<Placed>,
    /// What cannot be printed.
    pub missing: Vec<Missing>,
}

/// Stands for a character without a glyph: a blank as wide as a character. Cleaned text holds none.
const GAP: char = '\u{3000}';

impl Sheet {
    /// A line.
    pub fn rule(&mut self, from: (f32, f32), to: (f32, f32), thick: f32) {
        self.items.push(Item::Rule { from, to, thick });
    }

    /// The four sides of a rectangle.
    pub fn frame(&mut self, area: Area, thick: f32) {
        let Area { x, y, width, height } = area;
        let (right, bottom) = (x + width, y + height);
        self.rule((x, y), (right, y), thick);
        self.rule((x, bottom), (right, bottom), thick);
        self.rule((x, y), (x, bottom), thick);
        self.rule((right, y), (right, bottom), thick);
    }

    /// Words of ours.
    pub fn label(&mut self, given: Area, text: &str, style: Style) {
        self.set(text, given, text, style, false);
    }

    /// Words of somebody's, as the value of the field `what`, in the middle of the box's height. A character without
    /// a glyph becomes a blank with a line beneath, and is remembered.
    pub fn text(&mut self, what: &str, given: Area, text: &str, style: Style) {
        let mut printable = String::with_capacity(text.len());
        for c in clean(text).chars().filter(|c| !is_invisible(*c)) {
            if Face::get().sign(c).is_some() {
                printable.push(c);
            } else {
                printable.push(GAP);
                self.miss(what, c);
            }
        }
        self.set(what, given, &printable, style, true);
    }

    fn set(&mut self, what: &str, given: Area, text: &str, style: Style, gaps: bool) {
        let face = Face::get();
        let fitted = fit(face, text, given.width, given.height, style.points);
        let line_height = LEADING * fitted.size;
        let height = fitted.lines.len() as f32 * line_height;
        let top = given.y + (given.height - height) / 2.0;
        let mut taken = Area::new(given.x + given.width, top, 0.0, height);
        for (i, line) in fitted.lines.iter().enumerate() {
            let width = face.width(line) * fitted.size;
            let x = given.x
                + match style.align {
                    Align::Left => 0.0,
                    Align::Centre => (given.width - width) / 2.0,
                    Align::Right => given.width - width,
                };
            // Han stand 0.38 of the size above the base line with their middle.
            let y = top + (i as f32 + 0.5) * line_height + 0.38 * fitted.size;
            taken.x = taken.x.min(x);
            taken.width = taken.width.max(width);
            if gaps {
                self.underline_gaps(x, y, fitted.size, line);
            }
            self.items.push(Item::Text {
                x,
                y,
                size: fitted.size,
                width,
                text: line.clone(),
                bold: style.bold,
                grey: style.grey,
            });
        }
        self.placed.push(Placed {
            what: what.to_owned(),
            given,
            taken,
        });
    }

    fn underline_gaps(&mut self, x: f32, y: f32, size: f32, text: &str) {
        let mut at = x;
        for c in text.chars() {
            let wide = Face::get().sign(c).map_or(0.0, |sign| sign.width) * size;
            if c == GAP {
                let under = y + 0.1 * size;
                self.rule((at + 0.1 * wide, under), (at + 0.9 * wide, under), 0.15);
            }
            at += wide;
        }
    }

    fn miss(&mut self, field: &str, character: char) {
        let missing = Missing {
            field: field.to_owned(),
            character,
        };
        if !self.missing.contains(&missing) {
            self.missing.push(missing);
        }
    }

    /// A QR code that fills a square, with no white border of its own: the four squares that readers need are to be
    /// left free around it. Errors: the text is too long for any code.
    pub fn qr(&mut self, area: Area, text: &str) -> anyhow::Result<()> {
        // A quarter of it may be stained or stamped over.
        let code = qrcode::QrCode::with_error_correction_level(text.as_bytes(), qrcode::EcLevel::Q)?;
        let across = code.width();
        let side = area.width / across as f32;
        let mut squares = Vec::new();
        for (row, colors) in code.to_colors().chunks(across).enumerate() {
            let mut column = 0;
            for run in colors.chunk_by(|a, b| a == b) {
                if run.first() == Some(&qrcode::Color::Dark) {
                    let (x, y) = (area.x + column as f32 * side, area.y + row as f32 * side);
                    squares.push(Area::new(x, y, run.len() as f32 * side, side));
                }
                column += run.len();
            }
        }
        self.items.push(Item::Squares(squares));
        Ok(())
    }

    /// The height in mm of so many lines of a size in pt.
    pub fn lines(count: usize, points: f32) -> f32 {
        count as f32 * LEADING * points * POINT
    }
}
