//! What a page and the demo weigh. `cargo bench --bench pages`.
//!
//! The demo itself, the release binary, runs in a process and a folder of its own. Measured are:
//! - start to ready: from starting the process until `/readyz` answers 200, the database being there (and once
//!   with an empty folder). Target: under 2 s.
//! - a worker page with everything on the wire: its HTML and what it refers to (style, script, icon, examples),
//!   heads of the answers included, compressed as it is served to a browser. Target: under 60 KB.
//! - a signed-in page's time: asked over one kept-alive connection on this machine, from writing the question to
//!   the last byte of the answer; the median. Target: under 5 ms.
//! - resident memory after a worker's whole road and three officers' decisions. Target: under 100 MB.

#[path = "pages/browser.rs"]
mod browser;
#[path = "pages/demo.rs"]
mod demo;
#[path = "pages/road.rs"]
mod road;
mod support;

use anyhow::Result;
use browser::Browser;
use demo::Demo;
use std::time::Instant;
use support::{median, memory_mb};

/// Starts that are timed.
const STARTS: usize = 7;
/// How often a page is asked.
const ASKED: usize = 300;
/// Most bytes of a page on the wire.
const MOST_BYTES: usize = 60_000;

#[tokio::main(worker_threads = 1)]
async fn main() -> Result<()> {
    let dir = tempfile::tempdir()?;
    start_to_ready(dir.path()).await?;
    let (demo, _) = Demo::start(dir.path()).await?;
    let before = memory_mb(demo.pid(), "VmRSS")?;
    println!(
        "\nworker pages: bytes on the wire with everything (target < {MOST_BYTES}), median time (target < 5 ms)"
    );
    let mut worker = Browser::new(&demo)?;
    road::sign_up(&demo, &mut worker).await?;
    road::write(&mut worker).await?;
    for path in ["/", "/apply", "/apply/form", "/apply/documents", "/apply/confirm"] {
        page(&mut worker, path).await?;
    }
    road::submit(&mut worker).await?;
    page(&mut worker, "/progress").await?;
    road::decide_three_times(&demo, &mut worker).await?;
    let after = memory_mb(demo.pid(), "VmRSS")?;
    let most = memory_mb(demo.pid(), "VmHWM")?;
    println!(
        "\nresident memory of the demo (target < 100 MB): {before:.0} MB at start, {after:.0} MB after the road, {most:.0} MB at its highest"
    );
    Ok(())
}

async fn start_to_ready(dir: &std::path::Path) -> Result<()> {
    let (demo, empty) = Demo::start(dir).await?;
    demo.stop().await?;
    let mut took = Vec::new();
    for _ in 0..STARTS {
        let (demo, ready) = Demo::start(dir).await?;
        took.push(ready.as_secs_f64());
        demo.stop().await?;
    }
    println!(
        "\nstart to ready (target < 2 s): {:.2} s with the database there (median of {STARTS}), {:.2} s with an empty folder",
        median(&took),
        empty.as_secs_f64()
    );
    Ok(())
}

async fn page(browser: &mut Browser, path: &str) -> Result<()> {
    let (bytes, parts) = browser.weigh(path).await?;
    let mut took = Vec::with_capacity(ASKED);
    for _ in 0..ASKED {
        let started = Instant::now();
        browser.get(path).await?;
        took.push(started.elapsed().as_secs_f64() * 1e3);
    }
    let met = if bytes < MOST_BYTES && median(&took) < 5.0 {
        "met"
    } else {
        "MISSED"
    };
    println!(
        "  {path:<18} {bytes:>6} bytes in {parts:>2} answers   {:>5.2} ms   {met}",
        median(&took)
    );
    Ok(())
}
