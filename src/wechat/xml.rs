//! WeChat's XML dialect: one root `<xml>`, fields beneath it, rarely fields in fields.
//!
//! Read with the low-level reader of quick-xml and borrowed from the body wherever nothing had to be unescaped.
//! What quick-xml lets pass is refused or removed here (facts row 7): DOCTYPE, references other than XML's own
//! five and numbers, unclosed elements, text outside the root, control characters.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

use super::callback::Malformed;
use super::json::Format;

/// Elements deeper than this are refused; WeChat's own deepest event (SendPicsInfo/PicList/item) needs 5.
pub(super) const MAX_DEPTH: usize = 8;

/// One leaf element of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<'a> {
    /// Name of the element around it, empty for a field directly under the root.
    pub parent: &'a str,
    /// The element's own name, in WeChat's spelling.
    pub name: &'a str,
    /// Its text, unescaped, without characters XML forbids.
    pub value: Cow<'a, str>,
    /// Number of the element around it, counted through the document: fields of one list item have the same.
    pub group: usize,
}

/// The leaf fields of one message in the order of the document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields<'a>(pub(super) Vec<Field<'a>>);

impl<'a> Fields<'a> {
    /// Parses a body in either [`Format`]. Errors: [`Malformed`].
    pub fn parse_body(body: &'a str) -> Result<Self, Malformed> {
        match Format::of(body) {
            Format::Xml => Self::parse(body),
            Format::Json => super::json::parse(body),
        }
    }

    /// Parses a whole XML document. Errors: [`Malformed`] for anything that is not well-formed XML with the root
    /// `<xml>`, and for a DOCTYPE or a custom entity.
    pub fn parse(xml: &'a str) -> Result<Self, Malformed> {
        let mut reader = Reader::from_str(xml);
        let mut walk = Walk {
            fields: Vec::with_capacity(12),
            open: [Open::default(); MAX_DEPTH],
            depth: 0,
            groups: 0,
            done: false,
        };
        let mut text = Text::default();
        loop {
            let event = reader.read_event().map_err(|_| Malformed::Xml)?;
            match event {
                Event::Start(e) => walk.start(slice_of(xml, e.name().0)?, &mut text)?,
                Event::Empty(e) => {
                    walk.start(slice_of(xml, e.name().0)?, &mut text)?;
                    walk.end(&mut text);
                }
                Event::End(_) => walk.end(&mut text),
                Event::Text(e) => walk.text(e.xml10_content(), &mut text)?,
                Event::CData(e) if walk.depth > 0 => text.push(e.xml10_content()),
                Event::GeneralRef(e) if walk.depth > 0 => text.push(Cow::Owned(resolve(&e)?.to_string())),
                Event::CData(_) | Event::GeneralRef(_) => return Err(Malformed::Xml),
                Event::DocType(_) => return Err(Malformed::Doctype),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof if walk.done => return Ok(Fields(walk.fields)),
                Event::Eof => return Err(Malformed::Xml),
            }
        }
    }

    /// The value of a field directly under the root, if it is there exactly once. Errors: a second one, because
    /// two readers of the same message must not see two different senders.
    pub fn get(&self, name: &'static str) -> Result<Option<&Cow<'a, str>>, Malformed> {
        let mut found = None;
        for field in self.0.iter().filter(|f| f.parent.is_empty() && f.name == name) {
            if found.replace(&field.value).is_some() {
                return Err(Malformed::Duplicate(name));
            }
        }
        Ok(found)
    }

    /// [`Fields::get`] for a field which a message cannot be without; surrounding whitespace is cut.
    pub fn require(&self, name: &'static str) -> Result<&str, Malformed> {
        match self.get(name)?.map(|v| v.trim()) {
            Some(value) if !value.is_empty() => Ok(value),
            _ => Err(Malformed::Missing(name)),
        }
    }

    /// [`Fields::get`] as an owned string: trimmed, and `None` when empty.
    pub fn optional(&self, name: &'static str) -> Result<Option<String>, Malformed> {
        Ok(self
            .get(name)?
            .map(|v| v.trim())
            .filter(|v| !v.is_empty())
            .map(str::to_owned))
    }

    /// The value of the first field `name` directly inside `parent` (`ScanCodeInfo`, `ScanResult`).
    pub fn inside(&self, parent: &str, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|f| f.parent == parent && f.name == name)
            .map(|f| f.value.as_ref())
    }

    /// All fields in the order of the document.
    pub fn iter(&self) -> std::slice::Iter<'_, Field<'a>> {
        self.0.iter()
    }
}

#[derive(Clone, Copy, Default)]
struct Open<'a> {
    name: &'a str,
    has_children: bool,
    group: usize,
}

/// Where the reader stands in the document.
struct Walk<'a> {
    fields: Vec<Field<'a>>,
    open: [Open<'a>; MAX_DEPTH],
    depth: usize,
    groups: usize,
    done: bool,
}

impl<'a> Walk<'a> {
    fn start(&mut self, name: &'a str, text: &mut Text<'a>) -> Result<(), Malformed> {
        if self.done || self.depth == MAX_DEPTH || (self.depth == 0 && name != "xml") {
            return Err(Malformed::Xml);
        }
        if let Some(parent) = self.depth.checked_sub(1) {
            self.open[parent].has_children = true;
        }
        self.groups += 1;
        self.open[self.depth] = Open {
            name,
            has_children: false,
            group: self.groups,
        };
        self.depth += 1;
        text.clear();
        Ok(())
    }

