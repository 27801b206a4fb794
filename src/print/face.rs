//! The one font of everything printed here: which characters it has, and how wide they are.

use krilla::text::Font;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, GlyphId, MetadataProvider as _};
use std::sync::LazyLock;

/// Noto Sans SC, reduced (assets/fonts/README.md); inside the binary, so that a name looks the same everywhere.
static BYTES: &[u8] = include_bytes!("../../assets/fonts/NotoSansSC.otf");

static FACE: LazyLock<Face> = LazyLock::new(Face::read);

/// The font, read once.
pub struct Face {
    font: Font,
    /// Every character, in order.
    signs: Vec<(char, Sign)>,
}

/// A character in the font.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sign {
    /// Its glyph's id.
    pub glyph: u32,
    /// Its width as a part of the font's size.
    pub width: f32,
}

impl Face {
    /// The font; the first call reads it (some milliseconds).
    pub fn get() -> &'static Face {
        &FACE
    }

    /// Fails for a broken file in the source tree alone, which the first test notices.
    fn read() -> Face {
        let reader = FontRef::new(BYTES).unwrap_or_else(|_| unreachable!("the font is in the binary"));
        let font = Font::new(BYTES.into(), 0).unwrap_or_else(|| unreachable!("the font is in the binary"));
        let metrics = reader.glyph_metrics(Size::unscaled(), LocationRef::default());
        let sign = |(code, glyph): (u32, GlyphId)| {
            let sign = Sign {
                glyph: glyph.to_u32(),
                width: metrics.advance_width(glyph)? / font.units_per_em(),
            };
            (sign.glyph != 0).then_some((char::from_u32(code)?, sign))
        };
        let mut signs: Vec<_> = reader.charmap().mappings().filter_map(sign).collect();
        signs.sort_by_key(|(c, _)| *c);
        Face { font, signs }
    }

    /// The font as the PDF takes it.
    pub fn font(&self) -> Font {
        self.font.clone()
    }

    /// The character's glyph; none when the font has none, and a box would be printed.
    pub fn sign(&self, c: char) -> Option<Sign> {
        let at = self.signs.binary_search_by_key(&c, |(c, _)| *c).ok()?;
        self.signs.get(at).map(|(_, sign)| *sign)
    }

    /// A text's width as a part of the font's size; characters without a glyph count nothing.
    pub fn width(&self, text: &str) -> f32 {
        text.chars()
            .filter_map(|c| self.sign(c))
            .map(|sign| sign.width)
            .sum()
    }
}

/// Characters that only steer how others are shown, and are nothing on paper themselves.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E01EF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// the names that people have, rare as they may be.
    #[test]
    fn rare_characters_of_names_are_there() {
        for c in "䶮喆犇𬭎𫖯𬸦㛃〇·，。（）“”A1".chars() {
            assert!(Face::get().sign(c).is_some(), "{c}");
        }
        for c in ['𠮷', '😀', 'あ', '\n'] {
            assert_eq!(Face::get().sign(c), None, "{c}");
        }
        assert_eq!(Face::get().width("犇犇"), 2.0);
    }
}
