//! The people of a rehearsal: none of them exists, all of them pass the checks.

use super::dice::Dice;
use super::plan::Planned;
use crate::application::DocumentKind;
use crate::kernel::{bank_card, id_number};
use anyhow::Context as _;
use chrono::{Days, NaiveDate};
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use std::collections::BTreeMap;
use std::io::Cursor;

/// Between the people of two rehearsals on one database.
pub const APART: usize = 1_000_000;
/// How many rehearsals a database can hold: then phones run out.
pub const RUNS: usize = 90;

/// Areas of Jinan, and as many that are not.
const JINAN: [&str; 10] = [
    "370102", "370103", "370104", "370105", "370112", "370113", "370114", "370115", "370116", "370117",
];
const YANTAI: [&str; 10] = [
    "370602", "370611", "370612", "370613", "370614", "370634", "370681", "370682", "370683", "370685",
];
/// Birth dates in use, from 1965-01-01.
const DAYS: usize = 13_500;

const FAMILY: [&str; 12] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙",
];
const GIVEN: [&str; 12] = [
    "建国", "秀英", "志强", "丽娟", "海燕", "国庆", "晓明", "桂兰", "文博", "雅琴", "立军", "玉梅",
];
const LEVELS: [&str; 3] = ["大专", "本科", "硕士"];

/// The phone of the n-th worker.
pub fn phone(n: usize) -> String {
    format!("136{:08}", n % 100_000_000)
}

/// The phone of the n-th officer.
pub fn officer_phone(n: usize) -> String {
    format!("139{:08}", n % 100_000_000)
}

/// The address that somebody comes from, for the throttles: everybody has their own.
pub fn address(n: usize) -> String {
    format!("10.{}.{}.{}", n / 65_536 % 256, n / 256 % 256, n % 256)
}

/// An ID number, different for every n below 50 million; odd people are men.
pub fn id_number(n: usize, from_afar: bool) -> String {
    let area = if from_afar { YANTAI[n % 10] } else { JINAN[n % 10] };
    let day = NaiveDate::from_ymd_opt(1965, 1, 1)
        .and_then(|d| d.checked_add_days(Days::new((n / 10 % DAYS) as u64)));
    let born = day.map_or_else(String::new, |day| day.format("%Y%m%d").to_string());
    let order = (n / 10 / DAYS % 499) * 2 + usize::from(is_man(n));
    let body = format!("{area}{born}{order:03}");
    let check = id_number::check_digit(body.as_bytes()) as char;
    format!("{body}{check}")
}

fn is_man(n: usize) -> bool {
    n / 3 % 2 == 1
}

/// An ICBC card, different for every n.
pub fn card(n: usize) -> String {
    let body = format!("622202{n:012}");
    let check = (0..10).find(|digit| bank_card::luhn(&format!("{body}{digit}")));
    format!("{body}{}", check.unwrap_or_default())
}

/// A name; several people may have one.
pub fn name(n: usize) -> String {
    format!("{}{}", FAMILY[n % 12], GIVEN[n / 12 % 12])
}

/// The whole form of a worker. `offset` tells the rehearsals of one database apart.
pub fn form(planned: &Planned, offset: usize, year: i32) -> BTreeMap<&'static str, String> {
    let (account, person) = (offset + planned.no, offset + planned.person);
    BTreeMap::from([
        ("name", name(person)),
        ("id_number", id_number(person, planned.from_afar)),
        ("sex", if is_man(person) { "男" } else { "女" }.to_owned()),
        ("phone", phone(account)),
        ("address", format!("济南市历下区文化东路 {} 号", person % 900 + 1)),
        ("card", card(account)),
        ("employer", employer(planned)),
        ("employer_contact", "刘主任".to_owned()),
        (
            "employer_address",
            format!("济南市工业南路 {} 号", planned.unit + 1),
        ),
        ("employer_phone", "0531-85826289".to_owned()),
        ("post", "worker".to_owned()),
        (
            "migrant",
            if planned.no.is_multiple_of(4) { "yes" } else { "no" }.to_owned(),
        ),
        ("entry_date", format!("{year}-03-01")),
        ("level", LEVELS[person % 3].to_owned()),
        ("degree", "no".to_owned()),
        ("institution", "山东开放大学".to_owned()),
        ("major", "机电一体化技术".to_owned()),
    ])
}

/// The employer's name.
pub fn employer(planned: &Planned) -> String {
    format!("济南演练第{}机械有限公司", planned.unit + 1)
}

/// The papers that a worker needs.
pub fn papers(planned: &Planned) -> Vec<DocumentKind> {
    DocumentKind::needed(!planned.from_afar).collect()
}

/// A plain picture of its own, wide enough to be read: no two are the same file or look alike, and the checks find nothing.
pub fn paper(worker: usize, kind: DocumentKind, edition: u64) -> anyhow::Result<Vec<u8>> {
    let kind = DocumentKind::ALL
        .iter()
        .position(|k| *k == kind)
        .unwrap_or_default() as u64;
    let mut dice = Dice::new(((worker as u64) << 16) | (kind << 8) | edition);
    let mut blocks = [0u8; 72];
    blocks.fill_with(|| dice.below(256) as u8);
    let picture = GrayImage::from_fn(810, 32, |x, y| Luma([blocks[(y / 4 * 9 + x / 90) as usize]]));
    let mut out = Cursor::new(Vec::new());
    DynamicImage::ImageLuma8(picture)
        .write_to(&mut out, ImageFormat::Png)
        .context("drawing a paper")?;
    Ok(out.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{BankCard, IdNumber, Phone, Time};
    use std::collections::HashSet;

    /// everybody passes, and no two are taken for one.
    #[test]
    fn everybody_is_somebody_else() {
        let now = Time::shanghai(2026, 5, 5, 0, 0, 0);
        let mut seen = HashSet::new();
        for n in (0..40_000).chain(APART..APART + 2_000) {
            let id = IdNumber::parse(&id_number(n, n % 20 == 0), now).unwrap();
            assert_eq!(id.is_of_jinan(), n % 20 != 0);
            assert_eq!(id.sex().as_str(), if is_man(n) { "男" } else { "女" });
            assert!(seen.insert(id.as_str().to_owned()), "{n}");
            assert!(seen.insert(BankCard::parse_icbc(&card(n)).unwrap().digits().to_owned()));
            assert!(seen.insert(Phone::parse(&phone(n), &[]).unwrap().digits().to_owned()));
        }
    }

    /// the machine must not find the papers of two people alike.
    #[test]
    fn papers_differ() {
        let mut seen = HashSet::new();
        for worker in 0..50 {
            for kind in DocumentKind::ALL {
                for edition in 0..2 {
                    let bytes = paper(worker, *kind, edition).unwrap();
                    assert!(bytes.len() < 2_000, "{}", bytes.len());
                    assert!(seen.insert(bytes));
                }
            }
        }
        assert_eq!(
            paper(1, DocumentKind::Receipt, 0).unwrap(),
            paper(1, DocumentKind::Receipt, 0).unwrap()
        );
    }
}
