//! The form: as typed, and as checked.

use super::{Level, Post, eligibility};
use crate::kernel::{BankCard, FieldErrors, IdNumber, Phone, Refusal, Sex, Time, text};
use chrono::{Datelike as _, NaiveDate};
use std::collections::BTreeMap;

/// The fields in the order of the page: 基本信息, 单位信息, 学历信息.
pub const FIELDS: &[(&str, &str)] = &[
    ("name", "姓名"),
    ("id_number", "身份证号"),
    ("sex", "性别"),
    ("phone", "联系电话"),
    ("address", "联系地址"),
    ("card", "本人工商银行卡号"),
    ("employer", "工作单位名称"),
    ("employer_contact", "工作单位联系人"),
    ("employer_address", "单位详细地址"),
    ("employer_phone", "工作单位联系电话"),
    ("post", "本人所在单位职务"),
    ("migrant", "是否为农民工"),
    ("entry_date", "入学时间"),
    ("level", "学历层次"),
    ("degree", "学位证书"),
    ("institution", "报读院校"),
    ("major", "报考专业"),
];

/// The name of a field for people.
pub fn label(field: &str) -> Option<&'static str> {
    FIELDS
        .iter()
        .find(|(name, _)| *name == field)
        .map(|(_, label)| *label)
}

/// Longest text kept for one field of a draft, in characters; far above what any field accepts.
const KEPT: usize = 300;

/// The form as typed, wrong or unfinished as it may be: a draft keeps every word.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct FormText(BTreeMap<String, String>);

impl FormText {
    /// Takes the known fields of a posted form; others are dropped.
    pub fn from_posted<'a>(posted: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let known = posted.into_iter().filter(|(name, _)| label(name).is_some());
        FormText(
            known
                .map(|(name, value)| (name.to_owned(), tidy(name, value)))
                .collect(),
        )
    }

    /// What was typed in a field; empty when nothing was.
    pub fn get(&self, field: &str) -> &str {
        self.0.get(field).map_or("", String::as_str)
    }

    /// What was typed in a field, `None` when this text does not speak of it.
    pub fn typed(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    /// What a field says in words: codes become their labels.
    pub fn spoken(&self, field: &str) -> String {
        let pick = |value: &str, yes: &str, no: &str| match value {
            "yes" => yes.to_owned(),
            "no" => no.to_owned(),
            _ => String::new(),
        };
        let value = self.get(field).trim();
        match field {
            "post" => Post::parse(value).map_or("", Post::label).to_owned(),
            "migrant" => pick(value, "是", "否"),
            "degree" => pick(value, "有", "无"),
            "entry_date" => NaiveDate::parse_from_str(value, "%Y-%m-%d")
                .map_or_else(|_| value.to_owned(), |date| Time::start_of(date).day_text()),
            _ => value.to_owned(),
        }
    }

    /// Fills a field.
    pub fn set(&mut self, field: &str, value: &str) {
        self.0.insert(field.to_owned(), value.to_owned());
    }

    /// This form with the `typed` values of those fields that `allowed` names; others stay as they are.
    pub fn merged(&self, typed: &FormText, allowed: impl Fn(&str) -> bool) -> Self {
        let mut merged = self.clone();
        for (field, value) in typed.0.iter().filter(|(field, _)| allowed(field)) {
            merged.0.insert(field.clone(), value.clone());
        }
        merged
    }

    /// Whether anything was typed at all.
    pub fn is_blank(&self) -> bool {
        self.0.values().all(|value| value.trim().is_empty())
    }
}

/// A field's value as it is kept: numbers in plain characters, so that paper and screen show what is meant whatever
/// keyboard it was typed on.
pub fn tidy(field: &str, value: &str) -> String {
    // PostgreSQL keeps no NUL in a text.
    let value: String = value.chars().filter(|c| *c != '\0').take(KEPT).collect();
    match field {
        "id_number" => text::plain(&value).to_ascii_uppercase(),
        "phone" | "card" | "employer_phone" => text::plain(&value),
        _ => value,
    }
}

/// What the form is checked against.
pub struct Against<'a> {
    /// Now.
    pub now: Time,
    /// The campaign's year.
    pub year: i32,
    /// The phone that was proven by SMS code.
    pub proven_phone: &'a Phone,
}

/// The form, checked. Its fields are those of [`FIELDS`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names in `FIELDS` say what each is")]
pub struct Form {
    pub name: String,
    pub id_number: IdNumber,
    pub sex: Sex,
    pub phone: Phone,
    pub address: String,
    pub card: BankCard,
    pub employer: String,
    pub employer_contact: String,
    pub employer_address: String,
    pub employer_phone: String,
    pub post: Post,
    pub migrant: bool,
    pub entry_date: NaiveDate,
    pub level: Level,
    pub degree: bool,
    pub institution: String,
    pub major: String,
}