    /// The reader has already checked that the names of the start and the end match.
    fn end(&mut self, text: &mut Text<'a>) {
        self.depth = self.depth.saturating_sub(1);
        let Open {
            name, has_children, ..
        } = self.open[self.depth];
        let value = text.take();
        if self.depth == 0 {
            self.done = true;
        } else if !has_children {
            let around = self.open[self.depth - 1];
            self.fields.push(Field {
                parent: if self.depth > 1 { around.name } else { "" },
                name,
                value,
                group: around.group,
            });
        }
    }

    fn text(&self, piece: Cow<'a, str>, text: &mut Text<'a>) -> Result<(), Malformed> {
        match self.depth {
            0 if piece.trim_ascii().is_empty() => Ok(()),
            0 => Err(Malformed::Xml),
            _ => {
                text.push(piece);
                Ok(())
            }
        }
    }
}

/// `name` again, but with the lifetime of the document: the reader lends names only as long as its event lives.
fn slice_of<'a>(xml: &'a str, name: &str) -> Result<&'a str, Malformed> {
    let start = (name.as_ptr() as usize).wrapping_sub(xml.as_ptr() as usize);
    xml.get(start..start.wrapping_add(name.len()))
        .ok_or(Malformed::Xml)
}

/// Text of the element being read: borrowed while it is one piece, which is nearly always.
#[derive(Default)]
struct Text<'a>(Cow<'a, str>);

impl<'a> Text<'a> {
    fn push(&mut self, piece: Cow<'a, str>) {
        if self.0.is_empty() {
            self.0 = piece;
        } else if !piece.is_empty() {
            self.0.to_mut().push_str(&piece);
        }
    }

    fn clear(&mut self) {
        self.0 = Cow::Borrowed("");
    }

    fn take(&mut self) -> Cow<'a, str> {
        match std::mem::take(&mut self.0) {
            Cow::Borrowed(s) => strip_illegal(s),
            Cow::Owned(s) if is_clean(&s) => Cow::Owned(s),
            Cow::Owned(s) => Cow::Owned(strip_illegal(&s).into_owned()),
        }
    }
}

/// XML's five own entities and character references; any other entity would need a DTD, which is refused.
fn resolve(reference: &BytesRef<'_>) -> Result<char, Malformed> {
    if let Some(c) = reference.resolve_char_ref().map_err(|_| Malformed::Xml)? {
        return Ok(c);
    }
    match reference.as_ref() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(Malformed::Entity),
    }
}

/// A character XML 1.0 allows in text (production `Char`; surrogates cannot be in a `str`).
fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

fn is_clean(s: &str) -> bool {
    let control = |b: u8| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r');
    // 0xEF starts U+FFFE and U+FFFF, and full-width punctuation. No way out in the middle, so that the compiler looks at
    // many bytes at once.
    let suspect = |found, b: &u8| found | u8::from(control(*b)) | u8::from(*b == 0xEF);
    if s.as_bytes().iter().fold(0, suspect) == 0 {
        return true;
    }
    let nonchar = |w: &[u8]| w[0] == 0xEF && w[1] == 0xBF && w[2] >= 0xBE;
    !s.bytes().any(control) && !s.as_bytes().windows(3).any(nonchar)
}

/// `s` without the characters XML 1.0 forbids: people paste them, and WeChat drops a reply that has one.
pub fn strip_illegal(s: &str) -> Cow<'_, str> {
    if is_clean(s) {
        Cow::Borrowed(s)
    } else {
        Cow::Owned(s.chars().filter(|c| is_legal(*c)).collect())
    }
}

/// Appends `<name><![CDATA[value]]></name>`; forbidden characters are left out and `]]>` is split over two sections.
pub fn push_cdata(out: &mut Vec<u8>, name: &str, value: &str) {
    // Stripping comes first: it may itself bring `]]` and `>` together.
    let value = strip_illegal(value);
    if value.as_bytes().contains(&b']') {
        push_plain(out, name, &value.replace("]]>", "]]]]><![CDATA[>"));
    } else {
        push_plain(out, name, &value);
    }
}

/// [`push_cdata`] for a value that needs no second look: base64, hex, or one that had it.
pub(super) fn push_plain(out: &mut Vec<u8>, name: &str, value: &str) {
    push_all(out, &["<", name, "><![CDATA[", value, "]]></", name, ">"]);
}

/// Appends `<name>number</name>`.
pub fn push_number(out: &mut Vec<u8>, name: &str, value: i64) {
    push_all(out, &["<", name, ">"]);
    push_decimal(out, value);
    push_all(out, &["</", name, ">"]);
}

/// Appends a number without the formatting machinery and its allocation.
pub(super) fn push_decimal(out: &mut Vec<u8>, value: i64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// The written document as text. Everything written came from `str`, so this cannot fail.
pub(super) fn into_text(out: Vec<u8>) -> String {
    String::from_utf8(out).unwrap_or_default()
}

fn push_all(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

#[cfg(test)]
mod tests;
