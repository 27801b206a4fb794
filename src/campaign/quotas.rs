//! The year's table of places: one unit a line. Annex 1 as data; what officers import is read by the same rule.

use super::{QuotaCause, sheet, store};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::text;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// Annex 1 of 济工办〔2021〕3号: 55 unions, 3,245 places.
pub const ANNEX_1_OF_2021: &str = include_str!("../../assets/data/quota-2021.csv");

/// No unit has more places than this.
pub const MOST: i64 = 100_000;

/// A line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// The number in the column 序号, or the line's own.
    pub no: i64,
    /// The union's name.
    pub union: String,
    /// Its places.
    pub total: i64,
}

/// What is wrong with a table, by line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("第 {line} 行：{problem}")]
pub struct LineError {
    /// Line number in the file, from 1.
    pub line: usize,
    /// In words, for the person who made the table.
    pub problem: String,
}

/// A line of a table with its number in the file, from 1.
pub type Numbered<T> = (usize, T);

/// A unit with its places in a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its id.
    pub id: String,
    /// Its number in Annex 1.
    pub no: i64,
    /// Its name.
    pub name: String,
    /// Its places; none while it has no line in this campaign.
    pub total: Option<i64>,
    /// How many are taken.
    pub taken: i64,
}

/// The active units with their places, in the order of Annex 1.
pub async fn units(app: &App, campaign_id: &str) -> Result<Vec<Unit>> {
    store::units(app, campaign_id).await
}

/// Reads a table given as CSV text; all that is wrong is told at once.
pub fn parse(csv: &str) -> Result<Vec<Quota>, Vec<LineError>> {
    let rows = sheet::csv_rows(csv).map_err(|refusal| {
        vec![LineError {
            line: 1,
            problem: refusal.text(),
        }]
    })?;
    match read(rows) {
        (quotas, errors) if errors.is_empty() => Ok(quotas.into_iter().map(|(_, quota)| quota).collect()),
        (_, errors) => Err(errors),
    }
}

/// Where the columns of a table are.
struct Columns {
    no: Option<usize>,
    union: usize,
    total: usize,
}

impl Columns {
    fn of(heading: &[String]) -> Option<Columns> {
        let at = |names: &[&str]| {
            let heading = heading.iter().map(|cell| text::clean(cell).to_lowercase());
            heading
                .into_iter()
                .position(|cell| names.contains(&cell.as_str()))
        };
        Some(Columns {
            no: at(&["no", "序号"]),
            union: at(&["union", "单位", "单位名称", "工会", "工会名称"])?,
            total: at(&["quota", "名额", "名额数"])?,
        })
    }
}

/// The rule of every table of places: a heading with 单位 and 名额 (or union and quota), each unit once, whole numbers
/// that are not negative. Gives the right lines, and everything that is wrong with the others.
pub fn read(rows: Vec<Numbered<Vec<String>>>) -> (Vec<Numbered<Quota>>, Vec<LineError>) {
    let mut rows = rows.into_iter();
    let heading = rows.next();
    let line = heading.as_ref().map_or(1, |(line, _)| *line);
    let Some(columns) = heading.and_then(|(_, cells)| Columns::of(&cells)) else {
        let problem = "第一行应是标题，要有“单位”和“名额”两列".to_owned();
        return (Vec::new(), vec![LineError { line, problem }]);
    };
    let (mut quotas, mut errors) = (Vec::new(), Vec::new());
    let mut named = BTreeMap::<String, usize>::new();
    for (line, cells) in rows {
        let (quota, mut problems) = read_line(line, &cells, &columns);
        if let Some(first) = named.get(&quota.union).filter(|_| !quota.union.is_empty()) {
            problems.push(format!("“{}”重复出现，第 {first} 行已有", quota.union));
        }
        named.entry(quota.union.clone()).or_insert(line);
        if problems.is_empty() {
            quotas.push((line, quota));
        }
        errors.extend(problems.into_iter().map(|problem| LineError { line, problem }));
    }
    if named.is_empty() {
        let problem = "标题下面没有数据".to_owned();
        errors.push(LineError { line, problem });
    }
    (quotas, errors)
}

/// A line, with everything that is wrong with it.
fn read_line(line: usize, cells: &[String], columns: &Columns) -> (Quota, Vec<String>) {
    let mut problems = Vec::new();
    let cell = |at: usize| cells.get(at).map(|cell| text::plain(cell)).unwrap_or_default();
    let union = cells
        .get(columns.union)
        .map(|cell| text::clean(cell))
        .unwrap_or_default();
    if union.is_empty() {
        problems.push("单位名称为空".to_owned());
    }
    let no = match columns.no.map(cell) {
        None => line as i64 - 1,
        Some(no) => no.parse().unwrap_or_else(|_| {
            problems.push("序号不是数字".to_owned());
            0
        }),
    };
    let total = number(&cell(columns.total)).unwrap_or_else(|problem| {
        problems.push(problem);
        0
    });
    (Quota { no, union, total }, problems)
}

