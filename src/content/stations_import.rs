//! Service stations from a table (XLSX or CSV): every error by row at once, a preview, then all rows in one transaction,
//! found by their name, so that a table brought in twice changes nothing.

use super::stations::{self, FIELDS, MOST, Problems, Station, Typed};
use super::store::stations as store;
use crate::app::App;
use crate::audit::Actor;
use crate::campaign::sheet;
use crate::error::Result;
use crate::kernel::{Refusal, text};
use std::collections::BTreeMap;

/// What a row would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// A station of this name is not there yet.
    New,
    /// It is there and would change.
    Changed,
    /// It is there as it stands in the row.
    Same,
}

/// A right row.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its number in the file, from 1.
    pub line: usize,
    /// What it would do.
    pub effect: Effect,
    /// The station.
    pub station: Station,
    standing: Option<Station>,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// Its number in the file, from 1.
    pub line: usize,
    /// The column's heading.
    pub column: &'static str,
    /// In words.
    pub problem: String,
}

/// A table that was read: right rows, and every error.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Those that could be brought in.
    pub rows: Vec<Row>,
    /// All that is wrong; nothing is brought in while there is anything.
    pub errors: Vec<RowError>,
}

impl Table {
    /// How many rows have an effect.
    pub fn count(&self, effect: Effect) -> usize {
        self.rows.iter().filter(|row| row.effect == effect).count()
    }

    fn wrong(&mut self, line: usize, column: &'static str, problem: impl Into<String>) {
        self.errors.push(RowError {
            line,
            column,
            problem: problem.into(),
        });
    }
}

/// Reads a table and compares it with what stands.
///
/// Errors: those of [`sheet::rows`] for what is no table.
pub async fn read(app: &App, bytes: &[u8]) -> Result<Table> {
    let bytes = bytes.to_vec();
    // Unpacking a workbook takes its time.
    let rows = tokio::task::spawn_blocking(move || sheet::rows(&bytes)).await;
    let mut rows = rows.map_err(anyhow::Error::from)??.into_iter();
    let (line, headings) = rows.next().ok_or(Refusal::TableEmpty)?;
    let columns: Vec<Option<usize>> = headings.iter().map(|heading| column(heading)).collect();
    let mut table = Table::default();
    for (at, (_, heading, needed)) in FIELDS.iter().enumerate() {
        if *needed && !columns.contains(&Some(at)) {
            table.wrong(line, heading, "表头缺少这一列");
        }
    }
    if !table.errors.is_empty() {
        return Ok(table);
    }
    let standing = store::all(app).await?;
    let mut seen = BTreeMap::new();
    for (line, cells) in rows {
        row(&mut table, &standing, &mut seen, (line, &columns, &cells));
    }
    if table.rows.is_empty() && table.errors.is_empty() {
        return Err(Refusal::TableEmpty.into());
    }
    if standing.len() + table.count(Effect::New) > MOST {
        table.wrong(line, "名称", format!("最多 {MOST} 个服务站"));
    }
    Ok(table)
}

/// Which field a heading names; brackets and blanks do not matter.
fn column(heading: &str) -> Option<usize> {
    let plain = text::plain(heading);
    let bare = plain.split('(').next().unwrap_or_default().replace(' ', "");
    FIELDS.iter().position(|(_, name, _)| *name == bare)
}

fn row(
    table: &mut Table,
    standing: &[Station],
    seen: &mut BTreeMap<String, usize>,
    (line, columns, cells): (usize, &[Option<usize>], &[String]),
) {
    let mut typed = Typed::default();
    for (at, cell) in columns.iter().zip(cells) {
        if let Some((name, ..)) = at.and_then(|at| FIELDS.get(at)) {
            typed.set(name, cell);
        }
    }
    let station = match stations::check(&typed) {
        Ok(station) => station,
        Err(problems) => return wrong(table, line, problems),
    };
    if let Some(first) = seen.insert(station.name.clone(), line) {
        return table.wrong(line, "名称", format!("“{}”与第 {first} 行重复", station.name));
    }
    let there = standing.iter().find(|s| s.name == station.name);
    let effect = match there {
        None => Effect::New,
        Some(there) if Typed::of(there) == Typed::of(&station) => Effect::Same,
        Some(_) => Effect::Changed,
    };
    table.rows.push(Row {
        line,
        effect,
        station,
        standing: there.cloned(),
    });
}

fn wrong(table: &mut Table, line: usize, problems: Problems) {
    for (field, problem) in problems {
        let heading = FIELDS.iter().find(|(name, ..)| *name == field);
        table.wrong(line, heading.map_or("", |(_, heading, _)| heading), problem);
    }
}

/// Brings a right table in, all or nothing; gives how many stations were new and how many changed.
///
/// Errors: [`Refusal::TableWrong`] for a table with errors, [`Refusal::ChangedMeanwhile`].
pub async fn bring_in(app: &App, by: &Actor, table: Table, sample: bool) -> Result<(usize, usize)> {
    if !table.errors.is_empty() {
        let count = table.errors.len();
        return Err(Refusal::TableWrong { count }.into());
    }
    let done = (table.count(Effect::New), table.count(Effect::Changed));
    let mut tx = app.db.write().await?;
    for row in table.rows {
        if row.effect != Effect::Same {
            let station = Station {
                sample,
                ..row.station
            };
            stations::write(app, &mut tx, by, station, row.standing.as_ref()).await?;
        }
    }
    tx.commit().await?;
    Ok(done)
}
