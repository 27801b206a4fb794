//! `yuanmeng menu check|push|pull|diff`: the official account's menu, kept in `wechat-menu.json`.

use super::Usage;
use crate::app::CachedTokens;
use crate::cache::Cache;
use crate::clock::{Clock, Entropy};
use crate::config::{Config, Purpose, process_env};
use crate::wechat::menu::Menu;
use crate::wechat::{Client, ClientConfig};
use anyhow::Context as _;
use clap::Subcommand;
use std::path::PathBuf;
use std::sync::Arc;

/// Arguments of `menu`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
    /// The menu's file; `{public_url}` in it becomes YUANMENG_PUBLIC_URL.
    #[arg(long, default_value = "wechat-menu.json", global = true)]
    file: PathBuf,
}

#[derive(Subcommand)]
enum Action {
    /// Check the file against WeChat's rules (counts, lengths in bytes).
    Check,
    /// Make the file the account's menu.
    Push,
    /// Print the account's menu as JSON.
    Pull,
    /// Say what pushing the file would change; exit code 1 when it would.
    Diff,
}

/// A menu read from its file.
pub struct Source(Menu);

impl Source {
    /// The menu in the repository, built in.
    pub fn embedded(public_url: &str) -> anyhow::Result<Self> {
        Self::read(include_str!("../../wechat-menu.json"), public_url)
    }

    fn read(json: &str, public_url: &str) -> anyhow::Result<Self> {
        let json = json.replace("{public_url}", public_url);
        Ok(Source(
            Menu::from_json(&json).map_err(|problem| Usage(format!("菜单文件：{problem}")))?,
        ))
    }

    /// Problems by WeChat's rules, in words.
    pub fn check(&self) -> Vec<String> {
        self.0.check()
    }
}

/// Makes a checked menu the account's.
pub async fn push(client: &Client, source: &Source) -> anyhow::Result<()> {
    let problems = source.check();
    if !problems.is_empty() {
        return Err(Usage(problems.join("\n")).into());
    }
    client.create_menu(&source.0).await.context("pushing the menu")
}

/// Runs the command.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let public_url = process_env("YUANMENG_PUBLIC_URL").unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
    let source = || {
        let json = std::fs::read_to_string(&args.file);
        let json = json.map_err(|error| Usage(format!("{}: {error}", args.file.display())))?;
        Source::read(&json, public_url.trim_end_matches('/'))
    };
    match args.action {
        Action::Check => {
            let problems = source()?.check();
            if !problems.is_empty() {
                return Err(Usage(problems.join("\n")).into());
            }
            println!("菜单符合微信的规则");
        }
        Action::Push => {
            let source = source()?;
            push(&client().await?, &source).await?;
            println!("菜单已推送，微信客户端约 5 分钟后更新");
        }
        Action::Pull => match client()
            .await?
            .menu()
            .await
            .context("reading the account's menu")?
        {
            Some(menu) => println!("{}", serde_json::to_string_pretty(&menu)?),
            None => println!("公众号还没有菜单"),
        },
        Action::Diff => {
            let source = source()?;
            let there = client()
                .await?
                .menu()
                .await
                .context("reading the account's menu")?;
            let lines = there.map_or_else(
                || vec!["公众号还没有菜单".to_owned()],
                |menu| menu.diff(&source.0),
            );
            for line in &lines {
                println!("{line}");
            }
            anyhow::ensure!(lines.is_empty(), "the account's menu differs from the file");
            println!("公众号的菜单与文件一致");
        }
    }
    Ok(())
}

/// The account's client; shares the token with the running service through Redis when there is one.
async fn client() -> anyhow::Result<Client> {
    let config = Config::read(&process_env, Purpose::Serve)?;
    let account = ClientConfig {
        api_base: config.wechat.api_base.clone(),
        open_base: config.wechat.open_base.clone(),
        app_id: config.wechat.app_id.clone(),
        app_secret: config.wechat.app_secret.clone(),
        instance: Entropy::default().token(),
    };
    let clock = Clock::system();
    let now = Arc::new(move || clock.now().0);
    let cache = match &config.stores.redis_url {
        Some(url) => Cache::redis(url).await?,
        None => Cache::memory(),
    };
    Ok(Client::new(account, Arc::new(CachedTokens(cache)), now)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// the menu in the repository keeps WeChat's rules and leads everywhere.
    #[test]
    fn the_menu_in_the_repository_keeps_wechats_rules() {
        let source = Source::embedded("https://zgjy.jngh.org.cn").unwrap();
        assert_eq!(source.check(), Vec::<String>::new());
        let json = serde_json::to_string(&source.0).unwrap();
        let base = "https://zgjy.jngh.org.cn";
        for (name, path) in [
            ("求学圆梦", "/wechat/oauth/start?next=/"),
            ("职工选学报读", "/wechat/oauth/start?next=/enrol"),
            ("职工补助申请", "/wechat/oauth/start?next=/apply"),
            ("进度查询", "/wechat/oauth/start?next=/progress"),
            ("政策通知", "/policies"),
            ("服务站与热线", "/stations"),
            ("公益微课", "/courses"),
            ("网站资讯", "/news"),
        ] {
            let button = format!("\"name\":\"{name}\",\"url\":\"{base}{path}\"");
            assert!(json.contains(&button), "{name}: {json}");
        }
    }
}
