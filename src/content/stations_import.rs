//! Service stations from a table (XLSX or CSV): every error by row at once, a preview, then all rows in one transaction,
//! found by their name, so that a table brought in twice changes nothing.

use super::check_publishes;
use super::stations::{self, FIELDS, MOST, Problems, Station, Typed};
use super::store::stations as store;
use crate::app::App;
use crate::audit::Actor;
use crate::campaign::sheet::{self, Effect, Row};
use crate::error::Result;
use crate::kernel::{Refusal, text};
use crate::union::Officer;
use std::collections::BTreeMap;

/// A table of stations.
pub type Table = sheet::Table<Station>;

/// [`read`] for an officer, who has to keep the stations. Errors: [`Refusal::NotAllowed`], and those of [`read`].
pub async fn preview(app: &App, by: &Officer, bytes: &[u8]) -> Result<Table> {
    check_publishes(app, by).await?;
    read(app, bytes).await
}

/// Reads a table and compares it with what stands.
///
/// Errors: those of [`sheet::rows`] for what is no table.
pub async fn read(app: &App, bytes: &[u8]) -> Result<Table> {
    let mut rows = sheet::read(bytes).await?.into_iter();
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
        item: station,
        standing: there.cloned(),
    });
}

fn wrong(table: &mut Table, line: usize, problems: Problems) {
    for (field, problem) in problems {
        let heading = FIELDS.iter().find(|(name, ..)| *name == field);
        table.wrong(line, heading.map_or("", |(_, heading, _)| heading), problem);
    }
}

/// Brings an officer's table in, read anew: what stands may have changed since the preview.
///
/// Errors: [`Refusal::NotAllowed`], and those of [`read`] and [`write`].
pub async fn bring_in(app: &App, by: &Officer, bytes: &[u8]) -> Result<(usize, usize)> {
    check_publishes(app, by).await?;
    write(app, &by.actor(), read(app, bytes).await?, false).await
}

/// Brings a right table in, all or nothing, for the demo's data too; gives how many stations were new and how many changed.
///
/// Errors: [`Refusal::TableWrong`] for a table with errors, [`Refusal::ChangedMeanwhile`].
pub async fn write(app: &App, by: &Actor, table: Table, sample: bool) -> Result<(usize, usize)> {
    if !table.errors.is_empty() {
        let count = table.errors.len();
        return Err(Refusal::TableWrong { count }.into());
    }
    let done = (table.count(Effect::New), table.count(Effect::Changed));
    let mut tx = app.db.write().await?;
    for row in table.rows {
        if row.effect != Effect::Same {
            let station = Station { sample, ..row.item };
            stations::write(app, &mut tx, by, station, row.standing.as_ref()).await?;
        }
    }
    tx.commit().await?;
    Ok(done)
}
