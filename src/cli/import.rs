//! `yuanmeng import quotas`: a year's campaign with its intakes and the places of each unit.
//! `yuanmeng import programs`: the catalogue of 选学报读.
//! `yuanmeng import plan-2021`: the plan of 2021 as the first 政策通知.

use super::{Usage, setup, told};
use crate::app::App;
use crate::audit::Actor;
use crate::campaign::quotas;
use crate::campaign::sheet::RowError;
use crate::content::articles::plan_2021;
use crate::enrolment::import;
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
    /// The catalogue of 选学报读: XLSX or CSV with the headings 项目编号, 院校, 服务机构 … (docs/zh/officer.md). Programs
    /// that are there already are changed; the providers must be there.
    Programs {
        /// The file.
        file: PathBuf,
    },
    /// 济工办〔2021〕3号 with its annexes, as the first 政策通知, under the day that it bears. Does nothing if it is there.
    #[command(name = "plan-2021")]
    Plan2021,
}

/// Runs the command: everything or nothing.
pub async fn run(app: App, args: Args) -> anyhow::Result<()> {
    match args.table {
        Table::Quotas { file, year } => quotas_table(app, file, year).await,
        Table::Programs { file } => programs(app, file).await,
        Table::Plan2021 => plan(app).await,
    }
}

async fn programs(app: App, file: PathBuf) -> anyhow::Result<()> {
    let bytes = std::fs::read(&file).map_err(|error| Usage(format!("{}: {error}", file.display())))?;
    let table = import::read(&app, &bytes).await.map_err(told)?;
    if !table.errors.is_empty() {
        let line = |e: &RowError| format!("第 {} 行 {}：{}", e.line, e.column, e.problem);
        return Err(Usage(table.errors.iter().map(line).collect::<Vec<_>>().join("\n")).into());
    }
    let (new, changed) = import::write(&app, &Actor::System, table, false)
        .await
        .map_err(told)?;
    println!("{new} programs added, {changed} changed");
    app.db.close().await;
    Ok(())
}

async fn plan(app: App) -> anyhow::Result<()> {
    let mut tx = app.db.write().await?;
    let added = plan_2021::publish(&app, &mut tx, &Actor::System)
        .await
        .map_err(told)?;
    tx.commit().await?;
    let path = format!("/policies/{}", plan_2021::SLUG);
    match added {
        true => println!("published: {}", app.link(&path)),
        false => println!("it is there already: {}", app.link(&path)),
    }
    app.db.close().await;
    Ok(())
}

async fn quotas_table(app: App, file: PathBuf, year: i32) -> anyhow::Result<()> {
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
