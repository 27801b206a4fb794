//! Each act that the source writes into the audit trail has its words.

use crate::source::{Kind, Token, test_files, tokens, without_tests};
use std::collections::BTreeSet;
use std::path::Path;
use yuanmeng::application::states::Event;
use yuanmeng::enrolment::states::Event as Enrolled;
use yuanmeng::review::phrases::Change;
use yuanmeng::supervision::words;

/// What acts are about: a text "<one of these>.<word>" in the source is an act …
const ABOUT: [&str; 26] = [
    "application",
    "document",
    "worker",
    "officer",
    "union",
    "invitation",
    "registration",
    "campaign",
    "intake",
    "quota",
    "place",
    "audit",
    "board",
    "payout",
    "payment",
    "enrolment",
    "program",
    "provider",
    "institution",
    "identity",
    "notice",
    "article",
    "station",
    "course",
    "lesson",
    "phrase",
];
/// … unless it is one of these: names of API fields and of sealed places.
const OTHERS: [&str; 7] = [
    "application.limit",
    "worker.name",
    "worker.phone",
    "audit.head",
    "audit.line",
    "audit.seal",
    "audit.tag",
];

fn sources(dir: &Path, into: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            into.push((path.display().to_string(), text));
        }
    }
}

fn is_act(text: &str) -> bool {
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    text.split_once('.')
        .is_some_and(|(about, what)| ABOUT.contains(&about) && word(what))
        && !OTHERS.contains(&text)
}

/// Whether the text at `at` is the act in `noted(app, actor, act, subject, result)`, of whatever form it is.
fn is_noted(code: &[Token], at: usize) -> bool {
    let (mut depth, mut commas) = (0, 0);
    for before in (0..at).rev() {
        match &code[before].kind {
            Kind::Sign(")" | "]" | "}") => depth += 1,
            Kind::Sign("(" | "[" | "{") if depth == 0 => {
                return commas == 2 && before >= 1 && code[before - 1].is("noted");
            }
            Kind::Sign("(" | "[" | "{") => depth -= 1,
            Kind::Sign(",") if depth == 0 => commas += 1,
            _ => {}
        }
    }
    false
}

/// The acts of one file: texts of their form, whatever text stands after `act:`, what is noted as refused.
fn acts(text: &str) -> BTreeSet<String> {
    let (code, _) = without_tests(&tokens(text));
    let mut found = BTreeSet::new();
    for (at, token) in code.iter().enumerate() {
        let Kind::Text(text) = &token.kind else {
            continue;
        };
        // The tokens have no single colon.
        let named = at >= 1 && code[at - 1].is("act");
        if named || is_act(text) || is_noted(&code, at) {
            found.insert(text.clone());
        }
    }
    found
}

#[test]
fn every_act_in_the_source_has_words() {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let tests = test_files(&files);
    let mut found: BTreeSet<String> = files
        .iter()
        .filter(|(path, _)| {
            !tests.contains(path) && !path.ends_with("supervision/words.rs") && !path.contains("/sim/")
        })
        .flat_map(|(_, text)| acts(text))
        .collect();
    // application::moves makes its acts of the events.
    found.extend(Event::ALL.iter().map(|event| format!("application.{event}")));
    // … and enrolment::moves of its own.
    found.extend(Enrolled::ALL.iter().map(|event| format!("enrolment.{event}")));
    // … and review::phrases of what its buttons do.
    found.extend(Change::ALL.iter().map(|change| format!("phrase.{change}")));
    assert!(found.len() > 50, "the acts are found: {found:?}");
    let without: Vec<&String> = found.iter().filter(|act| words::of(act).is_none()).collect();
    assert!(
        without.is_empty(),
        "no words in src/supervision/words.rs for {without:?}"
    );
}

#[test]
fn an_act_without_words_would_be_found() {
    let planted = "fn f() { note(tx, \"officer.fly\"); let line = Line { act: \"odd\" }; \
                   let x = \"officers.phone\"; \
                   rights::noted(&ctx.app, &by.actor(), \"shape\", (\"page\", \"path\"), no(\"a\")).await }";
    let found = acts(planted);
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        ["odd", "officer.fly", "shape"]
    );
}
