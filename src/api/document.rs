//! The OpenAPI document: what poem-openapi derives from the operations, finished with what it cannot say — the values of
//! our text enums, an example of everything, and which errors an operation can really answer.

use super::examples;
use crate::application::content::MediaType;
use crate::application::states::Event;
use crate::application::{DocumentKind, State, form};
use crate::campaign::Season;
use crate::papers;
use crate::union::Kind;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// The document, as `/api/openapi.json` and `yuanmeng openapi` give it.
pub fn document() -> Value {
    // poem-openapi writes what `serde_json` reads.
    let mut document: Value = serde_json::from_str(&super::service().spec()).unwrap_or_default();
    schemas(&mut document["components"]["schemas"]);
    let schemas = document["components"]["schemas"].clone();
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths {
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                finish(
                    operation,
                    &Place {
                        path,
                        method,
                        schemas: &schemas,
                    },
                );
            }
        }
    }
    document
}

/// The methods of a path below `/api/v1`, for `Allow`; none for a path that is not there.
pub fn methods_of(path: &str) -> Option<String> {
    static PATHS: LazyLock<Value> = LazyLock::new(|| document()["paths"].take());
    let is_it = |pattern: &str| {
        let same = |(wanted, is): (&str, &str)| wanted == is || (wanted.starts_with('{') && !is.is_empty());
        pattern.split('/').count() == path.split('/').count()
            && pattern.split('/').zip(path.split('/')).all(same)
    };
    let (_, item) = PATHS.as_object()?.iter().find(|(pattern, _)| is_it(pattern))?;
    let methods: Vec<String> = item
        .as_object()?
        .keys()
        .map(|method| method.to_uppercase())
        .collect();
    Some(methods.join(", "))
}

fn texts<'a>(all: impl Iterator<Item = &'a str>) -> Value {
    Value::Array(all.map(Value::from).collect())
}

/// Examples, and the values of our enums.
fn schemas(schemas: &mut Value) {
    let kinds = texts(DocumentKind::ALL.iter().map(|kind| kind.as_str()));
    let states = texts(State::ALL.iter().map(|state| state.as_str()));
    let unions = Kind::ALL
        .iter()
        .filter(|kind| !matches!(kind, Kind::City | Kind::Centre));
    let known = [
        ("DocumentView", "kind", kinds.clone()),
        ("NeededView", "kind", kinds.clone()),
        ("HandoffPaper", "kind", kinds.clone()),
        ("CheckView", "paper", kinds),
        (
            "CheckView",
            "check",
            texts(
                papers::Kind::ALL
                    .iter()
                    .filter(|kind| !kind.binding())
                    .map(|kind| kind.as_str()),
            ),
        ),
        (
            "DocumentView",
            "media_type",
            texts(MediaType::ALL.iter().map(|m| m.as_str())),
        ),
        ("ApplicationView", "state", states.clone()),
        ("StateView", "state", states.clone()),
        ("ProgressView", "state", states),
        (
            "EventView",
            "event",
            texts(Event::ALL.iter().map(|event| event.as_str())),
        ),
        (
            "IntakeView",
            "season",
            texts(Season::ALL.iter().map(|season| season.as_str())),
        ),
        ("UnionView", "kind", texts(unions.map(|kind| kind.as_str()))),
    ];
    for (schema, property, values) in known {
        schemas[schema]["properties"][property]["enum"] = values;
    }
    let fields = form::FIELDS.iter().map(|(name, label)| {
        let schema = json!({ "type": "string", "description": label });
        (name.to_string(), schema)
    });
    schemas["Typed"]["properties"]["form"]["properties"] = Value::Object(fields.collect());
    for (name, schema) in schemas.as_object_mut().into_iter().flatten() {
        if let Some(example) = examples::of(name) {
            schema["example"] = example;
        }
    }
}

/// Which operation is being finished.
struct Place<'a> {
    path: &'a str,
    method: &'a str,
    schemas: &'a Value,
}

