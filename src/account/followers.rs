//! Who follows the official account, as WeChat's events tell.

use super::store;
use crate::app::App;
use crate::error::Result;
use crate::kernel::Time;

/// Notes that a WeChat user follows (with the QR code's scene that brought them), or does so no more. `at` is the
/// event's own time: what is older than the last that was noted came late and changes nothing.
pub async fn set_following(
    app: &App,
    openid: &str,
    following: bool,
    scene: Option<&str>,
    at: Time,
) -> Result<()> {
    let mut tx = app.db.write().await?;
    store::set_following(&mut tx, openid, following, scene, at).await?;
    tx.commit().await?;
    Ok(())
}

/// Deletes what is known of a WeChat user who closed their account or took back their permission.
pub async fn forget(app: &App, openid: &str) -> Result<()> {
    let mut tx = app.db.write().await?;
    store::delete_follower(&mut tx, openid).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether a WeChat user is known to follow; `None` when no event told.
pub async fn is_following(app: &App, openid: &str) -> Result<Option<bool>> {
    Ok(store::is_following(app, openid).await?)
}
