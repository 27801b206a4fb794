//! `/apply/documents`: the four checks of R-15, then each paper uploaded at once when it is chosen.

use super::super::ctx::Ctx;
use super::super::form::{Posted, Uploaded};
use super::super::page::{Base, Errors, page, page_again, see_other};
use super::super::paper;
use super::handoff::Code;
use super::view::{self, DocView};
use super::{Open, bar, json, papers, wants_json};
use crate::application::{DocumentKind, documents, drafts};
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Refusal};
use askama::Template;
use poem::web::Path;
use poem::{Request, Response, handler};
use serde::Deserialize;

#[derive(Template, Default)]
#[template(path = "worker/checks.html")]
pub struct ChecksPage {
    pub base: Base,
    pub errors: Errors,
    pub checks: Vec<Check>,
}

/// One of the four.
pub struct Check {
    pub name: &'static str,
    pub label: &'static str,
    pub ticked: bool,
}

#[derive(Template, Default)]
#[template(path = "worker/documents.html")]
pub struct DocumentsPage {
    pub base: Base,
    pub back: &'static str,
    pub returned: bool,
    pub documents: Vec<DocView>,
    /// The code for the phone, when it has just been asked for.
    pub code: Option<Code>,
    /// How many are still to be uploaded or replaced.
    pub left: usize,
    /// Where to go on once none is.
    pub next: &'static str,
}

/// The source's words (附件 4).
const CHECKS: [(&str, &str); 4] = [
    ("check_1", "按要求正确填写申请表；"),
    ("check_2", "打印申请表；"),
    ("check_3", "将打印好的申请表提交给本人所在企业/单位盖章；"),
    ("check_4", "拍照或扫描加盖公章的申请表，以便下一步上传。"),
];

fn checks_page(ctx: &Ctx, ticked: [bool; 4], errors: Errors) -> ChecksPage {
    let checks = CHECKS
        .iter()
        .zip(ticked)
        .map(|((name, label), ticked)| Check { name, label, ticked });
    ChecksPage {
        base: ctx.base("确认 4 项工作"),
        errors,
        checks: checks.collect(),
    }
}

/// `GET /apply/documents`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    let Some(open) = Open::of(&ctx).await? else {
        return Ok(see_other("/apply"));
    };
    if view::of_jinan(&open.application.form(&ctx.app)?, ctx.app.now()).is_none() {
        ctx.flash("请先填写申请表，再上传材料");
        return Ok(see_other("/apply/form"));
    }
    if open.application.checked_version == 0 {
        let mut checks = checks_page(&ctx, [false; 4], Errors::default());
        checks.base.bar = Some(bar::of(&ctx.app, &open).await?);
        return page(&checks);
    }
    page(&list(&ctx, &open, None).await?)
}

/// The ticked boxes.
#[derive(Deserialize)]
pub struct Ticked {
    check_1: Option<String>,
    check_2: Option<String>,
    check_3: Option<String>,
    check_4: Option<String>,
}

/// `POST /apply/documents/checks`
#[handler]
pub async fn tick(posted: Posted<Ticked>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let Some(open) = Open::of(&ctx).await? else {
        return Ok(see_other("/apply"));
    };
    let ticked = [form.check_1, form.check_2, form.check_3, form.check_4].map(|tick| tick.is_some());
    match drafts::tick_checks(&ctx.app, &open.worker.id, &open.application.id, ticked).await {
        Ok(()) => {
            // the tuition that was paid here brings its receipt along.
            if crate::print::tuition::attach(&ctx.app, &open.worker, &open.application.id).await? {
                ctx.flash("已为您放好学费缴费凭证（报读时的微信支付记录），不用再上传");
            }
            Ok(see_other("/apply/documents"))
        }
        Err(Error::Refused(refusal @ Refusal::ChecksNotTicked)) => {
            let errors = Errors::from(&FieldErrors::one("checks", refusal));
            let mut checks = checks_page(&ctx, ticked, errors);
            checks.base.bar = Some(bar::of(&ctx.app, &open).await?);
            page_again(&checks)
        }
        Err(other) => Err(other),
    }
}

