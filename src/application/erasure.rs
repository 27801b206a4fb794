//! Erasing an application's personal data: the form, the name, the papers' bytes. What says how places and decisions went
//! (states, dates, unions, number) stays: it names nobody any more.

use super::{Application, FormText, documents, moves, store};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::time::DAY;
use crate::outbox;
use serde_json::json;

/// An approved application is the voucher of a payment: 会计档案管理办法 (财政部、国家档案局令第 79 号), 附表一, keeps
/// vouchers for thirty years, counted from the end of the year.
pub const VOUCHER_YEARS: i32 = 30;

/// What the audit needs of an approved form: who, which payment, what for, on which ground. Address, phones, sex and the
/// employer's contact are not among it.
const NEEDED: &[&str] = &[
    "name",
    "id_number",
    "card",
    "employer",
    "post",
    "migrant",
    "entry_date",
    "level",
    "degree",
    "institution",
    "major",
];

/// Erases all of it within the caller's transaction.
pub async fn erase(app: &App, tx: &mut Tx, application: &Application, by: &Actor) -> Result<()> {
    let blank = moves::seal_form(app, &FormText::default())?;
    store::erase(tx, &application.id, &blank, app.now()).await?;
    store::forget_conflicts(tx, &application.id).await?;
    store::forget_keys(tx, &application.id).await?;
    let documents = store::documents_with_bytes(tx, &application.id).await?;
    for document in &documents {
        forget_file(app, tx, document).await?;
    }
    store::forget_documents(tx, &application.id).await?;
    note(app, tx, application, by, "application.erase", documents.len()).await
}

/// Leaves of an approved one what the audit needs, until its term is over. Replaced papers go; those that were decided
/// on stay.
pub async fn limit(app: &App, tx: &mut Tx, application: &Application, by: &Actor) -> Result<()> {
    let form = application.form(app)?;
    let needed = FormText::from_posted(NEEDED.iter().map(|name| (*name, form.get(name))));
    let sealed = moves::seal_form(app, &needed)?;
    let until = crate::kernel::Time::shanghai(app.now().year() + VOUCHER_YEARS + 1, 1, 1, 0, 0, 0);
    store::limit(tx, &application.id, &sealed, until, app.now()).await?;
    store::forget_conflicts(tx, &application.id).await?;
    let replaced = store::replaced_documents(tx, &application.id).await?;
    for document in &replaced {
        forget_file(app, tx, document).await?;
        store::forget_document(tx, document).await?;
    }
    note(app, tx, application, by, "application.limit", replaced.len()).await
}

async fn forget_file(app: &App, tx: &mut Tx, document: &str) -> Result<()> {
    let payload = json!({ "document": document });
    Ok(outbox::enqueue(tx, &app.id(), documents::ERASE_JOB, &payload, app.now(), None).await?)
}

async fn note(
    app: &App,
    tx: &mut Tx,
    application: &Application,
    by: &Actor,
    act: &str,
    documents: usize,
) -> Result<()> {
    let line = Line {
        actor: by,
        act,
        subject: ("application", &application.id),
        detail: json!({ "documents": documents }),
    };
    Ok(audit::record(tx, &app.entropy, app.now(), line).await?)
}

/// So many at once.
const AT_ONCE: i64 = 50;
/// A draft that nobody touched for so long is erased: its purpose is over.
pub const FORGOTTEN_DRAFT: i64 = 2 * 366 * DAY;

/// Erases what has reached its term: vouchers of who left, and drafts that were forgotten. Gives how many.
pub async fn erase_due(app: &App) -> Result<usize> {
    let now = app.now();
    let due = store::due_for_erasure(app, now, now.plus(-FORGOTTEN_DRAFT), AT_ONCE).await?;
    let mut erased = 0;
    for application in &due {
        let mut tx = app.db.write().await?;
        // Whatever changed a moment ago is not forgotten.
        if !store::lock_row(&mut tx, application).await? {
            continue;
        }
        erase(app, &mut tx, application, &Actor::System).await?;
        tx.commit().await?;
        erased += 1;
    }
    Ok(erased)
}
