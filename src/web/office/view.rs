//! How things are said on the officers' pages.

use crate::application::documents::Document;
use crate::application::form::{self, FIELDS};
use crate::application::{DocumentKind, FormText, Post, State};
use crate::kernel::time::DAY;
use crate::kernel::{Time, text};
use crate::notice::Delivery;
use crate::papers::{Check, Outcome, Reason};
use crate::union::Officer;
use chrono::{Datelike as _, NaiveDate};

/// "审核员、管理员".
pub fn roles(officer: &Officer) -> String {
    let labels: Vec<&str> = officer.roles.iter().map(|role| role.label()).collect();
    labels.join("、")
}

/// The browser in words, for the list of one's sessions: "Windows · Edge".
pub fn device(user_agent: &str) -> String {
    let first = |known: &[(&str, &'static str)]| {
        let found = known.iter().find(|(sign, _)| user_agent.contains(sign));
        found.map(|(_, name)| *name)
    };
    let system = first(&[
        ("Windows", "Windows"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("HarmonyOS", "鸿蒙"),
        ("Android", "安卓"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    let browser = first(&[
        ("MicroMessenger", "微信"),
        ("Edg/", "Edge"),
        ("Firefox/", "Firefox"),
        ("QQBrowser", "QQ 浏览器"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    match (system, browser) {
        (Some(system), Some(browser)) => format!("{system} · {browser}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "其他设备".to_owned(),
    }
}

/// Words with a colour: `ok`, `warn`, `bad`, `on`, or none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tag {
    /// Words.
    pub text: String,
    /// Colour.
    pub tone: &'static str,
}

/// Days left until a deadline, counted by the calendar.
pub fn days_left(until: Time, now: Time) -> Tag {
    let days = (until.date() - now.date()).num_days();
    let (text, tone) = match days {
        _ if now > until => ("已截止".to_owned(), "bad"),
        0 => ("今天截止".to_owned(), "bad"),
        1..=3 => (format!("剩 {days} 天"), "warn"),
        _ => (format!("剩 {days} 天"), ""),
    };
    Tag { text, tone }
}

/// The colour of where a message stands.
pub fn tone(state: Delivery) -> &'static str {
    match state {
        Delivery::Delivered => "ok",
        Delivery::Queued | Delivery::Sending | Delivery::Sent => "",
        Delivery::Unknown => "warn",
        Delivery::Refused | Delivery::Failed => "bad",
    }
}

/// How long something has been waiting: "3 天", "5 小时".
pub fn waited(since: Time, now: Time) -> String {
    let hours = (now.0 - since.0).max(0) / (DAY / 24);
    match hours {
        0 => "不到 1 小时".to_owned(),
        1..=47 => format!("{hours} 小时"),
        _ => format!("{} 天", hours / 24),
    }
}

/// A state with its colour.
pub fn state(state: State) -> Tag {
    let tone = match state {
        State::InReview => "on",
        State::Returned | State::Waitlisted | State::Recalled | State::RecalledWaiting => "warn",
        State::Approved => "ok",
        State::Rejected | State::Expired => "bad",
        State::Draft | State::Withdrawn => "",
    };
    Tag {
        text: state.label().to_owned(),
        tone,
    }
}

/// A field of the form as it is read: in parts, so that long numbers are grouped for the eye but copied whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The field's name.
    pub label: &'static str,
    /// Its value's parts.
    pub parts: Vec<String>,
}

/// A part of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its heading.
    pub title: &'static str,
    /// Its fields.
    pub rows: Vec<Row>,
}

/// The first field of each part of the form.
const GROUPS: [(&str, &str); 3] = [
    ("基本信息", "name"),
    ("单位信息", "employer"),
    ("学历信息", "entry_date"),
];

/// The form by its parts.
pub fn groups(form: &FormText) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (field, _) in FIELDS {
        if let Some((title, _)) = GROUPS.iter().find(|(_, first)| first == field) {
            groups.push(Group {
                title,
                rows: Vec::new(),
            });
        }
        if let (Some(group), Some(row)) = (groups.last_mut(), row(form, field)) {
            group.rows.push(row);
        }
    }
    groups
}

fn row(form: &FormText, field: &str) -> Option<Row> {
    Some(Row {
        label: form::label(field)?,
        parts: parts(field, form.get(field)),
    })
}

fn parts(field: &str, value: &str) -> Vec<String> {
    let one = |text: &str| vec![text.to_owned()];
    match (field, value) {
        (_, "") => one("（未填）"),
        ("post", value) => one(Post::parse(value).map(Post::label).unwrap_or(value)),
        ("migrant", "yes") => one("是"),
        ("migrant", "no") => one("否"),
        ("degree", "yes") => one("有"),
        ("degree", "no") => one("无"),
        ("entry_date", value) => {
            let date = NaiveDate::parse_from_str(value, "%Y-%m-%d");
            vec![date.map_or(value.to_owned(), |d| {
                format!("{}年{}月{}日", d.year(), d.month(), d.day())
            })]
        }
        ("id_number", value) => grouped(value, &[6, 8, 4]),
        ("phone", value) => grouped(value, &[3, 4, 4]),
        ("card", value) => grouped(value, &[4, 4, 4, 4, 4]),
        (_, value) => one(value),
    }
}

fn grouped(value: &str, sizes: &[usize]) -> Vec<String> {
    let mut rest = value.chars();
    let mut parts: Vec<String> = sizes.iter().map(|n| rest.by_ref().take(*n).collect()).collect();
    parts.push(rest.collect());
    parts.retain(|part| !part.is_empty());
    parts
}

/// A paper on the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// Its kind's stable name.
    pub kind: &'static str,
    /// What it is.
    pub label: &'static str,
    /// The same in a few characters.
    pub short: &'static str,
    /// Where the file is.
    pub href: String,
    /// Whether it is shown as a picture; else it is a PDF.
    pub picture: bool,
    /// Size and time of upload.
    pub about: String,
    /// of an older version of the form.
    pub out_of_date: bool,
    /// What it has to agree with.
    pub compare: Vec<Row>,
    /// What the machine found in it.
    pub checks: Vec<CheckLine>,
    /// The worst of their colours.
    pub worst: &'static str,
}

fn short(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::StampedForm => "盖章申请表",
        DocumentKind::Receipt => "缴费凭证",
        DocumentKind::ChsiReport => "学籍报告",
        DocumentKind::IdFront => "身份证人像",
        DocumentKind::IdBack => "身份证国徽",
        DocumentKind::ResidencePermit => "居住证",
        DocumentKind::BankCard => "银行卡",
    }
}

/// The fields of the form that can be read on a paper.
fn on_paper(kind: DocumentKind) -> &'static [&'static str] {
    match kind {
        DocumentKind::StampedForm => &["name", "id_number", "employer", "card"],
        DocumentKind::Receipt => &["name", "institution"],
        DocumentKind::ChsiReport => &["name", "institution", "major", "level", "entry_date"],
        DocumentKind::IdFront => &["name", "sex", "id_number"],
        DocumentKind::IdBack => &[],
        DocumentKind::ResidencePermit => &["name", "id_number"],
        DocumentKind::BankCard => &["card"],
    }
}

/// The papers in the order of the source's list.
pub fn papers(
    application: &crate::application::Application,
    form: &FormText,
    of: &[Document],
    found: &[Check],
) -> Vec<Paper> {
    let in_order = DocumentKind::ALL
        .iter()
        .filter_map(|kind| of.iter().find(|d| d.kind == *kind));
    in_order
        .map(|document| {
            let about = found.iter().filter(|check| check.paper == Some(document.kind));
            (document, lines(about, false))
        })
        .map(|(document, checks)| Paper {
            kind: document.kind.as_str(),
            label: document.kind.label(),
            short: short(document.kind),
            href: format!(
                "/office/applications/{}/documents/{}",
                application.id, document.id
            ),
            picture: document.media.is_picture(),
            about: format!(
                "{} · {} 上传",
                text::size(document.bytes),
                document.uploaded_at.short_text()
            ),
            out_of_date: document.out_of_date(application),
            compare: on_paper(document.kind)
                .iter()
                .filter_map(|field| row(form, field))
                .collect(),
            worst: checks.first().map_or("ok", |check| check.tone),
            checks,
        })
        .collect()
}

/// A check as it is shown: colour, sign, words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckLine {
    /// What is checked.
    pub label: String,
    /// Colour.
    pub tone: &'static str,
    /// "通过", "不符", "请人工核对".
    pub verdict: &'static str,
    /// Why.
    pub reason: String,
    /// Another application that it speaks of, inside the officer's subtree.
    pub link: Option<String>,
}

