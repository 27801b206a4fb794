//! Settings from the environment, read and checked once at start. A wrong one stops the start with its name,
//! what is wrong and an example; `.env.example` explains each.

use base64::Engine as _;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// What the program is started for: `demo` fills every gap, `serve` refuses to start with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Everything runs here, with a simulated WeChat.
    Demo,
    /// Production.
    Serve,
}

/// A setting that stops the start.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {problem} (for example {name}={example})")]
pub struct ConfigError {
    /// The variable's name.
    pub name: &'static str,
    /// What is wrong, without the value: it may be a secret.
    pub problem: String,
    /// A value that would do.
    pub example: &'static str,
}

/// All settings.
#[derive(Clone)]
pub struct Config {
    /// Where HTTP is served, and under which address people reach it.
    pub http: Http,
    /// Database, cache and files.
    pub stores: Stores,
    /// Keys for personal data: the first seals, all open.
    pub secret_keys: Vec<[u8; 32]>,
    /// The official account.
    pub wechat: Wechat,
    /// Text messages.
    pub sms: Sms,
    /// Phone segments that are refused.
    pub virtual_segments: Vec<String>,
    /// Where the simulated WeChat listens (`demo` only).
    pub sim_listen: SocketAddr,
    /// Whether this is the demo: pages may then be framed by the simulator's phone.
    pub purpose: Purpose,
}

/// HTTP.
#[derive(Clone)]
pub struct Http {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// What stands before the path in links that leave the system; no slash at the end.
    pub public_url: String,
    /// Trust `X-Forwarded-For` of the proxy in front (its last address), for throttling.
    pub behind_proxy: bool,
}

/// Stores.
#[derive(Clone)]
pub struct Stores {
    /// The data directory.
    pub data_dir: PathBuf,
    /// `sqlite://…` or `postgres://…`.
    pub database_url: String,
    /// `redis://…`, or none: in process.
    pub redis_url: Option<String>,
    /// `fs://…`, `s3://…`, `cos://…`, `oss://…`.
    pub files_url: String,
}

/// The official account, as in WeChat's console.
#[derive(Clone)]
pub struct Wechat {
    /// AppID.
    pub app_id: String,
    /// AppSecret.
    pub app_secret: String,
    /// Token of the message push.
    pub token: String,
    /// EncodingAESKey, 43 characters.
    pub aes_key: String,
    /// The one before, while a change is under way.
    pub aes_key_previous: Option<String>,
    /// `secure`, `compatible` or `plain`: as set in the console, never taken from a request.
    pub mode: String,
    /// Greatest age of a callback in seconds; 0 turns the check off.
    pub tolerance_s: u64,
    /// Where the API is.
    pub api_base: String,
    /// Where the OAuth page is.
    pub open_base: String,
    /// Our template names to WeChat's template ids.
    pub templates: BTreeMap<String, String>,
}

/// Text messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sms {
    /// Written to the log: development only.
    Log,
    /// `POST {"phone","text"}` to a gateway.
    Http(String),
}

/// The template messages that `notice` sends; each needs an id in `WECHAT_TEMPLATES`.
pub const TEMPLATE_NAMES: &[&str] = &["progress", "work"];

/// The environment, as a function so that tests need not touch the process's own.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads the process's environment; an empty value counts as unset.
pub fn process_env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|v| !v.trim().is_empty())
}

impl Config {
    /// Reads and checks every setting.
    pub fn read(env: Env, purpose: Purpose) -> Result<Self, ConfigError> {
        let listen = parsed(env, "YUANMENG_LISTEN", "127.0.0.1:8080")?;
        let sim_listen = parsed(env, "SIM_LISTEN", "127.0.0.1:8090")?;
        let stores = Stores::read(env, purpose)?;
        let secret_keys = secret_keys(env, purpose, &stores.data_dir)?;
        Ok(Config {
            http: Http::read(env, purpose, listen)?,
            wechat: Wechat::read(env, purpose, sim_listen)?,
            sms: Sms::read(env, purpose, sim_listen)?,
            virtual_segments: virtual_segments(env)?,
            stores,
            secret_keys,
            sim_listen,
            purpose,
        })
    }
}

fn error(name: &'static str, problem: impl Into<String>, example: &'static str) -> ConfigError {
    ConfigError {
        name,
        problem: problem.into(),
        example,
    }
}

fn parsed(env: Env, name: &'static str, default: &'static str) -> Result<SocketAddr, ConfigError> {
    let text = env(name).unwrap_or_else(|| default.to_owned());
    text.parse()
        .map_err(|_| error(name, "is not an address with a port", default))
}

fn number(env: Env, name: &'static str, default: u64, example: &'static str) -> Result<u64, ConfigError> {
    env(name).map_or(Ok(default), |text| {
        text.trim()
            .parse()
            .map_err(|_| error(name, "is not a whole number", example))
    })
}

