//! `/office/audit`: the audit trail in plain words, for supervisors and administrators of a subtree; filters stay in the
//! address, and every look is a line itself.
//!
//! # What tests hold on to
//! `?from=&until=&officer=&act=&number=&before=`: `f-from` …, `search`, `clear`, one `entry` a line, `older`, `export`, `empty`.

use super::super::ctx::Ctx;
use super::super::page::{Base, page, table as xlsx};
use super::Who;
use crate::error::Result;
use crate::supervision::trail::{self, EXPORT, Entry, Filter};
use crate::supervision::words;
use askama::Template;
use chrono::NaiveDate;
use poem::web::Query;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "office/audit.html")]
pub struct AuditPage {
    pub base: Base,
    pub who: Option<Who>,
    pub from: String,
    pub until: String,
    pub officer: String,
    pub number: String,
    pub acts: Vec<ActChoice>,
    pub lines: Vec<Line>,
    pub narrowed: bool,
    /// Not the newest page.
    pub newest: Option<String>,
    pub older: Option<String>,
    pub export: String,
    pub export_max: i64,
}

/// An act in the filter.
pub struct ActChoice {
    pub act: &'static str,
    pub words: &'static str,
    pub on: bool,
}

/// A line of the list.
pub struct Line {
    pub at: String,
    pub who: String,
    pub union: String,
    pub act: String,
    pub subject: String,
    pub href: Option<String>,
    pub detail: String,
    pub seq: Option<i64>,
}

/// What the address asks for; what it does not understand it leaves out.
#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    officer: String,
    #[serde(default)]
    act: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    before: String,
}

impl Asked {
    fn filter(&self) -> Filter {
        let day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        let short = |text: &str| text.trim().chars().take(40).collect::<String>();
        let act = words::ACTS.iter().find(|(act, _)| *act == self.act);
        let is_id = self.before.len() == 32 && self.before.bytes().all(|b| b.is_ascii_hexdigit());
        Filter {
            from: day(&self.from),
            until: day(&self.until),
            officer: short(&self.officer),
            act: act.map(|(act, _)| *act),
            number: short(&self.number),
            before: if is_id { self.before.clone() } else { String::new() },
        }
    }
}

/// The filter as a query; without the page.
fn query(filter: &Filter) -> String {
    let day = |day: Option<NaiveDate>| day.map_or(String::new(), |day| day.to_string());
    let pairs = [
        ("from", day(filter.from)),
        ("until", day(filter.until)),
        ("officer", filter.officer.clone()),
        ("act", filter.act.unwrap_or_default().to_owned()),
        ("number", filter.number.clone()),
    ];
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
    query.finish()
}

/// `GET /office/audit`
#[handler]
pub async fn show(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let filter = asked.filter();
    let found = trail::page(&ctx.app, &officer, &filter).await?;
    let query = query(&filter);
    let to = |path: &str, more: &str| match (query.is_empty(), more.is_empty()) {
        (_, true) => format!("{path}?{query}"),
        (true, false) => format!("{path}?{more}"),
        (false, false) => format!("{path}?{query}&{more}"),
    };
    let narrowed = !query.is_empty();
    page(&AuditPage {
        base: ctx.base("操作记录"),
        who: Who::of(&officer, "audit"),
        from: filter.from.map_or(String::new(), |day| day.to_string()),
        until: filter.until.map_or(String::new(), |day| day.to_string()),
        acts: acts(filter.act),
        lines: found.entries.into_iter().map(line).collect(),
        narrowed,
        newest: (!filter.before.is_empty()).then(|| to("/office/audit", "")),
        older: found
            .older
            .map(|before| to("/office/audit", &format!("before={before}"))),
        export: to("/office/audit.xlsx", ""),
        export_max: EXPORT,
        officer: filter.officer,
        number: filter.number,
    })
}

/// `GET /office/audit.xlsx`
#[handler]
pub async fn table(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let bytes = trail::export(&ctx.app, &officer, &asked.filter()).await?;
    Ok(xlsx(&format!("操作记录 {}.xlsx", ctx.app.now().date()), bytes))
}

fn acts(chosen: Option<&str>) -> Vec<ActChoice> {
    let choice = |(act, words): &(&'static str, &'static str)| ActChoice {
        act,
        words,
        on: chosen == Some(act),
    };
    words::ACTS.iter().map(choice).collect()
}

/// A line of the trail for a page.
pub fn line(entry: Entry) -> Line {
    Line {
        at: entry.at.second_text(),
        who: entry.who,
        union: entry.union,
        act: entry.act,
        subject: entry.subject,
        href: entry
            .application_id
            .map(|id| format!("/office/board/applications/{id}")),
        detail: entry.detail,
        seq: entry.seq,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// filters stay in the address, and nonsense is left out.
    #[test]
    fn an_address_holds_the_filter() {
        let asked = Asked {
            from: "2021-11-05".into(),
            until: "soon".into(),
            officer: " 张敏 ".into(),
            act: "application.read".into(),
            number: "7K3M-9PXW".into(),
            before: "x".into(),
        };
        let filter = asked.filter();
        assert_eq!((filter.until, filter.before.as_str()), (None, ""));
        assert_eq!(
            query(&filter),
            "from=2021-11-05&officer=%E5%BC%A0%E6%95%8F&act=application.read&number=7K3M-9PXW"
        );
        assert_eq!(query(&Filter::default()), "");
    }
}
