//! The 齐鲁工惠 APP's signed ticket: who signs, for whom, with which algorithm and key (docs/app-webview.md).

use super::{ConfigError, Env, Purpose, error};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};

/// How tickets are verified: the algorithm is fixed here, the ticket's own word for it counts for nothing.
#[derive(Clone)]
pub struct AppTicket {
    /// The only algorithm that is accepted.
    pub algorithm: Algorithm,
    /// The shared secret (HS…) or the APP's public key.
    pub key: DecodingKey,
    /// `iss` of every ticket.
    pub issuer: String,
    /// `aud` of every ticket.
    pub audience: String,
}

/// The demo's secret, with which the simulator's APP signs.
pub const DEMO_APP_TICKET_KEY: &str = "demo-app-ticket-key-of-this-machine-only";
/// The demo's issuer.
pub const DEMO_APP_TICKET_ISSUER: &str = "qilugonghui";
/// The demo's audience.
pub const DEMO_APP_TICKET_AUDIENCE: &str = "yuanmeng";

const KEY_EXAMPLE: &str = "/etc/yuanmeng/app-ticket.pem";
/// RFC 7518, 3.2: a key at least as long as the hash.
const SECRET_MIN: usize = 32;

impl AppTicket {
    /// None in production while nothing is set: the door is then closed. One set asks for all.
    pub fn read(env: Env, purpose: Purpose) -> Result<Option<Self>, ConfigError> {
        let names = [
            "APP_TICKET_ALGORITHM",
            "APP_TICKET_KEY",
            "APP_TICKET_ISSUER",
            "APP_TICKET_AUDIENCE",
        ];
        let any = names.iter().any(|name| env(name).is_some());
        if purpose == Purpose::Serve && !any {
            return Ok(None);
        }
        let text = |name: &'static str, demo: &str, example: &'static str| match env(name) {
            Some(value) => Ok(value.trim().to_owned()),
            None if !any => Ok(demo.to_owned()),
            None => Err(error(
                name,
                "is not set, though others of APP_TICKET_ are",
                example,
            )),
        };
        let algorithm = algorithm(&text("APP_TICKET_ALGORITHM", "HS256", "RS256")?)?;
        let key = key(
            algorithm,
            &text("APP_TICKET_KEY", DEMO_APP_TICKET_KEY, KEY_EXAMPLE)?,
        )?;
        Ok(Some(AppTicket {
            algorithm,
            key,
            issuer: text("APP_TICKET_ISSUER", DEMO_APP_TICKET_ISSUER, "qilugonghui")?,
            audience: text("APP_TICKET_AUDIENCE", DEMO_APP_TICKET_AUDIENCE, "yuanmeng")?,
        }))
    }
}

fn algorithm(name: &str) -> Result<Algorithm, ConfigError> {
    name.parse().map_err(|_| {
        error(
            "APP_TICKET_ALGORITHM",
            "must be one of HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA",
            "RS256",
        )
    })
}

/// A shared secret as it is; a public key as PEM, or the path of a file that holds it.
fn key(algorithm: Algorithm, text: &str) -> Result<DecodingKey, ConfigError> {
    let problem = |what: &str| error("APP_TICKET_KEY", what, KEY_EXAMPLE);
    if algorithm.family() == AlgorithmFamily::Hmac {
        return if text.len() >= SECRET_MIN {
            Ok(DecodingKey::from_secret(text.as_bytes()))
        } else {
            Err(problem("must have at least 32 characters"))
        };
    }
    let pem = if text.starts_with('/') {
        std::fs::read_to_string(text).map_err(|_| problem("names a file that cannot be read"))?
    } else {
        text.replace("\\n", "\n")
    };
    if !pem.contains("PUBLIC KEY") {
        return Err(problem("is not a public key in PEM"));
    }
    let key = match algorithm.family() {
        AlgorithmFamily::Rsa => DecodingKey::from_rsa_pem(pem.as_bytes()),
        AlgorithmFamily::Ec => DecodingKey::from_ec_pem(pem.as_bytes()),
        _ => DecodingKey::from_ed_pem(pem.as_bytes()),
    };
    key.map_err(|_| problem("is not a public key of the algorithm in PEM"))
}
