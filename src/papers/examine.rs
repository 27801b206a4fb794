//! Reading a paper that was uploaded: once, in the background; sooner when somebody looks and it has not been read.

use super::read::{self, Facts, READER};
use super::{store, twins};
use crate::app::App;
use crate::application::documents::{self, Document};
use crate::application::{self, Application};
use crate::audit::Actor;
use crate::error::{Error, Result};
use crate::kernel::time::HOUR;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The outbox job that follows each upload; its payload is `{"document": documents.id}`.
pub use crate::application::documents::READ_JOB;

/// So many papers are read at once in a process: each takes a core, and up to 100 MB for a photo of 12 megapixels.
static READING: Semaphore = Semaphore::const_new(2);
/// A page waits no longer than this for papers to be read; it then says that it could not tell yet.
const PATIENCE: Duration = Duration::from_secs(4);

/// Where facts are sealed for.
const PLACE: &str = "paper_facts.facts";

/// Reads a paper, keeps what it says and its twins. Does nothing when it was read before or is gone.
pub async fn examine(app: &App, document_id: &str) -> Result<()> {
    let _permit = READING.acquire().await.map_err(anyhow::Error::from)?;
    // Somebody else may have read it while this one waited.
    if store::is_read(app, document_id, READER).await? {
        return Ok(());
    }
    let Some(application_id) = store::application_of(app, document_id).await? else {
        return Ok(());
    };
    let application = application::find(app, &application_id).await?;
    match documents::read(app, &application, document_id, &Actor::System).await {
        Ok((document, bytes)) => keep(app, &application, &document, bytes).await,
        Err(Error::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn keep(app: &App, application: &Application, document: &Document, bytes: Vec<u8>) -> Result<()> {
    let (kind, media) = (document.kind, document.media);
    let reading = tokio::task::spawn_blocking(move || (read::read(kind, media, &bytes), bytes));
    let (facts, bytes) = reading.await.map_err(anyhow::Error::from)?;
    let marks = twins::marks(&app.sealer, kind, &bytes, &facts);
    // The marks first, then the search: of two papers read at the same moment one finds the other.
    let mut tx = app.db.write().await?;
    if !store::hold_kept(&mut tx, &document.id).await? {
        return Ok(());
    }
    store::put_marks(&mut tx, &document.id, &marks).await?;
    tx.commit().await?;
    let found = twins::find(app, document, &application.worker_id, &marks, &bytes).await?;
    let json = serde_json::to_string(&facts).map_err(anyhow::Error::from)?;
    let sealed = app.seal(PLACE, &json);
    let mut tx = app.db.write().await?;
    if !store::hold_kept(&mut tx, &document.id).await? {
        return Ok(());
    }
    for (twin, how) in &found {
        store::put_twin(&mut tx, &document.id, twin, *how, app.now()).await?;
    }
    store::put_facts(&mut tx, &document.id, READER, &sealed, app.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// So long after its upload a paper's first reading is waited for: its job has come by then, or has failed many times.
const AWAITED: i64 = 6 * HOUR;

/// Whether a paper of an application was not read by any reader yet, and its job is still to come.
pub async fn awaited(app: &App, application_id: &str) -> Result<bool> {
    let since = app.now().plus(-AWAITED);
    Ok(store::any_unread(app, application_id, since).await?)
}

/// Forgets what was read from a paper whose bytes were erased, and its application's card when that is erased too
/// (docs/privacy.md). May run twice.
pub async fn forget(app: &App, document_id: &str) -> Result<()> {
    let mut tx = app.db.write().await?;
    store::forget(&mut tx, document_id).await?;
    tx.commit().await?;
    Ok(())
}

/// Reads those of an application's papers now that were not read yet, and waits for a moment.
pub(super) async fn read_now(app: &App, application_id: &str) -> Result<()> {
    let mut reading = tokio::task::JoinSet::new();
    for id in store::unread(app, application_id, READER).await? {
        let app = app.clone();
        reading.spawn(async move {
            if let Err(error) = examine(&app, &id).await {
                tracing::warn!(document = id, %error, "a paper could not be read");
            }
        });
    }
    let all = async { while reading.join_next().await.is_some() {} };
    if tokio::time::timeout(PATIENCE, all).await.is_err() {
        // They go on; whoever looks next finds them read.
        reading.detach_all();
    }
    Ok(())
}

/// What the papers say that were read, by document id.
pub(super) async fn known(app: &App, application: &Application) -> Result<HashMap<String, Facts>> {
    let rows = store::facts(app, &application.id, READER).await?;
    let mut known = HashMap::new();
    for (id, sealed) in rows {
        let json = app.sealer.open_text(PLACE, &sealed)?;
        known.insert(id, serde_json::from_str(&json).map_err(anyhow::Error::from)?);
    }
    Ok(known)
}
