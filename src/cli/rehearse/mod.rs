//! `yuanmeng rehearse`: a whole season in minutes. Invented workers and officers act over HTTP, through both intakes, with
//! races, withdrawals, returns and late ones; then everybody looks, the books are opened, and a report tells whether all
//! agrees (issue 5, ADR 0027). Never on a database that holds anything else.

mod board;
mod books;
#[cfg(test)]
mod books_tests;
mod dice;
mod ground;
mod http;
mod look;
mod officer;
mod person;
mod plan;
mod progress;
mod report;
mod season;
mod worker;
mod world;

use crate::audit;
use crate::campaign::quotas;
use crate::config::process_env;
use anyhow::Context as _;
use progress::Progress;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use world::World;

pub use ground::config;
pub use look::invariants;

/// The officers' password: it opens nothing but a rehearsal.
pub(crate) const PASSWORD: &str = "yuanmeng-rehearsal-2026";

/// Arguments of `rehearse`.
#[derive(clap::Args)]
pub struct Args {
    /// How many workers.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    workers: u32,
    /// The season's seed: the same one plays the same season.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Write the report there, too.
    #[arg(long)]
    report: Option<PathBuf>,
    /// Requests under way at once.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
    connections: u16,
    /// Stop when it takes longer than so many minutes.
    #[arg(long, default_value_t = 60)]
    minutes: u64,
    /// Keep the temporary data (SQLite, papers) to look at afterwards.
    #[arg(long)]
    keep: bool,
}

/// What a rehearsal is held with.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many workers.
    pub workers: usize,
    /// The season's seed.
    pub seed: u64,
    /// Requests under way at once.
    pub connections: usize,
    /// It ends after so long.
    pub within: Duration,
    /// For papers, and for SQLite without a `database_url`.
    pub data_dir: PathBuf,
    /// An empty database, or one that an earlier rehearsal left.
    pub database_url: Option<String>,
    /// The same for Redis; none: in the process.
    pub redis_url: Option<String>,
    /// Whether a signal stops it, and a line every five seconds tells how it goes.
    pub told: bool,
}

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule.
    pub rule: &'static str,
    /// What and where, in Chinese.
    pub what: String,
}

impl Finding {
    fn new(rule: &'static str, what: impl Into<String>) -> Self {
        Finding {
            rule,
            what: what.into(),
        }
    }
}

/// What came of a rehearsal.
#[derive(Debug)]
pub struct Outcome {
    /// The campaign that was played.
    pub campaign_id: String,
    /// The report.
    pub report: String,
    /// What does not hold; empty when all does.
    pub findings: Vec<Finding>,
}

/// Runs the command: exit code 0 when all holds, else 1 with what does not.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let data_dir = std::env::temp_dir().join(format!("yuanmeng-rehearsal-{}", std::process::id()));
    let options = Options {
        workers: args.workers as usize,
        seed: args.seed,
        connections: usize::from(args.connections),
        within: Duration::from_secs(args.minutes * 60),
        data_dir: data_dir.clone(),
        database_url: process_env("DATABASE_URL"),
        redis_url: process_env("REDIS_URL"),
        told: true,
    };
    let outcome = hold(&options).await;
    if args.keep {
        eprintln!("数据留在 {}", data_dir.display());
    } else if data_dir.exists() {
        std::fs::remove_dir_all(&data_dir).context("临时数据没有删掉")?;
    }
    let outcome = outcome?;
    print!("{}", outcome.report);
    if let Some(path) = &args.report {
        std::fs::write(path, &outcome.report).with_context(|| format!("报告没有写成：{}", path.display()))?;
    }
    let found = outcome.findings.len();
    anyhow::ensure!(found == 0, "演练有 {found} 处不符");
    Ok(())
}

/// Holds a rehearsal from beginning to end.
pub async fn hold(options: &Options) -> anyhow::Result<Outcome> {
    let table = quotas::parse(quotas::ANNEX_1_OF_2021);
    let table = table.map_err(|errors| anyhow::anyhow!("附件 1 有误：{errors:?}"))?;
    let plan = plan::Plan::of(options.seed, options.workers, &table);
    let progress = Arc::new(Progress::begin());
    let telling = options.told.then(|| progress::tell(progress.clone()));
    let world = World::start(options, &plan).await;
    let outcome = match world {
        Ok(world) => held(world, options, &plan, &progress).await,
        Err(error) => Err(error),
    };
    if let Some(telling) = telling {
        telling.abort();
    }
    outcome
}

async fn held(
    world: World,
    options: &Options,
    plan: &plan::Plan,
    progress: &Progress,
) -> anyhow::Result<Outcome> {
    if options.told {
        super::serve::stop_on_signal(&world.app);
    }
    let outcome = tokio::time::timeout(options.within, act(&world, options, plan, progress)).await;
    let outcome = outcome
        .context("演练超过了限定的时间")
        .and_then(|outcome| outcome);
    match outcome {
        Ok(outcome) => world.stop(options).await.map(|()| outcome),
        Err(error) => {
            // The ground stays without its mark of an end: nothing is rehearsed on half a season.
            world.abandon().await;
            Err(error)
        }
    }
}

async fn act(
    world: &World,
    options: &Options,
    plan: &plan::Plan,
    progress: &Progress,
) -> anyhow::Result<Outcome> {
    let mut played = season::play(world, options, plan, progress).await?;
    let seen = look::look(world, options, &mut played, progress).await?;
    progress.stage("核对台账", 0);
    let (books, mut findings) = invariants(&world.app, &world.campaign_id).await?;
    findings.extend(played.findings.iter().cloned());
    findings.extend(played.boards.findings());
    findings.extend(seen.findings.iter().cloned());
    progress.stage("报告", 0);
    let report = report::text(&report::Facts {
        options,
        year: world.year,
        stores: world.stores(),
        books: &books,
        seen: &seen,
        tally: played.boards.tally(),
        requests: world.http.requests(),
        took: world.http.took(),
        stages: progress.stages(),
        time: progress.elapsed(),
        audited: audit::count(&world.app.db).await?,
        findings: &findings,
    });
    Ok(Outcome {
        campaign_id: world.campaign_id.clone(),
        report,
        findings,
    })
}