fn finish(operation: &mut Value, place: &Place<'_>) {
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let signed = operation.get("security").is_some();
    let repeatable = has_key(operation);
    parameters(operation);
    if let Some(content) = operation
        .pointer_mut("/requestBody/content")
        .and_then(Value::as_object_mut)
    {
        request(content, place.schemas);
    }
    let has_body = operation.get("requestBody").is_some();
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    responses.retain(|status, _| {
        let can = match status.as_str() {
            "401" => signed,
            // Only the mini-program's operations ask for more than a session; a ticket and a link hold once.
            "403" => {
                signed && place.path.starts_with("/mini/")
                    || place.path.starts_with("/sessions/app")
                    || id == "take_up_handoff"
            }
            "404" => {
                place.path.contains('{')
                    || place.path.starts_with("/handoff")
                    || matches!(id.as_str(), "unions" | "current_application")
            }
            "410" => place.path.starts_with("/handoff"),
            "409" => {
                signed && (place.method != "get" || id == "form_pdf")
                    || place.path.starts_with("/sessions/app")
            }
            "415" => has_body,
            "429" => {
                matches!(
                    id.as_str(),
                    "upload_document" | "upload_by_phone" | "progress_events"
                ) || !signed && place.method == "post"
                    || place.path.starts_with("/mini/")
            }
            _ => true,
        };
        // The description of the form's fields asks nothing and refuses nothing.
        can && (id != "form_fields" || status == "200")
    });
    for (status, response) in responses {
        answer(status, response, place.schemas);
        if repeatable && status == "200" {
            response["headers"] = json!({ "Idempotent-Replayed": {
                "description": "`true` 表示这是同一个 Idempotency-Key 先前的结果",
                "schema": { "type": "string", "enum": ["true"] },
            }});
        }
    }
    match id.as_str() {
        "document" => download(&mut operation["responses"]["200"], MediaType::ALL),
        "form_pdf" | "receipt_pdf" => download(&mut operation["responses"]["200"], &[MediaType::Pdf]),
        _ => {}
    }
    if id == "form_fields" {
        operation["responses"]["default"] = fault();
    } else {
        operation["responses"]["500"] = fault();
    }
}

fn has_key(operation: &Value) -> bool {
    let parameters = operation["parameters"].as_array();
    parameters.is_some_and(|all| all.iter().any(|p| p["name"] == "Idempotency-Key"))
}

fn parameters(operation: &mut Value) {
    // By `get_mut`: an index would put a null where nothing is.
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let (description, schema, example) = match parameter["name"].as_str() {
            Some("Idempotency-Key") => (
                "同一次操作的重试用同一个键：24 小时内得到第一次的结果。8 至 64 位字母、数字或 . _ : -",
                json!({ "type": "string", "minLength": 8, "maxLength": 64, "pattern": "^[A-Za-z0-9._:-]{8,64}$" }),
                json!("3f0e2c1a-7b64-4d0e-9a3f-2a1c5b7d9e11"),
            ),
            Some(name) => {
                let description = match name {
                    "application_id" => "申请的 id",
                    "document_id" => "材料的 id",
                    "union_id" => "工会的 id",
                    "field" => "字段名",
                    _ => "上级工会的 id；不填为附件 1 的单位",
                };
                if name == "field" {
                    let schema = json!({ "type": "string", "enum": ["institution", "major"] });
                    (description, schema, json!("major"))
                } else {
                    // An empty one in a query is none.
                    let pattern = if name == "parent" {
                        "^([0-9a-f]{32})?$"
                    } else {
                        "^[0-9a-f]{32}$"
                    };
                    let schema = json!({ "type": "string", "pattern": pattern });
                    (description, schema, json!(examples::ID))
                }
            }
            None => continue,
        };
        parameter["description"] = json!(description);
        parameter["schema"] = schema;
        parameter["example"] = example;
    }
}

fn request(content: &mut Map<String, Value>, schemas: &Value) {
    for (media, body) in content {
        if media.starts_with("multipart/") {
            let kinds = texts(DocumentKind::ALL.iter().map(|kind| kind.as_str()));
            let schema = json!({
                "type": "object",
                "required": ["kind", "file"],
                "properties": {
                    "kind": { "type": "string", "enum": kinds, "description": "材料种类" },
                    "file": { "type": "string", "format": "binary",
                              "description": "jpg、jpeg、png、gif 或 pdf，不超过 3 MB；类型按内容判断" },
                },
            });
            body["schema"] = schema;
            body["example"] = json!({ "kind": "receipt", "file": "（文件内容）" });
        } else {
            body["example"] = example_of(&body["schema"], schemas);
        }
    }
}

/// Description and example of an answer.
fn answer(status: &str, response: &mut Value, schemas: &Value) {
    if status == "200" {
        response["description"] = json!("成功");
    }
    let content = response.get_mut("content").and_then(Value::as_object_mut);
    for (_, body) in content.into_iter().flatten() {
        body["example"] = match status {
            "200" => example_of(&body["schema"], schemas),
            _ => examples::problem(status),
        };
    }
}

fn example_of(schema: &Value, schemas: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return schemas[name]["example"].clone();
    }
    match schema.get("items") {
        Some(items) => json!([example_of(items, schemas)]),
        None => Value::Null,
    }
}

fn download(response: &mut Value, types: &[MediaType]) {
    let types = types.iter().map(|media| {
        let body = json!({ "schema": { "type": "string", "format": "binary" }, "example": "（文件内容）" });
        (media.to_string(), body)
    });
    response["content"] = Value::Object(types.collect());
}

/// What every operation may answer when a store is away.
fn fault() -> Value {
    json!({
        "description": "系统繁忙，请稍后再试",
        "content": { "application/json; charset=utf-8": {
            "schema": { "$ref": "#/components/schemas/Problem" },
            "example": examples::problem("500"),
        }},
    })
}
