//! The demo in a process of its own.

use anyhow::{Context as _, Result, bail};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running demo; dropped, it is ended.
pub struct Demo {
    process: Child,
    pub url: String,
    pub sim_url: String,
}

impl Demo {
    /// Starts it on the data in a folder; gives how long it took until it was ready.
    pub async fn start(dir: &Path) -> Result<(Self, Duration)> {
        let [listen, sim_listen] = [free_address()?, free_address()?];
        let log = std::fs::File::create(dir.join("log"))?;
        let started = Instant::now();
        let process = Command::new(env!("CARGO_BIN_EXE_yuanmeng"))
            .env_clear()
            .env("YUANMENG_DATA_DIR", dir)
            .env("YUANMENG_LISTEN", &listen)
            .env("SIM_LISTEN", &sim_listen)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let mut demo = Demo {
            process,
            url: format!("http://{listen}"),
            sim_url: format!("http://{sim_listen}"),
        };
        let http = reqwest::Client::builder().no_proxy().build()?;
        loop {
            let answer = http.get(format!("{}/readyz", demo.url)).send().await;
            if answer.is_ok_and(|answer| answer.status() == 200) {
                return Ok((demo, started.elapsed()));
            }
            if demo.process.try_wait()?.is_some() || started.elapsed() > Duration::from_secs(60) {
                bail!(
                    "the demo did not start: {}",
                    std::fs::read_to_string(dir.join("log"))?
                );
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Ends it as Ctrl+C does.
    pub async fn stop(mut self) -> Result<()> {
        let pid = self.pid().to_string();
        Command::new("kill")
            .args(["-s", "INT", &pid])
            .status()
            .context("kill")?;
        while self.process.try_wait()?.is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}
