//! Bank cards: Luhn, and ICBC debit cards for the subsidy.

use super::refusal::Refusal;

/// A card number that passes Luhn and begins with a BIN of an ICBC debit card.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BankCard(String);

/// ICBC debit BINs, one a line, `#` comments: data, so that the bank's new ranges need no code.
const ICBC_BINS: &str = include_str!("../../assets/data/icbc-debit-bins.txt");

impl BankCard {
    /// Reads what a person types or pastes (blanks and dashes forgiven).
    ///
    /// Errors: [`Refusal::CardMalformed`], [`Refusal::CardChecksum`], [`Refusal::CardNotIcbc`].
    pub fn parse_icbc(text: &str) -> Result<Self, Refusal> {
        let text = &super::text::plain(text);
        let digits = super::text::digits(text);
        if super::text::has_letters(text) || !(16..=19).contains(&digits.len()) {
            return Err(Refusal::CardMalformed);
        }
        if !luhn(&digits) {
            return Err(Refusal::CardChecksum);
        }
        if !icbc_bins().any(|bin| digits.starts_with(bin)) {
            return Err(Refusal::CardNotIcbc);
        }
        Ok(BankCard(digits))
    }

    /// All digits. Never for a log or a URL.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for BankCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BankCard(****)")
    }
}

fn icbc_bins() -> impl Iterator<Item = &'static str> {
    ICBC_BINS
        .lines()
        .map(|line| line.split('#').next().unwrap_or("").trim())
        .filter(|bin| !bin.is_empty())
}

/// ISO/IEC 7812-1 check.
pub fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| match u32::from(b - b'0') {
            d if i % 2 == 0 => d,
            d if d * 2 > 9 => d * 2 - 9,
            d => d * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn with_check(body: &str) -> String {
        (0..10).map(|d| format!("{body}{d}")).find(|n| luhn(n)).unwrap()
    }

    /// an ICBC debit card passes, another bank's is named as such.
    #[test]
    fn only_icbc_cards_pass() {
        let icbc = with_check("622202160200123456");
        assert_eq!(
            BankCard::parse_icbc(&format!(" {} ", icbc)).unwrap().digits(),
            icbc
        );
        let ccb = with_check("621700123456789012");
        assert_eq!(BankCard::parse_icbc(&ccb), Err(Refusal::CardNotIcbc));
        assert_eq!(
            BankCard::parse_icbc("62220216020012345"),
            Err(Refusal::CardChecksum)
        );
        assert_eq!(BankCard::parse_icbc("6222"), Err(Refusal::CardMalformed));
        assert_eq!(
            BankCard::parse_icbc("622202l60200123456"),
            Err(Refusal::CardMalformed)
        );
    }

    proptest! {
        /// any single wrong digit is noticed.
        #[test]
        fn one_wrong_digit_never_passes(tail in "[0-9]{12}", at in 6usize..18, add in 1u8..10) {
            let good = with_check(&format!("622202{tail}"));
            let mut bad = good.clone().into_bytes();
            bad[at] = b'0' + (bad[at] - b'0' + add) % 10;
            prop_assert_eq!(BankCard::parse_icbc(std::str::from_utf8(&bad).unwrap()), Err(Refusal::CardChecksum));
        }
    }
}
