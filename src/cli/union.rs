//! `yuanmeng union add`: a street or company under a unit, until unions join by invitation.

use super::{Usage, setup, told};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::error::is_unique_violation;
use crate::kernel::text;
use crate::union::tree::{self, NewUnion};
use crate::union::{Kind, Union};
use anyhow::Context as _;
use clap::Subcommand;
use serde_json::json;

/// Arguments of `union`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Add a union that reviews for the one above it.
    Add {
        /// The union above, by its path of names: 长清区总工会.
        #[arg(long)]
        under: String,
        /// street or enterprise.
        #[arg(long, default_value = "street")]
        kind: String,
        /// The new union's name.
        #[arg(long)]
        name: String,
    },
}

/// Runs the command.
pub async fn run(app: App, args: Args) -> anyhow::Result<()> {
    let Action::Add { under, kind, name } = args.action;
    let kind = Kind::parse(&kind).filter(|kind| matches!(kind, Kind::Street | Kind::Enterprise));
    let kind = kind.ok_or_else(|| Usage("--kind must be street or enterprise".to_owned()))?;
    let name = text::line(&name, 2, 40).map_err(|refusal| Usage(format!("--name: {}", refusal.text())))?;
    let above = find(&app, &under).await?;
    if matches!(above.kind, Kind::City | Kind::Centre) {
        return Err(Usage("--under must be a unit or a union below one".to_owned()).into());
    }
    let no = tree::choices(&app, Some(&above.id)).await.map_err(told)?.len() as i64 + 1;
    let mut tx = app.db.write().await?;
    let new = NewUnion {
        parent: Some(&above),
        kind,
        name: &name,
        no,
    };
    let union = match tree::add(&mut tx, app.id(), app.now(), new).await {
        Err(crate::error::Error::Internal(error))
            if error.downcast_ref().is_some_and(is_unique_violation) =>
        {
            return Err(Usage(format!("{} already has a union {name}", above.name)).into());
        }
        other => other.map_err(told)?,
    };
    let line = Line {
        actor: &Actor::System,
        act: "union.add",
        subject: ("union", &union.id),
        detail: json!({ "kind": kind }),
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    tx.commit().await.context("adding a union")?;
    println!("{name} reviews under {}", above.name);
    app.db.close().await;
    Ok(())
}

/// Finds a union by its path of names, below the city; the city and its centre by their own names.
pub async fn find(app: &App, path: &str) -> anyhow::Result<Union> {
    let missing = |name: &str| {
        Usage(format!(
            "there is no union {name}; `yuanmeng import quotas` makes the units"
        ))
    };
    let mut at = tree::root(app)
        .await
        .map_err(told)?
        .ok_or_else(|| missing(path))?;
    if path == setup::CITY {
        return Ok(at);
    }
    if path == setup::CENTRE {
        let chain = tree::review_chain(app, &at.id).await.map_err(told)?;
        return chain.into_iter().next_back().ok_or_else(|| missing(path).into());
    }
    for name in path.split('/') {
        let below = tree::choices(app, Some(&at.id)).await.map_err(told)?;
        at = below
            .into_iter()
            .find(|union| union.name == name)
            .ok_or_else(|| missing(name))?;
    }
    Ok(at)
}
