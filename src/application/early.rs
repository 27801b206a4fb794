//! What is wrong with a form, told as early as it can be known: by the rules of each field, by what the same person
//! has applied for before, and by what was typed differently on two devices.

use super::form::{Against, FIELDS};
use super::store::Scope;
use super::{Application, Form, FormText, Level, drafts, store};
use crate::app::App;
use crate::campaign::Intake;
use crate::error::Result;
use crate::kernel::time::DAY;
use crate::kernel::{FieldErrors, IdNumber, Phone, Refusal};
use std::time::Duration;

/// Everything that stands against submitting this form, in the order of the page. Submitting judges again.
///
/// `proven_phone` is the phone of the worker's account.
pub async fn wrong(
    app: &App,
    application: &Application,
    form: &FormText,
    intake: &Intake,
    proven_phone: &Phone,
) -> Result<FieldErrors> {
    let against = Against {
        now: app.now(),
        year: intake.year,
        proven_phone,
    };
    let mut wrong = Form::check(form, &against).err().unwrap_or_default();
    wrong
        .0
        .extend(claimed(app, application, form, intake.year).await?);
    for two in drafts::pending(app, application, form).await? {
        if !wrong.0.iter().any(|(field, _)| *field == two.field) {
            wrong.0.push((two.field, Refusal::TwoAnswers));
        }
    }
    wrong
        .0
        .sort_by_key(|(field, _)| FIELDS.iter().position(|(name, _)| name == field));
    Ok(wrong)
}

/// Something that stands in the way of submitting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// The form's field it is about.
    pub field: Option<&'static str>,
    /// What it is.
    pub refusal: Refusal,
}

/// Everything that submitting would refuse but the window, in the order of the pages: the union, the form
/// ([`wrong`]), the four checks, the papers ([`documents::missing`](super::documents::missing)).
pub fn obstacles(application: &Application, wrong: &FieldErrors, missing: Vec<Refusal>) -> Vec<Obstacle> {
    let plain = |refusal| Obstacle { field: None, refusal };
    let union = application.union_id.is_none().then_some(Refusal::UnionMissing);
    let checks = (application.checked_version == 0).then_some(Refusal::ChecksNotTicked);
    let form = wrong.0.iter().map(|(field, refusal)| Obstacle {
        field: Some(field),
        refusal: refusal.clone(),
    });
    let union = union.into_iter().map(plain);
    let papers = checks.into_iter().chain(missing).map(plain);
    union.chain(form).chain(papers).collect()
}

/// How many different ID numbers of one application are looked up in a day: enough for slips of the finger, too few to
/// try out other people's.
const LOOKED_UP: u64 = 10;

/// one subsidy per person and year, and one per level: said as soon as ID number and level are there, in the
/// words of the refusal at submission.
async fn claimed(
    app: &App,
    application: &Application,
    form: &FormText,
    year: i32,
) -> Result<Vec<(&'static str, Refusal)>> {
    let Ok(id_number) = IdNumber::parse(form.get("id_number"), app.now()) else {
        return Ok(Vec::new());
    };
    let index = app.sealer.index("id_number", id_number.as_str());
    if !may_look_up(app, &application.id, &index).await? {
        return Ok(Vec::new());
    }
    let mut claimed = Vec::new();
    let look = async |scope, value: &str| store::claimed(app, &index, scope, value, &application.id).await;
    if let Some(number) = look(Scope::Year, &year.to_string()).await? {
        claimed.push(("id_number", Refusal::AlreadyThisYear { number }));
    }
    if let Some(level) = Level::parse(form.get("level"))
        && let Some(number) = look(Scope::Level, level.as_str()).await?
    {
        let level = level.as_str();
        claimed.push(("level", Refusal::AlreadyThisLevel { level, number }));
    }
    Ok(claimed)
}

async fn may_look_up(app: &App, application_id: &str, index: &str) -> Result<bool> {
    let day = Duration::from_millis(DAY.unsigned_abs());
    let one = format!("claim-seen:{application_id}:{}", index.get(..16).unwrap_or(index));
    if app.cache.get(&one).await?.is_some() {
        return Ok(true);
    }
    if app
        .cache
        .count(&format!("claim-seen:{application_id}"), day)
        .await?
        > LOOKED_UP
    {
        return Ok(false);
    }
    app.cache.set(&one, "", day).await?;
    Ok(true)
}
