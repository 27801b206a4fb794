//! A program as the catalogue holds it, and the pure rules of its money: instalments by term, what is given back when.

use super::{Level, ProgramState, StudyForm};
use crate::kernel::{Fen, Time};
use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// A program (招生专业) of an institution, offered by a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Id.
    pub id: String,
    /// 项目编号.
    pub code: String,
    /// 院校.
    pub institution: String,
    /// The provider's id and name (服务机构).
    pub provider: (String, String),
    /// 学历层次.
    pub level: Level,
    /// 学习形式.
    pub form: StudyForm,
    /// 专业.
    pub major: String,
    /// 学制 in months.
    pub months: i64,
    /// The whole tuition.
    pub fee: Fen,
    /// The instalments, one a term; their sum is the fee.
    pub terms: Vec<Fen>,
    /// Where is taught.
    pub place: String,
    /// Whether it is distance learning.
    pub distance: bool,
    /// Withdrawal and refund.
    pub refunds: RefundRules,
    /// More words about it.
    pub about: String,
    /// Whether it is open.
    pub state: ProgramState,
    /// 示例数据.
    pub sample: bool,
    /// Counts its changes.
    pub version: i64,
    /// Its entry dates with their seats, the earliest first.
    pub intakes: Vec<Intake>,
}

/// One entry date with its seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    /// Id.
    pub id: String,
    /// 入学时间.
    pub entry: NaiveDate,
    /// Until when one can enrol: the end of the day before.
    pub until: Time,
    /// 名额.
    pub seats: i64,
    /// How many are held or paid.
    pub taken: i64,
}

impl Intake {
    /// Seats that are free.
    pub fn left(&self) -> i64 {
        (self.seats - self.taken).max(0)
    }

    /// Whether one can still enrol, seats aside.
    pub fn is_open(&self, now: Time) -> bool {
        now <= self.until
    }
}

impl Program {
    /// "机电一体化技术（大专）".
    pub fn title(&self) -> String {
        format!("{}（{}）", self.major, self.level)
    }

    /// "2 年 6 个月".
    pub fn length(&self) -> String {
        length(self.months)
    }

    /// The next entry date that can be enrolled in, one with seats first.
    pub fn next_intake(&self, now: Time) -> Option<&Intake> {
        let open = || self.intakes.iter().filter(|intake| intake.is_open(now));
        open().find(|intake| intake.left() > 0).or_else(|| open().next())
    }
}

/// Months in words.
pub fn length(months: i64) -> String {
    match (months / 12, months % 12) {
        (0, m) => format!("{m} 个月"),
        (y, 0) => format!("{y} 年"),
        (y, m) => format!("{y} 年 {m} 个月"),
    }
}

/// When an entry date closes: the last millisecond of the day before [ours].
pub fn enrol_until(entry: NaiveDate) -> Time {
    Time(Time::start_of(entry).0 - 1)
}

/// When the n-th instalment is due: at entry, then every half year [ours].
pub fn due(entry: NaiveDate, term: i64) -> NaiveDate {
    let months = u32::try_from((term - 1).max(0) * 6).unwrap_or(0);
    entry.checked_add_months(Months::new(months)).unwrap_or(entry)
}

/// What is given back of what was paid, by the days left until entry; after the last line nothing by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRules {
    /// (days before entry at least, percent given back), most days first.
    pub steps: Vec<(i64, i64)>,
}

impl RefundRules {
    /// Reads "30:100;7:80;0:50": at least 30 days before entry everything, at least 7 days 80 %, before entry half.
    ///
    /// Errors: words for the person who made the table.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        for part in crate::kernel::text::plain(text)
            .split([';', '；', ','])
            .filter(|p| !p.trim().is_empty())
        {
            let numbers = part.split_once(':');
            let step = numbers.and_then(|(days, percent)| {
                let percent = percent.trim().trim_end_matches('%');
                Some((days.trim().parse::<i64>().ok()?, percent.parse::<i64>().ok()?))
            });
            match step {
                Some((days @ 0..=365, percent @ 0..=100)) => steps.push((days, percent)),
                _ => return Err(format!("退费规则“{part}”应写成“天数:百分比”，如 30:100")),
            }
        }
        if steps.is_empty() {
            return Err("退费规则为空，如 30:100;7:80;0:50".to_owned());
        }
        steps.sort_by_key(|step| -step.0);
        let falls = steps
            .windows(2)
            .all(|two| two[0].0 > two[1].0 && two[0].1 >= two[1].1);
        if falls {
            Ok(RefundRules { steps })
        } else {
            Err("退费规则的天数不能重复，离入学越近退得越少".to_owned())
        }
    }

    /// As [`RefundRules::parse`] reads it.
    pub fn text(&self) -> String {
        let steps: Vec<String> = self
            .steps
            .iter()
            .map(|(days, percent)| format!("{days}:{percent}"))
            .collect();
        steps.join(";")
    }

    /// The percent given back when it is asked for `now`.
    pub fn percent(&self, entry: NaiveDate, now: Time) -> i64 {
        let days = (entry - now.date()).num_days();
        self.steps
            .iter()
            .find(|(least, _)| days >= *least && days >= 0)
            .map_or(0, |(_, percent)| *percent)
    }

    /// What is given back of an amount, rounded down to a fen.
    pub fn of(&self, paid: Fen, entry: NaiveDate, now: Time) -> Fen {
        Fen(paid.0 * self.percent(entry, now) / 100)
    }

    /// The rules in sentences for the worker, with the dates of this entry.
    pub fn words(&self, entry: NaiveDate) -> Vec<String> {
        let mut words = Vec::with_capacity(self.steps.len() + 1);
        for (days, percent) in &self.steps {
            let last = entry
                .checked_sub_days(chrono::Days::new((*days).unsigned_abs()))
                .unwrap_or(entry);
            let until = Time::start_of(last).day_text();
            words.push(match percent {
                100 => format!("{until}（含）前退学，全额退还已缴学费"),
                0 => format!("{until}（含）前退学，不退费"),
                _ => format!("{until}（含）前退学，退还已缴学费的 {percent}%"),
            });
        }
        words.push("此后退学，已缴学费不自动退还，请与服务机构协商或拨打 4000123318 转 0".to_owned());
        words
    }
}

