//! What the machine found, as it is told to the worker: beside each paper, and all together before submission.

use crate::application::{Application, DocumentKind};
use crate::campaign;
use crate::error::Result;
use crate::papers::{self, Check, Outcome, Viewer};

use super::super::ctx::Ctx;

/// A check in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckView {
    /// `ok`, `bad`, or none where the machine cannot tell.
    pub tone: &'static str,
    /// "已核对", "请检查", "看不出".
    pub verdict: &'static str,
    pub label: &'static str,
    /// What was found; empty when all is right.
    pub text: String,
    /// What to do.
    pub advice: &'static str,
    /// The paper's name and where it stands, for a list of all.
    pub paper: Option<(&'static str, String)>,
}

/// Several of them, what needs a look first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found(pub Vec<CheckView>);

impl Found {
    /// How many found nothing wrong.
    pub fn passed(&self) -> usize {
        self.0.iter().filter(|view| view.tone == "ok").count()
    }
}

/// The checks of a worker's own application, those that submitting decides by itself left out: they are told as what
/// stands in its way.
pub async fn checks(ctx: &Ctx, application: &Application) -> Result<Vec<Check>> {
    let form = application.form(&ctx.app)?;
    let documents = crate::application::documents::of(&ctx.app, &application.id).await?;
    let intake = campaign::intake(&ctx.app, &application.intake_id).await?;
    let looked = papers::of(&ctx.app, application, &form, &documents, &intake, Viewer::Worker).await?;
    let checks = looked.checks.into_iter();
    Ok(checks.filter(|check| !check.kind.binding()).collect())
}

/// Those about one paper.
pub fn beside(checks: &[Check], kind: DocumentKind) -> Found {
    let about = checks.iter().filter(|check| check.paper == Some(kind));
    sorted(about.map(view).collect())
}

/// All of them, what needs a look first.
pub fn all(checks: &[Check]) -> Found {
    sorted(checks.iter().map(view).collect())
}

fn sorted(mut views: Vec<CheckView>) -> Found {
    views.sort_by_key(|view| ["bad", "", "ok"].iter().position(|tone| *tone == view.tone));
    Found(views)
}

fn view(check: &Check) -> CheckView {
    let (tone, verdict, reason) = match &check.outcome {
        Outcome::Passed => ("ok", "已核对", None),
        Outcome::Failed(reason) => ("bad", "请检查", Some(reason)),
        Outcome::Unclear(reason) => ("", "看不出", Some(reason)),
    };
    CheckView {
        tone,
        verdict,
        label: check.kind.label(),
        text: reason.map_or(String::new(), |reason| reason.text()),
        advice: reason.map_or("", |reason| reason.advice()),
        paper: check
            .paper
            .map(|kind| (kind.label(), format!("/apply/documents#doc-{kind}"))),
    }
}
