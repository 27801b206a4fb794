//! `yuanmeng officer create`: the first officer of a union; the password comes from standard input.

use super::{Usage, setup, told};
use crate::app::App;
use crate::audit::Actor;
use crate::kernel::Phone;
use crate::union::officers::{self, NewOfficer};
use crate::union::{Role, Union, tree};
use clap::Subcommand;
use std::io::BufRead as _;

/// Arguments of `officer`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Add an officer; their password is read from standard input (one line).
    Create {
        /// The union's name, with the unions above it by "/" where the name alone is not unique: 长清区总工会/崮云湖街道总工会.
        #[arg(long)]
        union: String,
        /// The officer's name.
        #[arg(long)]
        name: String,
        /// The phone to sign in with.
        #[arg(long)]
        phone: String,
        /// reviewer, finance, supervisor or administrator; may be given several times.
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
    },
}

/// Runs the command.
pub async fn run(app: App, args: Args) -> anyhow::Result<()> {
    let Action::Create {
        union,
        name,
        phone,
        roles,
    } = args.action;
    let roles: Option<Vec<Role>> = roles.iter().map(|role| Role::parse(role)).collect();
    let roles = roles
        .ok_or_else(|| Usage("--role must be reviewer, finance, supervisor or administrator".to_owned()))?;
    let phone = Phone::parse(&phone, &[]).map_err(|refusal| Usage(format!("--phone: {}", refusal.text())))?;
    let union = find(&app, &union).await?;
    eprintln!("password (at least {} characters):", officers::PASSWORD_MIN);
    let mut password = String::new();
    std::io::stdin().lock().read_line(&mut password)?;
    let mut tx = app.db.write().await?;
    let new = NewOfficer {
        union_id: &union.id,
        name: &name,
        phone: &phone,
        password: password.trim_end_matches(['\r', '\n']),
        roles: &roles,
        openid: None,
    };
    officers::add(&app, &mut tx, &Actor::System, new)
        .await
        .map_err(told)?;
    tx.commit().await?;
    println!("{name} may sign in at {} for {}", app.link("/office"), union.name);
    app.db.close().await;
    Ok(())
}

/// Finds a union by its path of names, below the city.
async fn find(app: &App, path: &str) -> anyhow::Result<Union> {
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
