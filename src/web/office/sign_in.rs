//! `/office/sign-in` and `/office/sign-out`: phone and password.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, ErrorLine, Errors, local_path, page, page_again, page_with, see_other};
use super::Who;
use crate::error::{Door, Error, Result};
use crate::kernel::Refusal;
use crate::union::sign_in::{Opened, SignIn, sign_in};
use crate::union::{binding, sessions};
use askama::Template;
use poem::http::StatusCode;
use poem::web::Query;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template, Default)]
#[template(path = "office/sign_in.html")]
pub struct SignInPage {
    pub base: Base,
    pub who: Option<Who>,
    pub errors: Errors,
    pub phone: String,
    pub next: String,
}

/// Where to go on afterwards.
#[derive(Deserialize)]
pub struct Next {
    #[serde(default)]
    pub next: String,
}

/// A page of the officers' side, or its first one.
pub fn office_path(next: &str) -> &str {
    let path = local_path(next);
    let ours = path == "/office" || path.starts_with("/office/") || path.starts_with("/office?");
    if ours && !path.starts_with("/office/sign-") {
        path
    } else {
        "/office"
    }
}

fn empty(ctx: &Ctx, next: &str) -> SignInPage {
    SignInPage {
        base: ctx.base("工会管理员登录"),
        next: office_path(next).to_owned(),
        ..SignInPage::default()
    }
}

/// `GET /office/sign-in?next=`
#[handler]
pub async fn show(ctx: Ctx, Query(Next { next }): Query<Next>) -> Result<Response> {
    match super::signed_in(&ctx).await {
        Ok(_) => Ok(see_other(office_path(&next))),
        Err(Error::SignIn(_)) => page(&empty(&ctx, &next)),
        Err(error) => Err(error),
    }
}

/// What is typed.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /office/sign-in`
#[handler]
pub async fn enter(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let typed = SignIn {
        phone: &form.phone,
        password: &form.password,
    };
    let error = match sign_in(&ctx.app, &typed, ctx.address()).await {
        Ok(Opened::In(officer)) => {
            super::let_in(&ctx, &officer).await?;
            return Ok(see_other(office_path(&form.next)));
        }
        Ok(Opened::Scan(officer)) => {
            ctx.set_officer_scan(&binding::ask_scan(&ctx.app, &officer).await?);
            let next: String =
                url::form_urlencoded::byte_serialize(office_path(&form.next).as_bytes()).collect();
            return Ok(see_other(&format!("/office/sign-in/wechat?next={next}")));
        }
        Err(error) => error,
    };
    let mut again = empty(&ctx, &form.next);
    again.phone = form.phone;
    match error {
        Error::Invalid(fields) => again.errors = Errors::from(&fields),
        Error::Refused(
            refusal @ (Refusal::PasswordWrong
            | Refusal::SignInTooMany
            | Refusal::RegistrationWaits { .. }
            | Refusal::RegistrationRejected { .. }),
        ) => {
            again.errors = Errors(vec![ErrorLine {
                field: "phone",
                text: refusal.text(),
            }]);
            if refusal == Refusal::SignInTooMany {
                return page_with(StatusCode::TOO_MANY_REQUESTS, &again);
            }
        }
        other => return Err(other),
    }
    page_again(&again)
}

/// Nothing is typed.
#[derive(Deserialize)]
pub struct Nothing {}

/// `POST /office/sign-out`
#[handler]
pub async fn leave(posted: Posted<Nothing>) -> Result<Response> {
    if let (Ok(officer), Ok(session)) = (super::signed_in(&posted.ctx).await, posted.ctx.officer_session()) {
        sessions::end(&posted.ctx.app, &officer, &session).await?;
    }
    posted.ctx.sign_out(Door::Officer);
    posted.ctx.flash("您已退出登录");
    Ok(see_other("/office/sign-in"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_stays_on_the_officers_side() {
        assert_eq!(
            office_path("/office/applications/1?x=2"),
            "/office/applications/1?x=2"
        );
        assert_eq!(office_path("/office?tab=all"), "/office?tab=all");
        for other in [
            "",
            "/",
            "/officer",
            "/progress",
            "//evil.example",
            "/office/sign-in",
            "/office/sign-out",
        ] {
            assert_eq!(office_path(other), "/office", "{other}");
        }
    }
}
