//! A WeChat, and an SMS gateway, that run here: for development, the demo and tests.
//!
//! It speaks WeChat's own protocol to an unchanged client and to an unchanged callback: same paths, same JSON,
//! same error codes, same signatures and envelopes, and refuses what WeChat refuses. Nothing here knows what
//! the account is used for. All state is in memory and lost when the process ends. Feature `demo` only.
//!
//! # Doors
//! * WeChat's paths: `/cgi-bin/…`, `/connect/oauth2/authorize`, `/sns/…` (`token`, `menu`, `oauth`, `template`,
//!   `qrcode`, `account`).
//! * `POST /sim/sms` `{"phone","text"}`: the SMS gateway.
//! * Phones: `GET /` two side by side, `GET /phone/:user` one, `GET /phone/:user/open?url=` opens a page as
//!   that user (sets the cookie `sim_user`).
//! * Control, JSON in and out, a refusal is `{"error","message"}` with a 4xx status:
//!
//! | call | body | answer |
//! |--|--|--|
//! | `GET /sim/users` | | `{"users":[{user,openid,nickname,phone,role,following}]}` |
//! | `POST /sim/users` | `{user,nickname,phone}` | the user; an existing one is changed |
//! | `POST /sim/follow` | `{user,scene?}` | [outcome](#outcomes) |
//! | `POST /sim/unfollow` | `{user}` | outcome |
//! | `POST /sim/scan` | `{user, scene or ticket}` | outcome; `subscribe` if not following, else `SCAN` |
//! | `POST /sim/say` | `{user,text}` | outcome |
//! | `POST /sim/tap` | `{user,path:[i]}` or `[i,j]` | click: outcome; view: `{"type":"view","url"}` |
//! | `GET /sim/inbox?user=&after=` | | `{"items":[{seq,at,kind,…}],"last":seq}`; `?phone=` instead of `user` for SMS to a number |
//! | `POST /sim/faults` | `{path, times?, errcode?, errmsg?, http_status?, delay_ms?, drop?, job_status?}` | `{"ok":true}` |
//! | `GET` / `DELETE /sim/faults` | | those still waiting / forget them |
//! | `POST /sim/expire_tokens` | `{"kind"?:"expired"\|"invalid"}` | live access tokens answer 42001 (or 40001) from now on |
//! | `POST /sim/clock` | `{"advance_ms"}` | moves the simulator's own time (lifetimes), not the callbacks' timestamps |
//! | `POST /sim/verify_callback` | | what WeChat's console does when the URL is saved: `{"verified",…}` |
//! | `GET /sim/stats` | | calls per path, template messages shown per `client_msg_id`, callback deliveries |
//! | `POST /sim/reset` | | the state of a fresh start |
//!
//! A fault is used up by the next `times` (1) calls of exactly `path`. `delay_ms` waits first; `drop` `true` or
//! `"before"` cuts the connection with nothing done, `"after"` does the work and loses the answer; `job_status`
//! (for `/cgi-bin/message/template/send`) accepts the message, does not show it, and reports this status in
//! `TEMPLATESENDJOBFINISH`.
//!
//! In the browser the phones share one cookie jar, ports included: `sim_user` is that of the webview opened last, and
//! the account's own session cookies are common to all phones. Pages must allow being framed by the simulator.
//!
//! # Outcomes
//! `{"outcome":"reply"|"none"|"trouble","attempts":n,"reply":null|{"kind":"text","text"}|{"kind":"news",…},"error":null|"…"}`:
//! `none` is `success` or an empty answer; `trouble` is what makes a phone show [`TROUBLE`].
//!
//! # `data-testid` of the phone page
//! | id | what |
//! |--|--|
//! | `phone` | the phone; `data-user`, `data-following` |
//! | `tab-chat`, `tab-sms`, `tab-scan` | the three screens; `sms-unread` the unread mark |
//! | `follow-button`, `unfollow-button`, `account-menu` | following |
//! | `message-list`, `message` | the chat; each with `data-seq`, `data-kind` (`said` `text` `news` `template` `trouble` `notice`) |
//! | `template-card`, `template-field`, `template-open` | a template message, its fields (`data-key`), 查看详情 |
//! | `news-open`, `text-link` | an article's card, a link in a text reply |
//! | `toggle-keyboard`, `toggle-menu` | switch the bottom bar |
//! | `say-input`, `say-send` | typing |
//! | `menu-empty` | no menu has been pushed yet |
//! | `menu-0`, `menu-0-1` | the first button, its second entry |
//! | `sms-banner`, `sms-banner-code`, `sms-banner-copy`, `sms-banner-close` | the notification |
//! | `sms-item`, `sms-text`, `sms-code`, `sms-copy` | the list of SMS |
//! | `scan-item`, `scan-button`, `scan-input`, `scan-submit` | 扫一扫: `data-ticket`, `data-scene` |
//! | `webview` (hidden, not closed, while 短信 or 扫一扫 is shown), `webview-frame`, `webview-title`, `webview-back`, `webview-close`, `webview-reload`, `webview-newtab` | the page opened in WeChat |
//! | `toast` | a short word on what went wrong |
//! | `desk-left`, `desk-right`, `holder-left`, `holder-right`, `new-user`, `new-user-name`, `new-user-nickname`, `new-user-phone`, `new-user-save` | the page with two phones |
//! | `consent-allow`, `consent-deny` | the consent page of `snsapi_userinfo` |

