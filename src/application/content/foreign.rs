//! What a file is that is none of ours, and whether a second file hides in the first: a page or an archive behind a
//! picture opens as such elsewhere.

use crate::kernel::Refusal;

/// Words that open a page or a script, in lower case, after the `<`.
const PAGE: [&[u8]; 7] = [
    b"html",
    b"!doctype html",
    b"script",
    b"svg",
    b"body",
    b"iframe",
    b"?php",
];

/// The words for a file of no accepted type.
pub fn wrong_type(bytes: &[u8]) -> Refusal {
    match bytes {
        [b'P', b'K', 3, 4, ..] | [0xD0, 0xCF, 0x11, 0xE0, ..] | [b'R', b'a', b'r', b'!', ..] => {
            Refusal::FileOffice
        }
        [_, _, _, _, b'f', b't', b'y', b'p', b'h' | b'm' | b'a', ..] => Refusal::FileHeic,
        _ if has_page(&bytes[..bytes.len().min(1024)]) => Refusal::FileWebPage,
        _ => Refusal::FileWrongType,
    }
}

/// Whether what belongs to no picture is a page, a script, a PDF or an archive. Phones do append things of their
/// own (a second exposure, a short film), which are cut off without a word.
pub fn is_second_file(part: &[u8]) -> bool {
    has_page(part) || find(part, b"%PDF-") || part.starts_with(b"PK\x03\x04") || ends_as_zip(part)
}

/// Whether a reader of archives, which begins at the end, would find one: its last record closes with the file.
pub fn ends_as_zip(bytes: &[u8]) -> bool {
    const RECORD: usize = 22;
    let from = bytes.len().saturating_sub(RECORD + usize::from(u16::MAX));
    bytes[from..].windows(RECORD).enumerate().any(|(at, record)| {
        let comment = usize::from(u16::from_le_bytes([record[20], record[21]]));
        record.starts_with(b"PK\x05\x06") && from + at + RECORD + comment == bytes.len()
    })
}

fn has_page(part: &[u8]) -> bool {
    part.iter()
        .enumerate()
        .filter(|(_, b)| **b == b'<')
        .any(|(at, _)| {
            let rest = &part[at + 1..];
            PAGE.iter().any(|word| {
                rest.get(..word.len())
                    .is_some_and(|begin| begin.eq_ignore_ascii_case(word))
            })
        })
}

fn find(part: &[u8], needle: &[u8]) -> bool {
    part.windows(needle.len()).any(|window| window == needle)
}