/// Reads instalments in yuan, "2000;2000;1500"; blank is the whole fee at once.
///
/// Errors: words for the person who made the table.
pub fn terms(text: &str, fee: Fen) -> Result<Vec<Fen>, String> {
    let plain = crate::kernel::text::plain(text);
    let parts = plain
        .split([';', '；'])
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let terms: Result<Vec<Fen>, String> = parts
        .map(|part| yuan(part).ok_or(format!("分期金额“{part}”不是金额")))
        .collect();
    let terms = terms?;
    match terms.iter().map(|fen| fen.0).sum::<i64>() {
        _ if terms.is_empty() => Ok(vec![fee]),
        _ if terms.len() > 12 => Err("分期不能超过 12 期".to_owned()),
        _ if terms.iter().any(|fen| fen.0 <= 0) => Err("每期金额须大于 0".to_owned()),
        sum if sum != fee.0 => Err(format!("分期合计 {} 与学费 {fee} 不等", Fen(sum))),
        _ => Ok(terms),
    }
}

/// Yuan with at most two decimals as fen, without floating point.
pub fn yuan(text: &str) -> Option<Fen> {
    let text = text.trim().trim_end_matches('元').trim().replace(',', "");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || !digits(whole) || part.len() > 2 || !digits(part) {
        return None;
    }
    let fen: i64 = format!("{part:0<2}").parse().ok()?;
    Some(Fen(whole.parse::<i64>().ok()? * 100 + fen))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// what is given back depends on the days to entry alone, and never exceeds what was paid.
    #[test]
    fn refunds_fall_as_entry_comes_near() {
        let rules = RefundRules::parse("7:80；30：100;0:50%").unwrap();
        assert_eq!(rules.text(), "30:100;7:80;0:50");
        let entry = day("2027-03-01");
        let at = |y, m, d| rules.percent(entry, Time::shanghai(y, m, d, 23, 59, 59));
        assert_eq!(
            [
                at(2027, 1, 30),
                at(2027, 1, 31),
                at(2027, 2, 22),
                at(2027, 2, 23),
                at(2027, 3, 1),
                at(2027, 3, 2)
            ],
            [100, 80, 80, 50, 50, 0]
        );
        assert_eq!(
            rules.of(Fen(999), entry, Time::shanghai(2027, 2, 20, 9, 0, 0)),
            Fen(799)
        );
        let words = rules.words(entry);
        assert!(
            words[0].starts_with("2027年1月30日（含）前退学，全额"),
            "{words:?}"
        );
        assert!(words[3].contains("4000123318"));
    }

    #[test]
    fn wrong_rules_are_told() {
        for bad in [
            "",
            "30",
            "30:101",
            "-1:5",
            "30:50;7:80",
            "7:80;7:50",
            "半个月:100",
        ] {
            assert!(RefundRules::parse(bad).is_err(), "{bad}");
        }
    }

    /// Instalments add up to the fee, to the fen.
    #[test]
    fn instalments_add_up() {
        assert_eq!(terms("", Fen::yuan(5500)).unwrap(), [Fen::yuan(5500)]);
        let three = terms("2000；2000;1500.50", Fen(550_050)).unwrap();
        assert_eq!(three, [Fen::yuan(2000), Fen::yuan(2000), Fen(150_050)]);
        assert!(
            terms("2000;2000", Fen::yuan(5500))
                .unwrap_err()
                .contains("4000 元 与学费 5500 元")
        );
        assert!(terms("0;5500", Fen::yuan(5500)).is_err());
        for (text, fen) in [("0.1", 10), ("1,200", 120_000), ("99.05 元", 9905)] {
            assert_eq!(yuan(text), Some(Fen(fen)), "{text}");
        }
        for bad in ["", "-1", "1.234", "1e3", "一千", "9999999999"] {
            assert_eq!(yuan(bad), None, "{bad}");
        }
    }

    #[test]
    fn terms_are_half_years() {
        assert_eq!(due(day("2027-03-01"), 1), day("2027-03-01"));
        assert_eq!(due(day("2027-08-31"), 2), day("2028-02-29"));
        assert_eq!(length(30), "2 年 6 个月");
        assert_eq!(
            enrol_until(day("2027-03-01")).deadline_text(),
            "2027年2月28日 24:00"
        );
    }
}
