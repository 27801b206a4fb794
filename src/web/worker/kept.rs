//! `/kept`: signed in again, one goes on with the form that was being typed.

use super::super::ctx::Ctx;
use super::super::kept;
use super::super::page::{Base, page, see_other};
use crate::error::Result;
use askama::Template;
use poem::{Response, handler};

#[derive(Template)]
#[template(path = "worker/kept.html")]
pub struct KeptPage {
    pub base: Base,
    /// What the page is called.
    pub title: &'static str,
    /// What sending it does.
    pub button: &'static str,
    /// Where it goes.
    pub path: String,
    /// The page it was on.
    pub back: String,
    pub fields: Vec<(String, String)>,
}

/// `GET /kept`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    ctx.worker()?;
    let Some(kept) = kept::waiting(&ctx).await? else {
        return Ok(see_other("/"));
    };
    let (title, button) = words(&kept.path);
    page(&KeptPage {
        base: ctx.base("接着办理"),
        title,
        button,
        path: kept.path,
        back: kept.page,
        fields: kept.fields,
    })
}

/// What a page is called, and the act that was being sent.
fn words(path: &str) -> (&'static str, &'static str) {
    match path {
        "/apply/check" => ("资格自查", "继续"),
        "/apply/union" => ("选择工会", "继续选择"),
        "/apply/form" | "/apply/form/later" => ("填写申请表", "继续填写"),
        "/apply/confirm" => ("提交前核对", "继续提交申请"),
        "/apply/documents/checks" => ("上传材料", "继续"),
        "/progress/withdraw" => ("撤回申请", "继续撤回"),
        "/progress/resubmit" => ("补正", "继续重新提交"),
        path if path.starts_with("/me/") => ("我的账户", "继续"),
        _ => ("刚才的页面", "继续"),
    }
}
