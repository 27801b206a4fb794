//! 证明材料: uploaded, replaced until submission, read only by those who may.

use super::content::{self, Clean, MediaType};
use super::states::State;
use super::{Application, DocumentKind, drafts, store};
use crate::account::throttle::{self, UPLOADS_PER_WORKER};
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

/// Kind of the outbox job that deletes a document's bytes, `{"document": id}`.
pub const ERASE_JOB: &str = "document_erase";

/// Autosave on the other device may move the row between looking and keeping; then it is looked at again.
const TRIES: usize = 3;

/// Where a document's bytes are kept.
fn file_key(id: &str) -> String {
    format!("documents/{id}")
}

/// Checks, cleans and keeps a file as the application's document of this kind, in place of an earlier one.
///
/// Errors: what [`content::clean`] refuses, [`Refusal::ChecksNotTicked`] before R-15's checks,
/// [`Refusal::NotEditable`], [`Refusal::FileTooMany`].
pub async fn upload(
    app: &App,
    worker_id: &str,
    id: &str,
    kind: DocumentKind,
    bytes: Vec<u8>,
) -> Result<Document> {
    keep(app, worker_id, id, kind, bytes, "account").await
}

/// The same from the phone that the worker's PC handed the upload to ([`super::handoff`]).
pub async fn upload_by_phone(
    app: &App,
    worker_id: &str,
    id: &str,
    kind: DocumentKind,
    bytes: Vec<u8>,
) -> Result<Document> {
    keep(app, worker_id, id, kind, bytes, "handoff").await
}

async fn keep(
    app: &App,
    worker_id: &str,
    id: &str,
    kind: DocumentKind,
    bytes: Vec<u8>,
    via: &'static str,
) -> Result<Document> {
    let application = replaceable(app, worker_id, id, kind).await?;
    throttle::check(app, &UPLOADS_PER_WORKER, worker_id, Refusal::FileTooMany).await?;
    let clean = content::cleaned(bytes).await?;
    let document = Document {
        id: app.id(),
        application_id: application.id.clone(),
        kind,
        media: clean.media,
        bytes: clean.bytes.len() as u64,
        // The version that was stamped is the one from before the upload, whatever is typed meanwhile.
        form_version: application.form_version,
        uploaded_at: app.now(),
    };
    // The file first: a row never names a file that is not there. A file without a row is only space.
    let key = file_key(&document.id);
    app.files.put(&key, &clean.bytes).await?;
    let kept = enter(app, worker_id, &document, &clean, via).await;
    if kept.is_err()
        && let Err(error) = app.files.delete(&key).await
    {
        tracing::warn!(error = format!("{error:#}"), "a file without a document stays");
    }
    kept.map(|()| document)
}

/// The worker's application, if this document may be uploaded to it now.
async fn replaceable(app: &App, worker_id: &str, id: &str, kind: DocumentKind) -> Result<Application> {
    let application = super::own(app, worker_id, id).await?;
    if !drafts::editable(app, &application).await?.allows(kind.as_str()) {
        return Err(Refusal::NotEditable.into());
    }
    if application.checked_version == 0 {
        return Err(Refusal::ChecksNotTicked.into());
    }
    Ok(application)
}

async fn enter(
    app: &App,
    worker_id: &str,
    document: &Document,
    clean: &Clean,
    via: &'static str,
) -> Result<()> {
    for _ in 0..TRIES {
        let application = replaceable(app, worker_id, &document.application_id, document.kind).await?;
        let mut tx = app.db.write().await?;
        // The row's version moves: an officer or the worker's other device sees that something changed.
        if !store::touch(&mut tx, &application, app.now()).await? {
            continue;
        }
        let hashes = store::Hashes {
            stored: &code::sha256_hex(&clean.bytes),
            uploaded: &clean.upload_sha256,
        };
        let replaced = store::replace_document(&mut tx, document, &hashes).await?;
        for old in replaced {
            // One that was there when an officer returned the application belongs to the file that was judged; one
            // that came after, or in a draft, nobody has seen (ADR 0015).
            let unseen = application.state == State::Draft || old.uploaded_at > application.since.0;
            if unseen {
                let payload = json!({ "document": old.id });
                outbox::enqueue(&mut tx, &app.id(), ERASE_JOB, &payload, app.now(), None).await?;
            }
        }
        let actor = Actor::Worker(worker_id.to_owned());
        let detail = json!({ "kind": document.kind, "document": document.id, "via": via });
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
        return Ok(());
    }
    Err(Refusal::ChangedMeanwhile.into())
}

/// The outbox job [`ERASE_JOB`]: deletes the bytes of a replaced document; its row and hashes stay. May run twice.
pub async fn erase(app: &App, document_id: &str) -> Result<()> {
    // The row first: whoever reads it afterwards is told that it is gone, not that the store failed.
    let mut tx = app.db.write().await?;
    let replaced = store::mark_erased(&mut tx, document_id, app.now()).await?;
    tx.commit().await?;
    if replaced {
        app.files.delete(&file_key(document_id)).await?;
    }
    Ok(())
}

/// A standing document's bytes, cleaned as they are kept, for the machine's checks: nobody looks, so nothing is
/// recorded. PDFs are opened with [`content::pdf::load`]. [`Error::NotFound`] once it was erased.
pub async fn bytes_of(app: &App, document: &Document) -> Result<Vec<u8>> {
    if store::erased(app, &document.id).await? {
        return Err(Error::NotFound);
    }
    Ok(app.files.get(&file_key(&document.id)).await?)
}

/// The documents that stand, one of a kind.
pub async fn of(app: &App, application_id: &str) -> Result<Vec<Document>> {
    store::documents(app.db.read(), application_id).await
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
    let bytes = bytes_of(app, &document).await?;
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