/// A value that `serve` must be given and `demo` has a default for.
fn required(
    env: Env,
    purpose: Purpose,
    name: &'static str,
    demo: &str,
    example: &'static str,
) -> Result<String, ConfigError> {
    match (env(name), purpose) {
        (Some(value), _) => Ok(value.trim().to_owned()),
        (None, Purpose::Demo) => Ok(demo.to_owned()),
        (None, Purpose::Serve) => Err(error(name, "is not set", example)),
    }
}

fn web_url(name: &'static str, text: &str, example: &'static str) -> Result<String, ConfigError> {
    match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.query().is_none() => {
            Ok(text.trim_end_matches('/').to_owned())
        }
        _ => Err(error(name, "is not an http(s) address", example)),
    }
}

impl Http {
    fn read(env: Env, purpose: Purpose, listen: SocketAddr) -> Result<Self, ConfigError> {
        const EXAMPLE: &str = "https://zgjy.example.org.cn";
        let public_url = required(
            env,
            purpose,
            "YUANMENG_PUBLIC_URL",
            &format!("http://{listen}"),
            EXAMPLE,
        )?;
        let behind_proxy = match env("YUANMENG_BEHIND_PROXY").as_deref() {
            None | Some("0") => false,
            Some("1") => true,
            Some(_) => return Err(error("YUANMENG_BEHIND_PROXY", "must be 0 or 1", "1")),
        };
        Ok(Http {
            listen,
            public_url: web_url("YUANMENG_PUBLIC_URL", &public_url, EXAMPLE)?,
            behind_proxy,
        })
    }
}

impl Stores {
    fn read(env: Env, _purpose: Purpose) -> Result<Self, ConfigError> {
        let data_dir = PathBuf::from(env("YUANMENG_DATA_DIR").unwrap_or_else(|| "./data".to_owned()));
        std::fs::create_dir_all(&data_dir).map_err(|e| {
            error(
                "YUANMENG_DATA_DIR",
                format!("cannot be made: {e}"),
                "/var/lib/yuanmeng",
            )
        })?;
        let data_dir = data_dir.canonicalize().map_err(|e| {
            error(
                "YUANMENG_DATA_DIR",
                format!("cannot be read: {e}"),
                "/var/lib/yuanmeng",
            )
        })?;
        let at = |name: &str| data_dir.join(name).display().to_string();
        let database_url = env("DATABASE_URL").unwrap_or_else(|| format!("sqlite://{}", at("yuanmeng.db")));
        crate::db::Db::kind_of(&database_url).map_err(|e| {
            error(
                "DATABASE_URL",
                e.to_string(),
                "postgres://user:password@host/yuanmeng",
            )
        })?;
        let redis_url = env("REDIS_URL");
        if redis_url
            .as_ref()
            .is_some_and(|url| !url.starts_with("redis://") && !url.starts_with("rediss://"))
        {
            return Err(error(
                "REDIS_URL",
                "must begin with redis:// or rediss://",
                "redis://127.0.0.1:6379/0",
            ));
        }
        let files_url = env("FILES_URL").unwrap_or_else(|| format!("fs://{}", at("files")));
        if !["fs://", "s3://", "cos://", "oss://"]
            .iter()
            .any(|scheme| files_url.starts_with(scheme))
        {
            return Err(error(
                "FILES_URL",
                "must begin with fs://, s3://, cos:// or oss://",
                "fs:///var/lib/yuanmeng/files",
            ));
        }
        Ok(Stores {
            data_dir,
            database_url,
            redis_url,
            files_url,
        })
    }
}

const KEY_EXAMPLE: &str = "$(openssl rand -base64 32)";

fn secret_keys(env: Env, purpose: Purpose, data_dir: &Path) -> Result<Vec<[u8; 32]>, ConfigError> {
    let current = match (env("YUANMENG_SECRET_KEY"), purpose) {
        (Some(text), _) => key("YUANMENG_SECRET_KEY", &text)?,
        (None, Purpose::Demo) => demo_key(&data_dir.join("demo-secret-key"))?,
        (None, Purpose::Serve) => return Err(error("YUANMENG_SECRET_KEY", "is not set", KEY_EXAMPLE)),
    };
    let previous = env("YUANMENG_SECRET_KEY_PREVIOUS").unwrap_or_default();
    let previous = previous.split(',').map(str::trim).filter(|text| !text.is_empty());
    std::iter::once(Ok(current))
        .chain(previous.map(|text| key("YUANMENG_SECRET_KEY_PREVIOUS", text)))
        .collect()
}

