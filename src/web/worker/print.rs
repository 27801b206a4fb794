//! `/apply/print`: the filled form on one A4 page, to be signed and stamped.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, page, see_other};
use super::apply::Stand;
use super::gate::Nothing;
use super::{Open, json, view, wants_json};
use crate::application::{Application, FormText, drafts};
use crate::campaign;
use crate::error::Result;
use crate::union::tree;
use askama::Template;
use poem::{Request, Response, handler};

#[derive(Template, Default)]
#[template(path = "worker/print.html")]
pub struct PrintPage {
    pub base: Base,
    /// Whether an officer returned it: the way back is the progress.
    pub returned: bool,
    pub title: String,
    /// The union's name.
    pub union: String,
    /// The draft's short name on the paper.
    pub draft: String,
    pub version: i64,
    pub f: Filled,
    /// Each reviewing union, in order.
    pub reviewers: Vec<String>,
    pub in_wechat: bool,
    /// Where the page is found on a PC.
    pub address: String,
}

/// The answers in words.
#[derive(Default)]
pub struct Filled {
    pub name: String,
    pub sex: String,
    pub id_number: String,
    pub phone: String,
    pub address: String,
    pub card: String,
    pub employer: String,
    pub employer_address: String,
    pub employer_contact: String,
    pub employer_phone: String,
    pub post: String,
    pub migrant: String,
    pub entry_date: String,
    pub level: String,
    pub institution: String,
    pub major: String,
    pub degree: String,
}

impl From<&FormText> for Filled {
    fn from(form: &FormText) -> Self {
        let said = |field| view::spoken(form, field);
        Filled {
            name: said("name"),
            sex: said("sex"),
            id_number: said("id_number"),
            phone: said("phone"),
            address: said("address"),
            card: said("card"),
            employer: said("employer"),
            employer_address: said("employer_address"),
            employer_contact: said("employer_contact"),
            employer_phone: said("employer_phone"),
            post: said("post"),
            migrant: said("migrant"),
            entry_date: said("entry_date"),
            level: said("level"),
            institution: said("institution"),
            major: said("major"),
            degree: said("degree"),
        }
    }
}

/// The last eight characters of the id: enough to find the draft, short enough to read out.
fn short(application: &Application) -> String {
    let at = application.id.len().saturating_sub(8);
    application.id.get(at..).unwrap_or_default().to_uppercase()
}

/// `GET /apply/print`: only a complete form of a chosen union is worth a stamp.
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    let Some(open) = Open::of(&ctx).await? else {
        return Ok(see_other("/apply"));
    };
    let intake = campaign::intake(&ctx.app, &open.application.intake_id).await?;
    let stand = Stand::of(&ctx.app, &open.worker, &open.application, &intake).await?;
    let Some(union) = stand.union else {
        ctx.flash("请先选择单位所在区域的工会");
        return Ok(see_other("/apply/union"));
    };
    if !stand.wrong.is_empty() {
        ctx.flash("请先把申请表填写完整");
        return Ok(see_other("/apply/form"));
    }
    let reviewers = match &open.application.union_id {
        Some(id) => tree::review_chain(&ctx.app, id).await?,
        None => Vec::new(),
    };
    page(&PrintPage {
        base: open.base(&ctx, "打印申请表").await?,
        returned: open.returned(),
        title: view::title(&intake),
        union,
        draft: short(&open.application),
        version: open.application.form_version,
        f: Filled::from(&open.application.form(&ctx.app)?),
        reviewers: reviewers.into_iter().map(|u| u.name).collect(),
        in_wechat: ctx.in_wechat(),
        address: ctx.app.config.http.public_url.clone(),
    })
}

/// `POST /apply/print`: this version goes to the printer; a later change asks to print again.
#[handler]
pub async fn printed(req: &Request, posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let Some(open) = Open::of(&ctx).await? else {
        return Ok(see_other("/apply"));
    };
    drafts::mark_printed(&ctx.app, &open.worker.id, &open.application.id).await?;
    if wants_json(req) {
        return Ok(json(serde_json::json!({})));
    }
    ctx.flash("已准备好，请用浏览器的“打印”功能打印本页");
    Ok(see_other("/apply/print"))
}