/// Several checks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckLines(pub Vec<CheckLine>);

impl CheckLines {
    /// How many passed.
    pub fn passed(&self) -> usize {
        self.0.iter().filter(|line| line.tone == "ok").count()
    }
}

/// The checks; what needs a person's eye first.
pub fn checks(checks: &[Check]) -> CheckLines {
    CheckLines(lines(checks.iter(), true))
}

/// `named`: each with its paper's name, for a list of all.
fn lines<'a>(checks: impl Iterator<Item = &'a Check>, named: bool) -> Vec<CheckLine> {
    let mut lines: Vec<CheckLine> = checks.map(|check| line(check, named)).collect();
    lines.sort_by_key(|line| ["bad", "warn", "ok"].iter().position(|tone| *tone == line.tone));
    lines
}

fn line(check: &Check, named: bool) -> CheckLine {
    let (tone, verdict, reason) = match &check.outcome {
        Outcome::Passed => ("ok", "通过", None),
        Outcome::Failed(why) => ("bad", "不符", Some(why)),
        Outcome::Unclear(why) => ("warn", "请人工核对", Some(why)),
    };
    let other = match reason {
        Some(Reason::Used(_, other) | Reason::CardUsed(other)) => other.seen.as_ref(),
        _ => None,
    };
    let label = check.kind.label();
    CheckLine {
        label: match check.paper {
            // These are asked of every paper alike.
            Some(paper) if named && check.kind.of_any_paper() => format!("{}：{label}", short(paper)),
            _ => label.to_owned(),
        },
        tone,
        verdict,
        reason: reason.map_or(String::new(), Reason::text),
        link: other.map(|(_, id)| format!("/office/applications/{id}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0";
        assert_eq!(device(edge), "Windows · Edge");
        assert_eq!(device("Mozilla/5.0 (iPhone) MicroMessenger/8.0"), "iPhone · 微信");
        assert_eq!(device("curl/8"), "其他设备");
    }

    fn at(month: u32, day: u32, hour: u32) -> Time {
        Time::shanghai(2021, month, day, hour, 0, 0)
    }

    /// the last day counts until its end.
    #[test]
    fn days_left_follow_the_calendar() {
        let until = Time::end_of(at(12, 7, 0).date());
        let text = |now| days_left(until, now).text;
        assert_eq!(text(at(11, 7, 23)), "剩 30 天");
        assert_eq!(
            days_left(until, at(12, 4, 0)),
            Tag {
                text: "剩 3 天".into(),
                tone: "warn"
            }
        );
        assert_eq!(text(at(12, 6, 23)), "剩 1 天");
        assert_eq!(text(at(12, 7, 23)), "今天截止");
        assert_eq!(text(at(12, 8, 0)), "已截止");
    }

    #[test]
    fn waiting_is_told_in_hours_then_days() {
        assert_eq!(waited(at(11, 6, 9), at(11, 6, 9)), "不到 1 小时");
        assert_eq!(waited(at(11, 6, 9), at(11, 7, 10)), "25 小时");
        assert_eq!(waited(at(11, 6, 9), at(11, 9, 8)), "2 天");
    }

    /// Every field of R-13 stands in one of the three parts; long numbers are grouped and lose nothing.
    #[test]
    fn the_form_is_shown_whole() {
        let form = FormText::from_posted([
            ("id_number", "370102199003070024"),
            ("card", "6222021602001234568"),
            ("post", "team_leader"),
            ("degree", "no"),
            ("entry_date", "2021-09-01"),
        ]);
        let groups = groups(&form);
        let titles: Vec<_> = groups.iter().map(|g| g.title).collect();
        assert_eq!(titles, ["基本信息", "单位信息", "学历信息"]);
        let rows: Vec<&Row> = groups.iter().flat_map(|g| &g.rows).collect();
        assert_eq!(rows.len(), FIELDS.len());
        let value = |label: &str| rows.iter().find(|r| r.label == label).map(|r| r.parts.join(" "));
        assert_eq!(value("身份证号").as_deref(), Some("370102 19900307 0024"));
        assert_eq!(
            value("本人工商银行卡号").as_deref(),
            Some("6222 0216 0200 1234 568")
        );
        assert_eq!(value("本人所在单位职务").as_deref(), Some("班组长"));
        assert_eq!(value("学位证书").as_deref(), Some("无"));
        assert_eq!(value("入学时间").as_deref(), Some("2021年9月1日"));
        assert_eq!(value("姓名").as_deref(), Some("（未填）"));
    }
}
