//! A paper taken away again before submission, without another in its place.

use super::documents::Document;
use super::{drafts, store};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use serde_json::json;

/// Takes a paper of the worker's own application away. The file stays, as a replaced one's does.
///
/// Errors: [`Error::NotFound`] for one that does not stand there, [`Refusal::NotEditable`], [`Refusal::ChangedMeanwhile`].
pub async fn remove(app: &App, worker_id: &str, id: &str, document_id: &str) -> Result<Document> {
    let application = super::own(app, worker_id, id).await?;
    let standing = store::documents(app.db.read(), id).await?;
    let document = standing.into_iter().find(|document| document.id == document_id);
    let document = document.ok_or(Error::NotFound)?;
    let editable = drafts::editable(app, &application).await?;
    if !editable.allows(document.kind.as_str()) {
        return Err(Refusal::NotEditable.into());
    }
    let now = app.now();
    let mut tx = app.db.write().await?;
    if !store::touch(&mut tx, &application, now).await?
        || !store::drop_document(&mut tx, &document.id).await?
    {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    let actor = Actor::Worker(worker_id.to_owned());
    let line = Line {
        actor: &actor,
        act: "document.remove",
        subject: ("application", id),
        detail: json!({ "kind": document.kind, "document": document.id }),
    };
    audit::record(&mut tx, &app.entropy, now, line).await?;
    tx.commit().await?;
    Ok(document)
}
