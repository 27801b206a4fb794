//! Looking everything over, submitting, mending, taking back; and where it stands.

use super::applications::own;
use super::bearer::{Caller, Signed};
use super::documents::of_jinan;
use super::once::once;
use super::view::{Moment, moment};
use super::{Tag, id};
use crate::application::form::label;
use crate::application::live::{HEARTBEAT, Hub};
use crate::application::progress::{self, Correction, Progress, StepState, TimelineLine};
use crate::application::{Application, State, documents, early, recall, submit, withdraw};
use crate::campaign;
use crate::error::Result;
use crate::kernel::Refusal;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use poem::http::header;
use poem::web::Data;
use poem_openapi::param::{Header, Path};
use poem_openapi::payload::{EventStream, Json, Response};
use poem_openapi::{Enum, Object, OpenApi};
use std::future::Future;

/// The operations.
pub struct SubmissionApi;

/// Something that stands in the way of submitting.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct Obstacle {
    /// A stable word for programs.
    code: String,
    /// In Chinese.
    message: String,
    /// The form's field it is about.
    field: Option<String>,
    /// The field's name for people.
    field_label: Option<String>,
}

impl Obstacle {
    fn of(refusal: &Refusal, field: Option<&str>) -> Self {
        Obstacle {
            code: refusal.code().to_owned(),
            message: refusal.text(),
            field: field.map(str::to_owned),
            field_label: field.and_then(label).map(str::to_owned),
        }
    }
}

/// Whether everything is there.
#[derive(Object)]
struct Readiness {
    /// Whether it can be submitted now.
    ready: bool,
    /// What stands in the way.
    obstacles: Vec<Obstacle>,
}

/// What came of a submission.
#[derive(Object)]
struct Submitted {
    /// The application's number.
    number: String,
    /// Whether it holds a place; else it waits.
    holds_place: bool,
}

/// Where an application is after an act.
#[derive(Object)]
struct StateView {
    /// The state.
    state: String,
    /// The same in Chinese.
    state_label: String,
}

impl From<&Application> for StateView {
    fn from(application: &Application) -> Self {
        StateView {
            state: application.state.to_string(),
            state_label: application.state.label().to_owned(),
        }
    }
}

/// Where a step of the review stands.
#[derive(Enum)]
#[oai(rename_all = "lowercase")]
enum StepStateView {
    Done,
    Current,
    Ahead,
    Skipped,
    Rejected,
}

/// A step of the review.
#[derive(Object)]
struct StepView {
    /// The union.
    union: String,
    /// Where it stands.
    state: StepStateView,
}

/// A line of the timeline.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct EventView {
    /// When.
    at: Moment,
    /// What happened.
    event: String,
    /// The same in Chinese.
    label: String,
    /// The union that acted.
    by: Option<String>,
    /// Its words; may be empty.
    note: String,
}

impl From<TimelineLine> for EventView {
    fn from(line: TimelineLine) -> Self {
        EventView {
            at: moment(line.at),
            event: line.event.to_string(),
            label: line.event.label().to_owned(),
            by: line.by,
            note: line.note,
        }
    }
}

/// What has to be mended.
#[derive(Object)]
struct CorrectionView {
    /// The officer's words.
    reason: String,
    /// Names of the fields and papers.
    items: Vec<String>,
    /// Until when.
    until: Moment,
}

impl From<Correction> for CorrectionView {
    fn from(correction: Correction) -> Self {
        CorrectionView {
            reason: correction.reason,
            items: correction.items,
            until: moment(correction.until),
        }
    }
}

/// Where an application stands.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct ProgressView {
    /// Differs whenever the rest of this would: for asking again and for the events.
    stamp: String,
    /// The state.
    state: String,
    /// The same in Chinese.
    state_label: String,
    /// Since when.
    since: Moment,
    /// The application's number.
    number: Option<String>,
    /// Whether it holds a place of its unit.
    holds_place: bool,
    /// The unit.
    unit: Option<String>,
    /// Position on the unit's waiting list, from 1.
    waiting_position: Option<i64>,
    /// The union that holds it now.
    holder: Option<String>,
    /// Whether it may be taken back for correction now.
    can_recall: bool,
    /// Who reviews, in order.
    steps: Vec<StepView>,
    /// What happened, oldest first.
    timeline: Vec<EventView>,
    /// What has to be mended, while returned.
    correction: Option<CorrectionView>,
}

