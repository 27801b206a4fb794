//! `/apply`: eligibility first; then the task list, the home of an application (ux.md).

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, page, see_other};
use super::bar;
use super::gate::Nothing;
use super::view::{self, IntakeView};
use crate::account::Worker;
use crate::app::App;
use crate::application::documents::{self, Document};
use crate::application::{Application, DocumentKind, FormText, drafts, early};
use crate::campaign::{self, Intake, places};
use crate::error::Result;
use crate::kernel::IdNumber;
use crate::union::tree;
use askama::Template;
use poem::web::Query;
use poem::{Response, handler};
use serde::Deserialize;

/// Before anything is begun.
#[derive(Template, Default)]
#[template(path = "worker/apply_intro.html")]
pub struct IntroPage {
    pub base: Base,
    pub title: String,
    pub intake: Option<IntakeView>,
    pub can_begin: bool,
    /// Whether the questions were answered just now.
    pub checked: bool,
}

/// The task list.
#[derive(Template, Default)]
#[template(path = "worker/tasks.html")]
pub struct TasksPage {
    pub base: Base,
    pub title: String,
    /// Why one cannot submit now.
    pub closed: Option<String>,
    /// "2026年11月30日 24:00".
    pub deadline: String,
    /// How many places are left, in words.
    pub places: String,
    /// The number of an application that was taken back for correction.
    pub recalled: Option<String>,
    /// What stands against it as a whole.
    pub claimed: Option<String>,
    pub tasks: Vec<Task>,
    /// The first that is not done.
    pub next: Option<Task>,
}

/// A step of the application.
#[derive(Debug, Clone, Default)]
pub struct Task {
    pub name: &'static str,
    pub label: &'static str,
    pub link: &'static str,
    pub detail: String,
    /// In words, and the colour that goes with it: `ok`, `on`, `warn` or none.
    pub state: &'static str,
    pub tone: &'static str,
    /// Whether it can be done now.
    pub open: bool,
}

/// Whether one comes from the questions.
#[derive(Deserialize)]
pub struct From {
    checked: Option<String>,
}

/// `GET /apply`: to the introduction, the task list or the progress, by where the worker stands.
#[handler]
pub async fn show(ctx: Ctx, Query(from): Query<From>) -> Result<Response> {
    let checked = from.checked.is_some();
    let intake = view::intake(&ctx.app).await?;
    if ctx.worker().is_err() {
        return intro(&ctx, intake.map(|(_, view)| view), checked);
    }
    let (worker, application) = super::mine(&ctx).await?;
    let of_today = |a: &Application| {
        intake
            .as_ref()
            .is_none_or(|(current, _)| current.intake.id == a.intake_id)
    };
    match application {
        Some(draft) if draft.state.is_being_filled() => tasks(&ctx, &worker, &draft).await,
        Some(other) if !other.state.is_over() || of_today(&other) => Ok(see_other("/progress")),
        _ => intro(&ctx, intake.map(|(_, view)| view), checked),
    }
}

fn intro(ctx: &Ctx, intake: Option<IntakeView>, checked: bool) -> Result<Response> {
    let title = intake
        .as_ref()
        .map_or("求学圆梦行动学历提升补助".to_owned(), |i| {
            i.title.clone()
        });
    page(&IntroPage {
        base: ctx.base("职工补助申请"),
        title,
        can_begin: intake.is_some(),
        checked,
        intake,
    })
}

/// `POST /apply`: begins a draft, with what the account knows already (R-9: outside the window too).
#[handler]
pub async fn begin(posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let (worker, _) = super::mine(&ctx).await?;
    let id_number = worker.profile.id_number.as_str();
    let sex = IdNumber::parse(id_number, ctx.app.now()).map_or("", |number| number.sex().as_str());
    let known = [
        ("name", worker.name.as_str()),
        ("phone", worker.phone.digits()),
        ("employer", &worker.employer),
        ("id_number", id_number),
        ("sex", sex),
    ];
    drafts::begin(&ctx.app, &worker.id, &FormText::from_posted(known)).await?;
    Ok(see_other("/apply"))
}

async fn tasks(ctx: &Ctx, worker: &Worker, draft: &Application) -> Result<Response> {
    let intake = campaign::intake(&ctx.app, &draft.intake_id).await?;
    let stand = Stand::of(&ctx.app, worker, draft, &intake).await?;
    let tasks = stand.tasks(draft);
    let next = tasks.iter().find(|t| t.open && t.tone != "ok").cloned();
    page(&TasksPage {
        base: ctx.base("我的补助申请"),
        title: view::title(&intake),
        closed: view::closed(&intake, ctx.app.now()),
        deadline: intake.apply.until.deadline_text(),
        places: places_words(&ctx.app, draft).await?,
        recalled: draft.number.clone().filter(|_| draft.state.is_recalled()),
        claimed: bar::claimed(&stand.wrong),
        tasks,
        next,
    })
}

