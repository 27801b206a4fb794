//! Text set into a box: as large as it may be, on as many lines as there is room for, never beyond the edge.

use super::face::Face;

/// Lines in millimetres.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The font's size in mm.
    pub size: f32,
    /// The lines, none wider than the box.
    pub lines: Vec<String>,
}

/// From line to line, as a part of the font's size.
pub const LEADING: f32 = 1.25;
/// One point in millimetres.
pub const POINT: f32 = 25.4 / 72.0;
/// Nothing is set smaller (in pt); what does not even fit so is cut, which no valid form needs.
const LEAST: f32 = 3.0;
const STEP: f32 = 0.25;

/// Sets a text into a box of `width` × `height` mm, at `most` points or as much less as it needs.
pub fn fit(face: &Face, text: &str, width: f32, height: f32, most: f32) -> Fitted {
    let mut points = most.max(LEAST);
    loop {
        let size = points * POINT;
        let lines = wrap(face, text, width / size);
        let fits = lines.iter().all(|line| face.width(line) * size <= width);
        if fits && lines.len() as f32 * LEADING * size <= height {
            return Fitted { size, lines };
        }
        if points <= LEAST {
            return cut(face, lines, size, width, height);
        }
        points = (points - STEP).max(LEAST);
    }
}

/// The last resort: what there is room for, and a sign that there was more.
fn cut(face: &Face, mut lines: Vec<String>, size: f32, width: f32, height: f32) -> Fitted {
    let room = (height / (LEADING * size)).floor().max(0.0) as usize;
    if lines.len() > room {
        lines.truncate(room);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    for line in &mut lines {
        while !line.is_empty() && face.width(line) * size > width {
            let ended = line.ends_with('…');
            line.pop();
            if ended {
                line.pop();
                line.push('…');
            }
            if line == "…" && face.width(line) * size > width {
                line.clear();
            }
        }
    }
    Fitted { size, lines }
}

/// Breaks a text into lines of at most `limit` (in parts of the size) where a reader expects it.
fn wrap(face: &Face, text: &str, limit: f32) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut lines = Vec::new();
    let mut start = 0;
    while start < chars.len() {
        if chars[start] == ' ' {
            start += 1;
            continue;
        }
        let end = start + reach(face, &chars[start..], limit);
        let end = if end == chars.len() {
            end
        } else {
            break_before(&chars, start, end)
        };
        let line: String = chars[start..end].iter().collect();
        lines.push(line.trim_end_matches(' ').to_owned());
        start = end;
    }
    lines
}

/// How many characters fit on a line; at least one, so that it goes on.
fn reach(face: &Face, chars: &[char], limit: f32) -> usize {
    let mut width = 0.0;
    for (i, c) in chars.iter().enumerate() {
        width += face.sign(*c).map_or(0.0, |sign| sign.width);
        if width > limit {
            return i.max(1);
        }
    }
    chars.len()
}

/// The last good place to break after `start` and not after `end`; `end` itself when there is none.
fn break_before(chars: &[char], start: usize, end: usize) -> usize {
    (start + 1..=end)
        .rev()
        .find(|at| may_break(chars[at - 1], chars[*at]))
        .unwrap_or(end)
}

/// Words and numbers stay whole; closing signs do not begin a line, opening ones do not end it.
fn may_break(before: char, after: char) -> bool {
    const CLOSING: &str = "，。、；：？！）》〉」』】”’％…·,.;:?!)%";
    const OPENING: &str = "（《〈「『【“‘(";
    let in_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '.');
    !(in_word(before) && in_word(after) || CLOSING.contains(after) || OPENING.contains(before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(text: &str, width: f32, height: f32, most: f32) -> Vec<String> {
        fit(Face::get(), text, width, height, most).lines
    }

    #[test]
    fn lines_break_where_a_reader_expects_it() {
        // 10 pt are 3.53 mm: 8 characters on 30 mm.
        assert_eq!(
            lines("济南市历下区文化东路，一号", 30.0, 20.0, 10.0),
            ["济南市历下区文化", "东路，一号"]
        );
        assert_eq!(
            lines("济南市历下区文化东，一号", 32.0, 20.0, 10.0),
            ["济南市历下区文化", "东，一号"]
        );
        assert_eq!(
            lines("历下区文化东路 1203 号", 30.0, 20.0, 10.0),
            ["历下区文化东路", "1203 号"]
        );
    }

    #[test]
    fn a_text_shrinks_only_as_far_as_it_must() {
        assert_eq!(fit(Face::get(), "王小梅", 30.0, 8.0, 10.5).size, 10.5 * POINT);
        let long = fit(Face::get(), &"犇".repeat(60), 100.0, 8.0, 10.5);
        assert!(long.lines.len() == 2 && long.size > 8.0 * POINT, "{long:?}");
    }

    proptest! {
        /// whatever is set, it stays inside its box.
        #[test]
        fn nothing_leaves_its_box(text in "\\PC{0,400}|[犇A ，（]{0,300}", width in 0.5f32..150.0, height in 0.5f32..40.0, most in 4f32..20.0) {
            let face = Face::get();
            let fitted = fit(face, &text, width, height, most);
            prop_assert!(fitted.lines.len() as f32 * LEADING * fitted.size <= height + 0.001);
            for line in &fitted.lines {
                prop_assert!(face.width(line) * fitted.size <= width + 0.001, "{line}");
            }
        }
    }
}
