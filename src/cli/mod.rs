//! The command line: one file a subcommand. Exit code 0 for done, 1 for failed, 2 for bad usage or configuration.

pub mod audit;
#[cfg(feature = "demo")]
pub mod demo;
pub mod import;
pub mod menu;
pub mod officer;
#[cfg(feature = "demo")]
pub mod rehearse;
#[cfg(feature = "demo")]
pub mod seed;
#[cfg(feature = "demo")]
pub mod seed_articles;
#[cfg(feature = "demo")]
pub mod seed_content;
#[cfg(feature = "demo")]
pub mod seed_courses;
pub mod serve;
pub mod setup;
pub mod union;

use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, ConfigError, Purpose, process_env};
use clap::{Parser, Subcommand};
use std::io::IsTerminal as _;
use std::process::ExitCode;

/// 求学圆梦: the WeChat Official Account backend of Jinan trade unions.
#[derive(Parser)]
#[command(name = "yuanmeng", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything here with a simulated WeChat and sample data (the default).
    #[cfg(feature = "demo")]
    Demo,
    /// Run in production; refuses to start when a required setting is missing.
    Serve,
    /// Bring the database's schema up to date and end.
    Migrate,
    /// The official account's menu, kept in wechat-menu.json.
    Menu(menu::Args),
    /// Union officers.
    Officer(officer::Args),
    /// Unions below the units.
    Union(union::Args),
    /// Bring in tables.
    Import(import::Args),
    /// The audit trail: verify it, print its head.
    Audit(audit::Args),
    /// Play a whole season with invented people, against an empty database, and look whether the books agree.
    #[cfg(feature = "demo")]
    Rehearse(rehearse::Args),
    /// Print the JSON API's OpenAPI document.
    Openapi,
}

/// Parses the command line and runs the command.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    init_log();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(run(cli.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("yuanmeng: {error:#}");
    ExitCode::from(if error.is::<ConfigError>() || error.is::<Usage>() {
        2
    } else {
        1
    })
}

/// The command line makes no sense; exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

async fn run(command: Option<Command>) -> anyhow::Result<()> {
    match command {
        #[cfg(feature = "demo")]
        None | Some(Command::Demo) => demo::run().await,
        #[cfg(not(feature = "demo"))]
        None => Err(Usage(
            "say what to do, for example `yuanmeng serve`; `yuanmeng --help` lists the commands".to_owned(),
        )
        .into()),
        Some(Command::Serve) => serve::run(open().await?).await,
        Some(Command::Migrate) => {
            open().await?.db.close().await;
            println!("the schema is up to date");
            Ok(())
        }
        Some(Command::Menu(args)) => menu::run(args).await,
        Some(Command::Officer(args)) => officer::run(open().await?, args).await,
        Some(Command::Union(args)) => union::run(open().await?, args).await,
        Some(Command::Import(args)) => import::run(open().await?, args).await,
        Some(Command::Audit(args)) => audit::run(open().await?, args).await,
        #[cfg(feature = "demo")]
        Some(Command::Rehearse(args)) => rehearse::run(args).await,
        Some(Command::Openapi) => {
            println!("{:#}", crate::api::document());
            Ok(())
        }
    }
}

/// Production's settings and stores.
async fn open() -> anyhow::Result<App> {
    let config = Config::read(&process_env, Purpose::Serve)?;
    App::open(config, Clock::system()).await
}

/// The log on standard error, by `RUST_LOG` and `LOG_FORMAT`.
pub fn init_log() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("yuanmeng=info,warn"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match std::env::var("LOG_FORMAT").as_deref() {
        Ok("json") => log.json().init(),
        _ => log.init(),
    }
}

/// An error of ours as the command line shows it: with the words of a refusal.
pub(crate) fn told(error: crate::error::Error) -> anyhow::Error {
    use crate::error::Error;
    match error {
        Error::Refused(refusal) => anyhow::anyhow!("{}", refusal.text()),
        Error::Invalid(fields) => {
            let lines: Vec<String> = fields
                .0
                .iter()
                .map(|(field, refusal)| format!("{field}: {}", refusal.text()))
                .collect();
            Usage(lines.join("; ")).into()
        }
        Error::Internal(cause) => cause,
        other => other.into(),
    }
}
