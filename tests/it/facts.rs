//! docs/wechat.md lists for each fact about WeChat the tests that prove it: the list is complete, and every test on it
//! exists, with the fact named in its doc comment.

use std::path::Path;

/// The numbered rows and the headings of the facts.
const FACTS: [&str; 33] = [
    "row 1",
    "row 2",
    "row 3",
    "row 4",
    "row 5",
    "row 6",
    "row 7",
    "row 8",
    "row 9",
    "row 10",
    "row 11",
    "row 12",
    "Forgery 1",
    "Forgery 2",
    "Also",
    "Signature",
    "AES",
    "Reply envelope",
    "Retry",
    "Menu",
    "Template",
    "Category keywords",
    "TEMPLATESENDJOBFINISH",
    "订阅通知",
    "Revocation",
    "Errors",
    "Customer service",
    "QR",
    "OAuth",
    "Tokens",
    "JS-SDK",
    "Mini",
    "Pay v3",
];

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of the table "Facts and their tests": fact, and `path::test` of each test.
fn table() -> Vec<(String, Vec<(String, String)>)> {
    let handbook = text("docs/wechat.md");
    let (_, section) = handbook
        .split_once("## Facts and their tests")
        .expect("the section");
    let rows = section
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains(".rs::"));
    rows.map(|row| {
        let fact = row
            .trim_start_matches("| ")
            .split(" |")
            .next()
            .unwrap_or_default();
        let tests = row.split('`').filter_map(|cell| cell.split_once(".rs::"));
        let tests = tests.map(|(file, test)| (format!("{file}.rs"), test.to_owned()));
        (fact.to_owned(), tests.collect())
    })
    .collect()
}

/// Issue 3: "the table of `wechat-facts.md`, row by row, has a test".
#[test]
fn every_fact_has_tests_that_exist() {
    let table = table();
    for fact in FACTS {
        assert!(table.iter().any(|(row, _)| row == fact), "no row for {fact}");
    }
    for (fact, tests) in &table {
        assert!(!tests.is_empty(), "{fact}");
        for (file, test) in tests {
            let source = text(file);
            let at = source
                .find(&format!("fn {test}("))
                .unwrap_or_else(|| panic!("{file} has no {test} ({fact})"));
            // The doc comment stands right before the test, or before its name within `on_both_stores!`.
            let named = source.match_indices(test.as_str()).map(|(at, _)| at).chain([at]);
            let documented = named.map(|at| &source[..at]).any(|before| {
                let lines: Vec<&str> = before.lines().rev().take(8).collect();
                lines
                    .iter()
                    .any(|line| line.trim_start().starts_with("///") && line.to_lowercase().contains("facts"))
            });
            assert!(
                documented,
                "{file}: {test} does not name the fact it proves ({fact})"
            );
        }
    }
}