/// The papers that are asked for: all that are needed, or those an officer wants replaced.
pub async fn list(ctx: &Ctx, open: &Open, failed: Option<(DocumentKind, Refusal)>) -> Result<DocumentsPage> {
    let application = &open.application;
    let of_jinan = view::of_jinan(&application.form(&ctx.app)?, ctx.app.now()).unwrap_or(false);
    let documents = documents::of(&ctx.app, &application.id).await?;
    let since = open.returned().then_some(application.since);
    let kinds = DocumentKind::needed(of_jinan).filter(|kind| open.editable.allows(kind.as_str()));
    let mut views: Vec<DocView> = kinds
        .map(|kind| view::doc(kind, &documents, application, since))
        .collect();
    if let Some((kind, refusal)) = failed
        && let Some(view) = views.iter_mut().find(|view| view.kind == kind.as_str())
    {
        view.error = Some(refusal.text());
    }
    let found = papers::checks(ctx, application).await?;
    for view in &mut views {
        if let (Some(kind), true) = (DocumentKind::parse(view.kind), view.file.is_some()) {
            view.checks = papers::beside(&found, kind);
        }
    }
    let (back, next) = if open.returned() {
        ("/progress", "/progress")
    } else {
        ("/apply", "/apply/confirm")
    };
    Ok(DocumentsPage {
        base: open.base(ctx, "上传材料").await?,
        back,
        returned: open.returned(),
        left: views.iter().filter(|view| view.tone != "ok").count(),
        documents: views,
        code: None,
        next,
    })
}

/// `POST /apply/documents/:kind`: JSON `{"id"}` for the page's script, a page for everyone else.
#[handler]
pub async fn upload(req: &Request, Path(kind): Path<String>, uploaded: Uploaded) -> Result<Response> {
    let Uploaded { ctx, bytes, .. } = uploaded;
    let kind = DocumentKind::parse(&kind).ok_or(Error::NotFound)?;
    // Signed in first: a session that ended is told as such, not as "cannot be changed".
    ctx.worker()?;
    let Some(open) = Open::of(&ctx).await? else {
        return Err(Refusal::NotEditable.into());
    };
    match documents::upload(&ctx.app, &open.worker.id, &open.application.id, kind, bytes).await {
        Ok(document) if wants_json(req) => Ok(json(serde_json::json!({ "id": document.id }))),
        Ok(_) => {
            ctx.flash(&format!("已上传：{}", kind.label()));
            Ok(see_other(&format!("/apply/documents#doc-{kind}")))
        }
        Err(Error::Refused(refusal)) if !wants_json(req) && is_about_the_file(&refusal) => {
            page_again(&list(&ctx, &open, Some((kind, refusal))).await?)
        }
        Err(other) => Err(other),
    }
}

/// Told beside the paper; the others stay as they are.
pub fn is_about_the_file(refusal: &Refusal) -> bool {
    use Refusal::*;
    matches!(
        refusal,
        FileEmpty
            | FileTooLarge { .. }
            | FileWrongType
            | FileTruncated
            | FileLocked
            | FilePixels
            | FileWebPage
            | FileHeic
            | FileOffice
            | FileMixed
            | FileScripts
            | FileNoPages
            | FilePages { .. }
            | FileTooMany
            | ChangedMeanwhile
    )
}

/// `GET /apply/documents/:id`: one's own paper.
#[handler]
pub async fn file(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let actor = ctx.worker_actor()?;
    let (_, application) = super::mine(&ctx).await?;
    let application = application.ok_or(Error::NotFound)?;
    let (document, bytes) = documents::read(&ctx.app, &application, &id, &actor).await?;
    Ok(paper::answer(&document, bytes))
}
