//! Requests made from the OpenAPI document and spoiled at random: whatever is sent, no answer is a 5xx, each has the one
//! shape, and its status is among those that the document names.

use super::Client;
use crate::app::TestApp;
use crate::builders::{self, street};
use crate::on_both_stores;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// So long on each pair of stores.
const FOR: Duration = Duration::from_secs(20);

/// An operation of the document.
struct Operation {
    id: String,
    method: Method,
    path: String,
    body: Option<(String, Value)>,
    keyed: bool,
    signed: bool,
    statuses: Vec<String>,
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let content = operation["requestBody"]["content"].as_object();
            let body = content.and_then(|content| content.iter().next());
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            found.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                body: body.map(|(media, body)| (media.clone(), body["example"].clone())),
                keyed: parameters.iter().any(|p| p["name"] == "Idempotency-Key"),
                signed: operation.get("security").is_some(),
                statuses: operation["responses"]
                    .as_object()
                    .unwrap()
                    .keys()
                    .cloned()
                    .collect(),
            });
        }
    }
    found
}

/// Any JSON, with the texts that have broken others before.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        any::<String>(),
        Just("\u{0}".to_owned()),
        Just("'; DROP TABLE workers; --".to_owned()),
        Just("\u{202e}\u{feff}😀".to_owned()),
        "[0-9]{1,40}",
        "\\PC{200,400}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let map = proptest::collection::btree_map(any::<String>(), inner.clone(), 0..4);
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(Value::from),
            map.prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

struct Chance {
    runner: TestRunner,
}

impl Chance {
    fn of<S: Strategy>(&mut self, strategy: S) -> S::Value {
        strategy.new_tree(&mut self.runner).unwrap().current()
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.of(0..n) == 0
    }

    /// A body that is right in most places.
    fn spoiled(&mut self, example: &Value) -> Value {
        match example {
            _ if self.one_in(8) => self.of(any_json()),
            Value::Object(map) => {
                let mut spoiled = Map::new();
                for (name, value) in map {
                    if !self.one_in(10) {
                        spoiled.insert(name.clone(), self.spoiled(value));
                    }
                }
                if self.one_in(6) {
                    spoiled.insert(self.of(any::<String>()), self.of(any_json()));
                }
                Value::Object(spoiled)
            }
            Value::Array(items) => items.iter().map(|item| self.spoiled(item)).collect(),
            right => right.clone(),
        }
    }

    /// What stands in a path for a parameter: a right one mostly.
    fn segment(&mut self, right: &str) -> String {
        if !self.one_in(3) {
            return right.to_owned();
        }
        let text = self.of(prop_oneof![
            any::<String>(),
            Just("\u{0}".to_owned()),
            "[0-9a-f]{32}"
        ]);
        let wrong: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        // A lone dot is taken away by the client, an empty segment is another path.
        if ["", ".", ".."].contains(&wrong.as_str()) {
            right.to_owned()
        } else {
            wrong
        }
    }
}

/// A worker's papers and ids, for the right values.
struct Known<'a> {
    client: Client<'a>,
    /// The application's, as it is now: or every save would be refused as stale.
    version: i64,
    ids: BTreeMap<&'static str, String>,
}

