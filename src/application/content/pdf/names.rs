//! The names that stand in a PDF's bytes, wherever a reader might look: a table of contents can send one reader
//! here and another one there, the bytes are the same for all.

use crate::kernel::Refusal;

/// Actions that run something, send something away or open another file, and attachments (ISO 32000-2, 12.6.4,
/// 7.11.4). An `OpenAction` that only turns to a page is none.
pub const ACTIVE: [&[u8]; 10] = [
    b"JavaScript",
    b"Launch",
    b"EmbeddedFile",
    b"EmbeddedFiles",
    b"RichMedia",
    b"SubmitForm",
    b"ImportData",
    b"GoToE",
    b"GoToR",
    b"Rendition",
];

/// Longer than any name that is looked for.
const LONGEST: usize = 16;

/// Looks at every name in the bytes.
///
/// Errors: [`Refusal::FileLocked`], [`Refusal::FileScripts`].
pub fn look(bytes: &[u8]) -> Result<(), Refusal> {
    let mut active = false;
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
        let name = name(&bytes[at + 1..]);
        if name == b"Encrypt" {
            return Err(Refusal::FileLocked);
        }
        active |= ACTIVE.contains(&name.as_slice());
    }
    if active { Err(Refusal::FileScripts) } else { Ok(()) }
}

/// The name that begins here, with `#xx` read as the byte that it stands for.
fn name(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(LONGEST);
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if out.len() == LONGEST || byte.is_ascii_whitespace() || b"()<>[]{}/%\0".contains(byte) {
            break;
        }
        let escaped = (*byte == b'#')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        out.push(escaped.unwrap_or(*byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    out
}
