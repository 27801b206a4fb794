//! `/me`: the account.

use super::super::ctx::Ctx;
use super::super::page::{Base, page};
use crate::account::workers;
use crate::error::Result;
use askama::Template;
use poem::{Response, handler};

#[derive(Template, Default)]
#[template(path = "worker/me.html")]
pub struct MePage {
    pub base: Base,
    pub name: String,
    /// Masked.
    pub phone: String,
    pub employer: String,
    /// Whether WeChat is bound.
    pub bound: bool,
    pub in_wechat: bool,
}

/// `GET /me`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    let worker = workers::find(&ctx.app, &ctx.worker()?).await?;
    page(&MePage {
        base: ctx.base("我的账户"),
        name: worker.name,
        phone: worker.phone.masked(),
        employer: worker.employer,
        bound: worker.openid.is_some(),
        in_wechat: ctx.in_wechat(),
    })
}