fn key(name: &'static str, text: &str) -> Result<[u8; 32], ConfigError> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim());
    let bytes: Option<[u8; 32]> = bytes.ok().and_then(|b| b.try_into().ok());
    bytes.ok_or_else(|| error(name, "is not 32 bytes in base64", KEY_EXAMPLE))
}

/// The demo keeps its own key beside its data, so that the data can be read after a restart.
fn demo_key(path: &Path) -> Result<[u8; 32], ConfigError> {
    let problem = |e: std::io::Error| {
        error(
            "YUANMENG_DATA_DIR",
            format!("cannot keep the demo's key there: {e}"),
            "./data",
        )
    };
    if let Ok(text) = std::fs::read_to_string(path) {
        return key("YUANMENG_SECRET_KEY", &text);
    }
    let key: [u8; 32] = crate::clock::Entropy.bytes();
    std::fs::write(path, base64::engine::general_purpose::STANDARD.encode(key)).map_err(problem)?;
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(problem)?;
    Ok(key)
}

/// The demo's official account: only the simulator knows it.
pub const DEMO_AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

impl Wechat {
    fn read(env: Env, purpose: Purpose, sim: SocketAddr) -> Result<Self, ConfigError> {
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
        let aes_key = required(
            env,
            purpose,
            "WECHAT_ENCODING_AES_KEY",
            DEMO_AES_KEY,
            DEMO_AES_KEY,
        )?;
        for (name, value) in [
            ("WECHAT_ENCODING_AES_KEY", Some(&aes_key)),
            (
                "WECHAT_ENCODING_AES_KEY_PREVIOUS",
                env("WECHAT_ENCODING_AES_KEY_PREVIOUS").as_ref(),
            ),
        ] {
            if value.is_some_and(|v| v.len() != 43 || !v.bytes().all(|b| b.is_ascii_alphanumeric())) {
                return Err(error(name, "must be 43 letters and digits", DEMO_AES_KEY));
            }
        }
        let mode = env("WECHAT_MESSAGE_MODE").unwrap_or_else(|| "secure".to_owned());
        if !["secure", "compatible", "plain"].contains(&mode.as_str()) {
            return Err(error(
                "WECHAT_MESSAGE_MODE",
                "must be secure, compatible or plain, as in the console",
                "secure",
            ));
        }
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
            aes_key,
            aes_key_previous: env("WECHAT_ENCODING_AES_KEY_PREVIOUS"),
            mode,
            tolerance_s: number(env, "WECHAT_CALLBACK_TOLERANCE_S", 600, "600")?,
            api_base: web_url("WECHAT_API_BASE", &api_base, "https://api.weixin.qq.com")?,
            open_base: web_url("WECHAT_OPEN_BASE", &open_base, "https://open.weixin.qq.com")?,
            templates: templates(env, demo)?,
        })
    }
}

/// `name=id, name=id`; the demo's ids are the names with a prefix, as its simulator is told.
fn templates(env: Env, demo: bool) -> Result<BTreeMap<String, String>, ConfigError> {
    const NAME: &str = "WECHAT_TEMPLATES";
    let Some(text) = env(NAME) else {
        let names: &[&str] = if demo { TEMPLATE_NAMES } else { &[] };
        return Ok(names
            .iter()
            .map(|name| (name.to_string(), format!("demo-{name}")))
            .collect());
    };
    let mut templates = BTreeMap::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let Some((name, id)) = pair
            .split_once('=')
            .map(|(n, i)| (n.trim(), i.trim()))
            .filter(|(_, id)| !id.is_empty())
        else {
            return Err(error(
                NAME,
                "must be name=id pairs with commas",
                "progress=ngqIpbwh8bUfcSsECmog, work=tm4Xb02",
            ));
        };
        if !TEMPLATE_NAMES.contains(&name) {
            let known = TEMPLATE_NAMES.join(", ");
            return Err(error(
                NAME,
                format!("knows no template {name:?}; the names are {known}"),
                "progress=ngqIpbwh8bUfcSsECmog",
            ));
        }
        templates.insert(name.to_owned(), id.to_owned());
    }
    Ok(templates)
}

impl Sms {
    fn read(env: Env, purpose: Purpose, sim: SocketAddr) -> Result<Self, ConfigError> {
        let provider = env("SMS_PROVIDER").or_else(|| (purpose == Purpose::Demo).then(|| "http".to_owned()));
        match provider.as_deref() {
            Some("log") => Ok(Sms::Log),
            Some("http") => {
                let demo = format!("http://{sim}/sim/sms");
                let url = required(env, purpose, "SMS_URL", &demo, "https://sms.example.org.cn/send")?;
                Ok(Sms::Http(web_url(
                    "SMS_URL",
                    &url,
                    "https://sms.example.org.cn/send",
                )?))
            }
            None => Err(error("SMS_PROVIDER", "is not set", "http")),
            Some(_) => Err(error("SMS_PROVIDER", "must be log or http", "http")),
        }
    }
}

