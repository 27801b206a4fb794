//! A sheet as a PDF file: the text stays text, to be selected and found.

use super::face::Face;
use super::fit::POINT;
use super::sheet::{Area, Item, PAGE, Sheet};
use crate::kernel::Time;
use anyhow::{Context as _, anyhow};
use chrono::{Datelike as _, TimeZone as _, Timelike as _};
use krilla::color::luma;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};

/// What a viewer says of the file.
pub struct About<'a> {
    /// Its title.
    pub title: &'a str,
    /// When it was made.
    pub at: Time,
}

const GREY: u8 = 110;
/// How much thicker bold strokes are, as a part of the size: one font serves all.
const BOLD: f32 = 0.028;

/// Writes one A4 page. The same sheet and moment give the same bytes.
pub fn write(sheet: &Sheet, about: &About<'_>) -> anyhow::Result<Vec<u8>> {
    let mut document = Document::new_with(SerializeSettings {
        enable_tagging: false,
        ..SerializeSettings::default()
    });
    document.set_metadata(
        Metadata::new()
            .title(about.title.to_owned())
            .language("zh-CN".to_owned())
            .creator("yuanmeng".to_owned())
            .creation_date(date(about.at)),
    );
    let settings = PageSettings::from_wh(PAGE.0 / POINT, PAGE.1 / POINT).context("the size of A4")?;
    let mut page = document.start_page_with(settings);
    let mut surface = page.surface();
    for item in &sheet.items {
        match item {
            Item::Rule { from, to, thick } => rule(&mut surface, *from, *to, *thick),
            Item::Text { .. } => text(&mut surface, item),
            Item::Squares(squares) => fill(&mut surface, squares),
        }
    }
    surface.finish();
    page.finish();
    document
        .finish()
        .map_err(|error| anyhow!("writing a PDF: {error:?}"))
}

fn date(at: Time) -> DateTime {
    let utc = chrono::Utc
        .timestamp_millis_opt(at.0)
        .single()
        .unwrap_or_default();
    let small = |n: u32| u8::try_from(n).unwrap_or(0);
    DateTime::new(u16::try_from(utc.year()).unwrap_or(1970))
        .month(small(utc.month()))
        .day(small(utc.day()))
        .hour(small(utc.hour()))
        .minute(small(utc.minute()))
        .second(small(utc.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

fn ink(grey: bool) -> luma::Color {
    luma::Color::new(if grey { GREY } else { 0 })
}

fn rule(surface: &mut Surface<'_>, from: (f32, f32), to: (f32, f32), thick: f32) {
    let mut path = PathBuilder::new();
    path.move_to(from.0 / POINT, from.1 / POINT);
    path.line_to(to.0 / POINT, to.1 / POINT);
    let Some(path) = path.finish() else {
        return;
    };
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke {
        paint: ink(false).into(),
        width: thick / POINT,
        // Corners of frames are closed.
        line_cap: krilla::paint::LineCap::Square,
        ..Stroke::default()
    }));
    surface.draw_path(&path);
}

fn fill(surface: &mut Surface<'_>, squares: &[Area]) {
    let mut path = PathBuilder::new();
    for a in squares {
        let rect = Rect::from_xywh(a.x / POINT, a.y / POINT, a.width / POINT, a.height / POINT);
        if let Some(rect) = rect {
            path.push_rect(rect);
        }
    }
    let Some(path) = path.finish() else {
        return;
    };
    surface.set_stroke(None);
    surface.set_fill(Some(Fill {
        paint: ink(false).into(),
        ..Fill::default()
    }));
    surface.draw_path(&path);
}

fn text(surface: &mut Surface<'_>, item: &Item) {
    let Item::Text {
        x,
        y,
        size,
        text,
        bold,
        grey,
        ..
    } = item
    else {
        return;
    };
    let face = Face::get();
    let glyphs: Vec<KrillaGlyph> = text
        .char_indices()
        .filter_map(|(at, c)| face.sign(c).map(|sign| (at, c, sign)))
        .map(|(at, c, sign)| {
            let range = at..at + c.len_utf8();
            KrillaGlyph::new(GlyphId::new(sign.glyph), sign.width, 0.0, 0.0, 0.0, range, None)
        })
        .collect();
    if glyphs.is_empty() {
        return;
    }
    let points = size / POINT;
    surface.set_fill(Some(Fill {
        paint: ink(*grey).into(),
        ..Fill::default()
    }));
    surface.set_stroke(bold.then(|| Stroke {
        paint: ink(*grey).into(),
        width: BOLD * points,
        ..Stroke::default()
    }));
    let start = Point::from_xy(x / POINT, y / POINT);
    surface.draw_glyphs(start, &glyphs, face.font(), text, points, false);
}
