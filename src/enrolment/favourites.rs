//! Programs that a worker keeps for later.

use super::{Program, store};
use crate::account::workers;
use crate::app::App;
use crate::error::Result;

/// Keeps a program, or lets it go.
pub async fn set(app: &App, worker_id: &str, program_id: &str, keep: bool) -> Result<()> {
    let program = super::catalogue::shown(app, program_id).await?;
    let mut tx = app.db.write().await?;
    workers::hold_open(&mut tx, worker_id).await?;
    if keep {
        store::add_favourite(&mut tx, worker_id, &program.id, app.now()).await?;
    } else {
        store::drop_favourite(&mut tx, worker_id, &program.id).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Whether a worker keeps it.
pub async fn has(app: &App, worker_id: &str, program_id: &str) -> Result<bool> {
    Ok(store::is_favourite(app, worker_id, program_id).await?)
}

/// The worker's, the newest first.
pub async fn of(app: &App, worker_id: &str) -> Result<Vec<Program>> {
    let mut programs = Vec::new();
    for id in store::favourites(app.db.read(), worker_id).await? {
        programs.extend(store::program(app, &id).await?);
    }
    Ok(programs)
}
