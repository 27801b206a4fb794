//! `/apply/print`: the form to be printed, signed and stamped, on line or as a file. A version leaves the
//! house only by a POST that marks it as printed: what is on paper somewhere is known, and a later change makes a new
//! version. `GET /apply/print.pdf` serves marked versions and changes nothing.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, attachment, page, see_other};
use super::apply::Stand;
use super::{Open, json, view, wants_json};
use crate::application::drafts;
use crate::campaign;
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::print::{self, For};
use askama::Template;
use poem::{Request, Response, handler};
use serde::Deserialize;

#[derive(Template, Default)]
#[template(path = "worker/print.html")]
pub struct PrintPage {
    pub base: Base,
    /// Whether an officer returned it: the way back is the progress.
    pub returned: bool,
    pub number: String,
    pub version: i64,
    /// The form as SVG.
    pub sheet: String,
    /// Whether this version was marked as printed: before that the browser prints nothing of it.
    pub printed: bool,
    /// The row's version that is shown.
    pub seen: i64,
    /// "“姓名”中的“𠮷”": what stays blank on the paper.
    pub missing: Vec<String>,
    pub in_wechat: bool,
    /// Where the page is found on a PC.
    pub address: String,
}

/// The form if it is worth a stamp: complete, and of a chosen union; else where to go first.
async fn ready(ctx: &Ctx) -> Result<Result<Open, Response>> {
    let Some(open) = Open::of(ctx).await? else {
        return Ok(Err(see_other("/apply")));
    };
    let intake = campaign::intake(&ctx.app, &open.application.intake_id).await?;
    let stand = Stand::of(&ctx.app, &open.worker, &open.application, &intake).await?;
    if stand.union.is_none() {
        ctx.flash("请先选择单位所在区域的工会");
        return Ok(Err(see_other("/apply/union")));
    }
    if !stand.wrong.is_empty() {
        ctx.flash("请先把申请表填写完整");
        return Ok(Err(see_other("/apply/form")));
    }
    Ok(Ok(open))
}

/// `GET /apply/print`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    let open = match ready(&ctx).await? {
        Ok(open) => open,
        Err(first) => return Ok(first),
    };
    let application = &open.application;
    let form = application.form(&ctx.app)?;
    let paper = print::paper(&ctx.app, application, form, For::Stamp).await?;
    let (sheet, missing) = print::form_picture(&paper)?;
    page(&PrintPage {
        base: open.base(&ctx, "打印申请表").await?,
        returned: open.returned(),
        number: paper.number,
        version: application.form_version,
        sheet,
        printed: print::is_marked(application),
        seen: application.version,
        missing: missing.iter().map(view::unprintable).collect(),
        in_wechat: ctx.in_wechat(),
        address: ctx.app.config.http.public_url.clone(),
    })
}

/// What the buttons send.
#[derive(Deserialize)]
pub struct How {
    /// `pdf` for the file, else the browser prints.
    how: Option<String>,
    /// [`PrintPage::seen`].
    seen: Option<String>,
}

/// `POST /apply/print`: this version goes to the printer; a later change asks to print again.
#[handler]
pub async fn printed(req: &Request, posted: Posted<How>) -> Result<Response> {
    let Posted { ctx, form: how } = posted;
    let open = match ready(&ctx).await? {
        Ok(open) => open,
        Err(first) => return Ok(first),
    };
    let seen = how.seen.as_deref().and_then(|seen| seen.parse().ok());
    let marked = if seen.is_some_and(|seen: i64| seen != open.application.version) {
        Err(Refusal::ChangedMeanwhile.into())
    } else {
        drafts::mark_printed_as_seen(&ctx.app, &open.application).await
    };
    match marked {
        Err(Error::Refused(Refusal::ChangedMeanwhile)) if !wants_json(req) => {
            ctx.flash("申请表刚刚有修改，请核对下面的最新内容，再打印");
            return Ok(see_other("/apply/print"));
        }
        other => other?,
    }
    if wants_json(req) {
        return Ok(json(serde_json::json!({})));
    }
    if how.how.as_deref() == Some("pdf") {
        return Ok(see_other("/apply/print.pdf"));
    }
    ctx.flash("已准备好，请用浏览器的“打印”功能打印本页");
    Ok(see_other("/apply/print"))
}

/// `GET /apply/print.pdf`: the version that was marked; anything else is looked at and marked first.
#[handler]
pub async fn pdf(ctx: Ctx) -> Result<Response> {
    let (_, application) = super::mine(&ctx).await?;
    let application = application.ok_or(Error::NotFound)?;
    if !print::is_marked(&application) {
        return Ok(see_other("/apply/print"));
    }
    let form = application.form(&ctx.app)?;
    let paper = print::paper(&ctx.app, &application, form, For::Stamp).await?;
    Ok(attachment(print::form_pdf(paper).await?))
}
