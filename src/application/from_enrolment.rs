//! From an enrolment made here to the subsidy: one tap fills the application with what is known; its tuition receipt
//! is drawn in `print::tuition`, which stands after both.

use super::{Application, FormText, State, drafts, store};
use crate::account::Worker;
use crate::app::App;
use crate::enrolment::{Enrolment, State as Stage};
use crate::error::Result;
use crate::kernel::Refusal;

/// Whether an enrolment can be applied with: paid and not given up.
pub fn may(enrolment: &Enrolment) -> bool {
    matches!(enrolment.state, Stage::Paid | Stage::Admitted)
}

/// The worker's open application, begun if there is none, with the enrolment's words in it. What the worker typed
/// elsewhere in the form stays.
///
/// Errors: [`Refusal::EnrolmentNotThere`]; [`Refusal::NotEditable`] when an application was submitted already;
/// [`Refusal::NoIntake`].
pub async fn begin(app: &App, worker: &Worker, enrolment: &Enrolment) -> Result<Application> {
    if !may(enrolment) {
        return Err(Refusal::EnrolmentNotThere.into());
    }
    let draft = drafts::begin(app, &worker.id, &FormText::default()).await?;
    if draft.state != State::Draft {
        return Err(Refusal::NotEditable.into());
    }
    let before = draft.form(app)?;
    let basics = enrolment.basics(app)?;
    let entry = enrolment.entry.to_string();
    let mut fields = vec![
        ("institution", enrolment.institution.as_str()),
        ("major", enrolment.major.as_str()),
        ("level", enrolment.level.as_str()),
        ("entry_date", entry.as_str()),
        ("phone", worker.phone.digits()),
    ];
    let sex = crate::kernel::IdNumber::parse(&basics.id_number, app.now()).map_or("", |id| id.sex().as_str());
    // What the form does not hold yet.
    let known = [
        ("name", basics.name.as_str()),
        ("id_number", &basics.id_number),
        ("sex", sex),
        ("employer", &basics.employer),
        ("address", &basics.address),
    ];
    fields.extend(
        known
            .into_iter()
            .filter(|(field, _)| before.get(field).is_empty()),
    );
    drafts::save(app, &worker.id, &draft.id, &FormText::from_posted(fields)).await?;
    let mut tx = app.db.write().await?;
    store::set_enrolment(&mut tx, &draft.id, &enrolment.id).await?;
    tx.commit().await?;
    super::own(app, &worker.id, &draft.id).await
}

/// The enrolment that an application was filled from.
pub async fn of(app: &App, application_id: &str) -> Result<Option<String>> {
    Ok(store::enrolment_of(app, application_id).await?)
}
