//! 教育部学籍在线验证报告: what its text says, and how long it can be verified on line. Nothing is ever fetched
//! from 学信网: the code on the paper is only compared with the code in the text.

use crate::application::Level;
use crate::kernel::Time;
use crate::kernel::text::plain_digit;
use chrono::{Days, NaiveDate};
use std::collections::BTreeMap;

/// The report's own words for what it lists.
const LABELS: [&str; 22] = [
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
/// 学信网 counts a report's six months as 180 days.
const SIX_MONTHS_DAYS: u64 = 180;
/// The host of the code on every report.
const HOST: &str = "chsi.com.cn";

/// What the text of a report says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    values: BTreeMap<&'static str, String>,
    /// The whole text without spaces, for what stands in no cell of its own.
    text: String,
}

/// How a value on the report compares with the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// The same.
    Same,
    /// One contains the other: "山东开放大学" and "山东开放大学济南分校".
    Similar(String),
    /// Something else stands there.
    Differs(String),
    /// Not found on the report.
    Absent,
}

impl Report {
    /// Reads the text of a report; `None` when it is not one. Another kind of paper is told by [`other_paper`].
    pub fn parse(text: &str) -> Option<Report> {
        let plain: String = text.chars().map(plain).collect();
        let squeezed = squeeze(&plain);
        let labels = LABELS.iter().filter(|label| squeezed.contains(*label)).count();
        let titled = squeezed.contains("学籍在线验证报告");
        let coded = squeezed.contains("验证码") || squeezed.contains(HOST);
        let other = other_paper(&squeezed).is_some();
        (titled || coded && labels >= 4 && !other).then(|| Report {
            values: values(&plain),
            text: squeezed,
        })
    }

    fn value<'a>(&'a self, labels: &[&str]) -> Option<&'a str> {
        labels
            .iter()
            .find_map(|label| self.values.get(*label))
            .map(String::as_str)
    }

    /// Compares names and such, without regard to spaces, brackets and width.
    pub fn compare(&self, labels: &[&str], expected: &str) -> Match {
        let wanted = same_spelling(expected);
        match self.value(labels) {
            Some(value) => match alike(value, expected) {
                Alike::Same => Match::Same,
                Alike::Similar => Match::Similar(value.to_owned()),
                Alike::Different => Match::Differs(value.to_owned()),
            },
            // Some PDFs run label and value together: then only agreement can be told.
            None if wanted.chars().count() >= 2 && self.follows(labels, &wanted) => Match::Same,
            None => Match::Absent,
        }
    }

    fn follows(&self, labels: &[&str], wanted: &str) -> bool {
        let text = same_spelling(&self.text);
        labels.iter().any(|label| {
            text.contains(&format!("{label}{wanted}")) || text.contains(&format!("{label}:{wanted}"))
        })
    }

    /// The level, when the report's word for it is known.
    pub fn level(&self) -> Option<Level> {
        let word = self.value(&["层次", "学历层次"])?;
        let has = |words: &[&str]| words.iter().any(|w| word.contains(w));
        match () {
            () if has(&["博士"]) => Some(Level::Doctor),
            () if has(&["硕士", "研究生"]) => Some(Level::Master),
            // 专升本 and 专科起点本科 are undergraduate studies.
            () if has(&["本科", "专升本", "高起本", "第二学士"]) => Some(Level::Bachelor),
            () if has(&["专科", "高职", "大专", "高起专"]) => Some(Level::College),
            () => None,
        }
    }

    /// The report's own word for the level.
    pub fn level_word(&self) -> Option<&str> {
        self.value(&["层次", "学历层次"])
    }

    /// Year and month of entry.
    pub fn entry(&self) -> Option<(i32, u32)> {
        use chrono::Datelike as _;
        let date = dates(self.value(&["入学日期", "入学时间"])?).into_iter().next()?;
        Some((date.year(), date.month()))
    }

    /// Sex, birth date and ID number, as far as they are given in full.
    pub fn person(&self) -> (Option<&str>, Option<NaiveDate>, Option<&str>) {
        let sex = self.value(&["性别"]).filter(|sex| ["男", "女"].contains(sex));
        let birth = self
            .value(&["出生日期"])
            .and_then(|text| dates(text).into_iter().next());
        let number = self.value(&["证件号码"]);
        (sex, birth, number.filter(|n| n.len() == 18 && !n.contains('*')))
    }

    /// 在线验证码: what the code's address names, or what is printed.
    pub fn code(&self) -> Option<String> {
        let after = |mark: &str| {
            let (_, rest) = self.text.split_once(mark)?;
            let code: String = rest
                .trim_start_matches(':')
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            (12..=20).contains(&code.len()).then(|| code.to_ascii_uppercase())
        };
        after("在线验证码")
            .or_else(|| after("验证码"))
            .or_else(|| after("vcode="))
    }

    /// When it was made, and until when it can be verified, as far as it says.
    fn period(&self) -> (Option<NaiveDate>, Option<NaiveDate>) {
        let mut made = ["更新日期", "生成日期", "报告日期", "申请日期"]
            .iter()
            .find_map(|label| self.after(label).into_iter().next());
        let mut until = None;
        for (at, _) in self.text.match_indices("有效期") {
            let rest = &self.text[at + "有效期".len()..];
            let rest = rest.trim_start_matches(['至', '到', '为', '是', ':', '限', '截', '止']);
            let days = dates(&head(rest, 40));
            if rest.starts_with(|c: char| c.is_ascii_digit()) && !days.is_empty() {
                until = days.iter().max().copied();
                if days.len() > 1 {
                    made = made.or(days.iter().min().copied());
                }
            } else if let (Some(length), Some(made)) = (length(rest), made) {
                until = until.or(length.after(made));
            }
        }
        (made, until)
    }

    fn after(&self, label: &str) -> Vec<NaiveDate> {
        self.text.split_once(label).map_or(Vec::new(), |(_, rest)| {
            dates(&head(rest.trim_start_matches(':'), 14))
        })
    }

    /// R-16, "要求有效期为6个月以上": judged at the moment of submission (ADR 0016).
    pub fn validity(&self, at: Time) -> Validity {
        let today = at.date();
        let (made, until) = self.period();
        let Some(until) = until else {
            return Validity::NotStated;
        };
        if until < today {
            return Validity::Ended(until);
        }
        let long = |from: NaiveDate| {
            from.checked_add_days(Days::new(SIX_MONTHS_DAYS))
                .is_some_and(|six| until >= six)
        };
        match made {
            _ if long(today) => Validity::Long(until),
            Some(made) if long(made) => Validity::Long(until),
            Some(_) => Validity::Short(until),
            // It may have been longer when it was made; the paper does not say.
            None => Validity::StartUnknown(until),
        }
    }
}

