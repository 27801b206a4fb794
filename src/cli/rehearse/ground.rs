//! Where a rehearsal may be held: on nothing, or on what an earlier one left. Never on anything else.

use super::{Options, person};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::cache::Cache;
use crate::clock::Clock;
use crate::config::{Config, Purpose};
use crate::db::Db;
use crate::kernel::code;
use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::Datelike as _;
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;

/// What the trail says when a rehearsal begins and ends.
const BEGUN: &str = "rehearsal.begun";
const ENDED: &str = "rehearsal.ended";
/// Tables that a migration fills.
const FROM_MIGRATIONS: [&str; 2] = ["_sqlx_migrations", "audit_head"];
/// Says that a Redis is a rehearsal's; nothing that a rehearsal leaves there lives longer.
const MARK: &str = "rehearsal";
const MARK_LIVES: Duration = Duration::from_secs(30 * 24 * 3600);

/// A ground that was looked at.
pub struct Ground {
    /// How many rehearsals were held here before.
    pub run: usize,
    /// The year that nobody has rehearsed here yet.
    pub year: i32,
}

/// The rehearsal's settings: nothing of the environment but what `options` took from it, so that neither the real WeChat
/// nor a real SMS gateway can be reached. The key is no secret: the people are invented.
pub fn config(options: &Options, listen: SocketAddr, sim: SocketAddr) -> anyhow::Result<Config> {
    let key = STANDARD.encode(hex::decode(code::sha256_hex(b"yuanmeng rehearsal"))?);
    let read = |name: &str| match name {
        "YUANMENG_DATA_DIR" => Some(options.data_dir.display().to_string()),
        "YUANMENG_LISTEN" => Some(listen.to_string()),
        "SIM_LISTEN" => Some(sim.to_string()),
        "DATABASE_URL" => options.database_url.clone(),
        "REDIS_URL" => options.redis_url.clone(),
        "YUANMENG_SECRET_KEY" => Some(key.clone()),
        // Everybody comes from an address of their own, which the rehearsal names as a proxy would.
        "YUANMENG_BEHIND_PROXY" => Some("1".to_owned()),
        // The simulator's callbacks carry the machine's time, not the rehearsal's.
        "WECHAT_CALLBACK_TOLERANCE_S" => Some("0".to_owned()),
        // A season's sign-ups come on one day here.
        "SMS_CODES_PER_DAY" => Some((options.workers * 4 + 10_000).to_string()),
        _ => None,
    };
    Ok(Config::read(&read, Purpose::Demo)?)
}

/// Looks whether a rehearsal may be held, before anything is written: the schema is not even brought up to date.
pub async fn check(config: &Config) -> anyhow::Result<Ground> {
    const REFUSED: &str = "演练只能在空库，或只做过演练的库上进行";
    let db = Db::open(&config.stores.database_url).await?;
    let filled = db.filled_tables().await?;
    let ours = filled
        .iter()
        .all(|table| FROM_MIGRATIONS.contains(&table.as_str()));
    let ground = match ours {
        true => Ground {
            run: 0,
            year: chrono::Utc::now().year(),
        },
        false => {
            let lines = audit::lines_of(&db, "rehearsal").await.unwrap_or_default();
            let left = after_rehearsals(&lines, audit::count(&db).await.unwrap_or_default());
            left.with_context(|| format!("{REFUSED}：DATABASE_URL 中有其他数据"))?
        }
    };
    db.close().await;
    anyhow::ensure!(
        ground.run < person::RUNS,
        "这个库上的演练次数已用完，请换一个空库"
    );
    if let Some(url) = &config.stores.redis_url {
        let cache = Cache::redis(url).await?;
        let free = cache.is_empty().await? || cache.get(MARK).await?.is_some();
        anyhow::ensure!(free, "{REFUSED}：REDIS_URL 中有其他数据");
        cache.set(MARK, "1", MARK_LIVES).await?;
    }
    Ok(ground)
}

/// What is there is an earlier rehearsal's, when each one that began has ended, and nobody wrote a line since.
fn after_rehearsals(lines: &[(String, String)], in_all: i64) -> Option<Ground> {
    let of = |act: &str| {
        lines
            .iter()
            .filter(|(a, _)| a == act)
            .map(|(_, detail)| detail)
            .collect::<Vec<_>>()
    };
    let (begun, ended) = (of(BEGUN), of(ENDED));
    let number = |detail: &str, name: &str| {
        let detail: serde_json::Value = serde_json::from_str(detail).ok()?;
        detail[name].as_i64()
    };
    let last = ended.iter().filter_map(|detail| number(detail, "lines")).max()?;
    let year = begun.iter().filter_map(|detail| number(detail, "year")).max()?;
    let clean = begun.len() == ended.len() && last == in_all;
    clean.then_some(Ground {
        run: begun.len(),
        year: i32::try_from(year + 1).ok()?,
    })
}

async fn note(app: &App, act: &'static str, detail: serde_json::Value) -> anyhow::Result<()> {
    let mut tx = app.db.write().await?;
    let line = Line {
        actor: &Actor::System,
        act,
        subject: ("rehearsal", "season"),
        detail,
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    tx.commit().await?;
    Ok(())
}

/// Marks the database as a rehearsal's, before anything else is written to it.
pub async fn begin(app: &App, options: &Options, ground: &Ground) -> anyhow::Result<()> {
    let detail = json!({ "year": ground.year, "seed": options.seed, "workers": options.workers });
    note(app, BEGUN, detail).await
}

/// Notes how many lines the trail has now that everything has stopped: one more, and somebody else was here.
pub async fn end(config: Config, options: &Options) -> anyhow::Result<()> {
    let app = App::open(config, Clock::system()).await?;
    let lines = audit::count(&app.db).await? + 1;
    note(&app, ENDED, json!({ "lines": lines, "seed": options.seed })).await?;
    app.db.close().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(act: &str, detail: &str) -> (String, String) {
        (act.to_owned(), detail.to_owned())
    }

    /// Never on a real database: one line that no rehearsal wrote, and it is refused.
    #[test]
    fn only_a_rehearsals_leavings_are_ground() {
        let one = [line(BEGUN, r#"{"year":2026}"#), line(ENDED, r#"{"lines":50}"#)];
        let ground = after_rehearsals(&one, 50).unwrap();
        assert_eq!((ground.run, ground.year), (1, 2027));
        assert!(
            after_rehearsals(&one, 51).is_none(),
            "somebody wrote a line since"
        );
        assert!(after_rehearsals(&[], 50).is_none(), "never a rehearsal's");
        assert!(after_rehearsals(&one[..1], 50).is_none(), "one that did not end");
        let two = [&one[..], &[line(BEGUN, r#"{"year":2027}"#)]].concat();
        assert!(after_rehearsals(&two, 50).is_none(), "the second did not end");
        let two = [&two[..], &[line(ENDED, r#"{"lines":90}"#)]].concat();
        assert_eq!(
            after_rehearsals(&two, 90).map(|g| (g.run, g.year)),
            Some((2, 2028))
        );
    }
}
