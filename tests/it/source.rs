//! Just enough reading of Rust source for the rule of layers: words, signs and string literals without comments
//! and without `#[cfg(test)]` items, and the paths inside the crate that a file names.

use std::collections::BTreeSet;

/// One piece of source text and the line it starts on.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    pub line: usize,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A word or a number.
    Word(String),
    /// One sign; `::` is one, too.
    Sign(&'static str),
    /// What stands between the quotes of a string literal of any kind.
    Text(String),
}

impl Token {
    pub fn is(&self, text: &str) -> bool {
        match &self.kind {
            Kind::Word(word) => word == text,
            Kind::Sign(sign) => *sign == text,
            Kind::Text(_) => false,
        }
    }

    pub fn word(&self) -> Option<&str> {
        if let Kind::Word(word) = &self.kind {
            Some(word)
        } else {
            None
        }
    }
}

/// Whether the tokens at `at` are these.
pub fn starts(tokens: &[Token], at: usize, signs: &[&str]) -> bool {
    signs
        .iter()
        .enumerate()
        .all(|(n, sign)| tokens.get(at + n).is_some_and(|token| token.is(sign)))
}

/// A path that a file names, from the crate's root: `["web", "session", "Session"]`.
#[derive(Debug, PartialEq)]
pub struct Import {
    pub line: usize,
    pub path: Vec<String>,
}

const SIGNS: [&str; 14] = [
    "{", "}", "(", ")", "[", "]", "<", ">", "#", "!", ";", ",", ".", "*",
];

/// The tokens of a file, comments left out.
pub fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let (mut tokens, mut at, mut line) = (Vec::new(), 0, 1);
    while at < chars.len() {
        let (kind, end) = next(&chars, at);
        if let Some(kind) = kind {
            tokens.push(Token { line, kind });
        }
        line += chars[at..end].iter().filter(|c| **c == '\n').count();
        at = end;
    }
    tokens
}

/// What starts at `at`, if it matters, and where it ends.
fn next(chars: &[char], at: usize) -> (Option<Kind>, usize) {
    let rest = &chars[at..];
    match rest {
        ['/', '/', ..] => (
            None,
            at + rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
        ),
        ['/', '*', ..] => (None, at + block_comment(rest)),
        ['"', ..] => quoted(rest, at, 1),
        ['\'', ..] => (None, at + character_or_lifetime(rest)),
        [':', ':', ..] => (Some(Kind::Sign("::")), at + 2),
        [c, ..] if c.is_alphanumeric() || *c == '_' => word_or_prefixed_string(rest, at),
        [c, ..] => (
            SIGNS
                .into_iter()
                .find(|sign| sign.starts_with(*c))
                .map(Kind::Sign),
            at + 1,
        ),
        [] => (None, at + 1),
    }
}

fn word_or_prefixed_string(rest: &[char], at: usize) -> (Option<Kind>, usize) {
    let length = rest
        .iter()
        .take_while(|c| c.is_alphanumeric() || **c == '_')
        .count();
    let word: String = rest[..length].iter().collect();
    let hashes = rest[length..].iter().take_while(|c| **c == '#').count();
    let quote = rest.get(length + hashes) == Some(&'"');
    match word.as_str() {
        "r" | "br" | "cr" if quote => raw(rest, at, length + hashes + 1, hashes),
        "b" | "c" if quote && hashes == 0 => quoted(rest, at, length + 1),
        "b" if rest.get(length) == Some(&'\'') => {
            (None, at + length + character_or_lifetime(&rest[length..]))
        }
        _ => (Some(Kind::Word(word)), at + length),
    }
}

fn quoted(rest: &[char], at: usize, start: usize) -> (Option<Kind>, usize) {
    let mut end = start;
    while end < rest.len() && rest[end] != '"' {
        end += if rest[end] == '\\' { 2 } else { 1 };
    }
    let end = end.min(rest.len());
    (
        Some(Kind::Text(rest[start..end].iter().collect())),
        (at + end + 1).min(at + rest.len()),
    )
}

