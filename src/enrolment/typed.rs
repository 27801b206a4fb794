//! A program as it is typed on a page, or stands in a row of a table, and its check: everything wrong is told at once.

use super::program::{self, RefundRules};
use super::{Intake, Level, Program, ProgramState, StudyForm};
use crate::app::App;
use crate::kernel::{Fen, Time, text};
use crate::union::Union;
use chrono::NaiveDate;

/// A program as it is typed, or stands in a row of a table. The names are those of [`FIELDS`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names in `FIELDS` say what each is")]
pub struct Typed {
    pub code: String,
    pub institution: String,
    pub provider: String,
    pub level: String,
    pub form: String,
    pub major: String,
    pub months: String,
    pub fee: String,
    pub terms: String,
    pub place: String,
    pub distance: String,
    pub entries: String,
    pub seats: String,
    pub refunds: String,
    pub about: String,
}

/// Field, its heading in a table, whether it must be filled.
pub const FIELDS: &[(&str, &str, bool)] = &[
    ("code", "项目编号", true),
    ("institution", "院校", true),
    ("provider", "服务机构", true),
    ("level", "学历层次", true),
    ("form", "学习形式", true),
    ("major", "专业", true),
    ("months", "学制（月）", true),
    ("fee", "学费（元）", true),
    ("terms", "分期（元）", false),
    ("place", "上课地点", true),
    ("distance", "是否远程", false),
    ("entries", "入学时间", true),
    ("seats", "名额", true),
    ("refunds", "退费规则", true),
    ("about", "说明", false),
];

impl Typed {
    /// A field by its name.
    pub fn get_mut(&mut self, field: &str) -> Option<&mut String> {
        Some(match field {
            "code" => &mut self.code,
            "institution" => &mut self.institution,
            "provider" => &mut self.provider,
            "level" => &mut self.level,
            "form" => &mut self.form,
            "major" => &mut self.major,
            "months" => &mut self.months,
            "fee" => &mut self.fee,
            "terms" => &mut self.terms,
            "place" => &mut self.place,
            "distance" => &mut self.distance,
            "entries" => &mut self.entries,
            "seats" => &mut self.seats,
            "refunds" => &mut self.refunds,
            "about" => &mut self.about,
            _ => return None,
        })
    }

    /// As a program that stands would be typed.
    pub fn of(program: &Program) -> Self {
        let yuan = |fen: &Fen| fen.plain();
        let join = |parts: Vec<String>| parts.join(";");
        Typed {
            code: program.code.clone(),
            institution: program.institution.clone(),
            provider: program.provider.1.clone(),
            level: program.level.to_string(),
            form: program.form.to_string(),
            major: program.major.clone(),
            months: program.months.to_string(),
            fee: yuan(&program.fee),
            terms: if program.terms.len() > 1 {
                join(program.terms.iter().map(yuan).collect())
            } else {
                String::new()
            },
            place: program.place.clone(),
            distance: if program.distance { "是" } else { "否" }.to_owned(),
            entries: join(program.intakes.iter().map(|i| i.entry.to_string()).collect()),
            seats: join(program.intakes.iter().map(|i| i.seats.to_string()).collect()),
            refunds: program.refunds.text(),
            about: program.about.clone(),
        }
    }
}

/// What is wrong, by field, in words.
pub type Problems = Vec<(&'static str, String)>;

/// Checks a typed program; everything that is wrong is told at once. Id, state and version are a new program's.
pub fn check(app: &App, typed: &Typed, providers: &[Union]) -> Result<Program, Problems> {
    let mut problems = Problems::new();
    let mut line = |field: &'static str, value: &str, min, max| {
        let line = text::line(value, min, max).map_err(|refusal| refusal.text());
        line.map_err(|problem| problems.push((field, problem))).ok()
    };
    let code = line("code", &typed.code, 1, 30);
    let institution = line("institution", &typed.institution, 2, 40);
    let provider_name = line("provider", &typed.provider, 2, 40);
    let major = line("major", &typed.major, 2, 40);
    let place = line("place", &typed.place, 2, 60);
    let about = match typed.about.trim() {
        "" => Some(String::new()),
        about => line("about", about, 1, 500),
    };
    let mut take = |field, result: Result<_, String>| keep(&mut problems, field, result);
    let months = take("months", number(&typed.months, 1, 120, "学制为 1 至 120 个月"));
    let fee =
        program::yuan(&text::plain(&typed.fee)).filter(|fee| fee.0 > 0 && *fee <= super::search::FEE_MAX);
    let fee = take(
        "fee",
        fee.map(|fee| fee.0)
            .ok_or_else(|| "学费应为大于 0 的金额（元），最多两位小数".to_owned()),
    );
    let level = Level::read(&text::clean(&typed.level));
    let level = keep(
        &mut problems,
        "level",
        level.ok_or_else(|| words("学历层次", Level::ALL.iter().map(|l| l.as_str()))),
    );
    let form = StudyForm::parse(&text::clean(&typed.form));
    let form = keep(
        &mut problems,
        "form",
        form.ok_or_else(|| words("学习形式", StudyForm::ALL.iter().map(|f| f.as_str()))),
    );
    let terms = match fee {
        Some(fee) => keep(&mut problems, "terms", program::terms(&typed.terms, Fen(fee))),
        None => None,
    };
    let distance = keep(&mut problems, "distance", yes_no(&typed.distance));
    let refunds = keep(&mut problems, "refunds", RefundRules::parse(&typed.refunds));
    let intakes = intakes(app, typed, &mut problems);
    let provider = provider_name.and_then(|name| {
        let found = providers
            .iter()
            .find(|p| p.name == name)
            .map(|p| (p.id.clone(), p.name.clone()));
        keep(
            &mut problems,
            "provider",
            found.ok_or_else(|| format!("服务机构“{name}”还没有登记")),
        )
    });
    let program = (|| {
        Some(Program {
            id: String::new(),
            code: code?,
            institution: institution?,
            provider: provider?,
            level: level?,
            form: form?,
            major: major?,
            months: months?,
            fee: Fen(fee?),
            terms: terms?,
            place: place?,
            distance: distance?,
            refunds: refunds?,
            about: about?,
            state: ProgramState::Open,
            sample: false,
            version: 0,
            intakes: intakes?,
        })
    })();
    program.ok_or(problems)
}

