//! Drafts with everything that is needed to submit them, made by the real use cases, spread over the units in proportion to
//! their places: for `benches/season.rs` more of them than places, for `benches/submit.rs` a place for each.

use crate::app::{Pair, TestApp};
use crate::guarded::Guarded;
use crate::{builders, services};
use anyhow::{Context as _, Result, anyhow};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::time::Duration;
use yuanmeng::account::Worker;
use yuanmeng::app::App;
use yuanmeng::application::{self, Application};
use yuanmeng::campaign::{self, quotas};
use yuanmeng::clock::Clock;
use yuanmeng::config::{Config, Purpose};
use yuanmeng::kernel::Time;
use yuanmeng::union::{Union, tree};

/// So many drafts are prepared at once.
const AT_ONCE: usize = 8;

/// A draft that could be submitted, and the values that the bare transaction would write.
#[derive(Clone)]
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
#[derive(Clone)]
pub struct Values {
    pub ids: [String; 4],
    pub id_index: String,
    pub card_index: String,
    /// Every end of the name, and of the number but its last character.
    pub keys: Vec<String>,
    pub actor: String,
    pub detail: String,
    pub payload: String,
}

/// An application whose loops do not run, with drafts.
pub struct Prepared {
    pub app: App,
    pub drafts: Vec<Draft>,
    pub campaign_id: String,
    _prepared_by: TestApp,
    _postgres: Option<Guarded>,
}

/// How many places there are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Places {
    /// Those of Annex 1.
    AsAnnex1,
    /// One for everybody.
    Plenty,
}

/// On SQLite in a temporary folder.
pub async fn on_sqlite(n: usize, places: Places) -> Result<Prepared> {
    prepared(n, places, &[], None).await
}

/// On a PostgreSQL of its own, which keeps what it acknowledged.
pub async fn on_postgres(n: usize, places: Places) -> Result<Prepared> {
    let port = services::free_port();
    let started = services::start_postgres_with(port, "-c fsync=on -c synchronous_commit=on");
    let server = started.and_then(|server| server.listening(port, Duration::from_secs(30)));
    let server = server.map_err(|error| anyhow!("PostgreSQL did not start: {error}"))?;
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    // It listens a moment before it answers.
    tokio::time::sleep(Duration::from_secs(2)).await;
    prepared(n, places, &[("DATABASE_URL", &url)], Some(server)).await
}

async fn prepared(
    n: usize,
    places: Places,
    settings: &[(&str, &str)],
    postgres: Option<Guarded>,
) -> Result<Prepared> {
    let now = Time(chrono::Utc::now().timestamp_millis());
    let test = TestApp::start_with(Pair::SqliteMemory, now, settings).await;
    let current = campaign::current(&test.app).await?.context("a campaign")?;
    let unions = unions(&test.app, &current.campaign_id, n).await?;
    let drafts = stream::iter(unions.iter().enumerate())
        .map(|(i, union)| draft(&test, i, union))
        .buffer_unordered(AT_ONCE);
    let drafts = drafts.try_collect().await?;
    if places == Places::Plenty {
        let mut tx = test.app.db.write().await?;
        sqlx::query("UPDATE quotas SET total = 1000000")
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
    }
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
        campaign_id: current.campaign_id,
        _prepared_by: test,
        _postgres: postgres,
    })
}

/// A union for each of `n` drafts: the units in turn, in proportion to their places, so that every one has more drafts
/// than places when `n` is more than all places; of a unit with streets its first street.
async fn unions(app: &App, campaign_id: &str, n: usize) -> Result<Vec<Union>> {
    let mut lowest = Vec::new();
    for unit in quotas::units(app, campaign_id).await? {
        let streets = tree::choices(app, Some(&unit.id)).await?;
        let union = match streets.into_iter().next() {
            Some(street) => street,
            None => tree::find(app, &unit.id).await?,
        };
        lowest.push((union, unit.total.unwrap_or(0)));
    }
    let all: i64 = lowest.iter().map(|(_, total)| total).sum();
    // Whoever is furthest behind its share is next.
    let mut given = vec![0i64; lowest.len()];
    let mut chosen = Vec::with_capacity(n);
    for i in 0..n as i64 {
        let behind = |at: usize| lowest[at].1 * (i + 1) - given[at] * all;
        let next = (0..lowest.len()).max_by_key(|at| behind(*at)).context("a unit")?;
        given[next] += 1;
        chosen.push(lowest[next].0.clone());
    }
    Ok(chosen)
}

/// Puts every submitted application back to the draft that it was.
pub async fn back_to_drafts(app: &App) -> Result<()> {
    let mut tx = app.db.write().await?;
    for sql in [
        "UPDATE applications SET state = 'draft', step = 0, holder_id = NULL, seq = NULL, submitted_at = NULL, waited_as = NULL, \
         version = version - 1",
        "UPDATE quotas SET taken = 0, next_seq = 1",
        "DELETE FROM claims",
        "DELETE FROM application_cards",
        "DELETE FROM application_keys",
        "DELETE FROM place_entries",
        "DELETE FROM events",
        "DELETE FROM outbox",
    ] {
        sqlx::query(sql).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn draft(test: &TestApp, n: usize, union: &Union) -> Result<Draft> {
    let app = &test.app;
    let worker = builders::worker(test, n).await;
    let id = builders::ready(test, &worker, n, union).await;
    let application = application::find(app, &id).await?;
    let event = app.id();
    let values = Values {
        id_index: app.sealer.index("id_number", &builders::id_number(n)),
        // Any text of that length will do: the column is not unique.
        card_index: app.sealer.index("card", &id),
        keys: ends(&application),
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

fn ends(application: &Application) -> Vec<String> {
    let number = application.number.as_deref().unwrap_or_default().replace('-', "");
    let of_name = application
        .applicant
        .char_indices()
        .map(|(at, _)| &application.applicant[at..]);
    let of_number = (0..number.len().saturating_sub(1)).map(|at| &number[at..]);
    of_name.chain(of_number).map(str::to_ascii_lowercase).collect()
}