impl ProgressView {
    fn of(progress: Progress, can_recall: bool) -> Self {
        let application = &progress.application;
        let step = |step: progress::Step| StepView {
            union: step.union,
            state: match step.state {
                StepState::Done => StepStateView::Done,
                StepState::Current => StepStateView::Current,
                StepState::Ahead => StepStateView::Ahead,
                StepState::Skipped => StepStateView::Skipped,
                StepState::Rejected => StepStateView::Rejected,
            },
        };
        ProgressView {
            stamp: progress::stamp_of(&progress),
            state: application.state.to_string(),
            state_label: application.state.label().to_owned(),
            since: moment(application.since),
            number: application.number.clone(),
            holds_place: application.state.holds_place(),
            unit: progress.unit,
            waiting_position: progress.waiting_position,
            holder: progress.holder,
            can_recall,
            steps: progress.steps.into_iter().map(step).collect(),
            timeline: progress.timeline.into_iter().map(EventView::from).collect(),
            correction: progress.correction.map(CorrectionView::from),
        }
    }
}

/// An event: something moved.
#[derive(Object)]
struct Stamped {
    /// As in the progress.
    stamp: String,
}

/// Does what changes an application's state, once for a key; answers with the state afterwards.
async fn changed(
    caller: &Caller,
    application: &Application,
    operation: &str,
    key: &Header<Option<String>>,
    act: impl Future<Output = Result<()>> + Send + 'static,
) -> Result<Response<Json<StateView>>> {
    let (app, worker_id, id) = (
        caller.app.clone(),
        application.worker_id.clone(),
        application.id.clone(),
    );
    let then = async move {
        act.await?;
        let now = crate::application::own(&app, &worker_id, &id).await?;
        Ok(StateView::from(&now))
    };
    let content: [&[u8]; 2] = [operation.as_bytes(), application.id.as_bytes()];
    once(caller, key.0.as_deref(), &content, then).await
}

/// Everything that submitting would refuse, at once.
async fn obstacles(caller: &Caller, application: &Application) -> Result<Vec<Obstacle>> {
    let (app, now) = (&caller.app, caller.app.now());
    let worker = caller.worker().await?;
    let intake = campaign::intake(app, &application.intake_id).await?;
    let mut found = Vec::new();
    let window = match application.state {
        state if state.is_being_filled() => intake.may_apply(now),
        State::Returned => intake.may_correct(now),
        _ => Err(Refusal::NotEditable),
    };
    found.extend(window.err().map(|refusal| Obstacle::of(&refusal, None)));
    let form = application.form(app)?;
    let wrong = early::wrong(app, application, &form, &intake, &worker.phone).await?;
    let standing = documents::of(app, &application.id).await?;
    let missing = documents::missing(application, &standing, of_jinan(caller, application)?);
    let obstacles = early::obstacles(application, &wrong, missing);
    found.extend(obstacles.iter().map(|o| Obstacle::of(&o.refusal, o.field)));
    Ok(found)
}

