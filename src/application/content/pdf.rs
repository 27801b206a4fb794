//! Is a PDF plain paper? No password, no script, no attachment, not too many pages, and safe to be read again.
//!
//! lopdf follows what the file says, and a file can be made to say the same large object a hundred thousand times.
//! So it is read here, and by the machine's checks, through [`load`] alone, which gives it nothing to follow.

mod members;
mod names;

use super::foreign;
use crate::kernel::Refusal;
use lopdf::{Dictionary, Document, LoadOptions, Object};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// More pages than any paper that is asked for has (issue 4).
pub const MAX_PAGES: usize = 20;

/// A stream of objects or of the cross-reference may unpack to so much.
const MAX_UNPACKED: usize = 4 * 1024 * 1024;
/// Twenty pages have a few hundred objects.
const MAX_OBJECTS: usize = 20_000;
const MAX_STREAMS: usize = 5_000;
/// An object without its stream: reading the file may come back to one again and again.
const MAX_OBJECT_BYTES: usize = 512 * 1024;
/// Each stream may name the largest object as its length, which is then read for it: streams times bytes.
const MAX_REREAD: usize = 64 * 1024 * 1024;

/// Whether the PDF may be kept, which may have `most` pages.
///
/// Errors: [`Refusal::FileTruncated`], [`Refusal::FileLocked`], [`Refusal::FileScripts`],
/// [`Refusal::FileNoPages`], [`Refusal::FilePages`], [`Refusal::FileMixed`].
pub fn check(bytes: &[u8], most: usize) -> Result<(), Refusal> {
    const END: &[u8] = b"%%EOF";
    let from = bytes.len().saturating_sub(2048);
    // A second file behind the end is looked for before its own end is: it may be long.
    let last = bytes.windows(END.len()).rposition(|window| window == END);
    let Some(last) = last else {
        return Err(Refusal::FileTruncated);
    };
    if foreign::is_second_file(&bytes[last + END.len()..]) || foreign::ends_as_zip(bytes) {
        return Err(Refusal::FileMixed);
    }
    if last < from {
        return Err(Refusal::FileTruncated);
    }
    names::look(bytes)?;
    let document = load(bytes)?;
    if document.objects.values().any(acts) {
        return Err(Refusal::FileScripts);
    }
    let mut pages = 0;
    let mut real = 0;
    for page in document.page_iter().take(most + 1) {
        pages += 1;
        real += usize::from(document.get_dictionary(page).is_ok());
    }
    match (pages, real) {
        (_, 0) => Err(Refusal::FileNoPages),
        (pages, _) if pages > most => Err(Refusal::FilePages { most }),
        _ => Ok(()),
    }
}

/// Reads a PDF whoever made it: in bounded time and memory, encrypted ones refused. For a stored document whose text
/// or pictures are wanted, too: bound further unpacking with lopdf's `…_with_limit` calls.
///
/// Errors: [`Refusal::FileTruncated`], [`Refusal::FileLocked`].
pub fn load(bytes: &[u8]) -> Result<Document, Refusal> {
    bounded(bytes).ok_or(Refusal::FileTruncated)?;
    let options = LoadOptions {
        filter: Some(members::weigh),
        max_decompressed_size: Some(MAX_UNPACKED),
        // The objects where they stand, each once: a table could send the reader to one place without end.
        force_reconstruct: true,
        ..LoadOptions::default()
    };
    let copy = without_table(bytes);
    members::begin();
    // Unwinding is how the budget's end gets out of the library, and a defect of it ends here as well.
    let loaded = catch_unwind(AssertUnwindSafe(|| {
        Document::load_mem_with_options(&copy, options)
    }));
    let document = loaded.ok().and_then(Result::ok).ok_or(Refusal::FileTruncated)?;
    if document.trailer.has(b"Encrypt") || document.is_encrypted() {
        return Err(Refusal::FileLocked);
    }
    Ok(document)
}

/// A copy whose `startxref` leads nowhere, so that the table is not read even as a last resort.
fn without_table(bytes: &[u8]) -> Vec<u8> {
    const WORD: &[u8] = b"startxref";
    let mut copy = bytes.to_vec();
    let mut at = 0;
    while let Some(found) = copy[at..].windows(WORD.len()).position(|window| window == WORD) {
        copy[at + found..at + found + WORD.len()].fill(b' ');
        at += found + WORD.len();
    }
    copy
}

/// Whether numbers and sizes of what stands in the file are those of a paper.
fn bounded(bytes: &[u8]) -> Option<()> {
    let (mut objects, mut streams, mut since, mut largest) = (0, 0, 0, 0);
    let mut in_stream = false;
    for (at, byte) in bytes.iter().enumerate() {
        let rest = &bytes[at..];
        match byte {
            b'e' if rest.starts_with(b"endobj") => {
                objects += 1;
                since = at;
                in_stream = false;
            }
            b'e' if rest.starts_with(b"endstream") => (in_stream, since) = (false, at),
            b's' if rest.starts_with(b"stream") && !bytes[..at].ends_with(b"end") => {
                if !in_stream {
                    streams += 1;
                }
                in_stream = true;
            }
            _ => {}
        }
        if in_stream {
            since = at;
        }
        largest = largest.max(at - since);
        if objects > MAX_OBJECTS || streams > MAX_STREAMS || largest > MAX_OBJECT_BYTES {
            return None;
        }
    }
    (streams * largest <= MAX_REREAD).then_some(())
}

/// Whether something in the object acts by itself or carries a file.
fn acts(object: &Object) -> bool {
    match object {
        Object::Name(name) => names::ACTIVE.contains(&name.as_slice()),
        Object::Array(items) => items.iter().any(acts),
        Object::Dictionary(dictionary) => dictionary_acts(dictionary),
        Object::Stream(stream) => dictionary_acts(&stream.dict),
        _ => false,
    }
}

fn dictionary_acts(dictionary: &Dictionary) -> bool {
    const KEYS: [&[u8]; 3] = [b"JS", b"XFA", b"EF"];
    dictionary.iter().any(|(key, value)| {
        KEYS.contains(&key.as_slice()) || names::ACTIVE.contains(&key.as_slice()) || acts(value)
    })
}

#[cfg(test)]
pub(super) mod tests;
