//! How often something may be tried, counted in the cache.

use crate::app::App;
use crate::error::Result;
use crate::kernel::Refusal;
use std::time::Duration;

/// A limit: so many in a window.
pub struct Limit {
    /// Names the counter; the key's first part.
    pub name: &'static str,
    /// How many are let through.
    pub most: u64,
    /// In which time.
    pub window: Duration,
}

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Codes to one phone a day.
pub const SMS_PER_PHONE: Limit = Limit {
    name: "sms-phone",
    most: 10,
    window: DAY,
};
/// Codes asked for from one address in ten minutes; a factory's workers may share one.
pub const SMS_PER_ADDRESS: Limit = Limit {
    name: "sms-address",
    most: 60,
    window: Duration::from_secs(600),
};
/// Codes a day in all: a bound on what an attack can cost (`SMS_CODES_PER_DAY`).
pub fn sms_per_day(app: &App) -> Limit {
    Limit {
        name: "sms-day",
        most: app.config.sms_codes_per_day,
        window: DAY,
    }
}
/// Officers' password attempts from one address in a quarter of an hour.
pub const PASSWORDS_PER_ADDRESS: Limit = Limit {
    name: "password-address",
    most: 50,
    window: Duration::from_secs(900),
};
/// A worker's password attempts for one phone in a quarter of an hour.
pub const WORKER_PASSWORDS_PER_PHONE: Limit = Limit {
    name: "worker-password-phone",
    most: 5,
    window: Duration::from_secs(900),
};
/// Workers' password attempts from one address in a quarter of an hour; a factory's workers may share one.
pub const WORKER_PASSWORDS_PER_ADDRESS: Limit = Limit {
    name: "worker-password-address",
    most: 100,
    window: Duration::from_secs(900),
};
/// Forms kept for who has to sign in again, from one address in ten minutes.
pub const KEPT_PER_ADDRESS: Limit = Limit {
    name: "kept-address",
    most: 100,
    window: Duration::from_secs(600),
};
/// Sliders tried from one address in a minute.
pub const SLIDERS_PER_ADDRESS: Limit = Limit {
    name: "slider-address",
    most: 120,
    window: MINUTE,
};
/// Files of one worker in ten minutes: every one of them is opened and looked at.
pub const UPLOADS_PER_WORKER: Limit = Limit {
    name: "uploads-worker",
    most: 120,
    window: Duration::from_secs(600),
};

/// Pages signed for the JS-SDK for one address in a minute; a factory's workers may share one.
pub const PAGES_SIGNED_PER_ADDRESS: Limit = Limit {
    name: "jssdk-address",
    most: 300,
    window: MINUTE,
};

/// Counts one attempt; `otherwise` when the limit is passed. `who` is a keyed hash or an address, never a phone.
pub async fn check(app: &App, limit: &Limit, who: &str, otherwise: Refusal) -> Result<()> {
    let n = app
        .cache
        .count(&format!("throttle:{}:{who}", limit.name), limit.window)
        .await?;
    if n > limit.most {
        Err(otherwise.into())
    } else {
        Ok(())
    }
}

/// Forgets the attempts, after one that succeeded.
pub async fn clear(app: &App, limit: &Limit, who: &str) -> Result<()> {
    Ok(app
        .cache
        .delete(&format!("throttle:{}:{who}", limit.name))
        .await?)
}
