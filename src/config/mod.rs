//! Settings from the environment, read and checked once at start. A wrong one stops the start with its name,
//! what is wrong and an example; `.env.example` explains each.

mod app_ticket;
mod told;
mod wechat;
mod wechat_pay;

#[cfg(test)]
mod tests;

use base64::Engine as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub use app_ticket::{AppTicket, DEMO_APP_TICKET_AUDIENCE, DEMO_APP_TICKET_ISSUER, DEMO_APP_TICKET_KEY};
pub use told::Told;
pub use wechat::{DEMO_AES_KEY, Mini, TEMPLATE_NAMES, Wechat};

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
    /// The merchant of WeChat Pay; none: paying is not offered.
    pub pay: Option<crate::wechat::pay::PayConfig>,
    /// The 齐鲁工惠 APP's ticket; none: its door is closed.
    pub app_ticket: Option<AppTicket>,
    /// Text messages.
    pub sms: Sms,
    /// Working days, and when a union is late.
    pub told: Told,
    /// SMS codes a day in all: a bound on what an attack can cost.
    pub sms_codes_per_day: u64,
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

/// Text messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sms {
    /// Written to the log: development only.
    Log,
    /// `POST {"phone","text"}` to a gateway.
    Http(String),
}

/// [`Config::sms_codes_per_day`] when nothing is set.
const SMS_CODES_PER_DAY: u64 = 20_000;

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
        let wechat = Wechat::read(env, purpose, sim_listen)?;
        Ok(Config {
            http: Http::read(env, purpose, listen)?,
            pay: wechat_pay::read(env, purpose, sim_listen, &wechat.app_id)?,
            wechat,
            app_ticket: AppTicket::read(env, purpose)?,
            sms: Sms::read(env, purpose, sim_listen)?,
            told: Told::read(env, &stores.data_dir)?,
            sms_codes_per_day: number(env, "SMS_CODES_PER_DAY", SMS_CODES_PER_DAY, "20000")?,
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
    let key: [u8; 32] = crate::clock::Entropy::default().bytes();
    std::fs::write(path, base64::engine::general_purpose::STANDARD.encode(key)).map_err(problem)?;
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(problem)?;
    Ok(key)
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
            .map(ToString::to_string)
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