fn raw(rest: &[char], at: usize, start: usize, hashes: usize) -> (Option<Kind>, usize) {
    let closes = |end: usize| {
        rest[end] == '"' && rest[end + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes
    };
    let end = (start..rest.len()).find(|end| closes(*end)).unwrap_or(rest.len());
    (
        Some(Kind::Text(rest[start..end].iter().collect())),
        (at + end + 1 + hashes).min(at + rest.len()),
    )
}

/// `'a'` and `'\''` are characters, `'a` is a lifetime: only the quote is passed over.
fn character_or_lifetime(rest: &[char]) -> usize {
    match rest {
        ['\'', '\\', _, ..] => 3 + rest[3..].iter().position(|c| *c == '\'').map_or(0, |end| end + 1),
        ['\'', _, '\'', ..] => 3,
        _ => 1,
    }
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The tokens of the file without the items under `#[cfg(test)]`, and the names of the modules that such an
/// attribute keeps in files of their own (`#[cfg(test)] mod tests;`).
pub fn without_tests(tokens: &[Token]) -> (Vec<Token>, Vec<String>) {
    let (mut kept, mut modules, mut at) = (Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        if !starts(tokens, at, &["#", "[", "cfg", "(", "test", ")", "]"])
            && !starts(tokens, at, &["#", "[", "cfg", "(", "all", "(", "test", ","])
        {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let end = item_end(tokens, at);
        let item = &tokens[at..end];
        if let Some(place) = item.iter().position(|token| token.is("mod"))
            && item.get(place + 2).is_some_and(|token| token.is(";"))
        {
            modules.extend(item[place + 1].word().map(str::to_string));
        }
        at = end;
    }
    (kept, modules)
}

/// Where the item ends that starts with attributes at `at`: at its `;` or the end of its first braces.
fn item_end(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0;
    for (n, token) in tokens.iter().enumerate().skip(at) {
        match &token.kind {
            Kind::Sign("{" | "(" | "[") => depth += 1,
            Kind::Sign(close @ ("}" | ")" | "]")) => {
                depth -= 1;
                if depth == 0 && *close == "}" {
                    return n + 1;
                }
            }
            Kind::Sign(";" | ",") if depth == 0 => return n + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Files below `src/` that are only there for tests, by `#[cfg(test)] mod name;` in the file above them.
pub fn test_files(files: &[(String, String)]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, text) in files {
        let folder = module_folder(path);
        for module in without_tests(&tokens(text)).1 {
            let (file, below) = (format!("{folder}{module}.rs"), format!("{folder}{module}/"));
            found.extend(
                files
                    .iter()
                    .map(|(path, _)| path)
                    .filter(|p| **p == file || p.starts_with(&below))
                    .cloned(),
            );
        }
    }
    found
}

/// Where a file's own modules are: `src/web/` for `src/web/mod.rs` and for `src/web.rs`.
fn module_folder(path: &str) -> String {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let folder = ["/mod", "/lib", "/main"]
        .into_iter()
        .find_map(|end| stem.strip_suffix(end))
        .unwrap_or(stem);
    format!("{folder}/")
}

/// The file's module from the crate's root: `["web", "worker"]` for `src/web/worker/mod.rs`.
fn module_of(path: &str) -> Vec<String> {
    let folder = module_folder(path);
    let inside = folder.strip_prefix("src/").unwrap_or(&folder);
    inside
        .split('/')
        .filter(|part| !part.is_empty())
        .map(String::from)
        .collect()
}

/// Every path of this crate that the tokens name, in `use` trees and in the code, by `crate::`, `yuanmeng::` or
/// `super::`. A path that stays inside the file's own module by plain names is no import.
pub fn imports(path: &str, tokens: &[Token]) -> Vec<Import> {
    let (mut found, mut inline, mut depth) = (Vec::new(), Vec::new(), 0);
    for at in 0..tokens.len() {
        let token = &tokens[at];
        match &token.kind {
            Kind::Sign("{") => depth += 1,
            Kind::Sign("}") => {
                depth -= 1;
                inline.retain(|(_, level)| *level <= depth);
            }
            Kind::Word(word) if word == "mod" && tokens.get(at + 2).is_some_and(|t| t.is("{")) => {
                inline.extend(tokens[at + 1].word().map(|name| (name.to_string(), depth + 1)));
            }
            _ => {}
        }
        let follows_path = at > 0 && tokens[at - 1].is("::") && at > 1 && tokens[at - 2].word().is_some();
        if follows_path || !starts(tokens, at + 1, &["::"]) && !starts(tokens, at + 1, &["as"]) {
            continue;
        }
        let Some(base) = base(path, &inline, token.word().unwrap_or_default()) else {
            continue;
        };
        if starts(tokens, at + 1, &["as"]) {
            found.push(Import {
                line: token.line,
                path: vec!["*".into()],
            });
        } else {
            tree(tokens, at + 2, base, &mut found);
        }
    }
    found
}

/// The module that a path's first word stands for, when it is one of this crate.
fn base(path: &str, inline: &[(String, i32)], word: &str) -> Option<Vec<String>> {
    let here = || {
        module_of(path)
            .into_iter()
            .chain(inline.iter().map(|(name, _)| name.clone()))
            .collect::<Vec<_>>()
    };
    match word {
        "crate" | "yuanmeng" => Some(Vec::new()),
        "self" => Some(here()),
        "super" => {
            let mut module = here();
            module.pop();
            Some(module)
        }
        _ => None,
    }
}

/// The paths of a use tree, or of a plain path, that goes on at `at`; returns where it ends.
fn tree(tokens: &[Token], mut at: usize, mut path: Vec<String>, found: &mut Vec<Import>) -> usize {
    let line = tokens.get(at).map_or(0, |token| token.line);
    while let Some(token) = tokens.get(at) {
        if token.is("{") {
            at += 1;
            while tokens.get(at).is_some_and(|token| !token.is("}")) {
                let end = tree(tokens, at, path.clone(), found);
                // An alias, a comma: on to the next branch.
                at = (end..tokens.len())
                    .find(|n| tokens[*n].is(",") || tokens[*n].is("}"))
                    .unwrap_or(tokens.len());
                at += usize::from(tokens.get(at).is_some_and(|token| token.is(",")));
            }
            return at + 1;
        }
        match token.word() {
            Some("super") => drop(path.pop()),
            Some("self") => {}
            Some(word) => path.push(word.to_string()),
            None if token.is("*") => path.push("*".into()),
            None => break,
        }
        at += 1;
        if !starts(tokens, at, &["::"]) {
            break;
        }
        at += 1;
    }
    found.push(Import { line, path });
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(file: &str, source: &str) -> Vec<String> {
        imports(file, &tokens(source))
            .into_iter()
            .map(|import| import.path.join("::"))
            .collect()
    }

    #[test]
    fn comments_characters_and_strings_are_told_apart() {
        let source = "// crate::a\n/* /* crate::b */ crate::c */ fn f<'a>(x: &'a str) { let _ = '\"'; let _ = '\\''; \
                      g(\"crate::d \\\" e\", r#\"SELECT \"x\" FROM t\"#, b\"crate::z\", b'\"'); crate::h() }";
        let texts: Vec<String> = tokens(source)
            .into_iter()
            .filter_map(|token| {
                if let Kind::Text(text) = token.kind {
                    Some(text)
                } else {
                    None
                }
            })
            .collect();
        assert_eq!(texts, ["crate::d \\\" e", "SELECT \"x\" FROM t", "crate::z"]);
        assert_eq!(paths("src/x.rs", source), ["h"]);
        assert_eq!(tokens("a\n\nb").last().map(|token| token.line), Some(3));
    }

    #[test]
    fn use_trees_are_read_to_their_leaves() {
        let source = "use crate::{db, review::{self, decide as d, store::Row}, web::*}; use std::fmt; \
                      fn f() { crate::api::g::<u8>(); yuanmeng::cli::run(); }";
        let leaves = [
            "db",
            "review",
            "review::decide",
            "review::store::Row",
            "web::*",
            "api::g",
            "cli::run",
        ];
        assert_eq!(paths("src/x.rs", source), leaves);
    }

    #[test]
    fn super_climbs_from_where_it_stands() {
        assert_eq!(
            paths("src/web/worker/form.rs", "use super::super::super::api::X;"),
            ["api::X"]
        );
        assert_eq!(paths("src/web/mod.rs", "use super::cli;"), ["cli"]);
        assert_eq!(
            paths("src/web.rs", "mod a { use super::super::cli; } use super::api;"),
            ["cli", "api"]
        );
        assert_eq!(
            paths("src/web/a.rs", "use super::b::C; use self::d::E;"),
            ["web::b::C", "web::a::d::E"]
        );
        assert_eq!(paths("src/web.rs", "use crate as root;"), ["*"]);
    }

    #[test]
    fn code_for_tests_is_left_out_and_nothing_else() {
        let source = "fn a() { crate::a(); }\n#[cfg(test)]\n#[allow(x)]\nmod tests { use crate::b; fn f() {} }\n\
                      #[cfg(test)] use crate::c;\n#[cfg(not(test))] use crate::d;\n#[cfg(test)] mod far;\nuse crate::e;";
        let (kept, modules) = without_tests(&tokens(source));
        let left: Vec<String> = imports("src/x.rs", &kept)
            .into_iter()
            .map(|import| import.path.join("::"))
            .collect();
        assert_eq!(left, ["a", "d", "e"]);
        assert_eq!(modules, ["far"]);
        let files = [
            ("src/x.rs", source),
            ("src/x/far.rs", ""),
            ("src/x/far/more.rs", ""),
            ("src/far.rs", ""),
        ];
        let files = files.map(|(path, text)| (path.to_string(), text.to_string()));
        assert_eq!(
            test_files(&files).into_iter().collect::<Vec<_>>(),
            ["src/x/far.rs", "src/x/far/more.rs"]
        );
    }
}