fn request(chance: &mut Chance, operation: &Operation, known: &Known<'_>) -> (RequestBuilder, String) {
    let mut path = operation.path.clone();
    for (name, right) in &known.ids {
        let segment = chance.segment(right);
        path = path.replace(&format!("{{{name}}}"), &segment);
    }
    if operation.id == "unions" {
        path = format!("{path}?parent={}", chance.segment(&known.ids["union_id"]));
    }
    let mut client = known.client.clone();
    // Their session is needed by those that follow.
    if operation.id.starts_with("sign_out") || (operation.signed && chance.one_in(10)) {
        client.token = chance.of("[A-Za-z0-9 ]{0,40}");
    }
    let mut request = client.request(operation.method.clone(), &path);
    let mut told = format!("{} {path}", operation.method);
    if operation.keyed && !chance.one_in(3) {
        let key = chance.of(prop_oneof!["[A-Za-z0-9]{8,64}", "[ -~]{0,80}"]);
        told.push_str(&format!(" key {key:?}"));
        request = request.header("Idempotency-Key", key);
    }
    match &operation.body {
        None => {}
        Some((media, _)) if media.starts_with("multipart/") => {
            let bytes = chance.of(prop_oneof![
                Just(builders::picture()),
                proptest::collection::vec(any::<u8>(), 0..300),
                Just(b"%PDF-1.7\n1 0 obj<<>>endobj trailer<<>> %%EOF".to_vec()),
            ]);
            let kind = if chance.one_in(3) {
                chance.of(any::<String>())
            } else {
                "receipt".to_owned()
            };
            told.push_str(&format!(" kind {kind:?} file {bytes:?}"));
            let mut form = Form::new().part("file", Part::bytes(bytes).file_name("x"));
            if !chance.one_in(8) {
                form = form.text("kind", kind);
            }
            request = request.multipart(form);
        }
        Some((_, example)) => {
            let body = if chance.one_in(15) {
                chance.of(proptest::collection::vec(any::<u8>(), 0..200))
            } else {
                let mut right = example.clone();
                if operation.id == "save_form" {
                    right["version"] = json!(known.version);
                }
                chance.spoiled(&right).to_string().into_bytes()
            };
            told.push_str(&format!(" body {}", String::from_utf8_lossy(&body)));
            let kind = if chance.one_in(20) {
                "text/plain"
            } else {
                "application/json"
            };
            request = request.header("content-type", kind).body(body);
        }
    }
    (request, told)
}

on_both_stores! {
    /// Issue 4, done when: property-based requests against the document find no 5xx.
    no_request_finds_a_fault
}
async fn no_request_finds_a_fault(test: &TestApp) {
    let worker = builders::worker(test, 1).await;
    let street = street(&test.app).await;
    let id = builders::ready(test, &worker, 1, &street).await;
    let papers = yuanmeng::application::documents::of(&test.app, &id)
        .await
        .unwrap();
    let mut known = Known {
        version: 0,
        client: Client::signed_in(test, &builders::phone(1)).await,
        ids: BTreeMap::from([
            ("application_id", id),
            ("field", "major".to_owned()),
            ("union_id", street.id),
            ("document_id", papers[0].id.clone()),
        ]),
    };
    let operations = operations(&yuanmeng::api::document());
    let mut chance = Chance {
        runner: TestRunner::default(),
    };
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    let end = Instant::now() + FOR;
    while Instant::now() < end || statuses.values().sum::<usize>() < operations.len() * 5 {
        for operation in &operations {
            let application = &known.ids["application_id"];
            known.version = yuanmeng::application::find(&test.app, application)
                .await
                .unwrap()
                .version;
            let (request, told) = request(&mut chance, operation, &known);
            // What the client itself cannot send is no request.
            let Ok(response) = request.send().await else {
                continue;
            };
            let status = response.status().as_u16();
            *statuses.entry(status).or_default() += 1;
            assert!(status < 500, "{status} for {told}");
            assert!(
                operation.statuses.contains(&status.to_string()) || [404, 405].contains(&status),
                "{status} is not in the document ({:?}): {told}",
                operation.statuses
            );
            if status == 200 && operation.id == "progress_events" {
                // It speaks for five minutes.
                continue;
            }
            if status >= 400 {
                let body: Value = response
                    .json()
                    .await
                    .unwrap_or_else(|_| panic!("no JSON for {told}"));
                let message = body["error"]["message"].as_str();
                assert!(message.is_some_and(|text| !text.is_ascii()), "{body} for {told}");
                assert!(
                    body["error"]["code"].is_string() && body["error"]["fields"].is_object(),
                    "{body}"
                );
            }
        }
    }
    println!("requests by status: {statuses:?}");
    for reached in [200, 400, 401, 404, 409, 413, 422] {
        assert!(
            statuses.contains_key(&reached) || reached == 413,
            "no {reached} among {statuses:?}"
        );
    }
    let (status, me) = known.client.get("/me").await;
    assert_eq!(
        (status.as_u16(), &me["name"]),
        (200, &json!("王小梅")),
        "it still serves"
    );
}
