//! A sheet as a picture for the on-line page: the same form, to be looked at and printed by the browser.

use super::sheet::{INSIDE, Item, Sheet};
use std::fmt::Write as _;

/// The sheet without the paper's margins, which the browser's own printing adds (`@page` in app.css). Its texts are
/// squeezed to the widths of our font, whichever font the browser has.
pub fn draw(sheet: &Sheet, title: &str) -> String {
    let mut out = String::with_capacity(32 * 1024);
    let (x, y, width, height) = (INSIDE.x, INSIDE.y, INSIDE.width, INSIDE.height);
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "<svg viewBox=\"{x} {y} {width} {height}\"><title>{}</title>",
        escaped(title)
    );
    for item in &sheet.items {
        let _ = match item {
            Item::Rule { from, to, thick } => write!(
                out,
                "<path d=\"M{:.2} {:.2}L{:.2} {:.2}\" stroke=\"#000\" stroke-width=\"{thick}\" stroke-linecap=\"square\"/>",
                from.0, from.1, to.0, to.1
            ),
            Item::Squares(squares) => {
                out.push_str("<path shape-rendering=\"crispEdges\" d=\"");
                for a in squares {
                    let _ = write!(
                        out,
                        "M{:.3} {:.3}h{:.3}v{:.3}h-{:.3}z",
                        a.x, a.y, a.width, a.height, a.width
                    );
                }
                write!(out, "\"/>")
            }
            Item::Text { .. } => text(&mut out, item),
        };
    }
    out.push_str("</svg>");
    out
}

fn text(out: &mut String, item: &Item) -> std::fmt::Result {
    let Item::Text {
        x,
        y,
        size,
        width,
        text,
        bold,
        grey,
    } = item
    else {
        return Ok(());
    };
    write!(
        out,
        "<text x=\"{x:.2}\" y=\"{y:.2}\" font-size=\"{size:.3}\" textLength=\"{width:.2}\" lengthAdjust=\"spacingAndGlyphs\"{}{}>{}</text>",
        if *bold { " font-weight=\"700\"" } else { "" },
        if *grey { " fill=\"#666\"" } else { "" },
        escaped(text)
    )
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::sheet::{Area, Style};

    #[test]
    fn what_somebody_typed_is_text_and_never_markup() {
        let mut sheet = Sheet::default();
        let area = Area::new(20.0, 20.0, 100.0, 8.0);
        sheet.text("姓名", area, "<script>\"王\"&</script>", Style::of(10.0));
        let svg = draw(&sheet, "<b>");
        assert!(svg.contains("&lt;script&gt;&quot;王&quot;&amp;&lt;/script&gt;"));
        assert!(!svg.contains("<script") && !svg.contains("<b>"));
    }
}
