//! `/office/me`: who one is here, the WeChat that new work is told to, password, second factor and sessions.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, page, page_again, qr_picture, see_other};
use super::Who;
use super::sign_in::Nothing;
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::union::passwords::{self, Change};
use crate::union::preferences::{self, Quiet, Way};
use crate::union::{Officer, binding, officers, sessions};
use crate::wechat::qrcode::Scene;
use anyhow::Context as _;
use askama::Template;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template, Default)]
#[template(path = "office/me.html")]
pub struct MePage {
    pub base: Base,
    pub who: Option<Who>,
    pub errors: Errors,
    pub name: String,
    pub union: String,
    pub roles: String,
    pub phone: String,
    pub bound: bool,
    pub second_factor: bool,
    pub sessions: Vec<SessionLine>,
    pub ways: Vec<WayLine>,
    pub quiet_from: String,
    pub quiet_until: String,
}

/// A way to be told.
pub struct WayLine {
    pub way: &'static str,
    pub label: &'static str,
    pub on: bool,
}

fn ways(chosen: &str) -> Vec<WayLine> {
    let line = |way: &Way| WayLine {
        way: way.as_str(),
        label: way.label(),
        on: way.as_str() == chosen,
    };
    Way::ALL.iter().map(line).collect()
}

/// A place where one is signed in.
pub struct SessionLine {
    pub id: String,
    pub device: String,
    pub since: String,
    pub seen: String,
    pub here: bool,
}

async fn filled(ctx: &Ctx, officer: &Officer) -> Result<MePage> {
    let here = ctx.officer_session()?;
    let line = |session: sessions::Session| SessionLine {
        here: session.id == here,
        id: session.id,
        device: session.device,
        since: session.created_at.minute_text(),
        seen: session.seen_at.minute_text(),
    };
    let all = sessions::list(&ctx.app, officer).await?;
    let wishes = preferences::of(&ctx.app, &officer.id).await?;
    let (quiet_from, quiet_until) = wishes.quiet.map(Quiet::texts).unwrap_or_default();
    Ok(MePage {
        base: ctx.base("我的账号"),
        who: Who::of(officer, "me"),
        errors: Errors::default(),
        name: officer.name.clone(),
        union: officer.union.name.clone(),
        roles: super::view::roles(officer),
        phone: officers::phone(&ctx.app, &officer.id).await?.masked(),
        bound: officer.openid.is_some(),
        second_factor: officer.second_factor,
        sessions: all.into_iter().map(line).collect(),
        ways: ways(wishes.way.as_str()),
        quiet_from,
        quiet_until,
    })
}

/// `GET /office/me`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    page(&filled(&ctx, &officer).await?)
}

/// `GET /office/me/wechat-qr`: WeChat's code for this officer, drawn here. Every look makes a new one-time code.
#[handler]
pub async fn wechat_qr(ctx: Ctx) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let scene = Scene::Text(binding::offer(&ctx.app, &officer.id).await?);
    let code = ctx
        .app
        .wechat
        .temporary_qr(&scene, binding::VALID.as_secs() as u32)
        .await;
    qr_picture(&code.context("asking WeChat for a QR code")?.url)
}

/// The page again with what went wrong, or on to the page with a word of success.
async fn answer(ctx: &Ctx, officer: &Officer, result: Result<()>, done: &str) -> Result<Response> {
    match result {
        Ok(()) => {
            ctx.flash(done);
            Ok(see_other("/office/me"))
        }
        Err(error) => {
            let errors = super::wrong(error)?;
            let mut again = filled(ctx, officer).await?;
            again.errors = errors;
            page_again(&again)
        }
    }
}

/// `POST /office/me/unbind`
#[handler]
pub async fn unbind(posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let officer = super::signed_in(&ctx).await?;
    let result = binding::give_up(&ctx.app, &officer).await;
    answer(&ctx, &officer, result, "已解除微信绑定，新的待办不再发到您的微信").await
}

/// `on` or `off`.
#[derive(Deserialize)]
pub struct Switch {
    #[serde(default)]
    factor: String,
}

/// `POST /office/me/second-factor`
#[handler]
pub async fn second_factor(posted: Posted<Switch>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let on = match form.factor.as_str() {
        "on" => true,
        "off" => false,
        _ => return Err(Refusal::MalformedRequest.into()),
    };
    let result = binding::set_second_factor(&ctx.app, &officer, on).await;
    let done = if on {
        "已打开微信验证，下次登录时要用您的微信扫码"
    } else {
        "已关闭微信验证"
    };
    answer(&ctx, &officer, result, done).await
}

/// What is typed to change the password.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    old: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

/// `POST /office/me/password`
#[handler]
pub async fn password(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let typed = Change {
        old: &form.old,
        password: &form.password,
        again: &form.again,
    };
    let result = passwords::change(&ctx.app, &officer, &ctx.officer_session()?, &typed).await;
    answer(&ctx, &officer, result, "密码已更改，其他设备需要重新登录").await
}

/// Which session: an id, or `others`.
#[derive(Deserialize)]
pub struct Which {
    #[serde(default)]
    session: String,
}

/// `POST /office/me/sessions`
#[handler]
pub async fn end_session(posted: Posted<Which>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let result = match form.session.as_str() {
        "others" => sessions::sign_out_others(&ctx.app, &officer, &ctx.officer_session()?).await,
        // Ended meanwhile: what was wanted is so.
        id => match sessions::end(&ctx.app, &officer, id).await {
            Err(Error::NotFound) => Ok(()),
            other => other,
        },
    };
    answer(&ctx, &officer, result, "已退出").await
}

/// How one wishes to be told: a way, and quiet hours as `HH:MM` or empty.
#[derive(Deserialize)]
pub struct Wishes {
    #[serde(default)]
    way: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
}

/// `POST /office/me/notices`
#[handler]
pub async fn notices(posted: Posted<Wishes>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let quiet = (form.from.as_str(), form.until.as_str());
    match preferences::set(&ctx.app, &officer, &form.way, quiet).await {
        Ok(()) => {
            ctx.flash("已保存接收方式");
            Ok(see_other("/office/me"))
        }
        Err(error) => {
            let errors = super::wrong(error)?;
            let mut again = filled(&ctx, &officer).await?;
            again.errors = errors;
            again.ways = ways(&form.way);
            (again.quiet_from, again.quiet_until) = (form.from, form.until);
            page_again(&again)
        }
    }
}
