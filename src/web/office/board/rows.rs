//! The rows and charts of the page.

use super::super::chart::{self, Series};
use super::super::view;
use super::{Drawn, Found, LATE_SHOWN, LateLine, PlacesLine, UnionLine, drawn, href, list_href};
use crate::application::State;
use crate::supervision::exports;
use crate::supervision::figures::{self, Figures};
use crate::union::{Officer, covers};

pub fn funnel(figures: &Figures) -> Vec<(String, i64)> {
    let counts = &figures.counts;
    let mut rows = vec![
        ("已提交".to_owned(), counts.submitted),
        ("候补中".to_owned(), counts.waiting),
    ];
    rows.extend(figures.levels.iter().map(|(level, n)| ((*level).to_owned(), *n)));
    rows.extend([
        ("退回或取回，等职工修改".to_owned(), counts.with_worker),
        ("审核通过".to_owned(), counts.approved),
        ("未通过".to_owned(), counts.rejected),
        ("已撤回".to_owned(), counts.withdrawn),
        ("已失效".to_owned(), counts.expired),
    ]);
    rows
}

pub fn unions(found: &Found) -> Vec<UnionLine> {
    let line = |row: &figures::UnionRow| UnionLine {
        name: if row.own {
            format!("{}（本级）", row.name)
        } else {
            row.name.clone()
        },
        href: if row.below {
            href(&found.period, &row.id)
        } else {
            list_href(&row.id, None)
        },
        list: list_href(&row.id, None),
        counts: row.counts,
    };
    found.figures.unions.iter().map(line).collect()
}

pub fn places(found: &Found) -> Vec<PlacesLine> {
    let line = |row: &figures::PlacesRow| PlacesLine {
        name: row.name.clone(),
        href: href(&found.period, &row.id),
        total: row.total,
        taken: row.taken,
        waiting: row.waiting,
        left: row.left(),
    };
    found.figures.places.iter().map(line).collect()
}

/// All units together: a chart of 55 would be no picture.
pub fn places_chart(figures: &Figures) -> Option<String> {
    let sum = |of: fn(&figures::PlacesRow) -> i64| figures.places.iter().map(of).sum::<i64>();
    let rows = vec![
        ("名额".to_owned(), sum(|row| row.total)),
        ("已占用".to_owned(), sum(|row| row.taken)),
        ("剩余".to_owned(), sum(figures::PlacesRow::left)),
        ("候补".to_owned(), sum(|row| row.waiting)),
    ];
    (!figures.places.is_empty()).then(|| chart::bars("c-places", "名额", &rows))
}

pub fn ages(figures: &Figures) -> Vec<(String, i64)> {
    let labels = ["不到 1 天", "1 至 3 天", "3 至 7 天", "7 至 14 天", "超过 14 天"];
    labels.map(str::to_owned).into_iter().zip(figures.ages).collect()
}

pub fn late(officer: &Officer, found: &Found) -> Vec<LateLine> {
    let scope = officer.union.scope();
    let line = |row: &figures::LateRow| {
        let mine = found
            .snapshot
            .unions
            .iter()
            .any(|union| union.id == row.id && covers(scope, &union.path));
        LateLine {
            name: row.name.clone(),
            list: mine.then(|| {
                let query = url::form_urlencoded::Serializer::new(String::new())
                    .append_pair("tab", "all")
                    .append_pair("at", &row.id)
                    .append_pair("state", State::InReview.as_str())
                    .finish();
                format!("/office?{query}")
            }),
            waiting: row.waiting,
            late: row.late,
            oldest: view::waited(row.oldest, found.figures.at),
        }
    };
    found.figures.late.iter().take(LATE_SHOWN).map(line).collect()
}

pub fn days_chart(figures: &Figures) -> String {
    let labels: Vec<String> = figures.days.iter().map(|day| short_day(day.day)).collect();
    let series = [
        Series {
            class: "a",
            name: "提交",
            values: figures.days.iter().map(|day| day.submitted).collect(),
        },
        Series {
            class: "b",
            name: "审核",
            values: figures.days.iter().map(|day| day.decided).collect(),
        },
        Series {
            class: "c",
            name: "最终通过",
            values: figures.days.iter().map(|day| day.approved).collect(),
        },
    ];
    chart::lines("c-days", "每日提交、审核和最终通过", &labels, &series)
}

/// "11-05".
fn short_day(day: i64) -> String {
    exports::day_text(day).get(5..).unwrap_or_default().to_owned()
}

/// The newest first, as they are read.
pub fn days(figures: &Figures) -> Vec<[String; 4]> {
    let row = |day: &figures::DayRow| {
        [
            exports::day_text(day.day),
            day.submitted.to_string(),
            day.decided.to_string(),
            day.approved.to_string(),
        ]
    };
    figures.days.iter().rev().map(row).collect()
}

pub fn verdicts(figures: &Figures) -> Vec<(String, i64)> {
    let row = |(verdict, n): &(crate::review::Verdict, i64)| (verdict.label().to_owned(), *n);
    figures.verdicts.iter().map(row).collect()
}

/// Returned and rejected together, as one chart; the exported table has them apart.
pub fn reasons(figures: &Figures) -> Option<Drawn> {
    let mut rows: Vec<(String, i64)> = Vec::new();
    for (_, code, n) in &figures.reasons {
        let label = exports::reason(*code);
        match rows.iter_mut().find(|(other, _)| other == label) {
            Some((_, sum)) => *sum += n,
            None => rows.push((label.to_owned(), *n)),
        }
    }
    rows.sort_by_key(|(_, n)| -n);
    (!rows.is_empty()).then(|| drawn("c-reasons", "退回和不予通过的原因", rows))
}

pub fn returned(figures: &Figures) -> Option<Drawn> {
    let row = |(item, n): &(String, i64)| (exports::correction(item), *n);
    let rows: Vec<(String, i64)> = figures.returned.iter().take(12).map(row).collect();
    (!rows.is_empty()).then(|| drawn("c-returned", "退回要求补正的内容", rows))
}
