//! axe-core (tests/data/axe) over the page that a browser shows: no finding of impact serious or critical may be left
//! (issue 4, "Done when"). The script is handed to the browser's driver, so no page's CSP has to let it in.

use crate::browser::Browser;
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SOURCE: &str = include_str!("../data/axe/axe.min.js");

/// The rule, what of the page breaks it, and how it should be.
const RUN: &str = r#"
    return axe.run(document, { resultTypes: ['violations'], iframes: false }).then(function (found) {
        return found.violations.filter(function (v) { return v.impact === 'serious' || v.impact === 'critical' })
            .map(function (v) {
                return v.id + ' (' + v.impact + '): ' + v.help + v.nodes.map(function (n) {
                    return '\n      ' + n.target.join(' ') + '  ' + n.html.slice(0, 120) + '\n        '
                        + n.failureSummary.replace(/\s+/g, ' ');
                }).join('');
            });
    });"#;

/// The widths at which every page is looked at.
const WIDTHS: [u32; 2] = [375, 1200];

async fn run(page: &Browser) -> Result<Value> {
    // A page that was looked at before has it already; its source is half a megabyte.
    if page.script("return !!window.axe", vec![]).await? != json!(true) {
        page.script(SOURCE, vec![]).await?;
    }
    Ok(page.script(RUN, vec![]).await?)
}

/// What was found on the pages of one journey, so that all of it is told at once.
#[derive(Default)]
pub struct Findings {
    pages: usize,
    found: BTreeSet<String>,
}

impl Findings {
    /// Looks at the page (or the frame that was entered) as it is shown now.
    pub async fn look(&mut self, page: &Browser, name: &str) -> Result<()> {
        let path = page.script("return location.pathname", vec![]).await?;
        // Between bringing it and running it the page may have been loaded anew.
        let mut tries = 0..3;
        let found = loop {
            match run(page).await {
                Ok(found) => break found,
                Err(error) => {
                    tries.next().ok_or(error)?;
                    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
                }
            }
        };
        let found = found.as_array().context("axe gives a list")?;
        self.pages += 1;
        for violation in found.iter().filter_map(Value::as_str) {
            self.found.insert(format!("{name}, {path}: {violation}"));
        }
        Ok(())
    }

    /// Looks at the page as a phone shows it and as a PC does, wherever it was opened.
    pub async fn look_at_both_widths(&mut self, page: &Browser, name: &str) -> Result<()> {
        for width in WIDTHS {
            page.as_wide_as(width).await?;
            self.look(page, &format!("{name} at {width} px")).await?;
        }
        page.as_wide_as_before().await
    }

    /// Fails with everything that was found.
    pub fn none(&self) -> Result<()> {
        anyhow::ensure!(self.pages > 0, "no page was looked at");
        let all: Vec<&str> = self.found.iter().map(String::as_str).collect();
        anyhow::ensure!(
            all.is_empty(),
            "axe-core on {} pages:\n{}",
            self.pages,
            all.join("\n")
        );
        Ok(())
    }
}

/// The check itself: a page with a picture without words, a field without a label and pale writing does not pass.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_are_found() -> Result<()> {
    let page = Browser::pc().await?;
    page.goto(
        "data:text/html,<html lang=zh><title>t</title><main><h1>x</h1><img src='data:,'><input><p style='color:%23ccc'>pale</p>",
    )
    .await?;
    let mut findings = Findings::default();
    findings.look_at_both_widths(&page, "bad").await?;
    let told = findings.none().err().context("nothing was found")?.to_string();
    for rule in ["image-alt", "label", "color-contrast", "375 px", "1200 px"] {
        anyhow::ensure!(told.contains(rule), "{rule} was not found: {told}");
    }
    Ok(())
}
