//! The same field typed on two devices: what was not taken waits for the worker's choice (ADR 0018).

use super::super::merge::Conflict;
use super::super::{Application, FormText, store};
use super::{Edit, save_seen};
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Time;
use sqlx::{Any, Executor};

/// Longest name of an editor, in bytes.
const EDITOR: usize = 32;

/// Typed and not taken: kept until the worker chooses, though the page may close.
pub(super) async fn keep(
    app: &App,
    tx: &mut Tx,
    application: &Application,
    conflicts: &[Conflict],
    edit: &Edit<'_>,
) -> Result<()> {
    for field in edit.settled {
        store::settle_conflict(tx, &application.id, field).await?;
    }
    let editor: String = edit.editor.chars().filter(char::is_ascii).take(EDITOR).collect();
    for conflict in conflicts {
        let sealed = app.seal(CONFLICT, &conflict.mine);
        store::keep_conflict(tx, &application.id, conflict.field, &editor, &sealed, app.now()).await?;
    }
    Ok(())
}

const CONFLICT: &str = "form_conflicts.value";

/// What was typed in vain while the same field was changed elsewhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Pending {
    /// The field.
    pub field: &'static str,
    /// The open page it was typed in.
    pub editor: String,
    /// What was typed.
    pub value: String,
    /// When.
    pub at: Time,
}

/// What waits for the worker's choice, oldest first; a value that stands in the form by now does not.
pub async fn pending(app: &App, application: &Application, form: &FormText) -> Result<Vec<Pending>> {
    pending_on(app, app.db.read(), application, form).await
}

/// [`pending`] on the caller's connection.
pub(in crate::application) async fn pending_on(
    app: &App,
    db: impl Executor<'_, Database = Any>,
    application: &Application,
    form: &FormText,
) -> Result<Vec<Pending>> {
    let mut pending = Vec::new();
    for (field, editor, sealed, at) in store::conflicts(db, &application.id).await? {
        let value = app.sealer.open_text(CONFLICT, &sealed)?;
        let known = super::super::form::FIELDS.iter().find(|(name, _)| *name == field);
        if let Some((field, _)) = known.filter(|(field, _)| form.get(field) != value) {
            let at = Time(at);
            pending.push(Pending {
                field,
                editor,
                value,
                at,
            });
        }
    }
    Ok(pending)
}

/// The worker's choice for a field: the value typed in this `editor`'s page, or with `None` the one that stands.
/// Nothing happens when it was made already.
pub async fn choose(app: &App, worker_id: &str, id: &str, field: &str, editor: Option<&str>) -> Result<()> {
    let application = super::super::own(app, worker_id, id).await?;
    let form = application.form(app)?;
    let pending = pending(app, &application, &form).await?;
    let mut typed = FormText::default();
    let chosen = pending
        .iter()
        .find(|p| p.field == field && Some(p.editor.as_str()) == editor);
    if let Some(chosen) = chosen {
        typed.set(field, &chosen.value);
    } else if editor.is_some() {
        return Ok(());
    }
    let edit = Edit {
        settled: &[field],
        ..Edit::default()
    };
    save_seen(app, worker_id, id, &typed, &edit).await?;
    Ok(())
}
