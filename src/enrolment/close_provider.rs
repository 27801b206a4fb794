//! Ending a provider: only when nothing of it is under way.

use super::store;
use crate::app::App;
use crate::error::Result;
use crate::kernel::Refusal;
use crate::union::{Officer, providers, rights, tree};

/// Ends a provider, with the accounts of its officers.
///
/// Errors: those of [`providers::find`]; [`Refusal::ProviderBusy`] while it has programs that are not withdrawn, or enrolments
/// that are not settled.
pub async fn close_provider(app: &App, by: &Officer, id: &str) -> Result<()> {
    let result = close(app, by, id).await;
    rights::noted(app, &by.actor(), "provider.close", ("union", id), result).await
}

async fn close(app: &App, by: &Officer, id: &str) -> Result<()> {
    let provider = providers::find(app, by, id).await?;
    let mut tx = app.db.write().await?;
    // Under the tree's lock, which whoever names a provider for a program takes too.
    tree::lock(&mut tx).await?;
    let (programs, enrolments) = store::under_way(&mut tx, id).await?;
    if programs > 0 || enrolments > 0 {
        return Err(Refusal::ProviderBusy { programs, enrolments }.into());
    }
    providers::close_in(app, &mut tx, by, &provider).await?;
    tx.commit().await?;
    Ok(())
}
