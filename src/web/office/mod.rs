//! The officers' side: sign in, the queue, the desk with form and papers side by side, the decision
//! (R-21, R-22, R-24, R-26; ux.md "Officer pages").
//!
//! # Ids that tests and other pages may rely on
//! Inputs have `id="f-<name>"`; their error stands in `id="e-<name>"`, the summary in `id="errors"`.
//! - `/office/sign-in`: `f-phone`, `f-password`; `data-testid="sign-in"`. `?next=` is kept.
//! - every page: `data-testid="who"` (name, union, roles), `sign-out`, `flash`, `tab-mine`, `tab-all`, `me`.
//! - `/office?tab=&state=&words=&page=`: `f-words`, `search`, `clear`; one `row` a line with `open` in it;
//!   `state-<state>` for each state's link; `prev`, `next`; `empty` when there is nothing.
//! - `/office/applications/:id`: `number`, `state`, `papers`; one `paper-<kind>` a document, `show-<kind>` its tab;
//!   `f-verdict-pass`, `f-verdict-return`, `f-verdict-reject`, `f-reason`, `f-fix-<field or document>`, `f-confirm`
//!   (with 不予通过), `decide`; `obstacle` in place of the form when this officer cannot decide.
//!   It posts `version`, `verdict`, `reason`, `fix-<name>=on`, `confirm=on` to the same address.
//! - what could not be done (409 and others): `refused`, `typed-reason`, `current`.
//! - `/office/me`: `bound` or `not-bound`, `wechat-qr`, `unbind`.
//!
//! Keys on the desk (never deciding by themselves): `1`…`9` a paper, `j`/`k` next and previous, `r` turn, `+` `-` `0`
//! zoom, `d` to the decision. In the queue: `j`/`k` move, Enter opens, `/` searches.

mod desk;
mod me;
mod papers;
mod queue;
mod sign_in;
#[cfg(test)]
mod tests;
mod view;

use super::ctx::Ctx;
use crate::error::{Door, Error, Result};
use crate::union::{Officer, officers};
use poem::{Route, get, post};

/// Everything under `/office`.
pub fn routes() -> Route {
    Route::new()
        .at("/", get(queue::show))
        .at("/sign-in", get(sign_in::show).post(sign_in::enter))
        .at("/sign-out", post(sign_in::leave))
        .at("/applications/:id", get(desk::show).post(desk::submit))
        .at("/applications/:id/form.pdf", get(papers::form))
        .at("/applications/:id/documents/:document", get(papers::show))
        .at("/me", get(me::show))
        .at("/me/wechat-qr", get(me::wechat_qr))
        .at("/me/unbind", post(me::unbind))
}

/// The signed-in officer; one who is no longer active has to sign in again.
async fn signed_in(ctx: &Ctx) -> Result<Officer> {
    match officers::find(&ctx.app, &ctx.officer()?).await {
        Err(Error::NotFound) => Err(Error::SignIn(Door::Officer)),
        other => other,
    }
}

/// Who is signed in, for the top of the page.
#[derive(Debug, Clone, Default)]
pub struct Who {
    /// Name.
    pub name: String,
    /// Union.
    pub union: String,
    /// Roles in words.
    pub roles: String,
    /// Which entry of the top bar the page belongs to.
    pub at: &'static str,
}

impl Who {
    fn of(officer: &Officer, at: &'static str) -> Option<Who> {
        Some(Who {
            name: officer.name.clone(),
            union: officer.union.name.clone(),
            roles: view::roles(officer),
            at,
        })
    }
}
