//! What a table of places would change, before anything is changed.

use super::quotas::{LineError, Numbered, Quota, Unit};
use serde::{Deserialize, Serialize};

/// A unit of the table: what it has, what it would have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The line in the file, from 1.
    pub line: usize,
    /// The unit.
    pub unit_id: String,
    /// Its name.
    pub unit: String,
    /// Its places now; none when it has no line in this campaign yet.
    pub before: Option<i64>,
    /// Its places by the table.
    pub after: i64,
    /// How many are taken now.
    pub taken: i64,
}

impl Changed {
    /// Whether the table gives it another number.
    pub fn is_change(&self) -> bool {
        self.before != Some(self.after)
    }
}

/// Everything a table would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The units of the table, in its order.
    pub lines: Vec<Changed>,
    /// Names of units that have places and are not in the table: they keep what they have.
    pub absent: Vec<String>,
    /// All places of the campaign now.
    pub sum_before: i64,
    /// And afterwards.
    pub sum_after: i64,
}

impl Preview {
    /// Whether another preview of the same table shows the same numbers; what is taken may differ.
    pub fn shows_the_same(&self, other: &Preview) -> bool {
        let shown = |preview: &Preview| {
            let lines = preview.lines.iter();
            lines
                .map(|line| (line.unit_id.clone(), line.before, line.after))
                .collect::<Vec<_>>()
        };
        shown(self) == shown(other) && self.sum_before == other.sum_before
    }
}

/// Holds a table against the units. Errors, all at once: a name that no unit has, a number below what is taken.
pub fn compare(table: &[Numbered<Quota>], units: &[Unit]) -> Result<Preview, Vec<LineError>> {
    let (mut lines, mut errors) = (Vec::new(), Vec::new());
    for (line, quota) in table {
        let line = *line;
        let Some(unit) = units.iter().find(|unit| unit.name == quota.union) else {
            let problem = format!("没有名称为“{}”的区县（产业、直属、企业集团）工会", quota.union);
            errors.push(LineError { line, problem });
            continue;
        };
        if quota.total < unit.taken {
            let problem = format!(
                "“{}”的名额 {} 少于已占用的 {} 个",
                quota.union, quota.total, unit.taken
            );
            errors.push(LineError { line, problem });
        }
        lines.push(Changed {
            line,
            unit_id: unit.id.clone(),
            unit: unit.name.clone(),
            before: unit.total,
            after: quota.total,
            taken: unit.taken,
        });
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let named = |unit: &&Unit| lines.iter().any(|line| line.unit_id == unit.id);
    let absent = units.iter().filter(|unit| unit.total.is_some() && !named(unit));
    let sum_before: i64 = units.iter().filter_map(|unit| unit.total).sum();
    let difference: i64 = lines
        .iter()
        .map(|line| line.after - line.before.unwrap_or(0))
        .sum();
    Ok(Preview {
        absent: absent.map(|unit| unit.name.clone()).collect(),
        sum_before,
        sum_after: sum_before + difference,
        lines,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(name: &str, total: Option<i64>, taken: i64) -> Unit {
        Unit {
            id: format!("id-{name}"),
            no: 1,
            name: name.to_owned(),
            total,
            taken,
        }
    }

    fn table(lines: &[(&str, i64)]) -> Vec<Numbered<Quota>> {
        let quota = |(i, (union, total)): (usize, &(&str, i64))| {
            let (union, total) = ((*union).to_owned(), *total);
            (i + 2, Quota { no: 1, union, total })
        };
        lines.iter().enumerate().map(quota).collect()
    }

    /// changed, new and unchanged, the sums, and who is left out.
    #[test]
    fn a_preview_shows_what_changes() {
        let units = [
            unit("甲", Some(10), 4),
            unit("乙", None, 0),
            unit("丙", Some(5), 5),
            unit("丁", Some(1), 0),
        ];
        let preview = compare(&table(&[("甲", 12), ("乙", 3), ("丙", 5)]), &units).unwrap();
        let changes: Vec<bool> = preview.lines.iter().map(Changed::is_change).collect();
        assert_eq!(changes, [true, true, false]);
        assert_eq!((preview.sum_before, preview.sum_after), (16, 21));
        assert_eq!(preview.absent, ["丁"]);
        let mut later = units.clone();
        later[0].taken = 6;
        assert!(
            preview.shows_the_same(&compare(&table(&[("甲", 12), ("乙", 3), ("丙", 5)]), &later).unwrap())
        );
        later[3].total = Some(2);
        assert!(
            !preview.shows_the_same(&compare(&table(&[("甲", 12), ("乙", 3), ("丙", 5)]), &later).unwrap())
        );
    }

    /// all that is wrong at once, with the numbers.
    #[test]
    fn unknown_units_and_too_few_places_are_named() {
        let units = [unit("甲", Some(10), 4)];
        let errors = compare(&table(&[("甲", 3), ("无此工会", 1)]), &units).unwrap_err();
        assert_eq!(errors.iter().map(|e| e.line).collect::<Vec<_>>(), [2, 3]);
        assert!(errors[0].problem.contains("3 少于已占用的 4 个"));
    }
}
