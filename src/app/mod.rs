//! What a request, a loop or a command can reach. Cheap to clone.

mod calls;
mod pay;
mod tokens;

pub use calls::Calls;
pub use tokens::CachedTokens;

use crate::cache::Cache;
use crate::clock::{Clock, Entropy};
use crate::config::{self, Config};
use crate::db::Db;
use crate::files::Files;
use crate::kernel::{Phone, Sealer, Time};
use crate::metrics::Metrics;
use crate::sms::Sms;
use crate::wechat::pay::PayClient;
use crate::wechat::{Callback, CallbackConfig, Client, ClientConfig};
use anyhow::Context as _;
use std::ops::Deref;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The application's means, shared by all that runs in the process.
#[derive(Clone)]
pub struct App(Arc<Means>);

/// What [`App`] gives access to.
pub struct Means {
    /// Settings, checked at start.
    pub config: Config,
    /// The database.
    pub db: Db,
    /// What may be forgotten.
    pub cache: Cache,
    /// Documents.
    pub files: Files,
    /// Personal data at rest.
    pub sealer: Sealer,
    /// Time.
    pub clock: Clock,
    /// Randomness.
    pub entropy: Entropy,
    /// Text messages.
    pub sms: Sms,
    /// Calls to WeChat.
    pub wechat: Client,
    /// Calls to WeChat in the mini-program's name, if there is one.
    pub mini: Option<Client>,
    /// The merchant's side of WeChat Pay, if there is one.
    pub pay: Option<PayClient>,
    /// Messages from WeChat.
    pub callback: Callback,
    /// Counters for `/metrics`.
    pub metrics: Metrics,
    /// Told when the process should stop.
    pub stop: CancellationToken,
}

impl App {
    /// Opens every store, brings the schema up to date.
    pub async fn open(config: Config, clock: Clock) -> anyhow::Result<Self> {
        let entropy = Entropy::default();
        let db = Db::open(&config.stores.database_url).await?;
        db.migrate(&config.stores.data_dir).await?;
        let cache = match &config.stores.redis_url {
            Some(url) => Cache::redis(url).await?,
            None => Cache::memory(),
        };
        let sealer = Sealer::new(config.secret_keys[0], &config.secret_keys[1..]);
        let db = db.marked_by(sealer.clone());
        let files = Files::open(&config.stores.files_url, sealer.clone(), entropy.clone())?;
        let sms = Sms::new(&config.sms)?;
        let metrics = Metrics::new()?;
        let link = Link {
            config: &config.wechat,
            cache: &cache,
            clock: &clock,
            entropy: entropy.clone(),
            calls: &metrics.wechat_calls,
        };
        let wechat = link.client(&config.wechat.app_id, &config.wechat.app_secret)?;
        let mini = config.wechat.mini.as_ref();
        let mini = mini
            .map(|mini| link.client(&mini.app_id, &mini.secret))
            .transpose()?;
        let pay = pay::client(&config, &clock, entropy.clone(), &metrics)?;
        let callback = callback(&config)?;
        let stop = CancellationToken::new();
        let means = Means {
            config,
            db,
            cache,
            files,
            sealer,
            clock,
            entropy,
            sms,
            wechat,
            mini,
            pay,
            callback,
            metrics,
            stop,
        };
        Ok(App(Arc::new(means)))
    }

    /// The present moment.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// A new identifier.
    pub fn id(&self) -> String {
        self.entropy.id(self.now())
    }

    /// Seals a text for one place in the store.
    pub fn seal(&self, place: &str, text: &str) -> String {
        self.sealer.seal(place, text.as_bytes(), self.entropy.bytes())
    }

    /// The keyed hash that finds a person by phone.
    pub fn phone_index(&self, phone: &Phone) -> String {
        self.sealer.index("phone", phone.digits())
    }

    /// A link that works outside: the public address and a path.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.config.http.public_url)
    }
}

/// What every client of WeChat is made of, whichever account it speaks for.
struct Link<'a> {
    config: &'a config::Wechat,
    cache: &'a Cache,
    clock: &'a Clock,
    entropy: Entropy,
    calls: &'a prometheus::IntCounterVec,
}

impl Link<'_> {
    fn client(&self, app_id: &str, secret: &str) -> anyhow::Result<Client> {
        let account = ClientConfig {
            api_base: self.config.api_base.clone(),
            open_base: self.config.open_base.clone(),
            app_id: app_id.to_owned(),
            app_secret: secret.to_owned(),
            instance: self.entropy.token(),
        };
        let clock = self.clock.clone();
        let now = Arc::new(move || clock.now().0);
        let tokens = Arc::new(CachedTokens(self.cache.clone()));
        let calls = Calls::new(self.cache.clone(), self.clock.clone(), self.calls.clone(), app_id);
        Client::with_hook(account, tokens, now, Arc::new(calls)).context("setting up WeChat's client")
    }
}

fn callback(config: &Config) -> anyhow::Result<Callback> {
    let wechat = &config.wechat;
    let account = CallbackConfig {
        app_id: wechat.app_id.clone(),
        token: wechat.token.clone(),
        keys: wechat.keys.clone(),
        mode: wechat.mode,
        tolerance_s: wechat.tolerance_s,
    };
    Callback::new(account).context("setting up WeChat's callback")
}

impl Deref for App {
    type Target = Means;

    fn deref(&self) -> &Means {
        &self.0
    }
}
