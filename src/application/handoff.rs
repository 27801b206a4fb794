//! From PC to phone and back: a one-time link opens the upload of one application on one phone for ten minutes
//! (issue 4). All of it stands in the cache; what is kept of the link's token is its hash.
//!
//! The first device that takes the link up gets a secret of its own; from then on the link alone opens nothing.

use super::drafts::{self, Editable};
use super::{Application, DocumentKind};
use crate::app::App;
use crate::error::Result;
use crate::kernel::code::sha256_hex;
use crate::kernel::time::MINUTE;
use crate::kernel::{Refusal, Time};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long it lasts, in milliseconds.
pub const LASTS: i64 = 10 * MINUTE;
const TTL: Duration = Duration::from_millis(LASTS as u64);

/// What the cache knows of one; ids only.
#[derive(Serialize, Deserialize)]
struct Offer {
    worker: String,
    application: String,
    until: i64,
}

/// A hand-off that has just begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The token for the link, to be shown once.
    pub token: String,
    /// When it ends by itself.
    pub until: Time,
}

/// What the phone's session holds: which hand-off, and the secret that makes it this device's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// Hash of the link's token.
    pub offer: String,
    /// The device's secret.
    pub secret: String,
}

impl Pass {
    /// Whether it was got with this token.
    pub fn is_for(&self, token: &str) -> bool {
        self.offer == sha256_hex(token.as_bytes())
    }
}

/// What a phone with a pass may do: upload these papers to this application.
pub struct Granted {
    /// Whose application it is.
    pub worker_id: String,
    /// The application.
    pub application: Application,
    /// What of it may be uploaded.
    pub editable: Editable,
    /// Until when.
    pub until: Time,
}

/// How it stands, for the PC that shows the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phone {
    /// Nobody has taken the link up.
    Waiting,
    /// A phone has.
    Joined,
    /// Ended, run out, or never begun.
    Over,
}

impl Phone {
    /// For the page's script.
    pub fn as_str(self) -> &'static str {
        match self {
            Phone::Waiting => "waiting",
            Phone::Joined => "joined",
            Phone::Over => "over",
        }
    }
}

fn offer_key(offer: &str) -> String {
    format!("handoff:{offer}")
}

fn device_key(offer: &str) -> String {
    format!("handoff-device:{offer}")
}

/// Which hand-off is an application's only one.
fn current_key(application_id: &str) -> String {
    format!("handoff-of:{application_id}")
}

/// Begins one for the worker's own application; an earlier one of the same application ends.
///
/// Errors: [`Refusal::NotEditable`], [`Refusal::ChecksNotTicked`].
pub async fn begin(app: &App, worker_id: &str, application_id: &str) -> Result<Begun> {
    let application = super::own(app, worker_id, application_id).await?;
    if drafts::editable(app, &application).await? == Editable::Nothing {
        return Err(Refusal::NotEditable.into());
    }
    if application.checked_version == 0 {
        return Err(Refusal::ChecksNotTicked.into());
    }
    end(app, worker_id, application_id).await?;
    let token = app.entropy.token();
    let until = app.now().plus(LASTS);
    let hash = sha256_hex(token.as_bytes());
    let offer = Offer {
        worker: worker_id.to_owned(),
        application: application_id.to_owned(),
        until: until.0,
    };
    let text = serde_json::to_string(&offer).map_err(anyhow::Error::from)?;
    app.cache.set(&offer_key(&hash), &text, TTL).await?;
    app.cache.set(&current_key(application_id), &hash, TTL).await?;
    Ok(Begun { token, until })
}

/// Ends the application's hand-off, whoever holds it.
pub async fn end(app: &App, worker_id: &str, application_id: &str) -> Result<()> {
    super::own(app, worker_id, application_id).await?;
    if let Some(hash) = app.cache.take(&current_key(application_id)).await? {
        app.cache.delete(&offer_key(&hash)).await?;
        app.cache.delete(&device_key(&hash)).await?;
    }
    Ok(())
}

/// Whether a link can be taken up. Looking takes nothing: whatever fetches a link before a person sees it, as chat
/// programs do, must not use it up.
///
/// Errors: [`Refusal::HandoffOver`] for a forged, ended or expired link, [`Refusal::HandoffTaken`].
pub async fn look(app: &App, token: &str) -> Result<Time> {
    let hash = sha256_hex(token.as_bytes());
    let granted = granted(app, &hash).await?;
    match app.cache.get(&device_key(&hash)).await? {
        None => Ok(granted.until),
        Some(_) => Err(Refusal::HandoffTaken.into()),
    }
}

/// Takes a link up: this device is the one from now on.
///
/// Errors: as [`look`].
pub async fn join(app: &App, token: &str) -> Result<Pass> {
    let offer = sha256_hex(token.as_bytes());
    granted(app, &offer).await?;
    let secret = app.entropy.token();
    let device = sha256_hex(secret.as_bytes());
    if app.cache.set_new(&device_key(&offer), &device, TTL).await? {
        Ok(Pass { offer, secret })
    } else {
        Err(Refusal::HandoffTaken.into())
    }
}

/// What the holder of a pass may do now.
///
/// Errors: [`Refusal::HandoffOver`] once it ended, ran out, or the application was submitted.
pub async fn used(app: &App, pass: &Pass) -> Result<Granted> {
    use subtle::ConstantTimeEq as _;
    let granted = granted(app, &pass.offer).await?;
    let device = app.cache.get(&device_key(&pass.offer)).await?;
    let mine = sha256_hex(pass.secret.as_bytes());
    match device {
        Some(device) if bool::from(device.as_bytes().ct_eq(mine.as_bytes())) => Ok(granted),
        _ => Err(Refusal::HandoffOver.into()),
    }
}

/// How the application's hand-off stands.
pub async fn phone(app: &App, application_id: &str) -> Result<Phone> {
    let Some(hash) = app.cache.get(&current_key(application_id)).await? else {
        return Ok(Phone::Over);
    };
    if granted(app, &hash).await.is_err() {
        return Ok(Phone::Over);
    }
    let joined = app.cache.get(&device_key(&hash)).await?.is_some();
    Ok(if joined { Phone::Joined } else { Phone::Waiting })
}

async fn granted(app: &App, offer_hash: &str) -> Result<Granted> {
    let over = || Refusal::HandoffOver;
    let text = app.cache.get(&offer_key(offer_hash)).await?.ok_or_else(over)?;
    let offer: Offer = serde_json::from_str(&text).map_err(anyhow::Error::from)?;
    let current = app.cache.get(&current_key(&offer.application)).await?;
    if app.now().0 >= offer.until || current.as_deref() != Some(offer_hash) {
        return Err(over().into());
    }
    let application = super::own(app, &offer.worker, &offer.application).await?;
    let editable = drafts::editable(app, &application).await?;
    let uploads = DocumentKind::ALL
        .iter()
        .any(|kind| editable.allows(kind.as_str()));
    if !uploads {
        return Err(over().into());
    }
    Ok(Granted {
        worker_id: offer.worker,
        application,
        editable,
        until: Time(offer.until),
    })
}
