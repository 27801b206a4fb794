//! Annex 1 as data: `no,union,quota`, one unit a line.

use super::store;
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::db::Tx;
use crate::error::Result;
use serde_json::json;

/// Annex 1 of 济工办〔2021〕3号: 55 unions, 3,245 places.
pub const ANNEX_1_OF_2021: &str = include_str!("../../assets/data/quota-2021.csv");

/// A line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// The number in the first column.
    pub no: i64,
    /// The union's name.
    pub union: String,
    /// Its places.
    pub total: i64,
}

/// What is wrong with a table, by line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("第 {line} 行：{problem}")]
pub struct LineError {
    /// Line number in the file, from 1.
    pub line: usize,
    /// In words, for the person who made the table.
    pub problem: String,
}

/// Reads a table with a heading line; all that is wrong is told at once.
pub fn parse(csv: &str) -> Result<Vec<Quota>, Vec<LineError>> {
    let (mut quotas, mut errors) = (Vec::<Quota>::new(), Vec::new());
    let lines = csv.trim_start_matches('\u{feff}').lines().enumerate().skip(1);
    for (i, text) in lines.filter(|(_, text)| !text.trim().is_empty()) {
        let parsed = parse_line(text).and_then(|quota| match quotas.iter().any(|q| q.union == quota.union) {
            true => Err(format!("“{}”重复出现", quota.union)),
            false => Ok(quota),
        });
        match parsed {
            Ok(quota) => quotas.push(quota),
            Err(problem) => errors.push(LineError { line: i + 1, problem }),
        }
    }
    if errors.is_empty() {
        Ok(quotas)
    } else {
        Err(errors)
    }
}

fn parse_line(text: &str) -> Result<Quota, String> {
    let fields: Vec<&str> = text.split(',').map(str::trim).collect();
    let [no, union, total] = fields[..] else {
        return Err("应有 3 列：序号,单位,名额".to_owned());
    };
    let no = no.parse().map_err(|_| "序号不是数字".to_owned())?;
    let total: i64 = total.parse().map_err(|_| "名额不是数字".to_owned())?;
    match (union.is_empty(), total) {
        (true, _) => Err("单位名称为空".to_owned()),
        (_, 0..) => Ok(Quota {
            no,
            union: union.to_owned(),
            total,
        }),
        _ => Err("名额不能是负数".to_owned()),
    }
}

/// Gives a unit its places in a campaign, within the caller's transaction.
pub async fn set(
    app: &App,
    tx: &mut Tx,
    by: &Actor,
    campaign_id: &str,
    unit_id: &str,
    total: i64,
) -> Result<()> {
    store::insert_quota(tx, campaign_id, unit_id, total).await?;
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
        assert_eq!(errors[2].to_string(), "第 5 行：“甲”重复出现");
    }
}