fn keep<T>(problems: &mut Problems, field: &'static str, result: Result<T, String>) -> Option<T> {
    result.map_err(|problem| problems.push((field, problem))).ok()
}

fn words<'a>(what: &str, list: impl Iterator<Item = &'a str>) -> String {
    format!("{what}应为：{}", list.collect::<Vec<_>>().join("、"))
}

fn number(typed: &str, least: i64, most: i64, problem: &str) -> Result<i64, String> {
    let number = text::plain(typed).parse().ok();
    number
        .filter(|n| (least..=most).contains(n))
        .ok_or_else(|| problem.to_owned())
}

fn yes_no(typed: &str) -> Result<bool, String> {
    match text::clean(typed).as_str() {
        "是" | "yes" | "on" | "1" => Ok(true),
        "" | "否" | "no" | "0" => Ok(false),
        _ => Err("是否远程应为“是”或“否”".to_owned()),
    }
}

/// "2027-03-01;2027-09-01" with "40;60", or one number of seats for each date.
fn intakes(app: &App, typed: &Typed, problems: &mut Problems) -> Option<Vec<Intake>> {
    let parts = |text: &str| -> Vec<String> {
        let plain = text::plain(text);
        plain
            .split([';', '；', '、'])
            .map(|p| p.trim().to_owned())
            .filter(|p| !p.is_empty())
            .collect()
    };
    let dates: Option<Vec<NaiveDate>> = parts(&typed.entries).iter().map(|p| date(p)).collect();
    let dates = keep(
        problems,
        "entries",
        dates
            .filter(|d| !d.is_empty() && d.len() <= 12)
            .ok_or_else(|| "入学时间应为日期，如 2027-03-01，多个用分号隔开".to_owned()),
    );
    let seats: Option<Vec<i64>> = parts(&typed.seats)
        .iter()
        .map(|p| p.parse().ok().filter(|n| (0..=100_000).contains(n)))
        .collect();
    let seats = keep(
        problems,
        "seats",
        seats
            .filter(|s| !s.is_empty())
            .ok_or_else(|| "名额应为整数，多个用分号隔开".to_owned()),
    );
    let (dates, mut seats) = (dates?, seats?);
    if seats.len() == 1 {
        seats.resize(dates.len(), seats[0]);
    }
    if seats.len() != dates.len() {
        problems.push((
            "seats",
            format!("有 {} 个入学时间，名额应有同样多个", dates.len()),
        ));
        return None;
    }
    let mut intakes: Vec<Intake> = dates
        .into_iter()
        .zip(seats)
        .map(|(entry, seats)| Intake {
            id: app.id(),
            entry,
            until: program::enrol_until(entry),
            seats,
            taken: 0,
        })
        .collect();
    intakes.sort_by_key(|intake| intake.entry);
    if intakes.windows(2).any(|two| two[0].entry == two[1].entry) {
        problems.push(("entries", "入学时间重复".to_owned()));
        return None;
    }
    Some(intakes)
}

fn date(text: &str) -> Option<NaiveDate> {
    let text = text
        .split(' ')
        .next()
        .unwrap_or_default()
        .replace(['/', '.', '年', '月'], "-")
        .replace('日', "");
    let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok();
    date.filter(|d| *d >= Time(0).date())
}
