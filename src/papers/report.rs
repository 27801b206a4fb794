//! The checks of one application, as a worker or an officer sees them.

use super::judge::{Case, Paper, judge};
use super::store::{Found, Stamp};
use super::{Check, How, Other, examine, store};
use crate::account::workers;
use crate::app::App;
use crate::application::documents::Document;
use crate::application::{self, Application, FormText};
use crate::campaign::Intake;
use crate::error::Result;
use crate::kernel::{BankCard, IdNumber};
use crate::union::{self, Officer};
use std::collections::HashMap;

/// Who looks.
#[derive(Clone, Copy)]
pub enum Viewer<'a> {
    /// The worker: told that there is another application, not which.
    Worker,
    /// An officer: told its number when it is in their subtree.
    Officer(&'a Officer),
}

impl Viewer<'_> {
    fn sees(self, found: &Found) -> Other {
        let inside = match self {
            Viewer::Worker => false,
            Viewer::Officer(officer) => {
                !found.path.is_empty() && union::covers(officer.union.scope(), &found.path)
            }
        };
        let seen = inside.then(|| (found.number.clone(), found.application_id.clone()));
        Other { seen }
    }
}

/// The checks of an application, and how much was known when they were made.
pub struct Looked {
    /// The checks.
    pub checks: Vec<Check>,
    /// From just before they were made: what is found while they are is not in them.
    pub stamp: Stamp,
}

/// Every check of an application on its form in clear, with the papers that stand. Papers that were not read yet are
/// read now.
pub async fn of(
    app: &App,
    application: &Application,
    form: &FormText,
    papers: &[Document],
    intake: &Intake,
    viewer: Viewer<'_>,
) -> Result<Looked> {
    examine::read_now(app, &application.id).await?;
    let stamp = store::stamp(app.db.read(), &application.id).await?;
    let mut facts = examine::known(app, application).await?;
    let strangers = Strangers {
        id: IdNumber::parse(form.get("id_number"), app.now()).ok(),
    };
    let elsewhere = elsewhere(app, application, &strangers, viewer).await?;
    let card_elsewhere = card(app, application, form, &strangers, viewer).await?;
    let worker = workers::find(app, &application.worker_id).await?;
    let papers: Vec<Paper<'_>> = papers
        .iter()
        .map(|document| Paper {
            document,
            facts: facts.remove(&document.id),
            elsewhere: elsewhere.get(&document.id).cloned(),
        })
        .collect();
    let case = Case {
        application,
        form,
        papers: &papers,
        employer: &worker.employer,
        year: intake.year,
        card_elsewhere,
        sealer: &app.sealer,
        now: app.now(),
    };
    let checks = judge(&case);
    Ok(Looked { checks, stamp })
}

/// Tells other people from the same person with a second account: whoever lost a phone and begins again brings the
/// same papers rightly (R-5: identity is the ID number).
struct Strangers {
    id: Option<IdNumber>,
}

impl Strangers {
    /// The first application that is another person's.
    async fn first(&self, app: &App, found: &[Found]) -> Result<Option<Found>> {
        for one in found {
            let other = application::find(app, &one.application_id).await?.form(app)?;
            let other = IdNumber::parse(other.get("id_number"), app.now()).ok();
            if other.is_none() || other != self.id {
                return Ok(Some(one.clone()));
            }
        }
        Ok(None)
    }
}

async fn elsewhere(
    app: &App,
    application: &Application,
    strangers: &Strangers,
    viewer: Viewer<'_>,
) -> Result<HashMap<String, (How, Other)>> {
    let mut by_document: HashMap<String, Vec<Found>> = HashMap::new();
    for found in store::twins_of(app, &application.id, &application.worker_id).await? {
        by_document
            .entry(found.document_id.clone())
            .or_default()
            .push(found);
    }
    let mut elsewhere = HashMap::new();
    for (document, found) in by_document {
        if let Some(found) = strangers.first(app, &found).await?
            && let Some(how) = How::parse(&found.how)
        {
            elsewhere.insert(document, (how, viewer.sees(&found)));
        }
    }
    Ok(elsewhere)
}

async fn card(
    app: &App,
    application: &Application,
    form: &FormText,
    strangers: &Strangers,
    viewer: Viewer<'_>,
) -> Result<Option<Other>> {
    let Ok(card) = BankCard::parse_icbc(form.get("card")) else {
        return Ok(None);
    };
    let index = application::card_index(app, &card);
    let found = store::with_card(app, &index, &application.worker_id).await?;
    let first = strangers.first(app, &found).await?;
    Ok(first.map(|found| viewer.sees(&found)))
}
