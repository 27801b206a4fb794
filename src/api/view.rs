//! What several operations answer.

use crate::account::Worker;
use crate::app::App;
use crate::application::drafts::{self, Editable};
use crate::application::{Application, DocumentKind, form};
use crate::campaign::{self, Intake, Window};
use crate::error::Result;
use crate::kernel::Time;
use crate::union::{Union, tree};
use chrono::{DateTime, FixedOffset, Utc};
use poem_openapi::Object;
use std::collections::BTreeMap;

/// A moment as JSON has it, with the offset of Shanghai.
pub type Moment = DateTime<FixedOffset>;

/// A moment in Shanghai.
pub fn moment(time: Time) -> Moment {
    let utc = DateTime::<Utc>::from_timestamp_millis(time.0).unwrap_or_default();
    // 8 h is inside the ±24 h that `FixedOffset` accepts.
    let shanghai = FixedOffset::east_opt(8 * 3600).unwrap_or_else(|| unreachable!("+08:00 is an offset"));
    utc.with_timezone(&shanghai)
}

/// The worker who is signed in.
#[derive(Object)]
pub struct Me {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Employer, as written at sign-up.
    pub employer: String,
    /// The phone, its middle hidden.
    pub phone: String,
    /// 为我定制个性化的学习计划.
    pub study_plan: bool,
    /// Whether a WeChat of the official account is bound.
    pub wechat_bound: bool,
}

impl From<&Worker> for Me {
    fn from(worker: &Worker) -> Self {
        Me {
            id: worker.id.clone(),
            name: worker.name.clone(),
            employer: worker.employer.clone(),
            phone: worker.phone.masked(),
            study_plan: worker.study_plan,
            wechat_bound: worker.openid.is_some(),
        }
    }
}

/// A span of time, both ends included.
#[derive(Object)]
pub struct Span {
    /// First moment.
    pub from: Moment,
    /// Last moment.
    pub until: Moment,
}

impl From<Window> for Span {
    fn from(window: Window) -> Self {
        Span {
            from: moment(window.from),
            until: moment(window.until),
        }
    }
}

/// One application window with its review window.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
pub struct IntakeView {
    /// Id.
    pub id: String,
    /// Its name.
    pub label: String,
    /// The campaign's year.
    pub year: i32,
    /// `spring` or `autumn`.
    pub season: String,
    /// When one may submit.
    pub apply: Span,
    /// When officers decide, and until when a correction is in time.
    pub review: Span,
    /// Why one cannot submit now; none while one can.
    pub closed: Option<String>,
}

/// An intake at a moment.
pub fn intake(intake: &Intake, now: Time) -> IntakeView {
    IntakeView {
        id: intake.id.clone(),
        label: intake.label(),
        year: intake.year,
        season: intake.season.to_string(),
        apply: intake.apply.into(),
        review: intake.review.into(),
        closed: intake.may_apply(now).err().map(|refusal| refusal.text()),
    }
}

/// A union.
#[derive(Object)]
pub struct UnionView {
    /// Id.
    pub id: String,
    /// Its name, as on its seal.
    pub name: String,
    /// `unit`, `street` or `enterprise`.
    pub kind: String,
}

impl From<Union> for UnionView {
    fn from(union: Union) -> Self {
        UnionView {
            id: union.id,
            name: union.name,
            kind: union.kind.to_string(),
        }
    }
}

/// The unions from the unit down to the one with this id; the city above them says nothing.
pub async fn path_to(app: &App, id: &str) -> Result<Vec<UnionView>> {
    let mut lineage = tree::lineage(app, id).await?;
    lineage.pop();
    Ok(lineage.into_iter().rev().map(UnionView::from).collect())
}

/// An application, as its applicant sees it.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ApplicationView {
    /// Id.
    pub id: String,
    /// Counts every change; a save names the one it saw.
    pub version: i64,
    /// Where it stands.
    pub state: String,
    /// The same in Chinese.
    pub state_label: String,
    /// Its intake.
    pub intake: IntakeView,
    /// The chosen union, from the unit down; empty before one is chosen.
    pub union: Vec<UnionView>,
    /// The form as typed, field by field.
    pub form: BTreeMap<String, String>,
    /// Counts the form's versions that were printed or stamped.
    pub form_version: i64,
    /// Whether the form as it is now was printed.
    pub printed: bool,
    /// Whether the four checks of R-15 were ticked.
    pub checked: bool,
    /// Names of the fields and papers that may be changed now.
    pub editable: Vec<String>,
    /// Whether the union may be changed now.
    pub union_editable: bool,
    /// Its number.
    pub number: Option<String>,
    /// When it was submitted.
    pub submitted_at: Option<Moment>,
    /// When it last changed.
    pub updated_at: Moment,
}

/// An application with everything its applicant may see.
pub async fn application(app: &App, application: &Application) -> Result<ApplicationView> {
    let text = application.form(app)?;
    let intake_of = campaign::intake(app, &application.intake_id).await?;
    let union = match &application.union_id {
        Some(id) => path_to(app, id).await?,
        None => Vec::new(),
    };
    let form = form::FIELDS
        .iter()
        .map(|(name, _)| (name.to_string(), text.get(name).to_owned()));
    Ok(ApplicationView {
        id: application.id.clone(),
        version: application.version,
        state: application.state.to_string(),
        state_label: application.state.label().to_owned(),
        intake: intake(&intake_of, app.now()),
        union,
        form: form.collect(),
        form_version: application.form_version,
        printed: application.printed_version == application.form_version,
        checked: application.checked_version > 0,
        editable: names(drafts::editable(app, application).await?),
        union_editable: application.state.is_being_filled(),
        number: application.number.clone(),
        submitted_at: application.submitted_at.map(moment),
        updated_at: moment(application.updated_at),
    })
}

fn names(editable: Editable) -> Vec<String> {
    match editable {
        Editable::Nothing => Vec::new(),
        Editable::Only(names) => names,
        Editable::All => {
            let fields = form::FIELDS.iter().map(|(name, _)| name.to_string());
            fields
                .chain(DocumentKind::ALL.iter().map(ToString::to_string))
                .collect()
        }
    }
}
