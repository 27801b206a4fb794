//! `/progress/withdraw`: giving the application up.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, page, see_other};
use super::gate::Nothing;
use super::progress::submitted;
use crate::application::states::{self, Event};
use crate::application::withdraw as leaving;
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use askama::Template;
use poem::{Response, handler};

#[derive(Template, Default)]
#[template(path = "worker/withdraw.html")]
pub struct WithdrawPage {
    pub base: Base,
    pub number: String,
    pub holds_place: bool,
}

/// `GET /progress/withdraw`: asks first, for it cannot be undone.
#[handler]
pub async fn ask(ctx: Ctx) -> Result<Response> {
    let (_, application) = submitted(&ctx).await?;
    match application {
        Some(application) if states::next(application.state, Event::Withdrawn).is_ok() => {
            page(&WithdrawPage {
                base: ctx.base("撤回申请"),
                holds_place: application.state.holds_place(),
                number: application.number.unwrap_or_default(),
            })
        }
        _ => Ok(see_other("/progress")),
    }
}

/// `POST /progress/withdraw`
#[handler]
pub async fn withdraw(posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let (worker, Some(application)) = submitted(&ctx).await? else {
        return Ok(see_other("/progress"));
    };
    match leaving::withdraw(&ctx.app, &worker.id, &application.id).await {
        Ok(()) => ctx.flash("申请已撤回"),
        Err(Error::Refused(refusal @ (Refusal::ChangedMeanwhile | Refusal::NotEditable))) => {
            ctx.flash(&format!("没有撤回：{}", refusal.text()));
        }
        Err(other) => return Err(other),
    }
    Ok(see_other("/progress"))
}
