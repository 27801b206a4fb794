//! Who may import whom (docs/architecture.md), as a test over the source text. A new top-level module must get its
//! row here before it may exist: where it belongs is decided, not found out.

use std::fmt;
use std::path::Path;

use crate::source::{Import, Kind, Token, imports, starts, test_files, tokens, without_tests};

/// Each capability may use those before it.
const CAPABILITIES: [&str; 14] = [
    "account",
    "union",
    "campaign",
    "payment",
    "enrolment",
    "application",
    "papers",
    "print",
    "review",
    "payout",
    "content",
    "chat",
    "notice",
    "supervision",
];
/// Told through the outbox and the audit: no capability waits for them.
const TOLD: [&str; 2] = ["notice", "supervision"];
/// What stands under every capability.
const FOUNDATIONS: [&str; 11] = [
    "audit", "cache", "clock", "config", "db", "error", "files", "metrics", "outbox", "sms", "xlsx",
];
/// Where requests and ticks come in.
const DOORS: [&str; 4] = ["web", "api", "cli", "background"];
/// The only foundations that speak SQL: the database itself, and what is written in the transaction that makes it true.
const SQL_FOUNDATIONS: [&str; 3] = ["audit", "db", "outbox"];
/// The only ones that know the web framework.
const POEM: [&str; 4] = ["web", "api", "sim", "cli"];
const MAX_LINES: usize = 450;

