//! The 齐鲁工惠 APP's ticket: a JWT that says who opens our pages in its webview. Signed with the configured
//! key and algorithm, for us, for five minutes at most, used once. The contract: docs/app-webview.md.

use crate::app::App;
use crate::config::AppTicket;
use crate::error::Result;
use crate::kernel::time::SECOND;
use crate::kernel::{IdNumber, Refusal, Time, code};
use jsonwebtoken::{Validation, decode};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// From `iat` to `exp` at most.
pub const LIFETIME_S: i64 = 300;
/// So far may the APP's clock and ours differ.
pub const LEEWAY_S: i64 = 10;
/// Longer ones are not looked at.
pub const MAX_BYTES: usize = 4096;
/// The longest `sub` and `jti`.
const ID_MAX: usize = 128;

/// What a ticket says of the person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The APP's own id of its user.
    pub sub: String,
    /// Name; as on the ID card when verified.
    #[serde(default)]
    pub name: String,
    /// The phone of the APP's account.
    #[serde(default)]
    pub phone: String,
    /// ID number.
    #[serde(default)]
    pub id_number: String,
    /// Whether the APP has verified name, ID number and phone.
    #[serde(default)]
    pub verified: bool,
}

/// No personal data in a log.
impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Person(verified: {})", self.verified)
    }
}

#[derive(Deserialize)]
struct Claims {
    #[serde(flatten)]
    person: Person,
    jti: Option<String>,
    iat: Option<i64>,
    exp: Option<i64>,
    nbf: Option<i64>,
}

/// Why a ticket is refused, for the operator's log: never what stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Malformed,
    SignatureOrParty,
    Critical,
    NoSubject,
    NoTimes,
    NotYet,
    TooLong,
    Expired,
    NoJti,
    VerifiedWithoutIdentity,
}

impl Fault {
    fn refusal(self) -> Refusal {
        match self {
            Fault::Expired => Refusal::AppTicketExpired,
            _ => Refusal::AppTicketInvalid,
        }
    }
}

/// Verifies a ticket and uses it up.
///
/// Errors: [`Refusal::AppDoorClosed`] where no key is configured, [`Refusal::AppTicketInvalid`],
/// [`Refusal::AppTicketExpired`], [`Refusal::AppTicketUsed`].
pub async fn open(app: &App, ticket: &str) -> Result<Person> {
    let Some(config) = &app.config.app_ticket else {
        return Err(Refusal::AppDoorClosed.into());
    };
    let claims = verified(config, ticket, app.now()).map_err(|fault| {
        tracing::info!(?fault, "a ticket of the APP is refused");
        fault.refusal()
    })?;
    // Last, so that only what is right uses a jti up; kept until no clock takes the ticket any more.
    let jti = code::sha256_hex(claims.jti.unwrap_or_default().as_bytes());
    let until = Duration::from_secs((LIFETIME_S + 2 * LEEWAY_S) as u64);
    let key = format!("app-ticket:{jti}");
    if !app.cache.set_new(&key, "", until).await? {
        tracing::info!("a ticket of the APP comes a second time");
        return Err(Refusal::AppTicketUsed.into());
    }
    Ok(claims.person)
}

fn verified(config: &AppTicket, ticket: &str, now: Time) -> Result<Claims, Fault> {
    if ticket.is_empty() || ticket.len() > MAX_BYTES {
        return Err(Fault::Malformed);
    }
    let mut rules = Validation::new(config.algorithm);
    rules.set_issuer(&[&config.issuer]);
    rules.set_audience(&[&config.audience]);
    rules.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
    // Times are judged below, by the application's clock.
    rules.validate_exp = false;
    rules.validate_nbf = false;
    let data = decode::<Claims>(ticket, &config.key, &rules).map_err(|_| Fault::SignatureOrParty)?;
    if data.header.crit.is_some() {
        return Err(Fault::Critical); // RFC 7515, 4.1.11: an extension that is not understood
    }
    timely(&data.claims, now)?;
    let Claims { person, jti, .. } = &data.claims;
    if person.sub.trim().is_empty() || person.sub.len() > ID_MAX {
        return Err(Fault::NoSubject);
    }
    if jti
        .as_ref()
        .is_none_or(|jti| jti.trim().is_empty() || jti.len() > ID_MAX)
    {
        return Err(Fault::NoJti);
    }
    let identity = !person.name.trim().is_empty() && IdNumber::parse(&person.id_number, now).is_ok();
    if person.verified && !identity {
        return Err(Fault::VerifiedWithoutIdentity);
    }
    Ok(data.claims)
}

fn timely(claims: &Claims, now: Time) -> Result<(), Fault> {
    let (Some(iat), Some(exp)) = (claims.iat, claims.exp) else {
        return Err(Fault::NoTimes);
    };
    let now = now.0 / SECOND;
    let begins = claims.nbf.unwrap_or(iat).max(iat);
    match exp.checked_sub(iat) {
        None => Err(Fault::NoTimes),
        Some(life) if life <= 0 => Err(Fault::NoTimes),
        Some(life) if life > LIFETIME_S => Err(Fault::TooLong),
        Some(_) if begins > now.saturating_add(LEEWAY_S) => Err(Fault::NotYet),
        Some(_) if exp <= now.saturating_sub(LEEWAY_S) => Err(Fault::Expired),
        Some(_) => Ok(()),
    }
}
