//! Which part of a file a request asks for (RFC 9110, 14): pure, from the headers' texts.

use std::ops::Range;

/// What is to be sent of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// All of it: 200.
    Whole,
    /// These bytes: 206.
    Part(Range<u64>),
    /// Nothing of the file lies there: 416.
    Nowhere,
}

/// Reads a `Range` header for a file of `size` bytes. What is no range of bytes, and more than one range, is passed over, as
/// the RFC allows: the whole file answers both.
pub fn asked(header: Option<&str>, size: u64) -> Asked {
    let spec = header.and_then(|text| {
        let (unit, spec) = text.split_once('=')?;
        unit.trim().eq_ignore_ascii_case("bytes").then_some(spec.trim())
    });
    let Some((first, last)) = spec
        .filter(|spec| !spec.contains(','))
        .and_then(|spec| spec.split_once('-'))
    else {
        return Asked::Whole;
    };
    match (first.trim(), last.trim()) {
        ("", last) => match number(last) {
            None => Asked::Whole,
            // The last bytes; more than there are is all of them.
            Some(count) => within(size.saturating_sub(count)..size, size),
        },
        (first, "") => number(first).map_or(Asked::Whole, |first| within(first..size, size)),
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => {
                within(first..last.saturating_add(1).min(size), size)
            }
            _ => Asked::Whole,
        },
    }
}

fn within(part: Range<u64>, size: u64) -> Asked {
    if part.start < part.end && part.end <= size {
        Asked::Part(part)
    } else {
        Asked::Nowhere
    }
}

/// Digits only; what is beyond any file is as far as there is.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

/// Whether an `If-Range` lets the range count: only for the very bytes that were seen. A date never does, since none is sent.
pub fn if_range_holds(header: Option<&str>, etag: &str) -> bool {
    header.is_none_or(|text| text.trim() == etag)
}

/// Whether `If-None-Match` names the file as it is: 304.
pub fn is_known(header: Option<&str>, etag: &str) -> bool {
    header.is_some_and(|text| {
        text.split(',')
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == etag || tag == "*")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        for (header, expected) in [
            (None, Asked::Whole),
            (Some("bytes=0-0"), Asked::Part(0..1)),
            (Some("bytes=0-"), Asked::Part(0..1000)),
            (Some("Bytes = 5 - 9"), Asked::Part(5..10)),
            (Some("bytes=990-2000"), Asked::Part(990..1000)),
            (Some("bytes=-1"), Asked::Part(999..1000)),
            (Some("bytes=-5000"), Asked::Part(0..1000)),
            (Some("bytes=999-999"), Asked::Part(999..1000)),
            // Nothing lies there.
            (Some("bytes=1000-"), Asked::Nowhere),
            (Some("bytes=1000-1001"), Asked::Nowhere),
            (Some("bytes=-0"), Asked::Nowhere),
            (Some("bytes=99999999999999999999999-"), Asked::Nowhere),
            // No range: passed over.
            (Some("bytes=9-5"), Asked::Whole),
            (Some("bytes=-"), Asked::Whole),
            (Some("bytes="), Asked::Whole),
            (Some("bytes=a-b"), Asked::Whole),
            (Some("bytes=+1-2"), Asked::Whole),
            (Some("items=0-1"), Asked::Whole),
            (Some("bytes 0-1"), Asked::Whole),
            // Several: the whole.
            (Some("bytes=0-1,5-6"), Asked::Whole),
        ] {
            assert_eq!(asked(header, 1000), expected, "{header:?}");
        }
        assert_eq!(asked(Some("bytes=0-"), 0), Asked::Nowhere);
    }

    #[test]
    fn only_the_very_bytes_go_on() {
        assert!(if_range_holds(None, "\"a\"") && if_range_holds(Some("\"a\""), "\"a\""));
        for other in ["\"b\"", "W/\"a\"", "Sun, 06 Nov 1994 08:49:37 GMT", ""] {
            assert!(!if_range_holds(Some(other), "\"a\""), "{other}");
        }
        assert!(is_known(Some("\"x\", W/\"a\""), "\"a\"") && is_known(Some("*"), "\"a\""));
        assert!(!is_known(None, "\"a\"") && !is_known(Some("\"b\""), "\"a\""));
    }

    proptest! {
        /// Whatever is asked, what is sent lies in the file and is not empty.
        #[test]
        fn a_part_lies_in_the_file(header in ".{0,40}", size in 0u64..5000) {
            if let Asked::Part(part) = asked(Some(&header), size) {
                prop_assert!(part.start < part.end && part.end <= size);
            }
        }

        /// Every range in the file is answered with just that.
        #[test]
        fn a_range_in_the_file_is_just_that(size in 1u64..5000, a in 0u64..5000, b in 0u64..5000) {
            let (first, last) = (a.min(b) % size, a.max(b) % size);
            let (first, last) = (first.min(last), first.max(last));
            prop_assert_eq!(asked(Some(&format!("bytes={first}-{last}")), size), Asked::Part(first..last + 1));
            let tail = size - first;
            prop_assert_eq!(asked(Some(&format!("bytes=-{tail}")), size), Asked::Part(first..size));
        }
    }
}
