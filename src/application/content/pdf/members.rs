//! A budget for what lopdf makes of a file. It is spent in the filter that the library calls for every object it has
//! read, before it unpacks a stream of further ones; when it is spent, reading ends.

use lopdf::{Object, ObjectId, Stream};
use std::cell::Cell;
use std::panic::resume_unwind;
use std::time::{Duration, Instant};

/// Values of a whole document, about a hundred bytes each.
const VALUES: usize = 600_000;
/// Bytes of all streams of objects together, unpacked.
const UNPACKED: usize = 4 * 1024 * 1024;
/// lopdf gives up deeper than this; so a value that closes is read to its end and not over it.
const DEEPEST: usize = 100;
/// A paper takes a tenth of a second. What takes longer makes the library read the same again and again.
const PATIENCE: Duration = Duration::from_secs(3);

thread_local! {
    // The library takes a plain function, and reads on the calling thread (its feature `rayon` is off).
    static LEFT: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
    static BEGUN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// A new document.
pub fn begin() {
    LEFT.set((VALUES, UNPACKED));
    BEGUN.set(Some(Instant::now()));
}

/// Not a panic: nothing is printed, [`super::load`] takes it for a refusal.
fn over() -> ! {
    resume_unwind(Box::new("a PDF's budget is spent"))
}

/// The filter: keeps every object while the budget lasts.
pub fn weigh(id: ObjectId, object: &mut Object) -> Option<(ObjectId, Object)> {
    if BEGUN.get().is_none_or(|begun| begun.elapsed() > PATIENCE) {
        over();
    }
    let (values, unpacked) = LEFT.get();
    let Some(values) = values.checked_sub(weight(object)) else {
        over()
    };
    let unpacked = match object {
        Object::Stream(stream) if stream.dict.has_type(b"ObjStm") => spend(stream, unpacked),
        _ => unpacked,
    };
    LEFT.set((values, unpacked));
    // Only an unpacked object's answer is used, and those are never streams: a large one is not copied for nothing.
    let answer = match object {
        Object::Stream(_) => Object::Null,
        other => other.clone(),
    };
    Some((id, answer))
}

fn weight(object: &Object) -> usize {
    let of = |object: &Object| weight(object);
    1 + match object {
        Object::Array(items) => items.iter().map(of).sum(),
        Object::Dictionary(dictionary) => dictionary.iter().map(|(_, value)| 1 + of(value)).sum(),
        Object::Stream(stream) => {
            let entries: usize = stream.dict.iter().map(|(_, value)| 1 + of(value)).sum();
            entries + stream.content.len() / 128
        }
        Object::String(text, _) | Object::Name(text) => text.len() / 128,
        _ => 0,
    }
}

/// What is left after a stream of objects, which must be laid out as writers do it: members one behind the other,
/// each of them closed. Overlapping ones would be read over and over.
fn spend(stream: &Stream, left: usize) -> usize {
    let Ok(content) = stream.get_plain_content_with_limit(left) else {
        over()
    };
    if !in_order(stream, &content).unwrap_or(false) {
        over();
    }
    left - content.len().min(left)
}

fn in_order(stream: &Stream, content: &[u8]) -> Option<bool> {
    let first = usize::try_from(stream.dict.get(b"First").ok()?.as_i64().ok()?).ok()?;
    let index = std::str::from_utf8(content.get(..first)?).ok()?;
    let starts: Option<Vec<usize>> = index
        .split_whitespace()
        .skip(1)
        .step_by(2)
        .map(|offset| first.checked_add(offset.parse().ok()?))
        .collect();
    let starts = starts?;
    let ends = starts.iter().skip(1).copied().chain([content.len()]);
    Some(
        starts
            .iter()
            .zip(ends)
            .all(|(start, end)| *start < end && content.get(*start..end).is_some_and(closed)),
    )
}

/// Whether every bracket and string in the piece is closed within it.
fn closed(piece: &[u8]) -> bool {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = piece.get(at) {
        let twice = piece.get(at + 1) == Some(byte);
        let length = match byte {
            b'(' => match string(&piece[at..]) {
                Some(length) => length,
                None => return false,
            },
            b'%' => piece[at..]
                .iter()
                .take_while(|b| !matches!(b, b'\r' | b'\n'))
                .count(),
            b'<' if !twice => match piece[at..].iter().position(|b| *b == b'>') {
                Some(end) => end + 1,
                None => return false,
            },
            b'[' | b'<' => {
                depth += 1;
                if *byte == b'[' { 1 } else { 2 }
            }
            b']' | b'>' => match depth.checked_sub(1) {
                Some(up) => {
                    depth = up;
                    if *byte == b']' { 1 } else { 2 }
                }
                None => return false,
            },
            _ => 1,
        };
        if depth > DEEPEST {
            return false;
        }
        at += length;
    }
    depth == 0
}

/// The length of a literal string, its brackets included.
fn string(piece: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        match piece.get(at)? {
            b'\\' => at += 1,
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}
