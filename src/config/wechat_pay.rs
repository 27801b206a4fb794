//! The merchant of WeChat Pay: all of it or nothing, since half a configuration takes money and cannot give it back.

use super::{ConfigError, Env, Purpose, error, web_url};
use crate::wechat::pay::{ApiV3Key, KeyError, MerchantKey, PayConfig, PlatformKey, PlatformKeys, keys};
use std::net::SocketAddr;

const MCH_ID: &str = "WECHAT_PAY_MCH_ID";
const API_V3_KEY: &str = "WECHAT_PAY_API_V3_KEY";
const PRIVATE_KEY: &str = "WECHAT_PAY_PRIVATE_KEY";
const SERIAL: &str = "WECHAT_PAY_SERIAL";
const PUBLIC_KEY: &str = "WECHAT_PAY_PUBLIC_KEY";
const PUBLIC_KEY_ID: &str = "WECHAT_PAY_PUBLIC_KEY_ID";
const PLATFORM_CERTS: &str = "WECHAT_PAY_PLATFORM_CERTS";
const API_BASE: &str = "WECHAT_PAY_API_BASE";

const NAMES: [&str; 7] = [
    MCH_ID,
    API_V3_KEY,
    PRIVATE_KEY,
    SERIAL,
    PUBLIC_KEY,
    PUBLIC_KEY_ID,
    PLATFORM_CERTS,
];

/// None while nothing is set: paying is then not offered. One set asks for all, and for WeChat's public key or its
/// certificates (`fetch`: they are fetched at the start).
pub fn read(
    env: Env,
    purpose: Purpose,
    sim: SocketAddr,
    app_id: &str,
) -> Result<Option<PayConfig>, ConfigError> {
    if !NAMES.iter().any(|name| env(name).is_some()) {
        return Ok(None);
    }
    let text = |name: &'static str, example: &'static str| match env(name) {
        Some(value) => Ok(value.trim().to_owned()),
        None => Err(error(
            name,
            "is not set, though others of WECHAT_PAY_ are",
            example,
        )),
    };
    let mch_id = text(MCH_ID, "1900000109")?;
    if !(8..=10).contains(&mch_id.len()) || !mch_id.bytes().all(|b| b.is_ascii_digit()) {
        return Err(error(MCH_ID, "must be 8 to 10 digits", "1900000109"));
    }
    let serial = text(SERIAL, "5157F09EFDC096DE15EBE81A47057A72F33B8E1A")?;
    if !serial.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(error(
            SERIAL,
            "must be hexadecimal digits",
            "5157F09EFDC096DE15EBE81A47057A72F33B8E1A",
        ));
    }
    let api_v3_key =
        ApiV3Key::parse(&text(API_V3_KEY, "0123456789abcdef0123456789abcdef")?).map_err(|_| {
            error(
                API_V3_KEY,
                "must have 32 characters",
                "0123456789abcdef0123456789abcdef",
            )
        })?;
    let pem = pem(PRIVATE_KEY, &text(PRIVATE_KEY, PEM_EXAMPLE)?, PEM_EXAMPLE)?;
    let key = MerchantKey::from_pem(&pem).map_err(|e| wrong_key(PRIVATE_KEY, e, PEM_EXAMPLE))?;
    let base = match purpose {
        Purpose::Demo => format!("http://{sim}"),
        Purpose::Serve => "https://api.mch.weixin.qq.com".to_owned(),
    };
    let api_base = env(API_BASE).unwrap_or(base);
    Ok(Some(PayConfig {
        api_base: web_url(API_BASE, &api_base, "https://api.mch.weixin.qq.com")?,
        mch_id,
        app_id: app_id.to_owned(),
        serial: serial.to_ascii_uppercase(),
        key,
        api_v3_key,
        platform: platform(env)?,
    }))
}

const PEM_EXAMPLE: &str = "/etc/yuanmeng/apiclient_key.pem";
const PUB_EXAMPLE: &str = "/etc/yuanmeng/pub_key.pem";
const ID_EXAMPLE: &str = "PUB_KEY_ID_0119000001092024111100000000000000";
const CERTS_EXAMPLE: &str = "/etc/yuanmeng/wechatpay_cert.pem";

/// The public key with its id, certificates, or both while one is exchanged for the other.
fn platform(env: Env) -> Result<PlatformKeys, ConfigError> {
    let keys = PlatformKeys::new();
    match (env(PUBLIC_KEY), env(PUBLIC_KEY_ID)) {
        (Some(text), Some(id)) => {
            let pem = pem(PUBLIC_KEY, &text, PUB_EXAMPLE)?;
            let key = PlatformKey::from_pem(&pem).map_err(|e| wrong_key(PUBLIC_KEY, e, PUB_EXAMPLE))?;
            keys.add_public_key(id.trim(), key)
                .map_err(|_| error(PUBLIC_KEY_ID, "must begin with PUB_KEY_ID_", ID_EXAMPLE))?;
        }
        (Some(_), None) => {
            return Err(error(
                PUBLIC_KEY_ID,
                "is not set, though WECHAT_PAY_PUBLIC_KEY is",
                ID_EXAMPLE,
            ));
        }
        (None, Some(_)) => {
            return Err(error(
                PUBLIC_KEY,
                "is not set, though WECHAT_PAY_PUBLIC_KEY_ID is",
                PUB_EXAMPLE,
            ));
        }
        (None, None) => {}
    }
    match env(PLATFORM_CERTS).as_deref().map(str::trim) {
        // Fetched at the start and twice a day.
        Some("fetch") => {}
        Some(text) => {
            let pem = pem(PLATFORM_CERTS, text, CERTS_EXAMPLE)?;
            let certificates =
                keys::certificates(&pem).map_err(|e| wrong_key(PLATFORM_CERTS, e, CERTS_EXAMPLE))?;
            certificates
                .into_iter()
                .for_each(|certificate| keys.add_certificate(certificate));
        }
        None if keys.is_empty() => {
            return Err(error(
                PUBLIC_KEY,
                "is not set, and WECHAT_PAY_PLATFORM_CERTS neither: answers could not be verified",
                PUB_EXAMPLE,
            ));
        }
        None => {}
    }
    Ok(keys)
}

/// PEM as it is (line ends may be written `\n`), or the path of a file that holds it.
fn pem(name: &'static str, text: &str, example: &'static str) -> Result<String, ConfigError> {
    let text = text.trim();
    if text.contains("-----BEGIN ") {
        return Ok(text.replace("\\n", "\n"));
    }
    std::fs::read_to_string(text).map_err(|_| error(name, "names a file that cannot be read", example))
}

fn wrong_key(name: &'static str, wrong: KeyError, example: &'static str) -> ConfigError {
    let problem = match wrong {
        KeyError::NoPem => "holds no key or certificate of this kind in PEM",
        KeyError::NotRsa => "is not an RSA key of 2048 bits or more",
        _ => "is not a certificate in PEM",
    };
    error(name, problem, example)
}
