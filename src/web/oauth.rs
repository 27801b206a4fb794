//! Coming in through WeChat: silent OAuth, binding, and on to the page that was asked for.
//!
//! The state is one-time in the cache, and the session remembers it: a callback that another browser began is
//! dropped and begun anew, or somebody could send a victim the end of their own login and be bound to the victim's
//! account. A code is exchanged once and the browser sent on to a clean address, so back and reload do no harm.

use super::ctx::Ctx;
use super::kept;
use super::page::{local_path, see_other};
use crate::account::sign_ins::Way;
use crate::account::workers;
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::wechat::ErrorClass;
use crate::wechat::oauth::{Login, Scope};
use poem::web::Query;
use poem::{Response, handler};
use serde::Deserialize;
use std::time::Duration;

/// A login may take this long.
const STATE_TTL: Duration = Duration::from_secs(600);
/// So often is a login begun again by itself when its code does not hold.
const RETRIES: u32 = 2;

#[derive(Deserialize)]
struct Start {
    #[serde(default)]
    next: String,
}

/// `GET /wechat/oauth/start?next=`: always by way of WeChat, signed in or not: it is silent, and the only one who knows
/// whose WeChat this is.
#[handler]
pub async fn start(ctx: Ctx, Query(Start { next }): Query<Start>) -> Result<Response> {
    let next = local_path(&next);
    go(&ctx, next, 0).await
}

async fn go(ctx: &Ctx, next: &str, tries: u32) -> Result<Response> {
    let app = &ctx.app;
    let state = hex::encode(app.entropy.bytes::<24>());
    app.cache
        .set(&format!("oauth:{state}"), &format!("{tries}:{next}"), STATE_TTL)
        .await?;
    ctx.set_oauth_state(&state);
    let back = app.link("/wechat/oauth/callback");
    let url = app
        .wechat
        .authorize_url(&back, Scope::Base, &state)
        .map_err(|_| anyhow::anyhow!("a state of hex digits is refused"))?;
    Ok(see_other(&url))
}

#[derive(Deserialize)]
struct Back {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
}

/// `GET /wechat/oauth/callback?code=&state=`
#[handler]
pub async fn callback(ctx: Ctx, Query(Back { code, state }): Query<Back>) -> Result<Response> {
    let known = if state.is_empty() {
        None
    } else {
        ctx.app.cache.take(&format!("oauth:{state}")).await?
    };
    let parts = known.as_deref().and_then(|text| text.split_once(':'));
    let Some((tries, next)) =
        parts.and_then(|(tries, next)| Some((tries.parse::<u32>().ok()?, next.to_owned())))
    else {
        // The back key, or an old link: who is signed in goes on, everybody else begins again.
        return if ctx.openid().is_some() {
            Ok(see_other("/"))
        } else {
            Err(Refusal::OauthState.into())
        };
    };
    if !ctx.began_oauth(&state) {
        // Begun in another browser, or the cookie was dropped: this browser begins its own login.
        tracing::info!(tries, "a login comes back to a browser that did not begin it");
        return match tries {
            tries if tries < RETRIES => go(&ctx, &next, tries + 1).await,
            _ => Err(Refusal::OauthState.into()),
        };
    }
    if code.is_empty() {
        return Err(Refusal::OauthCode.into()); // not allowed by the person
    }
    match ctx.app.wechat.exchange_code(&code).await {
        Ok(login) => arrive(&ctx, &login, &next).await,
        Err(error) if error.class() == ErrorClass::Login => {
            tracing::info!(%error, tries, "a login code does not hold");
            match (ctx.openid(), tries) {
                (Some(_), _) => Ok(see_other(&next)),
                (None, tries) if tries < RETRIES => go(&ctx, &next, tries + 1).await,
                _ => Err(Refusal::OauthCode.into()),
            }
        }
        Err(error) => Err(Error::Internal(
            anyhow::Error::new(error).context("exchanging a login code"),
        )),
    }
}

/// A WeChat user is here: a bound one is signed in, another one signs in by phone and is bound then.
async fn arrive(ctx: &Ctx, login: &Login, next: &str) -> Result<Response> {
    if login.is_snapshotuser {
        return Err(Refusal::OauthVirtual.into()); // a virtual openid is never bound
    }
    match workers::by_openid(&ctx.app, &login.openid).await? {
        Some(worker) => ctx.sign_in_worker(&worker.id, Way::Wechat).await?,
        None => ctx.leave_worker().await?,
    }
    ctx.set_openid(&login.openid);
    Ok(see_other(kept::onward(ctx, next)))
}
