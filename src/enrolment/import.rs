//! The catalogue from a table (XLSX or CSV): every error by row at once, a preview, then the rows one by one under the
//! code (项目编号), so that a table brought in twice changes nothing.

use super::catalogue::{self, FIELDS, Typed};
use super::{Program, store};
use crate::app::App;
use crate::audit::Actor;
use crate::campaign::sheet::{self, Effect, Row};
use crate::error::{Error, Result};
use crate::kernel::{Refusal, text};
use crate::union::providers::{self, check_keeps};
use crate::union::{Officer, Union};
use std::collections::BTreeMap;

/// So many programs are written in one transaction: others want to write too.
const CHUNK: usize = 25;

/// A table of programs.
pub type Table = sheet::Table<Program>;

/// [`read`] for an officer, who has to keep the catalogue. Errors: [`Refusal::NotAllowed`], and those of [`read`].
pub async fn preview(app: &App, by: &Officer, bytes: &[u8]) -> Result<Table> {
    check_keeps(by)?;
    read(app, bytes).await
}

/// Reads a table and compares it with what stands.
///
/// Errors: those of [`sheet::rows`] for what is no table.
pub async fn read(app: &App, bytes: &[u8]) -> Result<Table> {
    let mut rows = sheet::read(bytes).await?.into_iter();
    let (line, headings) = rows.next().ok_or(Refusal::TableEmpty)?;
    let columns = columns(&headings);
    let mut table = Table::default();
    for (_, heading, needed) in FIELDS {
        if *needed
            && !columns
                .iter()
                .any(|field| field.is_some_and(|f| heading_of(f) == *heading))
        {
            table.wrong(line, heading, "表头缺少这一列");
        }
    }
    if !table.errors.is_empty() {
        return Ok(table);
    }
    let providers = providers::list(app).await?;
    let mut seen = BTreeMap::new();
    for (line, cells) in rows {
        row(app, &mut table, &providers, &mut seen, (line, &columns, &cells)).await?;
    }
    if table.rows.is_empty() && table.errors.is_empty() {
        return Err(Refusal::TableEmpty.into());
    }
    Ok(table)
}

/// Which field stands in which column, by its heading; brackets and blanks do not matter.
fn columns(headings: &[String]) -> Vec<Option<&'static str>> {
    let bare = |text: &str| {
        text::plain(text)
            .split(['(', '（'])
            .next()
            .unwrap_or_default()
            .replace(' ', "")
    };
    let field = |heading: &String| {
        FIELDS
            .iter()
            .find(|(_, name, _)| bare(name) == bare(heading))
            .map(|(field, _, _)| *field)
    };
    headings.iter().map(field).collect()
}

fn heading_of(field: &str) -> &'static str {
    FIELDS
        .iter()
        .find(|(name, _, _)| *name == field)
        .map_or("", |(_, heading, _)| heading)
}

async fn row(
    app: &App,
    table: &mut Table,
    providers: &[Union],
    seen: &mut BTreeMap<String, usize>,
    (line, columns, cells): (usize, &[Option<&'static str>], &[String]),
) -> Result<()> {
    let mut typed = Typed::default();
    for (field, cell) in columns.iter().zip(cells) {
        if let Some(place) = field.and_then(|field| typed.get_mut(field)) {
            place.clone_from(cell);
        }
    }
    let program = match catalogue::check(app, &typed, providers) {
        Ok(program) => program,
        Err(problems) => {
            for (field, problem) in problems {
                table.wrong(line, heading_of(field), problem);
            }
            return Ok(());
        }
    };
    if let Some(first) = seen.insert(program.code.clone(), line) {
        let problem = format!("“{}”与第 {first} 行重复", program.code);
        table.wrong(line, "项目编号", problem);
        return Ok(());
    }
    let standing = store::program_by_code(app, &program.code).await?;
    for intake in &program.intakes {
        let there = standing
            .iter()
            .flat_map(|s| &s.intakes)
            .find(|i| i.entry == intake.entry);
        if there.is_some_and(|there| there.taken > intake.seats) {
            let problem = format!("{} 入学的名额少于已占用的名额", intake.entry);
            table.wrong(line, "名额", problem);
        }
    }
    let effect = match &standing {
        None => Effect::New,
        Some(standing) if Typed::of(standing) == Typed::of(&program) => Effect::Same,
        Some(_) => Effect::Changed,
    };
    table.rows.push(Row {
        line,
        effect,
        item: program,
        standing,
    });
    Ok(())
}

/// Brings an officer's table in, read anew: what stands may have changed since the preview.
///
/// Errors: [`Refusal::NotAllowed`], and those of [`read`] and [`write`].
pub async fn bring_in(app: &App, by: &Officer, bytes: &[u8]) -> Result<(usize, usize)> {
    check_keeps(by)?;
    write(app, &by.actor(), read(app, bytes).await?, false).await
}

/// Brings a right table in, for the command line and the demo's data; gives how many programs were new and how many changed. Rows that change nothing are left.
///
/// Errors: [`Refusal::CatalogueWrong`] for a table with errors, or a row that became wrong meanwhile.
pub async fn write(app: &App, by: &Actor, table: Table, sample: bool) -> Result<(usize, usize)> {
    if let Some(first) = table.errors.first() {
        let problem = format!(
            "表格有 {} 处错误，第 {} 行 {}：{}",
            table.errors.len(),
            first.line,
            first.column,
            first.problem
        );
        return Err(Refusal::CatalogueWrong { problem }.into());
    }
    let done = (table.count(Effect::New), table.count(Effect::Changed));
    let rows: Vec<Row<Program>> = table
        .rows
        .into_iter()
        .filter(|row| row.effect != Effect::Same)
        .collect();
    for chunk in rows.chunks(CHUNK) {
        let mut tx = app.db.write().await?;
        for row in chunk {
            let mut program = row.item.clone();
            program.sample = sample;
            let written = catalogue::write(app, &mut tx, by, program, row.standing.as_ref()).await;
            written.map_err(|error| match error {
                Error::Refused(refusal) => {
                    let problem = format!("第 {} 行：{}", row.line, refusal.text());
                    Refusal::CatalogueWrong { problem }.into()
                }
                other => other,
            })?;
        }
        tx.commit().await?;
    }
    Ok(done)
}
