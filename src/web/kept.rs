//! A sign-in that ends while somebody types: what a worker's form held is kept for half an hour, they sign in, see what
//! was kept, and go on with it.
//!
//! Kept sealed in the cache under a one-time key that only the session knows; never in a URL. The CSRF token ends with a
//! keyed mark of who it was made for ([`Ctx::mark_of`]): what one worker typed is never given to another, and a form
//! that another site makes a browser send has no such mark and is not kept.

use super::ctx::{Ctx, MARK};
use crate::account::throttle::{self, KEPT_PER_ADDRESS};
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use poem::Request;
use poem::http::{Method, header};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Where one goes on.
pub const PATH: &str = "/kept";

/// How long it is kept.
pub const TTL: Duration = Duration::from_secs(1800);
/// Larger forms than any of ours are not kept.
const MAX_BYTES: usize = 32 * 1024;
const PLACE: &str = "kept";
/// Never kept: they are of no use later, or are typed again.
const SECRET: &[&str] = &["csrf", "password", "password_again", "code", "pass"];

/// A form that waits for its sender.
#[derive(Serialize, Deserialize)]
pub struct Kept {
    /// Whose it is.
    mark: String,
    /// Where it was sent.
    pub path: String,
    /// The page it was on.
    pub page: String,
    /// What was typed.
    pub fields: Vec<(String, String)>,
}

/// Keeps a form that came without a token that holds, if a worker's page made it; whether it did.
pub async fn keep(ctx: &Ctx, req: &Request, token: &str, body: &[u8]) -> Result<bool> {
    let path = req.original_uri().path();
    let Some(mark) = mark(token).filter(|_| is_kept(req, path) && body.len() <= MAX_BYTES) else {
        return Ok(false);
    };
    if ctx.worker().is_ok_and(|worker| ctx.mark_of(&worker) != mark) {
        return Ok(false);
    }
    match throttle::check(&ctx.app, &KEPT_PER_ADDRESS, ctx.address(), Refusal::CsrfFailed).await {
        Err(Error::Refused(_)) => return Ok(false),
        other => other?,
    }
    let fields = url::form_urlencoded::parse(body)
        .filter(|(name, _)| !SECRET.contains(&name.as_ref()))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let referer = req
        .header(header::REFERER)
        .and_then(|text| url::Url::parse(text).ok());
    let kept = Kept {
        mark: mark.to_owned(),
        path: path.to_owned(),
        page: referer.map_or_else(|| path.to_owned(), |url| url.path().to_owned()),
        fields,
    };
    let json = serde_json::to_string(&kept).map_err(anyhow::Error::from)?;
    let key = ctx.app.entropy.token();
    let sealed = ctx.app.seal(PLACE, &json);
    ctx.app.cache.set(&format!("kept:{key}"), &sealed, TTL).await?;
    ctx.set_kept(Some(&key));
    Ok(true)
}

/// The mark at the end of a token that was made for a worker.
fn mark(token: &str) -> Option<&str> {
    let (_, mark) = token.rsplit_once('.')?;
    (mark.len() == MARK && mark.bytes().all(|b| b.is_ascii_hexdigit())).then_some(mark)
}

/// The worker's own pages, sent by the browser itself; not the doors, whose fields are secrets.
fn is_kept(req: &Request, path: &str) -> bool {
    let area = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let json = req
        .header(header::ACCEPT)
        .is_some_and(|accept| accept.starts_with("application/json"));
    req.method() == Method::POST && !json && matches!(area, "apply" | "progress" | "me" | "enrol")
}

/// What waits for the signed-in worker.
pub async fn waiting(ctx: &Ctx) -> Result<Option<Kept>> {
    let (Some(key), worker) = (ctx.kept(), ctx.worker()?) else {
        return Ok(None);
    };
    let Some(sealed) = ctx.app.cache.get(&format!("kept:{key}")).await? else {
        ctx.set_kept(None);
        return Ok(None);
    };
    let json = ctx.app.sealer.open_text(PLACE, &sealed)?;
    let kept: Kept = serde_json::from_str(&json).map_err(anyhow::Error::from)?;
    if kept.mark == ctx.mark_of(&worker) {
        return Ok(Some(kept));
    }
    // Somebody else signed in: they neither see it nor send it.
    done(ctx).await?;
    Ok(None)
}

/// Forgets what waits: it was sent, or is not wanted.
pub async fn done(ctx: &Ctx) -> Result<()> {
    if let Some(key) = ctx.kept() {
        ctx.app.cache.delete(&format!("kept:{key}")).await?;
        ctx.set_kept(None);
    }
    Ok(())
}

/// A form of the worker's own came through: nothing waits any more.
pub async fn passed(ctx: &Ctx, req: &Request) -> Result<()> {
    if is_kept(req, req.original_uri().path()) {
        done(ctx).await?;
    }
    Ok(())
}

/// Where a sign-in leads: to what waits, else to `next`.
pub fn onward<'a>(ctx: &Ctx, next: &'a str) -> &'a str {
    if ctx.kept().is_some() { PATH } else { next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_token_made_for_a_worker_has_a_mark() {
        assert_eq!(mark("abc.0123456789abcdef"), Some("0123456789abcdef"));
        for none in [
            "",
            "abc",
            "abc.",
            "abc.0123456789abcdeg",
            "abc.0123456789abcde",
            "token-of-the-test",
        ] {
            assert_eq!(mark(none), None, "{none}");
        }
    }
}
