//! Text as people type it: trimmed, without characters that no form field means.

use super::refusal::Refusal;

/// Trims (full-width spaces too), joins inner white space to one blank, drops control characters.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|w| !w.is_empty())
    {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// A cleaned text of `min..=max` characters.
///
/// Errors: [`Refusal::Empty`] when nothing is there, [`Refusal::TooShort`], [`Refusal::TooLong`].
pub fn line(text: &str, min: usize, max: usize) -> Result<String, Refusal> {
    let text = clean(text);
    match text.chars().count() {
        0 => Err(Refusal::Empty),
        n if n < min => Err(Refusal::TooShort { min }),
        n if n > max => Err(Refusal::TooLong { max }),
        _ => Ok(text),
    }
}

/// [`line`] that may be empty, of at most `max` characters.
///
/// Errors: [`Refusal::TooLong`].
pub fn optional_line(text: &str, max: usize) -> Result<String, Refusal> {
    match line(text, 1, max) {
        Err(Refusal::Empty) => Ok(String::new()),
        other => other,
    }
}

/// A file's size as people read it: "12 KB", "1.2 MB" (1,048,576 bytes).
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_048_576 => format!("{} KB", bytes.div_ceil(1024)),
        _ => format!("{:.1} MB", bytes as f64 / 1_048_576.0),
    }
}

/// A text that stands for a number, however keyboards and habits write it, in plain characters: full-width letters,
/// digits and signs become half-width, every kind of dash a single "-", marks without width go. Han stays.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let c = match c {
            '！'..='～' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
            '‐'..='―' | '−' | '─' | '━' | '﹘' | '﹣' | 'ー' => '-',
            '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => continue,
            c => c,
        };
        // "——" is one dash, typed with one key.
        if !(c == '-' && out.ends_with('-')) {
            out.push(c);
        }
    }
    clean(&out)
}

/// The digits of a text, full-width ones made plain; everything else is dropped.
pub fn digits(text: &str) -> String {
    text.chars().filter_map(plain_digit).collect()
}

/// A full-width or plain digit as a plain one.
pub fn plain_digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '０'..='９' => char::from_digit(c as u32 - '０' as u32, 10),
        _ => None,
    }
}

/// Whether a text that should be a number holds letters or Han (a slip such as O for 0 must not be dropped).
pub fn has_letters(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

/// Keeps `head` and `tail` characters and stars the rest: "370102********1234".
pub fn masked(text: &str, head: usize, tail: usize) -> String {
    let n = text.chars().count();
    if n <= head + tail {
        return "*".repeat(n);
    }
    text.chars()
        .enumerate()
        .map(|(i, c)| if i < head || i >= n - tail { c } else { '*' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blanks_of_every_width_are_cleaned() {
        assert_eq!(clean("　 王\u{0} 小\t梅\n"), "王 小 梅");
        assert_eq!(line("　", 1, 5), Err(Refusal::Empty));
        assert_eq!(line("王", 2, 5), Err(Refusal::TooShort { min: 2 }));
        assert_eq!(line("王小梅王小梅", 2, 5), Err(Refusal::TooLong { max: 5 }));
    }

    /// What a phone's Chinese keyboard makes of a number.
    #[test]
    fn numbers_become_plain() {
        for typed in [
            "0531—8612 3456",
            "０５３１－８６１２ ３４５６",
            "0531——8612\u{200b} 3456",
            "0531–8612　3456",
        ] {
            assert_eq!(plain(typed), "0531-8612 3456", "{typed}");
        }
        assert_eq!(plain("（０５３１）86123456转２"), "(0531)86123456转2");
        assert_eq!(
            plain("１１０１０５１９４９１２３１００２ｘ"),
            "11010519491231002x"
        );
    }

    proptest! {
        #[test]
        fn plain_twice_changes_nothing(text in ".{0,40}") {
            let once = plain(&text);
            prop_assert_eq!(plain(&once), once);
        }

        #[test]
        fn cleaning_twice_changes_nothing(text in ".{0,60}") {
            let once = clean(&text);
            prop_assert_eq!(clean(&once), once);
        }

        #[test]
        fn a_mask_keeps_the_length_and_hides_the_middle(text in "[0-9]{8,19}") {
            let hidden = masked(&text, 3, 4);
            prop_assert_eq!(hidden.len(), text.len());
            prop_assert!(hidden[3..text.len() - 4].bytes().all(|b| b == b'*'));
        }
    }
}