/// How long a report is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// Six months or more, and not ended.
    Long(NaiveDate),
    /// For less than six months.
    Short(NaiveDate),
    /// Ended before the submission.
    Ended(NaiveDate),
    /// Ends within six months; when it began is not said.
    StartUnknown(NaiveDate),
    /// The report does not say.
    NotStated,
}

/// The name of another paper of 学信网 that was taken for the report; a common mistake.
pub fn other_paper(text: &str) -> Option<&'static str> {
    let squeezed = squeeze(text);
    [
        "学历证书电子注册备案表",
        "学历认证报告",
        "高等学校学生学籍电子注册",
        "录取通知书",
        "成绩单",
    ]
    .into_iter()
    .find(|name| squeezed.contains(name))
}

/// The verification code that a report's QR code names: `https://www.chsi.com.cn/xlcx/bg.do?vcode=…`. `None` for any
/// other text; the code is empty when the address is 学信网's without one.
pub fn code_of(address: &str) -> Option<String> {
    let address = url::Url::parse(address.trim()).ok()?;
    let host = address.host_str()?;
    let ours = host == HOST || host.ends_with(&format!(".{HOST}"));
    let code = address
        .query_pairs()
        .find(|(name, _)| name == "vcode")
        .map(|(_, code)| code.to_ascii_uppercase());
    ours.then(|| code.unwrap_or_default())
}

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

fn same_spelling(text: &str) -> String {
    text.chars()
        .map(plain)
        .filter(|c| !c.is_whitespace() && !matches!(c, '·' | '•' | '・' | '.' | '。' | '-'))
        .flat_map(char::to_uppercase)
        .collect()
}

/// Full-width signs as their plain ones.
fn plain(c: char) -> char {
    match c {
        '：' => ':',
        '（' => '(',
        '）' => ')',
        '\u{3000}' | '\u{a0}' => ' ',
        _ => plain_digit(c).unwrap_or(c),
    }
}

fn squeeze(text: &str) -> String {
    text.chars()
        .map(plain)
        .filter(|c| !c.is_whitespace() && !matches!(c, '\u{200b}' | '\u{feff}'))
        .collect()
}

fn head(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

/// Cell by cell: a label alone or followed by a colon, then its value up to the next label.
fn values(text: &str) -> BTreeMap<&'static str, String> {
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
fn dates(text: &str) -> Vec<NaiveDate> {
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

enum Length {
    Months(u32),
    Days(u64),
}

impl Length {
    fn after(&self, from: NaiveDate) -> Option<NaiveDate> {
        match self {
            Length::Months(months) => from.checked_add_months(chrono::Months::new(*months)),
            Length::Days(days) => from.checked_add_days(Days::new(*days)),
        }
    }
}

/// "6个月", "180天"; not "1~6个月", which is the footnote's range.
fn length(text: &str) -> Option<Length> {
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

#[cfg(test)]
mod tests;
