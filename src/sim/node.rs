//! The body of a callback before it is XML or JSON.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

/// One element: its name and what is in it.
pub(super) type Field = (Cow<'static, str>, Node);

/// What is in an element.
#[derive(Clone)]
pub(super) enum Node {
    /// A CDATA section; a JSON string.
    Text(String),
    /// Bare digits; a JSON number.
    Num(u64),
    /// A decimal number; `36.651200`.
    Raw(String),
    Group(Vec<Field>),
    /// `item` elements; a JSON array.
    Items(Vec<Vec<Field>>),
    /// The lists of 订阅通知 events: `<Outer><List>…</List></Outer>`, but in JSON a `List` without the outer
    /// name, an object when it has one entry and an array when it has more (facts: Also).
    List(Vec<Vec<Field>>),
}

pub(super) fn text(name: &'static str, value: impl Into<String>) -> Field {
    (name.into(), Node::Text(value.into()))
}

/// The whole body as XML.
pub(super) fn xml(fields: &[Field]) -> String {
    format!("<xml>{}</xml>", inner(fields))
}

fn inner(fields: &[Field]) -> String {
    fields.iter().map(|(name, node)| element(name, node)).collect()
}

fn element(name: &str, node: &Node) -> String {
    let wrapped = |tag: &str, items: &[Vec<Field>]| -> String {
        let items = items.iter().map(|f| format!("<{tag}>{}</{tag}>", inner(f)));
        items.collect()
    };
    match node {
        Node::Text(value) => cdata(name, value),
        Node::Num(value) => format!("<{name}>{value}</{name}>"),
        Node::Raw(value) => format!("<{name}>{value}</{name}>"),
        Node::Group(fields) => format!("<{name}>{}</{name}>", inner(fields)),
        Node::Items(items) => format!("<{name}>{}</{name}>", wrapped("item", items)),
        Node::List(items) => format!("<{name}>{}</{name}>", wrapped("List", items)),
    }
}

/// `]]>` would end the section: it is split over two. Anything else goes as typed, control characters too,
/// because WeChat sends those as well (facts row 7).
pub(super) fn cdata(name: &str, text: &str) -> String {
    let text: Cow<str> = if text.contains("]]>") {
        text.replace("]]>", "]]]]><![CDATA[>").into()
    } else {
        text.into()
    };
    format!("<{name}><![CDATA[{text}]]></{name}>")
}

/// The whole body as a JSON object.
pub(super) fn object(fields: &[Field]) -> Value {
    let mut map = Map::new();
    for (name, node) in fields {
        let (name, value) = match node {
            Node::Text(value) => (name.as_ref(), json!(value)),
            Node::Num(value) => (name.as_ref(), json!(value)),
            // As a string where WeChat's own JSON examples have one.
            Node::Raw(value) => (name.as_ref(), json!(value)),
            Node::Group(fields) => (name.as_ref(), object(fields)),
            Node::Items(items) => (name.as_ref(), items.iter().map(|f| object(f)).collect()),
            Node::List(items) => match items.as_slice() {
                [one] => ("List", object(one)),
                many => ("List", many.iter().map(|f| object(f)).collect()),
            },
        };
        map.insert(name.to_owned(), value);
    }
    Value::Object(map)
}

/// Fields from a JSON object: a reply in JSON, or an event a test makes up. What has no place in a callback
/// (null, an array of anything but objects) becomes its text.
pub(super) fn fields(map: &Map<String, Value>) -> Vec<Field> {
    map.iter()
        .map(|(name, value)| (Cow::Owned(name.clone()), node(value)))
        .collect()
}

fn node(value: &Value) -> Node {
    match value {
        Value::String(text) => Node::Text(text.clone()),
        Value::Object(map) => Node::Group(fields(map)),
        Value::Array(items) if items.iter().all(Value::is_object) => {
            let items = items.iter().filter_map(Value::as_object);
            Node::Items(items.map(fields).collect())
        }
        other => match other.as_u64() {
            Some(number) => Node::Num(number),
            None => Node::Text(other.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Facts: Also (WxJava#2477).
    #[test]
    fn a_list_of_one_is_an_object_in_json() {
        let entry = |id: &str| vec![text("TemplateId", id)];
        let list = |ids: &[&str]| {
            let items = ids.iter().map(|id| entry(id)).collect();
            vec![(Cow::Borrowed("SubscribeMsgPopupEvent"), Node::List(items))]
        };
        assert_eq!(object(&list(&["a"])), json!({ "List": { "TemplateId": "a" } }));
        assert_eq!(
            object(&list(&["a", "b"])),
            json!({ "List": [{ "TemplateId": "a" }, { "TemplateId": "b" }] })
        );
        assert_eq!(
            xml(&list(&["a"])),
            "<xml><SubscribeMsgPopupEvent><List><TemplateId><![CDATA[a]]></TemplateId></List></SubscribeMsgPopupEvent></xml>"
        );
    }
}
