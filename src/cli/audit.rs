//! `yuanmeng audit verify|head`: whether the audit trail is whole, and the head to publish or keep elsewhere.

use super::{Usage, told};
use crate::app::App;
use crate::campaign::{digest, plan};
use crate::supervision::verify::Report;
use crate::supervision::{chain, invariants, verify};
use clap::Subcommand;

/// Arguments of `audit`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Look at every line; exit code 0 when the trail is whole and the books agree, else 1 with each finding named.
    Verify {
        /// A head that was printed or published before, `<number>:<hash>`: the chain must still hold it.
        #[arg(long)]
        head: Option<String>,
    },
    /// Seal what is not sealed yet and print the head, `<number>:<hash>`, to be kept where this machine cannot change it.
    Head,
}

/// Runs the command.
pub async fn run(app: App, args: Args) -> anyhow::Result<()> {
    let done = match args.action {
        Action::Verify { head } => verified(&app, head.as_deref()).await,
        Action::Head => head(&app).await,
    };
    app.db.close().await;
    done
}

async fn head(app: &App) -> anyhow::Result<()> {
    chain::seal_all(app).await.map_err(told)?;
    match chain::head(app).await.map_err(told)? {
        Some(head) => println!("{head}"),
        None => println!("0:{}", chain::GENESIS),
    }
    Ok(())
}

async fn verified(app: &App, published: Option<&str>) -> anyhow::Result<()> {
    let published = published.map(parse).transpose()?;
    let known = published.as_ref().map(|(seq, hash)| (*seq, hash.as_str()));
    let known = known.filter(|(seq, _)| *seq > 0);
    let report = verify::verify(app, known).await.map_err(told)?;
    print(&report);
    let books = invariants::check(app).await.map_err(told)?;
    for finding in &books {
        println!("books: {finding}");
    }
    println!("books: {} findings", books.len());
    let places = places(app).await.map_err(told)?;
    anyhow::ensure!(
        report.whole(),
        "the audit trail is broken: {} findings",
        report.found
    );
    anyhow::ensure!(
        books.is_empty(),
        "the books do not agree: {} findings",
        books.len()
    );
    anyhow::ensure!(
        places == 0,
        "the public chain of places does not hold: {places} findings"
    );
    Ok(())
}

/// Each campaign's public chain of places (ADR 0020); how many findings.
async fn places(app: &App) -> crate::error::Result<usize> {
    let mut found = 0;
    for campaign in plan::all(app).await? {
        match digest::verify(app, &campaign.id).await? {
            Ok(whole) => println!(
                "places: {} has {} published days, head {}",
                whole.year, whole.days, whole.head
            ),
            Err(broken) => {
                found += 1;
                println!("places: {} {}: {}", broken.year, broken.day, broken.why.label());
            }
        }
    }
    println!("places: {found} findings");
    Ok(found)
}

fn print(report: &Report) {
    for finding in &report.findings {
        println!("audit: {finding}");
    }
    if report.found > report.findings.len() {
        println!("audit: and {} more", report.found - report.findings.len());
    }
    println!(
        "audit: {} lines sealed{}, {} not sealed yet, {} findings",
        report.sealed,
        report
            .since
            .map_or(String::new(), |since| format!(" since {}", since.minute_text())),
        report.unsealed,
        report.found
    );
    if report.unmarked > 0 {
        println!(
            "audit: {} of them are from before lines had marks of their own",
            report.unmarked
        );
    }
    if let Some(head) = &report.head {
        println!("audit: head {head}");
    }
}

/// `<number>:<hash>`.
fn parse(text: &str) -> anyhow::Result<(i64, String)> {
    let parts = text.trim().split_once(':');
    let head = parts.and_then(|(seq, hash)| {
        let whole = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        let seq: i64 = seq.parse().ok()?;
        whole.then(|| (seq, hash.to_ascii_lowercase()))
    });
    head.ok_or_else(|| {
        Usage("--head is <number>:<64 hex digits>, as `yuanmeng audit head` prints it".to_owned()).into()
    })
}
