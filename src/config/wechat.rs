//! Settings of the official account.

use super::{ConfigError, Env, Purpose, error, number, required, web_url};
use crate::wechat::{AesKey, Mode};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// The official account, as in WeChat's console.
#[derive(Clone)]
pub struct Wechat {
    /// AppID.
    pub app_id: String,
    /// AppSecret.
    pub app_secret: String,
    /// Token of the message push.
    pub token: String,
    /// EncodingAESKey, the current one first, then the one before while a change is under way.
    pub keys: Vec<AesKey>,
    /// As set in the console, never taken from a request.
    pub mode: Mode,
    /// Greatest age of a callback in seconds; 0 turns the check off.
    pub tolerance_s: u32,
    /// Where the API is.
    pub api_base: String,
    /// Where the OAuth page is.
    pub open_base: String,
    /// Our template names to WeChat's template ids.
    pub templates: BTreeMap<String, String>,
    /// The same names to the ids of 订阅通知 templates.
    pub subscribe_templates: BTreeMap<String, String>,
    /// Hosts whose pages may use the JS-SDK, besides that of the public address: `host` or `host:port`.
    pub js_domains: Vec<String>,
    /// The mini-program of the same owner, if there is one.
    pub mini: Option<Mini>,
}

/// The mini-program, as in its own console.
#[derive(Clone)]
pub struct Mini {
    /// AppID.
    pub app_id: String,
    /// AppSecret.
    pub secret: String,
}

impl Mini {
    /// Both or neither; the demo has one that only its simulator knows.
    fn read(env: Env, demo: bool) -> Result<Option<Self>, ConfigError> {
        const EXAMPLE: &str = "0123456789abcdef0123456789abcdef";
        let app_id = env("WECHAT_MINI_APP_ID");
        let secret = env("WECHAT_MINI_APP_SECRET");
        match (app_id, secret) {
            (Some(app_id), Some(secret)) => Ok(Some(Mini {
                app_id: app_id.trim().to_owned(),
                secret: secret.trim().to_owned(),
            })),
            (Some(_), None) => Err(error(
                "WECHAT_MINI_APP_SECRET",
                "is not set, though WECHAT_MINI_APP_ID is",
                EXAMPLE,
            )),
            (None, Some(_)) => Err(error(
                "WECHAT_MINI_APP_ID",
                "is not set, though WECHAT_MINI_APP_SECRET is",
                "wx2c2769f8efd9abc3",
            )),
            (None, None) => Ok(demo.then(|| Mini {
                app_id: "wx00000000000mini1".to_owned(),
                secret: "demo-mini-secret".to_owned(),
            })),
        }
    }
}

/// The template messages that `notice` sends; each needs an id in `WECHAT_TEMPLATES`.
pub const TEMPLATE_NAMES: &[&str] = &["progress", "work", "union"];

/// The demo's official account: only the simulator knows it.
pub const DEMO_AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

