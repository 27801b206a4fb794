//! The two servers: this very program again, told by its environment what to be.

use anyhow::{Context as _, Result, ensure};
use poem::listener::TcpAcceptor;
use poem::{Route, handler, post};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};
use yuanmeng::app::App;
use yuanmeng::cli;
use yuanmeng::clock::Clock;
use yuanmeng::config::{Config, Purpose, process_env};
use yuanmeng::wechat::envelope::{AesKey, ReplyEnvelope};

const WHICH: &str = "YUANMENG_BENCH_SERVER";
const THREADS: &str = "YUANMENG_BENCH_THREADS";

/// Which server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Callback,
    Constant,
}

/// What WeChat's console would hold.
pub struct Account {
    pub app_id: String,
    pub token: String,
    pub key: AesKey,
}

/// The demo's account.
pub fn account(dir: &Path) -> Result<Account> {
    let dir = dir.display().to_string();
    let wechat = Config::read(
        &|name| (name == "YUANMENG_DATA_DIR").then(|| dir.clone()),
        Purpose::Demo,
    )?
    .wechat;
    Ok(Account {
        key: wechat.keys.first().context("the demo has a key")?.clone(),
        app_id: wechat.app_id,
        token: wechat.token,
    })
}

impl Which {
    /// Whether the answers are what they must be.
    pub fn check(self, account: &Account, answers: &[String]) -> Result<()> {
        for answer in answers {
            if self == Which::Constant {
                ensure!(answer == CONSTANT, "{answer}");
                continue;
            }
            let reply = ReplyEnvelope::parse(answer)?;
            ensure!(reply.verify(&account.token), "the reply's signature is wrong");
            let text = account.key.decrypt(&reply.encrypt, &account.app_id)?;
            ensure!(text.contains("欢迎来到求学圆梦行动"), "{text}");
        }
        Ok(())
    }
}

/// A server in a process of its own; ends with its standard input, hence with this process.
pub struct Child {
    process: std::process::Child,
    pub which: Which,
    pub port: u16,
}

impl Child {
    pub fn start(which: Which, threads: usize, dir: &Path) -> Result<Self> {
        let name = if which == Which::Callback {
            "callback"
        } else {
            "constant"
        };
        let log = std::fs::File::create(dir.join(format!("{name}.log")))?;
        let mut process = Command::new(std::env::current_exe()?)
            .env_clear()
            .env(WHICH, name)
            .env(THREADS, threads.to_string())
            .env("YUANMENG_DATA_DIR", dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let mut port = String::new();
        let stdout = process.stdout.take().context("stdout is piped")?;
        BufReader::new(stdout).read_line(&mut port)?;
        let port = port.trim().parse().context("the server did not start")?;
        Ok(Child { process, which, port })
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// What this process is to serve, with how many threads; `None` in the one that measures.
pub fn asked_for() -> Option<(Which, usize)> {
    let which = match process_env(WHICH)?.as_str() {
        "callback" => Which::Callback,
        _ => Which::Constant,
    };
    Some((which, process_env(THREADS)?.parse().ok()?))
}

const CONSTANT: &str = "success";

#[handler]
fn constant() -> &'static str {
    CONSTANT
}

/// Serves until standard input ends.
pub fn serve(which: Which, threads: usize) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()?;
    runtime.spawn(async move {
        if let Err(error) = answer(which).await {
            eprintln!("{error:#}");
            std::process::exit(1);
        }
    });
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

async fn answer(which: Which) -> Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let server = poem::Server::new_with_acceptor(TcpAcceptor::from_tokio(listener)?);
    if which == Which::Constant {
        println!("{port}");
        return Ok(server
            .run(Route::new().at("/wechat/callback", post(constant)))
            .await?);
    }
    cli::init_log();
    let app = App::open(Config::read(&process_env, Purpose::Demo)?, Clock::system()).await?;
    println!("{port}");
    Ok(server
        .run(yuanmeng::web::routes(app, yuanmeng::api::routes()))
        .await?)
}
