//! Reading the audit trail: who did what, in plain words, by time, officer, act and application. An officer reads
//! what the officers of their own subtree did, and all that happened to an application of it; the city reads everything.

use super::store::trail as store;
use super::words;
use super::xlsx::{self, Cell, Sheet};
use crate::app::App;
use crate::application::{DocumentKind, State};
use crate::audit::{self, Line};
use crate::error::Result;
use crate::kernel::{Time, code};
use crate::union::rights::{self, Act};
use crate::union::{Kind, Officer, Role};
use chrono::NaiveDate;
use serde_json::{Value, json};

/// So many lines on a page.
pub const PAGE: i64 = 50;
/// So many lines go into one table at most; the newest.
pub const EXPORT: i64 = 50_000;
/// So many officers are asked by name, or for, at most.
const OFFICERS: i64 = 2_000;

/// What to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// From this day on, Shanghai.
    pub from: Option<NaiveDate>,
    /// Until this day, included.
    pub until: Option<NaiveDate>,
    /// Part of an officer's name.
    pub officer: String,
    /// One act only.
    pub act: Option<&'static str>,
    /// One application only, by its number.
    pub number: String,
    /// Lines before this one: the page's last.
    pub before: String,
}

impl Filter {
    /// What the trail keeps of a look at itself: which filters were set, and no name.
    fn noted(&self) -> Value {
        json!({
            "from": self.from.map(|day| day.to_string()),
            "until": self.until.map(|day| day.to_string()),
            "officer": !self.officer.is_empty(),
            "act": self.act,
            "number": self.number,
        })
    }
}

/// A line as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// Its number in the chain; none while it is not sealed.
    pub seq: Option<i64>,
    /// When.
    pub at: Time,
    /// "张敏", "职工", "系统".
    pub who: String,
    /// The officer's union.
    pub union: String,
    /// What, in words.
    pub act: String,
    /// To what, in words.
    pub subject: String,
    /// The application, if it may be opened.
    pub application_id: Option<String>,
    /// What else the line says, in words.
    pub detail: String,
}

/// A page of the trail, newest first.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Its lines.
    pub entries: Vec<Entry>,
    /// For the page of older lines: [`Filter::before`].
    pub older: Option<String>,
}

/// Reads a page, and keeps a line of that. [`crate::kernel::Refusal::NotAllowed`] without the right.
pub async fn page(app: &App, officer: &Officer, filter: &Filter) -> Result<Page> {
    let mut rows = find(app, officer, filter, PAGE + 1).await?;
    note(app, officer, "audit.read", filter.noted()).await?;
    let more = rows.len() as i64 > PAGE;
    rows.truncate(PAGE as usize);
    let older = rows.last().filter(|_| more).map(|row| row.id.clone());
    let entries = rows.into_iter().map(entry).collect();
    Ok(Page { entries, older })
}

/// The same lines as a table, the newest [`EXPORT`] of them; a line of the trail, too.
pub async fn export(app: &App, officer: &Officer, filter: &Filter) -> Result<Vec<u8>> {
    let rows = find(app, officer, filter, EXPORT).await?;
    let mut noted = filter.noted();
    noted["rows"] = rows.len().into();
    note(app, officer, "audit.export", noted).await?;
    let cells = rows.into_iter().map(entry).map(|entry| {
        vec![
            entry.seq.map_or(Cell::text("待封存"), Cell::Number),
            Cell::text(entry.at.second_text()),
            Cell::text(entry.who),
            Cell::text(entry.union),
            Cell::text(entry.act),
            Cell::text(entry.subject),
            Cell::text(entry.detail),
            Cell::text(entry.id),
        ]
    });
    let sheet = Sheet {
        name: "操作记录",
        head: vec![
            "序号",
            "时间",
            "操作人",
            "所在工会",
            "操作",
            "对象",
            "说明",
            "记录编号",
        ],
        widths: vec![10, 20, 12, 28, 24, 24, 48, 34],
        rows: cells.collect(),
    };
    xlsx::write(vec![sheet]).await
}

/// All that the trail says of one application, oldest first; the caller answers for the right to see it.
pub async fn of_application(app: &App, id: &str) -> Result<Vec<Entry>> {
    let mut rows = store::of_application(app, id).await?;
    rows.reverse();
    Ok(rows.into_iter().map(entry).collect())
}

/// Keeps a line of a look at lists, figures or the trail itself: the officer's union is what was looked at.
pub async fn note(app: &App, officer: &Officer, act: &str, detail: Value) -> Result<()> {
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act,
        subject: ("union", &officer.union.id),
        detail,
    };
    let mut tx = app.db.write().await?;
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether the officer's subtree is the whole city.
pub fn is_city(officer: &Officer) -> bool {
    matches!(officer.union.kind, Kind::City | Kind::Centre)
}

async fn find(app: &App, officer: &Officer, filter: &Filter, limit: i64) -> Result<Vec<store::Row>> {
    rights::check(officer, Act::ReadAudit)?;
    match query(app, officer, filter, limit).await? {
        Some(query) => Ok(store::find(app, &query).await?),
        None => Ok(Vec::new()),
    }
}

/// How the database says it would find the page's lines (SQLite's planner), for the test that no filter reads the whole table.
pub async fn plan(app: &App, officer: &Officer, filter: &Filter) -> Result<Vec<String>> {
    match query(app, officer, filter, PAGE).await? {
        Some(query) => Ok(store::plan(app, &query).await?),
        None => Ok(Vec::new()),
    }
}