impl Form {
    /// Checks every field and tells all that is wrong at once.
    pub fn check(typed: &FormText, against: &Against<'_>) -> Result<Form, FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut line = |field, min, max| errors.take(field, text::line(typed.get(field), min, max));
        let name = line("name", 2, 30);
        let address = line("address", 5, 100);
        let employer = line("employer", 2, 60);
        let employer_contact = line("employer_contact", 2, 30);
        let employer_address = line("employer_address", 5, 100);
        let institution = line("institution", 2, 60);
        let major = line("major", 2, 60);
        let id_number = errors.take(
            "id_number",
            filled(typed, "id_number", |t| IdNumber::parse(t, against.now)),
        );
        let sex = errors.take("sex", sex(typed.get("sex"), id_number.as_ref()));
        let phone = errors.take(
            "phone",
            filled(typed, "phone", |t| proven(t, against.proven_phone)),
        );
        let card = errors.take("card", filled(typed, "card", BankCard::parse_icbc));
        let employer_phone = errors.take("employer_phone", filled(typed, "employer_phone", contact_phone));
        let post = errors.take(
            "post",
            choice(typed, "post", Post::parse).and_then(eligibility::post),
        );
        let migrant = errors.take("migrant", choice(typed, "migrant", yes_no));
        let entry_date = errors.take(
            "entry_date",
            filled(typed, "entry_date", |t| entry_date(t, against.year)),
        );
        let level = errors.take("level", choice(typed, "level", Level::parse));
        let degree = errors.take("degree", choice(typed, "degree", yes_no));
        in_page_order(&mut errors);
        let form = (|| {
            Some(Form {
                name: name?,
                id_number: id_number?,
                sex: sex?,
                phone: phone?,
                address: address?,
                card: card?,
                employer: employer?,
                employer_contact: employer_contact?,
                employer_address: employer_address?,
                employer_phone: employer_phone?,
                post: post?,
                migrant: migrant?,
                entry_date: entry_date?,
                level: level?,
                degree: degree?,
                institution: institution?,
                major: major?,
            })
        })();
        form.ok_or(errors)
    }
}

fn in_page_order(errors: &mut FieldErrors) {
    errors
        .0
        .sort_by_key(|(field, _)| FIELDS.iter().position(|(name, _)| name == field));
}

fn filled<T>(
    typed: &FormText,
    field: &str,
    parse: impl FnOnce(&str) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let value = typed.get(field);
    if value.trim().is_empty() {
        Err(Refusal::Empty)
    } else {
        parse(value)
    }
}

