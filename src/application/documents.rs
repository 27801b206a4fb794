//! 证明材料: uploaded, replaced until submission, read only by those who may.

use super::content::{self, MediaType};
use super::{Application, DocumentKind, drafts, store};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::error::{Error, Result};
use crate::kernel::{Refusal, Time, code};
use crate::outbox;
use serde_json::json;

/// The outbox job that follows each upload: the machine reads the paper. Its payload is `{"document": documents.id}`.
pub const READ_JOB: &str = "read_paper";

/// An uploaded document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Id.
    pub id: String,
    /// Whose application it belongs to.
    pub application_id: String,
    /// What it is.
    pub kind: DocumentKind,
    /// Its type by content.
    pub media: MediaType,
    /// Its size in bytes.
    pub bytes: u64,
    /// The form's version when it was uploaded.
    pub form_version: i64,
    /// When.
    pub uploaded_at: Time,
}

impl Document {
    /// a stamped form of an older version of the form is out of date.
    pub fn out_of_date(&self, application: &Application) -> bool {
        self.kind == DocumentKind::StampedForm && self.form_version < application.form_version
    }
}

fn file_key(id: &str) -> String {
    format!("documents/{id}")
}

/// Checks and keeps a file as the application's document of this kind, in place of an earlier one.
///
/// Errors: what [`content::inspect`] refuses, [`Refusal::ChecksNotTicked`] before R-15's checks,
/// [`Refusal::NotEditable`].
pub async fn upload(
    app: &App,
    worker_id: &str,
    id: &str,
    kind: DocumentKind,
    bytes: Vec<u8>,
) -> Result<Document> {
    let application = super::own(app, worker_id, id).await?;
    if !drafts::editable(app, &application).await?.allows(kind.as_str()) {
        return Err(Refusal::NotEditable.into());
    }
    if application.checked_version == 0 {
        return Err(Refusal::ChecksNotTicked.into());
    }
    let inspect = move || content::inspect(&bytes).map(|media| (media, bytes));
    let (media, bytes) = tokio::task::spawn_blocking(inspect)
        .await
        .map_err(anyhow::Error::from)??;
    let document = Document {
        id: app.id(),
        application_id: application.id.clone(),
        kind,
        media,
        bytes: bytes.len() as u64,
        form_version: application.form_version,
        uploaded_at: app.now(),
    };
    // The file first: a row never names a file that is not there. A file without a row is only space.
    app.files.put(&file_key(&document.id), &bytes).await?;
    let mut tx = app.db.write().await?;
    // The row's version moves: an officer or the worker's other device sees that something changed.
    if !store::touch(&mut tx, &application, app.now()).await? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    store::replace_document(&mut tx, &document, &code::sha256_hex(&bytes)).await?;
    let actor = Actor::Worker(worker_id.to_owned());
    let detail = json!({ "kind": kind, "document": document.id });
    let line = Line {
        actor: &actor,
        act: "document.upload",
        subject: ("application", &application.id),
        detail,
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    let job = json!({ "document": document.id });
    outbox::enqueue(&mut tx, &app.id(), READ_JOB, &job, app.now(), None).await?;
    tx.commit().await?;
    Ok(document)
}

/// The documents that stand, one of a kind.
pub async fn of(app: &App, application_id: &str) -> Result<Vec<Document>> {
    store::documents(app, application_id).await
}

/// A document's bytes for somebody who may see the application; the look is recorded.
pub async fn read(
    app: &App,
    application: &Application,
    document_id: &str,
    by: &Actor,
) -> Result<(Document, Vec<u8>)> {
    let document = store::document(app, document_id)
        .await?
        .filter(|d| d.application_id == application.id);
    let document = document.ok_or(Error::NotFound)?;
    let bytes = app.files.get(&file_key(&document.id)).await?;
    if matches!(by, Actor::Officer(_)) {
        let mut tx = app.db.write().await?;
        let detail = json!({ "kind": document.kind, "document": document.id });
        let line = Line {
            actor: by,
            act: "document.read",
            subject: ("application", &application.id),
            detail,
        };
        audit::record(&mut tx, &app.entropy, app.now(), line).await?;
        tx.commit().await?;
    }
    Ok((document, bytes))
}

/// What still has to be uploaded or replaced, in order.
pub fn missing(application: &Application, documents: &[Document], of_jinan: bool) -> Vec<Refusal> {
    DocumentKind::needed(of_jinan)
        .filter_map(|kind| match documents.iter().find(|d| d.kind == kind) {
            None => Some(Refusal::DocumentMissing { kind: kind.label() }),
            Some(document) if document.out_of_date(application) => Some(Refusal::StampedFormOutOfDate),
            Some(_) => None,
        })
        .collect()
}