/// The question to the store; none when nothing can match.
async fn query(app: &App, officer: &Officer, filter: &Filter, limit: i64) -> Result<Option<store::Query>> {
    let scope = officer.union.scope();
    let mut query = store::Query::new(limit);
    if let Some(day) = filter.from {
        query.from = id_at(Time::start_of(day));
    }
    if let Some(day) = filter.until {
        query.before = id_at(Time::end_of(day).plus(1));
    }
    if !filter.before.is_empty() && filter.before < query.before {
        query.before.clone_from(&filter.before);
    }
    query.act = filter.act;
    if !filter.number.trim().is_empty() {
        let plain = filter.number.trim().to_uppercase();
        let number = code::grouped(&plain.replace('-', "")).unwrap_or(plain);
        match store::application_in(app, scope, &number).await? {
            Some(id) => query.application = Some(id),
            None => return Ok(None),
        }
    }
    let named = !filter.officer.trim().is_empty();
    if named || (!is_city(officer) && query.application.is_none()) {
        let officers = store::officers_in(app, scope, filter.officer.trim(), OFFICERS).await?;
        if officers.is_empty() {
            return Ok(None);
        }
        query.actors = officers;
    }
    Ok(Some(query))
}

/// The least id that a line of this moment can have: ids are UUID v7, whose first 48 bits are the time.
fn id_at(time: Time) -> String {
    format!("{:012x}", time.0.max(0))
}

fn entry(row: store::Row) -> Entry {
    let who = match row.actor_kind.as_str() {
        "officer" if !row.officer.is_empty() => row.officer,
        "officer" => "管理员".to_owned(),
        "worker" => "职工".to_owned(),
        _ => "系统".to_owned(),
    };
    let what = words::subject(&row.subject_kind);
    let name = [row.number.as_str(), &row.subject_union, &row.subject_officer]
        .into_iter()
        .find(|name| !name.is_empty())
        .unwrap_or_default();
    let listed =
        row.subject_kind == "application" && !["", State::Draft.as_str()].contains(&row.state.as_str());
    Entry {
        seq: Some(row.seq).filter(|seq| *seq > 0),
        at: Time(row.at),
        who,
        union: row.union_name,
        act: words::of(&row.act).map_or(row.act, str::to_owned),
        subject: format!("{what} {name}").trim().to_owned(),
        application_id: listed.then_some(row.subject_id),
        detail: detail(&row.detail),
        id: row.id,
    }
}

/// The detail's JSON in words; ids, which say nothing to people, are left out.
fn detail(json: &str) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_str(json) else {
        return String::new();
    };
    let said = fields.iter().filter_map(|(name, value)| said(name, value));
    said.collect::<Vec<_>>().join("，")
}

fn said(name: &str, value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let is_id = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if text.is_empty() || is_id {
        return None;
    }
    Some(match (name, value) {
        ("full", Value::Bool(full)) => (if *full {
            "显示完整号码"
        } else {
            "号码已遮盖"
        })
        .to_owned(),
        ("on", Value::Bool(on)) => (if *on { "开启" } else { "关闭" }).to_owned(),
        ("officer", Value::Bool(asked)) => return asked.then(|| "按操作人筛选".to_owned()),
        ("words", Value::Bool(asked)) => return asked.then(|| "按姓名或编号查找".to_owned()),
        ("kind", _) => match (DocumentKind::parse(&text), Kind::parse(&text)) {
            (Some(kind), _) => kind.label().to_owned(),
            (_, Some(kind)) => kind.label().to_owned(),
            _ => text,
        },
        ("state", _) => State::parse(&text).map_or(text, |state| state.label().to_owned()),
        ("step", Value::Number(step)) => format!("第 {} 步", step.as_i64().unwrap_or(0) + 1),
        ("act", _) => words::of(&text).map_or(text, str::to_owned),
        ("roles" | "from" | "to", _) => {
            let role = |part: &str| Role::parse(part).map_or(part.to_owned(), |role| role.label().to_owned());
            let value = text.split(',').map(role).collect::<Vec<_>>().join("、");
            format!("{}{value}", named(name))
        }
        _ => format!("{}{text}", named(name)),
    })
}

fn named(name: &str) -> String {
    let known = match name {
        "from" => "从 ",
        "to" | "until" => "到 ",
        "roles" => "权限 ",
        "rows" => "行数 ",
        "version" => "版本 ",
        "code" => "原因 ",
        "via" => "经由 ",
        "year" => "年度 ",
        "total" => "名额 ",
        "uses" => "可用次数 ",
        "days" => "有效天数 ",
        "number" => "编号 ",
        "name" => "名称 ",
        "table" => "表 ",
        "page" => "第几页 ",
        other => return format!("{other} "),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// plain words, and no id that says nothing.
    #[test]
    fn details_are_said_in_words() {
        let id = "0".repeat(32);
        for (json, words) in [
            (json!({ "full": false }), "号码已遮盖"),
            (json!({ "kind": "receipt", "document": id }), "学费缴费凭证"),
            (json!({ "state": "in_review", "step": 1 }), "审核中，第 2 步"),
            (
                json!({ "from": "reviewer,finance", "to": "supervisor" }),
                "从 审核员、财务，到 监督",
            ),
            (
                json!({ "act": "union.move", "code": "not_allowed" }),
                "调整上级工会，原因 not_allowed",
            ),
            (json!({ "officer": false, "number": "" }), ""),
            (json!([]), ""),
        ] {
            assert_eq!(detail(&json.to_string()), words);
        }
    }

    /// A day is a range of ids.
    #[test]
    fn ids_follow_time() {
        let time = Time::shanghai(2021, 11, 5, 0, 0, 0);
        let id = crate::clock::Entropy::default().id(time);
        assert!(id_at(time) <= id && id < id_at(time.plus(1)));
    }
}
