//! Words, dates and cells in the text of a report.

use crate::kernel::text::plain_digit;
use chrono::{Days, NaiveDate};
use std::collections::BTreeMap;

/// The report's own words for what it lists.
pub(super) const LABELS: [&str; 22] = [
    "姓名",
    "性别",
    "出生日期",
    "民族",
    "证件号码",
    "院校",
    "院校名称",
    "学校名称",
    "层次",
    "学历层次",
    "院系",
    "班级",
    "专业",
    "专业名称",
    "学号",
    "形式",
    "学习形式",
    "入学日期",
    "入学时间",
    "学制",
    "类型",
    "学籍状态",
];
/// What ends a value without being asked for.
const STOPS: [&str; 9] = [
    "预计毕业日期",
    "离校日期",
    "更新日期",
    "在线验证码",
    "验证码",
    "在线验证有效期",
    "有效期至",
    "注意事项",
    "备注",
];
/// How two spellings compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alike {
    /// But for spaces, width and brackets.
    Same,
    /// One contains the other.
    Similar,
    /// Neither.
    Different,
}

/// Compares two names of a person, an institution or an employer.
pub fn alike(one: &str, other: &str) -> Alike {
    let (one, other) = (same_spelling(one), same_spelling(other));
    let short = one.chars().count().min(other.chars().count());
    match () {
        () if one == other => Alike::Same,
        () if short >= 4 && (one.contains(&other) || other.contains(&one)) => Alike::Similar,
        () => Alike::Different,
    }
}

pub(super) fn same_spelling(text: &str) -> String {
    text.chars()
        .map(plain)
        .filter(|c| !c.is_whitespace() && !matches!(c, '·' | '•' | '・' | '.' | '。' | '-'))
        .flat_map(char::to_uppercase)
        .collect()
}

/// Full-width signs as their plain ones.
pub(super) fn plain(c: char) -> char {
    match c {
        '：' => ':',
        '（' => '(',
        '）' => ')',
        '\u{3000}' | '\u{a0}' => ' ',
        _ => plain_digit(c).unwrap_or(c),
    }
}

pub(super) fn squeeze(text: &str) -> String {
    text.chars()
        .map(plain)
        .filter(|c| !c.is_whitespace() && !matches!(c, '\u{200b}' | '\u{feff}'))
        .collect()
}

pub(super) fn head(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

/// Cell by cell: a label alone or followed by a colon, then its value up to the next label.
pub(super) fn values(text: &str) -> BTreeMap<&'static str, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut values: BTreeMap<&'static str, String> = BTreeMap::new();
    let mut current: Option<&'static str> = None;
    let mut at = 0;
    while at < words.len() {
        // "姓 名": a label may be spaced out.
        let pair = words.get(at + 1).map(|next| format!("{}{next}", words[at]));
        let spaced = pair
            .filter(|_| words[at].chars().count() == 1)
            .and_then(|p| label(&p).map(|l| (l, p)));
        let (found, word) = match spaced {
            Some((found, pair)) => {
                at += 1;
                (Some(found), pair)
            }
            None => (label(words[at]), words[at].to_owned()),
        };
        at += 1;
        match found {
            Some(found) => {
                current = LABELS.iter().find(|l| **l == found).copied();
                let value = word[found.len()..].trim_start_matches(':');
                if let (Some(name), false) = (current, value.is_empty()) {
                    values.entry(name).or_insert_with(|| value.to_owned());
                }
            }
            None => {
                if let Some(name) = current {
                    values.entry(name).or_default().push_str(&word);
                }
            }
        }
    }
    values.retain(|_, value| !value.is_empty() && value.chars().count() <= 60);
    values
}

/// The label that a word is, or begins with before a colon.
fn label(word: &str) -> Option<&'static str> {
    let name = word.split(':').next().unwrap_or_default();
    LABELS.iter().chain(&STOPS).find(|l| **l == name).copied()
}

/// The dates in a text, in any of the usual spellings; the first of the month when no day is given.
pub(super) fn dates(text: &str) -> Vec<NaiveDate> {
    let mut numbers: Vec<(u32, usize)> = Vec::new();
    let mut found = Vec::new();
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at <= chars.len() {
        let digits: String = chars[at.min(chars.len())..]
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .collect();
        if digits.is_empty() {
            if chars
                .get(at)
                .is_none_or(|c| !matches!(c, '年' | '月' | '-' | '/' | '.'))
            {
                found.extend(date(&numbers));
                numbers.clear();
            }
            at += 1;
        } else {
            // A year begins the next date: "2021.11.08-2022.05.08".
            if digits.len() == 4 {
                found.extend(date(&numbers));
                numbers.clear();
            }
            let number = digits.parse().unwrap_or(0);
            numbers.push((number, digits.len()));
            at += digits.len();
        }
    }
    found
}

fn date(numbers: &[(u32, usize)]) -> Option<NaiveDate> {
    match numbers {
        [(year, 4), (month, 1..=2), (day, 1..=2), ..] => NaiveDate::from_ymd_opt(*year as i32, *month, *day),
        [(year, 4), (month, 1..=2)] => NaiveDate::from_ymd_opt(*year as i32, *month, 1),
        [(whole, 8)] => NaiveDate::from_ymd_opt((whole / 10_000) as i32, whole / 100 % 100, whole % 100),
        _ => None,
    }
}

pub(super) enum Length {
    Months(u32),
    Days(u64),
}

impl Length {
    pub(super) fn after(&self, from: NaiveDate) -> Option<NaiveDate> {
        match self {
            Length::Months(months) => from.checked_add_months(chrono::Months::new(*months)),
            Length::Days(days) => from.checked_add_days(Days::new(*days)),
        }
    }
}

/// "6个月", "180天"; not "1~6个月", which is the footnote's range.
pub(super) fn length(text: &str) -> Option<Length> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let (number, rest) = (digits.parse::<u32>().ok()?, &text[digits.len()..]);
    if rest.starts_with("个月") {
        Some(Length::Months(number))
    } else if rest.starts_with('天') || rest.starts_with('日') {
        Some(Length::Days(u64::from(number)))
    } else {
        None
    }
}
