//! One application as an officer sees it: form and papers side by side, what was decided before.

use super::claims::{self, Claim};
use super::{ReasonCode, Verdict, decide, flags, inbox, recall, rule, store};
use crate::app::App;
use crate::application::documents::{self, Document};
use crate::application::progress::{self, Progress};
use crate::application::{self, Application, FormText, State};
use crate::audit::{self, Line};
use crate::campaign;
use crate::error::{Error, Result};
use crate::kernel::{Refusal, Time, text};
use crate::papers::{self, Check, Looked, Viewer};
use crate::print::{self, For, Pdf};
use crate::union::rights::{self, Act};
use crate::union::{Officer, tree};
use serde_json::json;
use std::collections::BTreeSet;

/// A decision made before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionLine {
    /// When.
    pub at: Time,
    /// The union's name.
    pub union: String,
    /// The officer's name.
    pub officer: String,
    /// What.
    pub verdict: Verdict,
    /// Why, as a code; none with a pass.
    pub code: Option<ReasonCode>,
    /// Why, in words.
    pub reason: String,
    /// When it was taken back ([`super::recall`]).
    pub recalled_at: Option<Time>,
}

/// The desk.
pub struct Desk {
    /// State, steps, timeline.
    pub progress: Progress,
    /// The form. ID number and card are in full only for who may decide now, who has to compare them with the papers.
    pub form: FormText,
    /// The papers that stand.
    pub documents: Vec<Document>,
    /// What a machine could check ([`papers`]).
    pub checks: Vec<Check>,
    /// What was decided, oldest first.
    pub decisions: Vec<DecisionLine>,
    /// Why this officer cannot decide it now; `None` when they can.
    pub obstacle: Option<Refusal>,
    /// Who has it open; one's own from now on when nobody had.
    pub claim: Claim,
    /// Whether this officer's pass can be taken back.
    pub recallable: bool,
    /// Another application that the officer has just passed, and can take back.
    pub just_passed: Option<String>,
    /// The step that it can be sent back to, by name.
    pub before: Option<String>,
    /// Whether there is 回避 to declare: it stands at the officer's step, and was not declared yet.
    pub declarable: bool,
    /// The ones before and after in the officer's list, while it is in it.
    pub neighbours: (Option<String>, Option<String>),
}

/// An application inside the officer's subtree that is not a draft; anything else is [`Error::NotFound`].
pub async fn visible(app: &App, officer: &Officer, id: &str) -> Result<Application> {
    let found = visible_all(app, officer, &[id]).await?;
    found.into_iter().next().ok_or(Error::NotFound)
}

/// Those of these applications that are [`visible`], in no order.
pub async fn visible_all(app: &App, officer: &Officer, ids: &[&str]) -> Result<Vec<Application>> {
    let mut found = application::find_all(app, ids).await?;
    let unions: BTreeSet<&str> = found.iter().filter_map(|a| a.union_id.as_deref()).collect();
    let unions: Vec<&str> = unions.into_iter().collect();
    let unions = tree::find_all(app, &unions).await?;
    found.retain(|application| {
        let union = application.union_id.as_ref().and_then(|id| unions.get(id));
        application.state != State::Draft && union.is_some_and(|union| rights::sees(officer, union))
    });
    Ok(found)
}

/// Opens an application; the look is recorded. Who may decide it now claims it, unless a colleague has it.
pub async fn open(app: &App, officer: &Officer, id: &str) -> Result<Desk> {
    let application = visible(app, officer, id).await?;
    let obstacle = match decide::may_decide(app, officer, &application).await {
        Ok(()) => None,
        Err(Error::Refused(refusal)) => Some(refusal),
        Err(error) => return Err(error),
    };
    let mut form = application.form(app)?;
    let documents = documents::of(app, id).await?;
    let intake = campaign::intake(app, &application.intake_id).await?;
    let viewer = Viewer::Officer(officer);
    let looked = papers::of(app, &application, &form, &documents, &intake, viewer).await?;
    if obstacle.is_some() {
        mask(&mut form);
    }
    note_look(app, officer, &application, obstacle.is_none(), &looked).await?;
    let stands_here = rule::at_step_of(officer, &application);
    let before = match &obstacle {
        None => decide::before(app, &application).await?,
        Some(_) => None,
    };
    let neighbours = if stands_here {
        inbox::neighbours(app, officer, &application).await?
    } else {
        (None, None)
    };
    let declarable = stands_here && officer.can(Act::Decide) && obstacle != Some(Refusal::DeclaredRelative);
    Ok(Desk {
        documents,
        checks: looked.checks,
        decisions: store::decisions(app, id).await?,
        form,
        claim: claims::state(app, officer, id).await?,
        recallable: recall::possible(app, officer, &application).await?,
        just_passed: recall::just_passed(app, officer)
            .await?
            .filter(|passed| passed != id),
        before: before.map(|(_, union)| union.name),
        declarable,
        neighbours,
        obstacle,
        progress: progress::of(app, application).await?,
    })
}

/// The trail's line, the claim, and how the checks came out.
async fn note_look(
    app: &App,
    officer: &Officer,
    application: &Application,
    full: bool,
    looked: &Looked,
) -> Result<()> {
    let now = app.now();
    let mut tx = app.db.write().await?;
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act: "application.read",
        subject: ("application", &application.id),
        detail: json!({ "full": full }),
    };
    audit::record(&mut tx, &app.entropy, now, line).await?;
    // The application's row before the claim's, as decisions lock them.
    if !application.state.is_over() {
        flags::keep(&mut tx, application, looked, now).await?;
    }
    if full {
        store::claim(
            &mut tx,
            &application.id,
            &officer.id,
            now,
            now.plus(claims::HOLDS),
        )
        .await?;
    }
    tx.commit().await?;
    Ok(())
}

fn mask(form: &mut FormText) {
    for (field, head, tail) in [("id_number", 6, 4), ("card", 4, 4), ("phone", 3, 4)] {
        let masked = text::masked(form.get(field), head, tail);
        form.set(field, &masked);
    }
}

/// The application form as a file, for an officer: in full only for who may decide now, else masked; the look is
/// recorded.
pub async fn form_pdf(app: &App, officer: &Officer, id: &str) -> Result<Pdf> {
    let application = visible(app, officer, id).await?;
    let full = match decide::may_decide(app, officer, &application).await {
        Ok(()) => true,
        Err(Error::Refused(_)) => false,
        Err(error) => return Err(error),
    };
    let mut form = application.form(app)?;
    if !full {
        mask(&mut form);
    }
    let paper = print::paper(app, &application, form, For::Office).await?;
    let mut tx = app.db.write().await?;
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act: "application.print",
        subject: ("application", id),
        detail: json!({ "full": full }),
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    tx.commit().await?;
    print::form_pdf(paper).await
}

/// A document of an application in the officer's subtree; the look is recorded.
pub async fn document(
    app: &App,
    officer: &Officer,
    id: &str,
    document_id: &str,
) -> Result<(Document, Vec<u8>)> {
    let application = visible(app, officer, id).await?;
    documents::read(app, &application, document_id, &officer.actor()).await
}