/// How many places are left: the unit's once it is known, else the city's.
pub async fn places_words(app: &App, draft: &Application) -> Result<String> {
    if draft.state.holds_place() {
        return Ok("名额为您保留".to_owned());
    }
    if draft.state.is_recalled() {
        return Ok("候补的先后顺序为您保留".to_owned());
    }
    if let Some(unit_id) = &draft.unit_id
        && let Some(places) = places::of_unit(app, &draft.campaign_id, unit_id).await?
    {
        let unit = tree::find(app, unit_id).await?.name;
        return Ok(match places.left() {
            0 => format!("{unit}的名额已满，提交后进入候补"),
            left => format!("{unit}还剩 {left} 个名额"),
        });
    }
    let places = places::of_campaign(app, &draft.campaign_id).await?;
    Ok(format!("全市还剩 {} 个名额", places.left()))
}

/// How far a draft is.
pub struct Stand {
    /// The union's name.
    pub union: Option<String>,
    /// What is wrong with the form; empty when it is complete.
    pub wrong: crate::kernel::FieldErrors,
    /// Whether nothing was typed yet but what the account knew.
    pub untouched: bool,
    /// The documents that stand.
    pub documents: Vec<Document>,
    /// The kinds that are needed.
    pub needed: Vec<DocumentKind>,
    /// How many of them are missing or out of date.
    pub missing: usize,
}

impl Stand {
    /// Looks at form and documents as submitting will.
    pub async fn of(app: &App, worker: &Worker, draft: &Application, intake: &Intake) -> Result<Stand> {
        let union = match &draft.union_id {
            Some(id) => Some(tree::find(app, id).await?.name),
            None => None,
        };
        let text = draft.form(app)?;
        let wrong = early::wrong(app, draft, &text, intake, &worker.phone).await?;
        let of_jinan = view::of_jinan(&text, app.now()).unwrap_or(true);
        let documents = documents::of(app, &draft.id).await?;
        Ok(Stand {
            union,
            wrong,
            untouched: text.get("id_number").is_empty() && text.get("card").is_empty(),
            missing: documents::missing(draft, &documents, of_jinan).len(),
            needed: DocumentKind::needed(of_jinan).collect(),
            documents,
        })
    }

    fn tasks(&self, draft: &Application) -> Vec<Task> {
        let filled = self.wrong.is_empty();
        let ready = self.union.is_some() && filled && self.missing == 0;
        let confirm = Task {
            name: "confirm",
            label: "核对提交",
            link: "/apply/confirm",
            detail: "核对全部内容和图片，再提交".to_owned(),
            state: if ready { "可以提交" } else { "暂不能提交" },
            tone: if ready { "on" } else { "" },
            open: ready,
        };
        vec![
            self.union_task(),
            self.form_task(),
            self.print_task(draft),
            self.documents_task(draft),
            confirm,
        ]
    }

    fn union_task(&self) -> Task {
        let done = self.union.is_some();
        Task {
            name: "union",
            label: "选择工会",
            link: "/apply/union",
            detail: self
                .union
                .clone()
                .unwrap_or_else(|| "单位营业执照注册地的工会组织".to_owned()),
            state: if done { "已完成" } else { "未开始" },
            tone: if done { "ok" } else { "on" },
            open: true,
        }
    }

    fn form_task(&self) -> Task {
        let (state, tone, detail) = match (self.untouched, self.wrong.0.len()) {
            (_, 0) => ("已完成", "ok", "基本信息、单位信息、学历信息".to_owned()),
            (true, _) => ("未开始", "on", "基本信息、单位信息、学历信息".to_owned()),
            (false, n) => ("填写中", "on", format!("还有 {n} 项需要填写或修改")),
        };
        Task {
            name: "form",
            label: "填写申请表",
            link: "/apply/form",
            detail,
            state,
            tone,
            open: true,
        }
    }

    fn print_task(&self, draft: &Application) -> Task {
        let stamped = self
            .documents
            .iter()
            .any(|d| d.kind == DocumentKind::StampedForm && !d.out_of_date(draft));
        let filled = self.wrong.is_empty();
        let printed = draft.printed_version == draft.form_version;
        let (state, tone, detail) = match (filled, stamped, printed) {
            (false, ..) => ("未开始", "", "填好申请表后打印"),
            (true, true, _) => ("已完成", "ok", "盖章的申请表已上传"),
            (true, false, true) => ("已打印", "ok", "贴照片、签名，请单位盖章后拍照"),
            (true, ..) if draft.printed_version > 0 => {
                ("需重新打印", "warn", "申请表有修改，请重新打印、盖章")
            }
            (true, ..) => ("待打印", "on", "打印、贴照片、签名，请单位盖章"),
        };
        let detail = detail.to_owned();
        Task {
            name: "print",
            label: "打印盖章",
            link: "/apply/print",
            detail,
            state,
            tone,
            open: filled,
        }
    }

    fn documents_task(&self, draft: &Application) -> Task {
        let (needed, done) = (self.needed.len(), self.needed.len().saturating_sub(self.missing));
        let filled = self.wrong.is_empty();
        let outdated = self.documents.iter().any(|d| d.out_of_date(draft));
        let (state, tone) = match (filled, outdated, self.missing) {
            (false, ..) => ("未开始", ""),
            (true, false, 0) => ("已完成", "ok"),
            (true, true, _) => ("需重新上传", "warn"),
            (true, false, _) if done == 0 => ("未开始", "on"),
            (true, false, _) => ("上传中", "on"),
        };
        let detail = format!("共 {needed} 份，已上传 {done} 份");
        Task {
            name: "documents",
            label: "上传材料",
            link: "/apply/documents",
            detail,
            state,
            tone,
            open: filled,
        }
    }
}
