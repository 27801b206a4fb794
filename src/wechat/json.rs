//! WeChat's JSON dialect: the same fields as its XML, read into the same [`Fields`].
//!
//! An account can choose JSON for its callbacks. Strings are borrowed from the body wherever nothing had to be
//! unescaped. A list of one may come as a bare object (facts, WxJava#2477), so lists and objects read alike.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::callback::Malformed;
use super::xml::{Field, Fields, MAX_DEPTH, strip_illegal};

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// `<xml>…</xml>`.
    #[default]
    Xml,
    /// `{…}`.
    Json,
}

impl Format {
    /// Told by the first character that is no whitespace.
    pub fn of(body: &str) -> Self {
        if body.starts_with('<') {
            return Format::Xml;
        }
        let body = body.trim_start_matches('\u{feff}').trim_ascii_start();
        if body.starts_with('{') {
            Format::Json
        } else {
            Format::Xml
        }
    }
}

/// Reads one JSON object. Errors: [`Malformed::Json`] for anything else, for nesting deeper than [`MAX_DEPTH`] and
/// for escapes in names, which WeChat's names never need.
pub(super) fn parse(json: &str) -> Result<Fields<'_>, Malformed> {
    let json = json.trim_start_matches('\u{feff}');
    let mut sink = Sink {
        fields: Vec::with_capacity(12),
        groups: 0,
    };
    let mut reader = serde_json::Deserializer::from_str(json);
    let root = Leaves {
        sink: &mut sink,
        parent: "",
        name: "",
        group: 0,
        depth: 0,
    };
    root.deserialize(&mut reader).map_err(|_| Malformed::Json)?;
    reader.end().map_err(|_| Malformed::Json)?;
    Ok(Fields(sink.fields))
}

struct Sink<'a> {
    fields: Vec<Field<'a>>,
    groups: usize,
}

/// Reads one value: a leaf becomes a field, the members of an object become fields with `name` as their parent, and
/// the elements of a list are read as if each stood there alone.
struct Leaves<'s, 'a> {
    sink: &'s mut Sink<'a>,
    parent: &'a str,
    name: &'a str,
    group: usize,
    depth: usize,
}

impl<'a> Leaves<'_, 'a> {
    fn leaf<E: serde::de::Error>(self, value: Cow<'a, str>) -> Result<(), E> {
        if self.depth == 0 {
            return Err(E::custom("no object"));
        }
        let value = match value {
            Cow::Borrowed(text) => strip_illegal(text),
            Cow::Owned(text) => Cow::Owned(strip_illegal(&text).into_owned()),
        };
        self.sink.fields.push(Field {
            parent: self.parent,
            name: self.name,
            value,
            group: self.group,
        });
        Ok(())
    }

    fn deeper<E: serde::de::Error>(&self) -> Result<usize, E> {
        if self.depth == MAX_DEPTH {
            Err(E::custom("too deep"))
        } else {
            Ok(self.depth + 1)
        }
    }
}