/// One breach of the rule.
#[derive(Debug, PartialEq)]
pub struct Breach {
    path: String,
    line: usize,
    what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Whether the top-level module `from` may name something of the top-level module `to`.
fn may_import(from: &str, to: &str) -> bool {
    let foundation = |name: &str| FOUNDATIONS.contains(&name);
    let place = |name: &str| CAPABILITIES.iter().position(|capability| *capability == name);
    match (from, to) {
        _ if from == to => true,
        ("kernel" | "wechat", _) => false,
        ("sim", to) => to == "wechat",
        // The first of the doors opens the others: it starts the server, the loops and the simulator.
        ("cli", "web" | "api" | "background" | "sim") => true,
        (_, "kernel") => true,
        // Settings name the protocol's modes; nothing else under the capabilities knows WeChat.
        ("config" | "app", "wechat") => true,
        ("app", to) => foundation(to),
        (from, to) if foundation(from) => foundation(to),
        (from, to) if place(from).is_some() => match place(to) {
            Some(earlier) => place(from) > Some(earlier) && !TOLD.contains(&to),
            None => foundation(to) || ["app", "wechat"].contains(&to),
        },
        (from, to) if DOORS.contains(&from) => {
            foundation(to) || place(to).is_some() || ["app", "wechat"].contains(&to)
        }
        _ => false,
    }
}

fn is_known(module: &str) -> bool {
    [&CAPABILITIES[..], &FOUNDATIONS, &DOORS]
        .iter()
        .any(|list| list.contains(&module))
        || ["kernel", "wechat", "sim", "app"].contains(&module)
}

/// All breaches in the files of `src/` (path from the crate's root, text).
pub fn breaches(files: &[(String, String)]) -> Vec<Breach> {
    let tests = test_files(files);
    let mut found: Vec<Breach> = files
        .iter()
        .filter_map(|(path, text)| too_long(path, text))
        .collect();
    for (path, text) in files.iter().filter(|(path, _)| !tests.contains(path)) {
        let (code, _) = without_tests(&tokens(text));
        let mut report = |line: usize, what: String| {
            found.push(Breach {
                path: path.clone(),
                line,
                what,
            })
        };
        let module = top_module(path);
        if ["lib", "main"].contains(&module) {
            root(&code, module, &mut report);
            continue;
        }
        if !is_known(module) {
            report(
                1,
                format!("`{module}` has no row in tests/it/layers.rs: say who may import it"),
            );
            continue;
        }
        for Import { line, path } in imports(path, &code) {
            import(module, line, &path, &mut report);
        }
        frameworks(module, &code, &mut report);
        sql(path, module, &code, &mut report);
    }
    found
}

/// `web` for `src/web/session.rs` and for `src/web.rs`.
fn top_module(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

fn too_long(path: &str, text: &str) -> Option<Breach> {
    let lines = text.lines().count();
    let what = || format!("{lines} lines, more than {MAX_LINES}: is there a room of its own inside?");
    (lines > MAX_LINES).then(|| Breach {
        path: path.into(),
        line: lines,
        what: what(),
    })
}

/// The root is a table of contents: a name re-exported there would hide where it comes from.
fn root(code: &[Token], module: &str, report: &mut impl FnMut(usize, String)) {
    for at in 0..code.len() {
        let public =
            starts(code, at, &["pub", "use"]) || starts(code, at, &["pub", "(", "crate", ")", "use"]);
        if module == "lib" && public {
            report(
                code[at].line,
                "lib.rs re-exports a name: import it from where it is".into(),
            );
        }
    }
}

fn import(from: &str, line: usize, path: &[String], report: &mut impl FnMut(usize, String)) {
    let Some(to) = path.first() else { return };
    if to == "*" {
        report(line, "imports the whole crate: name what it needs".into());
    } else if is_known(to) && !may_import(from, to) {
        report(line, format!("`{from}` may not import `{}`", path.join("::")));
    }
}

fn frameworks(module: &str, code: &[Token], report: &mut impl FnMut(usize, String)) {
    if POEM.contains(&module) {
        return;
    }
    for (at, token) in code.iter().enumerate() {
        let poem = token
            .word()
            .is_some_and(|word| word == "poem" || word.starts_with("poem_"));
        let path = starts(code, at + 1, &["::"]) || at > 0 && code[at - 1].is("use");
        if poem && path {
            report(
                token.line,
                format!("`{module}` may not use poem: only {} may", POEM.join(", ")),
            );
        }
    }
}

/// SQL has its places: the databases' own modules, and each capability's store.
fn sql(path: &str, module: &str, code: &[Token], report: &mut impl FnMut(usize, String)) {
    let store = path == format!("src/{module}/store.rs") || path.starts_with(&format!("src/{module}/store/"));
    if SQL_FOUNDATIONS.contains(&module) || CAPABILITIES.contains(&module) && store {
        return;
    }
    let door = DOORS.contains(&module);
    let sqlx = code.iter().any(|token| token.is("sqlx"));
    for (at, token) in code.iter().enumerate() {
        // `url.query()` asks no database.
        let method = at > 0 && code[at - 1].is(".");
        let what = match &token.kind {
            Kind::Text(text) if is_sql(text) => "an SQL text",
            Kind::Word(word) if door && word == "sqlx" => "sqlx in a door",
            Kind::Word(word) if sqlx && !method && is_query(word) => "an sqlx query",
            Kind::Sign(".") if door && starts(code, at + 1, &["execute", "("]) => ".execute( in a door",
            _ => continue,
        };
        report(
            token.line,
            format!("{what}: SQL stands in a capability's store.rs, in db.rs, outbox.rs and audit.rs"),
        );
    }
}

fn is_query(word: &str) -> bool {
    [
        "query",
        "query_as",
        "query_scalar",
        "query_with",
        "query_as_with",
        "raw_sql",
        "QueryBuilder",
    ]
    .contains(&word)
}

/// Statements, not sentences: two words of SQL in their order, whatever their case.
fn is_sql(text: &str) -> bool {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|w| !w.is_empty())
        .collect();
    let pair = |first, second| words.windows(2).any(|two| two == [first, second]);
    let opens = |first: &str, then: &str| words.first() == Some(&first) && words.contains(&then);
    opens("select", "from")
        || opens("update", "set")
        || opens("with", "select")
        || [
            ("insert", "into"),
            ("delete", "from"),
            ("begin", "immediate"),
            ("order", "by"),
            ("on", "conflict"),
        ]
        .into_iter()
        .any(|(first, second)| pair(first, second))
        || ["create", "alter", "drop"]
            .into_iter()
            .any(|first| pair(first, "table") || pair(first, "index"))
}

/// Every Rust file below `src/`.
fn sources() -> Vec<(String, String)> {
    fn walk(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).expect("src is readable") {
            let path = entry.expect("its entries, too").path();
            if path.is_dir() {
                walk(root, &path, files);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let name = path
                    .strip_prefix(root)
                    .expect("below the root")
                    .to_string_lossy()
                    .into_owned();
                files.push((name, std::fs::read_to_string(&path).expect("source is UTF-8")));
            }
        }
    }
    let (root, mut files) = (Path::new(env!("CARGO_MANIFEST_DIR")), Vec::new());
    walk(root, &root.join("src"), &mut files);
    files.sort();
    files
}

/// The rule of docs/architecture.md holds in the source as it is.
#[test]
fn the_source_keeps_the_layers() {
    let files = sources();
    assert!(
        files.iter().any(|(path, _)| path == "src/lib.rs"),
        "no source found: nothing was checked"
    );
    let found: Vec<String> = breaches(&files).iter().map(Breach::to_string).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[cfg(test)]
#[path = "layers_tests.rs"]
mod tests;