fn virtual_segments(env: Env) -> Result<Vec<String>, ConfigError> {
    let Some(text) = env("PHONE_VIRTUAL_SEGMENTS") else {
        return Ok(crate::kernel::phone::VIRTUAL_SEGMENTS
            .iter()
            .map(|s| s.to_string())
            .collect());
    };
    let segments: Vec<String> = text
        .split(',')
        .map(|s| s.trim().to_owned())
        .filter(|s| !s.is_empty())
        .collect();
    if segments
        .iter()
        .any(|s| !(3..=7).contains(&s.len()) || !s.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err(error(
            "PHONE_VIRTUAL_SEGMENTS",
            "must be beginnings of 3 to 7 digits with commas",
            "162,165,167,170,171",
        ));
    }
    Ok(segments)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(purpose: Purpose, set: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().display().to_string();
        Config::read(
            &|name| {
                let value = set.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_string());
                value.or_else(|| (name == "YUANMENG_DATA_DIR").then(|| data.clone()))
            },
            purpose,
        )
    }

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn production() -> Vec<(&'static str, &'static str)> {
        vec![
            ("YUANMENG_PUBLIC_URL", "https://zgjy.example.org.cn/"),
            ("YUANMENG_SECRET_KEY", KEY),
            ("WECHAT_APP_ID", "wx1"),
            ("WECHAT_APP_SECRET", "s"),
            ("WECHAT_TOKEN", "t"),
            ("WECHAT_ENCODING_AES_KEY", DEMO_AES_KEY),
            ("SMS_PROVIDER", "log"),
        ]
    }

    #[test]
    fn the_demo_needs_nothing_and_keeps_its_key() {
        let config = read(Purpose::Demo, &[]).unwrap();
        assert_eq!(config.http.public_url, "http://127.0.0.1:8080");
        assert_eq!(config.wechat.api_base, "http://127.0.0.1:8090");
        assert_eq!(config.virtual_segments.len(), 5);
    }

    /// "`serve` refuses to start on a missing secret, naming the variable."
    #[test]
    fn serve_names_each_missing_secret() {
        for name in production().iter().map(|(name, _)| *name) {
            let without: Vec<_> = production().into_iter().filter(|(n, _)| *n != name).collect();
            assert_eq!(read(Purpose::Serve, &without).err().map(|e| e.name), Some(name));
        }
        let config = read(Purpose::Serve, &production()).unwrap();
        assert_eq!(config.http.public_url, "https://zgjy.example.org.cn");
    }

    #[test]
    fn a_wrong_value_is_named_with_an_example_and_not_shown() {
        for (name, bad) in [
            ("YUANMENG_LISTEN", "localhost"),
            ("SIM_LISTEN", "8090"),
            ("YUANMENG_PUBLIC_URL", "zgjy"),
            ("YUANMENG_BEHIND_PROXY", "yes"),
            ("YUANMENG_SECRET_KEY", "c2hvcnQ="),
            ("YUANMENG_SECRET_KEY_PREVIOUS", "c2hvcnQ="),
            ("DATABASE_URL", "mysql://secret"),
            ("REDIS_URL", "http://secret"),
            ("FILES_URL", "ftp://secret"),
            ("WECHAT_MESSAGE_MODE", "aes"),
            ("WECHAT_ENCODING_AES_KEY", "short"),
            ("WECHAT_ENCODING_AES_KEY_PREVIOUS", "short"),
            ("WECHAT_CALLBACK_TOLERANCE_S", "ten"),
            ("WECHAT_API_BASE", "api"),
            ("WECHAT_OPEN_BASE", "open"),
            ("WECHAT_TEMPLATES", "progress"),
            ("WECHAT_TEMPLATES", "nonsense=1"),
            ("SMS_PROVIDER", "pigeon"),
            ("PHONE_VIRTUAL_SEGMENTS", "1"),
        ] {
            let mut set = production();
            set.retain(|(n, _)| *n != name);
            set.push((name, bad));
            let error = read(Purpose::Serve, &set)
                .err()
                .unwrap_or_else(|| panic!("{name}={bad} was accepted"));
            assert_eq!(error.name, name);
            assert!(
                !error.example.is_empty() && !error.to_string().contains("secret\""),
                "{error}"
            );
            assert!(!error.to_string().contains("c2hvcnQ="), "{error}");
        }
    }

    /// Every setting is explained in `.env.example`.
    #[test]
    fn the_example_file_names_every_setting() {
        let example = include_str!("../.env.example");
        let source = include_str!("config.rs");
        for name in source.split('"').filter(|s| {
            s.len() > 6 && s.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') && s.contains('_')
        }) {
            assert!(example.contains(name), "{name} is missing in .env.example");
        }
    }
}
