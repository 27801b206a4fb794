//! An officer's WeChat: bound by scanning a QR code that their own signed-in page shows, and scanned again at
//! sign-in where the officer wants that.

use super::{Officer, officers, store};
use crate::app::App;
use crate::audit::{self, Line};
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use serde_json::json;
use std::time::Duration;

/// The scene of an officer's QR code is this and a one-time token.
const SCENE: &str = "officer-";
/// The scene of the code that is scanned at sign-in.
const ENTER: &str = "enter-";
/// How long a shown code can be scanned.
pub const VALID: Duration = Duration::from_secs(600);

fn key(token: &str) -> String {
    format!("officer-qr:{token}")
}

fn enter_key(token: &str) -> String {
    format!("officer-enter:{token}")
}

fn entered_key(token: &str) -> String {
    format!("officer-entered:{token}")
}

/// A new scene for the officer's QR code, good for one scan within [`VALID`].
pub async fn offer(app: &App, officer_id: &str) -> Result<String> {
    let token = app.entropy.token();
    app.cache.set(&key(&token), officer_id, VALID).await?;
    Ok(format!("{SCENE}{token}"))
}

/// Unbinds a WeChat user who took back the permission to use their data, or closed their account.
pub async fn forget(app: &App, openid: &str) -> Result<()> {
    for officer_id in store::officers_with_openid(app, openid).await? {
        officers::bind(app, &officer_id, None).await?;
    }
    Ok(())
}

/// The officer gives the binding up.
///
/// Errors: [`Refusal::SecondFactorOn`] while they sign in with it.
pub async fn give_up(app: &App, officer: &Officer) -> Result<()> {
    if officer.second_factor {
        return Err(Refusal::SecondFactorOn.into());
    }
    officers::bind(app, &officer.id, None).await?;
    Ok(())
}

/// Turns the scan at sign-in on or off.
///
/// Errors: [`Refusal::WechatNotBound`].
pub async fn set_second_factor(app: &App, officer: &Officer, on: bool) -> Result<()> {
    let mut tx = app.db.write().await?;
    if !store::set_second_factor(&mut tx, &officer.id, on).await? {
        return Err(Refusal::WechatNotBound.into());
    }
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act: "officer.second_factor",
        subject: ("officer", &officer.id),
        detail: json!({ "on": on }),
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    tx.commit().await?;
    Ok(())
}

/// After the right password: a token whose code ([`enter_scene`]) the officer's own WeChat has to scan within [`VALID`].
pub async fn ask_scan(app: &App, officer: &Officer) -> Result<String> {
    let token = app.entropy.token();
    let asked = format!("{}:{}", officer.id, officer.signed_out);
    app.cache.set(&enter_key(&token), &asked, VALID).await?;
    Ok(token)
}

/// The officer who was asked for a scan; `None` once they left, or all their sessions were ended since.
async fn asked(app: &App, value: &str) -> Result<Option<Officer>> {
    let (id, signed_out) = value.split_once(':').unwrap_or((value, ""));
    match officers::find(app, id).await {
        Ok(officer) => Ok(Some(officer).filter(|officer| officer.signed_out.to_string() == signed_out)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The scene of the code to be scanned at sign-in.
pub fn enter_scene(token: &str) -> String {
    format!("{ENTER}{token}")
}

/// Where the scan at sign-in stands.
#[derive(Debug)]
pub enum Entering {
    /// Not scanned yet.
    Waiting,
    /// The token ended: the password is to be typed again.
    Over,
    /// Scanned by the officer's own WeChat; told once.
    Entered(Box<Officer>),
}

/// Whether the code was scanned, without using that up; `None` once the token ended.
pub async fn was_scanned(app: &App, token: &str) -> Result<Option<bool>> {
    if app.cache.get(&entered_key(token)).await?.is_some() {
        return Ok(Some(true));
    }
    Ok(app.cache.get(&enter_key(token)).await?.map(|_| false))
}

/// Looks whether the code was scanned; the first who is told so uses it up.
pub async fn entering(app: &App, token: &str) -> Result<Entering> {
    if let Some(value) = app.cache.take(&entered_key(token)).await? {
        let officer = asked(app, &value).await?;
        return Ok(officer.map_or(Entering::Over, |officer| Entering::Entered(Box::new(officer))));
    }
    Ok(match app.cache.get(&enter_key(token)).await? {
        Some(value) if asked(app, &value).await?.is_some() => Entering::Waiting,
        _ => Entering::Over,
    })
}

/// What a scanned scene means.
pub enum Scanned {
    /// Not a code of ours.
    Other,
    /// Used or too old.
    Stale,
    /// The officer whose WeChat this now is.
    Bound(Box<Officer>),
    /// Another officer signs in with this WeChat: it was not bound.
    Taken,
    /// The officer goes on signing in at the PC.
    Entered(Box<Officer>),
    /// The code at sign-in was scanned by somebody else's WeChat.
    NotTheirs,
}

/// Binds the WeChat user who scanned an officer's code, or lets them in who scanned the one at sign-in.
pub async fn scanned(app: &App, scene: &str, openid: &str) -> Result<Scanned> {
    if let Some(token) = scene.strip_prefix(ENTER) {
        return enter(app, token, openid).await;
    }
    let Some(token) = scene.strip_prefix(SCENE) else {
        return Ok(Scanned::Other);
    };
    let Some(officer_id) = app.cache.take(&key(token)).await? else {
        return Ok(Scanned::Stale);
    };
    if !officers::bind(app, &officer_id, Some(openid)).await? {
        return Ok(Scanned::Taken);
    }
    Ok(Scanned::Bound(Box::new(officers::find(app, &officer_id).await?)))
}

async fn enter(app: &App, token: &str, openid: &str) -> Result<Scanned> {
    let Some(value) = app.cache.get(&enter_key(token)).await? else {
        return Ok(Scanned::Stale);
    };
    let Some(officer) = asked(app, &value).await? else {
        return Ok(Scanned::Stale);
    };
    if officer.openid.as_deref() != Some(openid) {
        return Ok(Scanned::NotTheirs);
    }
    // First what the PC looks for, then the end of the question: it is never told that both are gone.
    app.cache.set(&entered_key(token), &value, VALID).await?;
    app.cache.delete(&enter_key(token)).await?;
    Ok(Scanned::Entered(Box::new(officer)))
}
