//! The OpenAPI document holds together: what it names is there, every operation says what it is, what it answers and how
//! it refuses, and every example is of its schema.

use super::document;
use serde_json::Value;
use std::collections::BTreeSet;

/// Schema and value of a reference.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => {
            let path = reference.strip_prefix('#').unwrap();
            let found = document.pointer(path);
            found.unwrap_or_else(|| panic!("{reference} leads nowhere"))
        }
        None => schema,
    }
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                match inner.as_str() {
                    Some(reference) if key == "$ref" => found.push(reference.to_owned()),
                    _ => references(inner, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// What is wrong with a value by its schema, as far as our schemas go.
fn wrong(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let is_nullable = |schema: &Value| schema["nullable"] == true;
    if let Some(all) = schema["allOf"].as_array() {
        if value.is_null() && is_nullable(schema) {
            return Vec::new();
        }
        return all
            .iter()
            .flat_map(|part| wrong(document, part, value, at))
            .collect();
    }
    let schema = resolved(document, schema);
    if value.is_null() && is_nullable(schema) {
        return Vec::new();
    }
    if let Some(known) = schema["enum"].as_array()
        && !known.contains(value)
    {
        return vec![format!("{at}: {value} is none of {known:?}")];
    }
    let of_type = match schema["type"].as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        // Beside a reference: only a description.
        None if schema.get("properties").is_none() => return Vec::new(),
        None => true,
        other => panic!("{at}: type {other:?} in {schema}"),
    };
    if !of_type {
        return vec![format!("{at}: {value} is no {}", schema["type"])];
    }
    let mut found = Vec::new();
    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
        found.extend(wrong(document, &schema["items"], item, &format!("{at}[{i}]")));
    }
    let Some(object) = value.as_object() else {
        return found;
    };
    for required in schema["required"].as_array().into_iter().flatten() {
        if !object.contains_key(required.as_str().unwrap()) {
            found.push(format!("{at}: {required} is missing"));
        }
    }
    for (name, inner) in object {
        let property = &schema["properties"][name];
        match (property.is_null(), schema.get("additionalProperties")) {
            (false, _) => found.extend(wrong(document, property, inner, &format!("{at}.{name}"))),
            (true, Some(any)) => found.extend(wrong(document, any, inner, &format!("{at}.{name}"))),
            (true, None) => found.push(format!("{at}.{name} is not in the schema")),
        }
    }
    found
}

/// Where a null stands: OpenAPI knows none.
fn nulls(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Null => found.push(at.to_owned()),
        Value::Object(map) => map
            .iter()
            .for_each(|(name, inner)| nulls(inner, &format!("{at}/{name}"), found)),
        Value::Array(items) => items.iter().for_each(|inner| nulls(inner, at, found)),
        _ => {}
    }
}

fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &'_ Value)| {
        let named: Vec<_> = item
            .as_object()
            .unwrap()
            .keys()
            .map(|method| format!("{method} {path}"))
            .collect();
        named
    };
    let names: Vec<String> = paths.iter().flat_map(of_path).collect();
    names
        .into_iter()
        .map(|name| {
            let (method, path) = name.split_once(' ').unwrap();
            let operation = &document["paths"][path][method];
            (name, operation)
        })
        .collect()
}

#[test]
fn every_reference_resolves_and_nothing_is_left_over() {
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 50, "{}", found.len());
    let mut empty = Vec::new();
    nulls(&document, "", &mut empty);
    assert!(empty.is_empty(), "{empty:?}");
    for reference in &found {
        let path = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(path).is_some(), "{reference} leads nowhere");
    }
}

/// Issue 4, done when: every operation has examples and error responses.
#[test]
fn every_operation_is_described_with_examples_and_errors() {
    let document = document();
    let operations = operations(&document);
    assert!(operations.len() > 25, "{}", operations.len());
    let mut ids = BTreeSet::new();
    for (name, operation) in operations {
        let id = operation["operationId"].as_str();
        assert!(
            ids.insert(id.unwrap_or_else(|| panic!("{name} has no id"))),
            "{name}"
        );
        assert!(
            !operation["summary"].as_str().unwrap_or_default().is_empty(),
            "{name}"
        );
        let body = operation["requestBody"]["content"].as_object();
        for (media, body) in body.into_iter().flatten() {
            exampled(&document, body, &format!("{name}, {media}"));
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(!parameter["example"].is_null(), "{name}: {parameter}");
            assert!(parameter["description"].is_string(), "{name}: {parameter}");
        }
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.contains_key("200"), "{name}");
        assert!(responses.len() > 1, "{name} has no error");
        assert_eq!(
            operation.get("security").is_some(),
            responses.contains_key("401"),
            "{name}: who is not signed in is told so"
        );
        for (status, response) in responses {
            assert!(response["description"].is_string(), "{name} {status}");
            for (media, body) in response["content"].as_object().unwrap() {
                exampled(&document, body, &format!("{name} {status}, {media}"));
            }
        }
    }
}

fn exampled(document: &Value, body: &Value, at: &str) {
    assert!(!body["example"].is_null(), "{at} has no example");
    if body["schema"]["format"] != "binary" {
        let found = wrong(document, &body["schema"], &body["example"], at);
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn every_schema_has_an_example_that_is_of_it() {
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let example = schema.get("example");
        let example = example.unwrap_or_else(|| panic!("{name} has no example in src/api/examples.rs"));
        let found = wrong(&document, schema, example, name);
        assert!(found.is_empty(), "{found:#?}");
    }
}

/// docs/api.md lists every code that a client may meet.
#[test]
fn the_guide_lists_every_code() {
    let guide = include_str!("../../docs/api.md");
    let mut codes: Vec<&str> = include_str!("../kernel/refusal/code.rs")
        .split("=> \"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    codes.extend(["invalid", "sign_in", "not_found", "body_too_large", "unavailable"]);
    assert!(codes.len() > 60, "{codes:?}");
    let missing: Vec<_> = codes
        .iter()
        .filter(|code| !guide.contains(&format!("`{code}`")))
        .collect();
    assert!(missing.is_empty(), "not in docs/api.md: {missing:?}");
}
