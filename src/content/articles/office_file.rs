//! Is an archive a Word or Excel file of today's kind? Read from the archive's own table of contents; nothing is unpacked.

use super::FileType;

/// A document has some dozens of parts.
const MAX_PARTS: usize = 5_000;
const END: usize = 22;
const ENTRY: usize = 46;

/// Whether it begins as a ZIP.
pub fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// DOCX or XLSX; `None` for any other archive, for one that is cut off or encrypted, and for documents with macros.
pub fn kind(bytes: &[u8]) -> Option<FileType> {
    let names = names(bytes)?;
    let has = |name: &str| names.contains(&name);
    let acts = |name: &&str| {
        let name = name.to_ascii_lowercase();
        name.ends_with("vbaproject.bin") || name.contains("/activex/") || name.contains("/macrosheets/")
    };
    if !has("[Content_Types].xml") || names.iter().any(acts) {
        return None;
    }
    match (has("word/document.xml"), has("xl/workbook.xml")) {
        (true, false) => Some(FileType::Docx),
        (false, true) => Some(FileType::Xlsx),
        _ => None,
    }
}

/// The names of its parts, when the table of contents agrees with the file.
fn names(bytes: &[u8]) -> Option<Vec<&str>> {
    let from = bytes.len().saturating_sub(END + usize::from(u16::MAX));
    let end = (from..=bytes.len().checked_sub(END)?).rev().find(|at| {
        bytes[*at..].starts_with(b"PK\x05\x06")
            && number(bytes, at + 20, 2).is_some_and(|comment| at + END + comment == bytes.len())
    })?;
    let count = number(bytes, end + 10, 2)?;
    let (size, start) = (number(bytes, end + 12, 4)?, number(bytes, end + 16, 4)?);
    // The table stands right before the end: nothing is hidden between.
    if count > MAX_PARTS || start.checked_add(size)? != end {
        return None;
    }
    let (mut at, mut names) = (start, Vec::with_capacity(count));
    for _ in 0..count {
        let entry = bytes.get(at..at + ENTRY)?;
        let encrypted = entry[8] & 1 == 1;
        if !entry.starts_with(b"PK\x01\x02") || encrypted {
            return None;
        }
        let lengths = [28, 30, 32].map(|field| number(entry, field, 2));
        let [Some(name), Some(extra), Some(comment)] = lengths else {
            return None;
        };
        let name_at = at + ENTRY;
        names.push(std::str::from_utf8(bytes.get(name_at..name_at + name)?).ok()?);
        at = name_at + name + extra + comment;
    }
    (at == end).then_some(names)
}

/// A little-endian number of two or four bytes.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    let field = bytes.get(at..at.checked_add(length)?)?;
    Some(
        field
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rust_xlsxwriter::Workbook;

    /// An archive of empty parts, stored, as the ZIP format has it.
    pub fn archive(parts: &[&str]) -> Vec<u8> {
        let (mut file, mut table) = (Vec::new(), Vec::new());
        for part in parts {
            let at = file.len() as u32;
            let length = (part.len() as u16).to_le_bytes();
            file.extend(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0");
            file.extend([0; 12]);
            file.extend(length);
            file.extend([0; 2]);
            file.extend(part.as_bytes());
            table.extend(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0");
            table.extend([0; 12]);
            table.extend(length);
            table.extend([0; 12]);
            table.extend(at.to_le_bytes());
            table.extend(part.as_bytes());
        }
        let (start, count) = (file.len() as u32, (parts.len() as u16).to_le_bytes());
        let size = (table.len() as u32).to_le_bytes();
        file.extend(table);
        file.extend(b"PK\x05\x06\0\0\0\0");
        file.extend(count);
        file.extend(count);
        file.extend(size);
        file.extend(start.to_le_bytes());
        file.extend([0; 2]);
        file
    }

    const TYPES: &str = "[Content_Types].xml";

    #[test]
    fn documents_are_known_by_their_parts() {
        let mut book = Workbook::new();
        book.add_worksheet();
        let xlsx = book.save_to_buffer().unwrap();
        assert!(is_archive(&xlsx));
        assert_eq!(kind(&xlsx), Some(FileType::Xlsx));
        assert_eq!(
            kind(&archive(&[TYPES, "word/document.xml"])),
            Some(FileType::Docx)
        );
        for parts in [
            &[TYPES] as &[&str],
            &["word/document.xml"],
            &["a.exe", "b.html"],
            &[TYPES, "word/document.xml", "xl/workbook.xml"],
            &[TYPES, "word/document.xml", "word/vbaProject.bin"],
            &[TYPES, "xl/workbook.xml", "xl/macrosheets/sheet1.xml"],
            &[TYPES, "word/document.xml", "word/activeX/activeX1.xml"],
        ] {
            assert_eq!(kind(&archive(parts)), None, "{parts:?}");
        }
    }

    #[test]
    fn what_does_not_agree_with_itself_is_none() {
        let good = archive(&[TYPES, "word/document.xml"]);
        let mut behind = good.clone();
        behind.extend(b"<script>");
        let mut encrypted = good.clone();
        let entry = encrypted.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
        encrypted[entry + 8] = 1;
        for bad in [
            &behind[..],
            &encrypted,
            &good[..good.len() - 5],
            &good[4..],
            b"PK\x03\x04",
            b"",
        ] {
            assert_eq!(kind(bad), None);
        }
    }

    proptest! {
        /// Whatever is uploaded, the answer comes without a panic.
        #[test]
        fn any_bytes_get_an_answer(at in 0usize..300, byte: u8, cut in 0usize..300) {
            let mut file = archive(&[TYPES, "word/document.xml", "docProps/app.xml"]);
            let at = at % file.len();
            file[at] = byte;
            file.truncate(file.len() - cut % file.len());
            let _ = kind(&file);
        }
    }
}
