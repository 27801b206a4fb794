//! `/office/invitations`: the links and QR codes by which unions join under the officer's own.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, page, page_again, qr_picture, see_other};
use super::Who;
use super::sign_in::Nothing;
use super::union_list::{Tabs, tabs};
use super::view::Tag;
use crate::error::Result;
use crate::kernel::{Refusal, Time};
use crate::union::invitations::{self, DAYS, Invitation, Wanted};
use crate::union::{Officer, rights};
use crate::wechat::qrcode::{MAX_EXPIRE_S, Scene};
use anyhow::Context as _;
use askama::Template;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;
use std::time::Duration;

#[derive(Template, Default)]
#[template(path = "office/invitations.html")]
pub struct InvitationsPage {
    pub base: Base,
    pub who: Option<Who>,
    pub tabs: Tabs,
    pub errors: Errors,
    pub upper: String,
    pub kinds: Vec<(&'static str, &'static str)>,
    pub kind: String,
    pub uses: String,
    pub days: String,
    pub lines: Vec<Line>,
}

/// A line of the list.
pub struct Line {
    pub href: String,
    pub kind: &'static str,
    pub used: String,
    pub by: String,
    pub made: String,
    pub until: String,
    pub state: Tag,
}

#[derive(Template, Default)]
#[template(path = "office/invitation.html")]
pub struct InvitationPage {
    pub base: Base,
    pub who: Option<Who>,
    pub tabs: Tabs,
    pub id: String,
    pub upper: String,
    pub kind: &'static str,
    pub used: String,
    pub by: String,
    pub made: String,
    pub until: String,
    pub state: Tag,
    /// The link to copy, while it holds.
    pub link: Option<String>,
}

fn state(invitation: &Invitation, now: Time) -> Tag {
    let (text, tone) = match invitation.open(now) {
        Ok(()) => ("有效", "ok"),
        Err(Refusal::InvitationRevoked) => ("已撤回", ""),
        Err(Refusal::InvitationUsedUp) => ("已用完", ""),
        Err(_) => ("已过期", "warn"),
    };
    Tag {
        text: text.to_owned(),
        tone,
    }
}

fn used(invitation: &Invitation) -> String {
    format!("{} / {}", invitation.uses, invitation.uses_max)
}

async fn filled(ctx: &Ctx, officer: &Officer, typed: Typed) -> Result<InvitationsPage> {
    let now = ctx.app.now();
    let seat = rights::seat(&ctx.app, officer).await?;
    let kinds: Vec<_> = seat
        .kind
        .below()
        .iter()
        .map(|kind| (kind.as_str(), kind.label()))
        .collect();
    let line = |invitation: &Invitation| Line {
        href: format!("/office/invitations/{}", invitation.id),
        kind: invitation.kind.label(),
        used: used(invitation),
        by: invitation.by.clone(),
        made: invitation.created_at.short_text(),
        until: invitation.expires_at.short_text(),
        state: state(invitation, now),
    };
    let all = invitations::list(&ctx.app, officer).await?;
    Ok(InvitationsPage {
        base: ctx.base("入网邀请"),
        who: Who::of(officer, "unions"),
        tabs: tabs(&ctx.app, officer, "invitations").await?,
        errors: Errors::default(),
        upper: seat.name,
        kind: match (typed.kind.is_empty(), kinds.first()) {
            (true, Some((first, _))) => (*first).to_owned(),
            _ => typed.kind,
        },
        kinds,
        uses: typed.uses,
        days: typed.days,
        lines: all.iter().map(line).collect(),
    })
}

/// `GET /office/invitations`
#[handler]
pub async fn list(ctx: Ctx) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let usual = Typed {
        kind: String::new(),
        uses: "1".to_owned(),
        days: DAYS.to_string(),
    };
    page(&filled(&ctx, &officer, usual).await?)
}

/// What is typed.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    uses: String,
    #[serde(default)]
    days: String,
}

/// `POST /office/invitations`
#[handler]
pub async fn create(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let wanted = Wanted {
        kind: &form.kind,
        uses: &form.uses,
        days: &form.days,
    };
    match invitations::invite(&ctx.app, &officer, &wanted).await {
        Ok(id) => {
            ctx.flash("邀请已生成，请把链接或二维码发给要入网的工会");
            Ok(see_other(&format!("/office/invitations/{id}")))
        }
        Err(error) => {
            let errors = super::wrong(error)?;
            let mut again = filled(&ctx, &officer, form).await?;
            again.errors = errors;
            page_again(&again)
        }
    }
}

/// `GET /office/invitations/:id`
#[handler]
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let invitation = invitations::find(&ctx.app, &officer, &id).await?;
    let now = ctx.app.now();
    let link = match invitation.open(now) {
        Ok(()) => Some(ctx.app.link(&invitation.path(&ctx.app)?)),
        Err(_) => None,
    };
    page(&InvitationPage {
        base: ctx.base("入网邀请"),
        who: Who::of(&officer, "unions"),
        tabs: tabs(&ctx.app, &officer, "invitations").await?,
        upper: invitation.union.name.clone(),
        kind: invitation.kind.label(),
        used: used(&invitation),
        by: invitation.by.clone(),
        made: invitation.created_at.minute_text(),
        until: invitation.expires_at.minute_text(),
        state: state(&invitation, now),
        link,
        id,
    })
}

/// `GET /office/invitations/:id/qr`: WeChat's code for the invitation, asked for once and kept while it holds.
#[handler]
pub async fn qr(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let invitation = invitations::find(&ctx.app, &officer, &id).await?;
    invitation.open(ctx.app.now())?;
    let left_s = ((invitation.expires_at.0 - ctx.app.now().0) / 1000).clamp(1, i64::from(MAX_EXPIRE_S));
    let key = format!("join-qr:{id}");
    if let Some(url) = ctx.app.cache.get(&key).await? {
        return qr_picture(&url);
    }
    let code = ctx
        .app
        .wechat
        .temporary_qr(&Scene::Text(invitation.scene()), left_s as u32)
        .await;
    let url = code.context("asking WeChat for a QR code")?.url;
    ctx.app
        .cache
        .set(&key, &url, Duration::from_secs(left_s as u64))
        .await?;
    qr_picture(&url)
}

/// `POST /office/invitations/:id/revoke`
#[handler]
pub async fn revoke(Path(id): Path<String>, posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let officer = super::signed_in(&ctx).await?;
    invitations::revoke(&ctx.app, &officer, &id).await?;
    ctx.flash("邀请已撤回，链接和二维码不能再用");
    Ok(see_other(&format!("/office/invitations/{id}")))
}
