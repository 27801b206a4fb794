//! Mainland mobile numbers.

use super::refusal::Refusal;

/// A mainland mobile number of 11 digits that is not of a refused segment.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

/// Segments of virtual operators (R-6, [ours]): numbers that miss the review messages. Data, not code:
/// the list in force comes from `PHONE_VIRTUAL_SEGMENTS`; this is its default.
pub const VIRTUAL_SEGMENTS: &[&str] = &["162", "165", "167", "170", "171"];

impl Phone {
    /// Reads what a person types: spaces, dashes and +86 are forgiven, full-width digits too.
    ///
    /// Errors: [`Refusal::PhoneMalformed`], [`Refusal::PhoneVirtual`].
    pub fn parse(text: &str, virtual_segments: &[String]) -> Result<Self, Refusal> {
        let text = &super::text::plain(text);
        let digits = super::text::digits(text);
        let digits = match digits.len() {
            13 if digits.starts_with("86") => digits[2..].to_owned(),
            _ => digits,
        };
        let mobile =
            digits.len() == 11 && digits.starts_with('1') && matches!(digits.as_bytes()[1], b'3'..=b'9');
        if !mobile || super::text::has_letters(text) {
            return Err(Refusal::PhoneMalformed);
        }
        if virtual_segments
            .iter()
            .any(|segment| digits.starts_with(segment.as_str()))
        {
            return Err(Refusal::PhoneVirtual);
        }
        Ok(Phone(digits))
    }

    /// A number read back from our own store, checked when it went in.
    pub fn stored(digits: String) -> Self {
        Phone(digits)
    }

    /// All 11 digits. Never for a log or a URL.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// "138****8001": for pages.
    pub fn masked(&self) -> String {
        super::text::masked(&self.0, 3, 4)
    }
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Phone, Refusal> {
        let segments: Vec<String> = VIRTUAL_SEGMENTS.iter().map(|s| s.to_string()).collect();
        Phone::parse(text, &segments)
    }

    /// virtual operators' segments are refused, with their own reason.
    #[test]
    fn virtual_segments_are_refused() {
        for segment in VIRTUAL_SEGMENTS {
            assert_eq!(parse(&format!("{segment}00001111")), Err(Refusal::PhoneVirtual));
        }
        assert!(Phone::parse("17000001111", &[]).is_ok(), "the list is data");
    }

    #[test]
    fn what_people_type_is_understood() {
        for text in [
            "13800138001",
            " 138 0013 8001",
            "+86-138-0013-8001",
            "１３８００１３８００１",
            "１３８—００１３—８００１",
            "＋86 138–0013–8001",
        ] {
            assert_eq!(
                parse(text).map(|p| p.digits().to_owned()),
                Ok("13800138001".to_owned()),
                "{text}"
            );
        }
        for text in [
            "",
            "1380013800",
            "138001380011",
            "12800138001",
            "23800138001",
            "1380013800a",
            "138O0138001",
        ] {
            assert_eq!(parse(text), Err(Refusal::PhoneMalformed), "{text}");
        }
    }

    #[test]
    fn a_phone_is_masked_even_in_debug_output() {
        let phone = parse("13800138001").unwrap();
        assert_eq!(phone.masked(), "138****8001");
        assert!(!format!("{phone:?}").contains("0013"));
    }
}
