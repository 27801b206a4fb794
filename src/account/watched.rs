//! Where a worker stands in the lessons of 公益微课. It is the worker's own: joining accounts moves it, leaving erases
//! it ([`super::merging`]); what counts as watched is said in `content::courses_watched`.

use super::store;
use crate::app::App;
use crate::error::{Error, Result};
use crate::kernel::Time;

/// Where a worker stands in one lesson.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The lesson.
    pub lesson_id: String,
    /// Where to go on, in seconds from its beginning.
    pub position_s: i64,
    /// How long it is, in seconds, as the player said; 0 for a link.
    pub duration_s: i64,
    /// Since when it counts as watched to the end; it stays so.
    pub done_at: Option<Time>,
}

/// All lessons that a worker has begun.
pub async fn of_worker(app: &App, worker_id: &str) -> Result<Vec<Watched>> {
    Ok(store::watched::of_worker(app, worker_id).await?)
}

/// Notes where a worker stands.
///
/// Errors: [`Error::NotFound`] when the account was closed meanwhile.
pub async fn note(app: &App, worker_id: &str, now: &Watched) -> Result<()> {
    let mut tx = app.db.write().await?;
    // Locked, so that nothing is noted behind an account that is being closed.
    if !store::lock_open(&mut tx, worker_id).await? {
        return Err(Error::NotFound);
    }
    store::watched::note(&mut tx, worker_id, now, app.now()).await?;
    tx.commit().await?;
    Ok(())
}
