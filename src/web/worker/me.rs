//! `/me`: the account: what is bound, where one is signed in, and the ways to change or end it.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, page, see_other};
use super::gate::Nothing;
use crate::account::sign_ins::{self, SignIn};
use crate::account::{Worker, workers};
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
    /// Masked; empty when none is known.
    pub id_number: String,
    ///
    pub verified: bool,
    /// Whether WeChat is bound.
    pub bound: bool,
    pub in_wechat: bool,
    /// Whether the APP is linked.
    pub app: bool,
    pub has_password: bool,
    pub sign_ins: Vec<Row>,
}

/// A sign-in.
pub struct Row {
    pub device: String,
    pub way: &'static str,
    pub at: String,
    pub seen: String,
    pub here: bool,
}

/// `GET /me`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    let worker = workers::find(&ctx.app, &ctx.worker()?).await?;
    let sign_ins = sign_ins::of(&ctx.app, &worker.id).await?;
    page(&filled(&ctx, worker, sign_ins))
}

fn filled(ctx: &Ctx, worker: Worker, sign_ins: Vec<SignIn>) -> MePage {
    let here = ctx.sign_in_id();
    let row = |one: SignIn| Row {
        here: one.id == here,
        way: one.way.label(),
        at: one.at.minute_text(),
        seen: one.seen_at.minute_text(),
        device: one.device,
    };
    let id_number = &worker.profile.id_number;
    MePage {
        base: ctx.base("我的账户"),
        phone: worker.phone.masked(),
        id_number: if id_number.is_empty() {
            String::new()
        } else {
            crate::kernel::text::masked(id_number, 6, 4)
        },
        verified: worker.verified_at.is_some(),
        bound: worker.openid.is_some(),
        in_wechat: ctx.in_wechat(),
        app: worker.app_linked,
        has_password: worker.has_password,
        name: worker.name,
        employer: worker.employer,
        sign_ins: sign_ins.into_iter().map(row).collect(),
    }
}

/// `POST /me/sign-ins`: ends all others.
#[handler]
pub async fn end_others(posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let ended = sign_ins::end_others(&ctx.app, &ctx.worker()?, &ctx.sign_in_id()).await?;
    ctx.flash(&match ended {
        0 => "没有在其他地方登录".to_owned(),
        n => format!("已退出其他 {n} 处登录"),
    });
    Ok(see_other("/me"))
}

/// `POST /me/wechat`: unbinds it.
#[handler]
pub async fn unbind(posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let worker = workers::find(&ctx.app, &ctx.worker()?).await?;
    workers::unbind(&ctx.app, &worker).await?;
    ctx.flash("已解除微信绑定，审核消息改发短信");
    Ok(see_other("/me"))
}

#[derive(Template)]
#[template(path = "worker/privacy.html")]
struct PrivacyPage {
    base: Base,
}

/// `GET /privacy`: what is kept, why and how long, in plain words (docs/privacy.md).
#[handler]
pub async fn privacy(ctx: Ctx) -> Result<Response> {
    page(&PrivacyPage {
        base: ctx.base("个人信息保护说明"),
    })
}