mod account;
mod acts;
mod api;
mod callback;
mod chaos;
mod conditional;
mod control;
mod custom;
mod delivery;
mod error;
mod faults;
mod incoming;
mod media;
mod menu;
mod mini;
mod node;
mod oauth;
mod phone;
mod qrcode;
mod quota;
mod reply;
mod routes;
mod sec_check;
mod sms;
mod state;
mod subscribe;
mod tags;
mod tap;
mod template;
mod template_rules;
mod ticket;
mod token;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use poem::Server;
use poem::listener::TcpAcceptor;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::wechat::callback::Mode;

pub use delivery::TROUBLE;
pub use state::{mini_openid_of, openid_of, unionid_of};

use state::State;

/// How long a callback may take to answer before WeChat hangs up (facts row 4).
const CALLBACK_TIMEOUT: Duration = Duration::from_secs(5);
/// How long open requests may go on once the simulator is told to stop.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// What the account's console would hold, and where its callback is.
#[derive(Clone)]
pub struct SimConfig {
    /// The account's AppID.
    pub app_id: String,
    /// The account's AppSecret.
    pub app_secret: String,
    /// The token with which callbacks are signed.
    pub token: String,
    /// EncodingAESKey, 43 characters; only used in compatible and secure mode.
    pub encoding_aes_key: String,
    /// How callbacks are sent.
    pub mode: Mode,
    /// Absolute URL of the callback; empty while there is none.
    pub callback_url: String,
    /// The message templates the account has.
    pub templates: Vec<SimTemplate>,
}

/// A message template as the account's console lists it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SimTemplate {
    /// `template_id` of `/cgi-bin/message/template/send`.
    pub id: String,
    /// The card's title.
    pub title: String,
    /// Keyword (`thing1`, `time2` …; its letters decide the limits) and the label before its value.
    pub fields: Vec<(String, String)>,
}

/// The simulator; clones are handles on the same one.
#[derive(Clone)]
pub struct Sim {
    inner: Arc<Inner>,
}

/// The mini program of the same owner.
#[derive(Clone)]
struct MiniApp {
    app_id: String,
    secret: String,
}

struct Inner {
    cfg: SimConfig,
    mini: Mutex<Option<MiniApp>>,
    callback_url: Mutex<String>,
    callback_timeout: Mutex<Duration>,
    state: Mutex<State>,
    http: reqwest::Client,
    stop: CancellationToken,
}

impl Sim {
    /// A simulator with the preset users and nothing else in it.
    #[expect(
        clippy::expect_used,
        reason = "fails only if TLS cannot be initialised: nothing could be sent at all"
    )]
    pub fn new(cfg: SimConfig) -> Sim {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("HTTP client for callbacks");
        Sim {
            inner: Arc::new(Inner {
                callback_url: Mutex::new(cfg.callback_url.clone()),
                callback_timeout: Mutex::new(CALLBACK_TIMEOUT),
                mini: Mutex::new(None),
                state: Mutex::new(State::fresh(0)),
                http,
                stop: CancellationToken::new(),
                cfg,
            }),
        }
    }

    /// Serves until `stop` is cancelled; requests under way get two seconds to finish.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) -> std::io::Result<()> {
        let acceptor = TcpAcceptor::from_tokio(listener)?;
        let stopping = self.inner.stop.clone();
        let signal = async move {
            stop.cancelled().await;
            stopping.cancel();
        };
        Server::new_with_acceptor(acceptor)
            .name("sim")
            .run_with_graceful_shutdown(routes::routes(self), signal, Some(STOP_WITHIN))
            .await
    }

    /// Changes where callbacks are sent; empty for nowhere.
    pub fn set_callback_url(&self, url: String) {
        *unpoisoned(&self.inner.callback_url) = url;
    }

    /// Changes how long one delivery may take (WeChat: 5 s), so that a test of slow answers need not be slow.
    pub fn set_callback_timeout(&self, timeout: Duration) {
        *unpoisoned(&self.inner.callback_timeout) = timeout;
    }

    fn callback_url(&self) -> String {
        unpoisoned(&self.inner.callback_url).clone()
    }

    fn callback_timeout(&self) -> Duration {
        *unpoisoned(&self.inner.callback_timeout)
    }

    fn cfg(&self) -> &SimConfig {
        &self.inner.cfg
    }

    /// Never hold this over an `.await`.
    fn state(&self) -> MutexGuard<'_, State> {
        unpoisoned(&self.inner.state)
    }
}

/// A panic elsewhere must not take the simulator down with it: its state is always whole between statements.
fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
