//! Every template with sample data, looked at by machine. The pages' behaviour is tried over HTTP in `tests/it`.

mod after;
mod before;
mod papers;

use super::super::page::{Base, ErrorLine, Errors};
use askama::Template;

const TITLE: &str = "2021年济南市总工会“求学圆梦行动”学历提升补助（秋季批次）";

fn errors(lines: &[(&'static str, &str)]) -> Errors {
    Errors(
        lines
            .iter()
            .map(|(field, text)| ErrorLine {
                field,
                text: (*text).to_owned(),
            })
            .collect(),
    )
}

/// The base of a signed-in worker's page.
fn base(title: &str) -> Base {
    Base {
        title: title.to_owned(),
        csrf: "t0k3n".to_owned(),
        assets: "v",
        worker: true,
        ..Base::default()
    }
}

/// Renders, keeps the page under `target/pages/` to be looked at, and checks what holds for every page.
fn render(name: &str, template: &impl Template) -> String {
    let html = template.render().unwrap();
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let folder = std::path::Path::new(&target).join("pages");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.html")), &html).unwrap();
    check(name, &html);
    html
}

/// What every page keeps to: the CSP, the hotline, the weight, ids that are there once.
fn check(name: &str, html: &str) {
    assert!(html.contains("4000123318"), "{name}: R-37 the hotline");
    for forbidden in [
        " style=",
        " onclick=",
        "<style",
        "javascript:",
        "http://",
        "https://",
    ] {
        let html = html.replace("https://zgjy.example.org.cn", "");
        assert!(!html.contains(forbidden), "{name}: {forbidden}");
    }
    let inline = html
        .split("<script")
        .skip(1)
        .any(|rest| !rest.starts_with(" src="));
    assert!(!inline, "{name}: inline script");
    let weight = html.len() + CSS.len() + JS.len();
    assert!(weight < 60_000, "{name}: {weight} bytes with style and script");
    let mut ids: Vec<&str> = html
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "{name}: an id stands twice");
    let posts = html.matches("method=\"post\"").count();
    assert_eq!(
        html.matches("name=\"csrf\" value=\"").count(),
        posts,
        "{name}: a form without its token"
    );
    for link in html
        .split("href=\"#")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
    {
        assert!(
            html.contains(&format!(" id=\"{link}\"")),
            "{name}: #{link} leads nowhere"
        );
    }
}

const CSS: &str = include_str!("../../../../assets/web/app.css");
const JS: &str = include_str!("../../../../assets/web/app.js");
