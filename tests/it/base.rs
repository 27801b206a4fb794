//! The demo's data, made once for each day that tests live on and then copied: schema and rows take a second or
//! two, their copy a few milliseconds, and hundreds of tests begin with them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
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
    /// The data folder's files: the demo's key, what the demo uploads, and SQLite's.
    files: Vec<(PathBuf, Vec<u8>)>,
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
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder of the data folder");
        std::fs::write(path, bytes).expect("a file of the data folder");
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

/// Every file below, by its path from `dir`.
fn files_of(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let (mut files, mut folders) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(dir).expect("a path below").to_owned();
                files.push((name, std::fs::read(&path).expect("a file")));
            }
        }
    }
    files
}
