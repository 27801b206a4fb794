//! `yuanmeng import quotas`: a year's campaign with its intakes and the places of each unit.

use super::{Usage, setup, told};
use crate::app::App;
use crate::campaign::quotas;
use clap::Subcommand;
use std::path::PathBuf;

/// Arguments of `import`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    table: Table,
}

#[derive(Subcommand)]
enum Table {
    /// Annex 1: a CSV with the columns no,union,quota. Makes the year's campaign and any unit that is missing.
    Quotas {
        /// The file.
        file: PathBuf,
        /// The campaign's year; its windows are those of the plan (05-05 … 05-31 and 11-05 … 11-30).
        #[arg(long)]
        year: i32,
    },
}

/// Runs the command: everything or nothing.
pub async fn run(app: App, args: Args) -> anyhow::Result<()> {
    let Table::Quotas { file, year } = args.table;
    let csv =
        std::fs::read_to_string(&file).map_err(|error| Usage(format!("{}: {error}", file.display())))?;
    let table = quotas::parse(&csv).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Usage(lines.join("\n"))
    })?;
    let mut tx = app.db.write().await?;
    let units = setup::season(&app, &mut tx, year, &setup::windows_of(year), &table).await;
    let units = units.map_err(told)?;
    tx.commit().await?;
    let places: i64 = table.iter().map(|quota| quota.total).sum();
    println!("{year}: {} unions, {places} places", units.len());
    app.db.close().await;
    Ok(())
}
