//! Charts as SVG made here: no script, no style attribute (the CSP forbids both), a title and a description for those who
//! do not see it. The figures themselves always stand in a table beside it.

use std::fmt::Write as _;

/// Escapes a text for the inside of an element.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The opening of a picture that screen readers read as one.
fn open(id: &str, (width, height): (i64, i64), title: &str, description: &str) -> String {
    format!(
        "<svg class=\"chart\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
         <title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc>",
        escaped(title),
        escaped(description)
    )
}

/// "甲 3，乙 2": the same figures as words.
fn said(rows: &[(String, i64)]) -> String {
    let words: Vec<String> = rows.iter().map(|(label, n)| format!("{label} {n}")).collect();
    words.join("，")
}

/// Lying bars, one a row, with label and number. `id` is the page's own for this chart.
pub fn bars(id: &str, title: &str, rows: &[(String, i64)]) -> String {
    const ROW: i64 = 28;
    const LEFT: i64 = 190;
    const WIDTH: i64 = 640;
    let most = rows.iter().map(|(_, n)| *n).max().unwrap_or(0).max(1);
    let height = ROW * rows.len() as i64 + 8;
    let mut svg = open(id, (WIDTH, height), title, &said(rows));
    for (i, (label, n)) in (0i64..).zip(rows) {
        let y = 4 + i * ROW;
        let length = (WIDTH - LEFT - 80) * n / most;
        // Something is never drawn as nothing.
        let length = if *n > 0 { length.max(2) } else { 0 };
        // Writing to a String cannot fail.
        let _ = write!(
            svg,
            "<text class=\"label\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\
             <rect class=\"bar-{}\" x=\"{LEFT}\" y=\"{}\" width=\"{length}\" height=\"{}\"/>\
             <text class=\"value\" x=\"{}\" y=\"{}\">{n}</text>",
            LEFT - 10,
            y + 19,
            escaped(label),
            i % 2,
            y + 4,
            ROW - 8,
            LEFT + length + 8,
            y + 19
        );
    }
    svg + "</svg>"
}

/// One line of a chart over days.
pub struct Series {
    /// `a`, `b` or `c`: its colour and dash.
    pub class: &'static str,
    /// Its name.
    pub name: &'static str,
    /// One number a day.
    pub values: Vec<i64>,
}

/// Lines over days. `labels` has one text a day; a few of them are written.
pub fn lines(id: &str, title: &str, labels: &[String], series: &[Series]) -> String {
    const WIDTH: i64 = 640;
    const HEIGHT: i64 = 220;
    const LEFT: i64 = 52;
    const BOTTOM: i64 = 28;
    const TOP: i64 = 12;
    let most = series
        .iter()
        .flat_map(|s| s.values.iter().copied())
        .max()
        .unwrap_or(0);
    let most = nice(most);
    let sums: Vec<(String, i64)> = series
        .iter()
        .map(|s| (format!("{}共", s.name), s.values.iter().sum()))
        .collect();
    let mut svg = open(id, (WIDTH, HEIGHT), title, &said(&sums));
    let x = |i: usize| LEFT + (WIDTH - LEFT - 16) * i as i64 / (labels.len() as i64 - 1).max(1);
    let y = |n: i64| TOP + (HEIGHT - TOP - BOTTOM) * (most - n) / most;
    for n in [0, most / 2, most] {
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{0}\" x2=\"{1}\" y2=\"{0}\"/><text class=\"label\" x=\"{2}\" y=\"{3}\" text-anchor=\"end\">{n}</text>",
            y(n),
            WIDTH - 16,
            LEFT - 8,
            y(n) + 4
        );
    }
    let every = labels.len().div_ceil(7).max(1);
    for (i, label) in labels.iter().enumerate().step_by(every) {
        let _ = write!(
            svg,
            "<text class=\"label\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            x(i),
            HEIGHT - 8,
            escaped(label)
        );
    }
    for one in series {
        let points: Vec<String> = one
            .values
            .iter()
            .enumerate()
            .map(|(i, n)| format!("{},{}", x(i), y(*n)))
            .collect();
        let _ = write!(
            svg,
            "<polyline class=\"line-{}\" points=\"{}\"/>",
            one.class,
            points.join(" ")
        );
    }
    svg + "</svg>"
}

/// The end of an axis: a round number, whose half is whole.
fn nice(most: i64) -> i64 {
    let (mut step, mut by) = (2, 5);
    while step * 10 < most {
        step *= by;
        by = 10 / by;
    }
    (most.max(1) + step - 1) / step * step
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<(String, i64)> {
        vec![("<甲>".into(), 40), ("乙".into(), 1), ("丙".into(), 0)]
    }

    #[test]
    fn a_chart_can_be_read_without_seeing_it() {
        let svg = bars("c1", "进展 & 更多", &rows());
        assert!(svg.contains("role=\"img\" aria-labelledby=\"c1-t c1-d\""));
        assert!(svg.contains("<title id=\"c1-t\">进展 &amp; 更多</title>"));
        assert!(svg.contains("<desc id=\"c1-d\">&lt;甲&gt; 40，乙 1，丙 0</desc>"));
        assert!(!svg.contains("style=") && !svg.contains("<甲>"));
    }

    #[test]
    fn bars_are_as_long_as_their_numbers() {
        let svg = bars("c1", "t", &rows());
        for width in ["width=\"370\"", "width=\"9\"", "width=\"0\""] {
            assert!(svg.contains(width), "{width} in {svg}");
        }
        assert!(bars("c1", "t", &[]).ends_with("</svg>"));
    }

    #[test]
    fn lines_begin_left_and_end_right_even_on_one_day() {
        let series = |values| Series {
            class: "a",
            name: "提交",
            values,
        };
        let svg = lines("c2", "每日", &["1".into(), "2".into()], &[series(vec![0, 4])]);
        assert!(svg.contains("points=\"52,192 624,12\"") && svg.contains("提交共 4"));
        assert!(lines("c2", "每日", &["1".into()], &[series(vec![0])]).contains("points=\"52,192\""));
        assert!(lines("c2", "每日", &[], &[series(vec![])]).contains("points=\"\""));
    }

    #[test]
    fn axes_end_at_round_numbers() {
        for (most, end) in [(0, 2), (3, 4), (19, 20), (21, 30), (250, 300), (2_500, 3_000)] {
            assert_eq!(nice(most), end, "{most}");
        }
    }
}
