//! 教育部学籍在线验证报告: what its text says, and how long it can be verified on line. Nothing is ever fetched
//! from 学信网: the code on the paper is only compared with the code in the text.

mod text;

pub use text::{Alike, alike};

use crate::application::Level;
use crate::kernel::Time;
use chrono::{Days, NaiveDate};
use std::collections::BTreeMap;
use text::{LABELS, dates, head, length, plain, same_spelling, squeeze, values};

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

#[cfg(test)]
mod tests;