/// A number of places as it is typed.
fn number(typed: &str) -> Result<i64, String> {
    if typed.is_empty() {
        return Err("名额为空".to_owned());
    }
    match typed.parse::<i64>() {
        Ok(total) if total < 0 => Err("名额不能是负数".to_owned()),
        Ok(total) if total > MOST => Err(format!("名额不能超过 {MOST}")),
        Ok(total) => Ok(total),
        Err(_) if typed.parse::<f64>().is_ok() => Err(format!("名额“{typed}”不是整数")),
        Err(_) => Err(format!("名额“{}”不是数字", short(typed))),
    }
}

/// What somebody typed, short enough to be said again.
fn short(typed: &str) -> String {
    let mut text: String = typed.chars().take(20).collect();
    if text.len() < typed.len() {
        text.push('…');
    }
    text
}

/// Gives a unit its first places in a campaign, within the caller's transaction.
pub async fn set(
    app: &App,
    tx: &mut Tx,
    by: &Actor,
    campaign_id: &str,
    unit_id: &str,
    total: i64,
) -> Result<()> {
    open(app, tx, by, (campaign_id, unit_id), (total, QuotaCause::Opened)).await
}

/// [`set`] with its cause.
pub(super) async fn open(
    app: &App,
    tx: &mut Tx,
    by: &Actor,
    (campaign_id, unit_id): (&str, &str),
    (total, cause): (i64, QuotaCause),
) -> Result<()> {
    store::insert_quota(tx, campaign_id, unit_id, total).await?;
    let entry = store::QuotaEntry {
        id: app.id(),
        campaign_id,
        unit_id,
        delta: total,
        total,
        cause,
        reference: "",
        reason: "",
        at: app.now(),
        actor: format!("{}:{}", by.kind(), by.id()),
    };
    store::insert_quota_entry(tx, &entry).await?;
    let detail = json!({ "campaign": campaign_id, "total": total });
    let line = Line {
        actor: by,
        act: "quota.set",
        subject: ("union", unit_id),
        detail,
    };
    Ok(audit::record(tx, &app.entropy, app.now(), line).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Annex 1 has 55 unions and 3,245 places.
    #[test]
    fn annex_1_adds_up() {
        let quotas = parse(ANNEX_1_OF_2021).unwrap();
        assert_eq!(quotas.len(), 55);
        assert_eq!(quotas.iter().map(|q| q.total).sum::<i64>(), 3245);
        assert_eq!(
            quotas[0],
            Quota {
                no: 1,
                union: "历下区总工会".to_owned(),
                total: 350
            }
        );
    }

    #[test]
    fn every_wrong_line_is_named() {
        let errors =
            parse("no,union,quota\n1,甲,5\nx,乙,5\n3,丙,-1\n4,甲,2\n5,丁\n6,,1\n7,戊,多").unwrap_err();
        let lines: Vec<usize> = errors.iter().map(|e| e.line).collect();
        assert_eq!(lines, [3, 4, 5, 6, 7, 8]);
        assert_eq!(errors[2].to_string(), "第 5 行：“甲”重复出现，第 2 行已有");
    }

    /// Bad input of a table: each line's problems, all at once, in words; what only looks odd is read.
    #[test]
    fn a_table_of_two_columns_is_read() {
        let quotas = parse("\u{feff}单位,名额,备注\n 甲 总工会 ,１２,\n乙,0,没有\n\n丙,7\n").unwrap();
        let read: Vec<_> = quotas.iter().map(|q| (q.union.as_str(), q.total)).collect();
        assert_eq!(read, [("甲 总工会", 12), ("乙", 0), ("丙", 7)]);
        for (table, line, words) in [
            ("单位,数量\n甲,5", 1, "两列"),
            ("甲,5\n乙,6", 1, "标题"),
            ("单位,名额\n", 1, "没有数据"),
            ("单位,名额\n甲,", 2, "名额为空"),
            ("单位,名额\n甲,2.5", 2, "不是整数"),
            ("单位,名额\n甲,100001", 2, "不能超过"),
            ("单位,名额\n,-3", 2, "单位名称为空"),
        ] {
            let errors = parse(table).unwrap_err();
            assert_eq!(errors[0].line, line, "{table}");
            assert!(errors[0].problem.contains(words), "{table}: {}", errors[0]);
        }
        assert_eq!(parse("单位,名额\n,-3").unwrap_err().len(), 2, "all of a line");
    }
}
