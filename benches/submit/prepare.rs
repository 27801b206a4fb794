//! Drafts with everything that is needed to submit them, made by the real use cases.

use crate::app::{Pair, TestApp};
use crate::guarded::Guarded;
use crate::{builders, services};
use anyhow::{Context as _, Result, anyhow};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::time::Duration;
use yuanmeng::account::Worker;
use yuanmeng::app::App;
use yuanmeng::application;
use yuanmeng::clock::Clock;
use yuanmeng::config::{Config, Purpose};
use yuanmeng::kernel::{Time, code};
use yuanmeng::union::{Union, tree};

/// So many drafts are prepared at once.
const AT_ONCE: usize = 8;
/// The submissions are spread over so many unions.
const UNIONS: usize = 8;

/// A draft that could be submitted, and the values that the bare transaction would write.
pub struct Draft {
    pub id: String,
    pub worker: Worker,
    pub campaign_id: String,
    pub unit_id: String,
    pub holder_id: String,
    pub version: i64,
    pub now: i64,
    pub values: Values,
}

/// What the bare transaction writes and does not have to make.
pub struct Values {
    pub ids: [String; 4],
    pub id_index: String,
    pub number: String,
    pub actor: String,
    pub detail: String,
    pub payload: String,
}

/// An application whose loops do not run, with drafts.
pub struct Prepared {
    pub app: App,
    drafts: Vec<Draft>,
    _prepared_by: TestApp,
    _postgres: Option<Guarded>,
}

impl Prepared {
    /// The next `n` drafts.
    pub fn take(&mut self, n: usize) -> Vec<Draft> {
        self.drafts.split_off(self.drafts.len() - n)
    }
}

/// On SQLite in a temporary folder.
pub async fn on_sqlite(n: usize) -> Result<Prepared> {
    prepared(n, &[], None).await
}

/// On a PostgreSQL of its own, which keeps what it acknowledged.
pub async fn on_postgres(n: usize) -> Result<Prepared> {
    let port = services::free_port();
    let started = services::start_postgres_with(port, "-c fsync=on -c synchronous_commit=on");
    let server = started.and_then(|server| server.listening(port, Duration::from_secs(30)));
    let server = server.map_err(|error| anyhow!("PostgreSQL did not start: {error}"))?;
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    // It listens a moment before it answers.
    tokio::time::sleep(Duration::from_secs(2)).await;
    prepared(n, &[("DATABASE_URL", &url)], Some(server)).await
}

async fn prepared(n: usize, settings: &[(&str, &str)], postgres: Option<Guarded>) -> Result<Prepared> {
    let now = Time(chrono::Utc::now().timestamp_millis());
    let test = TestApp::start_with(Pair::SqliteMemory, now, settings).await;
    let mut tx = test.app.db.write().await?;
    sqlx::query("UPDATE quotas SET total = 1000000")
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    let unions = unions(&test.app).await?;
    let drafts = stream::iter(0..n)
        .map(|i| draft(&test, i, &unions[i % UNIONS]))
        .buffer_unordered(AT_ONCE);
    let drafts = drafts.try_collect().await?;
    // The loops end; what is measured has the stores for itself.
    test.app.stop.cancel();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let env = test.env.clone();
    let read = |name: &str| {
        env.iter()
            .rev()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.clone())
    };
    let app = App::open(Config::read(&read, Purpose::Demo)?, Clock::system()).await?;
    Ok(Prepared {
        app,
        drafts,
        _prepared_by: test,
        _postgres: postgres,
    })
}

/// The lowest unions: the streets, and units that have none.
async fn unions(app: &App) -> Result<Vec<Union>> {
    let mut lowest = Vec::new();
    for unit in tree::choices(app, None).await? {
        match tree::choices(app, Some(&unit.id)).await? {
            streets if streets.is_empty() => lowest.push(unit),
            streets => lowest.extend(streets),
        }
    }
    lowest.truncate(UNIONS);
    Ok(lowest)
}

async fn draft(test: &TestApp, n: usize, union: &Union) -> Result<Draft> {
    let app = &test.app;
    let worker = builders::worker(test, n).await;
    let id = builders::ready(test, &worker, n, union).await;
    let application = application::find(app, &id).await?;
    let event = app.id();
    let values = Values {
        id_index: app.sealer.index("id_number", &builders::id_number(n)),
        number: code::application_number(app.entropy.bytes()),
        actor: format!("worker:{}", worker.id),
        detail: format!(
            r#"{{"state":"in_review","step":0,"version":{}}}"#,
            application.version + 1
        ),
        payload: format!(r#"{{"event":"{event}"}}"#),
        ids: [app.id(), event, app.id(), app.id()],
    };
    Ok(Draft {
        campaign_id: application.campaign_id,
        unit_id: application.unit_id.context("a union was chosen")?,
        holder_id: union.id.clone(),
        version: application.version,
        now: app.now().0,
        id,
        worker,
        values,
    })
}