impl Wechat {
    pub(super) fn read(env: Env, purpose: Purpose, sim: SocketAddr) -> Result<Self, ConfigError> {
        let demo = purpose == Purpose::Demo;
        let base = |real: &str| {
            if demo {
                format!("http://{sim}")
            } else {
                real.to_owned()
            }
        };
        let api_base = env("WECHAT_API_BASE").unwrap_or_else(|| base("https://api.weixin.qq.com"));
        let open_base = env("WECHAT_OPEN_BASE").unwrap_or_else(|| base("https://open.weixin.qq.com"));
        let current = required(
            env,
            purpose,
            "WECHAT_ENCODING_AES_KEY",
            DEMO_AES_KEY,
            DEMO_AES_KEY,
        )?;
        let mut keys = vec![aes_key("WECHAT_ENCODING_AES_KEY", &current)?];
        if let Some(previous) = env("WECHAT_ENCODING_AES_KEY_PREVIOUS") {
            keys.push(aes_key("WECHAT_ENCODING_AES_KEY_PREVIOUS", &previous)?);
        }
        let mode = env("WECHAT_MESSAGE_MODE").unwrap_or_else(|| "secure".to_owned());
        let mode = mode.parse().map_err(|_| {
            error(
                "WECHAT_MESSAGE_MODE",
                "must be secure, compatible or plain, as in the console",
                "secure",
            )
        })?;
        let tolerance = number(env, "WECHAT_CALLBACK_TOLERANCE_S", 600, "600")?;
        let tolerance_s = u32::try_from(tolerance)
            .map_err(|_| error("WECHAT_CALLBACK_TOLERANCE_S", "is too large", "600"))?;
        Ok(Wechat {
            app_id: required(
                env,
                purpose,
                "WECHAT_APP_ID",
                "wx00000000000demo1",
                "wx2c2769f8efd9abc2",
            )?,
            app_secret: required(
                env,
                purpose,
                "WECHAT_APP_SECRET",
                "demo-app-secret",
                "0123456789abcdef0123456789abcdef",
            )?,
            token: required(env, purpose, "WECHAT_TOKEN", "demotoken", "a3kd93jd93")?,
            keys,
            mode,
            tolerance_s,
            api_base: web_url("WECHAT_API_BASE", &api_base, "https://api.weixin.qq.com")?,
            open_base: web_url("WECHAT_OPEN_BASE", &open_base, "https://open.weixin.qq.com")?,
            templates: templates(env, "WECHAT_TEMPLATES", demo.then_some("demo"))?,
            subscribe_templates: templates(
                env,
                "WECHAT_SUBSCRIBE_TEMPLATES",
                demo.then_some("demo-subscribe"),
            )?,
            js_domains: js_domains(env)?,
            mini: Mini::read(env, demo)?,
        })
    }
}

/// `name=id, name=id`; the demo's ids are the names with a prefix, as its simulator is told.
fn templates(
    env: Env,
    setting: &'static str,
    demo: Option<&str>,
) -> Result<BTreeMap<String, String>, ConfigError> {
    let Some(text) = env(setting) else {
        let ids = demo.into_iter().flat_map(|prefix| {
            TEMPLATE_NAMES
                .iter()
                .map(move |name| (name.to_string(), format!("{prefix}-{name}")))
        });
        return Ok(ids.collect());
    };
    let mut templates = BTreeMap::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let Some((name, id)) = pair
            .split_once('=')
            .map(|(n, i)| (n.trim(), i.trim()))
            .filter(|(_, id)| !id.is_empty())
        else {
            return Err(error(
                setting,
                "must be name=id pairs with commas",
                "progress=ngqIpbwh8bUfcSsECmog, work=tm4Xb02",
            ));
        };
        if !TEMPLATE_NAMES.contains(&name) {
            let known = TEMPLATE_NAMES.join(", ");
            return Err(error(
                setting,
                format!("knows no template {name:?}; the names are {known}"),
                "progress=ngqIpbwh8bUfcSsECmog",
            ));
        }
        templates.insert(name.to_owned(), id.to_owned());
    }
    Ok(templates)
}

/// Hosts with commas, as the console's JS 接口安全域名 has them.
fn js_domains(env: Env) -> Result<Vec<String>, ConfigError> {
    const NAME: &str = "WECHAT_JS_DOMAINS";
    let text = env(NAME).unwrap_or_default();
    let hosts = text.split(',').map(str::trim).filter(|host| !host.is_empty());
    hosts
        .map(|host| match url::Url::parse(&format!("https://{host}/")) {
            Ok(url) if !host.contains(['/', '@', '?', '#', '\\']) && url.host_str().is_some() => {
                Ok(host.to_ascii_lowercase())
            }
            _ => Err(error(
                NAME,
                "must be hosts with commas, without https://",
                "zgjy.example.org.cn",
            )),
        })
        .collect()
}

fn aes_key(name: &'static str, text: &str) -> Result<AesKey, ConfigError> {
    AesKey::parse(text).map_err(|_| error(name, "must be 43 letters and digits", DEMO_AES_KEY))
}
