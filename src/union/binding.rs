//! An officer's WeChat is bound by scanning a QR code that their own signed-in page shows.

use super::{Officer, officers, store};
use crate::app::App;
use crate::error::Result;
use std::time::Duration;

/// The scene of an officer's QR code is this and a one-time token.
const SCENE: &str = "officer-";
/// How long a shown code can be scanned.
pub const VALID: Duration = Duration::from_secs(600);

fn key(token: &str) -> String {
    format!("officer-qr:{token}")
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

/// What a scanned scene means.
pub enum Scanned {
    /// Not a code of ours.
    Other,
    /// Used or too old.
    Stale,
    /// The officer whose WeChat this now is.
    Bound(Box<Officer>),
}

/// Binds the WeChat user who scanned an officer's code.
pub async fn scanned(app: &App, scene: &str, openid: &str) -> Result<Scanned> {
    let Some(token) = scene.strip_prefix(SCENE) else {
        return Ok(Scanned::Other);
    };
    let Some(officer_id) = app.cache.take(&key(token)).await? else {
        return Ok(Scanned::Stale);
    };
    officers::bind(app, &officer_id, Some(openid)).await?;
    Ok(Scanned::Bound(Box::new(officers::find(app, &officer_id).await?)))
}