#[OpenApi(tag = "Tag::Submission")]
impl SubmissionApi {
    /// 提交前核对
    ///
    /// 一次列出所有还不能提交的原因。
    #[oai(
        path = "/applications/:application_id/readiness",
        method = "get",
        operation_id = "readiness"
    )]
    async fn readiness(&self, me: Signed, application_id: Path<String>) -> Result<Json<Readiness>> {
        let application = own(&me.0, &application_id).await?;
        let obstacles = obstacles(&me.0, &application).await?;
        let ready = obstacles.is_empty();
        Ok(Json(Readiness { ready, obstacles }))
    }

    /// 提交申请
    ///
    /// 再次提交得到第一次的结果。名额已满时进入候补。
    #[oai(
        path = "/applications/:application_id/submission",
        method = "post",
        operation_id = "submit"
    )]
    async fn submit(
        &self,
        me: Signed,
        application_id: Path<String>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Result<Response<Json<Submitted>>> {
        let worker = me.0.worker().await?;
        let (app, id) = (me.0.app.clone(), id(&application_id)?.to_owned());
        let content = id.clone();
        let act = async move {
            let done = submit::submit(&app, &worker.id, &id, &worker.phone).await?;
            Ok(Submitted {
                number: done.number,
                holds_place: done.holds_place,
            })
        };
        once(&me.0, key.0.as_deref(), &[b"submit", content.as_bytes()], act).await
    }

    /// 补正后重新提交
    ///
    /// 退回补正的申请；名额保留。已重新提交的，返回当前状态。
    #[oai(
        path = "/applications/:application_id/resubmission",
        method = "post",
        operation_id = "resubmit"
    )]
    async fn resubmit(
        &self,
        me: Signed,
        application_id: Path<String>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Result<Response<Json<StateView>>> {
        let worker = me.0.worker().await?;
        let own = own(&me.0, &application_id).await?;
        let (app, id) = (me.0.app.clone(), own.id.clone());
        let act = async move { submit::resubmit(&app, &worker.id, &id, &worker.phone).await };
        changed(&me.0, &own, "resubmit", &key, act).await
    }

    /// 取回修改
    ///
    /// 审核开始之前、申请时间之内可以取回；名额或候补位次保留，修改后须再次提交。
    #[oai(
        path = "/applications/:application_id/recall",
        method = "post",
        operation_id = "recall"
    )]
    async fn recall(
        &self,
        me: Signed,
        application_id: Path<String>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Result<Response<Json<StateView>>> {
        let own = own(&me.0, &application_id).await?;
        let (app, worker_id, id) = (me.0.app.clone(), own.worker_id.clone(), own.id.clone());
        let act = async move { recall::recall(&app, &worker_id, &id).await };
        changed(&me.0, &own, "recall", &key, act).await
    }

    /// 撤回申请
    ///
    /// 空出的名额依次递补，不能恢复。
    #[oai(
        path = "/applications/:application_id/withdrawal",
        method = "post",
        operation_id = "withdraw"
    )]
    async fn withdraw(
        &self,
        me: Signed,
        application_id: Path<String>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Result<Response<Json<StateView>>> {
        let own = own(&me.0, &application_id).await?;
        let (app, worker_id, id) = (me.0.app.clone(), own.worker_id.clone(), own.id.clone());
        let act = async move { withdraw::withdraw(&app, &worker_id, &id).await };
        changed(&me.0, &own, "withdraw", &key, act).await
    }

    /// 申请进度
    ///
    /// 状态、由谁审核、候补位次、办理记录、需要补正的内容。
    #[oai(
        path = "/applications/:application_id/progress",
        method = "get",
        operation_id = "progress"
    )]
    async fn progress(&self, me: Signed, application_id: Path<String>) -> Result<Json<ProgressView>> {
        let application = own(&me.0, &application_id).await?;
        let progress = progress::of(&me.0.app, application).await?;
        let can_recall = recall::possible(&me.0.app, &progress.application, &progress.intake).await?;
        Ok(Json(ProgressView::of(progress, can_recall)))
    }

    /// 进度变化（SSE）
    ///
    /// 连接后先发送当前的 `stamp`，以后每次变化再发送；收到与手头不同的 `stamp` 时，请重新读取申请进度。
    /// 连接 5 分钟后结束，请重新连接。每人最多 4 个连接，再多为 429：请改为每 5 秒读取一次申请进度，比较 `stamp`。
    #[oai(
        path = "/applications/:application_id/events",
        method = "get",
        operation_id = "progress_events"
    )]
    async fn events(
        &self,
        me: Signed,
        application_id: Path<String>,
        hub: Data<&Hub>,
    ) -> Result<Response<EventStream<BoxStream<'static, Stamped>>>> {
        let application = own(&me.0, &application_id).await?;
        let stamps = hub.stamps(&application.worker_id, &application.id);
        let stamps = stamps.ok_or(Refusal::TooManyRequests)?;
        let events = stamps.map(|stamp| Stamped { stamp }).boxed();
        // A proxy may not keep or compress it.
        Ok(Response::new(EventStream::new(events).keep_alive(HEARTBEAT))
            .header(header::CACHE_CONTROL, "no-store, no-transform"))
    }
}
