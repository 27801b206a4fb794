//! The demo's data, made once for each day that tests live on and then copied: schema and rows take a second or
//! two, their copy a few milliseconds, and hundreds of tests begin with them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use chrono::NaiveDate;
use tokio::sync::OnceCell;
use yuanmeng::app::App;
use yuanmeng::cli::{demo, seed};
use yuanmeng::clock::Clock;
use yuanmeng::config::{Config, Purpose};
use yuanmeng::kernel::Time;
use yuanmeng::sim::openid_of;

use crate::app::Pair;
use crate::services;

/// One day's data: in memory, since a folder of a static would be left behind.
struct Base {
    /// The data folder's files: the demo's key, and SQLite's.
    files: Vec<(String, Vec<u8>)>,
    /// The database on the tests' PostgreSQL.
    postgres: Option<String>,
}

type Bases = HashMap<(Pair, NaiveDate), Arc<OnceCell<Base>>>;
static BASES: LazyLock<Mutex<Bases>> = LazyLock::new(Mutex::default);

/// Lays the data of `now`'s day into an empty data folder. Gives the URL of a PostgreSQL database of the caller's
/// own, for that pair.
pub async fn lay_out(pair: Pair, now: Time, dir: &Path) -> Option<String> {
    let cell = {
        let mut bases = BASES.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        bases.entry((pair, now.date())).or_default().clone()
    };
    let base = cell.get_or_init(|| made(pair, now.date())).await;
    for (name, bytes) in &base.files {
        std::fs::write(dir.join(name), bytes).expect("a file of the data folder");
    }
    match &base.postgres {
        Some(template) => Some(services::postgres_copy(template).await),
        None => None,
    }
}

/// Seeds a day's data at its first second: whatever a test's moment, the data is a little older.
async fn made(pair: Pair, day: NaiveDate) -> Base {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut env = vec![("YUANMENG_DATA_DIR".to_owned(), dir.path().display().to_string())];
    let postgres = match pair {
        Pair::SqliteMemory => None,
        Pair::PostgresRedis => Some(services::postgres_url().await),
    };
    env.extend(
        postgres
            .iter()
            .map(|url| ("DATABASE_URL".to_owned(), url.clone())),
    );
    env.extend(
        demo::pay_settings()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value)),
    );
    let read = |name: &str| {
        let found = env.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.clone())
    };
    let config = Config::read(&read, Purpose::Demo).expect("the base's settings");
    let app = App::open(config, Clock::starting_at(Time::start_of(day)))
        .await
        .expect("the stores");
    seed::fill(&app, openid_of).await.expect("the demo's data");
    app.db.close().await;
    Base {
        files: files_of(dir.path()),
        postgres,
    }
}

fn files_of(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(dir).expect("the data folder");
    let files = entries
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.path().is_file());
    files
        .map(|entry| {
            let name = entry.file_name().into_string().expect("a plain name");
            (name, std::fs::read(entry.path()).expect("a file"))
        })
        .collect()
}