impl<'a> DeserializeSeed<'a> for Leaves<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Leaves<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message of WeChat")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let depth = self.deeper()?;
        self.sink.groups += 1;
        let group = self.sink.groups;
        while let Some(name) = map.next_key::<&'a str>()? {
            map.next_value_seed(Leaves {
                sink: &mut *self.sink,
                parent: self.name,
                name: name.trim(),
                group,
                depth,
            })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<(), A::Error> {
        if self.depth == 0 {
            return Err(A::Error::custom("no object"));
        }
        let depth = self.deeper()?;
        loop {
            let element = Leaves {
                sink: &mut *self.sink,
                depth,
                ..self
            };
            if list.next_element_seed(element)?.is_none() {
                return Ok(());
            }
        }
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'a str) -> Result<(), E> {
        self.leaf(Cow::Borrowed(text))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.leaf(Cow::Owned(text.to_owned()))
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.leaf(Cow::Borrowed(if value { "true" } else { "false" }))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.leaf(Cow::Owned(value.to_string()))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.leaf(Cow::Owned(value.to_string()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        self.leaf(Cow::Owned(value.to_string()))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.leaf(Cow::Borrowed(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(json: &str) -> Vec<(String, String, String)> {
        let fields = parse(json).unwrap();
        fields
            .iter()
            .map(|f| (f.parent.to_owned(), f.name.to_owned(), f.value.to_string()))
            .collect()
    }

    #[test]
    fn every_kind_of_value_becomes_text() {
        let json = "\u{feff}{\"a\":\"x\",\"n\":6054768590064713728,\"m\":-1,\"f\":23.134521,\"t\":true,\"z\":null,\"e\":\"\\u4e2d\\n\"}";
        let read: Vec<_> = list(json)
            .into_iter()
            .map(|(_, n, v)| format!("{n}={v}"))
            .collect();
        assert_eq!(
            read,
            [
                "a=x",
                "n=6054768590064713728",
                "m=-1",
                "f=23.134521",
                "t=true",
                "z=",
                "e=中\n"
            ]
        );
        let fields = parse(r#"{"a":"x"}"#).unwrap();
        assert!(matches!(fields.get("a").unwrap(), Some(Cow::Borrowed("x"))));
    }

    /// facts, WxJava#2477: a list of one comes as an object.
    #[test]
    fn one_or_many_read_alike() {
        let one = list(r#"{"List":{"T":"1","S":"a"}}"#);
        assert_eq!(one, list(r#"{"List":[{"T":"1","S":"a"}]}"#));
        assert_eq!(one[0], ("List".into(), "T".into(), "1".into()));
        let many = parse(r#"{"List":[{"T":"1"},{"T":"2"}]}"#).unwrap();
        let groups: Vec<_> = many.iter().map(|f| f.group).collect();
        assert_ne!(groups[0], groups[1]);
    }

    /// facts row 7, in JSON: what XML cannot carry does not get in through JSON either.
    #[test]
    fn control_characters_are_stripped_and_duplicates_refused() {
        let fields = parse(r#"{"a":"x\u0000\u0008y","d":1,"d":2}"#).unwrap();
        assert_eq!(fields.get("a").unwrap().unwrap(), "xy");
        assert_eq!(fields.get("d"), Err(Malformed::Duplicate("d")));
    }

    #[test]
    fn malformed_documents_are_refused() {
        let deep = format!("{}1{}", "{\"a\":".repeat(9), "}".repeat(9));
        let deep_list = format!("{{\"a\":{}{}}}", "[".repeat(9), "]".repeat(9));
        for bad in [
            "",
            "1",
            "\"x\"",
            "[]",
            "[{\"a\":1}]",
            "{",
            "{\"a\":1}{}",
            "{\"a\":1}x",
            "{'a':1}",
            "{\"a\\u0062\":1}",
            "{\"a\":1,}",
            &deep,
            &deep_list,
        ] {
            assert_eq!(parse(bad), Err(Malformed::Json), "{bad}");
        }
        assert!(parse(&format!("{}1{}", "{\"a\":".repeat(8), "}".repeat(8))).is_ok());
    }

    #[test]
    fn the_format_is_told_by_the_first_character() {
        assert_eq!(Format::of(" \n{\"a\":1}"), Format::Json);
        assert_eq!(Format::of("\u{feff}{}"), Format::Json);
        assert_eq!(Format::of("<xml></xml>"), Format::Xml);
        assert_eq!(Format::of(""), Format::Xml);
    }

    proptest! {
        /// Whatever comes, an answer and no panic, from either parser.
        #[test]
        fn arbitrary_text_never_panics(text in "(\\{|\\}|\\[|\\]|\"|:|,|\\\\u?|[0-9a-f]|List|\\PC){0,60}") {
            let _ = parse(&text);
            let _ = Fields::parse_body(&text);
            let _ = Fields::parse_body(&format!("{{\"a\":{text}}}"));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Fields::parse_body(&String::from_utf8_lossy(&bytes));
        }
    }
}
