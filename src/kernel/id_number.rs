//! Resident identity numbers, GB 11643-1999.

use super::refusal::Refusal;
use super::time::Time;
use chrono::{Datelike, NaiveDate};

crate::text_enum! {
    /// Sex as the form asks it; the number's 17th digit must agree.
    pub enum Sex { Male = "男", Female = "女" }
}

/// An 18-character identity number whose check digit and birth date hold.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdNumber(String);

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";

impl IdNumber {
    /// Reads what a person types; `now` refuses birth dates of the future.
    ///
    /// Errors: [`Refusal::IdNumberMalformed`], [`Refusal::IdNumberChecksum`], [`Refusal::IdNumberBirthDate`].
    pub fn parse(text: &str, now: Time) -> Result<Self, Refusal> {
        let number: String = super::text::plain(text)
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| if c == 'x' { 'X' } else { c })
            .collect();
        let body_ok = number.len() == 18 && number.bytes().take(17).all(|b| b.is_ascii_digit());
        if !body_ok || !matches!(number.as_bytes()[17], b'0'..=b'9' | b'X') {
            return Err(Refusal::IdNumberMalformed);
        }
        if check_digit(&number.as_bytes()[..17]) != number.as_bytes()[17] {
            return Err(Refusal::IdNumberChecksum);
        }
        let id = IdNumber(number);
        let birth = id.birth_date_or_none().ok_or(Refusal::IdNumberBirthDate)?;
        if birth.year() < 1900 || birth > now.date() {
            Err(Refusal::IdNumberBirthDate)
        } else {
            Ok(id)
        }
    }

    /// A number read back from our own store, checked when it went in.
    pub fn stored(number: String) -> Self {
        IdNumber(number)
    }

    /// All 18 characters. Never for a log or a URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// "370102********1234": for pages.
    pub fn masked(&self) -> String {
        super::text::masked(&self.0, 6, 4)
    }

    fn birth_date_or_none(&self) -> Option<NaiveDate> {
        NaiveDate::parse_from_str(self.0.get(6..14)?, "%Y%m%d").ok()
    }

    /// Sex by the 17th digit: odd is male.
    pub fn sex(&self) -> Sex {
        if self.0.as_bytes()[16] % 2 == 1 {
            Sex::Male
        } else {
            Sex::Female
        }
    }

    /// Whether the number was given out in Jinan (3701, former Laiwu 3712 included). Others bring a
    /// residence permit too (R-16 [ours]).
    pub fn is_of_jinan(&self) -> bool {
        self.0.starts_with("3701") || self.0.starts_with("3712")
    }
}

/// The GB 11643 check character of the first 17 digits.
pub fn check_digit(body: &[u8]) -> u8 {
    let sum: u32 = body
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    CHECKS[(sum % 11) as usize]
}

impl std::fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdNumber(****)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> Time {
        Time::shanghai(2026, 11, 24, 9, 0, 0)
    }

    /// the standard's own example.
    #[test]
    fn the_standards_example_holds() {
        let id = IdNumber::parse("11010519491231002X", now()).unwrap();
        assert_eq!(id.sex(), Sex::Female);
        assert!(!id.is_of_jinan());
        for typed in ["１１０１０５１９４９１２３１００２ｘ", "110105—19491231—002Ｘ"]
        {
            assert!(IdNumber::parse(typed, now()).is_ok(), "{typed}");
        }
    }

    /// each way of being wrong has its own words.
    #[test]
    fn what_is_wrong_is_told_apart() {
        fn parse(text: &str) -> Result<IdNumber, Refusal> {
            IdNumber::parse(text, now())
        }
        assert_eq!(parse("110105194912310021"), Err(Refusal::IdNumberChecksum));
        assert_eq!(parse("1101051949123100"), Err(Refusal::IdNumberMalformed));
        assert_eq!(parse("11010519491231O02X"), Err(Refusal::IdNumberMalformed));
        for body in ["11010519490231002", "11010520991231002"] {
            let number = format!("{body}{}", check_digit(body.as_bytes()) as char);
            assert_eq!(parse(&number), Err(Refusal::IdNumberBirthDate), "{number}");
        }
    }

    #[test]
    fn debug_output_hides_it() {
        let id = IdNumber::parse("11010519491231002X", now()).unwrap();
        assert!(!format!("{id:?}").contains("1949"));
        assert_eq!(id.masked(), "110105********002X");
    }

    proptest! {
        /// any single wrong digit is noticed.
        #[test]
        fn one_wrong_digit_never_passes(seq in 0u32..1000, at in 0usize..17, add in 1u8..10) {
            let body = format!("37010219900307{seq:03}");
            let good = format!("{body}{}", check_digit(body.as_bytes()) as char);
            prop_assert!(IdNumber::parse(&good, now()).is_ok());
            let mut bad = good.into_bytes();
            bad[at] = b'0' + (bad[at] - b'0' + add) % 10;
            prop_assert!(IdNumber::parse(std::str::from_utf8(&bad).unwrap(), now()).is_err());
        }
    }
}
