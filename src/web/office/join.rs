//! `/office/join/:token`: a union registers itself with its first officer; mostly on a phone.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, answer_to_post, page, page_again, page_with};
use crate::account::slider;
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::union::invitations::{self, Guest};
use crate::union::registrations::{self, Typed};
use askama::Template;
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template, Default)]
#[template(path = "office/join.html")]
pub struct JoinPage {
    pub base: Base,
    pub errors: Errors,
    pub upper: String,
    pub kind: String,
    pub until: String,
    pub by_wechat: bool,
    pub typed: Posting,
    pub challenge: String,
}

/// The link leads nowhere, with whom to ask.
#[derive(Template)]
#[template(path = "office/join_closed.html")]
pub struct ClosedPage {
    pub base: Base,
    pub text: String,
    pub ask: String,
}

/// It is filed.
#[derive(Template)]
#[template(path = "office/join_filed.html")]
pub struct FiledPage {
    pub base: Base,
    pub upper: String,
    pub name: String,
    pub by_wechat: bool,
}

/// What is typed.
#[derive(Deserialize, Default)]
pub struct Posting {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub contact: String,
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub office_phone: String,
    #[serde(default)]
    pub officer_name: String,
    #[serde(default)]
    pub phone: String,
    #[serde(default)]
    pub code: String,
    #[serde(default)]
    pub password: String,
    #[serde(default)]
    pub again: String,
}

/// Who came by the link, or the page that says why it leads nowhere.
async fn guest(ctx: &Ctx, token: &str) -> Result<Result<Guest, Response>> {
    let guest = match invitations::by_token(&ctx.app, token).await {
        Ok(guest) => guest,
        Err(Error::Refused(refusal @ Refusal::InvitationUnknown)) => {
            return Ok(Err(closed(ctx, &refusal, "请联系发给您链接的上级工会。")?));
        }
        Err(error) => return Err(error),
    };
    if let Err(refusal) = guest.invitation.open(ctx.app.now()) {
        invitations::turned_away(&ctx.app, &guest.invitation, &refusal).await?;
        return Ok(Err(closed_by(ctx, &guest, &refusal)?));
    }
    Ok(Ok(guest))
}

fn closed_by(ctx: &Ctx, guest: &Guest, refusal: &Refusal) -> Result<Response> {
    let (union, by) = (&guest.invitation.union.name, &guest.invitation.by);
    closed(ctx, refusal, &format!("请联系{union}的{by}重新邀请。"))
}

fn closed(ctx: &Ctx, refusal: &Refusal, ask: &str) -> Result<Response> {
    let closed = ClosedPage {
        base: ctx.base("不能注册"),
        text: refusal.text(),
        ask: ask.to_owned(),
    };
    page_with(StatusCode::GONE, &closed)
}

async fn filled(ctx: &Ctx, guest: &Guest, typed: Posting) -> Result<JoinPage> {
    let invitation = &guest.invitation;
    Ok(JoinPage {
        base: ctx.base("工会入网注册"),
        errors: Errors::default(),
        upper: invitation.union.name.clone(),
        kind: invitation.kind.label().to_owned(),
        until: invitation.expires_at.minute_text(),
        by_wechat: guest.openid.is_some(),
        typed,
        challenge: slider::challenge(&ctx.app).await?,
    })
}

/// `GET /office/join/:token`
#[handler]
pub async fn show(ctx: Ctx, Path(token): Path<String>) -> Result<Response> {
    match guest(&ctx, &token).await? {
        Ok(guest) => page(&filled(&ctx, &guest, Posting::default()).await?),
        Err(closed) => Ok(closed),
    }
}

/// `POST /office/join/:token`
#[handler]
pub async fn file(Path(token): Path<String>, posted: Posted<Posting>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let guest = match guest(&ctx, &token).await? {
        Ok(guest) => guest,
        Err(closed) => return Ok(closed),
    };
    let typed = Typed {
        name: &form.name,
        contact: &form.contact,
        address: &form.address,
        office_phone: &form.office_phone,
        officer_name: &form.officer_name,
        phone: &form.phone,
        code: &form.code,
        password: &form.password,
        again: &form.again,
    };
    match registrations::file(&ctx.app, &guest, &typed).await {
        Ok(_) => answer_to_post(
            StatusCode::OK,
            &FiledPage {
                base: ctx.base("已提交注册"),
                upper: guest.invitation.union.name.clone(),
                name: form.name,
                by_wechat: guest.openid.is_some(),
            },
        ),
        Err(Error::Invalid(fields)) => {
            let mut again = filled(&ctx, &guest, form).await?;
            again.errors = super::named(&fields);
            page_again(&again)
        }
        Err(Error::Refused(refusal)) => closed_by(&ctx, &guest, &refusal),
        Err(error) => Err(error),
    }
}