fn choice<T>(typed: &FormText, field: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, Refusal> {
    filled(typed, field, |value| parse(value).ok_or(Refusal::NotAChoice))
}

fn yes_no(value: &str) -> Option<bool> {
    match value {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// sex agrees with the ID number.
fn sex(value: &str, id: Option<&IdNumber>) -> Result<Sex, Refusal> {
    if value.is_empty() {
        return Err(Refusal::Empty);
    }
    let sex = Sex::parse(value).ok_or(Refusal::NotAChoice)?;
    if id.is_some_and(|id| id.sex() != sex) {
        Err(Refusal::SexDisagrees)
    } else {
        Ok(sex)
    }
}

/// the phone on the form is the one that the SMS code proved.
fn proven(value: &str, proven: &Phone) -> Result<Phone, Refusal> {
    let phone = Phone::parse(value, &[])?;
    if phone == *proven {
        Ok(phone)
    } else {
        Err(Refusal::PhoneNotProven)
    }
}

/// A landline or mobile with area code and extension, as people write them.
fn contact_phone(value: &str) -> Result<String, Refusal> {
    let plain = text::plain(value);
    let digits = plain.chars().filter(char::is_ascii_digit).count();
    let tidy = plain
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '-' | ' ' | '(' | ')' | '转' | '+'));
    if tidy && (7..=16).contains(&digits) {
        Ok(plain)
    } else {
        Err(Refusal::ContactPhoneMalformed)
    }
}

/// newly enrolled within the campaign's year.
fn entry_date(value: &str, year: i32) -> Result<NaiveDate, Refusal> {
    let date = NaiveDate::parse_from_str(value.trim(), "%Y-%m-%d").map_err(|_| Refusal::DateMalformed)?;
    if date.year() == year {
        Ok(date)
    } else {
        Err(Refusal::NotEnrolledThisYear { year })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn good() -> FormText {
        FormText::from_posted([
            ("name", "王小梅"),
            ("id_number", "370102199003070024"),
            ("sex", "女"),
            ("phone", "13800138001"),
            ("address", "济南市历下区文化东路 1 号"),
            ("card", "6222021602001234568"),
            ("employer", "济南示范机械有限公司"),
            ("employer_contact", "刘主任"),
            ("employer_address", "济南市历下区工业南路 9 号"),
            ("employer_phone", "0531-85826289"),
            ("post", "worker"),
            ("migrant", "no"),
            ("entry_date", "2021-09-01"),
            ("level", "大专"),
            ("degree", "no"),
            ("institution", "山东开放大学"),
            ("major", "机电一体化技术"),
        ])
    }

    fn check(typed: &FormText) -> Result<Form, FieldErrors> {
        let proven_phone = Phone::stored("13800138001".to_owned());
        Form::check(
            typed,
            &Against {
                now: Time::shanghai(2021, 11, 10, 9, 0, 0),
                year: 2021,
                proven_phone: &proven_phone,
            },
        )
    }

    fn refusal(field: &str, value: &str) -> Refusal {
        let mut typed = good();
        typed.set(field, value);
        let errors = check(&typed).unwrap_err();
        assert_eq!(errors.0.len(), 1, "{field}={value}: {errors:?}");
        assert_eq!(errors.0[0].0, field);
        errors.0[0].1.clone()
    }

    /// a right form passes; every field is needed, and all that is missing is told at once, in page order.
    #[test]
    fn every_field_is_needed() {
        let form = check(&good()).unwrap();
        assert_eq!(
            (form.level, form.migrant, form.post),
            (Level::College, false, Post::Worker)
        );
        let errors = check(&FormText::default()).unwrap_err();
        let named: Vec<_> = errors.0.iter().map(|(field, _)| *field).collect();
        assert_eq!(named, FIELDS.iter().map(|(field, _)| *field).collect::<Vec<_>>());
        assert!(errors.0.iter().all(|(_, refusal)| *refusal == Refusal::Empty));
    }

    /// each rule answers at its own field.
    #[test]
    fn each_rule_answers_at_its_field() {
        assert_eq!(
            refusal("id_number", "370102199003070021"),
            Refusal::IdNumberChecksum
        );
        assert_eq!(refusal("sex", "男"), Refusal::SexDisagrees);
        assert_eq!(refusal("phone", "13800138002"), Refusal::PhoneNotProven);
        assert_eq!(refusal("card", "6222021602001234561"), Refusal::CardChecksum);
        assert_eq!(refusal("post", "above"), Refusal::PostTooHigh);
        assert_eq!(refusal("post", "king"), Refusal::NotAChoice);
        assert_eq!(
            refusal("entry_date", "2020-09-01"),
            Refusal::NotEnrolledThisYear { year: 2021 }
        );
        assert_eq!(refusal("entry_date", "昨天"), Refusal::DateMalformed);
        assert_eq!(refusal("level", "高中"), Refusal::NotAChoice);
        assert_eq!(refusal("employer_phone", "没有"), Refusal::ContactPhoneMalformed);
    }

    /// what a Chinese keyboard makes of a number is kept, and printed, in plain characters.
    #[test]
    fn numbers_are_kept_in_plain_characters() {
        let typed = FormText::from_posted([
            ("employer_phone", "０５３１——８６１２ ３４５６ 转２"),
            ("id_number", "３７０１０２１９９００３０７００２ｘ"),
            ("card", "6222　0216—0200"),
            ("address", "历下区——１号"),
        ]);
        assert_eq!(typed.get("employer_phone"), "0531-8612 3456 转2");
        assert_eq!(typed.get("id_number"), "37010219900307002X");
        assert_eq!(typed.get("card"), "6222 0216-0200");
        assert_eq!(typed.get("address"), "历下区——１号", "words stay as typed");
        assert!(contact_phone(typed.get("employer_phone")).is_ok());
        assert!(
            contact_phone("0531—86123456").is_ok(),
            "and a draft of before is understood"
        );
    }

    /// A draft keeps what was typed, but not fields that are not on the form.
    #[test]
    fn a_draft_keeps_every_word_of_the_form_and_nothing_else() {
        let typed = FormText::from_posted([("name", "<b>王"), ("role", "administrator")]);
        assert_eq!(typed.get("name"), "<b>王");
        assert_eq!(typed.get("role"), "");
    }

    /// of a returned form only the named fields can change.
    #[test]
    fn only_allowed_fields_are_merged() {
        let typed = FormText::from_posted([("card", "1"), ("name", "别人")]);
        let merged = good().merged(&typed, |field| field == "card");
        assert_eq!((merged.get("card"), merged.get("name")), ("1", "王小梅"));
    }
}
